"""Identity of municipalities over time: from a code of some day to the registry, and back.

Valid from 1970-04-01 (the first day that 廃置分合等情報 of e-Stat covers) to the day of the registry
(2024-01-01); for later days the registry stands. Municipalities of Okinawa are there before 1972-05-15, too; the
six villages of 北方領土 are not in the registry and so nowhere here. Boundary changes (境界変更) are
not published in that list: "same territory" means no merger and no split, not the same square metres.

- `today`: where a whole body went. Right for adding up counts; wrong for carrying on a rate or an
  index, unless `has_same_territory` says that nothing else came in.
- A body that was split has no successor: refused, with date and candidates. `shares` divides it,
  where a published basis stands in `data/allocations.toml`.
"""

import tomllib
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

from ebpm.lgcode.bodies import (
    AmbiguousCode,
    Kind,
    LgcodeError,
    Municipality,
    check_digit,
    is_digits,
    listing,
    municipalities,
    registry,
    show,
)
from ebpm.lgcode.changes import SAME_BODY, ChangeKind, changes
from ebpm.lgcode.timeline import Body, Timeline
from ebpm.lgcode.wards import city_of_ward, is_ward
from ebpm.paths import DATA

FIRST_DAY = date(1970, 4, 1)
ALLOCATIONS = DATA / "allocations.toml"


class NoSuccessor(LgcodeError):
    """A code whose territory is not wholly in one body of today; `candidates` hold the parts."""


@cache
def timeline() -> Timeline:
    """All states of all municipalities, from the shipped figures."""
    return Timeline(changes(), municipalities())


def historic(code: str) -> tuple[Body, ...]:
    """All bodies that have borne a code since 1970, oldest first.

    A body appears anew where its code, name or composition by 新設合併 changed. Raises LgcodeError
    where the code was never a municipality's, NoSuccessor where it is a ward's.
    """
    _check_form(code)
    if found := timeline().of_code(code):
        return found
    if is_ward(code):
        raise _ward_error(code)
    raise LgcodeError.of(code, "は1970年4月以降、市区町村のコードになったことがありません")


def body_on(code: str, on: date) -> Body:
    """The municipality that bore a code on a day: name and fate, for files of that day.

    Raises LgcodeError telling what became of it before, or what came only later.
    """
    _check_day(on)
    states = historic(code)
    for body in states:
        if body.held_on(on):
            return body
    before = [body for body in states if body.until and body.until <= on]
    if not before:
        first = states[0]
        problem = f"は{first.since}からのコードで、{on}にはありません。"
        raise LgcodeError(f"{code}（{first.full_name}）{problem}", _registered(first))
    last = before[-1]
    advice = f"{on}にはこのコードの団体はありません。"
    raise LgcodeError(f"{code}（{last.full_name}）は{last.fate_ja()}。{advice}", _registered(last))


def today(code: str, on: date | None = None) -> str:
    """The code of today's body that holds the whole territory of the body with a code on a day.

    One-to-one or many-to-one; without a day, what all bodies that ever bore the code agree on. A
    prefecture is its own successor. Raises NoSuccessor for a split body and for a ward (naming its
    city), AmbiguousCode where a code was given twice and no day tells which, LgcodeError otherwise.
    """
    if code in registry() and registry()[code].kind is Kind.PREFECTURE:
        return code
    states = historic(code) if on is None else (body_on(code, on),)
    found = sorted({_successor(body) for body in states})
    if len(found) > 1:
        bodies = [registry()[one] for one in found]
        problem = f"{code} は時期により別の団体のコードです: {listing(bodies)}。"
        raise AmbiguousCode(problem + "いつのコードか、日付を添えてください。", bodies)
    return found[0]


def has_same_territory(code: str, on: date) -> bool:
    """Whether today's body is the body of that day and nothing else: rates may be carried on.

    Raises LgcodeError where no body bore the code on that day; a split body is False.
    """
    return timeline().has_same_territory(body_on(code, on), on)


def predecessors(lgcode: str, on: date) -> tuple[str, ...]:
    """The codes on a day of the bodies that make up today's body, all of them and wholly.

    A prefecture is its own predecessor. Raises NoSuccessor where a part came from a body that was
    split since, LgcodeError where `lgcode` is not in the registry.
    """
    _check_day(on)
    body = _of_today(lgcode)
    if body.kind is Kind.PREFECTURE:
        return (lgcode,)
    sources = timeline().sources(lgcode, on)
    for source in sources:
        if timeline().successor(source) is None:
            parted = _split_state(source)
            problem = f"{lgcode}（{body.full_name}）の{on}の区域は、団体の組み合わせになりません"
            raise NoSuccessor(f"{problem}: {parted.full_name}は{parted.fate_ja()}。", [body])
    return tuple(source.lgcode for source in sources)


