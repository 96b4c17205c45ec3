"""Methods against reference values from outside the code: papers, statsmodels, SciPy, by hand."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from linearmodels.panel import PanelOLS
from scipy import special, stats
from statsmodels.datasets import grunfeld
from statsmodels.stats.proportion import proportion_confint

from ebpm.methods import means
from ebpm.methods.composition import composition_adjusted
from ebpm.methods.correlation import correlation
from ebpm.methods.means import (
    compare_by_group,
    mean,
    median,
    paired_comparison,
    share,
    signed_rank_test,
)
from ebpm.methods.regression import CONSTANT, MethodError, ols
from ebpm.methods.result import Check, Estimate
from ebpm.methods.specification import specification_curve

PRINTED = 5e-8  # the references of Grunfeld and Wilson are printed with seven or eight decimals
SAME = 1e-10  # the same algebra in another order of operations
DEMEANED = 1e-8  # fixed effects taken out in rounds instead of solved with dummies
DRAWN = 4 * 0.5 / np.sqrt(means.DRAWS)  # four standard errors of a share of random draws
# Seeded simulations: a band that a right method misses about once in ten thousand seeds.
COVERAGE_OF_200 = (0.88, 0.995)
FALSE_POSITIVES_OF_200 = 0.12
Z = stats.norm.ppf(0.975)


@pytest.fixture(autouse=True)
def no_silent_arithmetic() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def panel(seed: int = 1, groups: int = 12, size: int = 9) -> pd.DataFrame:
    """Clustered data with an unbalanced second classification, weights and two regressors."""
    random = np.random.default_rng(seed)
    n = groups * size
    group = np.repeat(np.arange(groups), size)
    x = random.normal(size=n) + random.normal(size=groups)[group]
    z = random.normal(size=n)
    y = 1 + 0.5 * x - 0.2 * z + random.normal(size=groups)[group] + random.normal(size=n)
    kind = random.integers(0, 4, size=n)
    weight = random.uniform(0.5, 20, size=n)
    frame = pd.DataFrame({"y": y, "x": x, "z": z, "group": group, "kind": kind, "weight": weight})
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def assert_same_as_statsmodels(table: pd.DataFrame, fit: Any, names: dict[str, str]) -> None:
    interval = fit.conf_int()
    for own, theirs in names.items():
        row = table.loc[own]
        assert row["estimate"] == pytest.approx(fit.params[theirs], rel=SAME)
        assert row["standard_error"] == pytest.approx(fit.bse[theirs], rel=SAME)
        assert row["p_value"] == pytest.approx(fit.pvalues[theirs], rel=1e-8)
        assert row["ci_low"] == pytest.approx(interval.loc[theirs, 0], rel=SAME)
        assert row["ci_high"] == pytest.approx(interval.loc[theirs, 1], rel=SAME)


# Regression


def test_grunfeld_with_two_way_effects_matches_stata_and_fixest() -> None:
    data = grunfeld.load_pandas().data
    data = data[data["firm"] != "American Steel"]
    effects = ["firm", "year"]
    fit = ols(data, "invest", ["capital"], cluster="firm", fixed_effects=effects, errors="CR1")
    row = fit.coefficients.loc["capital"]
    assert row["estimate"] == pytest.approx(0.4138018, abs=PRINTED)
    assert row["standard_error"] == pytest.approx(0.06328129, abs=PRINTED)
    assert (fit.n, fit.n_clusters, fit.method) == (200, 10, "fixed_effects_ols")


def test_clustered_errors_equal_those_of_statsmodels() -> None:
    data = panel()
    options = {"cov_type": "cluster", "cov_kwds": {"groups": data["group"]}, "use_t": True}
    reference = smf.ols("y ~ x + z", data).fit(**options)
    fit = ols(data, "y", ["x", "z"], cluster="group", errors="CR1")
    names = {"x": "x", "z": "z", CONSTANT: "Intercept"}
    assert_same_as_statsmodels(fit.coefficients, reference, names)
    g = data["group"].nunique()
    reach = fit.of("x").ci_high - fit.of("x").estimate
    error = fit.coefficients.loc["x", "standard_error"]
    assert reach == pytest.approx(stats.t.ppf(0.975, g - 1) * error, rel=SAME)


def test_weighted_clustered_errors_equal_those_of_statsmodels() -> None:
    data = panel(2)
    options = {"cov_type": "cluster", "cov_kwds": {"groups": data["group"]}, "use_t": True}
    reference = smf.wls("y ~ x + z", data, weights=data["weight"]).fit(**options)
    fit = ols(data, "y", ["x", "z"], cluster="group", weights="weight", errors="CR1")
    names = {"x": "x", "z": "z", CONSTANT: "Intercept"}
    assert_same_as_statsmodels(fit.coefficients, reference, names)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_crossed_fixed_effects_equal_dummies_and_count(weights: str | None) -> None:
    """Effects that cross the clusters use up degrees of freedom, as dummies do."""
    data = panel(3)
    w = data[weights] if weights else np.ones(len(data))
    options = {"cov_type": "cluster", "cov_kwds": {"groups": data["group"]}, "use_t": True}
    reference = smf.wls("y ~ x + z + C(kind)", data, weights=w).fit(**options)
    chosen: dict[str, Any] = {"fixed_effects": ["kind"], "weights": weights, "errors": "CR1"}
    fit = ols(data, "y", ["x", "z"], cluster="group", **chosen)
    for name in ("x", "z"):
        row = fit.coefficients.loc[name]
        assert row["estimate"] == pytest.approx(reference.params[name], rel=DEMEANED)
        assert row["standard_error"] == pytest.approx(reference.bse[name], rel=DEMEANED)


def test_effects_nested_in_clusters_do_not_count_in_the_factor() -> None:
    """Dummies without correction, times G/(G-1) * (n-1)/(n-K), K = regressors + 1 constant."""
    data = panel(4).assign(region=lambda t: t["group"] // 2)
    options: dict[str, Any] = {"cov_type": "cluster", "use_t": True}
    kwds = {"groups": data["region"], "use_correction": False}
    reference = smf.ols("y ~ x + z + C(group)", data).fit(cov_kwds=kwds, **options)
    fit = ols(data, "y", ["x", "z"], cluster="region", fixed_effects=["group"], errors="CR1")
    n, g = len(data), data["region"].nunique()
    factor = g / (g - 1) * (n - 1) / (n - 3)
    expected = reference.bse["x"] * np.sqrt(factor)
    assert fit.coefficients.loc["x", "standard_error"] == pytest.approx(expected, rel=DEMEANED)
    assert fit.of("x").estimate == pytest.approx(reference.params["x"], rel=DEMEANED)


def test_two_way_effects_equal_linearmodels() -> None:
    data = panel(5)
    data["time"] = data.groupby("group").cumcount()
    indexed = data.drop(index=[0, 7, 30]).set_index(["group", "time"])
    model = PanelOLS(indexed["y"], indexed[["x", "z"]], entity_effects=True, time_effects=True)
    bare = model.fit(
        cov_type="clustered",
        cluster_entity=True,
        debiased=False,
        auto_df=False,
        count_effects=False,
    )
    chosen: dict[str, Any] = {"fixed_effects": ["group", "time"], "errors": "CR1"}
    fit = ols(indexed.reset_index(), "y", ["x", "z"], cluster="group", **chosen)
    n, g, times = len(indexed), 12, 9
    factor = g / (g - 1) * (n - 1) / (n - (2 + 1 + times - 1))
    for name in ("x", "z"):
        row = fit.coefficients.loc[name]
        assert row["estimate"] == pytest.approx(bare.params[name], rel=DEMEANED)
        error = bare.std_errors[name] * np.sqrt(factor)
        assert row["standard_error"] == pytest.approx(error, rel=DEMEANED)


def test_the_design_follows_what_is_held_constant() -> None:
    data = panel()
    assert ols(data, "y", ["x"], cluster="group").design == "cross_section"
    assert ols(data, "y", ["x", "z"], cluster="group").design == "cross_section_controls"
    fixed = ols(data, "y", ["x"], cluster="group", fixed_effects=["kind"])
    assert fixed.design == "cross_section_controls"


@pytest.mark.parametrize(("groups", "enough"), [(29, False), (30, True)])
def test_few_clusters_fail_the_check(groups: int, enough: bool) -> None:
    data = panel(groups=groups, size=3)
    result = ols(data, "y", ["x"], cluster="group", errors="CR1").of("x")
    assert result.checks == (Check("enough_clusters", enough, float(groups)),)


@pytest.mark.parametrize("column", ["y", "x", "group", "kind", "weight"])
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_missing_and_infinite_values_are_refused(column: str, broken: float) -> None:
    data = panel().astype(float)
    data.loc[3, column] = broken
    with pytest.raises(MethodError, match=column):
        ols(data, "y", ["x"], cluster="group", fixed_effects=["kind"], weights="weight")


def test_one_cluster_is_refused() -> None:
    with pytest.raises(MethodError, match="クラスター"):
        ols(panel().assign(group=1), "y", ["x"], cluster="group")


def test_as_many_coefficients_as_rows_are_refused() -> None:
    with pytest.raises(MethodError, match="行の数"):
        ols(panel().head(3), "y", ["x", "z"], cluster="group")


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_weights_that_are_not_positive_are_refused(weight: float) -> None:
    data = panel()
    data.loc[0, "weight"] = weight
    with pytest.raises(MethodError, match="重み"):
        ols(data, "y", ["x"], cluster="group", weights="weight")


COPIES: dict[str, Any] = {
    "the same column": lambda t: t["x"],
    "a sum": lambda t: 0.1 * t["x"] + 0.3,
    "a constant": lambda t: 0.1,
    "a sum on another scale": lambda t: 1e9 * t["x"] + 1e5,
}


@pytest.mark.parametrize("name", COPIES)
def test_collinear_regressors_are_refused(name: str) -> None:
    data = panel().assign(copy=COPIES[name])
    with pytest.raises(MethodError, match="重複"):
        ols(data, "y", ["x", "copy"], cluster="group")


@pytest.mark.parametrize("alone", [True, False])
def test_a_regressor_that_the_effects_absorb_is_refused(alone: bool) -> None:
    """Thirds leave a residue of rounding after demeaning; it must not pass for variation."""
    data = panel(size=7).assign(
        own=lambda t: t["group"] / 3 + 0.1, two=lambda t: t["group"] / 7 + t["kind"] / 3
    )
    regressors = [] if alone else ["x"]
    with pytest.raises(MethodError, match="重複"):
        ols(data, "y", [*regressors, "own"], cluster="group", fixed_effects=["group"])
    with pytest.raises(MethodError, match="重複"):
        ols(data, "y", [*regressors, "two"], cluster="group", fixed_effects=["group", "kind"])


def test_regressors_on_very_different_scales_are_no_copies() -> None:
    data = panel()
    plain = ols(data, "y", ["x", "z"], cluster="group")
    yen = ols(data.assign(z=data["z"] * 1e10), "y", ["x", "z"], cluster="group")
    assert yen.of("x").estimate == pytest.approx(plain.of("x").estimate, rel=1e-6)
    assert yen.of("z").scaled(1e10).ci_low == pytest.approx(plain.of("z").ci_low, rel=1e-6)


# Estimate


def test_a_negative_factor_keeps_the_interval_in_order() -> None:
    result = Estimate(2.0, 1.0, 4.0, 0.03, 9, 3, "ols", "cross_section", (Check("a", True),))
    turned = result.scaled(-10)
    assert (turned.estimate, turned.ci_low, turned.ci_high) == (-20.0, -40.0, -10.0)
    assert (turned.p_value, turned.n, turned.checks) == (0.03, 9, result.checks)
    assert turned.scaled(-0.1) == result


def test_an_estimate_is_frozen() -> None:
    result = Estimate(2.0, 1.0, 4.0, None, 9, 3, "ols", "cross_section")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 3.0  # type: ignore[misc]


# Means and shares


def test_a_mean_without_clusters_has_the_textbook_interval() -> None:
    values = pd.Series(np.random.default_rng(6).normal(3, 2, 25))
    result = mean(values, pd.Series(range(25)))
    low, high = stats.t.interval(0.95, 24, loc=values.mean(), scale=stats.sem(values))
    assert result.estimate == pytest.approx(values.mean(), rel=SAME)
    assert (result.ci_low, result.ci_high) == pytest.approx((low, high), rel=SAME)
    assert result.p_value == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-8)
    assert (result.method, result.design, result.n_clusters) == (
        "clustered_mean",
        "description",
        25,
    )


def test_a_weighted_mean_by_hand() -> None:
    """Values 1, 2, 6 with weights 3, 2, 1: mean 13/6; every row its own cluster."""
    result = mean(pd.Series([1, 2, 6]), pd.Series(list("abc")), pd.Series([3, 2, 1]))
    assert result.estimate == pytest.approx(13 / 6, rel=SAME)
    residuals = np.array([1, 2, 6]) - 13 / 6
    share = np.array([3, 2, 1]) / 6
    # CR2: (I-H)(I-H)' = I - h1' - 1h' + h'h 11' for the hat matrix 1h' of a weighted mean.
    apart = np.eye(3) - np.add.outer(share, share) + (share**2).sum()
    adjusted = share / np.sqrt(np.diag(apart))
    error = np.sqrt(((adjusted * residuals) ** 2).sum())
    products = np.outer(adjusted, adjusted) * apart
    degrees = np.trace(products) ** 2 / (products**2).sum()
    assert result.ci_high == pytest.approx(13 / 6 + stats.t.ppf(0.975, degrees) * error, rel=SAME)
    assert result.method == "clustered_weighted_mean"


def test_clusters_widen_the_interval_of_repeated_rows() -> None:
    once = pd.Series(np.random.default_rng(7).normal(size=20))
    twice = pd.concat([once] * 3, ignore_index=True)
    apart = mean(twice, pd.Series(range(60)))
    together = mean(twice, pd.Series(list(range(20)) * 3))
    single = mean(once, pd.Series(range(20)))
    width = [r.ci_high - r.ci_low for r in (apart, together, single)]
    assert width[0] < 0.7 * width[1]
    assert width[1] == pytest.approx(width[2], rel=SAME)  # (n-1)/(n-1) = 1: repeats tell nothing


def test_a_mean_of_nothing_but_zeros_is_certain_and_not_undefined() -> None:
    result = mean(pd.Series([0.0] * 6), pd.Series([1, 1, 2, 2, 3, 3]))
    assert (result.estimate, result.ci_low, result.ci_high, result.p_value) == (0, 0, 0, 1)


def test_a_share_has_the_logit_interval_by_hand() -> None:
    """7 of 20, each row its own cluster: se² = G/(G-1) * p(1-p)/n, logit ± t·se/(p(1-p))."""
    result = share(pd.Series([True] * 7 + [False] * 13), pd.Series(range(20)))
    p, error = 0.35, np.sqrt(0.35 * 0.65 / 19)
    reach = stats.t.ppf(0.975, 19) * error / (p * (1 - p))
    expected = special.expit(np.log(p / (1 - p)) + np.array([-reach, reach]))
    assert result.estimate == pytest.approx(p, rel=SAME)
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected), rel=SAME)
    assert result.p_value is None
    mirrored = share(pd.Series([False] * 7 + [True] * 13), pd.Series(range(20)))
    assert mirrored.ci_low == pytest.approx(1 - result.ci_high, rel=SAME)


def test_the_wilson_interval_that_is_relied_on_is_wilsons() -> None:
    low, high = proportion_confint(15, 50, method="wilson")
    assert (low, high) == pytest.approx((0.1910355, 0.4375035), abs=PRINTED)


@pytest.mark.parametrize("seed", [None, *range(12)])
@pytest.mark.parametrize("value", [True, False])
def test_where_all_are_equal_wilson_of_the_clusters_is_given(value: bool, seed: int | None) -> None:
    """Wilson for g of g is g/(g+z²) to 1, also where weights leave a residue of rounding."""
    g, clusters = 7, pd.Series([i % 7 for i in range(40)])
    uniform = np.random.default_rng(seed).uniform(0.1, 3, 40)
    weights = None if seed is None else pd.Series(uniform)
    result = share(pd.Series([value] * 40), clusters, weights)
    inner = g / (g + Z**2)
    expected = (1, inner, 1) if value else (0, 0, 1 - inner)
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx(expected, abs=1e-12)
    assert result.estimate == float(value)


@pytest.mark.parametrize("function", [mean, share, median])
def test_one_cluster_or_a_missing_cluster_has_no_interval(function: Any) -> None:
    values = pd.Series([1.0, 0.0, 1.0])
    with pytest.raises(MethodError):
        function(values, pd.Series(["a", "a", "a"]))
    with pytest.raises(MethodError):
        function(values, pd.Series(["a", None, "b"]))
    with pytest.raises(MethodError):
        function(pd.Series([1.0, None, 1.0]), pd.Series(["a", "b", "c"]))


# Median


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([3, 1, 2], None, 2),
        ([4, 1, 3, 2], None, 2.5),
        ([5, 5, 5, 1], None, 5),
        ([1, 2, 3], [1, 1, 5], 3),
        ([1, 2, 3], [1, 1, 2], 2.5),  # half of the weight lies on either side
        ([3, 1, 2], [2, 1, 1], 2.5),
        ([1, 2, 10], [0.2, 0.2, 0.2], 2),
        ([1, 2, 10], [0, 1, 0], 2),
    ],
)
def test_small_medians_are_exact(values: list[int], weights: Any, expected: float) -> None:
    weight = None if weights is None else pd.Series(weights, dtype=float)
    result = median(pd.Series(values), pd.Series(range(len(values))), weight)
    assert result.estimate == expected
    assert result.ci_low <= result.estimate <= result.ci_high
    assert min(values) <= result.ci_low and result.ci_high <= max(values)


def test_a_weighted_median_is_that_of_repeated_rows() -> None:
    random = np.random.default_rng(9)
    values, times = pd.Series(random.normal(size=31)), pd.Series(random.integers(1, 6, 31))
    result = median(values, pd.Series(range(31)), times.astype(float))
    assert result.estimate == np.median(values.repeat(times))


def test_the_interval_of_the_median_covers_the_true_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 samples of 30 clusters of 6 with a shared part; 95 % nominal."""
    monkeypatch.setattr(means, "DRAWS", 399)
    random = np.random.default_rng(10)
    clusters = pd.Series(np.repeat(np.arange(30), 6))
    covered = naive = 0
    for _ in range(200):
        values = pd.Series(random.normal(size=30)[clusters] + 0.5 * random.normal(size=180))
        result = median(values, clusters)
        covered += result.ci_low <= 0 <= result.ci_high
        alone = stats.bootstrap((values,), np.median, n_resamples=99, rng=random, method="basic")
        naive += alone.confidence_interval.low <= 0 <= alone.confidence_interval.high
    assert COVERAGE_OF_200[0] <= covered / 200 <= COVERAGE_OF_200[1]
    assert naive / 200 < COVERAGE_OF_200[0]  # the simulation can tell the two apart


