"""The ledger: every finding of every executed report, kept, whatever it shows.

A text file in the checkout, so that the history of git witnesses it. Rows are only ever added: a
finding that came out otherwise than before is a new row, and the old one stays.
"""

import json
import os
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from ebpm.evidence import lines
from ebpm.evidence.lines import LedgerError, Row
from ebpm.paths import REPORTS

Report = tuple[dict[str, Any], Sequence[dict[str, Any]]]
"""What the findings of a report share, and the findings."""

FILE = "findings.jsonl"
SCHEMA = 1
DIGITS = 9
ENTRY_LETTERS = 16
FIELDS = (
    *("schema", "entry", "run_id", "recorded", "report", "notebook", "parameters"),
    *("id", "question", "estimand", "estimate", "unit", "ci_low", "ci_high", "p_value"),
    *("n", "n_clusters", "method", "design", "sms", "verdict", "smallest_effect"),
    *("claim_ja", "claim_en", "lgcode", "fiscal_year", "plan"),
    *("sources", "warehouse_inputs_sha256", "code_version"),
)
PARTS: dict[str, tuple[str, ...]] = {
    "sources": ("sources",),
    "estimate": ("estimate", "unit"),
    "interval": ("ci_low", "ci_high", "p_value"),
    "cases": ("n", "n_clusters"),
    "verdict": ("verdict",),
    "sms": ("sms",),
    "method": ("method", "design"),
    "threshold": ("smallest_effect",),
    "plan": ("plan",),
    "wording": ("question", "estimand", "claim_ja", "claim_en"),
    "scope": ("notebook", "parameters", "lgcode", "fiscal_year"),
}
"""What may differ between two rows of one question, and the fields that tell."""


def default_folder() -> Path:
    """Where the ledger lies: `EBPM_LEDGER`, else `reports/ledger` of the checkout."""
    return Path(os.environ.get("EBPM_LEDGER") or REPORTS / "ledger")


def plans_folder() -> Path:
    """Where plans are looked up: `EBPM_PLANS`, else the ledger's folder.

    A run on own data writes to a ledger of its own; its plans may have been registered in public.
    """
    given = os.environ.get("EBPM_PLANS")
    return Path(given) if given else default_folder()


def record(folder: Path, common: dict[str, Any], findings: Sequence[dict[str, Any]]) -> int:
    """Adds the findings of one executed report; returns how many rows were added.

    `common` holds what they share: run_id, recorded, report, notebook, parameters,
    warehouse_inputs_sha256, code_version. A finding that equals the latest row of the same report
    and id (numbers to nine digits) is not written again.
    """
    return record_all(folder, [(common, findings)])


def record_all(folder: Path, reports: Sequence[Report]) -> int:
    """Adds the findings of several reports in one go (`record`); the file is read once for all."""
    rows = [_row(common, finding) for common, findings in reports for finding in findings]
    named = {common["report"] for common, _ in reports}
    path = folder / FILE

    def new(data: bytes) -> list[Row]:
        known = {(row["report"], row["id"]): row for row in _of_reports(data, named)}
        latest = ((row, known.get((row["report"], row["id"]))) for row in rows)
        return [row for row, last in latest if last is None or changes(last, row)]

    if not new(path.read_bytes() if path.exists() else b""):
        return 0
    return len(lines.add(path, new))


def _row(common: dict[str, Any], finding: dict[str, Any]) -> Row:
    sources = [
        {name: source.get(name) for name in ("key", "title", "edition", "sha256")}
        for source in finding["sources"]
    ]
    given = {"plan": None, **finding, **common, "schema": SCHEMA, "sources": sources, "entry": ""}
    row = {name: given[name] for name in FIELDS}
    return row | {"entry": _entry_of(row)}


def _entry_of(row: Row) -> str:
    content = {name: value for name, value in row.items() if name != "entry"}
    return lines.digest(content)[:ENTRY_LETTERS]


