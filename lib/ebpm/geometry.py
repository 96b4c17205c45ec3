"""Plane geometry of boundaries: area and direction of rings, a point inside, hatching.

A ring is a closed line (first point = last point), a polygon its outer ring and then its holes, as
in GeoJSON. Points are pairs (x, y): degrees of longitude and latitude, or pixels.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = list[Point]
Polygon = list[Ring]


def signed_area(ring: Ring) -> float:
    """Area of a ring in squared units of its points; positive where it runs counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def polygons_of(geometry: dict[str, Any]) -> list[Polygon]:
    """The polygons of a GeoJSON geometry of type Polygon or MultiPolygon."""
    parts = geometry["coordinates"]
    polygons = [parts] if geometry["type"] == "Polygon" else parts
    return [[[(x, y) for x, y in ring] for ring in polygon] for polygon in polygons]


def largest(polygons: Iterable[Polygon]) -> Polygon:
    """The polygon with the largest outer ring."""
    return max(polygons, key=lambda polygon: abs(signed_area(polygon[0])))


def chords(polygon: Polygon, y: float) -> list[tuple[float, float]]:
    """Where the line at height `y` runs inside the polygon: pairs of x, from left to right."""
    crossings = sorted(
        a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        for ring in polygon
        for a, b in pairwise(ring)
        if (a[1] <= y) != (b[1] <= y)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def inner_point(polygon: Polygon) -> Point:
    """A point inside a polygon: the middle of its widest chord at the height of its centroid."""
    ring = polygon[0]
    x0, y0 = ring[0]  # differences to a nearby point, so that no digits are lost
    near = [(x - x0, y - y0) for x, y in ring]
    moments = ((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairwise(near))
    y = y0 + sum(moments) / (6 * signed_area(near))
    left, right = max(chords(polygon, y), key=lambda chord: chord[1] - chord[0])
    return (left + right) / 2, y


def hatch(polygons: Iterable[Polygon], spacing: float) -> list[tuple[Point, Point]]:
    """Parallel lines at 45° that fill the polygons, `spacing` apart along both axes."""
    lines: list[tuple[Point, Point]] = []
    for polygon in polygons:
        # Sheared so that the diagonals lie level: v = x + y stays the same along a line.
        sheared = [[(x, x + y) for x, y in ring] for ring in polygon]
        heights = [v for _, v in sheared[0]]
        for step in range(int(min(heights) // spacing), int(max(heights) // spacing) + 1):
            v = (step + 0.5) * spacing
            lines += [((a, v - a), (b, v - b)) for a, b in chords(sheared, v)]
    return lines
