"""The pages of the ledger go into the site, where something that they show has changed."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ebpm import lgcode
from ebpm.dates import in_japan
from ebpm.evidence import ledger, plans
from ebpm.evidence.lines import LedgerError, Row, digest
from ebpm.files import put_in_place
from ebpm.report.ledger import ledger_names, ledger_pages
from ebpm.report.ledger_parts import LedgerView
from ebpm.report.model import Lang
from ebpm.run.setting import Setting
from ebpm.run.site import LEDGER, LEDGER_INDEX, Entry


def publish_ledger(out: Path, lang: Lang, setting: Setting, catalogue: Mapping[str, Entry]) -> None:
    """Writes the pages under `out/ledger`, unless they stand there, made from the same.

    Where the ledger cannot be read, the reports stand without them, and a warning says why.
    """
    try:
        view = _view(ledger.default_folder(), out, lang, setting, catalogue)
    except LedgerError as error:
        logging.getLogger(__name__).warning("%s", error)
        return
    if not _up_to_date(out, view):
        for name, text in ledger_pages(view).items():
            put_in_place(out / LEDGER / name, text)


def _up_to_date(out: Path, view: LedgerView) -> bool:
    there = all((out / LEDGER / name).exists() for name in ledger_names(view.entries))
    return there and view.meta["made-from"] in (out / LEDGER_INDEX).read_text(encoding="utf-8")


def _view(
    folder: Path, out: Path, lang: Lang, setting: Setting, catalogue: Mapping[str, Entry]
) -> LedgerView:
    entries, registered, chain = (
        ledger.entries(folder),
        plans.plans(folder),
        plans.check_chain(folder),
    )
    pages = {
        stem: entry.title for stem, entry in catalogue.items() if (out / f"{stem}.html").exists()
    }
    sources = sources_of(setting.warehouse)
    made_from: dict[str, Any] = {
        "lang": lang,
        "code": setting.code_version,
        "entries": [row["entry"] for row in entries],
        "plans": [plan.hash for plan in registered],
        "problems": [problem.line for problem in chain.problems],
        "retrieved": {key: record.get("retrieved") for key, record in sources.items()},
        "pages": pages,
    }
    return LedgerView(
        lang,
        entries,
        registered,
        chain,
        lambda moment: getattr(in_japan(moment), lang),
        sources=sources,
        reports=pages,
        places=_places(entries),
        meta={"made-from": digest(made_from)},
    )


def sources_of(warehouse: Path) -> dict[str, dict[str, Any]]:
    """The records of the figures in the warehouse, by the key that findings name them by."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT record FROM source").fetchall()
    records = [json.loads(record) for (record,) in found]
    return {Path(record["file"]).stem: record for record in records}


def _places(entries: Sequence[Row]) -> dict[str, str]:
    """Full names of the municipalities that rows are about; a code that is none stays a code."""
    codes = {code for row in entries if (code := ledger.body_of(row))}
    names = {}
    for code in codes:
        try:
            names[code] = lgcode.get(code).full_name
        except lgcode.LgcodeError:
            continue
    return names