def _of_reports(data: bytes, reports: Collection[str]) -> list[Row]:
    """The rows of some reports, oldest first; for one, lines that do not name it are not parsed."""
    name = (
        json.dumps(next(iter(reports)), ensure_ascii=False).encode() if len(reports) == 1 else b""
    )
    found = (lines.parsed(raw) or {} for raw in data.split(b"\n") if name in raw)
    whole = (row for row in found if row.keys() >= set(FIELDS))
    return _oldest_first(row for row in whole if row["report"] in reports)


def _oldest_first(rows: Iterable[Row]) -> list[Row]:
    """By date; rows of one moment in the order of the file."""
    return sorted(rows, key=lambda row: str(row["recorded"]))


def entries(folder: Path) -> list[Row]:
    """All rows of the ledger, oldest first; empty where nothing was recorded yet.

    A row that a merge of two branches left twice is one. Raises LedgerError for a line that is no
    JSON, lacks a field, or whose content is not the one that was recorded.
    """
    path = folder / FILE
    unique: dict[str, Row] = {}
    for line in lines.read(path):
        _require_whole(line)
        unique.setdefault(line.row["entry"], line.row)
    return _oldest_first(unique.values())


def _require_whole(line: lines.Line) -> None:
    row, where = line.row, f"台帳 {FILE} の {line.number} 行目"
    if row.get("schema") != SCHEMA:
        raise LedgerError(
            f"{where}は、この版の ebpm では読めない形式です（schema {SCHEMA} 以外）。"
        )
    if absent := [name for name in FIELDS if name not in row]:
        raise LedgerError(f"{where}に {'、'.join(absent)} がありません。")
    if row["entry"] != _entry_of(row):
        raise LedgerError(
            f"{where}の内容が、記録したときの照合値（entry）と合いません。"
            "git の履歴にある内容に戻してください。"
        )


def latest(entries: Iterable[Row]) -> list[Row]:
    """The newest row of each report and id, in the order in which they first appeared."""
    return list({(row["report"], row["id"]): row for row in entries}.values())


def distinct(rows: Iterable[Row]) -> list[tuple[Row, list[Row]]]:
    """Each result once, with all rows that hold it: one number in many reports is one result.

    The row that stands for a result is that of the report without parameters, where there is one.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(result_of(row), []).append(row)
    return [(min(same, key=lambda row: len(row["parameters"])), same) for same in groups.values()]


def result_of(row: Row) -> str:
    """What a row found, apart from the report it stands in: the same number from the same data."""
    scope = ("notebook", "id", "lgcode", "fiscal_year")
    named = [name for part in PARTS if part != "scope" for name in PARTS[part]]
    return lines.digest({name: _compared(name, row) for name in (*scope, *named)})


def changes(before: Row, after: Row) -> tuple[str, ...]:
    """What differs between two rows of one question: keys of PARTS; empty where nothing does."""
    return tuple(
        part
        for part, names in PARTS.items()
        if any(_compared(name, before) != _compared(name, after) for name in names)
    )


def _compared(name: str, row: Row) -> Any:
    """A field as it counts in a comparison: numbers to nine digits, sources by what they hold."""
    value = row[name]
    if name == "sources":
        return editions(row)
    if isinstance(value, float):
        return f"{value + 0.0:.{DIGITS}g}"
    return str(value) if isinstance(value, int) else value


def editions(row: Row) -> list[list[str]]:
    """Key, edition and sha256 of each source of a row."""
    named = ("key", "edition", "sha256")
    return sorted([str(source[name]) for name in named] for source in row["sources"])


def body_of(row: Row) -> str | None:
    """The municipality that a row is about, if it is about one."""
    return row["lgcode"] or row["parameters"].get("lgcode") or None


def chosen(
    rows: Iterable[Row],
    *,
    verdict: str | None = None,
    notebook: str | None = None,
    lgcode: str | None = None,
    question: str | None = None,
) -> list[Row]:
    """The rows that fit all that is given; `question` is a part of it, in either language."""
    asked = _folded(question or "")
    return [
        row
        for row in rows
        if verdict in {None, row["verdict"]}
        and notebook in {None, row["notebook"]}
        and lgcode in {None, body_of(row)}
        and any(asked in _folded(text) for text in row["question"].values())
    ]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
