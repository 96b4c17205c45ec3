"""One published cell: a number in any of its spellings, a mark, a date, or text."""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ebpm import missing
from ebpm.door.dates import iso_date
from ebpm.readers.grid import Cell, text

ABSENT = "（列なし）"
"""Stands where a row of a CSV file ends too early; never a blank, never a number."""

TRIANGLES = "△▲"
NUMBER = re.compile(
    r"(?P<sign>[-+△▲])?\s*(?P<digits>\d{1,3}(?:,\d{3})+|0|[1-9]\d*)?(?P<decimals>\.\d+)?"
    r"(?P<power>[eE][-+]?\d{1,3})?\s*(?P<suffix>%|[A-Za-z]{1,3}2?|[^\x00-\x7f△▲]{1,8})?",
    re.ASCII,
)
MOST_DIGITS = 15
MINUS = str.maketrans("−‐‑–", "----")


@dataclass(frozen=True)
class Number:
    """A number as a cell shows it: value, what is written after it (％, 人), odd spellings."""

    value: float
    suffix: str = ""
    comma: bool = False
    full_width: bool = False
    triangle: bool = False


def read_number(cell: Cell) -> Number | None:
    """The number a cell shows, or None: a date, a truth value, any other text is no number.

    A number that begins with a superfluous zero (007) is a label, and a whole
    number of more than 15 digits does not fit a double: neither is read.
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return Number(float(cell)) if math.isfinite(cell) else None
    return _number_of(cell) if isinstance(cell, str) else None


@lru_cache(maxsize=100_000)
def _number_of(given: str) -> Number | None:
    plain = unicodedata.normalize("NFKC", given).strip().translate(MINUS)
    match = NUMBER.fullmatch(plain)
    if match is None or not (match["digits"] or match["decimals"]):
        return None
    digits, decimals = (match["digits"] or "").replace(",", ""), match["decimals"] or ""
    value = float(f"{digits}{decimals}{match['power'] or ''}")
    if len(digits) > MOST_DIGITS or not math.isfinite(value):
        return None
    negative = bool(match["sign"]) and match["sign"] != "+"
    wide = any(unicodedata.east_asian_width(c) == "F" and c.isdigit() for c in given)
    return Number(
        -value if negative and value else value,
        match["suffix"] or "",
        "," in (match["digits"] or ""),
        wide,
        (match["sign"] or "") in TRIANGLES and bool(match["sign"]),
    )


def fold_mark(cell: Cell) -> str:
    """A mark in one width and one kind of dash, lower case; blank when nothing is there."""
    return missing.fold_mark(text(cell))


def kind_of(cell: Cell) -> str:
    """`blank`, `absent`, `mark`, `number`, `percentage`, `count` (with unit), `date`, `text`."""
    if cell == ABSENT:
        return "absent"
    if text(cell) == "":
        return "blank"
    if isinstance(cell, str) and missing.of_mark(cell) is not None:
        return "mark"
    if number := read_number(cell):
        if number.suffix == "":
            return "number"
        return "percentage" if number.suffix == "%" else "count"
    return "date" if iso_date(cell) else "text"
