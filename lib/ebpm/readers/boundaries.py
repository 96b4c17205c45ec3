"""Reader of the boundaries of prefectures and municipalities (デジタル庁, from 国土数値情報).

TopoJSON: arcs as whole-number steps on a grid of about 12 m, shared between neighbours; a body is
a list of rings, a ring a list of arc numbers (`~n` runs arc n backwards). Outer rings leave this
reader clockwise and holes counter-clockwise, as d3-geo and Vega draw them; coordinates are rounded
to 4 decimals of a degree, which moves a point by at most 8 m and never joins two points.

Sources: https://github.com/digital-go-jp/policy-dashboard-assets/tree/main/data/map
https://github.com/topojson/topojson-specification
"""

import json
import re
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from ebpm import lgcode
from ebpm.geometry import Point, Polygon, Ring, inner_point, largest, signed_area
from ebpm.readers.reading import ReadError, Reading, SetAside, found, joined

FILES = ("boundaries-*/ja_municipality_area.json", "boundaries-*/ja_prefecture_area.json")
EDITION = re.compile(r"boundaries-(20\d\d(?:-[01]\d-[0-3]\d)?)")
LEVELS = {"ja_municipality_area.json": "municipality", "ja_prefecture_area.json": "prefecture"}
DECIMALS = 4
WEST, EAST, SOUTH, NORTH = 122.0, 155.0, 20.0, 46.0
"""Japan in degrees, with 沖ノ鳥島, 与那国島, 南鳥島 and the Northern Territories."""
SHORTEST_RING = 4
COLUMNS = [
    "edition",
    "level",
    "lgcode",
    "label_longitude_deg",
    "label_latitude_deg",
    "geometry",
]

Json = Any


def read(raw: Path) -> list[Reading]:
    """`boundaries`: one row per edition and body, its geometry as GeoJSON text.

    The label point lies inside the largest polygon. The six villages of the Northern Territories,
    which have codes but no local government, are set aside. Raises ReadError where a file is not
    a TopoJSON of the known layout.
    """
    whole = joined([_read_file(path) for path in found(raw, FILES)])
    frame = whole.frame.sort_values(["edition", "level", "lgcode"], ignore_index=True)
    return [Reading("boundaries", frame, whole.unit, whole.read, whole.loaded, 0, whole.set_aside)]


def _read_file(path: Path) -> Reading:
    edition, level = _edition(path), LEVELS[path.name]
    topology = _topology(path)
    arcs, shapes = _arcs(path.name, topology), _shapes(path.name, topology)
    rows: dict[str, list[Json]] = {}
    aside: list[SetAside] = []
    for number, shape in enumerate(shapes, start=1):
        reason = _problem(shape, level, rows)
        if reason:
            aside.append(SetAside(path.name, f"{number} 番目", reason, _shown(shape)))
            continue
        polygons = _polygons(path.name, shape, arcs)
        point = _label_point(path.name, shape, polygons)
        rows[_code(shape, level)] = [*(round(x, DECIMALS) for x in point), _geojson(polygons)]
    frame = pd.DataFrame([[edition, level, code, *row] for code, row in rows.items()])
    frame = frame.set_axis(COLUMNS, axis="columns") if rows else pd.DataFrame(columns=COLUMNS)
    return Reading("boundaries", frame, "shape", len(shapes), len(rows), 0, tuple(aside))


def _edition(path: Path) -> str:
    if match := EDITION.fullmatch(path.parent.name):
        return match[1]
    problem, remedy = "版を読み取れません", "boundaries-2025 の形の名前にしてください"
    raise ReadError(path.parent.name, "フォルダー名", problem, remedy)


def _topology(path: Path) -> Json:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        place = f"{error.start + 1} バイト目"
        raise _damaged(path.name, place, "文字コードが UTF-8 ではありません") from None
    except json.JSONDecodeError as error:
        place = f"{error.lineno} 行目 {error.colno} 文字目"
        raise _damaged(path.name, place, "JSON として読めません") from None
    except ValueError:
        raise _damaged(path.name, "表全体", "JSON に桁の多すぎる数があります") from None
    except RecursionError:
        raise _damaged(path.name, "表全体", "JSON の入れ子が深すぎます") from None
    if not isinstance(content, dict) or content.get("type") != "Topology":
        raise _damaged(path.name, "type", "TopoJSON（Topology）ではありません")
    return content


def _damaged(file: str, place: str, problem: str) -> ReadError:
    return ReadError(file, place, problem, "元のファイルを確かめてください")


def _arcs(file: str, topology: Json) -> list[Ring]:
    """Every arc as points in degrees: the steps of the grid added up, scaled and moved."""
    try:
        scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
        return [_degrees(arc, scale, move) for arc in topology["arcs"]]
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        problem = "座標（transform と arcs）を読めません"
        raise _damaged(file, "transform／arcs", problem) from None


