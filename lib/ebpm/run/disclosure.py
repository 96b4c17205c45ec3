"""What a page of own data may not show: values behind which stand only a few persons or cases.

The counts themselves are hidden once over all tables (`ebpm.own.cells`); here each report is held
to it: every exhibit says how many stand behind its smallest value, no table prints a smaller count,
and nothing leaves a notebook but what the library emitted.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import nbformat

from ebpm.evidence.emitted import emitted_by
from ebpm.evidence.mime import MIME
from ebpm.run.gate import GateError

EXHIBITS = ("figure", "table")
COUNTS = {"n", "count", "cases", "respondents", "persons"}
NO_PERSONS = {"mart_tool_use", "mart_pilot", "mart_chatbot"}
"""Tables whose rows are tools, offices or months: few of them give no person away."""

OURS = MIME.partition("{}")[0]


def check_disclosure(
    notebook: nbformat.NotebookNode, findings: Sequence[dict[str, Any]], smallest: int
) -> None:
    """Raises GateError where an executed notebook on own data shows more than it may."""
    for finding in findings:
        if 0 < finding["n"] < smallest and not set(finding["data"]["tables"]) <= NO_PERSONS:
            raise GateError(
                f"知見 {finding['id']} は {smallest} 件に満たないデータによるため、公表できません。"
            )
    for cell in notebook.cells:
        for _, payload in emitted_by(cell, EXHIBITS):
            _check_exhibit(payload, smallest)
        if any(_is_foreign(output) for output in cell.get("outputs", [])):
            raise GateError(
                "庁内データの報告書では、ebpm の出力（say・table・figure など）以外を出せません。"
                "途中の表や print を消してください。"
            )


def _check_exhibit(payload: dict[str, Any], smallest: int) -> None:
    name, base = payload["id"], payload.get("smallest_base")
    if not payload.get("data"):
        return
    if base is None:
        raise GateError(
            f"図表 {name} に smallest_base（値の後ろにある最小の件数・人数）がありません。"
        )
    if base < smallest:
        raise GateError(
            f"図表 {name} には {smallest} 件に満たない集計が含まれています。その区分を伏せてください。"
        )
    if small := next(_small_counts(payload.get("table", payload), smallest), None):
        raise GateError(f"図表 {name} の列「{small}」に {smallest} 未満の件数があります。")


def _small_counts(body: dict[str, Any], smallest: int) -> Iterator[str]:
    """The columns of counts that print one that is too small (0 is not)."""
    for index, column in enumerate(body["columns"]):
        if column["key"] not in COUNTS:
            continue
        values = (row[index] for row in body["rows"])
        if any(isinstance(v, int | float) and 0 < v < smallest for v in values):
            yield column["label"]["ja"]


def _is_foreign(output: Any) -> bool:
    """Whether an output is something that the library neither emitted nor returned."""
    data = output.get("data", {})
    is_returned = set(data) == {"text/plain"} and "".join(data["text/plain"]).startswith("Finding(")
    return not is_returned and not any(mime.startswith(OURS) for mime in data)
