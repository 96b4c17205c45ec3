"""Kaplan–Meier and its kin: against statsmodels, and a published example."""

import time

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from ebpm.methods import survival

# Freireich et al. (1963), remission in weeks under 6-MP, as in Cox & Oakes (1984), table 1.1: the
# median is 23 weeks.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    length, stop = random.exponential(10, n).round(1), random.exponential(15, n).round(1)
    return np.minimum(length, stop), length <= stop


def test_the_published_median_of_remission() -> None:
    found = survival.median(survival.kaplan_meier(WEEKS, RELAPSED))
    assert found is not None
    assert (found.estimate, found.ci_low) == (23, 13)
    assert found.ci_high == 35  # not reached: the last week observed


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_statsmodels(seed: int) -> None:
    durations, ended = drawn(seed, 400)
    ours, theirs = survival.kaplan_meier(durations, ended), SurvfuncRight(durations, ended)
    kept = np.isin(theirs.surv_times, ours.times)
    np.testing.assert_allclose(ours.survival, theirs.surv_prob[kept], atol=1e-12)
    # After the last of all there is nothing to be uncertain of; statsmodels divides by zero there.
    left = ours.survival > 0
    errors = np.sqrt(ours.variance)[left]
    np.testing.assert_allclose(errors, theirs.surv_prob_se[kept][left], atol=1e-12)
    assert ours.quantile(0.5) == theirs.quantile(0.5)
    found = survival.median(ours)
    assert found is not None
    low, high = theirs.quantile_ci(0.5, method="cloglog")
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high))


def test_the_log_rank_test_is_that_of_statsmodels() -> None:
    for seed in range(5):
        durations, ended = drawn(seed, 300)
        for groups in (2, 4):
            group = np.arange(300) % groups
            _, p = survdiff(durations, ended, group)
            assert survival.log_rank(durations, ended, group) == pytest.approx(float(p), rel=1e-9)


def test_the_stratified_log_rank_test_is_that_of_statsmodels() -> None:
    for seed in range(3):
        durations, ended = drawn(seed, 300)
        group, strata = np.arange(300) % 3, (np.arange(300) * 7 // 5) % 4
        durations = durations + strata
        _, p = survdiff(durations, ended, group, strata=strata)
        assert survival.log_rank(durations, ended, group, strata) == pytest.approx(float(p))


def test_the_restricted_means_of_remission_are_those_of_r() -> None:
    """print(survfit(Surv(time, cens) ~ treat, MASS::gehan), rmean = 35)."""
    drug = survival.restricted_mean(survival.kaplan_meier(WEEKS, RELAPSED), 35)
    placebo = survival.restricted_mean(survival.kaplan_meier(PLACEBO, [1] * 21), 35)
    assert (drug.estimate, drug.standard_error) == pytest.approx((23.29, 2.83), abs=0.005)
    assert (placebo.estimate, placebo.standard_error) == pytest.approx((8.67, 1.38), abs=0.005)


def test_the_log_rank_test_of_remission() -> None:
    weeks, relapsed = [*WEEKS, *PLACEBO], [*RELAPSED, *[1] * 21]
    p = survival.log_rank(weeks, relapsed, [0] * 21 + [1] * 21)
    assert p == pytest.approx(4.17e-5, rel=0.01)  # χ² = 16.79, Cox & Oakes (1984)


def test_without_censoring_the_restricted_mean_is_the_mean_of_cut_times() -> None:
    random = np.random.default_rng(3)
    times = random.exponential(5, 500)
    found = survival.restricted_mean(survival.kaplan_meier(times, np.ones(500)), 8.0)
    cut = np.minimum(times, 8.0)
    assert found.estimate == pytest.approx(cut.mean())
    assert found.standard_error == pytest.approx(cut.std() / np.sqrt(500), rel=0.01)


def test_intervals_of_restricted_means_hold_the_truth_in_95_of_100() -> None:
    truth = 10 * (1 - np.exp(-1.2))
    held = []
    for seed in range(300):
        curve = survival.kaplan_meier(*drawn(seed, 150))
        found = survival.restricted_mean(curve, 12.0)
        held.append(found.ci_low <= truth <= found.ci_high)
    assert 0.91 <= np.mean(held) <= 0.98


def test_a_difference_is_that_of_the_two_means() -> None:
    one, other = (survival.kaplan_meier(*drawn(seed, 200)) for seed in (1, 2))
    found = survival.restricted_mean_difference(one, other, 10.0)
    parts = [survival.restricted_mean(curve, 10.0) for curve in (one, other)]
    assert found.estimate == pytest.approx(parts[0].estimate - parts[1].estimate)
    assert found.design == "cross_section" and found.n == 400


def test_intervals_of_a_difference_of_medians_hold_the_truth_in_95_of_100() -> None:
    truth = (20 - 10) * np.log(2)
    held = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        length, stop = random.exponential([[20], [10]], (2, 120)), random.exponential(60, (2, 120))
        curves = [
            survival.kaplan_meier(np.minimum(a, b), a <= b)
            for a, b in zip(length, stop, strict=True)
        ]
        found = survival.median_difference(curves[0], curves[1])
        assert found is not None
        held.append(found.ci_low <= truth <= found.ci_high)
    assert 0.92 <= np.mean(held) <= 0.985


def test_no_difference_of_medians_where_the_data_do_not_reach_the_limit() -> None:
    drug, placebo = (
        survival.kaplan_meier(WEEKS, RELAPSED),
        survival.kaplan_meier(PLACEBO, [1] * 21),
    )
    assert survival.median(drug) is not None
    assert survival.median_difference(drug, placebo) is None


def test_a_hundred_thousand_rows_take_a_fraction_of_a_second() -> None:
    durations, ended = drawn(1, 100_000)
    group = np.arange(100_000) % 4
    begun = time.process_time()
    curve = survival.kaplan_meier(durations + group * 1e-3, ended)
    survival.median(curve)
    survival.log_rank(durations, ended, group, group // 2)
    assert time.process_time() - begun < 1.0


def test_a_median_that_was_not_reached_is_none() -> None:
    curve = survival.kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0])
    assert survival.median(curve) is None and curve.at(2.5) == 0.75 and curve.at(0.5) == 1.0


@pytest.mark.parametrize("durations", [[], [-1.0, 2.0], [float("nan"), 1.0]])
def test_what_is_no_duration_is_refused(durations: list[float]) -> None:
    with pytest.raises(ValueError, match="期間"):
        survival.kaplan_meier(durations, [True] * len(durations))
