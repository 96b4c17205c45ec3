"""The IPython kernel in this process, for papermill: no second process, no sockets.

`papermill.execute_notebook(…, km=KernelHere())` runs the cells in the real ipykernel shell of this
process, behind nbclient as it is. State would leak from one notebook to the next, so a process runs
one notebook and ends: `ebpm.run.child` forks one for each report.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

from ipykernel.inprocess.client import InProcessKernelClient
from ipykernel.inprocess.ipkernel import InProcessKernel
from ipykernel.inprocess.manager import InProcessKernelManager
from ipykernel.iostream import IOPubThread
from traitlets import Type, default


class Channel:
    """Messages of one channel, in their order."""

    def __init__(self, client: Any = None) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def is_alive(self) -> bool:
        """As long as the process is."""
        return True

    def call_handlers(self, message: dict[str, Any]) -> None:
        """Takes a message from the kernel."""
        self._messages.put_nowait(message)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message; raises queue.Empty where none comes within `timeout` seconds."""
        from queue import Empty

        try:
            return await asyncio.wait_for(self._messages.get(), timeout)
        except TimeoutError:
            raise Empty from None


class Kernel(InProcessKernel):
    """ipykernel's kernel, whose outputs are handed over at once: its thread is not started."""

    # Cells that await are asked whose thread they run in; no thread means that nobody interrupts.
    shell_channel_thread = SimpleNamespace(parent_thread=None)
    _supports_kernel_subshells = False

    @default("iopub_thread")
    def _default_iopub_thread(self) -> IOPubThread:
        return IOPubThread(self._underlying_iopub_socket, session=self.session)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Runs a cell; what it prints belongs to it, which nbclient asks of every output."""
        self.stdout.set_parent(parent)
        self.stderr.set_parent(parent)
        await super().execute_request(stream, ident, parent)


class Client(InProcessKernelClient):
    """What nbclient talks to: requests run in nbclient's own event loop."""

    shell_channel_class = Type(Channel)
    iopub_channel_class = Type(Channel)
    stdin_channel_class = Type(Channel)
    control_channel_class = Type(Channel)
    hb_channel_class = Type(Channel)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """The kernel is ready as soon as it is made."""

    async def is_alive(self) -> bool:
        """As long as the process is."""
        return True

    async def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        """Runs a cell; its reply and outputs then lie in the channels. Returns the request's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return await self._ask("execute_request", content)

    def kernel_info(self) -> str:
        """Asks for the kernel's description; returns the request's id (papermill does not await it)."""
        assert self.kernel is not None
        message = self.session.msg("kernel_info_request")
        content = {"status": "ok", **self.kernel.kernel_info}
        reply = self.session.msg("kernel_info_reply", content, parent=message)
        self.shell_channel.call_handlers(reply)
        return str(message["header"]["msg_id"])

    async def _ask(self, kind: str, content: dict[str, Any]) -> str:
        assert self.kernel is not None
        message, stream = self.session.msg(kind, content), self.kernel.shell_stream
        self.session.send(stream, message)
        await self.kernel.dispatch_shell(stream.recv_multipart())
        _, reply = self.session.recv(stream, copy=False)
        self.shell_channel.call_handlers(reply)
        return str(message["header"]["msg_id"])


class KernelHere(InProcessKernelManager):
    """The manager of the kernel in this process."""

    def start_kernel(self, **options: Any) -> None:
        """Makes the kernel, without a history file; options of a kernel process mean nothing here."""
        self.config.HistoryManager.hist_file = ":memory:"
        self.kernel = Kernel(parent=self, session=self.session)

    def client(self, **options: Any) -> Client:
        """The client of this kernel."""
        return Client(parent=self, session=self.session, kernel=self.kernel)

    def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """Lets go of the kernel; its process ends by itself."""
        self.kernel = None

    def cleanup_resources(self, restart: bool = False) -> None:
        """There are no files or sockets to clean up."""

    async def interrupt_kernel(self) -> None:
        """Only the parent process can stop a cell: it ends this process."""
