"""Several starting times: R did, diff-diff, statsmodels, M-estimation, by hand."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from tests.support.require import missing

from ebpm.methods import did
from ebpm.methods.regression import MethodError
from ebpm.methods.result import Check, Estimate
from ebpm.methods.staggered import Staggered, callaway_santanna
from ebpm.methods.sun_abraham import SunAbraham, sun_abraham
from ebpm.paths import ROOT

PRINTED = 1e-10  # R's values were printed with ten decimals, one of them cut instead of rounded
SHORT = 5e-5  # ATT(2004,2004) and the vignette's table with four
P_PRINTED = 5e-6  # the vignette's p value with five
SAME = 1e-9  # the same algebra in another order of operations
DEMEANED = 1e-7  # fixed effects taken out in rounds instead of solved with dummies
OTHER = 1e-8  # diff-diff solves the same regression with other rounding
NUMERIC = 1e-5  # derivatives of the moment conditions taken numerically
REFERENCE = Path(os.environ.get("EBPM_REFERENCE", ROOT.parent / "shared" / "reference"))
NAMES = {"unit": "unit", "time": "time", "outcome": "y", "first_treated": "start"}
MPDTA = {
    "unit": "countyreal",
    "time": "year",
    "outcome": "lemp",
    "first_treated": "first.treat",
}


@pytest.fixture(autouse=True)
def no_silent_arithmetic() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def mpdta() -> pd.DataFrame:
    """Teen employment and minimum wages in 500 counties, data of the R package did."""
    path = REFERENCE / "mpdta.csv"
    if not path.exists():
        missing("the reference data mpdta.csv are not here")
    return pd.read_csv(path)


def panel(
    seed: int = 1, sizes: dict[int, int] | None = None, periods: int = 6, noise: float = 1.0
) -> pd.DataFrame:
    """Cohorts of the given sizes; effects (cohort/10 + time since start); a covariate."""
    random = np.random.default_rng(seed)
    start = np.repeat(*zip(*(sizes or {0: 22, 3: 12, 4: 8, 6: 14}).items(), strict=True))
    n, time = len(start), np.arange(1, periods + 1)
    since = time - start[:, None]
    effect = np.where((since >= 0) & (start[:, None] > 0), start[:, None] / 10 + since, 0.0)
    size = random.normal(size=n) + 0.5 * (start > 0)
    error = noise * random.normal(size=(n, periods)).cumsum(axis=1)
    y = (
        5 * random.normal(size=(n, 1))
        + 0.3 * time
        + effect
        + error
        + noise * 0.2 * np.outer(size, time)
    )
    columns = {"start": start, "size": size, "region": np.arange(n) % 17}
    long = {name: np.repeat(values, periods) for name, values in columns.items()}
    frame = {"unit": np.repeat(np.arange(n), periods), "time": np.tile(time, n), "y": y.ravel()}
    return pd.DataFrame(frame | long).sample(frac=1, random_state=seed, ignore_index=True)


def cs(data: pd.DataFrame, **options: Any) -> Staggered:
    return callaway_santanna(data, **NAMES, **options)


def sa(data: pd.DataFrame, **options: Any) -> SunAbraham:
    return sun_abraham(data, **NAMES, **options)


def check(result: Estimate, name: str) -> Check:
    return next(each for each in result.checks if each.name == name)


def att(table: pd.DataFrame) -> pd.Series:
    return table.set_index(["cohort", "time"])["estimate"]


# Callaway and Sant'Anna against R


R_DID = {
    "simple": (-0.0399512752, 0.0120340128),
    "dynamic": (-0.0772398215, 0.0199649891),
    "group": (-0.0310182822, 0.0124460593),
    "calendar": (-0.0417004321, 0.0159718519),
}


@pytest.mark.parametrize("average", R_DID)
def test_averages_equal_r_did(average: str) -> None:
    """R did 2.5.1 on mpdta, analytic standard errors: no factor n/(n-1)."""
    result = getattr(callaway_santanna(mpdta(), **MPDTA), average)
    estimate, error = R_DID[average]
    assert result.estimate == pytest.approx(estimate, abs=PRINTED)
    assert result.standard_error == pytest.approx(error, abs=PRINTED)
    assert (result.n, result.n_clusters, result.degrees) == (2500, 500, 499)
    assert result.ci_high == pytest.approx(
        estimate + stats.t.ppf(0.975, 499) * error, abs=4 * PRINTED
    )


@pytest.mark.parametrize(
    ("options", "estimate", "error"),
    [
        ({"covariates": ["lpop"]}, -0.0417517721, 0.0115028382),
        ({"control": "not_yet"}, -0.0397636256, 0.0120524247),
    ],
)
def test_covariates_and_other_controls_equal_r_did(
    options: Any, estimate: float, error: float
) -> None:
    result = callaway_santanna(mpdta(), **MPDTA, **options).simple
    assert result.estimate == pytest.approx(estimate, abs=PRINTED)
    assert result.standard_error == pytest.approx(error, abs=PRINTED)


def test_effects_by_cohort_and_time_equal_the_vignette_of_did() -> None:
    """Package did, "Getting started": the estimates of att_gt on mpdta, and the pre-test."""
    printed = {
        (2004, 2004): -0.0105,
        (2004, 2005): -0.0704,
        (2004, 2006): -0.1373,
        (2004, 2007): -0.1008,
        (2006, 2004): 0.0065,
        (2006, 2005): -0.0028,
        (2006, 2006): -0.0046,
        (2006, 2007): -0.0412,
        (2007, 2004): 0.0305,
        (2007, 2005): -0.0027,
        (2007, 2006): -0.0311,
        (2007, 2007): -0.0261,
    }
    found = callaway_santanna(mpdta(), **MPDTA)
    assert att(found.att).to_dict() == pytest.approx(printed, abs=SHORT)
    assert found.pre_trends is not None
    chi2 = stats.chi2.sf(found.pre_trends.wald, 5)
    assert chi2 == pytest.approx(0.16812, abs=P_PRINTED)
    events = found.event_times.set_index("event_time")["estimate"]
    dynamic = {-3: 0.0305, -2: -0.0006, -1: -0.0245, 0: -0.0199, 1: -0.0510, 2: -0.1373, 3: -0.1008}
    assert events.to_dict() == pytest.approx(dynamic, abs=SHORT)


def test_the_pre_test_with_a_covariate_equals_the_vignette_of_did() -> None:
    found = callaway_santanna(mpdta(), **MPDTA, covariates=["lpop"])
    assert found.pre_trends is not None
    assert stats.chi2.sf(found.pre_trends.wald, 5) == pytest.approx(0.23267, abs=P_PRINTED)


# Callaway and Sant'Anna by hand


def test_effects_are_differences_of_mean_changes() -> None:
    data = panel(2)
    means = data.pivot(index="unit", columns="time", values="y")
    start = data.groupby("unit")["start"].first()
    never, later = means[start == 0], means[(start == 0) | (start == 6)]
    found, wider = att(cs(data).att), att(cs(data, control="not_yet").att)
    assert len(found) == len(wider) == 3 * 5
    for g, t, base in ((3, 3, 2), (3, 5, 2), (4, 5, 3), (4, 3, 2), (6, 4, 3), (6, 6, 5)):
        change = (means[t] - means[base])[start == g].mean()
        assert found[g, t] == pytest.approx(change - (never[t] - never[base]).mean(), rel=SAME)
    change = (means[5] - means[2])[start == 3].mean()
    assert wider[3, 5] == pytest.approx(change - (later[5] - later[2]).mean(), rel=SAME)
    assert wider[6, 6] == pytest.approx(found[6, 6], rel=SAME)


def test_averages_follow_their_definitions() -> None:
    data = panel(3)
    found = cs(data)
    table = found.att.assign(n=found.att["cohort"].map({3: 12, 4: 8, 6: 14}))
    post = table[table["event_time"] >= 0]

    def mean(part: pd.DataFrame) -> float:
        return float(np.average(part["estimate"], weights=part["n"]))

    by = {name: [mean(part) for _, part in post.groupby(name)] for name in ("event_time", "time")}
    cohorts = post.groupby("cohort").agg(estimate=("estimate", "mean"), n=("n", "first"))
    assert found.simple.estimate == pytest.approx(mean(post), rel=SAME)
    assert found.dynamic.estimate == pytest.approx(np.mean(by["event_time"]), rel=SAME)
    assert found.calendar.estimate == pytest.approx(np.mean(by["time"]), rel=SAME)
    assert found.group.estimate == pytest.approx(mean(cohorts), rel=SAME)


def test_effects_without_noise_are_found_exactly_and_two_way_effects_miss_them() -> None:
    data = panel(4, noise=0.0)
    expected = {(g, t): g / 10 + t - g if t >= g else 0.0 for g in (3, 4, 6) for t in range(2, 7)}
    assert att(cs(data).att).to_dict() == pytest.approx(expected, abs=SAME)
    cohorts = att(sa(data).cohorts)
    assert cohorts.to_dict() == pytest.approx(
        {key: expected.get(key, 0) for key in cohorts.index}, abs=SAME
    )
    events = cs(data).event_times.set_index("event_time")["estimate"]
    truth = (12 * 1.3 + 8 * 1.4) / 20
    assert events[1] == pytest.approx(truth, rel=SAME)
    plain = did.event_study(data, **NAMES, window=(-5, 3)).event_times.set_index("event_time")
    assert abs(plain.loc[1, "estimate"] - truth) > 0.01


def test_two_periods_have_the_errors_of_two_samples() -> None:
    data = panel(5, {0: 20, 2: 11}, 2)
    change = data.pivot(index="unit", columns="time", values="y").diff(axis=1)[2].to_numpy()
    one, other = change[20:], change[:20]
    result = cs(data).simple
    error = np.sqrt(one.var() / 11 + other.var() / 20)
    assert result.estimate == pytest.approx(one.mean() - other.mean(), rel=SAME)
    assert result.standard_error == pytest.approx(error, rel=SAME)
    both = did.two_by_two(
        data.assign(treated=data["start"] > 0, post=data["time"] == 2),
        unit="unit",
        time="time",
        outcome="y",
        treated="treated",
        post="post",
    )
    assert result.estimate == pytest.approx(both.estimate, rel=SAME)


def stacked(change: np.ndarray, d: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Doubly robust ATT by statsmodels, its error from the stacked moment conditions (sandwich)."""
    gamma = sm.Logit(d, x).fit(disp=0, tol=1e-14, maxiter=100).params
    beta = sm.OLS(change[d == 0], x[d == 0]).fit().params
    k = x.shape[1]

    def moments(theta: np.ndarray) -> np.ndarray:
        pi, line = 1 / (1 + np.exp(-x @ theta[:k])), x @ theta[k : 2 * k]
        odds, left = (1 - d) * pi / (1 - pi), change - line
        return np.column_stack(
            [
                x * (d - pi)[:, None],
                x * ((1 - d) * left)[:, None],
                d * (left - theta[-2]),
                odds * (left - theta[-1]),
            ]
        )

    pi, left = 1 / (1 + np.exp(-x @ gamma)), change - x @ beta
    odds = (1 - d) * pi / (1 - pi)
    theta = np.concatenate([gamma, beta, [left[d == 1].mean(), (odds @ left) / odds.sum()]])
    h = 1e-6
    slope = np.column_stack(
        [
            (moments(theta + h * e).mean(0) - moments(theta - h * e).mean(0)) / (2 * h)
            for e in np.eye(len(theta))
        ]
    )
    inverse = np.linalg.inv(slope)
    psi = moments(theta) @ inverse.T
    difference = psi[:, -2] - psi[:, -1]
    return float(theta[-2] - theta[-1]), float(np.sqrt((difference**2).sum()) / len(d))


