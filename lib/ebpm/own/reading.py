"""A file of own data, whatever it is, as one table of texts in a DuckDB file of its own.

CSV of any size (UTF-8, CP932) goes through `ebpm.logs` in bounded memory; workbooks, event logs in
XES and CSV in UTF-16 are small enough to be read whole. Nothing is interpreted here: every cell is
a text or NULL, and `row_number` says where in the file a row stands, as people count.
"""

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import duckdb

from ebpm import logs
from ebpm.own import my_numbers, xes
from ebpm.readers.grid import CHECK_FILE, Cell
from ebpm.readers.reading import ReadError
from ebpm.readers.workbook import workbook_grids
from ebpm.readers.workbook_scan import OLE_MAGIC, ZIP_MAGIC

TABLE = "raw"
ROW = "row_number"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
GZIP = b"\x1f\x8b"
DELIMITERS = ",\t;|"
LOOKED_AT_BYTES = 200_000
LOOKED_AT_ROWS = 20
# A heading stands over most columns; a title or a note above it over one or two.
HEADING_SHARE = 0.7
BLOCK_ROWS = 50_000
MEMORY = "400MB"


@dataclass(frozen=True)
class Raw:
    """A file as it was read: its headings, and what to call each column of the table `raw`.

    `rows` counts those below the heading; `set_aside` are rows that are no rows of the table
    (another number of columns, bytes that are no text), with their reason.
    """

    file: str
    headings: tuple[str, ...]
    rows: int
    encoding: str
    set_aside: tuple[tuple[str, str], ...] = ()

    def column(self, heading: str) -> str:
        """The column of the table `raw` that a heading stands over."""
        return _name(self.headings.index(heading))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the table, in the order of the headings."""
        return tuple(_name(index) for index in range(len(self.headings)))


def read(
    path: Path,
    database: Path,
    *,
    sheet: str | None = None,
    encoding: Literal["utf-8", "cp932"] | None = None,
) -> Raw:
    """Reads a file into the table `raw` of a new DuckDB file.

    Every sheet of a workbook, hidden ones too, is searched for individual numbers (個人番号), of
    which only `sheet` (default: the first visible one with a heading) is read. Raises ReadError
    where the file is no table.
    """
    start = _start(path)
    if path.name.lower().endswith((".xes", ".xes.gz")) or start.lstrip(
        b"\xef\xbb\xbf \r\n\t"
    ).startswith(b"<"):
        headings, rows = xes.read(path)
        return _small(path, database, headings, enumerate(rows, start=1), "XES")
    if start.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return _workbook(path, database, sheet)
    if start.startswith(GZIP):
        problem = "圧縮されたファイルです"
        raise ReadError(path.name, "ファイル", problem, "展開してから指定してください")
    if start.startswith(UTF16):
        text = path.read_bytes().decode("utf-16")
        listed = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
        return _table(path, database, listed, "UTF-16")
    return _log(path, database, start, encoding or logs.encoding_of(start))


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            start = stream.read(LOOKED_AT_BYTES)
    except FileNotFoundError:
        raise ReadError(path.name, "ファイル", "見つかりません", "場所を確かめてください") from None
    if not start.strip():
        raise ReadError(path.name, "ファイル", "中身がありません", CHECK_FILE)
    return start


def _log(path: Path, database: Path, start: bytes, encoding: Literal["utf-8", "cp932"]) -> Raw:
    """A CSV file of any size."""
    text = start[: start.rfind(b"\n") + 1 or len(start)]
    decoded = text.removeprefix(logs.BOM).decode(encoding, errors="replace")
    delimiter = _delimiter(decoded)
    rows = list(
        islice(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter), LOOKED_AT_ROWS)
    )
    above = heading_row(rows)
    headings = unique(rows[above])
    layout = logs.Layout(delimiter, above + 1, tuple(map(_name, range(len(headings)))), ROW)
    done = logs.load(path, database, TABLE, encoding=encoding, layout=layout, memory_limit=MEMORY)
    listed = _listed(done.list_of_set_aside)
    return Raw(path.name, headings, done.read, done.encoding, listed)


def _listed(path: Path | None) -> tuple[tuple[str, str], ...]:
    if path is None:
        return ()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        found = tuple((row["reason"], row["content"]) for row in csv.DictReader(stream))
    path.unlink()
    return found


def _delimiter(text: str) -> str:
    """The delimiter that splits the first lines into most cells."""
    lines = "\n".join(text.splitlines()[:LOOKED_AT_ROWS])
    cells = {
        mark: sum(
            len(row) - 1 for row in csv.reader(io.StringIO(lines, newline=""), delimiter=mark)
        )
        for mark in DELIMITERS
    }
    return max(cells, key=lambda mark: cells[mark])


def heading_row(rows: Sequence[Sequence[Any]]) -> int:
    """The first row that is filled over most columns: titles and notes above it are not."""
    filled = [sum(1 for cell in row if str(cell).strip()) for row in rows[:LOOKED_AT_ROWS]]
    most = max(filled, default=0)
    return next(index for index, number in enumerate(filled) if number >= HEADING_SHARE * most)


def unique(row: Sequence[Any]) -> tuple[str, ...]:
    """The headings, each of which names one column: blank and repeated ones get a number."""
    seen: set[str] = set()
    headings = []
    for index, cell in enumerate(row, start=1):
        heading = " ".join(str(cell).split()) or f"列{index}"
        if heading.casefold() in seen:
            heading = f"{heading}（{index} 列目）"
        seen.add(heading.casefold())
        headings.append(heading)
    return tuple(headings)


def _workbook(path: Path, database: Path, sheet: str | None) -> Raw:
    grids = workbook_grids(path)
    for grid in grids:
        my_numbers.refuse(my_numbers.scan_cells(grid.rows, grid.place), path.name)
    chosen = [g for g in grids if (g.sheet == sheet if sheet else not g.hidden)]
    if not chosen:
        names = "、".join(f"「{g.sheet}」" for g in grids if not g.hidden)
        raise ReadError(
            path.name, "ブック", f"シート「{sheet}」がありません", f"シート：{names or 'なし'}"
        )
    return _table(
        path, database, [list(row) for row in chosen[0].rows], f"シート「{chosen[0].sheet}」"
    )


def _table(path: Path, database: Path, rows: list[list[Any]], encoding: str) -> Raw:
    above = heading_row(rows)
    width = max(map(len, rows))
    headings = unique([*rows[above], *[""] * (width - len(rows[above]))])
    numbered = enumerate(rows[above + 1 :], start=above + 2)
    return _small(path, database, headings, numbered, encoding)


def _small(
    path: Path,
    database: Path,
    headings: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Any]]],
    encoding: str,
) -> Raw:
    """A table whose rows come one by one."""
    import pyarrow as pa

    names = [*map(_name, range(len(headings))), ROW]
    schema = pa.schema([*((name, pa.string()) for name in names[:-1]), (ROW, pa.int64())])
    reader = pa.RecordBatchReader.from_batches(schema, _batches(rows, schema))
    with duckdb.connect(str(database)) as connection:
        connection.register("incoming", reader)
        connection.execute(f"CREATE OR REPLACE TABLE {TABLE} AS SELECT * FROM incoming")
        row = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
    return Raw(path.name, unique(headings), row[0] if row else 0, encoding)


def _batches(rows: Iterable[tuple[int, Sequence[Any]]], schema: Any) -> Iterator[Any]:
    import pyarrow as pa

    width = len(schema) - 1
    left = iter(rows)
    while block := list(islice(left, BLOCK_ROWS)):
        cells = [[*map(shown, row), *[None] * (width - len(row))] for _, row in block]
        columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
        numbers = pa.array([number for number, _ in block], pa.int64())
        yield pa.RecordBatch.from_arrays([*columns, numbers], schema=schema)


def shown(cell: Cell | None) -> str | None:
    """A cell as the text that a CSV file would hold; None where it is blank."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat(" ") if isinstance(cell, datetime.datetime) else cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell.total_seconds() / 60)
    return str(cell)


def _name(index: int) -> str:
    return f"c{index}"
