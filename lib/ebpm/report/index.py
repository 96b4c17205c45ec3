"""The index of all reports as a site: by question, body, verdict, date of the data, and change.

It works from a USB stick or a shared folder, without script; where scripts run, a small search
for a body's name appears.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ebpm.report.finding import grade_line, grade_scale
from ebpm.report.index_parts import linked, say, status
from ebpm.report.index_places import SEARCH_ID, places, search_script
from ebpm.report.index_views import by_date, by_verdict, changed
from ebpm.report.markup import Html, contents, el, join, safe_path, slug, titled
from ebpm.report.model import Change, IndexEntry, Lang, Payload
from ebpm.report.shell import document
from ebpm.report.words import word


@dataclass(frozen=True)
class Section:
    """A part of the index: its id, its heading (a key of the words), and what it holds."""

    ident: str
    heading: str
    content: Html


def render_index(
    reports: Sequence[IndexEntry],
    *,
    lang: Lang,
    changes: Sequence[Change] = (),
    dictionary_href: str | None = None,
    ledger_href: str | None = None,
) -> str:
    """All reports of a site on one page; `changes` are those of the last run that changed any."""
    title = word("index_title", lang)
    sections = _sections(reports, lang, changes)
    beside = {"ledger": ledger_href, "dictionary": dictionary_href}
    main = join(
        el("h1", title),
        el("p", word("index_intro" if reports else "index_empty", lang), class_="lead"),
        _contents(sections, lang),
        [titled(each.ident, word(each.heading, lang), each.content) for each in sections],
        grade_scale(lang, "grade"),
        [_beside(key, href, lang) for key, href in beside.items()],
    )
    return document(
        el("article", main, class_="index"),
        lang=lang,
        title=title,
        description=word("index_description", lang),
        script=search_script() if SEARCH_ID in main else None,
    )


def _sections(
    reports: Sequence[IndexEntry], lang: Lang, changes: Sequence[Change]
) -> list[Section]:
    national = [entry for entry in reports if entry.place is None]
    parts = [
        ("questions", "index_questions", _questions(national, lang)),
        ("places", "index_places", places(reports, lang)),
        ("verdicts", "index_verdicts", by_verdict(national, lang)),
        ("dates", "index_dates", by_date(national, lang)),
        ("changes", "index_changes", changed(changes, lang)),
    ]
    return [Section(ident, key, content) for ident, key, content in parts if content]


def _contents(sections: Sequence[Section], lang: Lang) -> Html | None:
    if not sections:
        return None
    entries = [(each.ident, word(each.heading, lang)) for each in sections]
    entries.append(("grade", word("grade_help", lang)))
    return contents(word("contents", lang), entries)


def _beside(key: str, href: str | None, lang: Lang) -> Html | None:
    """A link to what the site holds beside its reports."""
    if safe_path(href) is None:
        return None
    title = word(f"{key}_title", lang)
    link = el("p", el("a", word(f"{key}_description", lang), href=href))
    return el("section", el("h2", title), link, class_="scale")


def _questions(entries: Iterable[IndexEntry], lang: Lang) -> Html:
    return join(_card(entry, lang, number) for number, entry in enumerate(entries, start=1))


def _card(entry: IndexEntry, lang: Lang, number: int) -> Html:
    ident = f"report-{number}-{slug(entry.notebook)}"
    shown = {finding["id"]: finding for finding in entry.findings}
    claims = [_claim(shown[name], lang) for name in entry.headlines if name in shown]
    return el(
        "article",
        el("h3", linked(say(entry.title, lang), entry.href), id=ident),
        el("p", say(entry.question, lang), class_="question"),
        status(entry, lang),
        el("p", word("synthetic", lang), class_="synthetic") if entry.synthetic else None,
        el("ul", claims, class_="claims") if claims else None,
        _other_forms(entry, lang),
        class_="card",
        aria_labelledby=ident,
    )


def _claim(finding: Payload, lang: Lang) -> Html:
    verdict = word(f"verdict_{finding['verdict']}", lang)
    return el(
        "li",
        el("p", say(finding[f"claim_{lang}"], lang), class_="claim"),
        el("p", el("span", verdict, class_="verdict"), grade_line(finding, lang), class_="grade"),
    )


def _other_forms(entry: IndexEntry, lang: Lang) -> Html | None:
    forms = {"interactive_form": entry.interactive_href, "pdf_form": entry.pdf_href}
    links = [
        join(" ", el("a", word(key, lang), href=href))
        for key, href in forms.items()
        if safe_path(href)
    ]
    return (
        el("p", word("other_forms", lang), word("colon", lang), links, class_="forms")
        if links
        else None
    )
