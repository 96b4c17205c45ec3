"""Charts of the wider vocabulary: their rows, their limits, and the sentences written from them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from ebpm import charts
from ebpm.charts.balances import LIMIT
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.said import Said
from ebpm.evidence.text import both
from ebpm.methods.balance import MAX_DIFFERENCE
from ebpm.paths import ROOT
from support.chart_samples import ANSWERS, NAMES

DATA = Dataset(pd.DataFrame({"x": [1]}), "SELECT 1 AS x", (), ())
MEASURE = charts.Measure(DATA, "pct", both(ja="割合", en="share"), 1)


def said(description: Said) -> str:
    """The Japanese sentence; every number of it has a trace."""
    numbers = [part for part in description.ja if isinstance(part, dict)]
    assert numbers and all(part["trace"] for part in numbers)
    assert description.plain.en.isascii() or "−" in description.plain.en
    return description.plain.ja


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        (9_999.0, "9,999.0", "9,999.0"),
        (125_000.0, "12.5万", "125,000"),
        (110_000.0, "11万", "110,000"),
        (-45_600.0, "−4.6万", "−45,600"),
        (1.23e8, "1.2億", "123,000,000"),
    ],
)
def test_large_numbers_are_written_as_the_language_writes_them(
    value: float, ja: str, en: str
) -> None:
    assert charts.short_number(value) == both(ja=ja, en=en)


def test_of_many_bars_the_ends_and_the_own_stay_and_the_rest_is_counted() -> None:
    labels = [both(ja=f"団体{i}", en=f"body {i}") for i in range(100)]
    frame = pd.DataFrame({"label": labels, "value": np.arange(100.0)})
    rows = charts.ranked_data(frame, highlight=[labels[50]])
    assert len(rows) == 21 and rows.attrs["left_out"] == 79
    assert rows.loc[rows["highlight"], "rank"].tolist() == [50]
    assert rows["value"].is_monotonic_decreasing and rows["rank"].iloc[-1] == 100


def test_a_ranking_leaves_out_what_has_no_value_and_gives_ties_one_rank() -> None:
    frame = pd.DataFrame({"label": NAMES[:4], "value": [2.0, None, 5.0, 2.0]})
    rows = charts.ranked_data(frame)
    assert rows["rank"].tolist() == [1, 2, 2] and rows["low"].isna().all()
    assert said(charts.describe_ranked(rows, MEASURE)) == (
        "最も高いのは第三市で5.0％、最も低いのは第四市で2.0％である。"
    )


def test_many_peers_are_counted_in_bins_and_none_is_lost() -> None:
    values = pd.Series(np.random.default_rng(1).normal(50, 10, 1_700))
    rows = charts.dot_data({NAMES[0]: (values, 61.0)})
    peers = rows[rows["kind"] == "peers"]
    assert len(peers) <= 40 and peers["count"].sum() == 1_700
    assert rows.loc[rows["kind"] == "median", "value"].tolist() == [values.median()]
    assert "第一市は61.0％で" in said(charts.describe_dots(rows, MEASURE))


def test_few_peers_are_each_drawn_at_their_value() -> None:
    rows = charts.dot_data({NAMES[0]: (pd.Series([3.0, 1.0, 3.0, None]), None)})
    peers = rows[rows["kind"] == "peers"]
    assert list(zip(peers["value"], peers["count"], strict=True)) == [(1.0, 1), (3.0, 2)]
    assert "own" not in set(rows["kind"])


def test_a_label_without_any_peer_is_an_error() -> None:
    with pytest.raises(ValueError, match="第一市"):
        charts.dot_data({NAMES[0]: (pd.Series([None], dtype=float), 1.0)})


def test_more_lines_or_panels_than_can_be_told_apart_are_refused() -> None:
    many = {both(ja=f"団体{i}", en=f"body {i}"): (1.0, 2.0) for i in range(21)}
    with pytest.raises(ValueError, match="21本"):
        charts.slope_data(many)
    frame = pd.DataFrame({"x": [1], "y": [1.0]})
    with pytest.raises(ValueError, match="13枚"):
        charts.small_multiples_data(dict.fromkeys(list(many)[:13], frame))


def test_a_slope_names_the_largest_and_the_smallest_change() -> None:
    rows = charts.slope_data({NAMES[0]: (10.0, 12.0), NAMES[1]: (30.0, 25.0)})
    assert said(charts.describe_slope(rows, MEASURE)) == (
        "変化が最も大きいのは第一市（2.0％）、最も小さいのは第二市（−5.0％）である。"
    )


def test_the_reference_period_is_put_in_at_zero_without_an_interval() -> None:
    times = pd.DataFrame({"event_time": [-2, 0, 1], "estimate": [0.1, -0.5, -0.6]})
    times = times.assign(ci_low=[-0.2, -0.9, -0.9], ci_high=[0.4, -0.1, 0.1])
    rows = charts.event_study_data(times, scale=100)
    assert rows["event_time"].tolist() == [-2, -1, 0, 1]
    reference = rows[rows["is_reference"].astype(bool)]
    assert reference["estimate"].tolist() == [0.0] and reference["ci_low"].isna().all()
    assert rows.loc[rows["event_time"] == 0, "estimate"].tolist() == [-50.0]
    counts = charts.Measure(DATA, "pct", both(ja="効果", en="effect"))
    assert "導入前の1項目のうち0項目、導入後の2項目のうち1項目" in said(
        charts.describe_event_study(rows, counts)
    )


def test_a_fan_opens_at_the_last_known_point() -> None:
    known = pd.DataFrame({"x": [2021, 2022, 2023], "y": [10.0, 20.0, 30.0]})
    ahead = pd.DataFrame({"x": [2024], "y": [36.0], "low": [31.0], "high": [44.0]})
    rows = charts.fan_data(known, {95: ahead, 50: ahead.assign(low=34.0, high=39.0)})
    first = rows[rows["level"] == 95].iloc[0]
    assert (first["x"], first["low"], first["high"]) == (2023, 30.0, 30.0)
    assert "最も広い幅は31.0％から44.0％まで" in said(charts.describe_fan(rows, MEASURE))
    with pytest.raises(ValueError, match="予測区間"):
        charts.fan_data(known, {})
    with pytest.raises(ValueError, match="4個"):
        charts.fan_data(known, dict.fromkeys((50, 80, 90, 95), ahead))


def test_balance_is_in_absolute_differences_the_least_alike_first() -> None:
    table = pd.DataFrame(
        {"difference_before": [0.1, -0.4], "difference_after": [0.05, -0.02]}, index=["a", "b"]
    )
    rows = charts.balance_data(table, {"a": NAMES[0], "b": NAMES[1]})
    assert LIMIT == MAX_DIFFERENCE  # of the check of balance
    assert rows["before"].tolist() == [0.4, 0.1] and rows["after"].tolist() == [0.02, 0.05]
    index = charts.Measure(DATA, "index", both(ja="標準化した差", en="difference"), 2)
    assert "調整前は第二市で0.40、調整後は第一市で0.05" in said(
        charts.describe_balance(rows, index)
    )
    with pytest.raises(ValueError, match="表示名"):
        charts.balance_data(table, {"a": NAMES[0]})


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7])
def test_likert_bars_stand_around_the_middle_answer(number: int) -> None:
    answers = [both(ja=f"答{'一二三四五六七'[i]}", en=f"a{i}") for i in range(number)]
    rows = charts.likert_data({NAMES[0]: dict.fromkeys(answers, 10.0)})
    assert rows["start"].iloc[0] == pytest.approx(-50) and rows["end"].iloc[-1] == pytest.approx(50)
    assert rows["pct"].sum() == pytest.approx(100)


def test_likert_refuses_what_it_cannot_stack() -> None:
    counts = dict.fromkeys(ANSWERS, 1.0)
    with pytest.raises(ValueError, match="選択肢"):
        charts.likert_data({NAMES[0]: counts, NAMES[1]: dict.fromkeys(ANSWERS[::-1], 1.0)})
    with pytest.raises(ValueError, match="2個"):
        charts.likert_data({NAMES[0]: dict.fromkeys(ANSWERS[:2], 1.0)})
    with pytest.raises(ValueError, match="回答がありません"):
        charts.likert_data({NAMES[0]: dict.fromkeys(ANSWERS, 0.0)})


def test_likert_says_where_most_answers_lie_above_the_middle() -> None:
    low, high = [40.0, 30, 20, 5, 5], [5.0, 5, 20, 30, 40]
    rows = charts.likert_data(
        {
            NAMES[0]: dict(zip(ANSWERS, low, strict=True)),
            NAMES[1]: dict(zip(ANSWERS, high, strict=True)),
        }
    )
    assert "最も高いのは第二市で70.0％、最も低いのは第一市で10.0％" in said(
        charts.describe_likert(rows, MEASURE)
    )


def test_lines_are_told_by_their_ends() -> None:
    frame = pd.DataFrame({"x": [2020, 2021, 2022], "y": [1.0, 2.0, 4.0]})
    rows = charts.lines_data({NAMES[0]: frame})
    assert said(charts.describe_lines(rows, MEASURE)) == "第一市は最初が1.0％、最後が4.0％である。"
    wide, labels = charts.lines_table(rows)
    assert wide.columns.tolist() == ["x", "第一市"] and labels == [NAMES[0]]


def test_the_document_names_every_chart_and_nothing_else() -> None:
    document = (ROOT / "docs" / "charts.md").read_text(encoding="utf-8")
    assert [name for name in charts.__all__ if f"`{name}`" not in document] == []
    named = set(re.findall(r"`([a-z_]+_(?:chart|data|table))`", document))
    assert {name for name in named if not hasattr(charts, name)} <= {"municipality_map_chart"}
