"""A sheet as it was opened: its cells, their places, what is hidden or merged."""

import unicodedata
from dataclasses import dataclass, replace
from itertools import zip_longest

from ebpm.door.cells import ABSENT
from ebpm.readers.grid import Cell, Corner, Grid, column_letters, text


@dataclass(frozen=True)
class Sheet:
    """One sheet; `turned` when rows and columns were exchanged (a body a column in the file)."""

    grid: Grid
    lengths: tuple[int, ...]
    turned: bool = False

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells, row by row, all rows of one length."""
        return self.grid.rows

    @property
    def hidden(self) -> bool:
        """Whether the workbook hides the sheet."""
        return self.grid.hidden

    @property
    def merged(self) -> tuple[tuple[Corner, Corner], ...]:
        """First and last corner of the merged cells, as they stand in the file."""
        return self.grid.merged

    @property
    def name(self) -> str | None:
        """The sheet's name; None in a text file."""
        return self.grid.sheet

    def place(self, row: int, column: int | None = None) -> str:
        """Where a cell (or row) stands in the file as people count."""
        if not self.turned:
            return self.grid.place(row, column)
        if column is not None:
            return self.grid.place(column, row)
        return f"{self.column_label(row, turned=False)} 列目"

    def column_label(self, column: int, turned: bool | None = None) -> str | int:
        """How the settings name a column: letters in a workbook, else its number from 1."""
        by_number = self.turned if turned is None else turned
        return column + 1 if by_number or self.name is None else column_letters(column)

    def turn(self) -> "Sheet":
        """The sheet with rows and columns exchanged."""
        rows = [list(row) for row in zip_longest(*self.rows, fillvalue="")]
        grid = replace(self.grid, rows=rows)
        return replace(self, grid=grid, lengths=(len(self.rows),) * len(rows), turned=True)


@dataclass(frozen=True)
class Opened:
    """An opened file: its sheets, and of a text file how it is written."""

    file: str
    sheets: tuple[Sheet, ...]
    encoding: str | None = None
    line_ends: str | None = None
    delimiter: str | None = None


def is_filled(cell: Cell) -> bool:
    """Whether something stands in a cell."""
    if isinstance(cell, str):
        return cell != ABSENT and cell.strip() != ""
    return True


def is_blank_row(row: list[Cell]) -> bool:
    """Whether nothing stands in a row; quick where all its cells are empty texts."""
    return row.count("") == len(row) or not any(map(is_filled, row))


def shown(cell: Cell) -> str:
    """A cell as it is quoted in a message: one line, never long."""
    return " ".join(unicodedata.normalize("NFC", text(cell)).split())[:40]


def is_ragged(sheet: Sheet, row: int, header: int) -> bool:
    """Whether a row has not the header's number of columns (a stray or lost delimiter shifts it).

    Blank columns at the end of either do not count.
    """
    if sheet.turned or is_blank_row(sheet.rows[row]):
        return False
    wanted = max((c + 1 for c, cell in enumerate(sheet.rows[header]) if is_filled(cell)), default=0)
    used = max((c + 1 for c, cell in enumerate(sheet.rows[row]) if is_filled(cell)), default=0)
    return sheet.lengths[row] < wanted or used > max(wanted, sheet.lengths[header])
