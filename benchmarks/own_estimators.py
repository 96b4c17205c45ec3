"""The estimates of own data, as the notebooks make them, and naive ones, by name.

- roll-out: `moves`, stacked panels of procedure and month, each start against procedures never
  online, six months before to six after, clusters by procedure (CR2 chosen by itself).
- pilot: office × month means of minutes less the procedure's mean before the pilot;
  `pilot_effect`: the wider of the permutation test's interval, which is exact as the offices were
  drawn by lot, and CR2's.
- course: staff × quarter means of minutes less the procedure's mean before the first course;
  `callaway_santanna` against staff not yet trained, clusters by person.
- surveys: `SurveyDesign.difference` between waves with the respondent as sampling unit;
  residents: weighted least squares with fixed effects of age band and wave.
- chatbot: `interrupted_time_series` of the calls with yearly harmonics, mean departure.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from benchmarks.own_panels import cases_of, course_panel, pilot_panel, whole_panel
from ebpm.example import Town, value
from ebpm.example.names import COUNTER, LIGHTER, ONLINE, SATISFIED
from ebpm.methods import channels, did, moves
from ebpm.methods.interrupted import interrupted_time_series, season_of_months
from ebpm.methods.moves import Moves
from ebpm.methods.pilot import PilotEffect, before_and_after, pilot_effect
from ebpm.methods.regression import ols
from ebpm.methods.result import Estimate
from ebpm.methods.staggered import callaway_santanna
from ebpm.methods.survey import SurveyDesign
from ebpm.own.series import MIN_YEARS

MINUTES = "minutes"


@dataclass(frozen=True)
class Data:
    """A town's tables, made ready once for all estimates."""

    town: Town

    @cached_property
    def cases(self) -> pd.DataFrame:
        """The handling log with months, minutes and channel as numbers."""
        return cases_of(self.town.frames["handling_log"])

    @cached_property
    def moves(self) -> Moves:
        """The procedures' starts as found from the channels of the log."""
        found = moves.moves(self.cases)
        assert found is not None
        return found

    @cached_property
    def stack(self) -> pd.DataFrame:
        """The panel of the roll-out."""
        return moves.stacked(self.cases, MINUTES, self.moves)

    @cached_property
    def offices(self) -> pd.DataFrame:
        """The panel of the pilot."""
        return pilot_panel(self.cases, self.town.frames["pilot"])

    @cached_property
    def pilot(self) -> PilotEffect:
        """The pilot's effect with both of its intervals."""
        return pilot_effect(self.offices, "adjusted", randomised=True)

    def truth(self, name: str) -> float:
        """The true value of an effect; calls spared are those of a month on average."""
        if name != "calls":
            return value(self.town.truth, name)
        answered = self.town.frames["chatbot_log"]["answered"].dropna().astype(float)
        return -value(self.town.truth, "deflected") * float(answered.mean())


def rollout(data: Data) -> Estimate:
    """Minutes per application, mean over procedures and the six months from the start on."""
    return moves.effect(data.stack, MINUTES)


def per_online(data: Data) -> Estimate:
    """Minutes per application that came online."""
    return moves.per_exposed(data.stack, MINUTES)


def by_month(data: Data) -> Estimate:
    """The mean of the coefficients by months since the start, against the month before it."""
    return did.event_study(
        data.stack,
        unit="unit",
        time="time",
        outcome=MINUTES,
        first_treated="first_treated",
        window=(-data.moves.reach, data.moves.reach - 1),
        cluster="procedure",
    ).average


def by_cohort(data: Data) -> Estimate:
    """Callaway–Sant'Anna over all months; starts of a single procedure and gaps are left out."""
    return callaway_santanna(
        whole_panel(data.cases, data.moves.start),
        unit="procedure",
        time="month",
        outcome=MINUTES,
        first_treated="start",
    ).simple


def course(data: Data) -> Estimate:
    """Minutes of a person after the course, from the first whole quarter on."""
    panel = course_panel(data.cases, data.town.frames["training_log"])
    columns = {"unit": "staff", "time": "time", "first_treated": "first"}
    return callaway_santanna(panel, outcome="adjusted", control="not_yet", **columns).simple


