"""Kitagawa and Oaxaca–Blinder against Stata, statsmodels, hand computation and delete-one errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.datasets import ccard
from statsmodels.stats.oaxaca import OaxacaBlinder

from ebpm.methods.decomposition import Oaxaca, kitagawa, kitagawa_parts, oaxaca
from ebpm.methods.regression import CONSTANT
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Check

PRINTED = 5.1e-5  # Stata's values are given with seven digits
SAME = 1e-9  # the same algebra in another order of operations
NUMERIC = 1e-5  # derivatives by finite differences
# Delete-one errors differ from linearised ones by terms of the order of 1/G.
DELETE_ONE = 0.05


def groups(seed: int = 1, n: int = 160) -> pd.DataFrame:
    """Two groups that differ in covariates and slopes; bodies have rows in both."""
    random = np.random.default_rng(seed)
    first = np.arange(n) % 2
    body = np.arange(n) // 4
    x = random.normal(size=n) + 0.6 * first + random.normal(size=n // 4)[body]
    z = (random.random(n) < 0.3 + 0.3 * first) * 1
    slope = 1 + 0.5 * first
    y = 0.4 * first + slope * x - z + random.normal(size=n // 4)[body] + random.normal(size=n)
    weight = random.uniform(0.5, 3, n)
    kind = np.array(["a", "b", "c"])[np.clip(np.round(x + 1), 0, 2).astype(int)]
    return pd.DataFrame(
        {"y": y, "x": x, "z": z, "first": first, "body": body, "kind": kind, "weight": weight}
    )


def of_groups(frame: pd.DataFrame, **more: Any) -> Oaxaca:
    options: dict[str, Any] = {"outcome": "y", "group": "first", "covariates": ["x", "z"], **more}
    return oaxaca(frame, **options)


def kitagawa_of(frame: pd.DataFrame, **more: Any) -> Any:
    return kitagawa(frame, outcome="y", group="first", category="kind", **more)


# Oaxaca–Blinder


@pytest.mark.parametrize(
    ("reference", "explained", "unexplained"),
    [
        ("pooled", 130.8095, 27.94091),
        ("first", 83.29674, 75.45371),
        ("second", 321.7482, 75.45371 - 238.4515),
    ],
)
def test_both_parts_match_stata_on_the_credit_cards_of_greene(
    reference: str, explained: float, unexplained: float
) -> None:
    """Stata's `oaxaca`: the two-fold parts, and by group its endowments and interaction."""
    data = ccard.load_pandas()
    frame = data.exog.assign(y=data.endog)
    covariates = ["AGE", "INCOME", "INCOMESQ"]
    found = oaxaca(frame, outcome="y", group="OWNRENT", covariates=covariates, reference=reference)
    assert found.gap.estimate == pytest.approx(158.7504, abs=PRINTED)
    assert found.explained.estimate == pytest.approx(explained, abs=PRINTED)
    assert found.unexplained.estimate == pytest.approx(unexplained, abs=2 * PRINTED)
    assert found.detail.index.tolist() == [*covariates, CONSTANT]


def test_the_pooled_parts_equal_those_of_statsmodels() -> None:
    frame = groups(2)
    exog = frame[["x", "z", "first"]].assign(constant=1.0)
    found = of_groups(frame)
    unexplained, explained, gap = OaxacaBlinder(frame["y"], exog, "first").two_fold().params
    sign = np.sign(
        gap * found.gap.estimate
    )  # statsmodels puts the group with the higher mean first
    values = [found.unexplained.estimate, found.explained.estimate, found.gap.estimate]
    assert values == pytest.approx([sign * v for v in (unexplained, explained, gap)], rel=SAME)


@pytest.mark.parametrize("reference", ["first", "second"])
def test_the_explained_part_at_the_coefficients_of_one_group(reference: str) -> None:
    frame = groups(2)
    one, two = by_group(frame)
    own = one if reference == "first" else two
    beta = sm.OLS(own["y"], sm.add_constant(own[["x", "z"]])).fit().params
    moved = one[["x", "z"]].mean() - two[["x", "z"]].mean()
    found = of_groups(frame, reference=reference)
    assert found.explained.estimate == pytest.approx(moved @ beta[["x", "z"]], rel=SAME)


