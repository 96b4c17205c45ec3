"""Readers: every published cell arrives where an independent reading puts it, or is accounted for.

The independent reading uses the csv module (or DuckDB for Parquet) and the official check digit
rule only; see `support.published`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from ebpm.readers import ReadError, Reading, SetAside, dx_dashboard, procedures, ssdse_a
from support.published import (
    CONVERSION,
    DASHBOARD,
    EDITIONS,
    RAW,
    Rows,
    copy_of,
    csv_of,
    edition,
    municipality_list,
    prefecture_list,
    published,
    readings,
    six_digits,
    with_check_digit,
    write_csv,
)

MUNICIPAL_STATUS = "市区町村毎のDX進捗状況_市区町村比較.csv"
MUNICIPAL_RATES = "市区町村毎のDX進捗状況_行政手続のオンライン申請率.csv"
PREFECTURAL_STATUS = "都道府県のDX進捗状況_都道府県比較.csv"
PREFECTURAL_RATES = "都道府県のDX進捗状況_行政手続のオンライン申請率.csv"
STATUS_FILES = (MUNICIPAL_STATUS, PREFECTURAL_STATUS)
RATE_FILES = (MUNICIPAL_RATES, PREFECTURAL_RATES)
DASHBOARD_FILES = (*STATUS_FILES, *RATE_FILES)

Key = tuple[str, str, str]
Damage = Callable[[Rows], None]


def assert_one_clear_line(error: ReadError, *parts: str) -> None:
    """The message is one line that opens with the file and names each part."""
    message = str(error)
    assert "\n" not in message
    assert message.startswith(parts[0])
    for part in parts:
        assert part in message


def assert_accounted(reading: Reading, rows: int) -> None:
    assert reading.read == rows
    assert reading.read == reading.loaded + reading.empty + len(reading.set_aside)


# the independent reading itself


@pytest.mark.parametrize("code", ["011002", "131016", "132063", "282219", "470007", "473821"])
def test_the_check_digit_rule_of_these_tests_gives_known_codes(code: str) -> None:
    assert with_check_digit(code[:5]) == code


def test_a_missing_published_file_fails_under_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-file"):
        published("no-such-file.csv")


def test_a_missing_published_file_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-file"):
        published("no-such-file.csv")


# every reader


def test_a_reading_that_does_not_add_up_is_refused() -> None:
    aside = (SetAside("file.csv", "4 行目", "unknown_code", "R99999"),)
    assert Reading("t", pd.DataFrame(), "row", 10, 7, 2, aside).read == 10
    with pytest.raises(AssertionError, match="not all accounted for"):
        Reading("t", pd.DataFrame(), "row", 10, 8, 2, aside)


# dashboard: the right cell under the right code


def bodies_of(file: str) -> list[tuple[str, str]]:
    if file.startswith("都道府県"):
        return list(prefecture_list())
    return [(code, name) for code, _, name in municipality_list()]


def cells(file: str) -> Iterator[tuple[Key, str]]:
    """Every cell of a dashboard table: (code, category, item) and its text."""
    bodies = bodies_of(file)
    for row in csv_of(f"{DASHBOARD}/{file}")[1:]:
        for (code, _), text in zip(bodies, row[2:], strict=False):
            yield (code, row[0].strip(), row[1].strip()), text.strip()


def by_key(frame: pd.DataFrame, *columns: str) -> dict[Key, Any]:
    """Values of a tidy table by (code, category, item); missing values are None."""
    parts = [[None if pd.isna(v) else v for v in frame[column]] for column in columns]
    values = parts[0] if len(parts) == 1 else zip(*parts, strict=True)
    keys = zip(frame["lgcode"], frame["category"], frame["item"], strict=True)
    found = dict(zip(keys, values, strict=True))
    assert len(found) == len(frame), "a key occurs twice"
    return found


def expected_status(text: str) -> tuple[float | None, str, str | None]:
    """Value, unit and kind of missing that a cell of a progress table stands for."""
    words: dict[str, tuple[float | None, str, str | None]] = {
        "実施": (1.0, "status", None),
        "未実施": (0.0, "status", None),
        "調査無し": (None, "status", "not_asked"),
        "%": (None, "pct", "not_applicable"),
    }
    if text in words:
        return words[text]
    return (float(text.rstrip("%")), "pct" if text.endswith("%") else "count", None)


def status() -> Reading:
    return readings("dx_dashboard")["dx_status"]


def rates() -> Reading:
    return readings("dx_dashboard")["online_rates"]


@pytest.mark.parametrize("file", DASHBOARD_FILES)
def test_the_nth_column_has_the_name_of_the_nth_body_of_the_code_list(file: str) -> None:
    bodies = bodies_of(file)
    header = csv_of(f"{DASHBOARD}/{file}")[0]
    assert header[2 : 2 + len(bodies)] == [name for _, name in bodies]
    assert not any(header[2 + len(bodies) :])


def test_every_published_rate_lands_under_the_right_code() -> None:
    expected = {
        key: float(text.rstrip("%")) for file in RATE_FILES for key, text in cells(file) if text
    }
    assert by_key(rates().frame, "application_rate_pct") == expected


def test_every_published_status_lands_under_the_right_code() -> None:
    expected = {key: expected_status(text) for file in STATUS_FILES for key, text in cells(file)}
    assert by_key(status().frame, "value", "unit", "missing") == expected


@pytest.mark.parametrize("file", [MUNICIPAL_STATUS, MUNICIPAL_RATES])
def test_each_column_of_the_25_repeated_names_is_its_own_body(file: str) -> None:
    header, *rows = csv_of(f"{DASHBOARD}/{file}")
    repeated = {name for name, n in Counter(filter(None, header[2:])).items() if n > 1}
    assert len(repeated) == 25
    reading, column = (status(), "value") if file == MUNICIPAL_STATUS else (rates(), None)
    found = by_key(reading.frame, column or "application_rate_pct")
    for position in [n for n, name in enumerate(header) if name in repeated]:
        code, prefecture, name = municipality_list()[position - 2]
        assert name == header[position]
        for row in rows:
            text = row[position].strip()
            key = (code, row[0].strip(), row[1].strip())
            if column is None:
                assert found.get(key) == (float(text[:-1]) if text else None), prefecture
            else:
                assert found[key] == expected_status(text)[0], prefecture


def test_columns_of_one_repeated_name_differ_so_that_a_mix_up_would_show() -> None:
    found = by_key(rates().frame, "application_rate_pct")
    fuchu = [
        {key[1:]: value for key, value in found.items() if key[0] == code}
        for code in ("132063", "342084")
    ]
    assert all(fuchu)
    assert fuchu[0] != fuchu[1]


def test_there_are_23952_municipal_rates() -> None:
    prefectures = {code for code, _ in prefecture_list()}
    assert (~rates().frame["lgcode"].isin(prefectures)).sum() == 23_952


def test_an_empty_rate_is_no_row_and_a_zero_rate_is_a_row() -> None:
    texts = [text for file in RATE_FILES for _, text in cells(file)]
    zeros = sum(re.fullmatch(r"0(\.0+)?%", text) is not None for text in texts)
    assert zeros > 10_000
    assert (rates().frame["application_rate_pct"] == 0).sum() == zeros
    assert rates().empty == texts.count("")
    assert len(rates().frame) == len(texts) - texts.count("")
    assert rates().frame["application_rate_pct"].notna().all()
    assert_accounted(rates(), len(texts))
    assert rates().set_aside == status().set_aside == ()


@pytest.mark.parametrize(
    ("text", "kind", "count"), [("調査無し", "not_asked", 56), ("%", "not_applicable", 2)]
)
def test_each_kind_of_missing_status_is_named_and_has_no_value(
    text: str, kind: str, count: int
) -> None:
    where = {key for file in STATUS_FILES for key, found in cells(file) if found == text}
    assert len(where) == count
    frame = status().frame[status().frame["missing"] == kind]
    assert set(by_key(frame, "value")) == where
    assert frame["value"].isna().all()


def test_a_bare_percent_sign_stands_where_the_denominator_is_zero() -> None:
    found = by_key(status().frame, "value")
    bare = status().frame[status().frame["missing"] == "not_applicable"]
    for code, item in zip(bare["lgcode"], bare["item"], strict=True):
        whole = f"{item}_実施されている手続総数（分母）"
        assert [v for k, v in found.items() if k[0] == code and k[2] == whole] == [0]


# dashboard: damaged files


def swap_columns(rows: Rows) -> None:
    for row in rows:
        row[2], row[3] = row[3], row[2]


def drop_column(rows: Rows) -> None:
    for row in rows:
        del row[10]


def rename_column(rows: Rows) -> None:
    rows[0][6] = "架空市"


def shorten_a_row(rows: Rows) -> None:
    del rows[4][20:]


def lengthen_a_row(rows: Rows) -> None:
    rows[4] += ["", "1%"]


def blank_a_row(rows: Rows) -> None:
    rows[4].clear()


def empty_the_file(rows: Rows) -> None:
    rows.clear()


DASHBOARD_DAMAGES = [
    (swap_columns, "3 列目"),
    (drop_column, "見出し"),
    (rename_column, "7 列目"),
    (shorten_a_row, "5 行目"),
    (lengthen_a_row, "5 行目"),
    (blank_a_row, "5 行目"),
    (empty_the_file, "見出し"),
]


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    """A writable copy of the dashboard's folder."""
    for file in DASHBOARD_FILES:
        published(f"{DASHBOARD}/{file}")
    return copy_of(DASHBOARD, tmp_path)


