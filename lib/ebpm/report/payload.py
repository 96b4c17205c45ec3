"""Read an executed notebook: which blocks the page shows, in the order of its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from ebpm.report.model import Lang, Payload

SCHEMA = 1
_PREFIX, _SUFFIX = "application/vnd.ebpm.", "+json"
_T = "a text in both languages"
_REQUIRED: dict[str, dict[str, object]] = {
    "summary": {"title": _T, "question": _T, "cannot_say": list, "headline_ids": list},
    "finding": {
        "id": str,
        "question": _T,
        "estimand": _T,
        "kind": {"description", "effect"},
        "verdict": {"supported", "no_effect", "inconclusive", "descriptive"},
        "sms": {1, 2, 3, 4, 5},
        "sms_reason": _T,
        "claim_ja": str,
        "claim_en": str,
        "claim": _T,
        "estimate_text": _T,
        "n_text": _T,
        "trace": Mapping,
    },
    "figure": {"title": _T, "description": _T, "spec": Mapping, "table": Mapping},
    "table": {"title": _T, "columns": list, "rows": list},
    "say": {"ja": list, "en": list},
    "declaration": {"names": list},
    "logic": {"title": _T, "steps": list, "arrows": list},
}


class PayloadError(ValueError):
    """An output of the notebook is not what its type promises; nothing is published."""


@dataclass(frozen=True)
class Block:
    """One thing to show: `prose`, or one of the payload kinds."""

    kind: str
    cell: int
    payload: Payload


def read_blocks(notebook: NotebookNode, lang: Lang) -> list[Block]:
    blocks: list[Block] = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown" and _in_language(cell, lang):
            blocks.append(Block("prose", number, {"text": _source(cell)}))
        elif cell.cell_type == "code":
            blocks.extend(_outputs(cell, number))
    return blocks


def _in_language(cell: NotebookNode, lang: Lang) -> bool:
    tags = set(cell.get("metadata", {}).get("tags", []))
    spoken = {tag for tag in tags if tag in {"lang-ja", "lang-en"}}
    return (not spoken or f"lang-{lang}" in spoken) and "papermill-error-cell-tag" not in tags


def _source(cell: NotebookNode) -> str:
    source: Any = cell.source
    return source if isinstance(source, str) else "".join(source)


def _outputs(cell: NotebookNode, number: int) -> Iterator[Block]:
    """Streams, plain text and every foreign type are left out of the page."""
    for output in cell.get("outputs", []):
        for mime, payload in output.get("data", {}).items():
            if mime.startswith(_PREFIX) and mime.endswith(_SUFFIX):
                kind = mime.removeprefix(_PREFIX).removesuffix(_SUFFIX)
                yield Block(kind, number, _checked(kind, payload, number))


def _checked(kind: str, payload: object, cell: int) -> Payload:
    where = f"cell {cell}, {kind}"
    if kind not in _REQUIRED:
        raise PayloadError(f"{where}: unknown kind of output")
    if not isinstance(payload, Mapping):
        raise PayloadError(f"{where}: the output is not a JSON object")
    if payload.get("schema") != SCHEMA:
        raise PayloadError(f"{where}: schema {payload.get('schema')!r}, expected {SCHEMA}")
    for key, rule in _REQUIRED[kind].items():
        if key not in payload or not _fits(payload[key], rule):
            raise PayloadError(f"{where}: '{key}' is missing or not as agreed")
    return payload


def _fits(value: object, rule: object) -> bool:
    if rule is _T:
        return isinstance(value, Mapping) and all(
            isinstance(value.get(lang), str | list) for lang in ("ja", "en")
        )
    if isinstance(rule, set):
        return isinstance(value, str | int) and value in rule
    return isinstance(rule, type) and isinstance(value, rule)
