"""Reports by verdict, by the date of their data, and by what the last run changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ebpm.dates import reference
from ebpm.evidence.claims import Verdict
from ebpm.report.finding import grade_line
from ebpm.report.index_parts import linked, say
from ebpm.report.markup import Html, el, join, listing
from ebpm.report.model import Change, IndexEntry, Lang, Payload
from ebpm.report.state import finding_anchor
from ebpm.report.words import word

MANY_BODIES = 20
_DATE = re.compile(r"(?:19|20)\d\d(?:-\d\d){0,2}")

Found = tuple[IndexEntry, int, Payload]


def by_verdict(reports: Sequence[IndexEntry], lang: Lang) -> Html | None:
    """Every finding under its verdict, those that show nothing as fully as the others."""
    found = [
        (entry, number, finding)
        for entry in reports
        for number, finding in enumerate(entry.findings, start=1)
    ]
    parts = [_of_verdict([f for f in found if f[2]["verdict"] == v], v, lang) for v in Verdict]
    return join(el("p", word("verdicts_intro", lang)), parts) if found else None


def _of_verdict(found: Sequence[Found], verdict: str, lang: Lang) -> Html | None:
    if not found:
        return None
    count = word("findings_count", lang).format(n=f"{len(found):,}")
    title = el("summary", word(f"verdict_{verdict}", lang), el("span", count, class_="count"))
    return el("details", title, el("ul", [_finding(each, lang) for each in found], class_="claims"))


def _finding(found: Found, lang: Lang) -> Html:
    entry, number, finding = found
    href = f"{entry.href}#{finding_anchor(number, finding['id'])}" if entry.href else None
    return el(
        "li",
        el("p", linked(say(finding[f"claim_{lang}"], lang), href), class_="claim"),
        el("p", el("span", say(entry.title, lang), class_="verdict"), grade_line(finding, lang)),
    )


def by_date(reports: Sequence[IndexEntry], lang: Lang) -> Html | None:
    """Each source with its reference date, newest first, and the reports that rest on it."""
    used: dict[str, tuple[Payload, dict[str, IndexEntry]]] = {}
    for entry in reports:
        for source in _sources(entry):
            key = f"{source.get('title')} {source.get('reference_dates')}"
            used.setdefault(key, (source, {}))[1][entry.href or entry.notebook] = entry
    ordered = sorted(used.values(), key=lambda each: _newest(each[0]), reverse=True)
    if not ordered:
        return None
    entries = [_source_entry(source, reports.values(), lang) for source, reports in ordered]
    return join(el("p", word("dates_intro", lang)), el("dl", entries, class_="facts dates"))


def _sources(entry: IndexEntry) -> Iterator[Payload]:
    for finding in entry.findings:
        yield from finding.get("sources") or ()


def _newest(source: Payload) -> str:
    return max(_DATE.findall(str(source.get("reference_dates") or "")), default="")


def _source_entry(source: Payload, entries: Iterable[IndexEntry], lang: Lang) -> Html:
    reports = [linked(say(entry.title, lang), entry.href) for entry in entries]
    return el(
        "div",
        el("dt", reference(str(source.get("reference_dates") or ""), lang)),
        el(
            "dd",
            el("p", say(source.get("title"), lang), class_="claim"),
            el("p", listing(reports, word("list_mark", lang))),
        ),
    )


def changed(changes: Sequence[Change], lang: Lang) -> Html | None:
    """What the last run that changed anything changed: national reports each, bodies in numbers."""
    if not changes:
        return None
    national = [el("li", _change(each, lang)) for each in changes if each.place is None]
    local = [each for each in changes if each.place is not None]
    each_body = [el("li", _change(each, lang)) for each in local]
    shown = each_body if len(local) <= MANY_BODIES else _counted(local, lang)
    return join(el("p", word("changes_intro", lang)), el("ul", national, shown))


def _counted(changes: Sequence[Change], lang: Lang) -> list[Html]:
    counts = Counter((each.notebook, each.kind) for each in changes)
    titles = {each.notebook: each.title for each in changes}
    return [
        el(
            "li",
            say(titles[notebook], lang),
            word("colon", lang),
            word(f"change_{kind}", lang),
            el("span", word("pages_count", lang).format(n=f"{count:,}"), class_="count"),
        )
        for (notebook, kind), count in counts.items()
    ]


def _change(change: Change, lang: Lang) -> Html:
    name = join(say(change.title, lang), " ", say(change.place, lang) if change.place else None)
    claim = join(word("quote_open", lang), say(change.claim, lang), word("quote_close", lang))
    moved = join(say(change.before, lang), " → ", say(change.after, lang))
    return join(
        linked(name, change.href),
        word("colon", lang),
        word(f"change_{change.kind}", lang),
        claim if change.claim else None,
        join(word("opening", lang), moved, word("closing", lang)) if change.before else None,
    )