@pytest.mark.parametrize("file", DASHBOARD_FILES)
@pytest.mark.parametrize(("damage", "place"), DASHBOARD_DAMAGES)
def test_a_damaged_dashboard_table_is_refused_with_file_and_place(
    dashboard: Path, file: str, damage: Damage, place: str
) -> None:
    rows = csv_of(f"{DASHBOARD}/{file}")
    damage(rows)
    write_csv(dashboard / file, rows)
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, file, place)


def test_a_wrong_name_is_told_with_both_names_and_the_code(dashboard: Path) -> None:
    rows = csv_of(f"{DASHBOARD}/{MUNICIPAL_RATES}")
    rename_column(rows)
    write_csv(dashboard / MUNICIPAL_RATES, rows)
    code, _, name = municipality_list()[4]
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, MUNICIPAL_RATES, "架空市", name, code)


@pytest.mark.parametrize("file", DASHBOARD_FILES)
def test_a_cp932_dashboard_table_is_refused(dashboard: Path, file: str) -> None:
    write_csv(dashboard / file, csv_of(f"{DASHBOARD}/{file}"), "cp932")
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, file, "バイト目", "utf-8")


@pytest.mark.parametrize("position", [10, 100_000])
def test_an_undecodable_byte_is_located(dashboard: Path, position: int) -> None:
    path = dashboard / MUNICIPAL_RATES
    content = path.read_bytes()
    start = content.index(b",", position)
    path.write_bytes(content[:start] + b"\xff" + content[start:])
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, MUNICIPAL_RATES, f"：{start + 1} バイト目：")


