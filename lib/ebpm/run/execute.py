"""One report: what is to be made, and the execution of its notebook with papermill."""

import contextlib
import os
import re
import socket
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from traitlets.config import Config

from ebpm import lgcode
from ebpm.report.model import Lang
from ebpm.run.parameters import Value

KERNEL = "python3"
LANGUAGE = "python"
UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Job:
    """A notebook, its parameters and the language of its page."""

    notebook: Path
    parameters: dict[str, Value]
    lang: Lang

    @property
    def lgcode(self) -> str | None:
        """The municipality that the report is about, if it is about one."""
        return str(self.parameters.get("lgcode") or "") or None

    @property
    def stem(self) -> str:
        """Where page and notebook go, below the site, without suffix.

        A report under other than the usual parameters has a page of its own: it never takes the
        place of the national one.
        """
        changed = "".join(
            f"_{name}-{UNSAFE.sub('-', str(value))}"
            for name, value in sorted(self.parameters.items())
            if name != "lgcode"
        )
        name = self.notebook.stem
        return f"{name}{changed}" if self.lgcode is None else f"{name}/{self.lgcode}{changed}"

    @property
    def command(self) -> str:
        """The command that makes this report again."""
        options = "".join(f" -p {name}={value}" for name, value in self.parameters.items())
        lang = "" if self.lang == "ja" else f" --lang {self.lang}"
        return f"ebpm run {self.notebook.stem}{options}{lang}"

    @property
    def place(self) -> str | None:
        """Full name of the municipality that the report is about."""
        return lgcode.get(self.lgcode).full_name if self.lgcode else None


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not run to its end."""

    reason: str
    cell: int | None = None
    heading: str | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class Execution:
    """What came of a notebook: the executed notebook, its seconds, its failure if any."""

    notebook: nbformat.NotebookNode | None
    seconds: float
    failure: Failure | None = None


def execute(job: Job, warehouse: Path, *, timeout_seconds: int, progress: bool) -> Execution:
    """Runs a notebook through papermill on one fixed generation of the warehouse.

    Whatever goes wrong is the Failure of this report alone; a cell may take `timeout_seconds`.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ebpm-") as folder, _environment(warehouse):
        output = Path(folder) / "executed.ipynb"
        try:
            papermill.execute_notebook(
                str(job.notebook),
                str(output),
                parameters=job.parameters,
                kernel_name=KERNEL,
                language=LANGUAGE,
                progress_bar={"desc": job.stem} if progress else False,
                cwd=folder,
                execution_timeout=timeout_seconds,
                config=_kernel_config(),
            )
        except PapermillExecutionError as error:
            executed = nbformat.read(output, as_version=4)
            return Execution(executed, _since(started), _failure(executed, error, job.lang))
        except Exception as error:  # noqa: BLE001 - a dead kernel, a time limit: this report only
            return Execution(None, _since(started), failure_of(error))
        executed = _without_paths(nbformat.read(output, as_version=4))
    return Execution(executed, _since(started))


def failure_of(error: Exception) -> Failure:
    """Any error as the account of a report that failed."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return Failure(reason, traceback="".join(traceback.format_exception(error)))


def _kernel_config() -> Config:
    """Talks to the kernel over sockets of this user only, where the system has them."""
    config = Config()
    if hasattr(socket, "AF_UNIX"):
        config.KernelManager.transport = "ipc"
    return config


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)


@contextlib.contextmanager
def _environment(warehouse: Path) -> Iterator[None]:
    """What the kernel inherits: one warehouse for the whole run, and this environment's kernel."""
    settings = {"EBPM_WAREHOUSE_FILE": str(warehouse), "JUPYTER_PREFER_ENV_PATH": "1"}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _without_paths(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without papermill's paths of the machine that ran it."""
    for name in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(name, None)
    return notebook


def _failure(notebook: nbformat.NotebookNode, error: Any, lang: str) -> Failure:
    # papermill puts a message before the first cell, so everything stands one place further down.
    before = notebook.cells[: error.cell_index + 1]
    headings = [
        line.lstrip("# ")
        for cell in before
        if cell.cell_type == "markdown" and f"lang-{lang}" in cell.metadata.get("tags", [])
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    reason = " ".join(f"{error.ename}: {error.evalue}".split())
    heading = headings[-1] if headings else None
    return Failure(reason, error.cell_index + 1, heading, "\n".join(error.traceback))
