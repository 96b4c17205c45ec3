"""Reports by municipality: prefecture → list, and a search where scripts run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from ebpm.report.index_parts import linked, say, status
from ebpm.report.markup import Html, el, join
from ebpm.report.model import IndexEntry, Lang
from ebpm.report.words import word

SEARCH_ID = "place-search"


def places(reports: Sequence[IndexEntry], lang: Lang) -> Html | None:
    """The bodies that there are reports for, by prefecture in the order of their codes."""
    local = sorted(
        (entry for entry in reports if entry.place is not None),
        key=lambda entry: (entry.lgcode or "", entry.notebook, entry.href or ""),
    )
    if not local:
        return None
    titles = {entry.notebook: entry.title for entry in local}
    alone = len(titles) == 1
    groups = _grouped(local)
    return join(
        el("p", word("places_hint", lang)),
        _search(lang),
        el("div", [_group(name, entries, lang, alone=alone) for name, entries in groups.items()]),
    )


@cache
def search_script() -> str:
    """The search, as the page holds it."""
    return files("ebpm.report").joinpath("search.js").read_text(encoding="utf-8").strip()


def _grouped(entries: Sequence[IndexEntry]) -> dict[str, list[IndexEntry]]:
    groups: dict[str, list[IndexEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.prefecture or entry.place or "", []).append(entry)
    return groups


def _search(lang: Lang) -> Html:
    """Hidden until the script has started: without it there is nothing to type into."""
    return el(
        "div",
        el("label", word("places_search", lang), for_="place-name"),
        el("input", id="place-name", type="search", autocomplete="off", spellcheck="false"),
        el(
            "p",
            role="status",
            data_none=word("places_none", lang),
            data_some=word("places_some", lang),
        ),
        el("ul", class_="places"),
        id=SEARCH_ID,
        hidden=True,
    )


def _group(prefecture: str, entries: Sequence[IndexEntry], lang: Lang, *, alone: bool) -> Html:
    bodies: dict[str, list[IndexEntry]] = {}
    for entry in entries:
        bodies.setdefault(entry.place or "", []).append(entry)
    count = word("bodies_count", lang).format(n=f"{len(bodies):,}")
    items = [_body(name, of_body, prefecture, lang, alone) for name, of_body in bodies.items()]
    return el(
        "details",
        el("summary", say(prefecture, lang), el("span", count, class_="count")),
        el("ul", items, class_="places"),
    )


def _body(
    name: str, entries: Sequence[IndexEntry], prefecture: str, lang: Lang, alone: bool
) -> Html:
    """The body's name as the link where it has one report; else its reports by title."""
    short = say(name.removeprefix(prefecture) or name, lang)
    if alone and len(entries) == 1:
        return el("li", linked(short, entries[0].href), status(entries[0], lang))
    links = [
        el("li", linked(say(entry.title, lang), entry.href), status(entry, lang))
        for entry in entries
    ]
    return el("li", el("span", short, class_="body"), el("ul", links))
