"""Kinds of missing: why a published table has no value, kept apart from reader to chart.

A blank is never 0 and never guessed: a reader names the kind that its publisher's legend gives
the mark. The words are those of the page (`ebpm.report.words`, `missing_…`).

Source of the usual marks: 総務省統計局「統計表の見方」の記号（x 秘匿、- 該当数値なし、… 不詳）
"""

import unicodedata
from enum import StrEnum


class Missing(StrEnum):
    """Why there is no value."""

    SUPPRESSED = "suppressed"
    """Known and withheld, because few stand behind it."""
    NOT_APPLICABLE = "not_applicable"
    """Nothing of the kind exists here (a rate whose denominator is 0, a ratio without debt)."""
    UNKNOWN = "unknown"
    """Exists, but was not found out."""
    NOT_ASKED = "not_asked"
    """The body was outside of the survey or the question was not for it."""
    NO_ANSWER = "no_answer"
    """The body was asked and did not answer."""
    NOT_OFFERED = "not_offered"
    """The body does not offer the service."""
    ZERO_OR_MISSING = "zero_or_missing"
    """The published file no longer tells a zero from a missing value."""


MARKS = {
    "x": Missing.SUPPRESSED,
    "χ": Missing.SUPPRESSED,
    "-": Missing.NOT_APPLICABLE,
    "...": Missing.UNKNOWN,
    "不明": Missing.UNKNOWN,
    "不詳": Missing.UNKNOWN,
    "調査無し": Missing.NOT_ASKED,
    "調査なし": Missing.NOT_ASKED,
}
"""The usual marks, folded: one width, one kind of dash, lower case."""

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー－ｰ─", "-"))


def of_mark(text: str) -> Missing | None:
    """The kind that one of the usual marks stands for; None for any other text, blank included."""
    folded = unicodedata.normalize("NFKC", text).strip().lower().translate(DASHES)
    return MARKS.get("-" if folded and set(folded) == {"-"} else folded)
