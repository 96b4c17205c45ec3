"""Reader of SSDSE-A (独立行政法人統計センター): municipalities × indicators, one file an edition.

CP932; three header rows (code, year of each column, name). The year belongs to the column, not to
the file; columns come and go between editions; codes are `R` + five digits without check digit.

Source: https://www.nstac.go.jp/use/literacy/ssdse/
"""

import re
from pathlib import Path

import pandas as pd

from ebpm import lgcode
from ebpm.readers.reading import (
    ReadError,
    Reading,
    SetAside,
    csv_rows,
    edition_in_name,
    found,
    joined,
)

FILES = ("ssdse-a/SSDSE-A-*.csv",)
EDITION = re.compile(r"SSDSE-A-(20[0-9]{2})\.csv")
KEY_COLUMNS = 3
HEADER_ROWS = 3
YEAR = re.compile(r"[12][0-9]{3}")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
LARGEST = 1e11
"""Far above the largest value published, Yokohama's revenue in thousands of yen (2.4e9)."""
SIGNED = "比率"
"""Only ratios can be negative (実質公債費比率)."""


def read(raw: Path) -> list[Reading]:
    """Tidy tables of every edition under `raw/ssdse-a`.

    `ssdse_a`: one row per edition, municipality and indicator (indicator code, the column's own
    fiscal year, value). `ssdse_a_indicators`: one row per edition and indicator, with its name.
    """
    editions = [read_edition(path, _edition(path)) for path in found(raw, FILES)]
    return [joined([values for values, _ in editions]), joined([names for _, names in editions])]


def _edition(path: Path) -> int:
    return int(edition_in_name(path, EDITION, "版（西暦）", "SSDSE-A-2025.csv"))


def read_edition(path: Path, edition: int) -> tuple[Reading, Reading]:
    """Values and indicator list of one edition; raises ReadError where the header is not as known."""
    rows = csv_rows(path, "cp932", HEADER_ROWS, ends_its_lines=True)
    indicators = _indicators(path.name, rows[:HEADER_ROWS], edition)
    filled = {n: row for n, row in enumerate(rows, start=1) if n > HEADER_ROWS and any(row)}
    good, aside = _split(path.name, filled, len(indicators) + KEY_COLUMNS)
    if not good:
        problem = "読み込める行が1つもありません"
        raise ReadError(path.name, "表全体", problem, "元を確かめてください")
    read = len(rows) - HEADER_ROWS
    wide = pd.DataFrame(
        [row[KEY_COLUMNS:] for row in good],
        index=[lgcode.parse(row[0]) for row in good],
        columns=indicators["indicator"],
    )
    values = _tidy(path.name, wide, indicators, edition)
    return (
        Reading("ssdse_a", values, "row", read, len(good), read - len(filled), tuple(aside)),
        Reading("ssdse_a_indicators", indicators, "column", len(indicators), len(indicators)),
    )


def _indicators(file: str, header: list[list[str]], edition: int) -> pd.DataFrame:
    codes, years, names = header
    if [name.strip() for name in names[:KEY_COLUMNS]] != ["地域コード", "都道府県", "市区町村"]:
        raise ReadError(
            file, "3 行目", "見出しが SSDSE-A の形ではありません", "ファイルを確かめてください"
        )
    if not len(codes) == len(years) == len(names):
        problem = "3 行の列の数が揃っていません"
        raise ReadError(file, "見出し", problem, "ファイルを確かめてください")
    for column, year in enumerate(years[KEY_COLUMNS:], start=KEY_COLUMNS + 1):
        if not YEAR.fullmatch(year.strip()):
            problem = f"「{year}」は年度ではありません"
            raise ReadError(file, f"2 行目 {column} 列目", problem, "ファイルを確かめてください")
    frame = pd.DataFrame(
        {
            "edition": edition,
            "indicator": [code.strip() for code in codes[KEY_COLUMNS:]],
            "fiscal_year": pd.to_numeric(pd.Series(years[KEY_COLUMNS:])),
            "name": [name.strip() for name in names[KEY_COLUMNS:]],
        }
    )
    if twice := frame["indicator"][frame["indicator"].duplicated()].tolist():
        raise ReadError(file, "1 行目", f"同じ項目が二度あります：{twice}", "元を確かめてください")
    return frame


def _split(
    file: str, rows: dict[int, list[str]], width: int
) -> tuple[list[list[str]], list[SetAside]]:
    """Rows (by line) of a known municipality, of the right width; the rest with its reason.

    A row that is there twice is loaded once; rows of one municipality that differ are all set
    aside, for which one holds is not known.
    """
    problems = {number: _row_problem(row, width) for number, row in rows.items()}
    codes = {n: lgcode.parse(rows[n][0]) for n, problem in problems.items() if problem is None}
    given: dict[str, list[int]] = {}
    for number, code in codes.items():
        given.setdefault(code, []).append(number)
    for numbers in given.values():
        same = all(rows[number][1:] == rows[numbers[0]][1:] for number in numbers)
        problems |= dict.fromkeys(numbers[1:] if same else numbers, "repeated_code")
        if same or len(numbers) == 1:
            problems[numbers[0]] = None
    good = [rows[number] for number, problem in problems.items() if problem is None]
    aside = [
        SetAside(file, f"{number} 行目", problem, ",".join(rows[number])[:200])
        for number, problem in problems.items()
        if problem is not None
    ]
    return good, aside


def _row_problem(row: list[str], width: int) -> str | None:
    if len(row) != width:
        return "wrong_number_of_columns"
    try:
        body = lgcode.get(lgcode.parse(row[0]))
    except lgcode.LgcodeError:
        return "unknown_code"
    prefecture, name = row[1].strip(), row[2].strip()
    known = name == body.name or name in lgcode.former_names(body.lgcode)
    return None if prefecture == body.prefecture and known else "name_does_not_match_code"


def _tidy(file: str, wide: pd.DataFrame, indicators: pd.DataFrame, edition: int) -> pd.DataFrame:
    long = wide.rename_axis("lgcode").reset_index().melt("lgcode", var_name="indicator")
    texts = long["value"].str.strip()
    _check(file, long, texts.str.fullmatch(NUMBER), "は数値ではありません")
    numbers = pd.to_numeric(texts)
    signed = indicators["indicator"][indicators["name"].str.contains(SIGNED)]
    _check(file, long, (numbers >= 0) | long["indicator"].isin(signed), "は負の数です")
    _check(file, long, numbers.abs() <= LARGEST, "は大きすぎます")
    years = indicators.set_index("indicator")["fiscal_year"]
    tidy = long.assign(
        edition=edition, value=numbers.astype(float), fiscal_year=long["indicator"].map(years)
    )
    columns = ["edition", "lgcode", "indicator", "fiscal_year", "value"]
    return tidy[columns].sort_values(["indicator", "lgcode"], ignore_index=True)


def _check(file: str, long: pd.DataFrame, fits: "pd.Series[bool]", problem: str) -> None:
    """Raises ReadError at the first value that does not fit."""
    if not fits.all():
        first = long[~fits].iloc[0]
        place, value = f"{first['lgcode']}／{first['indicator']}", first["value"]
        raise ReadError(file, place, f"「{value}」{problem}", "元を確かめてください")
