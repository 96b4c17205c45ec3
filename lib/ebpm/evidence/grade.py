"""Grade: the design of a result fixes the highest Maryland Scientific Methods Scale level.

1 = comparison or before/after without controls … 5 = randomised; 5 is the strongest. A failed check
lowers the level by one, two or more by two. `ebpm.evidence.designs` holds designs and checks with their words.
"""

from dataclasses import dataclass

from ebpm.evidence.designs import CHECKS, DESIGNS
from ebpm.evidence.text import Both
from ebpm.methods.result import Check, Estimate

LOWEST, HIGHEST = 1, 5
# From this level on a design can separate an effect from what only goes along with it.
LEVEL_OF_EFFECTS = 3
MOST_LOWERED = 2
LOWERED = (
    Both("", ""),
    Both("があるため一段階下げた", " (one level lower)"),
    Both("があるため二段階下げた", " (two levels lower)"),
)


@dataclass(frozen=True)
class Grade:
    """The level (1–5) and why, in one sentence of each language."""

    sms: int
    reason: Both

    @property
    def can_show_effects(self) -> bool:
        """Whether the result may be spoken of as an effect."""
        return self.sms >= LEVEL_OF_EFFECTS


def grade(result: Estimate) -> Grade:
    """The level of a result: the ceiling of its design, lowered by failed checks, by two at most."""
    design = DESIGNS[result.design]
    failed = [CHECKS[check.name] for check in result.checks if check.passed is False]
    if not failed:
        return Grade(design.ceiling, design.reason)
    ja, en = "、".join(words.ja for words in failed), ", ".join(words.en for words in failed)
    level = max(LOWEST, design.ceiling - min(len(failed), MOST_LOWERED))
    lowered = LOWERED[design.ceiling - level]
    reason = Both(
        f"{design.reason.ja}。満たさない点検{lowered.ja}：{ja}",
        f"{design.reason.en}; failed checks{lowered.en}: {en}",
    )
    return Grade(level, reason)


def check_payload(check: Check) -> dict[str, object]:
    """One check as it stands in a finding."""
    words = CHECKS[check.name]
    value = words.value_text(check.value)
    return {
        "check": check.name,
        "value": check.value,
        "name": Both(words.ja, words.en).payload(),
        "passed": check.passed,
        "detail": {"ja": value.replace("%", "％"), "en": value},
    }
