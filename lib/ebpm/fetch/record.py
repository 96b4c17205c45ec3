"""`data/raw/fetched.json`: where each fetched file came from, and when; one run at a time."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ebpm.fetch.web import FetchError
from ebpm.figures import sha256
from ebpm.files import put_in_place

NAME = "fetched.json"
LOCK = ".lock"
POLL_SECONDS = 0.2


class Records:
    """What is recorded of the files below a folder: address, page, sha256, bytes, time, validators."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._path = raw / NAME
        self._entries: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            try:
                self._entries = json.loads(self._path.read_text(encoding="utf-8"))["files"]
            except (ValueError, KeyError, TypeError) as error:
                raise FetchError(
                    f"data/raw/{NAME} を読めません（{error}）。削除すると、次の取得で作り直します。"
                ) from None

    def of(self, file: str) -> dict[str, Any]:
        """The entry of a file; empty where it was never fetched."""
        return self._entries.get(file, {})

    def keep(self, file: str, entry: dict[str, Any]) -> None:
        """Records a file, at once."""
        self._entries[file] = entry
        ordered = {"files": dict(sorted(self._entries.items()))}
        put_in_place(self._path, json.dumps(ordered, ensure_ascii=False, indent=2) + "\n")

    def conditions(self, files: Sequence[str], address: str) -> dict[str, str]:
        """Request headers by which an unchanged file is not sent again; none where one is not as recorded."""
        entries = [self.of(file) for file in files]
        for file, entry in zip(files, entries, strict=True):
            path = self._raw / file
            if entry.get("address") != address or not path.is_file():
                return {}
            if sha256(path) != entry["sha256"]:
                return {}
        first = entries[0]
        named = {"If-None-Match": first["etag"], "If-Modified-Since": first["last_modified"]}
        return {name: value for name, value in named.items() if value}


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def alone(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds a folder for one run; another run waits until it is free.

    A lock of SQLite: it works on every system and ends with its process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = False
    try:
        with closing(sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)) as lock:
            while not _taken(lock):
                if not told:
                    waiting()
                    told = True
                time.sleep(POLL_SECONDS)
            yield
    except sqlite3.Error as error:
        raise FetchError(
            f"data/raw に書き込めません（{LOCK}：{error}）。フォルダーの権限を確かめてください。"
        ) from None


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("PRAGMA journal_mode = MEMORY")
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True
