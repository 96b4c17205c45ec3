"""The page of one question: its latest result, its history, its replications, its registration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ebpm.evidence.ledger import changes, distinct, latest, result_of
from ebpm.evidence.lines import Row
from ebpm.evidence.plans import Before, Plan, answers, was_before
from ebpm.evidence.replications import Outcome, Replication, replications
from ebpm.evidence.text import UNITS
from ebpm.report.finding import grade_line
from ebpm.report.ledger_parts import (
    LedgerView,
    Sheet,
    chain_notice,
    editions_lines,
    framed,
    kind_of,
    scope,
    scope_text,
    small,
    threshold,
    to_ledger,
    value_cell,
    value_text,
    verdict_text,
)
from ebpm.report.markup import Child, Html, el, join, listing
from ebpm.report.state import Page

MOST_REPORTS = 12
HISTORY = (
    *("ledger_recorded", "ledger_value", "how_sure", "ledger_changed"),
    *("ledger_circumstances", "ledger_editions"),
)
REPLICATIONS = ("ledger_differs_in", "ledger_value", "how_sure", "ledger_outcome")
REGISTRATIONS = (
    *("ledger_registered", "ledger_plan", "ledger_before_data", "ledger_before_result"),
)


def question_sheet(view: LedgerView, notebook: str, ident: str) -> Sheet:
    """The page of one question. The result of the usual circumstances stands for it."""
    page = Page(view.lang, "ledger")
    rows = [row for row in view.entries if (row["notebook"], row["id"]) == (notebook, ident)]
    now, same = min(distinct(latest(rows)), key=lambda result: len(result[0]["parameters"]))
    title = page.pick(now["question"])
    main = el(
        "article",
        el("p", page.word("ledger_title"), class_="place"),
        el("h1", page.text(now["question"])),
        _section(page, "ledger_now", _now(page, view, now, same)),
        _section(page, "ledger_history", _history(page, view, now, rows)),
        _section(page, "ledger_replications", *_replications(page, view, now, rows)),
        _section(page, "ledger_registration", *_registration(page, view, rows)),
        to_ledger(page),
    )
    full_title = f"{title}{page.word('opening')}{page.pick(now['estimand'])}{page.word('closing')}"
    return Sheet(full_title, page.pick(now[f"claim_{page.lang}"]), main)


def _section(page: Page, key: str, *content: Child) -> Html:
    title = el("h2", page.word(key), id=f"{key}-title")
    return el("section", title, content, aria_labelledby=f"{key}-title")


def _now(page: Page, view: LedgerView, row: Row, same: Sequence[Row]) -> Html:
    facts: list[tuple[str, Child]] = [
        ("estimand", page.text(row["estimand"])),
        (f"value_{kind_of(row)}", value_text(page, row)),
        ("how_sure", _verdict(page, row)),
        ("grade", grade_line(row, page.lang)),
        ("sample", _cases(page, row)),
        ("method", page.text(row["method"])),
        ("ledger_circumstances", scope_text(page, view, row)),
        ("source", editions_lines(page, row)),
        ("ledger_recorded", view.dated(row["recorded"])),
        ("ledger_reports", _reports(page, view, same)),
    ]
    listed = [el("div", el("dt", page.word(key)), el("dd", value)) for key, value in facts]
    claim = el("p", page.text(row[f"claim_{page.lang}"]), class_="claim")
    return join(claim, el("dl", listed, class_="facts"))


def _verdict(page: Page, row: Row) -> Html:
    said = verdict_text(page, row)
    if row["smallest_effect"] is None:
        return join(said)
    limit = page.text(threshold(row["unit"], row["smallest_effect"]))
    named = join(page.word("threshold"), page.word("colon"), limit)
    return join(said, page.word("opening"), named, page.word("closing"))


def _cases(page: Page, row: Row) -> Html:
    cases = join(f"{row['n']:,}")
    if row["n_clusters"] is None:
        return cases
    return page.fill("ledger_cases", n=cases, clusters=join(f"{row['n_clusters']:,}"))


def _reports(page: Page, view: LedgerView, same: Sequence[Row]) -> Html:
    """The reports that hold the result; links where the site has their pages."""
    ordered = sorted(same, key=lambda row: (len(row["parameters"]), row["report"]))
    shown = [_report(page, view, row) for row in ordered[:MOST_REPORTS]]
    if more := len(ordered) - len(shown):
        shown.append(page.fill("ledger_more_reports", count=join(f"{more:,}")))
    return listing(shown, page.word("list_mark"))


def _report(page: Page, view: LedgerView, row: Row) -> Html:
    title = view.reports.get(row["report"])
    if title is None:
        return el("code", row["report"])
    place = listing(scope(page, view, row), page.word("list_mark"))
    named = join(page.word("opening"), place, page.word("closing")) if place else None
    return el("a", page.text(title), named, href=f"../{row['report']}.html")


def _history(page: Page, view: LedgerView, now: Row, rows: Sequence[Row]) -> Html:
    """All rows of the report that stands for the question, and those that found something else."""
    own = [row for row in rows if row["report"] == now["report"]]
    known = {result_of(row) for row in own}
    others = [row for row in rows if result_of(row) not in known]
    listed = own + [row for row, _ in distinct(others)]
    before = _before(rows)
    body = [_past(page, view, row, before.get(row["entry"])) for row in listed]
    return framed(page, page.word("ledger_history_caption"), HISTORY, body)


def _before(rows: Sequence[Row]) -> dict[str, Row]:
    """The row that each row of the same report came after."""
    last: dict[str, Row] = {}
    found: dict[str, Row] = {}
    for row in rows:
        if row["report"] in last:
            found[row["entry"]] = last[row["report"]]
        last[row["report"]] = row
    return found


def _past(page: Page, view: LedgerView, row: Row, before: Row | None) -> Html:
    return el(
        "tr",
        el("th", view.dated(row["recorded"]), scope="row"),
        value_cell(page, row),
        el("td", verdict_text(page, row)),
        el("td", _changed(page, row, before)),
        el("td", scope_text(page, view, row)),
        el("td", editions_lines(page, row)),
    )


def _changed(page: Page, row: Row, before: Row | None) -> str:
    if before is None:
        return page.word("ledger_first")
    parts = [page.word(f"ledger_change_{part}") for part in changes(before, row)]
    return page.word("list_mark").join(parts)


def _replications(page: Page, view: LedgerView, now: Row, rows: Sequence[Row]) -> Iterator[Html]:
    found = replications(now, rows)
    if not found:
        yield el("p", page.word("ledger_no_replications"))
        return
    counts = Counter(each.outcome for each in found)
    named = {str(outcome): join(f"{counts[outcome]:,}") for outcome in Outcome}
    yield el("p", page.word("ledger_replications_intro"))
    yield el("p", page.fill("ledger_replications_count", **named))
    body = [_replication(page, view, each) for each in found]
    yield framed(page, page.word("ledger_replications_caption"), REPLICATIONS, body)


def _replication(page: Page, view: LedgerView, found: Replication) -> Html:
    return el(
        "tr",
        el("th", _difference(page, view, found), scope="row"),
        value_cell(page, found.row),
        el("td", verdict_text(page, found.row)),
        el("td", page.word(f"ledger_{found.outcome}")),
    )


def _difference(page: Page, view: LedgerView, found: Replication) -> list[Html]:
    """In what the row differs, a line each; what it shares with the latest is left out."""
    lines = []
    if set(found.differs_in) - {"edition"}:
        lines.append(el("div", scope_text(page, view, found.row)))
    if "edition" in found.differs_in:
        lines += editions_lines(page, found.row)
    return lines


def _registration(page: Page, view: LedgerView, rows: Sequence[Row]) -> Iterator[Html]:
    found = [plan for plan in view.plans if any(answers(row, plan) for row in rows)]
    if not found:
        yield el("p", page.word("ledger_unregistered"))
        return
    keys = {source["key"] for row in rows for source in row["sources"]}
    records = [view.sources.get(key, {}) for key in sorted(keys)]
    body = [_plan(page, view, plan, was_before(plan, records, rows)) for plan in found]
    yield framed(page, page.word("ledger_registration_caption"), REGISTRATIONS, body)
    yield el("p", page.word("ledger_registration_note"), class_="note")
    yield join(chain_notice(page, view))


def _plan(page: Page, view: LedgerView, plan: Plan, facts: Before) -> Html:
    amended = page.fill("ledger_amended", count=join(str(plan.amendments)))
    limit = threshold(UNITS[plan.unit].payload(), plan.smallest_effect)
    parts = (
        ("outcome", page.text(plan.outcome)),
        ("method", page.text(plan.method)),
        ("threshold", page.text(limit)),
        ("exclusions", page.text(plan.exclusions)),
    )
    content = [el("div", page.fill(f"ledger_plan_{key}", value=value)) for key, value in parts]
    return el(
        "tr",
        el(
            "th",
            view.dated(plan.registered),
            small(amended) if plan.amendments else None,
            scope="row",
        ),
        el("td", el("div", page.text(plan.question)), content),
        el("td", _fact(page, view, "data", facts.before_data, facts.first_retrieved)),
        el("td", _fact(page, view, "result", facts.before_result, facts.first_result)),
    )


def _fact(
    page: Page, view: LedgerView, name: str, is_before: bool | None, moment: str | None
) -> Html:
    if moment is None:
        return join(page.word("ledger_no_result" if is_before else "ledger_unknown"))
    date = view.dated(moment if "T" in moment else f"{moment}T00:00:00Z")
    order = {None: "ledger_undated", True: "ledger_earlier", False: "ledger_later"}
    what = join(page.word(f"ledger_the_{name}"))
    return page.fill(order[is_before], what=what, date=join(date))
