"""The interactive page: the same page with its charts drawn live, Vega once inside of it.

Nothing is loaded, no code is made from text (Vega's expressions are interpreted, not compiled), and
the policy names the one script by its hash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import vl_convert

from ebpm.report.font import FAMILY, FAMILY_REST, INSTALLED_FAMILY
from ebpm.report.markup import Html, el, visible_in
from ebpm.report.model import Lang
from ebpm.report.svg import BASE_CONFIG
from ebpm.report.words import word

FONTS = f'"BIZ UDPGothic", "{INSTALLED_FAMILY}", "{FAMILY}", "{FAMILY_REST}", sans-serif'
Json = dict[str, Any]
# What the columns of charts mean where no axis names them, as keys of the words: what a mark is, and
# what stands beside its values.
ITEMS = {
    "label": "tip_item",
    "group": "tip_item",
    "name": "tip_item",
    "answer": "tip_answer",
    "part": "tip_answer",
}
BESIDE = {
    "ci_low": "tip_low",
    "low": "tip_low",
    "ci_high": "tip_high",
    "high": "tip_high",
    "n": "tip_n",
    "count": "tip_n",
    "rank": "tip_rank",
}
COLUMNS = ITEMS | BESIDE
DIGITS = 5
MOST_BUNDLES = 8
# Numbers that are years, not amounts.
FIRST_YEAR, LAST_YEAR = 1900, 2200
_WITHOUT_TOOLTIP = frozenset({"text", "geoshape", "area"})


@cache
def script() -> str:
    """Vega, Vega-Lite and the few lines that draw the charts; the same bytes every time."""
    code = files("ebpm.report").joinpath("interactive.js").read_text(encoding="utf-8")
    return _bundle(code).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _bundle(code: str) -> str:
    """The bundle as it comes out twice running: now and then one names its variables otherwise."""
    made: str = vl_convert.javascript_bundle(code)
    for _ in range(MOST_BUNDLES):
        again: str = vl_convert.javascript_bundle(code)
        if again == made:
            return made
        made = again
    raise RuntimeError("the bundle of Vega differs each time it is made")


@cache
def style() -> str:
    """The style of what the script adds."""
    return files("ebpm.report").joinpath("interactive.css").read_text(encoding="utf-8")


def live_charts(charts: Mapping[str, Json], lang: Lang) -> Html:
    """The specifications as data: a block that no browser runs, and that nothing in it can end.

    What the first says of style is said once for all; another keeps its own where it differs.
    """
    ready = {ident: live(spec, lang) for ident, spec in charts.items()}
    shared: Json = next((spec["config"] for spec in ready.values()), {})
    for spec in ready.values():
        if spec["config"] == shared:
            del spec["config"]
    held = {"config": shared, "charts": ready}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json" id="live-charts">{text}</script>')


def note(lang: Lang, plain_href: str) -> Html:
    """What this version is, and the way to the one without script."""
    link = el("a", word("plain_form", lang), href=plain_href)
    return el("p", word("interactive_note", lang), " ", link, class_="forms")


def live(spec: Json, lang: Lang) -> Json:
    """A specification with the page's fonts, without Vega's English labels, with tooltips."""
    made: Json = visible_in(spec)
    drawn = json.dumps({key: value for key, value in made.items() if key != "datasets"})
    datasets = made.get("datasets", {})
    made["datasets"] = {name: _slim(rows, drawn) for name, rows in datasets.items()}
    own = made.get("config", {})
    made["config"] = {**BASE_CONFIG, **own, "font": FONTS, "aria": False}
    titles = dict(_titles(made))
    for unit in _units(made):
        shown = _tooltip(unit, made.get("datasets", {}), titles, lang)
        if shown:
            unit["encoding"]["tooltip"] = shown
            unit["mark"] = _with_points(unit["mark"])
    return made


def _slim(rows: list[Json], drawn: str) -> list[Json]:
    """The columns that the chart speaks of; numbers to five digits, more than a picture shows."""
    columns = [
        key for key in rows[0] if key in COLUMNS or re.search(rf"\b{re.escape(key)}\b", drawn)
    ]
    return [{key: _short(row[key]) for key in columns if row.get(key) is not None} for row in rows]


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _units(node: Any) -> Iterator[Json]:
    """Every layer that draws marks of its own, with the data that it inherits."""
    if isinstance(node, list):
        for child in node:
            yield from _units(child)
    elif isinstance(node, dict):
        if "mark" in node and "encoding" in node:
            yield node
        for key in ("layer", "concat", "vconcat", "hconcat"):
            for child in node.get(key, []):
                if "data" in node:
                    child.setdefault("data", node["data"])
                yield from _units(child)


def _titles(spec: Json) -> Iterator[tuple[str, str]]:
    """The titles of axes, by the column that the axis shows."""
    for unit in _units(spec):
        for channel in ("x", "y"):
            encoded = unit["encoding"].get(channel, {})
            if encoded.get("title") and encoded.get("field"):
                yield encoded["field"], encoded["title"]


def _tooltip(unit: Json, datasets: Json, titles: Mapping[str, str], lang: Lang) -> list[Json]:
    """The columns of a mark's rows that a reader can name; none for words and guides."""
    mark = unit["mark"]
    kind = mark["type"] if isinstance(mark, dict) else mark
    rows = datasets.get(unit.get("data", {}).get("name"), [])
    if kind in _WITHOUT_TOOLTIP or not rows or len(rows[0]) < 2:
        return []
    found = {column: _named(column, titles, lang) for column in _in_order(rows[0])}
    dated = isinstance(rows[0].get("x"), str)
    fields = {column: "x" if dated and column == "at" else column for column in found}
    return [
        {"field": fields[column], "title": title, **_written(rows, fields[column])}
        for column, title in found.items()
        if title
    ]


def _in_order(row: Json) -> list[str]:
    """What a mark is, then its values, then their limits: a file does not keep the columns' order."""
    values = sorted(row.keys() - COLUMNS.keys())
    return [column for column in (*ITEMS, *values, *BESIDE) if column in row]


def _with_points(mark: Any) -> Any:
    """A line has values at its points only: unseen ones, to be pointed at."""
    if isinstance(mark, dict) and mark["type"] == "line" and "point" not in mark:
        return {**mark, "point": {"opacity": 0, "size": 90}}
    return mark


def _named(column: str, titles: Mapping[str, str], lang: Lang) -> str | None:
    key = COLUMNS.get(column)
    return word(key, lang) if key else titles.get(column)


def _written(rows: list[Json], column: str) -> Json:
    values = [row[column] for row in rows if row.get(column) is not None]
    if not all(isinstance(value, int | float) for value in values):
        return {"type": "nominal"}
    years = bool(values) and all(FIRST_YEAR <= value < LAST_YEAR for value in values)
    return {"type": "quantitative", "format": ".0f" if years else ",.4~g"}