# Signed ranks


def tied_differences(seed: int, n: int = 60, shift: float = 0.3) -> pd.Series:
    return pd.Series(np.round(np.random.default_rng(seed).normal(shift, 1.5, n)))


@pytest.mark.parametrize("seed", range(6))
def test_single_clusters_agree_with_scipys_pratt_test(seed: int) -> None:
    d = tied_differences(seed)
    assert (d == 0).sum() > 5
    reference = stats.wilcoxon(d, zero_method="pratt", method="asymptotic")
    result = signed_rank_test(d, pd.Series(range(len(d))))
    assert result.p_value == pytest.approx(reference.pvalue, abs=DRAWN)
    assert (result.n, result.n_zero, result.n_clusters) == (60, (d == 0).sum(), 60)


def test_a_small_signed_rank_test_by_hand() -> None:
    """0, 0, -3, 1, 2: ranks 1.5, 1.5, 5, 3, 4, so the sum is 2 of 15."""
    result = signed_rank_test(pd.Series([0, 0, -3, 1, 2]), pd.Series(range(5)))
    assert result.rank_biserial == pytest.approx(2 / 15)
    # 6 of the 8 sign patterns of 5, 3, 4 (sums ±12, ±2, ±6, ±4) are at least 2 from 0: all are.
    assert result.p_value == 1
    three = signed_rank_test(pd.Series([1, 2, 3]), pd.Series(range(3)))
    assert three.p_value == pytest.approx(2 / 8, abs=DRAWN)
    assert three.rank_biserial == 1


