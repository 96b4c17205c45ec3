"""Pilots in a few units: what they need, who begins, what they showed, on awkward data too.

References: Welch's error with the degrees of freedom of Bell and McCaffrey (Imbens and Kolesár 2016,
section 3) computed here; SciPy; exact power of t (`ebpm.methods.power`, itself held to R's).
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ebpm.evidence import declarations
from ebpm.evidence.grade import grade
from ebpm.evidence.ledger import default_folder
from ebpm.evidence.plans import plan_from, register
from ebpm.methods.lottery import drawn_by_lot
from ebpm.methods.permutation import permutation_test
from ebpm.methods.pilot import (
    before_and_after,
    can_permute,
    complete,
    mean_series,
    pilot_effect,
    placebo_starts,
    without_each,
)
from ebpm.methods.pilot_power import (
    designs,
    detectable_multiple,
    interval_of,
    observed_change_deviation,
    power_of_pilot,
    smallest_design,
    variation,
)
from ebpm.methods.power import two_means
from ebpm.methods.requirements import MethodError
from support.executed import Run, imported, run_in

EXACT = 1e-9
# Simulated quantities: 1,000 pilots each, so that a multiple is known to about 3 %.
SIMULATED = 0.06


def panel(
    units: int = 10,
    treated: int = 4,
    before: int = 12,
    after: int = 12,
    *,
    effect: float = -2.0,
    rho: float = 0.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Units around levels of their own with AR(1) departures of standard deviation 1."""
    random = np.random.default_rng(seed)
    rows = []
    for unit in range(units):
        level, departure = random.normal(30, 5), random.normal()
        for time in range(-before, after):
            departure = rho * departure + math.sqrt(1 - rho**2) * random.normal()
            on = unit < treated and time >= 0
            value = level + departure + (effect if on else 0.0)
            rows.append((f"u{unit:02}", time, int(unit < treated), int(time >= 0), value))
    return pd.DataFrame(rows, columns=["unit", "time", "treated", "post", "y"])


