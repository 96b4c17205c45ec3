"""Identity of Japanese local governments: six-digit codes (`lgcode`), names and kinds.

The registry is `data/figures/municipalities.csv`: 47 prefectures and 1,741 municipalities (cities,
special wards of Tokyo, towns, villages). Wards of designated cities are no local governments and
are not in it. A code is always text: six digits, the last one a check digit.

`require` is strict (command line, parameters); `parse` and `find` are tolerant (published files).
None of them guesses: what can mean two bodies is refused, and the candidates are named.

Identity over time (1970-04-01 to 2024-01-01, the day of the registry): `today` leads a code of some
day to the registry, `predecessors` back; `has_same_territory` tells whether a rate may be carried
on; `body_on` and `bodies_on` tell who was there on a day, `historic` what a code has stood for,
`former_names` what a body was called. A body that was split has no successor, and a ward is no
body: refused with date, reason and candidates. All other functions speak of the registry's bodies
only and never map a code or name that was given up.
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
from ebpm.lgcode.changes import Change, ChangeKind
from ebpm.lgcode.codes import get, parse, require
from ebpm.lgcode.history import (
    NoSuccessor,
    bodies_on,
    body_on,
    former_names,
    has_same_territory,
    historic,
    predecessors,
    shares,
    today,
)
from ebpm.lgcode.names import find, same_name
from ebpm.lgcode.population import POPULATION_CLASSES, PopulationClass, population_class
from ebpm.lgcode.timeline import Body, Timeline
from ebpm.lgcode.wards import city_of_ward, is_ward

__all__ = [
    "POPULATION_CLASSES",
    "AmbiguousCode",
    "AmbiguousName",
    "Body",
    "Change",
    "ChangeKind",
    "Kind",
    "LgcodeError",
    "Municipality",
    "NoSuccessor",
    "PopulationClass",
    "Timeline",
    "UnknownName",
    "bodies_on",
    "body_on",
    "check_digit",
    "city_of_ward",
    "find",
    "former_names",
    "get",
    "has_same_territory",
    "historic",
    "is_ward",
    "municipalities",
    "parse",
    "population_class",
    "predecessors",
    "prefectures",
    "require",
    "same_name",
    "shares",
    "today",
]
