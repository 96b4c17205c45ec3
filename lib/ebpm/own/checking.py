"""What of a file can be taken in under a form, and everything that is wrong with the rest.

A row is taken whole or not at all. All problems of a file are told in one go: the cell, what stands
there, what is expected, how to mend it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from ebpm.own import times
from ebpm.own.conversions import SQL_TYPES, TIMES, Typed
from ebpm.own.forms import Field, Form
from ebpm.own.reading import ROW, TABLE

Connection = duckdb.DuckDBPyConnection
ALL, TYPED, PROBLEMS = "all_rows", "typed", "problem"
ANSWERS = "answers"
EXAMPLES = 5
EXPECTED = {
    "integer": "整数（例 12）",
    "number": "数（例 12.5）",
    "timestamp": "日時（例 2024-04-01 09:30）",
    "date": "日付（例 2024-04-01、令和6年4月1日）",
    "month": "年月（例 2024-04、令和6年4月）",
    "boolean": "はい・いいえ",
    "likert": "1〜5 か、設問の尺度の言葉",
}


@dataclass(frozen=True)
class Rule:
    """What must hold between two fields of a row."""

    first: str
    second: str
    breach: str
    expected: str


RULES = {
    "handling_log": (
        Rule("received", "completed", "completed < received", "受付より後の完了日時"),
    ),
    "event_log": (Rule("time", "end_time", "end_time < time", "開始より後の終了日時"),),
    "chatbot_log": (
        Rule("questions", "answered", "answered > questions", "質問数以下の回答数"),
        Rule("questions", "escalated", "escalated > questions", "質問数以下の引き継ぎ数"),
        Rule("judged", "judged_right", "judged_right > judged", "判定数以下の正答数"),
    ),
    "tool_use": (Rule("introduced", "ended", "ended < introduced", "導入日より後の終了日"),),
}
KEYS = {
    "staff_survey": ("respondent", "wave"),
    "resident_survey": ("respondent", "wave"),
    "chatbot_log": ("month",),
    "training_log": ("staff", "course", "attended"),
    "pilot": ("pilot", "unit"),
    "tool_use": ("tool", "month"),
}
"""What tells two rows of a form apart, where that is not one unique field."""


@dataclass(frozen=True)
class Problem:
    """Cells of one column that are wrong in one way: how many, and the first of them."""

    heading: str
    code: str
    expected: str
    rows: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Checked:
    """A file under a form: rows read, blank, and taken; problems, the most frequent first."""

    read: int
    blank: int
    good: int
    problems: tuple[Problem, ...]

    @property
    def set_aside(self) -> int:
        """Rows that cannot be taken in."""
        return self.read - self.blank - self.good


def check(connection: Connection, form: Form, columns: list[Typed]) -> Checked:
    """Makes the table `typed` (the rows that are right) and the table `problem` (the others).

    `typed` has the columns of the form in their types, NULL where the file has none; `problem` has
    row_number, heading, code, found, expected.
    """
    given = " OR ".join(f"NOT {column.blank}" for column in columns if not column.is_fixed)
    joins = " ".join(dict.fromkeys(column.join for column in columns))
    # A view: a file without problems, the usual one, is gone through once for each question.
    connection.execute(
        f"CREATE OR REPLACE VIEW {ALL} AS SELECT r.{ROW}, {_values(form, columns)}, "
        f"{_flags(columns)} FROM {TABLE} AS r {joins} WHERE {given}"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {PROBLEMS} ({ROW} BIGINT, heading VARCHAR, code VARCHAR, "
        "found VARCHAR, expected VARCHAR)"
    )
    rows = _note_problems(connection, form, columns)
    flags = ", ".join(f"bad_{index}" for index in range(len(columns)))
    aside = _one(connection, f"SELECT count(DISTINCT {ROW}) FROM {PROBLEMS}")
    only = f"WHERE {ROW} NOT IN (SELECT {ROW} FROM {PROBLEMS})" if aside else ""
    connection.execute(
        f"CREATE OR REPLACE VIEW {TYPED} AS SELECT * EXCLUDE ({flags}) FROM {ALL} {only}"
    )
    read = _one(connection, f"SELECT count(*) FROM {TABLE}")
    return Checked(read, read - rows, rows - aside, tuple(_problems(connection)))


def _note_problems(connection: Connection, form: Form, columns: list[Typed]) -> int:
    """Lists every problem; returns how many rows are not blank."""
    by_key = {column.field.key: column for column in columns if not column.field.repeats}
    rules = [r for r in RULES.get(form.name, ()) if {r.first, r.second} <= by_key.keys()]
    rules = [_of_good_cells(rule, columns) for rule in rules]
    keys = _key(form, by_key)
    counted = [
        "count(*)",
        *(f"count(bad_{index})" for index in range(len(columns))),
        *(f"count(*) FILTER ({rule.breach})" for rule in rules),
        f"count(*) - count(DISTINCT hash({', '.join(keys)}))" if keys else "0",
    ]
    found = connection.execute(f"SELECT {', '.join(counted)} FROM {ALL}").fetchall()[0]
    rows, repeated, wrong = found[0], found[-1], found[1:-1]
    for (index, column), number in zip(enumerate(columns), wrong, strict=False):
        if number:
            _note_cells(connection, index, column)
    for rule, number in zip(rules, wrong[len(columns) :], strict=True):
        if number:
            _note_rule(connection, rule, by_key[rule.second])
    if repeated:
        _note_repeated(connection, form, keys, by_key[keys[0]].heading)
    return int(rows)


def _of_good_cells(rule: Rule, columns: list[Typed]) -> Rule:
    """The rule for rows in which both cells are right by themselves."""
    keys = [column.field.key for column in columns]
    flags = (f"bad_{keys.index(key)} IS NULL" for key in (rule.first, rule.second))
    return replace(rule, breach=f"{rule.breach} AND {' AND '.join(flags)}")


def _key(form: Form, by_key: dict[str, Typed]) -> list[str]:
    """The fields that tell rows apart, as far as the file has them."""
    unique = [field.key for field in form.fields if field.unique and field.key in by_key]
    return unique or [key for key in KEYS.get(form.name, ()) if key in by_key]


def _values(form: Form, columns: list[Typed]) -> str:
    """The columns of the form, in its order; those of a survey's questions in one map."""
    by_key = {column.field.key: column for column in columns if not column.field.repeats}
    parts = []
    for field in form.fields:
        kind = SQL_TYPES.get(field.type, "VARCHAR")
        if field.repeats:
            parts.append(_answers([c for c in columns if c.field is field]))
        else:
            value = by_key[field.key].value if field.key in by_key else "NULL"
            parts.append(f"CAST({value} AS {kind}) AS {field.key}")
    return ", ".join(parts)


