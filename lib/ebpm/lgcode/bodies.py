"""The registry of local governments, the check digit, and the errors of identity.

Source of the code and its check digit: 総務省「全国地方公共団体コード」
https://www.soumu.go.jp/denshijiti/code.html
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Self

from ebpm.paths import FIGURES

LOOK_UP = "総務省「全国地方公共団体コード」で確かめてください。"


class Kind(StrEnum):
    """What a local government is; the value is the word used in figures and SQL."""

    PREFECTURE = "prefecture"
    DESIGNATED_CITY = "designated_city"
    CORE_CITY = "core_city"
    SPECIAL_WARD = "special_ward"
    CITY = "city"
    TOWN = "town"
    VILLAGE = "village"


KIND_LABELS_JA = {
    Kind.PREFECTURE: "都道府県",
    Kind.DESIGNATED_CITY: "政令指定都市",
    Kind.CORE_CITY: "中核市",
    Kind.SPECIAL_WARD: "特別区",
    Kind.CITY: "市",
    Kind.TOWN: "町",
    Kind.VILLAGE: "村",
}


@dataclass(frozen=True)
class Municipality:
    """One local government; a prefecture has its own name in `name` and in `prefecture`."""

    lgcode: str
    prefecture: str
    name: str
    county: str | None
    island: str | None
    kind: Kind

    @property
    def full_name(self) -> str:
        """Prefecture and name, without county or island (北海道札幌市); unique in the registry."""
        return self.name if self.kind is Kind.PREFECTURE else self.prefecture + self.name

    @property
    def prefecture_lgcode(self) -> str:
        """Six-digit code of the prefecture (北海道札幌市 → 010006)."""
        five = self.lgcode[:2] + "000"
        return five + check_digit(five)

    @property
    def label_ja(self) -> str:
        """The kind in Japanese (政令指定都市, 中核市, 特別区, 市, 町, 村, 都道府県)."""
        return KIND_LABELS_JA[self.kind]


class LgcodeError(ValueError):
    """A code or name that stands for no local government, or not for one alone.

    The message is one line: what was given, what is wrong, what to do. `candidates` holds the
    bodies that may be meant, likeliest or lowest code first; it may be empty.
    """

    def __init__(self, message: str, candidates: Iterable[Municipality] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)

    @classmethod
    def of(cls, given: object, problem: str, candidates: Iterable[Municipality] = ()) -> Self:
        """The error for a given value, advising the candidates or, without any, a look-up."""
        bodies = tuple(candidates)
        advice = f"{listing(bodies)}ではありませんか。" if bodies else LOOK_UP
        return cls(f"{show(given)} {problem}。{advice}", bodies)


class AmbiguousCode(LgcodeError):
    """Five digits that are one body's code and another's code that lost its zero."""


class AmbiguousName(LgcodeError):
    """A name that several bodies bear (府中市); `candidates` are all of them."""


class UnknownName(LgcodeError):
    """A name that no body of the registry bears; `candidates` are near matches."""


def show(value: object) -> str:
    """A value as it stands in a message: one line, never long."""
    return " ".join(str(value).split())[:40] or "（空）"


def listing(bodies: Iterable[Municipality]) -> str:
    """Bodies as they stand in a message: 011002（北海道札幌市）、…"""
    return "、".join(f"{body.lgcode}（{body.full_name}）" for body in bodies)


def check_digit(five: str) -> str:
    """The sixth digit of a five-digit code (modulus 11, weights 6 5 4 3 2); 総務省, as above.

    Raises LgcodeError when `five` is not five half-width digits.
    """
    if len(five) != 5 or not is_digits(five):
        raise LgcodeError(f"{show(five)} は5桁の数字ではありません。")
    weighted = sum(int(digit) * weight for digit, weight in zip(five, range(6, 1, -1), strict=True))
    return str((11 - weighted % 11) % 10)


def is_digits(text: str) -> bool:
    """Whether a text is half-width digits and nothing else."""
    return text.isascii() and text.isdigit()


@cache
def registry() -> dict[str, Municipality]:
    """Code → body, in the order of the codes; read once from `data/figures`."""
    with (FIGURES / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        bodies = [_body(row) for row in csv.DictReader(stream)]
    return {body.lgcode: body for body in sorted(bodies, key=lambda body: body.lgcode)}


def _body(row: dict[str, str]) -> Municipality:
    return Municipality(
        row["lgcode"],
        row["prefecture"],
        row["name"],
        row["county"] or None,
        row["island"] or None,
        Kind(row["kind"]),
    )


@cache
def municipalities() -> tuple[Municipality, ...]:
    """The 1,741 municipalities in the order of their codes."""
    return tuple(body for body in registry().values() if body.kind is not Kind.PREFECTURE)


@cache
def prefectures() -> tuple[Municipality, ...]:
    """The 47 prefectures in the order of their codes."""
    return tuple(body for body in registry().values() if body.kind is Kind.PREFECTURE)
