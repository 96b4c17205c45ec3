"""Codes in: strict for people and programs (`require`), tolerant for published files (`parse`)."""

import numbers
import unicodedata
from typing import Literal

from ebpm.lgcode.bodies import (
    AmbiguousCode,
    LgcodeError,
    Municipality,
    check_digit,
    is_digits,
    listing,
    registry,
    show,
)
from ebpm.lgcode.history import ended, timeline
from ebpm.lgcode.names import bearing
from ebpm.lgcode.wards import city_of_ward, is_ward

NO_BODY = "に当たる都道府県・市区町村はありません"


def get(lgcode: str) -> Municipality:
    """The body with this six-digit code; raises LgcodeError as `require` does."""
    return registry()[require(lgcode)]


def require(value: str) -> str:
    """The code itself, when it is exactly the six digits of an existing body (strict).

    Raises LgcodeError otherwise, naming the likely code; nothing is mended.
    """
    if isinstance(value, str) and value in registry():
        return value
    raise LgcodeError.of(value, _fault(value), _suggest(_plain(value)))


def parse(value: str | int, digits: Literal[5, 6] | None = None) -> str:
    """The six-digit code behind 011002, 01100, R01100, or either of the first two without its zero.

    Full-width digits and integers are read too. `digits` tells how many digits the codes of a
    column had before they lost a zero, where the caller knows it. Raises AmbiguousCode when both
    readings exist (12203), LgcodeError when neither does.
    """
    text = _plain(value)
    found = _readings(text, digits)
    if not found:
        raise LgcodeError.of(value, NO_BODY, _suggest(text))
    if len(found) > 1:
        problem = f"{show(value)} は2通りに読めます: {listing(found)}。"
        raise AmbiguousCode(problem + "6桁のコードで指定してください。", found)
    return found[0].lgcode


def _plain(value: object) -> str:
    """Text or whole number as half-width text; True and 11002.0 are neither."""
    if isinstance(value, bool) or not isinstance(value, str | numbers.Integral):
        problem = "は文字列でも整数でもありません"
        raise LgcodeError(f"{show(value)} {problem}。6桁の文字列で指定してください。")
    return unicodedata.normalize("NFKC", str(value)).strip()


def _readings(text: str, digits: Literal[5, 6] | None = None) -> list[Municipality]:
    """The existing bodies that a code can mean; at most two, in the order of their codes."""
    if text[:1] in {"R", "r"}:
        return _readings(text[1:], 5) if len(text) == 6 else []
    possible = {_as_six(text, digits), _as_five(text, digits)} if is_digits(text) else set()
    return [registry()[code] for code in sorted(possible) if code in registry()]


def _as_six(text: str, digits: int | None) -> str:
    return text.zfill(6) if digits != 5 and len(text) in {5, 6} else ""


def _as_five(text: str, digits: int | None) -> str:
    five = text.zfill(5)
    return five + check_digit(five) if digits != 6 and len(text) in {4, 5} else ""


def _fault(value: object) -> str:
    if not isinstance(value, str) or not is_digits(value):
        return "は6桁の半角数字（文字列）ではありません"
    if len(value) != 6:
        return "は6桁ではありません"
    if former := timeline().of_code(value):
        return f"は{former[-1].full_name}のコードで、{former[-1].fate_ja()}"
    return "は検査数字が合いません" if _readings(value[:5], 5) else NO_BODY


def _suggest(text: str) -> list[Municipality]:
    """What may be meant by a refused code: another form of it, a wrong last digit, a name."""
    if not is_digits(text):
        return _readings(text) or list(bearing(text))
    six = text.zfill(6)
    city = [registry()[city_of_ward(six)]] if is_ward(six) else []
    return _readings(text) or _readings(six[:5], 5) or city or ended(six)
