"""What a report must hold before it is published, whatever a notebook emits."""

from copy import deepcopy
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ebpm.evidence.exceptions import allowed_in
from ebpm.evidence.overclaims import OverclaimError
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
    return sample.finding("f", ja, en, **{"checks": [], **changes})


FAILED = {
    "check": "enough_clusters",
    "passed": False,
    "value": 9.0,
    "name": {"ja": "クラスターの数", "en": "clusters"},
    "detail": {"ja": "9", "en": "9"},
}


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


def sectioned(*parts: tuple[str, dict[str, Any] | None]) -> nbformat.NotebookNode:
    """A notebook of sections, each with its prose and perhaps a finding."""
    findings = [item for _, item in parts if item]
    summary = {**deepcopy(sample.SUMMARY), "headline_ids": [findings[0]["id"]], "cannot_say": []}
    cells = [new_code_cell("", outputs=[emitted("summary", summary)])]
    for prose, item in parts:
        cells += [new_markdown_cell(prose, metadata={"tags": ["lang-ja"]})]
        cells += [new_markdown_cell("## Part", metadata={"tags": ["lang-en"]})]
        cells += [new_code_cell("", outputs=[emitted("finding", item)])] if item else []
    return new_notebook(cells=cells)


def effect(name: str, **changes: Any) -> dict[str, Any]:
    ja, en = "予約制の導入には、待ち時間が短くなる効果があったとみられる", "Shorter waiting times"
    design = {"design": "difference_in_differences", "sms": 3, "method_key": "two_by_two"}
    return sample.finding(name, ja, en, **{"checks": [], **design, **changes})


CAUSAL = "## 結果\n\n予約制の導入により待ち時間が短縮した。"


def test_prose_may_speak_of_effects_only_in_the_section_whose_finding_allows_it() -> None:
    check_notebook(sectioned((CAUSAL, effect("strong")), ("## 次", finding())))
    with pytest.raises(OverclaimError, match="SMS 2/5"):
        check_notebook(sectioned(("## 前", effect("strong")), (CAUSAL, finding())))


def test_a_section_without_findings_is_held_to_the_weakest_comparison() -> None:
    parts = ("## 前", effect("strong")), ("## 次", finding()), (CAUSAL, None)
    with pytest.raises(OverclaimError, match="SMS 2/5"):
        check_notebook(sectioned(*parts))
    check_notebook(sectioned(parts[0], parts[2]))


def test_a_wording_that_is_marked_and_justified_passes_and_its_reason_is_printed() -> None:
    node = notebook(finding(), "オンライン化により職員が減った。")
    reason = {
        "ja": "他団体の報告書の表題の引用である。",
        "en": "The title of another body's report.",
    }
    allow = {"wording": "オンライン化により職員が減った", "reason": reason}
    node.cells[-1].metadata["ebpm"] = {"allow": [allow]}
    check_notebook(node)
    page = render_page(node, lang="ja", context=PageContext(notebook_name="n.ipynb"))
    check_page(page, 2, allowed_in(node))
    assert reason["ja"] in page
    with pytest.raises(OverclaimError):
        check_page(page, 2)


def test_a_threshold_declared_after_the_data_is_refused() -> None:
    with pytest.raises(GateError, match=r"ebpm\.declare"):
        check_notebook(notebook(finding(declared_before_data=False)))
    check_notebook(notebook(finding(declared_before_data=None, verdict="descriptive")))


@pytest.mark.parametrize("prose", ["## 節\n\n職員は3人少ない。", "The rate is 58%."])
def test_a_number_from_nowhere_is_refused_with_its_cell(prose: str) -> None:
    with pytest.raises(GateError, match="セル2「"):
        check_notebook(notebook(finding(), prose))


@pytest.mark.parametrize("name", ["question", "estimand"])
def test_a_number_from_nowhere_in_an_output_is_refused(name: str) -> None:
    text = {"ja": "10ポイント当たり", "en": "per ten points"}
    with pytest.raises(GateError, match="10ポイント"):
        check_notebook(notebook(finding(**{name: text})))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sms": 1}, "点検から決まる"),
        ({"checks": [FAILED]}, "点検から決まる"),
        ({"verdict": "supported"}, "区間と基準から決まる"),
        ({"verdict": "no_effect"}, "区間と基準から決まる"),
        ({"design": "randomised", "sms": 5}, "事前の登録"),
        ({"design": "difference_in_differences", "sms": 3}, "設計.*のためのものではありません"),
    ],
)
def test_a_finding_that_does_not_follow_from_its_numbers_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(GateError, match=words):
        check_notebook(notebook(finding(**changes)))


def test_a_randomised_design_that_was_registered_passes() -> None:
    check_notebook(notebook(finding(design="randomised", sms=5, plan="pilot")))


def test_a_finding_that_was_announced_may_not_be_left_out() -> None:
    node = notebook(finding())
    told = {"schema": 1, "names": ["f", "lost"]}
    node.cells[0].outputs.append(emitted("declaration", told))
    with pytest.raises(GateError, match="lost"):
        check_notebook(node)


def test_a_chart_title_is_held_to_its_section() -> None:
    drawn = deepcopy(sample.FIGURE)
    drawn["spec"]["ja"]["title"] = "オンライン化により職員が減った"
    node = sectioned(("## 前", effect("strong")), ("## 次", finding()))
    node.cells[-1].outputs.append(emitted("figure", drawn))
    with pytest.raises(OverclaimError, match="職員が減った"):
        check_notebook(node)
