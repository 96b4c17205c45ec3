"""Contracts: every kind of breach stops the build with one line, and the good warehouse stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ebpm import contracts, sql_header, warehouse
from ebpm.contracts import ContractError
from ebpm.durations import REASONS
from ebpm.missing import Missing
from ebpm.paths import FIGURES
from ebpm.sql_header import HeaderError, Range
from ebpm.warehouse import WarehouseError
from test_warehouse import change

Connection = duckdb.DuckDBPyConnection

INDICATORS = (
    "'A1101', 'A110101', 'A110102', 'A1301', 'A1302', 'A1303', 'A1419', 'D1202', 'D2211', 'D320101'"
)
SAPPORO = "lgcode = '011002'"
SSDSE = f"staging.stg_ssdse_a SET value = {{}} WHERE edition = 2025 AND {SAPPORO} AND indicator = "
CIO = f"staging.stg_dx_status SET {{}} WHERE indicator = 'CIOの任命' AND {SAPPORO}"
COUNTED = "よく使う32手続のオンライン化状況_"
PROCEDURE = "staging.stg_procedures SET {} WHERE procedure_id = (SELECT min(procedure_id) FROM "
PROCEDURE += "staging.stg_procedures WHERE {})"

DAMAGES = [
    # keys
    ("INSERT INTO mart_staffing SELECT * FROM mart_staffing "
     f"WHERE {SAPPORO} AND fiscal_year = 2023",
     "mart_staffing", "キー（lgcode、fiscal_year）", "lgcode=011002、fiscal_year=2023、rows=2", 1),
    (f"UPDATE mart_staffing SET fiscal_year = NULL WHERE {SAPPORO} AND fiscal_year = 2023",
     "mart_staffing", "キー（lgcode、fiscal_year）", "lgcode=011002、fiscal_year=None", 1),
    # ranges and closed lists
    (f"UPDATE mart_staffing SET general_staff = -5 WHERE {SAPPORO}",
     "mart_staffing", "general_staffは0以上",
     "lgcode=011002、fiscal_year=2021、general_staff=-5.0", 3),
    (f"UPDATE mart_municipality SET aged_pct = 100.5 WHERE {SAPPORO}",
     "mart_municipality", "aged_pctは0以上100以下", "lgcode=011002、aged_pct=100.5", 1),
    (f"UPDATE mart_municipality SET kind = 'hamlet' WHERE {SAPPORO}",
     "mart_municipality", "kindはprefecture、", "lgcode=011002、kind=hamlet", 1),
    # what names promise
    ("UPDATE staging.stg_online_rates SET lgcode = '999999' WHERE lgcode = '012025'",
     "stg_online_rates", "lgcodeは団体の一覧にある", "lgcode=999999", None),
    ("INSERT INTO staging.stg_municipalities SELECT * REPLACE ('11002' AS lgcode) "
     f"FROM staging.stg_municipalities WHERE {SAPPORO}",
     "stg_municipalities", "lgcodeは数字6桁", "lgcode=11002", 1),
    (f"UPDATE mart_municipality SET aged_pct = 'nan' WHERE {SAPPORO}",
     "mart_municipality", "実数の値はすべて有限", "lgcode=011002、aged_pct=nan", 1),
    ("UPDATE " + CIO.format("value = NULL, missing = 'lost'"),
     "stg_dx_status", "missingは定められた種類", "missing=lost", 1),
    ("UPDATE " + CIO.format("missing = 'unknown'"),
     "stg_dx_status", "valueとmissing", "value=1.0、missing=unknown", 1),
    ("UPDATE " + CIO.format("value = NULL"),
     "stg_dx_status", "valueとmissing", "value=None、missing=None", 1),
    ("UPDATE " + PROCEDURE.format("cases_missing = 'unknown'", "cases > 0"),
     "stg_procedures", "casesとcases_missing", "cases_missing=unknown", 1),
    # identities in files
    ("UPDATE " + SSDSE.format("value + 1") + "'A110101'",
     "stg_ssdse_a", "男女の和が総数に等しい", "lgcode=011002、indicator=A1101、value=", 1),
    ("UPDATE " + SSDSE.format("0") + "'A1101' OR indicator = 'A110101' OR indicator = 'A110102'",
     "stg_ssdse_a", "年齢3区分", "population=0.0", None),
    ("UPDATE " + SSDSE.format("-1") + "'D1202'",
     "stg_ssdse_a", "負の値はない", "edition=2025、lgcode=011002、indicator=D1202、value=-1.0", 1),
    (f"DELETE FROM staging.stg_ssdse_a WHERE edition = 2021 AND {SAPPORO}",
     "stg_ssdse_a", "すべての市区町村がある", "edition=2021、municipalities=1740、listed=1741", 1),
    ("UPDATE " + PROCEDURE.format("cases = cases + 1", "cases > 0"),
     "stg_procedures", "件数の和は総数に等しく", "cases_offline=", 1),
    ("UPDATE " + PROCEDURE.format("online_low_days = online_high_days + 1", "online_high_days > 0"),
     "stg_procedures", "下限が上限を超えず", "online_low_days=", 1),
    ("UPDATE " + PROCEDURE.format("period_offline_reason = NULL", "offline_days IS NULL"),
     "stg_procedures", "必ず理由がある", "period_offline_reason=None", 1),
    (f"DELETE FROM staging.stg_dx_status WHERE {SAPPORO}",
     "stg_dx_status", "都道府県と市区町村がある", "bodies=1787、listed=1788", 1),
    ("UPDATE " + CIO.format("value = 2"), "stg_dx_status", "0か1", "unit=status、value=2.0", 1),
    (f"UPDATE staging.stg_dx_status SET value = 99 WHERE {SAPPORO} AND "
     f"indicator LIKE '{COUNTED}%（分子）'", "stg_dx_status", "（分母）を超えない", "value=99.0", 1),
    (f"DELETE FROM mart_municipality WHERE {SAPPORO}",
     "mart_municipality", "すべての市区町村がある", "lgcode=011002、prefecture=北海道", 1),
    (f"DELETE FROM mart_staffing WHERE {SAPPORO} AND fiscal_year = 2023",
     "mart_staffing", "職員数がある", "fiscal_year=2023、municipalities=1740、listed=1741", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped figures with few indicators of SSDSE-A."""
    folder = shutil.copytree(FIGURES, tmp_path_factory.mktemp("template") / "figures")
    change(folder, "ssdse_a", f"SELECT * FROM figure WHERE indicator IN ({INDICATORS})")
    return folder


