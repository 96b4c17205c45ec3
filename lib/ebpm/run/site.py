"""The site: what was published, page by page, and how a page is replaced whole or not at all.

`catalogue.json` remembers the last state of every page, so that a report that has not changed is
not made again and the index lists all reports, not only those of the last run.
"""

import contextlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ebpm import lgcode
from ebpm.files import lock, put_in_place
from ebpm.report import IndexEntry, render_index
from ebpm.report.model import Change, Lang

CATALOGUE = "catalogue.json"
CHANGES = "changes.json"
INDEX = "index.html"
DICTIONARY = "dictionary.html"
LEDGER = "ledger"
LEDGER_INDEX = f"{LEDGER}/{INDEX}"
LOCK = ".lock"
Item = TypeVar("Item")


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
    return {entry.stem: entry for entry in _read(out / CATALOGUE, Entry)}


def last_changes(out: Path) -> list[Change]:
    """What the last run that changed anything changed; empty where no run has said so."""
    return _read(out / CHANGES, Change)


def _read(path: Path, kind: type[Item]) -> list[Item]:
    """The items of a file that `save` wrote; one that cannot be read is set aside, and said."""
    if not path.exists():
        return []
    try:
        return [kind(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        path.replace(path.with_suffix(".broken.json"))
        logging.getLogger(__name__).warning("%s を読めないため作り直します（%s）", path.name, error)
        return []


def save(out: Path, changed: dict[str, Entry], lang: Lang, changes: Sequence[Change] = ()) -> None:
    """Adds the changed entries to the catalogue and writes the index made from all of them.

    Another run into the same site may have saved meanwhile: its entries stay. So does what the
    last run changed, where this one gives no `changes`.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        _write(out, load(out) | changed, lang, changes)


def drop(out: Path, stems: Sequence[str]) -> None:
    """Takes entries out of the catalogue; the index, which is of one language, is written anew."""
    with _alone(out):
        catalogue = load(out)
        kept = {stem: entry for stem, entry in catalogue.items() if stem not in stems}
        lang: Lang = "en" if out.name == "en" else "ja"
        _write(out, kept, lang)


def _write(
    out: Path, catalogue: dict[str, Entry], lang: Lang, changes: Sequence[Change] = ()
) -> None:
    ordered = [catalogue[stem] for stem in sorted(catalogue)]
    write_json(out / CATALOGUE, [asdict(entry) for entry in ordered])
    if changes:
        write_json(out / CHANGES, [asdict(change) for change in changes])
    entries = [_index_entry(entry, out) for entry in ordered]
    dictionary = DICTIONARY if (out / DICTIONARY).exists() else None
    ledger = LEDGER_INDEX if (out / LEDGER_INDEX).exists() else None
    index = render_index(
        entries,
        lang=lang,
        changes=last_changes(out),
        dictionary_href=dictionary,
        ledger_href=ledger,
    )
    put_in_place(out / INDEX, index)


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Holds the site's lock; the system lets go of it when the process ends, however it ends."""
    with (out / LOCK).open("w") as stream:
        lock(stream, exclusive=True)
        yield


def _index_entry(entry: Entry, out: Path) -> IndexEntry:
    code = str(entry.parameters.get("lgcode") or "") or None
    return IndexEntry(
        notebook=entry.notebook,
        title=entry.title,
        question=entry.question,
        findings=tuple(entry.findings),
        headlines=tuple(entry.headline_ids),
        href=entry.page,
        status={"kept": "kept", "failed": "failed"}.get(entry.status, "ok"),  # type: ignore[arg-type]
        place=entry.place,
        prefecture=lgcode.get(code).prefecture if code else entry.place,
        lgcode=code or _prefecture_code(entry.place),
        error=entry.error,
        account_href=entry.account,
        synthetic=entry.synthetic,
        **_other_forms(entry, out),
    )


def _prefecture_code(name: str | None) -> str | None:
    codes = {body.name: body.lgcode for body in lgcode.prefectures()}
    return codes.get(name or "")


def interactive_page(out: Path, stem: str) -> Path:
    """Where the version of a report with live charts stands."""
    return out / f"{stem}.interactive.html"


def _other_forms(entry: Entry, out: Path) -> dict[str, str]:
    """The other files of a national report that stand beside its page."""
    names = {
        "interactive_href": interactive_page(out, entry.stem).name,
        "pdf_href": f"{entry.stem}.pdf",
    }
    there = {} if entry.place else names
    return {key: name for key, name in there.items() if (out / name).exists()}


def write_json(path: Path, content: Any) -> None:
    """JSON in place in one step."""
    put_in_place(path, as_json(content))


def as_json(content: Any) -> str:
    """JSON as people and programs read it."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