def test_the_doubly_robust_estimate_is_that_of_stacked_moment_conditions() -> None:
    data = panel(6, {0: 60, 2: 40}, 2).assign(other=lambda t: np.sin(3 * t["size"]) * 100)
    wide = data.pivot(index="unit", columns="time", values="y")
    units = data[data["time"] == 1].sort_values("unit")
    x = np.column_stack([np.ones(100), units["size"], units["other"]])
    d = (units["start"] > 0).to_numpy(float)
    estimate, error = stacked((wide[2] - wide[1]).to_numpy(), d, x)
    found = cs(data, covariates=["size", "other"])
    assert found.simple.estimate == pytest.approx(estimate, rel=1e-6)
    assert found.simple.standard_error == pytest.approx(error, rel=NUMERIC)
    assert check(found.simple, "overlap") == Check("overlap", True, 1.0)
    assert all(each.name != "overlap" for each in cs(data).simple.checks)


def test_covariates_are_those_of_the_earlier_period() -> None:
    data = panel(7, {0: 40, 3: 30}, 4)
    changed = data.assign(size=data["size"] + 5 * (data["time"] == 4) * np.cos(data["unit"]))
    base, other = (cs(each, covariates=["size"]).att for each in (data, changed))
    assert att(base).to_dict() == pytest.approx(att(other).to_dict(), rel=SAME)


