"""One report: execute its notebook with papermill, check what it says, render its page."""

import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from traitlets.config import Config

from ebpm import lgcode
from ebpm.evidence.claims import OverclaimError, overclaims
from ebpm.evidence.outputs import MIME
from ebpm.report.model import Lang
from ebpm.run.parameters import Value

KERNEL = "python3"


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
        """Where page and notebook go, below the site, without suffix."""
        name = self.notebook.stem
        return name if self.lgcode is None else f"{name}/{self.lgcode}"

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
    findings: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] | None = None


def execute(job: Job, warehouse: Path, *, progress: bool) -> Execution:
    """Runs a notebook through papermill on one fixed generation of the warehouse."""
    import papermill
    from nbclient.exceptions import DeadKernelError
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
                progress_bar={"desc": job.stem} if progress else False,
                cwd=folder,
                config=_kernel_config(),
            )
        except PapermillExecutionError as error:
            executed = nbformat.read(output, as_version=4)
            return Execution(executed, _since(started), _failure(executed, error, job.lang))
        except (DeadKernelError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return Execution(None, _since(started), Failure(reason))
        executed = _without_paths(nbformat.read(output, as_version=4))
    return _checked(executed, _since(started))


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
    before = notebook.cells[: error.cell_index]
    headings = [
        line.lstrip("# ")
        for cell in before
        if cell.cell_type == "markdown" and f"lang-{lang}" in cell.metadata.get("tags", [])
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    reason = " ".join(f"{error.ename}: {error.evalue}".split())
    heading = headings[-1] if headings else None
    return Failure(reason, error.cell_index, heading, "\n".join(error.traceback))


def _checked(notebook: nbformat.NotebookNode, seconds: float) -> Execution:
    """Refuses a page that lacks its summary or says more than its designs allow."""
    findings = payloads(notebook, "finding")
    summaries = payloads(notebook, "summary")
    failure = _refusal(notebook, findings, summaries)
    return Execution(
        notebook, seconds, failure, findings, summaries[0] if len(summaries) == 1 else None
    )


def _refusal(
    notebook: nbformat.NotebookNode, findings: list[Any], summaries: list[Any]
) -> Failure | None:
    if len(summaries) != 1 or not findings:
        return Failure(
            f"要約（ebpm.summary）が {len(summaries)} 個、知見（ebpm.finding）が {len(findings)} 個です。"
            "要約は1個、知見は1個以上にしてください。"
        )
    sms = max(finding["sms"] for finding in findings)
    if said := overclaims(texts(notebook), sms):
        wording = "」「".join(said[:3])
        return Failure(
            f"{OverclaimError.__name__}: SMS {sms}/5 の設計では使えない表現：「{wording}」"
        )
    return None


def payloads(notebook: nbformat.NotebookNode, kind: str) -> list[dict[str, Any]]:
    """The outputs of one kind, in the order of the notebook."""
    return [
        dict(output.data[MIME.format(kind)])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if MIME.format(kind) in output.get("data", {})
    ]


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """Everything that a page may print, in both languages."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    sentences = [
        "".join(part if isinstance(part, str) else part["text"] for part in payload[lang])
        for payload in payloads(notebook, "say")
        for lang in ("ja", "en")
    ]
    kinds = ("summary", "finding", "figure", "table")
    emitted = [
        text for kind in kinds for item in payloads(notebook, kind) for text in _strings(item)
    ]
    return prose + sentences + emitted


def _strings(value: Any) -> Iterator[str]:
    """Every text below a payload that a page may print."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in {"sql", "sources", "spec", "data"}:
                yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
