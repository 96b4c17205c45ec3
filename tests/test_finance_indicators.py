"""Main finance indicators: every cell of the published workbooks, and years not seen before.

The independent reading uses xlrd (.xls) and openpyxl (.xlsx) and the official check digit rule.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest
import xlrd

from ebpm.figures import available
from ebpm.readers import ReadError, Reading, finance_indicators
from support.published import municipality_list, published, readings, with_check_digit
from support.staged import breaches, sql_of, staged
from support.workbooks import reasons, save_workbook

FOLDER = "finance-indicators"
YEARS = {"H24.xls": 2012, "H25.xls": 2013, "H28.xlsx": 2016, "H29.xlsx": 2017, "H30.xlsx": 2018,
         "R1.xlsx": 2019, "R2.xlsx": 2020}  # fmt: skip
COLUMNS = ["fiscal_strength_index", "ordinary_balance_pct", "real_debt_service_pct",
           "future_burden_pct", "laspeyres_index", "laspeyres_reference_index"]  # fmt: skip
# 岩舟町 was merged into 栃木市 on 2014-04-05; three others became cities with new codes.
MERGED = {"H24.xls": {"093670"}, "H25.xls": {"093670"}}
SUCCESSORS = {"033057": "032166", "044237": "042161", "403059": "402311"}

Grid = list[list[Any]]
Key = tuple[str, str]
Value = tuple[float | None, str | None]


@cache
def published_rows(file: str) -> Grid:
    """All filled rows below the two of title and header; a blank cell is None or empty."""
    path = published(f"{FOLDER}/{file}")
    if path.suffix == ".xls":
        sheet = xlrd.open_workbook(path).sheet_by_index(0)
        rows = [[cell.value for cell in row] for row in sheet.get_rows()]
    else:
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    return [row for row in rows[2:] if any(cell not in {None, ""} for cell in row)]


def reading() -> Reading:
    return readings("finance_indicators")["finance_indicators"]


def wide(frame: pd.DataFrame) -> dict[Key, Value]:
    """Value and kind of missing by code and indicator; None for what is not there."""
    keys = zip(frame["lgcode"], frame["indicator"], strict=True)
    columns = [[None if pd.isna(v) else v for v in frame[name]] for name in ("value", "missing")]
    return dict(zip(keys, zip(*columns, strict=True), strict=True))


@cache
def found(year: int) -> dict[Key, Value]:
    frame = reading().frame
    return wide(frame[frame["fiscal_year"] == year])


@pytest.mark.parametrize(("file", "year"), YEARS.items())
def test_every_published_cell_arrives_and_a_dash_is_no_number(file: str, year: int) -> None:
    registry = {code for code, _, _ in municipality_list()}
    expected: dict[Key, Value] = {}
    for former, _, _, *cells in published_rows(file):
        code = SUCCESSORS.get(former, former)
        if code in registry:
            for indicator, cell in zip(COLUMNS, cells, strict=False):
                if isinstance(cell, int | float):
                    expected[code, indicator] = (round(float(cell), 4), None)
                elif cell:
                    assert cell in {"-", "－"}
                    expected[code, indicator] = (None, "not_applicable")
    assert found(year) == expected
    assert len(expected) == (len(COLUMNS) - (year > 2013)) * 1_741


@pytest.mark.parametrize("file", YEARS)
def test_every_row_is_loaded_or_listed_with_its_reason(file: str) -> None:
    aside = [item for item in reading().set_aside if item.file == file]
    by_reason = Counter(item.reason for item in aside)
    footnotes = int(file in {"H24.xls", "H25.xls"})
    former = MERGED.get(file, set())
    expected = {"national_average": 1, "footnote": footnotes, "former_municipality": len(former)}
    assert by_reason == Counter({reason: n for reason, n in expected.items() if n})
    assert former == {i.content[:6] for i in aside if i.reason == "former_municipality"}
    bodies = {code for code, _ in found(YEARS[file])}
    assert len(bodies) + len(aside) == len(published_rows(file))


def test_the_account_of_all_editions() -> None:
    assert (reading().read, reading().loaded, reading().empty) == (12_198, 12_187, 0)
    assert len(reading().set_aside) == 11
    assert sorted(reading().frame["edition"].unique()) == [str(year) for year in YEARS.values()]


def test_a_body_with_a_former_name_under_its_code_is_loaded() -> None:
    names = {row[0]: row[2] for row in published_rows("H24.xls")}
    assert names["282219"] == "篠山市"
    assert found(2012)["282219", "fiscal_strength_index"][0] is not None


def test_a_ratio_of_zero_is_not_a_ratio_that_does_not_arise() -> None:
    zeros = {
        (year, code)
        for year in YEARS.values()
        for (code, indicator), (value, _) in found(year).items()
        if indicator == "future_burden_pct" and value == 0
    }
    assert zeros == {(2012, "204145"), (2012, "334618"), (2019, "092011")}


def test_the_ratios_are_those_of_ssdse_a_in_every_common_year() -> None:
    """Another publisher's table of the same ratios: 17,410 pairs, not one differs."""
    shipped = {item.table: str(item.path) for item in available()}
    with duckdb.connect() as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (f.value <> s.value) FROM read_parquet(?) AS f "
            "INNER JOIN read_parquet(?) AS s USING (lgcode, fiscal_year) WHERE "
            "(f.indicator, s.indicator) IN "
            "(('ordinary_balance_pct', 'D2203'), ('real_debt_service_pct', 'D2211'))",
            [shipped["finance_indicators"], shipped["ssdse_a"]],
        ).fetchone()
    assert row == (17_410, 0)