def bodies_on(on: date) -> tuple[Body, ...]:
    """All municipalities and special wards that existed on a day, in the order of their codes.

    The numbers of cities, towns and villages that 総務省 publishes leave out the 23 special wards, and
    Okinawa before 1972-05-15.
    """
    _check_day(on)
    return timeline().on(on)


def former_names(lgcode: str) -> frozenset[str]:
    """Names that a body of the registry bore under the same code (282219 → {篠山市}).

    Renames and 町制施行 count; a body that was there before a 新設合併 was another body.
    """
    today_name = _of_today(lgcode).name
    later = timeline().of_code(lgcode)[::-1]
    names: set[str] = set()
    for new, old in pairwise(later):
        if old.until != new.since or old.ended_by[0].kind not in SAME_BODY:
            break
        names.add(old.name)
    return frozenset(names - {today_name})


def shares(code: str, on: date) -> dict[str, float]:
    """Today's bodies and the share of the former body that went to each; shares add up to 1.

    A body that went into one whole has the share 1. A split body is divided by the published basis
    in `data/allocations.toml`; raises NoSuccessor where none is there.
    """
    body = body_on(code, on)
    if whole := timeline().successor(body):
        return {whole: 1.0}
    parted = _split_state(body)
    found = {
        today(entry["to"], parted.until): float(entry["share"])
        for entry in _allocations()
        if (entry["from"], entry["on"]) == (parted.lgcode, parted.until)
    }
    if not found:
        raise _split_error(body)
    if abs(sum(found.values()) - 1) > 1e-6:
        raise LgcodeError(f"{ALLOCATIONS.name} の {parted.lgcode} の割合の合計が1ではありません。")
    return found


def _allocations() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(ALLOCATIONS.read_text("utf-8"))["allocation"]
    return entries


def _of_today(lgcode: str) -> Municipality:
    if lgcode in registry():
        return registry()[lgcode]
    raise LgcodeError.of(lgcode, "は今の団体のコードではありません", ended(lgcode))


def ended(code: str) -> list[Municipality]:
    """Today's bodies that hold the territory of a code which is in use no more; none otherwise."""
    states = timeline().of_code(code)
    return _registered(states[-1]) if states else []


def _successor(body: Body) -> str:
    if code := timeline().successor(body):
        return code
    raise _split_error(body)


def _split_error(body: Body) -> NoSuccessor:
    parted = _split_state(body)
    name = f"{body.lgcode}（{body.full_name}）"
    who = "" if parted == body else f"を引き継いだ{parted.full_name}"
    advice = "公表された按分の根拠がないため、今の1団体に対応させられません。"
    return NoSuccessor(f"{name}{who}は{parted.fate_ja()}。{advice}", _registered(body))


def _split_state(body: Body) -> Body:
    """The body itself or the one after it that was split."""
    while body.until and not body.is_split:
        body = timeline().heirs(body)[0]
    return body


def _registered(body: Body) -> list[Municipality]:
    return [registry()[code] for code in timeline().ends(body)]


def _ward_error(code: str) -> NoSuccessor:
    city = registry()[city_of_ward(code)]
    reorganised = (c for c in changes() if c.kind is ChangeKind.WARD_REORGANISED)
    after = [change for change in reorganised if change.lgcode_from == code]
    fate = ""
    if after:
        names = "と".join(f"{c.name_to}（{c.lgcode_to}）" for c in after)
        fate = f"{after[0].day}に{names}に再編されました。"
    problem = f"{code} は{listing([city])}の区のコードで、団体のコードではありません。"
    return NoSuccessor(f"{problem}{fate}市のコードで指定してください。", [city])


def _check_form(code: str) -> None:
    if len(code) != 6 or not is_digits(code) or code[5] != check_digit(code[:5]):
        raise LgcodeError(f"{show(code)} は全国地方公共団体コード（6桁）ではありません。")


def _check_day(on: date) -> None:
    if on < FIRST_DAY:
        raise LgcodeError(f"{on} は古すぎます。{FIRST_DAY} 以降の日付で指定してください。")
