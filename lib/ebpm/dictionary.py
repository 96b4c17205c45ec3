"""The data dictionary: every table of a warehouse with its columns, counts, sources and contracts.

What a table and its columns mean comes from the headers of the SQL files (`ebpm.sql_header`); what
they hold comes from the warehouse itself.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from ebpm import contracts, sql_header
from ebpm.sql_header import OPEN, ColumnDoc, House, Rule, TableDoc, Text

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Column:
    """One column of one table. `filled` counts values; `missing` the kinds of missing, if kept here.

    `documented_in` is the table whose SQL file explains the column, None where it is shared.
    """

    name: str
    type: str
    unit: Text | None
    meaning: Text
    rule: Rule
    filled: int
    missing: dict[str, int]
    documented_in: str | None


@dataclass(frozen=True)
class Source:
    """One published source of a table, as its figure's record names it."""

    figure: str
    title: Text
    publisher: Text
    edition: str
    reference_dates: str
    page: str


@dataclass(frozen=True)
class Table:
    """One table: what a row is, what is in it, where it comes from, which contracts hold."""

    name: str
    layer: str
    grain: Text
    key: tuple[str, ...]
    rows: int
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    contracts: tuple[Text, ...]


class DictionaryError(ValueError):
    """A column that no header explains, or a warehouse older than the SQL files."""


def dictionary(connection: Connection, house: House = OPEN) -> tuple[Table, ...]:
    """Every staging table and mart of a warehouse, marts first, in the order of their names.

    Raises HeaderError where a header is malformed, DictionaryError where a column has none or the
    warehouse lacks a table.
    """
    known, docs = sql_header.tables(house), sql_header.documented(house)
    _require(connection, {table.qualified for table in known.values()} | {"contract"})
    ordered = sorted(known.values(), key=lambda table: (table.layer != "mart", table.name))
    return tuple(_table(connection, table, docs, known.keys()) for table in ordered)


def _require(connection: Connection, wanted: set[str]) -> None:
    rows = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    there = {table if schema == "main" else f"{schema}.{table}" for schema, table in rows}
    if absent := sorted(wanted - there):
        raise DictionaryError(
            f"データベースに表 {absent[0]} がありません。ebpm build を実行してください。"
        )


def undocumented(connection: Connection) -> list[tuple[str, str]]:
    """Table and name of every column of the warehouse that no header explains."""
    docs = sql_header.documented()
    return [
        (table.name, column)
        for table in sql_header.tables().values()
        for column in contracts.types_of(connection, table)
        if column not in docs
    ]


def _table(
    connection: Connection, table: TableDoc, docs: dict[str, ColumnDoc], known: Collection[str]
) -> Table:
    types = contracts.types_of(connection, table)
    counts = ", ".join(f"count({column})" for column in types)
    row = connection.execute(f"SELECT count(*), {counts} FROM {table.qualified}").fetchone()
    assert row is not None
    rows, *filled = row
    columns = tuple(
        _column(connection, table, _documented(docs, table, name), kind, count, known)
        for (name, kind), count in zip(types.items(), filled, strict=True)
    )
    return Table(
        table.name,
        table.layer,
        table.grain,
        table.key,
        rows,
        _sources(connection, table),
        columns,
        _contracts(connection, table, columns),
    )


def _documented(docs: dict[str, ColumnDoc], table: TableDoc, column: str) -> ColumnDoc:
    if column not in docs:
        raise DictionaryError(
            f"{table.name} の列 {column} の説明がありません。{table.name}.sql の先頭に書いてください。"
        )
    return docs[column]


def _column(
    connection: Connection,
    table: TableDoc,
    doc: ColumnDoc,
    kind: str,
    filled: int,
    known: Collection[str],
) -> Column:
    is_missing = doc.name == "missing" or doc.name.endswith("_missing")
    missing = _kinds(connection, table, doc.name) if is_missing else {}
    home = doc.file.removesuffix(".sql")
    documented_in = home if home in known else None
    return Column(doc.name, kind, doc.unit, doc.meaning, doc.rule, filled, missing, documented_in)


def _kinds(connection: Connection, table: TableDoc, column: str) -> dict[str, int]:
    rows = connection.execute(
        f"SELECT {column}, count(*) FROM {table.qualified} WHERE {column} IS NOT NULL "
        "GROUP BY ALL ORDER BY 2 DESC, 1"
    ).fetchall()
    return dict(rows)


def _sources(connection: Connection, table: TableDoc) -> tuple[Source, ...]:
    rows = connection.execute(
        "SELECT s.figure, s.record FROM source AS s INNER JOIN lineage AS l USING (figure) "
        "WHERE l.table_name = ? ORDER BY s.figure",
        [table.qualified],
    ).fetchall()
    return tuple(_source(figure, json.loads(record)) for figure, record in rows)


def _source(figure: str, record: dict[str, object]) -> Source:
    names = ("title", "publisher", "edition", "reference_dates", "page")
    return Source(figure, **{name: record[name] for name in names})  # type: ignore[arg-type]


def _contracts(
    connection: Connection, table: TableDoc, columns: tuple[Column, ...]
) -> tuple[Text, ...]:
    """The contracts of a table but those that its columns' rules already say."""
    shown = {contracts.column_rule(c.name, c.rule)["ja"] for c in columns if c.rule}
    rows = connection.execute(
        "SELECT rule_ja, rule_en FROM contract WHERE table_name = ?", [table.name]
    ).fetchall()
    return tuple({"ja": ja, "en": en} for ja, en in rows if ja not in shown)
