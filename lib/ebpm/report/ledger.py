"""The pages of the ledger: all findings, those of each verdict, and one page for each question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ebpm.evidence.claims import Verdict
from ebpm.evidence.ledger import distinct, latest
from ebpm.evidence.lines import Row
from ebpm.evidence.plans import Plan, answers
from ebpm.report.ledger_data import ledger_csv, ledger_json
from ebpm.report.ledger_parts import (
    LEDGER_INDEX,
    SITE_INDEX,
    LedgerView,
    Sheet,
    chain_notice,
    framed,
    grade_cell,
    question_page,
    scope,
    small,
    to_ledger,
    value_cell,
    verdict_page,
    verdict_text,
)
from ebpm.report.ledger_question import question_sheet
from ebpm.report.markup import Child, Html, el, join, listing
from ebpm.report.shell import document
from ebpm.report.state import Page

CSV, JSON = "ledger.csv", "ledger.json"
HEADS = ("finding", "how_sure", "ledger_value", "ledger_grade")
Result = tuple[Row, Sequence[Row]]


def ledger_pages(view: LedgerView) -> dict[str, str]:
    """Every file of the ledger by its name: pages, and all rows as CSV and as JSON.

    The index comes last: where it stands, the others do.
    """
    results = distinct(latest(view.entries))
    questions = dict.fromkeys((row["notebook"], row["id"]) for row in view.entries)
    sheets = {question_page(*name): question_sheet(view, *name) for name in questions}
    sheets |= {verdict_page(verdict): _verdict(view, verdict, results) for verdict in Verdict}
    data = {
        CSV: ledger_csv(view.entries, view.lang).decode("utf-8"),
        JSON: ledger_json(view.entries, view.plans),
    }
    return data | _documents(view, sheets | {LEDGER_INDEX: _index(view, results)})


def _documents(view: LedgerView, sheets: Mapping[str, Sheet]) -> dict[str, str]:
    """The pages in their frame; they share one font, which is made once."""
    letters = "".join(sorted(set(join(sheet.main for sheet in sheets.values()))))
    return {
        name: document(
            sheet.main,
            lang=view.lang,
            title=sheet.title,
            description=sheet.description,
            stable_text=letters,
            index_href=SITE_INDEX,
            meta=view.meta,
        )
        for name, sheet in sheets.items()
    }


def ledger_names(entries: Iterable[Row]) -> list[str]:
    """The names of all files that `ledger_pages` makes."""
    questions = dict.fromkeys(question_page(row["notebook"], row["id"]) for row in entries)
    return [*questions, *map(verdict_page, Verdict), CSV, JSON, LEDGER_INDEX]


def _index(view: LedgerView, results: Sequence[Result]) -> Sheet:
    page = Page(view.lang, "ledger")
    title = page.word("ledger_title")
    main = el(
        "article",
        el("h1", title),
        el("p", page.word("ledger_intro")),
        _counts(page, results),
        el("h2", page.word("ledger_latest")),
        el("p", page.word("ledger_open")),
        _table(page, view, results),
        el("p", _grade_link(page)),
        _files(page),
        _plans(page, view),
    )
    return Sheet(title, page.word("ledger_description"), main)


def _counts(page: Page, results: Sequence[Result]) -> Html:
    rows = [_count(page, verdict, results) for verdict in Verdict]
    heads = ("how_sure", "ledger_count")
    return join(
        framed(page, page.word("ledger_counts"), heads, rows),
        el("p", page.word("ledger_count_note"), class_="note"),
    )


def _count(page: Page, verdict: Verdict, results: Sequence[Result]) -> Html:
    link = el("a", page.word(f"verdict_{verdict}"), href=verdict_page(verdict))
    count = sum(row["verdict"] == verdict for row, _ in results)
    return el("tr", el("th", link, scope="row"), el("td", f"{count:,}", class_="num"))


def _grade_link(page: Page) -> Html:
    return el("a", page.word("ledger_grade_link"), href=f"{SITE_INDEX}#grade")


def _files(page: Page) -> Html:
    links = [
        el("a", page.word("ledger_csv"), href=CSV, download=CSV),
        el("a", page.word("ledger_json"), href=JSON, download=JSON),
    ]
    return el("p", page.word("ledger_save"), listing(links, page.word("list_mark")), class_="csv")


def _verdict(view: LedgerView, verdict: Verdict, results: Sequence[Result]) -> Sheet:
    page = Page(view.lang, "ledger")
    name = page.word(f"verdict_{verdict}")
    found = [result for result in results if result[0]["verdict"] == verdict]
    means = page.word(f"ledger_means_{verdict}")
    main = el(
        "article",
        el("p", page.word("ledger_title"), class_="place"),
        el("h1", name),
        el("p", means),
        el("p", page.word(f"ledger_not_{verdict}")),
        _table(page, view, found) if found else el("p", page.word("ledger_none")),
        _other_verdicts(page, verdict),
        to_ledger(page),
    )
    title = f"{name}{page.word('opening')}{page.word('ledger_title')}{page.word('closing')}"
    return Sheet(title, means, main)


def _other_verdicts(page: Page, verdict: Verdict) -> Html:
    links = [
        el("a", page.word(f"verdict_{other}"), href=verdict_page(other))
        for other in Verdict
        if other != verdict
    ]
    return el("p", page.word("ledger_other_verdicts"), listing(links, page.word("list_mark")))


def _table(page: Page, view: LedgerView, results: Sequence[Result]) -> Html:
    """One table; the findings of a question stand together beneath it."""
    groups: dict[str, list[Row]] = {}
    for row, _ in results:
        groups.setdefault(page.pick(row["question"]), []).append(row)
    bodies = [_group(page, view, question, rows) for question, rows in groups.items()]
    return framed(page, page.word("ledger_by_question"), HEADS, join(bodies))


def _group(page: Page, view: LedgerView, question: str, rows: Sequence[Row]) -> Html:
    asked = page.fill("ledger_question", question=page.text(question))
    head = el("th", el("strong", asked), scope="rowgroup", colspan=len(HEADS))
    return el("tbody", el("tr", head), [_row(page, view, row) for row in rows])


def _row(page: Page, view: LedgerView, row: Row) -> Html:
    href = question_page(row["notebook"], row["id"])
    claim = el("a", page.text(row[f"claim_{page.lang}"]), href=href)
    recorded = page.fill("ledger_recorded_on", date=join(view.dated(row["recorded"])))
    lines = [*scope(page, view, row), recorded]
    return el(
        "tr",
        el("th", claim, [small(line) for line in lines], scope="row"),
        el("td", verdict_text(page, row)),
        value_cell(page, row),
        grade_cell(row),
    )


def _plans(page: Page, view: LedgerView) -> Html | None:
    """The registered questions, each once, those without a result included."""
    newest = {plan.id: plan for plan in view.plans}
    if not newest:
        return None
    heads = ("question", "ledger_registered", "ledger_plan_result")
    rows = [_plan(page, view, plan) for plan in newest.values()]
    return join(
        el("h2", page.word("ledger_plans")),
        el("p", page.word("ledger_plans_intro")),
        framed(page, page.word("ledger_registration_caption"), heads, rows),
        chain_notice(page, view),
    )


def _plan(page: Page, view: LedgerView, plan: Plan) -> Html:
    amended = page.fill("ledger_amended", count=join(str(plan.amendments)))
    return el(
        "tr",
        el("th", page.text(plan.question), small(el("code", plan.id)), scope="row"),
        el("td", view.dated(plan.registered), small(amended) if plan.amendments else None),
        el("td", _results_of(page, view, plan)),
    )


def _results_of(page: Page, view: LedgerView, plan: Plan) -> Child:
    rows = latest(row for row in view.entries if answers(row, plan))
    newest = {(row["notebook"], row["id"]): row for row in rows}
    links = [
        el("div", el("a", verdict_text(page, row), href=question_page(*name)))
        for name, row in newest.items()
    ]
    return links or page.word("ledger_no_result")
