"""The published files: where they lie, and a reading of them that owes nothing to `ebpm.readers`."""

from __future__ import annotations

import csv
import importlib
import os
import shutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from ebpm.figures import published_files, sources
from ebpm.paths import ROOT
from ebpm.readers import Reading

RAW = Path(os.environ.get("EBPM_RAW", ROOT.parent / "shared" / "data" / "raw"))
DASHBOARD = "dx-dashboard-2024-07-12"
CONVERSION = "procedures-survey-2025-07-29/procedures_data.parquet"
EDITIONS = (2020, 2021, 2022, 2023, 2024, 2025)

Rows = list[list[str]]


class Edition(NamedTuple):
    """One edition of SSDSE-A as text: three header rows, then a row per municipality."""

    indicators: list[str]
    years: list[str]
    names: list[str]
    rows: Rows


def published(name: str) -> Path:
    """A published file; without it the test is skipped, and under CI it fails."""
    path = RAW / name
    if not path.exists():
        reason = f"the published file {name} is not here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def all_published() -> Path:
    """The folder of published files, once the files of every source are there."""
    for key in sources():
        files_of(key)
    return RAW


def files_of(source: str) -> list[str]:
    """The names of a source's published files, below the folder of all."""
    reader = importlib.import_module(sources()[source]["reader"])
    if reader.FILES and not any(True for pattern in reader.FILES for _ in RAW.glob(pattern)):
        published(reader.FILES[0])
    return [path.relative_to(RAW).as_posix() for path in published_files(sources()[source], RAW)]


@cache
def _csv(path: Path, encoding: str) -> Rows:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def csv_of(name: str, encoding: str = "utf-8-sig") -> Rows:
    """Rows of a published CSV; a copy, so that a test may damage it."""
    return [list(row) for row in _csv(published(name), encoding)]


def edition(year: int) -> Edition:
    """One edition of SSDSE-A, read with the csv module."""
    codes, years, names, *rows = csv_of(f"ssdse-a/SSDSE-A-{year}.csv", "cp932")
    return Edition(codes[3:], years[3:], names[3:], rows)


def with_check_digit(five: str) -> str:
    """Six digits from five, by the official rule (weights 6 to 2, modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(five, (6, 5, 4, 3, 2), strict=True))
    return five + str((11 - total % 11) % 10)


def six_digits(ssdse_code: str) -> str:
    """`R01100` → `011002`."""
    return with_check_digit(ssdse_code.removeprefix("R"))


@cache
def municipality_list() -> tuple[tuple[str, str, str], ...]:
    """Code, prefecture and name of every municipality, in the order of SSDSE-A 2025."""
    return tuple((six_digits(row[0]), row[1], row[2]) for row in edition(2025).rows)


@cache
def prefecture_list() -> tuple[tuple[str, str], ...]:
    """Code and name of every prefecture, in the order of their numbers."""
    names = dict.fromkeys(prefecture for _, prefecture, _ in municipality_list())
    return tuple(
        (with_check_digit(f"{number:02d}000"), name) for number, name in enumerate(names, start=1)
    )


@cache
def _readings(source: str) -> dict[str, Reading]:
    reader = importlib.import_module(sources()[source]["reader"])
    return {reading.table: reading for reading in reader.read(RAW)}


def readings(source: str) -> dict[str, Reading]:
    """What the reader of a source makes of the published files, by table; read once."""
    files_of(source)
    return _readings(source)


def copy_of(folder: str, to: Path) -> Path:
    """A writable copy of a folder of published files, below `to`."""
    (to / folder).mkdir()
    for path in sorted((RAW / folder).iterdir()):
        shutil.copyfile(path, to / folder / path.name)
    return to / folder


def write_csv(path: Path, rows: Rows, encoding: str = "utf-8-sig") -> Path:
    """Writes rows as the publishers do: CRLF, quotes only where needed."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path
