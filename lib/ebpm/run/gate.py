"""The gate: what a report must hold, and what its designs do not let it say.

An executed notebook passes before its page is rendered, and the page's own text passes once more:
so no chart, label or disguise of characters carries a wording past it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import nbformat
from lxml import html

from ebpm.evidence.claims import verdict
from ebpm.evidence.designs import DESIGNS, LEVEL_OF_REGISTERED, METHODS_OF_CHANGES
from ebpm.evidence.emitted import emitted_by, texts_of
from ebpm.evidence.exceptions import Allowed, allowed_in
from ebpm.evidence.grade import LEVEL_OF_EFFECTS, grade
from ebpm.evidence.overclaims import OverclaimError, overclaims
from ebpm.evidence.text import LANGUAGES
from ebpm.methods.result import Check, Estimate
from ebpm.report.payload import read_blocks
from ebpm.run.loose import loose_numbers

SHOWN_WORDINGS = 3
BLOCKS = "//h1|//h2|//h3|//h4|//p|//li|//dd|//dt|//td|//th|//caption|//figcaption|//svg//text"
NOT_OWN_WORDS = "//span[@class='quoted'] | //section[@id='reproduce']"
SECTION = re.compile(r"^##?\s", re.MULTILINE)
SECTION_LEVEL = 2


class GateError(ValueError):
    """A report that may not be published, and why."""


def check_notebook(notebook: nbformat.NotebookNode) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary of an executed notebook.

    Raises GateError (or the report stage's PayloadError) where outputs are not what they promise,
    a finding has no source, no threshold before the data or a level above its design, a number
    leads nowhere; OverclaimError where a text says more than its section's evidence allows.
    """
    for lang in LANGUAGES:
        read_blocks(notebook, lang)
    findings, summaries = payloads(notebook, "finding"), payloads(notebook, "summary")
    if len(summaries) != 1 or not findings:
        raise GateError(
            f"要約（ebpm.summary）が {len(summaries)} 個、知見（ebpm.finding）が {len(findings)} 個です。"
            "要約は1個、知見は1個以上にしてください。"
        )
    allowed = allowed_in(notebook)
    for finding in findings:
        _check_finding(finding, allowed)
    _check_declared(notebook, findings)
    if found := loose_numbers(notebook):
        raise GateError(
            f"出典につながらない数字が文中に{len(found)}か所あります："
            f"{'、'.join(found[:SHOWN_WORDINGS])}。ebpm.say か ebpm.text で値を渡してください。"
        )
    _check_sections(notebook, findings, allowed)
    return findings, summaries[0]


def check_page(page: str, sms: int, allowed: Sequence[Allowed] = ()) -> None:
    """Raises OverclaimError where the rendered page states an effect that no design supports.

    What the page only passes on is not read: words of others, marked as theirs, and the
    parameters as they were given.
    """
    root = html.document_fromstring(page)
    for passed_on in root.xpath(NOT_OWN_WORDS):
        passed_on.clear(keep_tail=True)
    nodes = root.xpath(BLOCKS)
    _refuse([node.text_content() for node in nodes], sms, allowed)


def level_of(findings: list[dict[str, Any]]) -> int:
    """The highest level (SMS) among the findings: what a page may rest on at all."""
    return max(int(finding["sms"]) for finding in findings)


def _check_finding(finding: dict[str, Any], allowed: Sequence[Allowed]) -> None:
    name = finding["id"]
    if not finding.get("sources"):
        raise GateError(f"知見 {name} に出典がありません。")
    _check_level(finding)
    if finding["verdict"] != "descriptive":
        _check_verdict(finding)
    _refuse([finding["claim_ja"], finding["claim_en"]], finding["sms"], allowed)


def _check_level(finding: dict[str, Any]) -> None:
    """The level is that of the design and its checks, and the method is made for the design."""
    name, key = finding["id"], str(finding.get("design"))
    design = DESIGNS.get(key)
    if design is None:
        raise GateError(f"知見 {name} の設計（{key}）は定義されていません。")
    level = grade(_result(finding)).sms
    if finding["sms"] != level:
        raise GateError(
            f"知見 {name} の SMS {finding['sms']} は、設計の上限 {design.ceiling} と点検から決まる"
            f"段階 {level} と違います。"
        )
    if design.ceiling >= LEVEL_OF_REGISTERED and not finding.get("plan"):
        raise GateError(
            f"知見 {name} の設計（{key}）には事前の登録が必要です。ebpm register で登録し、"
            "ebpm.declare の plan に渡してください。"
        )
    made_for_changes = finding.get("method_key") in METHODS_OF_CHANGES
    if design.ceiling == LEVEL_OF_EFFECTS and not made_for_changes:
        raise GateError(f"知見 {name} の方法は、設計（{key}）のためのものではありません。")


