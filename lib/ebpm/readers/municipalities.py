"""Reader of the registry of local governments: code, prefecture, name, county, island, kind.

Codes, prefectures and names come from SSDSE-A 2025 (独立行政法人統計センター); counties and islands
from the names in 総務省's My Number card statistics of 2021-07-01, the last date on which the
names of Tokyo's islands carry the island; the class of a city from `data/city_classes.toml`.

Sources: https://www.nstac.go.jp/use/literacy/ssdse/
https://www.soumu.go.jp/kojinbango_card/kofujokyo.html
"""

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
    rows = csv_rows(path, "cp932")[HEADER_ROWS:]
    return [
        {"lgcode": _six(row[0].removeprefix("R")), "prefecture": row[1], "name": row[2]}
        for row in rows
    ]


def _six(five: str) -> str:
    return five + check_digit(five)


def _prefixes(path: Path, bodies: list[Row]) -> dict[str, str]:
    """Code → what stands before the name: a county (三戸郡), an island (三宅島) or nothing."""
    header, *rows = csv_rows(path, "utf-8-sig")
    code, name = header.index("団体コード"), header.index("市区町村名")
    long_names = {row[code].zfill(6): row[name] for row in rows}
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
