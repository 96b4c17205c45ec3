"""How a sheet is laid out: title, header, data, footnotes; one table or several below each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ebpm.door.cells import kind_of
from ebpm.door.dates import fiscal_year
from ebpm.door.identity import codes_of
from ebpm.door.roles import Roles, is_municipal_name, is_prefecture_name, roles_of
from ebpm.door.sheet import Sheet, is_blank_row, is_filled
from ebpm.door.words import is_about_table, is_footnote, is_total, unit_in
from ebpm.lgcode.names import bearing
from ebpm.readers.grid import Cell, text

TURNED_NAMES = 3
NUMERIC = {"number", "percentage", "count"}


@dataclass(frozen=True)
class Table:
    """One table of a sheet; rows are counted from 0, `last` is its last row with data."""

    header: tuple[int, ...]
    first: int
    last: int
    roles: Roles
    unit_row: int | None = None
    year_row: int | None = None
    bodies: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()
    others: tuple[int, ...] = ()


@dataclass
class Layout:
    """The rows of a sheet by what they are."""

    titles: list[int] = field(default_factory=list)
    footnotes: list[int] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def upright(sheet: Sheet) -> Sheet:
    """The sheet so that a body is a row: turned where the first rows hold names side by side."""
    across = max((_names_in(row) for row in sheet.rows[:5]), default=0)
    if across < TURNED_NAMES:
        return sheet
    down = max(map(_names_in, zip(*sheet.rows, strict=True)), default=0)
    return sheet.turn() if across > down else sheet


def _names_in(cells: list[Cell] | tuple[Cell, ...]) -> int:
    return sum(1 for cell in cells if isinstance(cell, str) and _is_name(cell.strip()))


def _is_name(word: str) -> bool:
    return 2 <= len(word) <= 12 and not word.isascii() and bool(bearing(word))


def layout_of(sheet: Sheet) -> Layout:
    """Finds the tables of a sheet and what stands around them."""
    roles = roles_of(sheet.rows)
    layout = Layout()
    kinds = [_kind(row, roles) for row in sheet.rows]
    layout.footnotes = [row for row, kind in enumerate(kinds) if kind == "footnote"]
    drafts = _by_identity(sheet, kinds, layout) if roles else _by_shape(sheet, kinds, layout)
    layout.tables = [_finished(sheet, kinds, table) for table in drafts]
    return layout


def _kind(row: list[Cell], roles: Roles) -> str:
    """`blank`, `footnote`, `total`, `body` (a ward is one too) or `other`."""
    if is_blank_row(row):
        return "blank"
    filled = [cell for cell in row if is_filled(cell)]
    own = [text(row[column]) for column in sorted(roles.columns) if is_filled(row[column])]
    if roles.code is not None and codes_of(text(row[roles.code]), roles.digits)[0]:
        return "body"
    if any(is_municipal_name(word) or is_prefecture_name(word) for word in own):
        return "body"
    if is_footnote(filled[0]):
        return "footnote"
    if any(map(is_total, own)) and any(kind_of(cell) in NUMERIC for cell in filled):
        return "total"
    return "other"


def _by_identity(sheet: Sheet, kinds: list[str], layout: Layout) -> list[Table]:
    """Tables found by the rows that name a body; a blank row and a new header begin another."""
    tables: list[Table] = []
    pending: list[int] = []
    for block in _blocks(kinds):
        start = next((i for i in block if kinds[i] in {"body", "total"}), None)
        if start is None:
            pending += [i for i in block if kinds[i] == "other"]
            continue
        lead = [i for i in block if i < start and kinds[i] == "other"]
        titles, header, data = _split_lead(sheet, pending + lead)
        first = data[0] if data else start
        if header or not tables:
            layout.titles += titles
            tables.append(Table(tuple(header), first, block[-1], Roles()))
        else:
            tables[-1] = replace(tables[-1], last=block[-1])
        pending = []
    return tables


def _blocks(kinds: list[str]) -> Iterator[list[int]]:
    """Runs of rows without a blank row between them."""
    block: list[int] = []
    for row, kind in enumerate([*kinds, "blank"]):
        if kind != "blank":
            block.append(row)
        elif block:
            yield block
            block = []


def _split_lead(sheet: Sheet, lead: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Rows before the first body as titles, header and rows of data that name nobody known."""
    titles: list[int] = []
    header: list[int] = []
    data: list[int] = []
    for row in lead:
        if not header and is_title(sheet.rows[row]):
            titles.append(row)
        elif header and (data or _has_figures(sheet.rows[row])):
            data.append(row)
        elif is_header(sheet.rows[row]):
            header.append(row)
        else:
            data.append(row)
    return titles, header, data


