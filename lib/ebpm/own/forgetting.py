"""`forget`: own data go, and with them everything that was made from them.

Pages, executed notebooks and their provenance in every site that a run on own data wrote; the rows
of the ledger of own data; the tables, their records and lists, and what the warehouse holds of
them. With the last data set the key of the pseudonyms goes, too.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ebpm.evidence.ledger import FILE as LEDGER_FILE
from ebpm.evidence.lines import dumped, read
from ebpm.figures import Figure
from ebpm.own import building, places, pseudonyms, store
from ebpm.run import site
from ebpm.run.runner import RUN_FILE

SITES = "sites.json"
# Written anew by the next run; each may hold words of a report that is to be forgotten.
WHOLE_SITE = (site.CHANGES, site.DICTIONARY, RUN_FILE)


@dataclass(frozen=True)
class Forgotten:
    """What was removed: data sets, pages, rows of the ledger."""

    datasets: tuple[str, ...]
    pages: tuple[str, ...]
    findings: int


def remember(out: Path) -> None:
    """Notes a site that a run on own data writes to, so that `forget` finds its pages."""
    known = sites()
    if out.resolve() not in known:
        content = json.dumps([str(path) for path in [*known, out.resolve()]], indent=1)
        places.put_private(places.folder() / SITES, content + "\n")


def sites() -> list[Path]:
    """All sites that runs on own data wrote to."""
    path = places.folder() / SITES
    return (
        [Path(each) for each in json.loads(path.read_text(encoding="utf-8"))]
        if path.exists()
        else []
    )


def forget(dataset: str, form: str | None = None, out: Path | None = None) -> Forgotten:
    """Removes the data sets of a name (of all forms, or one) and what was made from them."""
    return _forget(
        [i for i in store.datasets() if i.record["dataset"] == dataset and form in {None, i.table}],
        out,
    )


def forget_all(out: Path | None = None) -> Forgotten:
    """Removes all own data, everything made from them, and the key of the pseudonyms."""
    done = _forget(store.datasets(), out)
    pseudonyms.forget_key()
    for name in ("imported", "warehouse", "ledger"):
        shutil.rmtree(places.folder() / name, ignore_errors=True)
    return done


def _forget(items: list[Figure], out: Path | None) -> Forgotten:
    keys = {item.path.stem for item in items}
    places_written = [*sites(), *([out] if out else []), places.site(), places.site() / "en"]
    pages = [
        p
        for each in dict.fromkeys(path.resolve() for path in places_written)
        for p in _pages(each, keys)
    ]
    findings = _rows(places.ledger() / LEDGER_FILE, keys) if keys else 0
    for item in items:
        store.remove(item)
    if items:
        building.build()
    if items and not store.datasets():
        pseudonyms.forget_key()
    return Forgotten(tuple(sorted(keys)), tuple(pages), findings)


def _pages(out: Path, keys: set[str]) -> Iterable[str]:
    """Removes the reports of a site that rest on data to be forgotten."""
    if not keys or not (out / site.CATALOGUE).exists():
        return []
    catalogue = site.load(out)
    gone = [stem for stem in catalogue if _rests_on(out, stem, keys)]
    if not gone:
        return []
    for stem in gone:
        folder = (out / stem).parent
        for path in folder.glob(f"{Path(stem).name}.*"):
            path.unlink()
    for name in WHOLE_SITE:
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / site.LEDGER, ignore_errors=True)
    site.drop(out, gone)
    return gone


def _rests_on(out: Path, stem: str, keys: set[str]) -> bool:
    """Whether a report names one of the data sets as its source; one that cannot tell goes, too."""
    path = out / f"{stem}.provenance.json"
    if not path.exists():
        return True
    known = {source["key"] for source in json.loads(path.read_text(encoding="utf-8"))["sources"]}
    return bool(known & keys)


def _rows(path: Path, keys: set[str]) -> int:
    """Removes the rows of a ledger that rest on data to be forgotten."""
    rows = [line.row for line in read(path)]
    kept = [
        row for row in rows if not keys & {source.get("key") for source in row.get("sources", [])}
    ]
    if len(kept) < len(rows):
        places.put_private(path, "".join(f"{dumped(row)}\n" for row in kept))
    return len(rows) - len(kept)
