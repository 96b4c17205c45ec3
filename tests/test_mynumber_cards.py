"""My Number cards: every row of the 46 files, the printed rates, and what may be compared.

The independent reading uses the csv module; it takes a municipality's code from the files that
print it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ebpm.readers import ReadError, mynumber_cards
from support.published import Rows, csv_of, files_of, municipality_list, readings, write_csv
from support.sql import breaches, contracts_of, municipalities, small_warehouse

EDITIONS, MUNICIPALITIES = 46, 1_741
NO_CODE = {("東京都", "三宅村"): "133817", ("東京都", "八丈町"): "134015"}
FILE = "all_localgovs_20221231.csv"
NEW_BASES = [
    "2017-08-31",
    "2018-07-01",
    "2019-09-16",
    "2020-09-01",
    "2021-08-01",
    "2022-08-31",
]

Damage = Callable[[Rows], None]


@cache
def published_rows() -> dict[tuple[str, str], list[str]]:
    """Every row of every file, by edition and code."""
    found = {}
    for file in files_of("mynumber_cards"):
        day = file.removesuffix(".csv")[-8:]
        edition = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        for row in csv_of(file)[1:]:
            code = row[8].zfill(6) if row[8].isdigit() else NO_CODE[row[1], row[2]]
            assert (edition, code) not in found
            found[edition, code] = row
    return found


def frame() -> pd.DataFrame:
    return readings("mynumber_cards")["mynumber_cards"].frame


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    return small_warehouse(
        ["mart_mynumber"], municipalities=municipalities(), mynumber_cards=frame()
    )


def query(sql: str) -> list[tuple[Any, ...]]:
    return warehouse().execute(sql).fetchall()


# every row


def test_every_edition_holds_every_municipality_once() -> None:
    reading = readings("mynumber_cards")["mynumber_cards"]
    assert (reading.read, reading.loaded, reading.empty) == (80_086, 80_086, 0)
    assert reading.set_aside == ()
    assert set(Counter(edition for edition, _ in published_rows()).values()) == {MUNICIPALITIES}
    codes = {code for code, _, _ in municipality_list()}
    by_edition = frame().groupby("edition")["lgcode"].agg(["count", set])
    assert len(by_edition) == EDITIONS
    assert (by_edition["count"] == MUNICIPALITIES).all()
    assert all(found == codes for found in by_edition["set"])


def test_every_cell_is_what_the_file_says() -> None:
    for row in frame().itertuples():
        cells = published_rows()[row.edition, row.lgcode]
        dates = (row.calculated_on, row.population_date, row.cards_date)
        assert [date.replace("-", "/") for date in dates] == [cells[0], cells[6], cells[7]]
        assert [str(row.population), str(row.cards)] == cells[3:5]
        assert Decimal(str(row.printed_rate_pct)) == Decimal(cells[5])
        assert row.edition == row.calculated_on == row.cards_date


def test_code_prefecture_and_name_of_every_row_mean_the_same_body() -> None:
    names = {code: (prefecture, name) for code, prefecture, name in municipality_list()}
    for (_, code), cells in published_rows().items():
        prefecture, name = names[code]
        assert cells[1] == prefecture
        assert cells[2].endswith(name)


def test_the_two_islands_without_code_are_found_by_name() -> None:
    bare = [key for key, cells in published_rows().items() if not cells[8].isdigit()]
    assert Counter(code for _, code in bare) == {"133817": 17, "134015": 17}
    keys = set(zip(frame()["edition"], frame()["lgcode"], strict=True))
    assert set(bare) <= keys


# the printed rate


def printed_by(rounding: str) -> int:
    """How many printed rates are cards ÷ population, rounded so to one decimal."""
    tenth = Decimal("0.1")
    return sum(
        (Decimal(cells[4]) * 100 / Decimal(cells[3])).quantize(tenth, rounding) == Decimal(cells[5])
        for cells in published_rows().values()
    )


def test_every_printed_rate_is_the_computed_one_rounded_half_up() -> None:
    assert printed_by(ROUND_HALF_UP) == EDITIONS * MUNICIPALITIES == 80_086


def test_half_to_even_would_not_print_the_rates_of_the_ties() -> None:
    """22 rates lie midway between two tenths; eleven of them would go down to the even one."""
    assert printed_by(ROUND_HALF_EVEN) == 80_086 - 11


def test_the_mart_computes_the_rate_unrounded() -> None:
    (row,) = query(
        "SELECT card_rate, card_pct, printed_rate_pct FROM mart_mynumber "
        "WHERE lgcode = '011002' AND edition = '2017-03-08'"
    )
    assert row == (pytest.approx(144_447 / 1_941_832), pytest.approx(14_444_700 / 1_941_832), 7.4)
    assert query(
        "SELECT count(*) FROM mart_mynumber WHERE abs(card_pct - printed_rate_pct) > 0.0500001 "
        "OR abs(card_pct - 100 * card_rate) > 1e-9"
    ) == [(0,)]


# what may be compared


def test_the_population_base_changes_six_times_and_for_all_at_once() -> None:
    found = query(
        "SELECT edition, count(*) FROM mart_mynumber WHERE population_base_changed "
        "GROUP BY edition ORDER BY edition"
    )
    assert found == [(edition, MUNICIPALITIES) for edition in NEW_BASES]
    unknown = query(
        "SELECT DISTINCT edition FROM mart_mynumber WHERE population_base_changed IS NULL"
    )
    assert unknown == [("2017-03-08",)]


def test_a_new_population_base_is_no_change_of_the_rate() -> None:
    without = query(
        "SELECT DISTINCT edition, cards_per_100_change_missing FROM mart_mynumber "
        "WHERE cards_per_100_change IS NULL ORDER BY edition"
    )
    assert without == [(edition, "not_applicable") for edition in ["2017-03-08", *NEW_BASES]]
    (given,) = query("SELECT count(cards_per_100_change) FROM mart_mynumber")
    assert given == ((EDITIONS - 7) * MUNICIPALITIES,)


def test_cards_added_and_changes_are_those_between_neighbouring_editions() -> None:
    rows = query(
        "SELECT edition, cards_added, days_since_previous, cards_per_100_change "
        "FROM mart_mynumber WHERE lgcode = '443221' ORDER BY edition"
    )
    cells = [row for (_, code), row in sorted(published_rows().items()) if code == "443221"]
    assert rows[0][1:] == (None, None, None)
    for (before, after), (_, added, days, change) in zip(pairwise(cells), rows[1:], strict=True):
        assert added == int(after[4]) - int(before[4])
        assert days == (pd.Timestamp(after[7]) - pd.Timestamp(before[7])).days
        same = before[6] == after[6]
        assert change == (pytest.approx(100 * added / int(after[3])) if same else None)


def test_the_missing_edition_of_april_2022_shows_as_a_longer_step() -> None:
    steps = query(
        "SELECT DISTINCT days_since_previous FROM mart_mynumber WHERE edition = '2022-05-01'"
    )
    assert steps == [(61,)]


def test_in_the_shipped_editions_cards_never_fall_nor_exceed_the_population() -> None:
    (row,) = query("SELECT min(cards_added), max(card_rate) FROM mart_mynumber")
    assert row == (0, pytest.approx(0.95367, abs=1e-5))


@pytest.mark.parametrize("contract", contracts_of("mynumber"))
def test_the_contract_holds(contract: str) -> None:
    assert breaches(warehouse(), contract) == []


def spoil(contract: str) -> pd.DataFrame:
    """Two editions of which one value breaks the contract."""
    two = frame()[frame()["edition"].isin(["2022-11-30", "2022-12-31"])].reset_index(drop=True)
    last, value = two.index[-1], {
        "mynumber_all_municipalities": ("lgcode", None),
        "mynumber_dates": ("cards_date", "2023-01-01"),
        "mynumber_one_population_base": ("population_date", "2021-01-01"),
        "mynumber_printed_rate": ("cards", int(two["cards"].iloc[-1]) + 2),
        "mynumber_same_population": ("population", int(two["population"].iloc[-1]) + 1),
    }[contract]  # fmt: skip
    two.loc[last, value[0]] = value[1]
    return two


@pytest.mark.parametrize(
    "contract", [name for name in contracts_of("mynumber") if name != "mynumber_change_within_base"]
)
def test_the_contract_finds_the_row_that_breaks_it(contract: str) -> None:
    connection = small_warehouse(
        [], municipalities=municipalities(), mynumber_cards=spoil(contract)
    )
    (found,) = breaches(connection, contract)
    assert "2022-12-31" in found or "473821" in found


def test_a_change_across_a_new_base_breaks_its_contract() -> None:
    two = frame()[frame()["edition"].isin(["2022-07-31", "2022-08-31"])]
    connection = small_warehouse(
        ["mart_mynumber"], municipalities=municipalities(), mynumber_cards=two
    )
    connection.execute(
        "UPDATE mart_mynumber SET cards_per_100_change = 1 "
        "WHERE population_base_changed AND lgcode = '011002'"
    )
    assert [row[:2] for row in breaches(connection, "mynumber_change_within_base")] == [
        ("011002", "2022-08-31")
    ]


# damaged files


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Rows]:
    """The first 30 municipalities of the last edition: where to write them, and their rows."""
    return tmp_path / FILE, csv_of(f"mynumber-card/{FILE}")[:31]


def set_cell(row: int, column: int, text: str) -> Damage:
    def damage(rows: Rows) -> None:
        rows[row][column] = text

    return damage


def with_commas(rows: Rows) -> None:
    for row in rows[1:]:
        row[3:5] = [f"{int(text):,}" for text in row[3:5]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_byte_order_mark_and_line_ends_make_no_difference(
    small: tuple[Path, Rows], encoding: str, end: str
) -> None:
    path, rows = small
    text = "".join(",".join(row) + end for row in rows)
    path.write_bytes(text.encode(encoding))
    found = mynumber_cards.read_edition(path)
    assert (found.read, found.loaded, found.set_aside) == (30, 30, ())


def test_thousands_separators_are_read(small: tuple[Path, Rows]) -> None:
    path, rows = small
    plain = mynumber_cards.read_edition(write_csv(path, rows)).frame
    with_commas(rows)
    assert mynumber_cards.read_edition(write_csv(path, rows)).frame.equals(plain)


def test_blank_lines_are_counted_as_empty(small: tuple[Path, Rows]) -> None:
    path, rows = small
    found = mynumber_cards.read_edition(write_csv(path, [*rows, [], [" "] * 9]))
    assert (found.read, found.loaded, found.empty) == (32, 30, 2)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda rows: rows[10].pop(), "wrong_number_of_columns"),
        (lambda rows: rows[10].append("1"), "wrong_number_of_columns"),
        (set_cell(10, 8, "99999"), "unknown_code"),
        (set_cell(10, 8, "12025"), "name_does_not_match_code"),
        (set_cell(10, 8, "1202"), "unknown_code"),
        (set_cell(10, 1, "青森県"), "name_does_not_match_code"),
        (set_cell(10, 1, ""), "name_does_not_match_code"),
        (set_cell(10, 2, "札幌市"), "name_does_not_match_code"),
        (set_cell(10, 2, "釧路郡網走市"), "name_does_not_match_code"),
        (set_cell(10, 4, ""), "no_value"),
        (set_cell(10, 4, "－"), "no_value"),
        (set_cell(10, 3, "…"), "no_value"),
        (set_cell(10, 5, "x"), "no_value"),
        (set_cell(10, 4, "12枚"), "unreadable_number"),
        (set_cell(10, 4, "-12"), "unreadable_number"),
        (set_cell(10, 4, "1,23"), "unreadable_number"),
        (set_cell(10, 4, "12.5"), "unreadable_number"),
        (set_cell(10, 4, "1\x002"), "unreadable_number"),
        (set_cell(10, 5, "56.8%"), "unreadable_number"),
        (set_cell(10, 0, "2022/11/30"), "date_differs_from_edition"),
        (set_cell(10, 0, "令和4年12月31日"), "unreadable_date"),
        (set_cell(10, 6, "2023/01/01"), "date_after_edition"),
        (set_cell(10, 6, "2022/13/01"), "unreadable_date"),
        (set_cell(10, 7, "2099/12/31"), "date_after_edition"),
    ],
)
def test_an_unsafe_row_is_set_aside_with_its_reason_and_the_rest_is_loaded(
    small: tuple[Path, Rows], damage: Damage, reason: str
) -> None:
    path, rows = small
    others = {row[8].zfill(6) for number, row in enumerate(rows) if number not in {0, 10}}
    damage(rows)
    found = mynumber_cards.read_edition(write_csv(path, rows))
    (aside,) = found.set_aside
    assert (aside.file, aside.place, aside.reason) == (FILE, "11 行目", reason)
    assert aside.content == ",".join(rows[10])[:200]
    assert set(found.frame["lgcode"]) == others
    assert (found.read, found.loaded) == (30, 29)


def test_a_prefecture_is_no_municipality(small: tuple[Path, Rows]) -> None:
    path, rows = small
    total = [*rows[1][:2], "北海道", *rows[1][3:8], "10006"]
    (aside,) = mynumber_cards.read_edition(write_csv(path, [*rows, total])).set_aside
    assert aside.reason == "not_a_municipality"


def test_without_code_an_unknown_name_is_set_aside(small: tuple[Path, Rows]) -> None:
    path, rows = small
    rows[10][2], rows[10][8] = "架空市", "<NA>"
    (aside,) = mynumber_cards.read_edition(write_csv(path, rows)).set_aside
    assert aside.reason == "unknown_name"


def test_without_code_a_name_that_another_prefecture_has_too_is_found(tmp_path: Path) -> None:
    rows = csv_of(f"mynumber-card/{FILE}")
    (date,) = [row for row in rows if row[1:3] == ["北海道", "伊達市"]]
    assert ["福島県", "伊達市"] in [row[1:3] for row in rows]
    date[8] = ""
    found = mynumber_cards.read_edition(write_csv(tmp_path / FILE, rows))
    assert found.set_aside == ()
    assert "012335" in set(found.frame["lgcode"])


def test_of_a_repeated_body_no_row_is_loaded(small: tuple[Path, Rows]) -> None:
    path, rows = small
    found = mynumber_cards.read_edition(write_csv(path, [*rows, [*rows[5][:4], "1", *rows[5][5:]]]))
    assert [(item.place, item.reason) for item in found.set_aside] == [
        ("6 行目", "repeated_key"),
        ("32 行目", "repeated_key"),
    ]
    assert rows[5][8].zfill(6) not in set(found.frame["lgcode"])


def shift_header(rows: Rows) -> None:
    rows.insert(0, ["マイナンバーカード交付状況"])


def swap_header(rows: Rows) -> None:
    rows[0][3], rows[0][4] = rows[0][4], rows[0][3]


def refused(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        mynumber_cards.read_edition(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (shift_header, "1 行目 1 列目"),
        (swap_header, "1 行目 4 列目"),
        (lambda rows: rows[0].pop(), "1 行目 9 列目"),
        (lambda rows: rows[0].append("備考"), "1 行目 10 列目"),
        (lambda rows: rows.clear(), "見出し"),
        (lambda rows: rows.__delitem__(slice(1, None)), "表全体"),
    ],
)
def test_a_file_of_another_structure_is_refused_with_its_place(
    small: tuple[Path, Rows], damage: Damage, place: str
) -> None:
    path, rows = small
    damage(rows)
    assert refused(write_csv(path, rows)).startswith(f"{FILE}：{place}：")


def test_a_file_whose_name_is_of_another_date_is_refused(small: tuple[Path, Rows]) -> None:
    path, rows = small
    other = write_csv(path.with_name("all_localgovs_20230131.csv"), rows)
    assert "date_differs_from_edition" in refused(other)


@pytest.mark.parametrize("name", ["all_localgovs_20221331.csv", "all_localgovs_latest.csv"])
def test_a_file_without_a_date_in_its_name_is_refused(small: tuple[Path, Rows], name: str) -> None:
    path, rows = small
    assert refused(write_csv(path.with_name(name), rows)).startswith(f"{name}：ファイル名：")


def test_a_file_in_another_encoding_is_refused(small: tuple[Path, Rows]) -> None:
    path, rows = small
    assert "utf-8" in refused(write_csv(path, rows, "cp932"))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\x00" * 100])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    assert refused(path).startswith(f"{FILE}：")


def test_a_missing_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="見つかりません"):
        mynumber_cards.read(tmp_path)
