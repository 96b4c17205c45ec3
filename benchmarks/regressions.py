"""Fixed effects and clustered errors: grouped in DuckDB against the rows in memory."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.measuring import Ratio, in_turn

ROWS, MANY_ROWS = 3_000_000, 100_000_000
MODEL = {"cluster": "lgcode", "fixed_effects": ["lgcode", "month"]}
SYNTHETIC = """
    CREATE OR REPLACE TABLE log AS
    SELECT printf('%06d', 11002 + i % 1741 * 10) AS lgcode, (i // 1741 % 120)::SMALLINT AS month,
        (hash(i) % 3 = 0)::TINYINT AS online,
        (5 + hash(i * 3) % 55 - 4 * (hash(i) % 3 = 0)::INTEGER + i % 7)::SMALLINT AS minutes
    FROM range({rows}) AS t(i)"""


def ratios() -> Iterator[Ratio]:
    """3M rows both ways; 100M rows grouped, against DuckDB reading the columns once."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.duckdb"
        _make(path, ROWS)
        seconds = in_turn(
            {"ours": lambda: _run("grouped", path), "rows": lambda: _run("rows", path)}, rounds=3
        )
        yield Ratio(
            "regression, 3M rows", "the rows in memory", seconds["ours"], seconds["rows"], 2
        )
        _make(path, MANY_ROWS)
        memory: list[float] = []
        seconds = in_turn(
            {
                "ours": lambda: memory.append(_run("grouped", path)),
                "floor": lambda: _run("scan", path),
            },
            rounds=2,
        )
        peer = "DuckDB averaging the outcome by cluster and month"
        told = f"{seconds['ours'][0]:.0f} s, {max(memory):.0f} MB at most"
        yield Ratio("regression, 100M rows", peer, seconds["ours"], seconds["floor"], 5, True, told)


def _make(path: Path, rows: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(SYNTHETIC.format(rows=rows))


def _run(which: str, path: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.regressions", which, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _main(which: str, path: Path) -> None:
    import resource

    from ebpm.methods import grouped, regression

    with duckdb.connect(str(path), read_only=True) as connection:
        if which == "grouped":
            grouped.ols(connection, "log", "minutes", ["online"], **MODEL)  # type: ignore[arg-type]
        elif which == "rows":
            rows = connection.execute("SELECT * FROM log").df()
            regression.ols(rows, "minutes", ["online"], **MODEL)  # type: ignore[arg-type]
        else:
            connection.execute(
                "SELECT lgcode, month, avg(minutes) FROM log GROUP BY ALL"
            ).fetchall()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
