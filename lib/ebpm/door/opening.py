"""A file of any kind the door takes, opened by its content: text or workbook."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ebpm.door.sheet import Opened, Sheet, is_blank_row
from ebpm.door.text_file import read_text_file
from ebpm.readers.grid import CHECK_FILE
from ebpm.readers.reading import ReadError
from ebpm.readers.workbook import workbook_grids
from ebpm.readers.workbook_scan import OLE_MAGIC, ZIP_MAGIC

MAX_BYTES = 100_000_000
MAX_FILLED_ROWS = 100_000
MAX_FILLED_CELLS = 2_000_000


def open_file(path: Path) -> Opened:
    """Opens a file by its content, whatever its name says.

    Raises ReadError where it is neither a readable workbook nor a table in text.
    """
    content = _content(path)
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        opened = Opened(path.name, tuple(_workbook(path)))
    else:
        opened = read_text_file(path.name, content)
    for sheet in opened.sheets:
        _refuse_too_large(sheet)
    return opened


def _refuse_too_large(sheet: Sheet) -> None:
    """Raises ReadError for what no table of bodies and indicators would fill."""
    rows = sum(1 for row in sheet.rows if not is_blank_row(row))
    cells = rows * max(map(len, sheet.rows), default=0)
    if rows > MAX_FILLED_ROWS or cells > MAX_FILLED_CELLS:
        problem = f"団体×指標の表としては大きすぎます（{rows:,} 行、{cells:,} セル）"
        where = f"シート「{sheet.name}」" if sheet.name else "表全体"
        raise ReadError(sheet.grid.file, where, problem, "必要な行・列だけにしてください")


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise ReadError(path.name, "ファイル", "見つかりません", "場所を確かめてください") from None
    if size == 0:
        raise ReadError(path.name, "ファイル", "中身がありません（0 バイト）", CHECK_FILE)
    if size > MAX_BYTES:
        problem = f"{size / 1e6:,.0f} MB あります（上限 {MAX_BYTES / 1e6:,.0f} MB）"
        raise ReadError(path.name, "ファイル", problem, "必要な行・列だけにしてください")
    return path.read_bytes()


def _workbook(path: Path) -> Iterator[Sheet]:
    for grid in workbook_grids(path):
        width = max(map(len, grid.rows), default=0)
        rows = [row + [""] * (width - len(row)) for row in grid.rows]
        yield Sheet(replace(grid, rows=rows), (width,) * len(rows))