def test_the_signed_rank_test_is_reproducible_and_symmetric() -> None:
    d, clusters = tied_differences(3), pd.Series([i % 11 for i in range(60)])
    result = signed_rank_test(d, clusters)
    assert result == signed_rank_test(d, clusters)
    turned = signed_rank_test(-d, clusters)
    assert turned.p_value == result.p_value
    assert turned.rank_biserial == -result.rank_biserial


def test_no_difference_at_all_is_no_evidence() -> None:
    result = signed_rank_test(pd.Series([0.0] * 8), pd.Series(range(8)))
    assert (result.p_value, result.rank_biserial, result.n_zero) == (1.0, 0.0, 8)


def test_clusters_keep_false_positives_near_five_percent() -> None:
    """200 samples without any effect, 25 clusters of 8 that share most of their difference."""
    random = np.random.default_rng(11)
    clusters = pd.Series(np.repeat(np.arange(25), 8))
    own = pooled = 0
    for _ in range(200):
        d = pd.Series(random.normal(size=25)[clusters] + 0.5 * random.normal(size=200))
        own += signed_rank_test(d, clusters).p_value < 0.05
        pooled += stats.wilcoxon(d, zero_method="pratt", method="asymptotic").pvalue < 0.05
    assert 0.01 <= own / 200 <= FALSE_POSITIVES_OF_200
    assert pooled / 200 > 0.3


