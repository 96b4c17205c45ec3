"""Excerpts of the published files, small enough to be damaged and read a hundred times each.

An excerpt is a folder of published files of one source, one of them the `victim`. Sources without
an entry here are taken whole, with the last edition of every pattern as a victim of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import xlrd
import xlwt

from ebpm.figures import sources
from support.published import CONVERSION, DASHBOARD, RAW, files_of, published

Rows = list[list[Any]]


@dataclass(frozen=True)
class Spot:
    """Where the victim's table is damaged: rows and columns from 0.

    `row` is a row of data, `number` the column of a value, the others columns of its identity.
    `across`: bodies stand side by side, their names in the first row. `signed`: the value may be
    negative. `has_values`: the reader loads the values of that column.
    """

    header_rows: int
    row: int
    number: int
    code: int | None = None
    name: int | None = None
    date: int | None = None
    across: bool = False
    signed: bool = False
    has_values: bool = True

    def has(self, need: str) -> bool:
        """Whether the table has what a damage needs."""
        if need == "number":
            return self.has_values
        return not need or getattr(self, need) is not None


@dataclass(frozen=True, eq=False)
class Excerpt:
    """One source's files, as few and short as its reader allows."""

    source: str
    victim: str
    encoding: str = "utf-8-sig"
    spot: Spot | None = None
    keep: Callable[[Rows], Rows] | None = None
    beside: dict[str, Callable[[Rows], Rows] | None] = field(default_factory=dict)
    made: Callable[[], Rows] | None = None

    def __str__(self) -> str:
        return f"{self.source}-{Path(self.victim).name.replace('*', '_')}"

    @property
    def reader(self) -> str:
        """The module of the reader."""
        return str(sources()[self.source]["reader"])

    @property
    def suffix(self) -> str:
        """The file type."""
        return Path(self.victim).suffix

    @property
    def name(self) -> str:
        """The victim below the folder of published files: of a pattern, the last edition."""
        if "*" not in self.victim:
            return self.victim
        found = sorted(RAW.glob(self.victim))
        return found[-1].relative_to(RAW).as_posix() if found else self.victim

    @cached_property
    def rows(self) -> Rows:
        """The victim's table, shortened; not to be changed."""
        rows = self.made() if self.made else rows_of(published(self.name), self.encoding)
        return self.keep(rows) if self.keep else rows

    @cached_property
    def content(self) -> bytes:
        """The bytes of the undamaged victim."""
        if self.suffix == ".json":
            return few_shapes(published(self.name).read_bytes())
        if self.spot is None and self.keep is None:
            return published(self.name).read_bytes()
        return written(self.rows, self.suffix, self.encoding)

    @cached_property
    def others(self) -> dict[str, bytes]:
        """The bytes of the files beside the victim."""
        if self.beside or self.keep or self.made:
            return {name: _shortened(published(name), keep) for name, keep in self.beside.items()}
        names = [name for name in files_of(self.source) if Path(name).parent == self._folder]
        return {name: _short(published(name)) for name in names if name != self.name}

    @property
    def _folder(self) -> Path:
        return Path(self.name).parent

    def write(self, raw: Path, content: bytes | None = None) -> Path:
        """Writes the files below `raw`, the victim with `content`; returns the victim's path."""
        whole = self.content if content is None else content
        for name, data in (self.others | {self.name: whole}).items():
            (raw / name).parent.mkdir(parents=True, exist_ok=True)
            (raw / name).write_bytes(data)
        return raw / self.name


def _short(path: Path) -> bytes:
    content = path.read_bytes()
    return few_shapes(content) if path.suffix == ".json" else content


def _shortened(path: Path, keep: Callable[[Rows], Rows] | None) -> bytes:
    if keep is None:
        return path.read_bytes()
    return written(keep(rows_of(path, "utf-8-sig")), path.suffix, "utf-8-sig")


@cache
def _cached_rows(path: Path, encoding: str) -> Rows:
    if path.suffix == ".csv":
        with path.open(encoding=encoding, newline="") as stream:
            return list(csv.reader(stream))
    if path.suffix == ".xls":
        sheet = xlrd.open_workbook(path).sheet_by_index(0)
        return [sheet.row_values(number) for number in range(sheet.nrows)]
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    return [["" if cell is None else cell for cell in row] for row in sheet.values]


def rows_of(path: Path, encoding: str) -> Rows:
    """The first table of a published file, by csv, openpyxl or xlrd."""
    return [list(row) for row in _cached_rows(path, encoding)]


def written(rows: Rows, suffix: str, encoding: str = "utf-8-sig") -> bytes:
    """A table as a file: CSV in an encoding, or a workbook of one sheet."""
    if suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return text.getvalue().encode(encoding)
    stream = io.BytesIO()
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([None if cell == "" else cell for cell in row])
        book.save(stream)
    else:
        old = xlwt.Workbook()
        sheet = old.add_sheet("Sheet1")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell != "":
                    sheet.write(number, column, cell)
        old.save(stream)
    return stream.getvalue()


def first(count: int) -> Callable[[Rows], Rows]:
    """Keeps the first rows."""
    return lambda rows: rows[:count]


def first_and_corrected(count: int) -> Callable[[Rows], Rows]:
    """Keeps the first rows and the row of 苅田町, whose correction is guarded."""
    return lambda rows: rows[:count] + [row for row in rows[count:] if "苅田町" in row[1]]


