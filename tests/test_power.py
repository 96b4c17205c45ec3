"""Power and minimum detectable effects against statsmodels, R, formulas and drawn data."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from ebpm.methods.names import METHODS
from ebpm.methods.power import (
    Clusters,
    change_deviation,
    difference_in_differences,
    minimum_detectable_effect,
    power_of,
    power_of_proportions,
    rows_per_group_of_means,
    rows_per_group_of_proportions,
    two_means,
    two_proportions,
)
from ebpm.methods.requirements import MethodError

SAME = 1e-10  # the same algebra in another order of operations
SOLVED = 1e-8  # two root finders, each stopping at its own tolerance
PRINTED = 5e-6  # the sample size 63.76561 is printed with seven digits
R_SOLVED = 1e-7  # R's power.t.test and power.prop.test find roots to 1e-12 or 1.2e-4 of an interval
INTEGRATED = 1e-8  # 200 nodes over a smooth density
DRAWS = 2_000
# A share of 0.8 in 2,000 seeded draws: four standard errors of 0.0089.
FOUND = (0.764, 0.836)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
Z = stats.norm.ppf


# Two means


def test_half_a_standard_deviation_needs_64_in_each_group() -> None:
    """63.76561: Cohen (1988), table 2.4.1 gives 64; R and statsmodels give the decimals."""
    assert rows_per_group_of_means(0.5, 1.0) == pytest.approx(63.76561, abs=PRINTED)


@pytest.mark.parametrize(("n", "ratio"), [(5, 1.0), (20, 1.0), (20, 3.0), (300, 0.5)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_two_means_equal_statsmodels(n: int, ratio: float, alpha: float) -> None:
    plan = two_means(3.0, n, n * ratio, alpha=alpha)
    reference = TTestIndPower()
    effect = plan.minimum_detectable_effect / 3.0
    found = reference.power(effect, nobs1=n, alpha=alpha, ratio=ratio)
    assert found == pytest.approx(0.8, abs=SOLVED)
    theirs = reference.power(0.3, nobs1=n, alpha=alpha, ratio=ratio)
    ours = power_of(0.9, plan.standard_error, plan.degrees, alpha=alpha)
    assert ours == pytest.approx(theirs, abs=SOLVED)


@pytest.mark.parametrize("effect", [0.1, 0.5, 1.5])
def test_sample_sizes_of_means_equal_statsmodels(effect: float) -> None:
    theirs = TTestIndPower().solve_power(effect, power=0.9, alpha=0.05)
    assert rows_per_group_of_means(effect, 1.0, power=0.9) == pytest.approx(theirs, rel=SOLVED)


def test_two_means_equal_r() -> None:
    """R 4.2.2: power.t.test(n = 20, delta = 1, strict = TRUE) and (n = 12, sd = 3, power = .8)."""
    error = math.sqrt(2 / 20)
    assert power_of(1.0, error, 38) == pytest.approx(0.868953027725, abs=R_SOLVED)
    plan = two_means(3.0, 12, 12)
    assert plan.minimum_detectable_effect == pytest.approx(3.59043574126, abs=R_SOLVED)
    assert plan.standard_error == pytest.approx(3 * math.sqrt(2 / 12), rel=SAME)
    assert (plan.power, plan.alpha, plan.degrees, plan.design_effect) == (0.8, 0.05, 22, 1.0)


# Two shares


def test_two_shares_equal_r() -> None:
    """R 4.2.2: power.prop.test(n = 50, p1 = .5, p2 = .75), (power = .9), (n = 200, p1 = .3)."""
    found = power_of_proportions(0.5, 0.75, 50, 50)
    assert found == pytest.approx(0.740167193454, abs=R_SOLVED)
    needed = rows_per_group_of_proportions(0.5, 0.75, power=0.9)
    assert needed == pytest.approx(76.7069161158, abs=R_SOLVED)
    plan = two_proportions(0.3, 200, 200)
    assert 0.3 + plan.minimum_detectable_effect == pytest.approx(0.434660313969, abs=R_SOLVED)
    assert plan.degrees is None


def test_a_share_that_falls_is_the_mirror_of_one_that_rises() -> None:
    effect = two_proportions(0.7, 150, 250).minimum_detectable_effect
    assert power_of_proportions(0.3, 0.3 - effect, 150, 250) == pytest.approx(0.8, abs=SOLVED)


def test_shares_at_the_detectable_difference_have_the_plans_error() -> None:
    clusters = Clusters(20, 0.05)
    plan = two_proportions(0.2, 400, 600, clusters=clusters)
    rate = 0.2 + plan.minimum_detectable_effect
    variance = 1.95 * (rate * (1 - rate) / 400 + 0.2 * 0.8 / 600)
    assert plan.standard_error == pytest.approx(math.sqrt(variance), rel=SAME)
    assert plan.degrees == 400 / 20 + 600 / 20 - 2
    found = power_of_proportions(0.2, rate, 400, 600, clusters=clusters)
    assert found == pytest.approx(0.8, abs=SOLVED)


def test_a_sample_size_of_shares_in_clusters_has_the_power_asked_for() -> None:
    clusters = Clusters(30, 0.04)
    n = rows_per_group_of_proportions(0.3, 0.4, clusters=clusters)
    found = power_of_proportions(0.3, 0.4, n, n, clusters=clusters)
    assert found == pytest.approx(0.8, abs=SOLVED)
    assert n > 2 * rows_per_group_of_proportions(0.3, 0.4)


# The minimum detectable effect of an estimate


def test_a_normal_estimate_finds_2_8_standard_errors() -> None:
    """Bloom (1995): the multiplier is z(.975) + z(.80), 2.80."""
    expected = Z(0.975) + Z(0.8)
    for degrees in (None, math.inf):
        assert minimum_detectable_effect(1.0, degrees) == pytest.approx(expected, rel=1e-5)
    assert minimum_detectable_effect(2.5, None) == pytest.approx(2.5 * expected, rel=1e-5)


@pytest.mark.parametrize("degrees", [1, 2, 3.7, 6, 24, 500, 1e6])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_the_chance_at_the_detectable_effect_is_the_power(degrees: float, power: float) -> None:
    """The chance by integration over the chi-square of the standard error, without a noncentral t."""
    effect = minimum_detectable_effect(1.0, degrees, power=power)
    own = stats.chi(degrees, scale=1 / math.sqrt(degrees))
    low, high = own.ppf(1e-12), own.isf(1e-12)
    spread = low + (high - low) * (NODES + 1) / 2
    limit = stats.t.ppf(0.975, degrees) * spread
    chance = stats.norm.sf(limit - effect) + stats.norm.cdf(-limit - effect)
    integral = (high - low) / 2 * WEIGHTS @ (chance * own.pdf(spread))
    assert integral == pytest.approx(power, abs=INTEGRATED)


@pytest.mark.parametrize("degrees", [1, 2, 5, 24, 1_000, 1e6, None])
def test_power_is_a_number_however_large_the_effect(degrees: float | None) -> None:
    found = [power_of(t, 1.0, degrees) for t in (0, 1e-6, 0.5, 3, 8, 20, 40, 100, 300)]
    assert found[0] == pytest.approx(0.05, abs=SAME)
    assert found[1] == pytest.approx(0.05, abs=1e-8)
    assert all(a <= b <= 1 for a, b in itertools.pairwise(found))


def test_the_sign_of_an_effect_makes_no_difference() -> None:
    assert power_of(-1.3, 0.6, 9) == power_of(1.3, 0.6, 9)


# Clusters


def test_the_design_effect_of_clusters() -> None:
    """Eldridge, Ashby and Kerry (2006), equation for unequal sizes; equal ones are Kish's."""
    assert Clusters(31, 0.1).design_effect == pytest.approx(4.0, rel=SAME)
    assert Clusters(31, 0.1, 0.5).design_effect == pytest.approx(1 + (1.25 * 31 - 1) * 0.1)
    assert Clusters(1, 0.3).design_effect == 1.0
    sizes = np.array([5, 10, 20, 45])
    block = np.repeat(np.arange(4), sizes)
    covariance = np.where(block[:, None] == block, 0.2, 0.0) + 0.8 * np.eye(len(block))
    clusters = Clusters(20, 0.2, float(sizes.std() / 20))
    assert clusters.design_effect == pytest.approx(covariance.sum() / len(block), rel=SAME)