@pytest.mark.parametrize("missing", ["difference", "cluster"])
def test_a_missing_pair_is_refused_by_the_rank_test(missing: str) -> None:
    data = pd.DataFrame({"difference": [1.0, 2.0, -1.0], "cluster": [1.0, 2.0, 3.0]})
    data.loc[1, missing] = None
    with pytest.raises(MethodError):
        signed_rank_test(data["difference"], data["cluster"])


# Pairs


@pytest.mark.parametrize("weighted", [False, True])
def test_the_shares_of_a_paired_comparison_add_up(weighted: bool) -> None:
    random = np.random.default_rng(12)
    first, second = (pd.Series(random.integers(1, 4, 50)) for _ in range(2))
    clusters = pd.Series(random.integers(0, 9, 50))
    weights = pd.Series(random.uniform(1, 5, 50)) if weighted else None
    w = np.ones(50) if weights is None else weights.to_numpy()
    result = paired_comparison(first, second, clusters, weights)
    parts = [result.shorter, result.equal, result.longer]
    assert sum(part.estimate for part in parts) == pytest.approx(1, abs=1e-12)
    assert all(0 <= part.ci_low <= part.estimate <= part.ci_high <= 1 for part in parts)
    assert result.shorter.estimate == pytest.approx(np.average(first < second, weights=w))
    assert result.longer.estimate == pytest.approx(np.average(first > second, weights=w))
    assert result.mean_difference.estimate == pytest.approx(np.average(first - second, weights=w))
    estimates = [*parts, result.mean_difference, result.median_difference]
    assert {estimate.design for estimate in estimates} == {"paired_comparison"}


