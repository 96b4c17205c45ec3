"""What all benchmarks share: tasks taken in turn, medians and spread, one ratio each."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

PACKAGES = ("duckdb", "pandas", "papermill", "ipykernel", "altair", "vl-convert-python", "pyarrow")


@dataclass(frozen=True)
class Ratio:
    """Ours against a named peer (or floor), both measured in one run.

    `ours` and `peer` are seconds of each round. `goal`: at least so many times as fast as the
    peer, or, `is_share`, at most this share of its time. `note`: anything else that was measured.
    """

    name: str
    peer_name: str
    ours: tuple[float, ...]
    peer: tuple[float, ...]
    goal: float
    is_share: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        """How many times as fast as the peer; or our time as a share of the peer's."""
        ours, peer = statistics.median(self.ours), statistics.median(self.peer)
        return ours / peer if self.is_share else peer / ours

    @property
    def is_met(self) -> bool:
        """Whether the goal is met."""
        return self.value <= self.goal if self.is_share else self.value >= self.goal

    def is_worse_than(self, before: float, tolerance: float) -> bool:
        """Whether the ratio has become worse by more than `tolerance` (1.5: by half)."""
        if self.is_share:
            return self.value > before * tolerance
        return self.value < before / tolerance


def in_turn(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Seconds of each task in each round, the tasks taken in turn.

    What a task returns, if it can be called, cleans up after it, and is not timed.
    """
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            started = time.perf_counter()
            clean_up = task()
            seconds[name].append(time.perf_counter() - started)
            if callable(clean_up):
                clean_up()
    return {name: tuple(values) for name, values in seconds.items()}


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(processors),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: version(name) for name in PACKAGES},
    }
