"""The same picture in fewer bytes: what SVG elements share is written once.

Vega writes every attribute on every element. Here shifts become coordinates, neighbouring outlines
of one style become one path, inherited attributes move to the group (SVG 2, "Property
inheritance"), and groups that say nothing give way to what they hold.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from lxml import etree

from ebpm.report.markup import names

_FONT = names("font-size font-weight font-style text-anchor")
_PAINT = names("fill stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin")
_MARKS = names("path text circle rect")
_WORTH_A_GROUP = 3
_SEEN_THROUGH = names("opacity fill-opacity stroke-opacity transform clip-path")
_NUMBER = r"(-?[\d.]+)"
_MOVE = re.compile(rf"^translate\({_NUMBER},\s*{_NUMBER}\)$")
_DISC = re.compile(r"^M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0Z?$")
_STRAIGHT = re.compile(r"^(?:[ML]-?[\d.]+,-?[\d.]+|Z)+$")
_STEPS = re.compile(rf"([MLZ])(?:{_NUMBER},{_NUMBER})?")

Point = tuple[float, float]


def compact(root: Any) -> None:
    """Rewrites a drawing in place; what it shows stays the same."""
    for element in list(root.iter()):
        _place(element)
    for group in reversed([root, *root.iter(_tag(root, "g"))]):
        _join_outlines(group)
        _gather(group)
        _hoist(group)
    for group in reversed([*root.iter(_tag(root, "g"))]):
        if not group.attrib:
            _unwrap(group)


def _tag(element: Any, name: str) -> str:
    return f"{{{etree.QName(element).namespace}}}{name}"


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _place(element: Any) -> None:
    """A shift becomes part of the coordinates where the element has them."""
    moved = _MOVE.match(str(element.get("transform", "translate(0,0)")))
    if moved is None:
        return
    shift = (float(moved[1]), float(moved[2]))
    kind, d = _name(element), element.get("d", "")
    if kind == "text" and not {"x", "y"} & set(element.attrib):
        _rewrite(element, kind, x=shift[0], y=shift[1])
    elif kind == "line":
        _rewrite(element, "path", d=_line(element, shift))
    elif disc := _DISC.match(d):
        _rewrite(element, "circle", cx=shift[0], cy=shift[1], r=float(disc[1]))
    elif _STRAIGHT.match(d):
        _rewrite(element, "path", d=_outline(d, shift))
    elif shift == (0.0, 0.0):
        element.attrib.pop("transform", None)


def _rewrite(element: Any, name: str, **values: float | str) -> None:
    """Another element with these coordinates only; those at 0 are left out."""
    element.tag = _tag(element, name)
    for key in ("transform", "x1", "y1", "x2", "y2", "d"):
        element.attrib.pop(key, None)
    for key, value in values.items():
        if value:
            element.set(key, value if isinstance(value, str) else _short(value))


def _line(line: Any, shift: Point) -> str:
    ends = [(float(line.get(f"x{i}", 0)), float(line.get(f"y{i}", 0))) for i in (1, 2)]
    return _path([("M", ends[0]), ("L", ends[1])], shift)


def _outline(d: str, shift: Point) -> str:
    steps = [(letter, (float(x or 0), float(y or 0))) for letter, x, y in _STEPS.findall(d)]
    return _path(steps, shift)


def _path(steps: list[tuple[str, Point]], shift: Point) -> str:
    """Commands with H and V where a step is level or upright (SVG 2, 9.3)."""
    parts: list[str] = []
    last: Point | None = None
    for letter, (x, y) in steps:
        to = (x + shift[0], y + shift[1])
        parts.append("Z" if letter == "Z" else _step(letter, to, last))
        last = last if letter == "Z" else to
    return "".join(parts)


def _step(letter: str, to: Point, last: Point | None) -> str:
    x, y = map(_short, to)
    if letter == "L" and last is not None:
        if y == _short(last[1]):
            return f"H{x}"
        if x == _short(last[0]):
            return f"V{y}"
    return f"{letter}{x},{y}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _join_outlines(group: Any) -> None:
    """Neighbouring paths of one style are one path: lines, or areas without an edge."""
    for style, run in groupby(list(group), _style):
        first, *others = run
        if style is None or not others:
            continue
        first.set("d", "".join(path.get("d") for path in (first, *others)))
        for path in others:
            group.remove(path)


def _style(element: Any) -> tuple[tuple[str, str], ...] | None:
    """All but the outline; None for what cannot be joined without changing the picture."""
    if _name(element) != "path" or _SEEN_THROUGH & set(element.attrib):
        return None
    if element.get("fill", "none") != "none" and element.get("stroke", "none") != "none":
        return None
    return tuple(sorted((key, value) for key, value in element.attrib.items() if key != "d"))


def _gather(group: Any) -> None:
    """Neighbours of one paint, where there are several such rows, become groups of their own."""
    runs = [list(run) for _, run in groupby(list(group), _paint)]
    if len(runs) < 2:
        return
    for run in runs:
        if len(run) >= _WORTH_A_GROUP and _paint(run[0]):
            inner = etree.Element(_tag(group, "g"))
            group.insert(group.index(run[0]), inner)
            inner.extend(run)
            _hoist(inner)


def _paint(element: Any) -> tuple[tuple[str, str], ...]:
    """The kind of an element and what it could inherit; a group or a defined thing has none."""
    if _name(element) not in _MARKS:
        return ()
    shared = ((k, v) for k, v in element.attrib.items() if k in _PAINT or k in _FONT)
    return (("", _name(element)), *sorted(shared))


def _hoist(group: Any) -> None:
    """What all children share moves to the group, from which they inherit it."""
    children = list(group)
    with_text = [child for child in children if _holds_text(child)]
    for key in sorted(_FONT):
        _share(group, with_text, key)
    for key in sorted(_PAINT):
        _share(group, children, key)


def _holds_text(element: Any) -> bool:
    return next(element.iter(_tag(element, "text")), None) is not None


def _share(group: Any, children: list[Any], key: str) -> None:
    values = {child.get(key) for child in children}
    if len(values) != 1 or None in values:
        return
    group.set(key, values.pop())
    for child in children:
        del child.attrib[key]


def _unwrap(group: Any) -> None:
    parent = group.getparent()
    place = parent.index(group)
    parent[place : place + 1] = list(group)
