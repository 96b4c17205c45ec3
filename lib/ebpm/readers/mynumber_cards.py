"""Reader of マイナンバーカード交付状況 (総務省), one file a date of count.

The ministry issues PDFs; Code for Japan made these tables of them. The codes have lost their
leading zero, some are not there at all (三宅村, 八丈町), town names carry county or island. The
population is that of the resident register on 1 January, and its year changes once a year, so a
rate of one date and that of the next may have different denominators (`population_date`).

Source: https://www.soumu.go.jp/kojinbango_card/kofujokyo.html
"""

import datetime
import re
from functools import cache, partial
from pathlib import Path

import pandas as pd

from ebpm import lgcode
from ebpm.missing import of_mark
from ebpm.readers.reading import ReadError, Reading, csv_rows, found, joined
from ebpm.readers.rows import Row, Unfit, check_header, sift

FILES = ("mynumber-card/all_localgovs_*.csv",)
EDITION = re.compile(r"all_localgovs_([0-9]{8})\.csv")
HEADER = (
    "算出基準日",
    "都道府県名",
    "市区町村名",
    "総数（人口）",
    "交付枚数",
    "人口に対する交付枚数率",
    "人口算出基準日",
    "交付件数基準日",
    "団体コード",
)
NO_CODE = {"", "<NA>"}
COUNT = re.compile(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+")
LARGEST_COUNT = 10_000_000
"""No municipality has so many residents (横浜市: 3.8 million)."""
PERCENT = re.compile(r"[0-9]+(\.[0-9]+)?")


def read(raw: Path) -> list[Reading]:
    """The tidy table `mynumber_cards` of every edition under `raw/mynumber-card`.

    One row per edition (date of count) and municipality: lgcode, the three dates as ISO text,
    population and cards as printed (integers), and the rate as printed (per cent).
    """
    return [joined([read_edition(path) for path in found(raw, FILES)])]


def read_edition(path: Path) -> Reading:
    """One edition; raises ReadError where the file's name or header is not as known."""
    edition = _edition(path)
    header, *lines = csv_rows(path, "utf-8-sig", sifts_zero_bytes=True)
    check_header(path.name, header, HEADER)
    sifted = sift(path.name, lines, partial(_row, edition), ["lgcode"])
    frame = pd.DataFrame(sifted.rows).sort_values("lgcode", ignore_index=True)
    return sifted.reading("mynumber_cards", frame)


def _edition(path: Path) -> str:
    match = EDITION.fullmatch(path.name)
    try:
        return datetime.datetime.strptime(match[1] if match else "", "%Y%m%d").date().isoformat()
    except ValueError:
        problem = "ファイル名から基準日を読み取れません"
        remedy = "all_localgovs_20221231.csv の形にしてください"
        raise ReadError(path.name, "ファイル名", problem, remedy) from None


def _row(edition: str, line: list[str]) -> Row:
    if len(line) != len(HEADER):
        raise Unfit("wrong_number_of_columns")
    cell = dict(zip(HEADER, (text.strip() for text in line), strict=True))
    if _date(cell["算出基準日"]) != edition:
        raise Unfit("date_differs_from_edition")
    return {
        "edition": edition,
        "lgcode": _lgcode(cell["団体コード"], cell["都道府県名"], cell["市区町村名"]),
        "calculated_on": edition,
        "cards_date": _date_until(edition, cell["交付件数基準日"]),
        "population": _count(cell["総数（人口）"]),
        "population_date": _date_until(edition, cell["人口算出基準日"]),
        "cards": _count(cell["交付枚数"]),
        "printed_rate_pct": float(_number(PERCENT, cell["人口に対する交付枚数率"])),
    }


@cache
def _lgcode(code: str, prefecture: str, name: str) -> str:
    """The municipality on which code, prefecture and name agree; by name where no code is given."""
    by_name = _by_name(prefecture, name)
    known = by_name if code in NO_CODE else _by_code(code)
    if known is None:
        raise Unfit("unknown_name")
    if known != by_name:
        raise Unfit("name_does_not_match_code")
    if lgcode.get(known).kind is lgcode.Kind.PREFECTURE:
        raise Unfit("not_a_municipality")
    return known


def _by_code(code: str) -> str:
    try:
        return lgcode.parse(code, digits=6)
    except lgcode.LgcodeError:
        raise Unfit("unknown_code") from None


def _by_name(prefecture: str, name: str) -> str | None:
    try:
        return lgcode.find(name, prefecture) if prefecture else None
    except lgcode.LgcodeError:
        return None


@cache
def _date(text: str) -> str:
    try:
        return datetime.datetime.strptime(text, "%Y/%m/%d").date().isoformat()
    except ValueError:
        raise Unfit("unreadable_date") from None


def _date_until(edition: str, text: str) -> str:
    if (date := _date(text)) > edition:
        raise Unfit("date_after_edition")
    return date


def _count(text: str) -> int:
    count = int(_number(COUNT, text).replace(",", ""))
    if count > LARGEST_COUNT:
        raise Unfit("value_out_of_range")
    return count


def _number(form: re.Pattern[str], text: str) -> str:
    """A number of the given form; a blank or a mark is no number, least of all 0."""
    if not text or of_mark(text):
        raise Unfit("no_value")
    if not form.fullmatch(text):
        raise Unfit("unreadable_number")
    return text
