"""Difference in differences and permutation tests: textbook, statsmodels, SciPy, by hand."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from linearmodels.datasets import jobtraining
from scipy import stats

from ebpm.evidence.grade import grade
from ebpm.methods import did, permutation
from ebpm.methods.panels import joint_test
from ebpm.methods.permutation import permutation_did, permutation_test
from ebpm.methods.regression import MethodError
from ebpm.methods.result import Check, Estimate

SAME = 1e-9  # the same algebra in another order of operations; fixed effects out in rounds
PRINTED = 5e-4  # Wooldridge prints three decimals
DRAWN = 4 * 0.5 / np.sqrt(permutation.DRAWS)  # four standard errors of a share of random draws
NAMES = {"unit": "unit", "time": "time", "outcome": "y"}
TWO = NAMES | {"treated": "treated", "post": "post"}
START = 4


@pytest.fixture(autouse=True)
def no_silent_arithmetic() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def panel(seed: int = 1, treated: int = 14, others: int = 21, periods: int = 6) -> pd.DataFrame:
    """Units with levels of their own, correlated errors, weights and regions; start at START."""
    random = np.random.default_rng(seed)
    n = treated + others
    error = random.normal(size=(n, periods)).cumsum(axis=1) * 0.5 + random.normal(size=(n, periods))
    d = np.arange(n) < treated
    time = np.arange(1, periods + 1)
    y = error + 3 * random.normal(size=(n, 1)) + 0.2 * time + 0.8 * d[:, None] * (time >= START)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(time, n),
            "y": y.ravel(),
            "treated": np.repeat(d.astype(int), periods),
            "post": np.tile((time >= START).astype(int), n),
            "weight": np.repeat(random.uniform(0.5, 20, size=n), periods),
            "region": np.repeat(np.arange(n) % 35, periods),
            "start": np.repeat(np.where(d, START, 0), periods),
        }
    ).sample(frac=1, random_state=seed, ignore_index=True)


def check(result: Estimate, name: str) -> Check:
    return next(each for each in result.checks if each.name == name)


def unit_means(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Each unit's mean after less its mean before: of treated units and of the others."""
    means = frame.groupby(["treated", "unit", "post"])["y"].mean().unstack()
    change = means[1] - means[0]
    return change.loc[1].to_numpy(), change.loc[0].to_numpy()