def test_clusters_widen_the_error_and_take_degrees_of_freedom() -> None:
    plan = two_means(2.0, 600, 300, clusters=Clusters(60, 0.05))
    assert plan.degrees == 10 + 5 - 2
    expected = 2 * math.sqrt(3.95 * (1 / 600 + 1 / 300))
    assert plan.standard_error == pytest.approx(expected, rel=SAME)
    n = rows_per_group_of_means(0.2, 1.0, clusters=Clusters(60, 0.05))
    found = two_means(1.0, n, n, clusters=Clusters(60, 0.05))
    assert found.minimum_detectable_effect == pytest.approx(0.2, rel=SOLVED)


@pytest.mark.parametrize(
    ("size", "icc", "groups"), [(60, 0.05, 10), (30, 0.1, 15), (100, 0.03, 20), (20, 0.15, 12)]
)
def test_ignoring_clusters_halves_the_detectable_effect(size: int, icc: float, groups: int) -> None:
    """Municipalities with an intra-cluster correlation of 3–15 %: about half the true one."""
    n = size * groups
    true = two_means(1.0, n, n, clusters=Clusters(size, icc)).minimum_detectable_effect
    assert 0.42 < two_means(1.0, n, n).minimum_detectable_effect / true < 0.58


# Before and after


@pytest.mark.parametrize(
    ("before", "after", "correlation"), [(1, 1, 0.5), (2, 3, 0.6), (5, 1, -0.2)]
)
def test_the_spread_of_changes_is_that_of_the_covariances(
    before: int, after: int, correlation: float
) -> None:
    """McKenzie (2012), table 1, by the contrast of means: c'Σc with equal correlations."""
    periods = before + after
    covariance = np.full((periods, periods), correlation * 4.0)
    np.fill_diagonal(covariance, 4.0)
    contrast = np.r_[np.full(before, -1 / before), np.full(after, 1 / after)]
    found = change_deviation(2.0, correlation, before, after)
    assert found == pytest.approx(math.sqrt(contrast @ covariance @ contrast), rel=SAME)


