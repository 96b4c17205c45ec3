"""The columns of a raw table as the values that a form asks for, as SQL over whole columns.

A text is interpreted once for each distinct value of its column; numbers that DuckDB reads itself,
and dates and times (`ebpm.own.times`), are converted without leaving it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import duckdb
import pandas as pd

from ebpm.lineage import quoted
from ebpm.own import pseudonyms, times, values
from ebpm.own.forms import Field
from ebpm.own.mapping import Mapping as Columns
from ebpm.own.mapping import folded, stored_values
from ebpm.own.reading import TABLE, Raw

Connection = duckdb.DuckDBPyConnection
TIMES = {"timestamp", "date", "month"}
TYPES = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "likert": "TINYINT"}
SQL_TYPES = {"timestamp": "TIMESTAMP", "date": "DATE", "month": "DATE"} | TYPES
# More distinct values than a column of categories has: it is kept as it is, only trimmed.
MOST_CATEGORIES = 200_000
MIDNIGHT = r"[ T]+0?0:00(:00(\.0+)?)?$"


@dataclass(frozen=True)
class Typed:
    """A column of the file under its field: SQL for the value and for "this cannot be read".

    `given` is the raw column; `value` and `unreadable` are expressions over the raw table `r` and
    the table that `join` adds.
    """

    field: Field
    heading: str
    given: str
    value: str
    unreadable: str
    join: str = ""
    is_fixed: bool = False

    @property
    def blank(self) -> str:
        """SQL for "nothing stands there"."""
        return f"(r.{self.given} IS NULL OR trim(r.{self.given}) = '')"


def typed(
    connection: Connection, raw: Raw, fields: Iterable[Field], mapping: Columns
) -> Iterator[Typed]:
    """Every mapped column with its conversion; helper tables are made as they are needed.

    Raises times.AmbiguousOrder or times.MixedOrder where dates can be read in two ways.
    """
    given = list(_given(connection, raw, fields, mapping))
    order = mapping.order or _order(connection, given)
    for number, (field, heading, column, is_fixed) in enumerate(given):
        name = f"{field.key}_{number}"
        if field.type in TIMES:
            made = _moment(connection, field, heading, column, (name, order, mapping.zone))
        elif field.type == "text" or _is_too_many(connection, column, field):
            made = Typed(field, heading, column, f"trim(r.{column})", "FALSE")
        else:
            made = _mapped(connection, field, heading, column, name, mapping)
        yield replace(made, is_fixed=is_fixed)


Given = tuple[Field, str, str, bool]


def _given(
    connection: Connection, raw: Raw, fields: Iterable[Field], mapping: Columns
) -> Iterator[Given]:
    """Field, heading, raw column of all that is mapped, and whether it is one value for all rows."""
    for field in fields:
        if field.repeats:
            yield from ((field, h, raw.column(h), False) for h in mapping.items)
        elif field.key in mapping.fixed:
            column = f"fixed_{field.key}"
            value = mapping.fixed[field.key].replace("'", "''")
            connection.execute(f"ALTER TABLE {TABLE} ADD COLUMN {column} VARCHAR DEFAULT '{value}'")
            yield field, f"（固定）{field.label.ja}", column, True
        elif field.key in mapping.columns:
            heading = mapping.columns[field.key]
            column = raw.column(heading)
            if day := mapping.days.get(field.key):
                column = _with_day(connection, raw.column(day), column)
            yield field, heading, column, False


def _with_day(connection: Connection, day: str, clock: str) -> str:
    """A column with the day of one column and the time of day of another."""
    made = f"{day}_{clock}"
    connection.execute(f"ALTER TABLE {TABLE} ADD COLUMN {made} VARCHAR")
    connection.execute(
        f"UPDATE {TABLE} SET {made} = regexp_replace(trim({day}), ?, '') || ' ' || trim({clock})",
        [MIDNIGHT],
    )
    return made


def _order(connection: Connection, given: Iterable[Given]) -> times.Order | None:
    """The order of the dates of a file: one column that decides speaks for those that do not."""
    undecided = None
    for field, _, column, _ in given:
        if field.type in TIMES:
            try:
                if order := times.order_of(connection, TABLE, column):
                    return order
            except times.AmbiguousOrder as error:
                undecided = error
    if undecided:
        raise undecided
    return None


def _moment(
    connection: Connection,
    field: Field,
    heading: str,
    column: str,
    convention: tuple[str, times.Order | None, str],
) -> Typed:
    name, order, zone = convention
    added, kind = f"time_{name}", cast(times.Kind, field.type)
    times.convert(connection, TABLE, column, added, order=order, zone=zone, kind=kind)
    return Typed(field, heading, column, f"r.{added}", f"r.{added} IS NULL")


def _is_too_many(connection: Connection, column: str, field: Field) -> bool:
    if field.type != "category" or field.values:
        return False
    rows = connection.execute(f"SELECT approx_count_distinct({column}) FROM {TABLE}").fetchall()
    return bool(rows[0][0] > MOST_CATEGORIES)


def _mapped(
    connection: Connection, field: Field, heading: str, column: str, name: str, mapping: Columns
) -> Typed:
    """A conversion by a table of the column's distinct texts; absent from it is unreadable."""
    is_number = field.type in {"integer", "number"}
    kind = TYPES.get(field.type, "VARCHAR")
    cast = f"TRY_CAST(r.{column} AS DOUBLE)" if is_number else ""
    if field.type == "integer":  # a cast of 10.5 to an integer would round
        cast = f"CASE WHEN {cast} = floor({cast}) THEN TRY_CAST(r.{column} AS BIGINT) END"
    only = f"AND {cast.replace('r.', '')} IS NULL" if is_number else ""
    rows = connection.execute(
        f"SELECT DISTINCT {column} FROM {TABLE} WHERE trim({column}) <> '' {only}"
    ).fetchall()
    known = interpreted([row[0] for row in rows], field, mapping)
    table = quoted(f"map_{name}")
    frame = pd.DataFrame({"given": list(known), "value": list(known.values())}, dtype=object)
    connection.register("known", frame.astype({"given": "string"}))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT given, CAST(value AS {kind}) AS value FROM known"
    )
    connection.unregister("known")
    join = f"LEFT JOIN {table} ON r.{column} = {table}.given"
    if is_number:
        value = f"coalesce({cast}, {table}.value)"
        return Typed(
            field, heading, column, value, f"({value}) IS NULL OR NOT isfinite({value})", join
        )
    return Typed(field, heading, column, f"{table}.value", f"{table}.given IS NULL", join)


