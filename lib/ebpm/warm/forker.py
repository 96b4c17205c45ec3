"""The caller's side of warm execution: children on demand, and what they say."""

import atexit
import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import Any

from ebpm.warm.messages import (
    END,
    KERNEL,
    NOTEBOOK,
    POLL,
    Task,
    fork_request,
    pair,
    receive,
    request,
)

# These libraries start a thread when they are imported, unless they are told not to.
FORKABLE = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
END_SECONDS = 10
LOOK_SECONDS = 0.1


class ChildError(RuntimeError):
    """A child that ended without a result: how, and the number of the cell it stood at."""

    def __init__(self, reason: str, cell: int | None = None) -> None:
        super().__init__(reason)
        self.cell = cell


@dataclass(frozen=True)
class Limits:
    """What a child may take: seconds for a cell and in all, megabytes of memory; None: no limit."""

    cell_seconds: float | None = None
    report_seconds: float | None = None
    memory_mb: float | None = None


def can_fork() -> bool:
    """Whether children can be forked here at all: they are on Linux."""
    return sys.platform == "linux"


@cache
def shared() -> "Forker":
    """This process's forker: that whose door it was given, else one that is started now."""
    return Forker(_DOORS.pop() if _DOORS else None)


@cache
def shared_for_kernels() -> "Forker":
    """This process's forker of kernels that listen on sockets, as JupyterLab's do."""
    return Forker(kind=KERNEL)


_DOORS: list[Connection] = []


def come_in(door: Connection) -> None:
    """This process, which has not asked for a child yet, will share the forker of that door."""
    _DOORS.append(door)


def child(task: Task) -> "Child":
    """A new child that does the task. Where the forker has died, another takes its place."""
    try:
        return shared().child(task)
    except (EOFError, OSError):
        shared.cache_clear()
        return shared().child(task)


class Forker:
    """A process that is warm and forks children of a kind; any thread of this process may ask it.

    Without `door` the process is started. `door` is the door of one that was: its starter and all
    whom he gave the door share it, each with a line of his own, and it ends with the last of them.
    """

    def __init__(self, door: Connection | None = None, *, kind: str = NOTEBOOK) -> None:
        self._line, theirs = pair()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_used = False
        if door is None:
            self._door, inside = pair()
            self._process = _started(kind, theirs, inside)
            inside.close()
        else:
            self._door = door
            send_handle(door, theirs.fileno(), os.getpid())
        theirs.close()
        self._one_at_a_time = threading.Lock()
        atexit.register(self.close)

    @property
    def door(self) -> Connection:
        """What other processes come in by, to share the forker."""
        self._is_used = True
        return self._door

    def child(self, task: Task) -> "Child":
        """A new child that does the task."""
        ours, theirs = pair()
        self._is_used = True
        with self._one_at_a_time:
            self._line.send_bytes(fork_request(task))
            send_handle(self._line, theirs.fileno(), os.getpid())
            theirs.close()
            return Child(self, json.loads(self._line.recv_bytes()), ours)

    def poll(self, pid: int) -> int | None:
        """None while a child lives; then its exit code, negative for a signal."""
        return self._ask(POLL, pid)

    def end(self, pid: int) -> int | None:
        """Ends a child and all that it started; its exit code, negative for a signal."""
        return self._ask(END, pid)

    def close(self) -> None:
        """Ends the process, which ends its children when it is spoken to no more."""
        atexit.unregister(self.close)
        self._line.close()
        self._door.close()
        if self._process is None:
            return
        if not self._is_used:
            # It may still be warming up, and there is nobody whom it would have to end.
            self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The number of the process, which its children have for a parent."""
        assert self._process is not None, "another process has started it"
        return self._process.pid

    def _ask(self, what: str, pid: int) -> int | None:
        with self._one_at_a_time:
            self._line.send_bytes(request(what, pid=pid))
            answer: int | None = json.loads(self._line.recv_bytes())
            return answer


def _started(kind: str, line: Connection, door: Connection) -> subprocess.Popen[bytes]:
    numbers = [line.fileno(), door.fileno()]
    command = [sys.executable, "-m", "ebpm.warm.parent", kind, *map(str, numbers)]
    return subprocess.Popen(command, pass_fds=numbers, env={**os.environ, **FORKABLE})


class Child:
    """A child at work; as a context, it has ended when the context is left."""

    def __init__(self, forker: Forker, pid: int, line: Connection) -> None:
        self._forker = forker
        self.pid = pid
        self._line = line
        self._status: int | None = None

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def poll(self) -> int | None:
        """None while it lives; then its exit code, negative for a signal."""
        if self._status is None:
            self._status = self._forker.poll(self.pid)
        return self._status

    def end(self) -> int | None:
        """Ends it and all that it started; its exit code, negative for a signal."""
        self._line.close()
        if self._status is None:
            self._status = self._forker.end(self.pid)
        return self._status

    def messages(self, limits: Limits) -> Iterator[dict[str, Any]]:
        """What the child says, up to its last word.

        Raises ChildError where it dies, or takes more than a limit allows.
        """
        began = since = time.monotonic()
        cell = None
        # One for all messages: Connection.poll makes one for each.
        heard = select.poll()
        heard.register(self._line, select.POLLIN)
        while True:
            ends = _ends(limits, began, since)
            while not heard.poll(1000 * LOOK_SECONDS):
                if passed := self._passed(ends, limits.memory_mb):
                    raise ChildError(passed, cell)
            try:
                said = receive(self._line)
            except (EOFError, OSError):
                raise ChildError(_ending(self.end()), cell) from None
            if said["kind"] == "start":
                since, cell = time.monotonic(), said["index"] + 1
            yield said
            if said["kind"] in {"done", "error"}:
                return

    def _passed(self, ends: dict[str, float], memory_mb: float | None) -> str | None:
        """The limit that the child has passed, if it has."""
        late = [what for what, end in ends.items() if time.monotonic() > end]
        if late:
            return f"CellTimeoutError: no answer within {late[0]}"
        if memory_mb and _memory_mb(self.pid) > memory_mb:
            return f"MemoryError: {memory_mb:g} MB"
        return None


def _ends(limits: Limits, began: float, since: float) -> dict[str, float]:
    """When a child is late, by the limit's name."""
    given = [(limits.cell_seconds, since, "cell"), (limits.report_seconds, began, "report")]
    return {f"{most:g} seconds ({what})": start + most for most, start, what in given if most}


def _memory_mb(pid: int) -> float:
    """What a process holds in memory by itself; 0 for one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


def _ending(status: int | None) -> str:
    """How a child died, in words."""
    how = f"signal {-status}" if status and status < 0 else f"exit code {status}"
    return f"DeadKernelError: Kernel died ({how})"
