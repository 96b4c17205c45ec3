"""What came of a report goes into the site: its page, or the account of its failure."""

import logging
from pathlib import Path
from typing import Any

import duckdb

from ebpm import dictionary
from ebpm.evidence import ledger
from ebpm.evidence.said import plain
from ebpm.evidence.text import LANGUAGES
from ebpm.files import put_in_place
from ebpm.report import (
    FailureAccount,
    mark_stale,
    render_dictionary,
    render_failure,
)
from ebpm.report.failure import without_paths
from ebpm.report.model import Lang
from ebpm.report.words import word
from ebpm.run import notebooks
from ebpm.run.execute import Failure, Job
from ebpm.run.making import Made, Unmade, index_of
from ebpm.run.setting import Setting, key_of, now
from ebpm.run.site import DICTIONARY, INDEX, Entry, interactive_page
from ebpm.sql_header import HeaderError

DERIVATION = {"claim", "data", "trace", "threshold_trace"}
SOURCE = ("key", "title", "edition", "reference_dates", "sha256")


def settle(job: Job, made: Made | Unmade, out: Path, last: Entry | None, setting: Setting) -> Entry:
    """Publishes a report whole, or leaves the last good page with an account beside it."""
    if isinstance(made, Unmade):
        return _publish_failure(job, made.failure, out, last)
    notebooks.keep(out, job.stem, made.notebook, setting.notebooks)
    put_in_place(out / f"{job.stem}.provenance.json", made.provenance)
    put_in_place(out / f"{job.stem}.html", made.html)
    interactive = interactive_page(out, job.stem)
    interactive.unlink(missing_ok=True)
    if made.interactive:
        put_in_place(interactive, made.interactive)
    (out / f"{job.stem}.error.html").unlink(missing_ok=True)
    return _entry(job, setting, made)


def ledger_rows(job: Job, made: Made, setting: Setting) -> ledger.Report:
    """The findings of a report as the ledger takes them."""
    return _common(job, setting), [brief(finding) for finding in made.findings]


def brief(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding without how its numbers came about: that stands in the executed notebook.

    A catalogue of 1,741 reports would be ten times as large with it.
    """
    kept = {name: value for name, value in finding.items() if name not in DERIVATION}
    sources = [{name: source.get(name) for name in SOURCE} for source in finding["sources"]]
    return {**kept, "sources": sources}


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


def _entry(job: Job, setting: Setting, made: Made) -> Entry:
    summary = made.summary
    return Entry(
        stem=job.stem,
        notebook=job.notebook.stem,
        parameters=job.parameters,
        status="ok",
        key=key_of(job, setting),
        page=f"{job.stem}.html",
        title=summary["title"],
        question=_plain(summary["question"]),
        headline_ids=summary["headline_ids"],
        findings=[brief(finding) for finding in made.findings],
        finished=now(),
        place=job.place,
        synthetic=made.synthetic,
    )


def _plain(said: dict[str, Any]) -> dict[str, str]:
    """A text, in segments or not, as one string in each language."""
    return {
        lang: said[lang] if isinstance(said[lang], str) else plain(said[lang]) for lang in LANGUAGES
    }


def _publish_failure(job: Job, failure: Failure, out: Path, last: Entry | None) -> Entry:
    """Leaves the last good page in place, marked, and an account of the failure beside it.

    Its interactive version, which bears no mark, goes.
    """
    interactive_page(out, job.stem).unlink(missing_ok=True)
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
        index_href=index_of(job),
    )
    put_in_place(out / f"{job.stem}.error.html", render_failure(account, lang=job.lang))
    if kept:
        _mark(page, job.lang)
    name = {"ja": job.notebook.stem, "en": job.notebook.stem}
    entry = last or Entry(job.stem, job.notebook.stem, job.parameters, "", "", None, name, name)
    entry.status, entry.key = ("kept" if kept else "failed"), ""
    entry.error, entry.account = reason, f"{job.stem}.error.html"
    return entry


def _mark(page: Path, lang: Lang) -> None:
    """Marks the last good page; one made by another version may have no place for the mark."""
    try:
        marked = mark_stale(page.read_text(encoding="utf-8"), word("stale_dates", lang))
    except ValueError as error:
        logging.getLogger(__name__).warning("%s: %s", page.name, error)
    else:
        put_in_place(page, marked)


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
            tables = dictionary.dictionary(connection, setting.house)
    except (dictionary.DictionaryError, HeaderError) as error:
        logging.getLogger(__name__).warning("%s: %s", DICTIONARY, error)
        return
    meta = {"made-from": made_from}
    put_in_place(page, render_dictionary(tables, lang=lang, index_href=INDEX, meta=meta))
