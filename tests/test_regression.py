"""Errors of regressions and correlations against R, Stata, statsmodels and explicit matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.datasets import grunfeld

from ebpm.methods import few_clusters
from ebpm.methods.correlation import correlation
from ebpm.methods.few_clusters import wild_bootstrap
from ebpm.methods.means import mean
from ebpm.methods.regression import CONSTANT, MethodError, Regression, ols
from support.explicit import explicit_cr2

PRINTED = 1e-9  # R prints twelve digits, of which the last few are rounding
CUT_8 = 1e-8  # the tests of dfadjust give degrees of freedom cut to eight decimals
PRINTED_10 = 5e-10  # Stata's table in the tests of dfadjust, with eight to ten decimals
GRUNFELD_PRINTED = 5e-9
SAME = 1e-9  # the same algebra in another order of operations
DEMEANED = 1e-7  # fixed effects taken out in rounds instead of solved with dummies
SEARCHED = 2e-3  # the ends of a bootstrap interval are searched to a thousandth of an error
# Seeded simulations: a band that a right method misses about once in ten thousand seeds.
FALSE_POSITIVES_OF_200 = 0.12
TOO_MANY_OF_200 = 0.12
CLOSE = 0.06  # two formulas for the same large-sample error, 2,000 rows


def firms() -> pd.DataFrame:
    return grunfeld.load_pandas().data


def clustered(seed: int = 1, groups: int = 8, size: int = 7) -> pd.DataFrame:
    """Clusters of different size, a crossed and a nested classification, weights."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), random.integers(size - 3, size + 4, groups))
    n = len(group)
    x = random.normal(size=n) + random.normal(size=groups)[group]
    frame = pd.DataFrame({"x": x, "z": random.normal(size=n), "group": group})
    frame["kind"] = random.integers(0, 3, n)
    frame["half"] = 2 * group + random.integers(0, 2, n)
    frame["weight"] = random.uniform(0.2, 9, n)
    common = random.normal(size=groups)[group]
    frame["y"] = 1 + 0.5 * x - 0.2 * frame["z"] + common + random.normal(size=n)
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def table_of(fit: Regression, name: str) -> tuple[float, float, float]:
    row = fit.coefficients.loc[name]
    return float(row["estimate"]), float(row["standard_error"]), float(row["degrees"])


# CR2 and Satterthwaite: R's clubSandwich 0.5.8 (R 4.2.2), `coef_test(m, "CR2", firm,
# test = "Satterthwaite")` on Grunfeld's eleven firms; the formula stands beside each.

CLUB: list[tuple[dict[str, Any], str, tuple[float, float, float]]] = [
    # lm(invest ~ value + capital)
    ({}, "value", (0.114534363011, 0.0166669574213, 2.35348435422)),
    ({}, "capital", (0.227514125550, 0.1107065532874, 2.88987154164)),
    ({}, CONSTANT, (-38.410053986392, 22.8688249089470, 7.22144500524)),
    # lm(invest ~ value + capital, weights = value)
    ({"weights": "value"}, "value", (0.106106847154, 0.0175827056391, 1.19410803137)),
    ({"weights": "value"}, "capital", (0.347609846177, 0.1652365976582, 1.05359341257)),
    # lm(invest ~ value + capital + factor(firm) + factor(year))
    (
        {"fixed_effects": ["firm", "year"]},
        "capital",
        (0.351435694157, 0.0968878375769, 1.89500875384),
    ),
    (
        {"fixed_effects": ["firm", "year"]},
        "value",
        (0.116681132097, 0.0205156201417, 2.35309067538),
    ),
    # the same with weights = value: only firms, firms and years, only years
    (
        {"fixed_effects": ["firm"], "weights": "value"},
        "value",
        (0.116134625587, 0.0183200012024, 1.10965914989),
    ),
    (
        {"fixed_effects": ["firm", "year"], "weights": "value"},
        "capital",
        (0.395906448058, 0.1128698200377, 1.38398041623),
    ),
    (
        {"fixed_effects": ["year"], "weights": "value"},
        "capital",
        (0.335759794963, 0.2727642749602, 1.42936286081),
    ),
]


