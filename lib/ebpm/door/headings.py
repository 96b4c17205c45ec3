"""Headings of columns, over one header row or several, merged ones spread over their columns."""

from collections.abc import Sequence

from ebpm.door.sheet import Sheet, is_filled, shown
from ebpm.readers.grid import folded

JOINT = "／"


def headings(sheet: Sheet, rows: Sequence[int], without: Sequence[int | None] = ()) -> list[str]:
    """One heading a column: what its header rows say, from top to bottom, each thing once.

    A blank cell of an upper header row takes the heading to its left (headings are merged so),
    unless nothing stands below it either.
    """
    lines = [_line(sheet, row, rows) for row in rows if row not in without]
    width = max(map(len, sheet.rows), default=0)
    columns = zip(*lines, strict=True) if lines else [()] * width
    return [JOINT.join(dict.fromkeys(part for part in column if part)) for column in columns]


def _line(sheet: Sheet, row: int, rows: Sequence[int]) -> list[str]:
    """The headings of one row, those of upper rows spread to the right."""
    below = [r for r in rows if r > row]
    line: list[str] = []
    for column, cell in enumerate(sheet.rows[row]):
        here = shown(cell) if is_filled(cell) else ""
        spread = not here and line and any(is_filled(sheet.rows[r][column]) for r in below)
        line.append(line[-1] if spread else here)
    return line


def same_heading(one: str, other: str) -> bool:
    """Whether two headings are the same but for width and blanks."""
    return folded(one) == folded(other)
