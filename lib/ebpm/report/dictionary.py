"""The data dictionary as a page: every table with its columns, counts, sources and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ebpm.contracts import said
from ebpm.dictionary import Column, Source, Table
from ebpm.report.markup import Child, Html, el, escape, hidden, join, listing, web_address
from ebpm.report.model import Lang, Text
from ebpm.report.shell import document
from ebpm.report.state import Page
from ebpm.report.words import MISSING_KINDS, word

LAYERS = ("mart", "staging")
TYPES = {
    "VARCHAR": "text",
    "INTEGER": "whole",
    "BIGINT": "whole",
    "DOUBLE": "number",
    "BOOLEAN": "truth",
    "DATE": "date",
}


def render_dictionary(
    tables: Sequence[Table],
    *,
    lang: Lang,
    index_href: str | None = None,
    meta: dict[str, str] | None = None,
) -> str:
    """One page: contents, then a section for each table, the tables for analysis first."""
    page = Page(lang, "dictionary")
    title = page.word("dictionary_title")
    main = el(
        "article",
        el("h1", title),
        el("p", page.word("dictionary_intro")),
        _contents(page, tables),
        [_layer(page, layer, tables) for layer in LAYERS],
    )
    return document(
        main,
        lang=lang,
        title=title,
        description=page.word("dictionary_description"),
        index_href=index_href,
        meta=meta,
    )


def _of(tables: Sequence[Table], layer: str) -> list[Table]:
    return [table for table in tables if table.layer == layer]


def _contents(page: Page, tables: Sequence[Table]) -> Html:
    parts = [
        (page.word(f"dictionary_{layer}"), el("ol", [_entry(table) for table in named]))
        for layer in LAYERS
        if (named := _of(tables, layer))
    ]
    inner = [join(el("p", title, class_="label"), listed) for title, listed in parts]
    return el("nav", el("div", inner), aria_label=page.word("contents"), class_="toc")


def _entry(table: Table) -> Html:
    return el("li", _link(table.name))


def _link(table: str) -> Html:
    return el("a", table, href=f"#{table}")


def _layer(page: Page, layer: str, tables: Sequence[Table]) -> Html | None:
    sections = [_section(page, table) for table in _of(tables, layer)]
    return join(el("h2", page.word(f"dictionary_{layer}")), sections) if sections else None


def _section(page: Page, table: Table) -> Html:
    ident = f"{table.name}-title"
    return el(
        "section",
        el("h3", el("code", table.name), id=ident),
        el("p", page.text(_grain(table))),
        el("dl", _facts(page, table), class_="facts"),
        _columns(page, table),
        _rules(page, table.contracts),
        id=table.name,
        aria_labelledby=ident,
        class_="datatable",
    )


def _grain(table: Table) -> Text:
    """The grain as it begins a line: the SQL file has it in lower case."""
    return {"ja": table.grain["ja"], "en": table.grain["en"].replace("one row", "One row", 1)}


def _facts(page: Page, table: Table) -> Iterator[Html]:
    key = listing([el("code", column) for column in table.key], page.word("list_mark"))
    sources = {(str(s.title), s.edition): s for s in table.sources}.values()
    facts: list[tuple[str, Child]] = [
        ("dictionary_key", key),
        ("dictionary_rows", f"{table.rows:,}"),
        ("source", [el("div", _source(page, source)) for source in sources]),
    ]
    for name, value in facts:
        yield el("div", el("dt", page.word(name)), el("dd", value))


def _source(page: Page, source: Source) -> Html:
    href = web_address(source.page)
    title = page.text(source.title)
    linked = el("a", title, href=href, rel="noreferrer") if href else title
    return page.fill("dictionary_edition", title=linked, edition=page.text(source.edition))


def _columns(page: Page, table: Table) -> Html:
    names = ("column", "meaning", "allowed", "filled")
    head = [
        el("th", page.word(f"dictionary_{name}"), scope="col", class_=_class(name))
        for name in names
    ]
    label = page.word("dictionary_columns").format(table=table.name)
    rows = [_row(page, table, column) for column in table.columns]
    made = el(
        "table",
        el("caption", hidden(label)),
        el("thead", el("tr", head)),
        el("tbody", rows),
        class_="dictionary",
    )
    return el("div", made, class_="scroll", role="region", tabindex=0, aria_label=label)


def _class(name: str) -> str | None:
    return "num" if name == "filled" else None


def _row(page: Page, table: Table, column: Column) -> Html:
    allowed = page.text(said(column.rule)) if column.rule else None
    return el(
        "tr",
        el("th", _name(column.name), _small(_type(column, page.lang)), scope="row"),
        el("td", page.text(column.meaning), _unit(page, column), _home(page, table, column)),
        el("td", allowed),
        el("td", f"{column.filled:,}", _kinds(page, column), class_="num"),
    )


def _name(name: str) -> Html:
    """A column's name, which may break after an underscore and nowhere else."""
    return el("code", Html(escape(name).replace("_", "_<wbr>")))


def _small(*content: Child) -> Html:
    return el("span", content, class_="unit missing")


def _type(column: Column, lang: Lang) -> str:
    return word(f"type_{TYPES[column.type]}", lang) if column.type in TYPES else column.type


def _unit(page: Page, column: Column) -> Html | None:
    return _small(page.word("dictionary_unit"), page.text(column.unit)) if column.unit else None


def _home(page: Page, table: Table, column: Column) -> Html | None:
    if column.documented_in in {None, table.name}:
        return None
    return _small(page.word("dictionary_home"), _link(str(column.documented_in)))


def _kinds(page: Page, column: Column) -> list[Html]:
    """How many rows have each kind of missing."""
    return [
        _small(page.word(f"missing_{kind}") if kind in MISSING_KINDS else kind, f" {count:,}")
        for kind, count in column.missing.items()
    ]


def _rules(page: Page, rules: Sequence[Text]) -> Html | None:
    if not rules:
        return None
    items = [el("li", page.text(rule)) for rule in rules]
    return join(el("h4", page.word("dictionary_rules")), el("ul", items))
