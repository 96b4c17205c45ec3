"""The site: what was published, page by page, and how a page is replaced whole or not at all.

`catalogue.json` remembers the last state of every page, so that a report that has not changed is
not made again and the index lists all reports, not only those of the last run.
"""

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ebpm.files import lock, put_in_place
from ebpm.report import IndexEntry, render_index
from ebpm.report.model import Lang

CATALOGUE = "catalogue.json"
INDEX = "index.html"
DICTIONARY = "dictionary.html"
LEDGER = "ledger"
LEDGER_INDEX = f"{LEDGER}/{INDEX}"
LOCK = ".lock"
JAPAN = timezone(timedelta(hours=9))


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
    """The catalogue of a site, by stem; empty for a new one.

    A catalogue that cannot be read is set aside under another name: then all reports are made
    again, and nothing is lost.
    """
    path = out / CATALOGUE
    if not path.exists():
        return {}
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
        return {item["stem"]: Entry(**item) for item in items}
    except (ValueError, TypeError, KeyError) as error:
        path.replace(path.with_suffix(".broken.json"))
        logging.getLogger(__name__).warning("%s を読めないため作り直します（%s）", CATALOGUE, error)
        return {}


def save(out: Path, changed: dict[str, Entry], lang: Lang) -> None:
    """Adds the changed entries to the catalogue and writes the index made from all of them.

    Another run into the same site may have saved meanwhile: its entries stay.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        catalogue = load(out) | changed
        ordered = [catalogue[stem] for stem in sorted(catalogue)]
        write_json(out / CATALOGUE, [asdict(entry) for entry in ordered])
        entries = [_index_entry(entry, lang) for entry in ordered]
        dictionary = DICTIONARY if (out / DICTIONARY).exists() else None
        ledger = LEDGER_INDEX if (out / LEDGER_INDEX).exists() else None
        index = render_index(entries, lang=lang, dictionary_href=dictionary, ledger_href=ledger)
        put_in_place(out / INDEX, index)


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Holds the site's lock; the system lets go of it when the process ends, however it ends."""
    with (out / LOCK).open("w") as stream:
        lock(stream, exclusive=True)
        yield


def _index_entry(entry: Entry, lang: Lang) -> IndexEntry:
    found = {item["id"]: item for item in entry.findings}
    return IndexEntry(
        notebook=entry.notebook,
        title=entry.title,
        question=entry.question,
        findings=tuple(found[name] for name in entry.headline_ids),
        date=date_in_japan(entry.finished, lang),
        href=entry.page,
        status={"kept": "kept", "failed": "failed"}.get(entry.status, "ok"),  # type: ignore[arg-type]
        place=entry.place,
        error=entry.error,
        account_href=entry.account,
        synthetic=entry.synthetic,
    )


def date_in_japan(moment: str | None, lang: Lang) -> str | None:
    """A moment in UTC as a date in Japan: 2026年11月23日, 23 November 2026."""
    if moment is None:
        return None
    day = datetime.fromisoformat(moment).astimezone(JAPAN)
    if lang == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B %Y}"


def write_json(path: Path, content: Any) -> None:
    """JSON in place in one step."""
    put_in_place(path, as_json(content))


def as_json(content: Any) -> str:
    """JSON as people and programs read it."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
