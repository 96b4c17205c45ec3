"""Balance, entropy balancing, RA, IPW and AIPW against Stata, SciPy, strata by hand, and M-estimation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels
from scipy import optimize, special

from ebpm.methods.balance import Comparison, balance_table
from ebpm.methods.entropy_balancing import entropy_balance
from ebpm.methods.propensity import aipw, ipw, ra
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Check

PRINTED = 5.1e-6  # Stata's values are given with five decimals
SAME = 1e-9  # the same algebra in another order of operations
SOLVED = 1e-6  # a root found by Newton's method here, in closed form there
OPTIMISED = 1e-4  # SciPy's general optimiser stops at about this distance
NUMERIC = 1e-5  # derivatives by finite differences
DELETE_ONE = 0.06  # delete-one errors differ from linearised ones by terms of the order of 1/n

CATTANEO = Path(statsmodels.__file__).parent / "treatment/tests/results/cataneo2.csv"
OUTCOME = ["prenatal1_", "mmarried_", "mage", "fbaby_"]
TREATMENT = ["mmarried_", "mage", "mage2", "fbaby_", "medu"]


def data(seed: int = 1, n: int = 240) -> pd.DataFrame:
    """Two continuous covariates and a binary one, treatment and outcome depending on them."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, n))
    c = (random.random(n) < 0.4) * 1
    d = (random.random(n) < special.expit(-0.5 + 0.6 * a - 0.4 * b + 0.3 * c)) * 1
    y = 1 + a + 0.5 * b - c + d * (0.5 + 0.4 * a) + random.normal(size=n)
    group = random.integers(0, 40, n)
    return pd.DataFrame({"y": y, "d": d, "a": a, "b": b, "c": c, "group": group})


NAMES = ["entropy", "ra", "ipw", "aipw"]


def compare(name: str, frame: pd.DataFrame, **more: Any) -> Comparison:
    """One of the estimators with `a`, `b` and `c` as its covariates."""
    names = ["a", "b", "c"]
    common: dict[str, Any] = {"outcome": "y", "treated": "d", **more}
    if name == "entropy":
        return entropy_balance(frame, covariates=names, **common)
    if name == "ra":
        return ra(frame, covariates_outcome=names, **common)
    if name == "ipw":
        return ipw(frame, covariates_treatment=names, **common)
    return aipw(frame, covariates_outcome=names, covariates_treatment=names, **common)


# Stata


def test_the_three_estimators_match_stata_on_the_birth_weights_of_cattaneo() -> None:
    """Errors without the allowance for small samples, which `teffects` does not make."""
    frame = pd.read_csv(CATTANEO)
    common: dict[str, Any] = {"outcome": "bweight", "treated": "mbsmoke_", "small_sample": False}
    of_treatment: dict[str, Any] = {"covariates_treatment": TREATMENT, "link": "probit"}
    expected = [
        (ra(frame, covariates_outcome=OUTCOME, **common), -239.63921, 23.82402),
        (ipw(frame, **of_treatment, **common), -230.68864, 25.81524),
        (aipw(frame, covariates_outcome=OUTCOME, **of_treatment, **common), -230.98920, 26.21056),
    ]
    for result, estimate, error in expected:
        assert result.estimate.estimate == pytest.approx(estimate, abs=PRINTED)
        assert result.estimate.standard_error == pytest.approx(error, abs=PRINTED)
        assert (result.estimate.n, result.estimate.degrees) == (4642, 4641)


# Strata by hand


def strata() -> pd.DataFrame:
    """One binary covariate: 2 of 6 treated where it is 0, 3 of 5 where it is 1."""
    return pd.DataFrame(
        {
            "c": [0] * 6 + [1] * 5,
            "d": [1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0],
            "y": [4.0, 6, 1, 2, 3, 2, 9, 8, 7, 5, 6],
        }
    )


def test_with_one_binary_covariate_all_agree_with_strata() -> None:
    """Differences: 5 - 2 = 3 in stratum 0 and 8 - 5.5 = 2.5 in stratum 1."""
    common: dict[str, Any] = {"outcome": "y", "treated": "d"}
    of_all_rows = (6 * 3 + 5 * 2.5) / 11
    of_treated = (2 * 3 + 3 * 2.5) / 5
    frame = strata()
    results = [
        ra(frame, covariates_outcome=["c"], **common),
        ipw(frame, covariates_treatment=["c"], **common),
        ipw(frame, covariates_treatment=["c"], link="probit", **common),
        aipw(frame, covariates_outcome=["c"], covariates_treatment=["c"], **common),
    ]
    for result in results:
        assert result.estimate.estimate == pytest.approx(of_all_rows, rel=SOLVED)
    balanced = entropy_balance(frame, covariates=["c"], **common)
    assert balanced.estimate.estimate == pytest.approx(of_treated, rel=SOLVED)
    # Controls: 4 rows share the weight 2/5 of stratum 0, 2 rows the 3/5 of stratum 1.
    expected = [0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.3, 0.3]
    assert balanced.weights.to_numpy() == pytest.approx(np.array(expected), abs=SOLVED)


