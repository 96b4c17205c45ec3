"""Notebooks executed in children of a process that has everything already imported.

A worker that makes pages starts one `Forker` beside itself: a process that imports what notebooks
need, opens nothing, and forks a child for each notebook. Nothing of a notebook remains: what it
changed ends with the child. The child says when each cell begins; one that says nothing for too
long is ended, and the account says where it stood. Linux only; elsewhere the stock kernel is used.
"""

import gc
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, TypeVar

from ebpm.files import variables

Result = TypeVar("Result")
Beat = Callable[[int], None]

THREADS = Path("/proc/self/task")
# A second thread would be lost in the child with whatever it held: these libraries start one each.
# ipykernel's debugger is not used, and need not check its files.
FORKABLE = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
IMPORTED = (
    *("papermill", "ipykernel.debugger", "sqlite3", "statsmodels.api", "altair"),
    *("ebpm.charts", "ebpm.maps", "ebpm.run.execute", "ebpm.run.inprocess"),
)
WHOLE_PACKAGES = ("ebpm.methods", "ebpm.evidence")


@dataclass(frozen=True)
class Ended:
    """A child that ended without a result: why, and the number of the cell it stood at."""

    reason: str
    cell: int | None


class Forker:
    """A process of its own that forks children on demand, one at a time."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        with variables(FORKABLE):
            self._process = context.Process(target=_serve, args=(theirs,))
            self._process.start()
        theirs.close()
        # Before multiprocessing waits for its children at the end, also in a worker of a pool.
        Finalize(None, self.close, exitpriority=1)

    def run(self, task: Callable[[Beat], Result], timeout_seconds: float) -> Result | Ended:
        """What `task` returns in a child (`in_child`); Ended where there is no answer."""
        try:
            self._pipe.send((task, timeout_seconds))
            answer: Result | Ended = self._pipe.recv()
        except (EOFError, OSError) as error:
            return Ended(f"DeadKernelError: {type(error).__name__}", None)
        return answer

    def close(self) -> None:
        """Ends the process, which ends when it is spoken to no more."""
        self._pipe.close()
        self._process.join()


def can_fork() -> bool:
    """Whether children can be forked here at all: they are on Linux."""
    return sys.platform == "linux"


def _serve(pipe: Connection) -> None:
    """The life of a forker: warm up, then a child for each task until nobody asks any more."""
    _warm_up()
    if (threads := len(list(THREADS.iterdir()))) > 1:
        raise RuntimeError(f"{threads} threads after the imports: a child could hang")
    while True:
        try:
            task, timeout_seconds = pipe.recv()
        except EOFError:
            gc.unfreeze()
            return
        pipe.send(in_child(task, timeout_seconds))


def _warm_up() -> None:
    """Imports, and what libraries do once, at their first use."""
    from nbformat import validate
    from nbformat.v4 import new_notebook

    for name in IMPORTED:
        import_module(name)
    for name in WHOLE_PACKAGES:
        for module in iter_modules(import_module(name).__path__, f"{name}."):
            import_module(module.name)
    validate(new_notebook())
    _draw_once()
    gc.collect()
    gc.freeze()


def _draw_once() -> None:
    """Altair reads its schema and its data converters when the first chart is made.

    From then on it does not check charts against the schema, which takes most of its time: the
    tests check every kind of chart.
    """
    from altair.utils import schemapi
    from pandas import DataFrame

    from ebpm import charts
    from ebpm.evidence.text import Both

    axis = Both("年", "year")
    line = charts.lines_data({axis: DataFrame({"x": [2020, 2021], "y": [1.0, 2.0]})})
    charts.lines_chart(line, x_axis=axis, y_axis=axis)
    schemapi.disable_debug_mode()


def in_child(task: Callable[[Beat], Result], timeout_seconds: float) -> Result | Ended:
    """Runs `task` in a forked child; `task` gets a function to call with the cell that begins.

    A child that neither ends nor calls it within `timeout_seconds` is ended.
    """
    context = get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(task, receiving, sending))
    child.start()
    sending.close()
    try:
        answer: Result | Ended = _answer(receiving, timeout_seconds)
        return answer
    finally:
        child.kill()
        child.join()
        receiving.close()


def _answer(receiving: Connection, timeout_seconds: float) -> Any:
    cell = None
    while receiving.poll(timeout_seconds):
        try:
            kind, content = receiving.recv()
        except EOFError:
            return Ended("DeadKernelError: Kernel died", cell)
        if kind == "result":
            return content
        cell = content
    return Ended(f"CellTimeoutError: no answer within {timeout_seconds:g} seconds", cell)


def _run(task: Callable[[Beat], Result], receiving: Connection, sending: Connection) -> None:
    receiving.close()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    sending.send(("result", task(lambda cell: sending.send(("cell", cell)))))
    sending.close()
    sys.stdout.flush()
    os._exit(0)