def test_a_quote_that_never_closes_is_refused(dashboard: Path) -> None:
    path = dashboard / MUNICIPAL_RATES
    content = path.read_bytes()
    start = content.rindex(b"\n", 0, -1) + 1
    path.write_bytes(content[:start] + b'"' + content[start:])
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, MUNICIPAL_RATES, "CSV")


@pytest.mark.parametrize("file", DASHBOARD_FILES)
def test_a_missing_dashboard_table_is_refused(dashboard: Path, file: str) -> None:
    (dashboard / file).unlink()
    with pytest.raises(ReadError) as caught:
        dx_dashboard.read(dashboard.parent)
    assert_one_clear_line(caught.value, file, "見つかりません")


@pytest.mark.parametrize(
    ("file", "text"),
    [(MUNICIPAL_STATUS, "検討中"), (MUNICIPAL_RATES, "不明"), (PREFECTURAL_RATES, "101%")],
)
def test_an_unreadable_cell_is_set_aside_with_its_place_and_the_rest_is_loaded(
    dashboard: Path, file: str, text: str
) -> None:
    rows = csv_of(f"{DASHBOARD}/{file}")
    was_empty = not rows[2][3].strip()
    rows[2][3] = text
    write_csv(dashboard / file, rows)
    before = status() if file in STATUS_FILES else rates()
    read = {reading.table: reading for reading in dx_dashboard.read(dashboard.parent)}
    after = read[before.table]
    code, item = bodies_of(file)[1][0], rows[2][1].strip()
    assert after.set_aside == (SetAside(file, f"{item}／{code}", "unreadable_value", text),)
    assert after.loaded == len(after.frame) == before.loaded - (not was_empty)
    assert_accounted(after, before.read)


