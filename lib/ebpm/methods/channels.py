"""Channels of application compared: like with like, the easy cases in between, and time by time.

y_i = β·online_i + procedure + month (+ staff) + ε_i, on procedures that have cases of both channels
(`exposure` is 1 for the channel asked about, 0 for the one it is compared with). What the channel
and the kind of case have in common within a procedure stays in β; `selection` says how much of it
there would have to be. Means over all cases of a procedure and month hold both channels, so that
moving easy cases from one to the other leaves them alone: `by_share` compares these.

Angrist, J. D. (1991), "Grouped-data estimation and testing in simple labor-supply models", Journal
of Econometrics 47(2-3), for the comparison of means by group.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ebpm.methods.oster import Selection, oster
from ebpm.methods.regression import ols
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Estimate
from ebpm.methods.sensitivity import critical_t, robustness_value
from ebpm.methods.within import codes_of, within

EFFECTS = ("procedure", "month")
# From this many procedures on they are the clusters; below, each month of a procedure is one.
MIN_PROCEDURES = 6
# Above this number rows are grouped into cells first: the same estimate in a fraction of the time.
MAX_ROWS = 40_000
ROWS = "n_rows"
MONTHS_A_YEAR = 12


def with_both(frame: pd.DataFrame, exposure: str, within_: str) -> "pd.Series[bool]":
    """Rows of those groups that hold cases of both channels."""
    groups = frame.groupby(within_)[exposure]
    mixed: pd.Series[bool] = groups.transform("min") < groups.transform("max")
    return mixed


def cluster_of(frame: pd.DataFrame) -> str:
    """By what errors are clustered: procedures, or their months where procedures are very few."""
    few = frame["procedure"].nunique() < MIN_PROCEDURES
    return "procedure_month" if few else "procedure"


def like_with_like(
    frame: pd.DataFrame,
    outcome: str,
    *,
    exposure: str = "is_online",
    effects: Sequence[str] = EFFECTS,
) -> Estimate:
    """The mean difference between channels within the same procedure and month (and `effects`).

    One row a case with columns procedure, month, procedure_month. Raises MethodError as
    `regression.ols` does, and where no procedure has cases of both channels.
    """
    used = frame[with_both(frame, exposure, "procedure")]
    if used.empty:
        raise MethodError("両方の受付方法の申請がある手続がありません。")
    return _fitted(used, outcome, exposure, effects)


def unadjusted(frame: pd.DataFrame, outcome: str, *, exposure: str = "is_online") -> Estimate:
    """The plain difference of the two means, with nothing held constant (errors as above)."""
    return _fitted(frame, outcome, exposure, ())


def _fitted(frame: pd.DataFrame, outcome: str, exposure: str, effects: Sequence[str]) -> Estimate:
    cluster, rows = cluster_of(frame), len(frame)
    weights = None
    if rows > MAX_ROWS:
        keys = list(dict.fromkeys([exposure, cluster, *effects]))
        cells = frame.groupby(keys, observed=True)[outcome].agg(["mean", "size"])
        frame = cells.rename(columns={"mean": outcome, "size": ROWS}).reset_index()
        weights = ROWS
    fit = ols(
        frame, outcome, [exposure], cluster=cluster, fixed_effects=list(effects), weights=weights
    )
    return replace(fit.of(exposure), n=rows)


def by_share(frame: pd.DataFrame, outcome: str, *, exposure: str = "is_online") -> Estimate:
    """What goes along with a channel's share rising from none to all, within procedures.

    Means over all cases of a procedure and month on the share of the channel among them, procedure
    and month held constant, weighted by cases.
    """
    keys = [*EFFECTS, "procedure_month"]
    cells = frame.groupby(keys, observed=True).agg(
        **{outcome: (outcome, "mean"), exposure: (exposure, "mean"), ROWS: (outcome, "size")}
    )
    cells = cells.reset_index()
    moving = cells.groupby("procedure")[exposure].transform("nunique") > 1
    cells = cells[moving]
    if cells["procedure"].nunique() < MIN_PROCEDURES:
        raise MethodError("受付方法の割合が時期によって変わった手続が少なすぎます。")
    fit = ols(cells, outcome, [exposure], cluster="procedure", fixed_effects=EFFECTS, weights=ROWS)
    return replace(fit.of(exposure), n=int(cells[ROWS].sum()))


@dataclass(frozen=True)
class Mix:
    """Means of the comparison channel, had it the procedures of the one or of the other (`own`)."""

    of_exposed: float
    own: float


def mix(frame: pd.DataFrame, outcome: str, *, exposure: str = "is_online") -> Mix:
    """What the mix of procedures alone does: the comparison channel's mean of each procedure,
    weighted by the cases of either channel (procedures with both channels only)."""
    used = frame[with_both(frame, exposure, "procedure")]
    other = used[exposure] == 0
    means = used[other].groupby("procedure")[outcome].mean()
    of_exposed, own = (
        used[side].groupby("procedure").size().reindex(means.index).fillna(0)
        for side in (~other, other)
    )
    return Mix(float(np.average(means, weights=of_exposed)), float(np.average(means, weights=own)))


@dataclass(frozen=True)
class Hidden:
    """How much easier the cases of one channel would have to be to explain a difference alone.

    `robustness_value` and `robustness_value_significant` are shares (0–1) as in
    `ebpm.methods.sensitivity`; `stability` is Oster's (None where it has no solution). `easy_pct`
    is the share of the channel's cases that would have to be of the easier half (by the comparison
    channel, where it is 50); above 100 no such selection suffices.
    """

    robustness_value: float
    robustness_value_significant: float
    stability: Selection | None
    easy_pct: float


def hidden(
    frame: pd.DataFrame,
    outcome: str,
    result: Estimate,
    *,
    exposure: str = "is_online",
    effects: Sequence[str] = EFFECTS,
) -> Hidden:
    """Sensitivity of `result`, made by `like_with_like` from the same frame, to unmeasured ease."""
    used = frame[with_both(frame, exposure, "procedure")]
    row = ols(
        used, outcome, [exposure], cluster=None, errors="iid", fixed_effects=list(effects)
    ).coefficients.loc[exposure]
    degrees = float(row["degrees"])
    ratio = (result.standard_error or 0.0) / float(row["standard_error"])
    critical = critical_t(degrees, clusters=result.n_clusters, error_ratio=ratio)
    t = float(row["estimate"] / row["standard_error"])
    return Hidden(
        robustness_value(t, degrees),
        robustness_value(t, degrees, critical=critical),
        _stability(used, outcome, exposure, effects, float(row["estimate"])),
        _easy_pct(used, outcome, exposure, result.estimate),
    )


def _stability(
    used: pd.DataFrame, outcome: str, exposure: str, effects: Sequence[str], beta: float
) -> Selection | None:
    """Oster's bound with all fixed effects as controls, which their two fitted sums stand for."""
    y, x = (used[name].to_numpy(float) for name in (outcome, exposure))
    left = within(np.column_stack([y, x]), codes_of(used, list(effects)), np.ones(len(used)))
    sums = pd.DataFrame(
        {
            outcome: y,
            exposure: x,
            "of_outcome": y - beta * x - (left[:, 0] - beta * left[:, 1]),
            "of_exposure": x - left[:, 1],
        }
    )
    controls = [name for name in ("of_outcome", "of_exposure") if sums[name].std() > 0]
    try:
        return oster(sums, outcome=outcome, exposure=exposure, controls=controls)
    except MethodError:
        return None


def _easy_pct(used: pd.DataFrame, outcome: str, exposure: str, difference: float) -> float:
    """The share of easier cases that would explain the difference; halves by procedure."""
    other = used[used[exposure] == 0]
    ranks = other.groupby("procedure")[outcome].rank(method="first", pct=True)
    halves = other[outcome].groupby([other["procedure"], ranks <= 0.5]).mean().unstack()
    online = used[used[exposure] == 1].groupby("procedure").size()
    apart = (halves[False] - halves[True]).dropna()
    if apart.empty or not (weights := online.reindex(apart.index)).sum() > 0:
        return float("inf")
    span = float(np.average(apart, weights=weights))
    return 50 + 100 * abs(difference) / span if span > 0 else float("inf")


def yearly_hours(result: Estimate, cases_a_year: float) -> Estimate:
    """A difference in minutes a case as hours a year, for so many cases (taken as given)."""
    return result.scaled(cases_a_year / 60)