# workbooks of other years, made as the ministry might make them

TITLE = "全市町村の主要財政指標（令和３年度）"
HEADER = ["団体コード", "都道府県名", "団体名", "財政力指数", "経常収支比率", "実質公債費比率",
          "将来負担比率", "ラスパイレス指数"]  # fmt: skip
SAPPORO = ["011002", "北海道", "札幌市", 0.73, 93.5, 2.6, 37.4, 99.5]
YUBARI = ["012092", "北海道", "夕張市", 0.21, 110.1, 70.3, 177.0, 86.2]
NAHA = ["472018", "沖縄県", "那覇市", 0.79, 86.2, 10.5, "-", 98.2]
AVERAGE = ["全国市町村平均", "", "", 0.5, 88.9, 5.5, 15.4, "－"]
ROWS: Grid = [SAPPORO, YUBARI, NAHA]


def saved(folder: Path, rows: Grid, file: str = "R3.xlsx") -> Path:
    """A workbook of these rows below `folder`, where the reader looks for it."""
    return save_workbook(folder / FOLDER / file, rows)


def read(folder: Path) -> Reading:
    (only,) = finance_indicators.read(folder)
    return only


def refused(folder: Path, *parts: str) -> None:
    with pytest.raises(ReadError) as caught:
        finance_indicators.read(folder)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def standard(folder: Path, file: str = "R3.xlsx") -> dict[Key, Value]:
    return wide(read(saved(folder, [[TITLE], HEADER, *ROWS, AVERAGE], file).parent.parent).frame)


@pytest.mark.parametrize("file", ["R3.xlsx", "R3.xls", "r03.xlsx", "Ｒ３.xlsx", "2021.xls"])
def test_a_newer_year_loads_without_new_code(tmp_path: Path, file: str) -> None:
    values = standard(tmp_path, file)
    assert len(values) == 3 * 5
    assert values["011002", "fiscal_strength_index"] == (0.73, None)
    assert values["472018", "future_burden_pct"] == (None, "not_applicable")
    assert set(read(tmp_path).frame["edition"]) == {"2021"}
    assert reasons(read(tmp_path)) == {"national_average": 1}


def test_titles_blank_rows_and_columns_may_stand_anywhere(tmp_path: Path) -> None:
    shifted = [["", "", *row] for row in [HEADER, *ROWS, AVERAGE]]
    saved(
        tmp_path / "",
        [[], ["", TITLE], ["", "", "（単位：％）"], [], *shifted, [], ["", "", "※注"]],
    )
    other = tmp_path / "plain"
    other.mkdir()
    assert wide(read(tmp_path).frame) == standard(other)
    assert reasons(read(tmp_path)) == {"national_average": 1, "footnote": 1}
    assert read(tmp_path).empty == 1


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    order = [3, 7, 2, 0, 6, 1, 5, 4]
    saved(tmp_path, [[TITLE], *[[row[n] for n in order] for row in [HEADER, *ROWS]]])
    other = tmp_path / "plain"
    other.mkdir()
    assert wide(read(tmp_path).frame) == standard(other)


