"""Figures: the shipped tables are what the readers make of the published files, byte for byte."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from ebpm import figures
from ebpm.paths import DATA, FIGURES
from support.published import all_published, files_of, published, readings

SOURCE_OF = {table: key for key, source in figures.sources().items() for table in source["figures"]}
SQL_TYPES = {"str": "VARCHAR", "object": "VARCHAR", "int64": "BIGINT", "Int64": "BIGINT",
             "float64": "DOUBLE", "bool": "BOOLEAN", "Int16": "SMALLINT", "Int8": "TINYINT",
             "string": "VARCHAR", "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER"}  # fmt: skip
JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
# The Digital Agency keeps its boundaries on GitHub; two indices are of international bodies.
ABROAD = r"github\.com/digital-go-jp|www\.oecd\.org|publicadministration\.un\.org"
LIMIT = 15_000_000

Record = dict[str, Any]


def record_of(table: str) -> Record:
    record: Record = json.loads((FIGURES / f"{table}.json").read_text(encoding="utf-8"))
    return record


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# the shipped tables


def test_every_named_figure_is_shipped_with_its_record_and_nothing_else_is() -> None:
    expected = {name for table in SOURCE_OF for name in (f"{table}.json", record_of(table)["file"])}
    assert {path.name for path in FIGURES.iterdir()} == expected
    assert [figure.table for figure in figures.available()] == sorted(SOURCE_OF)


def columns_of(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """SQL types and values (masked where missing) of a Parquet figure, by column."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        types = {column[0]: str(column[1]) for column in found.description}
        return types, found.fetchnumpy()


def type_of(column: pd.Series) -> str:
    """The SQL type a column must have; an object column holds text or nothing."""
    if str(column.dtype) == "object":
        assert all(isinstance(value, str) for value in column.dropna().unique())
    return SQL_TYPES[str(column.dtype)]


@pytest.mark.parametrize("table", [t for t in SOURCE_OF if t not in figures.CSV_TABLES])
def test_a_shipped_table_equals_what_its_reader_gives_now(table: str) -> None:
    frame = readings(SOURCE_OF[table])[table].frame
    types, shipped = columns_of(FIGURES / record_of(table)["file"])
    assert types == {name: type_of(frame[name]) for name in frame.columns}
    for name, values in shipped.items():
        missing = frame[name].isna().to_numpy()
        assert np.array_equal(np.ma.getmaskarray(values), missing), name
        given = frame[name][~missing].to_numpy(dtype=values.dtype)
        assert np.array_equal(np.ma.getdata(values)[~missing], given), name


