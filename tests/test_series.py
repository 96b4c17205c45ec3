"""Change over time: a declared break is named and refused, the matched panel is offered."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import ebpm
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.series import SeriesBreak, SeriesError, breaks
from ebpm.figures import sources


def data(figure: str, rows: list[dict[str, Any]]) -> Dataset:
    return Dataset(pd.DataFrame(rows), "SELECT 1", ("mart_x",), ({"key": figure},))


def procedures(*rows: tuple[str, str, float]) -> Dataset:
    names = ("edition", "procedure_id", "online")
    return data("procedures", [dict(zip(names, row, strict=True)) for row in rows])


SURVEY = procedures(
    ("2024-07-31", "1", 0.0),
    ("2024-07-31", "2", 1.0),
    ("2025-07-29", "2", 1.0),
    ("2025-07-29", "3", 0.0),
    ("2025-07-29", "4", 0.0),
)
ACROSS = {"unit": ["procedure_id"], "over": "edition", "before": "2024-07-31",
          "after": "2025-07-29"}  # fmt: skip


def test_a_difference_across_a_declared_break_is_refused_with_its_reason_and_the_way_out() -> None:
    with pytest.raises(SeriesBreak) as caught:
        ebpm.change(SURVEY, "online", **ACROSS)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("procedures-scope-2025", "約1万件", "matched=True", "https://www.digital.go.jp"):
        assert part in message


def test_backwards_in_time_is_across_the_break_too() -> None:
    backwards = {**ACROSS, "before": "2025-07-29", "after": "2024-07-31"}
    with pytest.raises(SeriesBreak):
        ebpm.change(SURVEY, "online", **backwards)


def test_the_matched_panel_holds_the_units_of_both_times() -> None:
    changed = ebpm.change(SURVEY, "online", **ACROSS, matched=True)
    assert changed.frame.to_dict("records") == [
        {"procedure_id": "2", "before": 1.0, "after": 1.0, "change": 0.0}
    ]
    assert changed.sources == SURVEY.sources


def test_fetched_figures_have_the_breaks_of_their_series() -> None:
    fetched = Dataset(SURVEY.frame, SURVEY.sql, SURVEY.tables, ({"key": "procedures.fetched"},))
    with pytest.raises(SeriesBreak):
        ebpm.change(fetched, "online", **ACROSS)


def laspeyres(*years: int) -> Dataset:
    return data(
        "finance_indicators",
        [
            {"fiscal_year": year, "lgcode": "011002", "laspeyres_index": 100.0 + year % 10,
             "fiscal_strength_index": 0.5}
            for year in years
        ],
    )  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [(2011, 2012), (2013, 2016), (2012, 2020)])
@pytest.mark.parametrize("matched", [False, True])
def test_a_break_that_no_panel_mends_is_refused_either_way(
    before: int, after: int, matched: bool
) -> None:
    with pytest.raises(SeriesBreak, match="laspeyres_reference_index"):
        ebpm.change(
            laspeyres(before, after), "laspeyres_index", unit=["lgcode"], over="fiscal_year",
            before=before, after=after, matched=matched,
        )  # fmt: skip


def test_on_one_side_of_a_break_and_for_other_columns_nothing_is_refused() -> None:
    within = ebpm.change(
        laspeyres(2016, 2020), "laspeyres_index", unit=["lgcode"], over="fiscal_year",
        before=2016, after=2020,
    )  # fmt: skip
    assert within.frame["change"].tolist() == [100.0 - 106.0]
    other = ebpm.change(
        laspeyres(2012, 2020), "fiscal_strength_index", unit=["lgcode"], over="fiscal_year",
        before=2012, after=2020,
    )  # fmt: skip
    assert other.frame["change"].tolist() == [0.0]


def cards(second_base: str, **extra: Any) -> Dataset:
    rows = [
        {"edition": "2020-08-01", "lgcode": "011002", "card_rate": 0.2,
         "population_date": "2019-01-01"},
        {"edition": "2020-09-01", "lgcode": "011002", "card_rate": 0.21,
         "population_date": second_base},
    ]  # fmt: skip
    return data("mynumber_cards", rows)


BETWEEN = {"unit": ["lgcode"], "over": "edition", "before": "2020-08-01", "after": "2020-09-01"}


def test_a_rate_whose_population_base_changed_is_refused() -> None:
    with pytest.raises(SeriesBreak, match="cards_added"):
        ebpm.change(cards("2020-01-01"), "card_rate", **BETWEEN)


def test_a_rate_on_one_population_base_is_compared() -> None:
    changed = ebpm.change(cards("2019-01-01"), "card_rate", **BETWEEN)
    assert changed.frame["change"].round(6).tolist() == [0.01]


def test_without_the_column_that_tells_the_base_nothing_is_compared() -> None:
    found = cards("2019-01-01")
    blind = Dataset(found.frame.drop(columns="population_date"), "", (), found.sources)
    with pytest.raises(SeriesError, match="population_date"):
        ebpm.change(blind, "card_rate", **BETWEEN)


FREE = data("dx_status", SURVEY.frame.to_dict("records"))


def test_units_of_one_time_only_stay_without_a_change() -> None:
    frame = ebpm.change(FREE, "online", **ACROSS).frame.set_index("procedure_id")
    assert sorted(frame.index) == ["1", "2", "3", "4"]
    assert frame["change"].dropna().to_dict() == {"2": 0.0}


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"before": "2023-01-01"}, "2023-01-01 がありません"),
        ({"over": "year"}, "year がありません"),
        ({"unit": ["edition"]}, "二つ以上"),
    ],
)
def test_a_question_that_the_data_cannot_answer_is_refused_in_one_line(
    asked: dict[str, Any], part: str
) -> None:
    with pytest.raises(SeriesError, match=part):
        ebpm.change(FREE, "online", **{**ACROSS, **asked})


@pytest.mark.parametrize("found", breaks(), ids=lambda found: found.id)
def test_a_declared_break_is_complete(found: Any) -> None:
    figures = {name for source in sources().values() for name in source["figures"]}
    assert found.figure in figures
    assert (found.at is None) != (found.changes_with is None)
    assert set(found.what) == set(found.remedy) == {"ja", "en"}
    assert found.page.startswith("https://")
