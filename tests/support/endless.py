"""A reader that never comes back, to show that the guard ends it."""

from pathlib import Path


def read(raw: Path) -> None:
    """Works for ever."""
    while True:
        pass
