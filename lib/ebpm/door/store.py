"""Where imported tables are kept: figures of this machine, each with its record beside it."""

import csv
import io
import os
from pathlib import Path

import duckdb

from ebpm import __version__, figures
from ebpm.door.settings import Settings
from ebpm.figures import Figure, Record, sha256
from ebpm.files import put_in_place
from ebpm.paths import LOCAL
from ebpm.readers.reading import Reading
from ebpm.warehouse import DECLARED_TABLES

TABLE = "imported"


def imported(folder: Path = LOCAL) -> list[Figure]:
    """The imported data sets, in the order of their names."""
    return [figure for figure in figures.available(folder) if figure.table == TABLE]


def write(reading: Reading, settings: Settings, path: Path, folder: Path) -> Figure:
    """Writes a data set: table first, then its record, each replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{TABLE}.{settings.dataset}.parquet"
    _write_table(reading, table)
    record = _record(reading, settings, path, table)
    figures.write_record(record, table)
    return Figure(TABLE, table, record)


def _write_table(reading: Reading, path: Path) -> None:
    """The table with its declared types, even where a column has no value at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    quoted = str(beside).replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"CREATE TABLE {TABLE} ({DECLARED_TABLES[TABLE]})")
        connection.register("reading", reading.frame)
        connection.execute(f"INSERT INTO {TABLE} BY NAME SELECT * FROM reading")
        connection.execute(f"COPY {TABLE} TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    beside.replace(path)


def _record(reading: Reading, settings: Settings, path: Path, table: Path) -> Record:
    """The record, with the keys of the shipped ones, and what the analyst said of each indicator."""
    source = settings.source
    return {
        "table": TABLE,
        "file": table.name,
        "source": f"{TABLE}.{settings.dataset}",
        **{key: source[key] for key in ("title", "publisher", "licence", "page", "edition")},
        "reference_dates": source["reference_date"],
        "note": source["note"],
        "retrieved": source["retrieved"],
        "reader": f"ebpm.door {__version__}",
        "published_files": [{"name": path.name, "sha256": sha256(path)}],
        "corrections": [],
        "rows": len(reading.frame),
        "input": reading.account(),
        "sha256": sha256(table),
        "indicators": [
            {"indicator": item.indicator, "name": item.name, "unit": item.unit}
            | {"meaning": item.meaning}
            for item in settings.indicators
        ],
        "marks": settings.marks,
    }


def list_set_aside(reading: Reading, dataset: str, folder: Path) -> Path | None:
    """Writes what was set aside beside the table (UTF-8 with BOM, for Excel); None without any."""
    path = _list_of(dataset, folder)
    if not reading.set_aside:
        path.unlink(missing_ok=True)
        return None
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["file", "place", "reason", "content"])
    writer.writerows([i.file, i.place, i.reason, i.content] for i in reading.set_aside)
    put_in_place(path, "\ufeff" + stream.getvalue())
    return path


def _list_of(dataset: str, folder: Path) -> Path:
    return folder / f"{TABLE}.{dataset}.set_aside.csv"


def remove(dataset: str, folder: Path = LOCAL) -> bool:
    """Removes a data set, its record first; whether there was one."""
    found = [item for item in imported(folder) if item.name == f"{TABLE}.{dataset}"]
    for item in found:
        figures.remove(item)
        _list_of(dataset, folder).unlink(missing_ok=True)
    return bool(found)
