"""One report made, not yet published: executed, through the gate, rendered, through it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ebpm.evidence.exceptions import allowed_in
from ebpm.figures import sha256
from ebpm.report import PageContext, Rendered, render
from ebpm.report.model import TableRecord
from ebpm.run import notebooks
from ebpm.run.digests import records
from ebpm.run.disclosure import check_disclosure
from ebpm.run.execute import Execution, Failure, Job, execute, failure_of
from ebpm.run.gate import check_notebook, check_page, level_of, payloads
from ebpm.run.setting import Setting
from ebpm.run.site import INDEX, as_json


@dataclass(frozen=True)
class Made:
    """A page that passed the gate, and the texts of notebook, provenance and interactive page."""

    html: str
    provenance: str
    notebook: str
    findings: list[dict[str, Any]]
    summary: dict[str, Any]
    synthetic: bool
    seconds: float
    interactive: str | None = None


@dataclass(frozen=True)
class Unmade:
    """A report that could not be made, and why."""

    failure: Failure
    seconds: float


def make(job: Job, setting: Setting, executed: Path | None = None) -> Made | Unmade:
    """Makes a report: its notebook in a child process, its page in this one.

    `executed` is the notebook as it was executed for the other language, if it was: then it is
    rendered without being executed again.
    """
    done = _reread(executed) if executed else executed_now(job, setting)
    if done.failure is not None or done.notebook is None:
        return Unmade(done.failure or Failure("no notebook"), done.seconds)
    try:
        return checked(job, setting, done.notebook, done.seconds)
    except Exception as error:  # noqa: BLE001 - whatever this notebook emitted, the others go on
        return Unmade(failure_of(error), done.seconds)


def executed_now(job: Job, setting: Setting) -> Execution:
    """Executes a report's notebook by the setting's engine."""
    return execute(job, setting.warehouse, setting.limits, engine=setting.engine)


def _reread(executed: Path) -> Execution:
    return Execution(notebooks.read(executed), 0.0)


def checked(job: Job, setting: Setting, notebook: NotebookNode, seconds: float) -> Made:
    """The page of an executed notebook, if notebook and page pass the gate; raises its errors."""
    findings, summary = check_notebook(notebook)
    if setting.smallest_cell is not None:
        check_disclosure(notebook, findings, setting.smallest_cell)
    page = page_of(job, notebook, setting)
    check_page(page.html, level_of(findings), allowed_in(notebook))
    exhibits = payloads(notebook, "figure") + payloads(notebook, "table")
    return Made(
        html=page.html,
        provenance=as_json(page.provenance),
        notebook=notebooks.written(notebook),
        findings=findings,
        summary=summary,
        synthetic=any(item.get("synthetic") for item in exhibits),
        seconds=seconds,
        interactive=page.interactive,
    )


def page_of(job: Job, notebook: NotebookNode, setting: Setting) -> Rendered:
    """The page of an executed notebook, with the provenance of its numbers.

    Where the setting asks for it, the interactive page comes with it: it says what the page says
    that goes through the gate.
    """
    plain = f"{Path(job.stem).name}.html" if setting.interactive else None
    context = _context(job, notebook, setting)
    return render(notebook, lang=job.lang, context=context, plain_href=plain)


def _context(job: Job, notebook: NotebookNode, setting: Setting) -> PageContext:
    return PageContext(
        notebook_name=job.notebook.name,
        parameters=dict(job.parameters),
        warehouse_sha256=setting.inputs_sha256,
        code_version=setting.code_version,
        command=job.command,
        place=job.place,
        index_href=index_of(job),
        tables=_tables(setting, tables_used(notebook)),
        notebook_sha256=sha256(job.notebook),
        smallest_cell=setting.smallest_cell,
    )


def _tables(setting: Setting, names: set[str]) -> Mapping[str, TableRecord]:
    known = setting.tables
    if known is None:
        return records(setting.warehouse, names)
    return {name: known[name] for name in sorted(names)}


def index_of(job: Job) -> str:
    """The list of all reports, as a page of this report links to it."""
    return f"../{INDEX}" if job.lgcode else INDEX


def tables_used(notebook: NotebookNode) -> set[str]:
    """The tables of the warehouse that the outputs of a notebook rest on."""
    emitted = [payloads(notebook, kind) for kind in ("finding", "figure", "table", "say")]
    return {table for origin in _origins(emitted) for table in origin["tables"]}


def _origins(value: Any) -> Iterator[dict[str, Any]]:
    """Every description of where numbers come from, however deep it lies in the outputs."""
    if isinstance(value, dict):
        if "sql" in value and "tables" in value:
            yield value
        for child in value.values():
            yield from _origins(child)
    elif isinstance(value, list):
        for child in value:
            yield from _origins(child)
