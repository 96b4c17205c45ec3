"""Event logs in XES (IEEE 1849): one row an event, the attributes of its trace before its own.

A file is read as a stream, element by element, twice: first for the headings, then for the rows.
Nothing that it names is fetched, and no entity is resolved: a file that declares one is refused.
Nested attributes (lists, attributes of attributes) are left out: a table has no place for them.
"""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from lxml import etree

from ebpm.readers.reading import ReadError

OF_CASE = "case:"
VALUES = {"string", "date", "int", "float", "boolean", "id"}
_REMEDY = "元のシステムから書き出し直してください"

Row = list[str | None]


def read(path: Path) -> tuple[list[str], Iterator[Row]]:
    """The headings of a log (`.xes`, `.xes.gz`) and its rows, in the order of the file.

    Attributes of the trace are called `case:<key>`, those of the event `<key>`. Raises ReadError
    where the file is no XES, is damaged or cut off, declares entities, or holds no event; what is
    wrong only far into the file is met by the first of the two passes, that is at once.
    """
    headings: dict[str, None] = {}
    events = 0
    for event in _events(path):
        events += 1
        headings.update(dict.fromkeys(event))
    if not events:
        raise ReadError(path.name, "ファイル全体", "出来事（event）が一つもありません", _REMEDY)
    ordered = sorted(headings, key=lambda heading: not heading.startswith(OF_CASE))
    return ordered, ([event.get(heading) for heading in ordered] for event in _events(path))


def _events(path: Path) -> Iterator[dict[str, str]]:
    """Every event as heading → text, with the attributes of its trace."""
    with _opened(path) as stream, _told(path):
        yield from _parsed(path, stream)


def _parsed(path: Path, stream: IO[bytes]) -> Iterator[dict[str, str]]:
    # Events are kept until their trace ends, for its attributes may stand behind them.
    parsing = etree.iterparse(
        stream,
        events=("end",),
        tag=("{*}event", "{*}trace"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    events: list[dict[str, str]] = []
    is_checked = False
    for _, element in parsing:
        if not is_checked:
            is_checked = _checked(path, element.getroottree().getroot())
        if element.tag.endswith("event"):
            events.append(_attributes(element))
            element.clear()
        else:
            case = {OF_CASE + key: value for key, value in _attributes(element).items()}
            yield from (case | event for event in events)
            events = []
            _release(element)
    _checked(path, parsing.root)


def _checked(path: Path, root: Any) -> bool:
    """Refuses a file whose outermost element is no log, or that declares a document type."""
    name = root.tag.rpartition("}")[2]
    if name != "log":
        problem = f"XES ではありません（最初の要素が {name} です）"
        raise ReadError(path.name, "1 行目", problem, _REMEDY)
    if root.getroottree().docinfo.internalDTD is not None:
        problem = "文書型（DOCTYPE）の宣言があります。安全のため読みません"
        raise ReadError(path.name, "先頭", problem, "宣言を除いて書き出し直してください")
    return True


def _attributes(element: Any) -> dict[str, str]:
    """Key → text of the attributes directly below; blank ones are left out."""
    found: dict[str, str] = {}
    for child in element:
        key, value = child.get("key"), child.get("value")
        if key and value and child.tag.rpartition("}")[2] in VALUES:
            found[key] = value
    return found


def _release(element: Any) -> None:
    """Gives back the memory of a trace and of all before it."""
    element.clear()
    log = element.getparent()
    while log is not None and element.getprevious() is not None:
        del log[0]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        plain = path.open("rb")
    except FileNotFoundError:
        remedy = "名前と場所を確かめてください"
        raise ReadError(path.name, "ファイル", "見つかりません", remedy) from None
    with plain:
        is_packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        yield cast(IO[bytes], gzip.GzipFile(fileobj=plain) if is_packed else plain)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns what the parser or the unpacking meets into a ReadError with its place."""
    try:
        yield
    except etree.XMLSyntaxError as error:
        place = f"{error.lineno or 1} 行目"
        problem = f"XML として読めません（{error.msg}）"
        raise ReadError(path.name, place, problem, _REMEDY) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        problem = f"圧縮が壊れています（{error}）"
        raise ReadError(path.name, "ファイル全体", problem, _REMEDY) from None
