"""docs/methods.md names every method, and its figures come from the simulations."""

import re
from pathlib import Path

import pytest
from benchmarks.simulate_methods import BEGIN, END, Outcome, all_simulations, draw, line, write

from ebpm.methods.names import METHODS
from ebpm.paths import ROOT

DOCUMENT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
VARIANTS = re.compile(r"_(cr2|two_way|two_way_cr2|hc1|hc2|hc3|iid)$")
SIMULATIONS = {simulation.name: simulation for simulation in all_simulations()}


def test_every_method_of_the_catalogue_is_named() -> None:
    bases = {VARIANTS.sub("", VARIANTS.sub("", key)) for key in METHODS}
    assert [key for key in bases if f"`{key}`" not in DOCUMENT] == []


def test_every_method_that_the_document_names_is_in_the_catalogue() -> None:
    table = DOCUMENT.split("## Safe defaults")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("|")][2:]
    named = {name for row in rows for name in re.findall(r"`([a-z]\w+)`", row)}
    assert named <= METHODS.keys()


def test_every_simulation_stands_in_the_document_within_its_bands() -> None:
    table = DOCUMENT.split(BEGIN)[1].split(END)[0]
    rows = {row.split("|")[1].strip(): row for row in table.splitlines() if row.startswith("|")}
    assert [name for name in SIMULATIONS if name not in rows] == []
    assert not [row for row in rows.values() if "misses" in row]


@pytest.mark.parametrize("name", sorted(SIMULATIONS))
def test_a_simulation_draws_and_names_a_known_method(name: str) -> None:
    covered, found = draw(name, 0, 2)
    assert 0 <= covered <= 2 and 0 <= found <= 2
    assert SIMULATIONS[name].method in METHODS


def test_draws_are_the_same_whatever_the_process() -> None:
    name = next(iter(SIMULATIONS))
    assert draw(name, 3, 4) == draw(name, 3, 4)


def test_a_figure_outside_its_band_is_told() -> None:
    simulation = SIMULATIONS["least squares, 47 clusters (CR1)"]
    assert Outcome(simulation, 1000, 0.95, 0.05).misses == []
    assert Outcome(simulation, 1000, 0.92, 0.05).misses == ["coverage"]
    assert Outcome(simulation, 1000, 0.95, 0.08).misses == ["false positives"]
    assert "misses: coverage" in line(Outcome(simulation, 1000, 0.92, 0.05))


def test_the_table_goes_between_the_marks_and_nothing_else_changes(tmp_path: Path) -> None:
    document = tmp_path / "methods.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write(document, "new")
    assert document.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
