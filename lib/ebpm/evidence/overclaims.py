"""Overclaims: where the prose of a report outruns the grade of its evidence."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from ebpm.evidence.exceptions import Allowed
from ebpm.evidence.reading import Reading, Span, unmarked
from ebpm.evidence.saying import is_said
from ebpm.evidence.wording import WORDINGS, Wording

# How far back in its sentence, in characters, the cause of a wording is looked for.
REACH = 60
CONTEXT = 15
MOST_KEPT = 10_000


class OverclaimError(ValueError):
    """A text says more than the design of the analysis allows."""


def overclaims(texts: Iterable[str], sms: int, allowed: Iterable[Allowed] = ()) -> list[str]:
    """What evidence of level `sms` may not say, each with its context, in the order of the texts.

    A wording is skipped where it lies within one that the notebook allows and justifies.
    """
    wordings = frozenset(unmarked(item.wording) for item in allowed)
    return [found for text in texts for found in _in_text(text, sms, wordings)]


@lru_cache(MOST_KEPT)
def _in_text(text: str, sms: int, allowed: frozenset[str]) -> tuple[str, ...]:
    """What one text may not say. It is kept: reports of one notebook share most of their texts."""
    reading = Reading([text])
    too_strong, any_of_them = _too_strong(sms)
    # Most texts hold none at all: one look instead of one for each wording.
    if not any_of_them.search(reading.small):
        return ()
    justified = _places_of(reading.text, allowed)
    spans = sorted(span for wording in too_strong for span in _said(reading, wording))
    return tuple(
        _context(reading.text, *span) for span in _merged(spans) if not _within(span, justified)
    )


@cache
def _too_strong(sms: int) -> tuple[list[Wording], re.Pattern[str]]:
    """The wordings that evidence of this level may not use, and one pattern that finds any."""
    wordings = [wording for wording in WORDINGS if sms < wording.lowest]
    either = "|".join(f"(?:{wording.pattern.pattern})" for wording in wordings)
    return wordings, re.compile(either or r"(?!)")


def _said(reading: Reading, wording: Wording) -> Iterator[Span]:
    """Where a wording is said, from what must stand before it to its end."""
    for match in wording.pattern.finditer(reading.small):
        start, end = match.span()
        place = reading.place(start, end)
        cause = _cause(reading.small, start, place.sentence[0], wording)
        if cause is not None and is_said(reading.small, start, end, place, wording.language):
            yield cause, end


def _cause(text: str, start: int, sentence: int, wording: Wording) -> int | None:
    """Where the wording's cause begins: at the wording itself where none is asked for."""
    if wording.after is None:
        return start
    first = max(sentence, start - REACH)
    found = wording.after.search(text[first:start])
    return None if found is None else first + found.start()


def _merged(spans: list[Span]) -> list[Span]:
    """Sorted spans, those that overlap as one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _places_of(text: str, wordings: Iterable[str]) -> list[Span]:
    return [found.span() for wording in wordings for found in re.finditer(re.escape(wording), text)]


def _within(span: Span, places: list[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in places)


def _context(text: str, start: int, end: int) -> str:
    """A wording with what stands around it on its line."""
    first = max(text.rfind("\n", 0, start) + 1, start - CONTEXT)
    last = min(text.index("\n", end - 1), end + CONTEXT)
    return text[first:last].strip()
