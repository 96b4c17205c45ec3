"""What the caller, the forker and the children say to each other: JSON on sockets of this machine.

The caller asks the forker for a child and hands it one end of a pair of sockets; the child speaks
to the caller directly.
"""

import json
import socket
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

FORK, END, POLL = "fork", "end", "poll"
NOTEBOOK, KERNEL = "notebook", "kernel"


@dataclass(frozen=True)
class Task:
    """What a child does: a notebook (its JSON and options of nbclient), or a kernel (its command).

    With `streams` outputs are told while their cell still runs, too.
    """

    kind: str
    folder: str
    environment: dict[str, str]
    notebook: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    streams: bool = False


def request(what: str, **content: Any) -> bytes:
    """A request to the forker."""
    return json.dumps({"what": what, **content}).encode()


def fork_request(task: Task) -> bytes:
    """The request for a child; the socket that the child shall speak through follows it."""
    return request(FORK, task=vars(task))


def send(connection: Connection, kind: str, **content: Any) -> None:
    """Says something in one message."""
    connection.send_bytes(json.dumps({"kind": kind, **content}).encode())


def receive(connection: Connection) -> dict[str, Any]:
    """The next message; raises EOFError (or OSError) where the other side has gone."""
    found: dict[str, Any] = json.loads(connection.recv_bytes())
    return found


def pair() -> tuple[Connection, Connection]:
    """Two ends of a line."""
    one, other = socket.socketpair()
    return Connection(one.detach()), Connection(other.detach())
