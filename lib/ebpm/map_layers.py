"""What maps are drawn from: shapes in pixels, hatching, words, classes of values and their legend.

Everything is already in pixels when Vega sees it (projection `identity`), so the direction of a
ring cannot turn a map inside out, and tiles and boundaries are drawn by the same layers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt

from ebpm.charts import GREY, THEME
from ebpm.evidence.text import Both, format_number
from ebpm.geometry import Point, Polygon, Ring, hatch, largest

FILLS = ("#E6EEF5", "#B9D0E4", "#7FA8CB", "#35729F", "#12436D")
"""Light to dark, told apart in greyscale print too."""
DARK_INK, LIGHT_INK = "#1A1A1A", "#FFFFFF"
INKS = (DARK_INK, DARK_INK, DARK_INK, LIGHT_INK, LIGHT_INK)
"""For words on the fill of the same position: contrast of at least 4.5 to 1."""
MAP_WIDTH_PX = 560
WHITE, HATCH_GREY = "#FFFFFF", "#737D85"
LEGEND_LINE_PX, SWATCH_PX = 22.0, 14.0
NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0)

Json = dict[str, Any]
Place = Callable[[float, float], Point]


@dataclass(frozen=True)
class Classes:
    """Classes of equal width with round limits, from the lowest value to the highest."""

    limits: tuple[float, ...]

    def of(self, value: float) -> int:
        """The number of the class that a value falls in; the last one holds its upper limit."""
        inner = self.limits[1:-1]
        return sum(value >= limit for limit in inner)

    @property
    def colours(self) -> tuple[tuple[str, str], ...]:
        """Fill and ink of each class, spread over the scale."""
        count = len(self.limits) - 1
        steps = [2] if count == 1 else [round(4 * i / (count - 1)) for i in range(count)]
        return tuple((FILLS[step], INKS[step]) for step in steps)

    @property
    def labels(self) -> list[Both]:
        """`20〜30未満`, in the last class `30〜40`."""
        places = max((len(f"{limit:g}".partition(".")[2]) for limit in self.limits), default=0)
        ends = [format_number(limit, places) for limit in self.limits]
        if self.limits[0] == self.limits[-1]:
            return [Both(ends[0], ends[0])]
        open_ended = [Both(f"{a}〜{b}未満", f"{a} to under {b}") for a, b in pairwise(ends)]
        return [*open_ended[:-1], Both(f"{ends[-2]}〜{ends[-1]}", f"{ends[-2]} to {ends[-1]}")]


def classes_of(values: Sequence[float], most: int = len(FILLS)) -> Classes:
    """At most `most` classes that hold all values; raises ValueError without a finite value."""
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError("地図に示す値がありません。データを確かめてください。")
    low, high = min(values), max(values)
    if low == high:
        return Classes((low, high))
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (unit * nice for nice in NICE_STEPS):
        first = math.floor(low / step)
        count = math.ceil(high / step) - first
        if count <= most:
            return Classes(tuple(round((first + i) * step, 12) for i in range(count + 1)))
    raise AssertionError("no step fits")


@dataclass(frozen=True)
class Pen:
    """The colour between areas, widths of lines in pixels, the distance of lines of a hatching."""

    edge: str
    border: float
    outline: float
    highlight: float
    hatch: float


BROAD = Pen(GREY, 0.8, 0.8, 3, 7)
FINE = Pen(WHITE, 0.3, 0.5, 1.5, 4)
"""For many small areas."""


def shape(polygons: Sequence[Polygon], fill: str, stroke: str, width: float) -> Json:
    """A filled and outlined shape, in pixels."""
    coordinates = [[[list(point) for point in ring] for ring in polygon] for polygon in polygons]
    geometry = {"type": "MultiPolygon", "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "fill": fill, "stroke": stroke, "width": width}


def no_value(polygons: Sequence[Polygon], pen: Pen = BROAD) -> list[Json]:
    """The shapes of an area without a value: white, grey outline, hatched."""
    lines = [[_short(start), _short(end)] for start, end in hatch(polygons, pen.hatch)]
    geometry = {"type": "MultiLineString", "coordinates": lines}
    return [
        shape(polygons, WHITE, GREY, pen.outline),
        {"type": "Feature", "geometry": geometry, "fill": None, "stroke": HATCH_GREY,
         "width": pen.outline},
    ]  # fmt: skip


def square(x: float, y: float, width: float, height: float) -> Polygon:
    """A rectangle by its upper left corner."""
    right, low = x + width, y + height
    return [[(x, y), (right, y), (right, low), (x, low), (x, y)]]


def word(x: float, y: float, text: str, size: float = 12, ink: str = DARK_INK, **more: Any) -> Json:
    """A word at a place; `align` is center unless told, `halo` draws a white edge around it."""
    row = {"x": x, "y": y, "text": text, "size": size, "ink": ink}
    return row | {"align": "center", "halo": False} | more


def legend(
    title: str, labels: Sequence[str], fills: Sequence[str], missing: str, columns: int
) -> tuple[list[Json], list[Json]]:
    """Shapes and words of a legend: title, classes in columns, a line for what is missing."""
    shapes: list[Json] = []
    words = [word(0, LEGEND_LINE_PX / 2, title, 13, align="left")]
    places = [(n % columns, n // columns + 1) for n in range(len(labels))]
    entries = list(zip(labels, fills, places, strict=True))
    for label, fill, (column, line) in entries:
        swatch, text = _entry(label, column * MAP_WIDTH_PX / columns, line)
        shapes.append(shape(swatch, fill, GREY, BROAD.outline))
        words.append(text)
    if missing:
        swatch, text = _entry(missing, 0, legend_lines(len(labels), columns, ""))
        shapes += no_value(swatch)
        words.append(text)
    return shapes, words


def legend_lines(labels: int, columns: int, missing: str) -> int:
    """How many lines a legend takes."""
    return 1 + math.ceil(labels / columns) + bool(missing)


def _entry(label: str, x: float, line: int) -> tuple[list[Polygon], Json]:
    y = line * LEGEND_LINE_PX
    swatch = square(x + 1, y + (LEGEND_LINE_PX - SWATCH_PX) / 2, SWATCH_PX * 1.6, SWATCH_PX)
    return [swatch], word(x + SWATCH_PX * 2.1, y + LEGEND_LINE_PX / 2, label, align="left")


def mercator(view: tuple[float, float, float, float], width: float, height: float) -> Place:
    """Degrees to pixels: `view` (west, south, east, north) as large as fits, in the middle."""
    west, south, east, north = view
    top, span = _north(north), _north(north) - _north(south)
    scale = min(width / math.radians(east - west), height / span)
    margin = (width - scale * math.radians(east - west)) / 2

    def place(longitude: float, latitude: float) -> Point:
        x = margin + scale * math.radians(longitude - west)
        return x, scale * (top - _north(latitude))

    return place


def _north(latitude: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))


def placed(polygons: Sequence[Polygon], place: Place, down: float, grid: float) -> list[Polygon]:
    """Polygons in pixels, their points moved to a grid; parts too small for it are left out.

    A body whose parts are all too small keeps a square of one pixel, so that none disappears.
    """
    moved = [[_on_grid(ring, place, down, grid) for ring in polygon] for polygon in polygons]
    kept = [[ring for ring in polygon if ring] for polygon in moved if polygon[0]]
    if kept:
        return kept
    x, y = place(*largest(polygons)[0][0])
    return [square(*_short((x, y + down)), 1, 1)]


def _on_grid(ring: Ring, place: Place, down: float, grid: float) -> Ring:
    """A ring on the grid without points on a straight line; empty where nothing is left of it."""
    kept: Ring = []
    for longitude, latitude in ring:
        x, y = place(longitude, latitude)
        point = (round(x / grid) * grid, round((y + down) / grid) * grid)
        if kept and point == kept[-1]:
            continue
        while len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return [_short(point) for point in kept] if len(kept) > 3 else []


def _straight(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])


def _short(point: Point) -> Point:
    """Two decimals, and none where there are none: half the size of a page with a map."""
    x, y = (round(value, 2) for value in point)
    return int(x) if x.is_integer() else x, int(y) if y.is_integer() else y


def drawn(shapes: list[Json], words: list[Json], width: float, height: float) -> Json:
    """The specification: shapes in their order, words above them.

    The rows are put in as named data sets after the layers: checking every point of a map against
    the schema would take a minute.
    """
    data = {"shapes": shapes}
    layers = [_shapes()]
    for align in ("left", "center"):
        named = {
            f"halo-{align}": [row for row in words if row["align"] == align and row["halo"]],
            f"words-{align}": [row for row in words if row["align"] == align],
        }
        layers += [_words(name, align) for name, rows in named.items() if rows]
        data |= {name: rows for name, rows in named.items() if rows}
    size = {"width": math.ceil(width), "height": math.ceil(height)}
    chart = alt.layer(*layers).properties(**size).configure(**THEME)
    return dict(chart.to_dict()) | {"datasets": data}


def _shapes() -> alt.Chart:
    chart = alt.Chart(alt.NamedData("shapes")).mark_geoshape(clip=True)
    return chart.project(type="identity", scale=1, translate=[0, 0]).encode(
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None),
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
    )


def _words(name: str, align: str) -> alt.Chart:
    edge = {"stroke": WHITE, "strokeWidth": 4} if name.startswith("halo") else {}
    chart = alt.Chart(alt.NamedData(name)).mark_text(align=align, baseline="middle", **edge)
    return chart.encode(
        x=alt.X("x:Q", scale=None, axis=None),
        y=alt.Y("y:Q", scale=None, axis=None),
        text="text:N",
        size=alt.Size("size:Q", scale=None),
        color=alt.Color("ink:N", scale=None),
    )
