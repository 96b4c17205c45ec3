"""Provenance: data that know which published sources they come from."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ebpm.evidence.text import Both, Quantity
from ebpm.lineage import tables_of
from ebpm.methods.names import METHODS
from ebpm.warehouse import connect, in_use

# pandas keeps texts in PyArrow where that is installed. Python's own are the same on every machine,
# and operations on frames of some hundred rows take half the time.
pd.set_option("mode.string_storage", "python")

Source = dict[str, Any]
# A calculation sees nothing but its values: no files, no variables of the notebook.
ALONE = {"enable_external_access": False, "python_enable_replacements": False}


class ProvenanceError(ValueError):
    """A query whose published sources cannot be found."""


@dataclass(frozen=True)
class Dataset:
    """The answer to a query: the rows, the query, the tables it read and their sources."""

    frame: pd.DataFrame
    sql: str
    tables: tuple[str, ...]
    sources: tuple[Source, ...]

    def origin(self) -> dict[str, Any]:
        """The query, the tables it read, how many rows it gave, and their sources."""
        return {
            "sql": self.sql,
            "tables": list(self.tables),
            "rows": len(self.frame),
            "sources": list(self.sources),
        }

    def trace(self, what: Both | None = None) -> dict[str, Any]:
        """Where a number computed from these data leads: label, query, tables, sources."""
        label = what or Both("、".join(self.tables), ", ".join(self.tables))
        content = json.dumps([label.ja, self.sql, len(self.frame)], ensure_ascii=False)
        return {
            "id": "t" + hashlib.sha256(content.encode()).hexdigest()[:10],
            "label": label.payload(),
            "finding": None,
            "method": None,
            "n": None,
            **self.origin(),
        }

    def joined(self, frame: pd.DataFrame, *others: "Dataset") -> "Dataset":
        """Data computed from these rows and others: their queries, tables and sources together."""
        parts = (self, *others)
        unique = {source["key"]: source for part in parts for source in part.sources}
        return Dataset(
            frame,
            "\n\n".join(part.sql for part in parts),
            tuple(sorted({table for part in parts for table in part.tables})),
            tuple(unique[key] for key in sorted(unique)),
        )

    def number(
        self,
        value: float,
        unit: str,
        what: Both | None = None,
        decimals: int | None = None,
        *,
        method: str | None = None,
    ) -> Quantity:
        """A number of these data for use in a sentence; `what` says what it counts or measures.

        `method` is a key of `ebpm.methods.names.METHODS` where more than counting was done.
        """
        trace = self.trace(what)
        if method:
            trace |= {"id": f"{trace['id']}-{method}", "method": METHODS[method].payload()}
        return Quantity(float(value), unit, trace, decimals)


def parameter(
    name: str, value: float, unit: str, what: Both, decimals: int | None = None
) -> Quantity:
    """A number that the analyst chose: a threshold or another parameter of the notebook."""
    trace: dict[str, Any] = {
        "id": f"p-{name}",
        "label": what.payload(),
        "finding": None,
        "method": None,
        "n": None,
        "parameter": name,
        "sql": None,
        "tables": [],
        "rows": None,
        "sources": [],
    }
    return Quantity(float(value), unit, trace, decimals)


def calculate(sql: str, **values: float) -> Dataset:
    """Arithmetic on parameters alone: a SELECT that reads no table, its `$name`s being `values`.

    For what an office enters (costs, hours): each result leads to the query and the values it was
    computed from, and `verify` computes it again. All values count as DOUBLE. There is no
    published source, so a finding cannot rest on it: it is an estimate of whoever gave the values.
    Raises ProvenanceError for a query that fails, reads a table or leaves a name or a value over,
    and for a result that is not finite.
    """
    given = {name: float(value) for name, value in values.items()}
    with duckdb.connect(":memory:", config=dict(ALONE)) as connection:
        try:
            frame = connection.execute(sql, given).df()
        except duckdb.Error as error:
            reason = " ".join(str(error).split())
            raise ProvenanceError(
                f"パラメーターだけの計算ができません。表やファイルは使えません（{reason}）。"
            ) from None
    numbers = frame.select_dtypes("number").to_numpy(float)
    if not np.isfinite(numbers).all():
        raise ProvenanceError(
            "計算の結果が有限の数になりません。入力した値の大きさを確かめてください。"
        )
    shown = "\n".join(f"-- ${name} = {value:,.15g}" for name, value in given.items())
    return Dataset(frame, f"{sql.strip()}\n{shown}", (), ())


def query(sql: str, parameters: list[Any] | dict[str, Any] | None = None) -> Dataset:
    """Runs a query on the current warehouse, read-only, and remembers its sources.

    `parameters` fill the `?` (a list) or the `$name`s (a dict) of the query. Errors of the query
    are DuckDB's own; ProvenanceError where it reads no table of the warehouse, or in a way that hides which (PIVOT, query_table).
    """
    with connect() as connection:
        frame = connection.execute(sql, parameters or []).df()
        named = tables_of(connection, sql)
        known = _origins(in_use(), in_use().stat().st_mtime_ns)
    tables = tuple(sorted(named & known.keys()))
    records = sorted({record for table in tables for record in known[table]})
    given = parameters.values() if isinstance(parameters, dict) else parameters or ()
    known_sources = _asked_for(list(map(json.loads, records)), sql, list(given))
    sources = tuple(map(_source, known_sources))
    if not sources:
        raise ProvenanceError(
            "この問合せの出典をたどれません。表（mart_…）を FROM に書いた SELECT にしてください。"
        )
    shown = sql.strip() if not parameters else f"{sql.strip()}\n-- ? = {parameters}"
    return Dataset(frame, shown, tables, sources)


def _asked_for(
    records: list[dict[str, Any]], sql: str, parameters: list[Any]
) -> list[dict[str, Any]]:
    """Of own data, whose tables hold several forms and data sets, those that the query asked for.

    A data set is named by a parameter, a form by a parameter or in the text of the query.
    """
    named = [record for record in records if record.get("dataset") in parameters]
    forms = [r for r in named if r["table"] in parameters or f"'{r['table']}'" in sql]
    published = [record for record in records if record.get("dataset") is None]
    return [*published, *(forms or named)] if named else records


@lru_cache(2)
def _origins(path: Path, _modified: int) -> dict[str, list[str]]:
    """The tables of a warehouse (a common table expression is none) with their figures' records."""
    with duckdb.connect(str(path), read_only=True) as connection:
        # Joined here: to set up a grouping takes DuckDB longer than these few rows.
        records = dict(connection.execute("SELECT figure, record FROM source").fetchall())
        rows = connection.execute("SELECT table_name, figure FROM lineage").fetchall()
    known: dict[str, list[str]] = {name: [] for name, _ in rows}
    for name, figure in rows:
        if figure in records:
            known[name].append(records[figure])
    return known


def _source(record: dict[str, Any]) -> Source:
    names = ("title", "publisher", "licence", "page", "edition", "reference_dates", "sha256")
    corrections = [correction["id"] for correction in record.get("corrections", [])]
    return {
        "key": Path(record["file"]).stem,
        **{name: record[name] for name in names},
        "corrections": corrections,
        "retrieved": record.get("retrieved"),
        **({"synthetic": True} if record.get("synthetic") else {}),
    }
