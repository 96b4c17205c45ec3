"""Claims: the verdict on a result and the sentence that its grade allows.

"No effect" (the whole interval is smaller than what matters) is never confused with "cannot tell"
(the interval holds both nothing and something that matters). The verbs come from the grade: below
level 3 a result goes along with something; from level 3 on it may be called an effect, with more
certainty at each level.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ebpm.evidence.grade import Grade
from ebpm.evidence.text import Both, Quantity
from ebpm.methods.result import Estimate

MUNICIPALITIES = Both("団体", "municipalities")
HIGH = Both("高い", "higher")
# A verdict that another draw of the same data could turn: limits moved by this share of the width.
NEAR = 0.025


class Verdict(StrEnum):
    """What the data say of the claim as it is worded."""

    SUPPORTED = "supported"
    NO_EFFECT = "no_effect"
    INCONCLUSIVE = "inconclusive"
    DESCRIPTIVE = "descriptive"


VERDICT_NAMES = {
    Verdict.SUPPORTED: Both("関連がみられる", "an association is seen"),
    Verdict.NO_EFFECT: Both("基準を超える差はない", "no difference beyond the threshold"),
    Verdict.INCONCLUSIVE: Both("判断できない", "cannot tell"),
    Verdict.DESCRIPTIVE: Both("集計のみ", "a description"),
}


@dataclass(frozen=True)
class Association:
    """Words for "the higher the exposure, the more (or less) of the outcome".

    `step` names the difference in the exposure that the estimate is scaled to (none for a
    correlation); `high` is how the language says that there is much of the exposure (人口が多い).
    """

    exposure: Both
    outcome: Both
    more: Both
    less: Both
    step: Both | None = None
    unit: Both = MUNICIPALITIES
    high: Both = HIGH


@dataclass(frozen=True)
class Contrast:
    """Words for "this group has more (or less) of the outcome than the other"; never of an effect.

    In English `group` and `other` are plural, and the outcome follows `more` (more activities).
    """

    group: Both
    other: Both
    outcome: Both
    more: Both
    less: Both


@dataclass(frozen=True)
class Effect:
    """Words for "where it was done, there came to be more (or less) of the outcome".

    `treatment` names what was done (予約制の導入 / the booking system), `more` and `less` end in a
    verb in Japanese (長くなる, 短くなる) and are adjectives in English (longer, shorter).
    """

    treatment: Both
    outcome: Both
    more: Both
    less: Both
    unit: Both = MUNICIPALITIES


@dataclass(frozen=True)
class Description:
    """A sentence that states a value; `{estimate}` stands for it, `{n}` for the rows.

    `values` fills other names of the sentence: numbers with their trace, or texts.
    """

    sentence: Both
    values: Mapping[str, Quantity | Both] = field(default_factory=dict)


Compared = Association | Contrast | Effect
Claim = Compared | Description


def verdict(result: Estimate, smallest_effect: float) -> Verdict:
    """Verdict on a difference, given the smallest that matters (same unit, > 0)."""
    if not smallest_effect > 0:
        raise ValueError("smallest_effect は 0 より大きい値にしてください。")
    if -smallest_effect < result.ci_low and result.ci_high < smallest_effect:
        return Verdict.NO_EFFECT
    if result.ci_low > 0 or result.ci_high < 0:
        return Verdict.SUPPORTED
    return Verdict.INCONCLUSIVE


def is_borderline(result: Estimate, smallest_effect: float) -> bool:
    """Whether limits moved a little (2.5 % of the interval's width) would turn the verdict."""
    reach = NEAR * (result.ci_high - result.ci_low)
    moved = [
        replace(result, ci_low=result.ci_low + sign * reach, ci_high=result.ci_high + other * reach)
        for sign, other in ((1, 1), (-1, -1), (1, -1), (-1, 1))
    ]
    return any(
        verdict(each, smallest_effect) is not verdict(result, smallest_effect) for each in moved
    )


def may_be_small(result: Estimate, smallest_effect: float) -> bool:
    """Whether a difference that is there may still be smaller than what matters."""
    there = verdict(result, smallest_effect) is Verdict.SUPPORTED
    return there and min(abs(result.ci_low), abs(result.ci_high)) < smallest_effect


def threshold_text(words: Compared, amount: Both) -> Both:
    """The smallest difference that matters, as printed: per what step, how much."""
    step = words.step if isinstance(words, Association) else None
    if step is None:
        return Both(f"±{amount.ja}", f"±{amount.en}")
    return Both(f"{step.ja}当たり±{amount.ja}", f"±{amount.en} per {step.en}")


def claim_text(words: Compared, result: Estimate, found: Verdict, level: Grade) -> Both:
    """The sentence that verdict and grade allow; `{limit}` stands for the threshold in it."""
    if isinstance(words, Effect) and level.can_show_effects:
        return _effect(words, result, found, level)
    if isinstance(words, Effect):
        return _goes_along(words, result, found)
    if isinstance(words, Contrast):
        return _contrast(words, result, found)
    return _association(words, result, found)


def _association(words: Association, result: Estimate, found: Verdict) -> Both:
    if found is Verdict.NO_EFFECT:
        return Both(
            f"{words.exposure.ja}と{words.outcome.ja}との関連は、あるとしても基準（{{limit}}）に満たない",
            f"any association between {words.exposure.en} and {words.outcome.en} is smaller than "
            "the threshold ({limit})",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{words.exposure.ja}が{words.high.ja}{words.unit.ja}ほど、{words.outcome.ja}が"
            f"{words.less.ja}のか{words.more.ja}のか、このデータでは判断できない",
            f"these data cannot tell whether {words.unit.en} with {words.high.en} {words.exposure.en} have "
            f"{words.less.en} or {words.more.en} {words.outcome.en}",
        )
    direction = words.more if result.ci_low > 0 else words.less
    return Both(
        f"{words.exposure.ja}が{words.high.ja}{words.unit.ja}ほど、{words.outcome.ja}が"
        f"{direction.ja}傾向がみられる",
        f"{words.unit.en} with {words.high.en} {words.exposure.en} tend to have {direction.en} "
        f"{words.outcome.en}",
    )


def _contrast(words: Contrast, result: Estimate, found: Verdict) -> Both:
    if found is Verdict.NO_EFFECT:
        return Both(
            f"{words.group.ja}と{words.other.ja}との{words.outcome.ja}の違いは、"
            "あるとしても基準（{limit}）に満たない",
            f"any difference in {words.outcome.en} between {words.group.en} and {words.other.en} is "
            "smaller than the threshold ({limit})",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{words.group.ja}と{words.other.ja}とで{words.outcome.ja}に違いがあるかどうかは、"
            "このデータでは判断できない",
            f"these data cannot tell whether {words.outcome.en} differ between {words.group.en} and "
            f"{words.other.en}",
        )
    direction = words.more if result.ci_low > 0 else words.less
    return Both(
        f"{words.group.ja}は、{words.other.ja}に比べて{words.outcome.ja}が{direction.ja}傾向がみられる",
        f"{words.group.en} tend to have {direction.en} {words.outcome.en} than {words.other.en}",
    )


def _goes_along(words: Effect, result: Estimate, found: Verdict) -> Both:
    """An effect was asked for, but the evidence reaches no further than going along."""
    where = f"{words.treatment.ja}のあった{words.unit.ja}"
    where_en = f"{words.unit.en} with {words.treatment.en}"
    if found is Verdict.NO_EFFECT:
        return Both(
            f"{where}とそれ以外との{words.outcome.ja}の違いは、あるとしても基準（{{limit}}）に満たない",
            f"any difference in {words.outcome.en} between {where_en} and others is smaller than "
            "the threshold ({limit})",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{where}で{words.outcome.ja}に違いがあるかどうかは、このデータでは判断できない",
            f"these data cannot tell whether {words.outcome.en} differ in {where_en}",
        )
    direction = words.more if result.ci_low > 0 else words.less
    return Both(
        f"{where}には、{words.outcome.ja}が{direction.ja}方向の違いがみられる",
        f"{where_en} tend to have {direction.en} {words.outcome.en}",
    )


CERTAINTY = {
    3: Both("効果があったとみられる", "seems to have had an effect"),
    4: Both("効果があったと考えられる", "probably had an effect"),
    5: Both("効果があった", "had an effect"),
}


def _effect(words: Effect, result: Estimate, found: Verdict, level: Grade) -> Both:
    if found is Verdict.NO_EFFECT:
        return Both(
            f"{words.treatment.ja}による{words.outcome.ja}の変化は、あるとしても基準（{{limit}}）に満たない",
            f"any effect of {words.treatment.en} on {words.outcome.en} is smaller than the "
            "threshold ({limit})",
        )
    if found is Verdict.INCONCLUSIVE:
        return Both(
            f"{words.treatment.ja}に{words.outcome.ja}への効果があったかどうかは、"
            "このデータでは判断できない",
            f"these data cannot tell whether {words.treatment.en} had an effect on "
            f"{words.outcome.en}",
        )
    direction = words.more if result.ci_low > 0 else words.less
    certainty = CERTAINTY[level.sms]
    return Both(
        f"{words.treatment.ja}には、{words.outcome.ja}が{direction.ja}{certainty.ja}",
        f"{words.treatment.en} {certainty.en}: {direction.en} {words.outcome.en}",
    )
