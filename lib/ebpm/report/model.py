"""What the report stage is given, apart from the notebook itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Lang: TypeAlias = Literal["ja", "en"]
Text: TypeAlias = Mapping[str, str]
Payload: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class TableRecord:
    """What a table of the warehouse held: how many rows, and a digest of all their cells."""

    rows: int
    digest: str


@dataclass(frozen=True)
class PageContext:
    """How the page came about; without a clock, so that two builds are identical."""

    notebook_name: str
    parameters: dict[str, object] = field(default_factory=dict)
    warehouse_sha256: str | None = None
    code_version: str | None = None
    command: str | None = None
    place: str | None = None
    stale: str | None = None
    index_href: str | None = None
    tables: Mapping[str, TableRecord] = field(default_factory=dict)
    smallest_cell: int | None = None
    notebook_sha256: str | None = None


@dataclass(frozen=True)
class IndexEntry:
    """One report in the index. `findings` are all its finding payloads, in the page's order.

    `headlines` are the ids of those that stand on its first page; `place`, `prefecture` and
    `lgcode` say which body it is about, if about one.
    """

    notebook: str
    title: Text
    question: Text
    findings: tuple[Payload, ...] = ()
    headlines: tuple[str, ...] = ()
    href: str | None = None
    status: Literal["ok", "kept", "failed"] = "ok"
    place: str | None = None
    prefecture: str | None = None
    lgcode: str | None = None
    error: str | None = None
    account_href: str | None = None
    interactive_href: str | None = None
    pdf_href: str | None = None
    synthetic: bool = False


ChangeKind: TypeAlias = Literal[
    "new", "failed", "mended", "finding_new", "finding_gone", "verdict", "value"
]


@dataclass(frozen=True)
class Change:
    """What a run changed of one report; `claim`, `before` and `after` where it is of a finding."""

    kind: ChangeKind
    notebook: str
    title: Text
    href: str | None = None
    place: str | None = None
    claim: Text | None = None
    before: Text | None = None
    after: Text | None = None


@dataclass(frozen=True)
class FailureAccount:
    """Why a report did not come about, for the analyst who must mend it."""

    notebook: str
    reason: str
    parameters: dict[str, object] = field(default_factory=dict)
    cell: int | None = None
    cell_heading: str | None = None
    advice: Text | None = None
    command: str | None = None
    traceback: str | None = None
    kept_page: str | None = None
    index_href: str | None = None
