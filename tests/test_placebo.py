"""Placebo outcomes and shuffled exposures against enumeration, SciPy and theory."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from ebpm.methods.placebo import Shuffled, placebo_outcome, shuffled_exposure
from ebpm.methods.regression import ols
from ebpm.methods.requirements import MethodError

SAME = 1e-9  # the same algebra in another order of operations
DRAWS = 1_999
DRAWN = 4 * 0.5 / np.sqrt(DRAWS)  # four standard errors of a share of random draws
SPREAD_DRAWN = 4 / np.sqrt(2 * DRAWS)  # four standard errors of a standard deviation of draws
ROUNDED = 8  # decimals at which slopes count as one


def rows(seed: int = 1, n: int = 90) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    z = random.normal(size=n)
    x = 0.6 * z + random.normal(size=n)
    y = 0.2 * x + z + random.normal(size=n)
    stratum = np.arange(n) % 3
    return pd.DataFrame({"y": y, "x": x, "z": z, "stratum": stratum, "id": range(n)})


def panel(clusters: int = 6, times: int = 3, treated: int = 2, seed: int = 2) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(clusters), times), np.tile(np.arange(times), clusters)
    x = ((unit < treated) & (time == times - 1)) * 1.0
    y = 0.8 * x + random.normal(size=clusters)[unit] + random.normal(size=len(unit))
    return pd.DataFrame({"y": y, "x": x, "unit": unit, "time": time})


def shuffled(frame: pd.DataFrame, **more: Any) -> Shuffled:
    options: dict[str, Any] = {"outcome": "y", "exposure": "x", "cluster": "id", **more}
    return shuffled_exposure(frame, **options)


def exact_p(slopes: list[float], observed: float) -> float:
    """Share of all arrangements at least as far from their mean."""
    far = np.abs(np.array(slopes) - np.mean(slopes))
    return float((far >= abs(observed - np.mean(slopes)) - SAME).mean())


# Shuffled exposure


def test_the_observed_coefficient_is_that_of_ols() -> None:
    frame = rows()
    found = shuffled(frame, controls=["z"], fixed_effects=["stratum"], draws=99)
    expected = ols(frame, "y", ["x", "z"], cluster="id", fixed_effects=["stratum"]).of("x")
    assert found.observed == expected
    assert found.draws.shape == (99, 1)


def test_two_groups_match_scipys_permutation_test() -> None:
    """Without controls the slope of a 0/1 exposure is a difference of means: all 70 ways."""
    y = [1.2, 3.1, 2.2, 4.0, 5.1, 3.3, 6.2, 4.7]
    frame = pd.DataFrame({"y": y, "x": [0] * 4 + [1] * 4, "id": range(8)})

    def difference(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean(a) - np.mean(b))

    reference = stats.permutation_test((y[4:], y[:4]), difference, n_resamples=np.inf)
    found = shuffled(frame, draws=DRAWS)
    assert found.observed.estimate == pytest.approx(reference.statistic)
    assert found.p_value == pytest.approx(reference.pvalue, abs=DRAWN)
    theirs = set(np.round(reference.null_distribution, ROUNDED))
    assert set(np.round(found.draws["estimate"], ROUNDED)) <= theirs


def test_a_continuous_exposure_matches_scipys_test_of_the_correlation() -> None:
    frame = rows(3, n=30).assign(y=lambda t: t["y"] - t["z"])
    reference = stats.pearsonr(
        frame["x"],
        frame["y"],
        method=stats.PermutationMethod(
            n_resamples=DRAWS, rng=np.random.default_rng(1), batch=DRAWS
        ),
    )
    assert 0.01 < reference.pvalue < 0.99
    found = shuffled(frame, draws=DRAWS)
    assert found.p_value == pytest.approx(reference.pvalue, abs=np.sqrt(2) * DRAWN)


def test_draws_with_controls_spread_as_freedman_and_lane_say() -> None:
    """Mean 0, variance Σẽ²/((n-1) Σx̃²), with ẽ, x̃ what the control leaves of outcome, exposure."""
    frame = rows(4)
    z = sm.add_constant(frame["z"])
    e, x = (sm.OLS(frame[name], z).fit().resid for name in ("y", "x"))
    spread = np.sqrt((e @ e) / ((len(frame) - 1) * (x @ x)))
    found = shuffled(frame, controls=["z"], draws=DRAWS)
    assert found.draws["estimate"].std() == pytest.approx(spread, rel=SPREAD_DRAWN)
    assert found.draws["estimate"].mean() == pytest.approx(0, abs=4 * spread / np.sqrt(DRAWS))
    assert (found.low, found.high) == pytest.approx((-1.96 * spread, 1.96 * spread), rel=0.15)


def test_rows_keep_to_their_strata() -> None:
    """Two strata of three rows, one exposed in each: nine arrangements, with their own mean."""
    y = [1.0, 2.5, 4.0, 11.0, 10.0, 14.5]
    frame = pd.DataFrame(
        {"y": y, "x": [0, 0, 1, 0, 0, 1], "stratum": [0] * 3 + [1] * 3, "id": range(6)}
    )
    slopes = []
    for i, j in product(range(3), range(3, 6)):
        x = np.zeros(6)
        x[[i, j]] = 1
        slopes.append(float(np.polyfit(x, y, 1)[0]))
    found = shuffled(frame, within="stratum", draws=DRAWS)
    assert set(np.round(found.draws["estimate"], ROUNDED)) == set(np.round(slopes, ROUNDED))
    expected = exact_p(slopes, found.observed.estimate)
    assert found.p_value == pytest.approx(expected, abs=DRAWN)


def test_whole_clusters_of_unequal_size_change_places() -> None:
    """Two of five clusters exposed: ten arrangements."""
    sizes = [1, 2, 3, 2, 4]
    unit = np.repeat(np.arange(5), sizes)
    y = np.random.default_rng(5).normal(size=len(unit)) + unit
    frame = pd.DataFrame({"y": y, "x": np.isin(unit, [1, 4]) * 1, "unit": unit})
    slopes = [
        float(np.polyfit(np.isin(unit, chosen) * 1.0, y, 1)[0])
        for chosen in combinations(range(5), 2)
    ]
    found = shuffled(frame, cluster="unit", whole_clusters=True, draws=DRAWS)
    assert set(np.round(found.draws["estimate"], ROUNDED)) == set(np.round(slopes, ROUNDED))
    expected = exact_p(slopes, found.observed.estimate)
    assert found.p_value == pytest.approx(expected, abs=DRAWN)


def test_whole_clusters_of_a_panel_take_their_times_along() -> None:
    """Two of six units exposed at the last time, both fixed effects: fifteen arrangements."""
    frame = panel()
    options: dict[str, Any] = {"cluster": "unit", "fixed_effects": ["unit", "time"]}
    slopes = []
    for chosen in combinations(range(6), 2):
        x = (frame["unit"].isin(chosen) & (frame["time"] == 2)) * 1.0
        fit = ols(frame.assign(x=x), "y", ["x"], errors="CR1", **options)
        slopes.append(float(fit.coefficients.loc["x", "estimate"]))
    mixed = frame.sample(frac=1, random_state=1)
    found = shuffled(mixed, whole_clusters=True, time="time", draws=DRAWS, **options)
    assert set(np.round(found.draws["estimate"], ROUNDED)) == set(np.round(slopes, ROUNDED))
    expected = exact_p(slopes, found.observed.estimate)
    assert found.p_value == pytest.approx(expected, abs=DRAWN)


def test_whole_clusters_keep_to_their_strata() -> None:
    frame = panel(clusters=8).assign(stratum=lambda t: t["unit"] % 2)
    options: dict[str, Any] = {"cluster": "unit", "fixed_effects": ["unit", "time"]}
    found = shuffled(
        frame, whole_clusters=True, time="time", within="stratum", draws=DRAWS, **options
    )
    # Units 0 and 1 are exposed, one in each stratum of four: sixteen arrangements.
    assert found.draws["estimate"].round(ROUNDED).nunique() == 16
    with pytest.raises(MethodError, match="またがる"):
        crossed = frame.assign(stratum=frame["time"] % 2)
        shuffled(crossed, whole_clusters=True, time="time", within="stratum", **options)


def test_a_large_difference_has_the_smallest_p_and_never_nothing() -> None:
    frame = rows(6).assign(y=lambda t: 5 * t["x"] + t["y"])
    found = shuffled(frame, draws=199)
    assert found.p_value == 1 / 200
    assert found.observed.estimate > found.high


def test_the_seed_fixes_the_draws_and_nothing_else_does() -> None:
    frame = rows(7)
    np.random.seed(1)
    one = shuffled(frame, draws=50)
    np.random.seed(2)
    two, other = shuffled(frame, draws=50), shuffled(frame, draws=50, seed=3)
    assert one.draws.equals(two.draws)
    assert not one.draws.equals(other.draws)


def test_units_do_not_change_the_p_value() -> None:
    frame = rows(8)
    other = frame.assign(y=frame["y"] * 1e6 + 3e7, x=frame["x"] * 1e-3 + 5)
    one, two = (shuffled(f, controls=["z"], draws=199) for f in (frame, other))
    assert two.p_value == one.p_value
    assert two.draws.to_numpy() == pytest.approx(one.draws.to_numpy() * 1e9, rel=1e-6)


def test_what_cannot_change_places_is_refused() -> None:
    frame = rows(9)
    with pytest.raises(MethodError, match="入れ替えても"):
        shuffled(frame, within="id", draws=19)
    by_stratum = frame.assign(x=frame["stratum"] * 1.0)
    with pytest.raises(MethodError, match="入れ替えても"):
        shuffled(by_stratum, within="stratum", draws=19)


def test_clusters_that_are_not_alike_are_refused() -> None:
    frame = panel()
    options: dict[str, Any] = {"whole_clusters": True, "fixed_effects": ["unit", "time"]}
    with pytest.raises(MethodError, match="cluster"):
        shuffled(frame, cluster=None, **options)
    with pytest.raises(MethodError, match="同じ時点"):
        shuffled(frame, cluster="unit", **options)
    with pytest.raises(MethodError, match="同じ時点"):
        shuffled(frame.drop(index=4), cluster="unit", time="time", **options)
    twice = pd.concat([frame, frame.iloc[[0]].assign(time=9)])
    with pytest.raises(MethodError, match="同じ時点"):
        shuffled(twice, cluster="unit", time="time", **options)


@pytest.mark.parametrize("column", ["y", "x", "z", "stratum"])
def test_missing_values_are_refused(column: str) -> None:
    frame = rows().astype(float)
    frame.loc[3, column] = np.nan
    with pytest.raises(MethodError, match=column):
        shuffled(frame, controls=["z"], within="stratum", draws=19)


# Placebo outcomes


def test_each_placebo_is_the_regression_on_it() -> None:
    random = np.random.default_rng(10)
    frame = rows(10).assign(other=random.normal(size=90), third=random.normal(size=90))
    options: dict[str, Any] = {"cluster": "id", "fixed_effects": ["stratum"]}
    found = placebo_outcome(
        frame, outcomes=["third", "y", "other"], exposure="x", controls=["z"], **options
    )
    assert found.frame.index.tolist() == list(found.estimates) == ["third", "y", "other"]
    for name, estimate in found.estimates.items():
        assert estimate == ols(frame, name, ["x", "z"], **options).of("x")
        row = found.frame.loc[name]
        assert [row["estimate"], row["ci_low"], row["ci_high"], row["p_value"], row["n"]] == [
            estimate.estimate,
            estimate.ci_low,
            estimate.ci_high,
            estimate.p_value,
            90,
        ]


def test_holms_values_by_hand() -> None:
    """The smallest p times the number of outcomes, the next times one fewer, never falling."""
    random = np.random.default_rng(11)
    frame = rows(11).assign(**{f"o{i}": random.normal(size=90) for i in range(3)})
    frame["o1"] += 0.3 * frame["x"]
    table = placebo_outcome(
        frame, outcomes=["o0", "o1", "o2"], exposure="x", cluster="id"
    ).frame.sort_values("p_value")
    raw = table["p_value"].to_numpy() * [3, 2, 1]
    expected = np.minimum(np.maximum.accumulate(raw), 1)
    assert table["p_holm"].to_numpy() == pytest.approx(expected, rel=SAME)


def test_bad_input_for_placebos_is_refused() -> None:
    with pytest.raises(MethodError, match="一つ以上"):
        placebo_outcome(rows(), outcomes=[], exposure="x", cluster="id")
    frame = rows()
    frame.loc[3, "z"] = np.nan
    with pytest.raises(MethodError, match="z"):
        placebo_outcome(frame, outcomes=["y", "z"], exposure="x", cluster="id")