# Errors by cluster, rows, units of measurement


@pytest.mark.parametrize("method", [cs, sa])
def test_results_do_not_depend_on_rows_or_units(method: Any) -> None:
    data = panel(8)
    mixed = data.sample(frac=1, random_state=5).assign(y=lambda t: 1000 * t["y"] + 77)
    mixed["unit"] = "u" + mixed["unit"].astype(str)
    base, other = method(data).dynamic, method(mixed).dynamic
    assert other.estimate == pytest.approx(1000 * base.estimate, rel=DEMEANED)
    assert other.ci_low == pytest.approx(1000 * base.ci_low, rel=DEMEANED)
    assert other.p_value == pytest.approx(base.p_value, rel=DEMEANED)


@pytest.mark.parametrize("method", [cs, sa])
def test_each_unit_a_cluster_is_the_default(method: Any) -> None:
    data = panel(9)
    base, same = method(data), method(data, cluster="unit")
    assert same.simple == base.simple
    coarse = method(data, cluster="region")
    assert (coarse.simple.n_clusters, coarse.simple.degrees) == (17, 16)
    assert coarse.simple.estimate == pytest.approx(base.simple.estimate, rel=SAME)


def test_influences_are_summed_within_clusters() -> None:
    """Ten copies of a unit in one cluster weigh like the unit itself."""
    data = panel(10)
    copies = pd.concat(
        [data.assign(unit=data["unit"] + 100 * i, origin=data["unit"]) for i in range(10)]
    )
    once, often = cs(data).simple, cs(copies, cluster="origin").simple
    assert often.standard_error == pytest.approx(once.standard_error, rel=SAME)
    assert (often.n, often.n_clusters) == (10 * once.n, once.n_clusters)


