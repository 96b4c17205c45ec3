"""What a report must hold before it is published, whatever a notebook emits."""

from copy import deepcopy
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ebpm.evidence.claims import OverclaimError
from ebpm.report import PageContext, PayloadError, render_page
from ebpm.run.gate import GateError, check_notebook, check_page
from support import report_sample as sample


def notebook(finding: dict[str, Any], prose: str = "## 節") -> nbformat.NotebookNode:
    summary = {**deepcopy(sample.SUMMARY), "headline_ids": [finding.get("id", "f")]}
    summary["cannot_say"] = []
    outputs = [emitted("summary", summary), emitted("finding", finding)]
    return new_notebook(cells=[new_code_cell("", outputs=outputs), new_markdown_cell(prose)])


def emitted(kind: str, payload: dict[str, Any]) -> nbformat.NotebookNode:
    return new_output("display_data", data={f"application/vnd.ebpm.{kind}+json": payload})


def finding(**changes: Any) -> dict[str, Any]:
    ja, en = "職員が少ない傾向がみられる", "Municipalities tend to have fewer staff"
    return sample.finding("f", ja, en, **changes)


def test_an_honest_notebook_passes() -> None:
    findings, summary = check_notebook(notebook(finding()))
    assert [item["id"] for item in findings] == ["f"] and summary["headline_ids"] == ["f"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sms": 5}, "設計の上限"),
        ({"design": "randomised_by_wish"}, "定義されていません"),
        ({"sources": []}, "出典"),
    ],
)
def test_a_finding_above_its_design_or_without_source_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(GateError, match=words):
        check_notebook(notebook(finding(**changes)))


@pytest.mark.parametrize(
    "prose",
    [
        "オンライン化により職員が減った。",
        "オンライン化は職員数を減少さ\u200bせた。",
        "オンライン化は職員数を減少**させ**た。",
        "オンライン化は職員数を&#28187;少させた。",
        "Online application reduced the number of staff.",
    ],
)
def test_a_causal_wording_in_any_disguise_is_refused(prose: str) -> None:
    with pytest.raises(OverclaimError, match="SMS 2/5"):
        check_notebook(notebook(finding(), prose))


def test_a_causal_wording_in_the_rendered_page_is_refused() -> None:
    page = render_page(notebook(finding()), lang="ja", context=PageContext(notebook_name="n.ipynb"))
    check_page(page, sms=2)
    drawn = page.replace("</main>", "<svg><text>窓口の時間を短縮した</text></svg></main>")
    with pytest.raises(OverclaimError, match="短縮し"):
        check_page(drawn, sms=2)


def test_a_payload_that_is_not_as_agreed_is_refused() -> None:
    broken = finding()
    del broken["sms"]
    with pytest.raises(PayloadError):
        check_notebook(notebook(broken))


def test_a_notebook_without_findings_is_refused() -> None:
    node = new_notebook(cells=[new_code_cell("", outputs=[emitted("summary", sample.SUMMARY)])])
    with pytest.raises(GateError, match="知見"):
        check_notebook(node)
