"""The estimates of own data, one function each, as the notebooks make them.

- roll-out: `stacked` panels of procedure and month, each start against procedures never online, six
  months before to six after; `did.two_by_two` with clusters by procedure (CR2 chosen by itself);
  by month `did.event_study` on the same.
  Per online application: the same, divided by the change of the online share (`per_online`).
- pilot: office × month means of minutes less the procedure's mean before the pilot;
  `permutation_did`, which is exact as the offices were drawn by lot. `two_by_two` (CR2) is beside.
- course: staff × quarter means of minutes less the procedure's mean before the first course;
  `callaway_santanna` against staff never trained, clusters by person.
- surveys: `SurveyDesign.difference` between waves with the respondent as sampling unit;
  residents: weighted least squares with fixed effects of age band and wave.
- chatbot: `interrupted_time_series` of the calls with yearly harmonics, mean departure.
"""

import numpy as np
import pandas as pd

from ebpm.example import Town, value
from ebpm.example.names import COUNTER, LIGHTER, ONLINE, SATISFIED
from ebpm.methods import did
from ebpm.methods.interrupted import interrupted_time_series
from ebpm.methods.permutation import permutation_did
from ebpm.methods.regression import ols
from ebpm.methods.result import Estimate
from ebpm.methods.staggered import callaway_santanna
from ebpm.methods.survey import SurveyDesign

WINDOW = (-6, 5)
ONLINE_SHARE = 0.05
Found = tuple[Estimate, float]


def months(moments: pd.Series) -> pd.Series:
    """Months counted on from April 2023 (0)."""
    return (moments.dt.year - 2023) * 12 + moments.dt.month - 4


def log_of(town: Town) -> pd.DataFrame:
    """The handling log with `t` (month) and `minutes` as floats (missing where not measured)."""
    log = town.frames["handling_log"]
    minutes = log["handling_minutes"].astype("Float64").to_numpy(float, na_value=np.nan)
    return log.assign(minutes=minutes, t=months(log["received"]))


def panel_of(log: pd.DataFrame) -> pd.DataFrame:
    """A row per procedure and month: minutes (mean), share (online), start (missing if never)."""
    online = log.assign(online=(log["channel"] == ONLINE).astype(float))
    cells = online.groupby(["procedure", "t"], as_index=False).agg(
        minutes=("minutes", "mean"), share=("online", "mean")
    )
    start = cells[cells["share"] >= ONLINE_SHARE].groupby("procedure")["t"].min()
    return cells.assign(start=cells["procedure"].map(start)).dropna(subset=["minutes"])


def stacked(panel: pd.DataFrame) -> pd.DataFrame:
    """Each start's procedures and those never online, around the start; `unit` and `time` belong to
    one stack, so that months are compared within it.
    """
    low, high = WINDOW
    parts = []
    for number, g in enumerate(np.sort(panel["start"].dropna().unique())):
        chosen = panel[(panel["start"] == g) | panel["start"].isna()]
        chosen = chosen[(chosen["t"] - g).between(low, high)]
        is_treated = chosen["start"] == g
        parts.append(
            chosen.assign(
                unit=chosen["procedure"] + f"/{number}",
                time=1000 * number + chosen["t"],
                treated=is_treated.astype(int),
                post=(chosen["t"] >= g).astype(int),
                first=np.where(is_treated, 1000 * number + g, 0),
            )
        )
    return pd.concat(parts, ignore_index=True)


def rollout(stack: pd.DataFrame, outcome: str = "minutes") -> Estimate:
    """Minutes per application, mean over procedures and the six months from the start on."""
    return did.two_by_two(
        stack,
        unit="unit",
        time="time",
        outcome=outcome,
        treated="treated",
        post="post",
        cluster="procedure",
    )


def by_month(stack: pd.DataFrame) -> Estimate:
    """The mean of the coefficients by months since the start, against the month before it."""
    return did.event_study(
        stack,
        unit="unit",
        time="time",
        outcome="minutes",
        first_treated="first",
        window=WINDOW,
        cluster="procedure",
    ).average


def per_online(stack: pd.DataFrame) -> Estimate:
    """Minutes per application that came online: the roll-out's effect over its effect on the share,
    whose own error is small.
    """
    after = stack[(stack["treated"] == 1) & (stack["post"] == 1)]
    return rollout(stack).scaled(1 / float(after["share"].mean()))


def by_cohort(panel: pd.DataFrame) -> Estimate:
    """Callaway–Sant'Anna over all months; starts of a single procedure and gaps are left out."""
    full = panel[panel.groupby("procedure")["t"].transform("size") == panel["t"].nunique()]
    full = full.assign(first=full["start"].fillna(0))
    sizes = full.groupby("first")["procedure"].transform("nunique")
    return callaway_santanna(
        full[sizes > 1], unit="procedure", time="t", outcome="minutes", first_treated="first"
    ).simple


def adjusted(log: pd.DataFrame, before: int) -> pd.DataFrame:
    """Measured rows with `adjusted`: minutes less the procedure's mean before month `before`."""
    known = log.dropna(subset=["minutes"])
    means = known[known["t"] < before].groupby("procedure")["minutes"].mean()
    return known.assign(adjusted=known["minutes"] - known["procedure"].map(means))


