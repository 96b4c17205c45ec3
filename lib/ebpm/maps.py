"""Maps: prefectures as tiles, municipalities by boundary. `x_data` prepares rows, `x_chart` draws.

Every `x_chart` returns one Vega-Lite specification per language, as in `ebpm.charts`: one hue in
classes, the value printed where there is room, areas without a value hatched with the reason named.

The tile grid (`data/tile_grid.csv`) is the project's own design: neighbours on the map are
neighbours in the grid wherever that can be had, and the sea is left open around the four islands.
"""

import csv
import json
import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from ebpm import lgcode
from ebpm.charts import GREY, ORANGE, Specs
from ebpm.evidence.text import LANGUAGES, Both, format_number
from ebpm.geometry import Polygon, largest, polygons_of, signed_area
from ebpm.map_layers import (
    BROAD,
    DARK_INK,
    FINE,
    LEGEND_LINE_PX,
    MAP_WIDTH_PX,
    Classes,
    Json,
    Pen,
    classes_of,
    drawn,
    legend,
    legend_lines,
    mercator,
    no_value,
    placed,
    shape,
    square,
    word,
)
from ebpm.map_words import TILE_WORDS, is_remote, map_description, reasons
from ebpm.missing import LABELS, NO_FIGURE
from ebpm.paths import DATA

__all__ = [
    "map_description",
    "municipality_map_chart",
    "municipality_map_data",
    "tile_grid",
    "tile_map_chart",
    "tile_map_data",
]

TILE_COLUMNS, TILE_ROWS = 13, 13
TILE_WIDTH_PX = 49
TILE_HEIGHT_PX = {"ja": 40, "en": 50}
TILE_WORD_PX = 12
TILE_LINE_PX = 15
# Names of more letters than this are broken in two: Kana-gawa.
TILE_LETTERS = 6
MAP_HEIGHT_PX = 600.0
LEGEND_COLUMNS = 4
GRID_PX = {BROAD: 0.25, FINE: 0.5}
"""Points of a boundary are moved to this grid, finer than a page can show."""
PART_IN_VIEW_DEG2 = 0.01
"""Parts of a body that are always in view, about 100 km²; of smaller ones the largest."""


@cache
def tile_grid() -> dict[str, dict[str, str]]:
    """The tile of each prefecture by code: short_ja, name_en, tile_column, tile_row."""
    with (DATA / "tile_grid.csv").open(encoding="utf-8", newline="") as stream:
        return {row["lgcode"]: row for row in csv.DictReader(stream)}


