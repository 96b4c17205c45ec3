"""Files put in place whole, locks, and the environment that processes inherit."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # not a POSIX system: two runs into one file are up to the user there
    fcntl = None  # type: ignore[assignment]


def put_in_place(path: Path, content: str | bytes) -> None:
    """Writes a file (text as UTF-8) beside its place and moves it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content.encode() if isinstance(content, str) else content)
    beside.replace(path)


def lock(stream: IO[Any], *, exclusive: bool) -> None:
    """Waits for an open file; the system lets go of it when it is closed, however that comes."""
    if fcntl is not None:
        fcntl.flock(stream, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)


@contextlib.contextmanager
def variables(settings: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes that start within; afterwards as they were before."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
