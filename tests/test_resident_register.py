"""Residents by age class: every cell of the published workbook, and editions not seen before.

The independent reading uses xlrd and the published codes only.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import xlrd

from ebpm.figures import available
from ebpm.readers import ReadError, Reading, resident_register
from support.published import municipality_list, prefecture_list, published, readings
from support.staged import breaches, sql_of, staged
from support.workbooks import reasons, save_workbook

FILE = "resident-register-2020/000701583.xls"
SEXES = {"計": "all", "男": "male", "女": "female"}
CLASSES = [f"{first}-{first + 4}" for first in range(0, 100, 5)] + ["100+"]

Grid = list[list[Any]]
Key = tuple[str, str, str]


@cache
def published_rows() -> Grid:
    """All rows below the two of title and header."""
    sheet = xlrd.open_workbook(published(FILE)).sheet_by_index(0)
    return [[cell.value for cell in row] for row in sheet.get_rows()][2:]


@cache
def registry() -> set[str]:
    prefectures = {code for code, _ in prefecture_list()}
    return prefectures | {code for code, _, _ in municipality_list()}


def reading() -> Reading:
    return readings("resident_register")["resident_register"]


def by_key(frame: pd.DataFrame, column: str = "population") -> dict[Key, Any]:
    keys = zip(frame["lgcode"], frame["sex"], frame["age_class"], strict=True)
    found = dict(zip(keys, [None if pd.isna(v) else v for v in frame[column]], strict=True))
    assert len(found) == len(frame), "a key occurs twice"
    return found


def test_every_published_count_arrives_under_its_body_sex_and_age() -> None:
    expected = {
        (code, SEXES[sex], age_class): int(cell)
        for code, _, _, sex, *cells in published_rows()
        if code in registry()
        for age_class, cell in zip(["all", *CLASSES], cells, strict=True)
    }
    assert by_key(reading().frame) == expected
    assert len(expected) == 1_788 * 3 * 22


def test_the_asterisk_of_the_name_is_kept() -> None:
    expected = {
        code: "*" in prefecture + name
        for code, prefecture, name, *_ in published_rows()
        if code in registry()
    }
    frame = reading().frame
    found = dict(zip(frame["lgcode"], frame["is_age_incomplete"], strict=True))
    assert found == expected
    municipalities = {code for code, _, _ in municipality_list()}
    assert sum(found[code] for code in municipalities) == 369


def test_every_row_is_loaded_or_listed_with_its_reason() -> None:
    rows = published_rows()
    others = [row for row in rows if row[0] not in registry()]
    names = Counter(
        "national_total" if row[1] == "合計"
        else "county_subtotal" if row[2].rstrip("*").endswith("郡")
        else "island_subtotal" if row[2].startswith("島しょ")
        else "ward_of_designated_city" if row[2].endswith("区")
        else "northern_territories"
        for row in others
    )  # fmt: skip
    assert names == {"national_total": 3, "county_subtotal": 921, "island_subtotal": 3,
                     "ward_of_designated_city": 525, "northern_territories": 18}  # fmt: skip
    assert Counter(item.reason for item in reading().set_aside) == names
    assert (reading().read, reading().loaded, reading().empty) == (len(rows), 1_788 * 3, 0)
    listed = {item.place.rsplit(" ", 2)[-2] for item in reading().set_aside}
    assert listed == {str(n) for n, row in enumerate(rows, start=3) if row in others}


def test_the_municipalities_add_up_to_the_national_total_that_is_set_aside() -> None:
    totals = {row[3]: row[4:] for row in published_rows() if row[1] == "合計"}
    counts = by_key(reading().frame)
    codes = [code for code, _, _ in municipality_list()]
    for sex, name in SEXES.items():
        assert sum(counts[code, name, "all"] for code in codes) == totals[sex][0]
    in_classes = sum(counts[code, "all", age] for code in codes for age in CLASSES)
    assert totals["計"][0] - in_classes == 9_128
    assert totals["計"][0] - sum(totals["計"][1:]) == 64


def test_only_marked_bodies_and_a_few_unknown_ages_lack_residents() -> None:
    counts = by_key(reading().frame)
    marks = by_key(reading().frame, "is_age_incomplete")
    codes = [code for code, _, _ in municipality_list()]
    lacking = {
        code: counts[code, "all", "all"] - sum(counts[code, "all", age] for age in CLASSES)
        for code in codes
    }
    marked = [lacking[code] for code in codes if marks[code, "all", "all"]]
    others = [lacking[code] for code in codes if not marks[code, "all", "all"] and lacking[code]]
    assert (min(marked), max(marked), sum(marked)) == (1, 134, 9_064)
    assert (len(others), max(others), sum(others)) == (22, 21, 64)


def test_the_totals_are_the_population_of_the_my_number_card_counts() -> None:
    """Another table of the same register: eleven dates of count use it, all bodies agree."""
    shipped = {item.table: str(item.path) for item in available()}
    with duckdb.connect() as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (c.population <> r.population) "
            "FROM read_parquet(?) AS c INNER JOIN read_parquet(?) AS r "
            "ON c.lgcode = r.lgcode AND c.population_date = r.edition "
            "WHERE r.sex = 'all' AND r.age_class = 'all'",
            [shipped["mynumber_cards"], shipped["resident_register"]],
        ).fetchone()
    assert row == (11 * 1_741, 0)


# workbooks of other dates, made as the ministry might make them

TITLE = "令和４年１月１日住民基本台帳年齢階級別人口（市区町村別）（総計）"
HEADER = ["団体コード", "都道府県名", "市区町村名", "性別", "総数", "0～4歳",
          *[f"{first}～{first + 4}" for first in range(5, 100, 5)], "100歳以上"]  # fmt: skip


def body(code: Any, prefecture: str, name: str, each: int = 10) -> Grid:
    """The three rows of a body with the same number of men and women in every age class."""
    return [
        [code, prefecture, name, sex, 21 * number, *[number] * 21]
        for sex, number in (("計", 2 * each), ("男", each), ("女", each))
    ]


SAPPORO = body("011002", "北海道", "札幌市")
TAKETOMI = body("473812", "沖縄県", "八重山郡竹富町*", 3)
ROWS: Grid = [*body("", "合計", "", 13), *SAPPORO, *TAKETOMI]


def saved(folder: Path, rows: Grid, file: str = "resident-register-2022/000123456.xlsx") -> Path:
    return save_workbook(folder / file, rows)


def read(folder: Path) -> Reading:
    (only,) = resident_register.read(folder)
    return only


def refused(folder: Path, *parts: str) -> None:
    with pytest.raises(ReadError) as caught:
        resident_register.read(folder)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize("suffix", ["xls", "xlsx"])
def test_a_newer_date_loads_without_new_code(tmp_path: Path, suffix: str) -> None:
    saved(tmp_path, [[TITLE], HEADER, *ROWS], f"resident-register-2022/new.{suffix}")
    reading = read(tmp_path)
    assert set(reading.frame["edition"]) == {"2022-01-01"}
    counts = by_key(reading.frame)
    assert len(counts) == 2 * 3 * 22
    assert counts["011002", "all", "all"] == 420
    assert counts["473812", "female", "100+"] == 3
    assert reasons(reading) == {"national_total": 3}
    assert by_key(reading.frame, "is_age_incomplete")["473812", "male", "0-4"]


def test_several_dates_are_read_oldest_first_and_one_date_only_once(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], HEADER, *ROWS], "resident-register-2022/a.xlsx")
    older = TITLE.replace("令和４年", "平成31年")
    saved(tmp_path, [[older], HEADER, *ROWS], "resident-register-2019/b.xls")
    assert list(read(tmp_path).frame["edition"].unique()) == ["2019-01-01", "2022-01-01"]
    saved(tmp_path, [[TITLE], HEADER, *ROWS], "resident-register-2022/c.xlsx")
    refused(tmp_path, "c.xlsx", "a.xlsx", "2022-01-01")


def test_a_shifted_header_of_two_rows_with_columns_in_another_order(tmp_path: Path) -> None:
    order = [3, 2, 1, 0, *range(25, 4, -1), 4]
    upper = ["", "", "", *HEADER[3:5], "年齢階級", *[""] * 20]
    upper[0] = "団体コード"
    lower = ["", *HEADER[1:3], "", "", *HEADER[5:]]
    table = [[row[n] for n in order] for row in [upper, lower, *ROWS]]
    saved(tmp_path, [[], [TITLE], ["（単位：人）"], [], *[["", *row] for row in table]])
    counts = by_key(read(tmp_path).frame)
    saved(tmp_path, [[TITLE], HEADER, *ROWS])
    assert counts == by_key(read(tmp_path).frame)


def test_an_older_table_that_ends_with_80_and_over(tmp_path: Path) -> None:
    def shorter(row: list[Any]) -> list[Any]:
        return [*row[:21], sum(row[21:])] if isinstance(row[-1], int) else [*row[:21], "80歳以上"]

    saved(tmp_path, [[TITLE], *[shorter(row) for row in [HEADER, *ROWS]]])
    counts = by_key(read(tmp_path).frame)
    assert counts["011002", "male", "80+"] == 50
    assert "100+" not in {age for _, _, age in counts}


def test_numbers_as_text_codes_as_numbers_and_marks(tmp_path: Path) -> None:
    rows = body(11002, "北海道", "札　幌　市＊")
    rows[0][4], rows[0][5], rows[0][6], rows[0][7] = "１，９５９，３１３", "x", "-", "…"
    saved(tmp_path, [[TITLE], HEADER, *rows])
    counts, kinds = by_key(read(tmp_path).frame), by_key(read(tmp_path).frame, "missing")
    assert counts["011002", "all", "all"] == 1_959_313
    ages = ("0-4", "5-9", "10-14", "15-19")
    assert [counts["011002", "all", age] for age in ages] == [None, None, None, 20]
    marks = [kinds["011002", "all", age] for age in ages]
    assert marks == ["suppressed", "not_applicable", "unknown", None]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (body("011011", "北海道", "札幌市中央区"), {"ward_of_designated_city": 3}),
        (body("011011", "北海道", "函館市中央区"), {"unknown_code": 3}),
        (body("013005", "北海道", "石狩郡*"), {"county_subtotal": 3}),
        (body("133604", "東京都", "島しょ*"), {"island_subtotal": 3}),
        (body("016951", "北海道", "色丹郡色丹村", 0), {"northern_territories": 3}),
        (body("", "全国", ""), {"national_total": 3}),
        (body("", "", "札幌市"), {"unknown_code": 3}),
        (body("011003", "北海道", "札幌市"), {"unknown_code": 3}),
        (body("033057", "岩手県", "滝沢村"), {"former_municipality": 3}),
        (body("011002", "北海道", "函館市"), {"name_does_not_match_code": 3}),
        (body("010006", "青森県", ""), {"name_does_not_match_code": 3}),
        ([["011002", "北海道", "札幌市", "男女", *[1] * 22]], {"unknown_sex": 1}),
        ([["011002", "北海道", "札幌市", "計", 1.5, *[1] * 21]], {"unreadable_value": 1}),
        ([["011002", "北海道", "札幌市", "計", -1, *[1] * 21]], {"unreadable_value": 1}),
        ([["011002", "北海道", "札幌市", "計", "約1", *[1] * 21]], {"unreadable_value": 1}),
        ([["011002", "北海道", "札幌市", "計", "", *[1] * 21]], {"blank_value": 1}),
        ([*SAPPORO, SAPPORO[0]], {"repeated_key": 2}),
    ],
)
def test_a_row_that_cannot_be_loaded_is_listed_with_its_reason(
    tmp_path: Path, rows: Grid, expected: dict[str, int]
) -> None:
    saved(tmp_path, [[TITLE], HEADER, *TAKETOMI, *rows])
    assert reasons(read(tmp_path)) == expected
    assert read(tmp_path).loaded == 3 + len(rows) - sum(expected.values())


def test_prefectures_and_special_wards_are_bodies(tmp_path: Path) -> None:
    rows = [*body("130001", "東京都*", ""), *body("131016", "東京都", "千代田区")]
    saved(tmp_path, [[TITLE], HEADER, *rows])
    assert set(read(tmp_path).frame["lgcode"]) == {"130001", "131016"}
    assert read(tmp_path).set_aside == ()


def replaced(number: int, heading: str) -> list[str]:
    return [heading if n == number else name for n, name in enumerate(HEADER)]


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ([*HEADER, "世帯数"], ("AA2", "世帯数", "知らない項目")),
        ([*HEADER, "0～4歳"], ("AA2", "0~4歳", "二度")),
        ([*HEADER, ""], ("AA3", "見出しのない列")),
        (replaced(4, "人口"), ("E2", "人口")),
        (replaced(6, "5～8"), ("2 行目", "切れ目なく")),
        (replaced(5, "1～4歳"), ("2 行目", "0歳から")),
        (replaced(25, "100～104"), ("2 行目", "切れ目なく")),
        (replaced(0, "コード"), ("団体コード", "ありません")),
    ],
)
def test_an_unknown_header_is_refused_with_its_place(
    tmp_path: Path, header: list[str], parts: tuple[str, ...]
) -> None:
    saved(tmp_path, [[TITLE], header, *[[*row, 1] for row in ROWS]])
    if len(header) == len(HEADER):
        saved(tmp_path, [[TITLE], header, *ROWS])
    refused(tmp_path, "000123456.xlsx", *parts)


@pytest.mark.parametrize("absent", [1, 2, 3, 4])
def test_a_missing_column_is_refused_by_its_name(tmp_path: Path, absent: int) -> None:
    rows = [[*row[:absent], *row[absent + 1 :]] for row in [HEADER, *ROWS]]
    saved(tmp_path, [[TITLE], *rows])
    refused(tmp_path, "2 行目", HEADER[absent])


def test_ages_that_end_too_early_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, [[TITLE], [*HEADER[:18], "65歳以上"], *[row[:19] for row in ROWS]])
    refused(tmp_path, "S2", "65+")


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("住民基本台帳年齢階級別人口（総計）", ("基準日が1つに決まりません",)),
        ("令和3年1月1日と令和4年1月1日の人口（総計）", ("基準日が1つに決まりません",)),
        ("平成31年5月1日年齢階級別人口（総計）", ("平成31年5月1日", "ありません")),
        (TITLE.replace("総計", "日本人住民"), ("総計",)),
    ],
)
def test_a_title_without_one_date_or_of_another_population_is_refused(
    tmp_path: Path, title: str, parts: tuple[str, ...]
) -> None:
    saved(tmp_path, [[title], HEADER, *ROWS])
    refused(tmp_path, "000123456.xlsx", "1 行目", *parts)


def test_two_tables_a_formula_and_no_file_are_refused(tmp_path: Path) -> None:
    refused(tmp_path, "resident-register-*", "見つかりません")
    saved(tmp_path, [[TITLE], HEADER, *SAPPORO, [], HEADER, *TAKETOMI])
    refused(tmp_path, "7 行目", "見出しの行がもう1つ")
    saved(tmp_path, [[TITLE], HEADER, *ROWS[:-1], [*ROWS[-1][:4], "=SUM(F11:Z11)", *[1] * 21]])
    refused(tmp_path, "E11", "計算式")


# staging, mart and contracts


CONTRACTS = {
    "resident_register_men_and_women": "UPDATE {} SET residents = residents + 1 "
    "WHERE lgcode = '011002' AND sex = 'male' AND age_class = '20-24'",
    "resident_register_ages": "UPDATE {} SET residents = residents - 25000 "
    "WHERE lgcode = '011002' AND sex = 'male' AND age_class = '20-24'",
    "resident_register_prefectures": "UPDATE {} SET residents = residents + 1 "
    "WHERE lgcode = '010006' AND sex = 'all' AND age_class = 'all'",
    "resident_register_all_bodies": "DELETE FROM {} WHERE lgcode = '011002'",
}


@pytest.mark.parametrize(("contract", "damage"), CONTRACTS.items())
def test_a_contract_holds_and_notices_a_breach(contract: str, damage: str) -> None:
    with staged("resident_register") as connection:
        assert breaches(connection, contract) == 0
        connection.execute(damage.format("staging.stg_resident_register"))
        assert breaches(connection, contract) > 0


def test_more_residents_in_age_classes_than_in_all_or_a_missing_sex_is_a_breach() -> None:
    table = "staging.stg_resident_register"
    with staged("resident_register") as connection:
        connection.execute(
            f"UPDATE {table} SET residents = residents + 200 "
            "WHERE lgcode = '473821' AND age_class = '0-4'"
        )
        assert breaches(connection, "resident_register_ages") == 3
        connection.execute(f"DELETE FROM {table} WHERE lgcode = '473821' AND sex = 'female'")
        assert breaches(connection, "resident_register_men_and_women") == 22


def test_an_earlier_edition_may_lack_a_body_of_today_but_a_later_one_may_not() -> None:
    table = "staging.stg_resident_register"
    for edition, breached in (("2013-03-31", 0), ("2021-01-01", 1)):
        with staged("resident_register") as connection:
            connection.execute(
                f"INSERT INTO {table} SELECT * REPLACE ('{edition}' AS edition) FROM {table} "
                "WHERE lgcode <> '032166'"
            )
            assert breaches(connection, "resident_register_all_bodies") == breached
            assert (breaches(connection, "resident_register_prefectures") > 0) == bool(breached)


def test_the_mart_adds_up_the_published_age_classes() -> None:
    with staged("resident_register") as connection:
        mart = connection.execute(sql_of("marts", "mart_resident_age")).df()
    assert len(mart) == mart["lgcode"].nunique() == 1_741
    held = mart.set_index("lgcode")
    for code, _, name, sex, total, *cells in published_rows():
        if sex == "計" and code in held.index:
            row = held.loc[code]
            old, oldest, known = sum(cells[13:]), sum(cells[15:]), sum(cells)
            assert row["residents"] == total == row["residents_male"] + row["residents_female"]
            assert row["residents_under_15"] == sum(cells[:3])
            assert row["residents_15_to_64"] == sum(cells[3:13])
            assert (row["residents_65_and_over"], row["residents_75_and_over"]) == (old, oldest)
            assert row["residents_without_age"] == total - known
            assert row["aged_65_pct"] == pytest.approx(100 * old / known)
            assert row["aged_75_pct"] == pytest.approx(100 * oldest / known)
            assert row["is_age_incomplete"] == ("*" in name)


def test_the_mart_gives_no_sum_where_an_age_class_has_no_value() -> None:
    with staged("resident_register") as connection:
        connection.execute(
            "UPDATE staging.stg_resident_register SET residents = NULL, missing = 'suppressed' "
            "WHERE lgcode = '011002' AND sex = 'all' AND age_class = '20-24'"
        )
        mart = connection.execute(sql_of("marts", "mart_resident_age")).df().set_index("lgcode")
    sapporo = mart.loc["011002"]
    assert sapporo["residents"] == 1_959_313
    assert sapporo[["residents_65_and_over", "residents_without_age", "aged_65_pct"]].isna().all()
    assert mart.drop(index="011002")["aged_65_pct"].notna().all()