def _check_verdict(finding: dict[str, Any]) -> None:
    """The verdict follows from interval and threshold, and the threshold came before the data."""
    name = finding["id"]
    if not finding.get("declared_before_data"):
        raise GateError(
            f"知見 {name} の判定の基準が、データを読む前に宣言されていません。"
            "ebpm.declare を最初の ebpm.query より前のセルに移してください。"
        )
    follows = verdict(_result(finding), finding["smallest_effect"])
    if finding["verdict"] != follows:
        raise GateError(
            f"知見 {name} の判定（{finding['verdict']}）が、区間と基準から決まる判定（{follows}）と"
            "違います。"
        )


def _result(finding: dict[str, Any]) -> Estimate:
    """What a finding holds, as the result that it was made from."""
    checks = tuple(
        Check(check["check"], check["passed"], check["value"]) for check in finding["checks"]
    )
    return Estimate(
        estimate=finding["estimate"],
        ci_low=finding["ci_low"],
        ci_high=finding["ci_high"],
        p_value=finding["p_value"],
        n=finding["n"],
        n_clusters=finding["n_clusters"],
        method=str(finding.get("method_key")),
        design=finding["design"],
        checks=checks,
    )


def _check_declared(notebook: nbformat.NotebookNode, findings: list[dict[str, Any]]) -> None:
    """No result that was announced may be left out, whatever it shows."""
    told = [name for item in payloads(notebook, "declaration") for name in item["names"]]
    if lost := [name for name in told if name not in {finding["id"] for finding in findings}]:
        raise GateError(
            f"宣言した知見 {'、'.join(lost)} が出力されていません。"
            "結果にかかわらず ebpm.finding で出してください。"
        )


def _check_sections(
    notebook: nbformat.NotebookNode, findings: list[dict[str, Any]], allowed: Sequence[Allowed]
) -> None:
    """Each section against the strongest finding in it; one without, against the page's weakest."""
    compared = [f["sms"] for f in findings if f["verdict"] != "descriptive"]
    weakest = min(compared or [finding["sms"] for finding in findings])
    for part in _sections(notebook):
        levels = [
            finding["sms"] for _, cell in part for _, finding in emitted_by(cell, ["finding"])
        ]
        for number, cell in part:
            own = [item for item in allowed if item.cell == number]
            _refuse(texts_of(cell), max(levels or [weakest]), own)


def _sections(notebook: nbformat.NotebookNode) -> Iterator[list[tuple[int, Any]]]:
    """The numbered cells of each part of the page under a heading of the first or second level."""
    part: list[tuple[int, Any]] = []
    languages_open: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        tags = {tag for tag in cell.metadata.get("tags", []) if tag.startswith("lang-")}
        begins = _begins_section(cell)
        # The same heading in the other language, side by side, begins no second section.
        if begins and not (languages_open and tags and not tags & languages_open):
            if part:
                yield part
            part, languages_open = [], set()
        languages_open = languages_open | tags if begins else set()
        part.append((number, cell))
    yield part


def _begins_section(cell: nbformat.NotebookNode) -> bool:
    if cell.cell_type == "markdown":
        return bool(SECTION.search(cell.source))
    return any(say.get("level") in {1, SECTION_LEVEL} for _, say in emitted_by(cell, ["say"]))


def _refuse(said: Iterable[str], sms: int, allowed: Sequence[Allowed]) -> None:
    if found := overclaims(said, sms, allowed):
        wording = "」「".join(found[:SHOWN_WORDINGS])
        raise OverclaimError(f"SMS {sms}/5 の設計では使えない表現：「{wording}」")


def payloads(notebook: nbformat.NotebookNode, kind: str) -> list[dict[str, Any]]:
    """The outputs of one kind, in the order of the notebook."""
    return [payload for cell in notebook.cells for _, payload in emitted_by(cell, [kind])]
