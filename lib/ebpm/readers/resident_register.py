"""Reader of 住民基本台帳年齢階級別人口（市区町村別）（総計）(総務省): one workbook a reference date.

Three rows a body (計, 男, 女). The table mixes the nation, prefectures, their counties and islands,
municipalities (with the county before the name) and the wards of designated cities. An asterisk
behind a name marks bodies whose age classes leave out some residents of the total; the workbook
does not say whom. The prefectures' age classes are sums of the municipalities' and leave them out
as well, the national ones do not.

Source: https://www.soumu.go.jp/main_sosiki/jichi_gyousei/daityo/jinkou_jinkoudoutai-setaisuu.html
"""

import re
from functools import partial
from itertools import pairwise
from pathlib import Path

import pandas as pd

from ebpm import lgcode
from ebpm.eras import EraError, dates_in
from ebpm.readers.body_rows import body_of, code_of, read_editions, sift_rows
from ebpm.readers.cells import count_of
from ebpm.readers.grid import CHECK_FILE, Cell, Grid, folded
from ebpm.readers.headings import Header, find_header, title
from ebpm.readers.reading import ReadError, Reading
from ebpm.readers.rows import Row, Unfit
from ebpm.readers.workbook import one_sheet

FILES = ("resident-register-*/*.xls", "resident-register-*/*.xlsx")
MOST_RESIDENTS = 50_000_000
"""More than any prefecture can have."""
LABELS = {
    "団体コード": "code",
    "都道府県名": "prefecture",
    "市区町村名": "name",
    "性別": "sex",
    "総数": "all",
}
SEXES = {"計": "all", "男": "male", "女": "female"}
NATION = {"合計", "全国"}
CLASS = re.compile(r"(\d+)[~-](\d+)歳?")
LAST_CLASS = re.compile(r"(\d+)歳?以上")
OLDEST_LAST_CLASS = 75
"""A last class that began earlier would hide the residents aged 75 and over."""
MARK = "*"
WHOLE_POPULATION = "総計"
NORTHERN_TERRITORIES = {"016951", "016969", "016977", "016985", "016993", "017001"}


def read(raw: Path) -> list[Reading]:
    """The tidy table `resident_register` of every edition under `raw/resident-register-*`.

    One row per edition (reference date as ISO text), body (`lgcode`), `sex` and `age_class` (`0-4`
    … `100+`, and `all`): `population` (residents, Japanese and foreign) or else `missing`;
    `is_age_incomplete`: the publisher's asterisk. Raises ReadError where a workbook is not as
    known, or two are of one date.
    """
    return [read_editions(raw, FILES, read_edition)]


def read_edition(path: Path) -> Reading:
    """One reference date; raises ReadError where the workbook is not as known."""
    grid = one_sheet(path)
    known = "、".join([*LABELS, "0～4歳、5～9、…、100歳以上"])
    header = find_header(grid, _column_name, known)
    header.require(grid, LABELS)
    edition = _edition(grid, header)
    classes = _age_classes(grid, header)
    row_of = partial(_row, header, classes)
    sifted = sift_rows(grid, header.first_data_row, row_of, ["lgcode", "sex"])
    return sifted.reading("resident_register", _tidy(sifted.rows, edition))


def _column_name(heading: str) -> str | None:
    if match := CLASS.fullmatch(heading):
        return f"{match[1]}-{match[2]}"
    if match := LAST_CLASS.fullmatch(heading):
        return f"{match[1]}+"
    return LABELS.get(heading)


def _edition(grid: Grid, header: Header) -> str:
    """The one date in the title, which must say that the table is of all residents."""
    said = title(grid, header)
    place = grid.place(0)
    try:
        dates = set(dates_in(said))
    except EraError as error:
        raise ReadError(grid.file, place, error.problem, error.remedy) from None
    if len(dates) != 1:
        problem = f"表題「{said[:60]}」から基準日が1つに決まりません"
        raise ReadError(grid.file, place, problem, CHECK_FILE)
    if WHOLE_POPULATION not in said:
        problem = f"表題に「{WHOLE_POPULATION}」がありません"
        remedy = "日本人住民と外国人住民を合わせた総計の表を使ってください"
        raise ReadError(grid.file, place, problem, remedy)
    return dates.pop().isoformat()


def _age_classes(grid: Grid, header: Header) -> list[str]:
    """The age classes from the youngest on; each must begin where the one before ends."""
    classes = [name for name in header.columns if name not in LABELS.values()]
    classes.sort(key=_first_age)
    gaps = [
        (before, after)
        for before, after in pairwise(["-1", *classes])
        if not before.endswith(f"-{_first_age(after) - 1}") and (before, after) != ("-1", "0-4")
    ]
    if gaps or not classes or not classes[-1].endswith("+"):
        problem = f"年齢階級（{'、'.join(classes) or 'なし'}）が0歳から切れ目なく並んでいません"
        raise grid.error(header.row, None, problem, CHECK_FILE)
    if _first_age(classes[-1]) < OLDEST_LAST_CLASS:
        problem = f"最後の年齢階級（{classes[-1]}）が{OLDEST_LAST_CLASS}歳より前から始まっています"
        raise grid.error(header.row, header.columns[classes[-1]], problem, CHECK_FILE)
    return classes


def _first_age(age_class: str) -> int:
    return int(re.split("[-+]", age_class)[0])


def _row(header: Header, classes: list[str], line: list[Cell]) -> Row:
    code, prefecture, name, sex = (
        folded(header.cell(line, column)) for column in ("code", "prefecture", "name", "sex")
    )
    marked = MARK in prefecture + name
    prefecture, name = prefecture.replace(MARK, ""), name.replace(MARK, "")
    if prefecture in NATION and not code and not name:
        raise Unfit("national_total")
    code = code_of(code)
    if reason := _no_local_government(code, name):
        raise Unfit(reason)
    body = body_of(code, prefecture, name)
    if sex not in SEXES:
        raise Unfit("unknown_sex")
    counts = {column: count_of(header.cell(line, column)) for column in ("all", *classes)}
    if any(count is not None and count > MOST_RESIDENTS for count, _ in counts.values()):
        raise Unfit("value_out_of_range")
    return {"lgcode": body.lgcode, "sex": SEXES[sex], "marked": marked, "counts": counts}


def _no_local_government(code: str, name: str) -> str | None:
    """Why a row with a right code is neither a prefecture nor a municipality, if it is not."""
    if name.endswith("郡"):
        return "county_subtotal"
    if name == "島しょ":
        return "island_subtotal"
    if code in NORTHERN_TERRITORIES:
        return "northern_territories"
    if lgcode.is_ward(code) and name.startswith(lgcode.get(lgcode.city_of_ward(code)).name):
        return "ward_of_designated_city"
    return None


def _tidy(rows: list[Row], edition: str) -> pd.DataFrame:
    long = [
        (edition, row["lgcode"], row["sex"], age_class, number, missing, row["marked"])
        for row in rows
        for age_class, (number, missing) in row["counts"].items()
    ]
    columns = ["edition", "lgcode", "sex", "age_class", "population", "missing"]
    frame = pd.DataFrame(long, columns=[*columns, "is_age_incomplete"])
    frame = frame.astype({"population": "Int64", "missing": "string"})
    order = frame["age_class"].map(lambda name: -1 if name == "all" else _first_age(name))
    keys = frame.assign(order=order).sort_values(["sex", "order", "lgcode"])
    return keys.drop(columns="order").reset_index(drop=True)
