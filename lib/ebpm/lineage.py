"""Which tables a query reads, from DuckDB's own parser.

DuckDB 2.0.0's `get_table_names` binds the query and fails on a chain of `JOIN … USING`, so the
parsed statement is walked instead.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb


def tables_of(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Names of the tables (`schema.table`, or `table` in the main schema) that a SELECT reads.

    In lower case, for DuckDB takes names in any case, and `main.t` is `t`.
    Names of common table expressions are among them; a syntax error is DuckDB's to report when
    the query runs, and gives an empty set here.
    """
    row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    assert row is not None
    return set(_base_tables(json.loads(row[0])))


def _base_tables(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            schema, table = node["schema_name"].lower(), node["table_name"].lower()
            yield table if schema in {"", "main"} else f"{schema}.{table}"
        for child in node.values():
            yield from _base_tables(child)
    elif isinstance(node, list):
        for child in node:
            yield from _base_tables(child)


def quoted(name: str) -> str:
    """A name of a table or a column as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
