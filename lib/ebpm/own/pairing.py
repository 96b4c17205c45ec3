"""Columns that belong together: a day and its time of day, and the questions on one scale."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import replace

from ebpm.own.forms import Field, Form
from ebpm.own.mapped import Mapping, folded, stored_values
from ebpm.own.matching import closeness, tokens
from ebpm.own.samples import Look

NAMED = 80.0
"""From this closeness on a heading names a field."""

STEPS = {5: ("5", "4", "3", "2", "1"), 4: ("5", "4", "2", "1")}
_NUMBERED = re.compile(r"[1-5](?:\.0)?(?:[ .:、)点].*)?")
_DAY_WORDS = {
    "date",
    "day",
    "日付",
    "日",
    "年月日",
    "受付日",
    "来庁日",
    "発券日",
    "営業日",
    "datum",
}
_TIME_END = re.compile("(?:年月日|日時|日付|時刻|時間|日)$")


def with_days(
    columns: Table[str, str], form: Form, headings: Sequence[str], looks: Table[str, Look]
) -> tuple[dict[str, str], dict[str, str]]:
    """Columns, and for those with only a time of day the column with its day.

    Where all times of a form stand as days beside times of day, the times of day are taken in.
    """
    times = [f.key for f in form.fields if f.type == "timestamp" and f.key in columns]
    free = [h for h in headings if h not in columns.values()]
    split = {key: _clock_of(form.field(key), columns[key], free, looks) for key in times}
    done = dict(columns)
    if times and all(clock or looks[columns[key]].with_clock > 0.5 for key, clock in split.items()):
        days = {key: columns[key] for key, clock in split.items() if clock}
        done |= {key: clock for key, clock in split.items() if clock}
    else:
        days = {}
    for key in times:
        is_clock = key not in days and looks[done[key]].clocks > 0.8
        if is_clock and (day := _day_for(done[key], headings, looks)):
            days[key] = day
    lost = [key for key in times if key not in days and looks[done[key]].clocks > 0.8]
    return {key: heading for key, heading in done.items() if key not in lost}, days


def _clock_of(
    item: Field, heading: str, free: Sequence[str], looks: Table[str, Look]
) -> str | None:
    """The column with the time of day that belongs to a column with days only."""
    seen = looks[heading]
    if seen.moments <= 0.8 or seen.with_clock > 0.5:
        return None
    clocks = [h for h in free if looks[h].clocks > 0.8]
    same = [h for h in clocks if _stem(h) == _stem(heading)]
    named = [h for h in clocks if closeness(h, item) >= NAMED]
    return next((found[0] for found in (same, named) if len(found) == 1), None)


def _day_for(clock: str, headings: Sequence[str], looks: Table[str, Look]) -> str | None:
    """The column with the day of a column with times of day: of the same name, or the only one."""
    days = [h for h in headings if looks[h].moments > 0.8 and looks[h].with_clock <= 0.5]
    same = [h for h in days if _stem(h) == _stem(clock)]
    plain = [h for h in days if "".join(tokens(h)) in _DAY_WORDS]
    return next((found[0] for found in (same, plain, days) if len(found) == 1), None)


def _stem(heading: str) -> str:
    words = [w for w in tokens(heading) if w not in ("date", "time", "day", "timestamp")]
    return _TIME_END.sub("", "".join(words))


def is_scale(items: Field, seen: Look) -> bool:
    """Whether a column holds answers on a scale: 1 to 5, or the words of one scale."""
    answers = _answers(items, seen)
    if not answers:
        return False
    if all(_NUMBERED.fullmatch(answer) for answer in answers):
        return True
    return any(answers <= scale.keys() for scale in _scales(items))


def with_scale(mapping: Mapping, form: Form, looks: Table[str, Look]) -> Mapping:
    """The mapping with the words of its scale written out, where the answers are words."""
    if form.items is None:
        return mapping
    words = {
        answer
        for heading in mapping.items
        for answer in _answers(form.items, looks[heading])
        if not _NUMBERED.fullmatch(answer)
    }
    fitting = [scale for scale in _scales(form.items) if words and words <= scale.keys()]
    different = {tuple(sorted((w, scale[w]) for w in words)) for scale in fitting}
    if len(different) != 1:
        return mapping
    shown = next(s for s in form.items.scales if words <= {folded(word) for word in s})
    scale = dict(zip(shown, STEPS[len(shown)], strict=True))
    return replace(mapping, values={**mapping.values, form.items.key: scale})


def _answers(items: Field, seen: Look) -> set[str]:
    """The distinct answers, folded, without those that say that there is none."""
    blank = {spelling for spelling, value in stored_values(items).items() if not value}
    return {folded(value) for value in seen.values} - blank


def _scales(items: Field) -> list[dict[str, str]]:
    return [dict(zip(map(folded, words), STEPS[len(words)], strict=True)) for words in items.scales]
