"""Files of one JSON object a line to which rows are only ever added.

Several processes may add at the same time, and git merges two branches line by line. A line that a
crash cut short stays where it is: the next row to be added is preceded by a mark that names it by
its hash, so that it is told on every reading and never taken for damage or dropped.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

from ebpm.files import lock

Row = dict[str, Any]
HALF_WRITTEN = "half_written"


class LedgerError(RuntimeError):
    """The ledger holds a line that cannot be true: which file and line, and what to do."""


@dataclass(frozen=True)
class Line:
    """A row and the number of its line, from 1."""

    number: int
    row: Row


def dumped(row: Row) -> str:
    """A row as its line holds it, without the end of the line; ValueError for NaN or infinity."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def digest(row: Row) -> str:
    """sha256 of a row whatever the order of its keys."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def parsed(raw: bytes) -> Row | None:
    """The JSON object of a line; None where it is none."""
    try:
        content = json.loads(raw, parse_constant=_refuse)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def read(path: Path) -> list[Line]:
    """The rows of a file in its order; a line cut short by a crash is told in one warning.

    Raises LedgerError for a line that is no JSON object.
    """
    if not path.exists():
        return []
    with path.open("rb") as stream:
        lock(stream, exclusive=False)
        data = stream.read()
    numbered = [(number, raw, parsed(raw)) for number, raw in _raw_lines(data)]
    cut = {row[HALF_WRITTEN] for _, _, row in numbered if row and HALF_WRITTEN in row}
    if numbered and not data.endswith(b"\n"):
        cut.add(_hash(numbered[-1][1]))
    for number, raw, row in numbered:
        if row is None and _hash(raw) not in cut:
            raise LedgerError(
                f"台帳 {path.name} の {number} 行目は JSON として読めません。"
                "行は消さず、git の履歴にある内容に戻してください。"
            )
        if row is None:
            _tell(path, number, _hash(raw))
    return [Line(number, row) for number, _, row in numbered if row and HALF_WRITTEN not in row]


def _raw_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(data.split(b"\n"), start=1):
        if raw.strip():
            yield number, raw.rstrip(b"\r")


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@cache
def _tell(path: Path, number: int, digest: str) -> None:
    """Once in a process for each such line."""
    logging.getLogger(__name__).warning(
        "台帳 %s の %d 行目は書きかけです（中断のため）。残したまま、ほかの行を使います。",
        path.name,
        number,
    )


def add(path: Path, choose: Callable[[bytes], Sequence[Row]]) -> list[Row]:
    """Adds the rows that `choose` makes from what the file holds, alone among processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as stream:
        lock(stream, exclusive=True)
        stream.seek(0)
        data = stream.read()
        rows = list(choose(data))
        if rows:
            _write(stream, data, "".join(f"{dumped(row)}\n" for row in rows).encode())
    return rows


def _write(stream: IO[bytes], before: bytes, added: bytes) -> None:
    """Adds whole lines; what a full disk cut short is taken back."""
    rest = _end_of_last_line(before) + added
    try:
        while rest:
            rest = rest[stream.write(rest) :]
        os.fsync(stream.fileno())
    except OSError:
        stream.truncate(len(before))
        raise


def _end_of_last_line(data: bytes) -> bytes:
    """Ends a last line that has no end; one that is no JSON object is marked as cut short."""
    if not data or data.endswith(b"\n"):
        return b""
    last = data.rsplit(b"\n", 1)[-1].rstrip(b"\r")
    if parsed(last) is not None:
        return b"\n"
    return f"\n{dumped({HALF_WRITTEN: _hash(last)})}\n".encode()
