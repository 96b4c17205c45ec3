"""A publisher's web server on this machine: real HTTP, and whatever may go wrong with it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the publisher's table of behaviours says."""

    protocol_version = "HTTP/1.1"
    server: Publisher

    def do_GET(self) -> None:
        """One request, noted with its headers."""
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.server.behaviours.get(self.path, status(404))(self)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def answer(
        self, code: int, content: bytes = b"", length: int | None = None, **more: str
    ) -> None:
        """Sends a whole answer; `length` may claim another length than the content has."""
        self.send_response(code)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)


class Publisher(ThreadingHTTPServer):
    """The server: what it serves by path, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: dict[str, Behaviour] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return sum(asked == path for asked, _ in self.asked)

    def ranges(self, path: str) -> list[str | None]:
        """The Range headers of the requests of a path, in their order."""
        return [headers.get("range") for asked, headers in self.asked if asked == path]


@contextmanager
def publishing() -> Iterator[Publisher]:
    """A running server."""
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def file(content: bytes, etag: str = '"v1"', ranges: bool = True) -> Behaviour:
    """A file as good servers serve it: validators, conditions, ranges."""

    def behave(handler: Handler) -> None:
        headers = handler.headers
        if headers.get("If-None-Match") == etag:
            handler.answer(304, ETag=etag)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
        if ranges and wanted and headers.get("If-Range") == etag:
            start = int(wanted[1])
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            handler.answer(206, content[start:], ETag=etag, Content_Range=span)
            return
        handler.answer(200, content, ETag=etag)

    return behave


def page(html: str, encoding: str = "utf-8") -> Behaviour:
    """A web page."""
    content = html.encode(encoding)
    return lambda handler: handler.answer(200, content, Content_Type="text/html")


def status(code: int, **headers: str) -> Behaviour:
    """Nothing but a status."""
    return lambda handler: handler.answer(code, b"no", **headers)


def cut(content: bytes, at: int, etag: str = '"v1"') -> Behaviour:
    """A file whose connection breaks after some bytes."""

    def behave(handler: Handler) -> None:
        handler.answer(200, content[:at], length=len(content), ETag=etag)
        handler.close_connection = True

    return behave


def dropped(handler: Handler) -> None:
    """No answer at all: the connection is closed."""
    handler.close_connection = True


def cut_in_pieces(content: bytes, etag: str = '"v1"') -> Behaviour:
    """A file in pieces of declared length (chunked) whose last piece never comes."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("ETag", etag)
        handler.end_headers()
        handler.wfile.write(f"{len(content):x}\r\n".encode() + content[:-100])
        handler.close_connection = True

    return behave


def stuck(content: bytes, at: int, etag: str = '"v1"') -> Behaviour:
    """A file that stops coming after some bytes, the connection still open."""

    def behave(handler: Handler) -> None:
        handler.answer(200, content[:at], length=len(content), ETag=etag)
        handler.wfile.flush()
        handler.server.closing.wait(60)
        handler.close_connection = True

    return behave


def slowly(content: bytes, seconds: float, etag: str = '"v1"') -> Behaviour:
    """A file in twenty pieces with pauses."""
    step = len(content) // 20 + 1

    def behave(handler: Handler) -> None:
        handler.answer(200, b"", length=len(content), ETag=etag)
        for start in range(0, len(content), step):
            handler.wfile.write(content[start : start + step])
            handler.server.closing.wait(seconds / 20)

    return behave


def endless(handler: Handler) -> None:
    """A file without a declared length that does not end."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while not handler.server.closing.is_set():
            handler.wfile.write(b"1,2,3\n" * 10_000)
    except ConnectionError:
        handler.server.asked.append(("closed by the client", {}))


def redirect(target: str) -> Behaviour:
    """A redirect."""
    return lambda handler: handler.answer(302, Location=target)


def one_by_one(*behaviours: Behaviour) -> Behaviour:
    """Another behaviour for each request; the last one stays."""
    left = list(behaviours)

    def behave(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behave
