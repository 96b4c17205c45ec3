"""A rate followed into the future: random walk with drift on the logit, and its target.

The changes of the logit are taken to be independent draws around a constant drift. With m changes
of mean d and variance s², the logit h steps on is t-distributed with m-1 degrees of freedom around
the last one plus h·d, variance s²(h + h²/m); the interval is one of prediction. With a ceiling K
the same holds for logit(rate / K). The median is reported.

Box, G. E. P., G. M. Jenkins, G. C. Reinsel and G. M. Ljung (2015), "Time Series Analysis", 5th
edition, chapter 5; Wilson, E. B. (1927), "Probable Inference, the Law of Succession, and
Statistical Inference", JASA 22(158), for the share of bodies.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Check, Estimate

MIN_STEPS = 4
MIN_BODIES = 30
# Changes whose spread is below this share of the largest logit do not differ but for rounding.
SAME_CHANGE = 1e-9
# How far (on the rate, 0–1) a start may lie from the level in question.
BAND = 0.1
# Rates that are equal but for their binary rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Forecast:
    """A rate (0–1) beyond its last point in time.

    `path`: one row per future time with estimate (median), ci_low and ci_high (95 % prediction
    interval). `drift` and `spread`: mean and standard deviation of the `changes` of the logit.
    """

    path: pd.DataFrame
    last_time: int
    step: int
    last_logit: float
    drift: float
    spread: float
    changes: int
    ceiling: float
    offset: float

    def at(self, time: int) -> Estimate:
        """The forecast for one of the times of `path`; raises MethodError for another."""
        if time not in self.path.index:
            raise MethodError(f"{time} は見通しの時点にありません。horizon を延ばしてください。")
        row = self.path.loc[[time]].to_dict("records")[0]
        return Estimate(
            row["estimate"],
            row["ci_low"],
            row["ci_high"],
            None,
            self.changes + 1,
            None,
            "logit_drift" if self.ceiling == 1 else "logit_drift_with_ceiling",
            "forecast",
            (Check("enough_steps", self.changes >= MIN_STEPS, float(self.changes)),),
        )

    def probability(self, target: float, time: int) -> float:
        """Probability (0–1) that the rate is at `target` or above at that time.

        Raises MethodError for a time not after the last one, and for a target that the model
        cannot weigh: 0 or below, above the ceiling, or the ceiling itself without an offset.
        """
        if time <= self.last_time:
            raise MethodError("目標の時点は、最後の実績より後にしてください。")
        if not 0 < target <= self.ceiling:
            raise MethodError(f"目標は 0 より大きく、上限の {self.ceiling:g} 以下にしてください。")
        needed = float(_logit(np.array([target]), self.ceiling, self.offset)[0])
        if math.isinf(needed):
            raise MethodError(
                "上限ちょうどの目標にはロジットの上で届かないため、確率を計算できません。"
                "上限より小さい目標にするか、offset を与えてください。"
            )
        centre, error = _future(self, time)
        return float(stats.t.sf((needed - centre) / error, self.changes - 1))


def forecast(
    rates: pd.Series, horizon: int, *, ceiling: float = 1.0, offset: float = 0.0
) -> Forecast:
    """Follows `rates` (0–1, indexed by year or another whole number) for `horizon` steps.

    A rate of exactly 0 or of the ceiling has no logit: that is a MethodError unless `offset` is
    given, which moves every rate to offset + (1 - 2·offset)·rate/ceiling (0.5/(n+1) for a rate of n
    cases is Haldane's correction) and is taken back in the result. Raises MethodError, too, on
    missing values, rates outside 0 to the ceiling, fewer than three points, unequal steps, or
    changes that are all alike.
    """
    if horizon < 1 or not 0 <= offset < 0.5 or not 0 < ceiling <= 1:
        raise MethodError("horizon は 1 以上、ceiling は 0〜1、offset は 0.5 未満にしてください。")
    times, y = _series(rates)
    z = _logits(y, ceiling, offset)
    changes = np.diff(z)
    spread = float(changes.std(ddof=1))
    if spread <= SAME_CHANGE * np.abs(z).max():
        raise MethodError("変化がどの時点も同じため、見通しの幅を見積もれません。")
    step, last = int(times[1] - times[0]), int(times[-1])
    drift, m = float(changes.mean()), len(changes)
    bare = Forecast(pd.DataFrame(), last, step, float(z[-1]), drift, spread, m, ceiling, offset)
    future = [last + step * h for h in range(1, horizon + 1)]
    path = pd.DataFrame([_interval(bare, time) for time in future], index=future)
    return replace(bare, path=path)


def _series(rates: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Times and rates in the order of time, checked."""
    if not pd.api.types.is_integer_dtype(rates.index.dtype):
        raise MethodError("率の索引は、年度などの整数にしてください。")
    frame = pd.DataFrame({"time": rates.index, "rate": rates.to_numpy()}).sort_values("time")
    require_complete(frame, ["rate"])
    times = frame["time"].to_numpy()
    if len(times) < 3:
        raise MethodError("見通しには三時点以上の実績が必要です。")
    if len(set(np.diff(times))) > 1 or times[1] == times[0]:
        raise MethodError("時点の間隔がそろっていません。抜けや重なりを確かめてください。")
    return times, frame["rate"].to_numpy(float)


def _logits(y: np.ndarray, ceiling: float, offset: float) -> np.ndarray:
    """The logits of the known rates, checked."""
    if y.min() < 0 or y.max() > ceiling:
        raise MethodError(f"率は 0 から上限の {ceiling:g} までの数にしてください。")
    z = _logit(y, ceiling, offset)
    if not np.isfinite(z).all():
        raise MethodError(
            "率がちょうど 0 か上限の時点は、ロジットにできません。offset を与えてください。"
        )
    return z


def _logit(y: np.ndarray, ceiling: float, offset: float) -> np.ndarray:
    return np.asarray(special.logit(offset + (1 - 2 * offset) * y / ceiling))


def _rate(z: float, ceiling: float, offset: float) -> float:
    share = (float(special.expit(z)) - offset) / (1 - 2 * offset)
    return ceiling * min(max(share, 0.0), 1.0)


def _future(made: Forecast, time: int) -> tuple[float, float]:
    """Centre and prediction error of the logit at a future time."""
    h = (time - made.last_time) / made.step
    error = made.spread * math.sqrt(h + h**2 / made.changes)
    return made.last_logit + h * made.drift, error


def _interval(made: Forecast, time: int) -> dict[str, float]:
    centre, error = _future(made, time)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, made.changes - 1)) * error
    ends = {"estimate": centre, "ci_low": centre - reach, "ci_high": centre + reach}
    return {name: _rate(z, made.ceiling, made.offset) for name, z in ends.items()}


