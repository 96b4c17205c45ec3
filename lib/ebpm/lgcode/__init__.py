"""Identity of Japanese local governments: six-digit codes (`lgcode`), names and kinds.

The registry is `data/figures/municipalities.csv`: 47 prefectures and 1,741 municipalities (cities,
special wards of Tokyo, towns, villages). Wards of designated cities are no local governments and
are not in it. A code is always text: six digits, the last one a check digit.

`require` is strict (command line, parameters); `parse` and `find` are tolerant (published files).
None of them guesses: what can mean two bodies is refused, and the candidates are named.

Identity over time (mergers, splits, renames by date) has its place here, as a module between a
code or name of some date and the registry. Until it comes every function speaks of the registry's
bodies only: a code or name that was given up before is refused, never mapped.
"""

from ebpm.lgcode.bodies import (
    AmbiguousCode,
    AmbiguousName,
    Kind,
    LgcodeError,
    Municipality,
    UnknownName,
    check_digit,
    municipalities,
    prefectures,
)
from ebpm.lgcode.codes import get, parse, require
from ebpm.lgcode.names import find
from ebpm.lgcode.population import POPULATION_CLASSES, PopulationClass, population_class

__all__ = [
    "POPULATION_CLASSES",
    "AmbiguousCode",
    "AmbiguousName",
    "Kind",
    "LgcodeError",
    "Municipality",
    "PopulationClass",
    "UnknownName",
    "check_digit",
    "find",
    "get",
    "municipalities",
    "parse",
    "population_class",
    "prefectures",
    "require",
]
