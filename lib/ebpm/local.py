"""Figures of this machine: made from fetched files, beside those imported; never under git.

The next build prefers them edition by edition: an edition that is here replaces the shipped one,
editions that are not here stay as shipped.
"""

import hashlib
import importlib
from datetime import UTC, datetime
from pathlib import Path

from ebpm import figures
from ebpm.fetch.record import Records
from ebpm.figures import FETCHED, Figure, Record
from ebpm.paths import LOCAL, RAW
from ebpm.readers.reading import Reading


def refresh(raw: Path = RAW, folder: Path = LOCAL) -> list[Figure]:
    """The figures of this machine, those of fetched files made anew where a file has changed.

    Raises ReadError where a fetched file is not what it must be; the figures of its source stay.
    """
    if not raw.exists() and not folder.exists():
        return []
    fetched = [item for item in figures.available(folder) if item.name.endswith(FETCHED)]
    readers = _readers_sha256()
    for key, source in figures.sources().items():
        if source.get("refetched", True):
            made = [item for item in fetched if item.record["source"] == key]
            _refresh_source(key, source, raw, folder, made, readers)
    return figures.available(folder)


def _refresh_source(
    key: str, source: Record, raw: Path, folder: Path, made: list[Figure], readers: str
) -> None:
    files = figures.published_files(source, raw)
    if not files:
        for item in made:
            figures.remove(item)
        return
    fingerprint = _fingerprint(readers, files)
    if made and all(item.record.get("made_from") == fingerprint for item in made):
        return
    ours: Record = {"retrieved": _retrieved(raw, files), "made_from": fingerprint}
    for reading in importlib.import_module(source["reader"]).read(raw):
        own = source | ours | {"edition": _editions(reading)}
        figures.write(reading, key, own, raw, folder, FETCHED)


def _editions(reading: Reading) -> str:
    return "、".join(sorted({str(edition) for edition in reading.frame["edition"]}))


def _retrieved(raw: Path, files: list[Path]) -> str:
    """The day on which the newest file came: from its publisher, or by hand into the folder."""
    records = Records(raw)
    days = [
        records.of(path.relative_to(raw).as_posix()).get("retrieved")
        or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        for path in files
    ]
    return max(days)[:10]


def _fingerprint(readers: str, files: list[Path]) -> str:
    """Hash of the files and of the readers."""
    digest = hashlib.sha256(readers.encode())
    for path in files:
        digest.update(f"{path.name} {figures.sha256(path)}\n".encode())
    return digest.hexdigest()


def _readers_sha256() -> str:
    """One hash of all readers, for one may use what stands in another."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).with_name("readers").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
