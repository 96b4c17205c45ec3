"""How strong what was not measured would have to be: robustness value and E-value.

Only numbers about a result that another method made; they carry no design of their own.

Cinelli, C. and C. Hazlett (2020), "Making Sense of Sensitivity: Extending Omitted Variable Bias",
JRSS B 82(1); the case in which the confounder need not explain the outcome as much as the exposure
follows Cinelli, C. and C. Hazlett (2025), "An Omitted Variable Bias Framework for Sensitivity
Analysis of Instrumental Variables", Biometrika 112(2). VanderWeele, T. J. and P. Ding (2017),
"Sensitivity Analysis in Observational Research: Introducing the E-Value", Annals of Internal
Medicine 167(4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import statsmodels.api as sm
from scipy import stats

from ebpm.methods.balance import with_constant
from ebpm.methods.regression import ols
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL

TIMES = (1.0, 2.0, 3.0)
# Logarithms of the risk ratio and of its limit per standardised difference and its error.
RATIO_PER_DIFFERENCE, RATIO_PER_ERROR = 0.91, 1.78


@dataclass(frozen=True)
class Confounding:
    """What a confounder of one coefficient would have to explain; shares are 0–1.

    `robustness_value` brings the estimate to 0, `robustness_value_significant` its interval;
    `partial_r2` is the share of the exposure's residual variance that suffices where all of the
    outcome's is explained. `bounds`: one row per benchmark and multiple, see `bounds_of`.
    """

    estimate: float
    standard_error: float
    degrees: int
    partial_r2: float
    robustness_value: float
    robustness_value_significant: float
    bounds: pd.DataFrame


@dataclass(frozen=True)
class EValue:
    """Risk ratios (1 or more) that a confounder needs with both exposure and outcome.

    `point` would move the estimate to no association, `limit` its interval (1 where it already
    includes none).
    """

    point: float
    limit: float


@dataclass(frozen=True)
class Classical:
    """A least-squares fit with classical errors, by the name of the regressor."""

    beta: dict[str, float]
    error: dict[str, float]
    r2: float
    degrees: int

    def partial_r2(self, name: str) -> float:
        """Share of residual variance (0–1) that one regressor explains."""
        return partial_r2(self.beta[name] / self.error[name], self.degrees)


def partial_r2(t: float, degrees: float) -> float:
    """Share of residual variance (0–1) behind the classical t of a coefficient."""
    return t**2 / (t**2 + degrees)


def robustness_value(
    t: float, degrees: float, *, q: float = 1.0, critical: float | None = None
) -> float:
    """Share (0–1) of both residual variances that reduces a coefficient by the share `q`.

    `t` is classical, with `degrees` of freedom. With `critical`, that of a t test with one more
    regressor (see `critical_t`), the estimate is reduced until it is no longer significant.
    """
    f = q * abs(t) / math.sqrt(degrees)
    f_critical = 0.0 if critical is None else critical / math.sqrt(degrees - 1)
    rest = f - f_critical
    if rest <= 0:
        return 0.0
    if f_critical > 0 and f > 1 / f_critical:
        return (f**2 - f_critical**2) / (1 + f**2)
    return (math.sqrt(rest**4 + 4 * rest**2) - rest**2) / 2


def critical_t(degrees: float, *, clusters: int | None = None, error_ratio: float = 1.0) -> float:
    """The critical t for `robustness_value` and `adjusted`, with one more regressor.

    With clusters it has G-1 degrees of freedom and is `error_ratio` (clustered over classical
    error) times as large: a confounder is taken to leave that ratio as it is.
    """
    free = degrees - 1 if clusters is None else clusters - 1
    return error_ratio * float(stats.t.ppf((1 + LEVEL) / 2, free))


def adjusted(
    estimate: float,
    standard_error: float,
    degrees: float,
    *,
    r2_exposure: float,
    r2_outcome: float,
) -> tuple[float, float]:
    """Estimate and classical error, had a confounder been held constant that works towards 0.

    `r2_exposure` and `r2_outcome` are the shares (0–1) of residual variance that it explains.
    """
    if not (0 <= r2_exposure < 1 and 0 <= r2_outcome <= 1):
        raise MethodError("決定係数は 0 以上 1 以下（対象の側は 1 未満）にしてください。")
    strength = math.sqrt(r2_outcome * r2_exposure / (1 - r2_exposure))
    moved = abs(estimate) - standard_error * math.sqrt(degrees) * strength
    shrunk = math.sqrt((1 - r2_outcome) / (1 - r2_exposure) * degrees / (degrees - 1))
    return math.copysign(1.0, estimate) * moved, standard_error * shrunk


def bounds_of(
    estimate: float,
    standard_error: float,
    degrees: float,
    *,
    r2_exposure: float,
    r2_outcome: float,
    times: Sequence[float] = TIMES,
    critical: float | None = None,
) -> pd.DataFrame:
    """The estimate, had there been a confounder `times` as strong as an observed covariate.

    `r2_exposure`, `r2_outcome`: the covariate's partial R² with the exposure and the outcome. One
    row per multiple: the confounder's partial R², the estimate left and its 95 % interval. Raises
    MethodError where a multiple would explain all of the exposure or more than all of the outcome.
    """
    rows = []
    reach = critical_t(degrees) if critical is None else critical
    for k in times:
        exposure, outcome = _bound(r2_exposure, r2_outcome, k)
        point, error = adjusted(
            estimate, standard_error, degrees, r2_exposure=exposure, r2_outcome=outcome
        )
        row = {"times": k, "r2_exposure": exposure, "r2_outcome": outcome, "estimate": point}
        rows.append(row | {"ci_low": point - reach * error, "ci_high": point + reach * error})
    return pd.DataFrame(rows)


def _bound(r2_exposure: float, r2_outcome: float, k: float) -> tuple[float, float]:
    """Partial R² of a confounder k times as strong as the covariate (Cinelli and Hazlett 2020)."""
    exposure = k * r2_exposure / (1 - r2_exposure)
    if exposure >= 1:
        raise MethodError(f"基準とする条件の{k:g}倍の交絡は、対象の側の変動を超えます。")
    between = k * r2_exposure**2 / ((1 - k * r2_exposure) * (1 - r2_exposure))
    if between >= 1:
        raise MethodError(f"基準とする条件の{k:g}倍の交絡は、対象の側の変動を超えます。")
    factor = (math.sqrt(k) + math.sqrt(between)) / math.sqrt(1 - between)
    return exposure, min(1.0, factor**2 * r2_outcome / (1 - r2_outcome))


def confounding(
    frame: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    controls: Sequence[str],
    benchmarks: Sequence[str] = (),
    times: Sequence[float] = TIMES,
    cluster: str | None = None,
) -> Confounding:
    """Robustness of the coefficient of `exposure`, and bounds by the `benchmarks` among controls.

    With `cluster` error and interval are the clustered ones, see `critical_t`. Raises MethodError
    on missing values, collinear columns, or a benchmark that is not among the controls.
    """
    if not set(benchmarks) <= set(controls):
        raise MethodError("基準とする条件は、そろえた条件の中から選んでください。")
    both = [exposure, *controls]
    fit = classical(frame, outcome, both)
    estimate, error = fit.beta[exposure], fit.error[exposure]
    ratio, clusters = 1.0, None
    if cluster:
        clustered = ols(frame, outcome, both, cluster=cluster)
        clusters = clustered.n_clusters
        ratio = float(clustered.coefficients["standard_error"][exposure]) / error
    critical = critical_t(fit.degrees, clusters=clusters, error_ratio=ratio)
    tables = [
        bounds_of(
            estimate,
            error,
            fit.degrees,
            r2_exposure=classical(frame, exposure, controls).partial_r2(name),
            r2_outcome=fit.partial_r2(name),
            times=times,
            critical=critical,
        ).assign(benchmark=name)
        for name in benchmarks
    ]
    return Confounding(
        estimate,
        error * ratio,
        fit.degrees,
        fit.partial_r2(exposure),
        robustness_value(estimate / error, fit.degrees),
        robustness_value(estimate / error, fit.degrees, critical=critical),
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
    )


def classical(frame: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> Classical:
    """Least squares with classical errors; raises MethodError as `confounding`."""
    require_complete(frame, [outcome, *regressors])
    degrees = len(frame) - len(regressors) - 1
    if degrees < 2:
        raise MethodError("行の数が、求める係数の数に比べて少なすぎます。")
    fit = sm.OLS(frame[outcome].to_numpy(float), with_constant(frame, regressors)).fit()
    spread = frame[list(regressors)].to_numpy(float).std(axis=0)
    beta = dict(zip(regressors, map(float, fit.params[1:] / spread), strict=True))
    error = dict(zip(regressors, map(float, fit.bse[1:] / spread), strict=True))
    return Classical(beta, error, float(fit.rsquared), degrees)


def e_value(ratio: float, ci_low: float, ci_high: float) -> EValue:
    """E-value of a risk ratio and its interval (above or below 1)."""
    if not 0 < ci_low <= ratio <= ci_high:
        raise MethodError("比とその区間は、正の数を小さい順に渡してください。")
    if ci_low <= 1 <= ci_high:
        return EValue(_needed(ratio), 1.0)
    return EValue(_needed(ratio), _needed(ci_low if ratio > 1 else ci_high))


def _needed(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def e_value_of_odds(odds: float, ci_low: float, ci_high: float, *, common: bool) -> EValue:
    """E-value of an odds ratio; `common` where the outcome happens to more than 15 %."""
    power = 0.5 if common else 1.0
    return e_value(odds**power, ci_low**power, ci_high**power)


def e_value_of_difference(difference: float, standard_error: float) -> EValue:
    """E-value of a difference in standard deviations of the outcome (approximate)."""
    centre, reach = RATIO_PER_DIFFERENCE * difference, RATIO_PER_ERROR * standard_error
    return e_value(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))