def changes(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The change of each unit's mean: treated ones, others."""
    means = frame.groupby(["treated", "unit", "post"])["y"].mean().unstack()
    change = means[1] - means[0]
    return change.loc[1].to_numpy(), change.loc[0].to_numpy()


class TestEffect:
    def test_is_the_difference_of_mean_changes_with_both_errors(self) -> None:
        found = pilot_effect(panel(), "y")
        one, two = changes(panel())
        assert found.way == "units" and found.by_clusters and found.by_permutation
        for result in (found.safer, found.by_clusters, found.by_permutation):
            assert result.estimate == pytest.approx(one.mean() - two.mean(), abs=EXACT)

    def test_errors_by_clusters_are_welchs_with_bell_and_mccaffreys_degrees(self) -> None:
        result = pilot_effect(panel(), "y").by_clusters
        one, two = changes(panel())
        k, m = len(one), len(two)
        error = math.sqrt(one.var(ddof=1) / k + two.var(ddof=1) / m)
        degrees = (1 / k + 1 / m) ** 2 / (1 / (k**2 * (k - 1)) + 1 / (m**2 * (m - 1)))
        assert result and result.degrees == pytest.approx(degrees, rel=1e-6)
        assert result.standard_error == pytest.approx(error, rel=1e-6)

    @pytest.mark.parametrize("seed", range(6))
    def test_the_verdict_rests_on_the_wider_interval(self, seed: int) -> None:
        found = pilot_effect(panel(seed=seed), "y")
        widths = [r.ci_high - r.ci_low for r in (found.by_clusters, found.by_permutation) if r]
        assert found.safer.ci_high - found.safer.ci_low == max(widths)
        assert grade(found.safer).sms == 3

    def test_a_lottery_is_graded_as_one_whatever_the_paths_before(self) -> None:
        frame = panel()
        drifting = frame.assign(y=frame["y"] + frame["treated"] * frame["time"])
        assert grade(pilot_effect(drifting, "y").safer).sms < 3
        assert grade(pilot_effect(drifting, "y", randomised=True).safer).sms == 5

    def test_units_missing_a_month_do_not_stop_it(self) -> None:
        found = pilot_effect(panel().drop(index=[3, 40, 100]), "y")
        assert found.way == "units" and found.safer.n == 237

    def test_a_unit_without_a_before_is_refused_and_can_be_taken_out(self) -> None:
        frame = panel()
        lacking = frame.assign(y=frame["y"].mask((frame["unit"] == "u05") & (frame["post"] == 0)))
        with pytest.raises(MethodError, match="欠測"):
            pilot_effect(lacking, "y")
        with pytest.raises(MethodError, match="前か後の値がない"):
            pilot_effect(lacking.dropna(), "y")
        assert pilot_effect(complete(lacking, "y"), "y").safer.n_clusters == 9


class TestFewerUnits:
    def test_too_few_for_a_permutation_test_counts_as_weaker(self) -> None:
        found = pilot_effect(panel(4, 2), "y")
        assert found.way == "units_by_clusters" and found.by_permutation is None
        assert grade(found.safer).sms == 1

    def test_one_unit_among_many_is_judged_by_permutation(self) -> None:
        assert pilot_effect(panel(21, 1), "y").way == "units_by_permutation"

    def test_one_unit_and_few_controls_is_judged_by_the_gap_of_two_series(self) -> None:
        found = pilot_effect(panel(5, 1), "y")
        assert found.way == "two_series" and found.series is not None
        assert found.safer.design == "comparative_interrupted_time_series"

    @pytest.mark.parametrize("units", [1, 3])
    def test_without_controls_the_level_drops(self, units: int) -> None:
        found = pilot_effect(panel(units, units), "y")
        assert found.way == "one_series"
        assert found.safer.design == "interrupted_time_series" and grade(found.safer).sms == 2

    def test_nobody_treated_is_refused(self) -> None:
        with pytest.raises(MethodError, match="試行した課・窓口の値"):
            pilot_effect(panel(4, 0), "y")

    def test_whether_a_permutation_test_is_possible_is_known_beforehand(self) -> None:
        for units in range(4, 10):
            for treated in range(1, units):
                rows = pd.DataFrame(
                    {"unit": range(units), "y": np.arange(units) ** 1.5, "treated": 0}
                )
                rows.loc[: treated - 1, "treated"] = 1
                if can_permute(units, treated):
                    permutation_test(rows, unit="unit", outcome="y", treated="treated")
                else:
                    with pytest.raises(MethodError):
                        permutation_test(rows, unit="unit", outcome="y", treated="treated")

    def test_a_level_that_is_missing_does_not_move_the_series(self) -> None:
        frame = panel(effect=0.0)
        steady = frame.assign(y=frame.groupby("unit")["y"].transform("mean"))
        whole = mean_series(steady, "y")
        fewer = mean_series(steady[~((steady["unit"] == "u00") & (steady["time"] == 3))], "y")
        assert np.allclose(whole["treated"], fewer["treated"], atol=EXACT)

    def test_before_and_after_alone_is_of_level_one_and_works_for_one_unit(self) -> None:
        one, _ = changes(panel())
        assert before_and_after(panel(), "y").estimate == pytest.approx(one.mean(), abs=EXACT)
        for frame in (panel(), panel(3, 1)):
            assert grade(before_and_after(frame, "y")).sms == 1


class TestChecks:
    def test_each_unit_is_left_out_but_where_a_side_has_two(self) -> None:
        assert set(without_each(panel(), "y")) == {f"u{i:02}" for i in range(10)}
        assert set(without_each(panel(10, 2), "y")) == {f"u{i:02}" for i in range(2, 10)}

    def test_pretended_starts_lie_before_the_pilot_and_see_nothing_of_it(self) -> None:
        found = placebo_starts(panel(effect=-50.0), "y")
        assert list(found) == list(range(-9, -2))
        assert max(abs(result.estimate) for result in found.values()) < 3

    def test_a_short_before_has_no_pretended_start(self) -> None:
        assert placebo_starts(panel(before=5), "y") == {}


class TestVariation:
    def test_is_that_of_the_data(self) -> None:
        frame = panel(60, 0, 40, 0, rho=0.5)
        found = variation(frame, "y", unit="unit", time="time")
        assert found.residual_deviation == pytest.approx(1, abs=0.06)
        assert found.autocorrelation == pytest.approx(0.5, abs=0.06)
        assert found.icc == pytest.approx(25 / 26, abs=0.03)

    def test_of_a_change_is_that_of_means_and_of_what_occurs(self) -> None:
        frame = panel(60, 0, 40, 0)
        found = variation(frame, "y", unit="unit", time="time")
        plain = found.residual_deviation * math.sqrt(1 / 4 + 1 / 6)
        assert found.change_deviation(4, 6) == pytest.approx(plain, rel=0.05)
        seen = observed_change_deviation(frame, "y", unit="unit", time="time", before=4, after=6)
        assert seen == pytest.approx(found.change_deviation(4, 6), rel=0.06)

    def test_spells_make_changes_larger(self) -> None:
        frame = panel(60, 0, 40, 0, rho=0.6)
        found = variation(frame, "y", unit="unit", time="time")
        seen = observed_change_deviation(frame, "y", unit="unit", time="time", before=6, after=6)
        assert seen and seen > 1.3 * found.residual_deviation * math.sqrt(1 / 6 + 1 / 6)
        assert found.change_deviation(6, 6) == pytest.approx(seen, rel=0.1)

    def test_gaps_are_no_obstacle_but_too_few_units_are(self) -> None:
        frame = panel(8, 0, 12, 0)
        assert variation(frame.drop(index=[5, 17]), "y", unit="unit", time="time").units == 8
        with pytest.raises(MethodError, match="三つ以上"):
            variation(frame[frame["unit"] < "u02"], "y", unit="unit", time="time")

    def test_interval_holds_the_value(self) -> None:
        found = interval_of(
            panel(12, 0, 24, 0), "y", lambda v: v.residual_deviation, unit="unit", time="time"
        )
        assert found.ci_low < 1 < found.ci_high and found.n_clusters == 12


class TestPower:
    def test_with_many_units_it_is_that_of_t(self) -> None:
        exact = two_means(1, 20, 20).minimum_detectable_effect
        assert detectable_multiple(40, 20) == pytest.approx(exact, rel=SIMULATED)

    @pytest.mark.parametrize(("units", "treated"), [(6, 3), (7, 1), (4, 2)])
    def test_so_few_units_can_never_find_anything(self, units: int, treated: int) -> None:
        assert detectable_multiple(units, treated) == math.inf
        assert power_of_pilot(1e6, 1.0, units, treated) == 0.0

    def test_it_is_the_share_of_pilots_in_which_both_tests_reject(self) -> None:
        random, units, treated, effect = np.random.default_rng(3), 10, 4, 2.0
        found = []
        for _ in range(120):
            change = random.normal(size=units) + effect * (np.arange(units) < treated)
            one, two = change[:treated], change[treated:]
            welch = math.sqrt(one.var(ddof=1) / 4 + two.var(ddof=1) / 6)
            degrees = (1 / 4 + 1 / 6) ** 2 / (1 / (16 * 3) + 1 / (36 * 5))
            p = 2 * stats.t.sf(abs(one.mean() - two.mean()) / welch, degrees)
            rows = pd.DataFrame({"u": range(units), "y": change, "d": np.arange(units) < treated})
            other = permutation_test(rows, unit="u", outcome="y", treated="d").p_value
            found.append(p <= 0.05 and other is not None and other <= 0.05)
        # Three standard errors of a share of 120.
        assert power_of_pilot(effect, 1.0, units, treated) == pytest.approx(
            np.mean(found), abs=3 * 0.5 / math.sqrt(120)
        )

    def test_more_units_and_months_find_smaller_effects(self) -> None:
        found = variation(panel(12, 0, 24, 0), "y", unit="unit", time="time")
        plans = designs(found, units=(6, 8, 16), months=(3, 12))
        finite = plans[plans["units"] > 6].pivot(index="units", columns="months")["detectable"]
        assert finite.loc[16, 3] < finite.loc[8, 3] and finite.loc[8, 12] < finite.loc[8, 3]
        chosen = smallest_design(plans, float(finite.loc[8, 12]))
        assert chosen == {"units": 8, "months": 12}
        assert smallest_design(plans, 1e-3) is None


class TestLottery:
    NAMES = tuple(f"u{i}" for i in range(9))
    SIZES = tuple(float(s) for s in (90, 10, 70, 30, 50, 40, 60, 20, 80))

    def test_one_of_each_block_of_like_size(self) -> None:
        drawn = drawn_by_lot(self.NAMES, self.SIZES, 3, 7)
        assert drawn.groupby("block")["is_first"].sum().tolist() == [1, 1, 1]
        assert drawn.groupby("block")["size"].min().tolist() == [70, 40, 10]

    def test_anybody_can_draw_it_again_in_any_order(self) -> None:
        drawn = drawn_by_lot(self.NAMES, self.SIZES, 4, 7)
        again = drawn_by_lot(self.NAMES[::-1], self.SIZES[::-1], 4, 7)
        pd.testing.assert_frame_equal(drawn, again)

    def test_every_unit_of_a_block_has_the_same_chance(self) -> None:
        draws = [drawn_by_lot(self.NAMES, self.SIZES, 3, seed) for seed in range(150)]
        shares = pd.concat(draws).groupby("unit")["is_first"].mean()
        assert shares.min() > 1 / 3 - 0.16 and shares.max() < 1 / 3 + 0.16

    @pytest.mark.parametrize("first", [0, 9])
    def test_both_groups_need_a_unit(self, first: int) -> None:
        with pytest.raises(MethodError):
            drawn_by_lot(self.NAMES, self.SIZES, first, 1)


UNITS = tuple(f"窓口{name}" for name in "あいうえおかきくけ")
SMALL = "窓口こ"


def a_log(folder: Path) -> Path:
    """A handling log of 16 months: −3 minutes in four of nine units from month 9; some missing."""
    random = np.random.default_rng(5)
    rows = []
    for number, unit in enumerate(UNITS):
        level, usual = random.normal(0, 2), (20.0, 35.0)
        for month in range(16):
            begins = pd.Timestamp("2023-04-01") + pd.DateOffset(months=month)
            for _ in range(random.poisson(12) + 1):
                kind = int(random.integers(2))
                minutes = usual[kind] + level + random.normal(0, 3)
                minutes -= 3.0 if number < 4 and month >= 8 else 0.0
                moment = begins + pd.Timedelta(hours=9 + float(random.random() * 600))
                known = f"{minutes:.1f}" if random.random() > 0.1 else ""
                rows.append((f"{len(rows):05}", ("証明", "届出")[kind], moment, known, unit))
    rows += [(f"s{i}", "証明", pd.Timestamp("2023-05-01 10:00"), "20", SMALL) for i in range(4)]
    names = ["case_id", "procedure", "received", "handling_minutes", "office"]
    frame = pd.DataFrame(rows, columns=names).assign(channel="窓口")
    frame["completed"] = frame["received"] + pd.Timedelta(days=2)
    frame.to_csv(folder / "log.csv", index=False, date_format="%Y-%m-%d %H:%M")
    return folder / "log.csv"


def a_list(folder: Path) -> Path:
    """A pilot with a unit the log does not hold and a tiny one; one of a unit without controls."""
    first = [(unit, i < 4) for i, unit in enumerate((*UNITS, SMALL, "分庁舎"))]
    rows = [("割当", unit, on, "2023-12-01") for unit, on in first]
    rows += [("くじ", unit, i < 4, "2023-12-01") for i, unit in enumerate(UNITS)]
    rows += [("一か所", UNITS[0], True, "2023-12-01"), ("よそ", "本庁", True, "2023-12-01")]
    frame = pd.DataFrame(rows, columns=["pilot", "unit", "treated", "start"])
    said = {True: "はい", False: "いいえ"}
    drawn = (frame["pilot"] == "くじ").map(said)
    frame.assign(treated=frame["treated"].map(said), randomised=drawn).to_csv(
        folder / "pilot.csv", index=False
    )
    return folder / "pilot.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a notebook on the log and the list above."""
    home = tmp_path_factory.mktemp("pilot")
    with pytest.MonkeyPatch.context() as patch:
        imported(home, patch, handling_log=a_log(home), pilot=a_list(home))
        yield run_in(patch)
        declarations.forget()


def test_a_pilot_with_controls_is_found_and_what_is_left_out_is_named(run: Run) -> None:
    done = run("pilot_result", pilot="割当")
    effect = done.findings["po-effect"]
    assert effect["ci_low"] < -3 < effect["ci_high"] < 0 and effect["sms"] == 3
    assert (effect["verdict"], effect["n_clusters"]) == ("supported", 9)
    assert "記録にない課・窓口：分庁舎" in done.said and f"除いた課・窓口：{SMALL}" in done.said
    assert "広げてよい" in done.said
    assert SMALL not in json.dumps(done.outputs("table"), ensure_ascii=False)


def test_a_lottery_that_was_registered_is_an_experiment(run: Run) -> None:
    plan = plan_from(
        {
            "id": "p2",
            "question": "短くなるか",
            "outcome": "処理時間",
            "method": "差の差",
            "smallest_effect": 1.0,
            "unit": "minutes",
            "exclusions": "なし",
            "notebook": "pilot_result",
        }
    )
    register(default_folder(), plan)
    done = run("pilot_result", pilot="くじ", plan="p2")
    effect = done.findings["po-effect"]
    assert (effect["design"], effect["sms"]) == ("randomised", 5)
    unregistered = run("pilot_result", pilot="くじ")
    assert unregistered.findings["po-effect"]["sms"] == 3
    assert "事前の登録" in unregistered.said


def test_one_unit_without_controls_says_less(run: Run) -> None:
    done = run("pilot_result", pilot="一か所")
    effect = done.findings["po-effect"]
    assert effect["design"] == "interrupted_time_series" and effect["sms"] <= 2
    assert "効果があった" not in effect["claim_ja"]
    assert "広げてよい" not in done.said and "比べる対照がない" in done.said


def test_elapsed_time_is_not_turned_into_staff_time(run: Run) -> None:
    done = run("pilot_result", pilot="割当", outcome="elapsed_hours")
    assert "職員の時間には直せない" in done.said
    assert "po-hours" not in {table["id"] for table in done.outputs("table")}


def test_which_of_several_pilots_must_be_said(run: Run) -> None:
    with pytest.raises(ValueError, match="次のどれか"):
        run("pilot_result")
    with pytest.raises(ValueError, match="使えません"):
        run("pilot_result", pilot="割当", outcome="minutes")


def test_a_pilot_that_the_log_does_not_hold_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="試行の前と後の記録"):
        run("pilot_result", pilot="よそ")


def test_a_design_names_units_and_a_plan_that_can_be_registered(run: Run) -> None:
    done = run("pilot_design", until="2023-12-01", plan_id="p1", months="3, 6")
    assert {finding["verdict"] for finding in done.findings.values()} == {"descriptive"}
    tables = {table["id"]: table for table in done.outputs("table")}
    assert {row[1] for row in tables["pd-lottery"]["rows"]} == set(UNITS)
    assert SMALL not in json.dumps(tables["pd-lottery"], ensure_ascii=False)
    given = dict(tables["pd-plan"]["rows"])
    plan = plan_from(given | {"smallest_effect": float(given["smallest_effect"])})
    assert plan.id == "p1" and plan.unit == "minutes"
    # Ten per cent of the mean.
    assert plan.smallest_effect == pytest.approx(2.7, abs=0.15)


def test_a_design_that_can_find_nothing_says_so(run: Run) -> None:
    done = run("pilot_design", smallest_pct=0.5, months="3")
    assert "見分けられない見込みである" in done.said and "試行としては行わない" in done.said