def test_equal_pairs_are_compared_without_a_warning() -> None:
    same = pd.Series([5.0] * 9)
    result = paired_comparison(same, same, pd.Series([1, 2, 3] * 3))
    assert (result.shorter.estimate, result.equal.estimate, result.longer.estimate) == (0, 1, 0)
    assert result.mean_difference.p_value == 1


def test_a_pair_with_a_missing_side_is_refused() -> None:
    complete, broken = pd.Series([1.0, 2.0, 3.0]), pd.Series([1.0, None, 3.0])
    for first, second in itertools.permutations([complete, broken]):
        with pytest.raises(MethodError):
            paired_comparison(first, second, pd.Series([1, 2, 3]))


GROUPED = pd.DataFrame(
    {
        "ministry": list("aaaaa") + list("bbb") + list("ccc") + list("d"),
        "days": [-1, -2, 0, 0, 4, 1, 1, 0, -3, -3, -3, 9],
        "law": [1, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9],
    }
)


def test_groups_are_compared_apart() -> None:
    table = compare_by_group(GROUPED, "ministry", "days", "law", min_n=3)
    assert list(table["ministry"]) == ["a", "b", "c"]  # by n, then name; d is too small
    assert list(table["n"]) == [5, 3, 3]
    assert list(table["n_clusters"]) == [4, 1, 3]
    assert np.allclose(table[["shorter", "equal", "longer"]].sum(axis=1), 1)
    assert list(table["shorter"]) == [0.4, 0.0, 1.0]
    assert list(table["mean_difference"]) == pytest.approx([0.2, 2 / 3, -3])
    assert table.loc[1, ["shorter_low", "shorter_high"]].isna().all()  # a single cluster
    part = GROUPED[GROUPED["ministry"] == "a"]
    alone = share(part["days"] < 0, part["law"])
    assert tuple(table.loc[0, ["shorter_low", "shorter_high"]]) == (alone.ci_low, alone.ci_high)


