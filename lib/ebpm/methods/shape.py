"""The shape of data: units, periods, clusters, when an exposure begins, kinds of numbers, gaps.

The outcome's column is read by itself and never set beside the exposure's, so that the shape may be
looked at before a threshold is declared: it stays the same if the outcomes are dealt out anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError


@dataclass(frozen=True)
class Shape:
    """What can be said of the data without comparing anything.

    `timing`: one_period, never_changes, one_start, several_starts, everyone (all begin at once) or
    on_and_off. `exposed` and `others` count units on either side of a 0/1 exposure; where it
    begins within the data, those that begin and those that never do. `already` have begun by the
    first period, `smallest_cohort` begin together; `before` and `after` are the fewest periods on
    either side of a start. `clusters` is None where rows are taken as independent.
    """

    rows: int
    units: int
    periods: int
    timing: str
    outcome: str
    is_binary: bool
    has_controls: bool
    is_repeated: bool
    clusters: int | None
    exposed: int
    others: int
    exposed_clusters: int
    other_clusters: int
    already: int
    smallest_cohort: int
    before: int
    after: int
    missing: Mapping[str, float]

    @property
    def fewest_clusters(self) -> int:
        """Clusters in all, or on the smaller side of a 0/1 exposure."""
        sides = [self.exposed_clusters, self.other_clusters] if self.is_binary else []
        return min([self.clusters or 0, *sides])

    @property
    def is_compared_over_time(self) -> bool:
        """Whether some units begin within the data and can be set against others."""
        return self.timing in {"one_start", "several_starts"}


@dataclass(frozen=True)
class _Course:
    """When units begin, and what follows from it."""

    timing: str
    exposed: pd.Index
    others: pd.Index
    already: int = 0
    smallest_cohort: int = 0
    before: int = 0
    after: int = 0


def shape_of(
    frame: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    unit: str,
    time: str | None = None,
    cluster: str | None = None,
    controls: Sequence[str] = (),
) -> Shape:
    """The shape of `frame`: one row a unit, or a unit and period where `time` is given.

    Raises MethodError for a column that is not there or not of numbers, an outcome or exposure
    that does not vary, a unit or period that is missing, or a unit twice in a period.
    """
    keys = [unit, *([time] if time else [])]
    _require(frame, keys, [outcome, exposure], [*([time] if time else []), *controls], cluster)
    known = frame.loc[frame[exposure].notna(), frame.columns.drop(outcome)]
    periods = int(known[time].nunique()) if time else 1
    is_binary = set(known[exposure].astype(float)) == {0.0, 1.0}
    is_repeated = periods == 1 and bool(known[unit].duplicated().any())
    by = cluster or (unit if is_repeated or periods > 1 else None)
    if time is None or periods == 1 or not is_binary:
        course = _at_once(known, unit, exposure, several=periods > 1)
    else:
        course = _over_time(known, unit, exposure, time)
    cluster_of = known.groupby(unit)[by or unit].first()
    return Shape(
        rows=len(frame),
        units=int(frame[unit].nunique()),
        periods=periods,
        timing=course.timing,
        outcome=_kind(frame[outcome]),
        is_binary=is_binary,
        has_controls=bool(controls),
        is_repeated=is_repeated,
        clusters=int(known[by].nunique()) if by else None,
        exposed=len(course.exposed),
        others=len(course.others),
        exposed_clusters=int(cluster_of[course.exposed].nunique()),
        other_clusters=int(cluster_of[course.others].nunique()),
        already=course.already,
        smallest_cohort=course.smallest_cohort,
        before=course.before,
        after=course.after,
        missing={name: float(frame[name].isna().mean()) for name in [outcome, exposure, *controls]},
    )


def _require(
    frame: pd.DataFrame,
    keys: Sequence[str],
    compared: Sequence[str],
    more: Sequence[str],
    cluster: str | None,
) -> None:
    named = [*compared, *keys, *more, *([cluster] if cluster else [])]
    if absent := [name for name in dict.fromkeys(named) if name not in frame]:
        raise MethodError(
            f"列がありません：{'、'.join(absent)}。あるもの：{'、'.join(map(str, frame.columns))}。"
        )
    if len({*compared, *keys}) < len(compared) + len(keys):
        raise MethodError("結果、取組、団体、時点には、それぞれ別の列を指定してください。")
    numbers = [*compared, *more]
    if worded := [name for name in numbers if not pd.api.types.is_numeric_dtype(frame[name])]:
        raise MethodError(f"数の列ではありません：{'、'.join(worded)}。数に直してください。")
    if same := [name for name in compared if frame[name].nunique() < 2]:
        raise MethodError(f"{'、'.join(same)} の値が一つしかないため、比べる相手がありません。")
    if frame[list(keys)].isna().any(axis=None):
        raise MethodError("団体か時点の欠けた行があります。数えてから除いてください。")
    if len(keys) > 1 and frame.duplicated(list(keys)).any():
        raise MethodError(
            f"{' と '.join(keys)} の組が同じ行が二つ以上あります。一行にまとめてください。"
        )


def _at_once(known: pd.DataFrame, unit: str, exposure: str, *, several: bool) -> _Course:
    """One period, or an exposure that is a number: who has it (1) and who has not (0)."""
    most, least = (known.groupby(unit)[exposure].agg(how) for how in ("max", "min"))
    changes = "never_changes" if (most == least).all() else "on_and_off"
    timing = changes if several else "one_period"
    return _Course(timing, most.index[most == 1], least.index[least == 0])


def _over_time(known: pd.DataFrame, unit: str, exposure: str, time: str) -> _Course:
    """Several periods of a 0/1 exposure: who begins when, who never does, who goes back."""
    first = known[time].where(known[exposure] == 1).groupby(known[unit]).min().fillna(np.inf)
    times = np.sort(known[time].unique())
    begun = known[time].to_numpy(float) >= first.reindex(known[unit]).to_numpy(float)
    already = int((first <= times[0]).sum())
    began = first[(first > times[0]) & np.isfinite(first)]
    if (known[exposure].to_numpy(float) != begun).any() or began.empty:
        return _at_once(known, unit, exposure, several=True)
    never = first.index[np.isinf(first)]
    cohorts = began.value_counts()
    one = "one_start" if len(never) else "everyone"
    before = [int((times < start).sum()) for start in cohorts.index]
    return _Course(
        one if len(cohorts) == 1 else "several_starts",
        began.index,
        never,
        already,
        int(cohorts.min()),
        min(before),
        len(times) - max(before),
    )


def _kind(outcome: pd.Series) -> str:
    """binary, share (0–1), whole (whole numbers from 0 on) or continuous."""
    values = outcome.dropna().astype(float)
    if values.isin([0.0, 1.0]).all():
        return "binary"
    if values.between(0, 1).all():
        return "share"
    return "whole" if ((values >= 0) & (values == values.round())).all() else "continuous"
