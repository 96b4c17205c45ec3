"""Figures of this machine: what lies in data/raw is preferred, edition by edition."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ebpm import figures, local, warehouse
from ebpm.readers import ReadError
from support.published import Rows, csv_of, published, six_digits, write_csv

NEWEST = "ssdse-a/SSDSE-A-2025.csv"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw" / "ssdse-a").mkdir(parents=True)
    return tmp_path / "raw"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "local"


def with_staff(staff: str) -> Rows:
    """The edition of 2025 with another number of staff for its first municipality."""
    rows = csv_of(NEWEST, "cp932")
    rows[3][rows[0].index("D1202")] = staff
    return rows


def newer_edition(raw: Path, staff: str = "1") -> Rows:
    """An edition of 2026 as the publisher might issue it: that of 2025 with new staff figures."""
    rows = with_staff(staff)
    write_csv(raw / "ssdse-a" / "SSDSE-A-2026.csv", rows, "cp932")
    return rows


def editions(path: Path) -> dict[int, int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return dict(
            connection.execute(
                "SELECT edition, count(DISTINCT lgcode) FROM staging.stg_ssdse_a GROUP BY 1"
            ).fetchall()
        )


@pytest.fixture
def build(tmp_path: Path, raw: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The warehouse that a build makes of the shipped figures and those of `raw`."""
    made = local.refresh
    monkeypatch.setattr(local, "refresh", lambda: made(raw, folder))
    return tmp_path / "warehouse"


def staff(path: Path, code: str) -> list[tuple[int, float]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "SELECT edition, value FROM staging.stg_ssdse_a WHERE indicator = 'D1202' "
            "AND lgcode = ? AND edition >= 2025 ORDER BY 1",
            [code],
        ).fetchall()


def test_without_fetched_files_there_is_nothing_and_nothing_is_written(
    tmp_path: Path, folder: Path
) -> None:
    assert local.refresh(tmp_path / "none", folder) == []
    assert not folder.exists()


def test_a_fetched_edition_becomes_a_figure_with_its_own_record(raw: Path, folder: Path) -> None:
    newer_edition(raw)
    made = {figure.name: figure for figure in local.refresh(raw, folder)}
    assert set(made) == {"ssdse_a.fetched", "ssdse_a_indicators.fetched"}
    record = made["ssdse_a.fetched"].record
    assert record["edition"] == "2026"
    assert record["retrieved"] == f"{datetime.now(UTC):%Y-%m-%d}"
    assert [entry["name"] for entry in record["published_files"]] == ["ssdse-a/SSDSE-A-2026.csv"]
    assert record["sha256"] == figures.sha256(made["ssdse_a.fetched"].path)


def test_the_build_holds_the_fetched_edition_beside_the_shipped_ones(
    build: Path, raw: Path
) -> None:
    rows = newer_edition(raw, "7")
    path = warehouse.build(build).path
    assert editions(path) == dict.fromkeys(range(2020, 2027), 1_741)
    shipped = csv_of(NEWEST, "cp932")
    before = float(shipped[3][shipped[0].index("D1202")])
    assert staff(path, six_digits(rows[3][0])) == [(2025, before), (2026, 7.0)]
    with duckdb.connect(str(path), read_only=True) as connection:
        keys = connection.execute(
            "SELECT DISTINCT figure FROM lineage WHERE table_name = 'mart_staffing'"
        ).fetchall()
    assert ("ssdse_a.fetched",) in keys


def test_a_fetched_edition_replaces_the_shipped_one_of_the_same_name(
    build: Path, raw: Path
) -> None:
    rows = with_staff("7")
    write_csv(raw / NEWEST, rows, "cp932")
    path = warehouse.build(build).path
    assert editions(path) == dict.fromkeys(range(2020, 2026), 1_741)
    assert staff(path, six_digits(rows[3][0])) == [(2025, 7.0)]


def test_unchanged_files_are_not_read_again_and_changed_ones_are(raw: Path, folder: Path) -> None:
    newer_edition(raw)
    first = {path: path.stat().st_mtime_ns for path in _files(local.refresh(raw, folder))}
    second = {path: path.stat().st_mtime_ns for path in _files(local.refresh(raw, folder))}
    assert second == first
    newer_edition(raw, "99")
    third = {path: path.stat().st_mtime_ns for path in _files(local.refresh(raw, folder))}
    assert third.keys() == first.keys()
    assert all(third[path] > first[path] for path in first)


def _files(found: list[figures.Figure]) -> list[Path]:
    return [figure.path for figure in found]


def test_once_the_files_are_gone_the_shipped_figures_stand_alone_again(
    raw: Path, folder: Path
) -> None:
    newer_edition(raw)
    assert local.refresh(raw, folder)
    (raw / "ssdse-a" / "SSDSE-A-2026.csv").unlink()
    assert local.refresh(raw, folder) == []
    assert list(folder.iterdir()) == []


def test_a_damaged_file_is_told_in_one_line_and_what_was_made_before_stays(
    raw: Path, folder: Path
) -> None:
    newer_edition(raw)
    before = {figure.path: figure.path.read_bytes() for figure in local.refresh(raw, folder)}
    (raw / "ssdse-a" / "SSDSE-A-2026.csv").write_bytes(b"\x00\x01")
    with pytest.raises(ReadError) as caught:
        local.refresh(raw, folder)
    assert "SSDSE-A-2026.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in before} == before


def test_the_registry_is_never_made_from_fetched_files(raw: Path, folder: Path) -> None:
    newer_edition(raw)
    shutil.copyfile(published(NEWEST), raw / NEWEST)
    cards = "mynumber-card/all_localgovs_20210701.csv"
    (raw / "mynumber-card").mkdir()
    shutil.copyfile(published(cards), raw / cards)
    assert "municipalities" not in {figure.table for figure in local.refresh(raw, folder)}
