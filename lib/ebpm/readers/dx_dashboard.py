"""Reader of the four CSV tables of 自治体DXの取組に関するダッシュボード (デジタル庁).

The tables are wide and transposed: a row is an indicator, a column a body, and the header holds
names without code or prefecture. 25 names occur twice or more, so a name alone never decides:
the n-th column is the n-th body in code order, and every name is checked against that body.

Source: https://www.digital.go.jp/resources/govdashboard/local-government-dx
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ebpm import lgcode
from ebpm.readers.reading import ReadError, Reading, SetAside, csv_rows, dated_folders, joined

PROGRESS = ("市区町村毎のDX進捗状況_市区町村比較.csv", "都道府県のDX進捗状況_都道府県比較.csv")
RATES = (
    "市区町村毎のDX進捗状況_行政手続のオンライン申請率.csv",
    "都道府県のDX進捗状況_行政手続のオンライン申請率.csv",
)
FILES = tuple(f"dx-dashboard-*/{name}" for name in (*PROGRESS, *RATES))
LABEL_COLUMNS = 2
STATUS = {"実施": 1.0, "未実施": 0.0}
# A bare "%" stands where the body has none of the procedures: the denominator is 0.
MISSING = {"調査無し": ("status", "not_asked"), "%": ("pct", "not_applicable")}
PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
COUNT = re.compile(r"\d{1,4}")
"""Counts are of procedures, of which there are a few dozen."""


@dataclass(frozen=True)
class Cell:
    """One published cell: where it stands, whose it is, what it says."""

    edition: str
    file: str
    lgcode: str
    category: str
    item: str
    text: str


def read(raw: Path) -> list[Reading]:
    """Tidy tables `dx_status` and `online_rates` from each edition's folder of four CSV files.

    `dx_status`: one row per body and indicator (value 0/1 for status, 0–100 for percentages, a
    count otherwise; `missing` names the kind where there is no value). `online_rates`: one row
    per body and procedure with a published rate; an empty cell is no row, `0%` is a row.
    """
    editions = dated_folders(raw, "dx-dashboard")
    return [
        joined([_reading("dx_status", PROGRESS, *edition, _status_row) for edition in editions]),
        joined([_reading("online_rates", RATES, *edition, _rate_row) for edition in editions]),
    ]


def _reading(
    table: str,
    names: Sequence[str],
    edition: str,
    folder: Path,
    row_of: Callable[[Cell], dict[str, object] | None],
) -> Reading:
    cells = [cell for name in names for cell in _cells(folder / name, edition)]
    filled = [cell for cell in cells if cell.text]
    rows = [(cell, row_of(cell)) for cell in filled]
    loaded = [row for _, row in rows if row is not None]
    aside = tuple(
        SetAside(cell.file, f"{cell.item}／{cell.lgcode}", "unreadable_value", cell.text)
        for cell, row in rows
        if row is None
    )
    frame = pd.DataFrame(loaded).sort_values(["lgcode", "category", "item"], ignore_index=True)
    return Reading(table, frame, "cell", len(cells), len(loaded), len(cells) - len(filled), aside)


def _cells(path: Path, edition: str) -> Iterator[Cell]:
    header, *rows = csv_rows(path, "utf-8-sig", ends_its_lines=True)
    codes = _codes(path.name, header[LABEL_COLUMNS:])
    seen: set[tuple[str, str]] = set()
    last = max((number for number, row in enumerate(rows) if any(row)), default=-1)
    for number, row in enumerate(rows[: last + 1], start=2):
        values = [value.strip() for value in row[LABEL_COLUMNS:]]
        if len(row) != len(header) or any(values[len(codes) :]):
            raise _wrong_row(path, number, "列の数が見出しと合いません")
        category, item = row[0].strip(), row[1].strip()
        if (category, item) in seen:
            raise _wrong_row(path, number, f"「{item}」の行が二度あります")
        seen.add((category, item))
        for code, text in zip(codes, values, strict=False):
            yield Cell(edition, path.name, code, category, item, text)


def _wrong_row(path: Path, number: int, problem: str) -> ReadError:
    return ReadError(path.name, f"{number} 行目", problem, "元のファイルを確かめてください")


def _codes(file: str, names: Sequence[str]) -> list[str]:
    """Codes of the header's bodies, by order, each verified by name."""
    bodies = lgcode.prefectures() if file.startswith("都道府県") else lgcode.municipalities()
    given = list(names)
    while given and not given[-1].strip():
        given.pop()
    if len(given) != len(bodies):
        problem = f"団体の列が {len(given)} あります（{len(bodies)} のはずです）"
        raise ReadError(file, "見出し", problem, "団体の一覧と同じ時点の版を使ってください")
    for column, (name, body) in enumerate(zip(given, bodies, strict=True), LABEL_COLUMNS + 1):
        if name.strip() != body.name:
            problem = f"「{name}」とありますが、順序からは「{body.name}」（{body.lgcode}）です"
            raise ReadError(file, f"{column} 列目", problem, "列の並びを確かめてください")
    return [body.lgcode for body in bodies]


def _status_row(cell: Cell) -> dict[str, object] | None:
    value, unit, missing = _status_value(cell.text)
    if unit is None:
        return None
    return _key(cell) | {"value": value, "unit": unit, "missing": missing}


def _status_value(text: str) -> tuple[float | None, str | None, str | None]:
    if text in STATUS:
        return STATUS[text], "status", None
    if text in MISSING:
        unit, kind = MISSING[text]
        return None, unit, kind
    if (percent := PERCENT.fullmatch(text)) and float(percent[1]) <= 100:
        return float(percent[1]), "pct", None
    if COUNT.fullmatch(text):
        return float(text), "count", None
    return None, None, None


def _rate_row(cell: Cell) -> dict[str, object] | None:
    percent = PERCENT.fullmatch(cell.text)
    if percent is None or float(percent[1]) > 100:
        return None
    return _key(cell) | {"application_rate_pct": float(percent[1])}


def _key(cell: Cell) -> dict[str, object]:
    return {
        "edition": cell.edition,
        "lgcode": cell.lgcode,
        "category": cell.category,
        "item": cell.item,
    }
