"""The gate: what a report must hold, and what its designs do not let it say.

An executed notebook passes before its page is rendered, and the page's own text passes once more:
so no chart, label or disguise of characters carries a wording past it.
"""

from collections.abc import Iterator
from typing import Any

import nbformat
from lxml import html

from ebpm.evidence.claims import OverclaimError, overclaims
from ebpm.evidence.designs import DESIGNS
from ebpm.evidence.mime import MIME
from ebpm.evidence.text import LANGUAGES
from ebpm.report.payload import read_blocks

SHOWN_WORDINGS = 3
BLOCKS = "//h1|//h2|//h3|//h4|//p|//li|//dd|//dt|//td|//th|//caption|//figcaption|//svg//text"


class GateError(ValueError):
    """A report that may not be published, and why."""


def check_notebook(notebook: nbformat.NotebookNode) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary of an executed notebook.

    Raises GateError (or the report stage's PayloadError) where outputs are not what they promise,
    a finding has no source or a level above its design, or a text says more than it may.
    """
    for lang in LANGUAGES:
        read_blocks(notebook, lang)
    findings, summaries = payloads(notebook, "finding"), payloads(notebook, "summary")
    if len(summaries) != 1 or not findings:
        raise GateError(
            f"要約（ebpm.summary）が {len(summaries)} 個、知見（ebpm.finding）が {len(findings)} 個です。"
            "要約は1個、知見は1個以上にしてください。"
        )
    for finding in findings:
        _check_finding(finding)
    _refuse(texts(notebook), level_of(findings))
    return findings, summaries[0]


def check_page(page: str, sms: int) -> None:
    """Raises OverclaimError where the rendered page states an effect that no design supports."""
    nodes = html.document_fromstring(page).xpath(BLOCKS)
    _refuse([node.text_content() for node in nodes], sms)


def level_of(findings: list[dict[str, Any]]) -> int:
    """The highest level (SMS) among the findings: what the prose of the page may rest on."""
    return max(int(finding["sms"]) for finding in findings)


def _check_finding(finding: dict[str, Any]) -> None:
    name, design = finding["id"], DESIGNS.get(str(finding.get("design")))
    if design is None:
        raise GateError(f"知見 {name} の設計（{finding.get('design')}）は定義されていません。")
    if finding["sms"] > design.ceiling:
        raise GateError(
            f"知見 {name} の SMS {finding['sms']} は、設計の上限 {design.ceiling} を超えています。"
        )
    if not finding.get("sources"):
        raise GateError(f"知見 {name} に出典がありません。")
    _refuse([finding["claim_ja"], finding["claim_en"]], finding["sms"])


def _refuse(said: list[str], sms: int) -> None:
    if found := overclaims(said, sms):
        wording = "」「".join(found[:SHOWN_WORDINGS])
        raise OverclaimError(f"SMS {sms}/5 の設計では使えない表現：「{wording}」")


def payloads(notebook: nbformat.NotebookNode, kind: str) -> list[dict[str, Any]]:
    """The outputs of one kind, in the order of the notebook."""
    return [
        dict(output.data[MIME.format(kind)])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if MIME.format(kind) in output.get("data", {})
    ]


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """Everything that a page may print, in both languages."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    sentences = [
        "".join(part if isinstance(part, str) else part["text"] for part in payload[lang])
        for payload in payloads(notebook, "say")
        for lang in LANGUAGES
    ]
    traces = [payload.get("traces", []) for payload in payloads(notebook, "say")]
    kinds = ("summary", "finding", "figure", "table")
    emitted = [item for kind in kinds for item in payloads(notebook, kind)]
    return prose + sentences + list(_strings([*emitted, *traces]))


def _strings(value: Any) -> Iterator[str]:
    """Every text below a payload that a page may print."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in {"sql", "sources", "spec", "data"}:
                yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
