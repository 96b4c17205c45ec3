"""Logs of any size (CSV, CP932 or UTF-8) into DuckDB, in bounded memory.

Blocks of bytes are split into rows and cells as bytes; only the distinct values of a block are
decoded, since a log says the same few words a million times. That is sound in CP932: no second byte
of a character is a comma, a quotation mark or the end of a line (all are 0x40 or above). Needs
PyArrow (`pip install 'ebpm[logs]'`).

Nothing is guessed: a column is text, so that codes keep their zeros, unless its type is declared.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import duckdb
import numpy as np

from ebpm.lineage import quoted
from ebpm.readers.grid import CHECK_FILE
from ebpm.readers.reading import ReadError

if TYPE_CHECKING:
    import pyarrow as pa

Type = Literal["text", "integer", "number", "date", "timestamp"]
TYPES: tuple[Type, ...] = get_args(Type)
BLOCK_BYTES = 8_000_000
SAMPLE_BYTES = 1_000_000
# From this share of distinct values on, a dictionary is longer than what it stands for.
MANY_DISTINCT = 0.3
BOM = b"\xef\xbb\xbf"
INCOMING = "ebpm_incoming"
UNREADABLE = "\ufffd"
# Values that are decoded are kept for the next block, up to so many of a column.
MOST_KEPT = 100_000


@dataclass(frozen=True)
class Loaded:
    """A log that was loaded: rows read, loaded and set aside by reason, and the list of the latter."""

    table: str
    encoding: str
    read: int
    loaded: int
    reasons: Mapping[str, int]
    list_of_set_aside: Path | None

    @property
    def set_aside(self) -> int:
        """Rows that were not loaded."""
        return self.read - self.loaded


@dataclass(frozen=True)
class Layout:
    """How a log is laid out: its delimiter, rows up to the first of data, names of its columns.

    `columns` are those of the heading where none are given. `row_number` names a further column
    that counts the rows of the file from 1, those above the data included.
    """

    delimiter: str = ","
    rows_above: int = 1
    columns: tuple[str, ...] = ()
    row_number: str | None = None


def load(
    path: Path,
    database: Path,
    table: str,
    types: Mapping[str, Type] | None = None,
    *,
    encoding: Literal["cp932", "utf-8"] | None = None,
    layout: Layout | None = None,
    memory_limit: str | None = None,
) -> Loaded:
    """Loads a CSV file with a heading as a table of a DuckDB file; the table is replaced whole.

    `layout` says how it is laid out, where that is not commas and one line of headings;
    `memory_limit` is what DuckDB may take (400MB), beside some 300 MB of blocks being read.

    A row of another length, with a byte that is no character, or with a value that is not of its
    column's declared type is set aside with its reason in `<table>.set_aside.csv` beside the
    database. Blank cells are NULL. Raises ReadError where the file is no such table, a declared
    column is not in it, or no row can be loaded; the table is then as it was.
    """
    _require_pyarrow()
    source = _Source.of(path, dict(types or {}), encoding, layout or Layout())
    database.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database)) as connection:
        if memory_limit:
            connection.execute("SET memory_limit = ?", [memory_limit])
        connection.execute("SET preserve_insertion_order = false")
        try:
            return _loaded(connection, database, table, source)
        except _RowOfAnotherLength:
            # PyArrow names such a row as text, which bytes in CP932 are not.
            return _loaded(connection, database, table, replace(source, is_recoded=True))


class _RowOfAnotherLength(Exception):
    """A row has more cells or fewer than the heading."""


def _loaded(
    connection: duckdb.DuckDBPyConnection, database: Path, table: str, source: _Source
) -> Loaded:
    import pyarrow as pa

    aside = _Aside(database.with_name(f"{table}.set_aside.csv"))
    batches = _Batches(source, aside)
    reader = pa.RecordBatchReader.from_batches(batches.schema, batches.all())
    connection.register(INCOMING, reader)
    connection.execute("BEGIN")
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {quoted(table)} AS SELECT * FROM {INCOMING}")
        counted = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
        loaded = int(counted[0]) if counted else 0
        if not loaded:
            name = source.path.name
            raise ReadError(name, "表全体", "取り込める行がありません", CHECK_FILE)
        connection.execute("COMMIT")
    except (duckdb.Error, ReadError) as error:
        connection.execute("ROLLBACK")
        aside.given_up()
        raise (batches.problem or error) from None
    finally:
        connection.unregister(INCOMING)
    listed = aside.finished()
    read = loaded + sum(aside.reasons.values())
    return Loaded(table, source.encoding, read, loaded, dict(aside.reasons), listed)


def _require_pyarrow() -> None:
    if find_spec("pyarrow") is None:
        remedy = "pip install 'ebpm[logs]' を実行してください"
        raise ReadError("ebpm load", "準備", "PyArrow がありません", remedy)


@dataclass(frozen=True)
class _Source:
    """A file, how it is written, its columns, and which of them hold mostly distinct values.

    `is_recoded`: its bytes are made UTF-8 before they are split, with a mark where there is none.
    """

    path: Path
    encoding: str
    columns: tuple[str, ...]
    types: Mapping[str, Type]
    distinct: frozenset[str]
    layout: Layout = Layout()
    is_recoded: bool = False

    @property
    def written_in(self) -> str:
        """The encoding of the bytes that are split."""
        return "utf-8" if self.is_recoded else self.encoding

    def opened(self) -> Any:
        """The bytes that are split."""
        raw = self.path.open("rb")
        return io.BufferedReader(_Recoded(raw, self.encoding)) if self.is_recoded else raw

    @classmethod
    def of(
        cls, path: Path, types: Mapping[str, Type], encoding: str | None, layout: Layout
    ) -> _Source:
        with path.open("rb") as stream:
            start = stream.read(SAMPLE_BYTES)
        if not start.strip():
            raise ReadError(path.name, "ファイル", "中身がありません", CHECK_FILE)
        found = encoding or encoding_of(start)
        cut = start.rfind(b"\n") + 1 or len(start)
        text = start[:cut].removeprefix(BOM).decode(found, errors="replace")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter))
        columns = layout.columns or tuple(rows[0])
        _require_columns(path, columns, types)
        whole = [row for row in rows[layout.rows_above :] if len(row) == len(columns)]
        distinct = {
            name
            for name, values in zip(columns, zip(*whole, strict=True), strict=False)
            if len(set(values)) > MANY_DISTINCT * len(values)
        }
        return cls(path, found, columns, types, frozenset(distinct), layout)


def encoding_of(start: bytes) -> Literal["cp932", "utf-8"]:
    """UTF-8 if it can be (but for a character cut off at the end of the sample), else CP932."""
    try:
        start[: len(start) - 4].decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.reason == "unexpected end of data" else "cp932"
    return "utf-8"


def _require_columns(path: Path, columns: tuple[str, ...], types: Mapping[str, Type]) -> None:
    if len(set(columns)) < len(columns) or not all(columns):
        raise ReadError(path.name, "1 行目", "列の名前が空か、重なっています", CHECK_FILE)
    for name in types:
        if name not in columns:
            known = "、".join(columns)
            raise ReadError(path.name, "1 行目", f"列「{name}」がありません", f"列：{known}")


@dataclass
class _Aside:
    """The list of what was set aside, written as it comes."""

    path: Path
    reasons: Counter[str] = field(default_factory=Counter)
    _stream: Any = None

    def add(self, reason: str, content: str) -> None:
        if self._stream is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            self._stream = beside.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._stream).writerow(["reason", "content"])
        self.reasons[reason] += 1
        csv.writer(self._stream).writerow([reason, content])

    def given_up(self) -> None:
        """Forgets the list; an older one stays."""
        if self._stream is not None:
            self._stream.close()
            Path(self._stream.name).unlink()

    def finished(self) -> Path | None:
        """Puts the list in its place; an older one goes where nothing was set aside."""
        if self._stream is None:
            self.path.unlink(missing_ok=True)
            return None
        self._stream.close()
        Path(self._stream.name).replace(self.path)
        return self.path


class _Batches:
    """The rows of a log, block by block, decoded and typed."""

    def __init__(self, source: _Source, aside: _Aside) -> None:
        import pyarrow as pa

        self._source = source
        self._aside = aside
        self.problem: Exception | None = None
        self._known: dict[str, dict[bytes, str]] = {name: {} for name in source.columns}
        self._arrow_types = {
            "text": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us"),
        }
        self._fields = pa.schema([(name, self._type_of(name)) for name in source.columns])
        self._row = source.layout.rows_above
        numbered = source.layout.row_number
        self.schema = (
            self._fields.append(pa.field(numbered, pa.int64())) if numbered else self._fields
        )

    def _type_of(self, name: str) -> Any:
        import pyarrow as pa

        kind = self._source.types.get(name, "text")
        is_repeated = kind == "text" and name not in self._source.distinct
        plain = self._arrow_types[kind]
        return pa.dictionary(pa.int32(), pa.string()) if is_repeated else plain

    def all(self) -> Iterator[pa.RecordBatch]:
        """Every batch; what goes wrong is kept as `problem`, for DuckDB tells its words alone."""
        import pyarrow as pa

        try:
            with self._source.opened() as stream, self._reader(stream) as reader:
                for batch in reader:
                    yield self._typed(batch)
        except pa.ArrowInvalid as error:
            name, said = self._source.path.name, str(error).splitlines()[0]
            is_length = ": Expected " in said and not self._source.is_recoded
            unread = ReadError(name, "表全体", f"表として読めません（{said}）", CHECK_FILE)
            self.problem = _RowOfAnotherLength() if is_length else unread
            raise

    def _reader(self, stream: Any) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        repeated = pa.dictionary(pa.int32(), pa.binary())
        names = self._source.columns
        options = arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types={
                name: pa.binary() if name in self._source.distinct else repeated for name in names
            },
            null_values=[""],
            strings_can_be_null=True,
        )
        above = self._source.layout.rows_above
        # The names stand for no row: what is above the data is passed over as rows, not as lines.
        reading = arrow_csv.ReadOptions(
            block_size=BLOCK_BYTES, column_names=list(names), skip_rows_after_names=above
        )
        parsing = arrow_csv.ParseOptions(
            delimiter=self._source.layout.delimiter,
            newlines_in_values=True,
            invalid_row_handler=self._wrong_length if self._source.is_recoded else None,
        )
        return arrow_csv.open_csv(
            stream, read_options=reading, parse_options=parsing, convert_options=options
        )

    def _wrong_length(self, row: Any) -> str:
        reason = f"列の数が違う（{row.actual_columns}、{row.expected_columns} のはず）"
        self._aside.add(reason, str(row.text))
        return "skip"

    def _typed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        columns, bad = [], {}
        for name, column in zip(self._source.columns, batch.columns, strict=True):
            made, wrong = self._column(name, column)
            columns.append(made)
            bad.update(dict.fromkeys(wrong, name))
        made = pa.RecordBatch.from_arrays(columns, schema=self._fields)
        if numbered := self._source.layout.row_number:
            made = made.append_column(numbered, self._numbers(batch.num_rows))
        if not bad:
            return made
        for row, name in sorted(bad.items()):
            kind = self._source.types.get(name, "text")
            reason = f"「{name}」が{_NOT[kind]}"
            self._aside.add(reason, self._shown(batch, row))
        keep = np.ones(batch.num_rows, dtype=bool)
        keep[list(bad)] = False
        return made.filter(pa.array(keep))

    def _numbers(self, rows: int) -> Any:
        """The next row numbers; rows of another length, which were passed over, are not counted."""
        import pyarrow as pa

        first, self._row = self._row + 1, self._row + rows
        return pa.array(np.arange(first, first + rows, dtype=np.int64))

    def _shown(self, batch: pa.RecordBatch, row: int) -> str:
        cells = (column[row].as_py() for column in batch.columns)
        return ",".join(
            (c or b"").decode(self._source.written_in, "backslashreplace") for c in cells
        )

    def _column(self, name: str, column: Any) -> tuple[Any, list[int]]:
        """A column in its type, and the rows whose value is not of it."""
        import pyarrow as pa

        kind = self._source.types.get(name, "text")
        if not pa.types.is_dictionary(column.type):
            return self._values(name, kind, column)
        words, wrong = self._values(name, kind, column.dictionary)
        where = column.indices
        rows: Any = np.flatnonzero(np.isin(where.fill_null(-1).to_numpy(), wrong)) if wrong else []
        if kind == "text":
            return pa.DictionaryArray.from_arrays(where, words), list(map(int, rows))
        return words.take(where), list(map(int, rows))

    def _values(self, name: str, kind: Type, values: Any) -> tuple[Any, list[int]]:
        """Bytes as values of a type, and the positions of those that are none (null there)."""
        import pyarrow as pa

        texts, wrong = self._texts(name, values)
        if kind == "text":
            return texts, wrong
        wanted = self._arrow_types[kind]
        try:
            return texts.cast(wanted), wrong
        except pa.ArrowInvalid:
            made = [_cast(text, wanted) for text in texts]
        given = zip(texts, made, strict=True)
        wrong += [at for at, (text, value) in enumerate(given) if text.is_valid and value is None]
        return pa.array(made, wanted), wrong

    def _texts(self, name: str, values: Any) -> tuple[Any, list[int]]:
        """Bytes as texts; all at once where there is nothing but ASCII."""
        import pyarrow as pa

        data = values.buffers()[-1]
        if data is None or not len(data) or np.frombuffer(data, np.uint8).max() < 0x80:
            return values.cast(pa.string()), []
        known = self._known[name]
        if len(known) > MOST_KEPT:
            known.clear()
        texts: list[str | None] = []
        wrong: list[int] = []
        for at, value in enumerate(values.to_pylist()):
            text = known.get(value) if value is not None else None
            if text is None and value is not None:
                text = known[value] = value.decode(self._source.written_in, "replace")
            if text is not None and UNREADABLE in text:
                wrong.append(at)
            texts.append(text)
        return pa.array(texts, pa.string()), wrong


class _Recoded(io.RawIOBase):
    """The bytes of a file as UTF-8, with UNREADABLE where they are no character."""

    def __init__(self, raw: Any, encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            block = self._raw.read(BLOCK_BYTES)
            self._left = memoryview(self._decoder.decode(block, final=not block).encode())
            if not block:
                break
        taken = self._left[: len(buffer)]
        self._left = self._left[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self._raw.close()
        super().close()


_NOT: dict[Type, str] = {
    "text": "文字として読めない",
    "integer": "整数でない",
    "number": "数値でない",
    "date": "日付でない",
    "timestamp": "日時でない",
}


def _cast(text: Any, wanted: Any) -> Any:
    """One text in a type; None where it is none."""
    import pyarrow as pa

    try:
        return text.cast(wanted).as_py()
    except pa.ArrowInvalid:
        return None
