"""What the SQL files say about their tables: grain, key and columns, read from their headers.

The header of a staging or mart file is the one place where a table is documented, and each column
name is documented once in the whole warehouse: in the file where it first belongs, or, where only
tables of several sources share it, in `sql/columns.txt`.

    -- one row per municipality and date of count
    -- 市区町村・交付件数基準日ごとに1行
    -- key: lgcode, cards_date
    -- cards: 枚/cards | 交付枚数 | cards handed over | 0..
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

COLUMN = re.compile(r"([a-z][a-z0-9_]*):(.*)")
NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = re.compile(rf"({NUMBER})?\.\.({NUMBER})?")

Text = dict[str, str]


@dataclass(frozen=True)
class House:
    """One warehouse's SQL: its folders with their layers, and the file of its shared columns."""

    layers: Mapping[str, str]
    shared: str


OPEN = House({"staging": "staging", "marts": "mart"}, "columns.txt")
"""The warehouse of published data."""

OWN = House({"own": "mart", "own_cells": "mart"}, "own_columns.txt")
"""The warehouse of a municipality's own data."""


class HeaderError(ValueError):
    """A header is not in the agreed form; names the file, the line and the remedy."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(
            f"{file} の {line} 行目：{problem}。ファイルの先頭の説明を直してください。"
        )


@dataclass(frozen=True)
class Range:
    """The allowed range of a number; None where an end is open."""

    low: str | None
    high: str | None


Rule = Range | tuple[str, ...] | None
"""What a column may hold: a range, a closed list of values, or anything."""


@dataclass(frozen=True)
class ColumnDoc:
    """One column name: what it means wherever it stands, and the place that says so."""

    name: str
    unit: Text | None
    meaning: Text
    rule: Rule
    file: str
    line: int


@dataclass(frozen=True)
class TableDoc:
    """One table: its layer (`staging`, `mart`), grain, key, and the columns it documents."""

    name: str
    layer: str
    grain: Text
    key: tuple[str, ...]
    columns: tuple[ColumnDoc, ...]

    @property
    def qualified(self) -> str:
        """The name by which SQL finds the table."""
        return f"staging.{self.name}" if self.layer == "staging" else self.name


def sql_files(layer: str) -> Iterator[tuple[str, str]]:
    """Name (without ending) and text of the SQL files of a folder, in the order of their names."""
    folder = resources.files("ebpm") / "sql" / layer
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            yield entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")


def tables(house: House = OPEN) -> dict[str, TableDoc]:
    """Every table that the SQL files make, by name; raises HeaderError at the first bad header."""
    return {
        name: table_doc(name, layer, sql)
        for folder, layer in house.layers.items()
        for name, sql in sql_files(folder)
    }


def documented(house: House = OPEN) -> dict[str, ColumnDoc]:
    """Every column name that is documented; raises HeaderError where one is documented twice."""
    own = (column for table in tables(house).values() for column in table.columns)
    return once([*shared(house), *own])


def once(columns: Iterable[ColumnDoc]) -> dict[str, ColumnDoc]:
    """The columns by name; raises HeaderError at the second documentation of a name."""
    found: dict[str, ColumnDoc] = {}
    for column in columns:
        if (first := found.setdefault(column.name, column)) is not column:
            problem = f"列 {column.name} の説明は {first.file} の {first.line} 行目にもあります"
            raise HeaderError(column.file, column.line, problem)
    return found


def shared(house: House = OPEN) -> tuple[ColumnDoc, ...]:
    """The columns that belong to no single file."""
    lines = shared_text(house).splitlines()
    numbered = enumerate(lines, start=1)
    return tuple(column_doc(house.shared, number, line) for number, line in numbered)


def shared_text(house: House = OPEN) -> str:
    """The text of the file of shared columns: a line for each."""
    return (resources.files("ebpm") / "sql" / house.shared).read_text(encoding="utf-8")


def table_doc(name: str, layer: str, sql: str) -> TableDoc:
    """The header of one SQL file; raises HeaderError where it is not in the agreed form."""
    file, header = f"{name}.sql", _comment(sql)
    grain_en, grain_ja, key = (*header, "", "", "")[:3]
    if not grain_en.startswith("one row per "):
        raise HeaderError(file, 1, "英語の「one row per …」がありません")
    if "1行" not in grain_ja:
        raise HeaderError(file, 2, "日本語の「…ごとに1行」がありません")
    if not (names := re.fullmatch(r"key: ([a-z0-9_]+(?:, [a-z0-9_]+)*)", key)):
        raise HeaderError(file, 3, "「key: 列名, 列名」がありません")
    columns = [column_doc(file, number, line) for number, line in enumerate(header[3:], start=4)]
    grain = {"ja": grain_ja, "en": grain_en}
    return TableDoc(name, layer, grain, tuple(names[1].split(", ")), tuple(columns))


def column_doc(file: str, number: int, line: str) -> ColumnDoc:
    """One line `name: unit ja/unit en | meaning ja | meaning en | rule`."""
    match = COLUMN.fullmatch(line)
    parts = [part.strip() for part in match[2].split("|")] if match else []
    if match is None or len(parts) not in {3, 4} or not all(parts[1:3]):
        problem = f"「{line}」は「列名: 単位 | 意味 | meaning | 規則」の形ではありません"
        raise HeaderError(file, number, problem)
    unit, ja, en, *rule = parts
    try:
        return ColumnDoc(
            match[1], _unit(unit), {"ja": ja, "en": en}, _rule("".join(rule)), file, number
        )
    except ValueError as error:
        raise HeaderError(file, number, str(error)) from None


def _comment(sql: str) -> list[str]:
    """The lines of comment that a file begins with."""
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return lines


def _unit(text: str) -> Text | None:
    if not text:
        return None
    ja, slash, en = text.partition("/")
    if "/" in en or (slash and not (ja and en)):
        raise ValueError(f"単位「{text}」は「日本語/English」の形ではありません")
    return {"ja": ja.strip(), "en": en.strip() or ja.strip()}


def _rule(text: str) -> Rule:
    if not text:
        return None
    if ".." not in text:
        values = tuple(value.strip() for value in text.split(","))
        if not all(values) or len(set(values)) < len(values):
            raise ValueError(f"規則「{text}」に空の値か同じ値があります")
        return values
    if not (ends := RANGE.fullmatch(text)) or not any(ends.groups()):
        raise ValueError(f"規則「{text}」は「下限..上限」の形ではありません")
    return Range(ends[1], ends[2])
