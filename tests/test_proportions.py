"""Shares against Wilson's and R's published values, statsmodels, SciPy and explicit integration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.datasets import grunfeld

from ebpm.methods.beta_binomial import BetaBinomial, beta_binomial
from ebpm.methods.proportions import clopper_pearson, fractional_logit, wilson
from ebpm.methods.requirements import MethodError
from support.explicit import explicit_cr2

PRINTED = 5e-8  # Wilson's limits are given with seven decimals
SAME = 1e-9  # the same algebra in another order of operations
NUMERICAL = 1e-5  # derivatives taken by differences
FITTED = 1e-6  # two programs that stop their search for the same maximum a little apart
VGAM_STOPS = 1e-5  # R's VGAM stops its search for rho earlier than that
# The rates rest on 31 values of rho, three of mu and a Beta; the reference integrates over all.
INTEGRATED = 0.006
BETA_ENDS = 0.03  # ends of a Beta of the same mean and variance, for bodies of four cases and more
# Seeded simulation: the share of 60 × 60 bodies within their intervals, which depend on each
# other through the common mean and spread; a right method stays within a few points of 95 %.
BODIES_COVERED = (0.93, 0.97)


# Single shares


def test_wilsons_interval_is_the_published_one() -> None:
    result = wilson(15, 50)
    assert result.estimate == 0.3 and result.p_value is None
    assert (result.ci_low, result.ci_high) == pytest.approx((0.1910355, 0.4375035), abs=PRINTED)
    assert (result.method, result.design, result.n) == ("wilson", "description", 50)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 20), (7, 7), (15, 50), (3, 1741)])
def test_single_shares_have_the_intervals_of_scipy(successes: int, n: int) -> None:
    reference = stats.binomtest(successes, n)
    for function, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        low, high = reference.proportion_ci(0.95, method=method)
        result = function(successes, n)
        assert (result.ci_low, result.ci_high) == pytest.approx((low, high), abs=SAME)
        assert result.estimate == successes / n


def test_the_exact_interval_is_the_rule_of_three_and_covers_the_other() -> None:
    """None of n: the upper limit is 1 - (α/2)^(1/n)."""
    assert clopper_pearson(0, 20).ci_high == pytest.approx(1 - 0.025 ** (1 / 20), rel=SAME)
    exact, score = clopper_pearson(15, 50), wilson(15, 50)
    assert exact.ci_low < score.ci_low < score.ci_high < exact.ci_high


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0), (1.5, 5)])
@pytest.mark.parametrize("function", [wilson, clopper_pearson])
def test_counts_that_are_none_are_refused(function: Any, successes: Any, n: int) -> None:
    with pytest.raises(MethodError, match="件数"):
        function(successes, n)


# Fractional logit


def firms() -> pd.DataFrame:
    data = grunfeld.load_pandas().data
    return data.assign(share=data["capital"] / (data["capital"] + data["value"]))


def test_the_average_marginal_difference_is_that_of_r() -> None:
    """R 4.2.2: glm(capital / (capital + value) ~ invest + year, quasibinomial, weights = value),
    the mean of the derivative by `invest` weighted by value, its delta-method error with sandwich
    3.0 vcovCL(HC0, cadjust = FALSE) times the factor of the convention.
    """
    options: dict[str, Any] = {"cluster": "firm", "weights": "value", "errors": "CR1"}
    result = fractional_logit(firms(), "share", ["invest", "year"], **options).of("invest")
    assert result.estimate == pytest.approx(-1.01201386433e-04, rel=FITTED)
    error = 5.36116669844e-05 * np.sqrt(11 / 10 * 219 / 217)
    assert result.standard_error == pytest.approx(error, rel=FITTED)
    assert (result.degrees, result.n_clusters, result.method) == (10, 11, "fractional_logit")


def test_few_clusters_get_cr2_by_explicit_matrices() -> None:
    """The last step of the fit is least squares of rows of equal variance, times √(w·mu(1-mu));
    the derivatives of the mean difference by the coefficients are taken by numbers here.
    """
    data = firms()
    x = np.column_stack([data["invest"], data["year"] - 1944, np.ones(len(data))])
    w = data["value"].to_numpy()
    y = data["share"].to_numpy()
    fit = sm.GLM(y, x, family=sm.families.Binomial(), var_weights=w / w.mean()).fit(tol=1e-14)

    def difference(beta: np.ndarray) -> float:
        mu = special.expit(x @ beta)
        return float(beta[0] * np.average(mu * (1 - mu), weights=w))

    sizes = 1e-5 / np.abs(x).max(axis=0)
    gradient = [
        (difference(fit.params + step) - difference(fit.params - step)) / (2 * step.sum())
        for step in np.diag(sizes)
    ]
    root = np.sqrt(w * fit.mu * (1 - fit.mu))
    step = x @ fit.params + (y - fit.mu) / (fit.mu * (1 - fit.mu))
    codes = pd.factorize(data["firm"])[0]
    variance, degrees = explicit_cr2(
        step * root, x * root[:, None], np.ones(len(data)), codes, np.array([gradient])
    )
    options: dict[str, Any] = {"cluster": "firm", "weights": "value"}
    result = fractional_logit(data, "share", ["invest", "year"], **options).of("invest")
    assert result.standard_error == pytest.approx(np.sqrt(variance[0]), rel=NUMERICAL)
    assert result.degrees == pytest.approx(degrees[0], rel=NUMERICAL)
    assert [check.passed for check in result.checks] == [False, False]
    assert result.method == "fractional_logit_cr2"


def yes_or_no(seed: int = 1, n: int = 400, groups: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    g = random.permutation(np.arange(n) % groups)
    x = random.normal(size=n) + random.normal(size=groups)[g]
    d = (random.random(n) < 0.4).astype(float)
    chance = special.expit(0.3 + 0.5 * x - 0.7 * d + random.normal(size=groups)[g])
    return pd.DataFrame({"x": x, "d": d, "g": g, "y": (random.random(n) < chance).astype(float)})


def test_a_logit_of_yes_and_no_has_the_margins_of_statsmodels() -> None:
    """A 0/1 regressor by the discrete difference, another by the derivative."""
    data = yes_or_no()
    kwds = {"groups": data["g"], "use_correction": True}
    fit = sm.Logit(data["y"], sm.add_constant(data[["x", "d"]])).fit(
        disp=False, cov_type="cluster", cov_kwds=kwds, tol=1e-10
    )
    reference = fit.get_margeff(dummy=True)
    result = fractional_logit(data, "y", ["x", "d"], cluster="g")
    estimates = result.coefficients["estimate"].to_numpy()
    assert estimates == pytest.approx(reference.margeff, rel=FITTED)
    errors = result.coefficients["standard_error"]
    assert errors.to_numpy() == pytest.approx(reference.margeff_se, rel=FITTED)
    assert (result.coefficients["degrees"] == 39).all()


def test_one_0_1_regressor_gives_the_difference_of_the_means() -> None:
    data = firms().assign(late=lambda t: (t["year"] > 1944).astype(float))
    result = fractional_logit(data, "share", ["late"], cluster="firm").of("late")
    means = data.groupby("late")["share"].mean()
    assert result.estimate == pytest.approx(means[1] - means[0], rel=FITTED)
    assert result.design == "cross_section"


def test_neither_order_nor_units_change_a_fractional_logit() -> None:
    data = yes_or_no()
    plain = fractional_logit(data, "y", ["x", "d"], cluster="g").of("x")
    other = data.sample(frac=1, random_state=2).assign(x=lambda t: t["x"] * 1_000)
    again = fractional_logit(other, "y", ["x", "d"], cluster="g").of("x").scaled(1_000)
    for name in ("estimate", "ci_low", "ci_high"):
        assert getattr(again, name) == pytest.approx(getattr(plain, name), rel=FITTED)


BROKEN: dict[str, Any] = {
    "above one": lambda t: t.assign(y=t["y"] * 1.5),
    "below zero": lambda t: t.assign(y=t["y"] - 0.1),
    "constant": lambda t: t.assign(y=0.0),
    "missing": lambda t: t.assign(x=t["x"].where(t.index > 3)),
    "a copy": lambda t: t.assign(x=2 * t["d"]),
    "one cluster": lambda t: t.assign(g=1),
    "separated": lambda t: t.assign(d=t["y"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_data_that_fit_no_fractional_logit_are_refused(name: str) -> None:
    with pytest.raises(MethodError):
        fractional_logit(BROKEN[name](yes_or_no()), "y", ["x", "d"], cluster="g")


# Beta-binomial

SUCCESSES = pd.Series([3, 0, 5, 12, 40, 7, 1, 22, 9, 2])
TRIALS = pd.Series([10, 8, 12, 50, 90, 30, 4, 80, 25, 20])


def test_the_mean_and_the_overdispersion_are_those_of_r() -> None:
    """VGAM 1.1: vglm(cbind(y, n - y) ~ 1, betabinomial), Coef(): mu and rho."""
    result = beta_binomial(SUCCESSES, TRIALS)
    assert result.mean.estimate == pytest.approx(0.2849438025866, rel=FITTED)
    assert result.overdispersion == pytest.approx(0.0292806459846, rel=VGAM_STOPS)
    assert (result.mean.n, result.mean.n_clusters) == (329, 10)
    assert result.mean.p_value is None and result.mean.checks[0].passed is False


def test_the_maximum_is_that_of_scipys_likelihood() -> None:
    result = beta_binomial(SUCCESSES, TRIALS)

    def likelihood(mu: float, rho: float) -> float:
        size = (1 - rho) / rho
        return float(stats.betabinom.logpmf(SUCCESSES, TRIALS, mu * size, (1 - mu) * size).sum())

    mu, rho = result.mean.estimate, result.overdispersion
    best = likelihood(mu, rho)
    for step in (0.98, 1.02):
        assert likelihood(mu * step, rho) < best and likelihood(mu, rho * step) < best


def integrated(y: np.ndarray, n: np.ndarray) -> pd.DataFrame:
    """Posterior of each body's share by brute force, mu and rho uniform on 0–1."""
    grids = np.meshgrid(np.linspace(0.1, 0.6, 51), np.arange(1, 120) / 300)
    mu, rho = (grid.ravel() for grid in grids)
    a, b = mu * (1 - rho) / rho, (1 - mu) * (1 - rho) / rho
    logs = stats.betabinom.logpmf(y[:, None], n[:, None], a, b).sum(axis=0)
    kept = logs > logs.max() - 7
    a, b, weight = a[kept], b[kept], np.exp(logs[kept] - special.logsumexp(logs[kept]))
    shares = np.linspace(0, 1, 101)[:, None]
    rows = []
    for successes, trials in zip(y, n, strict=True):
        alpha, beta = a + successes, b + trials - successes
        below = special.betainc(alpha, beta, shares) @ weight
        low, high = np.interp([0.025, 0.975], below, shares[:, 0])
        rows.append((weight @ (alpha / (alpha + beta)), low, high))
    return pd.DataFrame(rows, columns=["shrunken", "ci_low", "ci_high"])


