"""International indices: every published value arrives, and a 0 that is none does not.

The independent reading uses the csv module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ebpm.readers import ReadError, oecd_dgi, un_egdi
from support.published import Rows, csv_of, readings, write_csv
from support.sql import breaches, contracts_of, small_warehouse

YEARS = ("2010", "2012", "2014", "2016", "2018")
VARIABLES = ("egdi_rank", "egdi", "epi", "osi", "hci", "tii")
NOT_MEMBERS = {"ARG", "BRA", "HRV", "PER", "ROU"}
NOT_COMPUTED = {
    "2010": {"FSM", "KIR", "MCO", "MHL", "NRU", "PRK", "SMR", "SOM", "TUV"},
    "2012": {"CAF", "GIN", "LBY"},
}

Damage = Callable[[Rows], None]
Read = Callable[[Path], Any]


def un_rows(year: str) -> Rows:
    return csv_of(f"international/egdi-{year}.csv", "utf-8")


def oecd_rows() -> Rows:
    return csv_of("international/oecd_dgi_2023.csv")


def un() -> pd.DataFrame:
    return readings("un_egdi")["un_egdi"].frame


def oecd() -> pd.DataFrame:
    return readings("oecd_dgi")["oecd_dgi"].frame


def cells(frame: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float | None, str | None]]:
    """Value and kind of missing by edition, country and variable."""
    found = {
        (row.edition, row.country, row.variable): (
            None if pd.isna(row.value) else row.value,
            None if pd.isna(row.missing) else row.missing,
        )
        for row in frame.itertuples()
    }
    assert len(found) == len(frame)
    return found


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    return small_warehouse(["mart_international"], oecd_dgi=oecd(), un_egdi=un())


# every value


def test_every_country_of_every_edition_is_loaded_with_all_variables() -> None:
    reading = readings("un_egdi")["un_egdi"]
    assert (reading.read, reading.loaded, reading.set_aside) == (5 * 193, 5 * 193, ())
    assert Counter(un()["edition"]) == {year: 193 * len(VARIABLES) for year in YEARS}
    reading = readings("oecd_dgi")["oecd_dgi"]
    assert (reading.read, reading.loaded, reading.set_aside) == (299, 299, ())
    assert Counter(oecd()["variable"]) == dict.fromkeys(oecd_dgi.VARIABLES, 38)


@pytest.mark.parametrize("year", YEARS)
def test_every_published_un_value_arrives_and_every_blank_is_missing(year: str) -> None:
    found = cells(un())
    for code, _, *texts in un_rows(year)[1:]:
        for variable, text in zip(VARIABLES, texts, strict=True):
            value, missing = found[year, code, variable]
            if code in NOT_COMPUTED.get(year, ()) and variable in {"egdi", "egdi_rank"}:
                assert (value, missing) == (None, "unknown")
            elif text == "":
                unborn = (year, code) == ("2010", "SSD")
                assert (value, missing) == (None, "not_applicable" if unborn else "unknown")
            else:
                assert missing is None
                assert value == pytest.approx(float(text), abs=1e-12)


def test_values_have_the_published_decimals_without_the_noise_of_floats() -> None:
    indices = un()[un()["variable"] != "egdi_rank"].dropna(subset="value")
    decimals = indices["value"].map(lambda value: len(repr(value).partition(".")[2]))
    assert decimals[indices["edition"] == "2018"].max() == 4
    assert decimals.max() == 5
    noisy = [cell for year in YEARS for row in un_rows(year)[1:] for cell in row if len(cell) > 9]
    assert any(cell == "0.41428000000000004" for cell in noisy)
    assert ("2010", "ISR", "epi") in cells(un())
    assert cells(un())["2010", "ISR", "epi"] == (0.41428, None)


def test_every_published_oecd_value_arrives() -> None:
    found = cells(oecd())
    for code, year, variable, text in oecd_rows()[1:]:
        assert found.pop((year, code, variable)) == (float(text), None)
    assert found == {
        ("2023", code, "composite_rank"): (None, "not_applicable") for code in NOT_MEMBERS
    }


def test_ranks_of_members_are_one_to_thirty_three() -> None:
    ranks = oecd()[oecd()["variable"] == "composite_rank"]["value"].dropna()
    assert sorted(ranks) == list(range(1, 34))


# a 0 that is none


@pytest.mark.parametrize("year", YEARS)
def test_an_index_of_0_is_missing_where_its_components_do_not_make_0(year: str) -> None:
    zeros = {row[0]: row[5:] for row in un_rows(year)[1:] if row[3] and float(row[3]) == 0}
    assert set(zeros) == NOT_COMPUTED.get(year, set())
    for components in zeros.values():
        assert any(text == "" or float(text) > 0 for text in components)


def test_the_countries_without_index_share_the_last_rank_in_the_file() -> None:
    for year, countries in NOT_COMPUTED.items():
        ranks = {row[0]: float(row[2]) for row in un_rows(year)[1:] if row[2]}
        assert {code for code in ranks if ranks[code] == max(ranks.values())} == countries


def test_a_component_of_0_stays_a_real_0() -> None:
    assert cells(un())["2018", "SOM", "hci"] == (0.0, None)
    zeros = sum(float(text or 1) == 0 for y in YEARS for row in un_rows(y)[1:] for text in row[4:])
    components = un()[~un()["variable"].isin(["egdi", "egdi_rank"])]
    assert (components["value"] == 0).sum() == zeros > 60


# the mart and the contracts


def test_the_mart_holds_both_indices_with_the_name_of_every_country() -> None:
    connection = warehouse()
    counted = connection.execute(
        "SELECT index_source, count(*), count(country_name) FROM mart_international GROUP BY ALL"
    ).fetchall()
    assert sorted(counted) == [("oecd_dgi", 304, 304), ("un_egdi", 5_790, 5_790)]
    ranks = connection.execute(
        "SELECT edition, value FROM mart_international "
        "WHERE country = 'JPN' AND variable IN ('egdi_rank', 'composite_rank') ORDER BY edition"
    ).fetchall()
    assert ranks == [
        ("2010", 17), ("2012", 18), ("2014", 6), ("2016", 11), ("2018", 10), ("2023", 31)
    ]  # fmt: skip


@pytest.mark.parametrize("contract", [*contracts_of("un_egdi"), *contracts_of("oecd_dgi")])
def test_the_contract_holds(contract: str) -> None:
    assert breaches(warehouse(), contract) == []


@pytest.mark.parametrize(
    ("contract", "table", "variable"),
    [
        ("un_egdi_is_mean_of_components", "un_egdi", "osi"),
        ("un_egdi_rank_follows_index", "un_egdi", "egdi_rank"),
        ("oecd_dgi_is_mean_of_dimensions", "oecd_dgi", "user_driven"),
    ],
)
def test_the_contract_finds_the_country_that_breaks_it(
    contract: str, table: str, variable: str
) -> None:
    frames = {"un_egdi": un().copy(), "oecd_dgi": oecd().copy()}
    frame = frames[table]
    where = (frame["country"] == "JPN") & (frame["variable"] == variable)
    frame.loc[where & (frame["edition"] == frame["edition"].max()), "value"] += 0.01
    (row,) = breaches(small_warehouse([], **frames), contract)
    assert "JPN" in row


# damaged files


def read_un(path: Path) -> Any:
    return un_egdi.read_edition(path)


def read_oecd(path: Path) -> Any:
    return oecd_dgi.read_edition(path)


def set_cell(row: int, column: int, text: str) -> Damage:
    def damage(rows: Rows) -> None:
        rows[row][column] = text

    return damage


def whole(kind: str, folder: Path) -> tuple[Path, Rows, Read]:
    """Where to write a copy of the published file, its rows, and the reader."""
    if kind == "un":
        return folder / "egdi-2018.csv", un_rows("2018"), read_un
    return folder / "oecd_dgi_2023.csv", oecd_rows(), read_oecd


@pytest.mark.parametrize("kind", ["un", "oecd"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_byte_order_mark_and_line_ends_make_no_difference(
    tmp_path: Path, kind: str, encoding: str, end: str
) -> None:
    path, rows, read = whole(kind, tmp_path)
    plain = read(write_csv(path, rows)).frame
    text = "".join(",".join(f'"{cell}"' for cell in row) + end for row in rows)
    path.write_bytes(text.encode(encoding))
    assert read(path).frame.equals(plain)


@pytest.mark.parametrize(
    ("kind", "damage", "reason"),
    [
        ("un", lambda rows: rows[5].pop(), "wrong_number_of_columns"),
        ("un", lambda rows: rows[5].append("1"), "wrong_number_of_columns"),
        ("un", set_cell(5, 0, "Japan"), "unknown_country"),
        ("un", set_cell(5, 0, ""), "unknown_country"),
        ("un", set_cell(5, 1, " "), "no_country_name"),
        ("un", set_cell(5, 3, "n/a"), "unreadable_number"),
        ("un", set_cell(5, 3, "nan"), "unreadable_number"),
        ("un", set_cell(5, 3, "0,5"), "unreadable_number"),
        ("un", set_cell(5, 3, "1.5"), "value_out_of_range"),
        ("un", set_cell(5, 3, "-0.1"), "value_out_of_range"),
        ("un", set_cell(5, 3, "1e300"), "value_out_of_range"),
        ("un", set_cell(5, 3, "0.123456"), "more_decimals_than_published"),
        ("un", set_cell(5, 2, "12.5"), "value_out_of_range"),
        ("un", set_cell(5, 2, "0"), "value_out_of_range"),
        ("oecd", lambda rows: rows[5].pop(), "wrong_number_of_columns"),
        ("oecd", set_cell(5, 0, "JP"), "unknown_country"),
        ("oecd", set_cell(5, 1, "2099"), "year_differs_from_edition"),
        ("oecd", set_cell(5, 2, "composite"), "unknown_variable"),
        ("oecd", set_cell(5, 3, ""), "unreadable_number"),
        ("oecd", set_cell(5, 3, "2"), "value_out_of_range"),
    ],
)
def test_an_unsafe_row_is_set_aside_with_its_reason_and_the_rest_is_loaded(
    tmp_path: Path, kind: str, damage: Damage, reason: str
) -> None:
    path, rows, read = whole(kind, tmp_path)
    damage(rows)
    found = read(write_csv(path, rows))
    (aside,) = found.set_aside
    assert (aside.file, aside.place, aside.reason) == (path.name, "6 行目", reason)
    assert (found.read, found.loaded) == (len(rows) - 1, len(rows) - 2)


@pytest.mark.parametrize("kind", ["un", "oecd"])
def test_under_the_code_of_another_country_neither_row_is_loaded(tmp_path: Path, kind: str) -> None:
    path, rows, read = whole(kind, tmp_path)
    rows[5][0] = rows[6][0] if kind == "un" else "DNK"
    aside = read(write_csv(path, rows)).set_aside
    assert [item.reason for item in aside] == ["repeated_key", "repeated_key"]


def test_an_oecd_value_that_is_not_in_the_file_is_unknown(tmp_path: Path) -> None:
    path, rows, read = whole("oecd", tmp_path)
    code, year, variable, _ = rows.pop(5)
    assert cells(read(write_csv(path, rows)).frame)[year, code, variable] == (None, "unknown")


@pytest.mark.parametrize("kind", ["un", "oecd"])
@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda rows: rows.insert(0, ["An index"]), "1 行目 1 列目"),
        (set_cell(0, 2, "rank"), "1 行目 3 列目"),
        (lambda rows: rows[0].pop(), "1 行目"),
        (lambda rows: rows[0].append("note"), "1 行目"),
        (lambda rows: rows.clear(), "見出し"),
        (lambda rows: rows.__delitem__(slice(1, None)), "表全体"),
    ],
)
def test_a_file_of_another_structure_is_refused_with_its_place(
    tmp_path: Path, kind: str, damage: Damage, place: str
) -> None:
    path, rows, read = whole(kind, tmp_path)
    damage(rows)
    with pytest.raises(ReadError) as caught:
        read(write_csv(path, rows))
    assert str(caught.value).startswith(f"{path.name}：{place}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["un", "oecd"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 50, "国,値\r\n".encode("cp932")])
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, kind: str, content: bytes) -> None:
    path, _, read = whole(kind, tmp_path)
    path.write_bytes(content)
    with pytest.raises(ReadError, match=path.name):
        read(path)


@pytest.mark.parametrize("kind", ["un", "oecd"])
def test_a_file_without_a_year_in_its_name_is_refused(tmp_path: Path, kind: str) -> None:
    path, rows, read = whole(kind, tmp_path)
    with pytest.raises(ReadError, match="ファイル名"):
        read(write_csv(path.with_name("egdi-latest.csv"), rows))