@pytest.mark.parametrize(("options", "name", "expected"), CLUB)
def test_cr2_is_that_of_club_sandwich(
    options: dict[str, Any], name: str, expected: tuple[float, float, float]
) -> None:
    fit = ols(firms(), "invest", ["value", "capital"], cluster="firm", errors="CR2", **options)
    tolerance = DEMEANED if options.get("fixed_effects") else PRINTED
    assert table_of(fit, name) == pytest.approx(expected, rel=tolerance)


def test_grunfeld_without_american_steel_has_cr2_by_default_and_the_textbook_errors() -> None:
    """Ten firms: clubSandwich's CR2, and the error of equal variances that Stata prints."""
    data = firms()[firms()["firm"] != "American Steel"]
    effects = ["firm", "year"]
    fit = ols(data, "invest", ["capital"], cluster="firm", fixed_effects=effects)
    expected = (0.413801834595, 0.131447911054, 1.64476368957)
    assert table_of(fit, "capital") == pytest.approx(expected, rel=DEMEANED)
    assert (fit.method, fit.errors) == ("fixed_effects_ols_cr2", "CR2")
    plain = ols(data, "invest", ["capital"], cluster=None, fixed_effects=effects, errors="iid").of(
        "capital"
    )
    assert plain.standard_error == pytest.approx(0.02597821, abs=GRUNFELD_PRINTED)
    assert plain.degrees == 200 - 30


def with_dummies(data: pd.DataFrame, effects: Sequence[str]) -> np.ndarray:
    """All levels of the first effect, the others without their first; or the constant."""
    if not effects:
        return np.ones((len(data), 1))
    first, *others = (pd.get_dummies(data[name]).to_numpy(float) for name in effects)
    return np.column_stack([first, *(other[:, 1:] for other in others)])


EFFECTS = [(), ("group",), ("kind",), ("half",), ("group", "kind"), ("half", "kind")]


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("effects", EFFECTS)
def test_cr2_follows_from_explicit_matrices(effects: tuple[str, ...], weights: str | None) -> None:
    data = clustered()
    x = np.column_stack([data[["x", "z"]], with_dummies(data, effects)])
    w = data[weights].to_numpy() if weights else np.ones(len(data))
    both = np.eye(x.shape[1])[:2]
    variance, degrees = explicit_cr2(data["y"].to_numpy(), x, w, data["group"].to_numpy(), both)
    fit = ols(data, "y", ["x", "z"], cluster="group", fixed_effects=effects, weights=weights)
    for i, name in enumerate(["x", "z"]):
        expected = np.sqrt(variance[i]), degrees[i]
        assert table_of(fit, name)[1:] == pytest.approx(expected, rel=DEMEANED)


def test_cr2_of_a_before_and_after_comparison_is_welchs_t() -> None:
    """Two points in time and effects of both: the t of unequal variances of the changes."""
    random = np.random.default_rng(4)
    treated = np.repeat(np.arange(13) < 9, 2)
    late = np.tile([0, 1], 13)
    frame = pd.DataFrame({"g": np.repeat(np.arange(13), 2), "t": late, "d": treated * late})
    frame["y"] = 0.4 * frame["d"] + random.normal(size=13)[frame["g"]] + random.normal(size=26)
    change = frame["y"].to_numpy().reshape(13, 2) @ [-1, 1]
    reference = stats.ttest_ind(change[:9], change[9:], equal_var=False)
    result = ols(frame, "y", ["d"], cluster="g", fixed_effects=["g", "t"]).of("d")
    assert result.estimate == pytest.approx(change[:9].mean() - change[9:].mean(), rel=SAME)
    assert result.estimate / (result.standard_error or 0) == pytest.approx(
        reference.statistic, rel=DEMEANED
    )


def test_a_mean_of_few_equal_clusters_is_the_t_of_their_means() -> None:
    data = clustered(groups=7)
    values = data.groupby("group").head(4)
    result = mean(values["y"], values["group"])
    means = values.groupby("group")["y"].mean()
    low, high = stats.t.interval(0.95, 6, loc=means.mean(), scale=stats.sem(means))
    assert (result.ci_low, result.ci_high) == pytest.approx((low, high), rel=SAME)