def interpreted(texts: list[str], field: Field, mapping: Columns) -> dict[str, Any]:
    """What each distinct text of a column stands for; those not understood are left out."""
    if field.type == "likert":
        return _steps(texts, field, mapping)
    read = _reader(field, mapping)
    found = {text: read(text) for text in texts}
    return {text: value for text, value in found.items() if value is not _UNKNOWN}


def _steps(texts: list[str], field: Field, mapping: Columns) -> dict[str, int | None]:
    known = stored_values(field, mapping)
    own = {t: known[folded(t)] for t in texts if folded(t) in known}
    rest = values.steps([t for t in texts if t not in own], field.scales)
    return rest | {text: int(step) if step else None for text, step in own.items()}


_UNKNOWN = object()
"""Stands for what is not understood; None stands for "there is no answer"."""


def _reader(field: Field, mapping: Columns) -> Callable[[str], Any]:
    if field.type == "pseudonym":
        return pseudonyms.maker()
    if field.type in {"integer", "number"}:
        read = values.minutes if field.key.endswith("_minutes") else values.number
        return lambda text: _whole(read(text), field)
    words = stored_values(field, mapping)

    def category(text: str) -> Any:
        if folded(text) in words:
            return words[folded(text)] or None
        return _UNKNOWN if field.closed else " ".join(text.split())

    return category


def _whole(number: float | None, field: Field) -> Any:
    if number is None or (field.type == "integer" and not number.is_integer()):
        return _UNKNOWN
    return number
