"""Grammar of the free texts of 廃置分合等情報: one clause a line, bodies as name and code.

`上磯町(01335)、大野町(01336)が合併し、北斗市(01236)を新設`: brackets are half- or full-width,
a bracket may hold a reading before the code, a new body without code keeps that of its namesake.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from ebpm.lgcode import Change, ChangeKind, check_digit, city_of_ward, get, prefectures

WIDTHS = str.maketrans("（）０１２３４５６７８９", "()0123456789")
CLAUSE_ENDS = re.compile(r"[\r\n\u3000]+")
BODY = r"(?:(?!大字|及び)[^\s()、。])+?\((?:[^()、]+、)?\d{5}\)"
BODIES = rf"{BODY}(?:[、と]{BODY})*"
NAME = r"[^\s()、。]+(?:\([ぁ-ん]+\))?"
PART = r"\((?!\d{5}|[^()]*、\d{5}\))[^()]*\)"
ONE_BODY = re.compile(r"(?:(?<=\))と)?([^\s()、。]+?)\((?:[^()、]+、)?(\d{5})\)")
PREFECTURE = re.compile("|".join(body.name for body in prefectures()))
COUNTY = re.compile(r"^.+?(?:郡|支庁)(?=.+[町村]$)")


class UnreadableText(ValueError):
    """A text with a clause that the grammar does not know."""


class Named(NamedTuple):
    """A body as a text names it: name and five digits."""

    name: str
    five: str

    @property
    def lgcode(self) -> str:
        return self.five + check_digit(self.five)

    @property
    def is_ward(self) -> bool:
        """Whether it is a ward of a designated city (Tokyo's special wards never changed)."""
        return self.name.endswith("区")


Pairs = list[tuple[ChangeKind, Named, Named]]


def changes_in(text: str, day: date) -> list[Change]:
    """The changes that a text tells of, in its order.

    Raises UnreadableText where a clause is not known, LgcodeError where a code is no code.
    """
    clauses = CLAUSE_ENDS.split(text.translate(WIDTHS).strip())
    pairs = [pair for clause in clauses for pair in _read_clause(clause.strip())]
    return [
        Change(day, kind, before.lgcode, after.lgcode, before.name, after.name)
        for kind, before, after in pairs
    ]


def codes_in(text: str) -> set[str]:
    """All codes (five digits) that stand in a text."""
    return {body.five for body in _bodies(text.translate(WIDTHS))}


def _read_clause(clause: str) -> Pairs:
    for pattern, pairs_of in CLAUSES:
        if match := pattern.fullmatch(clause):
            return pairs_of(match)
    raise UnreadableText(clause)


def _bodies(text: str) -> list[Named]:
    found = ONE_BODY.findall(text)
    return [Named(PREFECTURE.sub("", name), five) for name, five in found]


def _merged(match: re.Match[str]) -> Pairs:
    before, after = _bodies(match["before"]), match["after"]
    one = _bodies(after) or [body for body in before if body.name == after]
    if len(one) != 1:
        raise UnreadableText(match[0])
    kind = ChangeKind.WARD_MERGED if one[0].is_ward else ChangeKind.MERGED_NEW
    return [(kind, body, one[0]) for body in before]


def _absorbed(match: re.Match[str]) -> Pairs:
    (after,) = _bodies(match["after"])
    return [(ChangeKind.ABSORBED, body, after) for body in _bodies(match["before"])]


def _split(match: re.Match[str]) -> Pairs:
    (before,) = _bodies(match["before"])
    after = _bodies(match["after"]) + _bodies(match["second"])
    return [(ChangeKind.SPLIT, before, part) for part in after]


def _absorbed_and_split(match: re.Match[str]) -> Pairs:
    return _absorbed(match) + [
        (ChangeKind.SPLIT, body, after)
        for body in _bodies(match["part"])
        for after in _bodies(match["after"])
    ]


def _renamed(match: re.Match[str]) -> Pairs:
    (before,), (after,) = _bodies(match["before"]), _bodies(match["after"])
    same = before.name == after.name
    return [(ChangeKind.NAME_FORM_CHANGED if same else ChangeKind.RENAMED, before, after)]


def _became(kind: ChangeKind) -> Callable[[re.Match[str]], Pairs]:
    def pairs_of(match: re.Match[str]) -> Pairs:
        (before,), (after,) = _bodies(match["before"]), _bodies(match["after"])
        return [(kind, before, after)]

    return pairs_of


def _class_changed(kind: ChangeKind) -> Callable[[re.Match[str]], Pairs]:
    def pairs_of(match: re.Match[str]) -> Pairs:
        return [(kind, body, body) for body in _bodies(match["before"])]

    return pairs_of


def _county_changed(match: re.Match[str]) -> Pairs:
    before, after = _bodies(match["before"]), _bodies(match["after"])
    if len(before) != len(after):
        raise UnreadableText(match[0])
    return [
        (ChangeKind.COUNTY_CHANGED, _without_county(old), _without_county(new))
        for old, new in zip(before, after, strict=True)
    ]


def _without_county(body: Named) -> Named:
    return body._replace(name=COUNTY.sub("", body.name))


def _established(match: re.Match[str]) -> Pairs:
    return [
        (ChangeKind.WARD_ESTABLISHED, _city(ward), ward)
        for ward in _bodies(match["after"])
        if ward.is_ward
    ]


def _city(ward: Named) -> Named:
    city = get(city_of_ward(ward.lgcode))
    return Named(city.name, city.lgcode[:5])


def _wards(kind: ChangeKind) -> Callable[[re.Match[str]], Pairs]:
    def pairs_of(match: re.Match[str]) -> Pairs:
        before, after = _bodies(match["before"]), _bodies(match["after"])
        return [(kind, old, new) for old in before for new in after]

    return pairs_of


def _no_change(_: re.Match[str]) -> Pairs:
    return []


BEFORE, AFTER = rf"(?P<before>{BODIES})", rf"(?P<after>{BODIES})"
STEP = {ChangeKind.BECAME_CITY: "市制施行", ChangeKind.BECAME_TOWN: "町制施行"}

CLAUSES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Pairs]]] = [
    (re.compile(pattern), pairs_of)
    for pattern, pairs_of in [
        (rf"{BEFORE}が(?:合併|統合)し、(?P<after>{BODY}|{NAME})を新設", _merged),
        (rf"{BEFORE}が(?P<after>{BODY})に編入", _absorbed),
        (
            rf"(?P<before>{BODY})大字[^()]+が(?P<after>{BODY})に編入し、"
            rf"大字[^()]+?が(?P<second>{BODY})に編入",
            _split,
        ),
        (
            rf"{BEFORE}と(?P<part>{BODY})大字[^()]+が(?P<after>{BODY})に編入",
            _absorbed_and_split,
        ),
        (rf"{BEFORE}が{AFTER}に名称変更", _renamed),
        *(
            (rf"{BEFORE}が(?:{NAME}に名称変更し、)?{AFTER}に{step}", _became(kind))
            for kind, step in STEP.items()
        ),
        *(
            (rf"{BEFORE}が{NAME}に{step}し、{AFTER}に名称変更", _became(kind))
            for kind, step in STEP.items()
        ),
        (
            rf"{BEFORE}の{AFTER}への政令指定都市(?:施行|移行)",
            _became(ChangeKind.BECAME_DESIGNATED_CITY),
        ),
        (rf"{BEFORE}が(?:特例市から)?中核市に移行", _class_changed(ChangeKind.BECAME_CORE_CITY)),
        (rf"{BEFORE}が特例市に移行", _class_changed(ChangeKind.BECAME_SPECIAL_CITY)),
        (rf"{BEFORE}が{AFTER}に(?:郡の)?区域変更", _county_changed),
        (rf"{AFTER}の新設", _established),
        (rf"{BEFORE}の廃止", _no_change),
        (rf"{BEFORE}から分離し、{AFTER}を新設", _wards(ChangeKind.WARD_SEPARATED)),
        (rf"{BEFORE}を分割し、{AFTER}を新設", _wards(ChangeKind.WARD_SPLIT)),
        (rf"{BODY}の区の再編(?:{PART})?", _no_change),
        (
            rf"(?P<before>{BODY}(?:{PART})?(?:、{BODY}(?:{PART})?)*)を{AFTER}に再編(?:{PART})?",
            _wards(ChangeKind.WARD_REORGANISED),
        ),
    ]
]