def pilot(random: np.random.Generator) -> pd.DataFrame:
    """Three of twenty clusters treated; nothing happens."""
    g = np.repeat(np.arange(20), 6)
    y = random.normal(size=20)[g] + random.normal(size=120)
    return pd.DataFrame({"y": y, "d": (g < 3).astype(float), "g": g})


def test_three_treated_of_twenty_are_not_found_by_chance() -> None:
    random = np.random.default_rng(5)
    found = dict.fromkeys(("CR1", "CR2"), 0)
    for _ in range(200):
        frame = pilot(random)
        for errors in found:
            fit = ols(frame, "y", ["d"], cluster="g", errors=errors)  # type: ignore[arg-type]
            found[errors] += fit.coefficients.loc["d", "p_value"] < 0.05
    assert found["CR2"] / 200 < 0.07
    assert found["CR1"] / 200 > TOO_MANY_OF_200  # the simulation can tell the two apart


def test_few_degrees_of_freedom_and_few_treated_clusters_fail_their_checks() -> None:
    frame = pilot(np.random.default_rng(6))
    chosen = ols(frame, "y", ["d"], cluster="g").of("d")
    assert [(c.name, c.passed) for c in chosen.checks] == [
        ("enough_clusters", False),
        ("enough_degrees", False),
    ]
    assert chosen.degrees == chosen.checks[1].value and 2 < (chosen.degrees or 0) < 4
    asked = ols(frame, "y", ["d"], cluster="g", errors="CR1").of("d")
    assert (asked.checks[1].name, asked.checks[1].value) == ("enough_treated_clusters", 3)
    assert asked.checks[1].passed is False and asked.degrees == 19


@pytest.mark.parametrize("effects", [(), ("g", "t")])
def test_a_single_treated_cluster_has_no_error(effects: tuple[str, ...]) -> None:
    random = np.random.default_rng(7)
    g, t = np.repeat(np.arange(12), 4), np.tile(np.arange(4), 12)
    d = (g == 0) & (t >= 2) if effects else g == 0
    frame = pd.DataFrame({"g": g, "t": t, "d": d.astype(float), "x": random.normal(size=48)})
    frame["y"] = random.normal(size=48)
    fit = ols(frame, "y", ["d", "x"], cluster="g", fixed_effects=effects)
    with pytest.raises(MethodError, match="ただ一つのクラスター"):
        fit.of("d")
    assert np.isfinite(fit.of("x").ci_low)


# Which errors are chosen


@pytest.mark.parametrize(
    ("groups", "treated", "errors"),
    [(29, None, "CR2"), (30, None, "CR1"), (80, 29, "CR2"), (80, 30, "CR1"), (80, 51, "CR2")],
)
def test_the_default_follows_the_smaller_number_of_clusters(
    groups: int, treated: int | None, errors: str
) -> None:
    data = clustered(groups=groups)
    regressors = ["x"] if treated is None else ["x", "d"]
    if treated is not None:
        data["d"] = (data["group"] < treated).astype(float)
    fit = ols(data, "y", regressors, cluster="group")
    assert fit.errors == errors
    assert fit.of("x").degrees == (groups - 1 if errors == "CR1" else table_of(fit, "x")[2])


def test_other_errors_have_names_of_their_own() -> None:
    data = clustered()
    two = ols(data, "y", ["x"], cluster=("group", "kind"))
    assert (two.method, two.n_clusters) == ("ols_two_way_cr2", 3)
    none = ols(data, "y", ["x"], cluster=None)
    assert (none.method, none.n_clusters) == ("ols_hc3", None)
    assert [c.name for c in none.of("x").checks] == ["enough_rows", "enough_degrees"]
    fixed = ols(data, "y", ["x"], cluster=None, fixed_effects=["kind"], errors="HC1")
    assert fixed.method == "fixed_effects_ols_hc1"


