"""Times until something ends, where some have not ended yet: Kaplan–Meier and what follows from it.

An application that is not finished has waited at least so long; to leave it out would make waiting
look short. Notation: d_i ends among n_i at risk at the time t_i, S(t) = Π (1 − d_i / n_i).
Kaplan & Meier (1958), JASA 53; Greenwood (1926); Brookmeyer & Crowley (1982), Biometrics 38;
Karrison (1987), Applied Statistics 36, for restricted means; Mantel (1966) for the log-rank test;
Donner & Zou (2012), Statistical Methods in Medical Research 21, for the difference of two medians
(limits recovered from those of each).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from ebpm.methods.requirements import MethodError
from ebpm.methods.result import LEVEL, Check, Estimate, estimate_of_t

ENOUGH = 30
Z = float(stats.norm.ppf((1 + LEVEL) / 2))
Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Curve:
    """A survival curve at the times at which something ended, in their order.

    `survival` is the share not ended after each time, `ci_low` and `ci_high` its pointwise log-log
    interval, `variance` Greenwood's; `last` is the longest time observed, ended or not.
    """

    times: Array
    at_risk: Array
    ended: Array
    survival: Array
    variance: Array
    ci_low: Array
    ci_high: Array
    n: int
    last: float

    def at(self, time: float) -> float:
        """The share that has not ended after a time."""
        return float(
            self.survival[: np.searchsorted(self.times, time, side="right")].min(initial=1.0)
        )

    def quantile(self, share: float) -> float | None:
        """The first time by which this share has ended; None where so many never did."""
        return _first(self.times, self.survival, 1 - share)


def kaplan_meier(durations: npt.ArrayLike, ended: npt.ArrayLike) -> Curve:
    """The Kaplan–Meier curve of durations (≥ 0), of which `ended` says whether they came to an end.

    Raises MethodError without any, or with a negative or missing duration.
    """
    time, event = np.asarray(durations, dtype=float), np.asarray(ended, dtype=bool)
    if not len(time) or not (time >= 0).all():
        raise MethodError("期間は 0 以上の数で、少なくとも一つ必要です。")
    distinct, place = np.unique(time, return_inverse=True)
    ends = np.bincount(place, weights=event, minlength=len(distinct)).astype(float)
    risk = len(time) - np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]]).astype(float)
    kept = ends > 0
    times, ends, risk = distinct[kept], ends[kept], risk[kept]
    survival = np.cumprod(1 - ends / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(ends / (risk * (risk - ends)))
        variance = np.where(survival > 0, survival**2 * summed, 0.0)
        reach = Z * np.sqrt(summed) / np.log(survival)
        low = np.where(survival > 0, survival ** np.exp(-reach), 0.0)
        high = np.where(survival > 0, survival ** np.exp(reach), 0.0)
    limits = np.minimum(low, high), np.maximum(low, high)
    return Curve(times, risk, ends, survival, variance, *limits, len(time), float(time.max()))


def median(curve: Curve) -> Estimate | None:
    """The time by which half have ended, with the interval of Brookmeyer and Crowley (log-log).

    None where fewer than half ended. An upper limit that the data do not reach is the last time.
    """
    middle = curve.quantile(0.5)
    if middle is None:
        return None
    low = _first(curve.times, curve.ci_low, 0.5)
    high = _first(curve.times, curve.ci_high, 0.5)
    return Estimate(
        middle,
        middle if low is None else low,
        curve.last if high is None else high,
        None,
        curve.n,
        None,
        "kaplan_meier_median",
        "description",
        (Check("enough_rows", curve.n >= ENOUGH, curve.n),),
    )


def median_difference(one: Curve, other: Curve) -> Estimate | None:
    """By how much the median of the first group is longer than that of the second.

    None where half of a group have not ended, or where the data do not reach a median's upper
    limit: an interval would be too short then.
    """
    first, second = median(one), median(other)
    reached = all(_first(curve.times, curve.ci_high, 0.5) is not None for curve in (one, other))
    if first is None or second is None or not reached:
        return None
    difference = first.estimate - second.estimate
    below = np.hypot(first.estimate - first.ci_low, second.ci_high - second.estimate)
    above = np.hypot(first.ci_high - first.estimate, second.estimate - second.ci_low)
    fewest = min(one.n, other.n)
    return Estimate(
        difference,
        float(difference - below),
        float(difference + above),
        None,
        one.n + other.n,
        None,
        "kaplan_meier_median_difference",
        "cross_section",
        (Check("enough_rows", fewest >= ENOUGH, fewest),),
    )


def restricted_mean(curve: Curve, horizon: float) -> Estimate:
    """The mean time within a horizon (waiting beyond it counts as the horizon itself)."""
    mean, error = _restricted(curve, horizon)
    checks = (Check("enough_rows", curve.n >= ENOUGH, curve.n),)
    return estimate_of_t(
        mean, error, None, n=curve.n, method="restricted_mean", design="description", checks=checks
    )


def restricted_mean_difference(one: Curve, other: Curve, horizon: float) -> Estimate:
    """By how much the restricted mean of the first group is longer than that of the second."""
    (first, error), (second, wrong) = _restricted(one, horizon), _restricted(other, horizon)
    n = one.n + other.n
    return estimate_of_t(
        first - second,
        float(np.hypot(error, wrong)),
        None,
        n=n,
        method="restricted_mean_difference",
        design="cross_section",
        checks=(Check("enough_rows", min(one.n, other.n) >= ENOUGH, min(one.n, other.n)),),
    )


def _restricted(curve: Curve, horizon: float) -> tuple[float, float]:
    """Area under the curve up to the horizon, and its standard error (Greenwood's plug-in)."""
    inside = curve.times < horizon
    times = np.concatenate([[0.0], curve.times[inside], [horizon]])
    steps = np.concatenate([[1.0], curve.survival[inside]])
    areas = steps * np.diff(times)
    # What is left of the area after each end: an end moves all of it.
    after = np.cumsum(areas[::-1])[::-1][1:]
    risk, ends = curve.at_risk[inside], curve.ended[inside]
    weights = np.divide(ends, risk * (risk - ends), out=np.zeros_like(ends), where=risk > ends)
    return float(areas.sum()), float(np.sqrt(np.sum(after**2 * weights)))


def log_rank(
    durations: npt.ArrayLike,
    ended: npt.ArrayLike,
    group: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
) -> float:
    """The p-value of Mantel's log-rank test that groups (two or more) end alike.

    With `strata` groups are compared within each of them only. Raises MethodError with one group.
    """
    time, event = np.asarray(durations, dtype=float), np.asarray(ended, dtype=bool)
    names, member = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < 2:
        raise MethodError("比べる集団が二つ以上必要です。")
    inside = np.zeros(len(time), dtype=int)
    if strata is not None:
        inside = np.unique(np.asarray(strata), return_inverse=True)[1]
    order = np.argsort(inside, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(inside))[:-1])
    scores = [_log_rank(time[part], event[part], member[part], len(names)) for part in parts]
    observed = np.sum([each[0] for each in scores], axis=0)
    covariance = np.sum([each[1] for each in scores], axis=0)
    statistic = float(observed @ np.linalg.pinv(covariance) @ observed)
    return float(stats.chi2.sf(statistic, len(names) - 1))


