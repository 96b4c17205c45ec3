"""Replications: the same question asked of another year, body, edition, or with other parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ebpm.evidence.claims import Verdict
from ebpm.evidence.ledger import distinct, editions, result_of
from ebpm.evidence.lines import Row, digest


class Outcome(StrEnum):
    """How a result compares with another of the same question."""

    AGREES = "agrees"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Replication:
    """A row of the same question, in what it differs from the first, and how the two compare."""

    row: Row
    differs_in: tuple[str, ...]
    outcome: Outcome


def replications(entry: Row, entries: Iterable[Row]) -> list[Replication]:
    """The rows that asked the question of `entry` under other circumstances, the newest of each.

    `entries` are oldest first. The very same result from the same data (the national number on one
    body's page) replicates nothing: it is left out, and a result in many reports counts once.
    """
    newest = {
        digest(circumstances(row)): row
        for row in entries
        if (row["notebook"], row["id"]) == (entry["notebook"], entry["id"])
    }
    newest.pop(digest(circumstances(entry)), None)
    others = [row for row in newest.values() if result_of(row) != result_of(entry)]
    return [
        Replication(row, _differs_in(entry, row), outcome(entry, row))
        for row, _ in distinct(others)
    ]


def circumstances(row: Row) -> dict[str, Any]:
    """What tells two answers to one question apart."""
    parameters = {
        name: value
        for name, value in row["parameters"].items()
        if name != "lgcode" or value != row["lgcode"]
    }
    return {
        "body": row["lgcode"],
        "year": row["fiscal_year"],
        "parameters": parameters,
        "edition": editions(row),
    }


def _differs_in(one: Row, other: Row) -> tuple[str, ...]:
    first, second = circumstances(one), circumstances(other)
    return tuple(name for name in first if first[name] != second[name])


def outcome(one: Row, other: Row) -> Outcome:
    """Agrees: the same verdict, and the same sign where a difference was found.

    A description and a result that could not be decided settle nothing: cannot tell.
    """
    verdicts = {one["verdict"], other["verdict"]}
    if verdicts & {Verdict.INCONCLUSIVE, Verdict.DESCRIPTIVE} or one["unit"] != other["unit"]:
        return Outcome.CANNOT_TELL
    if len(verdicts) > 1:
        return Outcome.DIFFERS
    same_sign = (one["estimate"] > 0) == (other["estimate"] > 0)
    return Outcome.AGREES if verdicts == {Verdict.NO_EFFECT} or same_sign else Outcome.DIFFERS
