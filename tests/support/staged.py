"""Staging tables and marts of a few shipped figures, in memory: for trying their SQL and contracts."""

from __future__ import annotations

from importlib import resources

import duckdb

from ebpm.figures import available

SQL = resources.files("ebpm") / "sql"


def sql_of(layer: str, name: str) -> str:
    return (SQL / layer / f"{name}.sql").read_text(encoding="utf-8")


def staged(*tables: str) -> duckdb.DuckDBPyConnection:
    """A connection with the staging tables of these figures and of the registry."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staging")
    for figure in available():
        if figure.table in {"municipalities", *tables}:
            path = str(figure.path)
            scan = "read_csv(?, all_varchar = true)" if path.endswith("csv") else "read_parquet(?)"
            connection.execute(f"CREATE TABLE raw.{figure.table} AS SELECT * FROM {scan}", [path])
            name = f"stg_{figure.table}"
            connection.execute(f"CREATE TABLE staging.{name} AS {sql_of('staging', name)}")
    return connection


def breaches(connection: duckdb.DuckDBPyConnection, contract: str) -> int:
    """How many rows breach a contract."""
    return len(connection.execute(sql_of("contracts", contract)).fetchall())
