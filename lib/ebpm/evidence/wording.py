"""Wordings that say more than some designs allow: the lexicon behind `overclaims`.

Each entry is one idea: the wordings that state it, what must stand before them in the sentence for
the idea to be stated, and the lowest level (SMS) of evidence that may use it. No design below that
level may, not even in passing: a reader keeps the word and forgets the reservation.
`ebpm.evidence.saying` tells what is said from what is asked, hoped, denied or only quoted.
"""

import re
from dataclasses import dataclass

from ebpm.evidence.grade import HIGHEST, LEVEL_OF_EFFECTS
from ebpm.evidence.wording_en import CERTAINTIES as CERTAINTIES_EN
from ebpm.evidence.wording_en import EFFECTS as EFFECTS_EN
from ebpm.evidence.wording_ja import CERTAINTIES as CERTAINTIES_JA
from ebpm.evidence.wording_ja import EFFECTS as EFFECTS_JA

Ideas = dict[str, str | tuple[str, str]]


@dataclass(frozen=True)
class Wording:
    """One idea; `after` is what must stand before it in its sentence (None: nothing)."""

    idea: str
    language: str
    lowest: int
    pattern: re.Pattern[str]
    after: re.Pattern[str] | None


def _wordings(ideas: Ideas, language: str, lowest: int) -> list[Wording]:
    found = []
    for idea, patterns in ideas.items():
        after, stated = patterns if isinstance(patterns, tuple) else ("", patterns)
        whole = rf"\b(?:{stated})\b" if language == "en" else stated
        before = re.compile(after) if after else None
        found.append(Wording(idea, language, lowest, re.compile(whole), before))
    return found


WORDINGS = [
    *_wordings(EFFECTS_JA, "ja", LEVEL_OF_EFFECTS),
    *_wordings(EFFECTS_EN, "en", LEVEL_OF_EFFECTS),
    *_wordings(CERTAINTIES_JA, "ja", HIGHEST),
    *_wordings(CERTAINTIES_EN, "en", HIGHEST),
]