def test_groups_that_are_all_too_small_give_an_empty_table() -> None:
    table = compare_by_group(GROUPED, "ministry", "days", "law", min_n=99)
    assert table.empty
    assert {"ministry", "n", "shorter", "mean_difference"} <= set(table.columns)


def test_groups_with_missing_differences_are_refused() -> None:
    with pytest.raises(MethodError, match="days"):
        broken = GROUPED.assign(days=GROUPED["days"].where(GROUPED["law"] != 4))
        compare_by_group(broken, "ministry", "days", "law", min_n=1)


# Correlation


def correlated(n: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(13)
    z = random.normal(size=n)
    x, y = z + random.normal(size=n), -0.8 * z + random.normal(size=n)
    frame = pd.DataFrame({"x": x, "y": y, "z": z, "v": random.normal(size=n)})
    return frame.assign(x=frame["x"].round(1), y=frame["y"].round(1))  # ties


def test_the_rank_correlation_is_scipys() -> None:
    data = correlated()
    result = correlation(data, "x", "y")
    assert result.estimate == pytest.approx(stats.spearmanr(data["x"], data["y"])[0], rel=SAME)
    assert (result.method, result.design, result.n) == ("spearman", "cross_section", 40)


def test_the_interval_is_that_of_bonett_and_wright() -> None:
    """tanh(atanh r ± 1.96 sqrt((1 + r²/2) / (n - 3)))."""
    result = correlation(correlated(), "x", "y")
    r = result.estimate
    reach = Z * np.sqrt((1 + r**2 / 2) / 37)
    expected = np.tanh(0.5 * np.log((1 + r) / (1 - r)) + np.array([-reach, reach]))
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected), rel=SAME)
    assert (result.p_value or 0) < 0.05
    assert result.ci_high < 0


def test_pearson_has_fishers_interval() -> None:
    data = correlated()
    result = correlation(data, "x", "y", rank=False)
    reference = stats.pearsonr(data["x"], data["y"])
    assert result.estimate == pytest.approx(reference.statistic, rel=SAME)
    interval = reference.confidence_interval(0.95)
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(interval), rel=SAME)


@pytest.mark.parametrize("rank", [True, False])
def test_a_partial_correlation_follows_from_the_pairs(rank: bool) -> None:
    """r12.3 = (r12 - r13 r23) / sqrt((1 - r13²)(1 - r23²))."""
    data = correlated()
    r12, r13, r23 = (correlation(data, a, b, rank=rank).estimate for a, b in ("xy", "xz", "yz"))
    expected = (r12 - r13 * r23) / np.sqrt((1 - r13**2) * (1 - r23**2))
    result = correlation(data, "x", "y", given=["z"], rank=rank)
    assert result.estimate == pytest.approx(expected, rel=1e-9)
    assert result.design == "cross_section_controls"
    variance = (1 + expected**2 / 2 if rank else 1) / (40 - 1 - 3)
    high = np.tanh(np.arctanh(expected) + Z * np.sqrt(variance))
    assert result.ci_high == pytest.approx(high, rel=1e-8)


def test_a_partial_correlation_with_two_controls_follows_from_the_inverse_matrix() -> None:
    data = correlated()
    inverse = np.linalg.inv(np.corrcoef(data[["x", "y", "z", "v"]].rank().T))
    expected = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    result = correlation(data, "x", "y", given=["z", "v"])
    assert result.estimate == pytest.approx(expected, rel=1e-9)
    assert result.method == "partial_spearman"