@pytest.mark.parametrize(
    ("cluster", "errors"),
    [(None, "CR1"), (None, "CR2"), ("group", "HC3"), ("group", "iid"), (("group", "kind"), "HC1")],
)
def test_errors_that_do_not_go_with_the_clusters_are_refused(cluster: Any, errors: Any) -> None:
    with pytest.raises(MethodError, match="errors="):
        ols(clustered(), "y", ["x"], cluster=cluster, errors=errors)


def test_one_cluster_in_either_way_is_refused() -> None:
    with pytest.raises(MethodError, match="クラスター"):
        ols(clustered().assign(one=1), "y", ["x"], cluster=("group", "one"))


def test_too_many_crossed_levels_are_refused_with_a_way_out() -> None:
    data = pd.concat([clustered(seed=1, groups=12, size=200)] * 4, ignore_index=True)
    data["many"] = np.arange(len(data)) // 2 % 4_000
    with pytest.raises(MethodError, match="CR1"):
        ols(data, "y", ["x"], cluster="group", fixed_effects=["many", "kind"])


@pytest.mark.parametrize("errors", ["CR1", "CR2"])
def test_neither_order_nor_units_change_what_is_found(errors: Any) -> None:
    data = clustered()
    options: dict[str, Any] = {"cluster": "group", "weights": "weight", "errors": errors}
    plain = ols(data, "y", ["x", "z"], fixed_effects=["kind"], **options).of("x")
    other = data.sample(frac=1, random_state=3).assign(
        x=data["x"] * 1e4, weight=data["weight"] * 7, group=-data["group"]
    )
    again = ols(other, "y", ["x", "z"], fixed_effects=["kind"], **options).of("x").scaled(1e4)
    for name in ("estimate", "ci_low", "ci_high", "p_value", "degrees"):
        assert getattr(again, name) == pytest.approx(getattr(plain, name), rel=DEMEANED)


# Two ways


def test_two_way_errors_are_those_of_r() -> None:
    """sandwich 3.0: vcovCL(m, ~ firm + year, type = "HC0", cadjust = FALSE), times the factor of
    the convention. The variance of `capital` lies below that by firm alone, which is given then.
    """
    data = firms()
    factor = np.sqrt(11 / 10 * 219 / 217)
    fit = ols(data, "invest", ["value", "capital"], cluster=("firm", "year"), errors="CR1")
    assert table_of(fit, "value")[1:] == pytest.approx((0.0157822281942 * factor, 10), rel=PRINTED)
    by_firm = ols(data, "invest", ["value", "capital"], cluster="firm", errors="CR1")
    assert 0.0750523545332 * factor < table_of(by_firm, "capital")[1]
    assert table_of(fit, "capital")[1] == pytest.approx(table_of(by_firm, "capital")[1], rel=SAME)


def test_two_way_errors_are_those_of_statsmodels() -> None:
    random = np.random.default_rng(9)
    data = clustered(9, groups=15, size=12).assign(year=lambda t: t["kind"] + 3 * (t.index % 4))
    for name in ("x", "y"):
        data[name] += random.normal(size=12)[data["year"]]
    kwds = {"groups": data[["group", "year"]].to_numpy(), "use_correction": False}
    reference = smf.ols("y ~ x + z", data).fit(cov_type="cluster", cov_kwds=kwds)
    fit = ols(data, "y", ["x", "z"], cluster=("group", "year"), errors="CR1")
    n, g = len(data), data["year"].nunique()
    factor = np.sqrt(g / (g - 1) * (n - 1) / (n - 3))
    one_way = ols(data, "y", ["x", "z"], cluster="group", errors="CR1")
    assert table_of(fit, "x")[1] == pytest.approx(reference.bse["x"] * factor, rel=SAME)
    assert table_of(fit, "x")[1] > table_of(one_way, "x")[1]


def test_two_equal_ways_are_one() -> None:
    data = clustered().assign(same=lambda t: t["group"] * 10)
    for errors in ("CR1", "CR2"):
        one: Any = ols(data, "y", ["x"], cluster="group", errors=errors)
        two: Any = ols(data, "y", ["x"], cluster=("group", "same"), errors=errors)
        if errors == "CR1":
            assert table_of(two, "x") == pytest.approx(table_of(one, "x"), rel=SAME)
        else:
            assert table_of(two, "x")[1] >= table_of(one, "x")[1]