def test_ra_is_the_regression_with_centred_interactions() -> None:
    """Its error is wider than that regression's, which takes the covariates' means as known."""
    import statsmodels.formula.api as smf

    frame = data(2)
    centred = frame.assign(**{f"{k}0": frame[k] - frame[k].mean() for k in "abc"})
    fit = smf.ols("y ~ d * (a0 + b0 + c0)", centred).fit(cov_type="HC2")
    result = compare("ra", frame).estimate
    assert result.estimate == pytest.approx(fit.params["d"], rel=SAME)
    assert result.standard_error is not None
    gain = (centred[["a0", "b0", "c0"]] @ fit.params[["d:a0", "d:b0", "d:c0"]].to_numpy()).var()
    expected = np.sqrt(fit.bse["d"] ** 2 + gain / len(frame))
    assert result.standard_error == pytest.approx(
        expected, rel=0.02
    )  # their covariance is left out


# Errors against stacked estimating equations, differentiated numerically


def sandwich(psi: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, groups: Any) -> float:
    """Error of the last parameter without small-sample factor; `psi` gives n × p."""
    step = 1e-6
    columns = [
        (psi(theta + h).sum(axis=0) - psi(theta - h).sum(axis=0)) / (2 * step)
        for h in np.eye(len(theta)) * step
    ]
    bread = np.linalg.inv(np.column_stack(columns))
    sums = pd.DataFrame(psi(theta)).groupby(np.asarray(groups)).sum().to_numpy()
    return float(np.sqrt((bread @ sums.T @ sums @ bread.T)[-1, -1]))


@pytest.mark.parametrize("cluster", [None, "group"])
def test_the_error_of_entropy_balancing_allows_for_its_weights(cluster: str | None) -> None:
    frame = data(3)
    x, y = frame[["a", "b", "c"]].to_numpy(float), frame["y"].to_numpy()
    d = frame["d"].to_numpy()[:, None]

    def psi(theta: np.ndarray) -> np.ndarray:
        means, tilt, (level, effect) = theta[:3], theta[3:6], theta[6:]
        w = (1 - d) * np.exp((x - means) @ tilt)[:, None]
        gap = y[:, None] - level
        return np.hstack([d * (x - means), w * (x - means), w * gap, d * (gap - effect)])

    result = compare("entropy", frame, cluster=cluster, small_sample=False)
    means = x[d[:, 0] == 1].mean(axis=0)
    tilt = optimize.root(
        lambda t: psi(np.concatenate([means, t, [0, 0]])).sum(axis=0)[3:6], np.zeros(3), tol=1e-12
    ).x
    w = np.exp((x - means) @ tilt) * (1 - d[:, 0])
    level = float(w @ y / w.sum())
    theta = np.concatenate([means, tilt, [level, y[d[:, 0] == 1].mean() - level]])
    assert result.estimate.estimate == pytest.approx(theta[-1], rel=SOLVED)
    groups = frame[cluster] if cluster else frame.index
    expected = sandwich(psi, theta, groups)
    assert result.estimate.standard_error == pytest.approx(expected, rel=NUMERIC)
    assert result.estimate.n_clusters == (frame["group"].nunique() if cluster else None)


