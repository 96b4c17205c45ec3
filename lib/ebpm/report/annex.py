"""The end of the page: where the numbers come from, the sources, how to reproduce."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ebpm.dates import reference
from ebpm.evidence.exceptions import Allowed
from ebpm.report.finding import grade_scale
from ebpm.report.markup import Child, Html, el, join, listing, slug, titled, web_address
from ebpm.report.model import PageContext, Payload, TableRecord
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
    return titled(key, page.word(key), *content, class_="annex")


def _numbers(page: Page, context: PageContext) -> Html | None:
    if not page.computations:
        return None
    computations = list(page.computations.values())
    entries = [_computation(page, entry) for entry in computations]
    tables = _tables(page, sorted({t for entry in computations for t in entry.tables}), context)
    return _section(page, "numbers", el("p", page.word("numbers_intro")), entries, tables)


def _computation(page: Page, entry: Computation) -> Html:
    """The numbers that one computation gave, its tables and sources, and its SQL."""
    title = f"{page.word('computation')}{entry.number}"
    return el(
        "section",
        el("h3", title if entry.sql else page.word("chosen")),
        None if entry.sql else el("p", page.word("chosen_intro")),
        el("p", page.word("entered_only"), class_="used")
        if entry.sql and not entry.sources
        else None,
        _traces(page, entry),
        _data_used(page, entry) if entry.sql else None,
        _query(page, entry) if entry.sql else None,
        id=entry.ident,
    )


def _traces(page: Page, entry: Computation) -> Html:
    """The numbers by how many rows of the result they come from, then the tables and figures."""
    groups: dict[int | None, list[Html]] = {}
    for trace in entry.traces.values():
        groups.setdefault(trace.payload.get("rows"), []).append(_trace(page, trace))
    exhibits = [_exhibit(page, exhibit) for exhibit in entry.exhibits]
    lists = [
        join(_rows(page, rows), el("ul", items, class_="traces")) for rows, items in groups.items()
    ]
    return join(lists, el("ul", exhibits, class_="traces") if exhibits else None)


def _rows(page: Page, rows: int | None) -> Html | None:
    if rows is None:
        return None
    return el("p", page.fill("rows_of", rows=join(f"{rows:,}")), class_="used")


def _trace(page: Page, trace: Trace) -> Html:
    """One number: what it is, what is printed of it and where; cases and method, or the finding
    that says them."""
    finding = str(trace.payload.get("finding"))
    origin = page.finding_link(finding) if finding in page.findings else None
    return el(
        "li",
        page.text(trace.payload.get("label")),
        join(page.word("opening"), origin, page.word("closing")) if origin else None,
        page.word("colon"),
        listing(_uses(page, trace.uses), page.word("list_mark")),
        [el("span", fact, class_="how") for fact in _how(page, trace.payload) if not origin],
        id=trace.ident,
    )


def _uses(page: Page, uses: list[Printed]) -> Iterator[Html]:
    """Each different number once, leading back to every place that prints it."""
    places: dict[str, list[Printed]] = {}
    for use in uses:
        places.setdefault(f"{use.part} {use.text}".strip(), []).append(use)
    for text, (first, *others) in places.items():
        more = [_back(page, use, number) for number, use in enumerate(others, start=2)]
        yield join(el("a", page.text(text), href=f"#{first.ident}"), more)


def _back(page: Page, use: Printed, number: int) -> Html:
    label = f"{page.word('back')} {number}"
    return join(" ", el("a", f"↑{number}", href=f"#{use.ident}", aria_label=label, class_="back"))


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


def _data_used(page: Page, entry: Computation) -> Html:
    """The tables that were read, and which of the sources listed below they hold."""
    facts = [
        ("used_tables", [_table_link(name) for name in entry.tables]),
        ("source_numbers", [page.source_number(source) for source in entry.sources]),
    ]
    return join(page.line(key, links, "sources") for key, links in facts)


def _query(page: Page, entry: Computation) -> Html:
    """The SQL, or the computation before that ran the same on other rows."""
    first = next(each for each in page.computations.values() if each.sql == entry.sql)
    if first is not entry:
        same = page.fill("same_sql", computation=page.computation_link(first))
        return el("p", same, class_="used")
    return el("details", el("summary", page.word("sql")), el("pre", el("code", entry.sql)))


def _table_link(name: str) -> Html:
    return el("a", el("code", name), href=f"#used-{slug(name)}")


def _tables(page: Page, names: Sequence[str], context: PageContext) -> Html | None:
    """Every table of the warehouse that the page rests on: how many rows, and a check value."""
    if not names:
        return None
    entries = [
        el("li", _table(page, name, context.tables.get(name)), id=f"used-{slug(name)}")
        for name in names
    ]
    return el("section", el("h3", page.word("tables_list")), el("ul", entries), id="tables-used")


def _table(page: Page, name: str, record: TableRecord | None) -> Html:
    if record is None:
        return el("code", name)
    return page.fill(
        "table_record",
        table=el("code", name),
        rows=join(f"{record.rows:,}"),
        digest=el("code", record.digest[:_SHORT_HASH]),
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
        ("edition", _dated(page, source.get("edition"))),
        ("reference_dates", _dated(page, source.get("reference_dates"))),
        ("licence", page.text(source.get("licence"))),
        ("source_page", _address(page, source.get("page"))),
        ("sha256", join("SHA-256 ", el("code", sha)) if sha else Html("")),
        ("corrections", join("、".join(map(str, source.get("corrections") or [])))),
    ]
    rows = [el("div", el("dt", page.word(key)), el("dd", value)) for key, value in facts if value]
    return el(
        "li",
        el(
            "p",
            page.text(source.get("title")),
            page.fill("source_key", name=el("code", str(source.get("key") or ""))),
            class_="claim",
        ),
        el("dl", rows, class_="facts"),
        id=f"source-{number}",
    )


def _dated(page: Page, value: object) -> Html:
    return page.text(reference(page.pick(value), page.lang))


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