# Rows


SANDWICH = [
    # sandwich 3.0: sqrt(diag(vcovHC(m, type))) of value and capital; plain, weights = value,
    # firm and year effects as dummies, both
    ("HC1", {}, 0.00677807578593, 0.04889688439535),
    ("HC1", {"weights": "value"}, 0.00840599530806, 0.04837238472002),
    ("HC1", {"fixed_effects": ["firm", "year"]}, 0.0191007534213, 0.0528701098403),
    ("HC2", {}, 0.00691607472547, 0.05310081969949),
    ("HC2", {"weights": "value"}, 0.00886460066002, 0.05656114778874),
    ("HC2", {"fixed_effects": ["firm", "year"]}, 0.0202692466378, 0.0610219289028),
    ("HC3", {}, 0.00711115725569, 0.05827542569433),
    ("HC3", {"weights": "value"}, 0.00944352354192, 0.06747230012472),
    ("HC3", {"fixed_effects": ["firm", "year"]}, 0.0234209673284, 0.0766930600290),
    (
        "HC3",
        {"fixed_effects": ["firm", "year"], "weights": "value"},
        0.0294603031923,
        0.1126294890951,
    ),
]


@pytest.mark.parametrize(("errors", "options", "value", "capital"), SANDWICH)
def test_heteroskedastic_errors_are_those_of_r(
    errors: Any, options: dict[str, Any], value: float, capital: float
) -> None:
    fit = ols(firms(), "invest", ["value", "capital"], cluster=None, errors=errors, **options)
    found = table_of(fit, "value")[1], table_of(fit, "capital")[1]
    assert found == pytest.approx((value, capital), rel=DEMEANED)


@pytest.mark.parametrize("errors", ["HC1", "HC2", "HC3"])
def test_heteroskedastic_errors_are_those_of_statsmodels(errors: Any) -> None:
    data = clustered()
    reference = sm.OLS(data["y"], sm.add_constant(data[["x", "z"]])).fit(cov_type=errors)
    fit = ols(data, "y", ["x", "z"], cluster=None, errors=errors)
    assert table_of(fit, "z")[1] == pytest.approx(reference.bse["z"], rel=SAME)


def test_errors_and_degrees_are_those_of_stata_and_dfadjust() -> None:
    """The tests of R's dfadjust (Kolesár): Stata's `reg, vce(hc2)`, `r` and `cluster()`."""
    at = np.arange(10)
    data = pd.DataFrame(
        {
            "y": np.concatenate([np.cos(at), np.tan(at + 1)]),
            "x": np.concatenate([np.sin(at + 1), np.sin(at + 2)]),
            "g": np.tile([2, 1, 3, 2, 2, 3, 3, 1, 1, 2], 2),
        }
    )
    for errors, cluster, constant, slope in (
        ("HC1", None, 0.4278077455, 0.4392155956),
        ("HC2", None, 0.4227339762, 0.4421048122),
        ("CR1", "g", 0.4827602183, 0.1814501834),
    ):
        fit: Any = ols(data, "y", ["x"], cluster=cluster, errors=errors)  # type: ignore[arg-type]
        found = table_of(fit, CONSTANT)[1], table_of(fit, "x")[1]
        assert found == pytest.approx((constant, slope), abs=PRINTED_10)
    short = pd.DataFrame({"y": at + 1.0, "a": np.sin(at + 1), "b": np.sin(at + 2), "row": at})
    expected = (3.90754737, 4.77265484, 4.94624731)
    by_row = ols(short, "y", ["a", "b"], cluster="row", errors="CR2")
    for fit in (ols(short, "y", ["a", "b"], cluster=None, errors="HC2"), by_row):
        found_degrees = tuple(table_of(fit, name)[2] for name in ("a", "b", CONSTANT))
        assert found_degrees == pytest.approx(expected, abs=CUT_8)


