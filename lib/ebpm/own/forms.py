"""The forms for a municipality's own data (`data/forms/*.toml`): what each table may hold.

A form is the schema of one table: its fields with type, bounds, closed lists of values, and the
words by which real exports call them. Everything else (proposal of a mapping, check, import,
templates) reads the form and nothing but the form.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ebpm.evidence.text import Both
from ebpm.paths import DATA

FORMS = DATA / "forms"
TYPES = (
    *("text", "category", "integer", "number", "date", "timestamp", "month", "boolean"),
    *("pseudonym", "likert"),
)
NUMERIC = ("integer", "number", "likert")
KEY = re.compile(r"[a-z][a-z0-9_]*")
FORM_KEYS = {"name", "title", "grain", "about", "field"}
FIELD_KEYS = {
    *("key", "type", "required", "unique", "label", "about", "example", "synonyms", "unlike"),
    *("signs", "scales", "values", "closed", "minimum", "above", "maximum", "repeats"),
}
SCALE_LENGTHS = (4, 5)


class FormError(ValueError):
    """A form that does not exist, or whose file is not a table schema; `problems` has them all."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Field:
    """One column of a form.

    `synonyms`: headings that mean this field, the likeliest first. `unlike`: words in a heading
    that speak against it. `signs`: values (patterns with `*`) that give the field away.
    `values`: spelling → the value stored ("" stores that there was no answer); with `closed`
    nothing else is allowed, otherwise other values are kept as they are. `scales`: the wordings of
    an agreement scale, from 5 down to 1 (four words: 5, 4, 2, 1). `minimum`, `maximum`: bounds,
    both included; `above`: a bound that is not.
    """

    key: str
    label: Both
    type: str
    required: bool
    unique: bool
    about: Both
    example: str
    synonyms: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    repeats: bool = False
    above: float | None = None
    closed: bool = False
    unlike: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    scales: tuple[tuple[str, ...], ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values that a closed list stores, in the order of the form; () for an open one."""
        return tuple(dict.fromkeys(v for v in self.values.values() if v)) if self.closed else ()


@dataclass(frozen=True)
class Form:
    """A table schema: `grain` says what one row is."""

    name: str
    title: Both
    grain: Both
    about: Both
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field:
        """The field with this key; KeyError where the form has none."""
        return {item.key: item for item in self.fields}[key]

    @property
    def required(self) -> tuple[Field, ...]:
        """The fields without which the form makes no sense."""
        return tuple(item for item in self.fields if item.required)

    @property
    def items(self) -> Field | None:
        """The field that may be any number of columns (questions of a survey), if there is one."""
        return next((item for item in self.fields if item.repeats), None)


def form(name: str) -> Form:
    """The form of this name; raises FormError, which lists those there are."""
    known = forms()
    if name not in known:
        listed = "、".join(f"{key}（{item.title.ja}）" for key, item in known.items())
        raise FormError([f"様式「{name}」はありません。使える様式：{listed}。"])
    return known[name]


@functools.cache
def forms(folder: Path = FORMS) -> dict[str, Form]:
    """All forms by name, in the order of their names; raises FormError with all that is wrong."""
    problems: list[str] = []
    found = {path.stem: _read(path, problems) for path in sorted(folder.glob("*.toml"))}
    if not found:
        problems.append(f"{folder.name}：様式のファイルがありません。")
    if problems:
        raise FormError(problems)
    return {name: item for name, item in found.items() if item is not None}


def _read(path: Path, problems: list[str]) -> Form | None:
    """One form; its problems are appended, and then nothing is returned."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}：様式として読めません（{error}）。")
        return None
    wrong = [f"{path.name}：{problem}。" for problem in _wrong(given, path.stem)]
    problems += wrong
    return None if wrong else _form(given)


def _form(given: dict[str, Any]) -> Form:
    title, grain, about = (Both(**given[key]) for key in ("title", "grain", "about"))
    return Form(given["name"], title, grain, about, tuple(map(_field, given["field"])))


