"""The ledger as data: rows for a spreadsheet, and everything for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ebpm.evidence.ledger import latest
from ebpm.evidence.lines import Row
from ebpm.evidence.plans import Plan
from ebpm.report.ledger_parts import verdict_text
from ebpm.report.model import Lang
from ebpm.report.state import Page
from ebpm.report.tables import csv_bytes

COLUMNS = (
    *("latest", "recorded", "report", "notebook", "parameters", "id", "question", "claim"),
    *("verdict", "estimand", "estimate", "unit", "ci_low", "ci_high", "p_value", "n"),
    *("n_clusters", "method", "design", "sms", "smallest_effect", "lgcode", "fiscal_year"),
    *("plan", "sources", "sha256", "warehouse_inputs_sha256", "code_version", "run_id", "entry"),
)


def ledger_csv(rows: Sequence[Row], lang: Lang) -> bytes:
    """One line for each row: UTF-8 with byte order mark, no cell that a spreadsheet would run."""
    page = Page(lang, "ledger")
    newest = {row["entry"] for row in latest(rows)}
    columns = [{"key": name, "label": page.word(f"ledger_column_{name}")} for name in COLUMNS]
    cells = [_cells(page, row, is_latest=row["entry"] in newest) for row in rows]
    return csv_bytes(page, {"columns": columns, "rows": cells}, digits=None)


def _cells(page: Page, row: Row, *, is_latest: bool) -> list[Any]:
    titles = [f"{page.pick(s['title'])} [{page.pick(s['edition'])}]" for s in row["sources"]]
    made = {
        "latest": page.word("ledger_yes" if is_latest else "ledger_no"),
        "parameters": json.dumps(row["parameters"], ensure_ascii=False),
        "claim": row[f"claim_{page.lang}"],
        "verdict": verdict_text(page, row),
        "sources": "; ".join(titles),
        "sha256": "; ".join(str(source["sha256"]) for source in row["sources"]),
    }
    return [(row | made)[name] for name in COLUMNS]


def ledger_json(rows: Sequence[Row], plans: Sequence[Plan]) -> str:
    """All rows and all registrations."""
    content = {"findings": list(rows), "plans": [vars(plan) for plan in plans]}
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
