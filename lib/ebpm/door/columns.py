"""What stands in a column: its type, how full it is, its marks, odd spellings, unreadable cells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ebpm import missing
from ebpm.door.cells import fold_mark, kind_of, read_number
from ebpm.door.sheet import Sheet, shown
from ebpm.readers.grid import Cell, text

FEW_VALUES = 6
EXAMPLES = 5
NUMERIC = ("number", "percentage", "count")
YES_NO = ({"実施", "未実施"}, {"○", "×"}, {"有", "無"}, {"あり", "なし"}, {"はい", "いいえ"}, {"○"})
YES = {"実施", "○", "有", "あり", "はい"}


@dataclass
class Profile:
    """One column of a table, over its rows of data."""

    column: int
    label: str | int
    heading: str
    name: str
    type: str = "empty"
    unit: str | None = None
    fiscal_year: int | None = None
    cells: int = 0
    filled: int = 0
    blank: int = 0
    missing: dict[str, tuple[str, int]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    unreadable_count: int = 0
    spellings: dict[str, int] = field(default_factory=dict)
    suffixes: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    largest: float | None = None


def profile(sheet: Sheet, rows: Sequence[int], blank: Profile) -> Profile:
    """Fills in what the cells of a column say; `blank` names the column."""
    cells = [(row, sheet.rows[row][blank.column]) for row in rows]
    counts = Counter(_key(cell) for _, cell in cells)
    kinds = {key: kind_of(key) for key in counts}
    totals = Counter[str]()
    for key, number in counts.items():
        totals[kinds[key]] += number
    blank.cells, blank.blank = len(cells), totals["blank"]
    blank.filled = len(cells) - totals["blank"] - totals["mark"] - totals["absent"]
    blank.type = _type(totals, blank.filled)
    for key, number in counts.items():
        _note(blank, key, kinds[key], number)
    if blank.type in NUMERIC:
        bad = [(row, cell) for row, cell in cells if not _fits(kinds[_key(cell)])]
        blank.unreadable_count = len(bad)
        blank.unreadable = [
            (sheet.place(row, blank.column), shown(cell)) for row, cell in bad[:EXAMPLES]
        ]
    return blank


def _key(cell: Cell) -> Cell:
    """Cells that are told apart: a truth value is no number, a text keeps its spelling."""
    return str(cell) if isinstance(cell, bool) else cell


def _fits(kind: str) -> bool:
    return kind in NUMERIC or kind in {"blank", "mark"}


def _type(totals: Counter[str], filled: int) -> str:
    """The type that most filled cells have; `mark` where there are marks only."""
    if filled == 0:
        return "mark" if totals["mark"] else "empty"
    numeric = sum(totals[kind] for kind in NUMERIC)
    if numeric * 2 >= filled:
        return max(NUMERIC, key=lambda kind: totals[kind])
    return "date" if totals["date"] * 2 >= filled else "text"


def _note(profile: Profile, cell: Cell, kind: str, number: int) -> None:
    """Takes one distinct cell into the account of its column."""
    if kind == "mark":
        mark, means = fold_mark(cell), missing.of_mark(text(cell))
        before = profile.missing.get(mark, ("", 0))[1]
        profile.missing[mark] = (str(means), before + number)
    elif (
        kind not in {"blank", "absent"}
        and profile.type == "text"
        and len(profile.values) < FEW_VALUES
    ):
        profile.values.append(shown(cell))
    read = read_number(cell) if profile.type in NUMERIC else None
    if read is None:
        return
    profile.largest = max(profile.largest or 0.0, abs(read.value))
    if read.suffix and read.suffix not in profile.suffixes:
        profile.suffixes.append(read.suffix)
    for trait in ("comma", "full_width", "triangle"):
        if getattr(read, trait):
            profile.spellings[trait] = profile.spellings.get(trait, 0) + number


def yes_no(profile: Profile) -> dict[str, int]:
    """What 1 and 0 would stand for in a column of 実施/未実施 or ○/×; empty for any other."""
    words = set(profile.values)
    if profile.type != "text" or not any(words and words <= pair for pair in YES_NO):
        return {}
    return {word: int(word in YES) for word in sorted(words)}
