"""Columns of dates and times as text to typed columns, millions of rows at once.

`order_of` finds which part of 04/05/2024 comes first, `convert` adds the typed column, `reason`
says what is wrong with one value that it left NULL. What is read, and by which conventions:
`ebpm.own.spellings`.

How it is fast: formats that a sample of the column uses go through one `try_strptime`; only the
rows left are split into date, clock and zone, whose distinct parts are read in Python and joined
back. The sample decides the speed only, never what a value means.

A column is taken for serial numbers of a spreadsheet (days since 1899-12-30) if each of its values
is a number from 20000 to 80000 (1954–2119); else such a number is not read.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterable, Iterator
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from ebpm.own import spellings, time_patterns
from ebpm.own.date_order import AmbiguousOrder, MixedOrder, order_of
from ebpm.own.spellings import Kind, Order, Unreadable, reason

__all__ = [
    "AmbiguousOrder",
    "Kind",
    "MixedOrder",
    "Order",
    "convert",
    "order_of",
    "reason",
]

TYPES: dict[Kind, str] = {"timestamp": "TIMESTAMP", "date": "DATE", "month": "DATE"}
SAMPLE_ROWS = 2_000
SERIAL_FIRST, SERIAL_LAST = 20_000, 80_000

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
_HALF_DAYS = (" %I:%M:%S %p", " %I:%M %p")
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_CLOCKS_OF_ZONES = ("%H:%M:%S", "%H:%M:%S.%f")
_NAMED = ("%b %d, %Y", "%d-%b-%Y", "%d %b %Y")
_KANJI = ("%Y年%m月%d日", "%Y年%m月%d日 %H時%M分", "%Y年%m月%d日%H時%M分", "%Y年%m月%d日 %H:%M")


def convert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    new_column: str,
    *,
    order: Order | None,
    zone: str = "Asia/Tokyo",
    kind: Kind = "timestamp",
) -> int:
    """Add `new_column` to the table and return how many values that are not blank it leaves NULL.

    Its type is TIMESTAMP (local time of `zone`; a text with another zone is converted, one without
    is taken as it is; a date alone is midnight), DATE for kind "date" (a clock time is cut off,
    after 24:00 counts to the next day) or DATE for kind "month" (first day). Text that cannot be
    read and blank text give NULL. `order` as `order_of` returns it. Raises ZoneInfoNotFoundError
    for a zone that does not exist, duckdb.Error for a table or column that is not there.
    """
    ZoneInfo(zone)
    target, source, new = _quoted(table), _quoted(column), _quoted(new_column)
    connection.execute(f"ALTER TABLE {target} ADD COLUMN {new} {TYPES[kind]}")
    fast = _serial(connection, target, source) or _fast(connection, target, source, order, zone)
    if fast is not None:
        connection.execute(f"UPDATE {target} SET {new} = {_as(kind, fast)}")
        _drop_placeholders(connection, target, new, kind)
    _read_parts(connection, (target, source, new), (order, zone, kind))
    return _left(connection, target, source, new)


def _fast(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    source: str,
    order: Order | None,
    zone: str,
) -> str | None:
    """The expression that reads the formats of a sample; None where it uses none of them."""
    sample = f"(SELECT {source} AS text FROM {target} WHERE {source} <> '' LIMIT {SAMPLE_ROWS})"
    candidates = list(_candidates(order, zone))
    counts = ", ".join(f"count({_expression(one, 'text')})" for one in candidates)
    hits = connection.execute(f"SELECT {counts} FROM {sample}").fetchone() or ()
    # `%y` first: `%Y` would read the same text as a year of the first century.
    used = sorted(
        zip(hits, candidates, strict=True), key=lambda use: ("%y" not in use[1][0], -use[0])
    )
    expressions = [_expression(one, source) for hit, one in used if hit]
    return f"coalesce({', '.join(expressions)})" if expressions else None


def _candidates(order: Order | None, zone: str) -> Iterator[tuple[str, str]]:
    """Formats, each with the template of its expression.

    strptime reads `%Y` from fewer digits than four, too (those years are dropped as placeholders
    are), and `%y` from one (which the template refuses).
    """
    plain = "try_strptime({text}, {format})"
    for date in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"):
        yield from ((date + clock, plain) for clock in _CLOCKS)
    yield from (("%Y-%m-%dT" + clock.strip(), plain) for clock in _CLOCKS[1:])
    slashed = {"month_first": ("%m/%d/%Y", "%m-%d-%Y"), "day_first": ("%d/%m/%Y", "%d-%m-%Y")}
    for date in slashed.get(order or "", ()):
        yield from ((date + clock, plain) for clock in _CLOCKS + _HALF_DAYS)
    short = {"month_first": "%m/%d/%y", "day_first": "%d/%m/%y", "year_first": "%y/%m/%d"}
    if order:
        template = _of_two_digits(plain, 1 if order == "year_first" else 3)
        yield from ((short[order] + clock, template) for clock in _CLOCKS + _HALF_DAYS)
    for date in _NAMED:
        yield from ((date + clock, plain) for clock in _CLOCKS + _HALF_DAYS)
    yield from ((form, plain) for form in _KANJI)
    for digits, form in _COMPACT.items():
        yield form, f"CASE length({{text}}) WHEN {digits} THEN {plain} END"
    local = f"timezone('{zone}', try_strptime({{text}}, {{format}}))"
    utc = f"timezone('{zone}', timezone('UTC', {plain}))"
    for date in ("%Y-%m-%dT", "%Y-%m-%d "):
        yield from ((date + clock + "%z", local) for clock in _CLOCKS_OF_ZONES)
        yield from ((date + clock + "Z", utc) for clock in _CLOCKS_OF_ZONES)
        for end, template in (("", plain), ("Z", utc), ("%z", local)):
            yield f"{date}%H:%M:%S.%f{end}", _cut_to_micros(template)


def _of_two_digits(template: str, part: int) -> str:
    year = "[0-9]{2}/" if part == 1 else "[0-9]+/[0-9]+/[0-9]{2}($|[^0-9])"
    return f"CASE WHEN regexp_matches({{text}}, '^ *{year}') THEN {template} END"


def _cut_to_micros(template: str) -> str:
    """The template for seconds with seven decimals: without the last, which strptime knows not."""
    seventh = "substr({text}, 27, 1) BETWEEN '0' AND '9'"
    rest = "left({text}, 26) || substr({text}, 28)"
    return f"CASE WHEN {seventh} THEN {template.replace('{text}', rest)} END"


def _expression(candidate: tuple[str, str], text: str) -> str:
    form, template = candidate
    return template.replace("{text}", text).replace("{format}", f"'{form}'")


def _serial(connection: duckdb.DuckDBPyConnection, target: str, source: str) -> str | None:
    """The expression for a column of serial numbers, rounded to the second; None for any other."""
    days = f"TRY_CAST({source} AS DOUBLE)"
    fits = f"coalesce({days} BETWEEN {SERIAL_FIRST} AND {SERIAL_LAST}, false)"
    for rows in (f"(FROM {target} WHERE {source} <> '' LIMIT {SAMPLE_ROWS})", target):
        query = f"SELECT bool_and({fits}) FROM {rows} WHERE trim({source}) <> ''"
        if not (connection.execute(query).fetchone() or (None,))[0]:
            return None
    return f"(TIMESTAMP '1899-12-30' + to_seconds(CAST(round({days} * 86400) AS BIGINT)))"


def _as(kind: Kind, expression: str) -> str:
    if kind == "month":
        expression = f"date_trunc('month', {expression})"
    return f"CAST({expression} AS {TYPES[kind]})"


def _drop_placeholders(
    connection: duckdb.DuckDBPyConnection, target: str, new: str, kind: Kind
) -> None:
    first, after = _span(kind)
    connection.execute(
        f"UPDATE {target} SET {new} = NULL WHERE {new} < DATE '{first}' OR {new} >= DATE '{after}'"
        f" OR CAST({new} AS DATE) = DATE '{spellings.EPOCH}'"
    )


def _span(kind: Kind) -> tuple[datetime.date, datetime.date]:
    """The first day that counts as a date, and the first one after the last."""
    first = spellings.FIRST.replace(day=1) if kind == "month" else spellings.FIRST
    return first, spellings.LAST + datetime.timedelta(days=1)


def _left(connection: duckdb.DuckDBPyConnection, target: str, source: str, new: str) -> int:
    """How many rows hold text, but no value yet."""
    query = f"SELECT count(*) FROM {target} WHERE {new} IS NULL AND {_filled(source)}"
    return int((connection.execute(query).fetchone() or (0,))[0])


def _filled(source: str) -> str:
    return f"trim({source}, ' \t\r\n\u00a0　') <> ''"


def _read_parts(
    connection: duckdb.DuckDBPyConnection,
    names: tuple[str, str, str],
    convention: tuple[Order | None, str, Kind],
) -> None:
    """Fill the rows that are left from their parts; each distinct part is read once."""
    (target, source, new), (order, zone, kind) = names, convention
    readers: dict[str, Callable[[str], int | None]] = {
        "day": lambda text: _micros(spellings.read_date(text, order, kind)),
        "clock": spellings.read_clock,
        "zone": _zone_micros,
    }
    for split in (_cut(source), _matched(source)):
        if not _left(connection, target, source, new):
            break
        like = f"regexp_matches({source}, '{time_patterns.DATE_LIKE}')"
        _split(connection, target, f"{new} IS NULL AND {like}", split)
        for part, reader in readers.items():
            _read_distinct(connection, part, reader)
        connection.execute(
            f"UPDATE {target} SET {new} = {_as(kind, _joined(zone))} FROM times_rest AS rest"
            f" WHERE {target}.rowid = rest.row"
        )
    connection.execute("DROP TABLE IF EXISTS times_rest")


def _split(connection: duckdb.DuckDBPyConnection, target: str, condition: str, parts: str) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE times_rest AS"
        f" SELECT row, unnest(parts) FROM (SELECT rowid AS row, {parts} AS parts"
        f" FROM {target} WHERE {condition})"
    )


def _cut(source: str) -> str:
    """Date and clock, cut at the first blank, bracket or 日: quick, and right for most spellings.

    A clock in digits alone is left to the pattern, which knows where it may stand.
    """
    places = ", ".join(f"nullif(instr({source}, '{mark}'), 0)" for mark in (" ", "）", ")", "日"))
    cut = f"coalesce({places}, 100)"
    clock = f"substr({source}, {cut} + 1)"
    day = f"CASE WHEN regexp_matches({clock}, '^[0-9]+$') THEN '' ELSE left({source}, {cut}) END"
    return f"{{'day': {day}, 'clock': {clock}, 'zone': ''}}"


def _matched(source: str) -> str:
    """Date, clock and zone by the pattern: right for all spellings."""
    match = f"regexp_extract({source}, '{time_patterns.SPLIT}', ['a', 'b', 'c', 'd', 'e', 'f'])"
    struct = "{'day': p.a || p.d, 'clock': p.b || p.e, 'zone': p.c || p.f}"
    return f"list_transform([{match}], lambda p: {struct})[1]"


def _read_distinct(
    connection: duckdb.DuckDBPyConnection, part: str, reader: Callable[[str], int | None]
) -> None:
    """Add a column of microseconds to the rows that are left; drop those that cannot be read."""
    texts = connection.execute(f"SELECT DISTINCT {part} FROM times_rest").fetchall()
    read = pd.DataFrame(_rows((text for (text,) in texts), reader), columns=["text", "value"])
    connection.register("times_read", read.astype({"text": "str", "value": "Int64"}))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE times_rest AS SELECT rest.*, value AS {part}_micros"
        f" FROM times_rest AS rest JOIN times_read ON text = {part}"
    )
    connection.unregister("times_read")


def _rows(
    texts: Iterable[str], reader: Callable[[str], int | None]
) -> Iterator[tuple[str, int | None]]:
    for text in texts:
        with contextlib.suppress(Unreadable):
            yield text, reader(text)


def _joined(zone: str) -> str:
    local = "day_micros + clock_micros"
    utc = f"timezone('UTC', make_timestamp({local} - zone_micros))"
    return (
        f"CASE WHEN zone_micros IS NULL THEN make_timestamp({local})"
        f" ELSE timezone('{zone}', {utc}) END"
    )


def _micros(date: datetime.date) -> int:
    return (date - spellings.EPOCH).days * 86_400_000_000


def _zone_micros(text: str) -> int | None:
    minutes = spellings.read_zone(text)
    return None if minutes is None else minutes * 60_000_000


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
