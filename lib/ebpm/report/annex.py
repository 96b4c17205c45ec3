"""The end of the page: where the numbers come from, the sources, how to reproduce."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ebpm.evidence.exceptions import Allowed
from ebpm.report.finding import grade_scale
from ebpm.report.markup import Child, Html, el, join, listing, web_address
from ebpm.report.model import PageContext, Payload
from ebpm.report.state import Computation, Exhibit, Page, Printed, Trace

_SHORT_HASH = 12


def render_annexes(page: Page, context: PageContext, allowed: Sequence[Allowed] = ()) -> Html:
    """Traces first, since they too name sources."""
    traces = _numbers(page, context)
    scale = grade_scale(page.lang, "grade", page.terms) if page.findings else None
    return join(
        traces, _sources(page), scale, _exceptions(page, allowed), _reproduce(page, context)
    )


def _exceptions(page: Page, allowed: Sequence[Allowed]) -> Html | None:
    """Wordings that the check would have stopped, and why they may stand."""
    if not allowed:
        return None
    rows = [
        el("div", el("dt", page.text(item.wording)), el("dd", page.text(item.reason.payload())))
        for item in allowed
    ]
    intro = el("p", page.word("exceptions_intro"))
    return _section(page, "exceptions", intro, el("dl", rows, class_="facts"))


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


def _numbers(page: Page, context: PageContext) -> Html | None:
    if not page.computations:
        return None
    entries = [_computation(page, entry, context) for entry in page.computations.values()]
    return _section(page, "numbers", el("p", page.word("numbers_intro")), entries)


def _computation(page: Page, entry: Computation, context: PageContext) -> Html:
    """The numbers that one computation gave, its tables and sources, and its SQL once for all."""
    traces = [_trace(page, trace) for trace in entry.traces.values()]
    exhibits = [_exhibit(page, exhibit) for exhibit in entry.exhibits]
    title = f"{page.word('computation')}{entry.number}"
    return el(
        "section",
        el("h3", title if entry.sql else page.word("chosen")),
        None if entry.sql else el("p", page.word("chosen_intro")),
        el("p", page.word("entered_only"), class_="used")
        if entry.sql and not entry.sources
        else None,
        el("ul", traces, exhibits, class_="traces") if traces or exhibits else None,
        _data_used(page, entry, context) if entry.sql else None,
        el("details", el("summary", page.word("sql")), el("pre", el("code", entry.sql)))
        if entry.sql
        else None,
        id=entry.ident,
    )


def _trace(page: Page, trace: Trace) -> Html:
    """One number: what it is, what is printed of it and where, on how many cases, by which method."""
    finding = str(trace.payload.get("finding"))
    origin = page.finding_link(finding) if finding in page.findings else None
    return el(
        "li",
        page.text(trace.payload.get("label")),
        join(page.word("opening"), origin, page.word("closing")) if origin else None,
        page.word("colon"),
        listing(_uses(page, trace.uses), page.word("list_mark")),
        [el("span", fact, class_="how") for fact in _how(page, trace.payload)],
        id=trace.ident,
    )


def _uses(page: Page, uses: list[Printed]) -> Iterator[Html]:
    """Each different number once, with links back to every place that prints it."""
    places: dict[str, list[int]] = {}
    for number, use in enumerate(uses):
        places.setdefault(f"{use.part} {use.text}".strip(), []).append(number)
    for text, numbers in places.items():
        backs = [_back(page, uses[number], number + 1) for number in numbers]
        yield join(page.text(text), el("span", [join(" ", back) for back in backs], class_="back"))


def _back(page: Page, use: Printed, number: int) -> Html:
    label = f"{page.word('back')} {number}"
    return el("a", f"↑{number}", href=f"#{use.ident}", aria_label=label)


def _how(page: Page, payload: Payload) -> Iterator[Html]:
    if payload.get("method"):
        yield page.fill("method_of", method=page.text(payload["method"]))
    if payload.get("n"):
        yield page.fill("sample_of", n=join(f"{payload['n']:,}"))
    if payload.get("parameter"):
        yield join(page.word("chosen_as"), el("code", str(payload["parameter"])))


def _exhibit(page: Page, exhibit: Exhibit) -> Html:
    name = join(el("a", exhibit.label, href=f"#{exhibit.ident}"), " ", page.text(exhibit.title))
    return el("li", name)


def _data_used(page: Page, entry: Computation, context: PageContext) -> Html:
    """How many rows there were, from which tables, from which editions."""
    rows = None if entry.rows is None else page.fill("rows_of", rows=join(f"{entry.rows:,}"))
    tables = [_table(page, name, context) for name in entry.tables]
    sources = [_edition(page, source) for source in entry.sources]
    mark = page.word("list_mark")
    return join(
        el("p", rows, class_="used") if rows else None,
        el("p", page.word("used_tables"), page.word("colon"), listing(tables, mark), class_="used")
        if tables
        else None,
        el("p", page.word("source"), page.word("colon"), listing(sources, mark), class_="sources")
        if sources
        else None,
    )


def _table(page: Page, name: str, context: PageContext) -> Html:
    record = context.tables.get(name)
    if record is None:
        return el("code", name)
    return page.fill(
        "table_record",
        table=el("code", name),
        rows=join(f"{record.rows:,}"),
        digest=el("code", record.digest[:_SHORT_HASH]),
    )


def _edition(page: Page, source: Payload) -> Html:
    return page.fill(
        "source_record",
        title=page.source_link(source),
        edition=page.text(source.get("edition")),
        digest=el("code", str(source.get("sha256") or "")[:_SHORT_HASH]),
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
        ("sha256", join("SHA-256 ", el("code", sha)) if sha else Html("")),
        ("corrections", join("、".join(map(str, source.get("corrections") or [])))),
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
