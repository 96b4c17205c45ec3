"""Figures: the project's own tidy tables, each with a record beside it.

Made from published files by the readers (`make`), loadable without them. A record names publisher,
licence, page, edition, reference dates, the published files with their sha256, and the account of
rows. The table itself is never edited by hand.
"""

import hashlib
import importlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ebpm import corrections
from ebpm.files import put_in_place
from ebpm.paths import DATA, FIGURES
from ebpm.readers.reading import Reading

Record = dict[str, Any]

FETCHED = ".fetched"
"""What is added to the name of a figure made from fetched files."""

CSV_TABLES = {"municipalities", "municipality_changes"}
"""Tables that are read without the warehouse, and by people."""


@dataclass(frozen=True)
class Figure:
    """A tidy table in a file, and its record."""

    table: str
    path: Path
    record: Record

    @property
    def name(self) -> str:
        """What tells figures of one table apart: the shipped one has the table's name."""
        return self.path.stem


def sources(path: Path | None = None) -> dict[str, Record]:
    """The published sources, by key, in the order of `data/sources.toml`."""
    return tomllib.loads((path or DATA / "sources.toml").read_text(encoding="utf-8"))


def available(folder: Path | None = None) -> list[Figure]:
    """All figures in a folder (default: the shipped ones), in the order of their names."""
    found = sorted((folder or FIGURES).glob("*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in found]
    return [
        Figure(record["table"], path.with_name(record["file"]), record)
        for path, record in zip(found, records, strict=True)
    ]


def remove(figure: Figure) -> None:
    """Removes a figure, its record first: a table without record is no figure."""
    figure.path.with_suffix(".json").unlink()
    figure.path.unlink(missing_ok=True)


def write_record(record: Record, path: Path) -> None:
    """Writes a record beside its table, in one step."""
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    put_in_place(path.with_suffix(".json"), text)


def published_files(source: Record, raw: Path) -> list[Path]:
    """The published files of a source that lie below `raw`, in the order of its reader."""
    patterns = importlib.import_module(source["reader"]).FILES
    found = [path for pattern in patterns for path in sorted(raw.glob(pattern))]
    return list(dict.fromkeys(found))


def make(raw: Path, folder: Path | None = None, keys: Iterable[str] = ()) -> list[Figure]:
    """Reads the published files under `raw` and writes each source's figures with their records.

    Raises ReadError where a published file is not what it must be; a figure is replaced whole.
    """
    wanted = set(keys) or set(sources())
    made: list[Figure] = []
    for key, source in sources().items():
        if key in wanted:
            readings = importlib.import_module(source["reader"]).read(raw)
            made += [write(reading, key, source, raw, folder or FIGURES) for reading in readings]
    return made


def write(
    reading: Reading, key: str, source: Record, raw: Path, folder: Path, kind: str = ""
) -> Figure:
    """Writes one reading as a figure: table first, then its record, each replaced atomically.

    `kind` is added to the name of a figure that stands beside the shipped one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    suffix = "csv" if reading.table in CSV_TABLES else "parquet"
    path = folder / f"{reading.table}{kind}.{suffix}"
    _write_table(reading, path)
    record = _record(reading, key, source, raw, path)
    write_record(record, path)
    return Figure(reading.table, path, record)


def _write_table(reading: Reading, path: Path) -> None:
    beside = path.with_suffix(path.suffix + ".new")
    if path.suffix == ".csv":
        reading.frame.to_csv(beside, index=False, lineterminator="\n")
    else:
        # One thread keeps the row order and so the bytes the same on every machine.
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.register("reading", reading.frame)
            quoted = str(beside).replace("'", "''")
            connection.execute(
                f"COPY (SELECT * FROM reading) TO '{quoted}' "
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 15)"
            )
    beside.replace(path)


def _record(reading: Reading, key: str, source: Record, raw: Path, path: Path) -> Record:
    described = {
        name: source[name]
        for name in ("title", "publisher", "licence", "page", "edition", "reference_dates")
    }
    return {
        "table": reading.table,
        "file": path.name,
        "source": key,
        **described,
        "note": source.get("note"),
        "retrieved": source["retrieved"],
        "reader": source["reader"],
        "published_files": [
            {"name": path.relative_to(raw).as_posix(), "sha256": sha256(path)}
            for path in published_files(source, raw)
        ],
        "corrections": [vars(item) for item in corrections.of_source(key)],
        "rows": len(reading.frame),
        "input": reading.account(),
        "sha256": sha256(path),
    } | {name: source[name] for name in ("made_from",) if name in source}


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