def pilot_panel(log: pd.DataFrame, pilot: pd.DataFrame) -> pd.DataFrame:
    """A row per office and month: adjusted (mean), treated, post."""
    start = int(months(pd.to_datetime(pilot["start"])).iloc[0])
    cells = adjusted(log, start).groupby(["office", "t"], as_index=False)["adjusted"].mean()
    treated = pilot.set_index("unit")["treated"] == "はい"
    return cells.assign(
        treated=cells["office"].map(treated).astype(int), post=(cells["t"] >= start).astype(int)
    )


PILOT = {"unit": "office", "time": "t", "outcome": "adjusted", "treated": "treated", "post": "post"}


def course(log: pd.DataFrame, attended: pd.DataFrame) -> Estimate:
    """Minutes of a person after the course, from the first whole quarter on."""
    first = attended.set_index("staff")["attended"].pipe(pd.to_datetime).pipe(months) // 3 + 1
    known = adjusted(log, 3 * int(first.min()) - 1)
    cells = known.assign(quarter=known["t"] // 3)
    panel = cells.groupby(["staff", "quarter"], as_index=False)["adjusted"].mean()
    panel["first"] = panel["staff"].map(first).fillna(0)
    sizes = panel.groupby("staff")["quarter"].transform("size")
    return callaway_santanna(
        panel[sizes == panel["quarter"].nunique()],
        unit="staff",
        time="quarter",
        outcome="adjusted",
        first_treated="first",
    ).simple


def answers(frame: pd.DataFrame, item: str) -> pd.DataFrame:
    """Those who answered an item, with `y`."""
    known = frame.dropna(subset=[item]).reset_index(drop=True)
    return known.assign(y=known[item].astype(float))


def wave_change(frame: pd.DataFrame, item: str) -> Estimate:
    """Change of the mean answer from the first to the last wave."""
    known = answers(frame, item)
    last = known["wave"] == known["wave"].max()
    return SurveyDesign(known, weights="weight", psu="respondent").difference("y", last, ~last)


def satisfaction(frame: pd.DataFrame, fixed_effects: tuple[str, ...]) -> Estimate:
    """Mean answer of online users less that of users of the counter."""
    known = answers(frame, SATISFIED)
    known = known[known["channel"].isin([ONLINE, COUNTER])]
    known = known.assign(online=(known["channel"] == ONLINE).astype(float))
    fit = ols(known, "y", ["online"], cluster=None, fixed_effects=fixed_effects, weights="weight")
    return fit.of("online")


def naive_channel(log: pd.DataFrame, panel: pd.DataFrame) -> Estimate:
    """Online less counter within procedure and month, where both are possible."""
    start = panel.groupby("procedure")["start"].first()
    chosen = log[log["channel"].isin([ONLINE, COUNTER]) & (log["t"] >= log["procedure"].map(start))]
    chosen = chosen.dropna(subset=["minutes"])
    chosen = chosen.assign(
        online=(chosen["channel"] == ONLINE).astype(float),
        cell=chosen["procedure"] + chosen["t"].astype(str),
    )
    fit = ols(chosen, "minutes", ["online"], cluster=None, fixed_effects=["cell"], errors="HC1")
    return fit.of("online")


def spared_calls(town: Town) -> Found:
    """Mean monthly departure of the calls from their earlier course, from the launch on."""
    frame = town.frames["chatbot_log"].assign(t=lambda rows: np.arange(len(rows)))
    start = int((frame["questions"] > 0).idxmax())
    found = interrupted_time_series(frame, time="t", outcome="calls", start=start, season=12)
    truth = -value(town.truth, "deflected") * float(frame["answered"].iloc[start:].mean())
    return found.mean_departure, truth


def estimates(town: Town) -> dict[str, Found]:
    """Every estimate with its truth."""
    log, frames = log_of(town), town.frames
    panel = panel_of(log)
    stack, offices = stacked(panel), pilot_panel(log, frames["pilot"])
    residents = frames["resident_survey"]
    of: dict[str, tuple[Estimate, str]] = {
        "roll-out": (rollout(stack), "rollout"),
        "roll-out, event study": (by_month(stack), "rollout"),
        "roll-out, per online application": (per_online(stack), "online"),
        "roll-out, Callaway–Sant'Anna": (by_cohort(panel), "rollout_all"),
        "pilot": (permutation_did(offices, **PILOT), "pilot"),
        "pilot, CR2": (did.two_by_two(offices, **PILOT), "pilot"),
        "course": (course(log, frames["training_log"]), "training"),
        "staff survey, change": (wave_change(frames["staff_survey"], LIGHTER), "lighter"),
        "residents, online": (satisfaction(residents, ("age_band", "wave")), "satisfied"),
        "naive: online − counter": (naive_channel(log, panel), "online"),
        "naive: satisfaction by channel": (satisfaction(residents, ("wave",)), "satisfied"),
    }
    found = {name: (result, value(town.truth, key)) for name, (result, key) in of.items()}
    return {**found, "chatbot, calls": spared_calls(town)}
