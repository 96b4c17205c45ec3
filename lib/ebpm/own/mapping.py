"""The mapping of a file's columns to a form: proposed, saved beside the file, changed, read again."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ebpm.own.forms import Field, Form
from ebpm.own.mapped import (
    ORDERS,
    TO_CONFIRM,
    ZONE,
    Doubt,
    Mapping,
    MappingError,
    Proposal,
    folded,
    stored_values,
)
from ebpm.own.mapping_file import save
from ebpm.own.proposing import propose

__all__ = [
    "TO_CONFIRM",
    "Doubt",
    "Mapping",
    "MappingError",
    "Proposal",
    "folded",
    "load",
    "propose",
    "save",
    "stored_values",
]

ENCODINGS = ("utf-8", "cp932")
KEYS = {
    *("form", "encoding", "sheet", "order", "zone", "columns", "days", "fixed", "values"),
    *("items", "drop", "not_my_number"),
}
LIKERT = {"1", "2", "3", "4", "5"}
NEAR = 0.5
_NO_COLUMN = re.compile(r"\s*")


def load(path: Path, form: Form, headings: Sequence[str]) -> Mapping:
    """The mapping of a file, its headings written as the file has them.

    Raises MappingError with everything that is wrong: a field that the form does not have, a
    heading that the file does not have (with the nearest), a required field without a column, one
    column used twice, a value that a closed list does not know.
    """
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise MappingError([f"{path.name}：対応表が見つかりません。"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError([f"{path.name}：対応表として読めません（{error}）。"]) from None
    reading = _Reader(path.name, form, headings)
    mapping = reading.mapping(given)
    if reading.problems:
        raise MappingError(reading.problems)
    return mapping


class _Reader:
    """Turns what TOML gives into a mapping; notes every problem and goes on."""

    def __init__(self, file: str, form: Form, headings: Sequence[str]) -> None:
        self._file, self._form, self._headings = file, form, list(headings)
        self._fields = {item.key: item for item in form.fields if not item.repeats}
        self.problems: list[str] = []

    def mapping(self, given: dict[str, Any]) -> Mapping:
        """The mapping; where something is wrong a harmless value stands in its place."""
        for key in sorted(given.keys() - KEYS):
            self._wrong(key, "知らない項目です。名前を確かめてください")
        if given.get("form") != self._form.name:
            self._wrong("form", f"この様式は {self._form.name} です")
        mapping = Mapping(
            self._form.name,
            self._headings_of(given, "columns"),
            self._list(given, "items"),
            self._list(given, "drop"),
            self._list(given, "not_my_number"),
            self._one_of(given, "encoding", ENCODINGS, None),
            self._text(given, "sheet"),
            self._one_of(given, "order", ORDERS, None),  # type: ignore[arg-type]
            self._zone(given),
            self._values(given),
            self._headings_of(given, "days"),
            self._fixed(given),
        )
        self._fits_together(mapping, self._table(given, "columns"))
        return mapping

    def _wrong(self, place: str, problem: str) -> None:
        self.problems.append(f"{self._file}：{place}：{problem}。")

    def _table(self, given: dict[str, Any], name: str) -> dict[str, Any]:
        table = given.get(name, {})
        if isinstance(table, dict):
            return table
        self._wrong(name, f"[{name}] の形で書いてください")
        return {}

    def _known_field(self, place: str, key: str) -> bool:
        if key in self._fields:
            return True
        near = difflib.get_close_matches(key, self._fields, 1, NEAR)
        hint = f"もしかして {near[0]} ですか" if near else f"使えるもの：{'、'.join(self._fields)}"
        self._wrong(f"{place}.{key}", f"この様式にない項目です。{hint}")
        return False

    def _headings_of(self, given: dict[str, Any], name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, heading in self._table(given, name).items():
            if not self._known_field(name, key):
                continue
            if not isinstance(heading, str):
                self._wrong(f"{name}.{key}", "列の見出しを文字で書いてください")
            elif TO_CONFIRM in heading:
                self._wrong(f"{name}.{key}", f"{TO_CONFIRM}のままです。列の見出しを書いてください")
            elif not _NO_COLUMN.fullmatch(heading):
                found[key] = self._heading(f"{name}.{key}", heading)
        return found

    def _heading(self, place: str, heading: str) -> str:
        """The heading as the file has it; width and blanks do not matter where one alone fits."""
        same = [h for h in self._headings if h == heading] or [
            h for h in self._headings if folded(h) == folded(heading)
        ]
        if len(same) > 1:
            self._wrong(
                place,
                f"見出し「{heading}」の列が {len(same)} つあります。ファイルの見出しを分けてください",
            )
        elif not same:
            near = difflib.get_close_matches(heading, self._headings, 1, NEAR)
            hint = f"近い見出し：「{near[0]}」" if near else self._all_headings()
            self._wrong(place, f"見出し「{heading}」の列はファイルにありません。{hint}")
        return same[0] if same else heading

    def _all_headings(self) -> str:
        shown = "、".join(f"「{h}」" for h in self._headings[:8])
        return f"ファイルの見出し：{shown}{'など' if len(self._headings) > 8 else ''}"

    def _list(self, given: dict[str, Any], name: str) -> tuple[str, ...]:
        entries = given.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(item, str) for item in entries):
            self._wrong(name, '["見出し", "見出し"] の形で書いてください')
            return ()
        if name == "items" and entries and self._form.items is None:
            self._wrong(name, "この様式に5段階の設問はありません")
            return ()
        return tuple(self._heading(name, item) for item in entries)

    def _text(self, given: dict[str, Any], name: str) -> str | None:
        value = given.get(name)
        if value is None or isinstance(value, str):
            return value or None
        self._wrong(name, "文字を書いてください")
        return None

    def _one_of(
        self, given: dict[str, Any], name: str, known: Sequence[str], default: str | None
    ) -> str | None:
        value = self._text(given, name)
        if value is None or value in known:
            return value or default
        self._wrong(name, f"次のどれかにしてください：{'、'.join(known)}")
        return default

    def _zone(self, given: dict[str, Any]) -> str:
        zone = self._text(given, "zone") or ZONE
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._wrong("zone", f"時間帯「{zone}」はありません（例：Asia/Tokyo）")
            return ZONE
        return zone

    def _values(self, given: dict[str, Any]) -> dict[str, dict[str, str]]:
        items = self._form.items
        known = {**self._fields, **({items.key: items} if items else {})}
        found: dict[str, dict[str, str]] = {}
        for key, table in self._table(given, "values").items():
            if key not in known:
                self._known_field("values", key)
            elif not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
                self._wrong(f"values.{key}", '"ファイルの表記" = "登録する値" の形で書いてください')
            else:
                found[key] = table
                self._allowed(known[key], table)
        return found

    def _allowed(self, item: Field, table: dict[str, str]) -> None:
        allowed = LIKERT if item.type == "likert" else {*item.allowed, ""} if item.closed else None
        for spelling, value in table.items():
            if allowed is not None and value not in allowed:
                listed = "、".join(sorted(filter(None, allowed)))
                self._wrong(
                    f"values.{item.key}.{spelling}",
                    f"「{value}」は登録できません。使える値：{listed}",
                )

    def _fixed(self, given: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in self._table(given, "fixed").items():
            if not self._known_field("fixed", key):
                continue
            if not isinstance(value, str) or not value.strip():
                self._wrong(f"fixed.{key}", "全部の行に入れる値を文字で書いてください")
            elif self._fields[key].unique:
                self._wrong(f"fixed.{key}", "行ごとに違う値の要る項目なので、固定できません")
            else:
                found[key] = value
        return found

    def _fits_together(self, mapping: Mapping, written: dict[str, Any]) -> None:
        for item in self._form.required:
            told = TO_CONFIRM in str(written.get(item.key, ""))
            if item.key not in mapping.columns and item.key not in mapping.fixed and not told:
                self._wrong(
                    f"columns.{item.key}", f"必須の「{item.label.ja}」の列が書かれていません"
                )
        for key in mapping.columns.keys() & mapping.fixed.keys():
            self._wrong(f"fixed.{key}", "[columns] にもあります。どちらか一方にしてください")
        for key in mapping.days.keys() - mapping.columns.keys():
            self._wrong(f"days.{key}", "[columns] に時刻の列を書いてください")
        for heading, places in _twice(mapping):
            self._wrong("、".join(places), f"同じ列「{heading}」を2回使っています")


def _twice(mapping: Mapping) -> Iterator[tuple[str, list[str]]]:
    """Headings that stand for two things, and where."""
    places: dict[str, list[str]] = {}
    for key, heading in mapping.columns.items():
        places.setdefault(heading, []).append(f"columns.{key}")
    for name in ("items", "drop"):
        for heading in getattr(mapping, name):
            places.setdefault(heading, []).append(name)
    yield from ((heading, found) for heading, found in places.items() if len(found) > 1)
