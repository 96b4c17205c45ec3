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
from ebpm.figures import Figure, Record
from ebpm.paths import LOCAL, RAW
from ebpm.readers.reading import Reading

FETCHED = ".fetched"


def refresh(raw: Path = RAW, folder: Path = LOCAL) -> list[Figure]:
    """The figures of this machine, those of fetched files made anew where a file has changed.

    Raises ReadError where a fetched file is not what it must be; nothing is replaced then.
    """
    if not raw.exists() and not folder.exists():
        return []
    for key, source in figures.sources().items():
        if source.get("refetched", True):
            _refresh_source(key, source, raw, folder)
    return _available(folder)


def _available(folder: Path) -> list[Figure]:
    return figures.available(folder) if folder.exists() else []


def _refresh_source(key: str, source: Record, raw: Path, folder: Path) -> None:
    files = figures.published_files(source, raw)
    made = [
        item
        for item in _available(folder)
        if item.name.endswith(FETCHED) and item.record["source"] == key
    ]
    if not files:
        for item in made:
            item.path.with_suffix(".json").unlink()
            item.path.unlink(missing_ok=True)
        return
    fingerprint = _fingerprint(source, files)
    if made and all(item.record.get("made_from") == fingerprint for item in made):
        return
    for reading in importlib.import_module(source["reader"]).read(raw):
        own: Record = {
            "edition": _editions(reading),
            "retrieved": _retrieved(raw, files),
            "made_from": fingerprint,
        }
        figures.write(reading, key, source | own, raw, folder, FETCHED)


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


def _fingerprint(source: Record, files: list[Path]) -> str:
    """Hash of the files and of all readers, for one may use what stands in another."""
    digest = hashlib.sha256(source["reader"].encode())
    for path in [*sorted(Path(__file__).with_name("readers").glob("*.py")), *files]:
        digest.update(f"{path.name} {figures.sha256(path)}\n".encode())
    return digest.hexdigest()
