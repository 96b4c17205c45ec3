"""The ledger: every finding of every executed report, kept, whatever it shows.

A DuckDB file of its own beside the warehouse's generations, so that rebuilding the warehouse never
loses a result. Rows are only ever added.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

FILE = "ledger.duckdb"
ATTEMPTS = 40
WAIT_SECONDS = 0.25
COLUMNS = {
    "run_id": "VARCHAR",
    "report": "VARCHAR",
    "parameters": "VARCHAR",
    "warehouse_inputs_sha256": "VARCHAR",
    "code_version": "VARCHAR",
    "id": "VARCHAR",
    "question_ja": "VARCHAR",
    "estimand_ja": "VARCHAR",
    "estimate": "DOUBLE",
    "unit_ja": "VARCHAR",
    "ci_low": "DOUBLE",
    "ci_high": "DOUBLE",
    "p_value": "DOUBLE",
    "n": "BIGINT",
    "n_clusters": "BIGINT",
    "method_ja": "VARCHAR",
    "design": "VARCHAR",
    "sms": "INTEGER",
    "verdict": "VARCHAR",
    "claim_ja": "VARCHAR",
    "claim_en": "VARCHAR",
    "sources": "VARCHAR",
    "lgcode": "VARCHAR",
    "fiscal_year": "INTEGER",
}


class LedgerError(RuntimeError):
    """The ledger cannot be written."""


def record(folder: Path, common: dict[str, Any], findings: Sequence[dict[str, Any]]) -> int:
    """Adds the findings of one executed report; returns how many rows were added."""
    rows = [[_value(name, common, finding) for name in COLUMNS] for finding in findings]
    folder.mkdir(parents=True, exist_ok=True)
    with _open(folder / FILE) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS finding ({_definition()})")
        marks = ", ".join("?" for _ in COLUMNS)
        if rows:
            connection.executemany(f"INSERT INTO finding VALUES ({marks})", rows)
    return len(rows)


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens the ledger for writing; waits while another run writes to it."""
    for _ in range(ATTEMPTS - 1):
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException:
            time.sleep(WAIT_SECONDS)
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(f"台帳 {path.name} に書き込めません（{reason}）") from None


def entries(folder: Path) -> list[dict[str, Any]]:
    """All rows of the ledger, oldest first; empty where nothing was recorded yet."""
    path = folder / FILE
    if not path.exists():
        return []
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT * FROM finding ORDER BY run_id, report, id").fetchall()
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def _definition() -> str:
    return ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())


def _value(name: str, common: dict[str, Any], finding: dict[str, Any]) -> Any:
    if name in common:
        return common[name]
    if name == "sources":
        return json.dumps([source["key"] for source in finding["sources"]])
    if name.endswith("_ja") and name.removesuffix("_ja") in finding:
        return finding[name.removesuffix("_ja")]["ja"]
    return finding[name]
