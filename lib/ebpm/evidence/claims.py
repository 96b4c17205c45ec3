"""Claims: the verdict on a result and the sentence that its design allows.

"No effect" (the whole interval is smaller than what matters) is never confused with "cannot tell"
(the interval holds both nothing and something that matters).
"""

import html
import re
import unicodedata
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

    `step` names the difference in the exposure that the estimate is scaled to (none for a
    correlation).
    """

    exposure: Both
    outcome: Both
    more: Both
    less: Both
    step: Both | None = None
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


def threshold_text(words: Association, amount: Both) -> Both:
    """The smallest difference that matters, as printed: per what step, how much."""
    if words.step is None:
        return Both(f"±{amount.ja}", f"±{amount.en}")
    return Both(f"{words.step.ja}当たり±{amount.ja}", f"±{amount.en} per {words.step.en}")


def association_claim(words: Association, result: Estimate, found: Verdict, amount: Both) -> Both:
    """The sentence of an association, as strong as verdict and cross-section allow.

    `amount` is the smallest difference that matters, as printed: "no effect" always names it.
    """
    if found is Verdict.NO_EFFECT:
        limit = threshold_text(words, amount)
        return Both(
            f"{words.exposure.ja}と{words.outcome.ja}との関連は、あっても基準（{limit.ja}）に満たない",
            f"any association between {words.exposure.en} and {words.outcome.en} is smaller than "
            f"the threshold ({limit.en})",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{words.exposure.ja}が高い{words.unit.ja}ほど{words.outcome.ja}が"
            f"{words.less.ja}のか{words.more.ja}のか、このデータでは判断できない",
            f"these data cannot tell whether {words.unit.en} with higher {words.exposure.en} have "
            f"{words.less.en} or {words.more.en} {words.outcome.en}",
        )
    direction = words.more if result.estimate > 0 else words.less
    return Both(
        f"{words.exposure.ja}が高い{words.unit.ja}ほど、{words.outcome.ja}が{direction.ja}傾向がみられる",
        f"{words.unit.en} with higher {words.exposure.en} tend to have {direction.en} "
        f"{words.outcome.en}",
    )


MARKS = "*_`~"
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-#>|+*]|[0-9]+[.)])\s)")


def overclaims(texts: Iterable[str], sms: int) -> list[str]:
    """Causal wordings in texts that rest on designs of at most level `sms`, with their context."""
    if sms >= LEVEL_OF_EFFECTS:
        return []
    lines = [_unwrapped(part) for text in texts for part in PARAGRAPH.split(text)]
    return [_context(line, match) for line in lines for match in CAUSAL.finditer(line)]


def _unwrapped(text: str) -> str:
    """The text as a reader sees it: on one line, without emphasis, entities, hidden characters."""
    shown = unicodedata.normalize("NFKC", html.unescape(text))
    seen = "".join(
        char for char in shown if unicodedata.category(char) != "Cf" and char not in MARKS
    )
    return re.sub(r"(?<=[ぁ-龯])\s+(?=[ぁ-龯])", "", " ".join(seen.split()))


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - 15), match.end() + 15
    return " ".join(text[start:end].split())
