"""What a cell of a published table says: a number, a kind of missing, or nothing that is known."""

import re

from ebpm.japanese import fold_width
from ebpm.missing import Missing, of_mark
from ebpm.readers.grid import Cell, text
from ebpm.readers.rows import Unfit

NUMBER = re.compile(r"[-△▲]? ?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d+)?", re.ASCII)
DECIMALS = 10
"""A value that a formula left in a workbook (0.6000000000000001) is the one it shows (0.6)."""


def number_of(cell: Cell) -> float | None:
    """The number that a cell holds or writes (１，２３４.5, △1.2, ▲3); None for anything else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return round(float(cell), DECIMALS)
    written = fold_width(text(cell)).strip()
    if not NUMBER.fullmatch(written) or not any(map(str.isdigit, written)):
        return None
    return float(written.translate(str.maketrans("△▲", "--", ", ")))


def value_of(cell: Cell) -> tuple[float | None, Missing | None]:
    """The number or the kind of missing that a cell states: exactly one of both.

    Raises Unfit (`blank_value`, `unreadable_value`) where it states neither.
    """
    if (number := number_of(cell)) is not None:
        return number, None
    if not (written := text(cell)):
        raise Unfit("blank_value")
    if (kind := of_mark(written)) is None:
        raise Unfit("unreadable_value")
    return None, kind


def count_of(cell: Cell) -> tuple[int | None, Missing | None]:
    """As `value_of`, of a whole number that is not negative."""
    number, kind = value_of(cell)
    if number is None:
        return None, kind
    if number < 0 or not number.is_integer():
        raise Unfit("unreadable_value")
    return int(number), None
