"""Takes a table in as its settings describe it: all of it, or nothing."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ebpm.door import store
from ebpm.door.cells import ABSENT, fold_mark, read_number
from ebpm.door.mynumber import refuse_my_numbers
from ebpm.door.opening import open_file
from ebpm.door.settings import NO_ROW, Indicator, Settings, SettingsError
from ebpm.door.settings_file import load
from ebpm.door.sheet import Sheet, shown
from ebpm.door.table import Row, locate, rows_of
from ebpm.door.words import UNITS
from ebpm.figures import Figure
from ebpm.missing import of_mark
from ebpm.paths import LOCAL
from ebpm.readers.grid import Cell, text
from ebpm.readers.reading import ReadError, Reading, SetAside

PCT = {"％", "%", "pct"}
RATE = "rate"
COLUMNS = (
    *("dataset", "edition", "lgcode", "indicator", "fiscal_year", "date", "value", "missing"),
    *("unit", "indicator_name"),
)
ENOUGH_VALUES = 3


@dataclass(frozen=True)
class Imported:
    """An import that was done: the figure, how many bodies, what to look at."""

    figure: Figure
    bodies: int
    set_aside: tuple[SetAside, ...]
    list_of_set_aside: Path | None
    warnings: tuple[str, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Rows and cells set aside, by reason, most frequent first."""
        return dict(Counter(item.reason for item in self.set_aside).most_common())


@dataclass(frozen=True)
class Value:
    """What a cell says: a number, a kind of missing, or nothing; or why it cannot be read."""

    number: float | None = None
    missing: str | None = None
    empty: bool = False
    reason: str | None = None


def import_table(path: Path, settings_path: Path, folder: Path = LOCAL) -> Imported:
    """Imports a table; an earlier import of the same data set is replaced.

    Raises SettingsError with everything that is wrong with settings and file; nothing is written
    then. A row or cell that cannot be taken in is set aside with its reason.
    """
    settings, problems = load(settings_path)
    sheet, found = _opened(path, settings)
    problems += found
    if problems or sheet is None:
        raise SettingsError(problems)
    rows, aside = rows_of(sheet, settings)
    reading = _reading(sheet, settings, rows, aside)
    if reading.frame.empty:
        reasons = "、".join(f"{k} {n}" for k, n in Counter(i.reason for i in aside).items())
        problem = (
            f"取り込める行がありません（{reasons or '値なし'}）。設定の行・列を確かめてください。"
        )
        raise SettingsError([f"{path.name}：{problem}"])
    figure = store.write(reading, settings, path, folder)
    listed = store.list_set_aside(reading, settings.dataset, folder)
    warnings = tuple(_warnings(reading.frame, settings))
    return Imported(figure, len(rows), reading.set_aside, listed, warnings)


def _opened(path: Path, settings: Settings) -> tuple[Sheet | None, list[str]]:
    """The described sheet of the file, or what is wrong with the file."""
    try:
        opened = open_file(path)
        for sheet in opened.sheets:
            refuse_my_numbers(sheet)
    except ReadError as error:
        return None, [str(error)]
    return locate(opened, settings)


def _reading(sheet: Sheet, settings: Settings, rows: list[Row], aside: list[SetAside]) -> Reading:
    """The table in long form; counted are the cells of bodies, and each row that is none as one."""
    loaded: list[tuple[object, ...]] = []
    unread: list[SetAside] = []
    empty = 0
    for indicator in settings.indicators:
        for row in rows:
            cell = sheet.rows[row.number][indicator.column.index]
            value = read_value(cell, indicator, settings.marks)
            if value.reason:
                place = sheet.place(row.number, indicator.column.index)
                content = f"{row.lgcode}：{indicator.indicator}：{shown(cell)}"
                unread.append(SetAside(sheet.grid.file, place, value.reason, content))
            elif value.empty:
                empty += 1
            else:
                loaded.append(_record(settings, indicator, row, value))
    frame = _frame(loaded)
    read = len(rows) * len(settings.indicators) + len(aside)
    return Reading("imported", frame, "cell", read, len(frame), empty, (*aside, *unread))


def _record(settings: Settings, indicator: Indicator, row: Row, value: Value) -> tuple[object, ...]:
    return (
        settings.dataset,
        settings.source["edition"],
        row.lgcode,
        indicator.indicator,
        indicator.fiscal_year or row.fiscal_year,
        indicator.date or row.date,
        value.number,
        value.missing,
        indicator.unit,
        indicator.name,
    )


def _frame(records: list[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=list(COLUMNS)).astype(
        dict.fromkeys(COLUMNS, "string") | {"fiscal_year": "Int64", "value": "Float64"}
    )
    return frame.sort_values(["lgcode", "indicator"], ignore_index=True)


def read_value(cell: Cell, indicator: Indicator, marks: dict[str, str]) -> Value:
    """What a cell says under an indicator: a declared word or mark first, then a number.

    Nothing undeclared becomes a value: it comes back with the reason why.
    """
    mark = fold_mark(cell)
    if mark in indicator.values:
        return Value(indicator.values[mark])
    if mark in marks:
        means = marks[mark]
        return Value(empty=True) if means == NO_ROW else Value(missing=means)
    if cell == ABSENT:
        return Value(reason="absent_cell")
    if (number := read_number(cell)) is not None:
        scale = _scale(number.suffix, indicator.unit)
        return Value(reason="unit_mismatch") if scale is None else Value(number.value / scale)
    if mark == "":
        return Value(reason="undeclared_blank")
    known = isinstance(cell, str) and of_mark(text(cell)) is not None
    return Value(reason="undeclared_mark" if known else "unreadable_value")


def _scale(suffix: str, unit: str) -> int | None:
    """By what a number is divided that carries a unit of its own; None where the units differ."""
    if suffix == "":
        return 1
    if suffix == "%":
        return 100 if unit == RATE else 1 if unit in PCT else None
    plain = unicodedata.normalize("NFKC", unit)
    return 1 if suffix in {plain, UNITS.get(plain)} else None


def _warnings(frame: pd.DataFrame, settings: Settings) -> Iterator[str]:
    """Columns whose values do not look like their unit."""
    for indicator in settings.indicators:
        values = frame.loc[frame["indicator"] == indicator.indicator, "value"].dropna()
        name, unit = indicator.indicator, indicator.unit
        if unit in PCT and (values > 100).any():
            yield f"「{name}」（{unit}）に 100 を超える値が {int((values > 100).sum()):,} 個あります。"
        if unit in PCT and len(values) >= ENOUGH_VALUES and _all_shares(values):
            yield f"「{name}」（{unit}）の値がすべて 1 以下です。0〜1 の割合なら unit を rate にしてください。"
        if unit == RATE and (values.abs() > 1).any():
            yield f"「{name}」（rate、0〜1）に 1 を超える値があります。百分率なら unit を ％ にしてください。"


def _all_shares(values: "pd.Series[float]") -> bool:
    """Whether all values lie within 0 and 1 and some are neither."""
    return bool((values.abs() <= 1).all() and (values % 1 != 0).any())
