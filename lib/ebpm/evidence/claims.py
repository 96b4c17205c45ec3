"""Claims: the verdict on a result and the sentence that its design allows.

"No effect" (the whole interval is smaller than what matters) is never confused with "cannot tell"
(the interval holds both nothing and something that matters).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ebpm.evidence.grade import LEVEL_OF_EFFECTS
from ebpm.evidence.text import Both
from ebpm.evidence.wording import CAUSAL
from ebpm.methods.result import Estimate

MUNICIPALITIES = Both("団体", "municipalities")


class Verdict(StrEnum):
    """What the data say of the claim as it is worded."""

    SUPPORTED = "supported"
    NO_EFFECT = "no_effect"
    INCONCLUSIVE = "inconclusive"
    DESCRIPTIVE = "descriptive"


class OverclaimError(ValueError):
    """A text says more than the design of the analysis allows."""


@dataclass(frozen=True)
class Association:
    """Words for "the higher the exposure, the more (or less) of the outcome".

    `step` names the difference in the exposure that the estimate is scaled to.
    """

    exposure: Both
    outcome: Both
    step: Both
    more: Both
    less: Both
    unit: Both = MUNICIPALITIES


@dataclass(frozen=True)
class Description:
    """A sentence that states a value; `{estimate}` stands for it, `{n}` for the rows."""

    sentence: Both


def verdict(result: Estimate, smallest_effect: float) -> Verdict:
    """Verdict on an association, given the smallest difference that matters (same unit, > 0)."""
    if not smallest_effect > 0:
        raise ValueError("smallest_effect は 0 より大きい値にしてください。")
    if -smallest_effect < result.ci_low and result.ci_high < smallest_effect:
        return Verdict.NO_EFFECT
    if result.ci_low > 0 or result.ci_high < 0:
        return Verdict.SUPPORTED
    return Verdict.INCONCLUSIVE


def association_claim(words: Association, result: Estimate, found: Verdict) -> Both:
    """The sentence of an association, as strong as verdict and cross-section allow."""
    if found is Verdict.NO_EFFECT:
        return Both(
            f"{words.exposure.ja}が高い{words.unit.ja}と低い{words.unit.ja}で、"
            f"{words.outcome.ja}に実務上問題となる差はみられない",
            f"between {words.unit.en} with high and low {words.exposure.en}, {words.outcome.en} "
            "show no difference of practical size",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{words.exposure.ja}と{words.outcome.ja}に関連があるかどうかは、このデータでは判断できない",
            f"these data cannot tell whether {words.exposure.en} and {words.outcome.en} go together",
        )
    direction = words.more if result.estimate > 0 else words.less
    return Both(
        f"{words.exposure.ja}が高い{words.unit.ja}ほど、{words.outcome.ja}が{direction.ja}傾向がみられる",
        f"{words.unit.en} with higher {words.exposure.en} tend to have {direction.en} "
        f"{words.outcome.en}",
    )


PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-#>|+*]|[0-9]+[.)])\s)")


def overclaims(texts: Iterable[str], sms: int) -> list[str]:
    """Causal wordings in texts that rest on designs of at most level `sms`, with their context."""
    if sms >= LEVEL_OF_EFFECTS:
        return []
    lines = [_unwrapped(part) for text in texts for part in PARAGRAPH.split(text)]
    return [_context(line, match) for line in lines for match in CAUSAL.finditer(line)]


def _unwrapped(text: str) -> str:
    """The text on one line and without emphasis: a wording may run over the end of a line."""
    return re.sub(r"(?<=[ぁ-龯])\s+(?=[ぁ-龯])", "", " ".join(text.replace("*", "").split()))


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - 15), match.end() + 15
    return " ".join(text[start:end].split())
