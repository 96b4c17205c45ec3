"""The warehouse build against its floor: DuckDB loading the same files and nothing else."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.measuring import Ratio, in_turn
from ebpm import warehouse
from ebpm.figures import available

ROUNDS = 3


def ratios() -> Iterator[Ratio]:
    """One ratio: what staging, marts, contracts and records add."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = in_turn(
            {
                "ours": lambda: warehouse.build(folder / "house", force=True),
                "floor": lambda: _floor(folder),
            },
            ROUNDS,
        )
    peer = "DuckDB loading the same files"
    yield Ratio("build", peer, seconds["ours"], seconds["floor"], goal=8, is_share=True)


def _floor(folder: Path) -> None:
    with duckdb.connect(str(folder / f"{time.time_ns()}.duckdb")) as connection:
        for figure in available():
            connection.execute(
                f"CREATE TABLE {figure.table} AS SELECT * FROM '{figure.path.as_posix()}'"
            )
