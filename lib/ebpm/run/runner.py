"""`run`: which reports, are they up to date, make them, publish them, write the account."""

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ebpm import __version__, warehouse
from ebpm.evidence import ledger
from ebpm.figures import available, sha256
from ebpm.report import (
    FailureAccount,
    PageContext,
    PayloadError,
    mark_stale,
    render_failure,
    render_page,
)
from ebpm.report.failure import without_paths
from ebpm.run.execute import Execution, Failure, Job, execute, payloads
from ebpm.run.site import (
    INDEX,
    Entry,
    load,
    publish,
    publish_notebook,
    save,
    write_json,
)

SCHEMA = 1
RUN_FILE = "run.json"


@dataclass(frozen=True)
class Outcome:
    """What a run did: its account, as in `run.json`, and whether every report is good."""

    account: dict[str, Any]
    path: Path

    @property
    def ok(self) -> bool:
        """True when no report failed."""
        return all(report["status"] == "ok" for report in self.account["reports"])


@dataclass(frozen=True)
class Setting:
    """What all reports of a run share."""

    run_id: str
    warehouse: Path
    inputs_sha256: str
    warehouse_sha256: str
    code_version: str
    progress: bool
    force: bool


def run(
    jobs: Sequence[Job],
    out: Path,
    *,
    processes: int = 1,
    progress: bool = False,
    force: bool = False,
    tell: Callable[[dict[str, Any]], None] = lambda report: None,
) -> Outcome:
    """Makes the reports of `jobs` under `out` and writes `run.json` and the index.

    A report whose notebook, parameters, data and code have not changed is not made again. A
    report that fails leaves the last good page, marked, and an account of the failure. `tell` is
    called with each report's entry as it is done.
    """
    started = _now()
    setting = _setting(progress=progress, force=force)
    catalogue = load(out)
    reports = []
    for job, execution in _executions(jobs, out, catalogue, setting, processes):
        reports.append(_settle(job, execution, out, catalogue, setting))
        if execution is not None or not (out / INDEX).exists():
            save(out, catalogue, job.lang)
        tell(reports[-1])
    account = {
        "schema": SCHEMA,
        "run_id": setting.run_id,
        "started": started,
        "finished": _now(),
        "warehouse_sha256": setting.warehouse_sha256,
        "warehouse_inputs_sha256": setting.inputs_sha256,
        "code_version": setting.code_version,
        "reports": reports,
    }
    write_json(out / RUN_FILE, account)
    return Outcome(account, out / RUN_FILE)


def _setting(*, progress: bool, force: bool) -> Setting:
    path = warehouse.current()
    return Setting(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        warehouse=path,
        inputs_sha256=warehouse.inputs_sha256(available()),
        warehouse_sha256=sha256(path),
        code_version=code_version(),
        progress=progress,
        force=force,
    )


def _executions(
    jobs: Sequence[Job],
    out: Path,
    catalogue: dict[str, Entry],
    setting: Setting,
    processes: int,
) -> Iterator[tuple[Job, Execution | None]]:
    """Each job with its execution; None where the published page is up to date."""
    due = [job for job in jobs if setting.force or not _up_to_date(job, out, catalogue, setting)]
    current = [job for job in jobs if job not in due]
    yield from ((job, None) for job in current)
    if processes == 1 or len(due) < 2:
        for job in due:
            yield job, execute(job, setting.warehouse, progress=setting.progress)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(execute, job, setting.warehouse, progress=False) for job in due]
        yield from ((job, future.result()) for job, future in zip(due, futures, strict=True))


def _up_to_date(job: Job, out: Path, catalogue: dict[str, Entry], setting: Setting) -> bool:
    entry = catalogue.get(job.stem)
    same = entry is not None and entry.key == _key(job, setting)
    return same and (out / f"{job.stem}.html").exists() and (out / f"{job.stem}.ipynb").exists()


