"""The forker's process: warms up once, then forks a child whenever it is asked, until nobody is there.

It opens no database, draws nothing and has one thread: a second would be lost in the child with
whatever it held.
"""

import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import recv_handle
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NoReturn, cast

from ebpm.warm import cells
from ebpm.warm.messages import END, FORK, NOTEBOOK, POLL, Task
from ebpm.warm.put_off import put_off_grammars

THREADS = Path("/proc/self/task")
END_SECONDS, LOOK_SECONDS = 5, 0.001
IMPORTED = (
    *("papermill.execute", "papermill.clientwrap", "nbclient", "statsmodels.api", "altair"),
    *("ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.oinspect", "sqlite3"),
    *("IPython.core.completerlib", "IPython.core.logger", "tornado.platform.asyncio"),
    *("pandas.core.reshape.reshape", "ebpm.maps", "ebpm.dx_words", "ebpm.peer_words"),
    *("ebpm.warm.child", "ebpm.warm.kernel"),
)
WHOLE_PACKAGES = ("ebpm.charts", "ebpm.methods", "ebpm.evidence", "ebpm.lgcode")


def main() -> None:
    """The life of a forker; its arguments: what its children do, its first line, its door."""
    os.setsid()
    kind, *numbers = sys.argv[1:]
    line, door = (Connection(int(number)) for number in numbers)
    warm_up()
    if kind == NOTEBOOK:
        ready()
    if (threads := len(list(THREADS.iterdir()))) > 1:
        raise RuntimeError(f"{threads} threads after the imports: a child could hang")
    serve(line, door)
    # What was frozen for the children cannot be taken down in order.
    os._exit(0)


def serve(first: Connection, door: Connection) -> None:
    """Answers requests, until nobody is there to ask.

    Through the door come lines of other processes. The children that somebody has left behind
    when he goes are ended.
    """
    children: dict[Connection, set[int]] = {first: set()}
    at_the_door: tuple[Connection, ...] = (door,)
    while children or at_the_door:
        for ready in wait([*children, *at_the_door]):
            line = cast(Connection, ready)
            try:
                if line is door:
                    children[Connection(recv_handle(door))] = set()
                else:
                    _answer(line, children[line], [*children, *at_the_door])
            except (EOFError, OSError):
                line.close()
                for pid in children.pop(line, set()):
                    _ended(pid, {pid})
                if line is door:
                    at_the_door = ()


def _answer(line: Connection, children: set[int], lines: Iterable[Connection]) -> None:
    asked = json.loads(line.recv_bytes())
    if asked["what"] == FORK:
        pid = fork(Task(**asked["task"]), Connection(recv_handle(line)), lines)
        children.add(pid)
        answer: Any = pid
    elif asked["what"] == POLL:
        answer = _status(asked["pid"], children)
    elif asked["what"] == END:
        answer = _ended(asked["pid"], children)
    line.send_bytes(json.dumps(answer).encode())


def fork(task: Task, speaking: Connection, lines: Iterable[Connection]) -> int:
    """Forks a child that does the task and speaks through `speaking`; its process number."""
    if task.kind == NOTEBOOK:
        cells.read(task.notebook)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(task, speaking, lines)
    speaking.close()
    # Here and in the child: whoever comes first, a group of its own can be ended whole.
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)
    return pid


def _live(task: Task, speaking: Connection, lines: Iterable[Connection]) -> NoReturn:
    from ebpm.warm.child import live

    status = 1
    try:
        for line in lines:
            line.close()
        live(task, speaking)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the child may return into the forker's loop
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _status(pid: int, children: set[int]) -> int | None:
    """None while the child lives; then its exit code, negative for a signal."""
    if pid not in children:
        return 0
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    children.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _ended(pid: int, children: set[int]) -> int | None:
    """Ends the child and all that it started; how it ended, by itself or by this."""
    if pid in children:
        # A child that is not yet waited for keeps its number: nobody else is hit.
        os.killpg(pid, signal.SIGKILL)
    latest = time.monotonic() + END_SECONDS
    while (status := _status(pid, children)) is None:
        if time.monotonic() > latest:
            # Held by the system (a disk that does not answer, a debugger): others shall not wait.
            return -signal.SIGKILL
        time.sleep(LOOK_SECONDS)
    return status


def warm_up() -> None:
    """Imports, and what libraries do once, at their first use."""
    put_off_grammars()
    from nbformat import validate
    from nbformat.v4 import new_notebook

    for name in IMPORTED:
        import_module(name)
    for name in WHOLE_PACKAGES:
        for module in iter_modules(import_module(name).__path__, f"{name}."):
            import_module(module.name)
    validate(new_notebook())
    _read_once()
    _draw_once()
    gc.collect()
    gc.freeze()


def ready() -> None:
    """Makes the kernel that runs a notebook, once for all children: each wakes its own."""
    from ebpm.warm.kernel import made

    made()
    gc.collect()
    gc.freeze()


def _read_once() -> None:
    """Lists that come with the library and never change."""
    from ebpm import lgcode
    from ebpm.evidence import series

    for read in (lgcode.municipalities, lgcode.prefectures, series.breaks):
        read()


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


if __name__ == "__main__":
    main()
