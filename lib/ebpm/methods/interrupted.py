"""Segmented regression of a single time series: level and slope before and after a known start.

    y = β0 + β1·(t - t0) + β2·D + β3·D·(t - t0) + ε,  D = 1 from t0 on,  ε an AR(1)

β2 is the change of level in the first period from the start on, β3 the change of slope a period.

Wagner, A. K. et al. (2002), "Segmented regression analysis of interrupted time series studies in
medication use research", Journal of Clinical Pharmacy and Therapeutics 27; Bernal, J. L. et al.
(2017), "Interrupted time series regression for the evaluation of public health interventions: a
tutorial", International Journal of Epidemiology 46(1); with a comparison series Bernal, J. L. et
al. (2018), "The use of controls in interrupted time series studies of public health interventions",
International Journal of Epidemiology 47(6).

On 24 to 48 points with an autocorrelation ρ of 0.3 (2,000 series each), Newey-West intervals of a
nominal 95 % for β2 covered 72 to 84 %, those of generalised least squares at an estimated ρ 86 to
92 %, as both take for known what they have estimated.
So ρ is integrated out: at a given ρ a coefficient follows a t distribution with T-K degrees of
freedom, and those are averaged with the weight that the data give to each ρ. Zellner, A. and G. C.
Tiao (1964), "Bayesian Analysis of the Regression Model with Autocorrelated Errors", JASA 59, here
for stationary errors: ρ uniform between -1 and 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.stats.diagnostic import acorr_ljungbox

from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Check, Estimate

MIN_PERIODS = 8
MIN_P = 0.05
LAGS = 10
HARMONICS = 2
MONTHS_A_YEAR = 12
GRID = (np.arange(200) + 0.5) / 100 - 1
CHANGES = (2, 3)
SPACING_TOLERANCE = 1e-6
# A residual of this share of the outcome is 0 but for rounding.
EXACT = 1e-9
# How closely the ends of an interval are searched, in standard errors.
CLOSENESS = 1e-9


@dataclass(frozen=True)
class Interruption:
    """What changed at the start.

    `level_change` in the unit of the outcome, `slope_change` in that unit a period, and
    `mean_departure`, the mean over all periods from the start on of fitted minus earlier trend.
    `fitted` has a row a period: time, observed, fitted, earlier_trend (drawn on past the start).
    """

    level_change: Estimate
    slope_change: Estimate
    mean_departure: Estimate
    fitted: pd.DataFrame
    autocorrelation: float


@dataclass(frozen=True)
class _Mixture:
    """Coefficients (grid x K), their covariances (grid x K x K), and the weight of each ρ."""

    rho: np.ndarray
    weights: np.ndarray
    beta: np.ndarray
    covariance: np.ndarray
    degrees: int

    def mean(self, values: np.ndarray) -> np.ndarray:
        """What has a value at each ρ (grid first), averaged over ρ."""
        return np.tensordot(self.weights, values, axes=1)


def interrupted_time_series(
    frame: pd.DataFrame,
    *,
    time: str,
    outcome: str,
    start: float,
    comparison: str | None = None,
    season: int | None = None,
) -> Interruption:
    """Change of level and slope of `outcome` at `start`, one row a period.

    `time` holds equally spaced numbers (fiscal years, months counted on); `start` is the first
    period under the new regime. With `comparison`, a column with the same quantity where nothing
    was done, the difference of the two series is analysed. `season` is the number of periods in a
    year of a series with seasons (two pairs of harmonics). Raises MethodError on missing values,
    periods that repeat or are left out, fewer than two on either side of the start or too few for
    the number of coefficients, and a series that lies on its line exactly.
    """
    require_complete(frame, [time, outcome, *([comparison] if comparison else [])])
    ordered = frame.sort_values(time)
    times = ordered[time].to_numpy(float)
    y = ordered[outcome].to_numpy(float)
    y = y - ordered[comparison].to_numpy(float) if comparison else y
    since = _since(times, start)
    x = _regressors(since, season)
    mixture = _mixture(y, x)
    departure = np.where(np.isin(np.arange(x.shape[1]), CHANGES), x, 0.0)
    contrasts = [*np.eye(x.shape[1])[list(CHANGES)], departure[since >= 0].mean(axis=0)]
    checks = _checks(y, x, since, mixture)
    design = "comparative_interrupted_time_series" if comparison else "interrupted_time_series"
    level, slope, mean = (
        _contrast(mixture, each, n=len(y), design=design, checks=checks) for each in contrasts
    )
    beta = mixture.mean(mixture.beta)
    lines = {"fitted": x @ beta, "earlier_trend": (x - departure) @ beta}
    fitted = pd.DataFrame({"time": ordered[time].to_numpy(), "observed": y, **lines})
    return Interruption(level, slope, mean, fitted, float(mixture.mean(mixture.rho)))


def season_of_months(months: int, *, fewest_years: int) -> int | None:
    """The `season` of a monthly series; None where it is too short to tell seasons apart."""
    return MONTHS_A_YEAR if months >= fewest_years * MONTHS_A_YEAR else None


def _since(times: np.ndarray, start: float) -> np.ndarray:
    """Periods since the start, whole numbers."""
    gaps = np.diff(times)
    if len(gaps) == 0:
        raise MethodError("時点が一つしかありません。")
    if (gaps <= 0).any():
        raise MethodError("同じ時点の行が二つ以上あります。時点ごとに一行にまとめてください。")
    if np.ptp(gaps) > SPACING_TOLERANCE * gaps[0]:
        raise MethodError(
            "時点の間隔がそろっていません。抜けた時点を補うか、期間を短くしてください。"
        )
    if not np.isclose(times, start, rtol=0, atol=SPACING_TOLERANCE * gaps[0]).any():
        raise MethodError("start はデータにある時点（実施後の最初の時点）にしてください。")
    return np.asarray(np.round((times - start) / gaps.mean()))


def _regressors(since: np.ndarray, season: int | None) -> np.ndarray:
    """Constant, trend, change of level and of slope; then the harmonics of the season."""
    after = (since >= 0).astype(float)
    if min(after.sum(), (1 - after).sum()) < 2:
        raise MethodError("実施前と実施後の時点がそれぞれ二つ以上必要です。")
    waves = [] if season is None else _harmonics(since, season)
    x = np.column_stack([np.ones_like(since), since, after, after * since, *waves])
    if len(x) <= x.shape[1] + 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        raise MethodError("時点の数が、求める係数の数に比べて少なすぎます。")
    return x


def _harmonics(since: np.ndarray, season: int) -> list[np.ndarray]:
    if season < 2:
        raise MethodError("season は一年の時点の数（月なら12）にしてください。")
    waves = []
    for k in range(1, min(HARMONICS, season // 2) + 1):
        angle = 2 * np.pi * k * since / season
        waves += [np.cos(angle)] if 2 * k == season else [np.cos(angle), np.sin(angle)]
    return waves


def _mixture(y: np.ndarray, x: np.ndarray) -> _Mixture:
    """Least squares at every ρ, weighted by the likelihood of ρ, the rest integrated out."""
    rho, degrees = GRID, len(y) - x.shape[1]
    information = _cross(x, x, rho)
    inverse = np.linalg.inv(information)
    beta = (inverse @ _cross(x, y[:, None], rho))[:, :, 0]
    residual = y[:, None] - x @ beta.T
    if np.abs(residual).max() <= EXACT * np.abs(y).max():
        raise MethodError("系列が直線に完全に乗っているため、誤差を推定できません。")
    squares = _squares(residual, rho)
    logarithm = np.log1p(-(rho**2)) - np.linalg.slogdet(information)[1] - degrees * np.log(squares)
    weights = np.exp((logarithm - logarithm.max()) / 2)
    covariance = inverse * (squares / degrees)[:, None, None]
    return _Mixture(rho, weights / weights.sum(), beta, covariance, degrees)


def _cross(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """a'R⁻¹b for every ρ; R is the covariance of an AR(1) with innovations of variance 1."""
    lagged = a[1:].T @ b[:-1] + a[:-1].T @ b[1:]
    r = rho[:, None, None]
    product: np.ndarray = a.T @ b + r**2 * (a[1:-1].T @ b[1:-1]) - r * lagged
    return product