def by_group(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return frame[frame["first"] == 1], frame[frame["first"] == 0]


@pytest.mark.parametrize("reference", ["pooled", "first", "second"])
def test_parts_and_rows_of_oaxaca_add_up_exactly(reference: str) -> None:
    frame = groups(3)
    found = of_groups(frame, reference=reference)
    first, second = by_group(frame)
    gap = first["y"].mean() - second["y"].mean()
    assert found.gap.estimate == pytest.approx(gap, rel=SAME)
    assert found.explained.estimate + found.unexplained.estimate == pytest.approx(gap, rel=SAME)
    for part in ("explained", "unexplained"):
        total = getattr(found, part).estimate
        assert found.detail[part].sum() == pytest.approx(total, rel=SAME)
        assert (found.detail[f"{part}_low"] <= found.detail[part]).all()
    assert found.detail.loc[CONSTANT, "explained"] == 0


def test_the_explained_row_of_a_covariate_by_hand() -> None:
    frame = groups(4)
    first, second = by_group(frame)
    pooled = sm.OLS(frame["y"], sm.add_constant(frame[["x", "z", "first"]])).fit()
    expected = (first["x"].mean() - second["x"].mean()) * pooled.params["x"]
    assert of_groups(frame).detail.loc["x", "explained"] == pytest.approx(expected, rel=SAME)


def test_the_error_of_the_gap_is_that_of_two_means() -> None:
    """Squared residuals of both groups over n², times n/(n-2)."""
    frame = groups(5)
    first, second = by_group(frame)
    variance = first["y"].var(ddof=0) / len(first) + second["y"].var(ddof=0) / len(second)
    n = len(frame)
    found = of_groups(frame).gap
    assert found.standard_error == pytest.approx(np.sqrt(variance * n / (n - 2)), rel=SAME)
    assert found.degrees == n - 1


# Errors against derivatives by the weight of each row, taken numerically


def weighted_oaxaca(frame: pd.DataFrame, w: np.ndarray, reference: str) -> np.ndarray:
    """Explained and unexplained part with row weights, by statsmodels' weighted regressions."""
    x = sm.add_constant(frame[["x", "z"]]).to_numpy()
    y, d = frame["y"].to_numpy(), frame["first"].to_numpy(bool)
    fits = [sm.WLS(y[r], x[r], w[r]).fit().params for r in (d, ~d)]
    pooled = sm.WLS(y, np.column_stack([x, d]), w).fit().params[:3]
    beta = {"pooled": pooled, "first": fits[0], "second": fits[1]}[reference]
    one, two = (np.average(x[r], axis=0, weights=w[r]) for r in (d, ~d))
    gap = np.average(y[d], weights=w[d]) - np.average(y[~d], weights=w[~d])
    explained = (one - two) @ beta
    return np.array([explained, gap - explained])


def weighted_kitagawa(frame: pd.DataFrame, w: np.ndarray) -> np.ndarray:
    """Rate and composition part with row weights, by pandas."""
    table = frame.assign(w=w, wy=w * frame["y"]).groupby(["first", "kind"])[["w", "wy"]].sum()
    rate = (table["wy"] / table["w"]).unstack()
    share = (table["w"] / table.groupby("first")["w"].transform("sum")).unstack()
    of_rate = ((share.loc[1] + share.loc[0]) / 2 * (rate.loc[1] - rate.loc[0])).sum()
    of_share = ((rate.loc[1] + rate.loc[0]) / 2 * (share.loc[1] - share.loc[0])).sum()
    return np.array([of_rate, of_share])


def linearised(
    parts: Callable[[np.ndarray], np.ndarray], w: np.ndarray, clusters: Any, counted: int
) -> np.ndarray:
    """Errors of both parts with the factor G/(G-1) · (n-1)/(n-K)."""
    step, n = 1e-5, len(w)
    moved = [parts(w + step * row) - parts(w - step * row) for row in np.eye(n)]
    influence = pd.DataFrame(np.array(moved) / (2 * step) * w[:, None])
    sums = influence.groupby(np.asarray(clusters)).sum()
    g = len(sums)
    factor = g / (g - 1) * (n - 1) / (n - counted)
    return np.sqrt(factor * (sums.to_numpy() ** 2).sum(axis=0))


@pytest.mark.parametrize("cluster", [None, "body"])
@pytest.mark.parametrize("reference", ["pooled", "first", "second"])
def test_the_errors_of_oaxaca_allow_for_means_and_coefficients(
    reference: str, cluster: str | None
) -> None:
    frame = groups(6, n=80)
    found = of_groups(frame, reference=reference, cluster=cluster)
    clusters = frame[cluster] if cluster else frame.index
    expected = linearised(
        lambda w: weighted_oaxaca(frame, w, reference), np.ones(len(frame)), clusters, 6
    )
    errors = [found.explained.standard_error, found.unexplained.standard_error]
    assert errors == pytest.approx(expected, rel=NUMERIC)
    assert found.explained.n_clusters == (20 if cluster else None)


@pytest.mark.parametrize("cluster", [None, "body"])
@pytest.mark.parametrize("weight", [None, "weight"])
def test_the_errors_of_kitagawa_allow_for_rates_and_composition(
    weight: str | None, cluster: str | None
) -> None:
    frame = groups(7, n=80)
    w = frame[weight].to_numpy() if weight else np.ones(len(frame))
    found = kitagawa_of(frame, weight=weight, cluster=cluster)
    parts = weighted_kitagawa(frame, w)
    assert [found.rate.estimate, found.composition.estimate] == pytest.approx(parts, rel=SAME)
    clusters = frame[cluster] if cluster else frame.index
    expected = linearised(lambda v: weighted_kitagawa(frame, v), w, clusters, 6)
    errors = [found.rate.standard_error, found.composition.standard_error]
    assert errors == pytest.approx(expected, rel=NUMERIC)


def test_errors_are_close_to_those_of_leaving_out_one_cluster_at_a_time() -> None:
    frame = groups(8, n=480)
    bodies = frame["body"].unique()
    for decompose in (of_groups, kitagawa_of):
        names = ("explained", "unexplained") if decompose is of_groups else ("rate", "composition")
        whole = decompose(frame, cluster="body")
        left = [decompose(frame[frame["body"] != body]) for body in bodies]
        for name in names:
            values = np.array([getattr(part, name).estimate for part in left])
            g = len(values)
            error = np.sqrt((g - 1) / g * ((values - values.mean()) ** 2).sum())
            found = getattr(whole, name).standard_error
            assert found == pytest.approx(error, rel=DELETE_ONE)


# Kitagawa


def test_kitagawa_by_hand() -> None:
    """Rates .5 and .8 with shares .6 and .4 against .4 and .6 with shares .5 and .5.

    Rates: .55·.1 + .45·.2 = .145; composition: .45·.1 + .7·(-.1) = -.025; gap .62 - .5 = .12.
    """
    table = kitagawa_parts(
        np.array([0.5, 0.8]), np.array([0.4, 0.6]), np.array([0.6, 0.4]), np.array([0.5, 0.5])
    )
    assert table["rate"].tolist() == pytest.approx([0.055, 0.09])
    assert table["composition"].tolist() == pytest.approx([0.045, -0.07])
    assert table.to_numpy().sum() == pytest.approx(0.12)


def test_kitagawa_of_weighted_cells_equals_that_of_the_rows_they_count() -> None:
    rows = groups(9).assign(y=lambda t: (t["y"] > 0.5) * 1)
    cells = rows.groupby(["first", "kind", "y"]).size().rename("count").reset_index()
    one, two = kitagawa_of(rows), kitagawa_of(cells, weight="count")
    for name in ("gap", "rate", "composition"):
        expected = getattr(one, name).estimate
        assert getattr(two, name).estimate == pytest.approx(expected, rel=SAME)
    assert two.detail.to_numpy() == pytest.approx(one.detail.to_numpy(), rel=SAME)


def test_kitagawa_adds_up_and_names_its_categories() -> None:
    frame = groups(10)
    found = kitagawa_of(frame)
    first, second = by_group(frame)
    gap = first["y"].mean() - second["y"].mean()
    assert found.gap.estimate == pytest.approx(gap, rel=SAME)
    assert found.rate.estimate + found.composition.estimate == pytest.approx(gap, rel=SAME)
    assert found.detail.sum().tolist() == pytest.approx(
        [found.rate.estimate, found.composition.estimate], rel=SAME
    )
    assert found.detail.index.tolist() == ["a", "b", "c"]


def test_kitagawa_is_the_mean_of_both_references_of_oaxaca() -> None:
    """With a dummy per category, valued by either group's rates."""
    frame = groups(11).assign(
        b=lambda t: (t["kind"] == "b") * 1, c=lambda t: (t["kind"] == "c") * 1
    )
    parts = [
        of_groups(frame, covariates=["b", "c"], reference=reference).explained.estimate
        for reference in ("first", "second")
    ]
    assert kitagawa_of(frame).composition.estimate == pytest.approx(np.mean(parts), rel=SAME)


def test_groups_changed_about_change_the_sign() -> None:
    frame = groups(12)
    other = frame.assign(first=1 - frame["first"])
    for decompose, name in ((kitagawa_of, "rate"), (of_groups, "unexplained")):
        one, two = (getattr(decompose(f), name) for f in (frame, other))
        assert two.estimate == pytest.approx(-one.estimate, rel=SAME)
        assert two.ci_low == pytest.approx(-one.ci_high, rel=SAME)


# Properties, checks and bad input


def test_order_of_rows_and_units_do_not_matter() -> None:
    frame = groups(13)
    shuffled = frame.sample(frac=1, random_state=1)
    yen = frame.assign(x=frame["x"] * 1e8, y=frame["y"] * 1000)
    for part in ("explained", "unexplained"):
        one, two, three = (getattr(of_groups(f), part) for f in (frame, shuffled, yen))
        assert (two.estimate, two.ci_low) == pytest.approx((one.estimate, one.ci_low), rel=SAME)
        assert three.estimate == pytest.approx(1000 * one.estimate, rel=1e-7)
        assert three.standard_error == pytest.approx(1000 * one.standard_error, rel=1e-7)
    one, two = (kitagawa_of(f).detail for f in (frame, shuffled))
    assert two.to_numpy() == pytest.approx(one.to_numpy(), rel=SAME)


def test_names_and_checks_of_both() -> None:
    frame = groups(14)
    found = of_groups(frame, cluster="body").explained
    assert (found.method, found.design) == ("oaxaca_blinder", "decomposition")
    assert [check.name for check in found.checks] == ["common_ground", "enough_clusters"]
    assert found.checks[1] == Check("enough_clusters", True, 40.0)
    plain = kitagawa_of(frame).rate
    assert (plain.method, plain.design) == ("kitagawa", "decomposition")
    assert plain.checks == (Check("common_ground", True, 1.0),)


def test_groups_without_common_ground_fail_the_check() -> None:
    frame = groups(15)
    apart = frame.assign(x=frame["x"] + 20 * frame["first"])
    assert of_groups(apart).gap.checks[0] == Check("common_ground", False, 0.0)
    rare = frame.assign(kind=np.where(frame.index < 4, "rare", "usual"))
    rare["weight"] = np.where(frame.index < 4, 30.0, 1.0)
    assert kitagawa_of(rare).gap.checks[0].passed
    heavy = kitagawa_of(rare, weight="weight").gap.checks[0]
    # 60 of 60 + 78 in each group lie in a category with two rows a group.
    assert heavy.passed is False and heavy.value == pytest.approx(78 / 138, rel=SAME)


@pytest.mark.parametrize("column", ["y", "x", "first", "body"])
def test_missing_values_are_refused_by_oaxaca(column: str) -> None:
    frame = groups().astype({"body": float, "first": float})
    frame.loc[3, column] = np.nan
    with pytest.raises(MethodError, match=column):
        of_groups(frame, cluster="body")


@pytest.mark.parametrize("column", ["y", "kind", "first", "body", "weight"])
def test_missing_values_are_refused_by_kitagawa(column: str) -> None:
    frame = groups().astype({"body": float, "first": float})
    frame.loc[3, column] = np.nan
    with pytest.raises(MethodError, match=column):
        kitagawa_of(frame, cluster="body", weight="weight")


def test_other_bad_input_is_refused() -> None:
    frame = groups()
    with pytest.raises(MethodError, match="0 と 1"):
        of_groups(frame.assign(first=1))
    with pytest.raises(MethodError, match="区分"):
        kitagawa_of(frame.assign(kind=frame["first"].map({0: "a", 1: "b"})))
    with pytest.raises(MethodError, match="reference"):
        of_groups(frame, reference="both")
    with pytest.raises(MethodError, match="重複"):
        of_groups(frame.assign(z=2 * frame["x"]))
    with pytest.raises(MethodError, match="片方の集団"):
        of_groups(frame.assign(z=frame["z"] * frame["first"]))
    with pytest.raises(MethodError, match="クラスター"):
        of_groups(frame.assign(body=1), cluster="body")
    with pytest.raises(MethodError, match="重み"):
        kitagawa_of(frame.assign(weight=0.0), weight="weight")
    with pytest.raises(MethodError, match="構成比"):
        kitagawa_parts(np.ones(2), np.ones(2), np.array([0.5, 0.4]), np.array([0.5, 0.5]))
