"""What one cell of an executed notebook may print on the page, as plain texts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import nbformat

from ebpm.evidence.mime import MIME
from ebpm.evidence.said import own_words
from ebpm.evidence.text import LANGUAGES

KINDS = ("summary", "finding", "figure", "table", "say", "logic")
# Not printed as prose: queries, named sources, the data of tables and charts.
NOT_READ = {"sql", "sources", "data"}
WRITTEN = {"title", "text"}


def texts_of(cell: nbformat.NotebookNode) -> list[str]:
    """The prose of a markdown cell, or every text in what a code cell emitted, both languages."""
    if cell.cell_type == "markdown":
        return [cell.source]
    return [text for _, payload in emitted_by(cell, KINDS) for text in _texts(payload)]


def emitted_by(
    cell: nbformat.NotebookNode, kinds: Iterable[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The payloads that a cell emitted under these kinds, each with its kind, in their order."""
    wanted = {MIME.format(kind): kind for kind in kinds}
    for output in cell.get("outputs", []):
        for mime, payload in output.get("data", {}).items():
            if mime in wanted:
                yield wanted[mime], dict(payload)


def _drawn(spec: Any) -> Iterator[str]:
    """The titles and labels that a chart's specification writes out."""
    if isinstance(spec, Mapping):
        for name, item in spec.items():
            if name in WRITTEN and isinstance(item, str):
                yield item
            else:
                yield from _drawn(item)
    elif isinstance(spec, list):
        for item in spec:
            yield from _drawn(item)


def _texts(value: Any) -> Iterator[str]:
    """The texts below a payload; one in segments as a whole, so that no number parts a wording."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name in LANGUAGES and isinstance(item, list):
                yield own_words(item)
            elif name == "spec":
                yield from _drawn(item)
            elif name not in NOT_READ:
                yield from _texts(item)
