"""Randomisation inference for a comparison of two groups of units, made for few treated ones.

The statistic is the difference of the two means. Under the null that every treated unit differs
from what it would have been by the same amount τ, taking τ off the treated leaves values that any
assignment of the labels could have met: the p value is the share of assignments, the observed one
included, with a difference at least as far from 0. The interval holds every τ with p > 0.05.

Fisher, R. A. (1935), "The Design of Experiments"; Ernst, M. D. (2004), "Permutation Methods: A
Basis for Exact Inference", Statistical Science 19(4); for few treated groups MacKinnon, J. G. and
M. D. Webb (2020), "Randomization inference for difference-in-differences with few treated
clusters", Journal of Econometrics 218(2).
"""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from ebpm.methods.panels import require_both, require_two_by_two, trend_checks
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Check, Estimate

DRAWS = 9_999
SEED = 20_260_401
# Up to this number of assignments all are gone through; beyond, `draws` random ones.
EXACT_LIMIT = 20_000
# Differences that are equal but for rounding count as equally far.
TIE = 1e-9


def permutation_test(
    frame: pd.DataFrame,
    *,
    unit: str,
    outcome: str,
    treated: str,
    draws: int = DRAWS,
    design: str = "cross_section",
    checks: tuple[Check, ...] = (),
) -> Estimate:
    """Difference of the means of `outcome`, treated minus others: one row a unit.

    `treated` is 0/1 or bool, `outcome` a number in its own unit (for example a change). All
    assignments are gone through up to EXACT_LIMIT, else `draws` seeded ones. Units must be
    exchangeable: had nobody been treated, any of them could have had any of the values. `design`
    says where the comparison comes from (`randomised` for a lottery). Raises MethodError on missing
    values, a unit twice, one group only, or too few units for an interval.
    """
    require_complete(frame, [unit, outcome, treated])
    if frame[unit].duplicated().any():
        raise MethodError("同じ団体の行が二つ以上あります。団体ごとに一行にまとめてください。")
    require_both(frame, treated)
    ordered = frame.sort_values(unit)
    y, d = (ordered[name].to_numpy(float) for name in (outcome, treated))
    labels = _assignments(d == 1, draws)
    observed = float(_differences(y, labels[:1])[0])
    moved, shared = _differences(y, labels), _differences(d, labels)
    low, high = _inverted(observed, moved, shared)
    as_far = np.abs(moved) >= abs(observed) - TIE * max(float(np.abs(y).max()), TIE)
    p = float(as_far.mean())
    n = len(frame)
    return Estimate(observed, low, high, p, n, n, "permutation_test", design, checks)


def permutation_did(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    treated: str,
    post: str,
    draws: int = DRAWS,
) -> Estimate:
    """Difference in differences by permutation: each unit's mean after minus its mean before.

    A panel of one row a unit and time; columns as in `did.two_by_two`. The trends before the start
    are compared by the same test, where there are two points in time or more. Raises MethodError as
    `two_by_two` does, and where a unit has no value before or after.
    """
    require_two_by_two(frame, unit, time, outcome, treated, post)
    changes = _changes(frame, unit, outcome, treated, post)
    before = frame[~frame[post].astype(bool)]
    p = _trend_p(before, unit, time, outcome, treated, draws)
    return permutation_test(
        changes,
        unit=unit,
        outcome=outcome,
        treated=treated,
        draws=draws,
        design="difference_in_differences",
        checks=trend_checks(before[time].nunique(), p),
    )


def _changes(frame: pd.DataFrame, unit: str, outcome: str, treated: str, post: str) -> pd.DataFrame:
    means = frame.groupby([unit, frame[post].astype(bool)])[outcome].mean().unstack()
    if means.isna().any(axis=None):
        raise MethodError("実施前か実施後の値がない団体があります。数えてから除いてください。")
    labels = frame.groupby(unit)[treated].first()
    return pd.DataFrame({outcome: means[True] - means[False], treated: labels}).reset_index()


def _trend_p(
    before: pd.DataFrame, unit: str, time: str, outcome: str, treated: str, draws: int
) -> float | None:
    """p value of a difference in the linear trends before the start; None with one time only."""
    if before[time].nunique() < 2:
        return None
    groups = before.groupby(unit)
    t = before[time] - groups[time].transform("mean")
    products = pd.DataFrame({"y": t * before[outcome], "t": t**2, unit: before[unit]})
    sums = products.groupby(unit)[["y", "t"]].sum()
    slopes = pd.DataFrame({outcome: sums["y"] / sums["t"], treated: groups[treated].first()})
    slopes = slopes[sums["t"] > 0].reset_index()
    if slopes[treated].nunique() < 2:
        return None
    test = permutation_test(slopes, unit=unit, outcome=outcome, treated=treated, draws=draws)
    return test.p_value


def _assignments(treated: np.ndarray, draws: int) -> np.ndarray:
    """Labels, one assignment a row, the observed one first and (when exact) once only."""
    n, k = len(treated), int(treated.sum())
    if comb(n, k) <= EXACT_LIMIT:
        chosen = np.array(list(combinations(range(n), k)))
        labels = np.zeros((len(chosen), n), dtype=bool)
        labels[np.arange(len(chosen))[:, None], chosen] = True
        labels = labels[(labels != treated).any(axis=1)]
    else:
        random = np.random.default_rng(SEED)
        labels = random.permuted(np.tile(treated, (draws, 1)), axis=1)
    return np.vstack([treated, labels])


def _differences(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    k = labels[0].sum()
    sums = labels @ values
    difference: np.ndarray = sums / k - (values.sum() - sums) / (len(values) - k)
    return difference


def _inverted(observed: float, moved: np.ndarray, shared: np.ndarray) -> tuple[float, float]:
    """The interval of all τ that are not rejected.

    With τ taken off, an assignment differs by a - τ·c, the observed one by T - τ; the first is as
    far from 0 as the second for τ between (T-a)/(1-c) and (T+a)/(1+c), which T always lies in. So
    p(τ) falls on either side of T, and its crossing of 0.05 is an order statistic of those ends.
    """
    same, opposite = shared >= 1 - TIE, shared <= TIE - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(same, -np.inf, (observed - moved) / (1 - shared))
        two = np.where(same | opposite, np.inf, (observed + moved) / (1 + shared))
    one = np.where(opposite, -np.inf, one)
    beyond = int(np.floor((1 - LEVEL) * len(moved) + TIE))
    low = np.sort(np.minimum(one, two))[beyond]
    high = np.sort(np.maximum(one, two))[::-1][beyond]
    if not np.isfinite([low, high]).all():
        raise MethodError("団体の数が少なすぎるため、割り当ての組合せから95％の区間を作れません。")
    return float(low), float(high)
