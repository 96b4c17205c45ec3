"""Where imported own data are kept: a table and its record for each form and data set."""

import dataclasses
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ebpm import __version__, figures
from ebpm.figures import Figure, Record, sha256
from ebpm.files import put_in_place
from ebpm.own import places
from ebpm.own.checking import TYPED
from ebpm.own.mapping import Mapping
from ebpm.own.places import PRIVATE_FILE

if TYPE_CHECKING:
    from ebpm.own.importing import Examined

UNSAFE = re.compile(r"[^\w-]+")
LONGEST_NAME = 40
PUBLISHER = {"ja": "庁内データ（本団体が保有）", "en": "held by this municipality"}
LICENCE = {"ja": "庁内利用（公表しない）", "en": "internal use, not published"}
INVENTED = {"ja": "架空データ（乱数で作成）", "en": "invented data (made by a random generator)"}


def dataset_name(given: str) -> str:
    """A name that files and pages can bear: letters of any script, digits, - and _."""
    plain = UNSAFE.sub("_", unicodedata.normalize("NFKC", given)).strip("_")
    return plain[:LONGEST_NAME] or "data"


def with_drop(mapping: Mapping, headings: list[str]) -> Mapping:
    """The mapping with these columns as ones to be dropped."""
    return dataclasses.replace(mapping, drop=tuple(dict.fromkeys([*mapping.drop, *headings])))


def datasets() -> list[Figure]:
    """All imported data sets, in the order of their names."""
    folder = places.imported()
    return figures.available(folder) if folder.exists() else []


def write(
    connection: duckdb.DuckDBPyConnection,
    found: "Examined",
    path: Path,
    dataset: str,
    *,
    synthetic: bool,
) -> Figure:
    """Writes the right rows of a file with their record, each replaced in one step."""
    folder = places.made_private(places.imported())
    table = folder / f"{found.form.name}.{dataset}.parquet"
    beside = table.with_name(f".{table.name}.new")
    quoted = str(beside).replace("'", "''")
    connection.execute(f"COPY {TYPED} TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    beside.chmod(PRIVATE_FILE)
    beside.replace(table)
    record = _record(connection, found, path, table, dataset, synthetic=synthetic)
    figures.write_record(record, table)
    table.with_suffix(".json").chmod(PRIVATE_FILE)
    return Figure(found.form.name, table, record)


def _record(
    connection: duckdb.DuckDBPyConnection,
    found: "Examined",
    path: Path,
    table: Path,
    dataset: str,
    *,
    synthetic: bool,
) -> Record:
    assert found.checked is not None
    title = found.form.title
    checked = found.checked
    return {
        "table": found.form.name,
        "file": table.name,
        "source": f"{found.form.name}.{dataset}",
        "dataset": dataset,
        "title": {"ja": f"{title.ja}「{dataset}」", "en": f"{title.en} “{dataset}”"},
        "publisher": INVENTED if synthetic else PUBLISHER,
        "licence": INVENTED if synthetic else LICENCE,
        "page": None,
        "edition": datetime.now(UTC).date().isoformat(),
        "reference_dates": _period(connection, found),
        "note": None,
        "retrieved": datetime.now(UTC).date().isoformat(),
        "reader": f"ebpm.own {__version__}",
        "published_files": [{"name": path.name, "sha256": sha256(path)}],
        "corrections": [],
        "rows": checked.good,
        "input": {
            "unit": "row",
            "read": checked.read + len(found.raw.set_aside),
            "loaded": checked.good,
        }
        | {"empty": checked.blank, "set_aside": checked.set_aside + len(found.raw.set_aside)}
        | {"reasons": {f"{p.heading}：{p.code}": p.rows for p in checked.problems}},
        "mapping": {"columns": dict(found.mapping.columns), "dropped": list(found.mapping.drop)},
        "sha256": sha256(table),
        "synthetic": synthetic,
    }


def _period(connection: duckdb.DuckDBPyConnection, found: "Examined") -> str:
    """First and last day that the rows speak of, where they have dates; else the day of today."""
    times = {"timestamp", "date", "month"}
    dated = [f for f in found.form.fields if f.type in times and f.required]
    if not dated:
        return datetime.now(UTC).date().isoformat()
    key = dated[0].key
    row = connection.execute(
        f"SELECT CAST(min({key}) AS DATE), CAST(max({key}) AS DATE) FROM {TYPED}"
    ).fetchone()
    assert row is not None
    return row[0].isoformat() if row[0] == row[1] else f"{row[0].isoformat()}、{row[1].isoformat()}"


def write_list(dataset: str, form: str, content: str) -> Path | None:
    """Writes the list of what was set aside (UTF-8 with BOM, for Excel); None without any."""
    path = places.imported() / f"{form}.{dataset}.set_aside.csv"
    if not content:
        path.unlink(missing_ok=True)
        return None
    put_in_place(path, "\ufeff" + content)
    path.chmod(PRIVATE_FILE)
    return path


def remove(item: Figure) -> None:
    """Removes a data set with its record and its list."""
    figures.remove(item)
    item.path.with_suffix("").with_name(item.path.stem + ".set_aside.csv").unlink(missing_ok=True)


def described(item: Figure) -> dict[str, Any]:
    """What is known of a data set, for lists."""
    names = ("dataset", "rows", "edition", "reference_dates", "synthetic")
    return {"form": item.table, **{name: item.record[name] for name in names}}
