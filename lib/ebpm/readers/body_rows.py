"""Workbooks that list local governments row by row: whose each row is, and which can be loaded."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from ebpm import lgcode
from ebpm.readers.grid import Cell, Grid, folded, is_blank, text
from ebpm.readers.reading import ReadError, Reading, SetAside, found, joined
from ebpm.readers.rows import Row, Sifted, Unfit, fitting, nothing_left

CODE = re.compile(r"\d{5,6}", re.ASCII)
SHOWN_CELLS = 5


def read_editions(
    raw: Path, patterns: Sequence[str], read_edition: Callable[[Path], Reading]
) -> Reading:
    """All workbooks that fit one of the patterns, oldest edition first.

    Raises ReadError where there is none, or two are of one edition.
    """
    there = [pattern for pattern in patterns if any(raw.glob(pattern))]
    editions: dict[str, tuple[Path, Reading]] = {}
    for path in found(raw, there or patterns[:1]):
        reading = read_edition(path)
        edition = str(reading.frame["edition"].iloc[0])
        if edition in editions:
            problem = f"{editions[edition][0].name} と同じ版（{edition}）です"
            raise ReadError(path.name, "ファイル", problem, "どちらか1つだけを置いてください")
        editions[edition] = path, reading
    return joined([editions[edition][1] for edition in sorted(editions)])


def sift_rows(
    grid: Grid, first: int, row_of: Callable[[list[Cell]], Row], key: Sequence[str]
) -> Sifted:
    """Each row of a sheet from `first` (counted from 0) through `row_of`, which may raise Unfit.

    Rows that share a `key` are all set aside as `repeated_key`: which one holds is not known.
    Raises ReadError where nothing is left.
    """
    filled = [n for n in range(first, len(grid.rows)) if not is_blank(grid.rows[n])]
    rows, aside = fitting(((n, grid.rows[n]) for n in filled), row_of, key)
    if not rows:
        raise nothing_left(grid.file, grid.place(first), aside)
    account = tuple(_aside(grid, number, aside[number]) for number in filled if number in aside)
    read = len(grid.rows) - first
    return Sifted(rows, read, read - len(filled), account)


def _aside(grid: Grid, number: int, reason: str) -> SetAside:
    shown = ",".join(text(cell) for cell in grid.rows[number][:SHOWN_CELLS]).rstrip(",")
    return SetAside(grid.file, grid.place(number), reason, shown)


def code_of(cell: Cell) -> str:
    """A six-digit code with the right check digit, a lost leading zero restored.

    Raises Unfit (`unknown_code`) for anything else.
    """
    written = folded(cell)
    code = written.zfill(6)
    if not CODE.fullmatch(written) or lgcode.check_digit(code[:5]) != code[5]:
        raise Unfit("unknown_code")
    return code


def body_of(code: str, prefecture: str, name: str, on: date | None = None) -> lgcode.Municipality:
    """The body of the registry on which code (as `code_of` gives it), prefecture and name agree.

    `name` is empty for a prefecture; a name that the body bore before is its name, too. With the
    day `on` of the table, a code given up since leads to today's body of the same territory.
    Raises Unfit: `former_municipality` for a body that was merged or split (or without a day),
    `unknown_code` for a code that never was, `name_does_not_match_code` otherwise.
    """
    try:
        body = lgcode.get(code)
    except lgcode.LgcodeError:
        return _heir(code, prefecture, name, on)
    former = body.kind is not lgcode.Kind.PREFECTURE and name in lgcode.former_names(code)
    if body.prefecture != prefecture or not (former or _is_named(body, name or prefecture)):
        raise Unfit("name_does_not_match_code")
    return body


def _heir(code: str, prefecture: str, name: str, on: date | None) -> lgcode.Municipality:
    """Today's body of the same territory as the one that bore a code on a day."""
    if not _was_used(code):
        raise Unfit("unknown_code")
    if on is None or not _has_same_territory(code, on):
        raise Unfit("former_municipality")
    then = lgcode.body_on(code, on)
    if prefecture != then.prefecture or not lgcode.same_name(name, then.name):
        raise Unfit("name_does_not_match_code")
    return lgcode.get(lgcode.today(code, on))


def _has_same_territory(code: str, on: date) -> bool:
    try:
        return lgcode.has_same_territory(code, on)
    except lgcode.LgcodeError:
        return False  # no body bore the code on that day


def _was_used(code: str) -> bool:
    try:
        return bool(lgcode.historic(code))
    except lgcode.LgcodeError:
        return False


def _is_named(body: lgcode.Municipality, name: str) -> bool:
    try:
        return lgcode.find(name, body.prefecture) == body.lgcode
    except lgcode.LgcodeError:
        return False