def is_title(row: list[Cell]) -> bool:
    """Whether a row speaks of the whole table: one cell at its left, or notes on unit and date."""
    filled = [column for column, cell in enumerate(row) if is_filled(cell)]
    if len(filled) == 1 and (filled[0] == 0 or is_about_table(row[filled[0]])):
        return True
    return all(is_about_table(row[column]) or column == 0 for column in filled)


def is_header(row: list[Cell]) -> bool:
    """Whether a row may be one of headings: more words (or years) than figures."""
    filled = [cell for cell in row if is_filled(cell)]
    figures = sum(1 for cell in filled if kind_of(cell) in NUMERIC and fiscal_year(cell) is None)
    return len(filled) > 0 and figures * 2 < len(filled)


def _has_figures(row: list[Cell]) -> bool:
    return not is_header(row)


def _by_shape(sheet: Sheet, kinds: list[str], layout: Layout) -> list[Table]:
    """The one table of a sheet in which no body is named: header, then all that follows."""
    rows = [row for row, kind in enumerate(kinds) if kind in {"other", "total"}]
    wide = [row for row in rows if sum(map(is_filled, sheet.rows[row])) > 1] or rows
    if not wide:
        return []
    layout.titles += [row for row in rows if row < wide[0]]
    first = wide[0] + 1 if is_header(sheet.rows[wide[0]]) else wide[0]
    header = (wide[0],) if first > wide[0] else ()
    return [Table(header, first, rows[-1], Roles())] if rows[-1] >= first else []


def _finished(sheet: Sheet, kinds: list[str], table: Table) -> Table:
    """A table with its own roles, its unit and year rows, and its rows by what they are."""
    last = table.last
    while last > table.first and kinds[last] not in {"body", "total"} and _is_note(sheet, last):
        last -= 1
    span = range(table.first, last + 1)
    roles = roles_of(sheet.rows[table.first : last + 1])
    wanted = {kind: tuple(i for i in span if kinds[i] == kind) for kind in set(kinds)}
    return replace(
        table,
        last=last,
        roles=roles,
        unit_row=_unit_row(sheet, table, roles),
        year_row=_year_row(sheet, table, roles),
        bodies=wanted.get("body", ()),
        totals=wanted.get("total", ()),
        others=wanted.get("other", ()) if roles else (),
    )


def _is_note(sheet: Sheet, row: int) -> bool:
    return sum(map(is_filled, sheet.rows[row])) <= 1 or is_footnote(
        next(cell for cell in sheet.rows[row] if is_filled(cell))
    )


def _unit_row(sheet: Sheet, table: Table, roles: Roles) -> int | None:
    return next((row for row in table.header[1:] if _mostly(sheet, row, roles, unit_in)), None)


def _year_row(sheet: Sheet, table: Table, roles: Roles) -> int | None:
    several = table.header if len(table.header) > 1 else ()
    return next((row for row in several if _mostly(sheet, row, roles, fiscal_year)), None)


def _mostly(sheet: Sheet, row: int, roles: Roles, of: Callable[[Cell], object]) -> bool:
    """Whether most headings of a row, identifying columns left out, are of a kind."""
    cells = [
        cell
        for column, cell in enumerate(sheet.rows[row])
        if column not in roles.columns and is_filled(cell)
    ]
    return len(cells) > 1 and sum(1 for cell in cells if of(cell)) * 2 > len(cells)
