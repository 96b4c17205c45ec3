"""A notebook on own data, run in this process and held to the gate, without making pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from ebpm import warehouse
from ebpm.cli import cli
from ebpm.evidence import declarations
from ebpm.own import places
from ebpm.paths import OWN_NOTEBOOKS
from ebpm.run.disclosure import check_disclosure
from ebpm.run.gate import check_notebook, payloads

SMALLEST = 10
Run = Callable[..., "Executed"]


@dataclass(frozen=True)
class Executed:
    """An executed notebook that the gate let pass, and its findings by id."""

    notebook: nbformat.NotebookNode
    findings: dict[str, dict[str, Any]]

    def outputs(self, kind: str) -> list[dict[str, Any]]:
        """What it emitted of a kind (`say`, `table`, `figure`)."""
        return payloads(self.notebook, kind)

    @property
    def said(self) -> str:
        """Its sentences in Japanese, one a line."""
        parts = [
            "".join(p if isinstance(p, str) else p["text"] for p in each["ja"])
            for each in self.outputs("say")
        ]
        return "\n".join(parts)


def imported(home: Path, patch: pytest.MonkeyPatch, **files: Path) -> None:
    """Imports a file for each form into own data under `home`, as the command does."""
    patch.setenv("EBPM_OWN", str(home / "own"))
    patch.setenv("EBPM_LEDGER", str(home / "ledger"))
    for form, path in files.items():
        for command in (("check",), ("import", "--dataset", "x")):
            done = CliRunner().invoke(cli, [*command, str(path), "--form", form])
            assert done.exit_code == 0, done.output
    patch.setenv("EBPM_WAREHOUSE_FILE", str(warehouse.current(places.warehouse())))


def run_in(patch: pytest.MonkeyPatch) -> Run:
    """Runs a notebook by name with parameters; errors of its cells come through."""

    def run(name: str, **parameters: Any) -> Executed:
        notebook = nbformat.read(OWN_NOTEBOOKS / f"{name}.ipynb", as_version=4)
        emitted: list[dict[str, Any]] = []
        patch.setattr("IPython.display.display", lambda bundle, raw: emitted.append(bundle))
        declarations.forget()
        space: dict[str, Any] = {}
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            exec(cell.source, space)
            if "parameters" in cell.metadata.get("tags", []):
                space |= parameters
            cell.outputs = [
                nbformat.v4.new_output("display_data", data=bundle) for bundle in emitted
            ]
            emitted.clear()
        findings, _ = check_notebook(notebook)
        check_disclosure(notebook, findings, SMALLEST)
        return Executed(notebook, {finding["id"]: finding for finding in findings})

    return run
