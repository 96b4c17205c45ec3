"""The settings of an import: what the analyst says of a file."""

from dataclasses import dataclass
from typing import Any

from ebpm.door.identity import Digits
from ebpm.missing import Missing

TO_FILL = "要記入"
NO_ROW = "no_row"
MEANINGS = (*(str(kind) for kind in Missing), NO_ROW)
"""What a mark may mean: a kind of missing, or that the publisher says nothing (no row)."""


class SettingsError(ValueError):
    """Settings or a file that do not allow the import; `problems` names all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Column:
    """A column of the file: its number from 0, and the heading that must stand over it."""

    index: int
    heading: str
    digits: Digits | None = None
    fill_down: bool = False


@dataclass(frozen=True)
class Indicator:
    """A column taken in: what it is called and means, its unit, its own time if it has one."""

    column: Column
    indicator: str
    name: str
    unit: str
    meaning: dict[str, str]
    fiscal_year: int | None
    date: str | None
    values: dict[str, float]


@dataclass(frozen=True)
class LeaveOut:
    """Rows that the analyst leaves out, and why: by number, or by what stands in a column."""

    reason: str
    rows: frozenset[int] = frozenset()
    column: Column | None = None
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Settings:
    """All that the analyst says of a file; rows are counted from 0."""

    dataset: str
    sheet: str | None
    turned: bool
    header: tuple[int, ...]
    first: int
    last: int
    code: Column | None
    name: Column | None
    prefecture: Column | None
    fiscal_year: int | Column | None
    date: str | Column | None
    marks: dict[str, str]
    leave_out: tuple[LeaveOut, ...]
    indicators: tuple[Indicator, ...]
    source: dict[str, Any]
