"""Figures, tables and sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ebpm.report.finding import render_finding
from ebpm.report.logic import render_logic
from ebpm.report.markup import Html, el, join, listing
from ebpm.report.model import Payload
from ebpm.report.payload import Block
from ebpm.report.prose import render_prose
from ebpm.report.state import Exhibit, Page
from ebpm.report.svg import render_svg
from ebpm.report.tables import csv_link, data_table, missing_text

LONG_ROWS = 20


def render_figure(page: Page, payload: Payload) -> Html:
    number = page.next("figure")
    ident = f"figure-{number}"
    label = f"{page.word('figure')}{number}"
    page.specs[ident] = payload["spec"][page.lang]
    chart = render_svg(
        page.specs[ident],
        ident=ident,
        labelled_by=f"{ident}-title",
        described_by=f"{ident}-text",
    )
    return el(
        "figure",
        el("figcaption", _numbered(page, label, payload["title"]), id=f"{ident}-title"),
        _synthetic(page, payload),
        el(
            "div", chart, class_="chart", role="group", tabindex=0, aria_labelledby=f"{ident}-title"
        ),
        el("p", page.rich(payload["description"]), id=f"{ident}-text", class_="description"),
        _foot(page, payload, Exhibit(ident, label, page.pick(payload["title"]), payload["table"])),
        _figure_data(page, payload, label, ident),
        id=ident,
    )


def render_table(page: Page, payload: Payload) -> Html:
    number = page.next("table")
    ident = f"table-{number}"
    label = f"{page.word('table')}{number}"
    title = page.pick(payload["title"])
    return el(
        "div",
        _synthetic(page, payload),
        data_table(page, payload, _numbered(page, label, payload["title"]), label),
        _foot(page, payload, Exhibit(ident, label, title, payload)),
        csv_link(page, payload, label, ident),
        id=ident,
        class_="datatable",
    )


def render_say(page: Page, payload: Payload) -> Html:
    """A paragraph, a heading, or an item of a list; numbers lead to their computation."""
    content = page.rich(payload)
    level = payload.get("level")
    if level is not None:
        return page.heading(int(level), content, page.pick(payload))
    return el("li" if payload.get("list") else "p", content)


def render_blocks(page: Page, blocks: Iterable[Block]) -> Html:
    """The body of the page; neighbouring list items share one list."""
    parts: list[Html] = []
    items: list[Html] = []
    for block in blocks:
        payload = block.payload
        if block.kind == "say" and payload.get("list") and payload.get("level") is None:
            items.append(render_say(page, payload))
            continue
        parts += [el("ul", items)] if items else []
        items = []
        if block.kind == "prose":
            parts.append(render_prose(page, payload["text"]))
        elif block.kind == "say":
            parts.append(render_say(page, payload))
        elif block.kind == "figure":
            parts.append(render_figure(page, payload))
        elif block.kind == "table":
            parts.append(render_table(page, payload))
        elif block.kind == "logic":
            parts.append(render_logic(page, payload))
        elif block.kind == "finding":
            parts.append(render_finding(page, payload))
    return join(parts, el("ul", items) if items else None)


def _numbered(page: Page, label: str, title: object) -> Html:
    return join(el("span", label, class_="label"), " ", page.rich(title))


def _synthetic(page: Page, payload: Payload) -> Html | None:
    return el("p", page.word("synthetic"), class_="synthetic") if payload.get("synthetic") else None


def _foot(page: Page, payload: Payload, exhibit: Exhibit) -> Html:
    note = payload.get("note")
    said = note and el("p", page.word("note"), page.word("colon"), page.rich(note), class_="note")
    basis = page.basis(exhibit, payload.get("data") or [])
    return join(said or None, _coverage(page, payload, exhibit), page.source_line(payload), basis)


def _coverage(page: Page, payload: Payload, exhibit: Exhibit) -> Html | None:
    """Of how many there is a value, and how many have none for which reason; said once."""
    found = payload.get("coverage")
    if not found:
        return None
    first = page.coverages.setdefault(json.dumps(found, sort_keys=True, default=str), exhibit)
    if first is not exhibit:
        link = el("a", first.label, href=f"#{first.ident}")
        same = page.fill("coverage_same", exhibit=link)
        return el("p", page.word("coverage"), page.word("colon"), same, class_="coverage")
    return _coverage_in_full(page, found)


def _coverage_in_full(page: Page, found: Payload) -> Html:
    trace = found["trace"]
    numbers = {
        name: page.trace_link(page.pick(found[name]), trace)
        for name in ("with_value", "total", "share")
        if found[name]
    }
    whole = page.fill("coverage_share" if found["share"] else "coverage_none", **numbers)
    kinds = [_kind(page, kind, trace) for kind in found["kinds"]]
    listed = listing(kinds, page.word("list_mark"))
    without = page.fill("coverage_without", kinds=listed) if kinds else None
    return el("p", page.word("coverage"), page.word("colon"), whole, without, class_="coverage")


def _kind(page: Page, kind: Payload, trace: Payload) -> Html:
    return join(missing_text(page, kind), " ", page.trace_link(page.pick(kind["count"]), trace))


def _figure_data(page: Page, payload: Payload, label: str, ident: str) -> Html:
    table = payload["table"]
    name = f"{label}{page.word('data_of')}"
    long = len(table["rows"]) > LONG_ROWS
    return el(
        "details",
        el("summary", page.word("show_data")),
        el("p", page.word("not_printed"), class_="print-only") if long else None,
        data_table(page, table, el("span", name, class_="label"), name),
        csv_link(page, table, label, ident),
        class_="data long" if long else "data",
    )
