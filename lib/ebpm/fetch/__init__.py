"""Fetches the official published files into `data/raw`, where the next build prefers them.

`data/fetch.toml` says which editions there are, where their publisher lists them, and, where it is
known, the sha256 of the file. A file is put in place only when it arrived whole, is what its name
says, and has the sha256 that is expected; otherwise the file that was there stays.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ebpm.fetch import archive, links
from ebpm.fetch.catalogue import Edition, Item, editions
from ebpm.fetch.checks import refuse_wrong_content
from ebpm.fetch.record import Records, alone, now
from ebpm.fetch.transfer import Answer, Limits, Progress, download, forget
from ebpm.fetch.web import FetchError, Unreachable
from ebpm.figures import sha256
from ebpm.paths import RAW

__all__ = ["Edition", "FetchError", "Limits", "Outcome", "Unreachable", "editions", "run"]

PARTS = ".parts"


@dataclass(frozen=True)
class Outcome:
    """What became of one edition: `fetched`, `unchanged` or `failed`, with a line for people."""

    source: str
    edition: str
    status: str
    message: str
    address: str = ""
    files: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the edition is here now."""
        return self.status != "failed"


@dataclass(frozen=True)
class Errand:
    """One run: where files go, what is recorded of them, what the user allows."""

    raw: Path
    records: Records
    accept: bool
    limits: Limits
    progress: Progress

    def part(self, name: str) -> Path:
        """Where a file lies until it is whole and checked."""
        return self.raw / PARTS / f"{name.replace('/', '_')}.part"


def run(
    wanted: Iterable[Edition],
    *,
    raw: Path | None = None,
    accept: bool = False,
    limits: Limits | None = None,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    waiting: Callable[[], None] = lambda: None,
    progress: Progress = lambda name, done, total: None,
) -> list[Outcome]:
    """Fetches editions one after the other; what goes wrong with one is in its outcome.

    `accept` records what the publisher serves now even where another sha256 is expected. A second
    run at the same time waits for the first (`waiting` is called once).
    """
    folder = raw or RAW
    outcomes: list[Outcome] = []
    with alone(folder, waiting):
        errand = Errand(folder, Records(folder), accept, limits or Limits(), progress)
        unreachable: set[str] = set()
        for edition in wanted:
            if edition.source in unreachable:
                continue
            outcome, reached = _outcome(edition, errand)
            if not reached:
                unreachable.add(edition.source)
            outcomes.append(outcome)
            tell(outcome)
    return outcomes


def _outcome(edition: Edition, errand: Errand) -> tuple[Outcome, bool]:
    """The outcome, and whether the publisher's server was reached."""
    try:
        return _fetch(edition, errand), True
    except FetchError as error:
        failed = Outcome(edition.source, edition.edition, "failed", str(error))
        return failed, not isinstance(error, Unreachable)


def _fetch(edition: Edition, errand: Errand) -> Outcome:
    """One edition, from its address to its place."""
    if not errand.accept and _has_what_is_expected(edition, errand):
        return _unchanged(edition)
    address = _address(edition, errand)
    part = errand.part(edition.items[0].file if not edition.archive else f"{edition.folder}.zip")
    conditions = errand.records.conditions(edition.files, address)
    answer = download(address, part, errand.limits, conditions, errand.progress)
    if answer is None:
        return _unchanged(edition, address)
    try:
        arrived = _arrived(edition, part, errand)
        _refuse_another_content(edition, arrived, errand)
        changed = _put(edition, arrived, answer, address, errand)
    finally:
        for left in (part, *(errand.part(file) for file in edition.files)):
            forget(left)
    if not changed:
        return _unchanged(edition, address)
    return _done(edition, "fetched", "取得しました。", address)


def _unchanged(edition: Edition, address: str = "") -> Outcome:
    return _done(edition, "unchanged", "取得済みで、変わっていません。", address)


def _done(edition: Edition, status: str, message: str, address: str) -> Outcome:
    return Outcome(edition.source, edition.edition, status, message, address, edition.files)


def _expected(item: Item, errand: Errand) -> str | None:
    """The sha256 a file must have: what was accepted, else the known one, else what was there."""
    recorded = errand.records.of(item.file)
    if recorded.get("accepted") or not item.sha256:
        return recorded.get("sha256")
    return item.sha256


def _has_what_is_expected(edition: Edition, errand: Errand) -> bool:
    """Whether every file is here with a sha256 known beforehand; then nothing is asked."""
    return all(
        item.sha256
        and (errand.raw / item.file).is_file()
        and sha256(errand.raw / item.file) == _expected(item, errand)
        for item in edition.items
    )


def _address(edition: Edition, errand: Errand) -> str:
    """The address of the file: known, or found on the publisher's page."""
    if edition.direct:
        return edition.link
    part = errand.part(f"{edition.source}-{edition.edition}.html")
    forget(part)
    download(edition.page, part, errand.limits.of_page(), {}, lambda name, done, total: None)
    try:
        return links.find(part.read_bytes(), edition.page, edition.link, edition.text)
    finally:
        forget(part)


def _arrived(edition: Edition, part: Path, errand: Errand) -> dict[Item, Path]:
    """The files of an edition as they arrived, each checked to be what its name says."""
    if not edition.archive:
        refuse_wrong_content(part, edition.items[0].name)
        return {edition.items[0]: part}
    refuse_wrong_content(part, "archive.zip")
    places = {item.name: errand.part(item.file) for item in edition.items}
    archive.extract(part, places, errand.limits.bytes)
    for item in edition.items:
        refuse_wrong_content(places[item.name], item.name)
    return {item: places[item.name] for item in edition.items}


def _refuse_another_content(edition: Edition, arrived: dict[Item, Path], errand: Errand) -> None:
    if errand.accept:
        return
    for item, path in arrived.items():
        expected, actual = _expected(item, errand), sha256(path)
        if expected and actual != expected:
            raise FetchError(
                f"{item.name} の内容が記録と違います（sha256 は {actual[:12]}…、"
                f"記録は {expected[:12]}…）。公表元が差し替えた可能性があります。"
                f"手元のファイルは変えていません。公表ページ {edition.page} を確かめ、"
                f"新しい内容でよければ ebpm fetch {edition.source} --accept を実行してください。"
            )


def _put(
    edition: Edition, arrived: dict[Item, Path], answer: Answer, address: str, errand: Errand
) -> bool:
    """Moves the files to their places, then records them; True where a content is new."""
    changed = False
    for item, path in arrived.items():
        place, digest = errand.raw / item.file, sha256(path)
        changed |= not place.is_file() or sha256(place) != digest
        entry: dict[str, Any] = {
            "source": edition.source,
            "edition": edition.edition,
            "address": address,
            "page": edition.page,
            "sha256": digest,
            "bytes": path.stat().st_size,
            "retrieved": now(),
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "accepted": bool(item.sha256) and digest != item.sha256,
        }
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
        errand.records.keep(item.file, entry)
    return changed