def _degrees(arc: list[list[int]], scale: list[float], move: list[float]) -> Ring:
    def axis(number: int, steps: list[int]) -> list[float]:
        places = accumulate(steps)
        return [round(place * scale[number] + move[number], DECIMALS) for place in places]

    line = list(zip(axis(0, [x for x, _ in arc]), axis(1, [y for _, y in arc]), strict=True))
    if not all(WEST <= x <= EAST and SOUTH <= y <= NORTH for x, y in line):
        raise ValueError("outside of Japan")
    return line


def _shapes(file: str, topology: Json) -> list[Json]:
    objects = topology.get("objects")
    if not isinstance(objects, dict) or len(objects) != 1:
        raise _damaged(file, "objects", "図形の集まりが1つではありません")
    collection = next(iter(objects.values()))
    shapes = collection.get("geometries") if isinstance(collection, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise _damaged(file, "objects", "図形の一覧（geometries）がありません")
    return shapes


def _shown(shape: Json) -> str:
    kept = {name: shape.get(name) for name in ("id", "type", "properties")}
    return json.dumps(kept, ensure_ascii=False)[:200]


def _code(shape: Json, level: str) -> str:
    """The six-digit code behind two digits (a prefecture) or five; raises LgcodeError."""
    text = str(shape.get("id", ""))
    if len(text) != (2 if level == "prefecture" else 5):
        raise lgcode.UnknownName.of(text, "は図形の番号として読めません")
    return lgcode.parse(text.ljust(5, "0"), 5)


def _problem(shape: Json, level: str, rows: dict[str, list[Json]]) -> str | None:
    properties = shape.get("properties")
    if not isinstance(properties, dict):
        return "no_properties"
    if properties.get("is_hoppo_city"):
        return "northern_territories"
    try:
        code = _code(shape, level)
    except lgcode.LgcodeError:
        return "unknown_code"
    if not _is_named(properties, level, code):
        return "name_does_not_match_code"
    if code in rows:
        return "repeated_code"
    return None if shape.get("type") in ("Polygon", "MultiPolygon") else "not_an_area"


def _is_named(properties: Json, level: str, code: str) -> bool:
    """Whether prefecture, county and name of a shape are those of the body with its code."""
    prefecture = str(properties.get("prefecture_name") or "")
    name = f"{properties.get('county_name') or ''}{properties.get('city_name') or ''}"
    try:
        return lgcode.find(name or prefecture, prefecture if name else None) == code
    except lgcode.LgcodeError:
        return False


def _polygons(file: str, shape: Json, arcs: list[Ring]) -> list[Polygon]:
    numbers = [shape.get("arcs")] if shape["type"] == "Polygon" else shape.get("arcs")
    try:
        polygons = [[_ring(ring, arcs) for ring in polygon] for polygon in numbers]
    except (TypeError, IndexError, ValueError):
        raise _damaged(file, f"id {shape.get('id')}", "境界線をつなげません") from None
    if not polygons or not all(polygons):
        raise _damaged(file, f"id {shape.get('id')}", "境界線がありません")
    return polygons


def _label_point(file: str, shape: Json, polygons: list[Polygon]) -> Point:
    """A point inside the largest polygon; raises ReadError where that encloses nothing."""
    polygon = largest(polygons)
    if not signed_area(polygon[0]):
        raise _damaged(file, f"id {shape.get('id')}", "境界線が面を囲んでいません")
    return inner_point(polygon)


def _ring(numbers: list[int], arcs: list[Ring]) -> Ring:
    """A ring from its arcs; raises ValueError where they do not meet, not close, or repeat."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    ring = [point for part in parts for point in part[:-1]] + parts[-1][-1:]
    met = all(a[-1] == b[0] for a, b in pairwise([*parts, parts[0]]))
    once = len({number if number >= 0 else ~number for number in numbers}) == len(numbers)
    if not (met and once) or len(ring) < SHORTEST_RING:
        raise ValueError("the arcs do not make a ring")
    return ring


def _geojson(polygons: list[Polygon]) -> str:
    turned = [
        [_turned(ring, signed_area(ring) > 0 if hole else signed_area(ring) < 0)
         for hole, ring in enumerate(polygon)]
        for polygon in polygons
    ]  # fmt: skip
    one = len(turned) == 1
    geometry = {
        "type": "Polygon" if one else "MultiPolygon",
        "coordinates": turned[0] if one else turned,
    }
    return json.dumps(geometry, separators=(",", ":"))


def _turned(ring: Ring, right: bool) -> Ring:
    return ring if right else ring[::-1]
