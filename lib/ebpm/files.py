"""Files put in place whole: readers see the old one or the new one, never half of one."""

import os
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # not a POSIX system: two runs into one file are up to the user there
    fcntl = None  # type: ignore[assignment]


def put_in_place(path: Path, text: str) -> None:
    """Writes a text file (UTF-8) beside its place and moves it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def lock(stream: IO[Any], *, exclusive: bool) -> None:
    """Waits for an open file; the system lets go of it when it is closed, however that comes."""
    if fcntl is not None:
        fcntl.flock(stream, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
