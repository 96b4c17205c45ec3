"""One executed notebook to one self-contained page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from nbformat import NotebookNode

from ebpm.evidence.exceptions import allowed_in
from ebpm.report import interactive
from ebpm.report.annex import annex_contents, render_annexes
from ebpm.report.blocks import render_blocks
from ebpm.report.finding import findings_of, render_claims
from ebpm.report.glossary import linked
from ebpm.report.markup import Html, contents, el, join
from ebpm.report.model import Lang, PageContext, Payload
from ebpm.report.payload import Block, read_blocks
from ebpm.report.prose import title_of
from ebpm.report.provenance import provenance
from ebpm.report.shell import document
from ebpm.report.stale import mark_stale
from ebpm.report.state import Page
from ebpm.report.words import all_words

# From so many claims, or claims and limits, on, the printed summary is set tighter: one sheet.
_DENSE_CLAIMS, _TIGHT_ITEMS = 3, 6
_DESCRIPTION_LENGTH = 200
INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Rendered:
    """A page, where each of its numbers came from, and the interactive page if it was asked for."""

    html: str
    provenance: dict[str, Any]
    interactive: str | None = None


def render_page(notebook: NotebookNode, *, lang: Lang, context: PageContext) -> str:
    """The report as one HTML file: summary, contents, body, annexes."""
    return render(notebook, lang=lang, context=context).html


def render(
    notebook: NotebookNode, *, lang: Lang, context: PageContext, plain_href: str | None = None
) -> Rendered:
    """The report as one HTML file, with the provenance of its numbers.

    With `plain_href`, the address of that file, a second one comes with it, whose charts are drawn
    live where scripts run.
    """
    blocks = read_blocks(notebook, lang)
    page = Page(lang, context.notebook_name)
    page.number_findings(blocks)
    summary = next((block.payload for block in blocks if block.kind == "summary"), None)
    page.title = _title(page, blocks, summary)
    page.synthetic = any(block.payload.get("synthetic") for block in blocks)
    place = context.place or (page.pick(summary.get("place")) if summary else None)

    top = _summary(page, summary, findings_of(blocks), place)
    body = render_blocks(page, blocks)
    content, page.terms = linked(join(top, _contents(page), body), lang)
    annexes = render_annexes(page, context, allowed_in(notebook))
    framed = partial(
        document,
        lang=lang,
        title=f"{page.title} {place}" if place and place not in page.title else page.title,
        description=page.pick(summary["question"])[:_DESCRIPTION_LENGTH] if summary else page.title,
        banner=join(*_banners(page, context)),
        running=page.word("synthetic") if page.synthetic else "",
        stable_text=stable_text(notebook, lang) if context.place else "",
        index_href=context.index_href,
        meta=_meta(context),
    )
    main = join(content, annexes)
    made = framed(el("article", main))
    return Rendered(
        mark_stale(made, context.stale) if context.stale else made,
        provenance(page, context),
        _interactive(page, main, plain_href, framed) if plain_href else None,
    )


def _interactive(page: Page, main: Html, plain_href: str, framed: Callable[..., str]) -> str:
    """The same page with what draws its charts live."""
    return framed(
        join(
            el("article", interactive.note(page.lang, plain_href), main),
            interactive.live_charts(page.specs, page.lang),
        ),
        script=interactive.script(),
        style=interactive.style(),
    )


def stable_text(notebook: NotebookNode, lang: Lang) -> str:
    """What pages of a notebook for one place each share: prose, interface, words of its cells."""
    return all_words(lang) + "".join(
        cell.source
        for cell in notebook.cells
        if f"lang-{lang}" in (tags := cell.metadata.get("tags", []))
        or (lang == "ja" and cell.cell_type == "code" and INJECTED not in tags)
    )


def _title(page: Page, blocks: list[Block], summary: Payload | None) -> str:
    if summary:
        return page.pick(summary["title"])
    prose = (title_of(b.payload["text"]) for b in blocks if b.kind == "prose")
    return next((title for title in prose if title), page.name)


def _summary(
    page: Page, payload: Payload | None, findings: dict[str, Payload], place: str | None
) -> Html:
    """The first sheet: question, claims with how sure they are, and what cannot be said."""
    heading = el("h1", page.text(page.title), id="title")
    if payload is None:
        return heading
    claims = render_claims(page, payload, findings)
    page.level = 2
    aim = payload.get("aim")
    limits, also = payload["cannot_say"], payload.get("also") or []
    return el(
        "section",
        el("p", page.text(place), class_="place") if place else None,
        heading,
        el("p", page.labelled("question", payload["question"]), class_="question"),
        el("p", page.labelled("aim", aim), class_="aim") if aim else None,
        join(el("h2", page.word("conclusion")), claims) if claims else None,
        [_list(page, block) for block in also],
        el("h2", page.word("cannot_say")) if limits else None,
        el("ul", [el("li", page.rich(limit)) for limit in limits]) if limits else None,
        class_=_setting(
            len(payload["headline_ids"]) + len(also),
            len(limits) + sum(len(block["items"]) for block in also),
        ),
        aria_labelledby="title",
    )


def _list(page: Page, block: Payload) -> Html:
    items = [el("li", page.rich(item)) for item in block["items"]]
    return join(el("h2", page.text(block["title"])), el("ul", items))


def _setting(claims: int, limits: int) -> str:
    tight = " tight" if claims + limits >= _TIGHT_ITEMS else ""
    return "summary dense" + tight if claims >= _DENSE_CLAIMS else "summary"


def _contents(page: Page) -> Html:
    entries = [(ident, page.text(text)) for ident, text in page.contents + annex_contents(page)]
    return contents(page.word("contents"), entries)


def _banners(page: Page, context: PageContext) -> Iterator[Html]:
    """What a reader must know before anything else: invented data, hidden small counts."""
    if page.synthetic:
        text = el("p", el("strong", page.word("synthetic")), " ", page.word("synthetic_page"))
        yield el("div", text, class_="banner invented")
    if context.smallest_cell is not None:
        smallest = join(str(context.smallest_cell))
        hidden = page.fill("disclosure_page", smallest=smallest)
        text = el("p", el("strong", page.word("disclosure")), " ", hidden)
        yield el("div", text, class_="banner own")


def _meta(context: PageContext) -> dict[str, str]:
    """What `ebpm verify` needs to find the run again."""
    values = {
        "notebook": context.notebook_name,
        "notebook-sha256": context.notebook_sha256,
        "parameters": json.dumps(context.parameters, ensure_ascii=False, default=str),
        "warehouse-sha256": context.warehouse_sha256,
        "code-version": context.code_version,
    }
    return {name: value for name, value in values.items() if value}
