"""No individual number (個人番号) may be held: one that is valid, anywhere in a file, refuses it.

Twelve digits with a valid check digit (平成26年総務省令第85号 第5条), in any width, grouped by
hyphens or blanks in any way, alone or within a text. Not taken for one: part of a longer run of
digits (法人番号, card numbers), the digits of a decimal number, of a UUID or another hexadecimal
text, and points in time (YYYYMMDDhhmm) where all twelve-digit values of the column are such.

One in eleven numbers of twelve digits fits the check digit by chance. A column of such numbers that
are something else (an id of another system) is refused, too, until the mapping declares it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from ebpm.door.mynumber import is_my_number
from ebpm.readers.reading import ReadError

DIGITS = 12
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー－ｰ─_", "-"))
# A run of groups of digits, with what stands between them: a hyphen, or blanks.
RUN = re.compile(r"\d+(?:(?:\s?-\s?|\s{1,3})\d+)*")
HEX = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{24,}")
DAY = re.compile(r"\b(?:19|20)\d\d[-/](?:0?[1-9]|1[0-2])[-/](?:0?[1-9]|[12]\d|3[01])(?![-\d])")
DECIMAL = re.compile(r"\d*\.\d+")
MOMENT = "%Y%m%d%H%M"
EARLIEST, LATEST = 1900, 2100
# What a value must hold to be looked at: digits enough, whatever stands between them.
PREFILTER = r"(?:[0-9０-９][^0-9０-９A-Za-z.,:/、。]{0,3}){11}[0-9０-９]"


@dataclass(frozen=True)
class Hit:
    """A column in which valid numbers stand: its heading, the first row, how many rows."""

    heading: str
    row: int
    count: int
    by_chance: bool = False


def find(text: str) -> list[str]:
    """The valid individual numbers in a text, as twelve digits."""
    return [digits for digits in candidates(text) if is_my_number(digits)]


def candidates(text: str) -> Iterator[str]:
    """Every group of twelve digits in a text that could be an individual number."""
    plain = unicodedata.normalize("NFKC", text).translate(DASHES)
    if sum(map(str.isdigit, plain)) < DIGITS:
        return
    plain = HEX.sub(lambda m: "x" * len(m[0]) if re.search("[a-f]", m[0]) else m[0], plain.lower())
    plain = DECIMAL.sub(lambda m: m[0] if m[0].startswith(".") else "x" * len(m[0]), plain)
    plain = DAY.sub("x", plain)
    for run in RUN.finditer(plain):
        yield from _twelve(run[0])


def _twelve(run: str) -> Iterator[str]:
    """Whole groups of a run that make twelve digits together, joined by one kind of separator.

    Groups that go on in the same way before or after are a longer number.
    """
    parts = re.split(r"(\D+)", run)
    groups, marks = parts[::2], ["-" if "-" in mark else " " for mark in parts[1::2]]
    for first in range(len(groups)):
        length = 0
        for last in range(first, len(groups)):
            length += len(groups[last])
            if length >= DIGITS:
                break
        inside = marks[first:last]
        if length != DIGITS or len(set(inside)) > 1:
            continue
        around = [*marks[max(first - 1, 0) : first], *marks[last : last + 1]]
        if not (inside and inside[0] in around):
            yield "".join(groups[first : last + 1])


def scan(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    headings: Sequence[str],
    file: str,
    exempt: Sequence[str] = (),
) -> list[Hit]:
    """The columns of a table of texts (with `row_number`) in which valid numbers stand.

    Columns in `exempt` are looked at, too: what to do with their hits is for the caller to say.
    """
    found = []
    for column, heading in zip(columns, headings, strict=True):
        rows = connection.execute(
            f"SELECT {column}, min(row_number), count(*) FROM {table} "
            f"WHERE length({column}) >= {DIGITS} AND regexp_matches({column}, ?) GROUP BY ALL",
            [PREFILTER],
        ).fetchall()
        found += _hits(heading, rows)
    return found


def scan_cells(rows: Sequence[Sequence[Any]], place: Callable[..., str]) -> list[Hit]:
    """The cells of a sheet in which valid numbers stand; a heading is what `place` calls the cell."""
    columns: dict[int, list[tuple[str, int, int]]] = {}
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if (text := _text(cell)) is not None:
                columns.setdefault(column, []).append((text, number, 1))
    return [
        Hit(place(hit.row, column), hit.row + 1, hit.count, hit.by_chance)
        for column, cells in columns.items()
        for hit in _hits("", cells)
    ]


def _text(cell: Any) -> str | None:
    """A cell that may hold twelve digits, as text."""
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() and abs(cell) < 10**15 else None
    if isinstance(cell, bool | date | datetime) or cell is None:
        return None
    text = str(cell)
    return text if len(text) >= DIGITS else None


def _hits(heading: str, rows: Sequence[tuple[str, int, int]]) -> list[Hit]:
    """What the values of one column (text, first row, how often) hold."""
    twelve = [(digits, row, count) for text, row, count in rows for digits in candidates(text)]
    if twelve and all(_is_moment(digits) for digits, _, _ in twelve):
        return []
    valid = [(row, count) for digits, row, count in twelve if is_my_number(digits)]
    if not valid:
        return []
    share = len(valid) / len(twelve)
    by_chance = len(twelve) >= 50 and share < 0.2
    return [Hit(heading, min(row for row, _ in valid), sum(count for _, count in valid), by_chance)]


def _is_moment(digits: str) -> bool:
    try:
        return EARLIEST <= datetime.strptime(digits, MOMENT).year <= LATEST
    except ValueError:
        return False


def refuse(hits: Sequence[Hit], file: str) -> None:
    """Raises ReadError naming columns and rows, never a number; nothing without hits."""
    if not hits:
        return
    named = "、".join(f"「{hit.heading}」の {hit.row} 行目（{hit.count:,} 件）" for hit in hits)
    problem = "個人番号とみられる値があります。個人番号はこの目的では保有できません"
    remedy = "その列を除いたファイルにしてください"
    if all(hit.by_chance for hit in hits):
        remedy += (
            "。12 桁の整理番号などで、個人番号でないと確かめた列なら、対応表（mapping）の "
            "not_my_number に列名を書いてください（12 桁の数字は 11 件に 1 件ほど偶然一致します）"
        )
    raise ReadError(file, named, problem, remedy)