# SSDSE-A: every value of six editions


def values() -> Reading:
    return readings("ssdse_a")["ssdse_a"]


@cache
def values_of(year: int) -> pd.DataFrame:
    return values().frame[values().frame["edition"] == year]


def codes_of(year: int) -> list[str]:
    return [six_digits(row[0]) for row in edition(year).rows]


@pytest.mark.parametrize("year", EDITIONS)
def test_all_values_of_an_edition_equal_the_published_ones(year: int) -> None:
    published_edition = edition(year)
    codes = codes_of(year)
    wide = values_of(year).pivot(index="lgcode", columns="indicator", values="value")
    expected = np.array([[float(text) for text in row[3:]] for row in published_edition.rows])
    assert len(codes) == len(set(codes)) == 1_741
    assert len(values_of(year)) == expected.size
    assert sorted(wide.columns) == sorted(published_edition.indicators)
    assert np.array_equal(wide.loc[codes, published_edition.indicators].to_numpy(), expected)


@pytest.mark.parametrize("year", EDITIONS)
def test_each_column_keeps_its_own_year_and_name(year: int) -> None:
    source = edition(year)
    names = readings("ssdse_a")["ssdse_a_indicators"].frame
    names = names[names["edition"] == year]
    expected = [
        (code, int(fiscal_year), name)
        for code, fiscal_year, name in zip(
            source.indicators, source.years, source.names, strict=True
        )
    ]
    assert list(names[["indicator", "fiscal_year", "name"]].itertuples(False, None)) == expected
    by_indicator = values_of(year).groupby("indicator")["fiscal_year"]
    assert (by_indicator.nunique() == 1).all()
    assert by_indicator.first().to_dict() == {code: found for code, found, _ in expected}
    assert len({found for _, found, _ in expected}) > 1


@pytest.mark.parametrize(
    ("indicator", "there"),
    [
        ("A1101", EDITIONS),
        ("D1202", (2023, 2024, 2025)),
        ("J250302", (2022, 2023, 2024, 2025)),
        ("J2503", (2020, 2021)),
        ("J2506", (2020, 2021)),
        ("C2107", (2020,)),
        ("C2108", (2021, 2022, 2023, 2024, 2025)),
        ("E3901", (2021, 2022, 2023, 2024, 2025)),
    ],
)
def test_an_indicator_is_in_the_editions_that_publish_it(
    indicator: str, there: tuple[int, ...]
) -> None:
    assert tuple(year for year in EDITIONS if indicator in edition(year).indicators) == there
    found = values().frame.loc[values().frame["indicator"] == indicator, "edition"]
    assert found.value_counts().to_dict() == dict.fromkeys(there, 1_741)


def test_staff_figures_are_those_of_three_fiscal_years() -> None:
    staff = values().frame[values().frame["indicator"] == "D1202"]
    pairs = staff[["edition", "fiscal_year"]].drop_duplicates()
    assert sorted(pairs.itertuples(False, None)) == [(2023, 2021), (2024, 2022), (2025, 2023)]


def test_all_rows_of_all_editions_are_loaded() -> None:
    assert_accounted(values(), 6 * 1_741)
    assert values().set_aside == ()
    assert values().frame["value"].notna().all()


def test_sasayama_of_the_2020_edition_is_loaded_under_its_present_code() -> None:
    (row,) = [row for row in edition(2020).rows if row[2] == "篠山市"]
    assert row[:2] == ["R28221", "兵庫県"]
    assert not any(row[2] == "篠山市" for year in EDITIONS[1:] for row in edition(year).rows)
    loaded = values_of(2020).loc[values_of(2020)["lgcode"] == "282219"]
    expected = dict(zip(edition(2020).indicators, map(float, row[3:]), strict=True))
    assert dict(zip(loaded["indicator"], loaded["value"], strict=True)) == expected


# SSDSE-A: damaged files


@pytest.fixture
def small_edition(tmp_path: Path) -> tuple[Path, Rows]:
    """The first 60 municipalities of the 2025 edition: where to write them, and their rows."""
    return tmp_path / "SSDSE-A-2025.csv", csv_of("ssdse-a/SSDSE-A-2025.csv", "cp932")[:63]


