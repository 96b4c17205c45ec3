"""What came of a report goes into the site: its page, or the account of its failure."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from nbformat import NotebookNode

from ebpm import dictionary
from ebpm.evidence import ledger
from ebpm.evidence.exceptions import allowed_in
from ebpm.figures import sha256
from ebpm.files import put_in_place
from ebpm.report import (
    FailureAccount,
    PageContext,
    Rendered,
    mark_stale,
    render,
    render_dictionary,
    render_failure,
)
from ebpm.report.failure import without_paths
from ebpm.report.model import Lang
from ebpm.run.digests import records
from ebpm.run.execute import Execution, Failure, Job, failure_of
from ebpm.run.gate import check_notebook, check_page, level_of, payloads
from ebpm.run.setting import Setting, key_of, now
from ebpm.run.site import DICTIONARY, INDEX, Entry, date_in_japan, publish_notebook, write_json
from ebpm.sql_header import HeaderError


def settle(
    job: Job, execution: Execution, out: Path, last: Entry | None, setting: Setting
) -> Entry:
    """Publishes a finished report whole, or leaves the last good page with an account beside it."""
    if execution.failure is not None:
        return _publish_failure(job, execution.failure, out, last)
    try:
        return _publish(job, execution, out, setting)
    except OSError:
        raise  # the site cannot be written: no other report can be published either
    except Exception as error:  # noqa: BLE001 - whatever this notebook emitted, the others go on
        return _publish_failure(job, failure_of(error), out, last)


def _publish(job: Job, execution: Execution, out: Path, setting: Setting) -> Entry:
    """Through the gate, rendered, through the gate again, into the ledger, then published."""
    assert execution.notebook is not None
    findings, summary = check_notebook(execution.notebook)
    page = page_of(job, execution.notebook, setting)
    check_page(page.html, level_of(findings), allowed_in(execution.notebook))
    ledger.record(ledger.default_folder(), _common(job, setting), findings)
    publish_notebook(out / f"{job.stem}.ipynb", execution.notebook)
    write_json(out / f"{job.stem}.provenance.json", page.provenance)
    put_in_place(out / f"{job.stem}.html", page.html)
    (out / f"{job.stem}.error.html").unlink(missing_ok=True)
    return _entry(job, setting, execution.notebook, findings, summary)


def page_of(job: Job, notebook: NotebookNode, setting: Setting) -> Rendered:
    """The page of an executed notebook, with the provenance of its numbers."""
    return render(notebook, lang=job.lang, context=_context(job, notebook, setting))


def _context(job: Job, notebook: NotebookNode, setting: Setting) -> PageContext:
    return PageContext(
        notebook_name=job.notebook.name,
        parameters=dict(job.parameters),
        warehouse_sha256=setting.inputs_sha256,
        code_version=setting.code_version,
        command=job.command,
        place=job.place,
        index_href=_index_of(job),
        tables=records(setting.warehouse, tables_used(notebook)),
        notebook_sha256=sha256(job.notebook),
    )


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


def _common(job: Job, setting: Setting) -> dict[str, Any]:
    return {
        "run_id": setting.run_id,
        "recorded": now(),
        "report": job.stem,
        "notebook": job.notebook.stem,
        "parameters": job.parameters,
        "warehouse_inputs_sha256": setting.inputs_sha256,
        "code_version": setting.code_version,
    }


def _entry(
    job: Job,
    setting: Setting,
    notebook: NotebookNode,
    findings: list[dict[str, Any]],
    summary: dict[str, Any],
) -> Entry:
    exhibits = payloads(notebook, "figure") + payloads(notebook, "table")
    return Entry(
        stem=job.stem,
        notebook=job.notebook.stem,
        parameters=job.parameters,
        status="ok",
        key=key_of(job, setting),
        page=f"{job.stem}.html",
        title=summary["title"],
        question=summary["question"],
        headline_ids=summary["headline_ids"],
        findings=findings,
        finished=now(),
        place=job.place,
        synthetic=any(item.get("synthetic") for item in exhibits),
    )


def _index_of(job: Job) -> str:
    return f"../{INDEX}" if job.lgcode else INDEX


def _publish_failure(job: Job, failure: Failure, out: Path, last: Entry | None) -> Entry:
    """Leaves the last good page in place, marked, and an account of the failure beside it."""
    page = out / f"{job.stem}.html"
    kept = last is not None and last.page is not None and page.exists()
    reason = without_paths(failure.reason)
    account = FailureAccount(
        notebook=job.notebook.name,
        reason=reason,
        parameters=dict(job.parameters),
        cell=failure.cell,
        cell_heading=failure.heading,
        command=job.command,
        traceback=failure.traceback,
        kept_page=page.name if kept else None,
        index_href=_index_of(job),
    )
    put_in_place(out / f"{job.stem}.error.html", render_failure(account, lang=job.lang))
    if kept:
        _mark(page, job, last)
    name = {"ja": job.notebook.stem, "en": job.notebook.stem}
    entry = last or Entry(job.stem, job.notebook.stem, job.parameters, "", "", None, name, name)
    entry.status, entry.key = ("kept" if kept else "failed"), ""
    entry.error, entry.account = reason, f"{job.stem}.error.html"
    return entry


def _mark(page: Path, job: Job, last: Entry | None) -> None:
    """Marks the last good page; one made by another version may have no place for the mark."""
    try:
        marked = mark_stale(page.read_text(encoding="utf-8"), _stale_message(job.lang, last))
    except ValueError as error:
        logging.getLogger(__name__).warning("%s: %s", page.name, error)
    else:
        put_in_place(page, marked)


def _stale_message(lang: Lang, last: Entry | None) -> str:
    date = (date_in_japan(last.finished, lang) if last else None) or ""
    return f"made on {date}" if lang == "en" else f"掲載している内容の作成日：{date}"


def publish_dictionary(out: Path, lang: Lang, setting: Setting) -> None:
    """The data dictionary of the run's warehouse, beside the index; left as it is if up to date.

    Where it cannot be made, the reports stand without it, and a warning says why.
    """
    page = out / DICTIONARY
    made_from = f"{lang} {setting.inputs_sha256} {setting.code_version}"
    if page.exists() and made_from in page.read_text(encoding="utf-8"):
        return
    try:
        with duckdb.connect(str(setting.warehouse), read_only=True) as connection:
            tables = dictionary.dictionary(connection)
    except (dictionary.DictionaryError, HeaderError) as error:
        logging.getLogger(__name__).warning("%s: %s", DICTIONARY, error)
        return
    meta = {"made-from": made_from}
    put_in_place(page, render_dictionary(tables, lang=lang, index_href=INDEX, meta=meta))
