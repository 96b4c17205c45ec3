"""Own data: a log of 5M rows through `ebpm import`, against DuckDB reading the same rows; the scan.

The import is all of it: reading, the search for what may not be held, checks of every cell, the
imported table, and the warehouse of own data with opening hours and the counts that may be shown.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.logs import _floor, _written
from benchmarks.measuring import Ratio, in_turn

ROWS = 5_000_000
ROUNDS = 2
MAPPING = """form = "handling_log"
drop = ["備考"]
[columns]
case_id = "受付番号"
procedure = "手続"
channel = "申請方法"
received = "受付日時"
handling_minutes = "処理時間_分"
office = "部署"
"""


def ratios() -> Iterator[Ratio]:
    """The whole import against the floor; the scan for individual numbers as a share of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        utf8, cp932 = _written(folder, ROWS)
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        told: list[tuple[float, float, float]] = []
        seconds = in_turn(
            {
                "ours": lambda: told.append(_ours(cp932, folder)),
                "floor": lambda: _floor(utf8, folder),
            },
            ROUNDS,
        )
        memory = f"{max(each[0] for each in told):.0f} MB at most"
        floor = "DuckDB reading the same rows in UTF-8"
        yield Ratio(
            "own import, 5M rows", floor, seconds["ours"], seconds["floor"], 1.3, True, memory
        )
        scans = tuple(each[1] for each in told)
        imports = tuple(each[2] for each in told)
        yield Ratio("scan for individual numbers", "the whole import", scans, imports, 0.2, True)


def _ours(path: Path, folder: Path) -> tuple[float, float, float]:
    """Memory in MB, seconds of the scan, seconds of the import, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.imports", str(path), str(folder)]
    environment = {**os.environ, "EBPM_OWN": str(folder / "own")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    memory, scan, whole = json.loads(done.stdout)
    return memory, scan, whole


def _main(path: Path, folder: Path) -> None:
    import resource

    from ebpm.own import importing, my_numbers

    spent: list[float] = []
    scan = my_numbers.scan

    def timed(connection: duckdb.DuckDBPyConnection, *given: object) -> list[my_numbers.Hit]:
        started = time.perf_counter()
        found = scan(connection, *given)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - started)
        return found

    my_numbers.scan = timed  # type: ignore[assignment]
    started = time.perf_counter()
    importing.import_file(path, "handling_log", folder / "mapping.toml", dataset="log")
    whole = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([memory, sum(spent), whole]))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
