"""The page while it is being written: its outline, its numbering, its sources and traces."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from ebpm.report.markup import Html, el, escape, join, listing, mark_japanese, slug
from ebpm.report.model import Lang, Payload
from ebpm.report.payload import Block, PayloadError
from ebpm.report.words import word

WIDE_COLUMNS = 4
UNBROKEN_NUMBER = 20
TOLD_APART = ("label", "finding", "method", "parameter", "rows")


@dataclass(frozen=True)
class Printed:
    """A number as the page prints it: where, its text, its value if known, which part it is."""

    ident: str
    text: str
    value: float | None
    unit: str
    part: str = ""


@dataclass
class Trace:
    """A number of the text: what it is, and the places that print it."""

    ident: str
    payload: Payload
    uses: list[Printed] = field(default_factory=list)


@dataclass
class Exhibit:
    """A table or a figure: its place on the page, its title, the table of its data."""

    ident: str
    label: str
    title: str
    table: Payload


@dataclass
class Computation:
    """The SQL, tables and sources that numbers, findings, tables and figures share.

    `rows` are the numbers of rows that were taken of its result: all, or those with a value.
    """

    number: int
    sql: str | None
    tables: list[str]
    sources: list[Payload]
    traces: dict[str, Trace] = field(default_factory=dict)
    exhibits: list[Exhibit] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)

    @property
    def ident(self) -> str:
        return f"computation-{self.number}"


@dataclass
class Page:
    lang: Lang
    name: str
    title: str = ""
    level: int = 1
    section_title: str = ""
    synthetic: bool = False
    contents: list[tuple[str, str]] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, Payload] = field(default_factory=dict)
    specs: dict[str, dict[str, Any]] = field(default_factory=dict)
    coverages: dict[str, Exhibit] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    terms: set[str] = field(default_factory=set)
    sources: dict[str, Payload] = field(default_factory=dict)
    computations: dict[str, Computation] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)

    def word(self, key: str) -> str:
        return word(key, self.lang)

    def pick(self, value: object) -> str:
        """The text of this page's language; a plain string stands for itself."""
        chosen = value.get(self.lang, "") if isinstance(value, dict) else value
        if isinstance(chosen, list):
            return "".join(str(s["text"]) if isinstance(s, dict) else str(s) for s in chosen)
        return "" if chosen is None else str(chosen)

    def text(self, value: object) -> Html:
        """The same, escaped; in an English page Japanese runs carry their language."""
        chosen = self.pick(value)
        return mark_japanese(chosen) if self.lang == "en" else escape(chosen)

    def rich(self, value: object) -> Html:
        """A text of this page's language whose numbers, if it was made with them, are links."""
        segments = value.get(self.lang) if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(segments, list):
            return self.text(value)
        traces = {trace["id"]: trace for trace in value.get("traces") or []}
        return join(self._segment(segment, traces) for segment in segments)

    def _segment(self, segment: object, traces: dict[str, Payload]) -> Html:
        if not isinstance(segment, dict):
            return self.text(segment)
        if segment.get("quoted"):
            return el("span", self.text(str(segment["text"])), class_="quoted")
        trace = traces.get(segment.get("trace", ""))
        if trace is None:
            raise PayloadError(f"number {segment.get('text')!r} has no trace")
        value = segment.get("value")
        return self.trace_link(str(segment["text"]), trace, value, self.pick(segment.get("unit")))

    def labelled(self, key: str, value: object) -> Html:
        return join(el("span", self.word(key), class_="label"), " ", self.rich(value))

    def fill(self, key: str, **parts: Html) -> Html:
        """A phrase of the interface with its `{…}` filled in."""
        pieces = Formatter().parse(self.word(key))
        return join(join(literal, parts[name] if name else None) for literal, name, _, _ in pieces)

    def next(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def region_label(self, label: str) -> str:
        """A name for a region that no other region of the page has."""
        self.labels[label] += 1
        return label if self.labels[label] == 1 else f"{label} ({self.labels[label]})"

    def place_heading(self, level: int, text: str) -> tuple[int, str]:
        """The level (never skipping one) and the id of a heading; h2 enter the contents."""
        self.level = min(level, self.level + 1, 6)
        ident = f"h-{self.next('heading')}"
        if self.level == 2:
            self.contents.append((ident, text))
            self.section_title = text
        return self.level, ident

    def heading(self, level: int, content: Html, text: str, class_: str | None = None) -> Html:
        placed, ident = self.place_heading(level, text)
        return el(f"h{placed}", content, id=ident, class_=class_)

    def number_findings(self, blocks: list[Block]) -> None:
        for block in blocks:
            if block.kind == "finding":
                ident = block.payload["id"]
                if ident in self.findings:
                    raise PayloadError(f"cell {block.cell}, finding: id {ident!r} is used twice")
                self.findings[ident] = len(self.findings) + 1
                self.evidence[ident] = block.payload

    def finding_link(self, ident: str) -> Html:
        label = f"{self.word('finding')} {self.findings[ident]}"
        return el("a", label, href=f"#{self.finding_id(ident)}")

    def finding_id(self, ident: str) -> str:
        return finding_anchor(self.findings[ident], ident)

    def source_line(self, payload: Payload) -> Html | None:
        """Links to the list of sources, where each table of each publication stands once."""
        links: dict[str, Html] = {}
        for source in payload.get("sources") or []:
            links.setdefault(self.pick(source.get("title")), self.source_link(source))
        return self.line("source", links.values(), "sources")

    def source_numbers(self, payload: Payload) -> Html | None:
        """The same as numbers in the list of sources."""
        links = [self.source_number(source) for source in payload.get("sources") or []]
        return self.line("source_numbers", links, "sources")

    def line(self, key: str, links: Collection[Html], class_: str) -> Html | None:
        """What it is and a list of links, on a line of its own; None where there is none."""
        if not links:
            return None
        listed = listing(links, self.word("list_mark"))
        return el("p", self.word(key), self.word("colon"), listed, class_=class_)

    def source_link(self, source: Payload) -> Html:
        self.sources.setdefault(_content_key(source), source)
        return el("a", self.text(source.get("title")), href=f"#{self.source_ident_of(source)}")

    def source_number(self, source: Payload) -> Html:
        """A link to a source by its number in the list of sources."""
        self.sources.setdefault(_content_key(source), source)
        ident = self.source_ident_of(source)
        return el("a", ident.removeprefix("source-"), href=f"#{ident}")

    def source_ident_of(self, source: Payload) -> str:
        """The id of a source that the page has named."""
        return self.source_ident(_content_key(source))

    def source_ident(self, key: str) -> str:
        return f"source-{list(self.sources).index(key) + 1}"

    def trace_link(
        self,
        text: str,
        trace: Payload,
        value: float | None = None,
        unit: str = "",
        part: str = "",
    ) -> Html:
        """A number in a sentence, leading to the computation that it came from.

        `part` names it in its entry where the text alone does not say what it is.
        """
        traces = self.computation_of(trace).traces
        key = _content_key([trace.get(name) for name in TOLD_APART])
        if key not in traces:
            traces[key] = Trace(f"t-{self.next('trace')}", trace)
        use = f"n-{self.next('use')}"
        traces[key].uses.append(Printed(use, text, value, unit, part))
        class_ = "number" if len(text) <= UNBROKEN_NUMBER else "number long"
        return el("a", self.text(text), href=f"#{traces[key].ident}", id=use, class_=class_)

    def computation_of(self, origin: Payload) -> Computation:
        """The entry for a computation; the same SQL on the same sources is one entry."""
        sql, sources = origin.get("sql"), origin.get("sources") or []
        key = _content_key([sql, sources])
        tables = [str(table) for table in origin.get("tables") or []]
        number = sum(1 for each in self.computations.values() if each.sql) + 1 if sql else 0
        entry = self.computations.setdefault(key, Computation(number, sql, tables, sources))
        if origin.get("rows") is not None:
            entry.rows.add(origin["rows"])
        return entry

    def computation_link(self, computation: Computation) -> Html:
        label = f"{self.word('computation')}{computation.number}"
        return el("a", label, href=f"#{computation.ident}")

    def basis(self, exhibit: Exhibit, origins: list[Payload]) -> Html | None:
        """Under a table or a figure: the computations that all its numbers came from."""
        found = {entry.ident: entry for entry in map(self.computation_of, origins)}
        for computation in found.values():
            computation.exhibits.append(exhibit)
        return self.line("basis", [self.computation_link(each) for each in found.values()], "basis")


def finding_anchor(number: int, ident: str) -> str:
    """The id of a page's finding, by its number on the page and its name."""
    return f"finding-{number}-{slug(ident)}"


def _content_key(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
