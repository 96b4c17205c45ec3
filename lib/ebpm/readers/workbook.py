"""Excel workbooks (`.xls`, `.xlsx`) as grids, refused where they are damaged, locked or a bomb.

calamine reads the values that the workbook shows; `workbook_scan` looks the file through before.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from ebpm.readers.grid import Cell, Grid
from ebpm.readers.reading import ReadError
from ebpm.readers.workbook_scan import ErrorCell, damaged, locked, look_through

PANIC = "PanicException"
"""pyo3's own exception, a BaseException that cannot be imported."""


def workbook_grids(path: Path) -> list[Grid]:
    """All sheets of a workbook that hold cells, in the order of the workbook.

    Merged cells hold their value in the first cell and are blank elsewhere, as published; in an
    .xlsx, a cell that shows an error holds its text (#DIV/0!). Raises ReadError where the file is
    missing, locked by a password, damaged, too large unpacked, or holds a formula without its
    result.
    """
    errors = look_through(path)
    try:
        with _silent_panics(), CalamineWorkbook.from_path(path) as workbook:
            return [
                Grid(
                    path.name,
                    meta.name,
                    _cells(sheet.to_python(skip_empty_area=False), errors.get(meta.name, ())),
                    hidden=meta.visible is not SheetVisibleEnum.Visible,
                    merged=tuple(sheet.merged_cell_ranges or ()),
                )
                for meta in workbook.sheets_metadata
                if (sheet := workbook.get_sheet_by_name(meta.name)).height
            ]
    except PasswordError:
        raise locked(path) from None
    except CalamineError as error:
        raise damaged(path, str(error)) from None
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from None
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise damaged(path, "構造が壊れています") from None


@contextmanager
def _silent_panics() -> Iterator[None]:
    """calamine, where a damaged workbook leads it astray, panics and writes that on stderr."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def one_sheet(path: Path) -> Grid:
    """The only sheet that holds cells; raises ReadError where there are several or none."""
    grids = workbook_grids(path)
    if len(grids) != 1:
        names = "、".join(grid.sheet or "" for grid in grids) or "なし"
        problem = f"値のあるシートが {len(grids)} 枚あります（{names}）"
        raise ReadError(path.name, "ブック", problem, "1 枚だけの版を使ってください")
    return grids[0]


def _cells(rows: list[list[Cell]], errors: Iterable[ErrorCell]) -> list[list[Cell]]:
    """The rows with the errors that cells show, without the blank ones at the end."""
    for row, column, shown in errors:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = shown
    while rows and not any(cell != "" for cell in rows[-1]):
        rows.pop()
    return rows