def tile_map_data(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per prefecture, all 47, from `frame` (lgcode, value, and missing where no value).

    Columns: lgcode, name (Both), value, missing, shown (the value or its kind of missing, for a
    table). A prefecture without a row is missing as `no_figure`. Raises ValueError where a code is
    no prefecture's or occurs twice, or a value is missing without its kind.
    """
    rows = _complete(frame, lgcode.prefectures())
    english = [tile_grid()[code]["name_en"] for code in rows["lgcode"]]
    return _named_in_both(rows, english)


def municipality_map_data(frame: pd.DataFrame, *, prefecture: str | None = None) -> pd.DataFrame:
    """One row per municipality of the nation or of one prefecture, as `tile_map_data`.

    `prefecture` is the name (香川県); raises ValueError where there is none of that name.
    """
    bodies = [b for b in lgcode.municipalities() if prefecture in (None, b.prefecture)]
    if not bodies:
        raise ValueError(
            f"「{prefecture}」という都道府県はありません。正式な名称で指定してください。"
        )
    rows = _complete(frame, bodies)
    return _named_in_both(rows, rows["name"])


def _named_in_both(rows: pd.DataFrame, english: Iterable[str]) -> pd.DataFrame:
    names = [Both(ja, en) for ja, en in zip(rows["name"], english, strict=True)]
    return rows.assign(name=pd.Series(names, index=rows.index, dtype=object))


def _complete(frame: pd.DataFrame, bodies: Sequence[lgcode.Municipality]) -> pd.DataFrame:
    """The bodies in order, each with its value or its kind of missing."""
    codes = {body.lgcode for body in bodies}
    if strange := sorted(set(frame["lgcode"]) - codes):
        raise ValueError(f"地図にない団体コードがあります：{'、'.join(map(str, strange[:5]))}。")
    if frame["lgcode"].duplicated().any():
        raise ValueError("同じ団体が二度あります。1団体1行にしてください。")
    given = {str(row["lgcode"]): row for row in frame.to_dict("records")}
    rows = [_row(body, given.get(body.lgcode)) for body in bodies]
    columns = ["lgcode", "prefecture", "name", "value", "missing", "shown"]
    complete = pd.DataFrame(rows, columns=columns)
    kinds = complete["missing"].astype(object).where(complete["missing"].notna(), None)
    return complete.assign(missing=kinds)


def _row(body: lgcode.Municipality, given: Mapping[Hashable, Any] | None) -> list[Any]:
    names = [body.lgcode, body.prefecture, body.name]
    if given is not None and not pd.isna(given["value"]):
        return [*names, float(given["value"]), None, float(given["value"])]
    kind = NO_FIGURE if given is None else given.get("missing")
    if kind not in LABELS:
        raise ValueError(f"{body.full_name}の値がなく、その理由（missing）もありません。")
    return [*names, math.nan, str(kind), {"missing": str(kind)}]


def tile_map_chart(
    data: pd.DataFrame, *, axis: Both, decimals: int = 0, highlight: Collection[str] = ()
) -> Specs:
    """Prefectures as tiles with name and value; `axis` names quantity and unit.

    `highlight` are the codes of prefectures to outline.
    """
    classes = classes_of(data["value"].dropna().tolist())
    return {lang: _tiles(data, lang, axis, decimals, classes, highlight) for lang in LANGUAGES}


def _tiles(
    data: pd.DataFrame,
    lang: str,
    axis: Both,
    decimals: int,
    classes: Classes,
    highlight: Collection[str],
) -> Json:
    shapes, words = _legend(data, lang, axis, classes, columns=1)
    marked: list[Json] = []
    width, height = TILE_WIDTH_PX, TILE_HEIGHT_PX[lang]
    for row in data.to_dict("records"):
        place = tile_grid()[row["lgcode"]]
        x, y = int(place["tile_column"]) * width, int(place["tile_row"]) * height
        tile = [square(x + 1, y + 1, width - 2, height - 2)]
        shapes += _area(tile, row, classes, BROAD)
        if row["lgcode"] in highlight:
            marked.append(shape(tile, "transparent", ORANGE, BROAD.highlight))
        name = place["short_ja"] if lang == "ja" else place["name_en"]
        words += _tile_words(row, name, lang, decimals, classes, x + width / 2, y + height / 2)
    return drawn([*shapes, *marked], words, TILE_COLUMNS * width, TILE_ROWS * height)


def _tile_words(
    row: Mapping[Hashable, Any],
    name: str,
    lang: str,
    decimals: int,
    classes: Classes,
    x: float,
    y: float,
) -> list[Json]:
    lines = [*tile_name(name), _tile_value(row, lang, decimals)]
    top = y - TILE_LINE_PX * (len(lines) - 1) / 2
    ink = None if row["missing"] else classes.colours[classes.of(row["value"])][1]
    return [
        word(x, top + TILE_LINE_PX * i, line, TILE_WORD_PX, ink or DARK_INK, halo=ink is None)
        for i, line in enumerate(lines)
    ]


def _tile_value(row: Mapping[Hashable, Any], lang: str, decimals: int) -> str:
    if row["missing"]:
        return str(getattr(TILE_WORDS[row["missing"]], lang))
    return format_number(row["value"], decimals)


def tile_name(name: str) -> list[str]:
    """A name on one line, or broken in a doubled letter or after the vowel nearest to its middle."""
    if not name.isascii() or len(name) <= TILE_LETTERS:
        return [name]
    breaks = [i + 1 for i, letter in enumerate(name[:-2]) if letter in "aiueo" and i > 0]
    doubled = [i for i in range(2, len(name)) if name[i] == name[i - 1]]
    at = min(doubled or breaks, key=lambda place: (abs(place - len(name) / 2), -place))
    return [f"{name[:at]}-", name[at:]]


def _area(
    polygons: Sequence[Polygon], row: Mapping[Hashable, Any], classes: Classes, pen: Pen
) -> list[Json]:
    if row["missing"]:
        return no_value(polygons, pen)
    fill, _ = classes.colours[classes.of(row["value"])]
    return [shape(polygons, fill, pen.edge, pen.border)]


def _legend(
    data: pd.DataFrame, lang: str, axis: Both, classes: Classes, *, columns: int
) -> tuple[list[Json], list[Json]]:
    labels = [getattr(label, lang) for label in classes.labels]
    fills = [fill for fill, _ in classes.colours]
    return legend(getattr(axis, lang), labels, fills, getattr(reasons(data), lang), columns)


def municipality_map_chart(
    data: pd.DataFrame, boundaries: pd.DataFrame, *, axis: Both, highlight: Collection[str] = ()
) -> Specs:
    """Municipalities coloured by class on the outlines of their prefectures.

    `boundaries` are rows of `mart_boundary` (lgcode, level, geometry). Islets far out are cut off;
    on a map of Tokyo alone so are its island municipalities (`is_remote`). Raises ValueError where
    a municipality has no boundary.
    """
    classes = classes_of(data["value"].dropna().tolist())
    parts = _parts(boundaries)
    if absent := sorted(set(data["lgcode"]) - parts.keys()):
        raise ValueError(f"境界のない団体があります：{'、'.join(absent[:5])}。")
    lines = legend_lines(len(classes.labels), LEGEND_COLUMNS, reasons(data).ja)
    down = LEGEND_LINE_PX * (lines + 0.5)
    shapes, height = _boundaries(data, parts, classes, highlight, down)

    def spec(lang: str) -> Json:
        swatches, words = _legend(data, lang, axis, classes, columns=LEGEND_COLUMNS)
        return drawn([*shapes, *swatches], words, MAP_WIDTH_PX, height)

    return {lang: spec(lang) for lang in LANGUAGES}


def _parts(boundaries: pd.DataFrame) -> dict[str, list[Polygon]]:
    pairs = zip(boundaries["lgcode"], boundaries["geometry"], strict=True)
    return {code: polygons_of(json.loads(text)) for code, text in pairs}


def _boundaries(
    data: pd.DataFrame,
    parts: Mapping[str, list[Polygon]],
    classes: Classes,
    highlight: Collection[str],
    down: float,
) -> tuple[list[Json], float]:
    """The shapes below a legend that ends at `down`, and the height of the chart, in pixels."""
    prefectures = sorted({lgcode.get(code).prefecture_lgcode for code in data["lgcode"]})
    nation = len(prefectures) > 1
    pen = FINE if nation else BROAD
    shown = [code for code in data["lgcode"] if nation or not is_remote(code)]
    view = _view([parts[code] for code in [*prefectures, *shown]])
    place = mercator(view, MAP_WIDTH_PX, MAP_HEIGHT_PX)

    def pixels(code: str) -> list[Polygon]:
        return placed(_within(parts[code], view), place, down, GRID_PX[pen])

    shapes: list[Json] = []
    for row in data[data["lgcode"].isin(shown)].to_dict("records"):
        shapes += _area(pixels(str(row["lgcode"])), row, classes, pen)
    shapes += [shape(pixels(code), "transparent", GREY, pen.outline) for code in prefectures]
    marked = [code for code in shown if code in highlight]
    shapes += [shape(pixels(code), "transparent", ORANGE, pen.highlight) for code in marked]
    _, low = place(view[0], view[1])
    return shapes, down + low + 2


def _view(bodies: Sequence[Sequence[Polygon]]) -> tuple[float, float, float, float]:
    """West, south, east, north of the parts that a map must show."""
    parts = [
        part
        for polygons in bodies
        for part in polygons
        if part is largest(polygons) or abs(signed_area(part[0])) >= PART_IN_VIEW_DEG2
    ]
    points = [point for part in parts for point in part[0]]
    east_west, north_south = zip(*points, strict=True)
    return min(east_west), min(north_south), max(east_west), max(north_south)


def _within(polygons: Sequence[Polygon], view: tuple[float, float, float, float]) -> list[Polygon]:
    """The parts that reach into the view."""
    west, south, east, north = view
    return [
        part
        for part in polygons
        if any(west <= x <= east and south <= y <= north for x, y in part[0])
    ]
