"""The project's SQL run on a few tables alone, without a build of the whole warehouse."""

from __future__ import annotations

import re
from importlib import resources

import duckdb
import pandas as pd

from ebpm.figures import available


def sql_of(layer: str, name: str) -> str:
    path = resources.files("ebpm") / "sql" / layer / f"{name}.sql"
    return path.read_text(encoding="utf-8")


def contracts_of(prefix: str) -> list[str]:
    """Names of the contracts whose file begins so."""
    folder = resources.files("ebpm") / "sql" / "contracts"
    names = [entry.name.removesuffix(".sql") for entry in folder.iterdir()]
    return sorted(name for name in names if name.startswith(prefix))


def municipalities() -> pd.DataFrame:
    """The shipped registry as the build loads it."""
    path = next(item.path for item in available() if item.table == "municipalities")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def small_warehouse(marts: list[str], **frames: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory: the staging table of each frame, then the marts in the order given."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staging")
    for table, frame in frames.items():
        connection.register("given", frame)
        connection.execute(f"CREATE TABLE raw.{table} AS SELECT * FROM given")
        staged = f"staging.stg_{table}"
        connection.execute(f"CREATE TABLE {staged} AS {sql_of('staging', f'stg_{table}')}")
        connection.execute(f"DELETE FROM {staged} WHERE set_aside_reason IS NOT NULL")
        connection.execute(f"ALTER TABLE {staged} DROP COLUMN set_aside_reason")
    for mart in marts:
        connection.execute(f"CREATE TABLE {mart} AS {sql_of('marts', mart)}")
    return connection


def breaches(connection: duckdb.DuckDBPyConnection, contract: str) -> list[tuple[object, ...]]:
    """The rows that breach a contract; its three lines of head are in the agreed form."""
    sql = sql_of("contracts", contract)
    assert re.match(
        r"-- table: (stg|mart)_\w+\n-- [^\n]*[ぁ-ん][^\n]*\n-- [a-zA-Z][^\n]*\n(?!--)", sql
    )
    return connection.execute(sql).fetchall()
