"""Numbers of a notebook's texts that lead to no source, found before the page is made."""

from collections.abc import Iterator, Mapping
from typing import Any

import nbformat

from ebpm.evidence.digits import loose_digits, loose_digits_of_prose
from ebpm.evidence.emitted import emitted_by
from ebpm.evidence.said import untraced
from ebpm.evidence.text import LANGUAGES

TEXTS_OF = {
    "summary": ("question", "aim", "cannot_say"),
    "finding": ("question", "estimand", "claim"),
    "figure": ("title", "description", "note"),
    "table": ("title", "note"),
}


def loose_numbers(notebook: nbformat.NotebookNode) -> list[str]:
    """Where a digit stands in prose without provenance: the cell, and the words around it.

    Headings are let through, and what `ebpm.evidence.digits` names; cells of tables and the data
    of figures lead to the computation named under them.
    """
    return [
        f"セル{number}「{found}」"
        for number, cell in enumerate(notebook.cells, start=1)
        for found in _loose_in(cell)
    ]


def _loose_in(cell: nbformat.NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        if "papermill-error-cell-tag" not in cell.metadata.get("tags", []):
            yield from loose_digits_of_prose(cell.source)
        return
    for kind, payload in emitted_by(cell, ("say", "logic", *TEXTS_OF)):
        yield from _loose_in_payload(kind, payload)


def _loose_in_payload(kind: str, payload: Mapping[str, Any]) -> Iterator[str]:
    if kind == "say":
        if payload.get("level") is None:
            yield from _loose_in_text(payload)
        return
    if kind == "logic":
        for step in payload["steps"]:
            yield from _loose_in_text(step["label"])
        return
    for block in payload.get("also") or []:
        for item in block["items"]:
            yield from _loose_in_text(item)
    for name in TEXTS_OF[kind]:
        value = payload.get(name)
        for text in value if isinstance(value, list) else [value]:
            if text:
                yield from _loose_in_text(text)


def _loose_in_text(text: Mapping[str, Any]) -> Iterator[str]:
    for lang in LANGUAGES:
        said = text[lang]
        yield from loose_digits(said if isinstance(said, str) else untraced(said))