def test_correlations_that_do_not_exist_are_refused() -> None:
    data = correlated()
    for broken in (
        data.assign(x=7.0),
        data.assign(x=data["x"].where(data.index > 0)),
        data.head(3),
    ):
        with pytest.raises(MethodError):
            correlation(broken, "x", "y")
    data["twice"] = 2 * data["x"] + 1
    with pytest.raises(MethodError, match="x"):  # determined by what is held constant
        correlation(data, "x", "y", given=["twice"])
    with pytest.raises(MethodError):
        correlation(data.head(4), "x", "y", given=["z"])


# Composition


def rates(noise: float, seed: int = 14) -> tuple[pd.DataFrame, pd.Series]:
    """An unbalanced panel: units with high effects have mostly items with low rates."""
    random = np.random.default_rng(seed)
    unit_effect = pd.Series(random.normal(0, 10, 25), index=[f"u{i:02}" for i in range(25)])
    item_effect = np.linspace(-30, 30, 12)
    rows = [
        (unit, f"i{item}", 50 + effect + item_effect[item] + noise * random.normal())
        for unit, effect in unit_effect.items()
        for item in range(12)
        if random.random() < (0.8 if (effect > 0) == (item < 6) else 0.35)
    ]
    return pd.DataFrame(rows, columns=["unit", "item", "rate"]), unit_effect


def test_adjusted_rates_equal_dummy_variable_least_squares() -> None:
    frame, _ = rates(noise=4)
    adjusted = composition_adjusted(frame, "unit", "item", "rate")
    fit = smf.ols("rate ~ 0 + C(unit) + C(item)", frame).fit()
    reference = pd.Series({name: fit.params[f"C(unit)[{name}]"] for name in adjusted.index})
    gap = adjusted - reference
    assert gap.to_numpy() == pytest.approx(np.full(len(gap), gap.iloc[0]), abs=1e-9)
    assert adjusted.loc[frame["unit"]].mean() == pytest.approx(frame["rate"].mean(), rel=SAME)


def test_adjusted_rates_recover_the_truth_where_plain_means_do_not() -> None:
    frame, truth = rates(noise=0)
    adjusted = composition_adjusted(frame, "unit", "item", "rate")
    gap = adjusted - truth
    assert gap.to_numpy() == pytest.approx(np.full(len(gap), gap.iloc[0]), abs=1e-9)
    plain = frame.groupby("unit")["rate"].mean()
    assert (plain - truth).std() > 5


def test_adjusted_rates_do_not_depend_on_the_order_of_rows() -> None:
    frame, _ = rates(noise=4)
    shuffled = frame.sample(frac=1, random_state=1)
    a, b = (composition_adjusted(f, "unit", "item", "rate") for f in (frame, shuffled))
    assert list(a.index) == list(b.index) == sorted(frame["unit"].unique())
    assert a.to_numpy() == pytest.approx(b.to_numpy(), abs=1e-9)


def test_units_that_share_no_item_cannot_be_compared() -> None:
    apart = pd.DataFrame(
        {"unit": list("aabbccdd"), "item": list("xyxyzwzw"), "rate": [1.0, 2, 3, 4, 5, 6, 7, 8]}
    )
    with pytest.raises(MethodError, match="つながり"):
        composition_adjusted(apart, "unit", "item", "rate")
    bridge = pd.DataFrame({"unit": ["a"], "item": ["z"], "rate": [9.0]})
    linked = composition_adjusted(pd.concat([apart, bridge]), "unit", "item", "rate")
    assert len(linked) == 4


@pytest.mark.parametrize("column", ["unit", "item", "rate"])
def test_missing_rates_are_refused(column: str) -> None:
    frame, _ = rates(noise=4)
    frame.loc[5, column] = None
    with pytest.raises(MethodError, match=column):
        composition_adjusted(frame, "unit", "item", "rate")


# Specification curve


def curve_options() -> dict[str, Any]:
    return {
        "outcomes": ["y", "y2"],
        "exposures": ["x", "x2"],
        "controls": {"none": (), "z": ("z",)},
        "fixed_effects": {"none": (), "kind": ("kind",)},
        "samples": {"all": None, "some": "chosen"},
        "cluster": "group",
        "scales": {"x": 10.0, "x2": -1.0},
    }


def curve_data() -> pd.DataFrame:
    data = panel(15)
    random = np.random.default_rng(16)
    data = data.assign(
        y2=data["y"] + random.normal(size=len(data)),
        x2=data["x"] + random.normal(size=len(data)),
        chosen=random.random(len(data)) < 0.7,
    )
    data.loc[[2, 5], "z"] = None
    data.loc[[5, 9, 11], "x2"] = None
    return data