@pytest.mark.parametrize("cluster", [None, "group"])
@pytest.mark.parametrize("name", ["ipw", "aipw"])
def test_the_errors_of_weighting_allow_for_the_propensity_score(
    name: str, cluster: str | None
) -> None:
    frame = data(4)
    z = np.column_stack([np.ones(len(frame)), frame[["a", "b", "c"]]])
    y, d = frame["y"].to_numpy(), frame["d"].to_numpy()
    augmented = name == "aipw"

    def psi(theta: np.ndarray) -> np.ndarray:
        score, one, two = theta[:4], theta[4:8], theta[8:12]
        level, effect = theta[12:]
        p = special.expit(z @ score)
        w1, w0 = d / p, (1 - d) / (1 - p)
        lines = [z * (d * (y - z @ one))[:, None], z * ((1 - d) * (y - z @ two))[:, None]]
        if augmented:
            low = z @ two + w0 * (y - z @ two) - level
            high = z @ one + w1 * (y - z @ one) - level - effect
        else:
            low, high = w0 * (y - level), w1 * (y - level - effect)
        return np.column_stack([z * (d - p)[:, None], *lines, low, high])

    start = np.zeros(14)
    theta = optimize.root(lambda t: psi(t).sum(axis=0), start, tol=1e-12).x
    result = compare(name, frame, cluster=cluster, small_sample=False)
    assert result.estimate.estimate == pytest.approx(theta[-1], rel=SOLVED)
    groups = frame[cluster] if cluster else frame.index
    expected = sandwich(psi, theta, groups)
    assert result.estimate.standard_error == pytest.approx(expected, rel=NUMERIC)


@pytest.mark.parametrize("name", NAMES)
def test_rows_repeated_within_clusters_tell_nothing_new(name: str) -> None:
    frame = data(5).assign(group=range(240))
    repeated = pd.concat([frame] * 3, ignore_index=True)
    once, thrice = (
        compare(name, f, cluster="group", small_sample=False).estimate for f in (frame, repeated)
    )
    assert thrice.estimate == pytest.approx(once.estimate, rel=SOLVED)
    assert thrice.standard_error == pytest.approx(once.standard_error, rel=SOLVED)


@pytest.mark.parametrize("name", NAMES)
def test_errors_are_close_to_those_of_leaving_out_one_cluster_at_a_time(name: str) -> None:
    frame = data(18, n=600)
    kept = [compare(name, part) for part in (frame[frame["group"] != g] for g in range(40))]
    left = [result.estimate.estimate for result in kept]
    jackknife = np.sqrt(39 / 40 * ((left - np.mean(left)) ** 2).sum())
    bare, found = (
        compare(name, frame, cluster="group", small_sample=allowed).estimate.standard_error
        for allowed in (False, True)
    )
    assert bare is not None and found is not None
    assert bare < found
    assert found == pytest.approx(jackknife, rel=DELETE_ONE)


def test_the_allowance_for_small_samples_by_hand() -> None:
    """Strata: each row's part over √(1-h), h one over its cell's rows, times 11/10."""
    frame = strata()
    common: dict[str, Any] = {"outcome": "y", "treated": "d", "covariates_outcome": ["c"]}
    cells = frame.groupby(["c", "d"])["y"]
    size, residual = cells.transform("size"), frame["y"] - cells.transform("mean")
    stratum = frame.groupby("c")["y"].transform("size")
    difference = np.where(frame["c"] == 0, 3, 2.5)
    sign = np.where(frame["d"] == 1, 1, -1)
    part = (difference - difference.mean() + sign * residual * stratum / size) / 11
    error = np.sqrt(11 / 10 * (part**2 / (1 - 1 / size)).sum())
    assert ra(frame, **common).estimate.standard_error == pytest.approx(error, rel=SAME)


# Entropy balancing


@pytest.mark.parametrize("moments", [1, 2])
def test_entropy_weights_are_those_of_the_primal_problem(moments: int) -> None:
    """SciPy minimises Σ w log w under the same moments, without the dual."""
    frame = data(6, n=60)
    result = entropy_balance(
        frame, outcome="y", treated="d", covariates=["a", "c"], moments=moments
    )
    x = frame[["a", "c"]].to_numpy(float)
    x = np.column_stack([x, x[:, 0] ** 2]) if moments == 2 else x
    d = frame["d"].to_numpy(bool)
    target = x[d].mean(axis=0)
    found = optimize.minimize(
        lambda w: float(w @ np.log(w)),
        np.full((~d).sum(), 1 / (~d).sum()),
        jac=lambda w: np.log(w) + 1,
        bounds=[(1e-12, 1)] * int((~d).sum()),
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - 1},
            {"type": "eq", "fun": lambda w: w @ x[~d] - target},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert result.weights[~d].to_numpy() == pytest.approx(found.x, abs=OPTIMISED)
    assert result.weights[~d].to_numpy() @ x[~d] == pytest.approx(target, abs=1e-8)
    assert result.weights[d].to_numpy() == pytest.approx(np.full(d.sum(), 1 / d.sum()))