def test_shrunken_rates_are_close_to_those_of_brute_force() -> None:
    rates = beta_binomial(SUCCESSES, TRIALS).rates
    expected = integrated(SUCCESSES.to_numpy(), TRIALS.to_numpy())
    gap = (rates[["shrunken", "ci_low", "ci_high"]] - expected).abs()
    assert gap["shrunken"].max() < INTEGRATED
    assert gap[["ci_low", "ci_high"]].max(axis=None) < BETA_ENDS


def test_small_bodies_do_not_top_the_ranking() -> None:
    """One of one is the highest rate and no evidence; 450 of 500 is."""
    successes = pd.Series([1, 450, *([30] * 18)], index=[f"b{i}" for i in range(20)])
    n = pd.Series([1, 500, *([100] * 18)], index=successes.index)
    rates = beta_binomial(successes, n).rates
    assert rates["rate"].idxmax() == "b0" and rates["shrunken"].idxmax() == "b1"
    assert list(rates.columns) == ["successes", "n", "rate", "shrunken", "ci_low", "ci_high"]
    assert (rates["ci_low"] < rates["shrunken"]).all()
    assert (rates["shrunken"] < rates["ci_high"]).all()
    width = rates["ci_high"] - rates["ci_low"]
    assert width["b0"] > 3 * width["b1"]
    reach = (rates["shrunken"] - rates["rate"]).abs()
    assert reach["b0"] > 10 * reach["b1"]


