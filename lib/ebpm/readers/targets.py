"""Reader of the policy targets of `data/targets.toml`: the project's own list, not a published file.

Each target names the plan or law it comes from; `verified` says whether its wording and numbers
were read there.
"""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ebpm.paths import DATA
from ebpm.readers.reading import DATE, ReadError, Reading

FILES: tuple[str, ...] = ()
LIST = "targets.toml"
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
REQUIRED = {"id", "indicator", "target_pct", "due_fiscal_year", "verified"}
OPTIONAL = {"plan", "decided_on", "page", "note"}
OF_A_PLAN = {"plan", "decided_on", "page"}
COLUMNS = [
    "edition",
    "target_id",
    "indicator_ja",
    "indicator_en",
    "target_pct",
    "due_fiscal_year",
    "plan_ja",
    "plan_en",
    "decided_on",
    "page",
    "verified",
    "note_ja",
    "note_en",
]

Entry = dict[str, Any]


def read(raw: Path) -> list[Reading]:
    """`targets`: one row per target, in the order of the list; `raw` is not read.

    `verified` is 1 or 0; plan, decided_on, page and note may be missing. Raises ReadError where an
    entry lacks something, has an unknown field or value, or is verified without its plan.
    """
    return [read_list(DATA / LIST)]


def read_list(path: Path) -> Reading:
    """The targets of one list."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong("ファイル", f"TOML として読めません（{error}）") from None
    edition, entries = content.get("edition"), content.get("target")
    if not isinstance(edition, str) or not DATE.fullmatch(edition):
        raise _wrong("edition", f"「{edition}」は YYYY-MM-DD の日付ではありません")
    if not isinstance(entries, list) or not entries:
        raise _wrong("target", "目標が1つもありません")
    rows = [_row(edition, _checked(number, entry)) for number, entry in enumerate(entries, 1)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    if twice := frame["target_id"][frame["target_id"].duplicated()].tolist():
        raise _wrong("id", f"同じ id が二度あります：{'、'.join(twice)}")
    texts = frame.columns.difference(["target_pct", "due_fiscal_year", "verified"])
    typed = frame.astype(dict.fromkeys(texts, "str"))
    return Reading("targets", typed, "target", len(rows), len(rows))


def _wrong(place: str, problem: str) -> ReadError:
    return ReadError(LIST, place, problem, f"data/{LIST} を直してください")


def _checked(number: int, entry: Entry) -> Entry:
    place = f"{number} 番目の目標（{entry.get('id')}）"
    if missing := REQUIRED - entry.keys():
        raise _wrong(place, f"{'、'.join(sorted(missing))} がありません")
    if unknown := entry.keys() - REQUIRED - OPTIONAL:
        raise _wrong(place, f"{'、'.join(sorted(unknown))} という項目はありません")
    for name, fits in _FITS.items():
        if name in entry and not fits(entry[name]):
            raise _wrong(place, f"{name} の値「{entry[name]}」が正しくありません")
    if entry["verified"] and (missing := OF_A_PLAN - entry.keys()):
        raise _wrong(place, f"verified なのに {'、'.join(sorted(missing))} がありません")
    return entry


def _is_both(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"ja", "en"}
        and all(isinstance(text, str) and text.strip() for text in value.values())
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS = {
    "id": lambda value: isinstance(value, str) and bool(ID.fullmatch(value)),
    "indicator": _is_both,
    "target_pct": lambda value: _is_number(value) and 0 <= value <= 100,
    "due_fiscal_year": lambda value: type(value) is int and 2000 <= value < 2100,
    "plan": _is_both,
    "decided_on": lambda value: type(value) is date,
    "page": lambda value: isinstance(value, str) and value.startswith("https://"),
    "verified": lambda value: isinstance(value, bool),
    "note": _is_both,
}


def _row(edition: str, entry: Entry) -> list[Any]:
    plan, note = entry.get("plan", {}), entry.get("note", {})
    decided = entry.get("decided_on")
    return [
        edition,
        entry["id"],
        entry["indicator"]["ja"],
        entry["indicator"]["en"],
        float(entry["target_pct"]),
        entry["due_fiscal_year"],
        plan.get("ja"),
        plan.get("en"),
        decided.isoformat() if decided else None,
        entry.get("page"),
        int(entry["verified"]),
        note.get("ja"),
        note.get("en"),
    ]
