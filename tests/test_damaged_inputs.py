"""Damaged inputs: each gives one clear error or a counted set-aside, and never a wrong number.

Every published source is damaged in every way that its file type allows (`support.damage`,
`support.damaged_workbooks`); each reading runs in a process of its own with a limit of CPU time.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import test_door
from conftest import command_in
from ebpm.figures import published_files, sources
from ebpm.readers import Reading
from support.damage import ALL, STATED, Damage
from support.damaged_workbooks import flipped, flipped_anywhere
from support.excerpts import EXCERPTS, Excerpt
from support.guarded import Outcome, Server, server
from support.published import RAW, published


def _case(excerpt: Excerpt, damage: Damage) -> Any:
    return pytest.param(excerpt, damage, id=f"{excerpt}-{damage}")


CASES = [_case(excerpt, damage) for excerpt in EXCERPTS for damage in ALL if damage.fits(excerpt)]
VARIANTS = 10
CLEAR = re.compile(
    r"(?P<file>[^：]+)：(?P<place>[^：]+)：(?P<problem>.+)。(?P<remedy>.+(ください|です))"
)
LONGEST_MESSAGE = 600
UNCLEAR = ("Traceback", "NoneType", "codec can't", "object at 0x")

Row = tuple[tuple[str, Any], ...]


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The process that reads for these tests."""
    with server(tmp_path_factory.mktemp("answers")) as running:
        yield running


