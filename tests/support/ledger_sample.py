"""Findings as a run hands them to the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SOURCES = (
    {
        "key": "survey",
        "title": {"ja": "調査", "en": "Survey"},
        "edition": "2024",
        "sha256": "a" * 64,
        "licence": {"ja": "自由", "en": "free"},
    },
    {
        "key": "census",
        "title": {"ja": "国勢調査", "en": "Census"},
        "edition": "2020",
        "sha256": "b" * 64,
    },
)


def finding(name: str = "st-level", **changed: Any) -> dict[str, Any]:
    """A finding as a notebook emits it, with what no ledger keeps."""
    return {
        "schema": 1,
        "id": name,
        "question": {"ja": "申請率が高い団体では職員が少ないか", "en": "Fewer staff?"},
        "estimand": {"ja": "職員数の違い", "en": "difference in staff"},
        "estimate": 0.123456789012,
        "unit": {"ja": "％", "en": "%"},
        "ci_low": -0.25,
        "ci_high": 0.5,
        "p_value": 0.5123,
        "n": 1741,
        "n_clusters": 47,
        "method": {"ja": "最小二乗法", "en": "least squares"},
        "design": "cross_section_controls",
        "sms": 2,
        "verdict": "no_effect",
        "smallest_effect": 1.0,
        "claim_ja": "職員の違いは、あっても基準に満たない",
        "claim_en": "Any difference in staff is smaller than the threshold",
        "lgcode": None,
        "fiscal_year": None,
        "plan": None,
        "sources": list(SOURCES),
        "checks": [],
        "estimate_text": {"ja": "0.1％", "en": "0.1%"},
    } | changed


def common(
    day: int = 1, report: str = "staffing", parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the findings of one run share; `day` of January 2026."""
    return {
        "run_id": f"run-{day}",
        "recorded": f"2026-01-{day:02}T01:00:00Z",
        "report": report,
        "notebook": re.split("[/_]", report)[0],
        "parameters": dict(parameters or {}),
        "warehouse_inputs_sha256": "c" * 64,
        "code_version": "0.1.0",
    }
