"""Wards of designated cities: parts of a city, with codes of their own, in no registry.

A city's wards bear the numbers after its own, up to the next designated city of the prefecture
(札幌市 01100: 01101, 01102 …; 横浜市 14100, 川崎市 14130, 相模原市 14150).
"""

from ebpm.lgcode.bodies import (
    Kind,
    LgcodeError,
    Municipality,
    check_digit,
    is_digits,
    municipalities,
    registry,
)


def is_ward(code: str) -> bool:
    """Whether a code is that of a designated city's ward, of today or former."""
    return _city(code) is not None


def city_of_ward(code: str) -> str:
    """The code of the designated city that a ward belongs to (011011 中央区 → 011002 札幌市).

    Raises LgcodeError where the code is no ward's.
    """
    if city := _city(code):
        return city.lgcode
    raise LgcodeError.of(code, "は政令指定都市の区のコードではありません")


def _city(code: str) -> Municipality | None:
    right = len(code) == 6 and is_digits(code) and code[5] == check_digit(code[:5])
    if not right or code[2] != "1" or code in registry():
        return None
    cities = [body for body in municipalities() if body.kind is Kind.DESIGNATED_CITY]
    before = [city for city in cities if city.lgcode[:3] == code[:3] and city.lgcode < code]
    return before[-1] if before else None
