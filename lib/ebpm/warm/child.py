"""What a child of the forker does: one notebook, or one kernel, in the caller's place and surroundings."""

import os
import random
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from nbformat import NotebookNode, from_dict

from ebpm.warm.messages import KERNEL, Task, send

STREAMED = ("stream", "display_data", "execute_result", "error")


def live(task: Task, speaking: Connection) -> None:
    """The whole life of a child."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(task.environment)
    os.chdir(task.folder)
    _reseed()
    if task.kind == KERNEL:
        speaking.close()
        _be_a_kernel(task.command)
    else:
        _run(task, speaking)


def _reseed() -> None:
    """All children would draw the same random numbers."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _be_a_kernel(command: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = command
    IPKernelApp.launch_instance(command[1:])


def _run(task: Task, speaking: Connection) -> None:
    """Executes a notebook as papermill's own engine does, and tells of every cell."""
    from papermill.engines import NBClientEngine

    from ebpm.warm.kernel import KernelHere

    relay = Relay(from_dict(task.notebook), speaking)
    manager = KernelHere(relay.output if task.streams else None)
    try:
        NBClientEngine.execute_managed_notebook(relay, km=manager, **task.options)
    except Exception as error:  # noqa: BLE001 - told to the caller, who raises it
        said = {"name": type(error).__name__, "text": str(error)}
        send(speaking, "error", **said, traceback=traceback.format_exc())
    else:
        send(speaking, "done", metadata=relay.nb.metadata)
    speaking.close()


class Relay:
    """Stands where papermill's execution manager would, and passes on what it is told."""

    def __init__(self, notebook: NotebookNode, speaking: Connection) -> None:
        self.nb = notebook
        self._speaking = speaking

    def cell_start(self, cell: NotebookNode, cell_index: int) -> None:
        """A cell begins."""
        send(self._speaking, "start", index=cell_index)

    def cell_exception(self, cell: NotebookNode, cell_index: int, **details: Any) -> None:
        """A cell has failed."""
        send(self._speaking, "failed", index=cell_index)

    def cell_complete(self, cell: NotebookNode, cell_index: int) -> None:
        """A cell has ended, whether well or not; the caller has the text of one without code."""
        came_back = {"cell": cell} if cell.cell_type == "code" else {}
        send(self._speaking, "complete", index=cell_index, **came_back)

    def autosave_cell(self) -> None:
        """The caller saves."""

    def output(self, message: dict[str, Any]) -> None:
        """An output, while its cell still runs."""
        kind, content = message["msg_type"], message["content"]
        if kind in STREAMED:
            keys = ("name", "text", "data", "metadata", "execution_count", "ename", "evalue")
            told = {key: content[key] for key in (*keys, "traceback") if key in content}
            send(self._speaking, "output", output={"output_type": kind, **told})
