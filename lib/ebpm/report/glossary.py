"""Technical terms: their first use on a page leads to an explanation at its end."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from ebpm.report.markup import Html, el, escape, join, names
from ebpm.report.model import Lang

BASIC = ("interval", "cluster", "threshold", "correlation", "kinds")
"""What the list of reports explains."""
# Not looked into: links, headings, captions and labels, what is computed, drawn or tabulated.
_LEFT_ALONE = names("a h1 h2 h3 h4 h5 h6 summary figcaption caption dt code pre svg table style")
_VOID = names("br hr img meta link col input")
_TAG = re.compile(r"(<[^>]+>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")


@dataclass(frozen=True)
class Term:
    """A term with the ways in which texts write it, and what it means, in one language."""

    key: str
    forms: tuple[str, ...]
    means: str

    @property
    def ident(self) -> str:
        return f"term-{self.key}"


@cache
def terms(lang: Lang) -> tuple[Term, ...]:
    """All terms, in the order of the list."""
    text = files("ebpm.report").joinpath("glossary.toml").read_text(encoding="utf-8")
    return tuple(
        Term(key, tuple(entry[lang]), entry[f"means_{lang}"])
        for key, entry in tomllib.loads(text).items()
    )


def glossary(lang: Lang, keys: Collection[str]) -> Html:
    """The explanations of these terms."""
    entries = [
        join(el("dt", term.forms[0], id=term.ident), el("dd", term.means))
        for term in terms(lang)
        if term.key in keys
    ]
    return el("dl", entries, class_="terms")


def linked(markup: Html, lang: Lang) -> tuple[Html, set[str]]:
    """The markup with the first use of each term as a link, and the terms that it uses.

    A term that only stands where no link may is used all the same.
    """
    parts = _TAG.split(markup)
    used = _used("".join(part for part in parts if not part.startswith("<")), lang)
    left = {form: term for term in terms(lang) if term.key in used for form in term.forms}
    inside: list[str] = []
    for number, part in enumerate(parts):
        if part.startswith("<"):
            _follow(part, inside)
        elif part.strip() and left and not inside:
            parts[number] = _with_links(part, left, lang)
    return Html("".join(parts)), used


def _used(text: str, lang: Lang) -> set[str]:
    said = html.unescape(text)
    return {term.key for term in terms(lang) if _pattern(term.forms, lang).search(said)}


def _follow(tag: str, inside: list[str]) -> None:
    """Keeps the elements that are left alone and still open."""
    match = _NAME.match(tag)
    name = match[1].lower() if match else ""
    if name not in _LEFT_ALONE or name in _VOID or tag.endswith("/>"):
        return
    if not tag.startswith("</"):
        inside.append(name)
    elif name in inside:
        inside.remove(name)


def _with_links(text: str, left: dict[str, Term], lang: Lang) -> str:
    pieces, rest = [], text
    while left and (found := _pattern([escape(form) for form in left], lang).search(rest)):
        term = _term_of(found[0], left, lang)
        link = el("a", Html(found[0]), href=f"#{term.ident}", class_="term")
        pieces += [rest[: found.start()], link]
        rest = rest[found.end() :]
        for form in term.forms:
            left.pop(form, None)
    return "".join([*pieces, rest])


def _term_of(written: str, left: dict[str, Term], lang: Lang) -> Term:
    return next(
        term
        for form, term in left.items()
        if escape(form) == written or (lang == "en" and escape(form).lower() == written.lower())
    )


def _pattern(forms: Iterable[str], lang: Lang) -> re.Pattern[str]:
    """Any of the forms, the longest first; in English as words, and in either case."""
    return _compiled(tuple(forms), lang)


@lru_cache(1000)
def _compiled(forms: tuple[str, ...], lang: Lang) -> re.Pattern[str]:
    ordered = sorted(forms, key=len, reverse=True)
    if lang == "ja":
        return re.compile("|".join(map(re.escape, ordered)))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)", re.IGNORECASE)
