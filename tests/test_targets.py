"""Policy targets: what the list says is what is shipped, and what was not checked says so."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import duckdb
import pytest

from ebpm.paths import DATA, FIGURES
from ebpm.readers import ReadError, targets

COMPLETE = """
edition = "2026-11-23"

[[target]]
id = "first"
indicator = { ja = "指標", en = "indicator" }
target_pct = 70
due_fiscal_year = 2026
plan = { ja = "計画", en = "plan" }
decided_on = 2022-12-23
page = "https://www.digital.go.jp/"
verified = true
note = { ja = "注", en = "note" }

[[target]]
id = "second"
indicator = { ja = "指標", en = "indicator" }
target_pct = 100
due_fiscal_year = 2025
verified = false
"""


def listed() -> dict[str, dict[str, object]]:
    content = tomllib.loads((DATA / "targets.toml").read_text(encoding="utf-8"))
    return {entry["id"]: {"edition": content["edition"], **entry} for entry in content["target"]}


def shipped() -> dict[str, dict[str, object]]:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT * FROM read_parquet(?)", [str(FIGURES / "targets.parquet")]
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {str(row["target_id"]): row for row in rows}


def flat(entry: dict[str, object]) -> dict[str, object]:
    """An entry of the list as a row of the figure."""
    row: dict[str, object] = {
        name: entry[name] for name in ("edition", "target_pct", "due_fiscal_year")
    }
    for name in ("indicator", "plan", "note"):
        texts = entry.get(name) or {"ja": None, "en": None}
        row |= {f"{name}_{lang}": text for lang, text in texts.items()}  # type: ignore[attr-defined]
    decided = entry.get("decided_on")
    return row | {
        "target_id": entry["id"],
        "page": entry.get("page"),
        "decided_on": str(decided) if decided else None,
        "verified": int(bool(entry["verified"])),
    }


def test_the_shipped_figure_is_the_list() -> None:
    expected = {name: flat(entry) for name, entry in listed().items()}
    assert shipped() == expected, (
        "data/targets.toml was changed without making the figure again: "
        "run `ebpm figures FOLDER --source targets`"
    )


def test_the_three_national_targets_are_listed() -> None:
    found = {name: (row["target_pct"], row["due_fiscal_year"]) for name, row in shipped().items()}
    assert found == {
        "online-procedures": (100, 2025),
        "standard-systems": (100, 2025),
        "online-applications": (70, 2026),
    }


def test_a_target_that_was_not_read_in_its_plan_says_so() -> None:
    for row in shipped().values():
        if not row["verified"]:
            assert "確認" in str(row["note_ja"])
            assert "read" in str(row["note_en"])


# reading


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "targets.toml"


def test_a_list_is_read_in_its_order(path: Path) -> None:
    path.write_text(COMPLETE, encoding="utf-8")
    reading = targets.read_list(path)
    assert (reading.read, reading.loaded) == (2, 2)
    first, second = reading.frame.to_dict("records")
    assert (first["target_id"], first["decided_on"], first["verified"]) == (
        "first",
        "2022-12-23",
        1,
    )
    assert (second["target_pct"], second["due_fiscal_year"], second["verified"]) == (100.0, 2025, 0)
    assert reading.frame[["plan_ja", "page", "note_en"]].isna().to_numpy().tolist() == [
        [False] * 3,
        [True] * 3,
    ]


def test_the_folder_of_published_files_is_not_read(tmp_path: Path) -> None:
    (reading,) = targets.read(tmp_path / "nowhere")
    assert reading.frame["target_id"].tolist() == list(listed())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[target]]", "[[target]", ("TOML",)),
        ("2026-11-23", "2026年", ("edition",)),
        ('id = "second"', 'id = "first"', ("id", "first")),
        ('id = "second"', 'id = "Second target"', ("Second target", "id")),
        ('id = "second"', "", ("2 番目", "id")),
        ("target_pct = 70", "target_pct = 170", ("first", "target_pct", "170")),
        ("target_pct = 70", 'target_pct = "70"', ("first", "target_pct")),
        ("target_pct = 70", "", ("first", "target_pct")),
        ("due_fiscal_year = 2026", "due_fiscal_year = 8", ("first", "due_fiscal_year")),
        ("due_fiscal_year = 2026", "due_fiscal_year = true", ("first", "due_fiscal_year")),
        ("decided_on = 2022-12-23", 'decided_on = "令和4年"', ("first", "decided_on")),
        ("decided_on = 2022-12-23", "", ("first", "verified", "decided_on")),
        ('plan = { ja = "計画", en = "plan" }', "", ("first", "verified", "plan")),
        ('page = "https:', 'page = "http:', ("first", "page")),
        ("verified = true", 'verified = "yes"', ("first", "verified")),
        (', en = "note"', "", ("first", "note")),
        ("verified = false", "verified = false\nsource = 1", ("second", "source")),
    ],
)  # fmt: skip
def test_a_list_with_a_fault_is_refused_in_one_line(
    path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    assert old in COMPLETE
    path.write_text(COMPLETE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        targets.read_list(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("targets.toml：")
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "content", ["", 'edition = "2026-11-23"', 'edition = "2026-11-23"\ntarget = []']
)
def test_a_list_without_targets_is_refused(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError, match=r"targets\.toml"):
        targets.read_list(path)


def test_a_list_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(ReadError, match=r"targets\.toml"):
        targets.read_list(path)


# staging and contract


def sql(folder: str, name: str) -> str:
    file = resources.files("ebpm") / "sql" / folder / f"{name}.sql"
    return file.read_text(encoding="utf-8")


def test_the_contract_sees_a_verified_target_without_its_plan() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staging")
        scan = f"read_parquet('{FIGURES}/targets.parquet')"
        connection.execute(f"CREATE TABLE raw.targets AS SELECT * FROM {scan}")
        connection.execute(f"CREATE TABLE staging.stg_targets AS {sql('staging', 'stg_targets')}")
        good = connection.execute(
            "SELECT count(*) FROM staging.stg_targets WHERE set_aside_reason IS NULL"
        )
        assert good.fetchall() == [(3,)]
        contract = sql("contracts", "targets_verified")
        assert connection.execute(contract).fetchall() == []
        connection.execute("UPDATE staging.stg_targets SET verified = true")
        broken = {row[0] for row in connection.execute(contract).fetchall()}
        assert broken == {"online-procedures", "online-applications"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("target_pct = 101", "percentage_out_of_range"),
        ("target_pct = NULL", "percentage_out_of_range"),
        ("decided_on = '令和4年'", "not_a_date"),
    ],
)
def test_a_damaged_row_is_set_aside(change: str, reason: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw")
        scan = f"read_parquet('{FIGURES}/targets.parquet')"
        connection.execute(f"CREATE TABLE raw.targets AS SELECT * FROM {scan}")
        connection.execute(f"UPDATE raw.targets SET {change} WHERE target_id = 'standard-systems'")
        found = connection.execute(
            f"SELECT set_aside_reason FROM ({sql('staging', 'stg_targets')}) "
            "WHERE set_aside_reason IS NOT NULL"
        ).fetchall()
    assert found == [(reason,)]