def test_equal_rates_keep_intervals_of_some_width() -> None:
    result = beta_binomial(pd.Series([30] * 12), pd.Series([100] * 12))
    assert result.overdispersion < 1e-4
    assert result.rates["shrunken"].to_numpy() == pytest.approx(np.full(12, 0.3), abs=0.01)
    assert ((result.rates["ci_high"] - result.rates["ci_low"]) > 0.04).all()
    pooled = wilson(360, 1200)
    width = result.mean.ci_high - result.mean.ci_low
    assert pooled.ci_high - pooled.ci_low < width < 1.5 * (pooled.ci_high - pooled.ci_low)


def test_the_intervals_of_the_bodies_cover_their_own_shares() -> None:
    random = np.random.default_rng(3)
    covered = []
    for _ in range(60):
        n = np.maximum(1, random.lognormal(3, 1.2, 60).astype(int))
        own = random.beta(6, 14, 60)
        rates = beta_binomial(pd.Series(random.binomial(n, own)), pd.Series(n)).rates
        covered.append(((rates["ci_low"] <= own) & (own <= rates["ci_high"])).mean())
    assert BODIES_COVERED[0] <= np.mean(covered) <= BODIES_COVERED[1]


def same(one: BetaBinomial, other: BetaBinomial) -> bool:
    return bool(
        np.isclose(one.mean.ci_low, other.mean.ci_low, rtol=FITTED)
        and np.allclose(one.rates["ci_low"], other.rates["ci_low"][one.rates.index], rtol=FITTED)
    )


