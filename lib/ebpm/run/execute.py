"""One report: what is to be made, and the execution of its notebook with papermill."""

import hashlib
import json
import re
import shlex
import socket
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from traitlets.config import Config

from ebpm import lgcode
from ebpm.files import variables
from ebpm.paths import OWN_NOTEBOOKS
from ebpm.report.model import Lang
from ebpm.run.parameters import Value
from ebpm.warm import ENGINE
from ebpm.warm.forker import ChildError, Limits, can_fork

KERNEL = "python3"
LANGUAGE = "python"
Engine = Literal["warm", "stock"]
ENGINES: dict[Engine, str | None] = {"warm": ENGINE, "stock": None}
UNSAFE = re.compile(r"[^\w.-]+")
# A file name holds 255 bytes at most on usual systems, suffix included.
LONGEST_BYTES = 120


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
    def is_own(self) -> bool:
        """Whether the report is on the municipality's own data, which have a warehouse of their own."""
        return self.notebook.parent.name == OWN_NOTEBOOKS.name

    @property
    def stem(self) -> str:
        """Where page and notebook go, below the site, without suffix.

        A report under other than the usual parameters has a page of its own: it never takes the
        place of the national one. Texts that no file name could hold are told apart by a hash.
        """
        others = {
            name: value for name, value in sorted(self.parameters.items()) if name != "lgcode"
        }
        changed = "".join(f"_{name}-{value}" for name, value in others.items())
        if UNSAFE.search(changed) or len(changed.encode()) > LONGEST_BYTES:
            given = json.dumps(others, ensure_ascii=False)
            changed = f"_parameters-{hashlib.sha256(given.encode()).hexdigest()[:12]}"
        name = self.notebook.stem
        return f"{name}{changed}" if self.lgcode is None else f"{name}/{self.lgcode}{changed}"

    @property
    def command(self) -> str:
        """The command that makes this report again."""
        given = [f"{name}={value}" for name, value in self.parameters.items()]
        options = "".join(f" -p {shlex.quote(each)}" for each in given)
        lang = "" if self.lang == "ja" else f" --lang {self.lang}"
        return f"ebpm run {self.notebook.stem}{options}{lang}"

    @property
    def place(self) -> str | None:
        """Full name of the municipality, or the prefecture, that the report is about."""
        if self.lgcode:
            return lgcode.get(self.lgcode).full_name
        return str(self.parameters.get("prefecture") or "") or None


USUAL = Limits(cell_seconds=600, report_seconds=3600, memory_mb=4000)
"""What a report may take; the stock engine knows the first alone."""


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


def execute(job: Job, warehouse: Path, limits: Limits, *, engine: Engine) -> Execution:
    """Runs a notebook through papermill on one fixed generation of the warehouse.

    Whatever goes wrong is the Failure of this report alone.
    """
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ebpm-") as folder, variables(_inherited(warehouse)):
        try:
            executed = _executed(job, folder, _options(limits, engine), engine)
        except PapermillExecutionError as error:
            return Execution(None, _since(started), _failure(job, error))
        except ChildError as error:
            return Execution(None, _since(started), Failure(str(error), error.cell))
        except Exception as error:  # noqa: BLE001 - a dead kernel, a time limit: this report only
            return Execution(None, _since(started), failure_of(error))
    return Execution(_without_paths(executed), _since(started))


def _executed(job: Job, folder: str, options: dict[str, Any], engine: Engine) -> Any:
    """The steps of `papermill.execute_notebook`, but for its writing the notebook to nowhere.

    Raises PapermillExecutionError where a cell fails.
    """
    from papermill.engines import papermill_engines
    from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook
    from papermill.utils import chdir

    source = str(job.notebook)
    kernel = {"kernel_name": KERNEL, "language": LANGUAGE}
    notebook = load_notebook_node(source)
    if job.parameters:
        notebook = parameterize_notebook(notebook, job.parameters, **kernel)
    notebook = prepare_notebook_metadata(notebook, source, None)
    with chdir(folder):
        done = papermill_engines.execute_notebook_with_engine(
            ENGINES[engine], notebook, kernel_name=KERNEL, progress_bar=False, **options
        )
    raise_for_execution_errors(done, None)
    return done


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


def _inherited(warehouse: Path) -> dict[str, str]:
    """What the kernel inherits: one warehouse for the whole run, and this environment's kernel.

    Linear algebra in one thread: with several, last digits hang on the number of processors.
    """
    return {
        "EBPM_WAREHOUSE_FILE": str(warehouse),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _options(limits: Limits, engine: Engine) -> dict[str, Any]:
    if engine == "stock" or not can_fork():
        return {"execution_timeout": limits.cell_seconds, "config": _kernel_config()}
    return {
        "execution_timeout": limits.cell_seconds,
        "report_timeout": limits.report_seconds,
        "memory_limit_mb": limits.memory_mb,
    }


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)


def _without_paths(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without papermill's paths of the machine that ran it."""
    for name in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(name, None)
    return notebook


def _failure(job: Job, error: Any) -> Failure:
    """The cell that raised, and the last heading before it."""
    before = nbformat.read(job.notebook, as_version=4).cells[: error.cell_index]
    headings = [
        line.lstrip("# ")
        for cell in before
        if cell.cell_type == "markdown" and f"lang-{job.lang}" in cell.metadata.get("tags", [])
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    reason = " ".join(f"{error.ename}: {error.evalue}".split())
    heading = headings[-1] if headings else None
    return Failure(reason, error.cell_index + 1, heading, "\n".join(error.traceback))