def _field(given: dict[str, Any]) -> Field:
    return Field(
        given["key"],
        Both(**given["label"]),
        given["type"],
        given.get("required", False),
        given.get("unique", False),
        Both(**given["about"]),
        given["example"],
        tuple(given.get("synonyms", ())),
        given.get("values", {}),
        given.get("minimum"),
        given.get("maximum"),
        given.get("repeats", False),
        given.get("above"),
        given.get("closed", False),
        tuple(given.get("unlike", ())),
        tuple(given.get("signs", ())),
        tuple(map(tuple, given.get("scales", ()))),
    )


def _wrong(given: dict[str, Any], stem: str) -> Iterator[str]:
    """All that keeps a TOML document from being a form, in plain words."""
    yield from (f"知らない項目 {key} があります" for key in sorted(given.keys() - FORM_KEYS))
    if given.get("name") != stem:
        yield f"name がファイル名（{stem}）と違います"
    for key in ("title", "grain", "about"):
        yield from _wrong_text(given.get(key), key)
    fields = given.get("field")
    if not isinstance(fields, list) or not fields:
        yield "[[field]] がありません"
        return
    keys = [item.get("key") for item in fields]
    yield from (f"field {key} が2回あります" for key in {k for k in keys if keys.count(k) > 1})
    if sum(item.get("repeats") is True for item in fields) > 1:
        yield "repeats = true の項目は一つだけです"
    for item in fields:
        yield from (f"field {item.get('key')}：{problem}" for problem in _wrong_field(item))


def _wrong_field(given: dict[str, Any]) -> Iterator[str]:
    yield from (f"知らない項目 {key} があります" for key in sorted(given.keys() - FIELD_KEYS))
    if not KEY.fullmatch(str(given.get("key"))):
        yield "key は英小文字・数字・_ で書いてください"
    if given.get("type") not in TYPES:
        yield f"type は次のどれかです：{'、'.join(TYPES)}"
    for key in ("label", "about"):
        yield from _wrong_text(given.get(key), key)
    if not isinstance(given.get("example"), str):
        yield "example に記入例を文字で書いてください"
    for key in ("synonyms", "unlike", "signs"):
        if not _are_texts(given.get(key, [])):
            yield f"{key} は文字の並びにしてください"
    yield from _wrong_limits(given)
    yield from _wrong_values(given)


def _wrong_limits(given: dict[str, Any]) -> Iterator[str]:
    for key in ("required", "unique", "repeats", "closed"):
        if not isinstance(given.get(key, False), bool):
            yield f"{key} は true か false にしてください"
    bounds = [key for key in ("minimum", "above", "maximum") if key in given]
    if bounds and given.get("type") not in NUMERIC:
        yield f"{'、'.join(bounds)} は数の項目だけに書けます"
    if any(isinstance(given[k], bool) or not isinstance(given[k], int | float) for k in bounds):
        yield "minimum・above・maximum は数で書いてください"
    elif len(bounds) > 1 and given.get("maximum", 0) < given.get("minimum", given.get("above", 0)):
        yield "minimum が maximum より大きくなっています"


def _wrong_values(given: dict[str, Any]) -> Iterator[str]:
    values = given.get("values", {})
    if not isinstance(values, dict) or not _are_texts(list(values.values())):
        yield "values は「表記 = 登録する値」の形で、文字で書いてください"
    elif given.get("closed") and not any(values.values()):
        yield "closed = true なら values に値を書いてください"
    for scale in given.get("scales", []):
        if not _are_texts(scale) or len(scale) not in SCALE_LENGTHS:
            yield "scales は 5 から 1 への 5 語（中央のない尺度は 4 語）にしてください"


def _wrong_text(given: Any, key: str) -> Iterator[str]:
    if not isinstance(given, dict) or given.keys() != {"ja", "en"} or not all(given.values()):
        yield f"{key} を ja と en の両方で書いてください"


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(item, str) for item in given)
