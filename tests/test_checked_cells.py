"""Hand-checked cells: what a person reads in the published file is what the figure holds.

`tests/checked/<source>.csv` names at least three cells of every edition: the file, its sheet (of a
workbook), row and column as people count them, the text that stands there, and where the figure
must hold it. A file without rows (boundaries) has no row and column. The published file is opened
here by other libraries than the readers use.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import xlrd

from ebpm.figures import available, sources
from support.published import RAW, csv_of, files_of, published

CHECKED = Path(__file__).parent / "checked"
CP932 = {"ssdse-a"}
CELLS = [
    pytest.param(path.stem, row, id=f"{path.stem}-{number}")
    for path in sorted(CHECKED.glob("*.csv"))
    for number, row in enumerate(csv.DictReader(path.open(encoding="utf-8", newline="")), start=2)
]


@cache
def grid(file: str, sheet: str) -> list[list[Any]]:
    """All cells of a published file, as text or as the workbook's own values."""
    path = published(file)
    if path.suffix == ".xls":
        return list(xlrd.open_workbook(path).sheet_by_name(sheet).get_rows())
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        return [list(row) for row in book[sheet].iter_rows(values_only=True)]
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            return [[column[0] for column in found.description], *map(list, found.fetchall())]
    return list(csv_of(file, "cp932" if path.parent.name in CP932 else "utf-8-sig"))


def shown(cell: Any) -> str:
    value = cell.value if isinstance(cell, xlrd.sheet.Cell) else cell
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


@cache
def figure(table: str) -> Path:
    return next(item.path for item in available() if item.table == table)


@pytest.mark.parametrize(("source", "cell"), CELLS)
def test_a_hand_checked_cell_is_what_the_figure_holds(source: str, cell: dict[str, str]) -> None:
    if cell["row"]:
        row, column = int(cell["row"]) - 1, int(cell["column"]) - 1
        assert shown(grid(cell["file"], cell["sheet"])[row][column]) == cell["published"]
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {cell['field']} FROM '{figure(cell['table'])}' WHERE {cell['where']}"
        ).fetchall()
    assert len(found) == 1
    value = found[0][0]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    assert (value == float(cell["value"])) if number else (str(value) == cell["value"])


@pytest.mark.parametrize("source", sources())
def test_every_edition_of_a_source_has_three_hand_checked_cells(source: str) -> None:
    with (CHECKED / f"{source}.csv").open(encoding="utf-8", newline="") as stream:
        counted = Counter(row["file"] for row in csv.DictReader(stream))
    editions = [name for name in files_of(source) if (RAW / name).is_file()]
    assert {name: counted[name] for name in editions if counted[name] < 3} == {}
