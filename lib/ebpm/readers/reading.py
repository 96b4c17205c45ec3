"""What every reader returns, and how it says that a file is not what it must be."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LONGEST_PROBLEM = 300
DATE = re.compile(r"[12]\d{3}-[01]\d-[0-3]\d")


class ReadError(ValueError):
    """A published file that cannot be read as what it claims to be: file, place, what to do."""

    def __init__(self, file: str, place: str, problem: str, remedy: str) -> None:
        told = _one_line(problem) if len(problem) <= LONGEST_PROBLEM else _cut(problem)
        super().__init__(f"{file}：{_one_line(place)}：{told}。{remedy}")


def _one_line(text: str) -> str:
    """A text, which may quote a damaged file, without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(text: str) -> str:
    return _one_line(text[: LONGEST_PROBLEM - 1]) + "…"


@dataclass(frozen=True)
class SetAside:
    """One input row (or cell) that was not loaded, and why."""

    file: str
    place: str
    reason: str
    content: str


@dataclass(frozen=True)
class Reading:
    """A tidy table made from published files, with the account of its input.

    `unit` says what was counted in the input (a row, or a cell of a wide table). Every unit read is
    loaded, set aside with its reason, or empty (a blank cell, which the publisher defines as "no
    figure"). `frame` has one row per the table's own grain.
    """

    table: str
    frame: pd.DataFrame
    unit: str
    read: int
    loaded: int
    empty: int = 0
    set_aside: tuple[SetAside, ...] = ()

    def __post_init__(self) -> None:
        if self.read != self.loaded + self.empty + len(self.set_aside):
            raise AssertionError(f"{self.table}: input units are not all accounted for")

    def account(self) -> dict[str, object]:
        """The account of the input as it stands in a record."""
        return {
            "unit": self.unit,
            "read": self.read,
            "loaded": self.loaded,
            "empty": self.empty,
            "set_aside": [vars(item) for item in self.set_aside],
        }


def found(raw: Path, patterns: Iterable[str]) -> list[Path]:
    """The published files below `raw` that fit the patterns, pattern by pattern in name order.

    Raises ReadError where nothing fits a pattern.
    """
    files: list[Path] = []
    for pattern in patterns:
        fitting = sorted(path for path in raw.glob(pattern) if path.is_file())
        if not fitting:
            remedy = "公表元から取得して置いてください"
            raise ReadError(pattern, "ファイル", "見つかりません", remedy)
        files += fitting
    return files


def dated_folders(raw: Path, prefix: str) -> list[tuple[str, Path]]:
    """Edition and folder of every `<prefix>-YYYY-MM-DD` below `raw`, oldest first.

    Raises ReadError where there is none.
    """
    folders = {path.name.removeprefix(f"{prefix}-"): path for path in raw.glob(f"{prefix}-*")}
    dated = sorted((day, path) for day, path in folders.items() if DATE.fullmatch(day))
    if not dated:
        problem, remedy = (
            "見つかりません",
            "公表元から取得して、公表日の付いたフォルダーに置いてください",
        )
        raise ReadError(f"{prefix}-YYYY-MM-DD", "フォルダー", problem, remedy)
    return dated


def edition_in_name(path: Path, pattern: re.Pattern[str], what: str, example: str) -> str:
    """The edition that a file's name states; raises ReadError where it has not the known form."""
    if match := pattern.fullmatch(path.name):
        return match[1]
    problem, remedy = f"ファイル名から{what}を読み取れません", f"{example} の形にしてください"
    raise ReadError(path.name, "ファイル名", problem, remedy)


def joined(parts: Sequence[Reading]) -> Reading:
    """One reading of several files of the same table, in the order given."""
    import pandas as pd  # here, so that whoever only names a reading does not wait for it

    return Reading(
        parts[0].table,
        pd.concat([part.frame for part in parts], ignore_index=True),
        parts[0].unit,
        sum(part.read for part in parts),
        sum(part.loaded for part in parts),
        sum(part.empty for part in parts),
        tuple(item for part in parts for item in part.set_aside),
    )


def csv_rows(
    path: Path,
    encoding: str,
    header_rows: int = 1,
    *,
    ends_its_lines: bool = False,
    sifts_zero_bytes: bool = False,
) -> list[list[str]]:
    """All rows of a CSV file as text.

    `ends_its_lines`: the publisher ends the last line, too, so that a file without that end was
    cut off, perhaps within a number. `sifts_zero_bytes`: the reader itself sets aside the rows in
    which a damaged copy left zero bytes; otherwise they are refused. Raises ReadError when the file is missing, is not text in
    `encoding`, holds zero bytes, was cut off, is not well-formed CSV (a quote that never closes
    would swallow rows) or has not even its header rows.
    """
    text = _text(path, encoding)
    if "\0" in text and not sifts_zero_bytes:
        line = text[: text.index("\0")].count("\n") + 1
        problem = "ゼロのバイトがあります（転送や保存の途中で壊れています）"
        raise ReadError(path.name, f"{line} 行目", problem, "元のファイルを取り直してください")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        problem = f"CSV として読めません（{error}）"
        raise ReadError(path.name, "表全体", problem, "元のファイルを確かめてください") from None
    if len(rows) < header_rows:
        problem = f"{len(rows)} 行しかありません（見出しだけで {header_rows} 行のはずです）"
        raise ReadError(path.name, "見出し", problem, "元のファイルを確かめてください")
    if ends_its_lines and not text.endswith(("\n", "\r")):
        problem = "最後の行が改行で終わっていません（途中で切れたおそれがあります）"
        remedy = "元のファイルを取り直してください"
        raise ReadError(path.name, f"{len(rows)} 行目", problem, remedy)
    return rows


def _text(path: Path, encoding: str) -> str:
    """The file as text without byte order mark; decoded whole, so that an error names its byte."""
    plain = encoding.removesuffix("-sig")
    try:
        return path.read_bytes().decode(plain).removeprefix("\ufeff")
    except FileNotFoundError:
        remedy = "公表元から取得して置いてください"
        raise ReadError(path.name, "ファイル", "見つかりません", remedy) from None
    except UnicodeDecodeError as error:
        place, problem = f"{error.start + 1} バイト目", f"文字コードが {plain} ではありません"
        raise ReadError(path.name, place, problem, "元のファイルを確かめてください") from None
