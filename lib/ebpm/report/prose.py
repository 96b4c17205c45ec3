"""Markdown of the notebook to clean HTML: CommonMark and tables, no raw HTML, no images."""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ebpm.report.markup import Html, escape, mark_japanese, names, visible
from ebpm.report.state import WIDE_COLUMNS, Page

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_ATTRIBUTES = {
    **{heading: {"id"} for heading in _HEADINGS},
    "a": {"href"},
    "ol": {"start"},
    "th": {"class", "scope"},
    "td": {"class"},
    "span": {"lang"},
    "div": {"class", "tabindex", "role", "aria-label"},
}
_TAGS = {
    *_HEADINGS,
    *names("p ul ol li strong em code pre blockquote a table thead tbody tr th td br hr span div"),
}


def render_prose(page: Page, source: str) -> Html:
    """Headings join the outline of the page; a `#` that repeats the title is dropped."""
    parser = _parser()
    tokens = _without_title(parser.parse(visible(source)), page.title)
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            _place_heading(page, tokens[position : position + 3])
        elif token.type in {"th_open", "td_open"}:
            _align(token)
        elif token.type == "inline" and page.lang == "en":
            token.children = [_with_language(child) for child in token.children or []]
        elif token.type == "inline":
            token.children = _without_line_spaces(token.children or [])
    tokens = _wide_tables_in_regions(page, tokens)
    return Html(_clean(parser.renderer.render(tokens, parser.options, {})))


def title_of(source: str) -> str | None:
    """The text of the first `#` heading, for a notebook without a summary."""
    tokens = _parser().parse(source)
    return next((tokens[i + 1].content for i, t in enumerate(tokens) if _is_h1(t)), None)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _is_h1(token: Token) -> bool:
    return token.type == "heading_open" and token.tag == "h1"


def _without_title(tokens: list[Token], title: str) -> list[Token]:
    for position, token in enumerate(tokens):
        if _is_h1(token) and tokens[position + 1].content.strip() == title.strip():
            return tokens[:position] + tokens[position + 3 :]
    return tokens


def _place_heading(page: Page, heading: list[Token]) -> None:
    opening, text, closing = heading
    level, ident = page.place_heading(max(2, int(opening.tag[1])), text.content)
    opening.tag = closing.tag = f"h{level}"
    opening.attrs = {"id": ident}


def _align(token: Token) -> None:
    right = "right" in str(token.attrs.get("style", ""))
    token.attrs = {"class": "num"} if right else {}
    if token.type == "th_open":
        token.attrs["scope"] = "col"


def _with_language(token: Token) -> Token:
    if token.type != "text":
        return token
    return Token("html_inline", "", 0, content=mark_japanese(token.content))


def _without_line_spaces(children: list[Token]) -> list[Token]:
    """A line break between two Japanese characters is no space (CSS Text 4, 4.1.3)."""
    kept = []
    for position, child in enumerate(children):
        before = "".join(c.content for c in children[:position])[-1:]
        after = "".join(c.content for c in children[position + 1 :])[:1]
        if child.type != "softbreak" or before.isascii() or after.isascii():
            kept.append(child)
    return kept


def _wide_tables_in_regions(page: Page, tokens: list[Token]) -> list[Token]:
    """A wide table scrolls by itself, in a region that the keyboard reaches."""
    out: list[Token] = []
    in_region = False
    for position, token in enumerate(tokens):
        if token.type == "table_open":
            in_region = _columns(tokens[position:]) >= WIDE_COLUMNS
            if in_region:
                label = escape(page.region_label(page.section_title))
                opening = f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
                out.append(Token("html_block", "", 0, content=opening))
        out.append(token)
        if token.type == "table_close" and in_region:
            out.append(Token("html_block", "", 0, content="</div>"))
    return out


def _columns(tokens: list[Token]) -> int:
    end = next(i for i, token in enumerate(tokens) if token.type == "thead_close")
    return sum(token.type == "th_open" for token in tokens[:end])


def _clean(rendered: str) -> str:
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https"},
        link_rel="noreferrer",
    )
