"""Exceptions: wordings that the checker stops and that a notebook marks as justified.

A cell marks them in its metadata, and the page prints their reasons:
`{"ebpm": {"allow": [{"wording": "…", "reason": {"ja": "…", "en": "…"}}]}}`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat

from ebpm.evidence.emitted import texts_of
from ebpm.evidence.reading import unmarked
from ebpm.evidence.text import LANGUAGES, Both

SHORTEST_REASON = {"ja": 10, "en": 20}
KEYS = {"wording", "reason"}


class ExceptionError(ValueError):
    """An exception in a notebook that is not justified as it must be."""


@dataclass(frozen=True)
class Allowed:
    """A wording that a cell (counted from 1) may use, and why."""

    wording: str
    reason: Both
    cell: int


def allowed_in(notebook: nbformat.NotebookNode) -> list[Allowed]:
    """The exceptions of an executed notebook, in the order of its cells.

    Raises ExceptionError where one is not of the agreed form, has no reason in both languages, or
    its wording does not stand in what the cell says or emits.
    """
    return [
        allowed
        for number, cell in enumerate(notebook.cells, start=1)
        for allowed in _allowed_by(cell, number)
    ]


def _allowed_by(cell: nbformat.NotebookNode, number: int) -> Iterator[Allowed]:
    marks = cell.get("metadata", {}).get("ebpm", {})
    if not isinstance(marks, Mapping) or not isinstance(marks.get("allow", []), list):
        raise _error(number, 'metadata の ebpm は {"allow": [ … ]} の形にしてください。')
    if unknown := marks.keys() - {"allow"}:
        raise _error(number, f"metadata の ebpm に知らない項目（{_listed(unknown)}）があります。")
    said = "\n".join(unmarked(text) for text in texts_of(cell)) if marks else ""
    for item in marks.get("allow", []):
        yield _allowed(item, said, number)


def _allowed(item: Any, said: str, number: int) -> Allowed:
    if not isinstance(item, Mapping) or item.keys() != KEYS:
        raise _error(number, "例外には wording（表現）と reason（理由）だけを書いてください。")
    wording = item["wording"]
    if not isinstance(wording, str) or not unmarked(wording):
        raise _error(number, "例外の wording（表現）が空です。")
    if unmarked(wording) not in said:
        raise _error(number, f"例外の表現「{wording}」が、このセルの文や出力にありません。")
    return Allowed(wording, _reason(item["reason"], wording, number), number)


def _reason(reason: Any, wording: str, number: int) -> Both:
    if not isinstance(reason, Mapping) or reason.keys() != set(LANGUAGES):
        raise _error(number, f"例外「{wording}」の理由は日本語（ja）と英語（en）で書いてください。")
    for lang, shortest in SHORTEST_REASON.items():
        text = reason[lang]
        if not isinstance(text, str) or len(text.strip()) < shortest:
            raise _error(
                number,
                f"例外「{wording}」の理由（{lang}）は{shortest}文字以上で書いてください。",
            )
    return Both(reason["ja"].strip(), reason["en"].strip())


def _listed(names: set[Any]) -> str:
    return "、".join(sorted(str(name) for name in names))


def _error(number: int, problem: str) -> ExceptionError:
    return ExceptionError(f"セル{number}：{problem}")
