"""`data/fetch.toml`: the editions of each source, where they are published, what they must be.

A table `[[source]]` is an edition: `edition`, `page` (the publisher's page that lists the file),
`link` (the address of the file, or a pattern of its name as the page links it), `text` (optional
pattern of the link's text), and either `file` (place below `data/raw`) with an optional `sha256`,
or, for an archive, `folder` with a table `unzip` of member names and their sha256 (or "").
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ebpm.fetch.web import FetchError, may_ask
from ebpm.paths import DATA

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Item:
    """One file below the folder of published files; `sha256` is "" where it is not known."""

    file: str
    sha256: str

    @property
    def name(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.file).name


@dataclass(frozen=True)
class Edition:
    """One edition of a source, as its publisher offers it."""

    source: str
    edition: str
    page: str
    link: str
    text: str
    folder: str
    items: tuple[Item, ...]
    archive: bool

    @property
    def direct(self) -> bool:
        """Whether the address of the file itself is known."""
        return "://" in self.link

    @property
    def files(self) -> tuple[str, ...]:
        """The places of its files below the folder of published files."""
        return tuple(item.file for item in self.items)


def editions(path: Path | None = None) -> dict[str, list[Edition]]:
    """The editions of every source that can be fetched, in the order of the file.

    Raises FetchError where the file is not what it must be.
    """
    place = path or DATA / "fetch.toml"
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
        return {
            source: [_edition(source, table) for table in tables]
            for source, tables in content.items()
        }
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise FetchError(
            f"data/{place.name} を読めません（{error}）。元に戻してください。"
        ) from None


def _edition(source: str, table: Mapping[str, Any]) -> Edition:
    unzip = table.get("unzip")
    folder = table["folder"] if unzip else str(PurePosixPath(table["file"]).parent)
    items = (
        tuple(Item(f"{folder}/{name}", known) for name, known in unzip.items())
        if unzip
        else (Item(table["file"], table.get("sha256", "")),)
    )
    edition = Edition(
        source,
        table["edition"],
        table["page"],
        table["link"],
        table.get("text", ""),
        folder,
        items,
        bool(unzip),
    )
    if problem := _problem(edition):
        raise FetchError(
            f"data/fetch.toml の {source} {edition.edition}：{problem}。直してください。"
        )
    return edition


def _problem(edition: Edition) -> str:
    addresses = [edition.page, *([edition.link] if edition.direct else [])]
    for address in addresses:
        if not may_ask(address):
            return f"{address} は https のアドレスではありません"
    for item in edition.items:
        path = PurePosixPath(item.file)
        if path.is_absolute() or ".." in path.parts or "\\" in item.file:
            return f"{item.file} は data/raw の下の場所ではありません"
        if item.sha256 and not SHA256.fullmatch(item.sha256):
            return f"{item.file} の sha256 が16進64桁ではありません"
    return ""
