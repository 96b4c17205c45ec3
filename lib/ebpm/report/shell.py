"""The frame that every page shares: head, security policy, style, font, banner, footer."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ebpm.report.font import font_faces
from ebpm.report.markup import Html, el, safe_path
from ebpm.report.model import Lang
from ebpm.report.words import word

# Where a later mark goes: into the header, and its characters into the style.
NOTICE_PLACE = Html("<!--ebpm:notice--><!--/ebpm:notice-->")
# A reader of HTML puts these in by itself (HTML Standard, 13.1.2.4); they are a twentieth of a page.
_OPTIONAL_ENDS = re.compile(r"</(?:li|dt|dd|td|th|tr|tbody)>")
NOTICE_FONT_PLACE = "/*ebpm:notice*//*/ebpm:notice*/"


def document(
    main: Html,
    *,
    lang: Lang,
    title: str,
    description: str,
    banner: Html | None = None,
    running: str = "",
    stable_text: str = "",
    index_href: str | None = None,
    meta: Mapping[str, str] | None = None,
    script: str | None = None,
    style: str = "",
) -> str:
    """A whole page in one file. `stable_text` is what the page shares with others of its kind,
    `running` what every printed sheet says beside the title.

    `script` is code that the page can do without, `style` what it needs; the policy names both.
    """
    body = el(
        "body",
        el("a", word("skip", lang), href="#main", class_="skip"),
        _header(lang, index_href, banner),
        el("main", _without_optional_ends(main), id="main", tabindex=-1),
        Html(f"<script>{script}</script>") if script else None,
    )
    faces = font_faces(stable_text, body + title)
    css = "\n".join(
        [
            faces,
            NOTICE_FONT_PLACE,
            stylesheet(),
            style,
            _running_heads(title, running),
        ]
    )
    head = _head(lang, title, description, policy(css, script), css, meta)
    return f"<!DOCTYPE html>\n{el('html', head, body, lang=lang)}\n"


def _without_optional_ends(content: Html) -> Html:
    return Html(_OPTIONAL_ENDS.sub("", content))


@cache
def stylesheet() -> str:
    """The style of all pages, without the white space that only its editors need."""
    css = files("ebpm.report").joinpath("style.css").read_text(encoding="utf-8")
    return re.sub(r"(?<=[{};,>])\s+|\s+(?=[{}>])|(?<=[a-z]:) ", "", css)


def _head(
    lang: Lang,
    title: str,
    description: str,
    allowed: str,
    css: str,
    meta: Mapping[str, str] | None,
) -> Html:
    full_title = title if title == word("index_title", lang) else f"{title} | {word('site', lang)}"
    return el(
        "head",
        el("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{allowed}">'),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", full_title),
        el("meta", name="description", content=description),
        [el("meta", name=f"ebpm-{name}", content=value) for name, value in (meta or {}).items()],
        Html(f"<style>{css}</style>"),
    )


def policy(css: str, script: str | None = None) -> str:
    """Nothing loads or is sent; style and script are named by their hashes (CSP 3)."""
    scripts = f"script-src 'sha256-{_digest(script)}'; " if script else ""
    return (
        f"default-src 'none'; img-src data:; font-src data:; {scripts}"
        f"style-src 'sha256-{_digest(css)}'; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _header(lang: Lang, index_href: str | None, banner: Html | None) -> Html:
    address = safe_path(index_href)
    link = el("a", word("to_index", lang), href=address) if address else None
    bar = el("div", el("span", word("site", lang), class_="site"), link, class_="bar")
    return el("header", bar, NOTICE_PLACE, banner)


def _running_heads(title: str, mark: str) -> str:
    """At the head of every printed sheet: the title (but on the first), and a mark on each."""
    return (
        f'@page{{@top-left{{content:"{_css_string(title)}"}}'
        f'@top-right{{content:"{_css_string(mark)}"}}}}\n'
        "@page:first{@top-left{content:none}}"
    )


def _css_string(text: str) -> str:
    """Every character as an escape (CSS Syntax 3, 4.3.7): nothing can end the string."""
    return "".join(f"\\{ord(character):x} " for character in text if character.isprintable())
