"""What the first values of a column look like: moments, times of day, months, numbers, words."""

from __future__ import annotations

import datetime
import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ebpm.japanese import fold_width
from ebpm.own import spellings, values
from ebpm.own.mapped import folded
from ebpm.own.spellings import Order

MANY = 500
"""So many values of a column are looked at."""

_CLOCK = re.compile(
    r"(?:午前|午後)? ?\d{1,2} ?[:時] ?\d{1,2}分?(?: ?:?\d{1,2}(?:\.\d+)?秒?)? ?(?:[ap]\.?m\.?)?",
    re.I,
)
_NUMBER = re.compile(
    r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?"
    r" ?(?:分|時間|秒|件|人|名|回|点|円|日|%|min|mins|minutes|h|hours|days)?"
)
_MAYBE_MOMENT = re.compile(r"(?=.*\d).{6,40}")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}:\d\d")
_SLASHED = re.compile(r"\s*(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})(?!\d).*")


@dataclass(frozen=True)
class Look:
    """Shares (0–1) of the filled values that look like something; `filled` of `cells` are filled.

    `moments` are days with or without time of day, `with_clock` those with, `clocks` times of day
    alone, `dated` are texts that hold a year or a time of day in whatever form. `values` are the distinct values.
    """

    cells: int
    filled: int
    moments: float
    with_clock: float
    clocks: float
    dated: float
    months: float
    numbers: float
    values: tuple[str, ...]

    @property
    def is_unique(self) -> bool:
        """Whether no value occurs twice."""
        return len(self.values) == self.filled > 1


def _is_number(text: str) -> bool:
    """Whether a text is a number, or a length of time in words (1時間30分)."""
    return _NUMBER.fullmatch(text) is not None or values.minutes(text) is not None


def look(samples: Iterable[str | None]) -> Look:
    """What the first values of a column look like."""
    cells = [fold_width(cell or "").strip() for cell, _ in zip(samples, range(MANY), strict=False)]
    filled = [cell for cell in cells if cell]
    moments = {value for value in set(filled) if is_moment(value)}
    return Look(
        len(cells),
        len(filled),
        _share(filled, moments.__contains__),
        _share(filled, lambda text: text in moments and _has_clock(text)),
        _share(filled, lambda text: _CLOCK.fullmatch(text) is not None),
        _share(filled, lambda text: _DATED.search(text) is not None),
        _share(filled, lambda text: _reads(text, "month")),
        _share(filled, _is_number),
        tuple(dict.fromkeys(filled)),
    )


def is_moment(text: str) -> bool:
    """Whether a text names a day, with or without time of day, in one order or the other."""
    return _reads(text, "timestamp")


def moment(text: str | None, order: Order | None) -> datetime.datetime | None:
    """The moment of a text, None where there is none: to see which of two columns is the later."""
    try:
        read = spellings.read(text or "", order=order or "month_first", kind="timestamp")
    except spellings.Unreadable:
        return None
    return read if isinstance(read, datetime.datetime) else None


def order_of(columns: Iterable[Sequence[str | None]]) -> tuple[Order | None, bool]:
    """Order of day and month in dates such as 04/05/2024, and whether there are such dates at all.

    A part above 12 decides; only small parts, or a contradiction, leave it open (None).
    """
    texts = (fold_width(cell or "") for column in columns for cell in column[:MANY])
    pairs = [(int(m[1]), int(m[3])) for text in texts if (m := _SLASHED.fullmatch(text))]
    is_day_first, is_month_first = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if is_day_first == is_month_first:
        return None, bool(pairs)
    return ("day_first" if is_day_first else "month_first"), True


def share_of_signs(seen: Look, signs: Sequence[str]) -> float:
    """The share of distinct values that fit one of the patterns (`*` stands for any text)."""
    patterns = [folded(sign) for sign in signs]
    values = [folded(value) for value in seen.values[:200]]
    fitting = sum(any(fnmatch.fnmatchcase(v, p) for p in patterns) for v in values)
    return fitting / len(values) if values else 0.0


def share_later(
    before: Sequence[str | None], after: Sequence[str | None], order: Order | None
) -> float:
    """The share of rows, of those with both moments, in which the second is not the earlier one.

    1 where there is nothing to compare (columns of different length are not of the same rows).
    """
    if len(before) != len(after):
        return 1.0
    rows = zip(before[:MANY], after[:MANY], strict=True)
    pairs = [(moment(one, order), moment(other, order)) for one, other in rows]
    both = [(one, other) for one, other in pairs if one and other]
    return sum(one <= other for one, other in both) / len(both) if both else 1.0


def _has_clock(text: str) -> bool:
    return ":" in text or "時" in text or (len(text) in (12, 14) and text.isdigit())


def _reads(text: str, kind: spellings.Kind) -> bool:
    if not _MAYBE_MOMENT.fullmatch(text):
        return False
    orders: tuple[Order, ...] = ("month_first", "day_first")
    return any(not spellings.reason(text, order=order, kind=kind) for order in orders)


def _share(filled: Sequence[str], fits: Callable[[str], bool]) -> float:
    """The share of the values that fit; each distinct value is looked at once."""
    known = {value: fits(value) for value in set(filled)}
    return sum(known[value] for value in filled) / len(filled) if filled else 0.0