@pytest.mark.parametrize("effects", EFFECTS)
def test_degrees_of_rows_follow_from_explicit_matrices(effects: tuple[str, ...]) -> None:
    """Weighted data are plain data once both sides are multiplied by the root of the weight."""
    data = clustered()
    x = np.column_stack([data[["x", "z"]], with_dummies(data, effects)])
    root = np.sqrt(data["weight"].to_numpy())
    y, one = data["y"].to_numpy() * root, np.ones(len(data))
    first = np.eye(x.shape[1])[:1]
    variance, degrees = explicit_cr2(y, x * root[:, None], one, np.arange(len(data)), first)
    fit = ols(
        data, "y", ["x", "z"], cluster=None, fixed_effects=effects, weights="weight", errors="HC2"
    )
    expected = np.sqrt(variance[0]), degrees[0]
    assert table_of(fit, "x")[1:] == pytest.approx(expected, rel=DEMEANED)


def test_a_coefficient_that_one_row_determines_has_no_error() -> None:
    data = clustered().assign(only=lambda t: (t.index == 3).astype(float))
    fit = ols(data, "y", ["x", "only"], cluster=None)
    with pytest.raises(MethodError, match="行"):
        fit.of("only")
    without = ols(data.drop(index=3), "y", ["x"], cluster=None)
    assert table_of(fit, "x") == pytest.approx(table_of(without, "x"), rel=SAME)


# Wild cluster bootstrap


def explicit_wild_p(data: pd.DataFrame, value: float, effects: list[str]) -> float:
    """Every draw fitted anew: outcomes made under the value tested, t with errors by cluster."""
    others = np.column_stack([data[["z"]], with_dummies(data, effects)])
    x = np.column_stack([data["x"], others])
    groups = data["group"].to_numpy()

    def t_of(y: np.ndarray) -> float:
        bread = np.linalg.inv(x.T @ x)
        beta = bread @ x.T @ y
        scores = x * (y - x @ beta)[:, None]
        sums = np.array([scores[groups == g].sum(axis=0) for g in np.unique(groups)])
        return float((beta[0] - value) / np.sqrt((bread @ sums.T @ sums @ bread)[0, 0]))

    moved = data["y"].to_numpy() - value * x[:, 0]
    fitted = others @ np.linalg.lstsq(others, moved, rcond=None)[0]
    random = np.random.default_rng(few_clusters.SEED)
    clusters = len(np.unique(groups))
    six = np.sqrt([0.5, 1, 1.5])
    points = [-1.0, 1.0] if clusters >= 12 else np.concatenate([-six, six])
    signs = random.choice(points, size=(few_clusters.DRAWS, clusters))
    codes = pd.factorize(groups)[0]
    observed = abs(t_of(data["y"].to_numpy()))
    drawn = [t_of(value * x[:, 0] + fitted + s[codes] * (moved - fitted)) for s in signs]
    return float(((np.abs(drawn) >= observed * (1 - 1e-9)).sum() + 1) / (few_clusters.DRAWS + 1))


@pytest.mark.parametrize(("groups", "effects"), [(8, []), (13, []), (8, ["group", "kind"])])
def test_the_wild_bootstrap_follows_from_fitting_every_draw(
    groups: int, effects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_clusters, "DRAWS", 399)
    data = clustered(11, groups=groups, size=5)
    data["y"] -= 0.4 * data["x"]
    options: dict[str, Any] = {"cluster": "group", "fixed_effects": effects}
    result = wild_bootstrap(data, "y", ["x", "z"], "x", **options)
    assert result.p_value == pytest.approx(explicit_wild_p(data, 0.0, effects), abs=1e-12)
    assert result.estimate == pytest.approx(
        table_of(ols(data, "y", ["x", "z"], **options), "x")[0], rel=DEMEANED
    )
    reach = SEARCHED * (result.ci_high - result.ci_low)
    assert explicit_wild_p(data, result.ci_high + reach, effects) <= 0.05
    assert explicit_wild_p(data, result.ci_high - reach, effects) > 0.05


def test_an_interval_without_an_end_is_refused() -> None:
    with pytest.raises(MethodError, match="少なすぎ"):
        wild_bootstrap(clustered(groups=2), "y", ["x"], "x", cluster="group")


