"""Which local government a row speaks of: by code and by name, never guessed."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from ebpm import lgcode
from ebpm.door.words import is_footnote, is_total
from ebpm.lgcode.names import bearing
from ebpm.readers.grid import Cell, text

WARD = re.compile(r".*市.+区")
Digits = Literal[5, 6]


@dataclass(frozen=True)
class Identity:
    """The body of a row, or why there is none."""

    lgcode: str | None
    reason: str | None = None


def identify(code: Cell, name: Cell, prefecture: Cell, digits: Digits | None) -> Identity:
    """The body that code and name stand for together, or the reason why none is named.

    Code and name must agree where both are there; an ambiguous code or name is settled only by
    the other. A blank name beside a prefecture's name speaks of the prefecture.
    """
    words = (text(code), text(name), text(prefecture))
    if early := _no_body(*words):
        return Identity(None, early)
    within = prefecture_of(words[2])
    if words[2] and within is None:
        return Identity(None, "unknown_prefecture")
    named = _named(words[1], within) if words[1] else None
    if not words[0]:
        return _by_name(words[1], named or (), within)
    found, reason = codes_of(words[0], digits)
    if reason == "unknown_code":
        return Identity(None, "ward" if is_ward_code(words[0], digits) else reason)
    agreeing = [body for body in found if _agrees(body, named, within)]
    if len(agreeing) == 1:
        return Identity(agreeing[0].lgcode)
    return Identity(None, reason or "name_does_not_match_code")


def _no_body(code: str, name: str, prefecture: str) -> str | None:
    """The reason of a row that does not mean to name a body."""
    given = [word for word in (code, name, prefecture) if word]
    if not given:
        return "no_identity"
    if is_footnote(given[0]) and not bearing(given[0]):
        return "footnote"
    if any(is_total(word) and not bearing(word) for word in given):
        return "total"
    return "ward" if is_ward_name(name) else None


def _agrees(
    body: lgcode.Municipality,
    named: tuple[lgcode.Municipality, ...] | None,
    within: lgcode.Municipality | None,
) -> bool:
    in_place = within is None or body.prefecture == within.name
    return in_place and (named is None or body in named)


def _named(name: str, within: lgcode.Municipality | None) -> tuple[lgcode.Municipality, ...]:
    bodies = bearing(name)
    return tuple(b for b in bodies if within is None or b.prefecture == within.name)


def _by_name(
    name: str, named: tuple[lgcode.Municipality, ...], within: lgcode.Municipality | None
) -> Identity:
    if not name and within is not None:
        return Identity(within.lgcode)
    if not named:
        return Identity(None, "unknown_name")
    if len(named) > 1 or (within is None and _may_be_a_ward(name, named[0])):
        return Identity(None, "ambiguous_name")
    return Identity(named[0].lgcode)


def _may_be_a_ward(name: str, body: lgcode.Municipality) -> bool:
    """Whether a bare name (中央区) may be a ward of a designated city as well."""
    return body.kind is lgcode.Kind.SPECIAL_WARD and not name.startswith("東京")


@lru_cache(maxsize=100_000)
def codes_of(
    code: str, digits: Digits | None
) -> tuple[tuple[lgcode.Municipality, ...], str | None]:
    """The bodies a code can stand for, and the reason where it is not exactly one."""
    plain = code if code.isascii() else unicodedata.normalize("NFKC", code)
    if plain not in _code_forms():
        return (), "unknown_code"
    try:
        return (lgcode.get(lgcode.parse(plain, digits)),), None
    except lgcode.AmbiguousCode as error:
        return error.candidates, "ambiguous_code"
    except lgcode.LgcodeError:
        return (), "unknown_code"


@cache
def _code_forms() -> frozenset[str]:
    """Every text that may be a body's code: a quick look before the patient one."""
    bodies = (*lgcode.prefectures(), *lgcode.municipalities())
    forms = {form for b in bodies for form in (b.lgcode, b.lgcode[:5])}
    return frozenset(forms | {f.removeprefix("0") for f in forms} | {"R" + f for f in forms})


@lru_cache(maxsize=10_000)
def prefecture_of(name: str) -> lgcode.Municipality | None:
    """The prefecture of this name, with or without 都・府・県; None without one."""
    for ending in ("", "県", "府", "都"):
        for body in bearing(name + ending):
            if body.kind is lgcode.Kind.PREFECTURE:
                return body
    return None


def is_ward_name(name: str) -> bool:
    """Whether a name is that of a ward with its city (札幌市中央区)."""
    return WARD.fullmatch("".join(name.split())) is not None and not bearing(name)


def is_ward_code(code: str, digits: Digits | None) -> bool:
    """Whether a code of no body is formed like that of a designated city's ward (011011)."""
    plain = code.removeprefix("R")
    if not (plain.isascii() and plain.isdigit()) or not 4 <= len(plain) <= 6:
        return False
    if digits == 5 or code.startswith("R"):
        return plain.zfill(5)[2] == "1"
    six = plain.zfill(6)
    return six[2] == "1" and lgcode.check_digit(six[:5]) == six[5]