def _key(job: Job, setting: Setting) -> str:
    """Notebook + parameters + language + data + code: what a page is made from."""
    parts = [
        sha256(job.notebook),
        json.dumps(job.parameters, sort_keys=True),
        job.lang,
        setting.inputs_sha256,
        setting.code_version,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _settle(
    job: Job,
    execution: Execution | None,
    out: Path,
    catalogue: dict[str, Entry],
    setting: Setting,
) -> dict[str, Any]:
    """Publishes what came of a job and returns its entry for `run.json`."""
    if execution is None:
        return _report(job, catalogue[job.stem], 0.0, unchanged=True)
    page = execution.failure or _page(job, execution, setting)
    if isinstance(page, Failure):
        catalogue[job.stem] = _publish_failure(job, page, out, catalogue.get(job.stem))
    else:
        catalogue[job.stem] = _publish(job, execution, page, out, setting)
    return _report(job, catalogue[job.stem], execution.seconds, unchanged=False)


def _page(job: Job, execution: Execution, setting: Setting) -> str | Failure:
    """The rendered page, or why it cannot be rendered."""
    assert execution.notebook is not None
    context = PageContext(
        notebook_name=job.notebook.name,
        parameters=dict(job.parameters),
        warehouse_sha256=setting.inputs_sha256,
        code_version=setting.code_version,
        command=job.command,
        place=job.place,
        index_href="../index.html" if job.lgcode else "index.html",
    )
    try:
        return render_page(execution.notebook, lang=job.lang, context=context)
    except PayloadError as error:
        return Failure(f"{PayloadError.__name__}: {error}")


def _publish(job: Job, execution: Execution, page: str, out: Path, setting: Setting) -> Entry:
    assert execution.notebook is not None
    assert execution.summary is not None
    publish_notebook(out / f"{job.stem}.ipynb", execution.notebook)
    publish(out / f"{job.stem}.html", page)
    (out / f"{job.stem}.error.html").unlink(missing_ok=True)
    common = {
        "run_id": setting.run_id,
        "report": job.stem,
        "parameters": json.dumps(job.parameters, ensure_ascii=False),
        "warehouse_inputs_sha256": setting.inputs_sha256,
        "code_version": setting.code_version,
    }
    ledger.record(warehouse.default_folder(), common, execution.findings)
    return Entry(
        stem=job.stem,
        notebook=job.notebook.stem,
        parameters=job.parameters,
        status="ok",
        key=_key(job, setting),
        page=f"{job.stem}.html",
        title=execution.summary["title"],
        question=execution.summary["question"],
        headline_ids=execution.summary["headline_ids"],
        findings=execution.findings,
        finished=_now(),
        place=job.place,
        synthetic=any(item["synthetic"] for item in _drawn(execution.notebook)),
    )


def _drawn(notebook: NotebookNode) -> list[dict[str, Any]]:
    return payloads(notebook, "figure") + payloads(notebook, "table")


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
        index_href="../index.html" if job.lgcode else "index.html",
    )
    publish(out / f"{job.stem}.error.html", render_failure(account, lang=job.lang))
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
        publish(page, marked)


def _stale_message(lang: str, last: Entry | None) -> str:
    date = (last.finished or "")[:10] if last else ""
    return f"made on {date}" if lang == "en" else f"掲載している内容の作成日：{date}"


def _report(job: Job, entry: Entry, seconds: float, *, unchanged: bool) -> dict[str, Any]:
    return {
        "notebook": entry.notebook,
        "parameters": job.parameters,
        "lang": job.lang,
        "status": entry.status,
        "unchanged": unchanged,
        "page": entry.page,
        "executed_notebook": f"{job.stem}.ipynb" if entry.page else None,
        "seconds": seconds,
        "findings": entry.findings,
        "error": entry.error,
        "account": entry.account,
    }


@cache
def code_version() -> str:
    """Version and a hash over the library's own files: what computed the numbers."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".sql", ".css"}:
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _now() -> str:
    """The moment, in UTC, to the second; `SOURCE_DATE_EPOCH` fixes it for reproducible builds."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