@pytest.mark.parametrize(
    "header",
    [
        [["団体コード", "都道府県名", "団体名", "財政力指数", "経常収支比率", "健全化判断比率", "",
          "ラスパイレス指数"], ["", "", "", "", "", "実質公債費比率", "将来負担比率", ""]],
        [["団体コード", "都道府県名", "団体名", "財政力", "経常収支", "実質公債", "将来負担",
          "ラスパイ"], ["", "", "", "指数", "比率", "費比率", "比率", "レス指数"]],
        [HEADER, ["", "", "", "", "（％）", "（％）", "（％）", ""]],
        [[f" {name[:2]}\n{name[2:]}　" for name in HEADER], ["", "", "", "", "％", "％", "％", ""]],
    ],
)  # fmt: skip
def test_a_header_of_two_rows(tmp_path: Path, header: Grid) -> None:
    saved(tmp_path, [[TITLE], *header, *ROWS])
    other = tmp_path / "plain"
    other.mkdir()
    assert wide(read(tmp_path).frame) == standard(other)


def test_merged_cells_of_a_real_workbook(tmp_path: Path) -> None:
    path = saved(tmp_path, [[TITLE], HEADER, [""] * 8, *ROWS])
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet.merge_cells("A1:H1")
    for column in "ABCDEFGH":
        sheet.merge_cells(f"{column}2:{column}3")
    book.save(path)
    assert len(wide(read(tmp_path).frame)) == 3 * 5


@pytest.mark.parametrize(
    ("heading", "reference"),
    [
        ("ラスパイレス指数\n参考値※", "laspeyres_reference_index"),
        ("ラスパイレス指数（参考値）※１", "laspeyres_reference_index"),
        ("起債制限比率（％）", "bond_restriction_pct"),
        ("公債費負担比率", "debt_service_burden_pct"),
    ],
)
def test_a_known_optional_column_is_read(tmp_path: Path, heading: str, reference: str) -> None:
    laspeyres = [*HEADER[:7], "ラスパイレス指数（R3.4.1）"]
    saved(tmp_path, [[TITLE], [*laspeyres, heading], [*SAPPORO, 92.5]])
    values = wide(read(tmp_path).frame)
    assert values["011002", reference] == (92.5, None)
    assert values["011002", "laspeyres_index"] == (99.5, None)


def test_numbers_as_text_and_codes_as_numbers(tmp_path: Path) -> None:
    sapporo = [11002, "北海道", "札 幌 市", "０．７３", "93.5", "▲ 2.6", "1,037.4", "99.5"]
    naha = ["４７２０１８", "沖縄県", "那覇市", "0.79", " 86.2", "−10.5", "－", "…"]
    saved(tmp_path, [[TITLE], HEADER, sapporo, naha])
    values = wide(read(tmp_path).frame)
    assert [values["011002", name][0] for name in COLUMNS[:5]] == [0.73, 93.5, -2.6, 1037.4, 99.5]
    assert values["472018", "real_debt_service_pct"] == (-10.5, None)
    assert values["472018", "future_burden_pct"] == (None, "not_applicable")
    assert values["472018", "laspeyres_index"] == (None, "unknown")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["011003", *SAPPORO[1:]], "unknown_code"),
        (["", *SAPPORO[1:]], "unknown_code"),
        (["札幌市", *SAPPORO[1:]], "unknown_code"),
        ([with_check_digit("01999"), *SAPPORO[1:]], "unknown_code"),
        (["093670", "栃木県", "岩舟町", *SAPPORO[3:]], "former_municipality"),
        (["033057", "岩手県", "滝沢村", *SAPPORO[3:]], "former_municipality"),
        (["012025", *SAPPORO[1:]], "name_does_not_match_code"),
        (["011002", "青森県", *SAPPORO[2:]], "name_does_not_match_code"),
        (["010006", "北海道", "北海道", *SAPPORO[3:]], "not_a_municipality"),
        ([*SAPPORO[:3], "約0.7", *SAPPORO[4:]], "unreadable_value"),
        ([*SAPPORO[:3], "#DIV/0!", *SAPPORO[4:]], "unreadable_value"),
        ([*SAPPORO[:3], 999, *SAPPORO[4:]], "value_out_of_range"),
        ([*SAPPORO[:3], True, *SAPPORO[4:]], "unreadable_value"),
        ([*SAPPORO[:3], "", *SAPPORO[4:]], "blank_value"),
        (["（注）暫定値である。"], "footnote"),
        (["※参考値"], "footnote"),
        (["市町村平均", "", "", 0.5], "national_average"),
    ],
)
def test_a_row_that_cannot_be_loaded_is_listed_with_its_reason(
    tmp_path: Path, row: list[Any], reason: str
) -> None:
    saved(tmp_path, [[TITLE], HEADER, YUBARI, row, NAHA])
    reading = read(tmp_path)
    assert reasons(reading) == {reason: 1}
    assert "4 行目" in reading.set_aside[0].place
    assert {code for code, _ in wide(reading.frame)} == {"012092", "472018"}


