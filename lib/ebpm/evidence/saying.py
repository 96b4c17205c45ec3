"""What a sentence says, and what it only asks, hopes, denies or quotes.

Japanese decides after the wording (「減ったとはいえない」), English mostly before it ("does not show
that it reduced"). Where a sentence leaves it open, the wording counts as said, and a quotation that
nobody is named for and nothing is said about counts as the sentence's own.
"""

from dataclasses import dataclass

from ebpm.evidence import saying_en, saying_ja
from ebpm.evidence.reading import Place

# How far from the wording, in characters, the sentence is looked at.
REACH = 120


@dataclass(frozen=True)
class _Around:
    """A text before and after something in it, within its sentence."""

    before: str
    after: str


def is_said(text: str, start: int, end: int, place: Place, language: str) -> bool:
    """Whether the wording from `start` to `end` is said where it stands."""
    bounds = place.quotation or place.sentence
    if _is_open(_around(text, (start, end), bounds), language):
        return False
    if place.quotation is None:
        return True
    return not _is_discussed(_around(text, place.quotation, place.sentence), language)


def _around(text: str, span: tuple[int, int], bounds: tuple[int, int]) -> _Around:
    first, last = max(bounds[0], span[0] - REACH), min(bounds[1], span[1] + REACH)
    return _Around(text[first : span[0]], text[span[1] : last])


def _is_open(around: _Around, language: str) -> bool:
    """Whether the wording between is asked, hoped or denied."""
    if around.after.rstrip("。\n ").endswith("?"):
        return True
    if language == "ja":
        return saying_ja.is_open(around.before[-1:], around.after)
    return saying_en.is_open(around.before)


def _is_discussed(around: _Around, language: str) -> bool:
    """Whether the quotation between is attributed or discussed."""
    if language == "ja":
        return saying_ja.is_discussed(around.before, around.after)
    return saying_en.is_discussed(around.before, around.after)
