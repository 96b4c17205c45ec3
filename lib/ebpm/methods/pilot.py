"""A pilot in a few units: the change beyond that of the others, with errors made for few units.

Each unit's mean after less its mean before is one number; the effect is the mean of the treated
units' less that of the others'. Two intervals are made of those changes: CR2 with Satterthwaite
degrees of freedom, and the permutation test. The verdict rests on the wider one. Where one side has
a single unit its own variation cannot be seen: then the two series are compared (segmented
regression of their difference), and without units to compare with the one series with its own past.

MacKinnon, J. G. and M. D. Webb (2020), "Randomization inference for difference-in-differences with
few treated clusters", Journal of Econometrics 218(2). Imbens, G. W. and M. Kolesár (2016), "Robust
Standard Errors in Small Samples", Review of Economics and Statistics 98(4): CR2 with one change a
unit is Welch's error with the degrees of freedom of Bell and McCaffrey.
"""

from dataclasses import dataclass, replace
from math import comb
from typing import Literal

import numpy as np
import pandas as pd

from ebpm.methods.did import before_after, two_by_two
from ebpm.methods.interrupted import Interruption, interrupted_time_series, season_of_months
from ebpm.methods.panels import require_constant, require_panel
from ebpm.methods.permutation import permutation_did
from ebpm.methods.regression import MIN_DEGREES, ols
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import LEVEL, Check, Estimate

Way = Literal["units", "units_by_clusters", "units_by_permutation", "two_series", "one_series"]
# Points in time that a pretended start needs on either side, and the seasons of a monthly series.
MIN_SIDE = 3
MIN_SEASONS = 3
TRENDS = frozenset({"pre_trends", "pre_periods"})


@dataclass(frozen=True)
class PilotEffect:
    """The effect in the unit of the outcome (`safer`), and what it was chosen from.

    `way`: how many units there were to go by; `units` had both intervals, `units_by_clusters` and
    `units_by_permutation` one of them. `series` is given for the ways that follow series.
    """

    safer: Estimate
    way: Way
    by_clusters: Estimate | None = None
    by_permutation: Estimate | None = None
    series: Interruption | None = None


@dataclass(frozen=True)
class Panel:
    """The columns of a pilot's panel: one row a unit and period; `treated` and `post` are 0/1."""

    unit: str = "unit"
    time: str = "time"
    treated: str = "treated"
    post: str = "post"


COLUMNS = Panel()


def can_permute(units: int, treated: int) -> bool:
    """Whether a permutation test of so many units can reject at 5 % and has an interval."""
    certain = 2 if 2 * treated == units else 1
    return int((1 - LEVEL) * comb(units, treated) + 1e-9) >= certain


def pilot_effect(
    frame: pd.DataFrame, outcome: str, *, columns: Panel = COLUMNS, randomised: bool = False
) -> PilotEffect:
    """The change of treated units beyond that of the others, by the way that the units allow.

    `frame` has one row a unit and period, with `outcome` in its own unit; a unit needs a value
    before and after. `randomised`: a lottery decided which units are treated. Raises MethodError on
    missing values, where nobody is treated, one period lacks on either side, or as the method of
    the series does.
    """
    _require(frame, outcome, columns)
    sides = frame.groupby(columns.unit)[columns.treated].first().astype(int)
    treated, others = int(sides.sum()), int((1 - sides).sum())
    if others == 0:
        return _series(frame, outcome, columns, compared=False)
    seen, permuted = min(treated, others) > 1, can_permute(treated + others, treated)
    if not seen and not permuted:
        return _series(frame, outcome, columns, compared=True)
    clusters = _by_clusters(frame, outcome, columns, with_trends=not permuted) if seen else None
    permutation = _by_permutation(frame, outcome, columns) if permuted else None
    way: Way = "units" if clusters and permutation else "units_by_permutation"
    way = way if permutation else "units_by_clusters"
    safer = _wider(clusters, permutation)
    return PilotEffect(_dealt(safer) if randomised else safer, way, clusters, permutation)


def _require(frame: pd.DataFrame, outcome: str, columns: Panel) -> None:
    require_panel(frame, columns.unit, columns.time, [outcome, columns.treated, columns.post])
    require_constant(frame, columns.unit, columns.treated)
    require_constant(frame, columns.time, columns.post)
    if not frame[columns.treated].any():
        raise MethodError("試行した課・窓口の値がありません。")
    if frame.groupby(columns.unit)[columns.post].nunique().min() < 2:
        raise MethodError("試行の前か後の値がない課・窓口があります。数えてから除いてください。")


def _by_clusters(
    frame: pd.DataFrame, outcome: str, columns: Panel, *, with_trends: bool
) -> Estimate:
    """CR2 on each unit's two means, so that the estimate is that of the permutation test."""
    names = {"unit": columns.unit, "treated": columns.treated, "post": columns.post}
    keys = [columns.unit, columns.post]
    means = frame.groupby(keys).agg({outcome: "mean", columns.treated: "first"}).reset_index()
    periods = means.assign(period=means[columns.post].astype(int))
    found = two_by_two(periods, time="period", outcome=outcome, **names)
    checks = tuple(check for check in found.checks if check.name not in TRENDS)
    if with_trends:
        checks = two_by_two(frame, time=columns.time, outcome=outcome, **names).checks
    return replace(found, n=len(frame), checks=checks)


