"""Kinds of missing: why a published table has no value, kept apart from reader to chart.

A blank is never 0 and never guessed: a reader names the kind that its publisher's legend gives
the mark. `LABELS` are the words for people.

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
    UNREADABLE = "unreadable"
    """Something is stated that is not a value of this kind (a period without a number)."""
    ZERO_OR_MISSING = "zero_or_missing"
    """The published file no longer tells a zero from a missing value."""


NO_FIGURE = "no_figure"
"""Not a kind of a published cell: there is no row for this unit at all."""

LABELS = {
    "suppressed": {"ja": "秘匿", "en": "Suppressed"},
    "not_applicable": {"ja": "該当なし", "en": "Not applicable"},
    "unknown": {"ja": "不明", "en": "Unknown"},
    "not_asked": {"ja": "調査対象外", "en": "Not asked"},
    "no_answer": {"ja": "無回答", "en": "No answer"},
    "not_offered": {"ja": "提供なし", "en": "Not offered"},
    "unreadable": {"ja": "数値として読めない記載", "en": "Not stated as a number"},
    "zero_or_missing": {"ja": "零か欠損か区別不能", "en": "Zero or missing, cannot be told"},
    NO_FIGURE: {"ja": "公表値なし", "en": "No published figure"},
}
"""The words for each kind on pages and maps."""

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


def fold_mark(text: str) -> str:
    """A mark in one width and one kind of dash, lower case; blank when nothing is there."""
    folded = unicodedata.normalize("NFKC", text).strip().lower().translate(DASHES)
    return "-" if folded and set(folded) == {"-"} else folded


def of_mark(text: str) -> Missing | None:
    """The kind that one of the usual marks stands for; None for any other text, blank included."""
    return MARKS.get(fold_mark(text))