def test_a_code_that_occurs_twice_is_not_loaded_at_all(tmp_path: Path) -> None:
    again = [*SAPPORO[:4], 91.0, *SAPPORO[5:]]
    saved(tmp_path, [[TITLE], HEADER, SAPPORO, YUBARI, again])
    assert reasons(read(tmp_path)) == {"repeated_key": 2}
    assert {code for code, _ in wide(read(tmp_path).frame)} == {"012092"}


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ([*HEADER, "地方債現在高"], ("I2", "地方債現在高", "ラスパイレス指数参考値")),
        ([*HEADER, "人口"], ("I2", "人口", "知らない項目")),
        ([*HEADER, "財政力指数"], ("I2", "財政力指数", "二度")),
        ([*HEADER, "団体コード"], ("I2", "団体コード", "二度")),
        ([*HEADER, ""], ("I3", "見出しのない列")),
        (["コード", *HEADER[1:]], ("1 行目", "団体コード")),
    ],
)
def test_an_unknown_header_is_refused_with_its_cell(
    tmp_path: Path, header: list[str], parts: tuple[str, ...]
) -> None:
    saved(tmp_path, [[TITLE], header, *[[*row, 5.0] for row in ROWS]])
    refused(tmp_path, "R3.xlsx", *parts)


@pytest.mark.parametrize("absent", range(1, 8))
def test_a_missing_column_is_refused_by_its_name(tmp_path: Path, absent: int) -> None:
    rows = [HEADER, *ROWS]
    saved(tmp_path, [[TITLE], *[[*row[:absent], *row[absent + 1 :]] for row in rows]])
    refused(tmp_path, "R3.xlsx", "2 行目", HEADER[absent])


def test_two_tables_in_one_sheet_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], HEADER, SAPPORO, [], HEADER, YUBARI])
    refused(tmp_path, "R3.xlsx", "5 行目", "見出しの行がもう1つ")
    saved(tmp_path, [[TITLE], [*HEADER, "", *HEADER], [*SAPPORO, "", *YUBARI]])
    refused(tmp_path, "R3.xlsx", "J2", "二度")


def test_two_sheets_with_values_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [[TITLE], HEADER, *ROWS])
    book = openpyxl.load_workbook(path)
    other = book.create_sheet("別表")
    for row in [HEADER, *ROWS]:
        other.append(row)
    book.save(path)
    refused(tmp_path, "R3.xlsx", "2 枚", "別表")


def test_a_formula_without_a_stored_result_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], HEADER, [*SAPPORO[:3], "=1+1", *SAPPORO[4:]]])
    refused(tmp_path, "R3.xlsx", "D3", "計算式")


def test_a_sheet_without_data_or_without_any_row_to_load_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], HEADER])
    refused(tmp_path, "R3.xlsx", "2 行目", "データ")
    saved(tmp_path, [[TITLE], HEADER, AVERAGE])
    refused(tmp_path, "R3.xlsx", "1つもありません", "national_average")


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [[TITLE], HEADER, *ROWS])
    path.write_bytes(path.read_bytes()[:900])
    refused(tmp_path, "R3.xlsx", "ブック")
    path.write_text("団体コード", encoding="utf-8")
    refused(tmp_path, "R3.xlsx", "Excel")
    assert not zipfile.is_zipfile(path)


def test_no_file_at_all_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, FOLDER, "見つかりません")


# the fiscal year


@pytest.mark.parametrize(
    ("file", "title", "year"),
    [
        ("R3.xlsx", "全市町村の主要財政指標", 2021),
        ("R3.xlsx", "全市町村の主要財政指標（令和三年度決算）", 2021),
        ("R元.xlsx", "全市町村の主要財政指標（令和元年度）", 2019),
        ("2019.xlsx", "全市町村の主要財政指標（令和元年度）", 2019),
        ("000801583.xlsx", "全市町村の主要財政指標（令和５年度）", 2023),
        ("zenshichoson_R06.xlsx", "全市町村の主要財政指標 令和6年度（令和8年3月1日公表）", 2024),
    ],
)
def test_the_year_comes_from_the_name_the_title_or_both(
    tmp_path: Path, file: str, title: str, year: int
) -> None:
    saved(tmp_path, [[title], HEADER, *ROWS], file)
    assert set(read(tmp_path).frame["fiscal_year"]) == {year}


