"""How small an effect a pilot in a few units can find, from the variation in a log before it.

A unit's value in a month, with the levels of units and months taken out, varies by σ² around 0 with
autocorrelation ρ. The change of its mean from m months before to r months after then has the
variance c'Σc, c holding -1/m and 1/r (Burlig, Preonas and Woerman 2020: power with serially
correlated errors). What a test of such changes can find is a multiple of their standard deviation
that depends on the number of units alone; it is simulated with the tests of `ebpm.methods.pilot`.

Burlig, F., L. Preonas and M. Woerman (2020), "Panel data and experimental design", Journal of
Development Economics 144. Nickell, S. (1981), "Biases in Dynamic Models with Fixed Effects",
Econometrica 49(6).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import comb, inf, sqrt

import numpy as np
import pandas as pd
from scipy import linalg, stats

from ebpm.methods.pilot import can_permute
from ebpm.methods.power import POWER
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Estimate

SEED = 20_260_401
PILOTS = 1_000
EXACT_LIMIT = 2_000
ROUNDS = 14
FARTHEST = 64.0
MIN_UNITS, MIN_PERIODS = 3, 4
LARGEST_AUTOCORRELATION = 0.95
ROUNDS_OF_LEVELS, SETTLED = 100, 1e-12


@dataclass(frozen=True)
class Variation:
    """How the values of units vary from period to period, in the unit of the outcome.

    `unit_deviation` is the standard deviation of the units' levels, `residual_deviation` that of a
    unit's value around its level and the period's, `autocorrelation` that of the latter from one
    period to the next, `icc` the share of the units' levels in the whole variance.
    """

    mean: float
    unit_deviation: float
    residual_deviation: float
    autocorrelation: float
    units: int
    periods: int

    @property
    def icc(self) -> float:
        """Share (0–1) of the variance that lies between units."""
        between, within = self.unit_deviation**2, self.residual_deviation**2
        return between / (between + within) if between + within else 0.0

    def change_deviation(self, before: int, after: int) -> float:
        """Standard deviation of a unit's mean over `after` periods less that over `before`."""
        weights = np.concatenate([np.full(before, -1 / before), np.full(after, 1 / after)])
        powers = self.autocorrelation ** np.arange(before + after)
        return self.residual_deviation * sqrt(float(weights @ linalg.toeplitz(powers) @ weights))


def variation(frame: pd.DataFrame, outcome: str, *, unit: str, time: str) -> Variation:
    """The variation of a panel without a pilot: one row a unit and period (whole numbers).

    Raises MethodError on missing values, fewer than three units or four periods.
    """
    require_complete(frame, [outcome, unit, time])
    wide = frame.pivot(index=unit, columns=time, values=outcome).astype(float)
    units, periods = wide.shape
    if units < MIN_UNITS or periods < MIN_PERIODS:
        raise MethodError(
            "ばらつきを見積もるには、三つ以上の課・窓口と四か月以上の記録が必要です。"
        )
    levels = wide.mean(axis=1)
    left = _residuals(wide)
    count = int(left.notna().to_numpy().sum())
    variance = float(np.nansum(left.to_numpy() ** 2)) / (count - units - periods + 1)
    between = max(float(levels.var()) - variance / periods, 0.0)
    rho = _autocorrelation(left)
    return Variation(float(levels.mean()), sqrt(between), sqrt(variance), rho, units, int(periods))


