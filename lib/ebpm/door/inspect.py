"""What a file holds, told before anything is taken in: nothing is changed, nothing guessed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ebpm.door.columns import Profile, profile
from ebpm.door.dates import fiscal_year
from ebpm.door.headings import headings
from ebpm.door.identity import identify
from ebpm.door.layout import Layout, Table, layout_of, upright
from ebpm.door.mynumber import refuse_my_numbers
from ebpm.door.opening import open_file
from ebpm.door.sheet import Opened, Sheet, is_blank_row, is_filled, is_ragged, shown
from ebpm.door.words import unit_in
from ebpm.readers.grid import Cell

EXAMPLES = 5
ROWS_LOOKED_AT = 20_000


@dataclass
class TableReport:
    """One table: where it lies, whose rows they are, what its columns hold."""

    layout: Table
    headings: list[str]
    columns: list[Profile]
    named: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    zeros_lost: int = 0
    ragged: list[str] = field(default_factory=list)
    ragged_count: int = 0
    merged: list[str] = field(default_factory=list)
    repeated: int = 0


@dataclass
class SheetReport:
    """One sheet with its tables; `size` is rows and columns as they lie in the file."""

    sheet: Sheet
    size: tuple[int, int]
    layout: Layout
    tables: list[TableReport]


@dataclass
class Inspection:
    """A whole file."""

    opened: Opened
    sheets: list[SheetReport]

    def chosen(self, name: str | None = None) -> SheetReport | None:
        """The sheet to draft from: the named one, else the visible one that names most bodies."""
        fitting = [s for s in self.sheets if s.tables and name in {None, s.sheet.name}]
        visible = [s for s in fitting if not s.sheet.hidden] or fitting
        return max(visible, key=lambda s: s.tables[0].named, default=None)


def inspect(path: Path) -> Inspection:
    """Looks at a file; raises ReadError where it cannot be opened or holds personal numbers."""
    opened = open_file(path)
    return Inspection(opened, [_sheet(sheet) for sheet in opened.sheets])


def _sheet(given: Sheet) -> SheetReport:
    refuse_my_numbers(given)
    sheet = upright(given)
    layout = layout_of(sheet)
    size = (len(given.rows), max(map(len, given.rows), default=0))
    return SheetReport(sheet, size, layout, [_table(sheet, table) for table in layout.tables])


def _table(sheet: Sheet, table: Table) -> TableReport:
    rows = _data_rows(sheet, table)
    own = table.roles.columns
    names = headings(sheet, table.header, (table.unit_row, table.year_row))
    full = headings(sheet, table.header)
    columns = [
        profile(sheet, rows[:ROWS_LOOKED_AT], _column(sheet, table, column, full, names))
        for column in range(len(full))
        if column not in own
    ]
    report = TableReport(table, full, columns)
    _identities(sheet, table, rows, report)
    _shape(sheet, table, report)
    return report


def _data_rows(sheet: Sheet, table: Table) -> list[int]:
    """Rows of data: not blank, no total, no footnote."""
    wanted = sorted({*table.bodies, *table.others})
    span = range(table.first, table.last + 1)
    rows = wanted if table.roles else span
    return [row for row in rows if not is_blank_row(sheet.rows[row])]


def _column(
    sheet: Sheet, table: Table, column: int, full: Sequence[str], names: Sequence[str]
) -> Profile:
    found = Profile(column, sheet.column_label(column), full[column], names[column])
    rows = [row for row in table.header if row != table.year_row]
    units = (unit_in(sheet.rows[row][column]) for row in reversed(rows))
    found.unit = next((unit for unit in units if unit), None)
    if table.year_row is not None:
        found.fiscal_year = fiscal_year(sheet.rows[table.year_row][column])
    return found


def _identities(sheet: Sheet, table: Table, rows: list[int], report: TableReport) -> None:
    """Which rows name a body, and which do not, by reason and with their places."""
    if not table.roles:
        return
    seen: Counter[str] = Counter()
    for row in [*rows, *table.totals]:
        code, name, prefecture = identity_cells(sheet.rows[row], table)
        found = identify(code, name, prefecture, table.roles.digits)
        if found.lgcode:
            seen[found.lgcode] += 1
            report.zeros_lost += len(shown(code)) == (table.roles.digits or 6) - 1
            continue
        reason = found.reason or ""
        report.reasons[reason] = report.reasons.get(reason, 0) + 1
        examples = report.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            own = (shown(cell) for cell in (code, prefecture, name) if is_filled(cell))
            examples.append(f"{sheet.place(row)}「{' '.join(own)}」")
    report.named = len(seen)
    report.repeated = sum(1 for number in seen.values() if number > 1)


def identity_cells(row: Sequence[Cell], table: Table) -> tuple[Cell, Cell, Cell]:
    """Code, name and prefecture of a row; blank where the table has no such column."""
    roles = table.roles
    code, name, prefecture = (
        "" if column is None else row[column]
        for column in (roles.code, roles.name, roles.prefecture)
    )
    return code, name, prefecture


def _shape(sheet: Sheet, table: Table, report: TableReport) -> None:
    """Rows of another length than the header's, and merged cells among the data."""
    for row in range(table.first, table.last + 1):
        if is_ragged(sheet, row, table.header[-1] if table.header else table.first):
            report.ragged_count += 1
            if len(report.ragged) < EXAMPLES:
                report.ragged.append(sheet.place(row))
    for (top, left), (bottom, _) in sheet.merged:
        if table.first <= top <= table.last and not sheet.turned and bottom > top:
            report.merged.append(sheet.place(top, left))
