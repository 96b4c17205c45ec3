"""The index of all reports, and the scale by which their findings are graded."""

from __future__ import annotations

from collections.abc import Iterable

from ebpm.report.finding import grade_line, grade_scale
from ebpm.report.markup import Html, el, escape, join, mark_japanese, slug
from ebpm.report.model import IndexEntry, Lang, Payload, Text
from ebpm.report.shell import document
from ebpm.report.words import word

LONG_LIST = 60


def render_index(
    reports: list[IndexEntry],
    *,
    lang: Lang,
    dictionary_href: str | None = None,
    ledger_href: str | None = None,
) -> str:
    """National reports as entries of their own; one-body reports as a list under their title."""
    national = [entry for entry in reports if entry.place is None]
    local = [entry for entry in reports if entry.place is not None]
    title = word("index_title", lang)
    main = join(
        el("h1", title),
        None if reports else el("p", word("index_empty", lang)),
        _national(national, lang) if national else None,
        _local(local, lang) if local else None,
        grade_scale(lang, "grade"),
        _beside("ledger", ledger_href, lang),
        _beside("dictionary", dictionary_href, lang),
    )
    return document(main, lang=lang, title=title, description=word("index_description", lang))


def safe_path(href: str | None) -> str | None:
    """A page of the same site: a relative path without scheme, host or script."""
    if not href or ":" in href.split("/")[0] or href.startswith(("/", "\\")):
        return None
    return href


def _beside(key: str, href: str | None, lang: Lang) -> Html | None:
    """A link to what the site holds beside its reports."""
    if safe_path(href) is None:
        return None
    title = word(f"{key}_title", lang)
    link = el("p", el("a", word(f"{key}_description", lang), href=href))
    return el("section", el("h2", title), link, class_="scale")


def _say(text: Text | str | None, lang: Lang) -> Html:
    chosen = text if isinstance(text, str) else (text or {}).get(lang, "")
    return mark_japanese(chosen) if lang == "en" else escape(chosen)


def _national(entries: Iterable[IndexEntry], lang: Lang) -> Html:
    cards = [_card(entry, lang, number) for number, entry in enumerate(entries, start=1)]
    return join(el("h2", word("index_national", lang)), cards)


def _card(entry: IndexEntry, lang: Lang, number: int) -> Html:
    ident = f"report-{number}-{slug(entry.notebook)}"
    title = _say(entry.title, lang)
    href = safe_path(entry.href)
    claims = [_claim(finding, lang) for finding in entry.findings]
    return el(
        "article",
        el("h3", el("a", title, href=href) if href else title, id=ident),
        el("p", _say(entry.question, lang), class_="question"),
        _status(entry, lang),
        el("p", word("synthetic", lang), class_="synthetic") if entry.synthetic else None,
        el("ul", claims, class_="claims") if claims else None,
        _made(entry, lang),
        class_="card",
        aria_labelledby=ident,
    )


def _claim(finding: Payload, lang: Lang) -> Html:
    verdict = word(f"verdict_{finding['verdict']}", lang)
    grade = grade_line(finding, lang)
    kind = word(f"kind_{finding['kind']}", lang)
    return el(
        "li",
        el("p", _say(finding[f"claim_{lang}"], lang), class_="claim"),
        el("p", kind, word("list_mark", lang), verdict, class_="verdict"),
        el("p", grade, class_="grade"),
    )


def _status(entry: IndexEntry, lang: Lang) -> Html | None:
    if entry.status == "ok":
        return None
    href = safe_path(entry.account_href)
    link = el("a", word("account", lang), href=href) if href else None
    error = join(word("colon", lang), _say(entry.error, lang)) if entry.error else None
    label = el("strong", word(f"status_{entry.status}", lang))
    return el("p", label, error, " ", link, class_="failed")


def _made(entry: IndexEntry, lang: Lang) -> Html | None:
    if not entry.date:
        return None
    return el("p", word("index_made", lang), word("colon", lang), entry.date, class_="date")


def _local(entries: list[IndexEntry], lang: Lang) -> Html:
    notebooks = dict.fromkeys(entry.notebook for entry in entries)
    groups = [
        _group([entry for entry in entries if entry.notebook == name], lang) for name in notebooks
    ]
    return join(el("h2", word("index_places", lang)), groups)


def _group(entries: list[IndexEntry], lang: Lang) -> Html:
    items = el("ul", [_place(entry, lang) for entry in entries], class_="places")
    title = _say(entries[0].title, lang)
    question = el("p", _say(entries[0].question, lang), class_="question")
    listed = items
    if len(entries) > LONG_LIST:
        summary = join(word("choose_place", lang), f" ({len(entries):,})")
        listed = el("details", el("summary", summary), items)
    return el("article", el("h3", title), question, listed, class_="card")


def _place(entry: IndexEntry, lang: Lang) -> Html:
    href = safe_path(entry.href)
    name = _say(entry.place, lang)
    return el("li", el("a", name, href=href) if href else name, _status(entry, lang))
