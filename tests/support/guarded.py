"""Reading in a process of its own, killed when it takes too long: a damaged file may do anything.

Run as a script it is the server: it loads the readers once, then forks for every request, so that
each reading starts clean and its CPU time (not the clock of a busy machine) can be limited.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ebpm.readers import ReadError, Reading

CPU_SECONDS = 5
STUCK_SECONDS = 120
"""A reading that waits without working is stuck; a slow machine still has this long."""
MAX_BYTES = 1_500_000_000
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    """What became of a reading: tables, or the message of a ReadError, or a crash."""

    readings: dict[str, Reading]
    refusal: str | None
    crash: str | None


class Server:
    """The running server; `read` may be called any number of times."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._answer = process, folder / "answer"

    def read(self, reader: str, raw: Path) -> Outcome:
        """What `reader` makes of the files under `raw`, within the limits."""
        assert self._process.stdin and self._process.stdout
        self._answer.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps([reader, str(raw), str(self._answer)]) + "\n")
        self._process.stdin.flush()
        status, peak = json.loads(self._process.stdout.readline())
        if status:
            return Outcome({}, None, f"ended by {_name(status)} (limit {CPU_SECONDS} s of CPU)")
        if peak > MAX_BYTES:
            return Outcome({}, None, f"took {peak / 1e6:,.0f} MB of memory")
        with self._answer.open("rb") as stream:
            return Outcome(*pickle.load(stream))


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """The server, ended at the end; `folder` holds its answers."""
    command = [sys.executable, "-m", "support.guarded"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TESTS
    ) as process:
        yield Server(process, folder)
        assert process.stdin
        process.stdin.close()


def _name(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _serve(requests: IO[str]) -> None:
    from ebpm.figures import sources

    for source in sources().values():
        importlib.import_module(source["reader"])
    for line in requests:
        reader, raw, answer = json.loads(line)
        child = os.fork()
        if not child:
            _answer(reader, Path(raw), Path(answer))
        _, status, used = os.wait4(child, 0)
        unit = 1 if sys.platform == "darwin" else 1024
        print(json.dumps([status, used.ru_maxrss * unit]), flush=True)


def _answer(reader: str, raw: Path, answer: Path) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    signal.alarm(STUCK_SECONDS)
    given: tuple[Any, ...]
    try:
        readings = importlib.import_module(reader).read(raw)
        given = {reading.table: reading for reading in readings}, None, None
    except ReadError as error:
        given = {}, str(error), None
    except BaseException:  # noqa: BLE001 - whatever else it is, the test shows it
        given = {}, None, traceback.format_exc()
    answer.write_bytes(pickle.dumps(given))
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.stdin)
