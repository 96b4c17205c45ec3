"""Panels of units over time: what comparisons of changes ask of them and check about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.regression import MIN_CLUSTERS, MIN_DEGREES, MIN_TREATED
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import Check

MIN_COHORT = 2
MIN_PRE_PERIODS = 2
MIN_P = 0.05
# A covariance whose smallest eigenvalue is below this share of the largest cannot be inverted.
SINGULAR = 1e-10


@dataclass(frozen=True)
class JointTest:
    """Whether several estimates are all 0: Wald statistic, degrees of F and its p value."""

    wald: float
    degrees: tuple[int, float]
    p_value: float


def joint_test(estimates: np.ndarray, covariance: np.ndarray, degrees: float) -> JointTest | None:
    """Wald test with Hotelling's correction for a covariance of `degrees` degrees of freedom η:
    W (η-q+1) / (η q) is taken for F(q, η-q+1). None without estimates, where η-q+1 is below 4 (it
    would see next to nothing), or where the estimates depend on each other or have no error.

    Hotelling, H. (1931), "The Generalization of Student's Ratio", Annals of Mathematical
    Statistics 2(3); for clusters Pustejovsky and Tipton (2018), section 3.
    """
    q = len(estimates)
    left = degrees - q + 1
    if q == 0 or not left >= MIN_DEGREES or _is_singular(covariance):
        return None
    wald = float(estimates @ np.linalg.solve(covariance, estimates))
    p = float(stats.f.sf(wald * left / (q * degrees), q, left))
    return JointTest(wald, (q, float(left)), p)


def _is_singular(covariance: np.ndarray) -> bool:
    size = np.sqrt(np.diag(covariance))
    if not size.min() > 0:
        return True
    eigenvalues = np.linalg.eigvalsh(covariance / np.outer(size, size))
    return bool(eigenvalues[0] < SINGULAR * eigenvalues[-1])


def require_panel(frame: pd.DataFrame, unit: str, time: str, columns: Sequence[str]) -> None:
    """Raises MethodError on missing values, times that are no numbers, a unit twice at one time."""
    require_complete(frame, list(dict.fromkeys([unit, time, *columns])))
    if not pd.api.types.is_numeric_dtype(frame[time]):
        raise MethodError(f"{time} は数にしてください（年度、月の通し番号など）。")
    if frame.duplicated([unit, time]).any():
        raise MethodError(
            f"{unit} と {time} の組が同じ行が二つ以上あります。一行にまとめてください。"
        )


def require_two_by_two(
    frame: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    treated: str,
    post: str,
    more: Sequence[str] = (),
) -> None:
    """Raises MethodError unless this is a panel with 0 and 1 of both `treated` and `post`."""
    require_panel(frame, unit, time, [outcome, treated, post, *more])
    require_constant(frame, unit, treated)
    require_constant(frame, time, post)
    for column in (treated, post):
        require_both(frame, column)


def require_both(frame: pd.DataFrame, column: str) -> None:
    """Raises MethodError unless a column holds 0 and 1 (or False and True) and nothing else."""
    if set(frame[column].astype(float)) != {0.0, 1.0}:
        raise MethodError(
            f"{column} は0と1（または偽と真）の両方を含み、ほかの値のない列にしてください。"
        )


def require_constant(frame: pd.DataFrame, within: str, column: str) -> None:
    """Raises MethodError where a column varies within the levels of another."""
    if (frame.groupby(within)[column].nunique(dropna=False) > 1).any():
        raise MethodError(f"{column} は同じ {within} の中で一つの値にしてください。")


def starts(frame: pd.DataFrame, unit: str, time: str, first_treated: str) -> np.ndarray:
    """When each row's unit starts; infinite where it never does (0 or missing) or only after the
    last time of the data.

    Raises MethodError where the start varies within a unit, where nobody starts, where a unit has
    started by the first time (it has no before), or where none is left to compare with.
    """
    require_constant(frame, unit, first_treated)
    start = frame[first_treated].astype("Float64").to_numpy(float, na_value=np.nan)
    times = frame[time].to_numpy(float)
    start = np.where(np.isnan(start) | (start == 0) | (start > times.max()), np.inf, start)
    already = frame.loc[start <= times.min(), unit].nunique()
    if already:
        raise MethodError(
            f"最初の時点ですでに実施している団体が{already}あります。"
            "実施前の値がないため、数えてから除いてください。"
        )
    if not np.isfinite(start).any():
        raise MethodError("期間中に実施した団体がありません。")
    return start


def require_comparison(never: np.ndarray) -> None:
    """Raises MethodError where every row belongs to a unit that starts within the data."""
    if not never.any():
        raise MethodError(
            "期間中に一度も実施していない団体がありません。"
            "最後に始めた団体の開始以降の行を除くと、その団体が比較対象になります。"
        )


def require_cohorts(start: np.ndarray) -> None:
    """Raises MethodError where only one unit (one value each of `start`) starts at some time: its
    own variation cannot be seen, so that the errors would be too small.
    """
    cohorts, sizes = np.unique(start[np.isfinite(start)], return_counts=True)
    alone = cohorts[sizes < MIN_COHORT]
    if len(alone):
        raise MethodError(
            "開始時期ごとに二団体以上が必要です。一団体だけの開始時期："
            f"{', '.join(f'{g:g}' for g in alone)}。数えてから除いてください。"
        )


def clusters_of(frame: pd.DataFrame, treated: np.ndarray, cluster: str) -> tuple[int, int, int]:
    """How many clusters there are, hold a treated row, and hold one of a unit never treated."""
    sides = [frame.loc[side, cluster].nunique() for side in (treated, ~treated)]
    return frame[cluster].nunique(), sides[0], sides[1]


def are_few(clusters: tuple[int, int, int]) -> bool:
    """Whether CR1 errors cannot be relied on."""
    return clusters[0] < MIN_CLUSTERS or min(clusters[1:]) < MIN_TREATED


def cluster_checks(clusters: tuple[int, int, int]) -> tuple[Check, ...]:
    """Enough clusters in all, treated ones, and ones to compare with."""
    total, treated, others = clusters
    return (
        Check("enough_clusters", total >= MIN_CLUSTERS, float(total)),
        Check("enough_treated_clusters", treated >= MIN_TREATED, float(treated)),
        Check("enough_comparison_clusters", others >= MIN_TREATED, float(others)),
    )


def trend_checks(pre_periods: int, p_value: float | None) -> tuple[Check, ...]:
    """Enough points in time before the start, and whether the trends up to it were alike."""
    return (
        Check("pre_periods", pre_periods >= MIN_PRE_PERIODS, float(pre_periods)),
        Check("pre_trends", None if p_value is None else p_value >= MIN_P, p_value),
    )
