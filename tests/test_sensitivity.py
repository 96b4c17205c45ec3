"""Robustness value, E-value and coefficient stability against sensemakr, EValue and made-up truths.

The Darfur numbers are those that Cinelli and Hazlett (2020) publish and the tests of their R package
sensemakr give with more digits; `waves` is an example computed with sensemakr as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ebpm.methods.oster import oster
from ebpm.methods.regression import ols
from ebpm.methods.requirements import MethodError
from ebpm.methods.sensitivity import (
    adjusted,
    bounds_of,
    confounding,
    critical_t,
    e_value,
    e_value_of_difference,
    e_value_of_odds,
    partial_r2,
    robustness_value,
)

PRINTED = 6e-8  # inputs (0.09731582, 0.02325654) are printed with eight decimals
ROUNDED = 5.1e-4  # published with three decimals
SAME = 1e-9  # the same algebra in another order of operations
# sensemakr's intervals take t with the degrees before the confounder, here one fewer is left.
ONE_DEGREE = 1e-4
EXACT = 1e-7  # roots of a cubic
DARFUR = (0.09731582, 0.02325654, 783)
DARFUR_T = 0.09731582 / 0.02325654


def waves() -> pd.DataFrame:
    i = np.arange(1, 201)
    frame = pd.DataFrame({"x1": np.sin(i), "x2": np.cos(1.7 * i)})
    frame["d"] = 0.5 * frame["x1"] + 0.6 * np.sin(3.1 * i)
    frame["y"] = 0.4 * frame["d"] + 0.8 * frame["x1"] + 0.3 * frame["x2"] + 0.5 * np.cos(2.3 * i)
    return frame.assign(group=i % 20)


def of_waves(**more: Any) -> Any:
    options: dict[str, Any] = {"outcome": "y", "exposure": "d", "controls": ["x1", "x2"], **more}
    return confounding(waves(), **options)


# Robustness value


def test_the_published_numbers_of_darfur() -> None:
    critical = critical_t(783)
    found = [
        partial_r2(DARFUR_T, 783),
        robustness_value(DARFUR_T, 783),
        robustness_value(DARFUR_T, 783, critical=critical),
    ]
    assert found == pytest.approx([0.022, 0.139, 0.076], abs=ROUNDED)
    assert found == pytest.approx([0.02187309, 0.1387764, 0.07625797], abs=PRINTED)
    assert robustness_value(-DARFUR_T, 783) == found[1]


def test_the_published_bounds_of_darfur() -> None:
    """`female`: its partial R² follow from the bound on the exposure, 0.0091642867 = r/(1-r)."""
    r2_exposure = 0.00916428667504862 / 1.00916428667504862
    between = r2_exposure**2 / (1 - r2_exposure) ** 2
    factor = (1 + np.sqrt(between)) ** 2 / (1 - between)
    odds = 0.12464092303637 / factor
    table = bounds_of(*DARFUR, r2_exposure=r2_exposure, r2_outcome=odds / (1 + odds))
    assert table["times"].tolist() == [1, 2, 3]
    expected = {
        "r2_exposure": [0.00916428667504862, 0.0183285733500972, 0.0274928600251459],
        "r2_outcome": [0.12464092303637, 0.249324064199975, 0.374050471038094],
        "estimate": [0.0752202698486415, 0.0529151689180575, 0.0303960178770157],
    }
    for name, values in expected.items():
        assert table[name].to_numpy() == pytest.approx(np.array(values), abs=SAME)
    low = np.array([0.0322829603180086, 0.0129680276030601, -0.00625329133645187])
    assert table["ci_low"].to_numpy() == pytest.approx(low, abs=ONE_DEGREE * 0.0753)
    errors = [0.0218733298036818, 0.0203500639944344, 0.0186700665753491]
    half = (table["ci_high"] - table["ci_low"]).to_numpy() / 2
    assert half / critical_t(783) == pytest.approx(np.array(errors), rel=SAME)


def test_an_example_of_sensemakr_from_the_data() -> None:
    found = of_waves(benchmarks=["x2"], times=(1, 2))
    assert found.estimate == pytest.approx(0.407404970966835, rel=SAME)
    assert found.standard_error == pytest.approx(0.0578602283905763, rel=SAME)
    assert found.degrees == 196
    assert found.partial_r2 == pytest.approx(0.201884150359101, rel=SAME)
    assert found.robustness_value == pytest.approx(0.392125514801805, rel=SAME)
    assert found.robustness_value_significant == pytest.approx(0.302160713916727, rel=SAME)
    table = found.bounds
    assert table["benchmark"].tolist() == ["x2", "x2"]
    assert table["r2_outcome"].to_numpy() == pytest.approx([0.360605510962075, 0.721211021924157])
    assert table["estimate"].to_numpy() == pytest.approx([0.407276404370285, 0.407147837764754])
    low, high = [0.315799103054239, 0.346743696480369], [0.498753705686331, 0.46755197904914]
    assert table["ci_low"].to_numpy() == pytest.approx(low, rel=ONE_DEGREE)
    assert table["ci_high"].to_numpy() == pytest.approx(high, rel=ONE_DEGREE)


def test_a_huge_t_meets_the_limit_of_the_outcome() -> None:
    """sensemakr for an estimate of 40, error 1, 30 degrees of freedom."""
    assert robustness_value(40, 30) == pytest.approx(0.981921804436961, rel=SAME)
    found = robustness_value(40, 30, critical=critical_t(30))
    assert found == pytest.approx(0.9789403653761, rel=SAME)


def test_a_confounder_as_strong_as_the_robustness_value_does_just_that() -> None:
    """The estimate becomes 0, half, or exactly its critical t."""
    for share, left in ((1.0, 0.0), (0.5, 0.5)):
        r2 = robustness_value(DARFUR_T, 783, q=share)
        point, _ = adjusted(*DARFUR, r2_exposure=r2, r2_outcome=r2)
        assert point == pytest.approx(left * DARFUR[0], abs=1e-12)
    r2 = robustness_value(DARFUR_T, 783, critical=critical_t(783))
    point, error = adjusted(*DARFUR, r2_exposure=r2, r2_outcome=r2)
    assert point / error == pytest.approx(critical_t(783), rel=SAME)
    point, _ = adjusted(*DARFUR, r2_exposure=partial_r2(DARFUR_T, 783), r2_outcome=1)
    assert point == pytest.approx(0, abs=1e-12)


def test_leaving_a_covariate_out_moves_the_estimate_as_the_formula_says() -> None:
    """With the partial R² of x1 itself, the short regression leads to the long one exactly."""
    frame = waves()
    long = sm.OLS(frame["y"], sm.add_constant(frame[["d", "x2", "x1"]])).fit()
    short = sm.OLS(frame["y"], sm.add_constant(frame[["d", "x2"]])).fit()
    of_d = sm.OLS(frame["d"], sm.add_constant(frame[["x2", "x1"]])).fit()
    point, error = adjusted(
        short.params["d"],
        short.bse["d"],
        short.df_resid,
        r2_exposure=partial_r2(of_d.tvalues["x1"], of_d.df_resid),
        r2_outcome=partial_r2(long.tvalues["x1"], long.df_resid),
    )
    assert (point, error) == pytest.approx((long.params["d"], long.bse["d"]), rel=SAME)


def test_what_is_not_significant_has_no_robustness() -> None:
    assert robustness_value(1.9, 783, critical=critical_t(783)) == 0
    assert robustness_value(0, 783) == 0
    assert 0 < robustness_value(1.9, 783) < 0.1


def test_clusters_make_the_significance_less_robust_in_the_ratio_of_errors() -> None:
    frame = waves()
    plain, clustered = of_waves(), of_waves(cluster="group")
    fit = ols(frame, "y", ["d", "x1", "x2"], cluster="group")
    error = float(fit.coefficients.loc["d", "standard_error"])
    assert clustered.standard_error == pytest.approx(error, rel=SAME)
    assert clustered.robustness_value == plain.robustness_value
    ratio = error / plain.standard_error
    r2 = clustered.robustness_value_significant
    point, classical = adjusted(
        plain.estimate, plain.standard_error, plain.degrees, r2_exposure=r2, r2_outcome=r2
    )
    critical = critical_t(196, clusters=20, error_ratio=ratio)
    assert point / classical == pytest.approx(critical, rel=SAME)
    assert critical / ratio == pytest.approx(2.093024, abs=1e-6)  # t table, 19 degrees


def test_a_negative_estimate_mirrors_the_bounds() -> None:
    shares: dict[str, Any] = {"r2_exposure": 0.01, "r2_outcome": 0.1}
    one = bounds_of(0.1, 0.02, 500, **shares)
    two = bounds_of(-0.1, 0.02, 500, **shares)
    assert two["estimate"].to_numpy() == pytest.approx(-one["estimate"].to_numpy())
    assert two["ci_low"].to_numpy() == pytest.approx(-one["ci_high"].to_numpy())


def test_a_strong_benchmark_explains_at_most_all_of_the_outcome() -> None:
    table = bounds_of(0.1, 0.02, 500, r2_exposure=0.1, r2_outcome=0.5, times=(1, 2))
    assert table["r2_outcome"].tolist() == [1, 1]
    assert (table["ci_high"] - table["ci_low"]).to_numpy() == pytest.approx(np.zeros(2))


@pytest.mark.parametrize("r2_exposure", [0.4, 0.6])
def test_a_benchmark_beyond_the_exposure_is_refused(r2_exposure: float) -> None:
    with pytest.raises(MethodError, match="超えます"):
        bounds_of(0.1, 0.02, 500, r2_exposure=r2_exposure, r2_outcome=0.1, times=(2,))


def test_other_bad_input_for_confounding_is_refused() -> None:
    with pytest.raises(MethodError, match="基準"):
        of_waves(benchmarks=["group"])
    with pytest.raises(MethodError, match="x1"):
        confounding(
            waves().replace({"x1": np.sin(3)}, np.nan), outcome="y", exposure="d", controls=["x1"]
        )
    with pytest.raises(MethodError, match="重複"):
        confounding(
            waves().assign(x2=lambda t: 2 * t["d"]), outcome="y", exposure="d", controls=["x2"]
        )
    with pytest.raises(MethodError, match="行の数"):
        confounding(waves().head(4), outcome="y", exposure="d", controls=["x1", "x2"])
    with pytest.raises(MethodError, match="決定係数"):
        adjusted(0.1, 0.02, 500, r2_exposure=1.0, r2_outcome=0.1)


# E-value


def test_the_published_e_values() -> None:
    """VanderWeele and Ding (2017): 3.9 (1.8 to 8.7) and 0.80 (0.71 to 0.91)."""
    above, below = e_value(3.9, 1.8, 8.7), e_value(0.80, 0.71, 0.91)
    assert (above.point, above.limit) == pytest.approx((7.263, 3.000), abs=ROUNDED)
    assert (below.point, below.limit) == pytest.approx((1.809, 1.429), abs=ROUNDED)


def test_e_values_of_odds_and_differences_equal_those_of_the_r_package() -> None:
    odds = e_value_of_odds(2.5, 1.4, 4.0, common=True)
    assert (odds.point, odds.limit) == pytest.approx((2.53971129469801, 1.6488166904897), rel=SAME)
    rare = e_value_of_odds(3.9, 1.8, 8.7, common=False)
    assert (rare.point, rare.limit) == pytest.approx((7.263, 3.000), abs=ROUNDED)
    two = e_value_of_difference(0.5, 0.2)
    assert (two.point, two.limit) == pytest.approx((2.52914198186127, 1.44302956344269), rel=SAME)
    # A coefficient of 1.2 (error 0.4) where the outcome's standard deviation is 3.
    fit = e_value_of_difference(1.2 / 3, 0.4 / 3)
    assert (fit.point, fit.limit) == pytest.approx((2.23397067263333, 1.52654088731104), rel=SAME)


def test_the_e_value_of_a_ratio_is_that_of_its_reciprocal() -> None:
    one, two = e_value(2.5, 1.2, 5.0), e_value(1 / 2.5, 1 / 5.0, 1 / 1.2)
    assert (one.point, one.limit) == pytest.approx((two.point, two.limit), rel=SAME)


def test_an_interval_that_includes_no_association_needs_no_confounder() -> None:
    assert e_value(1.5, 0.9, 2.5).limit == 1
    assert e_value(1.0, 1.0, 1.0).point == 1


@pytest.mark.parametrize("values", [(1.5, 1.6, 2.0), (1.5, 0.0, 2.0), (-1.0, -2.0, 1.0)])
def test_a_ratio_outside_its_interval_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(MethodError, match="比"):
        e_value(*values)


# Coefficient stability


def world(delta: float, beta: float) -> tuple[pd.DataFrame, float]:
    """Measured and unmeasured parts, exactly orthogonal, selection on them in the ratio `delta`.

    Returned with the R² of the regression in which all is measured.
    """
    n = 400
    noise = np.column_stack([np.ones(n), np.random.default_rng(5).normal(size=(n, 4))])
    measured, unmeasured, own, error = (np.linalg.qr(noise)[0][:, 1:] * np.sqrt(n)).T
    measured, unmeasured = 1.3 * measured, 0.7 * unmeasured
    x = 0.4 * measured + delta * 0.4 * unmeasured + own
    y = beta * x + measured + unmeasured + 0.5 * error
    return pd.DataFrame({"y": y, "x": x, "w": measured}), float(1 - 0.25 / y.var())


@pytest.mark.parametrize("delta", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("beta", [0.8, -0.3])
def test_the_true_coefficient_is_found_where_selection_is_known(delta: float, beta: float) -> None:
    frame, r2_max = world(delta, beta)
    found = oster(frame, outcome="y", exposure="x", controls=["w"], r2_max=r2_max, delta=delta)
    assert found.beta == pytest.approx(beta, abs=EXACT)
    assert found.beta_short > found.beta_long > found.beta
    assert (found.r2_max, found.delta_assumed) == (r2_max, delta)


@pytest.mark.parametrize("delta", [0.5, 1.0, 1.5])
def test_the_delta_that_leaves_nothing_is_found_where_nothing_is_there(delta: float) -> None:
    frame, r2_max = world(delta, 0.0)
    found = oster(frame, outcome="y", exposure="x", controls=["w"], r2_max=r2_max)
    assert found.delta == pytest.approx(delta, rel=EXACT)


def test_regressions_and_default_of_oster() -> None:
    frame, _ = world(1.0, 0.8)
    found = oster(frame, outcome="y", exposure="x", controls=["w"])
    short = sm.OLS(frame["y"], sm.add_constant(frame[["x"]])).fit()
    long = sm.OLS(frame["y"], sm.add_constant(frame[["x", "w"]])).fit()
    assert (found.beta_short, found.r2_short) == pytest.approx((short.params["x"], short.rsquared))
    assert (found.beta_long, found.r2_long) == pytest.approx((long.params["x"], long.rsquared))
    assert found.r2_max == 1.0 < 1.3 * long.rsquared
    noisy = frame.assign(y=frame["y"] + np.random.default_rng(1).normal(0, 4, len(frame)))
    weak = oster(noisy, outcome="y", exposure="x", controls=["w"])
    assert weak.r2_max == pytest.approx(1.3 * weak.r2_long, rel=SAME)


def test_for_a_small_bias_the_solution_is_near_osters_approximation() -> None:
    """β* ≈ β̃ - δ(β° - β̃)(R_max - R̃)/(R̃ - R°), which holds where selection is slight."""
    frame, _ = world(1.0, 0.8)
    frame["x"] = frame["x"] + 20 * np.random.default_rng(2).normal(size=len(frame))
    frame["y"] = frame["y"] - 0.8 * frame["x"]
    found = oster(frame, outcome="y", exposure="x", controls=["w"])
    moved = found.beta_short - found.beta_long
    gained = (found.r2_max - found.r2_long) / (found.r2_long - found.r2_short)
    bias = found.beta_long - found.beta
    assert bias == pytest.approx(moved * gained, rel=0.05)


def test_oster_does_not_depend_on_units() -> None:
    frame, _ = world(1.0, 0.8)
    other = frame.assign(x=frame["x"] * 1e6, y=frame["y"] * 100, w=frame["w"] * 1e-3 + 5)
    one, two = (oster(f, outcome="y", exposure="x", controls=["w"]) for f in (frame, other))
    assert two.beta * 1e4 == pytest.approx(one.beta, rel=1e-6)
    assert two.delta == pytest.approx(one.delta, rel=1e-6)


def test_bad_input_for_oster_is_refused() -> None:
    frame, _ = world(1.0, 0.8)
    options: dict[str, Any] = {"outcome": "y", "exposure": "x"}
    for r2_max in (0.1, 1.1):
        with pytest.raises(MethodError, match="r2_max"):
            oster(frame, controls=["w"], r2_max=r2_max, **options)
    with pytest.raises(MethodError, match="一つ以上"):
        oster(frame, controls=[], **options)
    with pytest.raises(MethodError, match="解がありません"):
        oster(frame, controls=["w"], delta=50.0, **options)
