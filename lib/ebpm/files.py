"""Files put in place whole: readers see the old one or the new one, never half of one."""

import os
from pathlib import Path


def put_in_place(path: Path, text: str) -> None:
    """Writes a text file (UTF-8) beside its place and moves it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