def _answers(columns: list[Typed]) -> str:
    if not columns:
        return f"CAST(NULL AS MAP(VARCHAR, TINYINT)) AS {ANSWERS}"
    keys = ", ".join(_text(column.heading) for column in columns)
    values = ", ".join(column.value for column in columns)
    return f"map([{keys}], [{values}]) AS {ANSWERS}"


def _flags(columns: list[Typed]) -> str:
    """A code for what is wrong with each cell, NULL for nothing."""
    return ", ".join(
        f"CASE WHEN {column.blank} THEN {_text('missing') if column.field.required else 'NULL'} "
        f"WHEN {column.unreadable} THEN 'unreadable' {_bounds(column)} END AS bad_{index}"
        for index, column in enumerate(columns)
    )


def _bounds(column: Typed) -> str:
    field = column.field
    limits = [
        *([f"{column.value} < {field.minimum}"] if field.minimum is not None else []),
        *([f"{column.value} <= {field.above}"] if field.above is not None else []),
        *([f"{column.value} > {field.maximum}"] if field.maximum is not None else []),
    ]
    return f"WHEN {' OR '.join(limits)} THEN 'out_of_range'" if limits else ""


def _note_cells(connection: Connection, index: int, column: Typed) -> None:
    connection.execute(
        f"INSERT INTO {PROBLEMS} SELECT a.{ROW}, ?, a.bad_{index}, r.{column.given}, ? "
        f"FROM {ALL} AS a INNER JOIN {TABLE} AS r USING ({ROW}) WHERE a.bad_{index} IS NOT NULL",
        [column.heading, expected(column.field)],
    )