@pytest.fixture(scope="module")
def built(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of those figures."""
    return warehouse.build(tmp_path_factory.mktemp("warehouse"), template).path


@pytest.fixture(scope="module")
def copy(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A copy of the warehouse before its contracts were checked."""
    path = tmp_path_factory.mktemp("copy") / "copy.duckdb"
    shutil.copyfile(built, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE contract")
        yield connection


@pytest.fixture
def damaged(copy: Connection) -> Iterator[Connection]:
    """The copy, which is whole again after the test."""
    copy.begin()
    yield copy
    copy.rollback()


# contracts that hold


def test_every_table_of_the_shipped_figures_keeps_its_contracts(damaged: Connection) -> None:
    contracts.check(damaged)
    rows = damaged.execute("SELECT table_name, rule_ja, rule_en, rows_checked FROM contract")
    held = rows.fetchall()
    loaded = dict(damaged.execute("SELECT table_name, rows_loaded FROM account").fetchall())
    assert all(ja and en and checked == loaded[table] for table, ja, en, checked in held)
    keys = {table for table, ja, _, _ in held if ja.startswith("キー（")}
    assert keys == set(sql_header.tables())
    assert len({(table, ja) for table, ja, _, _ in held}) == len(held)


def test_every_contract_file_is_checked(damaged: Connection) -> None:
    contracts.check(damaged)
    held = set(damaged.execute("SELECT table_name, rule_ja, rule_en FROM contract").fetchall())
    written = list(contracts.contracts(sql_header.tables()))
    assert len(written) >= 11
    assert {(item.table, item.rule["ja"], item.rule["en"]) for item in written} <= held


def test_the_build_stores_the_contracts_that_hold(built: Path) -> None:
    with duckdb.connect(str(built), read_only=True) as connection:
        rule = "SELECT rows_checked FROM contract WHERE rule_en = 'general_staff is 0 or more'"
        assert connection.execute(rule).fetchall() == [(3 * 1_741,)]


# contracts that are broken


@pytest.mark.parametrize(("damage", "table", "rule", "row", "rows"), DAMAGES)
def test_a_breach_is_named_with_table_rule_first_row_and_number(
    damaged: Connection, damage: str, table: str, rule: str, row: str, rows: int | None
) -> None:
    damaged.execute(damage)
    with pytest.raises(ContractError) as caught:
        contracts.check(damaged)
    line = str(caught.value)
    assert line.startswith(f"{table}：「")
    assert rule in line and row in line and "\n" not in line
    assert rows is None or f"が {rows} 件あります" in line


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        ("mart_staffing ALTER general_staff_per_1000 TYPE VARCHAR",
         "mart_staffing：「general_staff_per_1000 は数値（いまは VARCHAR）」"),
        ("mart_staffing ALTER general_staff TYPE VARCHAR",
         "mart_staffing：「general_staff は数値（いまは VARCHAR）」"),
        ("mart_online_application ALTER lgcode TYPE INTEGER",
         "mart_online_application：「lgcode は文字列（いまは INTEGER）」"),
    ],
)  # fmt: skip
def test_a_column_is_of_the_type_that_its_name_or_rule_promises(
    damaged: Connection, damage: str, line: str
) -> None:
    damaged.execute(f"ALTER TABLE {damage}")
    with pytest.raises(ContractError) as caught:
        contracts.check(damaged)
    assert str(caught.value).startswith(line)