def test_the_undamaged_small_edition_is_read_whole(small_edition: tuple[Path, Rows]) -> None:
    path, rows = small_edition
    reading, names = ssdse_a.read_edition(write_csv(path, rows, "cp932"), 2025)
    assert_accounted(reading, 60)
    assert reading.loaded == 60
    assert len(reading.frame) == 60 * len(names.frame) == 60 * (len(rows[0]) - 3)


def set_cell(row: int, column: int, text: str) -> Damage:
    def damage(rows: Rows) -> None:
        rows[row][column] = text

    return damage


def drop_header_row(rows: Rows) -> None:
    del rows[1]


def keep_two_rows(rows: Rows) -> None:
    del rows[2:]


def shorten_the_years(rows: Rows) -> None:
    del rows[1][-1]


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (set_cell(10, 8, ""), "R01214"),
        (set_cell(10, 8, "-"), "「-」"),
        (set_cell(10, 8, "1,234"), "「1,234」"),
        (set_cell(0, 5, "A1101"), "A1101"),
        (set_cell(1, 5, "令和2"), "2 行目 6 列目"),
        (set_cell(1, 5, ""), "2 行目 6 列目"),
        (set_cell(2, 0, "団体コード"), "3 行目"),
        (shorten_the_years, "見出し"),
        (drop_header_row, "3 行目"),
        (keep_two_rows, "見出し"),
        (empty_the_file, "見出し"),
    ],
)
def test_a_damaged_edition_is_refused_with_file_and_place(
    small_edition: tuple[Path, Rows], damage: Damage, place: str
) -> None:
    path, rows = small_edition
    place = six_digits(rows[10][0]) if place.startswith("R") else place
    damage(rows)
    with pytest.raises(ReadError) as caught:
        ssdse_a.read_edition(write_csv(path, rows, "cp932"), 2025)
    assert_one_clear_line(caught.value, path.name, place)


def test_an_edition_in_utf8_is_refused(small_edition: tuple[Path, Rows]) -> None:
    path, rows = small_edition
    with pytest.raises(ReadError) as caught:
        ssdse_a.read_edition(write_csv(path, rows, "utf-8"), 2025)
    assert_one_clear_line(caught.value, path.name)


def test_a_missing_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        ssdse_a.read(tmp_path)
    assert_one_clear_line(caught.value, "ssdse-a/SSDSE-A-*.csv", "見つかりません")


def repeat_a_row(rows: Rows) -> None:
    rows[10] = list(rows[9])


def repeat_a_row_with_its_code_written_otherwise(rows: Rows) -> None:
    rows[10] = [rows[9][0].removeprefix("R"), *rows[9][1:]]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (set_cell(10, 0, "R99999"), "unknown_code"),
        (set_cell(10, 0, ""), "unknown_code"),
        (set_cell(10, 1, "青森県"), "name_does_not_match_code"),
        (set_cell(10, 2, "篠山市"), "name_does_not_match_code"),
        (lambda rows: rows[10].pop(), "wrong_number_of_columns"),
        (lambda rows: rows[10].append("1"), "wrong_number_of_columns"),
        (repeat_a_row, "repeated_code"),
        (repeat_a_row_with_its_code_written_otherwise, "repeated_code"),
    ],
)
def test_an_unsafe_row_is_set_aside_with_its_reason_and_the_rest_is_loaded(
    small_edition: tuple[Path, Rows], damage: Damage, reason: str
) -> None:
    path, rows = small_edition
    others = {six_digits(row[0]) for n, row in enumerate(rows) if n >= 3 and n != 10}
    damage(rows)
    reading, _ = ssdse_a.read_edition(write_csv(path, rows, "cp932"), 2025)
    assert_accounted(reading, 60)
    (aside,) = reading.set_aside
    assert (aside.file, aside.place, aside.reason) == (path.name, "11 行目", reason)
    assert aside.content == ",".join(rows[10])[:200]
    assert set(reading.frame["lgcode"]) == others
    assert not reading.frame.duplicated(["lgcode", "indicator"]).any()


# procedures: the conversion


def survey() -> Reading:
    return readings("procedures")["procedures"]


def plain(value: Any) -> Any:
    """Missing values of every library as None."""
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124