def welch(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Standard error of a difference of means, and its degrees of freedom if both variances are
    alike in truth (Bell and McCaffrey 2002, two groups).
    """
    n, m = len(one), len(other)
    error = np.sqrt(one.var(ddof=1) / n + other.var(ddof=1) / m)
    degrees = (1 / n + 1 / m) ** 2 / (1 / (n**2 * (n - 1)) + 1 / (m**2 * (m - 1)))
    return float(error), float(degrees)


def dummies(data: pd.DataFrame, formula: str, weights: Any = 1.0) -> tuple[Any, float]:
    """Least squares with all dummies and cluster scores, and the factor of fixest."""
    groups = pd.factorize(data["unit"])[0]
    options: dict[str, Any] = {
        "cov_type": "cluster",
        "cov_kwds": {"groups": groups, "use_correction": False},
    }
    model = smf.wls(f"{formula} + C(unit) + C(time)", data, weights=weights)
    n, g, k = len(data), groups.max() + 1, model.exog.shape[1] - (groups.max() + 1) + 1
    return model.fit(**options), np.sqrt(g / (g - 1) * (n - 1) / (n - k))


# Two by two


@pytest.mark.parametrize(("outcome", "printed"), [("scrap", -0.739), ("lscrap", -0.317)])
def test_job_training_grants_equal_wooldridge(outcome: str, printed: float) -> None:
    """Wooldridge, Introductory Econometrics, section 13.4: scrap rates 1987 and 1988, 54 firms."""
    data = jobtraining.load()
    data = data[data["year"] <= 1988].dropna(subset=[outcome])
    data = data[data.groupby("fcode")["year"].transform("size") == 2]
    data = data.assign(
        treated=data.groupby("fcode")["grant"].transform("max"), post=data["year"] == 1988
    )
    result = did.two_by_two(
        data, unit="fcode", time="year", outcome=outcome, treated="treated", post="post"
    )
    assert result.estimate == pytest.approx(printed, abs=PRINTED)
    assert (result.n, result.n_clusters) == (108, 54)
    assert check(result, "pre_periods") == Check("pre_periods", False, 1.0)
    assert check(result, "pre_trends") == Check("pre_trends", None, None)


@pytest.mark.parametrize("weighted", [False, True])
def test_two_by_two_equals_dummies_with_clustered_errors(weighted: bool) -> None:
    data = panel()
    weights = data["weight"] if weighted else 1.0
    fit, factor = dummies(data, "y ~ treated:post", weights)
    result = did.two_by_two(data, **TWO, weights="weight" if weighted else None)
    assert result.estimate == pytest.approx(fit.params["treated:post"], rel=SAME)
    assert result.standard_error == pytest.approx(fit.bse["treated:post"] * factor, rel=SAME)
    reach = stats.t.ppf(0.975, 34) * result.standard_error
    assert result.ci_high == pytest.approx(result.estimate + reach, rel=SAME)


def test_two_by_two_is_the_difference_of_mean_changes() -> None:
    one, other = unit_means(panel())
    result = did.two_by_two(panel(), **TWO)
    assert result.estimate == pytest.approx(one.mean() - other.mean(), rel=SAME)
    assert (result.method, result.design) == ("two_by_two", "difference_in_differences")


@pytest.mark.parametrize(("treated", "others"), [(3, 17), (9, 40), (40, 9), (12, 12)])
def test_few_clusters_have_the_errors_of_welch(treated: int, others: int) -> None:
    data = panel(2, treated, others)
    error, degrees = welch(*unit_means(data))
    result = did.two_by_two(data, **TWO)
    assert result.standard_error == pytest.approx(error, rel=SAME)
    assert result.degrees == pytest.approx(degrees, rel=1e-6)
    assert check(result, "enough_degrees").value == result.degrees


def test_the_numbers_of_clusters_are_checked() -> None:
    checks = {each.name: each for each in did.two_by_two(panel(2, 9, 26), **TWO).checks}
    assert checks["enough_clusters"] == Check("enough_clusters", True, 35.0)
    assert checks["enough_treated_clusters"] == Check("enough_treated_clusters", False, 9.0)
    assert checks["enough_comparison_clusters"] == Check("enough_comparison_clusters", True, 26.0)
    checks = {each.name: each for each in did.two_by_two(panel(2, 26, 9), **TWO).checks}
    assert checks["enough_treated_clusters"].passed
    assert checks["enough_comparison_clusters"] == Check("enough_comparison_clusters", False, 9.0)


def test_trends_before_the_start_equal_statsmodels() -> None:
    data = panel(3)
    fit, factor = dummies(data[data["post"] == 0], "y ~ treated:time")
    t = fit.params["treated:time"] / (fit.bse["treated:time"] * factor)
    found = check(did.two_by_two(data, **TWO), "pre_trends")
    assert found.value == pytest.approx(2 * stats.t.sf(abs(t), 34), rel=1e-6)
    assert check(did.two_by_two(data, **TWO), "pre_periods").value == 3.0


def test_trends_apart_fail_the_check_and_lower_the_grade() -> None:
    alike = panel(4, 20, 20)
    apart = alike.assign(y=alike["y"] + 0.8 * alike["treated"] * alike["time"])
    assert check(did.two_by_two(alike, **TWO), "pre_trends").passed is True
    assert check(did.two_by_two(apart, **TWO), "pre_trends").passed is False
    assert grade(did.two_by_two(alike, **TWO)).sms == 3
    assert grade(did.two_by_two(apart, **TWO)).sms == 2


def test_coarser_clusters_are_used() -> None:
    data = panel(5, 70, 70)
    by_unit, by_region = (did.two_by_two(data, **TWO, cluster=c) for c in ("unit", "region"))
    assert (by_unit.n_clusters, by_region.n_clusters) == (140, 35)
    assert by_unit.estimate == pytest.approx(by_region.estimate, rel=SAME)
    assert by_unit.standard_error != pytest.approx(by_region.standard_error, rel=0.01)


def test_results_do_not_depend_on_rows_or_units() -> None:
    data = panel()
    base = did.two_by_two(data, **TWO)
    mixed = data.sample(frac=1, random_state=9).assign(
        y=lambda t: 1000 * t["y"],
        post=lambda t: t["post"] == 1,
        unit=lambda t: "u" + t["unit"].astype(str),
    )
    other = did.two_by_two(mixed, **TWO)
    assert other.estimate == pytest.approx(1000 * base.estimate, rel=SAME)
    assert other.ci_low == pytest.approx(1000 * base.ci_low, rel=SAME)
    assert other.p_value == pytest.approx(base.p_value, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(y=t["y"].mask(t.index == 3)), "欠測"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "二つ以上"),
        (lambda t: t.assign(treated=1), "treated"),
        (lambda t: t.assign(post=0), "post"),
        (lambda t: t.assign(treated=2 * t["treated"]), "treated"),
        (lambda t: t.assign(treated=t["treated"] * t["post"]), "treated"),
        (lambda t: t.assign(post=t["treated"] * t["post"]), "post"),
        (lambda t: t.assign(time=t["time"].astype(str)), "time"),
        (lambda t: t[(t["unit"] == 0) | (t["treated"] == 0)], "クラスター"),
    ],
)
def test_panels_that_cannot_be_compared_are_refused(change: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        did.two_by_two(change(panel()), **TWO)


# Before and after


def test_before_and_after_is_the_mean_change_of_units() -> None:
    data = panel(6)
    change = np.concatenate(unit_means(data))
    result = did.before_after(data, **NAMES, post="post")
    reference = stats.ttest_1samp(change, 0.0)
    n, g = len(data), len(change)
    factor = (n - 1) / (n - 2)
    assert result.estimate == pytest.approx(change.mean(), rel=SAME)
    error = change.mean() / reference.statistic * np.sqrt(factor)
    assert result.standard_error == pytest.approx(error, rel=SAME)
    assert (result.n_clusters, result.design, grade(result).sms) == (g, "before_after", 1)


def test_before_and_after_needs_both() -> None:
    with pytest.raises(MethodError, match="post"):
        did.before_after(panel().assign(post=1), **NAMES, post="post")


# Event study


def study(data: pd.DataFrame, window: tuple[int, int] = (-3, 2), **options: Any) -> did.EventStudy:
    return did.event_study(data, **NAMES, first_treated="start", window=window, **options)


def dummied(data: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    since = (data["time"] - data["start"]).where(data["start"] > 0)
    names = {e: f"e{e + 9}" for e in sorted(since.dropna().astype(int).unique()) if e != -1}
    columns = {name: (since == e).astype(int) for e, name in names.items()}
    return data.assign(**columns), list(names.values())


def several_starts(seed: int = 7) -> pd.DataFrame:
    data = panel(seed, 20, 20)
    return data.assign(start=np.where(data["unit"] < 10, 3, data["start"]))


@pytest.mark.parametrize("several", [False, True])
def test_an_event_study_equals_dummies_with_clustered_errors(several: bool) -> None:
    data = several_starts() if several else panel(8)
    full, names = dummied(data)
    fit, factor = dummies(full, "y ~ " + " + ".join(names))
    found = study(data, (-9, 9))
    table = found.event_times
    assert table["estimate"].to_numpy() == pytest.approx(fit.params[names], rel=1e-7)
    assert table["standard_error"].to_numpy() == pytest.approx(fit.bse[names] * factor, rel=1e-7)
    post = [name for name in names if int(name[1:]) >= 9]
    mean = fit.t_test(" + ".join(post) + " = 0")
    assert found.average.estimate == pytest.approx(mean.effect[0] / len(post), rel=1e-7)
    error = mean.sd[0, 0] * factor / len(post)
    assert found.average.standard_error == pytest.approx(error, rel=1e-7)
    pre = [name for name in names if int(name[1:]) < 9]
    q, g = len(pre), data["unit"].nunique()
    wald = fit.wald_test(" = ".join(pre) + " = 0", use_f=False, scalar=True)
    assert found.pre_trends is not None
    assert found.pre_trends.wald == pytest.approx(wald.statistic / factor**2, rel=1e-6)
    f = found.pre_trends.wald * (g - q) / (q * (g - 1))
    assert found.pre_trends.p_value == pytest.approx(stats.f.sf(f, q, g - q), rel=1e-9)
    assert check(found.average, "pre_trends").value == found.pre_trends.p_value
    assert check(found.average, "same_start").passed is not several


def test_coefficients_of_one_start_are_differences_from_the_reference() -> None:
    data = panel(9)
    means = data.groupby(["treated", "time"])["y"].mean().unstack()
    gap = means.loc[1] - means.loc[0]
    table = study(data).event_times.set_index("event_time")["estimate"]
    assert list(table.index) == [-3, -2, 0, 1, 2]
    for e, estimate in table.items():
        assert estimate == pytest.approx(gap[START + e] - gap[START - 1], rel=SAME)
    other = study(data, reference=-2).event_times.set_index("event_time")["estimate"]
    assert list(other.index) == [-3, -1, 0, 1, 2]
    assert other[2] == pytest.approx(gap[6] - gap[2], rel=SAME)


def test_the_average_of_few_clusters_has_the_errors_of_welch() -> None:
    data = panel(10, 4, 16)
    wide = data.pivot(index="unit", columns="time", values="y")
    change = wide[[4, 5, 6]].mean(axis=1) - wide[3]
    error, degrees = welch(change[:4].to_numpy(), change[4:].to_numpy())
    average = study(data).average
    assert average.estimate == pytest.approx(change[:4].mean() - change[4:].mean(), rel=SAME)
    assert average.standard_error == pytest.approx(error, rel=SAME)
    assert average.degrees == pytest.approx(degrees, rel=1e-6)


def test_event_times_beyond_the_window_stay_out_of_the_average() -> None:
    data = panel(11)
    wide, narrow = study(data), study(data, (-2, 1))
    assert list(narrow.event_times["event_time"]) == [-2, 0, 1]
    kept = wide.event_times["event_time"].isin([-2, 0, 1])
    expected = wide.event_times.loc[kept, "estimate"].to_numpy()
    assert narrow.event_times["estimate"].to_numpy() == pytest.approx(expected, rel=SAME)
    assert narrow.average.estimate == pytest.approx(expected[1:].mean(), rel=SAME)


@pytest.mark.parametrize(
    ("kind", "never"), [("int64", 0), ("int64", 99), ("float64", np.nan), ("Int64", pd.NA)]
)
def test_never_treated_units_have_no_start_within_the_data(kind: str, never: Any) -> None:
    data = panel(12)
    start = data["start"].astype(kind).mask(data["start"] == 0, never)
    assert study(data.assign(start=start)).average == study(data).average


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t[t["treated"] == 1], {}, "比較対象"),
        (lambda t: t[t["treated"] == 0], {}, "実施した団体がありません"),
        (lambda t: t.assign(start=t["start"].replace(START, 1)), {}, "14"),
        (lambda t: t.assign(start=t["start"] + (t["unit"] == t["time"])), {}, "start"),
        (lambda t: t.assign(start=t["start"].replace(START, 4.5)), {}, "基準"),
        (lambda t: t, {"window": (-3, -1)}, "実施後"),
        (lambda t: t, {"reference": 0}, "基準"),
        (lambda t: t, {"window": (-2, 2), "reference": -3}, "基準"),
        (lambda t: t.assign(y=np.inf), {}, "無限大"),
        (lambda t: t[(t["unit"] == 0) | (t["treated"] == 0)], {}, "一つの団体"),
    ],
)
def test_event_studies_without_ground_are_refused(
    change: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(MethodError, match=message):
        study(change(panel()), **options)


def test_a_joint_test_is_hotellings() -> None:
    """T² of one sample: a textbook formula, and for one estimate the t test."""
    random = np.random.default_rng(1)
    x = random.normal([0.4, 0, 0], size=(12, 3))
    covariance = np.cov(x.T) / 12
    found = joint_test(x.mean(axis=0), covariance, 11)
    assert found is not None and found.degrees == (3, 9)
    t2 = 12 * x.mean(axis=0) @ np.linalg.inv(np.cov(x.T)) @ x.mean(axis=0)
    assert found.p_value == pytest.approx(stats.f.sf(t2 * 9 / (3 * 11), 3, 9), rel=SAME)
    alone = joint_test(x.mean(axis=0)[:1], covariance[:1, :1], 11)
    assert alone is not None
    assert alone.p_value == pytest.approx(stats.ttest_1samp(x[:, 0], 0).pvalue, rel=SAME)


@pytest.mark.parametrize(
    ("estimates", "covariance", "degrees"),
    [
        ([], np.empty((0, 0)), 9),
        ([1, 1], np.ones((2, 2)), 9),
        ([1, 2], np.eye(2), 4.9),
        ([1], [[0]], 9),
        ([1], [[np.nan]], 9),
    ],
)
def test_a_joint_test_that_cannot_be_made_is_none(
    estimates: list[int], covariance: Any, degrees: float
) -> None:
    found = joint_test(np.array(estimates, float), np.array(covariance, float), degrees)
    assert found is None


def test_few_clusters_are_tested_with_the_covariance_of_two_samples() -> None:
    data = panel(10, 7, 15)
    wide = data.pivot(index="unit", columns="time", values="y")
    change = wide[[1, 2]].sub(wide[3], axis=0)
    one, other = change[:7], change[7:]
    covariance = one.cov() / 7 + other.cov() / 15
    gap = (one.mean() - other.mean()).to_numpy()
    found = study(data).pre_trends
    assert found is not None
    assert found.wald == pytest.approx(gap @ np.linalg.solve(covariance, gap), rel=1e-6)
    _, degrees = welch(one[1].to_numpy(), other[1].to_numpy())
    assert found.degrees == (2, pytest.approx(degrees - 1, rel=1e-6))
    assert study(panel(10, 4, 16)).pre_trends is None


# Permutation


def sample(seed: int = 1, n: int = 9, k: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {"unit": range(n), "change": random.normal(size=n), "treated": [1] * k + [0] * (n - k)}
    )


def permuted(data: pd.DataFrame, **options: Any) -> Estimate:
    return permutation_test(data, unit="unit", outcome="change", treated="treated", **options)


def share_as_far(y: np.ndarray, k: int) -> float:
    """The p value by going through all choices of k units."""

    def gap(chosen: tuple[int, ...]) -> float:
        rest = [i for i in range(len(y)) if i not in chosen]
        return abs(y[list(chosen)].mean() - y[rest].mean())

    gaps = [gap(chosen) for chosen in itertools.combinations(range(len(y)), k)]
    return float(np.mean([each >= gap(tuple(range(k))) - 1e-12 for each in gaps]))


@pytest.mark.parametrize(("n", "k"), [(9, 3), (8, 4), (11, 2), (7, 5)])
def test_exact_p_values_equal_scipy_and_counting(n: int, k: int) -> None:
    data = sample(n, n, k)
    y = data["change"].to_numpy()
    reference = stats.permutation_test(
        (y[:k], y[k:]),
        lambda a, b: abs(np.mean(a) - np.mean(b)),
        n_resamples=np.inf,
        alternative="greater",
    )
    result = permuted(data)
    assert result.p_value == pytest.approx(reference.pvalue, abs=1e-12)
    assert result.p_value == pytest.approx(share_as_far(y, k), abs=1e-12)
    assert result.estimate == pytest.approx(y[:k].mean() - y[k:].mean(), rel=SAME)


@pytest.mark.parametrize(("n", "k"), [(9, 3), (8, 4), (11, 2), (7, 3)])
def test_the_interval_holds_what_is_not_rejected(n: int, k: int) -> None:
    data = sample(n, n, k)
    result = permuted(data)
    d, y = data["treated"].to_numpy(), data["change"].to_numpy()
    step = 1e-6 * (result.ci_high - result.ci_low)
    assert result.ci_low < result.estimate < result.ci_high
    for end, outwards in ((result.ci_low, -step), (result.ci_high, step)):
        assert share_as_far(y - (end - outwards) * d, k) > 0.05
        assert share_as_far(y - (end + outwards) * d, k) <= 0.05


@pytest.mark.parametrize("seed", range(12))
def test_the_interval_leaves_out_zero_where_p_is_below_five_per_cent(seed: int) -> None:
    data = sample(seed, 20, 3)
    data["change"] += 1.2 * data["treated"]
    result = permuted(data)
    assert (result.p_value <= 0.05) == (result.ci_low > 0 or result.ci_high < 0)


@pytest.mark.parametrize(("n", "k"), [(8, 4), (9, 2), (10, 3)])
def test_false_positives_are_never_more_than_nominal(n: int, k: int) -> None:
    """Over all choices of the treated units, at most 5 % are rejected: exact, whatever the data."""
    y = np.random.default_rng(n).standard_t(2, size=n)
    found = []
    for chosen in itertools.combinations(range(n), k):
        d = np.isin(np.arange(n), chosen).astype(int)
        found.append(permuted(pd.DataFrame({"unit": range(n), "change": y, "treated": d})).p_value)
    assert np.mean([p <= 0.05 for p in found]) <= 0.05
    assert min(found) >= 1 / len(found)


def test_many_assignments_are_drawn_and_come_close_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sample(3, 16, 5).assign(change=lambda t: t["change"] + 0.5 * t["treated"])
    exact = permuted(data)
    monkeypatch.setattr(permutation, "EXACT_LIMIT", 100)
    drawn = permuted(data)
    assert drawn.p_value != exact.p_value
    assert drawn.p_value == pytest.approx(exact.p_value, abs=DRAWN)
    width = exact.ci_high - exact.ci_low
    assert drawn.ci_low == pytest.approx(exact.ci_low, abs=0.05 * width)
    assert permuted(data.sample(frac=1, random_state=1)) == drawn
    assert permuted(data, draws=199).p_value * 200 == pytest.approx(
        round(permuted(data, draws=199).p_value * 200)
    )


def test_a_permutation_of_a_panel_is_one_of_changes() -> None:
    data = panel(13, 3, 17)
    one, other = unit_means(data)
    changes = pd.DataFrame(
        {"unit": range(20), "change": np.concatenate([one, other]), "treated": [1] * 3 + [0] * 17}
    )
    plain, result = permuted(changes), permutation_did(data, **TWO)
    assert result.estimate == pytest.approx(plain.estimate, rel=SAME)
    assert (result.ci_low, result.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), rel=SAME)
    assert result.p_value == plain.p_value
    assert result.estimate == pytest.approx(did.two_by_two(data, **TWO).estimate, rel=SAME)
    assert (result.design, plain.design) == ("difference_in_differences", "cross_section")
    assert permuted(changes, design="randomised").design == "randomised"


def test_trends_before_the_start_are_permuted_too() -> None:
    data = panel(14, 3, 17)
    before = data[data["post"] == 0]
    slopes = before.groupby("unit").apply(lambda t: np.polyfit(t["time"], t["y"], 1)[0])
    expected = share_as_far(slopes.to_numpy(), 3)
    found = permutation_did(data, **TWO)
    assert check(found, "pre_trends").value == pytest.approx(expected, abs=1e-12)
    apart = data.assign(y=data["y"] + 4 * data["treated"] * data["time"])
    assert check(permutation_did(apart, **TWO), "pre_trends").passed is False
    short = data[data["time"] >= START - 1]
    assert check(permutation_did(short, **TWO), "pre_trends") == Check("pre_trends", None, None)
    assert check(permutation_did(short, **TWO), "pre_periods").passed is False


def test_a_permutation_follows_the_unit_of_the_outcome() -> None:
    data = sample(5, 20, 3)
    base, other = permuted(data), permuted(data.assign(change=1e6 * data["change"] + 5e6))
    assert other.estimate == pytest.approx(1e6 * base.estimate, rel=SAME)
    assert (other.ci_low, other.ci_high) == pytest.approx(
        (1e6 * base.ci_low, 1e6 * base.ci_high), rel=SAME
    )
    assert other.p_value == base.p_value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(change=np.nan), "欠測"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "二つ以上"),
        (lambda t: t.assign(treated=0), "treated"),
        (lambda t: t.assign(treated=3), "treated"),
        (lambda t: t.iloc[:5], "少なすぎる"),
        (lambda t: t.iloc[:6], "少なすぎる"),
    ],
)
def test_groups_that_cannot_be_permuted_are_refused(change: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        permuted(change(sample()))


def test_a_unit_without_before_or_after_is_refused() -> None:
    data = panel(15, 3, 17)
    with pytest.raises(MethodError, match="実施前か実施後"):
        permutation_did(data[(data["unit"] > 0) | (data["post"] == 1)], **TWO)
