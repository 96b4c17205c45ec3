"""ebpm: evidence-based policy making notebooks for the DX of Japanese local government.

In a notebook: `import ebpm`, read with `ebpm.query(sql)` against the marts, call a method of
`ebpm.methods`, and emit with `ebpm.finding`, `ebpm.figure`, `ebpm.table`, `ebpm.say` and
`ebpm.summary`. Thresholds are declared with `ebpm.declare` before the first query. Names are loaded
when they are first used, so that `import ebpm` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebpm.dates import day, month
    from ebpm.evidence.claims import Association, Contrast, Description, Effect
    from ebpm.evidence.coverage import coverage
    from ebpm.evidence.declarations import declare
    from ebpm.evidence.findings import finding
    from ebpm.evidence.logic import logic_model
    from ebpm.evidence.outputs import (
        Column,
        council_points,
        figure,
        say,
        summary,
        table,
    )
    from ebpm.evidence.provenance import Dataset, calculate, parameter, query
    from ebpm.evidence.said import Said, quoted, text
    from ebpm.evidence.series import SeriesBreak, change
    from ebpm.evidence.text import Both, both
    from ebpm.own.datasets import own_data
    from ebpm.warehouse import connect

__version__ = "0.1.0"

_HOMES = {
    "Association": "evidence.claims",
    "Both": "evidence.text",
    "Contrast": "evidence.claims",
    "Column": "evidence.outputs",
    "Dataset": "evidence.provenance",
    "Description": "evidence.claims",
    "Effect": "evidence.claims",
    "Said": "evidence.said",
    "SeriesBreak": "evidence.series",
    "both": "evidence.text",
    "calculate": "evidence.provenance",
    "change": "evidence.series",
    "connect": "warehouse",
    "council_points": "evidence.outputs",
    "coverage": "evidence.coverage",
    "day": "dates",
    "declare": "evidence.declarations",
    "figure": "evidence.outputs",
    "finding": "evidence.findings",
    "logic_model": "evidence.logic",
    "month": "dates",
    "own_data": "own.datasets",
    "parameter": "evidence.provenance",
    "query": "evidence.provenance",
    "quoted": "evidence.said",
    "say": "evidence.outputs",
    "summary": "evidence.outputs",
    "table": "evidence.outputs",
    "text": "evidence.said",
}

__all__ = [
    "Association",
    "Both",
    "Column",
    "Contrast",
    "Dataset",
    "Description",
    "Effect",
    "Said",
    "SeriesBreak",
    "both",
    "calculate",
    "change",
    "connect",
    "council_points",
    "coverage",
    "day",
    "declare",
    "figure",
    "finding",
    "logic_model",
    "month",
    "own_data",
    "parameter",
    "query",
    "quoted",
    "say",
    "summary",
    "table",
    "text",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ebpm' has no attribute {name!r}")
    return getattr(import_module(f"ebpm.{_HOMES[name]}"), name)