def test_the_shipped_registry_equals_what_its_reader_gives_now() -> None:
    frame = readings("municipalities")["municipalities"].frame
    with (FIGURES / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == list(frame.columns)
    assert rows == [list(row) for row in frame.itertuples(False, None)]


def test_the_shipped_figures_are_small() -> None:
    assert sum(path.stat().st_size for path in FIGURES.iterdir()) < LIMIT


# the records


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_holds_the_hash_of_its_table(table: str) -> None:
    record = record_of(table)
    assert record["table"] == table
    assert record["sha256"] == sha256(FIGURES / record["file"])


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_counts_the_rows_of_its_table(table: str) -> None:
    record = record_of(table)
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT count(*) FROM '{FIGURES / record['file']}'").fetchall()
    assert found == [(record["rows"],)]


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_accounts_for_every_input_unit(table: str) -> None:
    account = record_of(table)["input"]
    assert account["read"] > 0
    assert account["read"] == account["loaded"] + account["empty"] + len(account["set_aside"])


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_names_the_published_files_with_their_hashes(table: str) -> None:
    record = record_of(table)
    named = {entry["name"]: entry["sha256"] for entry in record["published_files"]}
    assert list(named) == files_of(SOURCE_OF[table])
    assert named == {name: sha256(published(name)) for name in named}


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_agrees_with_the_list_of_sources(table: str) -> None:
    record, source = record_of(table), figures.sources()[SOURCE_OF[table]]
    assert record["source"] == SOURCE_OF[table]
    names = ("publisher", "licence", "title", "page", "edition", "reference_dates", "retrieved")
    assert {name: record[name] for name in names} == {name: source[name] for name in names}
    assert record["note"] == source.get("note")


def in_both_languages(value: Any) -> bool:
    """A text in Japanese and in English; or one text that needs no language, such as a date."""
    if isinstance(value, str):
        return bool(value.strip()) and not JAPANESE.search(value)
    return (
        set(value) == {"ja", "en"}
        and all(isinstance(text, str) and text.strip() for text in value.values())
        and not JAPANESE.search(value["en"])
    )


DESCRIBED = [
    (table, name)
    for table in SOURCE_OF
    for name in ("title", "publisher", "licence", "edition", "reference_dates", "note")
]


@pytest.mark.parametrize(("table", "name"), DESCRIBED)
def test_a_record_describes_its_table_in_both_languages(table: str, name: str) -> None:
    value = record_of(table)[name]
    assert (name == "note" and value is None) or in_both_languages(value)


@pytest.mark.parametrize("table", SOURCE_OF)
@pytest.mark.parametrize("name", ["title", "publisher", "licence"])
def test_names_and_terms_are_texts_in_two_languages(table: str, name: str) -> None:
    value = record_of(table)[name]
    assert set(value) == {"ja", "en"}
    assert JAPANESE.search(value["ja"])


@pytest.mark.parametrize("table", SOURCE_OF)
def test_a_record_names_the_official_page_and_the_date_of_retrieval(table: str) -> None:
    record = record_of(table)
    assert re.fullmatch(rf"https://([\w.-]+\.jp|{ABROAD})/\S+", record["page"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", record["retrieved"])


# the command `ebpm figures`


def data_files() -> dict[str, tuple[int, int]]:
    """Size and time of change of every file under `data`, without the warehouse."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(DATA.rglob("*"))
        if path.is_file() and DATA / "warehouse" not in path.parents
    }


def start_figures(to: Path, *options: str) -> subprocess.Popen[str]:
    command = Path(sys.executable).with_name("ebpm")
    arguments = [str(command), "figures", str(all_published()), "--to", str(to), *options]
    environment = {**os.environ, "PYTHONHASHSEED": to.name[-1]}
    return subprocess.Popen(
        arguments, cwd=to.parent, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made_twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The figures made by two runs of the command at once; the repository must stay as it is."""
    place = tmp_path_factory.mktemp("figures")
    folders = (place / "made1", place / "made2")
    before = data_files()
    for process in [start_figures(folder) for folder in folders]:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert data_files() == before
    assert {path.name for path in place.iterdir()} == {"made1", "made2"}
    yield folders


def contents(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in folder.iterdir()}


def test_making_figures_twice_gives_identical_bytes(made_twice: tuple[Path, Path]) -> None:
    first, second = map(contents, made_twice)
    assert first == second
    assert len(first) == 2 * len(SOURCE_OF)


def test_made_records_are_the_shipped_records_but_for_the_packing(
    made_twice: tuple[Path, Path],
) -> None:
    for table in SOURCE_OF:
        made = json.loads((made_twice[0] / f"{table}.json").read_text(encoding="utf-8"))
        assert made.pop("sha256") == sha256(made_twice[0] / made["file"])
        assert made == {k: v for k, v in record_of(table).items() if k != "sha256"}


def test_one_source_alone_can_be_made_in_a_folder_with_a_quote_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "the analyst's figures1"
    process = start_figures(folder, "--source", "dx_dashboard")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert {path.stem for path in folder.iterdir()} == {"dx_status", "online_rates"}
    for figure in figures.available(folder):
        assert figure.record["sha256"] == sha256(figure.path)
