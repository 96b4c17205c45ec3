"""Reader of 廃置分合等情報 (総務省統計局, e-Stat): every change of a municipality's code or name.

One row per code touched; what happened stands in a free text, the same for all codes that it
touches, with one clause a line. The texts are read by grammar (`municipality_change_texts`): a text
with a clause that the grammar does not know is set aside whole. Counties and sub-prefectures are no
municipalities: the clauses on them are read and give no change.

Source: https://www.e-stat.go.jp/municipalities/cities/absorption-separation-of-municipalities
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd

from ebpm.lgcode import Body, Change, LgcodeError, Timeline, municipalities
from ebpm.readers.municipality_change_texts import UnreadableText, changes_in, codes_in
from ebpm.readers.reading import ReadError, Reading, SetAside, csv_rows, found, joined

FILES = ("municipality-changes/*.csv",)
HEADER = [
    "標準地域コード",
    "都道府県",
    "政令市・郡・支庁・振興局等",
    "政令市・郡・支庁・振興局等（ふりがな）",
    "市区町村",
    "市区町村（ふりがな）",
    "廃置分合等施行年月日",
    "改正事由",
]
CHANGE_COLUMNS = [
    "edition",
    "effective_date",
    "change_kind",
    "lgcode_from",
    "lgcode_to",
    "name_from",
    "name_to",
]
ONE_DAY = timedelta(days=1)
CHECK_FILE = "元のファイルを確かめてください"

Row = tuple[str, ...]


@dataclass(frozen=True)
class _Edition:
    """One file: its edition (the last day on which a change took effect) and what it holds."""

    day: date
    changes: Reading
    successors: Reading


def read(raw: Path) -> list[Reading]:
    """Tidy tables of every file under `raw/municipality-changes`.

    `municipality_changes`: one row per edition, effective date, kind of change, code before and
    code after. `municipality_successors`: one row per edition and former state of a body (code,
    name, the days it held), with the code of today's body that holds its whole territory (none after
    a split). Raises ReadError where two files are the same edition, or where the
    changes contradict each other or the registry.
    """
    editions = sorted((_read_file(path) for path in found(raw, FILES)), key=lambda item: item.day)
    for first, second in pairwise(editions):
        if first.day == second.day:
            problem = f"{first.day} までのファイルが二つあります"
            raise ReadError(FILES[0], "ファイル", problem, "一つだけ残してください")
    return [joined([e.changes for e in editions]), joined([e.successors for e in editions])]


def _read_file(path: Path) -> _Edition:
    header, *rows = csv_rows(path, "utf-8-sig")
    if header != HEADER:
        raise ReadError(path.name, "1 行目", "見出しが廃置分合等情報の形ではありません", CHECK_FILE)
    filled = [(number, tuple(row)) for number, row in enumerate(rows, start=1) if any(row)]
    good, aside = _split(path.name, filled)
    changes = sorted({change for row in good for change in _changes(row)})
    if not changes:
        raise ReadError(path.name, "表全体", "読み取れる行がありません", CHECK_FILE)
    day = changes[-1].day
    blank = len(rows) - len(filled)
    account = Reading(
        "municipality_changes", _table(changes, day), "row", len(rows), len(good), blank, aside
    )
    return _Edition(day, account, _successors(path.name, changes, day))


def _split(file: str, rows: list[tuple[int, Row]]) -> tuple[list[Row], tuple[SetAside, ...]]:
    """Rows whose text is read, once each; the rest with its reason."""
    good: dict[Row, None] = {}
    aside: list[SetAside] = []
    for number, row in rows:
        if reason := "exact_duplicate" if row in good else _row_problem(row):
            aside.append(SetAside(file, f"{number} 件目", reason, ",".join(row)[:200]))
        else:
            good[row] = None
    return list(good), tuple(aside)


def _row_problem(row: Row) -> str | None:
    if len(row) != len(HEADER):
        return "wrong_number_of_columns"
    try:
        date.fromisoformat(row[6])
    except ValueError:
        return "unreadable_date"
    try:
        changes = _changes(row)
    except (UnreadableText, LgcodeError):
        return "unreadable_reason"
    if row[0] not in codes_in(row[7]):
        return "code_not_in_reason"
    return _name_problem(row, changes)


def _name_problem(row: Row, changes: Iterable[Change]) -> str | None:
    """Whether the text calls the row's body by another name; a city has its own column."""
    names = {c.name_from for c in changes if c.lgcode_from[:5] == row[0]}
    names |= {c.name_to for c in changes if c.lgcode_to[:5] == row[0]}
    known = not names or (row[4] or row[2]) in names
    return None if known else "name_does_not_match_reason"


def _changes(row: Row) -> list[Change]:
    return changes_in(row[7], date.fromisoformat(row[6]))


def _table(changes: Iterable[Change], day: date) -> pd.DataFrame:
    rows = [
        (
            day.isoformat(),
            change.day.isoformat(),
            change.kind.value,
            change.lgcode_from,
            change.lgcode_to,
            change.name_from,
            change.name_to,
        )
        for change in changes
    ]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def _successors(file: str, changes: Iterable[Change], day: date) -> Reading:
    try:
        timeline = Timeline(changes, municipalities())
    except LgcodeError as error:
        raise ReadError(file, "表全体", str(error).rstrip("。"), CHECK_FILE) from None
    rows = [_successor(timeline, body, day) for body in timeline.former_bodies()]
    return Reading("municipality_successors", pd.DataFrame(rows), "body", len(rows), len(rows))


def _successor(timeline: Timeline, body: Body, day: date) -> dict[str, object]:
    until = body.until or day
    return {
        "edition": day.isoformat(),
        "former_lgcode": body.lgcode,
        "former_name": body.name,
        "since_date": body.since and body.since.isoformat(),
        "until_date": until.isoformat(),
        "change_kind": body.ended_by[0].kind.value,
        "lgcode": timeline.successor(body),
        "same_territory": timeline.has_same_territory(body, until - ONE_DAY),
    }