def test_second_moments_make_the_variances_alike() -> None:
    frame = data(7)
    names = ["a", "b"]
    common: dict[str, Any] = {"outcome": "y", "treated": "d", "covariates": names}
    first, second = (entropy_balance(frame, moments=m, **common) for m in (1, 2))
    d, w = frame["d"].to_numpy(bool), second.weights.to_numpy()
    for name in names:
        x = frame[name].to_numpy()
        spread = w[~d] @ (x[~d] - w[~d] @ x[~d]) ** 2
        assert spread == pytest.approx(x[d].var(), rel=SOLVED)
    assert second.balance.effective_size < first.balance.effective_size


def test_treated_rows_beyond_all_controls_have_no_weights() -> None:
    frame = data(8).assign(a=lambda t: t["a"] + 10 * t["d"])
    with pytest.raises(MethodError, match="重なり"):
        entropy_balance(frame, outcome="y", treated="d", covariates=["a", "b"])


def test_moments_other_than_one_and_two_are_refused() -> None:
    with pytest.raises(MethodError, match="moments"):
        entropy_balance(data(), outcome="y", treated="d", covariates=["a"], moments=3)


# Balance and overlap


def test_the_balance_table_by_hand() -> None:
    """Treated 2, 4, 6: mean 4, variance 4. Controls 1, 3: mean 2, variance 2; pooled sd √3.

    Weights 3 and 1 on the controls: mean 1.5, variance Σw(x-m)²/(Σw - Σw²/Σw) = 3/(4-2.5) = 2.
    """
    frame = pd.DataFrame({"d": [1, 1, 1, 0, 0], "x": [2.0, 4, 6, 1, 3]})
    weights = pd.Series([1.0, 1, 1, 3, 1])
    found = balance_table(frame, treated="d", covariates=["x"], weights=weights)
    row = found.table.loc["x"]
    assert (row["mean_treated"], row["mean_control"], row["mean_control_after"]) == (4, 2, 1.5)
    assert row["difference_before"] == pytest.approx(2 / np.sqrt(3), rel=SAME)
    assert row["difference_after"] == pytest.approx(2.5 / np.sqrt(3), rel=SAME)
    assert row["variance_ratio_before"] == pytest.approx(2, rel=SAME)
    assert row["variance_ratio_after"] == pytest.approx(2, rel=SAME)
    # Kish: (3 + 1)² / (9 + 1) = 1.6 controls; the index is monotone in x: only 2 and 3 overlap.
    assert found.effective_size == pytest.approx(1.6, rel=SAME)
    assert found.overlap == pytest.approx(2 / 5)
    assert [check.passed for check in found.checks] == [False, False, False]


def test_the_balance_of_equal_weights_is_that_of_none() -> None:
    table = balance_table(data(9), treated="d", covariates=["a", "b", "c"]).table
    for name in ("mean_treated", "mean_control"):
        assert table[f"{name}_after"].to_numpy() == pytest.approx(table[name].to_numpy())
    assert table["difference_after"].to_numpy() == pytest.approx(
        table["difference_before"].to_numpy()
    )


def test_groups_that_a_covariate_tells_apart_do_not_overlap() -> None:
    frame = data(10).assign(a=lambda t: t["a"] + 10 * t["d"])
    assert balance_table(frame, treated="d", covariates=["a", "b"]).overlap == 0
    with pytest.raises(MethodError, match="比べる相手"):
        ipw(frame, outcome="y", treated="d", covariates_treatment=["a", "b"])


def test_a_category_of_one_group_alone_lowers_the_overlap_by_its_share() -> None:
    frame = data(11, n=400).assign(alone=lambda t: (t.index < 40) * 1)
    frame.loc[frame["alone"] == 1, "d"] = 1
    overlap = balance_table(frame, treated="d", covariates=["b", "alone"]).overlap
    assert 0.8 < overlap <= 0.9
    common = balance_table(frame[frame["alone"] == 0], treated="d", covariates=["b"]).overlap
    assert overlap == pytest.approx(common * 0.9)


def test_what_is_left_over_fails_its_check() -> None:
    """Weights by a score that leaves `b` out do not balance it."""
    frame = data(12)
    result = aipw(
        frame,
        outcome="y",
        treated="d",
        covariates_outcome=["a", "b"],
        covariates_treatment=["a"],
        cluster="group",
    )
    checks = {check.name: check for check in result.estimate.checks}
    assert list(checks) == [
        "overlap",
        "balance",
        "effective_sample",
        "enough_clusters",
        "enough_treated_clusters",
    ]
    left = result.balance.table["difference_after"].abs()
    assert left["b"] > 0.1 > left["a"]
    assert checks["balance"] == Check("balance", False, float(left.max()))
    assert checks["enough_clusters"].passed
    assert result.estimate.design == "matching"


