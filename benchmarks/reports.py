"""Reports with their pages: against papermill as it comes, and against the floor.

Two workers each. Peers: papermill's API with the stock engine, and the two stock commands, each
with nbconvert's page. Floor: the same cells in a shell that is warm, and the same rendering, in
one process.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat

from benchmarks.measuring import Ratio, in_turn
from ebpm import lgcode, warehouse
from ebpm.paths import NOTEBOOKS

BIN = Path(sys.executable).parent
WORKERS = 2
ROUNDS = 2
NOTEBOOK = NOTEBOOKS / "municipality.ipynb"
# Starting up is a part of ours: so many reports that it weighs as in a run for a prefecture.
OURS, STOCK, COMMANDS, FLOOR, PLAIN_OURS, PLAIN_STOCK = 120, 6, 4, 20, 60, 6
PLAIN = (
    "import altair as alt\nimport numpy as np\nimport pandas as pd\nimport statsmodels.api as sm",
    "draw = np.random.default_rng(0)\nframe = pd.DataFrame({'x': draw.normal(size=200)})\n"
    "frame['y'] = 2 * frame['x'] + draw.normal(size=200)",
    "sm.OLS(frame['y'], sm.add_constant(frame['x'])).fit().params",
    "alt.Chart(frame).mark_point().encode(x='x', y='y')",
    "alt.Chart(frame).mark_bar().encode(x=alt.X('x', bin=True), y='count()')",
)


def ratios() -> Iterator[Ratio]:
    """Municipal reports against both peers and the floor; the engine alone on a plain notebook."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["EBPM_WAREHOUSE_FILE"] = str(warehouse.current())
        os.environ["EBPM_LEDGER"] = str(folder / "ledger")
        floor: list[float] = []
        tasks: dict[str, Callable[[], object]] = {
            "ours": partial(_ours, folder),
            "stock": partial(_pooled, _stock, STOCK),
            "commands": partial(_pooled, _commands, COMMANDS),
            "floor": lambda: floor.append(_floor()),
        }
        seconds = in_turn(tasks, ROUNDS)
        size = sum(path.stat().st_size for path in (folder / "site" / "municipality").iterdir())
        tasks = {
            "ebpm": partial(_pooled, partial(_plain, engine="ebpm"), PLAIN_OURS),
            "stock": partial(_pooled, partial(_plain, engine=None), PLAIN_STOCK),
        }
        plain = in_turn(tasks, ROUNDS)
    ours = _each(seconds["ours"], OURS)
    told = f"{60 / ours[0]:.0f} reports a minute; {size / OURS / 1000:.0f} kB a report"
    yield Ratio(
        "report",
        "papermill's API, stock engine",
        ours,
        _each(seconds["stock"], STOCK),
        20,
        note=told,
    )
    commands = _each(seconds["commands"], COMMANDS)
    yield Ratio("report", "papermill and nbconvert commands", ours, commands, 40)
    alone = tuple(value * WORKERS for value in ours)
    yield Ratio("report", "warm shell and rendering, one process", alone, tuple(floor), 2, True)
    engine = _each(plain["ebpm"], PLAIN_OURS)
    stock = _each(plain["stock"], PLAIN_STOCK)
    yield Ratio("engine, plain notebook", "papermill's API, stock engine", engine, stock, 20)


def _each(seconds: Sequence[float], number: int) -> tuple[float, ...]:
    return tuple(value / number for value in seconds)


def _codes(number: int) -> list[str]:
    bodies = lgcode.municipalities()
    return [bodies[i * len(bodies) // number].lgcode for i in range(number)]


def _ours(folder: Path) -> None:
    bodies = [word for code in _codes(OURS) for word in ("--body", code)]
    options = ["--jobs", str(WORKERS), "--notebooks", "compressed", "--force"]
    command = [str(BIN / "ebpm"), "run", NOTEBOOK.stem, *bodies, *options]
    _quiet([*command, "--out", str(folder / "site")])


def _pooled(task: Callable[[str], None], number: int) -> None:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(task, _codes(number)))


def _stock(code: str) -> None:
    import papermill

    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made.ipynb"
        parameters = {"lgcode": code}
        papermill.execute_notebook(str(NOTEBOOK), str(made), parameters, progress_bar=False)
        _page(nbformat.read(made, as_version=4))


def _page(notebook: Any) -> None:
    from nbconvert import HTMLExporter

    HTMLExporter().from_notebook_node(notebook)


def _commands(code: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        made = str(Path(name) / "made.ipynb")
        _quiet([str(BIN / "papermill"), str(NOTEBOOK), made, "-r", "lgcode", code])
        _quiet([str(BIN / "jupyter"), "nbconvert", "--to", "html", made])


def _plain(code: str, engine: str | None) -> None:
    import papermill

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in PLAIN])
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": ""}
    done = papermill.execute_notebook(notebook, None, engine_name=engine, progress_bar=False)
    _page(done)


def _quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _floor() -> float:
    """Seconds a report of the floor, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reports"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _warm_shell() -> None:
    """Prints the floor's seconds a report."""
    from contextlib import redirect_stdout

    from IPython.core.interactiveshell import InteractiveShell

    from ebpm.run.execute import USUAL, Job, execute
    from ebpm.run.making import checked
    from ebpm.run.setting import setting_of_this_run
    from ebpm.warm import parent

    parent.warm_up()
    setting = setting_of_this_run()
    cells = [
        cell.source
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if cell.cell_type == "code"
    ]
    shell, seconds = InteractiveShell.instance(), []
    for code in _codes(FLOOR):
        job = Job(NOTEBOOK, {"lgcode": code}, "ja")
        done = execute(job, setting.warehouse, USUAL, engine="warm")
        started = time.perf_counter()
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            for number, source in enumerate(cells):
                shell.run_cell(source if number else f"{source}\nlgcode = {code!r}")
        checked(job, setting, done.notebook, 0.0)
        seconds.append(time.perf_counter() - started)
    print(sorted(seconds)[len(seconds) // 2])


if __name__ == "__main__":
    _warm_shell()
