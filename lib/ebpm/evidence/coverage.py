"""Coverage: of how many bodies (or procedures) there is a value, and why the rest have none."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ebpm.evidence.provenance import Dataset
from ebpm.evidence.text import Both, Quantity
from ebpm.missing import NO_FIGURE, Missing

KINDS = frozenset({NO_FIGURE, *Missing})
LABEL = Both("数値の得られた範囲", "how many have a value")


class CoverageError(ValueError):
    """A coverage that does not add up: what is wrong and what to do."""


@dataclass(frozen=True)
class Coverage:
    """`n` of `total` units have a value; `kinds` counts the others by their kind of missing."""

    n: int
    total: int
    unit: str
    kinds: tuple[tuple[str, int], ...]
    trace: dict[str, Any]

    def payload(self) -> dict[str, Any]:
        """The coverage as it stands in an output; counts and share as printed in each language."""
        share = Quantity(100 * self.n / self.total, "pct", {}).text if self.total else None
        return {
            "with_value": {
                "ja": Quantity(self.n, self.unit, {}).text.ja,
                "en": Quantity(self.n, "count", {}).text.en,
            },
            "total": Quantity(self.total, self.unit, {}).text.payload(),
            "share": share.payload() if share else None,
            "kinds": [
                {
                    "missing": kind,
                    "count": {
                        "ja": Quantity(count, self.unit, {}).text.ja,
                        "en": Quantity(count, "count", {}).text.en,
                    },
                }
                for kind, count in self.kinds
            ],
            "trace": self.trace,
        }


def coverage(
    data: Dataset,
    value: str,
    *,
    missing: str | None = None,
    unit: str = "municipalities",
) -> Coverage:
    """How many rows of `data` have a `value`, and the kinds of missing of the others.

    `data` must hold one row per unit that could have a value, those without one included.
    `missing` names the column with the kind (`ebpm.missing.Missing`); a row without value and
    without kind counts as `no_figure`. Raises CoverageError for an unknown kind, or for a row that
    has both a value and a kind.
    """
    frame = data.frame
    has_value = frame[value].notna()
    given = frame[missing] if missing else pd.Series(None, index=frame.index, dtype=object)
    both = has_value & given.notna()
    if both.any():
        problem = f"{value} に値があるのに、欠損の種類も書かれた行が {int(both.sum())} 行あります"
        raise CoverageError(f"{problem}。どちらかを除いてください。")
    kinds = Counter(str(kind) for kind in given[~has_value].fillna(NO_FIGURE))
    if unknown := sorted(kinds.keys() - KINDS):
        raise CoverageError(
            f"欠損の種類 {unknown[0]} は決められた種類（{'、'.join(sorted(KINDS))}）にありません。"
        )
    counted = tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    return Coverage(int(has_value.sum()), len(frame), unit, counted, data.trace(LABEL))