def pick(frame: pd.DataFrame, **choices: str) -> pd.Series:
    found = frame[(frame[list(choices)] == pd.Series(choices)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_a_curve_has_every_combination_once_and_in_order() -> None:
    frame = specification_curve(curve_data(), **curve_options()).frame
    choices = ["outcome", "exposure", "controls", "fixed_effects", "sample"]
    assert len(frame) == 2**5
    assert not frame.duplicated(choices).any()
    assert frame["estimate"].is_monotonic_increasing
    assert (frame["ci_low"] <= frame["ci_high"]).all()


def test_a_row_of_the_curve_is_a_direct_fit_in_its_step() -> None:
    data = curve_data()
    frame = specification_curve(data, **curve_options()).frame
    row = pick(frame, outcome="y2", exposure="x", controls="z", fixed_effects="kind", sample="some")
    used = data[data["chosen"]].dropna(subset=["z"])
    fit = ols(used, "y2", ["x", "z"], cluster="group", fixed_effects=["kind"])
    direct = fit.of("x").scaled(10)
    names = ["estimate", "ci_low", "ci_high", "p_value", "n"]
    assert [row[name] for name in names] == [getattr(direct, name) for name in names]


def test_a_negative_step_turns_the_estimate() -> None:
    data = curve_data()
    frame = specification_curve(data, **curve_options()).frame
    row = pick(
        frame, outcome="y", exposure="x2", controls="none", fixed_effects="none", sample="all"
    )
    clean = data.dropna(subset=["x2"])
    reference = sm.OLS(clean["y"], sm.add_constant(clean["x2"])).fit()
    assert row["estimate"] == pytest.approx(-reference.params["x2"], rel=SAME)


def test_rows_that_are_left_out_are_counted() -> None:
    data = curve_data()
    frame = specification_curve(data, **curve_options()).frame
    common = {"outcome": "y", "fixed_effects": "none", "sample": "all"}
    dropped = {
        (exposure, control): len(data)
        - pick(frame, exposure=exposure, controls=control, **common)["n"]
        for exposure in ("x", "x2")
        for control in ("none", "z")
    }
    assert dropped == {("x", "none"): 0, ("x", "z"): 2, ("x2", "none"): 3, ("x2", "z"): 4}


def test_the_shares_of_a_curve_are_counted_from_its_rows() -> None:
    curve = specification_curve(curve_data(), **curve_options())
    signs = [(row.ci_low, row.estimate, row.ci_high) for row in curve.frame.itertuples()]
    assert curve.share_negative == sum(e < 0 for _, e, _ in signs) / 32
    assert curve.share_significant == sum(low > 0 or high < 0 for low, _, high in signs) / 32
    assert 0 < curve.share_negative < 1


def test_correlation_with_singleton_clusters_is_close_to_the_plain_interval() -> None:
    random = np.random.default_rng(11)
    x = random.normal(size=400)
    frame = pd.DataFrame({"x": x, "y": x + random.normal(size=400), "id": range(400)})
    plain, clustered = correlation(frame, "x", "y"), correlation(frame, "x", "y", cluster="id")
    assert clustered.estimate == plain.estimate and clustered.n_clusters == 400
    # Two formulas for the same error: by the values of these 400 rows, and of all normal rows.
    width = (clustered.ci_high - clustered.ci_low) / (plain.ci_high - plain.ci_low)
    assert width == pytest.approx(1, abs=0.12)


def test_correlation_of_whole_clusters_alike_has_a_wider_interval() -> None:
    random = np.random.default_rng(12)
    groups = np.repeat(np.arange(40), 25)
    frame = pd.DataFrame(
        {"x": random.normal(size=40)[groups], "y": random.normal(size=40)[groups], "g": groups}
    )
    frame += random.normal(scale=1e-3, size=frame.shape) * [1, 1, 0]
    plain, clustered = correlation(frame, "x", "y"), correlation(frame, "x", "y", cluster="g")
    assert clustered.ci_high - clustered.ci_low > 3 * (plain.ci_high - plain.ci_low)
    assert clustered.checks[0].name == "enough_clusters" and clustered.checks[0].passed


def test_correlation_of_one_cluster_is_refused() -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 1, 4, 3, 5], "g": 0})
    with pytest.raises(MethodError, match="クラスター"):
        correlation(frame, "x", "y", cluster="g")


def test_a_difference_of_logarithms_becomes_per_cent() -> None:
    halved = Estimate(np.log(0.5), np.log(0.4), np.log(0.8), 0.01, 10, None, "ols", "cross_section")
    percent = halved.percent_of_log()
    assert (percent.estimate, percent.ci_low, percent.ci_high) == pytest.approx((-50, -60, -20))


def test_weights_on_few_clusters_fail_the_check_of_effective_clusters() -> None:
    clusters = pd.Series(np.repeat(np.arange(100), 2))
    values = pd.Series(np.tile([0.0, 1.0], 100))
    even = mean(values, clusters, pd.Series(np.ones(200)))
    heavy = mean(values, clusters, pd.Series(np.where(clusters == 0, 1e6, 1.0)))
    assert even.checks[0].passed and even.checks[0].value == pytest.approx(100)
    assert heavy.checks[0].passed is False and heavy.checks[0].value == pytest.approx(1, abs=0.01)