def test_a_header_may_not_document_a_column_that_its_table_lacks(damaged: Connection) -> None:
    damaged.execute("ALTER TABLE mart_staffing DROP COLUMN general_staff_per_1000")
    place = (
        r"^mart_staffing\.sql の 5 行目：列 general_staff_per_1000 は mart_staffing にありません"
    )
    with pytest.raises(HeaderError, match=place):
        contracts.check(damaged)


def test_a_header_may_not_name_a_key_that_its_table_lacks(damaged: Connection) -> None:
    damaged.execute("ALTER TABLE mart_staffing DROP COLUMN fiscal_year")
    with pytest.raises(HeaderError, match=r"^mart_staffing\.sql の 3 行目：.*fiscal_year"):
        contracts.check(damaged)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "-- table: mart_staffing\nSELECT 1",
        "-- table: nowhere\n-- 規則\n-- rule\nSELECT 1",
    ],
)
def test_a_contract_file_names_a_known_table_and_its_rule_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(contracts, "sql_files", lambda folder: iter([("broken", sql)]))
    with pytest.raises(HeaderError, match=r"^broken\.sql の 1 行目"):
        list(contracts.contracts(sql_header.tables()))


# the build


@pytest.fixture
def figures(template: Path, tmp_path: Path) -> Path:
    """Figures that a test may damage."""
    return shutil.copytree(template, tmp_path / "figures")


