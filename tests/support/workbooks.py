"""Workbooks written by tests, and what a reader made of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

from ebpm.readers import Reading


def save_workbook(path: Path, rows: list[list[Any]], sheet: str = "Sheet") -> Path:
    """Writes rows as `.xls` (xlwt) or `.xlsx` (openpyxl), by the ending; blanks are no cells."""
    path.parent.mkdir(exist_ok=True, parents=True)
    if path.suffix == ".xls":
        old = xlwt.Workbook()
        page = old.add_sheet(sheet)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if value not in {"", None}:
                    page.write(row, column, value)
        old.save(str(path))
        return path
    book = openpyxl.Workbook()
    book.active.title = sheet
    for cells in rows:
        book.active.append([None if value == "" else value for value in cells])
    book.save(path)
    return path


def reasons(reading: Reading) -> dict[str, int]:
    """How many rows were set aside for which reason."""
    return dict(Counter(item.reason for item in reading.set_aside))
