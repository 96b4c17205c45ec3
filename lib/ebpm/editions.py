"""What changed between two editions of a source: rows, values, definitions.

Every edition is kept in the staging tables. Two editions are compared table by table on the key of
the table without its edition; a value that differs although its year is the same was replaced
after publication (a revision), one with a newer year was only carried on.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from ebpm.evidence import ledger
from ebpm.figures import FETCHED, sources
from ebpm.sql_header import TableDoc, tables
from ebpm.warehouse import connect

YEAR = "fiscal_year"


class EditionError(ValueError):
    """Editions that cannot be compared: what is wrong and what to do."""


@dataclass(frozen=True)
class Edition:
    """One edition of a table: its name and how many rows it has."""

    table: str
    edition: str
    rows: int


@dataclass(frozen=True)
class ColumnChange:
    """One column in two editions: rows that differ, and some of them (key, before, after).

    `revised` counts those whose year is the same in both; None where the table has no year.
    """

    column: str
    changed: int
    revised: int | None
    examples: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class TableChange:
    """One table in two editions: rows in one only, rows in both, columns whose values differ."""

    table: str
    before: str
    after: str
    only_before: int
    only_after: int
    in_both: int
    only_before_examples: tuple[dict[str, Any], ...]
    only_after_examples: tuple[dict[str, Any], ...]
    columns: tuple[ColumnChange, ...]


def editions(source: str) -> list[Edition]:
    """The editions of a source's staging tables in the current warehouse, oldest first.

    Raises EditionError for a source without any: a register of one date.
    """
    with connect() as connection:
        return _editions(connection, _require(source, _tables(connection, source)))


def all_editions() -> dict[str, list[str]]:
    """Every source of the current warehouse and its editions, oldest first."""
    with connect() as connection:
        rows = connection.execute("SELECT DISTINCT record ->> 'source' FROM source ORDER BY 1")
        found = {key: _editions(connection, _tables(connection, key)) for (key,) in rows.fetchall()}
    return {
        key: list(dict.fromkeys(edition.edition for edition in each)) for key, each in found.items()
    }


def _editions(connection: duckdb.DuckDBPyConnection, docs: list[TableDoc]) -> list[Edition]:
    return [
        Edition(doc.name, str(edition), int(rows))
        for doc in docs
        for edition, rows in connection.execute(
            f"SELECT edition, count(*) FROM {doc.qualified} GROUP BY 1 ORDER BY 1"
        ).fetchall()
    ]


def reports_on(source: str) -> list[str]:
    """The reports of the ledger whose findings rest on a source, in the order of their names."""
    figures = set(sources()[source]["figures"])
    return sorted(
        {
            entry["report"]
            for entry in ledger.entries(ledger.default_folder())
            if figures & {source["key"].removesuffix(FETCHED) for source in entry["sources"]}
        }
    )


def compare(source: str, before: str, after: str, examples: int | None = 5) -> list[TableChange]:
    """What changed in each table of a source between two of its editions.

    `examples` limits the rows listed of each change; None lists all of them.
    Raises EditionError where no table of the source has one of the editions.
    """
    known = {found.edition for found in editions(source)}
    for asked in (before, after):
        if asked not in known:
            listed = "、".join(sorted(known)) or "なし"
            raise EditionError(f"{source} に {asked} の版はありません。あるもの：{listed}。")
    with connect() as connection:
        limit = "" if examples is None else f"LIMIT {examples}"
        return [
            _compare(connection, doc, before, after, limit) for doc in _tables(connection, source)
        ]


def _tables(connection: duckdb.DuckDBPyConnection, source: str) -> list[TableDoc]:
    """The staging tables of a source that have editions."""
    rows = connection.execute(
        "SELECT DISTINCT l.table_name FROM lineage AS l JOIN source AS s ON s.figure = l.figure "
        "WHERE s.record ->> 'source' = ? AND l.table_name LIKE 'staging.%' ORDER BY 1",
        [source],
    ).fetchall()
    names = {name.removeprefix("staging.") for (name,) in rows}
    return [doc for doc in tables().values() if doc.name in names and "edition" in doc.key]


def _require(source: str, docs: list[TableDoc]) -> list[TableDoc]:
    if not docs:
        raise EditionError(f"{source} には版のある表がありません。")
    return docs


def _compare(
    connection: duckdb.DuckDBPyConnection, doc: TableDoc, before: str, after: str, limit: str
) -> TableChange:
    key = [name for name in doc.key if name != "edition"]
    for side, edition in (("before", before), ("after", after)):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {side}_edition AS SELECT * EXCLUDE (edition) "
            f"FROM staging.{doc.name} WHERE CAST(edition AS VARCHAR) = ?",
            [edition],
        )
    described = connection.execute("DESCRIBE before_edition").fetchall()
    values = [row[0] for row in described if row[0] not in key]
    changes = (_column(connection, key, name, limit, has_year=YEAR in values) for name in values)
    gone, gone_examples = _only(connection, "before", "after", key, limit)
    new, new_examples = _only(connection, "after", "before", key, limit)
    return TableChange(
        doc.name,
        before,
        after,
        gone,
        new,
        _number(connection, f"SELECT count(*) FROM before_edition JOIN after_edition {_on(key)}"),
        gone_examples,
        new_examples,
        tuple(change for change in changes if change.changed),
    )


def _only(
    connection: duckdb.DuckDBPyConnection, side: str, other: str, key: list[str], limit: str
) -> tuple[int, tuple[dict[str, Any], ...]]:
    """Rows of one side whose key the other side does not have."""
    sql = f"FROM {side}_edition ANTI JOIN {other}_edition {_on(key)}"
    listed = f"SELECT {', '.join(key)} {sql} ORDER BY ALL {limit}"
    return _number(connection, f"SELECT count(*) {sql}"), _rows(connection, listed)


def _column(
    connection: duckdb.DuckDBPyConnection, key: list[str], name: str, limit: str, *, has_year: bool
) -> ColumnChange:
    """Rows of both sides that differ in one column; those of the same year come first."""
    both = f"FROM before_edition AS b JOIN after_edition AS a {_on(key)}"
    differs, shown = f"b.{name} IS DISTINCT FROM a.{name}", ", ".join(key)
    same_year = f"b.{YEAR} = a.{YEAR}" if has_year else "true"
    changed = f"SELECT count(*) {both} WHERE {differs}"
    rows = _rows(
        connection,
        f"SELECT {shown}, b.{name} AS before, a.{name} AS after {both} WHERE {differs} "
        f"ORDER BY {same_year} DESC, {shown} {limit}",
    )
    revised = _number(connection, f"{changed} AND {same_year}") if has_year else None
    return ColumnChange(name, _number(connection, changed), revised, rows)


def _on(key: list[str]) -> str:
    return f"USING ({', '.join(key)})"


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[dict[str, Any], ...]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
