"""Sifting a table whose rows stand alone: each row is loaded, blank, or set aside with a reason."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ebpm.readers.reading import ReadError, Reading, SetAside

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Line = TypeVar("Line")


class Unfit(ValueError):
    """A row that cannot be loaded; its text is the reason (snake_case, of a closed set)."""


@dataclass(frozen=True)
class Sifted:
    """The rows of one file: those to load, in the order of the file, and the account of the rest."""

    rows: list[Row]
    read: int
    empty: int
    set_aside: tuple[SetAside, ...]

    def reading(self, table: str, frame: "pd.DataFrame") -> Reading:
        """The reading whose table was made of these rows."""
        loaded = len(self.rows)
        return Reading(table, frame, "row", self.read, loaded, self.empty, self.set_aside)


def sift(
    file: str,
    lines: Sequence[list[str]],
    row_of: Callable[[list[str]], Row],
    key: Sequence[str],
) -> Sifted:
    """Each line below a one-line header through `row_of`, which raises Unfit where it must.

    Lines that share a `key` are all set aside as `repeated_key`: which one holds is not known.
    Raises ReadError where nothing is left, for such a file is not what its name says.
    """
    filled = [(n, line) for n, line in enumerate(lines, start=2) if any(map(str.strip, line))]
    rows, aside = fitting(filled, row_of, key)
    if not rows:
        raise nothing_left(file, "表全体", aside)
    account = (
        SetAside(file, f"{number} 行目", aside[number], ",".join(line)[:200])
        for number, line in filled
        if number in aside
    )
    return Sifted(rows, len(lines), len(lines) - len(filled), tuple(account))


def fitting(
    numbered: Iterable[tuple[int, Line]], row_of: Callable[[Line], Row], key: Sequence[str]
) -> tuple[list[Row], dict[int, str]]:
    """The rows that `row_of` makes of numbered lines, and by number the reason of each other line.

    Lines that share a `key` are all `repeated_key`.
    """
    good: dict[int, Row] = {}
    aside: dict[int, str] = {}
    for number, line in numbered:
        try:
            good[number] = row_of(line)
        except Unfit as unfit:
            aside[number] = str(unfit)
    counted = Counter(_key(row, key) for row in good.values())
    aside |= {n: "repeated_key" for n, row in good.items() if counted[_key(row, key)] > 1}
    return [row for number, row in good.items() if number not in aside], aside


def nothing_left(file: str, place: str, aside: dict[int, str]) -> ReadError:
    """The error of a table without a single row to load."""
    reasons = "、".join(sorted(set(aside.values()))) or "行がありません"
    problem = f"読み込める行が1つもありません（{reasons}）"
    return ReadError(file, place, problem, "ファイル名と中身が合っているか確かめてください")


def check_header(file: str, given: Sequence[str], expected: Sequence[str]) -> None:
    """Raises ReadError at the first heading that is not the expected one."""
    names = [name.strip() for name in given]
    for column, name in enumerate(expected):
        found = names[column] if column < len(names) else "（なし）"
        if found != name:
            problem = f"見出しが「{found}」です（「{name}」のはずです）"
            place = f"1 行目 {column + 1} 列目"
            raise ReadError(file, place, problem, "元のファイルを確かめてください")
    if len(names) > len(expected):
        problem = f"知らない列「{names[len(expected)]}」があります"
        place = f"1 行目 {len(expected) + 1} 列目"
        raise ReadError(file, place, problem, "元のファイルを確かめてください")


def _key(row: Row, key: Sequence[str]) -> Hashable:
    return tuple(row[name] for name in key)
