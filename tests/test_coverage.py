"""Coverage: of how many there is a value, the kinds of missing of the rest, on the page too."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from lxml import html as lxml_html

import ebpm
from ebpm.evidence.coverage import CoverageError
from ebpm.evidence.provenance import Dataset
from ebpm.missing import Missing, of_mark
from ebpm.report import PageContext, render_page
from ebpm.report.words import MISSING_KINDS
from support import report_sample as sample

SOURCE = {"key": "dx_status", "title": {"ja": "調査", "en": "Survey"}}


def data(**columns: list[Any]) -> Dataset:
    return Dataset(pd.DataFrame(columns), "SELECT 1", ("mart_x",), (SOURCE,))


ANSWERS = data(
    value=[1.0, 0.0, None, None, None, None],
    missing=[None, None, "not_asked", "no_answer", "not_asked", None],
)


def test_values_and_kinds_add_up_to_all_rows() -> None:
    found = ebpm.coverage(ANSWERS, "value", missing="missing")
    assert (found.n, found.total) == (2, 6)
    assert dict(found.kinds) == {"not_asked": 2, "no_answer": 1, "no_figure": 1}
    assert found.n + sum(count for _, count in found.kinds) == found.total


def test_a_real_zero_is_a_value() -> None:
    assert ebpm.coverage(data(rate=[0.0, 0.0]), "rate").n == 2


def test_without_a_column_of_kinds_the_rest_has_no_figure() -> None:
    assert ebpm.coverage(ANSWERS, "value").kinds == (("no_figure", 4),)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(CoverageError, match="forgotten"):
        ebpm.coverage(data(v=[None], k=["forgotten"]), "v", missing="k")


def test_a_value_with_a_kind_of_missing_is_refused() -> None:
    with pytest.raises(CoverageError, match="1 行"):
        ebpm.coverage(data(v=[3.0], k=["unknown"]), "v", missing="k")


def test_every_kind_of_missing_has_words_on_the_page() -> None:
    assert set(Missing) <= MISSING_KINDS


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("x", Missing.SUPPRESSED),
        ("Ｘ", Missing.SUPPRESSED),
        ("-", Missing.NOT_APPLICABLE),
        ("－", Missing.NOT_APPLICABLE),
        ("―", Missing.NOT_APPLICABLE),
        ("ー", Missing.NOT_APPLICABLE),
        ("--", Missing.NOT_APPLICABLE),
        ("…", Missing.UNKNOWN),
        ("調査無し", Missing.NOT_ASKED),
        ("", None),
        ("0", None),
        ("-5", None),
        ("なし", None),
    ],
)
def test_the_usual_marks_and_nothing_else_are_kinds(mark: str, kind: Missing | None) -> None:
    assert of_mark(mark) == kind


def page(lang: Any, coverage: Any) -> Any:
    """A page with one table that carries a coverage."""
    notebook = sample.notebook()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime, payload in output.get("data", {}).items():
                if mime.endswith((".table+json", ".figure+json")):
                    payload["coverage"] = coverage
    context = PageContext(notebook_name="sample")
    return lxml_html.document_fromstring(render_page(notebook, lang=lang, context=context))


LINES = {
    "ja": "数値のある範囲：6団体のうち2団体（33.3％）。"
    "数値のないもの：調査対象外 2団体、無回答 1団体、公表値なし 1団体",
    "en": "Coverage: 2 of 6 municipalities (33.3%). "
    "Without a value: Not asked 2, No answer 1, No published figure 1",
}


@pytest.mark.parametrize("lang", LINES)
def test_the_page_prints_the_coverage_and_its_numbers_lead_to_their_source(lang: str) -> None:
    tree = page(lang, ebpm.coverage(ANSWERS, "value", missing="missing").payload())
    line, *others = tree.find_class("coverage")
    assert " ".join(line.text_content().split()) == LINES[lang]
    targets = [link.get("href").removeprefix("#") for link in line.iter("a")]
    assert len(targets) == len(re.findall(r"\d[\d.]*", LINES[lang]))
    assert all(tree.get_element_by_id(target) is not None for target in targets)
    assert [link.get("href") for other in others for link in other.iter("a")] == ["#figure-1"]


def test_a_coverage_of_nothing_is_said_in_words() -> None:
    empty = Dataset(pd.DataFrame({"v": []}), "SELECT 1", ("mart_x",), (SOURCE,))
    (line, *_) = page("ja", ebpm.coverage(empty, "v").payload()).find_class("coverage")
    assert line.text_content() == "数値のある範囲：対象なし"
