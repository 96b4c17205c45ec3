"""Interrupted time series: statsmodels, dense matrices, drawn coefficients, simulated series."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import integrate, stats
from scipy.linalg import toeplitz
from statsmodels.stats.diagnostic import acorr_ljungbox

from ebpm.evidence.grade import grade
from ebpm.methods import interrupted
from ebpm.methods.interrupted import Interruption, interrupted_time_series
from ebpm.methods.regression import MethodError
from ebpm.methods.result import Estimate

SAME = 1e-8  # the same algebra in another order of operations
INTEGRATED = 1e-4  # the grid of 200 points beside adaptive quadrature, as a probability
LONG = 0.03  # of 600 points the uncertainty about ρ is nearly gone, not quite
# 200 seeded series: a share of 0.95 within four standard errors of 0.0154, and not all of them.
COVERAGE_OF_200 = (0.888, 0.999)
NEWEY_WEST = 0.85  # the same 200 series; of 2,000 others it covered 79 %


@pytest.fixture(autouse=True)
def no_silent_arithmetic() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def errors(random: np.random.Generator, n: int, rho: float) -> np.ndarray:
    innovations = random.normal(size=n + 50)
    error = np.zeros(n + 50)
    for t in range(1, n + 50):
        error[t] = rho * error[t - 1] + innovations[t]
    return error[50:]


def series(seed: int = 1, before: int = 20, after: int = 16, rho: float = 0.4) -> pd.DataFrame:
    """Years from 1990 on: level 5, slope 0.3, from `before` periods on +2 and +0.1 a year."""
    random = np.random.default_rng(seed)
    t = np.arange(before + after)
    since = t - before
    y = 5 + 0.3 * since + (since >= 0) * (2 + 0.1 * since) + errors(random, len(t), rho)
    frame = pd.DataFrame({"year": 1990 + t, "y": y, "other": errors(random, len(t), rho)})
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def analysed(frame: pd.DataFrame, before: int = 20, **options: Any) -> Interruption:
    return interrupted_time_series(frame, time="year", outcome="y", start=1990 + before, **options)


def matrix(n: int, before: int) -> np.ndarray:
    since = np.arange(n) - before
    post = since >= 0
    return np.column_stack([np.ones(n), since, post, post * since]).astype(float)


def at_each_rho(y: np.ndarray, x: np.ndarray, rho: float) -> tuple[float, Any]:
    """Log of the likelihood of ρ, all else integrated out, and the fit of statsmodels, densely."""
    r = toeplitz(rho ** np.arange(len(y))) / (1 - rho**2)
    fit = sm.GLS(y, x, sigma=r).fit()
    gram = x.T @ np.linalg.solve(r, x)
    squares = fit.resid @ np.linalg.solve(r, fit.resid)
    parts = np.linalg.slogdet(r)[1] + np.linalg.slogdet(gram)[1]
    return -(parts + (len(y) - x.shape[1]) * np.log(squares)) / 2, fit


def cdf(frame: pd.DataFrame, contrast: np.ndarray, value: float) -> float:
    """Share of the mixture of t below a value, by adaptive quadrature over ρ."""
    y = frame.sort_values("year")["y"].to_numpy()
    x = matrix(len(y), 20)
    top = max(at_each_rho(y, x, rho)[0] for rho in np.linspace(-0.95, 0.95, 39))

    def weight(rho: float) -> float:
        return float(np.exp(at_each_rho(y, x, rho)[0] - top))

    def below(rho: float) -> float:
        logarithm, fit = at_each_rho(y, x, rho)
        spread = np.sqrt(contrast @ fit.cov_params() @ contrast)
        share = stats.t.cdf((value - contrast @ fit.params) / spread, len(y) - 4)
        return float(np.exp(logarithm - top) * share)

    ends = (-0.9999, 0.9999)
    return float(
        integrate.quad(below, *ends, epsrel=1e-7)[0] / integrate.quad(weight, *ends, epsrel=1e-7)[0]
    )


def all_of(found: Interruption) -> dict[str, Estimate]:
    return {
        "level": found.level_change,
        "slope": found.slope_change,
        "mean": found.mean_departure,
    }


CONTRASTS = {
    "level": np.array([0.0, 0, 1, 0]),
    "slope": np.array([0.0, 0, 0, 1]),
    "mean": np.array([0, 0, 1, 7.5]),
}


@pytest.mark.parametrize("name", CONTRASTS)
def test_intervals_are_quantiles_of_the_fits_of_statsmodels_averaged_over_rho(name: str) -> None:
    frame = series()
    result = all_of(analysed(frame))[name]
    for value, share in ((result.ci_low, 0.025), (result.ci_high, 0.975)):
        assert cdf(frame, CONTRASTS[name], value) == pytest.approx(share, abs=INTEGRATED)
    tail = cdf(frame, CONTRASTS[name], 0.0)
    assert result.p_value == pytest.approx(2 * min(tail, 1 - tail), abs=INTEGRATED)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.35, 0.9])
def test_a_single_rho_gives_the_generalised_least_squares_of_statsmodels(
    rho: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = series(2)
    monkeypatch.setattr(interrupted, "GRID", np.array([rho]))
    found = analysed(frame)
    y = frame.sort_values("year")["y"].to_numpy()
    _, fit = at_each_rho(y, matrix(36, 20), rho)
    for name, contrast in CONTRASTS.items():
        theirs = fit.t_test(contrast)
        low, high = theirs.conf_int()[0]
        result = all_of(found)[name]
        assert result.estimate == pytest.approx(theirs.effect[0], rel=SAME)
        assert (result.ci_low, result.ci_high) == pytest.approx((low, high), rel=SAME)
        assert result.p_value == pytest.approx(float(theirs.pvalue), rel=1e-6)
    assert found.autocorrelation == pytest.approx(rho)


def test_a_long_series_has_the_interval_of_known_autocorrelation() -> None:
    frame = series(3, 300, 300, 0.4)
    found = analysed(frame, 300)
    y = frame.sort_values("year")["y"].to_numpy()
    _, fit = at_each_rho(y, matrix(600, 300), found.autocorrelation)
    low, high = fit.conf_int()[2]
    width = found.level_change.ci_high - found.level_change.ci_low
    assert width == pytest.approx(high - low, rel=LONG)
    assert found.level_change.estimate == pytest.approx(fit.params[2], abs=LONG * (high - low))
    assert found.autocorrelation == pytest.approx(0.4, abs=0.15)


@pytest.mark.parametrize(("before", "after", "rho"), [(12, 12, 0.3), (24, 24, 0.5)])
def test_intervals_of_simulated_series_cover(before: int, after: int, rho: float) -> None:
    random = np.random.default_rng(20)
    year = 1990 + np.arange(before + after)
    drawn = [
        analysed(pd.DataFrame({"year": year, "y": errors(random, len(year), rho)}), before)
        for _ in range(200)
    ]
    covered = [each.level_change.ci_low <= 0 <= each.level_change.ci_high for each in drawn]
    assert COVERAGE_OF_200[0] <= np.mean(covered) <= COVERAGE_OF_200[1]
    passed = [each.level_change.checks[1].passed for each in drawn]
    assert COVERAGE_OF_200[0] <= np.mean(passed) <= COVERAGE_OF_200[1]


def test_newey_west_would_not_cover() -> None:
    """Why the method is another one: the same series, HAC errors of statsmodels."""
    random, x, covered = np.random.default_rng(20), matrix(24, 12), []
    for _ in range(200):
        y = errors(random, 24, 0.3)
        kwds = {"maxlags": 2, "use_correction": True}
        fit = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds=kwds, use_t=True)
        covered.append(fit.pvalues[2] > 0.05)
    assert np.mean(covered) < NEWEY_WEST


def test_a_change_added_to_the_series_is_found_in_full() -> None:
    base = series(4)
    since = base["year"] - 2010
    moved = base.assign(y=base["y"] + (since >= 0) * (7 - 0.5 * since) + 3 * base["year"])
    one, other = all_of(analysed(base)), all_of(analysed(moved))
    for name, change in (("level", 7.0), ("slope", -0.5), ("mean", 7 - 0.5 * 7.5)):
        assert other[name].estimate == pytest.approx(one[name].estimate + change, abs=1e-6)
        assert other[name].ci_low == pytest.approx(one[name].ci_low + change, abs=1e-6)


@pytest.mark.parametrize("factor", [1e-6, 1e9])
def test_results_follow_the_unit_of_the_outcome(factor: float) -> None:
    base, other = (
        all_of(analysed(series(5).assign(y=lambda t, f=f: f * t["y"]))) for f in (1, factor)
    )
    for name, result in base.items():
        ours = np.array([result.estimate, result.ci_low, result.ci_high])
        theirs = np.array([other[name].estimate, other[name].ci_low, other[name].ci_high])
        assert theirs / factor == pytest.approx(ours, rel=1e-6)
        assert other[name].p_value == pytest.approx(result.p_value, rel=1e-6)


def test_results_do_not_depend_on_rows_or_the_numbers_of_periods() -> None:
    frame = series(6)
    monthly = frame.assign(year=3 * frame["year"] + 0.5).sort_values("year")
    found = interrupted_time_series(monthly, time="year", outcome="y", start=3 * 2010 + 0.5)
    base = analysed(frame)
    for name, result in all_of(found).items():
        assert result.ci_low == pytest.approx(all_of(base)[name].ci_low, rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_zero_is_outside_where_p_is_below_five_per_cent(seed: int) -> None:
    for result in all_of(analysed(series(seed, rho=0.7))).values():
        assert (result.p_value < 0.05) == (result.ci_low > 0 or result.ci_high < 0)


def test_a_second_series_is_taken_off() -> None:
    frame = series(7)
    found = analysed(frame, comparison="other")
    plain = analysed(frame.assign(y=frame["y"] - frame["other"]))
    assert found.level_change.estimate == plain.level_change.estimate
    assert found.level_change.design == "comparative_interrupted_time_series"
    assert plain.level_change.design == "interrupted_time_series"
    assert (grade(found.level_change).sms, grade(plain.level_change).sms) == (3, 2)
    assert found.level_change.method == "segmented_regression"


def test_the_fitted_lines_are_those_of_the_coefficients() -> None:
    frame = series(8)
    found = analysed(frame)
    lines = found.fitted
    assert list(lines["time"]) == list(range(1990, 2026))
    assert list(lines["observed"]) == list(frame.sort_values("year")["y"])
    gap = (lines["fitted"] - lines["earlier_trend"]).to_numpy()
    assert gap[:20] == pytest.approx(np.zeros(20), abs=1e-12)
    expected = found.level_change.estimate + found.slope_change.estimate * np.arange(16)
    assert gap[20:] == pytest.approx(expected, rel=SAME)
    assert gap[20:].mean() == pytest.approx(found.mean_departure.estimate, rel=SAME)
    assert np.diff(lines["earlier_trend"]) == pytest.approx(
        np.full(35, np.diff(lines["earlier_trend"])[0])
    )


@pytest.mark.parametrize(("season", "n"), [(12, 60), (4, 24), (2, 20)])
def test_a_season_is_taken_out(season: int, n: int) -> None:
    random = np.random.default_rng(season)
    t = np.arange(n)
    noise = errors(random, n, 0.2)
    wave = 9 * np.cos(2 * np.pi * t / season) + 4 * np.cos(4 * np.pi * t / season) * (season > 2)
    frame = pd.DataFrame({"year": 1990 + t, "y": noise + wave})
    with_season, without = analysed(frame, n // 2, season=season), analysed(frame, n // 2)
    flat = analysed(frame.assign(y=noise), n // 2, season=season)
    assert with_season.level_change.estimate == pytest.approx(flat.level_change.estimate, abs=1e-6)
    assert with_season.level_change.ci_low == pytest.approx(flat.level_change.ci_low, abs=1e-6)
    width = [
        each.level_change.ci_high - each.level_change.ci_low for each in (with_season, without)
    ]
    assert season == 2 or width[0] < width[1]


@pytest.mark.parametrize(
    ("before", "after", "enough"), [(8, 8, True), (7, 20, False), (20, 7, False)]
)
def test_few_periods_fail_the_check(before: int, after: int, enough: bool) -> None:
    first = analysed(series(9, before, after), before).level_change.checks[0]
    assert (first.name, first.passed) == ("enough_periods", enough)
    assert first.value == min(before, after)


def test_what_the_autocorrelation_leaves_over_is_tested() -> None:
    frame = series(10)
    found = analysed(frame)
    residual = (found.fitted["observed"] - found.fitted["fitted"]).to_numpy()
    left = residual[1:] - found.autocorrelation * residual[:-1]
    expected = acorr_ljungbox(left, lags=[7])["lb_pvalue"].iloc[0]
    check = found.slope_change.checks[1]
    assert (check.name, check.value) == ("no_autocorrelation", pytest.approx(expected, rel=SAME))
    cycle = frame.assign(y=frame["y"] + 6 * np.sin(2 * np.pi * frame["year"] / 6))
    assert analysed(cycle).level_change.checks[1].passed is False
    short = analysed(series(10, 4, 4), 4).level_change.checks[1]
    assert (short.passed, short.value) == (None, None)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.assign(y=t["y"].mask(t.index == 3)), {}, "欠測"),
        (lambda t: t.assign(other=np.inf), {"comparison": "other"}, "無限大"),
        (lambda t: pd.concat([t, t.iloc[:1]]), {}, "同じ時点"),
        (lambda t: t[t["year"] != 2000], {}, "間隔"),
        (lambda t: t[t["year"] >= 2009], {}, "二つ以上"),
        (lambda t: t[t["year"] <= 2010], {}, "二つ以上"),
        (lambda t: t[t["year"] < 2010], {}, "start"),
        (lambda t: t[t["year"] == 2010], {}, "一つ"),
        (lambda t: t[t["year"].between(2008, 2011)], {}, "少なすぎ"),
        (lambda t: t[t["year"].between(2005, 2013)], {"season": 12}, "少なすぎ"),
        (lambda t: t, {"season": 1}, "season"),
        (lambda t: t.assign(y=3.0 + 2 * t["year"]), {}, "直線"),
        (lambda t: t.assign(y=0.0), {}, "直線"),
    ],
)
def test_series_that_cannot_be_analysed_are_refused(
    change: Any, options: Any, message: str
) -> None:
    with pytest.raises(MethodError, match=message):
        analysed(change(series(11)), **options)
