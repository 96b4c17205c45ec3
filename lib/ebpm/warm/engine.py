"""The papermill engine `ebpm`: `papermill --engine ebpm in.ipynb out.ipynb`, or `engine_name="ebpm"`.

A notebook runs behind papermill's and nbclient's own code, in a child of a process that has
everything imported. Where that cannot be (another system than Linux, a kernel of another
environment or language), papermill's own engine runs it.
"""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger

from ebpm.warm.forker import ChildError, Limits, can_fork, child
from ebpm.warm.messages import NOTEBOOK, Task


class WarmEngine(NBClientEngine):  # type: ignore[misc] # papermill has no annotations
    """papermill's own engine, in a child that is warm."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: float | None = None,
        report_timeout: float | None = None,
        memory_limit_mb: int | None = None,
        **options: Any,
    ) -> None:
        """Executes the notebook of `nb_man`, which is told of every cell as it goes along.

        `execution_timeout` is for a cell, `report_timeout` for all, in seconds; `memory_limit_mb`
        is what the child may hold in memory. Raises ChildError where the child is ended or dies.
        """
        logging = {
            "log_output": log_output,
            "stdout_file": stdout_file,
            "stderr_file": stderr_file,
        }
        if not (can_fork() and _is_this_environment(kernel_name)):
            times = {"start_timeout": start_timeout, "execution_timeout": execution_timeout}
            super().execute_managed_notebook(nb_man, kernel_name, **logging, **times, **options)
            return
        task = Task(
            NOTEBOOK,
            folder=str(Path.cwd()),
            environment=dict(os.environ),
            notebook=nb_man.nb,
            options={"kernel_name": kernel_name, **_without_paths(options)},
            streams=any(logging.values()) or bool(nb_man.output_path),
        )
        limits = Limits(execution_timeout, report_timeout, memory_limit_mb)
        listener = PapermillNotebookClient(nb_man, log=logger, **logging)
        with child(task) as at_work:
            for said in at_work.messages(limits):
                _HEARD[said["kind"]](nb_man, listener, said)


def _start(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    nb_man.cell_start(nb_man.nb.cells[said["index"]], said["index"])
    listener.running = said["index"]


def _output(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    """Shown at once; the cell is replaced by what nbclient makes of it when it ends."""
    output = from_dict(said["output"])
    nb_man.nb.cells[listener.running].outputs.append(output)
    listener.log_output_message(output)
    nb_man.autosave_cell()


def _failed(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    nb_man.cell_exception(nb_man.nb.cells[said["index"]], cell_index=said["index"])


def _complete(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    """The cell as it came back, with papermill's own account of it."""
    cell = nb_man.nb.cells[said["index"]]
    account = cell.metadata.papermill
    cell.update(from_dict(said.get("cell", {})))
    cell.metadata.papermill = account
    nb_man.cell_complete(cell, cell_index=said["index"])


def _done(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    account = nb_man.nb.metadata.papermill
    nb_man.nb.metadata.update(from_dict(said["metadata"]))
    nb_man.nb.metadata.papermill = account


def _error(nb_man: Any, listener: Any, said: dict[str, Any]) -> None:
    raise ChildError(f"{said['name']}: {said['text']}\n{said['traceback']}")


_HEARD = {
    "start": _start,
    "output": _output,
    "failed": _failed,
    "complete": _complete,
    "done": _done,
    "error": _error,
}


def _without_paths(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "input_path"}


@cache
def _is_this_environment(kernel_name: str) -> bool:
    """Whether the kernel of that name would be started by this very Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return False
    command = Path(spec.argv[0]) if spec.argv else Path()
    plain = {"python", "python3", f"python{sys.version_info.major}.{sys.version_info.minor}"}
    here = command.parent == Path(sys.executable).parent
    return spec.language == "python" and command.name in plain and (here or str(command) in plain)
