"""Parameters of a notebook, typed by the annotations of its one `parameters` cell.

`lgcode: str = ""` makes `lgcode` text: `-p lgcode=011002` is never 11002 (a number) or 4610
(octal). An unknown name or a wrong type is an error before anything runs.
"""

import ast
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from ebpm import lgcode

TAG = "parameters"
TRUE = {"true": True, "false": False}
TYPES = ("str", "int", "float", "bool")
Value = str | int | float | bool


class ParameterError(ValueError):
    """Wrong use of parameters, in one line: what was given, what is expected."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its type (`str`, `int`, `float`, `bool`), its default."""

    name: str
    type: str
    default: Value


@cache
def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares; raises ParameterError where the cell is not right."""
    node = nbformat.read(notebook, as_version=4)
    cells = [cell for cell in node.cells if TAG in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(
            f"{notebook.name}：parameters タグの付いたセルが {len(cells)} 個あります。1個にしてください。"
        )
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise ParameterError(f"{notebook.name}：parameters セルの文法の誤り（{error}）。") from None
    return {found.name: found for found in (_parameter(notebook, item) for item in statements)}


def _parameter(notebook: Path, statement: ast.stmt) -> Parameter:
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or statement.value is None
    ):
        raise ParameterError(
            f"{notebook.name}：parameters セルは「名前: 型 = 既定値」の行だけにしてください"
            f"（{ast.unparse(statement)[:40]}）。"
        )
    name, kind = statement.target.id, ast.unparse(statement.annotation)
    default = _literal(statement.value)
    if kind not in TYPES or type(default).__name__ != kind:
        raise ParameterError(
            f"{notebook.name}：{name} の型は {'・'.join(TYPES)} のどれかとし、既定値と合わせてください。"
        )
    assert isinstance(default, str | int | float | bool)
    return Parameter(name, kind, default)


def _literal(value: ast.expr) -> object:
    """The default's value; None where it is more than a literal."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def parse_assignments(given: Sequence[str]) -> dict[str, str]:
    """`["a=1", "b=2"]` → names and texts; raises ParameterError on anything else."""
    pairs = [item.partition("=") for item in given]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            raise ParameterError(f"-p は「名前=値」の形で指定してください（{name}）。")
    names = [name.strip() for name, _, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ParameterError(f"-p {twice[0]} が二度指定されています。")
    return {name.strip(): value.strip() for name, _, value in pairs}


def typed(notebook: Path, given: Mapping[str, str]) -> dict[str, Value]:
    """The given texts as values of the declared types; one equal to its default is left out.

    Raises ParameterError on an unknown name, a wrong type, or an `lgcode` or a `prefecture` that
    does not exist.
    """
    known = declared(notebook)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"{near[0]} ではありませんか。" if near else ""
            raise ParameterError(
                f"{notebook.stem} に {name} というパラメーターはありません。{hint}"
                f"使えるもの：{'、'.join(known)}。"
            )
    values = {name: _value(known[name], text) for name, text in given.items()}
    return {name: value for name, value in values.items() if value != known[name].default}


def _value(parameter: Parameter, text: str) -> Value:
    if parameter.name == "lgcode" and text:
        return _lgcode(text)
    if parameter.name == "prefecture" and text:
        return _prefecture(text)
    if parameter.type == "str":
        return text
    try:
        return _number(parameter.type, text)
    except (ValueError, KeyError):
        names = {"int": "整数", "float": "数値", "bool": "true か false"}
        raise ParameterError(
            f"{parameter.name} には{names[parameter.type]}を指定してください（{text}）。"
        ) from None


def _number(kind: str, text: str) -> Value:
    if kind == "bool":
        return TRUE[text.lower()]
    number = int(text) if kind == "int" else float(text)
    if not text.isascii() or not math.isfinite(number):
        raise ValueError(text)
    return number


def _prefecture(text: str) -> str:
    names = [body.name for body in lgcode.prefectures()]
    if text not in names:
        near = difflib.get_close_matches(text, names, 1) or [n for n in names if n[:1] == text[:1]]
        hint = f"{near[0]} ではありませんか。" if near else "「福島県」のように指定してください。"
        raise ParameterError(f"prefecture={text} という都道府県はありません。{hint}")
    return text


def _lgcode(text: str) -> str:
    try:
        code = lgcode.require(text)
    except lgcode.LgcodeError as error:
        raise ParameterError(f"lgcode={error}") from None
    if lgcode.get(code).kind is lgcode.Kind.PREFECTURE:
        raise ParameterError(
            f"lgcode={code} は都道府県（{lgcode.get(code).name}）です。市区町村の6桁コードを指定してください。"
        )
    return code
