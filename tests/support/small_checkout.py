"""A checkout of its own with one small notebook, to be damaged."""

import shutil
from pathlib import Path

import nbformat

from ebpm.paths import ROOT

SMALL = """
import ebpm
from ebpm import both
from ebpm.methods import means
data = ebpm.query("SELECT prefecture, aged_pct FROM mart_municipality WHERE aged_pct IS NOT NULL")
ebpm.summary(title=both(ja="小さな資料", en="Small"), question=both(ja="問い", en="Question"),
             headlines=["aged"], cannot_say=[])
ebpm.finding("aged", means.mean(data.frame["aged_pct"], data.frame["prefecture"]), data, unit="pct",
    question=both(ja="問い", en="question"), estimand=both(ja="平均", en="mean"),
    claim=ebpm.Description(both(ja="平均は{estimate}である", en="the mean is {estimate}")));
"""


def make_checkout(folder: Path) -> Path:
    """Data and reports of this checkout, and one small notebook."""
    for name in ("data", "reports"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("warehouse", "site", "ledger")
        )
    (folder / "notebooks").mkdir()
    write_notebook(folder, "")
    return folder


def write_notebook(house: Path, last_cell: str, prose: str = "## 節") -> None:
    """A notebook of one finding, with a last cell and a line of prose to choose."""
    cells = [
        nbformat.v4.new_code_cell("bodies: int = 3", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(SMALL),
        nbformat.v4.new_markdown_cell(prose, metadata={"tags": ["lang-ja"]}),
        nbformat.v4.new_code_cell(last_cell),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), house / "notebooks" / "small.ipynb")


def write_body_notebook(house: Path, last_cell: str) -> None:
    """The same notebook, for one body each: it names the body and what is found of it."""
    named = SMALL.replace(
        'title=both(ja="小さな資料", en="Small")',
        "title=both(ja=lgcode_module.get(lgcode).name, en='Small')",
    ).replace('unit="pct",', 'unit="pct", lgcode=lgcode,', 1)
    cells = [
        nbformat.v4.new_code_cell('lgcode: str = ""', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(f"from ebpm import lgcode as lgcode_module\n{named}"),
        nbformat.v4.new_markdown_cell("## 節", metadata={"tags": ["lang-ja"]}),
        nbformat.v4.new_code_cell(last_cell),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), house / "notebooks" / "small.ipynb")
