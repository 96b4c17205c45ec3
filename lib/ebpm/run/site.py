"""The site: what was published, page by page, and how a page is replaced whole or not at all.

`catalogue.json` remembers the last state of every page, so that a report that has not changed is
not made again and the index lists all reports, not only those of the last run.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from ebpm.report import IndexEntry, render_index
from ebpm.report.model import Lang

CATALOGUE = "catalogue.json"
INDEX = "index.html"


@dataclass
class Entry:
    """The last state of one report. `key` is empty after a failure, so that it is tried again."""

    stem: str
    notebook: str
    parameters: dict[str, Any]
    status: str
    key: str
    page: str | None
    title: dict[str, str]
    question: dict[str, str]
    headline_ids: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    finished: str | None = None
    place: str | None = None
    error: str | None = None
    account: str | None = None
    synthetic: bool = False


def load(out: Path) -> dict[str, Entry]:
    """The catalogue of a site, by stem; empty for a new one."""
    path = out / CATALOGUE
    if not path.exists():
        return {}
    return {item["stem"]: Entry(**item) for item in json.loads(path.read_text(encoding="utf-8"))}


def save(out: Path, catalogue: dict[str, Entry], lang: Lang) -> None:
    """Writes the catalogue and the index made from it."""
    ordered = [catalogue[stem] for stem in sorted(catalogue)]
    write_json(out / CATALOGUE, [asdict(entry) for entry in ordered])
    entries = [_index_entry(entry) for entry in ordered]
    publish(out / INDEX, render_index(entries, lang=lang))


def _index_entry(entry: Entry) -> IndexEntry:
    first = [item for item in entry.findings if item["id"] in entry.headline_ids]
    rest = [item for item in entry.findings if item["id"] not in entry.headline_ids]
    return IndexEntry(
        notebook=entry.notebook,
        title=entry.title,
        question=entry.question,
        findings=tuple(first + rest),
        date=entry.finished,
        href=entry.page,
        status={"kept": "kept", "failed": "failed"}.get(entry.status, "ok"),  # type: ignore[arg-type]
        place=entry.place,
        error=entry.error,
        account_href=entry.account,
        synthetic=entry.synthetic,
    )


def publish(path: Path, text: str) -> None:
    """Puts a file in place in one step: readers see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_json(path: Path, content: Any) -> None:
    """JSON as people and programs read it, in place in one step."""
    publish(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def publish_notebook(path: Path, notebook: nbformat.NotebookNode) -> None:
    """The executed notebook beside its page."""
    publish(path, nbformat.writes(notebook) + "\n")
