"""Municipalities through time: today's registry, taken back change by change to 1970.

`Timeline` holds every state of every municipality (code, name, the days on which it held) and what
ended it. It is made of changes and of a registry, and of nothing else: a contradiction between the
two is an error, never smoothed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from ebpm.lgcode.bodies import LgcodeError, Municipality, prefectures
from ebpm.lgcode.changes import ABSORBING, CLASS_CHANGES, WARD_CHANGES, Change, ChangeKind
from ebpm.lgcode.wards import city_of_ward, is_ward


@dataclass(frozen=True)
class Body:
    """A municipality as it was for some time: from `since` until the day before `until`.

    `since` is None for what was there before the first day known, `until` for what is there today.
    `ended_by` holds the changes of the day `until`: several where the body was split.
    """

    lgcode: str
    name: str
    since: date | None = None
    until: date | None = None
    ended_by: tuple[Change, ...] = ()

    @property
    def prefecture(self) -> str:
        """The name of its prefecture."""
        return next(p.name for p in prefectures() if p.lgcode[:2] == self.lgcode[:2])

    @property
    def full_name(self) -> str:
        """Prefecture and name (岩手県滝沢村)."""
        return self.prefecture + self.name

    @property
    def is_split(self) -> bool:
        """Whether it ended in parts that went to different bodies."""
        return len({change.lgcode_to for change in self.ended_by}) > 1

    def held_on(self, day: date) -> bool:
        """Whether it was there on a day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )

    def fate_ja(self) -> str:
        """What became of it, in one clause: 2014-01-01に滝沢市（032166）となりました（市制施行）."""
        names = dict.fromkeys(f"{c.name_to}（{c.lgcode_to}）" for c in self.ended_by)
        listed, label = "と".join(names), self.ended_by[0].label_ja
        if self.is_split:
            return f"{self.until}に{listed}に分かれました"
        if self.ended_by[0].kind in ABSORBING:
            return f"{self.until}に{listed}に編入されました"
        return f"{self.until}に{listed}となりました（{label}）"


