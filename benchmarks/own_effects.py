"""Do the notebooks' estimates of own data find the truth of the invented town?

    python -m benchmarks.own_effects [--seeds 300] [--processes 2] [--all]

For every seed the town is drawn twice, with its effects and without. Printed: the share of 95 %
intervals that hold the truth (wanted: 93–97 %), the share that find something in the town without
effects (4–6 %), and by how many half widths of its interval the naive comparison misses. Exit 1
where a share of an estimate that the notebooks use lies outside its band by more than the error of
so many seeds, or a naive comparison of channels misses by less than twice its half width in a seed.
`--all` adds other estimates of the same; their bands are not asked for.

With 300 seeds an exact method's false positives lie outside 4–6 % in two runs of five: more seeds
decide then.

Each estimate, with panel, weights and clusters, is described in `benchmarks.own_estimators`.
"""

import argparse
import math
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pandas as pd

from benchmarks.own_estimators import BESIDE, ESTIMATES, NAIVE, estimates
from ebpm.example import generate

COVERAGE, FALSE_POSITIVES = (0.93, 0.97), (0.04, 0.06)
# By how many half widths of their interval these miss at least, in every seed.
TRAPS = {"naive: the same, within procedure": 2.0}


def of_seed(seed: int, names: Sequence[str]) -> list[dict[str, object]]:
    """A row per estimate: whether it holds the truth, whether it finds something where nothing is,
    error, half width.
    """
    null = estimates(generate(seed, null=True), names)
    rows: list[dict[str, object]] = []
    for name, (result, truth) in estimates(generate(seed), names).items():
        nothing = null[name][0]
        rows.append(
            {
                "name": name,
                "covers": result.ci_low <= truth <= result.ci_high,
                "false": not nothing.ci_low <= 0 <= nothing.ci_high,
                "truth": truth,
                "error": result.estimate - truth,
                "half": (result.ci_high - result.ci_low) / 2,
            }
        )
    return rows


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per estimate, over all seeds."""
    rows = rows.assign(miss=rows["error"].abs() / rows["half"])
    return rows.groupby("name", sort=False).agg(
        seeds=("covers", "size"),
        truth=("truth", "mean"),
        bias=("error", "mean"),
        spread=("error", "std"),
        half=("half", "mean"),
        coverage=("covers", "mean"),
        false_positives=("false", "mean"),
        smallest_miss=("miss", "min"),
    )


def wrong(summary: pd.DataFrame) -> Iterator[str]:
    """What is not as it should be."""
    for name, least in TRAPS.items():
        miss = float(summary.at[name, "smallest_miss"])
        if miss <= least:
            yield f"{name}: misses by {miss:.1f} half widths only"
    for name in ESTIMATES:
        error = 2 * math.sqrt(0.05 * 0.95 / float(summary.at[name, "seeds"]))
        bands = {"coverage": COVERAGE, "false_positives": FALSE_POSITIVES}
        for key, (low, high) in bands.items():
            share = float(summary.at[name, key])
            if not low - error <= share <= high + error:
                yield f"{name}: {key} {100 * share:.1f} %"


def main() -> int:
    """Draws the towns, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="other estimates of the same, too")
    given = parser.parse_args()
    names = [*ESTIMATES, *NAIVE, *(BESIDE if given.all else ())]
    # Matrices are small: more threads than one only stand in each other's way.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        parts = pool.map(partial(of_seed, names=names), range(given.seeds), chunksize=5)
        summary = table(pd.DataFrame([row for part in parts for row in part]))
    print(summary.round(3).to_string())
    problems = list(wrong(summary))
    print("\n".join(problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
