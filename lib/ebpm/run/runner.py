"""`run`: which reports, are they up to date, make them, publish them, write the account."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ebpm.evidence import ledger
from ebpm.report.model import Lang
from ebpm.run.changes import changes
from ebpm.run.digests import all_records
from ebpm.run.execute import Job
from ebpm.run.making import Made, Unmade, make
from ebpm.run.pdf import browser, write_pdfs
from ebpm.run.publish import ledger_rows, publish_dictionary, settle
from ebpm.run.publish_ledger import publish_ledger
from ebpm.run.setting import Engine, Setting, key_of, now, setting_of_this_run
from ebpm.run.site import Entry, interactive_page, load, save, write_json

SCHEMA = 1
RUN_FILE = "run.json"
TIMEOUT_SECONDS = 600
SAVE_EVERY_SECONDS = 60
# From so many reports on, the digests of all tables are computed once for all of them.
MANY = 20


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
    engine: Engine = "warm",
    executed_in: Path | None = None,
    pdf: bool = False,
    interactive: bool = False,
    tell: Callable[[dict[str, Any]], None] = lambda report: None,
) -> Outcome:
    """Makes the reports of `jobs` under `out` and writes `run.json` and the index.

    A report whose notebook, parameters, data and code have not changed is not made again. A
    report that fails leaves the last good page, marked, and an account of the failure. `tell` is
    called with each report's entry as it is done. Notebooks that `executed_in`, the site of the
    other language, holds as they would come out now are rendered without being executed again.
    With `interactive` a second page with live charts stands beside each, with `pdf` a PDF; without,
    those of a page that has changed go. Raises WarehouseError, LedgerError or PdfError, before
    anything is made, where there is no warehouse, the ledger is damaged or no browser is there to
    print.
    """
    started = now()
    program = browser() if pdf else None
    setting = setting_of_this_run(
        progress=progress, force=force, timeout_seconds=timeout_seconds, engine=engine
    )
    setting = replace(setting, interactive=interactive)
    ledger.entries(ledger.default_folder())
    catalogue = load(out)
    before = {stem: replace(entry) for stem, entry in catalogue.items()}
    executed = _executed(_in_other_language(jobs), executed_in, setting) if executed_in else {}
    if interactive and not force:
        executed |= _executed(jobs, out, setting)
    changed: dict[str, Entry] = {}
    found: list[ledger.Report] = []
    reports: dict[str, dict[str, Any]] = {}
    saved = time.monotonic()
    lang = jobs[0].lang if jobs else "ja"
    for job, made in _all_made(jobs, out, catalogue, setting, processes, executed):
        if made is not None:
            changed[job.stem] = settle(job, made, out, catalogue.get(job.stem), setting)
        if isinstance(made, Made):
            found.append(ledger_rows(job, made, setting))
        reports[job.stem] = _report(job, made, changed.get(job.stem) or catalogue[job.stem])
        tell(reports[job.stem])
        if time.monotonic() - saved > SAVE_EVERY_SECONDS:
            _save(out, changed, lang, found)
            saved = time.monotonic()
    _print(out, reports, set(changed), program, processes)
    publish_dictionary(out, lang, setting)
    _save(out, changed, lang, found)
    publish_ledger(out, lang, setting, catalogue | changed)
    save(out, {}, lang, changes(before, changed))
    account = {
        "schema": SCHEMA,
        "run_id": setting.run_id,
        "started": started,
        "finished": now(),
        "warehouse_sha256": setting.warehouse_sha256,
        "warehouse_inputs_sha256": setting.inputs_sha256,
        "code_version": setting.code_version,
        "reports": [reports[stem] for stem in dict.fromkeys(job.stem for job in jobs)],
    }
    write_json(out / RUN_FILE, account)
    return Outcome(account, out / RUN_FILE)


def _save(out: Path, changed: dict[str, Entry], lang: Lang, found: list[ledger.Report]) -> None:
    """First the ledger, then the catalogue: a report that is not in it is made again."""
    ledger.record_all(ledger.default_folder(), found)
    found.clear()
    save(out, changed, lang)


def _print(
    out: Path, reports: dict[str, Any], changed: set[str], program: str | None, processes: int
) -> None:
    """The PDF of each page that has none as it now is; a PDF of what the page was before goes."""
    for stem in changed:
        (out / f"{stem}.pdf").unlink(missing_ok=True)
    if program:
        pages = [out / report["page"] for report in reports.values() if report["page"]]
        write_pdfs([p for p in pages if not p.with_suffix(".pdf").exists()], program, processes)


def _executed(jobs: Sequence[Job], site: Path, setting: Setting) -> dict[str, Path]:
    """The executed notebooks of a site whose pages are up to date, by stem."""
    plain, catalogue = replace(setting, interactive=False), load(site)
    there = (job for job in jobs if _up_to_date(job, site, catalogue, plain))
    return {job.stem: site / f"{job.stem}.ipynb" for job in there}


def _in_other_language(jobs: Sequence[Job]) -> list[Job]:
    return [replace(job, lang="en" if job.lang == "ja" else "ja") for job in jobs]


def _all_made(
    jobs: Sequence[Job],
    out: Path,
    catalogue: dict[str, Entry],
    setting: Setting,
    processes: int,
    executed: dict[str, Path],
) -> Iterator[tuple[Job, Made | Unmade | None]]:
    """Each job with what came of it; None where the published page is up to date."""
    once = {job.stem: job for job in jobs}.values()
    due = [job for job in once if setting.force or not _up_to_date(job, out, catalogue, setting)]
    wanted = {job.stem for job in due}
    yield from ((job, None) for job in once if job.stem not in wanted)
    if not due:
        return
    if processes == 1 or len(due) == 1:
        yield from ((job, make(job, setting, executed.get(job.stem))) for job in due)
        return
    if len(due) >= MANY:
        setting = replace(setting, tables=all_records(setting.warehouse))
    alone = replace(setting, progress=False)
    with ProcessPoolExecutor(min(processes, len(due)), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(make, job, alone, executed.get(job.stem)): job for job in due}
        for done in as_completed(futures):
            # Nothing is kept of a report that was handed on: there may be thousands.
            yield futures.pop(done), done.result()


def _up_to_date(job: Job, out: Path, catalogue: dict[str, Entry], setting: Setting) -> bool:
    entry = catalogue.get(job.stem)
    same = entry is not None and entry.key == key_of(job, setting)
    files = [out / f"{job.stem}.html", out / f"{job.stem}.ipynb"]
    if setting.interactive:
        files.append(interactive_page(out, job.stem))
    return same and all(file.exists() for file in files)


def _report(job: Job, made: Made | Unmade | None, entry: Entry) -> dict[str, Any]:
    return {
        "notebook": entry.notebook,
        "parameters": job.parameters,
        "lang": job.lang,
        "status": entry.status,
        "unchanged": made is None,
        "page": entry.page,
        "executed_notebook": f"{job.stem}.ipynb" if entry.page else None,
        "seconds": made.seconds if made else 0.0,
        "findings": entry.findings,
        "error": entry.error,
        "account": entry.account,
    }
