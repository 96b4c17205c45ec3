"""Declarations: the smallest difference that matters, said before the data are opened.

A notebook declares the threshold of every verdict before its first query. Whether it did is kept
with the finding; the gate refuses to publish one whose threshold came after the data.
"""

import math
from dataclasses import dataclass

from ebpm import warehouse
from ebpm.evidence import outputs
from ebpm.evidence.mime import SCHEMA
from ebpm.evidence.said import OutputError
from ebpm.evidence.text import UNITS, Quantity


@dataclass(frozen=True)
class Declaration:
    """The smallest difference that matters for one finding, in the unit of its estimate."""

    smallest_effect: float
    unit: str
    before_data: bool
    plan: str | None = None


_declared: dict[str, Declaration] = {}


def declare(*names: str, smallest_effect: float, unit: str, plan: str | None = None) -> None:
    """Declares the smallest difference that matters for the findings `names`.

    Call it before the first `ebpm.query`. `unit` is that of the findings; `plan` names the plan
    under which the question was registered (`ebpm register`). Saying the same again changes
    nothing. Raises OutputError for a threshold of 0 or less, or an unknown unit.
    """
    if not names:
        raise OutputError("ebpm.declare に、知見の名前を一つ以上渡してください。")
    if not 0 < smallest_effect < math.inf:
        raise OutputError("smallest_effect は 0 より大きい有限の値にしてください。")
    if unit not in UNITS:
        raise OutputError(f"単位 {unit} はありません。使えるもの：{'、'.join(UNITS)}。")
    for name in names:
        told = _declared.get(name)
        same = told and (told.smallest_effect, told.unit, told.plan) == (
            smallest_effect,
            unit,
            plan,
        )
        if not same:
            before = not warehouse.opened
            _declared[name] = Declaration(smallest_effect, unit, before, plan)
    outputs.emit(
        "declaration", {"schema": SCHEMA, "names": list(names)}, _said(names, smallest_effect, unit)
    )


def _said(names: tuple[str, ...], smallest_effect: float, unit: str) -> str:
    amount = Quantity(smallest_effect, unit, {}, 3).text
    return f"判定の基準 ±{amount.ja}：{'、'.join(names)}"


def of(name: str, unit: str) -> Declaration:
    """The declaration of a finding; OutputError where there is none, or in another unit."""
    if name not in _declared:
        raise OutputError(
            f"知見 {name} の判定の基準がありません。データを読む前に "
            f'ebpm.declare("{name}", smallest_effect=…, unit="{unit}") を書いてください。'
        )
    told = _declared[name]
    if told.unit != unit:
        raise OutputError(f"知見 {name} の単位は {unit} ですが、宣言の単位は {told.unit} です。")
    return told


def forget() -> None:
    """Begins anew, as a fresh kernel does."""
    _declared.clear()
    warehouse.opened.clear()
