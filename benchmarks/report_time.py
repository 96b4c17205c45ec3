"""Ratios measured in one run: one report against the stock commands, the build against its floor.

Run with `make bench`. Peers: `papermill` followed by `jupyter nbconvert --to html` on the same
notebook; for the build, DuckDB loading the same Parquet and CSV files into tables and nothing else.
Each is run in turn, the median is taken, and only ratios are printed: absolute times depend on
the machine.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from ebpm import warehouse
from ebpm.figures import available
from ebpm.paths import NOTEBOOKS

BIN = Path(sys.executable).parent
ROUNDS = 3


def median_seconds(tasks: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median wall-clock seconds of each task, the tasks taken in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def command(*words: str) -> None:
    environment = {**os.environ, "EBPM_WAREHOUSE_FILE": str(warehouse.current())}
    subprocess.run(words, check=True, capture_output=True, env=environment)


def report(folder: Path) -> None:
    command(str(BIN / "ebpm"), "run", "staffing", "--force", "--out", str(folder))


def stock_report(folder: Path) -> None:
    executed = str(folder / "stock.ipynb")
    command(str(BIN / "papermill"), str(NOTEBOOKS / "staffing.ipynb"), executed)
    command(str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", executed)


def floor_build(folder: Path) -> None:
    with duckdb.connect(str(folder / f"{time.time_ns()}.duckdb")) as connection:
        for figure in available():
            connection.execute(
                f"CREATE TABLE {figure.table} AS SELECT * FROM '{figure.path.as_posix()}'"
            )


def main() -> None:
    """Prints the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reports = median_seconds(
            {"ebpm": lambda: report(folder / "site"), "stock": lambda: stock_report(folder)}
        )
        builds = median_seconds(
            {
                "ebpm": lambda: warehouse.build(folder / "house", force=True) and None,
                "floor": lambda: floor_build(folder),
            }
        )
    print(
        f"one report, ebpm run / (papermill + nbconvert): {reports['ebpm'] / reports['stock']:.2f}"
    )
    print(f"warehouse build / loading the same files:       {builds['ebpm'] / builds['floor']:.2f}")


if __name__ == "__main__":
    main()