class Timeline:
    """All states of all municipalities, taken back from the bodies of today.

    Raises LgcodeError where the changes contradict each other or the bodies of today.
    """

    def __init__(self, changes: Iterable[Change], today: Iterable[Municipality]) -> None:
        self._open = {body.lgcode: Body(body.lgcode, body.name) for body in today}
        self._states: dict[str, list[Body]] = {}
        for group in _newest_first(changes):
            self._take_back(group)
        for body in self._open.values():
            self._keep(body)
        self._ends: dict[Body, tuple[str, ...]] = {}
        self._sources: dict[str, list[Body]] = {}
        for body in self._all():
            for code in self.ends(body):
                self._sources.setdefault(code, []).append(body)

    def _take_back(self, group: list[Change]) -> None:
        """Undoes the changes of one day that have the same outcome."""
        one = group[0]
        if one.kind not in ABSORBING:
            self._keep(replace(self._closing(one), since=one.day))
        for change in group:
            self._reopen(change)

    def _closing(self, change: Change) -> Body:
        body = self._open.pop(change.lgcode_to, None)
        if body is None or body.name != change.name_to:
            raise _contradiction(change, change.lgcode_to, change.name_to)
        return body

    def _reopen(self, change: Change) -> None:
        code, name = change.lgcode_from, change.name_from
        ended_by: tuple[Change, ...] = (change,)
        if body := self._open.get(code):
            if (body.name, body.until, change.kind) != (name, change.day, ChangeKind.SPLIT):
                raise _contradiction(change, code, name)
            ended_by = tuple(sorted((*body.ended_by, change)))
        self._open[code] = Body(code, name, until=change.day, ended_by=ended_by)

    def _keep(self, body: Body) -> None:
        self._states.setdefault(body.lgcode, []).insert(0, body)

    def of_code(self, code: str) -> tuple[Body, ...]:
        """All states that bore a code, oldest first; none when the code was never used."""
        return tuple(self._states.get(code, ()))

    def _all(self) -> list[Body]:
        return [body for code in sorted(self._states) for body in self.of_code(code)]

    def former_bodies(self) -> tuple[Body, ...]:
        """All states that lasted a day at least and have ended, in the order of code and time."""
        return tuple(body for body in self._all() if body.until and body.since != body.until)

    def on(self, day: date) -> tuple[Body, ...]:
        """All municipalities of a day in the order of their codes."""
        return tuple(body for body in self._all() if body.held_on(day))

    def ends(self, body: Body) -> tuple[str, ...]:
        """The codes of today's bodies that hold its territory; one unless it was split."""
        if body not in self._ends:
            self._ends[body] = tuple(sorted(self._find_ends(body)))
        return self._ends[body]

    def _find_ends(self, body: Body) -> set[str]:
        heirs = self.heirs(body)
        return {code for heir in heirs for code in self.ends(heir)} if heirs else {body.lgcode}

    def heirs(self, body: Body) -> tuple[Body, ...]:
        """What a body went into on the day it ended: several after a split, none today."""
        if body.until is None:
            return ()
        return tuple(self._state(change.lgcode_to, body.until) for change in body.ended_by)

    def _state(self, code: str, day: date) -> Body:
        """What a code stood for when a day's changes took effect: the latest state begun by then.

        A state that ended on that very day counts, too: it leads on to its own heir.
        """
        code = city_of_ward(code) if is_ward(code) else code
        begun = [body for body in self.of_code(code) if body.since is None or body.since <= day]
        if not begun or (begun[-1].until and begun[-1].until < day):
            raise LgcodeError(f"{day} に変更を受ける {code} が、その日の一覧にありません。")
        return begun[-1]

    def successor(self, body: Body) -> str | None:
        """The code of today's body that holds its whole territory; None after a split."""
        ends = self.ends(body)
        return ends[0] if len(ends) == 1 else None

    def sources(self, code: str, day: date) -> tuple[Body, ...]:
        """All bodies of a day any part of whose territory is now in a body of today."""
        return tuple(body for body in self._sources.get(code, ()) if body.held_on(day))

    def has_same_territory(self, body: Body, day: date) -> bool:
        """Whether a body of today consists of this body as it was on a day, and of nothing else."""
        code = self.successor(body)
        return code is not None and self.sources(code, day) == (body,)


def _contradiction(change: Change, code: str, name: str) -> LgcodeError:
    return LgcodeError(
        f"{change.day} の{change.label_ja}が、他の変更や今の一覧と合いません: {code}（{name}）。"
    )


def _newest_first(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Changes of bodies, grouped by day and outcome, each after those that built on it."""
    groups: dict[tuple[date, str, str, bool], list[Change]] = {}
    for change in changes:
        if change.kind not in WARD_CHANGES | CLASS_CHANGES:
            absorbed = change.kind in ABSORBING
            key = (change.day, change.lgcode_to, change.name_to, absorbed)
            groups.setdefault(key, []).append(change)
    for day in sorted({key[0] for key in groups}, reverse=True):
        yield from _last_first([group for key, group in groups.items() if key[0] == day])


def _last_first(groups: list[list[Change]]) -> Iterator[list[Change]]:
    """A day's groups, each after those whose bodies it made (三好町 → みよし町 → みよし市)."""
    while groups:
        last = [group for group in groups if not any(_builds_on(other, group) for other in groups)]
        if not last:
            change = groups[0][0]
            raise _contradiction(change, change.lgcode_to, change.name_to)
        groups.remove(last[0])
        yield last[0]


def _builds_on(later: list[Change], earlier: list[Change]) -> bool:
    made = (earlier[0].lgcode_to, earlier[0].name_to)
    return later is not earlier and any((c.lgcode_from, c.name_from) == made for c in later)