def test_checks_count_clusters_and_periods() -> None:
    checks = {each.name: each for each in cs(panel(11)).simple.checks}
    assert checks["enough_clusters"] == Check("enough_clusters", True, 56.0)
    assert checks["enough_treated_clusters"] == Check("enough_treated_clusters", True, 34.0)
    assert checks["enough_comparison_clusters"] == Check("enough_comparison_clusters", True, 22.0)
    assert checks["pre_periods"] == Check("pre_periods", True, 2.0)
    few = panel(11, {0: 8, 2: 5, 4: 4})
    checks = {each.name: each for each in sa(few).simple.checks}
    assert checks["enough_clusters"] == Check("enough_clusters", False, 17.0)
    assert checks["enough_treated_clusters"].passed is False
    assert checks["enough_comparison_clusters"].passed is False
    assert checks["pre_periods"] == Check("pre_periods", False, 1.0)


@pytest.mark.parametrize("method", [cs, sa])
def test_trends_apart_fail_the_check(method: Any) -> None:
    data = panel(12, {0: 60, 4: 30, 6: 30})
    apart = data.assign(y=data["y"] + 2 * (data["start"] > 0) * data["time"])
    assert check(method(data).simple, "pre_trends").passed is True
    assert check(method(apart).simple, "pre_trends").passed is False