def recent_changes(rows: Rows) -> Rows:
    """The header and the changes of the last years."""
    return rows[:1] + [row for row in rows[1:] if row[6] >= "2014"]


def few_shapes(content: bytes, count: int = 12) -> bytes:
    """A TopoJSON of the first shapes only, with their arcs."""
    topology = json.loads(content)
    shapes = next(iter(topology["objects"].values()))["geometries"]
    del shapes[count:]
    numbers: dict[int, int] = {}

    def renumbered(part: Any) -> Any:
        if isinstance(part, list):
            return [renumbered(item) for item in part]
        kept = numbers.setdefault(part if part >= 0 else ~part, len(numbers))
        return kept if part >= 0 else ~kept

    for shape in shapes:
        shape["arcs"] = renumbered(shape["arcs"])
    topology["arcs"] = [topology["arcs"][number] for number in numbers]
    return json.dumps(topology, ensure_ascii=False).encode()


def official_survey() -> Rows:
    """The first procedures of the conversion in the layout of the official CSV."""
    query = "SELECT * FROM read_parquet(?) WHERE 総手続件数 > 0 LIMIT 60"
    with duckdb.connect() as connection:
        found = connection.execute(query, [str(published(CONVERSION))])
        names = [column[0] for column in found.description[:38]]
        rows = [["" if v is None else str(v) for v in row[:38]] for row in found.fetchall()]
    return [names, [""] * len(names), *rows]


SSDSE = "ssdse-a/SSDSE-A-2025.csv"
COUNTIES = "mynumber-card/all_localgovs_20210701.csv"
STATUS = f"{DASHBOARD}/市区町村毎のDX進捗状況_市区町村比較.csv"
RATES = f"{DASHBOARD}/市区町村毎のDX進捗状況_行政手続のオンライン申請率.csv"
PREFECTURES = {
    f"{DASHBOARD}/都道府県のDX進捗状況_都道府県比較.csv": first(3),
    f"{DASHBOARD}/都道府県のDX進捗状況_行政手続のオンライン申請率.csv": first(3),
}
ANSWERS = "opendata-survey-2020/r2_survey_answers.csv"
QUESTIONS = "opendata-survey-2020/r2_survey_questions.csv"
OFFICIAL = "procedures-survey-2025-07-29/20250729_procedures-survey-results_outline_02.csv"

BY_HAND = [
    Excerpt(
        "municipalities",
        SSDSE,
        "cp932",
        Spot(3, 20, 3, code=0, name=2, has_values=False),
        lambda rows: [row[:6] for row in rows],
        {COUNTIES: None},
    ),
    Excerpt(
        "municipalities",
        COUNTIES,
        spot=Spot(1, 20, 3, code=8, name=2, has_values=False),
        beside={SSDSE: None},
    ),
    Excerpt("dx_dashboard", STATUS, spot=Spot(1, 3, 6, name=6, across=True),
            keep=lambda rows: rows[:2] + rows[12:], beside=PREFECTURES | {RATES: first(3)}),
    Excerpt("dx_dashboard", RATES, spot=Spot(1, 4, 6, name=6, across=True), keep=first(7),
            beside=PREFECTURES | {STATUS: first(3)}),
    Excerpt("ssdse_a", SSDSE, "cp932", Spot(3, 20, 3, code=0, name=2), first(60)),
    Excerpt("procedures", OFFICIAL, spot=Spot(2, 20, 25), made=official_survey),
    Excerpt("procedures", CONVERSION),
    Excerpt("opendata_survey", ANSWERS, "utf-8", Spot(2, 20, 3, code=0, name=1), first_and_corrected(60),
            {QUESTIONS: None}),
    Excerpt("opendata_survey", QUESTIONS, "utf-8", Spot(1, 20, 2), lambda rows: rows,
            {ANSWERS: first_and_corrected(40)}),
    Excerpt("mynumber_cards", "mynumber-card/all_localgovs_20221231.csv",
            spot=Spot(1, 20, 4, code=8, name=2, date=6), keep=first(60)),
    Excerpt("oecd_dgi", "international/oecd_dgi_2023.csv", spot=Spot(1, 20, 3), keep=first(300)),
    Excerpt("un_egdi", "international/egdi-2018.csv", "utf-8", Spot(1, 20, 3), first(60)),
    Excerpt("municipality_changes", "municipality-changes/estat-haichi.csv", "utf-8",
            Spot(1, 20, 3, code=0, name=4, date=6, has_values=False), recent_changes),
    Excerpt("finance_indicators", "finance-indicators/H24.xls",
            spot=Spot(2, 20, 4, code=0, name=2, signed=True), keep=first(60)),
    Excerpt("finance_indicators", "finance-indicators/R2.xlsx",
            spot=Spot(2, 20, 4, code=0, name=2, signed=True), keep=first(60)),
    Excerpt("resident_register", "resident-register-2020/000701583.xls",
            spot=Spot(2, 8, 4, code=0, name=2), keep=first(100)),
]  # fmt: skip


def _whole() -> list[Excerpt]:
    """Every pattern of the sources that have no entry by hand."""
    import importlib

    known = {excerpt.source for excerpt in BY_HAND}
    return [
        Excerpt(key, pattern, "utf-8")
        for key, source in sources().items()
        if key not in known
        for pattern in importlib.import_module(source["reader"]).FILES
    ]


EXCERPTS = [excerpt for excerpt in BY_HAND if excerpt.source in sources()] + _whole()
