"""Reader of the registry of local governments: code, prefecture, name, county, island, kind.

Codes, prefectures and names come from SSDSE-A 2025 (独立行政法人統計センター); counties and islands
from the names in 総務省's My Number card statistics of 2021-07-01, the last date on which the
names of Tokyo's islands carry the island; the class of a city from `data/city_classes.toml`.

Sources: https://www.nstac.go.jp/use/literacy/ssdse/
https://www.soumu.go.jp/kojinbango_card/kofujokyo.html
"""

import re
import tomllib
from pathlib import Path

import pandas as pd

from ebpm.lgcode import check_digit
from ebpm.paths import DATA
from ebpm.readers.reading import ReadError, Reading, csv_rows

NAMES_FILE = Path("ssdse-a") / "SSDSE-A-2025.csv"
COUNTIES_FILE = Path("mynumber-card") / "all_localgovs_20210701.csv"
FILES = (str(NAMES_FILE), str(COUNTIES_FILE))
CLASSES_FILE = "city_classes.toml"
COLUMNS = ["lgcode", "prefecture", "name", "county", "island", "kind"]
HEADER_ROWS = 3
NAMES_HEADER = ["地域コード", "都道府県", "市区町村"]
SSDSE_CODE = re.compile(r"R[0-9]{5}")
CHECK_FILE = "元のファイルを確かめてください"
PREFECTURES = 47
KIND_BY_ENDING = {"市": "city", "区": "special_ward", "町": "town", "村": "village"}

Row = dict[str, str]


def read(raw: Path) -> list[Reading]:
    """The registry: one row per prefecture or municipality, in the order of the codes.

    All columns are text; county and island are empty where a body has none. Raises ReadError when
    the sources do not name the same bodies.
    """
    bodies = _bodies(raw / NAMES_FILE)
    prefixes = _prefixes(raw / COUNTIES_FILE, bodies)
    classes = _classes(bodies)
    rows = [_row(body, prefixes[body["lgcode"]], classes) for body in bodies]
    ordered = sorted(_prefectures(bodies) + rows, key=lambda row: row["lgcode"])
    frame = pd.DataFrame(ordered, columns=COLUMNS)
    return [Reading("municipalities", frame, "row", len(bodies), len(rows))]


def _bodies(path: Path) -> list[Row]:
    """Code, prefecture and name of every municipality of SSDSE-A."""
    rows = csv_rows(path, "cp932", HEADER_ROWS, ends_its_lines=True)
    if [cell.strip() for cell in rows[HEADER_ROWS - 1][:3]] != NAMES_HEADER:
        problem = "見出しが SSDSE-A の形ではありません"
        raise ReadError(path.name, f"{HEADER_ROWS} 行目", problem, CHECK_FILE)
    bodies: dict[str, Row] = {}
    for number, row in enumerate(rows[HEADER_ROWS:], start=HEADER_ROWS + 1):
        if any(row):
            body = _body(path.name, number, row, len(rows[0]))
            if body["lgcode"] in bodies:
                raise ReadError(path.name, f"{number} 行目", "同じ団体が二度あります", CHECK_FILE)
            bodies[body["lgcode"]] = body
    return list(bodies.values())


def _body(file: str, number: int, row: list[str], width: int) -> Row:
    if len(row) != width or not SSDSE_CODE.fullmatch(row[0]) or row[2][-1:] not in KIND_BY_ENDING:
        problem = f"市区町村の行ではありません（{'、'.join(row[:3])}）"
        raise ReadError(file, f"{number} 行目", problem, CHECK_FILE)
    return {"lgcode": _six(row[0].removeprefix("R")), "prefecture": row[1], "name": row[2]}


def _six(five: str) -> str:
    return five + check_digit(five)


def _prefixes(path: Path, bodies: list[Row]) -> dict[str, str]:
    """Code → what stands before the name: a county (三戸郡), an island (三宅島) or nothing."""
    header, *rows = csv_rows(path, "utf-8-sig")
    if absent := [name for name in ("団体コード", "市区町村名") if header.count(name) != 1]:
        problem = f"「{absent[0]}」の列が1つではありません"
        raise ReadError(path.name, "1 行目", problem, CHECK_FILE)
    code, name = header.index("団体コード"), header.index("市区町村名")
    long_names: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        if any(row) and (len(row) != len(header) or row[code].zfill(6) in long_names):
            problem = "列の数が見出しと合わないか、同じ団体が二度あります"
            raise ReadError(path.name, f"{number} 行目", problem, CHECK_FILE)
        if any(row):
            long_names[row[code].zfill(6)] = row[name]
    if unknown := long_names.keys() - {body["lgcode"] for body in bodies}:
        raise _disagree(path.name, min(unknown), long_names[min(unknown)])
    for body in bodies:
        if not long_names.get(body["lgcode"], "").endswith(body["name"]):
            raise _disagree(path.name, body["lgcode"], body["name"])
    return {
        body["lgcode"]: long_names[body["lgcode"]].removesuffix(body["name"]) for body in bodies
    }


def _classes(bodies: list[Row]) -> dict[str, str]:
    """Code → designated_city or core_city."""
    known = {(body["lgcode"], body["prefecture"], body["name"]) for body in bodies}
    tables = tomllib.loads((DATA / CLASSES_FILE).read_text(encoding="utf-8"))
    classes: dict[str, str] = {}
    for kind, table in tables.items():
        for city in table["cities"]:
            if (city["lgcode"], city["prefecture"], city["name"]) not in known:
                raise _disagree(CLASSES_FILE, city["lgcode"], city["name"])
            classes[city["lgcode"]] = kind
    return classes


def _row(body: Row, prefix: str, classes: dict[str, str]) -> Row:
    if prefix and prefix[-1] not in "郡島":
        raise _disagree(COUNTIES_FILE.name, body["lgcode"], prefix)
    kind = classes.get(body["lgcode"]) or KIND_BY_ENDING[body["name"][-1]]
    county = prefix if prefix.endswith("郡") else ""
    return body | {"county": county, "island": prefix.removeprefix(county), "kind": kind}


def _prefectures(bodies: list[Row]) -> list[Row]:
    """The prefectures themselves, whose codes end in 000 and a check digit."""
    names = {body["lgcode"][:2]: body["prefecture"] for body in bodies}
    if len(names) != PREFECTURES or len(set(names.values())) != PREFECTURES:
        raise ReadError(NAMES_FILE.name, "都道府県", "47ではありません", "元を確かめてください")
    return [
        {"lgcode": _six(f"{number}000"), "prefecture": name, "name": name, "county": "",
         "island": "", "kind": "prefecture"}
        for number, name in names.items()
    ]  # fmt: skip


def _disagree(file: str, code: str, name: str) -> ReadError:
    problem = f"「{name}」が {NAMES_FILE.name} の団体と合いません"
    return ReadError(file, code, problem, "版の組み合わせを確かめてください")
