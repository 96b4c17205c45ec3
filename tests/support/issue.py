"""A small report, issued from a warehouse of its own that can be tampered with."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import Command, command_in, warehouse_of
from ebpm.warehouse import current
from support.small_checkout import make_checkout


@dataclass(frozen=True)
class Issue:
    """The small report of a checkout of its own, issued from a warehouse of its own."""

    command: Command
    page: Path
    warehouse: Path


def issued(ebpm: Command, folders: pytest.TempPathFactory) -> Issue:
    """Copies the warehouse of `ebpm`, runs the small notebook on it, and gives its page."""
    house = make_checkout(folders.mktemp("checkout"))
    folder = folders.mktemp("warehouse")
    shutil.copytree(warehouse_of(ebpm), folder, symlinks=True, dirs_exist_ok=True)
    command = command_in(folder, EBPM_HOME=str(house))
    done = command("run", "small", "--out", house / "site")
    assert done.returncode == 0, done.stderr
    return Issue(command, house / "site" / "small.html", folder)


def tampered(issue: Issue, *statements: str) -> None:
    """The warehouse as it was when the page was issued, with something changed in it."""
    path = current(issue.warehouse)
    kept = path.with_suffix(".kept")
    if not kept.exists():
        shutil.copy(path, kept)
    shutil.copy(kept, path)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            row = connection.execute(statement).fetchone()
            assert row is not None and row[0] > 0
        connection.execute("CHECKPOINT")
