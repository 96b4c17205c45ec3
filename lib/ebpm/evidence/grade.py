"""Grade: the design of a result fixes the highest Maryland Scientific Methods Scale level.

1 = comparison or before/after without controls … 5 = randomised; 5 is the strongest. A failed check
lowers the level by one. Source of the scale: Sherman et al. (1997), "Preventing Crime: What Works,
What Doesn't, What's Promising"; What Works Centre for Local Economic Growth, "Guide to scoring
evidence using the Maryland Scientific Methods Scale".
"""

from dataclasses import dataclass

from ebpm.evidence.text import Both
from ebpm.methods.result import Check, Estimate

LOWEST = 1
# From this level on a design can separate an effect from what only goes along with it.
LEVEL_OF_EFFECTS = 3


@dataclass(frozen=True)
class Design:
    """What kind of comparison a number rests on, and the level that it cannot exceed."""

    ceiling: int
    is_effect: bool
    reason: Both


@dataclass(frozen=True)
class Grade:
    """The level (1–5) and why, in one sentence of each language."""

    sms: int
    reason: Both


DESIGNS = {
    "description": Design(
        1,
        False,
        Both("集計のみ。比較の設計を持たない", "a count or mean without a design for comparison"),
    ),
    "paired_comparison": Design(
        1,
        False,
        Both(
            "同じ手続の二つの規定値の比較。実際の処理日数でも導入前後の比較でもない",
            "compares two stated periods of the same procedure, neither actual handling time "
            "nor before and after",
        ),
    ),
    "cross_section": Design(
        1,
        False,
        Both(
            "一時点の横断比較（条件をそろえていない）。因果関係は示せない",
            "a cross-section without controls; cannot show cause and effect",
        ),
    ),
    "cross_section_controls": Design(
        2,
        False,
        Both(
            "一時点の横断比較（条件をそろえた）。因果関係は示せない",
            "a cross-section with controls; cannot show cause and effect",
        ),
    ),
}

CHECKS = {
    "effective_clusters": Both(
        "重みを考えたまとまりの実質的な数が十分か（30以上）",
        "enough clusters once weights are allowed for (30 or more)",
    ),
    "enough_clusters": Both("クラスターの数が十分か（30以上）", "enough clusters (30 or more)"),
}


def grade(result: Estimate) -> Grade:
    """The level of a result: the ceiling of its design, lowered by one for a failed check."""
    design = DESIGNS[result.design]
    failed = [check for check in result.checks if check.passed is False]
    if not failed:
        return Grade(design.ceiling, design.reason)
    names = [CHECKS[check.name] for check in failed]
    reason = Both(
        f"{design.reason.ja}。満たさない点検：{'、'.join(name.ja for name in names)}",
        f"{design.reason.en}; failed checks: {', '.join(name.en for name in names)}",
    )
    return Grade(max(LOWEST, design.ceiling - 1), reason)


def check_payload(check: Check) -> dict[str, object]:
    """One check as it stands in a finding."""
    value = "" if check.value is None else f"{check.value:,.0f}"
    return {
        "name": CHECKS[check.name].payload(),
        "passed": check.passed,
        "detail": {"ja": value, "en": value},
    }
