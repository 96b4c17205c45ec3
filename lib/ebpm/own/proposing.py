"""Proposes which column of a file is which field of a form, from headings and sample values.

Headings weigh most (`matching.closeness`, 0–100); what the samples look like adds or takes away
(`_suits`). The best pairs are taken first. Where two columns are about as likely, or where nothing
but the samples speaks, the field is reported as doubtful; where nothing decides, it stays open.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass

from ebpm.own import pairing, remarks
from ebpm.own.forms import Field, Form
from ebpm.own.mapped import Doubt, Mapping, Proposal, folded, stored_values
from ebpm.own.matching import closeness, is_personal
from ebpm.own.samples import Look, look, order_of, share_of_signs

ACCEPTED = 45.0
"""From so many points on a column is taken for a field."""

WEAK = 62.0
"""Below so many points it is taken, but reported."""

CLOSE, TIED = 12.0, 0.2
"""A rival within so many points makes a field doubtful; within the second number, undecided."""

BY_CONTENT = 30.0
"""Points of a column whose heading says nothing, before its samples are looked at."""

MIN_FOR_SHARES = 8
MOST_STEPS = 12


@dataclass(frozen=True)
class Candidate:
    """A column that may be a field."""

    points: float
    field: Field
    heading: str
    by_heading: bool


def propose(
    headings: Sequence[str], samples: Table[str, Sequence[str | None]], form: Form
) -> Proposal:
    """The proposed mapping of a file with these headings; `samples`: the first values by heading.

    Where the samples of all columns come from the same rows (blank cells included), they also tell
    which of two times is the later. Blank headings and those that occur twice are left out.
    """
    usable = [h for h in headings if h.strip() and list(headings).count(h) == 1]
    looks = {h: look(samples.get(h, ())) for h in usable}
    fields = [item for item in form.fields if not item.repeats]
    candidates = _candidates(fields, usable, looks)
    chosen = _chosen(candidates, fields)
    by_content, undecided = _by_content(fields, chosen, usable, looks)
    chosen |= by_content
    open_fields = _open(candidates, chosen)
    columns = {
        item.key: chosen[item.key].heading
        for item in fields
        if item.key in chosen and item.key not in open_fields
    }
    if folded(columns.get("time", "")) == "time:timestamp":
        columns.pop("end_time", None)  # in XES a row is one moment; its transition says which
    columns, days = pairing.with_days(columns, form, usable, looks)
    items = tuple(_items(form, {*columns.values(), *days.values()}, usable, looks))
    order, slashed = order_of([samples.get(h, ()) for h in columns.values() if looks[h].moments])
    mapping = Mapping(form.name, columns, items, order=order, days=days)
    mapping = pairing.with_scale(mapping, form, looks)
    doubts = _doubts(candidates, chosen, open_fields, undecided, mapping)
    found = remarks.remarks(form, mapping, samples, usable, looks, slashed and order is None)
    missing = tuple(item.key for item in form.required if item.key not in columns)
    unused = tuple(h for h in headings if h not in mapping.used)
    return Proposal(mapping, missing, (*doubts, *found.doubts), unused, found.sentences)


def _candidates(
    fields: Sequence[Field], headings: Sequence[str], looks: Table[str, Look]
) -> list[Candidate]:
    """All pairs that may be, the likeliest first; of equal ones those further left."""
    found: list[Candidate] = []
    for item in fields:
        for heading in headings:
            points = closeness(heading, item)
            total = points + _suits(item, looks[heading]) if points else 0.0
            if total >= ACCEPTED:
                found.append(Candidate(total, item, heading, True))
    return sorted(found, key=lambda c: -c.points)


def _chosen(candidates: Sequence[Candidate], fields: Sequence[Field]) -> dict[str, Candidate]:
    """Best pairs first; a required field left without a column takes it from an optional one."""
    chosen: dict[str, Candidate] = {}
    _fill(chosen, candidates)
    for item in fields:
        if item.required and item.key not in chosen:
            held = {c.heading: c.field for c in chosen.values()}
            own = (c for c in candidates if c.field is item and not held[c.heading].required)
            if taken := next(own, None):
                chosen[item.key] = taken
                del chosen[held[taken.heading].key]
                _fill(chosen, candidates)
    return chosen


def _fill(chosen: dict[str, Candidate], candidates: Sequence[Candidate]) -> None:
    for candidate in candidates:
        used = {c.heading for c in chosen.values()}
        if candidate.field.key not in chosen and candidate.heading not in used:
            chosen[candidate.field.key] = candidate


def _by_content(
    fields: Sequence[Field],
    chosen: Table[str, Candidate],
    headings: Sequence[str],
    looks: Table[str, Look],
) -> tuple[dict[str, Candidate], list[Doubt]]:
    """Columns for fields that no heading names: where only one has the look of them, else doubts."""
    used = {c.heading for c in chosen.values()}
    found: dict[str, Candidate] = {}
    undecided: list[Doubt] = []
    for item in fields:
        free = [h for h in headings if h not in used and not is_personal(h)]
        fitting = [h for h in free if _gives_away(item, looks[h])]
        if item.key in chosen or not fitting:
            continue
        if len(fitting) == 1:
            found[item.key] = Candidate(BY_CONTENT, item, fitting[0], False)
            used.add(fitting[0])
        elif item.required:
            undecided.append(Doubt(item.key, None, tuple(fitting)))
    return found, undecided


def _gives_away(item: Field, seen: Look) -> bool:
    """Whether the values alone make a column a candidate for a field."""
    if not seen.filled:
        return False
    if item.key == "completed":
        return False
    if item.unique and item.type == "text":
        return seen.is_unique and seen.filled > 2 and max(seen.moments, seen.clocks) < 0.5
    if item.type in ("timestamp", "date"):
        return item.required and seen.moments > 0.9
    if item.type == "month":
        return item.required and seen.months > 0.9
    return bool(item.signs) and item.key in ("channel", "transition") and _signed(item, seen) >= 0.5


def _open(candidates: Sequence[Candidate], chosen: Table[str, Candidate]) -> set[str]:
    """Fields for which two free columns are equally likely, and the choice would matter."""
    return {
        key
        for key, best in chosen.items()
        if not best.field.unique
        and best.by_heading
        and any(best.points - c.points < TIED for c in _rivals(candidates, chosen, best))
    }


def _rivals(
    candidates: Sequence[Candidate], chosen: Table[str, Candidate], best: Candidate
) -> list[Candidate]:
    """The other columns for the same field that no other field has."""
    taken = {c.heading for c in chosen.values()}
    return [c for c in candidates if c.field is best.field and c.heading not in taken]


def _doubts(
    candidates: Sequence[Candidate],
    chosen: Table[str, Candidate],
    open_fields: set[str],
    undecided: Sequence[Doubt],
    mapping: Mapping,
) -> list[Doubt]:
    doubts = list(undecided)
    read = {*mapping.used}
    for key, best in chosen.items():
        rivals = [c for c in _rivals(candidates, chosen, best) if c.heading not in read]
        near = tuple(c.heading for c in rivals if best.points - c.points < CLOSE)
        if key in open_fields:
            doubts.append(Doubt(key, None, (best.heading, *near)))
        elif near or best.points < WEAK:
            doubts.append(Doubt(key, best.heading, near))
    return doubts


def _suits(item: Field, seen: Look) -> float:
    """Points for and against a column by what its values look like."""
    if not seen.filled:
        return -25.0 if seen.cells and not item.required else -10.0 * bool(seen.cells)
    if item.type in ("timestamp", "date"):
        return _suits_moment(item, seen)
    if item.type in ("text", "pseudonym"):
        return _suits_name(item, seen)
    if item.type == "category":
        return _suits_category(item, seen)
    if _is_of_type(item, seen):
        return 4.0
    # A heading that says so outweighs some values that are none: these are told cell by cell.
    return -20.0 if item.type in ("integer", "number") and seen.numbers > 0.3 else -60.0


def _is_of_type(item: Field, seen: Look) -> bool:
    """Whether the values are months, numbers, or the words of a yes and a no."""
    if item.type == "month":
        return max(seen.months, seen.moments) > 0.8
    if item.type == "boolean":
        known = stored_values(item)
        return all(folded(value) in known for value in seen.values)
    return max(seen.numbers, seen.clocks) > 0.8


def _suits_moment(item: Field, seen: Look) -> float:
    if seen.moments > 0.8:
        return 4.0 - 1.0 * (item.type == "timestamp" and seen.with_clock < 0.5)
    if item.type == "timestamp" and seen.clocks > 0.8:
        return -4.0
    is_near = seen.dated > 0.8 or (item.type == "date" and seen.months > 0.8)
    return -30.0 if is_near else -70.0


def _suits_name(item: Field, seen: Look) -> float:
    if seen.moments > 0.8 and seen.with_clock > 0.5:
        return -70.0
    if item.unique and seen.filled >= MIN_FOR_SHARES:
        return 6.0 if seen.is_unique else -30.0 * (len(seen.values) < 0.9 * seen.filled)
    if item.key == "case_id" and seen.filled >= 50 and seen.is_unique:
        return -12.0
    return 0.0


def _suits_category(item: Field, seen: Look) -> float:
    if seen.with_clock > 0.8 or (seen.moments > 0.8 and item.key != "wave"):
        return -60.0
    points = 15.0 * min(1.0, 2 * _signed(item, seen))
    if seen.filled >= MIN_FOR_SHARES and len(seen.values) > 0.8 * seen.filled:
        points -= 15.0
    if seen.numbers > 0.9 and item.key not in ("wave", "age_band"):
        points -= 8.0
    if len(seen.values) == 1 and seen.filled >= MIN_FOR_SHARES:
        points -= 2.0
    return points


def _signed(item: Field, seen: Look) -> float:
    return share_of_signs(seen, item.signs) if item.signs else 0.0


def _items(
    form: Form, taken: set[str], headings: Sequence[str], looks: Table[str, Look]
) -> list[str]:
    """Columns of answers on a scale: numbers 1 to 5, or the words of a scale, and nothing else."""
    if form.items is None:
        return []
    free = [h for h in headings if h not in taken and not is_personal(h)]
    return [h for h in free if pairing.is_scale(form.items, looks[h])]