# Sun and Abraham


# diff-diff 3.13.0, SunAbraham(control_group="never_treated") on mpdta: cohort and event time,
# estimate, standard error by county.
DIFF_DIFF = {
    (2004, 0): (-0.010503246220962381, 0.023349189673294156),
    (2004, 1): (-0.07042315810314645, 0.03111556769095051),
    (2004, 2): (-0.13725873888940313, 0.036589475963765626),
    (2004, 3): (-0.10081136308540405, 0.03450427191020752),
    (2006, -3): (-0.0037692936737142003, 0.031474336697626545),
    (2006, -2): (0.0027508187505187183, 0.019641126706453186),
    (2006, 0): (-0.004594606952863087, 0.017830149500419033),
    (2006, 1): (-0.041224471546217396, 0.020314577368354424),
    (2007, -4): (0.0033063566925124093, 0.02455509553186363),
    (2007, -3): (0.03381301227580519, 0.021218370877586042),
    (2007, -2): (0.03108711938968887, 0.017952980500827744),
    (2007, 0): (-0.026054410719196636, 0.016725745592717948),
}
DIFF_DIFF_EVENTS = {
    -4: 0.0033063566925124093,
    -3: 0.02502182959755504,
    -2: 0.024458744971169538,
    0: -0.01993181678925932,
    1: -0.05095736706519374,
    2: -0.13725873888940313,
    3: -0.10081136308540405,
}


def test_interaction_weighted_estimates_equal_diff_diff() -> None:
    found = sun_abraham(mpdta(), **MPDTA)
    table = found.cohorts.set_index(["cohort", "event_time"])
    estimates = {key: each[0] for key, each in DIFF_DIFF.items()}
    errors = {key: each[1] for key, each in DIFF_DIFF.items()}
    assert table["estimate"].to_dict() == pytest.approx(estimates, abs=OTHER)
    assert table["standard_error"].to_dict() == pytest.approx(errors, abs=OTHER)
    events = found.event_times.set_index("event_time")["estimate"]
    assert events.to_dict() == pytest.approx(DIFF_DIFF_EVENTS, abs=OTHER)
    assert found.simple.estimate == pytest.approx(-0.039951275155176276, abs=OTHER)


def test_from_the_start_on_effects_are_those_of_callaway_and_santanna() -> None:
    data = panel(13)
    one, other = sa(data), cs(data)
    late = one.event_times[one.event_times["event_time"] >= 0]
    theirs = other.event_times[other.event_times["event_time"] >= 0]
    assert late["estimate"].to_numpy() == pytest.approx(theirs["estimate"].to_numpy(), rel=DEMEANED)
    assert one.simple.estimate == pytest.approx(other.simple.estimate, rel=DEMEANED)
    assert one.dynamic.estimate == pytest.approx(other.dynamic.estimate, rel=DEMEANED)
    n, k, g = 56 * 6, 15 + 6, 56
    factor = np.sqrt(g / (g - 1) * (n - 1) / (n - k))
    error = one.dynamic.standard_error / factor
    assert error == pytest.approx(other.dynamic.standard_error, rel=DEMEANED)


def test_before_the_start_effects_are_summed_from_callaway_and_santanna() -> None:
    data = panel(14)
    ours, steps = att(sa(data).cohorts), att(cs(data).att)
    assert ours[6, 3] == pytest.approx(-(steps[6, 4] + steps[6, 5]), rel=DEMEANED)
    assert ours[4, 1] == pytest.approx(-(steps[4, 2] + steps[4, 3]), rel=DEMEANED)
    assert (6, 5) not in ours.index