def _by_permutation(frame: pd.DataFrame, outcome: str, columns: Panel) -> Estimate:
    found = permutation_did(
        frame,
        unit=columns.unit,
        time=columns.time,
        outcome=outcome,
        treated=columns.treated,
        post=columns.post,
    )
    return replace(found, n=len(frame))


def _wider(clusters: Estimate | None, permutation: Estimate | None) -> Estimate:
    """The estimate with the wider interval.

    An exact test beside it answers what the checks on the number of clusters ask; those on the
    trends before the start are the permutation test's.
    """
    if clusters is None or permutation is None:
        found = clusters or permutation
        assert found is not None
        return found
    if _width(permutation) >= _width(clusters):
        return permutation
    degrees = clusters.degrees or 0.0
    enough = Check("enough_degrees", degrees >= MIN_DEGREES, degrees)
    return replace(clusters, checks=(enough, *permutation.checks))


def _width(result: Estimate) -> float:
    return result.ci_high - result.ci_low


def _dealt(result: Estimate) -> Estimate:
    """As of a lottery: like trends before the start are then not an assumption but a draw."""
    checks = tuple(c for c in result.checks if c.name not in TRENDS)
    return replace(result, design="randomised", checks=checks)


def _series(frame: pd.DataFrame, outcome: str, columns: Panel, *, compared: bool) -> PilotEffect:
    """Mean departure from the earlier trend, of the treated or of their gap to the others."""
    series = mean_series(frame, outcome, columns)
    start = int(frame.loc[frame[columns.post].astype(bool), columns.time].min())
    found = interrupted_time_series(
        series,
        time=columns.time,
        outcome="treated",
        start=start,
        comparison="others" if compared else None,
        season=None if compared else season_of_months(len(series), fewest_years=MIN_SEASONS),
    )
    way: Way = "two_series" if compared else "one_series"
    return PilotEffect(found.mean_departure, way, series=found)


def mean_series(frame: pd.DataFrame, outcome: str, columns: Panel = COLUMNS) -> pd.DataFrame:
    """One row a period: time, and the means of the `treated` and the `others` (absent: NaN).

    Units count alike; a unit that lacks a period does not move the mean by its level.
    """
    before = ~frame[columns.post].astype(bool)
    level = frame[columns.unit].map(frame[before].groupby(columns.unit)[outcome].mean())
    side = np.where(frame[columns.treated].astype(bool), "treated", "others")
    parts = pd.DataFrame({"time": frame[columns.time], "side": side, "level": level})
    parts["departure"] = frame[outcome] - level
    base = parts.assign(unit=frame[columns.unit]).drop_duplicates("unit").groupby("side")["level"]
    wide = parts.groupby(["time", "side"])["departure"].mean().unstack() + base.mean()
    series = wide.reindex(columns=["treated", "others"]).reset_index()
    return series.rename(columns={"time": columns.time}).rename_axis(columns=None)


def without_each(
    frame: pd.DataFrame, outcome: str, *, columns: Panel = COLUMNS
) -> dict[str, Estimate]:
    """The effect without each unit in turn, by unit; without those that a side cannot spare."""
    sides = frame.groupby(columns.unit)[columns.treated].first().astype(bool)
    spare = {side: (sides == side).sum() > 2 for side in (True, False)}
    return {
        str(unit): pilot_effect(frame[frame[columns.unit] != unit], outcome, columns=columns).safer
        for unit, side in sides.items()
        if spare[bool(side)]
    }


def placebo_starts(
    frame: pd.DataFrame, outcome: str, *, columns: Panel = COLUMNS
) -> dict[int, Estimate]:
    """What is found before the pilot at starts that are only pretended, by period.

    Each has MIN_SIDE periods or more on either side, the real start being the end.
    """
    before = frame[~frame[columns.post].astype(bool)]
    times = np.sort(before[columns.time].unique())
    return {
        int(start): pilot_effect(
            _pretended(before, int(start), columns), outcome, columns=columns
        ).safer
        for start in times[MIN_SIDE : len(times) - MIN_SIDE + 1]
    }


def _pretended(before: pd.DataFrame, start: int, columns: Panel) -> pd.DataFrame:
    """The panel with the pretended start; units without a value on either side left out."""
    moved = before.assign(**{columns.post: (before[columns.time] >= start).astype(int)})
    sides = moved.groupby(columns.unit)[columns.post].transform("nunique")
    return moved[sides == 2]


def complete(frame: pd.DataFrame, outcome: str, *, columns: Panel = COLUMNS) -> pd.DataFrame:
    """The rows with a value, of units that have one in each of the periods (`post`) of the frame."""
    known = frame.dropna(subset=[outcome])
    sides = known.groupby(columns.unit)[columns.post].transform("nunique")
    return known[sides == frame[columns.post].nunique()]


def before_and_after(frame: pd.DataFrame, outcome: str, *, columns: Panel = COLUMNS) -> Estimate:
    """What the treated units' own change is, with nothing to compare it with.

    Clusters are units; with a single one its periods count as independent.
    """
    own = frame[frame[columns.treated].astype(bool)]
    if own[columns.unit].nunique() > 1:
        return before_after(
            own, unit=columns.unit, time=columns.time, outcome=outcome, post=columns.post
        )
    fit = ols(
        own.assign(**{columns.post: own[columns.post].astype(float)}),
        outcome,
        [columns.post],
        cluster=None,
    )
    return replace(fit.of(columns.post), method="before_after", design="before_after")
