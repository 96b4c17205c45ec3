"""One cell of a form as its value: numbers, minutes, steps of agreement.

Called once for each distinct text of a column. None where a text is no such value; nothing is
guessed.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence

from ebpm.door.cells import read_number

UNITS = {"", "件", "人", "点", "回", "名", "%"}
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?")
SPOKEN = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*(?:日))?\s*(?:(\d+(?:\.\d+)?)\s*(?:時間|h|hours?|hrs?))?\s*"
    r"(?:(\d+(?:\.\d+)?)\s*(?:分間?|m|min|minutes?|mins?))?\s*"
    r"(?:(\d+(?:\.\d+)?)\s*(?:秒間?|s|sec|seconds?))?",
    re.IGNORECASE,
)
MINUTES_OF_DAY = 24 * 60
NO_ANSWER = {"無回答", "わからない", "分からない", "不明", "該当なし", "対象外", "-", "na", "n/a"}
STEPS = {5: (5, 4, 3, 2, 1), 4: (5, 4, 2, 1)}
"""What the words of a scale of so many steps stand for."""

NUMBERED = re.compile(r"([1-5])(?:\.0)?(?:[\s.:：．、)）].*)?", re.DOTALL)


def fold(text: str) -> str:
    """A text in one width and case, with single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def number(text: str) -> float | None:
    """A number with or without its unit (1,234 件, ５人)."""
    found = read_number(text)
    return found.value if found is not None and found.suffix in UNITS else None


def minutes(text: str) -> float | None:
    """Minutes, of 30, 30分, 1時間30分, 1:30:00, 0:45 (hours and minutes), 90秒."""
    plain = fold(text).replace(",", "")
    if clock := CLOCK.fullmatch(plain):
        hours, mins, seconds = (float(part or 0) for part in clock.groups())
        return hours * 60 + mins + seconds / 60
    spoken = SPOKEN.fullmatch(plain)
    if spoken and any(spoken.groups()):
        days, hours, mins, seconds = (float(part or 0) for part in spoken.groups())
        return days * MINUTES_OF_DAY + hours * 60 + mins + seconds / 60
    found = read_number(text)
    return found.value if found is not None and not found.suffix else None


def steps(texts: Collection[str], scales: Sequence[Sequence[str]]) -> dict[str, int | None]:
    """What each distinct text of a column of agreement stands for, 5 being the most favourable.

    Numbers 1 to 5, also with words behind them (5：とてもそう思う), or the words of one of `scales`.
    A text that says that there is no answer gives None; one that is not understood is left out.
    """
    plain = {text: fold(text).replace("まったく", "全く") for text in texts}
    found: dict[str, int | None] = {t: None for t, word in plain.items() if word in NO_ANSWER}
    numbered = {t: m for t, word in plain.items() if (m := NUMBERED.fullmatch(word))}
    found |= {text: int(match[1]) for text, match in numbered.items()}
    words = {word for text, word in plain.items() if text not in found}
    readings = {
        tuple(sorted((word, steps[word]) for word in words))
        for scale in scales
        if words
        and words <= (steps := dict(zip(map(fold, scale), STEPS[len(scale)], strict=True))).keys()
    }
    # Two scales that give the same words other steps: which one was asked is not known.
    if len(readings) == 1:
        rank = dict(readings.pop())
        found |= {t: rank[w] for t, w in plain.items() if t not in found}
    return found
