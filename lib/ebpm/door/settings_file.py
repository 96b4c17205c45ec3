"""Reads a settings file and names everything that is wrong with it, in one go."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ebpm.door.cells import fold_mark
from ebpm.door.dates import FIRST_YEAR, LAST_YEAR, iso_date
from ebpm.door.settings import (
    MEANINGS,
    TO_FILL,
    Column,
    Indicator,
    LeaveOut,
    Settings,
    SettingsError,
)

DATASET = re.compile(r"[a-z][a-z0-9_]{0,40}")
RESERVED = {"fetched"}
LETTERS = re.compile(r"[A-Z]{1,3}")
PAGE = re.compile(r"https?://[^\s/]+\.[^\s]+")
DAY = re.compile(r"[12]\d{3}-[01]\d-[0-3]\d")

KEYS = {
    "": {"dataset", "table", "columns", "time", "marks", "leave_out", "indicator", "source"},
    "table": {"sheet", "turned", "header_rows", "first_row", "last_row"},
    "columns": {"code", "name", "prefecture"},
    "time": {"fiscal_year", "date"},
    "source": {
        *("title", "publisher", "licence", "page", "edition", "reference_date", "retrieved"),
        "note",
    },
}
INDICATOR_KEYS = {
    *("column", "heading", "indicator", "name", "unit", "meaning_ja", "meaning_en"),
    *("fiscal_year", "date", "values"),
}
LEAVE_OUT_KEYS = {"column", "heading", "values", "rows", "reason"}
COLUMN_KEYS = {"column", "heading", "digits", "fill_down"}


def load(path: Path) -> tuple[Settings, list[str]]:
    """The settings of a file and all that is wrong with them.

    Raises SettingsError at once only where the file is no TOML text, for nothing follows then.
    """
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError([f"{path.name}：設定ファイルが見つかりません。"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path.name}：設定ファイルとして読めません（{error}）。"]) from None
    reading = Reader(path.name)
    settings = reading.settings(given)
    if unfilled := list(_unfilled(given)):
        names = "、".join(unfilled)
        reading.problems.insert(0, f"{path.name}：{TO_FILL} のままの項目があります：{names}。")
    return settings, reading.problems


def _unfilled(given: Any, path: str = "") -> Iterator[str]:
    """The places of the settings that still wait to be filled in."""
    if isinstance(given, dict):
        for key, value in given.items():
            yield from _unfilled(value, f"{path}.{key or '（空欄）'}" if path else key)
    elif isinstance(given, list):
        for number, value in enumerate(given, start=1):
            yield from _unfilled(value, f"{path}[{number}]")
    elif isinstance(given, str) and TO_FILL in given:
        yield path


def _is_day(text: str) -> bool:
    return DAY.fullmatch(text) is not None and iso_date(text) is not None


class Reader:
    """Turns what TOML gives into settings; notes every problem and goes on."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[str] = []

    def settings(self, given: dict[str, Any]) -> Settings:
        """The settings; where something is wrong a harmless value stands in its place."""
        table, columns, time, source = (
            self._section(given, name) for name in ("table", "columns", "time", "source")
        )
        self._known("", given, KEYS[""])
        own = {name: self._column(columns.get(name), f"columns.{name}") for name in columns}
        if not own.get("code") and not own.get("name"):
            self._wrong("columns", "code と name の少なくとも一方が要ります")
        first = self._row(table.get("first_row"), "table.first_row")
        last = self._row(table.get("last_row"), "table.last_row")
        if last < first:
            self._wrong("table.last_row", "first_row より前です")
        return Settings(
            self._dataset(given.get("dataset")),
            self._text(table["sheet"], "table.sheet") if "sheet" in table else None,
            self._flag(table.get("turned", False), "table.turned"),
            tuple(self._rows(table.get("header_rows"), "table.header_rows")),
            first,
            last,
            own.get("code"),
            own.get("name"),
            own.get("prefecture"),
            self._year(time.get("fiscal_year"), "time.fiscal_year"),
            self._date(time.get("date"), "time.date"),
            self._marks(self._section(given, "marks", required=False)),
            tuple(self._leave_out(item, at) for at, item in self._items(given, "leave_out")),
            self._indicators(given),
            self._source(source),
        )

    def _wrong(self, place: str, problem: str) -> None:
        self.problems.append(f"{self._file}：{place}：{problem}。")

    def _known(self, place: str, given: dict[str, Any], keys: set[str]) -> None:
        for key in given.keys() - keys:
            self._wrong(
                f"{place}.{key}" if place else key, "知らない項目です。名前を確かめてください"
            )

    def _section(self, given: dict[str, Any], name: str, required: bool = True) -> dict[str, Any]:
        section = given.get(name, None if required and name != "time" else {})
        if not isinstance(section, dict):
            self._wrong(name, f"[{name}] がありません")
            return {}
        if name in KEYS:
            self._known(name, section, KEYS[name])
        return section

    def _items(self, given: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        items = given.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self._wrong(name, f"[[{name}]] の形で書いてください")
            return []
        return [(f"{name}[{number}]", item) for number, item in enumerate(items, start=1)]

    def _text(self, value: Any, place: str, empty: bool = False) -> str:
        if isinstance(value, str) and (value.strip() or empty):
            return " ".join(value.split()) if place != "table.sheet" else value
        self._wrong(place, "文字を書いてください")
        return ""

    def _flag(self, value: Any, place: str) -> bool:
        if not isinstance(value, bool):
            self._wrong(place, "true か false にしてください")
        return value is True

    def _row(self, value: Any, place: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value - 1
        self._wrong(place, "1 から数えた行の番号を書いてください")
        return 0

    def _rows(self, value: Any, place: str) -> list[int]:
        if isinstance(value, list):
            return [self._row(item, place) for item in value]
        self._wrong(place, "行の番号を [1, 2] の形で書いてください")
        return []

    def _dataset(self, value: Any) -> str:
        if isinstance(value, str) and DATASET.fullmatch(value) and value not in RESERVED:
            return value
        if value != TO_FILL:
            self._wrong(
                "dataset", "英小文字で始まる英小文字・数字・_ の名前（40字まで）にしてください"
            )
        return ""

    def _column(self, value: Any, place: str) -> Column | None:
        if not isinstance(value, dict):
            self._wrong(place, '{ column = …, heading = "…" } の形で書いてください')
            return None
        self._known(place, value, COLUMN_KEYS)
        digits = value.get("digits")
        if digits not in {None, 5, 6}:
            self._wrong(f"{place}.digits", "5 か 6 にしてください")
        fill = self._flag(value.get("fill_down", False), f"{place}.fill_down")
        return Column(*self._where(value, place), digits if digits in {5, 6} else None, fill)

    def _where(self, value: dict[str, Any], place: str) -> tuple[int, str]:
        heading = self._text(value.get("heading"), f"{place}.heading", empty=True)
        column = value.get("column")
        if isinstance(column, str) and LETTERS.fullmatch(column):
            index = 0
            for letter in column:
                index = index * 26 + ord(letter) - ord("A") + 1
            return index - 1, heading
        if isinstance(column, int) and not isinstance(column, bool) and column >= 1:
            return column - 1, heading
        self._wrong(f"{place}.column", '列の番号（1 から）か列名（"D"）を書いてください')
        return 0, heading

    def _year(self, value: Any, place: str) -> int | Column | None:
        return self._column(value, place) if isinstance(value, dict) else self._a_year(value, place)

    def _a_year(self, value: Any, place: str) -> int | None:
        if value in {None, TO_FILL}:
            return None
        if isinstance(value, int) and FIRST_YEAR <= value <= LAST_YEAR:
            return value
        self._wrong(place, f"西暦の年度（{FIRST_YEAR}〜{LAST_YEAR}）にしてください")
        return None

    def _date(self, value: Any, place: str) -> str | Column | None:
        return self._column(value, place) if isinstance(value, dict) else self._a_date(value, place)

    def _a_date(self, value: Any, place: str) -> str | None:
        if value in {None, TO_FILL}:
            return None
        if _is_day(str(value)):
            return str(value)
        self._wrong(place, "2024-04-01 の形の日付にしてください")
        return None

    def _marks(self, given: dict[str, Any]) -> dict[str, str]:
        for mark, means in given.items():
            if means not in (*MEANINGS, TO_FILL):
                choice = "、".join(MEANINGS)
                self._wrong(f"marks.{mark or '（空欄）'}", f"次のどれかにしてください：{choice}")
        return {fold_mark(mark): str(means) for mark, means in given.items()}

    def _leave_out(self, given: dict[str, Any], place: str) -> LeaveOut:
        self._known(place, given, LEAVE_OUT_KEYS)
        reason = self._text(given.get("reason"), f"{place}.reason")
        if "rows" in given:
            return LeaveOut(reason, frozenset(self._rows(given["rows"], f"{place}.rows")))
        values = given.get("values")
        if not isinstance(values, list) or not values:
            self._wrong(f"{place}.values", "除く行の値を並べてください（または rows に行の番号）")
            values = []
        column = Column(*self._where(given, place))
        return LeaveOut(reason, column=column, values=frozenset(map(str, values)))

    def _indicators(self, given: dict[str, Any]) -> tuple[Indicator, ...]:
        items = self._items(given, "indicator")
        if not items:
            self._wrong("indicator", "取り込む列（[[indicator]]）がありません")
        found = tuple(self._indicator(item, place) for place, item in items)
        names = [item.indicator for item in found]
        for name in sorted({name for name in names if names.count(name) > 1 and name}):
            self._wrong("indicator", f"「{name}」という指標が二つあります")
        return found

    def _indicator(self, given: dict[str, Any], place: str) -> Indicator:
        self._known(place, given, INDICATOR_KEYS)
        name, indicator, meaning = (
            self._text(given.get(key), f"{place}.{key}")
            for key in ("name", "indicator", "meaning_ja")
        )
        values = given.get("values", {})
        if not isinstance(values, dict) or not all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in values.values()
        ):
            self._wrong(f"{place}.values", '{ "実施" = 1, "未実施" = 0 } の形で書いてください')
            values = {}
        english = self._text(given.get("meaning_en", ""), f"{place}.meaning_en", empty=True)
        return Indicator(
            Column(*self._where(given, place)),
            indicator,
            name,
            self._text(given.get("unit"), f"{place}.unit", empty=True),
            {"ja": meaning, "en": english},
            self._a_year(given.get("fiscal_year"), f"{place}.fiscal_year"),
            self._a_date(given.get("date"), f"{place}.date"),
            {fold_mark(word): float(value) for word, value in values.items()},
        )

    def _source(self, given: dict[str, Any]) -> dict[str, Any]:
        names = ("title", "publisher", "licence")
        source: dict[str, Any] = {k: self._both(given.get(k), f"source.{k}") for k in names}
        for key in ("page", "edition", "reference_date", "retrieved"):
            source[key] = self._text(str(given.get(key, "")), f"source.{key}")
        page, retrieved = source["page"], source["retrieved"]
        if page not in {"", TO_FILL} and not PAGE.fullmatch(page):
            self._wrong("source.page", "公表元のページ（https://…）を書いてください")
        if retrieved not in {"", TO_FILL} and not _is_day(retrieved):
            self._wrong("source.retrieved", "2024-04-01 の形の日付にしてください")
        note = self._both(given["note"], "source.note") if given.get("note") else None
        return source | {"note": note}

    def _both(self, value: Any, place: str) -> dict[str, str]:
        """A text in two languages; the English one may be left out and is the Japanese one then."""
        given = {"ja": value} if isinstance(value, str) else value
        if not isinstance(given, dict) or given.keys() - {"ja", "en"}:
            self._wrong(place, '{ ja = "…", en = "…" } の形で書いてください')
            return {"ja": "", "en": ""}
        ja = self._text(given.get("ja"), f"{place}.ja")
        return {"ja": ja, "en": self._text(given.get("en") or ja or " ", place, empty=True)}
