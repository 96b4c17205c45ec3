"""Processing periods: the grammar, a table checked by eye, and the whole published file."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ebpm.durations import REASONS, Period, read_period, read_periods
from ebpm.japanese import fold_width, kanji_number, number

ROOT = Path(__file__).parents[1]
CHECKED = ROOT / "tests/data/periods_checked.csv"
SURVEY = (
    ROOT.parent / "shared/data/raw/procedures-survey-2025-07-29/procedures_data.parquet"
).resolve()
ONLINE, OFFLINE = "処理期間(オンライン)", "処理期間(非オンライン)"
SAMPLE_SEED = 20250729
SAMPLE_SIZE = 300
HAS_NUMERAL = re.compile("[0-9０-９〇一二三四五六七八九十百千]")

needs_survey = pytest.mark.skipif(
    not SURVEY.exists(), reason="the published procedures survey is not at hand"
)


def survey_texts(column: str) -> list[str | None]:
    query = f'select "{column}" from read_parquet(?)'
    rows = duckdb.connect().execute(query, [SURVEY.as_posix()]).fetchall()
    return [row[0] for row in rows]


def checked_rows() -> list[dict[str, str]]:
    with CHECKED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(row: dict[str, str]) -> tuple[float | None, ...]:
    return tuple(float(row[key]) if row[key] else None for key in ("low_days", "high_days", "days"))


# The checked table: 300 texts drawn from the distinct texts of both columns in code point order
# with random.Random(20250729).sample, and read by eye before the reader was run on them.


@needs_survey
def test_the_checked_table_is_the_seeded_draw() -> None:
    distinct = sorted({text for c in (ONLINE, OFFLINE) for text in survey_texts(c) if text})
    drawn = random.Random(SAMPLE_SEED).sample(distinct, SAMPLE_SIZE)
    assert [row["text"] for row in checked_rows()] == drawn


def test_no_reading_of_the_checked_table_is_wrong() -> None:
    wrong = []
    for row in checked_rows():
        period = read_period(row["text"])
        read = (period.low_days, period.high_days, period.days)
        if period.reason is None and (row["reason"] or read != figures(row)):
            wrong.append((row["text"], read))
    assert wrong == []


def test_the_checked_table_is_covered() -> None:
    readable = [row["text"] for row in checked_rows() if not row["reason"]]
    missed = {text for text in readable if read_period(text).reason is not None}
    # A same-day payment with a condition, and counter minutes with a remark: words, not grammar.
    assert missed == {
        "同日, 失業の認定を行った日に、当該認定に係る分を支給する",
        "5-10分程度, 窓口対応時間の記載から推定",
    }
    assert len(readable) - len(missed) >= 0.98 * len(readable)


def test_reasons_of_the_checked_table_agree() -> None:
    rows = [row for row in checked_rows() if row["reason"]]
    assert {row["reason"] for row in rows} <= set(REASONS)
    differing = [row for row in rows if read_period(row["text"]).reason != row["reason"]]
    assert differing == []


@pytest.mark.parametrize(
    ("text", "low_days", "high_days"),
    [
        ("15日", 15, 15),
        ("０日", 0, 0),
        ("１時間", 0.041667, 0.041667),
        ("5-10分程度", 0.003472, 0.006944),
        ("７営業日以内", 9.8, 9.8),
        ("2週", 14, 14),
        ("１週間", 7, 7),
        ("1月", 30, 30),
        ("一か月", 30, 30),
        ("二十五日", 25, 25),
        ("3ヵ月", 90, 90),
        ("３ｹ月", 90, 90),
        ("2箇月", 60, 60),
        ("1カ月間", 30, 30),
        ("1年", 365, 365),
        ("1.75月", 52.5, 52.5),
        ("1.5 ヶ月", 45, 45),
        ("１月半", 45, 45),
        ("半月", 15, 15),
        ("半年", 182.5, 182.5),
        ("21月2週", 644, 644),
        ("1年6か月", 545, 545),
        ("1日～1月", 1, 30),
        ("1日〜30日", 1, 30),
        ("１－２年", 365, 730),
        ("1ー2年", 365, 730),
        ("３~5日", 3, 5),
        ("30日～1月", 30, 30),
        ("2-6月", 60, 180),
        ("１～２月程度", 30, 60),
        ("4～6月程度", 120, 180),
        ("4か月～6か月", 120, 180),
        ("～1週", 7, 7),
        ("最大3週間", 21, 21),
        ("1日以下", 1, 1),
        ("概ね２か月", 60, 60),
        ("7日又は35日", 7, 35),
        ("35日又は7日", 7, 35),
        ("1月又は1か月", 30, 30),
        ("1週のものと2週のものあり", 7, 14),
        ("30日（都道府県によって異なる）", 30, 30),
        ("約1月（実地調査が必要な場合は約40日）", 30, 40),
        ("即日", 0, 0),
        ("原則、即時", 0, 0),
        ("原則、翌日", 1, 1),
    ],
)
def test_productions(text: str, low_days: float, high_days: float) -> None:
    period = read_period(text)
    assert period.reason is None
    assert (period.low_days, period.high_days, period.days) == (low_days, high_days, high_days)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "blank"),
        ("\u3000 ", "blank"),
        ("なし", "bare_none"),
        ("標準処理期間の定めなし", "not_set"),
        ("不明", "unknown"),
        ("届出のため、応答なし", "not_applicable"),
        ("ｰ", "not_applicable"),
        ("事案により異なる", "depends"),
        ("遅滞なく", "no_number"),
        ("数か月", "no_number"),
        ("月", "no_number"),
        ("１５", "no_unit"),
        ("2月以上", "open_ended"),
        ("12月～1月", "calendar"),
        ("4月～6月", "calendar"),
        ("5-8月", "calendar"),
        ("月１回", "calendar"),
        ("９～10月５日の期間", "calendar"),
        ("10月5日", "calendar"),
        ("5年4月", "calendar"),
        ("公告から2週間以内", "other_origin"),
        ("請求日から2月以内", "other_origin"),
        ("1週間から2週間", "unparsed"),
        ("90月", "implausible"),
        ("2024年", "implausible"),
        ("執行に関する情報のため未回答", "withheld"),
        ("1月遅滞なく", "unparsed"),
        ("１周", "unparsed"),
        ("1月、１年", "unparsed"),
        ("1(1.5)月", "unparsed"),
        ("10日～3日", "unparsed"),
        ("-5日", "unparsed"),
        ("十分", "unparsed"),
        ("十十日", "unparsed"),
        ("1月1年", "unparsed"),
        ("約1ヶ月（標準処理期間なし）", "unparsed"),
    ],
)
def test_reasons(text: str | None, reason: str) -> None:
    period = read_period(text)
    assert period.days is None
    assert (period.text, period.reason) == (text, reason)


def test_what_else_a_period_tells() -> None:
    assert read_period("7日以内").bound == "upper"
    assert read_period("～1月").bound == "upper"
    assert read_period("2月以上") == Period(
        "2月以上", low_days=60, reason="open_ended", unit="月", bound="lower"
    )
    assert read_period("２週間程度").approximate
    assert not read_period("２週間").approximate
    assert read_period("7営業日").business_days
    assert read_period("1日～1月").unit == "月"
    assert read_period("15").number == 15


def test_a_column_is_read_on_its_own_index() -> None:
    texts = pd.Series(["1月", None, "不明", "1月", float("nan")], index=[9, 8, 7, 6, 5])
    table = read_periods(texts)
    assert list(table.index) == [9, 8, 7, 6, 5]
    assert table["days"].fillna(-1).tolist() == [30, -1, -1, 30, -1]
    assert table["reason"].fillna("").tolist() == ["", "blank", "unknown", "", "blank"]
    assert read_periods(pd.Series([], dtype=object)).columns.tolist() == table.columns.tolist()


def test_any_string_is_read_or_has_a_reason() -> None:
    draw = random.Random(SAMPLE_SEED)
    pieces = [*"0123456789.０９一十百千万〇日週月年分半間約～~ー-—、。()（） \n", "時間", "営業日"]
    pieces += ["か月", "以内", "以上", "又は", "のものと", "のものあり", "場合は", "即日", "から"]
    pieces += [chr(draw.randrange(0x110000)) for _ in range(200)] + ["9" * 400, "〇" * 5000]
    for _ in range(20_000):
        text = "".join(draw.choices(pieces, k=draw.randrange(9)))
        period = read_period(text)
        assert (period.days is None) == (period.reason in REASONS)
        if period.days is not None and period.low_days is not None:
            assert 0 <= period.low_days <= period.days == period.high_days


@needs_survey
@pytest.mark.parametrize("column", [ONLINE, OFFLINE])
def test_the_published_file_is_read(column: str) -> None:
    texts = survey_texts(column)
    table = read_periods(pd.Series(texts, dtype=object))
    assert len(table) == 75_071
    assert table.loc[table["days"].isna(), "reason"].isin(list(REASONS)).all()
    assert table.loc[table["days"].notna(), "reason"].isna().all()
    has_numeral = [bool(text and HAS_NUMERAL.search(text)) for text in texts]
    assert table.loc[has_numeral, "days"].notna().mean() >= 0.97


def test_widths_and_dashes_are_folded() -> None:
    assert fold_width("１．５ｶ月（Ａ）") == "1.5カ月(A)"
    assert fold_width("ﾃﾞｰﾀ１－２") == "データ1-2"
    assert fold_width("1ー2、３〜４、ー、5–6−7‐8") == "1-2、3~4、-、5-6-7-8"
    assert fold_width("①㎡") == "①㎡"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("〇", 0),
        ("一", 1),
        ("十", 10),
        ("二十五", 25),
        ("百二十", 120),
        ("二五", 25),
        ("千二百三十四", 1234),
        ("三万二千", 32_000),
        ("十十", None),
        ("一二十", None),
        ("万", None),
        ("5", None),
        ("", None),
    ],
)
def test_kanji_numbers(text: str, value: int | None) -> None:
    assert kanji_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("１，２３４．５", 1234.5), (" 二十 ", 20.0), ("-5", None), ("1,23", None), ("5日", None)],
)
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value
