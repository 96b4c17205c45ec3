"""Texts as a reader sees them: one line each, quotation marks taken out and kept as places."""

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from string import ascii_lowercase, ascii_uppercase

EMPHASIS = str.maketrans("", "", "*_`~")
SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-#>|+*]|[0-9]+[.)])\s)")
BETWEEN_JAPANESE = re.compile(r"(?<=[ぁ-龯])\s+(?=[ぁ-龯])")
# Selectors of a variant are not seen either, though they are no format characters (Cf).
VARIANTS = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
MARK = re.compile('[「」『』“”"]')
QUOTATION = re.compile(
    r"「[^「」\n]{1,300}」|『[^『』\n]{1,300}』|“[^“”\n]{1,300}”"
    r"|(?<![\w\"])\"[^\"\n]{1,300}\"(?!\w)"
)
# A sentence ends at its mark, the cell of a table at its rule.
END = re.compile(
    r"[。\n|]|[!?](?=[ぁ-龯])|(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)[.!?](?=[\s\"”」』。]|$)"
)
ENDS_WITH_ITS_QUOTATION = re.compile(r"\s+[A-Z“\"]|\s*$|[。\n]")

Span = tuple[int, int]


def as_read(text: str) -> str:
    """The text on one line, without emphasis, entities and characters that are not seen."""
    shown = VARIANTS.sub("", unicodedata.normalize("NFKC", html.unescape(text)))
    seen = "".join(c for c in shown if c.isascii() or unicodedata.category(c) != "Cf")
    return BETWEEN_JAPANESE.sub("", " ".join(seen.translate(EMPHASIS).split()))


def unmarked(text: str) -> str:
    """The text as read, without quotation marks."""
    return MARK.sub("", as_read(text))


@dataclass(frozen=True)
class Place:
    """The sentence that holds a wording, and the quotation in it that does (if any)."""

    sentence: Span
    quotation: Span | None


class Reading:
    """All texts in a row; wordings are looked for across quotation marks, so none hides one.

    `text` is shown, `small` (in small letters, as long as `text`) is judged.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        lines = (as_read(part) for text in texts for part in PARAGRAPH.split(text))
        marked = "".join(f"{line.rstrip('。')}。\n" for line in lines if line)
        is_mark = [False] * (len(marked) + 1)
        for found in MARK.finditer(marked):
            is_mark[found.start()] = True
        places = [at - gone for at, gone in enumerate(accumulate(is_mark, initial=0))]
        quoted = [found.span() for found in QUOTATION.finditer(marked)]
        self.text = MARK.sub("", marked)
        self.small = self.text.translate(SMALL)
        self._quotations = [(places[start], places[end]) for start, end in quoted]
        self._starts = [start for start, _ in self._quotations]
        self._ends = [places[end] for end in _ends(marked, quoted)]

    def place(self, start: int, end: int) -> Place:
        """Where the wording from `start` to `end` stands."""
        at = bisect_right(self._ends, start)
        first = self._ends[at - 1] if at else 0
        last = self._ends[bisect_left(self._ends, end)]
        return Place((first, last), self._quotation(start, end))

    def _quotation(self, start: int, end: int) -> Span | None:
        at = bisect_right(self._starts, start) - 1
        return self._quotations[at] if at >= 0 and end <= self._quotations[at][1] else None


def _ends(text: str, quoted: list[Span]) -> list[int]:
    """Where sentences end; a mark within a quotation that goes on ends none."""
    starts = [start for start, _ in quoted]
    found = []
    for match in END.finditer(text):
        at = bisect_right(starts, match.start()) - 1
        closing = quoted[at][1] if at >= 0 else 0
        if match.end() >= closing or _ends_outside(text, match.end(), closing):
            found.append(match.end())
    return found


def _ends_outside(text: str, end: int, closing: int) -> bool:
    is_last = end == closing - 1
    return is_last and ENDS_WITH_ITS_QUOTATION.match(text, closing) is not None
