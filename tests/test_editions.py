"""What changed between two editions: rows, values and definitions, against an own comparison."""

from __future__ import annotations

import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import NATIONAL, Command, command_in
from ebpm import figures, warehouse
from support.published import EDITIONS, edition, six_digits

PAIRS = list(itertools.pairwise(EDITIONS))

Values = dict[tuple[str, str], tuple[str, float]]


@cache
def values(year: int) -> Values:
    """(code, indicator) → (year of the column, value), read with the csv module."""
    published = edition(year)
    return {
        (six_digits(row[0]), indicator): (of, float(cell))
        for row in published.rows
        for indicator, of, cell in zip(published.indicators, published.years, row[3:], strict=True)
    }


def changes(command: Command, *arguments: str) -> dict[str, Any]:
    done = command("editions", "ssdse_a", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    return {change["table"]: change for change in content["changes"]}


def columns(change: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["column"]: column for column in change["columns"]}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_rows_and_values_that_differ_are_counted_as_an_own_comparison_counts_them(
    ebpm: Command, before: int, after: int
) -> None:
    old, new = values(before), values(after)
    found = changes(ebpm, "--from", str(before), "--to", str(after))["stg_ssdse_a"]
    both = old.keys() & new.keys()
    assert (found["only_before"], found["only_after"], found["in_both"]) == (
        len(old.keys() - new.keys()),
        len(new.keys() - old.keys()),
        len(both),
    )
    differ = [key for key in both if old[key][1] != new[key][1]]
    revised = [key for key in differ if old[key][0] == new[key][0]]
    value = columns(found)["value"]
    assert (value["changed"], value["revised"]) == (len(differ), len(revised))


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_changed_definitions_are_told_with_both_names(
    ebpm: Command, before: int, after: int
) -> None:
    old, new = edition(before), edition(after)
    names = [
        {name.strip(): text.strip() for name, text in zip(e.indicators, e.names, strict=True)}
        for e in (old, new)
    ]
    expected = {
        (key, names[0][key], names[1][key])
        for key in names[0].keys() & names[1].keys()
        if names[0][key] != names[1][key]
    }
    found = changes(ebpm, "--from", str(before), "--to", str(after), "--examples", "0")
    told = columns(found["stg_ssdse_a_indicators"]).get("indicator_name", {"examples": []})
    examples = {(row["indicator"], row["before"], row["after"]) for row in told["examples"]}
    assert examples == expected


def test_without_being_asked_the_last_two_editions_are_compared(ebpm: Command) -> None:
    found = changes(ebpm)["stg_ssdse_a"]
    assert (found["before"], found["after"]) == ("2024", "2025")


def test_a_value_replaced_within_an_edition_of_the_same_year_is_a_revision(tmp_path: Path) -> None:
    """A later edition that replaces one value of a year already published."""
    folder = tmp_path / "figures"
    folder.mkdir()
    for figure in figures.available():
        (folder / figure.path.name).symlink_to(figure.path)
        record = figure.path.with_suffix(".json")
        (folder / record.name).symlink_to(record)
    table = folder / "ssdse_a.parquet"
    table.unlink()
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM '{figures.FIGURES / 'ssdse_a.parquet'}' UNION ALL BY NAME "
            "SELECT * REPLACE (2026 AS edition, CASE WHEN lgcode = '011002' AND indicator = 'D1202'"
            " THEN value + 1 ELSE value END AS value) "
            f"FROM '{figures.FIGURES / 'ssdse_a.parquet'}' WHERE edition = 2025) "
            f"TO '{table}' (FORMAT parquet)"
        )
    record = json.loads((figures.FIGURES / "ssdse_a.json").read_text(encoding="utf-8"))
    (folder / "ssdse_a.json").unlink()
    (folder / "ssdse_a.json").write_text(
        json.dumps(record | {"sha256": figures.sha256(table)}), encoding="utf-8"
    )
    warehouse.build(tmp_path / "warehouse", folder)
    found = changes(command_in(tmp_path / "warehouse"))["stg_ssdse_a"]
    value = columns(found)["value"]
    assert (value["changed"], value["revised"]) == (1, 1)
    (row,) = value["examples"]
    assert (row["lgcode"], row["indicator"]) == ("011002", "D1202")
    assert row["after"] == row["before"] + 1


def test_every_source_is_listed_with_its_editions(ebpm: Command) -> None:
    done = ebpm("editions", "--json")
    found = json.loads(done.stdout)
    assert set(found) == set(figures.sources())
    assert found["ssdse_a"] == [str(year) for year in EDITIONS]
    assert len(found["mynumber_cards"]) == 46


def test_the_reports_that_rest_on_a_source_are_named(site: Any) -> None:
    done = site.command("editions", "ssdse_a", "--json")
    others = {"processing_time", "international"}
    assert set(json.loads(done.stdout)["reports"]) == set(NATIONAL) - others


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["no_such_source"], "ssdse_a"),
        (["ssdse_a", "--from", "1999"], "2020、2021"),
        (["ssdse_a", "--to", "2030"], "2030 の版はありません"),
    ],
)
def test_a_wrong_question_gets_one_line_that_names_what_there_is(
    ebpm: Command, arguments: list[str], part: str
) -> None:
    done = ebpm("editions", *arguments)
    assert done.returncode == 2
    assert part in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_people_read_what_changed_and_how_much_more_there_is(ebpm: Command) -> None:
    done = ebpm("editions", "ssdse_a", "--from", "2022", "--to", "2023")
    assert done.returncode == 0
    assert "indicator=D1202" in done.stdout
    assert "増えた行 1,741" in done.stdout
    assert "高齢夫婦のみの世帯数" in done.stdout
