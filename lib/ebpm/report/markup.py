"""The one door through which text becomes markup: what is not `Html` is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit


class Html(str):
    """Markup that this package made itself, or cleaned against an allow-list."""


Child: TypeAlias = "str | Html | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | bool | None"

_VOID = frozenset({"meta", "link", "br", "hr", "col", "input"})
# Controls, and marks that turn the direction of what follows (Trojan Source): no text here needs
# them.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ufffe\uffff]"
)
_MOST_KEPT = 20_000
_LINE_BREAK = re.compile("[\r\n\u2028\u2029]+")
_JAPANESE = re.compile(
    r"([\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


@lru_cache(_MOST_KEPT)
def escape(text: str) -> Html:
    """Escape for both element content and quoted attributes; drop control characters.

    Pages of one notebook share most of their texts: what was escaped is kept.
    """
    return Html(html.escape(visible(text), quote=True))


def visible(text: str) -> str:
    """The text without characters that are not shown but do something."""
    return _CONTROL.sub("", text)


def visible_in(value: Any) -> Any:
    """The same for every text of a specification, keys included; each on one line."""
    if isinstance(value, str):
        return _LINE_BREAK.sub(" ", visible(value))
    if isinstance(value, Mapping):
        return {visible(str(key)): visible_in(each) for key, each in value.items()}
    return [visible_in(each) for each in value] if isinstance(value, list) else value


def join(*children: Child) -> Html:
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(child))
        else:
            parts.append(join(*child))
    return Html("".join(parts))


def el(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """One element. `aria_label` stands for `aria-label`; None and False are left out."""
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if name in _VOID else f"{opening}{join(*children)}</{name}>")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def titled(ident: str, title: Child, *content: Child, class_: str | None = None) -> Html:
    """A section that its heading names."""
    heading = el("h2", title, id=f"{ident}-title")
    named = f"{ident}-title"
    return el("section", heading, content, id=ident, class_=class_, aria_labelledby=named)


def contents(title: str, entries: Iterable[tuple[str, Child]]) -> Html:
    """The table of contents of a page: ids and what they are called."""
    links = [el("li", el("a", text, href=f"#{ident}")) for ident, text in entries]
    inner = el("div", el("p", title, class_="label"), el("ol", links))
    return el("nav", inner, aria_label=title, class_="toc")


def listing(items: Iterable[Html], mark: str) -> Html:
    return join(join(mark if i else None, item) for i, item in enumerate(items))


def hidden(text: Child) -> Html:
    """Text for those who listen to the page."""
    return el("span", text, class_="vh")


def mark_japanese(text: str) -> Html:
    """Escape, and name the language of Japanese runs in an English page (WCAG 2.2, 3.1.2)."""
    pieces = _JAPANESE.split(text)
    return join(el("span", p, lang="ja") if i % 2 else p for i, p in enumerate(pieces))


def web_address(url: object) -> str | None:
    """The address if it is plain http or https with a host, else None."""
    if not isinstance(url, str) or re.search(r"[\s\x00-\x1f\\]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def safe_path(href: str | None) -> str | None:
    """A page of the same site: a relative path without scheme, host or script."""
    if not href or ":" in href.split("/")[0] or href.startswith(("/", "\\")):
        return None
    return href


def names(text: str) -> frozenset[str]:
    """An allow-list, written as words."""
    return frozenset(text.split())


def slug(text: str, fallback: str = "x") -> str:
    """Letters, digits and hyphens only: safe in an id, a fragment and a file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60] or fallback