def _squares(residual: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """e'R⁻¹e, the residuals of each ρ a column."""
    inner, lagged = residual[1:-1] ** 2, residual[1:] * residual[:-1]
    total: np.ndarray = (residual**2).sum(0) + rho**2 * inner.sum(0) - 2 * rho * lagged.sum(0)
    return total


def _contrast(
    mixture: _Mixture, contrast: np.ndarray, *, n: int, design: str, checks: tuple[Check, ...]
) -> Estimate:
    """A combination of the coefficients: mean, quantiles and tail of its mixture of t."""
    at = mixture.beta @ contrast
    spread = np.sqrt(mixture.covariance @ contrast @ contrast)
    reach = 2 * stats.t.ppf((1 + LEVEL) / 2, mixture.degrees) * spread

    def below(value: float) -> float:
        return float(mixture.mean(special.stdtr(mixture.degrees, (value - at) / spread)))

    def quantile(share: float) -> float:
        ends, fine = ((at - reach).min(), (at + reach).max()), CLOSENESS * float(spread.min())
        return float(optimize.brentq(lambda value: below(value) - share, *ends, xtol=fine))

    return Estimate(
        float(mixture.mean(at)),
        quantile((1 - LEVEL) / 2),
        quantile((1 + LEVEL) / 2),
        2 * min(below(0.0), 1 - below(0.0)),
        n,
        None,
        "segmented_regression",
        design,
        checks,
    )


def _checks(
    y: np.ndarray, x: np.ndarray, since: np.ndarray, mixture: _Mixture
) -> tuple[Check, ...]:
    after = int((since >= 0).sum())
    fewest = min(after, len(y) - after)
    p = _ljung_box(y - x @ mixture.mean(mixture.beta), float(mixture.mean(mixture.rho)))
    return (
        Check("enough_periods", fewest >= MIN_PERIODS, float(fewest)),
        Check("no_autocorrelation", None if p is None else p >= MIN_P, p),
    )


def _ljung_box(residual: np.ndarray, rho: float) -> float | None:
    """p value of what the AR(1) leaves over; None on a series too short for two lags.

    No degree of freedom is taken off for ρ: with that, 9 to 11 % of right models of 24 to 48 points
    were rejected, without it 4 to 7 %.
    """
    lags = min(LAGS, len(residual) // 5)
    if lags < 2:
        return None
    innovations = residual[1:] - rho * residual[:-1]
    return float(acorr_ljungbox(innovations, lags=[lags])["lb_pvalue"].iloc[0])