def share_ever_as_fast(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    rate: str,
    from_level: float,
    needed_change: float,
    years: int,
    band: float = BAND,
) -> Estimate:
    """Share (0–1) of units that ever moved by `needed_change` within `years` from a like level.

    Counted are units with at least one start within `band` of `from_level` (rates 0–1) and a value
    exactly `years` later; of those, the ones with a change of `needed_change` or more (or less,
    where negative) from such a start. Wilson interval; no test. Raises MethodError on missing
    values, two rows of a unit and time, or where no unit counts.
    """
    if years < 1 or needed_change == 0:
        raise MethodError("years は 1 以上、needed_change は 0 以外にしてください。")
    pairs = _pairs(frame, unit, time, rate, years)
    pairs = pairs[(pairs["start"] - from_level).abs() <= band + ROUNDING]
    moved = (pairs["end"] - pairs["start"]) * np.sign(needed_change)
    reached = (moved >= abs(needed_change) - ROUNDING).groupby(pairs["unit"]).any()
    n, count = len(reached), int(reached.sum())
    if n == 0:
        raise MethodError("似た水準から始まり、必要な年数を追える団体がありません。")
    low, high = proportion_confint(count, n, alpha=1 - LEVEL, method="wilson")
    return Estimate(
        count / n,
        float(low),
        float(high),
        None,
        n,
        None,
        "share_ever_as_fast",
        "description",
        (Check("enough_rows", n >= MIN_BODIES, float(n)),),
    )


def _pairs(frame: pd.DataFrame, unit: str, time: str, rate: str, years: int) -> pd.DataFrame:
    """One row per unit and time that has a value `years` later: unit, time, start, end."""
    require_complete(frame, [unit, time, rate])
    known = frame[[unit, time, rate]].set_axis(["unit", "time", "start"], axis=1)
    if known.duplicated(["unit", "time"]).any():
        raise MethodError("同じ団体・時点の行が二つ以上あります。一つにまとめてください。")
    later = known.assign(time=known["time"] - years).rename(columns={"start": "end"})
    return known.merge(later, on=["unit", "time"])
