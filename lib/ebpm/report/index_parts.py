"""What the views of the index share: texts, links, and the state of a report."""

from __future__ import annotations

from ebpm.report.markup import Child, Html, el, escape, join, mark_japanese, safe_path
from ebpm.report.model import IndexEntry, Lang, Text
from ebpm.report.words import word


def say(text: Text | str | None, lang: Lang) -> Html:
    """A text in the page's language, escaped; Japanese runs of an English page are named."""
    chosen = text if isinstance(text, str) else (text or {}).get(lang, "")
    return mark_japanese(chosen) if lang == "en" else escape(chosen)


def linked(content: Child, href: str | None) -> Html:
    """A link to a page of the site; the content alone where there is none."""
    address = safe_path(href)
    return el("a", content, href=address) if address else join(content)


def status(entry: IndexEntry, lang: Lang) -> Html | None:
    """That the report failed, or that its page is of the run before, with the account of it."""
    if entry.status == "ok":
        return None
    href = safe_path(entry.account_href)
    link = el("a", word("account", lang), href=href) if href else None
    error = join(word("colon", lang), say(entry.error, lang)) if entry.error else None
    label = el("strong", word(f"status_{entry.status}", lang))
    return el("p", label, error, " ", link, class_="failed")