@pytest.mark.parametrize("made", [lambda t: 2 * t["x"], lambda t: 3.0])
def test_an_outcome_without_residuals_is_refused(made: Any) -> None:
    with pytest.raises(MethodError, match="残差"):
        wild_bootstrap(clustered().assign(y=made), "y", ["x"], "x", cluster="group")


# Correlation with weights and clusters


def weighted_pair(n: int = 60, seed: int = 12) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    z = random.normal(size=n)
    frame = pd.DataFrame({"x": z + random.normal(size=n), "y": z - random.normal(size=n), "z": z})
    frame = frame.round(1).assign(weight=random.integers(1, 6, n).astype(float))
    return frame.assign(g=random.integers(0, n // 4, n))


@pytest.mark.parametrize("rank", [True, False])
def test_a_weighted_correlation_is_that_of_repeated_rows(rank: bool) -> None:
    data = weighted_pair()
    repeated = data.loc[data.index.repeat(data["weight"].astype(int))]
    result = correlation(data, "x", "y", rank=rank, weights="weight")
    reference = stats.spearmanr if rank else stats.pearsonr
    assert result.estimate == pytest.approx(reference(repeated["x"], repeated["y"])[0], rel=SAME)
    assert result.method == ("weighted_spearman" if rank else "weighted_pearson")
    partial = correlation(data, "x", "y", given=["z"], rank=rank, weights="weight")
    expected = correlation(repeated, "x", "y", given=["z"], rank=rank).estimate
    assert partial.estimate == pytest.approx(expected, rel=SAME)


@pytest.mark.parametrize("given", [[], ["z"]])
@pytest.mark.parametrize("rank", [True, False])
def test_the_error_of_a_weighted_correlation_is_the_jackknifes(
    rank: bool, given: list[str]
) -> None:
    """Leaving out each cluster in turn: the same error in large samples, by another way."""
    data = weighted_pair(2_000)
    options: dict[str, Any] = {"given": given, "rank": rank, "weights": "weight", "cluster": "g"}
    result = correlation(data.assign(g=data["g"] % 40), "x", "y", **options)
    left = [
        np.arctanh(correlation(data[data["g"] % 40 != g], "x", "y", **options).estimate)
        for g in range(40)
    ]
    expected = np.sqrt(39 / 40 * ((left - np.mean(left)) ** 2).sum())
    totals = data.groupby(data["g"] % 40)["weight"].sum()
    effective = totals.sum() ** 2 / (totals**2).sum()
    reach = (np.arctanh(result.ci_high) - np.arctanh(result.ci_low)) / 2
    assert reach / stats.t.ppf(0.975, effective - 1) == pytest.approx(expected, rel=CLOSE)
    assert result.checks[1].value == pytest.approx(effective)


@pytest.mark.parametrize("rank", [True, False])
def test_equal_weights_come_close_to_the_plain_interval(rank: bool) -> None:
    random = np.random.default_rng(13)
    values = random.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 2_000)
    frame = pd.DataFrame(values, columns=["x", "y"]).assign(one=3.0)
    plain = correlation(frame, "x", "y", rank=rank)
    weighted = correlation(frame, "x", "y", rank=rank, weights="one")
    assert weighted.estimate == pytest.approx(plain.estimate, rel=SAME)
    width = (weighted.ci_high - weighted.ci_low) / (plain.ci_high - plain.ci_low)
    assert width == pytest.approx(1, abs=CLOSE)


def test_a_few_heavy_rows_fail_the_check_of_the_effective_sample() -> None:
    data = weighted_pair(200)
    data.loc[:9, "weight"] = 1_000
    check = correlation(data, "x", "y", weights="weight").checks[0]
    assert (check.name, check.passed) == ("effective_sample", False)
    assert check.value == pytest.approx(10, abs=2)


@pytest.mark.parametrize("rank", [True, False])
def test_perfect_correlation_has_no_error(rank: bool) -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 4, 6, 8, 10]})
    with pytest.raises(MethodError, match="完全"):
        correlation(frame, "x", "y", rank=rank)


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_a_correlation_refuses_weights_that_are_none(weight: float) -> None:
    data = weighted_pair()
    data.loc[3, "weight"] = weight
    with pytest.raises(MethodError):
        correlation(data, "x", "y", weights="weight")
