"""An issued page as it stands: how it was made, and what it prints where."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree, html

from ebpm.report.stale import without_mark
from ebpm.report.tables import CSV_ADDRESS, data_of

SHOWN_ATTRIBUTES = ("aria-label", "title", "content", "alt")


class IssuedError(ValueError):
    """A file that is no page of a report: what is wrong and what to do."""


@dataclass(frozen=True)
class Shown:
    """One thing that the page prints: where, what it is, how it reads, and what it rests on."""

    key: str
    label: str
    text: str
    entry: str | None = None


@dataclass(frozen=True)
class Issued:
    """A page: what it says of its making, its numbers by key, and all its other texts in order."""

    lang: str
    meta: dict[str, str]
    numbers: dict[str, Shown]
    texts: tuple[Shown, ...]
    rests_on: dict[str, list[str]]
    canonical: str

    @property
    def notebook(self) -> str:
        """File name of the notebook; a page may name no file elsewhere."""
        name = self.meta["notebook"]
        if Path(name).name != name or not name.endswith(".ipynb"):
            raise IssuedError(f"ノートブックの名前（{name}）が正しくありません。")
        return name

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that were given."""
        try:
            given = json.loads(self.meta.get("parameters", "{}"))
        except json.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise IssuedError("作成時のパラメーターの記録を読めません。")
        return given


def read(path: Path) -> Issued:
    """The page in a file; IssuedError where it is no report of `ebpm`."""
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, etree.ParserError) as error:
        raise IssuedError(f"HTML として読めません（{error}）。") from None


def parsed(page: str) -> Issued:
    """The same from the text of a page."""
    canonical = without_mark(page)
    root = html.document_fromstring(canonical)
    meta = {
        str(node.get("name")).removeprefix("ebpm-"): str(node.get("content"))
        for node in root.xpath("//meta[starts-with(@name, 'ebpm-')]")
    }
    if "notebook" not in meta:
        raise IssuedError("ebpm の報告書ではありません（作成の記録がありません）。")
    numbers = {shown.key: shown for shown in (*_sentences(root), *_cells(root))}
    return Issued(
        str(root.get("lang")), meta, numbers, tuple(_texts(root)), _rests_on(root), canonical
    )


def _sentences(root: Any) -> Iterator[Shown]:
    """The numbers of sentences and findings, each with the label of its entry."""
    labels = {
        node.get("id"): _own_text(node) for node in root.xpath("//ul[@class='traces']/li[@id]")
    }
    for node in root.xpath("//main//a[@id][contains(concat(' ', @class, ' '), ' number ')]"):
        entry = str(node.get("href")).removeprefix("#")
        yield Shown(node.get("id"), labels.get(entry, entry), _text(node), entry)


def _own_text(node: Any) -> str:
    return str(node.text_content()).split("：")[0].split(":")[0].strip()


def _cells(root: Any) -> Iterator[Shown]:
    """The cells of tables and of the data of figures."""
    for box in root.xpath("//main//*[starts-with(@id, 'table-') or starts-with(@id, 'figure-')]"):
        ident = str(box.get("id"))
        heads = [_text(node) for node in box.xpath(".//thead/tr/th")]
        for number, row in enumerate(box.xpath(".//tbody/tr"), start=1):
            cells = row.xpath("./th|./td")
            name = _text(cells[0]) if cells else ""
            for column, cell in enumerate(cells):
                head = heads[column] if column < len(heads) else ""
                label = "・".join(part for part in (name if column else "", head) if part)
                yield Shown(f"{ident} r{number}c{column + 1}", label, _text(cell), ident)


def _texts(root: Any) -> Iterator[Shown]:
    """Everything that is printed or downloaded, in the order of the page."""
    for node in root.iter():
        if not isinstance(node.tag, str) or node.tag in {"style", "script"}:
            continue
        place = _place(node)
        for name in SHOWN_ATTRIBUTES:
            if node.get(name) and node.get("http-equiv") is None:
                yield Shown(place, f"@{name}", " ".join(str(node.get(name)).split()))
        href = str(node.get("href") or "")
        if href.startswith(CSV_ADDRESS):
            yield from _csv_lines(place, href)
        elif href:
            yield Shown(place, "@href", href)
        for text in (node.text, *(child.tail for child in node)):
            if text and text.strip():
                yield Shown(place, node.tag, " ".join(text.split()))


def _csv_lines(place: str, href: str) -> Iterator[Shown]:
    content = data_of(href).decode("utf-8-sig")
    for line in content.splitlines():
        yield Shown(place, "CSV", line)


def _place(node: Any) -> str:
    """The id of the nearest part of the page that has one."""
    while node is not None:
        if node.get("id"):
            return str(node.get("id"))
        node = node.getparent()
    return "page"


def _rests_on(root: Any) -> dict[str, list[str]]:
    """For each computation and source: the entries of the numbers that rest on it."""
    found: dict[str, list[str]] = {}
    for section in root.xpath("//section[starts-with(@id, 'computation-')]"):
        entries = [str(node.get("id")) for node in section.xpath(".//ul[@class='traces']/li[@id]")]
        entries += [
            str(link).removeprefix("#")
            for link in section.xpath(".//ul[@class='traces']/li[not(@id)]/a/@href")
        ]
        names = [str(section.get("id"))]
        names += [
            str(link).removeprefix("#") for link in section.xpath(".//p[@class='sources']//a/@href")
        ]
        for name in names:
            found.setdefault(name, []).extend(entries)
    return found


def _text(node: Any) -> str:
    return " ".join(str(node.text_content()).split())