def interval_of(
    frame: pd.DataFrame,
    outcome: str,
    value: Callable[[Variation], float],
    *,
    unit: str,
    time: str,
    most: float = inf,
) -> Estimate:
    """A value of the variation (at least 0, `most` at most) with its interval.

    By the jackknife over units. Raises MethodError as `variation` does, and below four units.
    """
    whole = variation(frame, outcome, unit=unit, time=time)
    left = np.array(
        [
            value(variation(frame[frame[unit] != name], outcome, unit=unit, time=time))
            for name in frame[unit].unique()
        ]
    )
    error = sqrt((whole.units - 1) / whole.units * float(((left - left.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, whole.units - 1)) * error
    low, high = max(value(whole) - reach, 0.0), min(value(whole) + reach, most)
    return Estimate(
        value(whole),
        low,
        high,
        None,
        len(frame),
        whole.units,
        "variance_components",
        "description",
    )


def _residuals(wide: pd.DataFrame) -> pd.DataFrame:
    """What the levels of units and periods leave, gaps staying gaps."""
    left = wide.to_numpy(float)
    for _ in range(ROUNDS_OF_LEVELS):
        before = left
        left = left - np.nanmean(left, axis=1, keepdims=True)
        left = left - np.nanmean(left, axis=0, keepdims=True)
        if np.nanmax(np.abs(left - before)) <= SETTLED * np.nanmax(np.abs(wide.to_numpy())):
            break
    return pd.DataFrame(left, index=wide.index, columns=wide.columns)


def _autocorrelation(left: pd.DataFrame) -> float:
    """From one period to the next, with Nickell's bias of about -(1 + ρ) / T taken back.

    Negative ones count as 0: they would promise more than a pilot can keep.
    """
    values, t = left.to_numpy(), left.shape[1]
    pairs = np.isfinite(values[:, 1:]) & np.isfinite(values[:, :-1])
    now, before = values[:, 1:][pairs], values[:, :-1][pairs]
    raw = float(now @ before / (before @ before)) if before.any() else 0.0
    return float(np.clip((raw * t + 1) / (t - 1), 0.0, LARGEST_AUTOCORRELATION))


def observed_change_deviation(
    frame: pd.DataFrame, outcome: str, *, unit: str, time: str, before: int, after: int
) -> float | None:
    """The same without a model: over all stretches of so many periods that the panel holds.

    Of pilots that never were; None where no stretch is long enough.
    """
    wide = frame.pivot(index=unit, columns=time, values=outcome).astype(float)
    length = before + after
    squares, freedom = 0.0, 0
    for first in range(wide.shape[1] - length + 1):
        stretch = wide.iloc[:, first : first + length].dropna()
        if len(stretch) < MIN_UNITS:
            continue
        change = stretch.iloc[:, before:].mean(axis=1) - stretch.iloc[:, :before].mean(axis=1)
        squares += float(((change - change.mean()) ** 2).sum())
        freedom += len(change) - 1
    return sqrt(squares / freedom) if freedom else None


@cache
def detectable_multiple(units: int, treated: int, power: float = POWER) -> float:
    """The effect found with the chance `power`, in standard deviations of a unit's change.

    Found: both tests of `ebpm.methods.pilot` reject at 5 %. Infinite where so few units never can.
    """
    if min(treated, units - treated) < 2 or not can_permute(units, treated):
        return inf
    random = np.random.default_rng(SEED)
    changes = random.standard_normal((PILOTS, units))
    needed = np.maximum(
        _needed_by_welch(changes, treated), _needed_by_permutation(changes, treated)
    )
    return float(np.quantile(needed, power))


def power_of_pilot(effect: float, deviation: float, units: int, treated: int) -> float:
    """The chance (0–1) that both tests find an effect, both in the unit of the outcome."""
    if min(treated, units - treated) < 2 or not can_permute(units, treated):
        return 0.0
    changes = np.random.default_rng(SEED).standard_normal((PILOTS, units))
    size = abs(effect) / deviation
    found = _needed_by_welch(changes, treated) <= size
    return float((found & (_needed_by_permutation(changes, treated) <= size)).mean())


def _needed_by_welch(changes: np.ndarray, treated: int) -> np.ndarray:
    """The effect from which on each pilot (row) rejects: CR2 and its degrees of freedom."""
    one, two = changes[:, :treated], changes[:, treated:]
    k, m = one.shape[1], two.shape[1]
    error = np.sqrt(one.var(axis=1, ddof=1) / k + two.var(axis=1, ddof=1) / m)
    degrees = (1 / k + 1 / m) ** 2 / (1 / (k**2 * (k - 1)) + 1 / (m**2 * (m - 1)))
    critical = float(stats.t.ppf((1 + LEVEL) / 2, degrees))
    needed: np.ndarray = critical * error - (one.mean(axis=1) - two.mean(axis=1))
    return needed


def _needed_by_permutation(changes: np.ndarray, treated: int) -> np.ndarray:
    """The same of the permutation test, by bisection."""
    labels = _labels(changes.shape[1], treated)
    moved, shared = _differences(changes, labels), _differences(labels[:1], labels)[0]
    low, high = np.full(len(changes), -FARTHEST), np.full(len(changes), FARTHEST)
    # Below minus the observed difference the test would reject on the other side.
    low = np.maximum(low, -moved[:, 0])
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        far = np.abs(moved + middle[:, None] * shared)
        rejected = (far >= far[:, :1] - 1e-9).mean(axis=1) <= 1 - LEVEL
        low, high = np.where(rejected, low, middle), np.where(rejected, middle, high)
    return high


def _labels(units: int, treated: int) -> np.ndarray:
    """Assignments (0/1), the first `treated` units first; all of them or a seeded draw."""
    own = np.arange(units) < treated
    if comb(units, treated) <= EXACT_LIMIT:
        chosen = np.array(list(combinations(range(units), treated)))
        labels = np.zeros((len(chosen), units))
        labels[np.arange(len(chosen))[:, None], chosen] = 1.0
        return labels
    random = np.random.default_rng(SEED)
    drawn = random.permuted(np.tile(own, (EXACT_LIMIT - 1, 1)), axis=1)
    return np.vstack([own, drawn]).astype(float)


def _differences(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Difference of means of each row of `values` under each assignment (pilots x labels)."""
    k = labels.sum(axis=1)
    sums = values @ labels.T
    differences: np.ndarray = sums / k - (values.sum(axis=1)[:, None] - sums) / (
        labels.shape[1] - k
    )
    return differences


def designs(
    found: Variation, *, units: Sequence[int], months: Sequence[int], power: float = POWER
) -> pd.DataFrame:
    """What each number of units (half of them treated) and of months on either side can find.

    One row a pair: units, treated, months, `detectable` in the unit of the outcome (infinite where
    so few units never can).
    """
    rows = [
        (n, n // 2, m, detectable_multiple(n, n // 2, power) * found.change_deviation(m, m))
        for n, m in product(units, months)
    ]
    return pd.DataFrame(rows, columns=["units", "treated", "months", "detectable"])


def smallest_design(plans: pd.DataFrame, smallest: float) -> dict[str, int] | None:
    """The row of `designs` with the fewest units, then months, that finds `smallest`."""
    fits = plans[plans["detectable"] <= smallest].sort_values(["units", "months"])
    return (
        None
        if fits.empty
        else {str(k): int(v) for k, v in fits.iloc[0][["units", "months"]].items()}
    )
