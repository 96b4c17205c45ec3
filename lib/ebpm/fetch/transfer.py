"""Bringing one file over: whole or resumable, within limits, tried again where that may help."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from ebpm.fetch.web import FetchError, Temporary, ask
from ebpm.files import put_in_place

Progress = Callable[[str, int, int | None], None]
"""Called with the name, the bytes so far and all bytes (None where the server does not say)."""

PIECE = 64 * 1024
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one file may take. Seconds, bytes, tries."""

    bytes: int = 200 * MEGABYTE
    wait_seconds: float = 30
    total_seconds: float = 30 * 60
    tries: int = 4
    pause_seconds: float = 1
    longest_pause_seconds: float = 120

    def of_page(self) -> "Limits":
        """The limits of a web page."""
        return replace(self, bytes=min(self.bytes, 5 * MEGABYTE))


@dataclass(frozen=True)
class Answer:
    """What the server says of the file it gave."""

    etag: str | None
    last_modified: str | None


def download(
    address: str, part: Path, limits: Limits, conditions: Mapping[str, str], progress: Progress
) -> Answer | None:
    """Brings the file at an address to `part`; None where it has not changed (`conditions`).

    What is there from an interrupted try is continued where the server vouches that it is still
    the same file. Raises FetchError; the part stays where it can be continued.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + limits.total_seconds
    problem = Temporary("")
    for attempt in range(limits.tries):
        try:
            return _try(address, part, limits, conditions, progress, deadline)
        except Temporary as error:
            problem = error
        if problem.restart:
            forget(part)
        pause = problem.wait if problem.wait is not None else limits.pause_seconds * 2**attempt
        if pause > limits.longest_pause_seconds or time.monotonic() + pause > deadline:
            break
        if attempt + 1 < limits.tries:
            time.sleep(pause)
    raise FetchError(f"{problem}。時間をおいて、もう一度 ebpm fetch を実行してください。")


def forget(part: Path) -> None:
    """Removes a part and its note."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _try(
    address: str,
    part: Path,
    limits: Limits,
    conditions: Mapping[str, str],
    progress: Progress,
    deadline: float,
) -> Answer | None:
    validator = _validator_of(part, address)
    have = part.stat().st_size if validator else 0
    headers = {"Range": f"bytes={have}-", "If-Range": validator} if validator else conditions
    response = ask(address, headers, limits.wait_seconds)
    if response is None:
        return None
    with response:
        start, total = _extent(response, have, validator)
        if total is not None and total > limits.bytes:
            forget(part)
            raise FetchError(_too_large(address, limits))
        answer = Answer(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        if start == 0:
            _begin(part, address, answer)
        _copy(response, part, start, total, limits, progress, deadline, address)
    return answer


def _extent(response: HTTPResponse, have: int, validator: str) -> tuple[int, int | None]:
    """Where the body starts and how long the whole file is; Temporary where it does not fit."""
    if response.status != 206:
        declared = response.headers.get("Content-Length", "")
        return 0, int(declared) if declared.isdigit() else None
    given = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    etag = response.headers.get("ETag")
    another = etag is not None and validator.startswith('"') and etag != validator
    if given is None or int(given[1]) != have or another:
        raise Temporary("公表元のファイルが途中で替わりました", wait=0, restart=True)
    return have, int(given[2])


def _copy(
    response: HTTPResponse,
    part: Path,
    start: int,
    total: int | None,
    limits: Limits,
    progress: Progress,
    deadline: float,
    address: str,
) -> None:
    done = start
    with part.open("ab" if start else "wb") as stream:
        while piece := _read(response, address, limits):
            done += len(piece)
            if done > limits.bytes:
                break
            stream.write(piece)
            progress(part.name.removesuffix(".part"), done, total)
            if time.monotonic() > deadline:
                raise FetchError(
                    f"{address} は {limits.total_seconds / 60:g} 分たっても終わりません。"
                    "もう一度 ebpm fetch を実行すると、続きから取得します。"
                )
    if done > limits.bytes:
        forget(part)
        raise FetchError(_too_large(address, limits))
    if total is not None and done != total:
        raise Temporary(f"{address} は途中で切れました（{done:,} / {total:,} バイト）")


def _read(response: HTTPResponse, address: str, limits: Limits) -> bytes:
    try:
        return response.read1(PIECE)
    except TimeoutError:
        raise Temporary(f"{address} の応答が {limits.wait_seconds:g} 秒ありません") from None
    except (HTTPException, OSError):
        raise Temporary(f"{address} との接続が途中で切れました") from None


def _too_large(address: str, limits: Limits) -> str:
    return (
        f"{address} は上限（{limits.bytes / MEGABYTE:g} MB）を超えるため、取得しませんでした。"
        "公表ページを確かめてください。"
    )


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _begin(part: Path, address: str, answer: Answer) -> None:
    """Notes what a part is of; without a strong validator it cannot be continued."""
    etag = answer.etag or ""
    validator = etag if etag.startswith('"') else answer.last_modified or ""
    part.unlink(missing_ok=True)
    put_in_place(_note(part), json.dumps({"address": address, "validator": validator}))


def _validator_of(part: Path, address: str) -> str:
    """The validator by which a part can be continued; "" where it cannot."""
    if not part.is_file() or not part.stat().st_size or not _note(part).is_file():
        return ""
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
        return str(note["validator"]) if note["address"] == address else ""
    except (ValueError, KeyError, TypeError):
        return ""