def test_a_breach_stops_the_build_and_the_last_good_warehouse_stays(
    figures: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "warehouse"
    good = warehouse.build(folder, figures)
    before = {path.name for path in folder.iterdir()}
    wrong = "if(indicator = 'D1202' AND lgcode = '011002' AND edition = 2025, -1, value)"
    change(figures, "ssdse_a", f"SELECT * REPLACE ({wrong} AS value) FROM figure")
    with pytest.raises(WarehouseError) as caught:
        warehouse.build(folder, figures)
    line = str(caught.value)
    assert "mart_staffing：「general_staffは0以上」に反する行が 1 件あります" in line
    assert "lgcode=011002、fiscal_year=2023、general_staff=-1.0" in line and "\n" not in line
    assert warehouse.current(folder) == good.path.resolve()
    assert {path.name for path in folder.iterdir()} == before


def test_a_body_that_the_registry_lost_stops_the_build(figures: Path, tmp_path: Path) -> None:
    change(figures, "municipalities", f"SELECT * FROM figure WHERE NOT ({SAPPORO})")
    with pytest.raises(WarehouseError, match=r"lgcodeは団体の一覧にある.*lgcode=011002"):
        warehouse.build(tmp_path / "warehouse", figures)


def test_a_changed_contract_is_built_again(
    figures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "warehouse"
    warehouse.build(folder, figures)
    shared = f"{sql_header.shared_text()}another: | 別 | another | 0..\n"
    monkeypatch.setattr(sql_header, "shared_text", lambda house=sql_header.OPEN: shared)
    assert not warehouse.build(folder, figures).unchanged


# headers

GOOD = """-- one row per body
-- 団体ごとに1行
-- key: lgcode, edition
-- cards: 枚/cards | 交付枚数 | cards handed over | 0..
-- state: | 状態 | state | done, not_done
SELECT 1
"""


def test_a_header_is_read_whole() -> None:
    table = sql_header.table_doc("mart_x", "mart", GOOD)
    assert table.grain == {"ja": "団体ごとに1行", "en": "one row per body"}
    assert (table.key, table.qualified) == (("lgcode", "edition"), "mart_x")
    cards, state = table.columns
    assert (cards.unit, cards.rule) == ({"ja": "枚", "en": "cards"}, Range("0", None))
    assert (state.unit, state.rule) == (None, ("done", "not_done"))
    assert (state.meaning, state.line) == ({"ja": "状態", "en": "state"}, 5)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (1, "-- rows of bodies"),
        (2, "-- 団体の表"),
        (3, "-- the key is lgcode"),
        (4, "-- cards: 枚/cards | 交付枚数"),
        (4, "-- cards: 枚/cards | 交付枚数 |  | 0.."),
        (4, "-- cards: 枚/cards/copies | 交付枚数 | cards | 0.."),
        (4, "-- cards: 枚/ | 交付枚数 | cards | 0.."),
        (4, "-- cards | 交付枚数 | cards | 0.."),
        (4, "-- Cards: | 交付枚数 | cards | 0.."),
        (5, "-- state: | 状態 | state | .."),
        (5, "-- state: | 状態 | state | low..high"),
        (5, "-- state: | 状態 | state | done, , not_done"),
        (5, "-- state: | 状態 | state | done, done"),
    ],
)
def test_a_malformed_header_is_named_with_file_and_line(line: int, wrong: str) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = wrong
    with pytest.raises(HeaderError, match=rf"^mart_x\.sql の {line} 行目："):
        sql_header.table_doc("mart_x", "mart", "\n".join(lines))


def test_a_column_is_documented_once_in_all_files() -> None:
    here = sql_header.table_doc("mart_x", "mart", GOOD).columns
    there = sql_header.table_doc("mart_y", "mart", GOOD).columns
    with pytest.raises(HeaderError, match=r"^mart_y\.sql の 4 行目：.*mart_x\.sql の 4 行目"):
        sql_header.once([*here, *there])


def test_the_documented_kinds_are_those_of_the_code() -> None:
    docs = sql_header.documented()
    assert docs["missing"].rule == tuple(Missing)
    assert docs["period_online_reason"].rule == docs["period_offline_reason"].rule == tuple(REASONS)
    assert docs["reason"].rule == ("read", *REASONS)
