"""A Vega-Lite specification to clean inline SVG: allow-listed, quiet for listeners, repeatable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import vl_convert
from lxml import etree

from ebpm.report import measuring
from ebpm.report.compact import compact
from ebpm.report.font import FAMILY, FAMILY_REST, INSTALLED_FAMILY
from ebpm.report.markup import Html, names, visible_in

SVG = "http://www.w3.org/2000/svg"
INK, MUTED, RULE = "#1a1a1c", "#4d5560", "#e1e5e9"
_FONTS = f"{FAMILY},{FAMILY_REST},{INSTALLED_FAMILY},sans-serif"

_DRAWN = names(
    "svg g path rect circle ellipse line polyline polygon text tspan defs clipPath "
    "linearGradient radialGradient stop"
)
_EMPTY_WITHOUT_CHILDREN = frozenset({"g", "defs"})
_ATTRIBUTES = names(
    "d x y x1 y1 x2 y2 dx dy cx cy r rx ry width height points transform viewBox "
    "fill fill-opacity fill-rule stroke stroke-opacity stroke-width stroke-dasharray "
    "stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit opacity display id "
    "clip-path clip-rule font-size font-weight font-style text-anchor dominant-baseline "
    "offset stop-color stop-opacity gradientUnits gradientTransform fx fy"
)
_NUMERIC = names("d x y x1 y1 x2 y2 dx dy cx cy r rx ry width height points transform")
_DEFAULTS = {"opacity": "1", "stroke-width": "1"}
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_LOCAL_URL = re.compile(r"""^url\(["']?#([^"')]+)["']?\)$""")

# Defaults that lie under the chart's own configuration: readable sizes, ink dark enough for AA.
BASE_CONFIG: dict[str, Any] = {
    "font": measuring.MEASURE,
    "background": "#ffffff",
    # Vega's English descriptions; they would also put titles into expressions.
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "labelFlush": False,
        "labelSeparation": 8,
        "gridColor": RULE,
        "domainColor": MUTED,
        "tickColor": MUTED,
    },
    "legend": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
    },
    "header": {"labelFontSize": 13, "titleFontSize": 13, "labelColor": INK, "titleColor": INK},
    "title": {"fontSize": 14, "fontWeight": "normal", "color": INK, "anchor": "start"},
    "text": {"fontSize": 13, "color": INK},
    "range": {"category": ["#12436D", "#F46A25"]},
}


class ChartError(ValueError):
    """The specification of a chart cannot be drawn."""


def render_svg(spec: Mapping[str, Any], *, ident: str, labelled_by: str, described_by: str) -> Html:
    """Draw the chart and return it as one image with a name and a description."""
    root = _clean(_draw(spec))
    _number_ids(root, ident)
    _drop_empty(root)
    compact(root)
    root.set("role", "img")
    root.set("aria-labelledby", labelled_by)
    root.set("aria-describedby", described_by)
    root.set("font-family", _FONTS)
    return Html(etree.tostring(root, encoding="unicode"))


def _draw(spec: Mapping[str, Any]) -> Any:
    """No data is fetched: an address in the specification is an error."""
    measuring.register()
    own = {**spec, "config": {k: v for k, v in spec.get("config", {}).items() if k != "font"}}
    # A control character in a label ends the whole process: the library cannot unwind from it. A
    # line break in a title ends an expression.
    own = visible_in(own)
    try:
        drawn = vl_convert.vegalite_to_svg(own, config=BASE_CONFIG, allowed_base_urls=[])
    except ValueError as error:
        raise ChartError(str(error).splitlines()[0]) from error
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    return etree.fromstring(drawn.encode(), parser)


def _clean(source: Any) -> Any:
    """A new tree of allowed elements; a link gives way to what it holds."""
    name = _local(source.tag)
    copy = etree.Element(f"{{{SVG}}}{name}", nsmap={None: SVG} if name == "svg" else None)
    for key, value in _allowed(source):
        copy.set(key, value)
    if name in {"text", "tspan"}:
        copy.text = source.text
    for child in _children(source):
        cleaned = _clean(child)
        if name in {"text", "tspan"}:
            cleaned.tail = child.tail
        copy.append(cleaned)
    return copy


def _local(tag: object) -> str:
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def _children(source: Any) -> Iterable[Any]:
    for child in source:
        name = _local(child.tag)
        if name in _DRAWN and not _invisible(child):
            yield child
        elif name == "a":
            yield from _children(child)


def _invisible(element: Any) -> bool:
    """Labels that gave way to their neighbours, and Vega's empty frames (inherited fill none)."""
    if element.get("opacity") == "0":
        return True
    frame = element.get("class") in {"background", "foreground"} and _local(element.tag) == "path"
    return bool(frame and not (element.get("fill") or element.get("stroke")))


def _allowed(source: Any) -> Iterable[tuple[str, str]]:
    for key, value in source.attrib.items():
        if key not in _ATTRIBUTES or value == _DEFAULTS.get(key):
            continue
        if "url(" in value.lower() and not _LOCAL_URL.match(value):
            continue
        yield key, _LONG_DECIMAL.sub(_shorter, value) if key in _NUMERIC else value


def _shorter(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _number_ids(root: Any, prefix: str) -> None:
    """Vega counts ids per process; count them per figure, so that builds are identical."""
    renamed: dict[str, str] = {}
    for element in root.iter():
        if element.get("id") is not None:
            renamed[element.get("id")] = f"{prefix}-{len(renamed) + 1}"
            element.set("id", renamed[element.get("id")])
    for element in root.iter():
        for key, value in element.attrib.items():
            if match := _LOCAL_URL.match(value):
                element.set(key, f"url(#{renamed.get(match[1], '')})")


def _drop_empty(root: Any) -> None:
    for element in reversed(list(root.iter())):
        if _local(element.tag) in _EMPTY_WITHOUT_CHILDREN and not len(element):
            element.getparent().remove(element)