def test_few_treated_rows_fail_the_check_of_effective_sample() -> None:
    frame = data(13).sort_values("d").tail(120 + 60).reset_index(drop=True)
    kept = frame[(frame["d"] == 0) | (frame.groupby("d").cumcount() < 20)]
    checks = {check.name: check for check in compare("entropy", kept).estimate.checks}
    assert checks["effective_sample"].passed is False
    assert checks["effective_sample"].value == pytest.approx(20, rel=SAME)
    assert checks["balance"].passed


def test_few_clusters_with_treated_rows_fail_the_check() -> None:
    frame = data(17).assign(group=lambda t: np.where(t["d"] == 1, t.index % 9, t.index % 35))
    checks = {check.name: check for check in compare("ra", frame, cluster="group").estimate.checks}
    assert checks["enough_treated_clusters"] == Check("enough_treated_clusters", False, 9.0)
    assert checks["enough_clusters"] == Check("enough_clusters", True, 35.0)


def test_implied_weights_of_ra_give_its_estimate_and_balance_exactly() -> None:
    frame = data(14)
    result = compare("ra", frame)
    sign = np.where(frame["d"] == 1, 1, -1)
    by_weights = float((sign * result.weights * frame["y"]).sum())
    assert result.estimate.estimate == pytest.approx(by_weights, rel=SAME)
    assert result.balance.largest_difference < SAME


# Properties and bad input


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    frame = data(15)
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = compare(name, frame), compare(name, shuffled)
    assert two.estimate.estimate == pytest.approx(one.estimate.estimate, rel=SOLVED)
    assert two.estimate.standard_error == pytest.approx(one.estimate.standard_error, rel=SOLVED)
    assert two.weights[frame.index].to_numpy() == pytest.approx(one.weights.to_numpy(), rel=SOLVED)


@pytest.mark.parametrize("name", NAMES)
def test_units_of_outcome_and_covariates(name: str) -> None:
    """The outcome in thousandths, a covariate in yen around a large sum."""
    frame = data(16)
    other = frame.assign(y=frame["y"] * 1000, a=1e9 + 1e8 * frame["a"])
    one, two = compare(name, frame).estimate, compare(name, other).estimate
    assert two.estimate == pytest.approx(1000 * one.estimate, rel=SOLVED)
    assert two.ci_low == pytest.approx(1000 * one.ci_low, rel=SOLVED)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("column", ["y", "d", "a"])
def test_missing_values_are_refused(name: str, column: str) -> None:
    frame = data().astype(float)
    frame.loc[3, column] = np.nan
    with pytest.raises(MethodError, match=column):
        compare(name, frame)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [0, 1, [1, 2] * 120])
def test_a_treatment_that_is_not_zero_and_one_is_refused(name: str, values: Any) -> None:
    with pytest.raises(MethodError, match="0 と 1"):
        compare(name, data().assign(d=values))


@pytest.mark.parametrize("name", NAMES)
def test_copies_and_constants_among_covariates_are_refused(name: str) -> None:
    with pytest.raises(MethodError, match="重複"):
        compare(name, data().assign(b=lambda t: 3 * t["a"] - 2))
    with pytest.raises(MethodError, match="変わらない"):
        compare(name, data().assign(b=0.1))


@pytest.mark.parametrize("name", NAMES)
def test_one_cluster_is_refused(name: str) -> None:
    with pytest.raises(MethodError, match="クラスター"):
        compare(name, data().assign(group=1), cluster="group")


def test_a_covariate_that_does_not_vary_in_one_group_cannot_be_adjusted_for() -> None:
    frame = data().assign(rare=lambda t: ((t["d"] == 1) & (t["a"] > 0)) * 1)
    with pytest.raises(MethodError):
        ra(frame, outcome="y", treated="d", covariates_outcome=["b", "rare"])


def test_other_bad_input_is_refused() -> None:
    frame = data()
    with pytest.raises(MethodError, match="一つ以上"):
        balance_table(frame, treated="d", covariates=[])
    with pytest.raises(MethodError, match="重み"):
        balance_table(frame, treated="d", covariates=["a"], weights=pd.Series([1.0, 2.0]))
    with pytest.raises(MethodError, match="link"):
        ipw(frame, outcome="y", treated="d", covariates_treatment=["a"], link="cloglog")


def test_a_difference_without_any_spread_is_infinite_and_fails() -> None:
    found = balance_table(data().assign(same=lambda t: t["d"]), treated="d", covariates=["same"])
    assert found.checks[:2] == (Check("overlap", False, 0.0), Check("balance", False, np.inf))
