"""The IPython kernel in this process, for papermill: no second process, no sockets.

`papermill.execute_notebook(…, km=KernelHere())` runs the cells in the real ipykernel shell of this
process, behind nbclient as it is. State would leak from one notebook to the next, so a process runs
one notebook and ends.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

from ipykernel.inprocess.client import InProcessKernelClient
from ipykernel.inprocess.constants import INPROCESS_KEY
from ipykernel.inprocess.ipkernel import InProcessKernel
from ipykernel.inprocess.manager import InProcessKernelManager
from ipykernel.inprocess.socket import DummySocket
from ipykernel.iostream import IOPubThread, OutStream
from jupyter_client.session import Session
from traitlets import Any as AnyTrait
from traitlets import Float, Instance, Type, default
from traitlets.config import Config

from ebpm.warm.cells import Shell

Message = dict[str, Any]
FLUSH_SECONDS = 0.2
STDOUT, STDERR = 1, 2


class Channel:
    """Messages of one channel, in their order; any thread may put one in."""

    def __init__(self, client: Any = None) -> None:
        self._messages: deque[Message] = deque()
        self.tell: Callable[[Message], None] | None = None
        self._arrived: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def is_alive(self) -> bool:
        """As long as the process is."""
        return True

    def call_handlers(self, message: Message) -> None:
        """Takes a message from the kernel."""
        if self.tell:
            self.tell(message)
        self._messages.append(message)
        if (waiting := self._arrived) is not None:
            loop, arrived = waiting
            loop.call_soon_threadsafe(arrived.set)

    async def get_msg(self, timeout: float | None = None) -> Message:
        """The next message; raises queue.Empty where none comes within `timeout` seconds."""
        arrived = asyncio.Event()
        # Set before it is looked whether there is one: none comes unnoticed in between.
        self._arrived = asyncio.get_running_loop(), arrived
        try:
            if not self._messages:
                await asyncio.wait_for(arrived.wait(), timeout)
            return self._messages.popleft()
        except TimeoutError:
            raise Empty from None
        finally:
            self._arrived = None


class Outlet(DummySocket):
    """Where the kernel publishes: what is sent is handed over at once."""

    deliver = AnyTrait()


class RawWrites:
    """What is written to a file descriptor itself: by C code, by other processes, by os.write."""

    def __init__(self, descriptor: int, stream: OutStream) -> None:
        self._file = os.memfd_create(f"ebpm-{descriptor}")
        os.dup2(self._file, descriptor)
        self._stream = stream
        self._read = 0

    def collect(self) -> None:
        """Passes on what has come since."""
        while found := os.pread(self._file, 1 << 16, self._read):
            self._read += len(found)
            self._stream.write(found.decode(errors="replace"))


class Handing(Session):
    """Hands over what the kernel publishes as the client would read it off a socket.

    Content goes through JSON, as on the way through a socket; signatures and addresses do not.
    """

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        """Sends a message; one that is published goes straight to the outlet."""
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(msg_or_type, content, parent, header=header, metadata=metadata)
        outlet = getattr(getattr(stream, "io_thread", stream), "socket", None)
        if not isinstance(outlet, Outlet):
            return super().send(stream, message, ident=ident, buffers=buffers, track=track)
        if os.getpid() != self.pid:
            # A process that the notebook forked: what it prints reaches the notebook as raw writes.
            os.write(STDOUT, str(message["content"].get("text", "")).encode())
            return None
        parts = {part: self.unpack(self.pack(message[part])) for part in ("content", "metadata")}
        views = [memoryview(each) for each in buffers or message.get("buffers") or []]
        outlet.deliver({**message, **parts, "buffers": views})
        return message


class Straight(IOPubThread):
    """Where streams publish: at once, for there is no thread and nothing that would wake one."""

    def _setup_event_pipe(self) -> None:
        """No sockets: with them come threads, which a process that forks must not have."""


class Kernel(InProcessKernel):
    """ipykernel's kernel, whose outputs are handed over at once.

    It is made before the fork, which takes a good part of a report's start, and begins to live in
    the child (`wake`).
    """

    shell_class = Type(Shell)
    # Cells that await are asked whose thread they run in; no thread means that nobody interrupts.
    shell_channel_thread = SimpleNamespace(parent_thread=None)
    _supports_kernel_subshells = False
    # A pause after each cell that lets sockets be written to: there are none.
    _execute_sleep = Float(0)
    _underlying_iopub_socket = Instance(Outlet, ())

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._underlying_iopub_socket.deliver = self._deliver
        self._one_at_a_time = threading.RLock()
        self._raw: list[RawWrites] = []

    def wake(self) -> None:
        """Takes its place in this process: its number, surroundings, folder and raw output."""
        number = os.getpid()
        self.session.pid = number
        for each in (self.stdout, self.stderr, self.iopub_thread):
            each._master_pid = number
        self.shell.init_environment()
        self.shell.starting_dir = str(Path.cwd())
        self.shell.history_manager.dir_hist[:] = [Path.cwd()]
        self._raw = [RawWrites(STDOUT, self.stdout), RawWrites(STDERR, self.stderr)]
        threading.Thread(target=self._flush_now_and_then, daemon=True).start()

    @default("iopub_thread")
    def _default_iopub_thread(self) -> IOPubThread:
        return Straight(self._underlying_iopub_socket, session=self.session)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Runs a cell; what it prints belongs to it, which nbclient asks of every output."""
        self.stdout.set_parent(parent)
        self.stderr.set_parent(parent)
        await super().execute_request(stream, ident, parent)
        self._flush()

    def _deliver(self, message: Message) -> None:
        with self._one_at_a_time:
            for client in self.frontends:
                client.iopub_channel.call_handlers(message)

    def _flush(self) -> None:
        with self._one_at_a_time:
            for raw in self._raw:
                raw.collect()
            self.stdout.flush()
            self.stderr.flush()

    def _flush_now_and_then(self) -> None:
        while True:
            threading.Event().wait(FLUSH_SECONDS)
            self._flush()


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


def made() -> Kernel:
    """The kernel of this process, made when it is first asked for; its history is no file.

    It is IPython's only one here: what a comm says goes to it.
    """
    if not Kernel.initialized():
        config = Config({"HistoryManager": {"hist_file": ":memory:"}})
        Kernel.instance(config=config, session=Handing(key=INPROCESS_KEY))
    kernel: Kernel = Kernel.instance()
    return kernel


class KernelHere(InProcessKernelManager):
    """The manager of the kernel in this process; `tell` hears what it publishes, at once."""

    def __init__(self, tell: Callable[[Message], None] | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self._tell = tell

    @default("session")
    def _default_session(self) -> Session:
        session: Session = made().session
        return session

    def start_kernel(self, **options: Any) -> None:
        """The kernel begins to live; options of a kernel process mean nothing here."""
        self.kernel = made()
        self.kernel.wake()

    def client(self, **options: Any) -> Client:
        """The client of this kernel."""
        client = Client(parent=self, session=self.session, kernel=self.kernel)
        client.iopub_channel.tell = self._tell
        return client

    def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """Lets go of the kernel; its process ends by itself."""
        self.kernel = None

    def cleanup_resources(self, restart: bool = False) -> None:
        """There are no files or sockets to clean up."""

    async def interrupt_kernel(self) -> None:
        """Only the parent process can stop a cell: it ends this process."""
