"""Shared fixtures: the real command, a real warehouse, and the real pages of the national set."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ebpm.paths import REPORTS

Command = Callable[..., subprocess.CompletedProcess[str]]
SECONDS = int(os.environ.get("EBPM_TEST_SECONDS", "600"))
EBPM = Path(sys.executable).with_name("ebpm")
WAREHOUSES: dict[Command, str] = {}
NATIONAL = tuple(
    entry["notebook"]
    for entry in tomllib.loads((REPORTS / "schedule.toml").read_text(encoding="utf-8"))["national"]
)


@dataclass(frozen=True)
class Site:
    """A site made by the command: its folder, its run.json, the command that made it."""

    out: Path
    account: dict[str, Any]
    command: Command

    def findings(self, notebook: str) -> dict[str, dict[str, Any]]:
        """The findings of one report, by id."""
        report = next(r for r in self.account["reports"] if r["notebook"] == notebook)
        return {finding["id"]: finding for finding in report["findings"]}


def command_in(warehouse: Path, **settings: str) -> Command:
    """The real `ebpm` command on a warehouse and a ledger of its own."""
    ledger = f"{warehouse}-ledger-{len(WAREHOUSES)}"
    folders = {"EBPM_WAREHOUSE": str(warehouse), "EBPM_LEDGER": ledger}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **folders, **settings}
        environment.pop("EBPM_WAREHOUSE_FILE", None)
        words = [str(EBPM), *map(str, arguments)]
        return subprocess.run(
            words, capture_output=True, text=True, env=environment, timeout=SECONDS, check=False
        )

    WAREHOUSES[run] = str(warehouse)
    return run


def warehouse_of(command: Command) -> Path:
    """The folder of a command's warehouse."""
    return Path(WAREHOUSES[command])


@pytest.fixture(scope="session")
def ebpm(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, with the warehouse built once for all tests."""
    command = command_in(tmp_path_factory.mktemp("warehouse"))
    built = command("build")
    assert built.returncode == 0, built.stderr
    return command


@pytest.fixture(scope="session")
def site(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The national set, in Japanese, made once for all tests, with a ledger of its own."""
    own = command_in(warehouse_of(ebpm))
    return make_site(own, tmp_path_factory.mktemp("site"), "run", "--lang", "both")


@pytest.fixture(scope="session")
def english_site(site: Site) -> Site:
    """The national set, in English, from the same execution."""
    return site_at(site.out / "en", site.command)


def make_site(command: Command, out: Path, *arguments: str) -> Site:
    """Runs the command into `out` and reads what it wrote."""
    done = command(*arguments, "--out", out)
    assert done.returncode == 0, done.stderr
    return site_at(out, command)


def site_at(out: Path, command: Command) -> Site:
    """A site that was made, with its account."""
    return Site(out, json.loads((out / "run.json").read_text(encoding="utf-8")), command)
