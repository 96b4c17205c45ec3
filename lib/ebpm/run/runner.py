"""`run`: which reports, are they up to date, make them, publish them, write the account."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ebpm.evidence import ledger
from ebpm.run import journal, notebooks, workers
from ebpm.run.changes import changes
from ebpm.run.digests import all_records
from ebpm.run.execute import USUAL, Engine, Job
from ebpm.run.notebooks import Kept
from ebpm.run.pdf import browser, write_pdfs
from ebpm.run.publish import publish_dictionary
from ebpm.run.publish_ledger import publish_ledger
from ebpm.run.setting import Setting, key_of, now, setting_of_this_run
from ebpm.run.site import Entry, interactive_page, load, save, write_json
from ebpm.run.workers import ClusterError, Order, Settled
from ebpm.warm.forker import Limits

SCHEMA = 1
RUN_FILE = "run.json"
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


@dataclass(frozen=True)
class Wishes:
    """How a run shall be done.

    `force`: reports that have not changed are made again, too. `limits`, `engine`, `notebooks`: as
    in Setting. `pdf`, `interactive`: further forms of each page. `cluster`: the address of a Dask
    scheduler whose workers make the reports, instead of `processes` of this machine.
    """

    processes: int = 1
    force: bool = False
    limits: Limits = USUAL
    engine: Engine = "warm"
    notebooks: Kept = "plain"
    pdf: bool = False
    interactive: bool = False
    cluster: str | None = None


def run(
    jobs: Sequence[Job],
    out: Path,
    wishes: Wishes | None = None,
    *,
    executed_in: Path | None = None,
    tell: Callable[[dict[str, Any]], None] = lambda report: None,
) -> Outcome:
    """Makes the reports of `jobs` under `out` and writes `run.json` and the index.

    A report whose notebook, parameters, data and code have not changed is not made again, nor is
    one that an earlier run had finished when it was broken off. A report that fails leaves the
    last good page, marked, and an account of the failure. `tell` is called with each report's
    entry as it is done. Notebooks that `executed_in`, the site of the other language, holds as
    they would come out now are rendered without being executed again. With `interactive` a second
    page with live charts stands beside each, with `pdf` a PDF; without, those of a page that has
    changed go. Raises WarehouseError, LedgerError, PdfError or ClusterError, before anything is
    made, where there is no warehouse, the ledger is damaged, no browser is there to print, or no
    scheduler answers.
    """
    started = now()
    wishes = wishes or Wishes()
    program = browser() if wishes.pdf else None
    own = any(job.is_own for job in jobs)
    setting = setting_of_this_run(
        own=own, force=wishes.force, limits=wishes.limits, engine=wishes.engine
    )
    setting = replace(setting, interactive=wishes.interactive, notebooks=wishes.notebooks)
    ledger.entries(ledger.default_folder())
    lang = jobs[0].lang if jobs else "ja"
    journal.settle(out, lang)
    catalogue = load(out)
    changed: dict[str, Entry] = {}
    reports = {}
    due, rest = _due(jobs, out, catalogue, setting)
    for job in rest:
        reports[job.stem] = _report(job, None, catalogue[job.stem], setting)
        tell(reports[job.stem])
    orders = _orders(due, out, catalogue, setting, executed_in)
    for done in _settled(orders, setting, wishes):
        stem = done.job.stem
        journal.append(out, done.entry, done.rows)
        changed[stem] = done.entry
        reports[stem] = _report(done.job, done.seconds, done.entry, setting)
        tell(reports[stem])
    _print(out, reports, set(changed), program, wishes.processes)
    publish_dictionary(out, lang, setting)
    journal.settle(out, lang)
    publish_ledger(out, lang, setting, catalogue | changed)
    save(out, {}, lang, changes(catalogue, changed))
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


def _due(
    jobs: Sequence[Job], out: Path, catalogue: dict[str, Entry], setting: Setting
) -> tuple[list[Job], list[Job]]:
    """The reports to be made, each once, and those that are up to date."""
    once = {job.stem: job for job in jobs}.values()
    due = [job for job in once if setting.force or not _up_to_date(job, out, catalogue, setting)]
    wanted = {job.stem for job in due}
    return due, [job for job in once if job.stem not in wanted]


def _orders(
    due: Sequence[Job],
    out: Path,
    catalogue: dict[str, Entry],
    setting: Setting,
    executed_in: Path | None,
) -> list[Order]:
    executed = _executed(_in_other_language(due), executed_in, setting) if executed_in else {}
    if setting.interactive and not setting.force:
        executed |= _executed(due, out, setting)
    return [Order(job, out, catalogue.get(job.stem), executed.get(job.stem)) for job in due]


def _settled(orders: list[Order], setting: Setting, wishes: Wishes) -> Iterator[Settled]:
    """Every report as it is done, on this machine or on the cluster."""
    if len(orders) >= MANY:
        setting = replace(setting, tables=all_records(setting.warehouse))
    if wishes.cluster:
        if find_spec("distributed") is None:
            raise ClusterError(
                "--cluster には distributed が必要です（pip install 'ebpm[cluster]'）。"
            )
        from ebpm.run import cluster

        return cluster.all_settled(orders, setting, wishes.cluster)
    return workers.all_settled(orders, setting, wishes.processes)


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
    found = ((job.stem, notebooks.find(site, job.stem)) for job in there)
    return {stem: path for stem, path in found if path}


def _in_other_language(jobs: Sequence[Job]) -> list[Job]:
    return [replace(job, lang="en" if job.lang == "ja" else "ja") for job in jobs]


def _up_to_date(job: Job, out: Path, catalogue: dict[str, Entry], setting: Setting) -> bool:
    entry = catalogue.get(job.stem)
    same = entry is not None and entry.key == key_of(job, setting)
    files = [out / f"{job.stem}.html"]
    if kept := notebooks.place(out, job.stem, setting.notebooks):
        files.append(kept)
    if setting.interactive:
        files.append(interactive_page(out, job.stem))
    return same and all(file.exists() for file in files)


def _report(job: Job, seconds: float | None, entry: Entry, setting: Setting) -> dict[str, Any]:
    """A report as `run.json` tells it; without `seconds` it was up to date."""
    kept = notebooks.place(Path(), job.stem, setting.notebooks)
    return {
        "notebook": entry.notebook,
        "parameters": job.parameters,
        "lang": job.lang,
        "status": entry.status,
        "unchanged": seconds is None,
        "page": entry.page,
        "executed_notebook": kept.as_posix() if kept and entry.page else None,
        "seconds": seconds or 0.0,
        "findings": entry.findings,
        "error": entry.error,
        "account": entry.account,
    }