def test_neither_order_nor_the_side_counted_changes_the_rates() -> None:
    plain = beta_binomial(SUCCESSES, TRIALS)
    turned = beta_binomial(SUCCESSES[::-1], TRIALS[::-1])
    assert same(plain, turned)
    other = beta_binomial(TRIALS - SUCCESSES, TRIALS)
    assert 1 - other.mean.ci_high == pytest.approx(plain.mean.ci_low, rel=FITTED)
    assert 1 - other.rates["ci_high"][0] == pytest.approx(plain.rates["ci_low"][0], rel=FITTED)


@pytest.mark.parametrize(
    ("successes", "n"),
    [
        ([1, 2, 9], [5, 5, 5]),
        ([1, 2, -1], [5, 5, 5]),
        ([1, 2, 0.5], [5, 5, 5]),
        ([1, 2, 0], [5, 5, 0]),
        ([1, 2, np.nan], [5, 5, 5]),
        ([0, 0, 0], [5, 5, 5]),
        ([5, 5, 5], [5, 5, 5]),
        ([1, 2], [5, 5]),
    ],
)
def test_bodies_without_counts_or_without_any_difference_are_refused(
    successes: list[float], n: list[float]
) -> None:
    with pytest.raises(MethodError):
        beta_binomial(pd.Series(successes), pd.Series(n))


def test_bodies_in_another_order_are_refused() -> None:
    with pytest.raises(MethodError, match="見出し"):
        beta_binomial(SUCCESSES, TRIALS[::-1])
