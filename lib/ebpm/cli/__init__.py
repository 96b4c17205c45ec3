"""The command `ebpm`: a thin skin of the library. Exit 0 done, 1 something failed, 2 wrong use."""

from ebpm.cli import (
    data,
    dictionary,
    door,
    editions,
    example,
    fetch,
    forms,
    ledger,
    logs,
    own,
    reports,
    verify,
)
from ebpm.cli.base import cli

__all__ = [
    "cli",
    "data",
    "dictionary",
    "door",
    "editions",
    "example",
    "fetch",
    "forms",
    "ledger",
    "logs",
    "main",
    "own",
    "reports",
    "verify",
]


def main() -> None:
    """Entry point of the command."""
    cli(prog_name="ebpm")
