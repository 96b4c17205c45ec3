"""What a mapping is: which column of a file is which field of a form, and how its values are read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import get_args

from ebpm.own.forms import Field
from ebpm.own.spellings import Order

ORDERS: tuple[Order, ...] = get_args(Order)
ZONE = "Asia/Tokyo"
TO_CONFIRM = "要確認"
"""What stands in a drafted mapping where only the analyst can say which column is meant."""


class MappingError(ValueError):
    """A mapping that cannot be used; `problems` names everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Mapping:
    """The columns of a file and the fields of a form.

    `columns`: field → heading. `items`: headings of the answers on a scale. `drop`: columns with
    personal data that are dropped by choice. `not_my_number`: columns whose twelve-digit numbers
    are no 個人番号. `order`: of day and month in dates such as 04/05/2024. `values`: field (or the
    key of the items) → spelling → value stored, "" for no answer; these come before the form's own.
    `days`: field → heading of the column with the day, where the field's own column has only the
    time of day. `fixed`: field → the value of every row, where the file has no column for it.
    """

    form: str
    columns: dict[str, str]
    items: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    not_my_number: tuple[str, ...] = ()
    encoding: str | None = None
    sheet: str | None = None
    order: Order | None = None
    zone: str = ZONE
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> tuple[str, ...]:
        """The headings of all columns that are read, in the order of the fields, each once."""
        return tuple(
            dict.fromkeys([*self.columns.values(), *self.days.values(), *self.items]),
        )


@dataclass(frozen=True)
class Doubt:
    """A field whose column is not sure: the heading proposed (None: undecided) and the others."""

    field: str
    heading: str | None
    others: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """A proposed mapping, and all that a person should look at before it is used.

    `missing`: required fields without a column (undecided ones included). `unused`: headings that
    no field asks for; they are never loaded. `remarks`: sentences in Japanese.
    """

    mapping: Mapping
    missing: tuple[str, ...]
    doubtful: tuple[Doubt, ...]
    unused: tuple[str, ...]
    remarks: tuple[str, ...]


def folded(text: str) -> str:
    """A text for comparing: one width, small letters, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def stored_values(item: Field, mapping: Mapping | None = None) -> dict[str, str]:
    """Folded spelling → value stored, of a field; the mapping's own come before the form's.

    A spelling that is not there stands for itself in an open list, and is wrong in a closed one.
    """
    own = {} if mapping is None else mapping.values.get(item.key, {})
    known = {folded(value): value for value in item.allowed}
    known |= {folded(spelling): value for spelling, value in item.values.items()}
    return known | {folded(spelling): value for spelling, value in own.items()}
