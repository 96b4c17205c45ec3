"""The warehouse: accounts, grains, identities, lineage, and a build that no one has to wait for.

Readers keep reading while a build swaps; a build that dies leaves the last good warehouse.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest

import ebpm
from ebpm import sql_header, warehouse
from ebpm.lineage import tables_of
from ebpm.paths import FIGURES
from ebpm.warehouse import WarehouseError
from support.published import (
    CONVERSION,
    DASHBOARD,
    EDITIONS,
    csv_of,
    edition,
    municipality_list,
    published,
    six_digits,
)

KEYS = {name: table.key for name, table in sql_header.tables().items()}
EMPTY = {"stg_imported", "mart_imported"}
ROWS = {
    "stg_boundaries": 1_788,
    "stg_finance_indicators": 64_417,
    "stg_municipalities": 1_788,
    "stg_municipality_changes": 2_636,
    "stg_municipality_successors": 2_390,
    "stg_mynumber_cards": 46 * 1_741,
    "stg_oecd_dgi": 304,
    "stg_opendata_answers": 1_788 * 283,
    "stg_opendata_bodies": 1_788,
    "stg_opendata_options": 283,
    "stg_opendata_questions": 35,
    "stg_opendata_texts": 1_788 * 8,
    "stg_procedures": 75_071,
    "stg_resident_register": 1_788 * 3 * 22,
    "stg_ssdse_a": sum((125, 125, 124, 125, 125, 125)) * 1_741,
    "stg_targets": 3,
    "stg_un_egdi": 5 * 193 * 6,
    "mart_boundary": 1_788,
    "mart_finance": 12_187,
    "mart_international": 6_094,
    "mart_municipality": 1_741,
    "mart_municipality_successor": 2_390,
    "mart_mynumber": 46 * 1_741,
    "mart_online_rate": 23_952,
    "mart_opendata_answer": 1_788 * 283,
    "mart_opendata_coverage": 35,
    "mart_procedure_period": 75_071,
    "mart_resident_age": 1_741,
    "mart_staffing": 3 * 1_741,
    "mart_staffing_change": 1_741,
    "mart_dx_status": 1_741 * 15,
    "mart_peer_group": 1_741,
    "mart_population": 2 * 1_741,
    "mart_population_movement": 6 * 1_741,
    "mart_target": 3,
}
FIGURES_OF = {
    "mart_dx_status": {"municipalities", "ssdse_a", "dx_status"},
    "mart_peer_group": {"municipalities", "ssdse_a"},
    "mart_population": {"municipalities", "ssdse_a"},
    "mart_population_movement": {"municipalities", "ssdse_a"},
    "mart_target": {"targets"},
    "mart_boundary": {"municipalities", "boundaries"},
    "mart_finance": {"municipalities", "finance_indicators"},
    "mart_imported": {"municipalities"},
    "mart_international": {"oecd_dgi", "un_egdi"},
    "mart_municipality_successor": {"municipalities", "municipality_successors"},
    "mart_mynumber": {"municipalities", "mynumber_cards"},
    "mart_opendata_answer": {
        "municipalities",
        "opendata_answers",
        "opendata_bodies",
        "opendata_options",
        "opendata_questions",
    },
    "mart_opendata_coverage": {
        "opendata_answers",
        "opendata_bodies",
        "opendata_questions",
        "opendata_texts",
    },
    "mart_resident_age": {"municipalities", "resident_register"},
    "mart_municipality": {"municipalities", "ssdse_a"},
    "mart_online_application": {"municipalities", "ssdse_a", "online_rates"},
    "mart_online_rate": {"municipalities", "ssdse_a", "online_rates"},
    "mart_period_coverage": {"procedures"},
    "mart_procedure_period": {"procedures"},
    "mart_staffing": {"municipalities", "ssdse_a"},
    "mart_staffing_change": {"municipalities", "ssdse_a"},
}
SQL = {
    path.name.removesuffix(".sql"): path.read_text(encoding="utf-8")
    for layer in ("staging", "marts")
    for path in (resources.files("ebpm") / "sql" / layer).iterdir()
    if path.name.endswith(".sql")
}
SMALL_INDICATORS = "'A1101', 'A1301', 'A1302', 'A1303', 'B1103', 'D1202', 'D320101'"
SMALL = {
    "ssdse_a": f"SELECT * FROM figure WHERE indicator IN ({SMALL_INDICATORS})",
    "procedures": "SELECT * FROM figure LIMIT 300",
    "dx_status": "SELECT * FROM figure WHERE item IN ('CIOの任命', 'AIの導入状況')",
}
FEW_QUESTIONS = ("opendata_questions", "opendata_options", "opendata_answers", "opendata_texts")
SMALL |= dict.fromkeys(FEW_QUESTIONS, "SELECT * FROM figure WHERE question_number < 3")
SMALL["mynumber_cards"] = "SELECT * FROM figure WHERE edition = '2022-12-31'"
SMALL_PROCEDURES = 300
MUNICIPALITIES = 1_741

Connection = duckdb.DuckDBPyConnection


@pytest.fixture(autouse=True)
def _no_fixed_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EBPM_WAREHOUSE_FILE", raising=False)


def table_name(name: str) -> str:
    return f"staging.{name}" if name.startswith("stg_") else name


def value(connection: Connection, sql: str, *parameters: Any) -> Any:
    row = connection.execute(sql, list(parameters)).fetchone()
    assert row is not None
    return row[0]


def count(connection: Connection, table: str) -> int:
    return int(value(connection, f"SELECT count(*) FROM {table}"))


# the warehouse of the shipped figures


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, warehouse.Build]:
    """The warehouse made from the shipped figures, and its build."""
    folder = tmp_path_factory.mktemp("warehouse")
    return folder, warehouse.build(folder)


@pytest.fixture(scope="module")
def full(built: tuple[Path, warehouse.Build]) -> Iterator[Connection]:
    """A read-only connection to the warehouse of the shipped figures."""
    with warehouse.connect(built[0]) as connection:
        yield connection


@pytest.mark.parametrize(("table", "rows"), ROWS.items())
def test_a_table_has_the_published_number_of_rows(full: Connection, table: str, rows: int) -> None:
    assert count(full, table_name(table)) == rows


def test_each_of_six_editions_has_every_municipality(full: Connection) -> None:
    rows = full.execute(
        "SELECT edition, count(DISTINCT lgcode) FROM staging.stg_ssdse_a GROUP BY ALL ORDER BY 1"
    ).fetchall()
    assert rows == [(year, MUNICIPALITIES) for year in EDITIONS]


def test_what_was_read_is_loaded_or_set_aside_in_every_table(
    full: Connection, built: tuple[Path, warehouse.Build]
) -> None:
    accounts = built[1].accounts
    assert {account.table for account in accounts} == set(SQL)
    for account in accounts:
        assert account.read == account.loaded + account.set_aside, account.table
        assert account.loaded == count(full, table_name(account.table)), account.table
    assert warehouse.accounts(full) == accounts


def test_every_row_of_every_figure_is_read(built: tuple[Path, warehouse.Build]) -> None:
    read = {a.table.removeprefix("stg_"): a.read for a in built[1].accounts if a.layer == "staging"}
    records = [json.loads(path.read_text(encoding="utf-8")) for path in FIGURES.glob("*.json")]
    assert read == {"imported": 0} | {record["table"]: record["rows"] for record in records}


def test_no_shipped_row_is_set_aside(full: Connection) -> None:
    assert full.execute("SELECT * FROM set_aside").fetchall() == []


# grain


@pytest.mark.parametrize("table", SQL)
def test_the_first_line_of_a_sql_file_states_its_grain(table: str) -> None:
    assert re.match(r"-- one row per \w+", SQL[table].splitlines()[0])


def test_every_table_has_its_key_listed_here() -> None:
    assert set(KEYS) == set(SQL)


@pytest.mark.parametrize("table", KEYS)
def test_the_stated_grain_is_true(full: Connection, table: str) -> None:
    key, name = ", ".join(KEYS[table]), table_name(table)
    twice = f"SELECT {key} FROM {name} GROUP BY ALL HAVING count(*) > 1 LIMIT 5"
    assert full.execute(twice).fetchall() == []
    incomplete = " OR ".join(f"{column} IS NULL" for column in KEYS[table])
    assert count(full, f"{name} WHERE {incomplete}") == 0
    assert (count(full, name) > 0) == (table not in EMPTY)


def test_a_municipal_mart_holds_municipalities_only_and_all_of_them(full: Connection) -> None:
    codes = {code for code, _, _ in municipality_list()}
    for table in ("mart_municipality", "mart_staffing", "mart_staffing_change"):
        assert {code for (code,) in full.execute(f"SELECT lgcode FROM {table}").fetchall()} == codes
    for table in ("mart_online_rate", "mart_online_application"):
        found = {code for (code,) in full.execute(f"SELECT lgcode FROM {table}").fetchall()}
        assert found < codes


# identities


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("A1101", ("A110101", "A110102")),
        ("A1102", ("A110201", "A110202")),
        ("A1301", ("A130101", "A130102")),
        ("A1302", ("A130201", "A130202")),
        ("A1303", ("A130301", "A130302")),
    ],
)
def test_men_and_women_add_up_in_every_edition(
    full: Connection, whole: str, parts: tuple[str, str]
) -> None:
    sql = """
        SELECT edition, count(*), count(*) FILTER (total = men + women) FROM (
            SELECT edition, lgcode, sum(value) FILTER (indicator = $1) AS total,
                sum(value) FILTER (indicator = $2) AS men,
                sum(value) FILTER (indicator = $3) AS women
            FROM staging.stg_ssdse_a GROUP BY ALL)
        GROUP BY ALL ORDER BY 1"""
    rows = full.execute(sql, [whole, *parts]).fetchall()
    assert rows == [(year, MUNICIPALITIES, MUNICIPALITIES) for year in EDITIONS]


def test_the_ages_never_exceed_the_population(full: Connection) -> None:
    sql = """
        SELECT count(*) FROM (
            SELECT edition, lgcode, sum(value) FILTER (indicator = 'A1101') AS total,
                sum(value) FILTER (indicator IN ('A1301', 'A1302', 'A1303')) AS ages
            FROM staging.stg_ssdse_a GROUP BY ALL HAVING ages > total)"""
    assert value(full, sql) == 0


def test_all_cases_are_the_published_ones_and_add_up(full: Connection) -> None:
    with duckdb.connect() as connection:
        expected = connection.execute(
            'SELECT sum("総手続件数") FILTER ("総手続件数" > 0), '
            'sum("オンライン手続件数"), sum("非オンライン手続件数") FROM read_parquet(?)',
            [str(published(CONVERSION))],
        ).fetchall()
    sql = "SELECT sum(cases), sum(cases_online), sum(cases_offline) FROM mart_procedure_period"
    assert full.execute(sql).fetchall() == expected
    complete = "SELECT {} FROM mart_procedure_period WHERE cases IS NOT NULL"
    both = "sum(cases) = sum(cases_online) + sum(cases_offline)"
    each = "bool_and(cases = cases_online + cases_offline)"
    assert full.execute(complete.format(f"{both}, {each}")).fetchall() == [(True, True)]


def test_every_procedure_is_in_the_coverage_of_each_channel(full: Connection) -> None:
    sql = "SELECT channel, sum(procedures) FROM mart_period_coverage GROUP BY ALL ORDER BY 1"
    assert full.execute(sql).fetchall() == [("offline", 75_071), ("online", 75_071)]


@pytest.mark.parametrize("channel", ["online", "offline"])
def test_the_periods_counted_as_read_are_those_in_days(full: Connection, channel: str) -> None:
    sql = "SELECT procedures FROM mart_period_coverage WHERE channel = ? AND reason = 'read'"
    read = value(full, sql, channel)
    in_days = f"mart_procedure_period WHERE {channel}_days IS NOT NULL"
    assert read == count(full, in_days) > 10_000


@pytest.mark.parametrize("table", FIGURES_OF)
def test_no_mart_holds_an_infinite_number_or_a_nan(full: Connection, table: str) -> None:
    columns = full.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND data_type = 'DOUBLE'",
        [table],
    ).fetchall()
    for (column,) in columns:
        assert count(full, f"{table} WHERE NOT isfinite({column})") == 0, column


def test_a_town_without_inhabitants_has_no_figure_per_inhabitant(full: Connection) -> None:
    population = edition(2025).indicators.index("A1101") + 3
    empty = [six_digits(row[0]) for row in edition(2025).rows if float(row[population]) == 0]
    assert empty
    sql = """
        SELECT m.lgcode, population, aged_pct, local_tax_per_capita_1000_yen,
            last_general_staff_per_1000
        FROM mart_municipality AS m JOIN mart_staffing_change AS s USING (lgcode)
        WHERE population = 0 ORDER BY 1"""
    assert full.execute(sql).fetchall() == [(code, 0, None, None, None) for code in sorted(empty)]


# marts against the published files


@cache
def ssdse(year: int, indicator: str) -> dict[str, float]:
    column = edition(year).indicators.index(indicator) + 3
    return {six_digits(row[0]): float(row[column]) for row in edition(year).rows}


@pytest.mark.parametrize(
    ("column", "indicator"),
    [
        ("population", "A1101"),
        ("ordinary_balance_pct", "D2203"),
        ("real_debt_service_pct", "D2211"),
        ("local_tax_per_capita_1000_yen * population", "D320101"),
    ],
)
def test_a_municipality_has_the_value_of_the_latest_edition(
    full: Connection, column: str, indicator: str
) -> None:
    sql = f"SELECT lgcode, {column} AS value FROM mart_municipality WHERE value IS NOT NULL"
    found = dict(full.execute(sql).fetchall())
    expected = ssdse(2025, indicator)
    assert len(found) >= MUNICIPALITIES - 1
    assert found == pytest.approx({code: expected[code] for code in found}, rel=1e-12)


def test_the_aged_share_is_that_of_the_inhabitants_whose_age_is_known(full: Connection) -> None:
    young, middle, aged = (ssdse(2025, code) for code in ("A1301", "A1302", "A1303"))
    known = {code: young[code] + middle[code] + aged[code] for code in aged}
    expected = {code: 100 * aged[code] / known[code] for code in aged if known[code]}
    sql = "SELECT lgcode, aged_pct FROM mart_municipality WHERE aged_pct IS NOT NULL"
    assert dict(full.execute(sql).fetchall()) == pytest.approx(expected, rel=1e-12)


def test_the_density_is_inhabitants_per_square_kilometre_of_habitable_land(
    full: Connection,
) -> None:
    population, hectares = ssdse(2025, "A1101"), ssdse(2025, "B1103")
    expected = {code: 100 * population[code] / hectares[code] for code in population}
    sql = "SELECT lgcode, habitable_density_per_km2 FROM mart_municipality"
    assert dict(full.execute(sql).fetchall()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("year", "fiscal_year"), [(2023, 2021), (2024, 2022), (2025, 2023)])
def test_staff_are_those_published_for_the_fiscal_year(
    full: Connection, year: int, fiscal_year: int
) -> None:
    sql = "SELECT lgcode, general_staff FROM mart_staffing WHERE fiscal_year = ?"
    assert dict(full.execute(sql, [fiscal_year]).fetchall()) == ssdse(year, "D1202")


def test_the_change_of_staff_leads_from_the_first_to_the_last_year(full: Connection) -> None:
    first, last = ssdse(2023, "D1202"), ssdse(2025, "D1202")
    sql = "SELECT lgcode, staff_change_pct FROM mart_staffing_change"
    expected = {code: 100 * (last[code] / first[code] - 1) for code in first}
    assert dict(full.execute(sql).fetchall()) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_mean_rate_is_that_of_the_published_cells(full: Connection) -> None:
    _, *rows = csv_of(f"{DASHBOARD}/市区町村毎のDX進捗状況_行政手続のオンライン申請率.csv")
    expected: dict[str, tuple[int, float]] = {}
    for column, (code, _, _) in enumerate(municipality_list(), start=2):
        cells = [float(row[column].rstrip("%")) / 100 for row in rows if row[column].strip()]
        if cells:
            expected[code] = (len(cells), sum(cells) / len(cells))
    sql = "SELECT lgcode, procedures_offered, mean_application_rate FROM mart_online_application"
    found = {code: (n, mean) for code, n, mean in full.execute(sql).fetchall()}
    assert found.keys() == expected.keys()
    for code, (offered, mean) in expected.items():
        assert found[code] == (offered, pytest.approx(mean, abs=1e-12)), code


# lineage


def test_every_mart_has_its_sources_listed_here() -> None:
    assert set(FIGURES_OF) == {table for table in SQL if table.startswith("mart_")}


@pytest.mark.parametrize(("table", "expected"), FIGURES_OF.items())
def test_a_mart_leads_to_its_figures(full: Connection, table: str, expected: set[str]) -> None:
    sql = "SELECT figure FROM lineage WHERE table_name = ?"
    assert {figure for (figure,) in full.execute(sql, [table]).fetchall()} == expected


@pytest.mark.parametrize("table", [n for n in SQL if n.startswith("stg_") and n not in EMPTY])
def test_a_staging_table_leads_to_its_figure(full: Connection, table: str) -> None:
    sql = "SELECT figure FROM lineage WHERE table_name = ?"
    expected = [(table.removeprefix("stg_"),)]
    assert full.execute(sql, [f"staging.{table}"]).fetchall() == expected


def test_every_figure_of_the_lineage_has_its_record_in_the_warehouse(full: Connection) -> None:
    stored = dict(full.execute("SELECT figure, record FROM source").fetchall())
    used = {figure for (figure,) in full.execute("SELECT figure FROM lineage").fetchall()}
    assert used == set(stored)
    for figure, record in stored.items():
        shipped = json.loads((FIGURES / f"{figure}.json").read_text(encoding="utf-8"))
        assert json.loads(record) == shipped


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT * FROM mart_staffing", {"mart_staffing"}),
        ("FROM mart_staffing;", {"mart_staffing"}),
        ("SELECT * FROM Mart_STAFFING", {"mart_staffing"}),
        ('SELECT * FROM "main"."mart_staffing"', {"mart_staffing"}),
        ("SELECT * FROM staging.stg_ssdse_a", {"staging.stg_ssdse_a"}),
        (
            "SELECT * FROM mart_municipality JOIN mart_staffing USING (lgcode) "
            "JOIN mart_staffing_change USING (lgcode)",
            {"mart_municipality", "mart_staffing", "mart_staffing_change"},
        ),
        (
            "SELECT (SELECT max(application_rate) FROM mart_online_rate) FROM mart_staffing "
            "WHERE lgcode IN (SELECT lgcode FROM mart_municipality)",
            {"mart_online_rate", "mart_staffing", "mart_municipality"},
        ),
        (
            "SELECT lgcode FROM mart_staffing UNION ALL SELECT lgcode FROM mart_municipality",
            {"mart_staffing", "mart_municipality"},
        ),
        (
            "WITH a AS (SELECT * FROM mart_staffing) SELECT * FROM a, mart_municipality",
            {"a", "mart_staffing", "mart_municipality"},
        ),
        ("SELECT 1", set()),
        ("SELECT 'FROM mart_staffing'", set()),
        ("SELEC * FROM mart_staffing", set()),
    ],
)
def test_the_tables_of_a_query_are_found(full: Connection, sql: str, tables: set[str]) -> None:
    assert tables_of(full, sql) == tables


@pytest.mark.parametrize("name", ["mart_staffing", "MART_Staffing", "main.mart_staffing"])
def test_the_answer_to_a_query_knows_its_sources_however_the_mart_is_spelt(
    built: tuple[Path, warehouse.Build], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("EBPM_WAREHOUSE", str(built[0]))
    answer = ebpm.query(f"SELECT count(*) AS n FROM {name}")
    assert answer.frame["n"][0] == 3 * MUNICIPALITIES
    assert {source["key"] for source in answer.sources} == {"municipalities", "ssdse_a"}


# small figures, for builds of less than a second


def change(folder: Path, table: str, sql: str) -> None:
    """Rewrites a figure by a query on `figure`, and its record's hash and rows with it."""
    record_path = folder / f"{table}.json"
    record = json.loads(record_path.read_text(encoding="utf-8"))
    path = folder / record["file"]
    is_csv = path.suffix == ".csv"
    scan = "read_csv(?, all_varchar = true)" if is_csv else "read_parquet(?)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE figure AS SELECT * FROM {scan}", [str(path)])
        connection.execute(f"CREATE TABLE changed AS {sql}")
        options = "FORMAT csv, HEADER" if is_csv else "FORMAT parquet"
        connection.execute(f"COPY changed TO '{path}' ({options})")
        record["rows"] = count(connection, "changed")
    record["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    record_path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "figures"
    shutil.copytree(FIGURES, folder)
    for table, sql in SMALL.items():
        change(folder, table, sql)
    return folder


@pytest.fixture
def small(template: Path, tmp_path: Path) -> Path:
    """A folder of small figures that a test may change."""
    return shutil.copytree(template, tmp_path / "figures")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty place for a warehouse."""
    return tmp_path / "warehouse"


def assert_good(connection: Connection) -> None:
    """The warehouse of the small figures, whole."""
    assert count(connection, "mart_municipality") == MUNICIPALITIES
    assert count(connection, "mart_staffing") == 3 * MUNICIPALITIES
    assert count(connection, "mart_procedure_period") == SMALL_PROCEDURES
    assert count(connection, "account") == len(SQL)
    assert count(connection, "build_info") == 1


# rows set aside


DAMAGES = [
    ("online_rates", "if({first}, 101, application_rate_pct) AS application_rate_pct",
     "percentage_out_of_range"),
    ("online_rates", "if({first}, -1, application_rate_pct) AS application_rate_pct",
     "percentage_out_of_range"),
    ("online_rates", "if({first}, NULL, application_rate_pct) AS application_rate_pct", "no_value"),
    ("dx_status", "if({first}, NULL, value) AS value, if({first}, NULL, missing) AS missing",
     "no_value_and_no_kind_of_missing"),
    ("dx_status", "if({first}, 'pct', unit) AS unit, if({first}, 150, value) AS value",
     "percentage_out_of_range"),
    ("procedures", "if({first}, -1, cases) AS cases", "negative_count"),
    ("procedures", "if({first}, -1, cases_offline) AS cases_offline", "negative_count"),
    ("ssdse_a", "if({first}, NULL, value) AS value", "no_value"),
    ("ssdse_a_indicators", "if({first}, '', name) AS name", "no_name"),
    ("ssdse_a_indicators", "if({first}, NULL, name) AS name", "no_name"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "damage", "reason"), DAMAGES)
def test_a_damaged_row_is_set_aside_counted_and_listed(
    small: Path, folder: Path, table: str, damage: str, reason: str
) -> None:
    replaced = damage.format(first="rowid = 0")
    change(small, table, f"SELECT * REPLACE ({replaced}) FROM figure")
    done = warehouse.build(folder, small)
    rows = json.loads((small / f"{table}.json").read_text(encoding="utf-8"))["rows"]
    accounts = {account.table: account for account in done.accounts}
    mine = accounts.pop(f"stg_{table}")
    assert (mine.read, mine.loaded, mine.set_aside) == (rows, rows - 1, 1)
    assert not any(account.set_aside for account in accounts.values())
    with warehouse.connect(folder) as connection:
        listed = connection.execute("SELECT table_name, reason FROM set_aside").fetchall()
        content = json.loads(value(connection, "SELECT content FROM set_aside"))
        assert count(connection, f"staging.stg_{table}") == rows - 1
    assert listed == [(f"stg_{table}", reason)]
    assert content["set_aside_reason"] == reason


# figures that do not match their record


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("table", ["municipalities.csv", "ssdse_a.parquet"])
def test_a_figure_that_does_not_match_its_record_stops_the_build(
    small: Path, folder: Path, table: str, force: bool
) -> None:
    good = warehouse.build(folder, small)
    before = {path.name for path in folder.iterdir()}
    spoil(small / table)
    with pytest.raises(WarehouseError, match=table):
        warehouse.build(folder, small, force=force)
    assert warehouse.current(folder) == good.path.resolve()
    assert {path.name for path in folder.iterdir()} == before
    with warehouse.connect(folder) as connection:
        assert_good(connection)


def test_a_missing_figure_stops_the_build(small: Path, folder: Path) -> None:
    (small / "procedures.parquet").unlink()
    with pytest.raises(WarehouseError, match=r"procedures\.parquet"):
        warehouse.build(folder, small)
    with pytest.raises(WarehouseError, match="ebpm build"):
        warehouse.connect(folder)


def test_a_folder_without_figures_stops_the_build(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WarehouseError, match="data/figures"):
        warehouse.build(folder, tmp_path / "empty")


# rebuilds and generations


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mtime_ns for path in folder.iterdir()}


def test_unchanged_inputs_are_not_built_again(small: Path, folder: Path) -> None:
    first = warehouse.build(folder, small)
    before = files(folder)
    second = warehouse.build(folder, small)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert files(folder) == before
    assert second.accounts == first.accounts
    assert second.path.resolve() == first.path.resolve()


def test_a_changed_figure_is_built(small: Path, folder: Path) -> None:
    first = warehouse.build(folder, small)
    change(small, "procedures", "SELECT * FROM figure LIMIT 100")
    second = warehouse.build(folder, small)
    assert not second.unchanged
    assert second.inputs_sha256 != first.inputs_sha256
    with warehouse.connect(folder) as connection:
        assert count(connection, "mart_procedure_period") == 100


def test_a_changed_record_is_built_even_though_the_table_is_the_same(
    small: Path, folder: Path
) -> None:
    first = warehouse.build(folder, small)
    path = small / "procedures.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["licence"]["en"] = "changed"
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    assert warehouse.build(folder, small).inputs_sha256 != first.inputs_sha256


def test_force_builds_unchanged_inputs(small: Path, folder: Path) -> None:
    first = warehouse.build(folder, small)
    second = warehouse.build(folder, small, force=True)
    assert not second.unchanged
    assert second.path != first.path
    assert second.inputs_sha256 == first.inputs_sha256


def test_three_generations_are_kept_and_current_is_the_newest(small: Path, folder: Path) -> None:
    paths = [warehouse.build(folder, small, force=True).path for _ in range(5)]
    kept = {path.name for path in paths[-3:]}
    assert {path.name for path in folder.iterdir()} == kept | {"current"}
    assert (folder / "current").is_symlink()
    assert warehouse.current(folder).name == paths[-1].name


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_leftovers_of_dead_builds_go_and_those_of_living_builds_stay(
    small: Path, folder: Path
) -> None:
    folder.mkdir()
    dead = dead_pid()
    for suffix in ("", ".wal"):
        (folder / f"building-{dead}-1.duckdb{suffix}").write_bytes(b"half")
    spilled = folder / f"building-{dead}-1.duckdb.tmp"
    spilled.mkdir()
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"half")
    (folder / f"current-{dead}").symlink_to("nowhere")
    living = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    try:
        theirs = folder / f"building-{living.pid}-1.duckdb"
        theirs.write_bytes(b"half")
        done = warehouse.build(folder, small)
    finally:
        living.kill()
        living.wait()
    assert {path.name for path in folder.iterdir()} == {"current", done.path.name, theirs.name}


# readers


def test_there_is_nothing_to_connect_to_before_the_first_build(folder: Path) -> None:
    with pytest.raises(WarehouseError, match="ebpm build"):
        warehouse.connect(folder)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine (a INTEGER)",
        "INSERT INTO mart_staffing SELECT * FROM mart_staffing",
        "UPDATE mart_municipality SET population = 0",
        "DELETE FROM mart_online_rate",
        "DROP TABLE source",
    ],
)
def test_a_connection_is_read_only(
    built: tuple[Path, warehouse.Build], monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setenv("EBPM_WAREHOUSE", str(built[0]))
    with ebpm.connect() as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute(sql)


def test_an_open_connection_keeps_reading_through_builds_until_it_is_closed(
    small: Path, folder: Path
) -> None:
    warehouse.build(folder, small)
    old = warehouse.connect(folder)
    oldest = warehouse.current(folder)
    change(small, "procedures", "SELECT * FROM figure LIMIT 100")
    for _ in range(4):
        warehouse.build(folder, small, force=True)
        assert_good(old)
    assert not oldest.exists()
    with warehouse.connect(folder) as new:
        assert count(new, "mart_procedure_period") == 100
    assert_good(old)
    old.close()


def test_readers_that_come_and_go_never_notice_a_build(small: Path, folder: Path) -> None:
    warehouse.build(folder, small)
    stop = threading.Event()
    reads: list[int] = []
    errors: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                with warehouse.connect(folder) as connection:
                    reads.append(count(connection, "mart_staffing"))
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is a failure
                errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        warehouse.build(folder, small, force=True)
    stop.set()
    reader.join()
    assert errors == []
    assert len(reads) > 20
    assert set(reads) == {3 * MUNICIPALITIES}


# builds that die

KILLS = 20
DIE_AT_STEP = """
import os, signal, sys
from pathlib import Path
from ebpm import sql_header, warehouse

folder, figures, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
steps = 0

def count_steps(event, arguments):
    global steps
    if event in {"os.rename", "os.symlink", "os.remove"}:
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count_steps)
warehouse.build(folder, figures, force=True)
"""


def leftovers(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if p.name.startswith(("building-", "current-"))}


def start_build(home: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("ebpm")), "build", "--force"]
    environment = {**os.environ, "EBPM_HOME": str(home), "EBPM_WAREHOUSE": str(folder)}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=home, env=environment, stdout=quiet, stderr=quiet)


@pytest.fixture
def home(small: Path, tmp_path: Path) -> Path:
    """A home of the software with nothing but small figures."""
    (tmp_path / "home" / "data").mkdir(parents=True)
    small.rename(tmp_path / "home" / "data" / "figures")
    return tmp_path / "home"


def test_a_build_killed_at_any_moment_leaves_the_last_good_warehouse(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EBPM_WAREHOUSE", str(folder))
    assert start_build(home, folder).wait() == 0
    started = time.perf_counter()
    assert start_build(home, folder).wait() == 0
    duration = time.perf_counter() - started
    killed, left = 0, set()
    for moment in range(KILLS):
        process = start_build(home, folder)
        time.sleep(duration * (moment + 0.5) / KILLS)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        left |= leftovers(folder)
        with ebpm.connect() as connection:
            assert_good(connection)
    assert killed > KILLS / 2
    assert left, "no build was killed while it was writing"
    assert start_build(home, folder).wait() == 0
    assert leftovers(folder) == set()
    assert len(list(folder.glob("ebpm-*.duckdb"))) == 3
    assert len(list(folder.iterdir())) == 4
    with ebpm.connect() as connection:
        assert_good(connection)


def test_a_build_killed_before_any_step_of_the_swap_leaves_a_good_warehouse(
    small: Path, folder: Path
) -> None:
    for _ in range(3):
        warehouse.build(folder, small, force=True)
    command = [sys.executable, "-c", DIE_AT_STEP, str(folder), str(small)]
    ends: list[int] = []
    while 0 not in ends and len(ends) < 30:
        ends.append(subprocess.run([*command, str(len(ends) + 1)], check=False).returncode)
        with warehouse.connect(folder) as connection:
            assert_good(connection)
    assert ends[-1] == 0
    assert len(ends) > 4
    assert set(ends[:-1]) == {-signal.SIGKILL}
    assert leftovers(folder) == set()
    assert len(list(folder.glob("ebpm-*.duckdb"))) == 3