def test_a_correlation_of_one_half_makes_changes_as_wide_as_levels() -> None:
    did = difference_in_differences(3.0, 20, 30, correlation=0.5)
    levels = two_means(3.0, 20, 30)
    assert did.minimum_detectable_effect == pytest.approx(levels.minimum_detectable_effect)
    closer = difference_in_differences(3.0, 20, 30, correlation=0.8, periods_before=3)
    assert closer.minimum_detectable_effect < did.minimum_detectable_effect
    assert did.method == "power_difference_in_differences" != levels.method


# Drawn data: what is said to be found in 80 % of cases is


def share_found(values: np.ndarray, other: np.ndarray) -> float:
    """Share of draws (rows) in which a two-sided t test at 5 % tells two groups apart."""
    return float((stats.ttest_ind(values, other, axis=1).pvalue < 0.05).mean())


def means_of_clusters(
    random: np.random.Generator, groups: int, size: int, icc: float
) -> np.ndarray:
    """Means of clusters of rows of standard deviation 1 (draws × clusters)."""
    common = math.sqrt(icc) * random.normal(size=(DRAWS, groups))
    return common + math.sqrt((1 - icc) / size) * random.normal(size=(DRAWS, groups))


def test_the_detectable_difference_of_clustered_means_is_found_in_four_of_five_draws() -> None:
    random = np.random.default_rng(11)
    groups, size, icc = 8, 40, 0.08
    n = groups * size
    plan = two_means(1.0, n, n, clusters=Clusters(size, icc))
    naive = two_means(1.0, n, n)
    treated, control = (means_of_clusters(random, groups, size, icc) for _ in range(2))
    assert FOUND[0] < share_found(treated + plan.minimum_detectable_effect, control) < FOUND[1]
    assert share_found(treated + naive.minimum_detectable_effect, control) < 0.45


def test_the_detectable_difference_in_changes_is_found_in_four_of_five_draws() -> None:
    random = np.random.default_rng(12)
    units, rho = 12, 0.7
    plan = difference_in_differences(
        1.0, units, units, correlation=rho, periods_before=2, periods_after=3
    )
    kept = math.sqrt(rho) * random.normal(size=(2, DRAWS, units, 1))
    values = kept + math.sqrt(1 - rho) * random.normal(size=(2, DRAWS, units, 5))
    values[0, :, :, 2:] += plan.minimum_detectable_effect
    treated, control = values[..., 2:].mean(axis=-1) - values[..., :2].mean(axis=-1)
    assert FOUND[0] < share_found(treated, control) < FOUND[1]


