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
    executed_at: str | None = None
    command: str | None = None
    place: str | None = None
    stale: str | None = None
    index_href: str | None = None
    tables: Mapping[str, TableRecord] = field(default_factory=dict)
    notebook_sha256: str | None = None


@dataclass(frozen=True)
class IndexEntry:
    """One report in the index. `findings` are finding payloads, headline ones first."""

    notebook: str
    title: Text
    question: Text
    findings: tuple[Payload, ...] = ()
    date: str | None = None
    href: str | None = None
    status: Literal["ok", "kept", "failed"] = "ok"
    place: str | None = None
    error: str | None = None
    account_href: str | None = None
    synthetic: bool = False


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
