"""Corrections of published files, as data: each with its reason and a guard.

`data/corrections/<source>.toml` holds tables `[[correction]]`. A correction names the file, the row
(by other cells of that row), the column, what is published and what it must be. The guard: exactly
one row fits and its cell still reads as published; once the publisher has mended the file, the
correction fails and must go. Corrections are recorded in the figure's record.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ebpm.paths import DATA
from ebpm.readers.reading import ReadError


@dataclass(frozen=True)
class Correction:
    """One wrong cell of a published file."""

    id: str
    file: str
    row: dict[str, str]
    column: str
    published: str
    corrected: str
    reason: dict[str, str]
    page: str


@cache
def of_source(key: str) -> tuple[Correction, ...]:
    """The corrections of a source, in the order of their file; none where it has no file."""
    path = DATA / "corrections" / f"{key}.toml"
    if not path.exists():
        return ()
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["correction"]
    return tuple(Correction(**entry) for entry in entries)


def corrected(key: str, file: str, header: Sequence[str], rows: list[list[str]]) -> list[list[str]]:
    """The rows of a published file with the source's corrections of that file applied.

    `rows` are not changed. Raises ReadError where a guard fails.
    """
    result = [list(row) for row in rows]
    for correction in of_source(key):
        if correction.file == file:
            _apply(correction, header, result)
    return result


def _apply(correction: Correction, header: Sequence[str], rows: list[list[str]]) -> None:
    where = {header.index(name): value for name, value in correction.row.items()}
    column = header.index(correction.column)
    found = [
        row for row in rows if all(row[place].strip() == value for place, value in where.items())
    ]
    if len(found) != 1 or found[0][column].strip() != correction.published:
        seen = "、".join(row[column] for row in found) or "該当する行なし"
        problem = f"訂正 {correction.id} の前提（{correction.published}）が「{seen}」に変わりました"
        remedy = "元が直っていれば data/corrections から訂正を消してください"
        raise ReadError(correction.file, correction.column, problem, remedy)
    found[0][column] = correction.corrected
