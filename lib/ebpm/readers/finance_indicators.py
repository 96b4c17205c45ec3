"""Reader of 全市町村の主要財政指標 (総務省): one workbook a fiscal year, one row a municipality.

Title rows, header and columns are found by what they say. The fiscal year stands in the title,
in the name of the file, or in both. The last rows are the national average and footnotes. The
marks `-` and `－` mean that a ratio does not arise: there is no future burden where the funds cover
it, and no ratio of a body that no longer was when it was computed.

Source: https://www.soumu.go.jp/iken/shihyo_ichiran.html
"""

from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from ebpm import lgcode
from ebpm.eras import EraError, fiscal_years_in, years_in
from ebpm.readers.body_rows import body_of, code_of, read_editions, sift_rows
from ebpm.readers.cells import value_of
from ebpm.readers.grid import Cell, Grid, folded
from ebpm.readers.headings import Header, find_header, title
from ebpm.readers.reading import ReadError, Reading
from ebpm.readers.rows import Row, Unfit
from ebpm.readers.workbook import one_sheet

FILES = ("finance-indicators/*.xls", "finance-indicators/*.xlsx")
LABELS = {"団体コード": "code", "都道府県名": "prefecture", "団体名": "name"}
INDICATORS = {
    "財政力指数": "fiscal_strength_index",
    "経常収支比率": "ordinary_balance_pct",
    "実質公債費比率": "real_debt_service_pct",
    "将来負担比率": "future_burden_pct",
    "ラスパイレス指数": "laspeyres_index",
    "ラスパイレス指数参考値": "laspeyres_reference_index",
    "起債制限比率": "bond_restriction_pct",
    "公債費負担比率": "debt_service_burden_pct",
}
KNOWN = LABELS | INDICATORS
PLAUSIBLE = {
    "fiscal_strength_index": (0, 20),
    "ordinary_balance_pct": (20, 400),
    "real_debt_service_pct": (-100, 300),
    "future_burden_pct": (0, 5_000),
    "laspeyres_index": (50, 150),
    "laspeyres_reference_index": (50, 150),
    "bond_restriction_pct": (-100, 300),
    "debt_service_burden_pct": (0, 300),
}
"""What a value can be: wide of all that was published (夕張市 included), so that only a slip of the
file or two columns that changed places lie outside."""
REQUIRED = (*LABELS, "財政力指数", "経常収支比率", "実質公債費比率", "ラスパイレス指数")
REQUIRED_LATER = {"将来負担比率": 2008}
"""Heading → the first fiscal year whose table must have it; earlier tables have 起債制限比率."""
AVERAGE = "平均"
FOOTNOTES = ("※", "注", "(注", "*")


def read(raw: Path) -> list[Reading]:
    """The tidy table `finance_indicators` of every edition under `raw/finance-indicators`.

    One row per edition (the fiscal year as text), municipality and indicator: `fiscal_year`,
    `lgcode`, `indicator`, `value` (index, or per cent as `_pct` says) or else `missing`. Raises
    ReadError where a workbook is not as known, or two are of one fiscal year.
    """
    return [read_editions(raw, FILES, read_edition)]


def read_edition(path: Path) -> Reading:
    """One fiscal year; raises ReadError where the workbook is not as known."""
    grid = one_sheet(path)
    header = find_header(grid, _column_name, "、".join(KNOWN))
    year = _fiscal_year(path, grid, header)
    _check_columns(grid, header, year)
    sifted = sift_rows(
        grid, header.first_data_row, partial(_row, header, last_day_of(year)), ["lgcode"]
    )
    implausible = sum(item.reason == "value_out_of_range" for item in sifted.set_aside)
    if implausible > len(sifted.rows):
        problem = f"{implausible:,} 行の値が項目のとりうる範囲にありません"
        raise grid.error(header.row, None, problem, "見出しと列の並びを確かめてください")
    return sifted.reading("finance_indicators", _tidy(sifted.rows, year))


def _column_name(heading: str) -> str | None:
    return KNOWN.get(heading.replace("(参考値)", "参考値"))


def _fiscal_year(path: Path, grid: Grid, header: Header) -> int:
    """The one fiscal year that the name of the file and the title state, or one of both."""
    try:
        named, titled = set(years_in(path.stem)), set(fiscal_years_in(title(grid, header)))
    except EraError as error:
        raise ReadError(path.name, "年度", error.problem, error.remedy) from None
    if len(years := named | titled) == 1:
        return years.pop()
    said = f"ファイル名は{_listed(named)}、表題は{_listed(titled)}"
    problem = f"年度が1つに決まりません（{said}）"
    raise ReadError(path.name, "年度", problem, "ファイル名を R2.xlsx、H24.xls の形にしてください")


def last_day_of(fiscal_year: int) -> date:
    """The day whose municipalities a table of settled accounts lists: 31 March."""
    return date(fiscal_year + 1, 3, 31)


def _listed(years: set[int]) -> str:
    return "・".join(f"{year}年度" for year in sorted(years)) or "なし"


def _check_columns(grid: Grid, header: Header, year: int) -> None:
    later = [heading for heading, first in REQUIRED_LATER.items() if year >= first]
    header.require(grid, {heading: KNOWN[heading] for heading in (*REQUIRED, *later)})


def _row(header: Header, on: date, line: list[Cell]) -> Row:
    first = next(cell for cell in map(folded, line) if cell)
    if first.endswith(AVERAGE):
        raise Unfit("national_average")
    if first.startswith(FOOTNOTES):
        raise Unfit("footnote")
    code = code_of(header.cell(line, "code"))
    prefecture, name = (folded(header.cell(line, column)) for column in ("prefecture", "name"))
    body = body_of(code, prefecture, name, on)
    if body.kind is lgcode.Kind.PREFECTURE:
        raise Unfit("not_a_municipality")
    columns = [column for column in header.columns if column in INDICATORS.values()]
    values = {column: value_of(header.cell(line, column)) for column in columns}
    for column, (value, _) in values.items():
        low, high = PLAUSIBLE[column]
        if value is not None and not low <= value <= high:
            raise Unfit("value_out_of_range")
    return {"lgcode": body.lgcode, "values": values}


def _tidy(rows: list[Row], year: int) -> pd.DataFrame:
    long = [
        (str(year), year, row["lgcode"], indicator, value, missing)
        for row in rows
        for indicator, (value, missing) in row["values"].items()
    ]
    columns = ["edition", "fiscal_year", "lgcode", "indicator", "value", "missing"]
    frame = pd.DataFrame(long, columns=columns).astype({"value": float, "missing": "string"})
    return frame.sort_values(["indicator", "lgcode"], ignore_index=True)
