"""Small helpers for Japanese text as it occurs in published tables.

None of the functions raises on any string: :func:`fold_width` brings the width and dash variants
of one character together, :func:`ems` says how wide a text is drawn, :func:`kanji_number` reads a
numeral in kanji, :func:`number` one in either script, and :class:`Tokens` holds the tokens of a
text for a small grammar.
"""

from __future__ import annotations

import re
import unicodedata

KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
KANJI_SMALL_UNITS = {"十": 10, "百": 100, "千": 1000}
KANJI_NUMERAL = "[" + "".join(KANJI_DIGITS) + "".join(KANJI_SMALL_UNITS) + "万]"

# Unicode block "Halfwidth and Fullwidth Forms", and the ideographic space.
_WIDTH_VARIANTS = re.compile(r"[\uff00-\uffef\u3000]+")
_HYPHENS = re.compile("[\u2010-\u2015\u2212\ufe63\u2500]")
_WAVES = re.compile("[\u301c\u223c\u02dc]")
# The long-vowel mark is a letter after kana (データ) and a dash everywhere else (1ー2年).
_LONG_MARK_AS_DASH = re.compile("(?<![ぁ-ゖァ-ヺー])ー+")
_ARABIC = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)
_SMALL_GROUP = re.compile("(?:(.?)千)?(?:(.?)百)?(?:(.?)十)?(.?)")


def fold_width(text: str) -> str:
    """Return ``text`` with width and dash variants folded to one form.

    Full-width Latin letters, digits, punctuation and the ideographic space become ASCII, and
    half-width katakana become full-width (with their voicing marks composed). Hyphens, en and em
    dashes, minus signs and a long-vowel mark that does not follow kana become ``-``; wave dashes
    become ``~``. Only width variants go through Unicode NFKC, so that characters which NFKC would
    break up (``①``, ``㎡``, ``㈱``) stay as they are. Nothing is stripped.
    """
    folded = _WIDTH_VARIANTS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    folded = _WAVES.sub("~", _HYPHENS.sub("-", folded))
    return _LONG_MARK_AS_DASH.sub(lambda run: "-" * len(run[0]), folded)


def ems(text: str) -> float:
    """About how wide a text is drawn: full-width characters 1 em, others 0.56 em."""
    full = sum(unicodedata.east_asian_width(character) in "FWA" for character in text)
    return full + 0.56 * (len(text) - full)


def kanji_number(text: str) -> int | None:
    """Return the whole number that ``text`` writes in kanji, or None if it is not one.

    Reads numerals by unit (二十五, 百二十, 千, 三万二千) and by position (二五, 一〇), from 0 to
    99,999,999. Mixed or malformed numerals (十十, 一二十) and arabic digits give None.
    """
    if not text:
        return None
    if len(text) <= 8 and all(character in KANJI_DIGITS for character in text):
        return int("".join(str(KANJI_DIGITS[character]) for character in text))
    high, mark, low = text.rpartition("万")
    high_value = _below_ten_thousand(high) if mark else 0
    low_value = _below_ten_thousand(low) if low else 0
    if high_value is None or low_value is None:
        return None
    return high_value * 10_000 + low_value


def number(text: str) -> float | None:
    """Return the non-negative number that ``text`` writes in arabic digits or kanji, or None.

    Digits may be full-width and may have a decimal point and thousands commas (``１，２３４.5``).
    A sign, a unit or any other character gives None.
    """
    folded = fold_width(text).strip()
    if _ARABIC.fullmatch(folded):
        return float(folded.replace(",", ""))
    value = kanji_number(folded)
    return None if value is None else float(value)


class NotGrammatical(Exception):
    """The text does not fit the grammar; the message, if any, says why."""


class Tokens:
    """The tokens of a text, read from left to right: the base of a small grammar.

    ``pattern`` is an alternation of named groups, one per kind of token; what it matches outside
    of the groups (blanks, say) is dropped. It must not match the empty string. A part of the text
    that fits no token becomes one of the kind ``UNKNOWN``, which no grammar takes.
    """

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._position = 0
        end = 0
        while end < len(text):
            match = pattern.match(text, end)
            kind = match.lastgroup if match else None
            if match is None or kind is None:
                self._tokens.append(("UNKNOWN", text[end:]))
                return
            self._tokens.append((kind, match[kind]))
            end = match.end()

    def follows(self, *kinds: str) -> bool:
        """Return whether the next tokens are of these kinds."""
        following = self._tokens[self._position : self._position + len(kinds)]
        return tuple(kind for kind, _ in following) == kinds

    def take(self, kind: str) -> str:
        """Consume and return the next token if it is of ``kind``, else return an empty string."""
        if not self.follows(kind):
            return ""
        self._position += 1
        return self._tokens[self._position - 1][1]

    def need(self, kind: str) -> str:
        """Consume and return a token of ``kind``; raise :class:`NotGrammatical` without one."""
        if not self.follows(kind):
            raise NotGrammatical
        return self.take(kind)

    def need_number(self, kind: str) -> float:
        """Consume a token of ``kind`` and return the number that it writes."""
        if (value := number(self.need(kind))) is None:
            raise NotGrammatical
        return value

    def finish(self) -> None:
        """Raise :class:`NotGrammatical` if a token has not been taken."""
        if self._position < len(self._tokens):
            raise NotGrammatical

    def skip(self, kind: str) -> int:
        """Consume all the next tokens of ``kind`` and return how many they were."""
        start = self._position
        while self.take(kind):
            pass
        return self._position - start


def _below_ten_thousand(text: str) -> int | None:
    """Return a numeral written with 千, 百 and 十 in that order, or None."""
    match = _SMALL_GROUP.fullmatch(text)
    if not text or match is None:
        return None
    total = 0
    for digit, unit in zip(match.groups(), (1000, 100, 10, 1), strict=True):
        if digit and KANJI_DIGITS.get(digit, 0) == 0:
            return None
        total += _digit_value(digit, unit) * unit
    return total


def _digit_value(digit: str | None, unit: int) -> int:
    """Return the multiplier of one unit: 百 alone counts once, an absent unit not at all."""
    if digit:
        return KANJI_DIGITS[digit]
    return 1 if digit == "" and unit > 1 else 0
