"""Do the methods keep what they promise? Coverage and false positives under their assumptions.

    python -m benchmarks.simulate_methods --write docs/methods.md

For each simulation in `benchmarks/simulations` data are drawn again and again: how often does the
95 % interval hold the truth, and how often is a difference found where there is none. Each draw
has a seed of its own, so the figures are the same on every machine and with any number of
processes. With 1,000 draws an exact method misses the band of false positives by chance once in
seven times: where a band is missed, five times as many draws decide, and where they miss it, too,
twenty times as many. Exit 1 where those miss it.
"""

import argparse
import math
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from pkgutil import iter_modules

import numpy as np

from benchmarks import simulations
from benchmarks.simulations.base import Simulation

COVERAGE = (0.93, 0.97)
FALSE_POSITIVES = (0.04, 0.06)
FALSE_POSITIVES_OF_FEW = (0.0, 0.07)
CHUNK = 50
TIMES = (1, 5, 20)
NOT_TOPICS = {"base"}
BEGIN, END = "<!-- simulated -->", "<!-- /simulated -->"


@dataclass(frozen=True)
class Outcome:
    """What came of all draws of one simulation (shares 0–1; None: the method tests nothing)."""

    simulation: Simulation
    draws: int
    coverage: float
    false_positives: float | None

    @property
    def misses(self) -> list[str]:
        """Which figures lie outside their band, by more than the error of so many draws."""
        band = FALSE_POSITIVES_OF_FEW if self.simulation.few_treated else FALSE_POSITIVES
        found = []
        if not _within(self.coverage, self.simulation.coverage_band or COVERAGE, self.draws):
            found.append("coverage")
        rate = self.false_positives
        if rate is not None and not _within(
            rate, self.simulation.false_positive_band or band, self.draws
        ):
            found.append("false positives")
        return found


def _within(share: float, band: tuple[float, float], draws: int) -> bool:
    """With fewer draws than a thousand the band is widened by two standard errors of a share."""
    error = 0.0 if draws >= 1_000 else 2 * math.sqrt(0.05 * 0.95 / draws)
    return band[0] - error <= share <= band[1] + error


def all_simulations() -> list[Simulation]:
    """The simulations of every topic, in alphabetical order of the topics."""
    names = [module.name for module in iter_modules(simulations.__path__)]
    topics = [
        import_module(f"benchmarks.simulations.{name}") for name in names if name not in NOT_TOPICS
    ]
    return [simulation for topic in topics for simulation in topic.SIMULATIONS]


def draw(name: str, first: int, count: int) -> tuple[int, int]:
    """How many of `count` draws cover the truth, and how many find something where nothing is."""
    simulation = next(each for each in all_simulations() if each.name == name)
    covered = found = 0
    for number in range(first, first + count):
        seed = [zlib.crc32(name.encode()), number]
        result = simulation.draw(np.random.default_rng(seed), simulation.truth)
        covered += result.ci_low <= simulation.truth <= result.ci_high
        if simulation.null is not None:
            null = simulation.null
            result = simulation.draw(np.random.default_rng([*seed, 1]), null)
            found += not result.ci_low <= null <= result.ci_high
    return covered, found


def simulate(simulation: Simulation, draws: int, pool: ProcessPoolExecutor) -> Outcome:
    """All draws of one simulation; where they miss a band, more draws decide."""
    last = covered = found = 0
    for times in TIMES:
        more = _drawn(simulation, last, times * draws, pool)
        last, covered, found = times * draws, covered + more[0], found + more[1]
        outcome = _outcome(simulation, last, covered, found)
        if not outcome.misses:
            break
    return outcome


def _drawn(
    simulation: Simulation, first: int, last: int, pool: ProcessPoolExecutor
) -> tuple[int, int]:
    """Draws from number `first` to before `last`: how many cover, how many find something."""
    starts = range(first, last, CHUNK)
    futures = [pool.submit(draw, simulation.name, s, min(CHUNK, last - s)) for s in starts]
    parts = [future.result() for future in futures]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def _outcome(simulation: Simulation, draws: int, covered: int, found: int) -> Outcome:
    rate = None if simulation.null is None else found / draws
    return Outcome(simulation, draws, covered / draws, rate)


def line(outcome: Outcome) -> str:
    """One row of the table."""
    rate = outcome.false_positives
    shown = "–" if rate is None else f"{100 * rate:.1f}"
    missed = f"misses: {', '.join(outcome.misses)}" if outcome.misses else ""
    note = ". ".join(part for part in (missed, outcome.simulation.note) if part)
    return (
        f"| {outcome.simulation.name} | `{outcome.simulation.method}` | {outcome.draws:,} "
        f"| {100 * outcome.coverage:.1f} | {shown} | {note} |"
    )


HEADER = (
    "| simulation | method | draws | coverage (%) | false positives (%) | note |\n"
    "|---|---|---:|---:|---:|---|"
)


def write(document: Path, table: str) -> None:
    """Puts the table between the marks of a document."""
    before, rest = document.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    document.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Runs the simulations, prints the table, writes it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path, help="a document with a place for the table")
    given = parser.parse_args()
    wanted = [each for each in all_simulations() if given.only in each.name]
    print(HEADER, flush=True)
    outcomes = []
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        for simulation in wanted:
            outcomes.append(simulate(simulation, given.draws, pool))
            print(line(outcomes[-1]), flush=True)
    if given.write:
        write(given.write, "\n".join([HEADER, *map(line, outcomes)]))
    return int(any(outcome.misses for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
