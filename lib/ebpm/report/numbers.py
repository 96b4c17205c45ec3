"""How a number looks in a table cell, the same in both languages."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from ebpm.evidence.text import format_number as plain_number

Format: TypeAlias = Literal["text", "int", "float1", "float2", "float3", "pct0", "pct1"]

_PLACES = {"int": 0, "float1": 1, "float2": 2, "float3": 3, "pct0": 0, "pct1": 1}


def is_numeric(fmt: str) -> bool:
    return fmt in _PLACES


def is_number(value: object) -> bool:
    """A finite number; True and False are not numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def format_number(value: float, fmt: str) -> str:
    """`pct0` and `pct1` take a share (0 to 1), as in d3 and Python: 0.123 is 12.3%."""
    percent = fmt.startswith("pct")
    text = plain_number(value * 100 if percent else value, _PLACES[fmt])
    return text + "%" if percent else text
