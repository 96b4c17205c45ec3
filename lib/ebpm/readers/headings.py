"""The header of a sheet, found by its headings: in any row, of one row or more, in any order.

A header is the row that holds the code column's heading and the rows below it until the first
row of data. Merged cells hold their text in the first cell, so a heading is what its column says
from top to bottom (実質公債／費比率) or, below the heading of a group, its last part.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ebpm.readers.cells import number_of
from ebpm.readers.grid import CHECK_FILE, Cell, Grid, folded, is_blank
from ebpm.readers.reading import ReadError

ANCHOR = "団体コード"
REMARK = re.compile(r"\((?!参考値).*?\)|[※*]\d*|注\d*|%")
ONE_TABLE = "表が1つだけのシートにしてください"


@dataclass(frozen=True)
class Header:
    """Where the columns of a table stand, by name, in the order of the sheet; all from 0."""

    row: int
    first_data_row: int
    columns: dict[str, int]

    def cell(self, line: Sequence[Cell], name: str) -> Cell:
        """The cell of a column in a row of data."""
        return line[self.columns[name]]

    def require(self, grid: Grid, expected: Mapping[str, str]) -> None:
        """Raises ReadError where a column (heading → name) is absent."""
        if absent := [heading for heading, name in expected.items() if name not in self.columns]:
            problem = f"見出し「{'」「'.join(absent)}」の列がありません"
            raise grid.error(self.row, None, problem, CHECK_FILE)


def find_header(grid: Grid, known: Callable[[str], str | None], headings: str) -> Header:
    """The one header of a sheet.

    `known` gives the name of a column by its heading (folded, without remarks), or None;
    `headings` lists for people what is known. Raises ReadError, naming the cell, where there is no
    header or a second one, a heading that is not known or occurs twice, or values without heading.
    """
    row = _anchor_row(grid)
    first = _first_data_row(grid, row)
    columns: dict[str, int] = {}
    for column in range(max(map(len, grid.rows))):
        if (name := _column_name(grid, range(row, first), column, known, headings)) is None:
            continue
        if name in columns:
            problem = f"「{_joined(grid, range(row, first), column)}」の列が二度あります"
            raise grid.error(row, column, problem, ONE_TABLE)
        columns[name] = column
    return Header(row, first, columns)


def _anchor_row(grid: Grid) -> int:
    found = [row for row, line in enumerate(grid.rows) if ANCHOR in map(_heading, line)]
    if not found:
        problem = f"見出しの行（「{ANCHOR}」のある行）がありません"
        raise ReadError(grid.file, grid.place(0), problem, CHECK_FILE)
    if len(found) > 1:
        raise grid.error(found[1], None, "見出しの行がもう1つあります", ONE_TABLE)
    return found[0]


def _first_data_row(grid: Grid, row: int) -> int:
    """The first row below the header that has a code or a number."""
    anchor = [_heading(cell) for cell in grid.rows[row]].index(ANCHOR)
    for number, line in enumerate(grid.rows[row + 1 :], start=row + 1):
        if folded(line[anchor]) or any(number_of(cell) is not None for cell in line):
            return number
    raise grid.error(row, None, "見出しの下にデータの行がありません", CHECK_FILE)


def _column_name(
    grid: Grid, rows: range, column: int, known: Callable[[str], str | None], headings: str
) -> str | None:
    whole = _joined(grid, rows, column)
    if not whole:
        _check_nothing_below(grid, rows.stop, column)
        return None
    last = next(part for row in reversed(rows) if (part := _part(grid, row, column)))
    if (name := known(whole) or known(last)) is None:
        problem = f"見出し「{whole}」は知らない項目です"
        raise grid.error(rows.start, column, problem, f"読める項目は{headings}です")
    return name


def _check_nothing_below(grid: Grid, first: int, column: int) -> None:
    for row in range(first, len(grid.rows)):
        if folded(grid.rows[row][column]):
            problem = "見出しのない列に値があります"
            raise grid.error(row, column, problem, CHECK_FILE)


def _joined(grid: Grid, rows: range, column: int) -> str:
    return "".join(_part(grid, row, column) for row in rows)


def _part(grid: Grid, row: int, column: int) -> str:
    return _heading(grid.rows[row][column])


def _heading(cell: Cell) -> str:
    """A heading in one width, without line breaks, units in brackets and marks of footnotes."""
    return REMARK.sub("", folded(cell))


def title(grid: Grid, header: Header) -> str:
    """All that stands above the header, in one line."""
    above = [line for line in grid.rows[: header.row] if not is_blank(line)]
    return " ".join(folded(cell) for line in above for cell in line if folded(cell))
