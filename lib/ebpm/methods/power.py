"""Which size of difference a comparison can find: power and the minimum detectable effect.

The minimum detectable effect is the true difference that a two-sided test finds with a given
chance (80 % unless said otherwise). Tests are t with the degrees of freedom of what was drawn or
assigned: clusters, where there are any. Powers are exact (noncentral t), both tails counted.

Bloom, H. S. (1995), "Minimum Detectable Effects: A Simple Way to Report the Statistical Power of
Experimental Designs", Evaluation Review 19(5). Eldridge, S. M., D. Ashby and S. Kerry (2006),
"Sample size for cluster randomized trials: effect of coefficient of variation of cluster size and
analysis method", International Journal of Epidemiology 35(5). McKenzie, D. (2012), "Beyond baseline
and follow-up: The case for more T in experiments", Journal of Development Economics 99(2). Fleiss,
J. L., B. Levin and M. C. Paik (2003), Statistical Methods for Rates and Proportions, 3rd edition.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from scipy import optimize, stats

from ebpm.methods.requirements import MethodError

POWER = 0.8
ALPHA = 0.05
# A plan that would need more standard errors or rows a group than this has no solution.
FARTHEST = 1e9
SMALLEST_SHARE = 1e-9
NO_ERROR = "標準誤差は正の数にしてください。"
NO_SOLUTION = "この条件では解がありません。対象を増やすか、より大きな差を想定してください。"


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise MethodError(otherwise)


@dataclass(frozen=True)
class Clusters:
    """Rows in clusters: their mean number a cluster (`size`) and the intra-cluster correlation.

    `size_cv` is the standard deviation of the clusters' sizes over their mean.
    """

    size: float
    icc: float
    size_cv: float = 0.0

    def __post_init__(self) -> None:
        fits = self.size >= 1 and 0 <= self.icc <= 1 and self.size_cv >= 0
        _require(fits, "まとまりの大きさは1以上、級内相関は0〜1、変動係数は0以上にしてください。")

    @property
    def design_effect(self) -> float:
        """By how much clusters multiply a variance: 1 + ((1 + CV²)·m - 1)·ICC."""
        return 1 + ((1 + self.size_cv**2) * self.size - 1) * self.icc

    def degrees(self, rows: float) -> float:
        """Degrees of freedom of two groups that have so many rows together."""
        return rows / self.size - 2


NO_CLUSTERS = Clusters(1, 0)


@dataclass(frozen=True)
class Power:
    """What a planned comparison can find, in the unit of the outcome (shares: 0–1).

    A true difference of `minimum_detectable_effect` is found with the chance `power` by a
    two-sided test at `alpha`. `standard_error` is that of the difference, `degrees` those of the
    test (None: normal), `design_effect` what clusters did to the variance.
    """

    minimum_detectable_effect: float
    power: float
    alpha: float
    standard_error: float
    degrees: float | None
    design_effect: float
    method: str


def power_of(
    effect: float, standard_error: float, degrees: float | None, *, alpha: float = ALPHA
) -> float:
    """The chance (0–1) that a two-sided test at `alpha` finds a true difference of `effect`."""
    _require(standard_error > 0, NO_ERROR)
    _require(0 < alpha < 1, "有意水準は0と1の間にしてください。")
    return _power(abs(effect) / standard_error, degrees, alpha)


def minimum_detectable_effect(
    standard_error: float,
    degrees: float | None,
    *,
    power: float = POWER,
    alpha: float = ALPHA,
) -> float:
    """The true difference found with the chance `power`, from an estimate's own standard error.

    In the unit of `standard_error`; `degrees` None is normal. It tells what an inconclusive result
    would have found, and does not use the estimate itself. Raises MethodError on a standard error
    or degrees of 0 or less and unless 0 < alpha < power < 1.
    """
    _require(standard_error > 0, NO_ERROR)
    _require_chances(power, alpha)
    return standard_error * _solve(lambda t: _power(t, degrees, alpha), power, 0.0)


def two_means(
    standard_deviation: float,
    n_treated: float,
    n_control: float,
    *,
    clusters: Clusters = NO_CLUSTERS,
    power: float = POWER,
    alpha: float = ALPHA,
) -> Power:
    """The difference of two means that so many rows in each group can find.

    `standard_deviation` is that of single rows within a group. With `clusters` whole clusters are
    in one group or the other. Raises MethodError where clusters are too few for a test.
    """
    error = _error_of_means(standard_deviation, n_treated, n_control, clusters)
    degrees, deff = clusters.degrees(n_treated + n_control), clusters.design_effect
    effect = minimum_detectable_effect(error, degrees, power=power, alpha=alpha)
    return Power(effect, power, alpha, error, degrees, deff, method="power_two_means")


def difference_in_differences(
    standard_deviation: float,
    n_treated: float,
    n_control: float,
    *,
    correlation: float,
    periods_before: int = 1,
    periods_after: int = 1,
    clusters: Clusters = NO_CLUSTERS,
    power: float = POWER,
    alpha: float = ALPHA,
) -> Power:
    """The difference in changes that so many units, each seen before and after, can find.

    See `change_deviation`; with `clusters` (of units) `icc` is that of the units' changes.
    """
    change = change_deviation(standard_deviation, correlation, periods_before, periods_after)
    found = two_means(change, n_treated, n_control, clusters=clusters, power=power, alpha=alpha)
    return replace(found, method="power_difference_in_differences")


def change_deviation(
    standard_deviation: float, correlation: float, periods_before: int = 1, periods_after: int = 1
) -> float:
    """Standard deviation of a unit's mean after less its mean before (McKenzie 2012).

    `standard_deviation` is that of units at one time, `correlation` that of one unit's values at
    two times, the same for any two: sd · √((1 - ρ)(1/before + 1/after)).
    """
    _require(-1 < correlation < 1, "前後の相関は-1と1の間にしてください。")
    _require(min(periods_before, periods_after) >= 1, "前後にそれぞれ一時点以上が必要です。")
    periods = 1 / periods_before + 1 / periods_after
    return standard_deviation * math.sqrt((1 - correlation) * periods)


def two_proportions(
    control_rate: float,
    n_treated: float,
    n_control: float,
    *,
    clusters: Clusters = NO_CLUSTERS,
    power: float = POWER,
    alpha: float = ALPHA,
) -> Power:
    """The difference from `control_rate` (0–1) that so many rows in each group can find.

    Upwards; downwards it is that of `1 - control_rate`. Raises MethodError where not even a share
    of 1 in the treated group would be found with the chance `power`.
    """
    _require_chances(power, alpha)
    _require(0 < control_rate < 1, "比べる相手の割合は0と1の間にしてください。")
    room, rows = 1 - control_rate, (n_treated, n_control)
    effect = _solve(
        lambda d: power_of_proportions(
            control_rate, control_rate + d, *rows, clusters=clusters, alpha=alpha
        ),
        power,
        room * SMALLEST_SHARE,
        room * (1 - SMALLEST_SHARE),
    )
    error = _errors(control_rate, control_rate + effect, *rows, clusters)[1]
    degrees = clusters.degrees(n_treated + n_control) if clusters.size > 1 else None
    deff = clusters.design_effect
    return Power(effect, power, alpha, error, degrees, deff, method="power_two_proportions")


def power_of_proportions(
    control_rate: float,
    treated_rate: float,
    n_treated: float,
    n_control: float,
    *,
    clusters: Clusters = NO_CLUSTERS,
    alpha: float = ALPHA,
) -> float:
    """The chance (0–1) of finding that two shares differ: pooled test, unpooled truth.

    Normal, or t where the rows come in clusters.
    """
    _require(min(n_treated, n_control) > 0, "各群に一件以上が必要です。")
    _require(0 < control_rate < 1 and 0 < treated_rate < 1, "二つの割合は0と1の間にしてください。")
    pooled, actual = _errors(control_rate, treated_rate, n_treated, n_control, clusters)
    degrees = clusters.degrees(n_treated + n_control) if clusters.size > 1 else None
    return _power(abs(treated_rate - control_rate) / actual, degrees, alpha, pooled / actual)


def rows_per_group_of_means(
    effect: float,
    standard_deviation: float,
    *,
    clusters: Clusters = NO_CLUSTERS,
    power: float = POWER,
    alpha: float = ALPHA,
) -> float:
    """Rows needed in each of two equal groups to find a difference of means; round up."""
    _require_chances(power, alpha)
    _require(effect != 0, "0 の差を見つける標本の大きさはありません。")
    error = partial(_error_of_means, standard_deviation, clusters=clusters)
    return _solve(
        lambda n: power_of(effect, error(n, n), clusters.degrees(2 * n), alpha=alpha),
        power,
        2 * clusters.size,
    )


def rows_per_group_of_proportions(
    control_rate: float,
    treated_rate: float,
    *,
    clusters: Clusters = NO_CLUSTERS,
    power: float = POWER,
    alpha: float = ALPHA,
) -> float:
    """Rows needed in each of two equal groups to find that two shares differ; round up."""
    _require_chances(power, alpha)
    _require(control_rate != treated_rate, "0 の差を見つける標本の大きさはありません。")
    test = partial(power_of_proportions, control_rate, treated_rate, clusters=clusters, alpha=alpha)
    return _solve(lambda n: test(n, n), power, 2 * clusters.size)


def _error_of_means(deviation: float, treated: float, control: float, clusters: Clusters) -> float:
    _require(deviation > 0, "標準偏差は正の数にしてください。")
    _require(min(treated, control) >= clusters.size, "各群に一つ以上のまとまりが必要です。")
    return deviation * math.sqrt(clusters.design_effect * (1 / treated + 1 / control))


def _errors(
    control_rate: float, treated_rate: float, treated: float, control: float, clusters: Clusters
) -> tuple[float, float]:
    """Standard errors of a difference of shares: of the pooled share, and of the two."""
    pooled = (control * control_rate + treated * treated_rate) / (treated + control)
    null = pooled * (1 - pooled) * (1 / treated + 1 / control)
    actual = control_rate * (1 - control_rate) / control
    actual += treated_rate * (1 - treated_rate) / treated
    deff = clusters.design_effect
    return math.sqrt(deff * null), math.sqrt(deff * actual)


def _power(t: float, degrees: float | None, alpha: float, null_ratio: float = 1.0) -> float:
    """Power where the true difference is `t` standard errors.

    `null_ratio` is the standard error that the test uses over the true one.
    """
    if degrees is None or math.isinf(degrees):
        critical = float(stats.norm.ppf(1 - alpha / 2)) * null_ratio
        return float(stats.norm.sf(critical - t) + stats.norm.cdf(-critical - t))
    _require(degrees > 0, "検定の自由度が足りません。まとまりか対象を増やしてください。")
    critical = float(stats.t.ppf(1 - alpha / 2, degrees)) * null_ratio
    if t == 0:
        return float(2 * stats.t.sf(critical, degrees))
    # The square of a noncentral t: SciPy's own noncentral t is not a number in the far tail.
    return float(stats.ncf.sf(critical**2, 1, degrees, t**2))


def _solve(
    chance: Callable[[float], float], power: float, least: float, most: float = FARTHEST
) -> float:
    """The value from `least` to `most` at which a growing chance reaches `power`."""
    if chance(least) >= power:
        return least
    reach = min(least + 1, most)
    while chance(reach) < power:
        _require(reach < most, NO_SOLUTION)
        reach = min(2 * reach, most)
    return float(optimize.brentq(lambda value: chance(value) - power, least, reach))


def _require_chances(power: float, alpha: float) -> None:
    _require(0 < alpha < power < 1, "0＜有意水準＜検出力＜1 となるように指定してください。")
