"""`run`: which reports, are they up to date, make them, publish them, write the account."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ebpm.evidence import ledger
from ebpm.run.execute import Execution, Job, execute
from ebpm.run.publish import publish_dictionary, settle
from ebpm.run.publish_ledger import publish_ledger
from ebpm.run.setting import Setting, key_of, now, setting_of_this_run
from ebpm.run.site import Entry, load, save, write_json

SCHEMA = 1
RUN_FILE = "run.json"
TIMEOUT_SECONDS = 600
SAVE_EVERY_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What a run did: its account, as in `run.json`, and whether every report is good."""

    account: dict[str, Any]
    path: Path

    @property
    def ok(self) -> bool:
        """True when no report failed."""
        return all(report["status"] == "ok" for report in self.account["reports"])


def run(
    jobs: Sequence[Job],
    out: Path,
    *,
    processes: int = 1,
    progress: bool = False,
    force: bool = False,
    timeout_seconds: int = TIMEOUT_SECONDS,
    tell: Callable[[dict[str, Any]], None] = lambda report: None,
) -> Outcome:
    """Makes the reports of `jobs` under `out` and writes `run.json` and the index.

    A report whose notebook, parameters, data and code have not changed is not made again. A
    report that fails leaves the last good page, marked, and an account of the failure. `tell` is
    called with each report's entry as it is done. Raises WarehouseError or LedgerError, before
    anything is made, where there is no warehouse or the ledger is damaged.
    """
    started = now()
    setting = setting_of_this_run(progress=progress, force=force, timeout_seconds=timeout_seconds)
    ledger.entries(ledger.default_folder())
    catalogue = load(out)
    changed: dict[str, Entry] = {}
    reports = []
    saved = time.monotonic()
    for job, execution in _executions(jobs, out, catalogue, setting, processes):
        if execution is not None:
            changed[job.stem] = settle(job, execution, out, catalogue.get(job.stem), setting)
        reports.append(_report(job, execution, changed.get(job.stem) or catalogue[job.stem]))
        tell(reports[-1])
        if time.monotonic() - saved > SAVE_EVERY_SECONDS:
            save(out, changed, job.lang)
            saved = time.monotonic()
    lang = jobs[0].lang if jobs else "ja"
    publish_dictionary(out, lang, setting)
    publish_ledger(out, lang, setting, catalogue | changed)
    save(out, changed, lang)
    account = {
        "schema": SCHEMA,
        "run_id": setting.run_id,
        "started": started,
        "finished": now(),
        "warehouse_sha256": setting.warehouse_sha256,
        "warehouse_inputs_sha256": setting.inputs_sha256,
        "code_version": setting.code_version,
        "reports": reports,
    }
    write_json(out / RUN_FILE, account)
    return Outcome(account, out / RUN_FILE)


def _executions(
    jobs: Sequence[Job],
    out: Path,
    catalogue: dict[str, Entry],
    setting: Setting,
    processes: int,
) -> Iterator[tuple[Job, Execution | None]]:
    """Each job with its execution; None where the published page is up to date."""
    once = {job.stem: job for job in jobs}.values()
    due = [job for job in once if setting.force or not _up_to_date(job, out, catalogue, setting)]
    wanted = {job.stem for job in due}
    yield from ((job, None) for job in once if job.stem not in wanted)
    if processes == 1 or len(due) < 2:
        for job in due:
            yield job, _execute(job, setting, progress=setting.progress)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_execute, job, setting, progress=False) for job in due]
        yield from ((job, future.result()) for job, future in zip(due, futures, strict=True))


def _execute(job: Job, setting: Setting, *, progress: bool) -> Execution:
    limit = setting.timeout_seconds
    return execute(job, setting.warehouse, timeout_seconds=limit, progress=progress)


def _up_to_date(job: Job, out: Path, catalogue: dict[str, Entry], setting: Setting) -> bool:
    entry = catalogue.get(job.stem)
    same = entry is not None and entry.key == key_of(job, setting)
    return same and (out / f"{job.stem}.html").exists() and (out / f"{job.stem}.ipynb").exists()


def _report(job: Job, execution: Execution | None, entry: Entry) -> dict[str, Any]:
    return {
        "notebook": entry.notebook,
        "parameters": job.parameters,
        "lang": job.lang,
        "status": entry.status,
        "unchanged": execution is None,
        "page": entry.page,
        "executed_notebook": f"{job.stem}.ipynb" if entry.page else None,
        "seconds": execution.seconds if execution else 0.0,
        "findings": entry.findings,
        "error": entry.error,
        "account": entry.account,
    }
