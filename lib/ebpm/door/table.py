"""The table that settings describe, found in its file; whose row each row is, or why it is none."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ebpm.door.dates import fiscal_year, iso_date
from ebpm.door.headings import headings, same_heading
from ebpm.door.identity import identify
from ebpm.door.settings import Column, LeaveOut, Settings
from ebpm.door.sheet import Opened, Sheet, is_blank_row, is_filled, is_ragged, shown
from ebpm.door.words import is_footnote
from ebpm.readers.grid import Cell, text
from ebpm.readers.reading import SetAside

LONGEST_CONTENT = 200


@dataclass(frozen=True)
class Row:
    """A row of the file that speaks of one body."""

    number: int
    lgcode: str
    fiscal_year: int | None
    date: str | None


@dataclass(frozen=True)
class Unknown:
    """A row that is not taken in, and why."""

    reason: str
    remark: str = ""


def locate(opened: Opened, settings: Settings) -> tuple[Sheet | None, list[str]]:
    """The sheet that the settings name, and all in which it differs from them."""
    fitting = [s for s in opened.sheets if settings.sheet in {None, s.name}]
    if len(fitting) != 1:
        names = "、".join(f"「{sheet.name}」" for sheet in opened.sheets if sheet.name)
        given = f"シート「{settings.sheet}」が" if settings.sheet else "table.sheet に書くシートが"
        return None, [f"{opened.file}：{given}決まりません。値のあるシート：{names or 'なし'}。"]
    sheet = fitting[0].turn() if settings.turned else fitting[0]
    return sheet, list(_differences(sheet, settings))


def _differences(sheet: Sheet, settings: Settings) -> Iterator[str]:
    """Rows and columns that are not there, headings that are others."""
    file, rows = sheet.grid.file, len(sheet.rows)
    wanted = {"header_rows": max(settings.header, default=0), "last_row": settings.last}
    beyond = {name: row for name, row in wanted.items() if row >= rows}
    for name, row in beyond.items():
        yield f"{file}：table.{name}：{row + 1} 行目はありません（{rows} 行までです）。"
    if "header_rows" in beyond:
        return
    if inside := [row for row in settings.header if settings.first <= row <= settings.last]:
        yield f"{file}：table.header_rows：{inside[0] + 1} 行目はデータの範囲の中です。"
    found = headings(sheet, settings.header)
    for column in _columns(settings):
        if column.index >= len(found):
            label = sheet.column_label(column.index)
            yield f"{file}：{label} 列目（見出し「{column.heading}」）がありません。"
        elif not same_heading(found[column.index], column.heading):
            yield (
                f"{file}：{sheet.column_label(column.index)} 列目：見出しは「{found[column.index]}」"
                f"ですが、設定では「{column.heading}」です。"
            )


def _columns(settings: Settings) -> Iterator[Column]:
    """Every column that the settings speak of, once."""
    named = [settings.code, settings.name, settings.prefecture, settings.fiscal_year, settings.date]
    named += [item.column for item in settings.leave_out]
    named += [item.column for item in settings.indicators]
    yield from dict.fromkeys(column for column in named if isinstance(column, Column))


def rows_of(sheet: Sheet, settings: Settings) -> tuple[list[Row], list[SetAside]]:
    """The rows that speak of one body each, and all other rows that are not blank, with reasons.

    A body that several rows speak of is taken from none of them: which one counts is not known.
    """
    found = list(_rows(sheet, settings))
    times = Counter(row.lgcode for _, row in found if isinstance(row, Row))
    good: list[Row] = []
    aside: list[SetAside] = []
    for number, row in found:
        if isinstance(row, Row) and times[row.lgcode] == 1:
            good.append(row)
        else:
            why = Unknown("repeated_body", row.lgcode) if isinstance(row, Row) else row
            aside.append(_set_aside(sheet, number, why))
    return good, aside


def _rows(sheet: Sheet, settings: Settings) -> Iterator[tuple[int, Row | Unknown]]:
    prefecture: Cell = ""
    for number, row in enumerate(sheet.rows):
        if number in settings.header or is_blank_row(row):
            continue
        here = _cell(row, settings.prefecture)
        fill = settings.prefecture is not None and settings.prefecture.fill_down
        prefecture = prefecture if fill and not is_filled(here) else here
        yield number, _row(sheet, settings, number, prefecture)


def _row(sheet: Sheet, settings: Settings, number: int, prefecture: Cell) -> Row | Unknown:
    row = sheet.rows[number]
    if not settings.first <= number <= settings.last:
        first = next(cell for cell in row if is_filled(cell))
        return Unknown("footnote" if is_footnote(first) else "outside_table")
    for item in settings.leave_out:
        if _is_left_out(item, number, row):
            return Unknown("left_out", item.reason)
    code, name = _cell(row, settings.code), _cell(row, settings.name)
    digits = settings.code.digits if settings.code else None
    found = identify(code, name, prefecture, digits)
    if found.reason in {"footnote", "total"}:
        return Unknown(found.reason)
    if is_ragged(sheet, number, settings.header[-1] if settings.header else settings.first):
        return Unknown("wrong_number_of_columns")
    if found.lgcode is None:
        return Unknown(found.reason or "unknown_name")
    return _timed(settings, number, row, found.lgcode)


def _timed(settings: Settings, number: int, row: list[Cell], lgcode: str) -> Row | Unknown:
    """The row with its fiscal year and date, where columns give them."""
    year, date = settings.fiscal_year, settings.date
    if isinstance(year, Column):
        cell = _cell(row, year)
        year = fiscal_year(cell)
        if is_filled(cell) and year is None:
            return Unknown("unreadable_year", shown(cell))
    if isinstance(date, Column):
        cell = _cell(row, date)
        date = iso_date(cell)
        if is_filled(cell) and date is None:
            return Unknown("unreadable_date", shown(cell))
    return Row(number, lgcode, year, date)


def _is_left_out(item: LeaveOut, number: int, row: list[Cell]) -> bool:
    return number in item.rows or (
        item.column is not None and text(_cell(row, item.column)) in item.values
    )


def _cell(row: list[Cell], column: Column | None) -> Cell:
    return "" if column is None else row[column.index]


def _set_aside(sheet: Sheet, number: int, why: Unknown) -> SetAside:
    content = " | ".join(shown(cell) for cell in sheet.rows[number] if is_filled(cell))
    remark = f"{why.remark}：" if why.remark else ""
    place = sheet.place(number)
    return SetAside(sheet.grid.file, place, why.reason, f"{remark}{content}"[:LONGEST_CONTENT])
