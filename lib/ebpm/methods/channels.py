"""Channels of application compared: like with like, and what easy cases in between would do.

y_i = β·online_i + procedure + month (+ staff) + ε_i, on procedures that have cases of both channels
(`exposure` is 1 for the channel asked about, 0 for the one it is compared with). Where the easier
cases of a procedure come by one channel, that stays in β: `hidden` says how many there would have
to be. Procedures that moved at different dates are in `ebpm.methods.moves`.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
# An error below this share of the largest outcome is rounding: nothing is left to be explained.
NOTHING = 1e-10


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
    plain = ols(
        used, outcome, [exposure], cluster=None, errors="iid", fixed_effects=list(effects)
    ).of(exposure)
    degrees, error = plain.degrees or 0.0, plain.standard_error or 0.0
    if error <= NOTHING * float(used[outcome].abs().max()):
        return Hidden(0.0, 0.0, None, math.inf)
    ratio = (result.standard_error or 0.0) / error
    critical = critical_t(degrees, clusters=result.n_clusters, error_ratio=ratio)
    t = plain.estimate / error
    return Hidden(
        robustness_value(t, degrees),
        robustness_value(t, degrees, critical=critical),
        _stability(used, outcome, exposure, effects, plain.estimate),
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
        return math.inf
    span = float(np.average(apart, weights=weights))
    return 50 + 100 * abs(difference) / span if span > 0 else math.inf


def alternatives(
    frame: pd.DataFrame,
    outcome: str,
    effects: Sequence[str] = EFFECTS,
    *,
    exposure: str = "is_online",
    also: Mapping[str, str] | None = None,
) -> dict[str, Estimate]:
    """The same comparison made in other ways, by name; those that these cases allow.

    `procedure` only; `procedure_and_month`; `procedure_month` (each month of a procedure for
    itself); `weekday` and `office` held constant as well; `without_longest` (`effects` held
    constant, the longest hundredth counts as its limit). `also` names further outcomes by their
    columns, for the cases in which these are known.
    """
    longest = float(frame[outcome].quantile(0.99))
    ways: dict[str, tuple[pd.DataFrame, Sequence[str]]] = {
        "procedure": (frame, ("procedure",)),
        "procedure_and_month": (frame, EFFECTS),
        "procedure_month": (frame, ("procedure_month",)),
        "weekday": (frame, (*EFFECTS, "received_weekday")),
        "office": (frame.dropna(subset=["office"]), (*EFFECTS, "office")),
        "without_longest": (frame.assign(**{outcome: frame[outcome].clip(upper=longest)}), effects),
    }
    for name, column in (also or {}).items():
        known = frame.dropna(subset=[column])
        ways[name] = (known.assign(**{outcome: known[column]}), effects)
    found: dict[str, Estimate] = {}
    for name, (cases, held) in ways.items():
        # What these cases do not allow is not among the results; the notebook shows those there are.
        with suppress(MethodError):
            found[name] = like_with_like(cases, outcome, exposure=exposure, effects=held)
    return found


def by_procedure(
    frame: pd.DataFrame,
    outcome: str,
    *,
    exposure: str = "is_online",
    least: int = 30,
    most: int = 12,
) -> dict[str, Estimate]:
    """The plain difference within each of the procedures with most cases (at most `most`) that
    have `least` or more of either channel."""
    sides = frame.groupby(["procedure", exposure]).size().unstack(fill_value=0)
    enough = sides[(sides.reindex(columns=[0.0, 1.0], fill_value=0) >= least).all(axis=1)]
    names = enough.sum(axis=1).sort_values(ascending=False, kind="stable").index[:most]
    parts = {str(name): frame[frame["procedure"] == name] for name in names}
    return {
        name: ols(part, outcome, [exposure], cluster=None).of(exposure)
        for name, part in parts.items()
        if part[outcome].nunique() > 1
    }


def cases_a_year(months: pd.Series, exposed: pd.Series) -> float:
    """Cases of the channel in the last twelve months (of shorter logs as many as a year has)."""
    last, first = int(months.max()), int(months.min())
    span = min(MONTHS_A_YEAR, last - first + 1)
    recent = exposed[months > last - span].sum()
    return float(recent) * MONTHS_A_YEAR / span


def yearly_hours(result: Estimate, cases: float) -> Estimate:
    """A difference in minutes a case as hours a year, for so many cases (taken as given)."""
    return result.scaled(cases / 60)