def test_an_unbalanced_panel_with_a_covariate_equals_dummies() -> None:
    data = panel(15)
    data = data.assign(z=np.random.default_rng(1).normal(size=len(data)) + data["y"] / 10)
    data = data[(data["unit"] % 7 > 0) | (data["time"] != 1)]
    pairs = sorted(
        {(g, t) for g, t in zip(data["start"], data["time"], strict=True) if g and t != g - 1}
    )
    full = data.assign(
        **{f"p{g}{t}": ((data["start"] == g) & (data["time"] == t)) * 1 for g, t in pairs}
    )
    names = [f"p{g}{t}" for g, t in pairs]
    groups = pd.factorize(full["unit"])[0]
    options: dict[str, Any] = {
        "cov_type": "cluster",
        "cov_kwds": {"groups": groups, "use_correction": False},
    }
    fit = smf.ols("y ~ z + C(unit) + C(time) + " + " + ".join(names), full).fit(**options)
    found = sa(data, covariates=["z"])
    table = found.cohorts.set_index(["cohort", "time"])
    assert list(table.index) == pairs
    assert table["estimate"].to_numpy() == pytest.approx(fit.params[names], rel=1e-6, abs=1e-8)
    n, g = len(full), 56
    factor = np.sqrt(g / (g - 1) * (n - 1) / (n - (len(names) + 1 + 6)))
    assert table["standard_error"].to_numpy() == pytest.approx(fit.bse[names] * factor, rel=1e-6)


# Refusals


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.assign(y=t["y"].mask(t.index == 3)), {}, "欠測"),
        (lambda t: pd.concat([t, t.iloc[:1]]), {}, "二つ以上"),
        (lambda t: t.iloc[1:], {}, "値のない時点がある団体が1"),
        (lambda t: t[t["start"] > 0], {}, "比較対象"),
        (lambda t: t[t["start"] > 0], {"control": "not_yet"}, "比較対象"),
        (lambda t: t[t["start"] == 0], {}, "実施した団体がありません"),
        (lambda t: t.assign(start=t["start"].replace(3, 1)), {}, "12"),
        (lambda t: t.assign(start=t["start"] + t["time"]), {}, "start"),
        (lambda t: t[(t["start"] != 3) | (t["unit"] == 22)], {}, "一団体だけの開始時期：3。"),
        (lambda t: t.assign(twice=2 * t["size"]), {"covariates": ["size", "twice"]}, "重複"),
        (lambda t: t.assign(flag=t["start"] > 0), {"covariates": ["flag"]}, "見分けられる"),
        (lambda t: t.assign(time=t["time"].astype(str)), {}, "数にして"),
        (lambda t: t.assign(region=t["time"]), {"cluster": "region"}, "region"),
    ],
)
def test_panels_without_ground_are_refused(change: Any, options: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        cs(change(panel(16)), **options)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.assign(y=np.inf), {}, "無限大"),
        (lambda t: t[t["start"] > 0], {}, "比較対象"),
        (lambda t: t[(t["start"] != 4) | (t["time"] != 3)], {}, "開始時期があります：4。"),
        (lambda t: t[(t["start"] != 3) | (t["unit"] == 22)], {}, "一団体だけの開始時期：3。"),
        (lambda t: t.assign(z=t["unit"]), {"covariates": ["z"]}, "重複"),
        (lambda t: t.assign(region=t["time"]), {"cluster": "region"}, "region"),
    ],
)
def test_interactions_without_ground_are_refused(change: Any, options: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        sa(change(panel(16)), **options)


def test_the_last_cohort_can_be_compared_with_before_its_own_start() -> None:
    """What the refusal advises: rows from the last start on left out, nobody never treated."""
    data = panel(17).query("start > 0 and time < 6")
    found = cs(data)
    assert set(found.att["cohort"]) == {3, 4}
    means = data.pivot(index="unit", columns="time", values="y")
    start = data.groupby("unit")["start"].first()
    change = means[5] - means[2]
    expected = change[start == 3].mean() - change[start == 6].mean()
    assert att(found.att)[3, 5] == pytest.approx(expected, rel=SAME)
    assert att(sa(data).cohorts)[3, 5] == pytest.approx(expected, rel=DEMEANED)
