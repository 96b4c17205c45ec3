"""Forecasts of a rate against statsmodels' prediction intervals and by hand; bodies against Wilson."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special, stats

from ebpm.methods.forecast import forecast, share_ever_as_fast
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Check

SAME = 1e-10  # the same algebra in another order of operations
PRINTED = 5e-8  # Wilson's interval of 15 of 50 is given with seven decimals
RATES = [0.12, 0.15, 0.21, 0.24, 0.33, 0.37, 0.45, 0.47]


def series(rates: list[float] | None = None, step: int = 1) -> pd.Series:
    values = RATES if rates is None else rates
    return pd.Series(values, index=range(2018, 2018 + step * len(values), step))


# The interval


def test_one_step_on_is_the_prediction_interval_of_the_mean_change() -> None:
    """Regressing the changes on a constant, statsmodels predicts the next one (8 points, 7 steps)."""
    z = special.logit(np.array(RATES))
    fit = sm.OLS(np.diff(z), np.ones(7)).fit()
    next_one = fit.get_prediction(np.ones((1, 1))).summary_frame(alpha=0.05).iloc[0]
    found = forecast(series(), 1).at(2026)
    values = (found.estimate, found.ci_low, found.ci_high)
    steps = next_one[["mean", "obs_ci_lower", "obs_ci_upper"]].to_numpy(float)
    assert values == pytest.approx(tuple(special.expit(z[-1] + steps)), rel=SAME)


@pytest.mark.parametrize("h", [1, 2, 3, 5])
def test_later_steps_by_hand(h: int) -> None:
    """z₈ + h·d ± t₆·s·√(h + h²/7), with d = (z₈ - z₁)/7."""
    z = special.logit(np.array(RATES))
    d = (z[-1] - z[0]) / 7
    s = np.sqrt(((np.diff(z) - d) ** 2).sum() / 6)
    reach = 2.446911851 * s * np.sqrt(h + h**2 / 7)  # t table: 6 degrees, 0.975
    centre = z[-1] + h * d
    expected = special.expit([centre, centre - reach, centre + reach])
    found = forecast(series(), 5).at(2025 + h)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx(tuple(expected), rel=1e-8)


def test_a_ceiling_is_the_same_on_the_share_of_the_ceiling() -> None:
    whole = forecast(series([rate / 0.6 for rate in RATES]), 4)
    low = forecast(series(), 4, ceiling=0.6)
    assert low.path.to_numpy() == pytest.approx(0.6 * whole.path.to_numpy(), rel=SAME)
    assert low.probability(0.54, 2028) == pytest.approx(whole.probability(0.9, 2028), rel=SAME)
    assert (low.at(2026).method, whole.at(2026).method) == (
        "logit_drift_with_ceiling",
        "logit_drift",
    )
    assert low.path["ci_high"].max() < 0.6 < forecast(series(), 4).path["ci_high"].max()


def test_a_rate_and_its_complement_mirror_each_other() -> None:
    one, two = forecast(series(), 3), forecast(series([1 - rate for rate in RATES]), 3)
    assert two.path["estimate"].to_numpy() == pytest.approx(1 - one.path["estimate"].to_numpy())
    assert two.path["ci_low"].to_numpy() == pytest.approx(1 - one.path["ci_high"].to_numpy())


def test_steps_of_two_years_and_the_order_of_rows() -> None:
    one, two = forecast(series(), 3), forecast(series(step=2).sample(frac=1, random_state=1), 3)
    assert two.path.index.tolist() == [2034, 2036, 2038]
    assert two.path.to_numpy() == pytest.approx(one.path.to_numpy(), rel=SAME)
    assert two.probability(0.6, 2036) == pytest.approx(one.probability(0.6, 2027), rel=SAME)
    # Between two points of a path the time is measured in fractions of a step.
    between = two.probability(0.6, 2035)
    assert two.probability(0.6, 2034) < between < two.probability(0.6, 2036)


def test_the_result_names_what_it_is() -> None:
    found = forecast(series(), 2).at(2027)
    assert (found.design, found.n, found.p_value, found.n_clusters) == ("forecast", 8, None, None)
    assert found.checks == (Check("enough_steps", True, 7.0),)
    few = forecast(series(RATES[:4]), 1).at(2022)
    assert few.checks == (Check("enough_steps", False, 3.0),)


# The target


def test_the_probability_of_a_target_agrees_with_the_interval() -> None:
    """At the upper limit 2.5 %, at the median 50 %, at the lower limit 97.5 %."""
    made = forecast(series(), 3)
    for time in (2026, 2028):
        row = made.path.loc[time]
        found = [made.probability(float(row[name]), time) for name in ("ci_high", "estimate")]
        assert [*found, made.probability(float(row["ci_low"]), time)] == pytest.approx(
            [0.025, 0.5, 0.975], rel=1e-8
        )


def test_the_probability_by_hand() -> None:
    z = special.logit(np.array(RATES))
    changes = np.diff(z)
    error = changes.std(ddof=1) * np.sqrt(2 + 4 / 7)
    t = (np.log(0.7 / 0.3) - z[-1] - 2 * changes.mean()) / error
    assert forecast(series(), 1).probability(0.7, 2027) == pytest.approx(stats.t.sf(t, 6), rel=SAME)


def test_probabilities_fall_with_the_target() -> None:
    made = forecast(series(), 1)
    found = [made.probability(target, 2028) for target in (0.3, 0.5, 0.7, 0.9)]
    assert found == sorted(found, reverse=True)
    assert 0 < found[-1] < found[0] < 1


@pytest.mark.parametrize(("target", "time"), [(0.0, 2027), (1.2, 2027), (0.6, 2025), (0.6, 2020)])
def test_targets_that_are_none_are_refused(target: float, time: int) -> None:
    with pytest.raises(MethodError, match="目標"):
        forecast(series(), 1).probability(target, time)


def test_a_target_of_the_ceiling_itself_is_refused_and_not_called_impossible() -> None:
    with pytest.raises(MethodError, match="上限ちょうど"):
        forecast(series(), 1).probability(1.0, 2027)
    with pytest.raises(MethodError, match="上限"):
        forecast(series(), 1, ceiling=0.6).probability(0.7, 2027)


# Rates of exactly 0 or 1


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_a_rate_of_exactly_nothing_or_all_needs_an_offset(edge: float) -> None:
    with pytest.raises(MethodError, match="offset"):
        forecast(series([*RATES[:-1], edge]), 1)


def test_the_offset_is_haldanes_correction() -> None:
    """0, 1, 3 and 5 of 20 cases: logits of 0.5, 1.5, 3.5 and 5.5 of 21."""
    made = forecast(series([0, 1 / 20, 3 / 20, 5 / 20]), 2, offset=0.5 / 21)
    z = np.log(np.array([0.5, 1.5, 3.5, 5.5]) / (21 - np.array([0.5, 1.5, 3.5, 5.5])))
    assert (made.last_logit, made.drift) == pytest.approx((z[-1], (z[-1] - z[0]) / 3), rel=SAME)
    share = special.expit(z[-1] + made.drift)
    assert made.at(2022).estimate == pytest.approx((21 * share - 0.5) / 20, rel=SAME)
    assert 0 < made.probability(1.0, 2022) < 0.5


def test_taking_the_offset_back_leaves_no_rate_below_nothing_or_above_all() -> None:
    fell = forecast(series([0.3, 0.15, 0.1, 0.0]), 3, offset=0.5 / 21).path
    rose = forecast(series([0.7, 0.85, 0.9, 1.0]), 3, offset=0.5 / 21).path
    assert fell["estimate"].tolist() == fell["ci_low"].tolist() == [0, 0, 0]
    assert rose["estimate"].tolist() == rose["ci_high"].tolist() == [1, 1, 1]
    assert (fell["ci_high"] > 0).all() and (rose["ci_low"] < 1).all()


def test_an_offset_of_next_to_nothing_changes_next_to_nothing() -> None:
    one, two = forecast(series(), 3), forecast(series(), 3, offset=1e-9)
    assert two.path.to_numpy() == pytest.approx(one.path.to_numpy(), abs=1e-7)


# Bad input


@pytest.mark.parametrize(
    ("rates", "match"),
    [
        (series().where(lambda s: s != 0.33), "欠測"),
        (series().drop(2021), "間隔"),
        (pd.Series(RATES, index=[*range(2018, 2025), 2024]), "間隔"),
        (pd.Series([0.1, 0.2, 0.3], index=[2018, 2018, 2018]), "間隔"),
        (series(RATES[:2]), "三時点"),
        (series([0.3] * 6), "同じ"),
        (series([*RATES[:-1], 1.2]), "率は"),
        (series([*RATES[:-1], -0.1]), "率は"),
        (pd.Series(RATES, index=list("abcdefgh")), "整数"),
    ],
)
def test_series_that_cannot_be_followed_are_refused(rates: pd.Series, match: str) -> None:
    with pytest.raises(MethodError, match=match):
        forecast(rates, 2)


@pytest.mark.parametrize("options", [{"ceiling": 1.5}, {"ceiling": 0.0}, {"offset": 0.5}])
def test_settings_outside_their_range_are_refused(options: Any) -> None:
    with pytest.raises(MethodError, match="horizon"):
        forecast(series(), 1, **options)
    with pytest.raises(MethodError, match="horizon"):
        forecast(series(), 0)
    with pytest.raises(MethodError, match="率は"):
        forecast(series(), 1, ceiling=0.4)


def test_a_time_beyond_the_path_is_refused() -> None:
    with pytest.raises(MethodError, match="horizon"):
        forecast(series(), 2).at(2028)


# Bodies that ever moved as fast


def bodies(changes: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {"body": body, "year": 2018 + i, "rate": rate}
        for body, rates in changes.items()
        for i, rate in enumerate(rates)
    ]
    return pd.DataFrame(rows)


def as_fast(frame: pd.DataFrame, **more: Any) -> Any:
    options: dict[str, Any] = {"from_level": 0.3, "needed_change": 0.2, "years": 2, **more}
    return share_ever_as_fast(frame, unit="body", time="year", rate="rate", **options)


def test_fifteen_of_fifty_bodies_have_wilsons_interval() -> None:
    """15 gain 0.2 in two years; the others 0.1."""
    paths = {f"{i}": [0.3, 0.35, 0.5 if i < 15 else 0.4] for i in range(50)}
    found = as_fast(bodies(paths))
    assert (found.estimate, found.n, found.p_value) == (0.3, 50, None)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.1910355, 0.4375035), abs=PRINTED)
    assert found.checks == (Check("enough_rows", True, 50.0),)
    assert (found.method, found.design) == ("share_ever_as_fast", "description")


def test_which_bodies_count_and_which_moved_by_hand() -> None:
    frame = bodies(
        {
            "once, late": [0.25, 0.26, 0.27, 0.47],  # 0.26 → 0.47
            "exactly enough": [0.4, 0.5, 0.6],  # 0.6 - 0.4 is below 0.2 in binary
            "too slow": [0.3, 0.35, 0.45],
            "too late": [0.3, 0.35, 0.45, 0.6],  # 0.35 → 0.6 starts within the band
            "in three years": [0.2, 0.2, 0.3, 0.45],  # 0.2 → 0.3, 0.2 → 0.45
            "from elsewhere": [0.6, 0.7, 0.9],  # no start near 0.3
            "not followed": [0.3, 0.6],  # no value two years on
            "fell": [0.4, 0.3, 0.1],
        }
    )
    found = as_fast(frame)
    assert (found.n, found.estimate * found.n) == (6, pytest.approx(4))
    assert found.checks == (Check("enough_rows", False, 6.0),)
    fewer = as_fast(frame, band=0.0)  # starts of exactly 0.3 only
    assert (fewer.n, fewer.estimate) == (2, 0)  # "too slow" and "too late"


def test_a_needed_fall_is_counted_downwards() -> None:
    frame = bodies({"fell": [0.4, 0.3, 0.1], "too": [0.3, 0.2, 0.1], "rose": [0.3, 0.4, 0.6]})
    found = as_fast(frame, needed_change=-0.2)
    assert (found.n, found.estimate * 3) == (3, pytest.approx(2))


def test_a_missing_year_is_no_step_of_two() -> None:
    frame = bodies({"gap": [0.3, 0.35, 0.5, 0.55], "whole": [0.3, 0.35, 0.5, 0.55]})
    frame = frame[~((frame["body"] == "gap") & (frame["year"] == 2020))]
    found = as_fast(frame)
    # "gap" has 2019 → 2021 (0.35 → 0.55) left.
    assert (found.n, found.estimate) == (2, 1.0)
    assert as_fast(frame[frame["year"] != 2021]).n == 1


def test_bad_input_for_bodies_is_refused() -> None:
    frame = bodies({"a": [0.3, 0.4, 0.5]})
    with pytest.raises(MethodError, match="rate"):
        as_fast(frame.replace({"rate": 0.4}, np.nan))
    with pytest.raises(MethodError, match="二つ以上"):
        as_fast(pd.concat([frame, frame]))
    with pytest.raises(MethodError, match="団体がありません"):
        as_fast(frame, from_level=0.9)
    for options in ({"years": 0}, {"needed_change": 0.0}):
        with pytest.raises(MethodError, match="years"):
            as_fast(frame, **options)
