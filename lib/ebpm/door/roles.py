"""Which columns say whose row it is: code, name, prefecture."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ebpm import lgcode
from ebpm.door.identity import Digits, codes_of, is_ward_name, prefecture_of
from ebpm.lgcode.names import bearing
from ebpm.readers.grid import Cell, text

MIN_SHARE = 0.3
MIN_SHARE_ALONE = 0.75
MIN_CELLS = 2
LONGEST_NAME = 30
LONGEST_PREFECTURE = 6
MANY_ROWS = 2_000


@dataclass(frozen=True)
class Roles:
    """The identifying columns of a table; all that look like codes are in `code_candidates`."""

    code: int | None = None
    name: int | None = None
    prefecture: int | None = None
    digits: Digits | None = None
    code_candidates: tuple[int, ...] = ()
    name_candidates: tuple[int, ...] = ()

    @property
    def columns(self) -> set[int]:
        """All identifying columns."""
        return {c for c in (self.code, self.name, self.prefecture) if c is not None}

    def __bool__(self) -> bool:
        return bool(self.columns)


def roles_of(rows: Sequence[Sequence[Cell]]) -> Roles:
    """The roles of the columns, by the share of their cells that codes and names account for.

    Of a long table every n-th row is looked at.
    """
    columns = list(zip(*rows[:: len(rows) // MANY_ROWS + 1], strict=True))
    counts = [Counter(filter(None, map(text, column))) for column in columns]
    codes = _above(counts, lambda word: bool(codes_of(word, None)[0]))
    names = _above(counts, is_municipal_name)
    prefectures = _above(counts, is_prefecture_name)
    code = codes[0] if codes else None
    prefecture = prefectures[0] if prefectures else None
    name = next((column for column in names if column != prefecture), None)
    if name is None and prefecture is not None:
        name, prefecture = prefecture, None
    if code is not None and name is None and not _is_code_alone(counts[code]):
        code, codes = None, []
    digits = _digits(counts[code]) if code is not None else None
    return Roles(code, name, prefecture, digits, tuple(codes), tuple(names))


def is_municipal_name(word: str) -> bool:
    """Whether a text is the name of a municipality (or of a ward with its city)."""
    if word.isascii() or len(word) > LONGEST_NAME:
        return False
    bodies = bearing(word)
    return any(b.kind is not lgcode.Kind.PREFECTURE for b in bodies) or is_ward_name(word)


def is_prefecture_name(word: str) -> bool:
    """Whether a text is the name of a prefecture, with or without 都・府・県."""
    return not word.isascii() and len(word) <= LONGEST_PREFECTURE and bool(prefecture_of(word))


def _is_code_alone(count: Counter[str]) -> bool:
    """Whether codes without names beside them are codes: American postal codes look like some."""
    fitting = sum(number for word, number in count.items() if codes_of(word, None)[0])
    return fitting / count.total() >= MIN_SHARE_ALONE


def _above(counts: list[Counter[str]], fits: Callable[[str], bool]) -> list[int]:
    """Columns in which enough of the filled cells fit, those with most first."""
    found: dict[int, int] = {}
    for column, count in enumerate(counts):
        total = count.total()
        fitting = sum(number for word, number in count.items() if fits(word))
        if fitting >= min(MIN_CELLS, total) and total and fitting / total >= MIN_SHARE:
            found[column] = fitting
    return sorted(found, key=lambda column: (-found[column], column))


def _digits(count: Counter[str]) -> Digits | None:
    """How many digits the codes of a column had, where the codes tell."""
    if any(word.startswith("R") for word in count):
        return 5
    options: tuple[Digits, Digits] = (6, 5)
    fitting = {
        digits: sum(n for word, n in count.items() if codes_of(word, digits)[0])
        for digits in options
    }
    if fitting[5] == fitting[6]:
        return None
    return 6 if fitting[6] > fitting[5] else 5