def course_compared(data: Data) -> Estimate:
    """Trained less untrained staff in the last quarter, though slower ones were sent."""
    panel = course_panel(data.cases, data.town.frames["training_log"])
    last = panel[panel["time"] == panel["time"].max()]
    trained = last.assign(trained=(last["first"] > 0).astype(float))
    return ols(trained, "adjusted", ["trained"], cluster=None).of("trained")


def _answers(frame: pd.DataFrame, item: str) -> pd.DataFrame:
    known = frame.dropna(subset=[item]).reset_index(drop=True)
    return known.assign(y=known[item].astype(float))


def wave_change(data: Data) -> Estimate:
    """Change of the mean answer that work got lighter, from the first to the last wave."""
    known = _answers(data.town.frames["staff_survey"], LIGHTER)
    last = known["wave"] == known["wave"].max()
    return SurveyDesign(known, weights="weight", psu="respondent").difference("y", last, ~last)


def _satisfaction(data: Data, effects: Iterable[str]) -> Estimate:
    known = _answers(data.town.frames["resident_survey"], SATISFIED)
    known = known[known["channel"].isin([ONLINE, COUNTER])]
    known = known.assign(online=(known["channel"] == ONLINE).astype(float))
    fit = ols(known, "y", ["online"], cluster=None, fixed_effects=list(effects), weights="weight")
    return fit.of("online")


def satisfaction(data: Data) -> Estimate:
    """Mean satisfaction of online users less that of users of the counter, at equal age."""
    return _satisfaction(data, ("age_band", "wave"))


def satisfaction_as_is(data: Data) -> Estimate:
    """The same whatever their age."""
    return _satisfaction(data, ("wave",))


def calls(data: Data) -> Estimate:
    """Mean monthly departure of the calls from their earlier course, from the launch on."""
    frame = data.town.frames["chatbot_log"].assign(t=lambda rows: np.arange(len(rows)))
    start = int((frame["questions"] > 0).idxmax())
    season = season_of_months(len(frame), fewest_years=MIN_YEARS)
    return interrupted_time_series(
        frame, time="t", outcome="calls", start=start, season=season
    ).mean_departure


def _compared(data: Data) -> pd.DataFrame:
    return data.cases.dropna(subset=["is_online", MINUTES])


def unadjusted(data: Data) -> Estimate:
    """Online less counter, as they stand."""
    return channels.unadjusted(_compared(data), MINUTES)


def like_with_like(data: Data) -> Estimate:
    """Online less counter within procedure, month and person: easy cases still go online."""
    effects = (*channels.EFFECTS, "staff")
    return channels.like_with_like(_compared(data), MINUTES, effects=effects)


# Of each estimate its function and the name of its truth.
ESTIMATES: dict[str, tuple[Callable[[Data], Estimate], str]] = {
    "roll-out": (rollout, "rollout"),
    "roll-out, per online application": (per_online, "online"),
    "pilot": (lambda data: data.pilot.safer, "pilot"),
    "course": (course, "training"),
    "staff survey, change": (wave_change, "lighter"),
    "residents, online": (satisfaction, "satisfied"),
    "chatbot, calls": (calls, "calls"),
}
NAIVE: dict[str, tuple[Callable[[Data], Estimate], str]] = {
    "naive: online − counter": (unadjusted, "online"),
    "naive: the same, within procedure": (like_with_like, "online"),
    "naive: before − after of the pilot": (
        lambda data: before_and_after(data.offices, "adjusted"),
        "pilot",
    ),
    "naive: trained − untrained": (course_compared, "training"),
    "naive: satisfaction by channel": (satisfaction_as_is, "satisfied"),
}
# Other estimates of the same; those by month and by cohort take longer than all others together.
BESIDE: dict[str, tuple[Callable[[Data], Estimate], str]] = {
    "pilot, permutation": (lambda data: data.pilot.by_permutation or data.pilot.safer, "pilot"),
    "pilot, CR2": (lambda data: data.pilot.by_clusters or data.pilot.safer, "pilot"),
    "roll-out, Callaway–Sant'Anna": (by_cohort, "rollout_all"),
    "roll-out, event study": (by_month, "rollout"),
}
ALL = {**ESTIMATES, **NAIVE, **BESIDE}


def estimates(town: Town, names: Iterable[str]) -> dict[str, tuple[Estimate, float]]:
    """The named estimates, each with its truth."""
    data = Data(town)
    return {name: (ALL[name][0](data), data.truth(ALL[name][1])) for name in names}