@pytest.fixture(scope="module")
def undamaged(guard: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The readings of an excerpt as published, by table; read once."""

    @cache
    def read(excerpt: Excerpt) -> dict[str, Reading]:
        raw = tmp_path_factory.mktemp("undamaged")
        excerpt.write(raw)
        outcome = guard.read(excerpt.reader, raw)
        assert outcome.refusal is outcome.crash is None, outcome
        return outcome.readings

    return read


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Every row as its cells that hold something; why a cell holds nothing is left out."""
    columns = [column for column in frame.columns if not column.endswith(("missing", "_reason"))]
    return [
        tuple((name, cell) for name, cell in zip(columns, row, strict=True) if not pd.isna(cell))
        for row in frame[columns].astype(object).itertuples(index=False, name=None)
    ]


def strangers(before: pd.DataFrame, after: pd.DataFrame) -> list[Row]:
    """The rows that say something that the undamaged table does not say, or say it again."""
    known = Counter(rows_of(before))
    new = (Counter(rows_of(after)) - known).elements()
    parts: dict[tuple[str, ...], set[Row]] = {}

    def is_part(row: Row) -> bool:
        names = tuple(name for name, _ in row)
        if names not in parts:
            parts[names] = {tuple(cell for cell in other if cell[0] in names) for other in known}
        return row in parts[names]

    return [row for row in new if row in known or not is_part(row)]


def values_in(reading: Reading) -> int:
    return sum(map(len, rows_of(reading.frame)))


def assert_clear(message: str, files: set[str]) -> None:
    """One line: file, place, problem, what to do."""
    assert len(message.splitlines()) == 1, message
    assert len(message) <= LONGEST_MESSAGE, message
    match = CLEAR.fullmatch(message)
    assert match is not None, message
    assert any(name in match["file"] for name in files), message
    assert not any(word in message for word in UNCLEAR), message


def assert_accounted(reading: Reading) -> None:
    assert reading.read == reading.loaded + reading.empty + len(reading.set_aside)
    for item in reading.set_aside:
        assert item.file and item.place
        assert re.fullmatch(r"[a-z_]+(:[a-z_]+)?", item.reason)


def assert_harmless(outcome: Outcome, before: dict[str, Reading], harmful: bool, name: str) -> None:
    """No wrong number, all accounted for; a harmful damage did not go unnoticed."""
    assert outcome.readings.keys() == before.keys()
    for table, reading in outcome.readings.items():
        assert_accounted(reading)
        wrong = strangers(before[table].frame, reading.frame)
        stated = STATED.get(name)
        assert all(stated in dict(row).values() for row in wrong) if stated else not wrong, wrong[
            :3
        ]
    lost = any(values_in(outcome.readings[table]) < values_in(before[table]) for table in before)
    aside = sum(len(reading.set_aside) for reading in outcome.readings.values())
    noticed = aside > sum(len(reading.set_aside) for reading in before.values())
    assert noticed or not harmful or (lost and not name.startswith("cut")), "nobody noticed"
    assert noticed or not lost or harmful, "values are gone without account"


def assert_one_outcome(
    outcome: Outcome, files: set[str], before: dict[str, Reading], damage: Damage, signed: bool
) -> None:
    assert outcome.crash is None, outcome.crash
    if outcome.refusal is not None:
        assert_clear(outcome.refusal, files)
    else:
        says_it = signed and damage.name in STATED
        name = damage.name if signed or damage.name not in STATED else ""
        assert_harmless(outcome, before, damage.harmful and not says_it, name)


@pytest.mark.parametrize(("excerpt", "damage"), CASES)
def test_a_damaged_file_gives_one_clear_error_or_a_counted_set_aside(
    excerpt: Excerpt, damage: Damage, guard: Server, undamaged: Any, tmp_path: Path
) -> None:
    before = undamaged(excerpt)
    excerpt.write(tmp_path, damage.make(excerpt))
    files = {Path(name).name for name in (excerpt.name, *excerpt.others)}
    outcome = guard.read(excerpt.reader, tmp_path)
    signed = bool(excerpt.spot and excerpt.spot.signed)
    assert_one_outcome(outcome, files, before, damage, signed)


def test_the_corpus_holds_every_source_with_published_files() -> None:
    with_files = {key for key, source in sources().items() if published_files(source, RAW)}
    assert with_files <= {excerpt.source for excerpt in EXCERPTS}
    assert len(CASES) > 500


# fuzzed workbooks

WORKBOOKS = [
    excerpt for excerpt in EXCERPTS if excerpt.suffix in {".xls", ".xlsx"} and excerpt.spot
]


def fuzzed(content: bytes, seed: int, suffix: str) -> bytes:
    flip = flipped if suffix == ".xls" else flipped_anywhere
    return flip(content, seed)


@pytest.mark.parametrize("seed", range(VARIANTS))
@pytest.mark.parametrize("excerpt", WORKBOOKS, ids=str)
def test_flipped_bits_in_a_workbook_never_crash_a_reader_or_make_a_number(
    excerpt: Excerpt, seed: int, guard: Server, tmp_path: Path
) -> None:
    whole = published(excerpt.name).read_bytes()
    path = tmp_path / excerpt.name
    path.parent.mkdir(parents=True)
    path.write_bytes(fuzzed(whole, seed, excerpt.suffix))
    outcome = guard.read(excerpt.reader, tmp_path)
    assert outcome.crash is None, outcome.crash
    if outcome.refusal is not None:
        assert_clear(outcome.refusal, {path.name})
        return
    before = whole_reading(excerpt, guard, tmp_path / "whole")
    for table, reading in outcome.readings.items():
        assert_accounted(reading)
        assert not strangers(before[table].frame, reading.frame)


WHOLE: dict[str, dict[str, Reading]] = {}


def whole_reading(excerpt: Excerpt, guard: Server, folder: Path) -> dict[str, Reading]:
    """The reading of the whole published file alone."""
    if excerpt.name not in WHOLE:
        path = folder / excerpt.name
        path.parent.mkdir(parents=True)
        shutil.copyfile(published(excerpt.name), path)
        WHOLE[excerpt.name] = guard.read(excerpt.reader, folder).readings
    return WHOLE[excerpt.name]


# through the commands

COMMANDS = [
    ("ssdse_a", "utf_16"),
    ("ssdse_a", "number_word"),
    ("ssdse_a", "cut_within_the_last_cell"),
    ("municipalities", "separator_tab"),
    ("dx_dashboard", "a_row_twice"),
    ("procedures", "first_half_only"),
    ("opendata_survey", "a_column_missing"),
    ("mynumber_cards", "only_zeros"),
    ("oecd_dgi", "html_error_page"),
    ("finance_indicators", "locked_by_a_password"),
    ("finance_indicators", "bomb_of_entities_in_the_sheet"),
    ("resident_register", "first_half_only"),
]
IN_THE_DOOR = [
    ("ssdse_a", "zero_length"),
    ("ssdse_a", "only_zeros"),
    ("finance_indicators", "random_bytes"),
    ("finance_indicators", "locked_by_a_password"),
    ("finance_indicators", "bomb_of_entities_in_the_sheet"),
    ("finance_indicators", "cell_in_the_last_corner"),
    ("finance_indicators", "formula_without_result"),
    ("resident_register", "first_half_only"),
]

IMPORTED = [
    "zero_length",
    "html_error_page",
    "first_half_only",
    "a_csv_named_as_a_workbook",
    "locked_by_a_password",
    "bomb_of_an_understated_sheet",
    "formula_without_result",
]


def damaged(source: str, name: str, raw: Path) -> Path:
    """Writes the last excerpt of a source that a damage fits, damaged."""
    fitting = [
        (excerpt, damage)
        for excerpt in EXCERPTS
        for damage in ALL
        if excerpt.source == source and damage.name == name and damage.fits(excerpt)
    ]
    excerpt, damage = fitting[-1]
    return excerpt.write(raw, damage.make(excerpt))


def assert_one_line_on_stderr(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode in {1, 2}
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("ebpm: ")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(("source", "name"), COMMANDS)
def test_the_command_figures_tells_a_damaged_file_in_one_line(
    source: str, name: str, tmp_path: Path
) -> None:
    victim = damaged(source, name, tmp_path / "raw")
    run = command_in(tmp_path / "warehouse")
    done = run("figures", tmp_path / "raw", "--source", source, "--to", tmp_path / "figures")
    assert_one_line_on_stderr(done)
    assert victim.name in done.stderr
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(("source", "name"), IN_THE_DOOR)
def test_the_command_inspect_tells_a_damaged_file_in_one_line(
    source: str, name: str, tmp_path: Path
) -> None:
    victim = damaged(source, name, tmp_path / "raw")
    done = command_in(tmp_path / "warehouse")("inspect", victim)
    assert_one_line_on_stderr(done)
    assert victim.name in done.stderr


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings with which the undamaged excerpt of the finance indicators is taken in."""
    folder = tmp_path_factory.mktemp("settings")
    whole = next(e for e in EXCERPTS if e.source == "finance_indicators" and e.suffix == ".xlsx")
    path, settings = whole.write(folder / "raw"), folder / "settings.toml"
    run = test_door.command(test_door.new_home(folder / "home"))
    draft = test_door.draft_of(run, path, folder / "draft.toml")
    settings.write_text(test_door.filled(draft), encoding="utf-8")
    done = run("import", path, "--settings", settings)
    assert done.returncode == 0, done.stderr
    return settings


@pytest.mark.parametrize("name", IMPORTED)
def test_the_command_import_tells_a_damaged_file_and_that_it_stored_nothing(
    name: str, settings: Path, tmp_path: Path
) -> None:
    victim = damaged("finance_indicators", name, tmp_path / "raw")
    home = test_door.new_home(tmp_path / "home")
    done = test_door.command(home)("import", victim, "--settings", settings)
    first, *others = done.stderr.splitlines()
    assert done.returncode in {1, 2}
    assert first.startswith(f"ebpm: {victim.name}：")
    assert others == ["ebpm: 何も取り込んでいません。"]
    assert not list((home / "data").glob("local/*"))


# the guard itself


def test_a_reading_that_takes_too_long_is_ended(guard: Server, tmp_path: Path) -> None:
    outcome = guard.read("support.endless", tmp_path)
    assert outcome.crash is not None
    assert "SIGXCPU" in outcome.crash


def test_a_wrong_number_would_be_seen() -> None:
    before = pd.DataFrame({"lgcode": ["1", "2"], "value": [1.0, 2.0]})
    assert not strangers(before, before)
    assert not strangers(before, before.head(1))
    assert not strangers(before, before.assign(value=[1.0, None]))
    assert strangers(before, before.assign(value=[1.0, 3.0]))
    assert strangers(before, before.assign(value=[2.0, 2.0]))
    assert strangers(before, pd.concat([before, before]))