@cache
def conversion() -> tuple[list[str], list[tuple[Any, ...]]]:
    """The 38 column names and all rows of the conversion, in the order of their ids as text."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(published(CONVERSION))])
        names = [column[0] for column in found.description[:38]]
        rows = [tuple(map(plain, row[:38])) for row in found.fetchall()]
    return names, sorted(rows, key=lambda row: row[0])


def counts_of(row: tuple[Any, ...]) -> tuple[int, int, int]:
    names = conversion()[0]
    total, online, offline = (
        row[names.index(name)]
        for name in ("総手続件数", "オンライン手続件数", "非オンライン手続件数")
    )
    return total, online, offline


def test_the_columns_of_the_survey_carry_their_known_names() -> None:
    ours = list(survey().frame.columns[1:39])
    renamed = dict(zip(conversion()[0], ours, strict=True))
    known = {
        "手続ID": "procedure_id",
        "所管府省庁": "ministry",
        "手続名": "procedure",
        "法令名": "law",
        "手続類型": "procedure_type",
        "手続主体": "applicant",
        "手続の受け手": "recipient",
        "事務区分": "affairs_class",
        "オンライン化の実施状況": "online_status",
        "処理期間(オンライン)": "period_online_text",
        "処理期間(非オンライン)": "period_offline_text",
        "総手続件数": "cases",
        "オンライン手続件数": "cases_online",
        "非オンライン手続件数": "cases_offline",
        "申請を提出する機関": "submitted_to",
    }
    assert {name: renamed[name] for name in known} == known


def test_every_procedure_of_the_conversion_is_loaded_once() -> None:
    assert_accounted(survey(), 75_071)
    assert survey().loaded == len(survey().frame) == len(conversion()[1]) == 75_071
    assert survey().set_aside == ()
    assert list(survey().frame["procedure_id"]) == [row[0] for row in conversion()[1]]


def test_every_text_of_the_conversion_is_kept_as_it_stands() -> None:
    names, rows = conversion()
    frame = survey().frame
    for position, name in enumerate(names):
        if not name.endswith("手続件数"):
            ours = frame.columns[position + 1]
            assert [plain(v) for v in frame[ours]] == [row[position] for row in rows], name


def test_counts_are_kept_and_zeros_only_where_the_three_counts_prove_them() -> None:
    def kept(row: tuple[Any, ...]) -> tuple[int | None, ...]:
        total, online, offline = counts_of(row)
        proven = total > 0 and online + offline == total
        return tuple(n if n > 0 or proven else None for n in (total, online, offline))

    expected = [kept(row) for row in conversion()[1]]
    columns = [survey().frame[c] for c in ("cases", "cases_online", "cases_offline")]
    assert [tuple(map(plain, row)) for row in zip(*columns, strict=True)] == expected
    assert sum(total is None for total, _, _ in expected) == 55_336
    assert sum(0 in row for row in expected) > 10_000


def test_a_total_that_may_be_missing_says_so() -> None:
    totals = [counts_of(row)[0] for row in conversion()[1]]
    kinds = [plain(kind) for kind in survey().frame["cases_missing"]]
    assert kinds == [None if total else "zero_or_missing" for total in totals]


def test_online_and_offline_cases_add_up_to_all_cases_where_all_are_given() -> None:
    frame = survey().frame.dropna(subset=["cases", "cases_online", "cases_offline"])
    assert len(frame) == sum(counts_of(row)[0] > 0 for row in conversion()[1])
    assert (frame["cases_online"] + frame["cases_offline"] == frame["cases"]).all()


def write_conversion(folder: Path, select: str) -> Path:
    path = folder / "procedures_data.parquet"
    source = str(published(CONVERSION))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {select} FROM '{source}' LIMIT 20) TO '{path}'")
    return path


def test_a_conversion_without_a_column_is_refused(tmp_path: Path) -> None:
    path = write_conversion(tmp_path, '* EXCLUDE ("手続の受け手")')
    with pytest.raises(ReadError) as caught:
        procedures.read_conversion(path, "2025-07-29")
    assert_one_clear_line(caught.value, path.name, "手続の受け手")


def test_a_conversion_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "procedures_data.parquet"
    path.write_bytes(published(CONVERSION).read_bytes()[:50_000])
    with pytest.raises(ReadError) as caught:
        procedures.read_conversion(path, "2025-07-29")
    assert_one_clear_line(caught.value, path.name)


def test_a_missing_survey_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        procedures.read(tmp_path)
    assert_one_clear_line(caught.value, "procedures-survey-YYYY-MM-DD", "見つかりません")


# procedures: the official layout with two header rows

OFFICIAL = "20250729_procedures-survey-results_outline_02.csv"
GROUP = re.compile(r"(.+)\((.+)\)")
COUNT_COLUMNS = slice(25, 28)


def official_header() -> Rows:
    """Group names above, the names in brackets below; a group is written over its first column."""
    upper: list[str] = []
    lower: list[str] = []
    group = ""
    for name in conversion()[0]:
        match = GROUP.fullmatch(name)
        previous, group = group, match[1] if match else ""
        upper.append(name if match is None else "" if group == previous else group)
        lower.append("" if match is None else match[2])
    return [upper, lower]


def official_row(row: tuple[Any, ...], number: int) -> list[str]:
    """A row as published: a missing count is blank, a real zero `0`; every other has separators."""
    cells = ["" if value is None else str(value) for value in row]
    total, online, offline = counts_of(row)
    separator = "," if number % 2 else ""
    if total:
        cells[COUNT_COLUMNS] = [f"{n:{separator}}" for n in (total, online, offline)]
    else:
        cells[COUNT_COLUMNS] = ["0", "0", "0"] if number % 3 == 0 else ["", "", ""]
    return cells


@pytest.fixture
def official(tmp_path: Path) -> tuple[Path, Rows]:
    """The official layout of 400 procedures, half of them with counts: its place and its rows."""
    rows = conversion()[1]
    given = [row for row in rows if counts_of(row)[0] > 0]
    missing = [row for row in rows if counts_of(row)[0] == 0]
    chosen = given[:: len(given) // 200][:200] + missing[:: len(missing) // 200][:200]
    body = [official_row(row, number) for number, row in enumerate(chosen)]
    folder = tmp_path / "procedures-survey-2025-07-29"
    folder.mkdir()
    return folder / OFFICIAL, official_header() + body


def test_the_official_layout_has_groups_and_separators_and_blanks(
    official: tuple[Path, Rows],
) -> None:
    _, (upper, lower, *body) = official
    start = upper.index("処理期間")
    assert (upper[start + 1], lower[start], lower[start + 1]) == ("", "オンライン", "非オンライン")
    counts = [row[COUNT_COLUMNS] for row in body]
    assert any("," in text for row in counts for text in row)
    assert ["", "", ""] in counts
    assert ["0", "0", "0"] in counts


def test_the_official_layout_is_read_and_preferred(official: tuple[Path, Rows]) -> None:
    path, rows = official
    write_csv(path, rows)
    (path.parent / "procedures_data.parquet").symlink_to(published(CONVERSION))
    (reading,) = procedures.read(path.parent.parent)
    assert_accounted(reading, 400)
    assert reading.loaded == len(reading.frame) == 400
    body = sorted(rows[2:], key=lambda row: row[0])
    frame = reading.frame.iloc[:, 1:39]
    for position, ours in enumerate(frame.columns):
        texts = [row[position] or None for row in body]
        if ours.startswith("cases"):
            numbers = [None if text is None else int(text.replace(",", "")) for text in texts]
            assert [plain(v) for v in frame[ours]] == numbers, ours
        else:
            assert [plain(v) for v in frame[ours]] == texts, ours


def test_the_official_layout_tells_a_zero_from_a_missing_count(
    official: tuple[Path, Rows],
) -> None:
    path, rows = official
    reading = procedures.read_official(write_csv(path, rows), "2025-07-29")
    blank = {row[0] for row in rows[2:] if not row[25]}
    zero = {row[0] for row in rows[2:] if row[25] == "0"}
    frame = reading.frame
    assert blank and zero
    assert set(frame.loc[frame["cases"].isna(), "procedure_id"]) == blank
    assert set(frame.loc[frame["cases_missing"] == "unknown", "procedure_id"]) == blank
    assert set(frame.loc[(frame["cases"] == 0).fillna(False), "procedure_id"]) == zero


def swap_in_header(first: int, second: int) -> Damage:
    def damage(rows: Rows) -> None:
        for row in rows[:2]:
            row[first], row[second] = row[second], row[first]

    return damage


def swap_channels(rows: Rows) -> None:
    start = rows[0].index("処理期間")
    rows[1][start], rows[1][start + 1] = rows[1][start + 1], rows[1][start]


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (swap_in_header(2, 3), "3 列目の見出し"),
        (swap_in_header(26, 27), "27 列目の見出し"),
        (swap_channels, "22 列目の見出し"),
        (set_cell(0, 0, "番号"), "1 列目の見出し"),
        (lambda rows: rows.pop(1), "見出し"),
        (lambda rows: [row.pop(5) for row in rows], "見出し"),
        (lambda rows: [row.append("") for row in rows], "見出し"),
        (lambda rows: [row.pop() for row in rows[:2]], "見出し"),
        (empty_the_file, "見出し"),
    ],
)
def test_an_official_file_with_another_header_is_refused(
    official: tuple[Path, Rows], damage: Damage, place: str
) -> None:
    path, rows = official
    damage(rows)
    with pytest.raises(ReadError) as caught:
        procedures.read_official(write_csv(path, rows), "2025-07-29")
    assert_one_clear_line(caught.value, OFFICIAL, place)


def test_an_official_file_in_cp932_is_refused(official: tuple[Path, Rows]) -> None:
    path, rows = official
    content = "\r\n".join(",".join(row) for row in rows).encode("cp932", "replace")
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        procedures.read_official(path, "2025-07-29")
    assert_one_clear_line(caught.value, OFFICIAL, "バイト目")


def copy_id(rows: Rows) -> None:
    rows[12][0] = rows[11][0]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (set_cell(12, 0, ""), "no_procedure_id"),
        (set_cell(12, 25, "不明"), "unreadable_count:cases"),
        (set_cell(12, 25, "約100"), "unreadable_count:cases"),
        (set_cell(12, 26, "1,23"), "unreadable_count:cases_online"),
        (set_cell(12, 26, "-5"), "unreadable_count:cases_online"),
        (set_cell(12, 27, "１２"), "unreadable_count:cases_offline"),
        (set_cell(12, 27, "3.5"), "unreadable_count:cases_offline"),
        (lambda rows: rows[12].pop(4), "wrong_number_of_columns"),
        (lambda rows: rows[12].insert(4, ""), "wrong_number_of_columns"),
    ],
)
def test_an_unsafe_procedure_is_set_aside_with_its_reason_and_the_rest_is_loaded(
    official: tuple[Path, Rows], damage: Damage, reason: str
) -> None:
    path, rows = official
    others = {row[0] for n, row in enumerate(rows) if n >= 2 and n != 12}
    damage(rows)
    reading = procedures.read_official(write_csv(path, rows), "2025-07-29")
    assert_accounted(reading, 400)
    assert reading.loaded == len(reading.frame) == 399
    assert set(reading.frame["procedure_id"]) == others
    (aside,) = reading.set_aside
    assert (aside.file, aside.reason) == (OFFICIAL, reason)


def test_of_two_rows_with_one_id_none_is_believed(official: tuple[Path, Rows]) -> None:
    path, rows = official
    copy_id(rows)
    reading = procedures.read_official(write_csv(path, rows), "2025-07-29")
    assert_accounted(reading, 400)
    assert [item.reason for item in reading.set_aside] == ["repeated_procedure_id"] * 2
    assert all(rows[11][0] in item.place for item in reading.set_aside)
    assert rows[11][0] not in set(reading.frame["procedure_id"])


def test_several_unsafe_procedures_are_all_accounted_for(official: tuple[Path, Rows]) -> None:
    path, rows = official
    copy_id(rows)
    rows[20][0] = ""
    rows[30][25] = "?"
    rows[40].pop()
    reading = procedures.read_official(write_csv(path, rows), "2025-07-29")
    assert_accounted(reading, 400)
    assert Counter(item.reason for item in reading.set_aside) == {
        "repeated_procedure_id": 2,
        "no_procedure_id": 1,
        "unreadable_count:cases": 1,
        "wrong_number_of_columns": 1,
    }


def test_no_reader_writes_to_the_published_files(dashboard: Path) -> None:
    before = {path.name: path.read_bytes() for path in dashboard.iterdir()}
    dx_dashboard.read(dashboard.parent)
    assert {path.name: path.read_bytes() for path in dashboard.iterdir()} == before
    assert before.keys() == {path.name for path in (RAW / DASHBOARD).iterdir()}
