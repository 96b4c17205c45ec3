"""Notebooks in forked children: outputs as from the stock kernel, nothing left behind, no harm done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import Command
from ebpm.report.model import Lang
from ebpm.run.child import Ended, Forker
from ebpm.run.execute import Execution, Job, execute

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only")

FAITHFUL = [
    "import sys\nprint('一行目')\nprint('誤り', file=sys.stderr)\nprint('二行目')",
    "from IPython.display import display\ndisplay({'text/plain': 'x', 'application/json': {'a': [1, None]}}, raw=True)",
    "import pandas as pd\npd.DataFrame({'a': [1.5, float('nan')], 'b': ['あ', None]})",
    "1 + 1;",
    "import asyncio\nawait asyncio.sleep(0)\n'待った'",
    "%%time\nx = 3",
    "h = display('前', display_id='k')\nh.update('後')",
    "_ = 5\nIn[1][:10], len(Out)",
    "from datetime import date\ndate(2026, 4, 1)",
]
# Each changes something that the next notebook must not see.
CHANGES = {
    "os.environ.get('EBPM_LEFT')": "os.environ['EBPM_LEFT'] = 'x'",
    "'left' in vars(sys.modules['ebpm'])": "ebpm.left = 1",
    "pandas.get_option('display.max_rows')": "pandas.set_option('display.max_rows', 7)",
    "'here' in globals()": "here = 1",
    "builtins.__dict__.get('left')": "builtins.left = 1",
    "'/left' in sys.path": "sys.path.append('/left')",
    "locale.getlocale()": "locale.setlocale(locale.LC_ALL, 'C')",
    "len(warehouse.opened)": "warehouse.opened.append(None)",
    "len(declarations._declared)": "ebpm.declare('x', smallest_effect=1.0, unit='pct')",
    "len(threading.enumerate())": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}
IMPORTS = (
    "import builtins, locale, os, sys, threading, time\nimport ebpm, pandas\n"
    "from ebpm import warehouse\nfrom ebpm.evidence import declarations"
)


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    started = Forker()
    yield started
    started.close()


def notebook(folder: Path, *cells: str) -> Job:
    """A job whose notebook holds a parameters cell and these cells."""
    made = [nbformat.v4.new_code_cell("lgcode: str = ''", metadata={"tags": ["parameters"]})]
    made += [nbformat.v4.new_code_cell(source) for source in cells]
    node = nbformat.v4.new_notebook(cells=made)
    node.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "x"}
    path = folder / f"n{len(list(folder.iterdir()))}.ipynb"
    nbformat.write(node, path)
    lang: Lang = "ja"
    return Job(path, {}, lang)


def _task(job: Job, warehouse: Path, beat: Any) -> Execution:
    return execute(job, warehouse, timeout_seconds=60, progress=False, beat=beat)


def run(forker: Forker, job: Job, seconds: float = 60) -> Any:
    return forker.run(partial(_task, job, Path("none.duckdb")), seconds)


def outputs(done: Execution) -> list[Any]:
    """The outputs of every cell, without what differs from run to run."""
    assert done.notebook is not None, done.failure
    found = [cell.outputs for cell in done.notebook.cells]
    for output in (output for cell in found for output in cell):
        if "Wall time" in output.get("text", ""):
            output["text"] = "times"
    return found


def test_outputs_are_those_of_the_stock_kernel(forker: Forker, tmp_path: Path) -> None:
    job = notebook(tmp_path, *FAITHFUL)
    stock = execute(job, Path("none.duckdb"), timeout_seconds=60, progress=False)
    here = run(forker, job)
    assert outputs(here) == outputs(stock)
    counts = [cell.execution_count for cell in here.notebook.cells]
    assert counts == [cell.execution_count for cell in stock.notebook.cells]


def test_an_error_is_accounted_for_as_from_the_stock_kernel(forker: Forker, tmp_path: Path) -> None:
    job = notebook(tmp_path, "x = 1", "def f():\n    raise ValueError('だめ')\nf()", "y = 2")
    stock = execute(job, Path("none.duckdb"), timeout_seconds=60, progress=False)
    here = run(forker, job)
    assert here.failure and stock.failure
    assert (here.failure.reason, here.failure.cell) == ("ValueError: だめ", stock.failure.cell)
    assert "ValueError" in str(here.failure.traceback)


def test_nothing_of_a_notebook_is_left_for_the_next(forker: Forker, tmp_path: Path) -> None:
    look = [f"print(repr({expression}))" for expression in CHANGES]
    untouched = outputs(run(forker, notebook(tmp_path, IMPORTS, *look)))
    changed = outputs(run(forker, notebook(tmp_path, IMPORTS, *CHANGES.values(), *look)))
    after = outputs(run(forker, notebook(tmp_path, IMPORTS, *look)))
    assert after == untouched
    shown = changed[-len(look) :]
    same = [e for e, a, b in zip(CHANGES, shown, untouched[-len(look) :], strict=True) if a == b]
    assert set(same) <= {"locale.getlocale()"}


def test_random_numbers_begin_anew_in_every_child(forker: Forker, tmp_path: Path) -> None:
    draw = "import random\nimport numpy\nprint(random.random(), numpy.random.random())"
    first, second = (outputs(run(forker, notebook(tmp_path, draw))) for _ in range(2))
    assert first != second


def test_a_child_that_dies_or_hangs_harms_no_other(forker: Forker, tmp_path: Path) -> None:
    died = run(forker, notebook(tmp_path, "x = 1", "import os\nos._exit(3)"))
    assert isinstance(died, Ended) and "DeadKernelError" in died.reason and died.cell == 3
    hung = run(forker, notebook(tmp_path, "import time\ntime.sleep(600)"), seconds=2)
    assert isinstance(hung, Ended) and "CellTimeoutError" in hung.reason and hung.cell == 2
    fine = run(forker, notebook(tmp_path, "print('元気')"))
    assert outputs(fine)[-1][0]["text"] == "元気\n"


def test_many_short_cells_may_take_longer_than_one_may(forker: Forker, tmp_path: Path) -> None:
    job = notebook(tmp_path, *["import time\ntime.sleep(0.8)"] * 4)
    assert outputs(run(forker, job, seconds=2)) == [[]] * 5


def test_both_engines_make_the_same_page(ebpm: Command, tmp_path: Path) -> None:
    pages = {}
    for engine in ("warm", "stock"):
        out = tmp_path / engine
        options = ("--engine", engine, "--out", out, "-p", "lgcode=122289")
        done = ebpm("run", "municipality", *options)
        assert done.returncode == 0, done.stderr
        pages[engine] = (out / "municipality" / "122289.html").read_text("utf-8").splitlines()
    assert pages["warm"] == pages["stock"]