def _note_rule(connection: Connection, rule: Rule, second: Typed) -> None:
    connection.execute(
        f"INSERT INTO {PROBLEMS} SELECT a.{ROW}, ?, 'contradiction', r.{second.given}, ? "
        f"FROM {ALL} AS a INNER JOIN {TABLE} AS r USING ({ROW}) WHERE {rule.breach}",
        [second.heading, rule.expected],
    )


def _note_repeated(connection: Connection, form: Form, keys: list[str], heading: str) -> None:
    """Rows that say again what a row before them said, and rows that contradict each other.

    Of equal rows the first is taken; of rows that differ none, for which one counts is not known.
    """
    key = ", ".join(keys)
    rest = ", ".join(ANSWERS if field.repeats else field.key for field in form.fields)
    connection.execute(
        f"""INSERT INTO {PROBLEMS}
        WITH row_of AS (
            SELECT {ROW}, {key}, hash({rest}) AS content, count(*) OVER w AS times,
                row_number() OVER (w ORDER BY {ROW}) AS place
            FROM {ALL} WHERE {keys[0]} IS NOT NULL WINDOW w AS (PARTITION BY {key})
        ),
        twice AS (
            SELECT *, count(DISTINCT content) OVER (PARTITION BY {key}) AS kinds
            FROM row_of WHERE times > 1
        )
        SELECT {ROW}, ?, CASE WHEN kinds = 1 THEN 'repeated' ELSE 'ambiguous' END,
            CAST({keys[0]} AS VARCHAR), ?
        FROM twice WHERE kinds > 1 OR place > 1""",
        [heading, "ほかの行と重ならない値"],
    )


def _problems(connection: Connection) -> Iterator[Problem]:
    rows = connection.execute(
        f"SELECT heading, code, any_value(expected), count(*), "
        f"list_slice(list([CAST({ROW} AS VARCHAR), coalesce(found, '')] ORDER BY {ROW}), 1, {EXAMPLES}) "
        f"FROM {PROBLEMS} GROUP BY heading, code ORDER BY 4 DESC, 1, 2"
    ).fetchall()
    for heading, code, wanted, number, examples in rows:
        yield Problem(heading, code, wanted, number, tuple((int(r), f) for r, f in examples))


def expected(field: Field) -> str:
    """What a column of this field may hold, in words."""
    if field.allowed:
        return f"{'・'.join(field.allowed)} のどれか"
    words = EXPECTED.get(field.type, "空でない文字")
    ends = [
        *([f"{field.minimum:g} 以上"] if field.minimum is not None else []),
        *([f"{field.above:g} より大きい"] if field.above is not None else []),
        *([f"{field.maximum:g} 以下"] if field.maximum is not None else []),
    ]
    return f"{'、'.join(ends)}の{words}" if ends else words


def remedy(problem_code: str, found: str, field_type: str) -> str:
    """How one cell is mended."""
    if problem_code == "unreadable" and field_type in TIMES:
        return times.reason(found)
    return REMEDIES[problem_code]


REMEDIES = {
    "missing": "空欄です。値を入れてください",
    "unreadable": "このままでは読めません。表記を直すか、mapping の values に読み替えを書いてください",
    "out_of_range": "範囲の外です。単位と桁を確かめてください",
    "contradiction": "ほかの欄と食い違っています。両方を確かめてください",
    "repeated": "同じ内容の行がすでにあります（初めの行だけを取り込みます）",
    "ambiguous": "同じ番号で内容の違う行があります。正しい行だけを残してください",
}


def _one(connection: Connection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
