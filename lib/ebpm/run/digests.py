"""Digests of the warehouse's tables: whether a table still holds what a report was made from.

A digest does not hang on the order of rows or columns' physical form: each row's cells are written
as text (floating numbers to nine significant digits, for sums in parallel differ in the last ones),
hashed with MD5, and the hashes combined by exclusive or. Keys make the rows of a mart unique, so
no two of them cancel.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb

from ebpm.lineage import quoted
from ebpm.report.model import TableRecord

_CELL_MARK, _MISSING = "chr(31)", "chr(0)"


def records(warehouse: Path, tables: Iterable[str]) -> Mapping[str, TableRecord]:
    """Rows and digest of each table of a warehouse file, by name."""
    wanted = tuple(sorted(set(tables)))
    return dict(zip(wanted, _records(warehouse, wanted), strict=True))


def all_records(warehouse: Path) -> Mapping[str, TableRecord]:
    """Rows and digest of every table of a warehouse file, by the names that queries give them."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
        ).fetchall()
        names = [name if schema == "main" else f"{schema}.{name}" for schema, name in found]
        return {name: record(connection, name) for name in sorted(names)}


@cache
def _records(warehouse: Path, tables: tuple[str, ...]) -> tuple[TableRecord, ...]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return tuple(record(connection, table) for table in tables)


def record(connection: duckdb.DuckDBPyConnection, table: str) -> TableRecord:
    """Rows and digest of one table (`name` or `schema.name`)."""
    columns = connection.execute(f"DESCRIBE {table}").fetchall()
    cells = ", ".join(_as_text(name, kind) for name, kind, *_ in columns)
    row = connection.execute(
        f"SELECT count(*), bit_xor(md5_number(concat_ws({_CELL_MARK}, {cells}))) FROM {table}"
    ).fetchone()
    assert row is not None
    return TableRecord(int(row[0]), f"{int(row[1] or 0):032x}")


def _as_text(name: str, kind: str) -> str:
    column = quoted(name)
    is_floating = kind in {"DOUBLE", "FLOAT"}
    text = f"printf('%.9g', {column})" if is_floating else f"CAST({column} AS VARCHAR)"
    return f"coalesce({text}, {_MISSING})"