@pytest.mark.parametrize(
    ("file", "title", "parts"),
    [
        ("R2.xlsx", TITLE, ("2020年度", "2021年度")),
        ("shihyo.xlsx", "全市町村の主要財政指標", ("ファイル名はなし", "表題はなし")),
        ("R2-R3.xlsx", "全市町村の主要財政指標", ("2020年度・2021年度",)),
        ("R3.xlsx", "令和2年度・令和3年度の主要財政指標", ("2020年度・2021年度",)),
        ("H35.xlsx", "全市町村の主要財政指標", ("H35", "ありません")),
    ],
)
def test_a_year_that_is_not_certain_is_refused(
    tmp_path: Path, file: str, title: str, parts: tuple[str, ...]
) -> None:
    saved(tmp_path, [[title], HEADER, *ROWS], file)
    refused(tmp_path, file, *parts)


def test_two_files_of_one_year_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], HEADER, *ROWS], "R3.xlsx")
    saved(tmp_path, [[TITLE], HEADER, *ROWS], "2021.xls")
    refused(tmp_path, "R3.xlsx", "2021.xls", "同じ版（2021）")


# older years


OLD = ["団体コード", "都道府県名", "団体名", "経常収支比率", "実質公債費比率", "起債制限比率",
       "財政力指数", "ラスパイレス指数"]  # fmt: skip
OLD_YUBARI = ["012092", "北海道", "夕張市", 125.6, 28.6, 26.2, 0.23, 82.7]


@pytest.mark.parametrize(("file", "year"), [("H17.xls", 2005), ("H19.xls", 2007)])
def test_an_older_year_has_a_ratio_that_was_given_up(tmp_path: Path, file: str, year: int) -> None:
    iwatsuki = ["112135", "埼玉県", "岩槻市", 88.0, 10.1, 8.9, 0.9, 96.8]
    saved(tmp_path, [["全市町村の主要財政指標"], OLD, OLD_YUBARI, iwatsuki], file)
    reading = read(tmp_path)
    assert set(reading.frame["edition"]) == {str(year)}
    assert wide(reading.frame)["012092", "bond_restriction_pct"] == (26.2, None)
    assert wide(reading.frame)["012092", "fiscal_strength_index"] == (0.23, None)
    assert reasons(reading) == {"former_municipality": 1}


def test_from_2008_on_the_future_burden_must_be_there(tmp_path: Path) -> None:
    saved(tmp_path, [[], OLD, OLD_YUBARI], "H20.xls")
    refused(tmp_path, "H20.xls", "2 行目", "将来負担比率")


def test_an_older_table_without_codes_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, [["平成17年度"], OLD[1:], OLD_YUBARI[1:]], "H17.xls")
    refused(tmp_path, "H17.xls", "1 行目", "団体コード")


# staging, mart and contracts


CONTRACTS = {
    "finance_all_municipalities": "DELETE FROM {} WHERE lgcode = '011002' AND fiscal_year = 2017",
    "finance_every_indicator": "DELETE FROM {} WHERE lgcode = '011002' AND fiscal_year = 2017 "
    "AND indicator = 'future_burden_pct'",
    "finance_not_negative": "UPDATE {} SET value = -1 WHERE lgcode = '011002' "
    "AND indicator = 'fiscal_strength_index'",
    "finance_one_year_an_edition": "UPDATE {} SET edition = 'R2' WHERE lgcode = '011002'",
}


@pytest.mark.parametrize(("contract", "damage"), CONTRACTS.items())
def test_a_contract_holds_and_notices_a_breach(contract: str, damage: str) -> None:
    with staged("finance_indicators") as connection:
        assert breaches(connection, contract) == 0
        connection.execute(damage.format("staging.stg_finance_indicators"))
        assert breaches(connection, contract) > 0


def test_a_municipality_absent_from_the_latest_year_only_or_from_all_is_a_breach() -> None:
    for where in ("fiscal_year = 2020", "true"):
        with staged("finance_indicators") as connection:
            table = "staging.stg_finance_indicators"
            connection.execute(f"DELETE FROM {table} WHERE lgcode = '011002' AND {where}")
            assert breaches(connection, "finance_all_municipalities") == 1


def test_the_mart_holds_every_value_of_a_body_and_year_in_one_row() -> None:
    with staged("finance_indicators") as connection:
        mart = connection.execute(sql_of("marts", "mart_finance")).df()
    assert len(mart) == 12_187
    assert not mart.duplicated(["lgcode", "fiscal_year"]).any()
    for year in YEARS.values():
        rows = mart[mart["fiscal_year"] == year].set_index("lgcode")
        for (code, indicator), (value, _) in found(year).items():
            held = rows.at[code, indicator]
            assert pd.isna(held) if value is None else held == value
        kinds = {key[0]: kind for key, (_, kind) in found(year).items() if kind}
        assert rows["future_burden_missing"].dropna().to_dict() == kinds
