"""The warehouse of own data: imported tables → marts in a DuckDB file of its own, then swapped.

It has the bookkeeping of the warehouse of published data, so that queries, provenance, runs and
`ebpm verify` work on it unchanged, and two tables more: `own_dataset` (what was imported) and
`mart_cell` (the counts that may be shown, decided once over all tables).
"""

import hashlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ebpm import __version__, sql_header, warehouse
from ebpm.figures import Figure
from ebpm.lineage import quoted
from ebpm.own import calendar, cells, places, settings, store
from ebpm.own.checking import ANSWERS
from ebpm.own.conversions import SQL_TYPES
from ebpm.own.forms import Form, forms
from ebpm.sql_header import sql_files
from ebpm.warehouse import Account, WarehouseError

MEMORY = "350MB"


def build(*, force: bool = False) -> Path | None:
    """Builds the warehouse of own data from all imported data sets; None where there are none.

    Raises WarehouseError where an imported table is not what its record says; the last good
    warehouse stays.
    """
    target = places.made_private(places.warehouse())
    given = store.datasets()
    if not given:
        _clear(target)
        return None
    warehouse.check_records(given)
    inputs = inputs_sha256(given)
    if not force and (there := _made_from(target, inputs)):
        return there
    warehouse.clean_up_after_dead_builds(target)
    beside = target / f"building-{os.getpid()}-{time.time_ns()}.duckdb"
    try:
        _fill(beside, given, inputs)
    except duckdb.Error as error:
        beside.unlink(missing_ok=True)
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"庁内データのデータベースを作れません（{reason}）。") from error
    beside.chmod(places.PRIVATE_FILE)
    path = warehouse.swap(target, beside)
    # Earlier generations hold what may have been forgotten since.
    for old in target.glob("ebpm-*.duckdb"):
        if old.name != path.name:
            old.unlink()
    return path


def inputs_sha256(given: list[Figure]) -> str:
    """One hash over everything that decides the content."""
    digest = hashlib.sha256(
        f"{__version__} {duckdb.__version__} {settings.smallest_cell()}".encode()
    )
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    for item in given:
        digest.update(json.dumps(item.record, sort_keys=True).encode())
    for folder in sql_header.OWN.layers:
        for name, sql in sql_files(folder):
            digest.update(f"{name}\n{sql}".encode())
    return digest.hexdigest()


def _made_from(target: Path, inputs: str) -> Path | None:
    try:
        path = warehouse.current(target)
        return path if warehouse.stored_inputs(path) == inputs else None
    except WarehouseError:
        return None


def _clear(target: Path) -> None:
    (target / warehouse.LINK).unlink(missing_ok=True)
    for path in target.glob("*.duckdb"):
        path.unlink()


def _fill(path: Path, given: list[Figure], inputs: str) -> None:
    with duckdb.connect(str(path), config={"memory_limit": MEMORY}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("CREATE SCHEMA raw")
        lineage: dict[str, set[str]] = {}
        for form in forms().values():
            parts = [item for item in given if item.table == form.name]
            lineage[f"raw.{form.name}"] = {item.name for item in parts}
            _view(connection, form, parts)
        _days(connection)
        done: list[Account] = warehouse.marts(connection, lineage, "own")
        cells.create(connection, settings.smallest_cell(), lineage)
        done += warehouse.marts(connection, lineage, "own_cells")
        connection.execute("DROP SCHEMA raw CASCADE")
        _list(connection, given)
        connection.execute(
            "CREATE TABLE set_aside (table_name VARCHAR, reason VARCHAR, content VARCHAR)"
        )
        connection.execute(
            "CREATE TABLE contract (table_name VARCHAR, rule_ja VARCHAR, rule_en VARCHAR, rows_checked BIGINT)"
        )
        warehouse.describe(connection, given, lineage, done, inputs)


def _view(connection: duckdb.DuckDBPyConnection, form: Form, parts: list[Figure]) -> None:
    """All data sets of a form as one view, empty where there are none."""
    columns = ", ".join(
        f"CAST(NULL AS MAP(VARCHAR, TINYINT)) AS {ANSWERS}"
        if field.repeats
        else f"CAST(NULL AS {SQL_TYPES.get(field.type, 'VARCHAR')}) AS {field.key}"
        for field in form.fields
    )
    selects = [f"SELECT CAST(NULL AS VARCHAR) AS dataset, {columns} WHERE FALSE"]
    selects += [
        f"SELECT {_text(item.record['dataset'])} AS dataset, * EXCLUDE (row_number) "
        f"FROM read_parquet({_text(item.path)})"
        for item in parts
    ]
    connection.execute(
        f"CREATE VIEW raw.{quoted(form.name)} AS {' UNION ALL BY NAME '.join(selects)}"
    )


def _days(connection: duckdb.DuckDBPyConnection) -> None:
    """The calendar of opening hours, over all days that any log speaks of."""
    rows = connection.execute(
        "SELECT min(t), max(t) FROM (SELECT min(received) AS t FROM raw.handling_log UNION ALL "
        "SELECT max(greatest(received, completed)) FROM raw.handling_log UNION ALL "
        'SELECT min("time") FROM raw.event_log UNION ALL '
        'SELECT max(greatest("time", end_time)) FROM raw.event_log)'
    ).fetchall()
    first, last = rows[0]
    if first is None or last is None:
        first = last = datetime.now(UTC)
    usual = calendar.Calendar()
    calendar.create(connection, usual, first.date(), last.date())
    opens, closes = (calendar.minutes(clock) * 60_000_000 for clock in (usual.opens, usual.closes))
    connection.execute(
        "CREATE MACRO open_microseconds(moment) AS least(greatest(epoch_us(moment) - "
        f"epoch_us(date_trunc('day', moment)) - {opens}, 0), {closes - opens})"
    )


def _list(connection: duckdb.DuckDBPyConnection, given: list[Figure]) -> None:
    connection.execute(
        "CREATE TABLE own_dataset (form VARCHAR, dataset VARCHAR, row_count BIGINT, "
        "is_synthetic BOOLEAN, smallest_cell INTEGER)"
    )
    smallest = settings.smallest_cell()
    connection.executemany(
        "INSERT INTO own_dataset VALUES (?, ?, ?, ?, ?)",
        [
            [
                item.table,
                item.record["dataset"],
                item.record["rows"],
                item.record["synthetic"],
                smallest,
            ]
            for item in given
        ],
    )


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