def test_the_detectable_difference_of_shares_is_found_in_four_of_five_draws() -> None:
    random = np.random.default_rng(13)
    n = 400
    effect = two_proportions(0.3, n, n).minimum_detectable_effect
    treated = random.binomial(n, 0.3 + effect, DRAWS) / n
    control = random.binomial(n, 0.3, DRAWS) / n
    pooled = (treated + control) / 2
    z = (treated - control) / np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert FOUND[0] < float((np.abs(z) > Z(0.975)).mean()) < FOUND[1]


def test_what_a_standard_error_detects_is_found_in_four_of_five_draws() -> None:
    random = np.random.default_rng(14)
    n = 15
    effect = minimum_detectable_effect(math.sqrt(2 / n), 2 * n - 2)
    treated, control = random.normal(effect, 1, (DRAWS, n)), random.normal(0, 1, (DRAWS, n))
    assert FOUND[0] < share_found(treated, control) < FOUND[1]


# Units, words, bad input


def test_the_detectable_effect_is_in_the_unit_of_the_outcome() -> None:
    days, hours = two_means(2.0, 30, 40), two_means(48.0, 30, 40)
    ratio = hours.minimum_detectable_effect / days.minimum_detectable_effect
    assert ratio == pytest.approx(24.0, rel=SAME)


def test_more_rows_or_a_laxer_test_detect_smaller_effects() -> None:
    effects = [two_means(1.0, n, n).minimum_detectable_effect for n in (10, 20, 80)]
    assert effects == sorted(effects, reverse=True)
    lax = two_means(1.0, 20, 20, alpha=0.1).minimum_detectable_effect
    assert lax < effects[1] < two_means(1.0, 20, 20, power=0.9).minimum_detectable_effect


def test_every_plan_is_named_and_frozen() -> None:
    plans = [
        two_means(1.0, 20, 20),
        two_proportions(0.3, 200, 200),
        difference_in_differences(1.0, 20, 20, correlation=0.5),
    ]
    assert {plan.method for plan in plans} <= METHODS.keys()
    assert "minimum_detectable_effect" in METHODS
    with pytest.raises(dataclasses.FrozenInstanceError):
        plans[0].power = 0.9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: minimum_detectable_effect(0.0, 10), "標準誤差"),
        (lambda: minimum_detectable_effect(float("nan"), 10), "標準誤差"),
        (lambda: minimum_detectable_effect(1.0, 0), "自由度"),
        (lambda: minimum_detectable_effect(1.0, 10, power=0.04), "検出力"),
        (lambda: minimum_detectable_effect(1.0, 10, alpha=0.0), "有意水準"),
        (lambda: power_of(1.0, 1.0, 10, alpha=1.0), "有意水準"),
        (lambda: power_of(1.0, -1.0, 10), "標準誤差"),
        (lambda: two_means(0.0, 10, 10), "標準偏差"),
        (lambda: two_means(1.0, 10, 30, clusters=Clusters(20, 0.1)), "まとまり"),
        (lambda: two_means(1.0, 20, 20, clusters=Clusters(20, 0.1)), "自由度"),
        (lambda: Clusters(0.5, 0.1), "級内相関"),
        (lambda: Clusters(10, 1.1), "級内相関"),
        (lambda: Clusters(10, 0.1, -1.0), "変動係数"),
        (lambda: change_deviation(1.0, 1.0), "相関"),
        (lambda: change_deviation(1.0, 0.5, 0, 1), "時点"),
        (lambda: two_proportions(1.0, 50, 50), "割合"),
        (lambda: two_proportions(0.9, 5, 5), "解がありません"),
        (lambda: power_of_proportions(0.5, 1.2, 50, 50), "割合"),
        (lambda: power_of_proportions(0.5, 0.6, 0, 50), "各群"),
        (lambda: rows_per_group_of_means(0.0, 1.0), "0 の差"),
        (lambda: rows_per_group_of_means(1e-9, 1.0), "解がありません"),
        (lambda: rows_per_group_of_proportions(0.4, 0.4), "0 の差"),
    ],
)
def test_plans_that_make_no_sense_are_refused(call: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        call()
