"""A published table as it lies in its file: cells by row and column, each with a place to name."""

import datetime
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ebpm.readers.reading import ReadError, csv_rows

Cell = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta

Corner = tuple[int, int]
"""Row and column of a cell."""

CHECK_FILE = "元のファイルを確かめてください"


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet (or of a CSV file, whose `sheet` is None), row by row.

    Rows and columns are counted from 0 here and named as people count them by `place`. A blank
    cell is an empty text; a cell of a workbook keeps the type that the workbook gives it. `merged`
    holds the first and last corner of merged cells.
    """

    file: str
    sheet: str | None
    rows: list[list[Cell]]
    hidden: bool = False
    merged: tuple[tuple[Corner, Corner], ...] = ()

    def place(self, row: int, column: int | None = None) -> str:
        """Where a cell stands: `シート「人口」 B12`, `12 行目 2 列目`, or the row alone."""
        if self.sheet is None:
            return f"{row + 1} 行目" + ("" if column is None else f" {column + 1} 列目")
        where = f"{row + 1} 行目" if column is None else f"{column_letters(column)}{row + 1}"
        return f"シート「{self.sheet.strip()}」 {where}"

    def error(self, row: int, column: int | None, problem: str, remedy: str) -> ReadError:
        """The error of a cell or row that is not what it must be."""
        return ReadError(self.file, self.place(row, column), problem, remedy)


def column_letters(column: int) -> str:
    """The letters of a column counted from 0 (0 → A, 27 → AB)."""
    letters = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        letters = chr(ord("A") + letter) + letters
        column -= 1
    return letters


def text(cell: Cell) -> str:
    """A cell as text, without outer blanks; a whole number without decimals (11002.0 → 11002)."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def folded(cell: Cell) -> str:
    """A cell's text in one width, without any blank or line break: for comparing headings."""
    return "".join(unicodedata.normalize("NFKC", text(cell)).split())


def csv_grid(path: Path, encoding: str, header_rows: int = 1) -> Grid:
    """A CSV file as a grid of texts; raises ReadError as `csv_rows` does."""
    return Grid(path.name, None, [list(row) for row in csv_rows(path, encoding, header_rows)])


def is_blank(row: list[Cell]) -> bool:
    """Whether a row holds nothing."""
    return not any(text(cell) for cell in row)