def _log_rank(
    time: Array, event: npt.NDArray[np.bool_], member: Codes, groups: int
) -> tuple[Array, Array]:
    """Ends beyond those expected, and their covariance, without the last group."""
    times, place = np.unique(time, return_inverse=True)
    shape = (len(times), groups)
    cell = np.ravel_multi_index((place, member), shape)
    left = np.bincount(cell, minlength=np.prod(shape)).reshape(shape)
    ends = np.bincount(cell, weights=event, minlength=np.prod(shape)).reshape(shape)
    own = left[::-1].cumsum(axis=0)[::-1].astype(float)
    risk, total = own.sum(axis=1), ends.sum(axis=1)
    share = own / risk[:, None]
    spread = np.divide(total * (risk - total), risk - 1, out=np.zeros(len(times)), where=risk > 1)
    observed = (ends - total[:, None] * share).sum(axis=0)
    covariance = np.einsum("t,ti,tj->ij", -spread, share, share)
    covariance += np.diag((spread[:, None] * share).sum(axis=0))
    return observed[:-1], covariance[:-1, :-1]


def _first(times: Array, values: Array, level: float) -> float | None:
    """The first time at which a falling value is no more than a level."""
    reached = np.flatnonzero(values <= level + 1e-12)
    return float(times[reached[0]]) if len(reached) else None
