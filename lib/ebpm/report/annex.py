"""The end of the page: where the numbers come from, the sources, how to reproduce."""

from __future__ import annotations

import json

from ebpm.report.finding import grade_scale
from ebpm.report.markup import Child, Html, el, join, web_address
from ebpm.report.model import PageContext, Payload
from ebpm.report.state import Computation, Page, Trace

_SHORT_HASH = 12


def render_annexes(page: Page, context: PageContext) -> Html:
    """Traces first, since they too name sources."""
    traces = _numbers(page)
    scale = grade_scale(page.lang, "grade") if page.findings else None
    return join(traces, _sources(page), scale, _reproduce(page, context))


def annex_contents(page: Page) -> list[tuple[str, str]]:
    present = {
        "numbers": bool(page.computations),
        "sources": bool(page.sources),
        "grade": bool(page.findings),
        "reproduce": True,
    }
    titles = {"grade": "grade_help"}
    return [(k, page.word(titles.get(k, k))) for k, there in present.items() if there]


def _section(page: Page, key: str, *content: Child) -> Html:
    heading = el("h2", page.word(key), id=f"{key}-title")
    return el("section", heading, content, id=key, class_="annex", aria_labelledby=f"{key}-title")


def _numbers(page: Page) -> Html | None:
    if not page.computations:
        return None
    entries = [_computation(page, entry) for entry in page.computations.values()]
    return _section(page, "numbers", el("p", page.word("numbers_intro")), entries)


def _computation(page: Page, entry: Computation) -> Html:
    """The numbers that one computation gave, its sources, and the SQL once for all of them."""
    code = el("pre", el("code", entry.sql)) if entry.sql else None
    return el(
        "section",
        el("h3", f"{page.word('computation')}{entry.number}"),
        el("ul", [_trace(page, trace) for trace in entry.traces.values()], class_="traces")
        if entry.traces
        else None,
        page.source_line({"sources": entry.sources}),
        el("details", el("summary", page.word("sql")), code) if code else None,
        id=f"computation-{entry.number}",
    )


def _trace(page: Page, trace: Trace) -> Html:
    finding = str(trace.payload.get("finding"))
    origin = page.finding_link(finding) if finding in page.findings else None
    links = [
        el("a", f"↑{i}", href=f"#{use}", aria_label=f"{page.word('back')} {i}")
        for i, use in enumerate(trace.uses, start=1)
    ]
    return el(
        "li",
        page.text(trace.payload.get("label")),
        join(page.word("opening"), origin, page.word("closing")) if origin else None,
        el("span", [join(" ", link) for link in links], class_="back"),
        id=trace.ident,
    )


def _sources(page: Page) -> Html | None:
    if not page.sources:
        return None
    entries = [_source(page, i, s) for i, s in enumerate(page.sources.values(), start=1)]
    return _section(page, "sources", el("ol", entries, class_="sourcelist"))


def _source(page: Page, number: int, source: Payload) -> Html:
    sha = str(source.get("sha256") or "")
    facts = [
        ("publisher", page.text(source.get("publisher"))),
        ("edition", page.text(source.get("edition"))),
        ("reference_dates", page.text(source.get("reference_dates"))),
        ("licence", page.text(source.get("licence"))),
        ("source_page", _address(page, source.get("page"))),
        ("sha256", join("SHA-256 ", el("code", f"{sha[:_SHORT_HASH]}…")) if sha else Html("")),
    ]
    rows = [el("div", el("dt", page.word(key)), el("dd", value)) for key, value in facts if value]
    return el(
        "li",
        el("p", page.text(source.get("title")), class_="claim"),
        el("dl", rows, class_="facts"),
        id=f"source-{number}",
    )


def _address(page: Page, url: object) -> Html:
    """A link for a web address; anything else is shown as the text that it is."""
    address = web_address(url)
    if address is None:
        return page.text(url)
    return el("a", address, href=address, rel="noreferrer", class_="url")


def _reproduce(page: Page, context: PageContext) -> Html:
    facts = [
        ("notebook", context.notebook_name),
        ("parameters", _parameters(page, context)),
        ("warehouse", context.warehouse_sha256),
        ("code_version", context.code_version),
        ("executed_at", context.executed_at),
    ]
    rows = [
        el("div", el("dt", page.word(key)), el("dd", el("code", value)))
        for key, value in facts
        if value
    ]
    command = context.command
    return _section(
        page,
        "reproduce",
        el("p", page.word("reproduce_intro")) if command else None,
        el("pre", el("code", command)) if command else None,
        el("dl", rows, class_="facts"),
    )


def _parameters(page: Page, context: PageContext) -> str:
    pairs = [
        f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for name, value in context.parameters.items()
    ]
    return page.word("list_mark").join(pairs) or page.word("no_parameters")
