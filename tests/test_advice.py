"""The advice looks at the shape only, and names what the methods themselves would be.

Every rule is pinned by a small frame; the named method is then run on that frame, and its result
must carry the method's name and reach no higher than the advised level.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ebpm.evidence.advice import RULES, WATCH, advise
from ebpm.evidence.advice_words import WATCHED, WHY
from ebpm.evidence.grade import grade
from ebpm.methods import (
    correlation,
    did,
    interrupted,
    permutation,
    proportions,
    regression,
    staggered,
)
from ebpm.methods.names import METHODS
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Estimate

SEED = 7


def towns(n: int = 400, clusters: int = 40, exposed: int = 200) -> pd.DataFrame:
    """One row a unit: exposure 0/1 spread over all clusters, a number as outcome."""
    random = np.random.default_rng(SEED)
    order = random.permutation(n)
    return pd.DataFrame(
        {
            "unit": np.arange(n),
            "cluster": np.arange(n) % clusters,
            "exposed": (order < exposed).astype(int),
            "amount": random.normal(size=n),
            "size": random.normal(size=n),
            "outcome": random.normal(size=n),
        }
    )


def panel(starts: dict[int, int], never: int, periods: int) -> pd.DataFrame:
    """One row a unit and period: `starts` gives each starting period its number of units."""
    first = [start for start, n in starts.items() for _ in range(n)] + [0] * never
    random = np.random.default_rng(SEED)
    rows = pd.MultiIndex.from_product([range(len(first)), range(1, periods + 1)])
    frame = rows.to_frame(index=False, name=["unit", "time"])
    frame["first"] = np.array(first)[frame["unit"]]
    frame["exposed"] = ((frame["first"] > 0) & (frame["time"] >= frame["first"])).astype(int)
    frame["ever"] = (frame["first"] > 0).astype(int)
    frame["post"] = (frame["time"] >= min(starts, default=periods + 1)).astype(int)
    return frame.assign(outcome=random.normal(size=len(frame)))


PANEL: dict[str, Any] = {"unit": "unit", "time": "time", "outcome": "outcome"}
DID: dict[str, Any] = {**PANEL, "treated": "ever", "post": "post"}


def ols(frame: pd.DataFrame, *controls: str, **options: Any) -> Estimate:
    options = {"cluster": "cluster", **options}
    return regression.ols(frame, "outcome", ["exposed", *controls], **options).of("exposed")


def within(frame: pd.DataFrame) -> Estimate:
    return ols(frame, cluster="unit", fixed_effects=["unit", "time"])


def of_amount(frame: pd.DataFrame) -> Estimate:
    fit = regression.ols(frame, "outcome", ["amount", "size"], cluster="cluster")
    return fit.of("amount")


def share(frame: pd.DataFrame) -> Estimate:
    fit = proportions.fractional_logit(frame, "outcome", ["exposed", "size"], cluster="cluster")
    return fit.of("exposed")


def event_study(frame: pd.DataFrame) -> Estimate:
    return did.event_study(frame, **PANEL, first_treated="first", window=(-3, 3)).average


def by_permutation(frame: pd.DataFrame) -> Estimate:
    return permutation.permutation_test(frame, unit="unit", outcome="outcome", treated="exposed")


@dataclass(frozen=True)
class Case:
    """A frame, what is said of it, and the method to be run on it."""

    rule: str
    frame: pd.DataFrame
    method: str
    sms: int
    run: Callable[[pd.DataFrame], Estimate]
    said: dict[str, Any] = field(default_factory=dict)
    watch: tuple[str, ...] = ()


FEW = towns(exposed=5)
BINARY = towns().assign(outcome=lambda t: (t["outcome"] > 0).astype(int))
NO_CLUSTER: dict[str, Any] = {"cluster": None, "controls": ["size"]}
CONTROLLED: dict[str, Any] = {"cluster": "cluster", "controls": ["size"]}
OVER_TIME: dict[str, Any] = {"time": "time"}
AMOUNT: dict[str, Any] = {"exposure": "amount", "cluster": "cluster"}
ON_AND_OFF = panel({}, 40, 4).assign(exposed=lambda t: (t["unit"] + t["time"]) % 2)
ALWAYS = panel({}, 40, 4).assign(exposed=lambda t: t["unit"] % 2)
LONG = panel({11: 1}, 0, 24)

CASES = (
    Case(
        "one_series",
        LONG,
        "segmented_regression",
        2,
        lambda f: (
            interrupted.interrupted_time_series(
                f, time="time", outcome="outcome", start=11
            ).level_change
        ),
        OVER_TIME,
    ),
    Case(
        "everyone",
        panel({3: 40}, 0, 4),
        "before_after",
        1,
        lambda f: did.before_after(f, **PANEL, post="post"),
        OVER_TIME,
    ),
    Case(
        "few_started",
        panel({3: 4}, 30, 4),
        "permutation_test",
        3,
        lambda f: permutation.permutation_did(f, **DID),
        OVER_TIME,
        ("lopsided", "like_trends"),
    ),
    Case(
        "one_start",
        panel({2: 30}, 30, 2),
        "two_by_two",
        2,
        lambda f: did.two_by_two(f, **DID),
        OVER_TIME,
        ("one_before",),
    ),
    Case(
        "many_periods",
        panel({4: 30}, 30, 6),
        "event_study",
        3,
        event_study,
        OVER_TIME,
        ("like_trends",),
    ),
    Case(
        "several_starts",
        panel({3: 15, 4: 15}, 30, 6),
        "callaway_santanna",
        3,
        lambda f: staggered.callaway_santanna(f, **PANEL, first_treated="first").simple,
        OVER_TIME,
        ("like_trends",),
    ),
    Case("within", ON_AND_OFF, "fixed_effects_ols", 2, within, OVER_TIME, ("no_cause",)),
    Case(
        "never_changes",
        ALWAYS,
        "fixed_effects_ols_cr2",
        2,
        lambda f: ols(f, cluster="unit", fixed_effects=["time"]),
        OVER_TIME,
        ("never_changes", "lopsided"),
    ),
    Case("few_exposed", FEW, "permutation_test", 1, by_permutation, CONTROLLED, ("lopsided",)),
    Case("share", BINARY, "fractional_logit", 2, share, CONTROLLED),
    Case("two_groups_alike", towns(), "ols", 2, lambda f: ols(f, "size"), CONTROLLED),
    Case(
        "two_groups_alike",
        towns(clusters=12),
        "ols_cr2",
        1,
        lambda f: ols(f, "size"),
        CONTROLLED,
        ("few_clusters",),
    ),
    Case(
        "two_groups_alike",
        towns(),
        "ols_hc3",
        2,
        lambda f: ols(f, "size", cluster=None),
        NO_CLUSTER,
        ("independent",),
    ),
    Case("controls", towns(), "ols", 2, of_amount, {**AMOUNT, "controls": ["size"]}),
    Case("two_groups", towns(), "ols", 1, ols, {"cluster": "cluster"}, ("no_controls",)),
    Case(
        "together",
        towns(),
        "spearman",
        1,
        lambda f: correlation.correlation(f, "amount", "outcome", cluster="cluster"),
        AMOUNT,
        ("no_controls", "no_cause"),
    ),
)


def advice_of(frame: pd.DataFrame, said: dict[str, Any]) -> Any:
    names = {"outcome": "outcome", "exposure": "exposed", "unit": "unit", **said}
    return advise(frame, **names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.method}")
class TestRules:
    def test_the_shape_decides_rule_method_and_level(self, case: Case) -> None:
        found = advice_of(case.frame, case.said)
        assert (found.rule, found.method, found.sms) == (case.rule, case.method, case.sms)
        assert set(case.watch) <= set(found.watch)

    def test_the_method_gives_a_result_of_that_name_and_no_higher_level(self, case: Case) -> None:
        result = case.run(case.frame)
        found = advice_of(case.frame, case.said)
        assert (result.method, result.design) == (found.method, found.design)
        assert grade(result).sms <= found.sms

    def test_it_is_the_same_whatever_outcome_goes_with_whom(self, case: Case) -> None:
        dealt = case.frame["outcome"].sample(frac=1, random_state=1).to_numpy()
        again = advice_of(case.frame.assign(outcome=dealt), case.said)
        assert again == advice_of(case.frame, case.said)

    def test_it_speaks_both_languages_and_names_known_methods(self, case: Case) -> None:
        found = advice_of(case.frame, case.said)
        assert {found.method, *found.others} <= METHODS.keys()
        assert all(item.ja and item.en and words.ja and words.en for item, words in found.rows)
        assert not any("{" in words.ja + words.en for _, words in found.rows)
        assert METHODS[found.method].ja in str(found)


def test_every_rule_and_every_thing_to_watch_has_its_words_and_a_case() -> None:
    assert {rule.key for rule in RULES} == {case.rule for case in CASES} == WHY.keys()
    assert {*WATCH, "no_cause"} == WATCHED.keys()
    assert {rule.method for rule in RULES} <= METHODS.keys()


def watch_of(frame: pd.DataFrame, **said: Any) -> tuple[str, ...]:
    return advice_of(frame, said).watch


class TestWatch:
    def test_missing_values_are_told_with_their_share(self) -> None:
        frame = towns().assign(outcome=lambda t: t["outcome"].where(t["unit"] >= 20))
        found = advice_of(frame, CONTROLLED)
        assert "missing" in found.watch and "5.0％" in str(found)
        assert "missing" not in watch_of(towns(), **CONTROLLED)

    def test_an_outcome_that_is_mostly_missing_lowers_the_level(self) -> None:
        frame = towns().assign(outcome=lambda t: t["outcome"].where(t["unit"] % 3 == 0))
        assert advice_of(frame, CONTROLLED).sms == 1

    def test_whole_numbers_may_be_counts(self) -> None:
        frame = towns().assign(outcome=lambda t: (t["outcome"] * 10).abs().round())
        assert "whole_numbers" in watch_of(frame, **CONTROLLED)
        assert "whole_numbers" not in watch_of(towns(), **CONTROLLED)

    def test_several_rows_of_a_unit_make_the_unit_the_cluster(self) -> None:
        frame = towns().assign(unit=lambda t: t["unit"] % 40)
        found = advice_of(frame, {"controls": ["size"]})
        assert found.shape.clusters == 40 and "repeated" in found.watch

    def test_units_that_began_before_the_data_are_counted(self) -> None:
        frame = panel({1: 5, 4: 30}, 30, 6)
        found = advice_of(frame, OVER_TIME)
        assert found.shape.already == 5 and found.shape.exposed == 30 and "already" in found.watch

    def test_a_start_of_one_unit_and_a_panel_where_all_begin_are_told(self) -> None:
        found = watch_of(panel({3: 1, 4: 30}, 0, 6), **OVER_TIME)
        assert {"lonely_start", "all_in_the_end"} <= set(found)

    def test_few_treated_clusters_lower_the_level_of_a_panel(self) -> None:
        frame = panel({4: 30}, 30, 6).assign(cluster=lambda t: t["unit"] % 30 % 5 + 100 * t["ever"])
        assert advice_of(frame, {**OVER_TIME, "cluster": "cluster"}).sms == 1


class TestErrors:
    def test_a_column_that_is_not_there_is_named_with_those_that_are(self) -> None:
        with pytest.raises(MethodError, match=r"列がありません：staff、area。あるもの：.*exposed"):
            advise(towns(), outcome="staff", exposure="exposed", unit="unit", controls=["area"])

    def test_words_are_no_numbers(self) -> None:
        with pytest.raises(MethodError, match="数の列ではありません：exposed"):
            advice_of(towns().assign(exposed="実施"), {})

    def test_an_exposure_or_outcome_that_does_not_vary_is_refused(self) -> None:
        with pytest.raises(MethodError, match="exposed の値が一つしかない"):
            advice_of(towns().assign(exposed=1), {})
        with pytest.raises(MethodError, match="outcome の値が一つしかない"):
            advice_of(towns().assign(outcome=0.0), {})

    def test_one_column_cannot_be_two_things(self) -> None:
        with pytest.raises(MethodError, match="別の列"):
            advice_of(towns(), {"exposure": "outcome"})

    def test_a_unit_twice_in_a_period_is_refused(self) -> None:
        frame = panel({3: 20}, 20, 4)
        with pytest.raises(MethodError, match="unit と time の組"):
            advice_of(pd.concat([frame, frame.head(1)]), OVER_TIME)

    def test_a_row_without_unit_or_period_is_refused(self) -> None:
        frame = panel({3: 20}, 20, 4)
        with pytest.raises(MethodError, match="欠けた行"):
            advice_of(frame.assign(time=frame["time"].where(frame.index > 0)), OVER_TIME)
