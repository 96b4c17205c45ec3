"""The notebooks read like articles: their form, and asserted numbers of their findings."""

import ast
import re
import statistics
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import NATIONAL, Site
from ebpm.evidence.overclaims import overclaims
from ebpm.paths import NOTEBOOKS, OWN_NOTEBOOKS

ALL = [*sorted(NOTEBOOKS.glob("*.ipynb")), *sorted(OWN_NOTEBOOKS.glob("*.ipynb"))]
LONGEST_CELL, MEDIAN_CELL = 15, 6
DIGIT = re.compile(r"[0-9０-９]")


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
class TestForm:
    def test_has_one_parameters_cell_with_annotations(self, path: Path) -> None:
        tagged = [c for c in cells(path, "code") if "parameters" in c.metadata.get("tags", [])]
        assert len(tagged) == 1
        assert all(isinstance(line, ast.AnnAssign) for line in ast.parse(tagged[0].source).body)

    def test_stores_no_outputs(self, path: Path) -> None:
        assert all(not c.outputs and c.execution_count is None for c in cells(path, "code"))

    def test_defines_no_function_and_has_short_cells(self, path: Path) -> None:
        for cell in cells(path, "code"):
            assert len(cell.source.splitlines()) <= LONGEST_CELL
            kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
            defined = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, kinds[:2])]
            assert not defined
        lengths = [len(cell.source.splitlines()) for cell in cells(path, "code")]
        assert statistics.median(lengths) <= MEDIAN_CELL

    def test_prose_is_in_both_languages_side_by_side(self, path: Path) -> None:
        tags = [cell.metadata["tags"] for cell in cells(path, "markdown")]
        assert tags == [["lang-ja"], ["lang-en"]] * (len(tags) // 2)
        levels = [re.findall(r"^#+", cell.source, re.M) for cell in cells(path, "markdown")]
        assert levels[::2] == levels[1::2]

    def test_prose_holds_no_number(self, path: Path) -> None:
        for cell in cells(path, "markdown"):
            assert not DIGIT.search(cell.source), cell.source[:80]

    def test_prose_and_labels_claim_no_effect(self, path: Path) -> None:
        prose = [cell.source for cell in cells(path, "markdown")]
        labels = [
            node.value
            for cell in cells(path, "code")
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert overclaims(prose + labels, sms=2) == []


# Reference values: computed outside the library, from the published files, when the notebooks
# were written (pandas and statsmodels only); tolerance is half of the last digit given.
def test_processing_time_finds_most_periods_equal(site: Site) -> None:
    found = site.findings("processing_time")
    assert found["pt-equal"]["estimate"] == pytest.approx(90.3, abs=0.05)
    assert found["pt-shorter"]["estimate"] == pytest.approx(7.4, abs=0.05)
    assert found["pt-longer"]["estimate"] == pytest.approx(2.3, abs=0.05)
    assert found["pt-median-difference"]["estimate"] == 0
    assert found["pt-online-share"]["verdict"] == "inconclusive"
    others = {f["verdict"] for name, f in found.items() if not name.startswith("pt-online")}
    assert others == {"descriptive"}


def test_staffing_tells_association_no_effect_and_cannot_tell_apart(site: Site) -> None:
    found = site.findings("staffing")
    assert found["st-naive"]["verdict"] == "supported" and found["st-naive"]["estimate"] < -0.3
    assert found["st-adjusted"]["verdict"] == "inconclusive"
    assert found["st-change"]["verdict"] == "no_effect"
    assert found["st-naive"]["sms"] == 1 and found["st-adjusted"]["sms"] == 2


@pytest.mark.parametrize("notebook", NATIONAL)
def test_every_chart_tells_of_how_many_there_is_a_value(site: Site, notebook: str) -> None:
    executed = nbformat.read(site.out / f"{notebook}.ipynb", as_version=4)
    charts = outputs_of(executed, "figure")
    assert charts
    assert [chart["id"] for chart in charts if not chart["coverage"]] == []


@pytest.mark.parametrize("notebook", NATIONAL)
def test_every_report_answers_with_findings_and_shows_its_logic(site: Site, notebook: str) -> None:
    executed = nbformat.read(site.out / f"{notebook}.ipynb", as_version=4)
    assert len(site.findings(notebook)) >= 3
    (logic,) = outputs_of(executed, "logic")
    stages = {step["stage"] for step in logic["steps"]}
    assert "outcome" in stages and len(stages) >= 3
    assert any(arrow["finding"] is None for arrow in logic["arrows"])
    assert len(outputs_of(executed, "summary")[0]["cannot_say"]) >= 2


def test_the_national_set_is_of_notebooks_that_there_are() -> None:
    """A user's own notebooks may stand beside them."""
    assert len(NATIONAL) == 12 and set(NATIONAL) <= {path.stem for path in ALL}


def outputs_of(executed: nbformat.NotebookNode, kind: str) -> list[dict[str, Any]]:
    """What an executed notebook emitted under one kind."""
    return [
        payload
        for cell in executed.cells
        for output in cell.get("outputs", [])
        for mime, payload in output.get("data", {}).items()
        if mime == f"application/vnd.ebpm.{kind}+json"
    ]
