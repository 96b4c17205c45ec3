"""Contracts: what must hold in every warehouse, checked after a build and before the swap.

Four kinds: keys are unique and never NULL; every documented column keeps to its range or closed
list; names keep what they promise (`_pct` is a number, `lgcode` a known body, `missing` a kind of
missing); and the identities written in `sql/contracts/*.sql`, each a SELECT of breaching rows:

    -- table: stg_procedures
    -- オンラインとオンライン以外の件数の和は総数に等しい
    -- cases online and offline add up to all cases
    SELECT …
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ebpm.missing import Missing
from ebpm.sql_header import (
    ColumnDoc,
    HeaderError,
    Range,
    TableDoc,
    Text,
    documented,
    sql_files,
    tables,
)

FOLDER = "contracts"
REGISTRY = "stg_municipalities"
NUMERIC_NAME = re.compile(r".+_(pct|rate|days|per_1000|yen)")
NUMERIC_TYPE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*")
FINITE = {"ja": "実数の値はすべて有限である", "en": "every real number is finite"}
KINDS = ", ".join(f"'{kind}'" for kind in Missing)

Types = dict[str, str]
Connection = duckdb.DuckDBPyConnection


class ContractError(ValueError):
    """A contract is broken: which table and rule, the first breaching row, how many there are."""

    def __init__(self, table: str, rule: str, row: str = "", rows: int = 0) -> None:
        found = (
            f"に反する行が {rows:,} 件あります（最初の行：{row}）" if rows else "が守られていません"
        )
        super().__init__(
            f"{table}：「{rule}」{found}。data/figures と元の公表値を確かめてください。"
        )


@dataclass(frozen=True)
class RowRule:
    """A rule on single rows: `breach` is true where it is broken; NULL passes."""

    rule: Text
    breach: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """A rule in a file of its own: `sql` selects the breaching rows of `table`."""

    table: str
    rule: Text
    sql: str


@dataclass(frozen=True)
class Held:
    """A rule that was checked and holds."""

    table: str
    rule: Text
    rows: int


def check(connection: Connection) -> None:
    """Checks every contract and stores those that hold in the table `contract`.

    Raises ContractError at the first broken one, HeaderError where a header is malformed, names a
    column that its table lacks, or documents one twice.
    """
    known, docs = tables(), documented()
    types = {table.name: types_of(connection, table) for table in known.values()}
    held: list[Held] = []
    for table in known.values():
        _check_names(table, types[table.name], docs)
        held += _check_rows(connection, table, types[table.name], docs)
    for contract in contracts(known):
        held.append(_check_contract(connection, contract, known[contract.table]))
    _store(connection, held)


def types_of(connection: Connection, table: TableDoc) -> Types:
    """Columns of a table and their types, in their order."""
    rows = connection.execute(f"DESCRIBE {table.qualified}").fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def contracts(known: dict[str, TableDoc]) -> Iterator[Contract]:
    """The contracts that stand in files; raises HeaderError where a file lacks its three lines."""
    for name, sql in sql_files(FOLDER):
        match = re.match(r"-- table: (\w+)\n-- (.+)\n-- (.+)\n", sql)
        if match is None or match[1] not in known:
            raise HeaderError(
                f"{name}.sql", 1, "表の名前、日本語の規則、英語の規則の3行がありません"
            )
        yield Contract(match[1], {"ja": match[2], "en": match[3]}, sql)


def _check_names(table: TableDoc, types: Types, docs: dict[str, ColumnDoc]) -> None:
    """What can be told from names and types alone."""
    for doc in table.columns:
        if doc.name not in types:
            raise HeaderError(doc.file, doc.line, f"列 {doc.name} は {table.name} にありません")
    if absent := [column for column in table.key if column not in types]:
        raise HeaderError(f"{table.name}.sql", 3, f"キーの列 {absent[0]} は表にありません")
    for column, kind in types.items():
        numeric = NUMERIC_NAME.fullmatch(column) or isinstance(_rule(docs, column), Range)
        if numeric and not NUMERIC_TYPE.fullmatch(kind):
            raise ContractError(table.name, f"{column} は数値（いまは {kind}）")
        if column == "lgcode" and kind != "VARCHAR":
            raise ContractError(table.name, f"lgcode は文字列（いまは {kind}）")


def _check_rows(
    connection: Connection, table: TableDoc, types: Types, docs: dict[str, ColumnDoc]
) -> list[Held]:
    """The key, and all rules on single rows in one pass over the table."""
    rules = list(_row_rules(table, types, docs))
    counts = ", ".join(f"count(*) FILTER (WHERE {rule.breach})" for rule in rules)
    rows, *breaches = _one(connection, f"SELECT count(*), {counts} FROM {table.qualified}")
    for rule, broken in zip(rules, breaches, strict=True):
        if broken:
            shown = ", ".join(dict.fromkeys([*table.key, *rule.columns]))
            order = ", ".join(table.key)
            first = f"SELECT {shown} FROM {table.qualified} WHERE {rule.breach} ORDER BY {order}"
            raise _broken(connection, table.name, rule.rule, first, broken)
    return [_unique(connection, table, rows), *(Held(table.name, r.rule, rows) for r in rules[1:])]


def _unique(connection: Connection, table: TableDoc, rows: int) -> Held:
    key, rule = ", ".join(table.key), _key_rule(table)
    twice = f"SELECT {key}, count(*) AS rows FROM {table.qualified} GROUP BY ALL HAVING rows > 1"
    (repeated,) = _one(connection, f"SELECT count(*) FROM ({twice})")
    if repeated:
        raise _broken(connection, table.name, rule, f"{twice} ORDER BY ALL", repeated)
    return Held(table.name, rule, rows)


def _row_rules(table: TableDoc, types: Types, docs: dict[str, ColumnDoc]) -> Iterator[RowRule]:
    """The rules that a table's names imply; the key's completeness is the first."""
    incomplete = " OR ".join(f"{column} IS NULL" for column in table.key)
    yield RowRule(_key_rule(table), incomplete, ())
    if real := [column for column, kind in types.items() if kind in {"DOUBLE", "FLOAT"}]:
        infinite = " OR ".join(f"NOT isfinite({column})" for column in real)
        yield RowRule(FINITE, infinite, tuple(real))
    for column, kind in types.items():
        if column == "lgcode":
            yield _known_body(table)
        if column == "missing" or column.endswith("_missing"):
            yield from _missing_rules(column, types)
        if rule := _rule(docs, column):
            yield RowRule(column_rule(column, rule), _outside(column, kind, rule), (column,))


def column_rule(column: str, rule: Range | Sequence[str]) -> Text:
    """The rule of a documented column in words."""
    return {"ja": f"{column}は{said(rule)['ja']}", "en": f"{column} is {said(rule)['en']}"}


def _row_rule(breach: str, ja: str, en: str, *columns: str) -> RowRule:
    """A rule whose words follow the names of its columns."""
    rule = {"ja": "と".join(columns) + ja, "en": " and ".join(columns) + en}
    return RowRule(rule, breach, columns)


def _known_body(table: TableDoc) -> RowRule:
    if table.name == REGISTRY:
        breach = r"NOT regexp_full_match(lgcode, '\d{6}')"
        return _row_rule(breach, "は数字6桁である", " is six digits", "lgcode")
    unknown = f"lgcode NOT IN (SELECT lgcode FROM staging.{REGISTRY})"
    return _row_rule(unknown, "は団体の一覧にある", " is in the list of bodies", "lgcode")


def _missing_rules(column: str, types: Types) -> Iterator[RowRule]:
    """Only known kinds; and where the table holds the value too, exactly one of both is given."""
    yield _row_rule(
        f"{column} NOT IN ({KINDS})",
        "は定められた種類に限る",
        " is a known kind of missing",
        column,
    )
    value = "value" if column == "missing" else column.removesuffix("_missing")
    if value in types:
        breach = f"({value} IS NULL) = ({column} IS NULL)"
        ja, en = "は、必ずどちらか一方だけがある", ": exactly one of them is given"
        yield _row_rule(breach, ja, en, value, column)


def _outside(column: str, kind: str, rule: Range | Sequence[str]) -> str:
    """The condition that a value breaches its rule; NULL passes."""
    if isinstance(rule, Range):
        ends = [(rule.low, "<"), (rule.high, ">")]
        return " OR ".join(f"{column} {sign} {end}" for end, sign in ends if end is not None)
    if NUMERIC_TYPE.fullmatch(kind):
        return f"{column} NOT IN ({', '.join(rule)})"
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in rule)
    return f"CAST({column} AS VARCHAR) NOT IN ({values})"


def said(rule: Range | Sequence[str]) -> Text:
    """A rule in words."""
    if not isinstance(rule, Range):
        return {"ja": "、".join(rule) + "のいずれか", "en": "one of " + ", ".join(rule)}
    if rule.low is not None and rule.high is not None:
        return {"ja": f"{rule.low}以上{rule.high}以下", "en": f"{rule.low} to {rule.high}"}
    if rule.low is not None:
        return {"ja": f"{rule.low}以上", "en": f"{rule.low} or more"}
    return {"ja": f"{rule.high}以下", "en": f"{rule.high} or less"}


def _rule(docs: dict[str, ColumnDoc], column: str) -> Range | tuple[str, ...] | None:
    return docs[column].rule if column in docs else None


def _key_rule(table: TableDoc) -> Text:
    ja, en = "、".join(table.key), ", ".join(table.key)
    return {"ja": f"キー（{ja}）に重複や欠けはない", "en": f"the key ({en}) is unique and complete"}


def _check_contract(connection: Connection, contract: Contract, table: TableDoc) -> Held:
    (broken,) = _one(connection, f"SELECT count(*) FROM ({contract.sql})")
    if broken:
        raise _broken(connection, contract.table, contract.rule, contract.sql, broken)
    (rows,) = _one(connection, f"SELECT count(*) FROM {table.qualified}")
    return Held(contract.table, contract.rule, rows)


def _broken(
    connection: Connection, table: str, rule: Text, breaches: str, rows: int
) -> ContractError:
    found = connection.execute(breaches)
    names = [column[0] for column in found.description or []]
    first = found.fetchone()
    assert first is not None
    row = "、".join(f"{name}={value}" for name, value in zip(names, first, strict=True))
    return ContractError(table, rule["ja"], row, rows)


def _one(connection: Connection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return tuple(row)


def _store(connection: Connection, held: list[Held]) -> None:
    connection.execute(
        "CREATE TABLE contract (table_name VARCHAR, rule_ja VARCHAR, rule_en VARCHAR, "
        "rows_checked BIGINT)"
    )
    connection.executemany(
        "INSERT INTO contract VALUES (?, ?, ?, ?)",
        [[rule.table, rule.rule["ja"], rule.rule["en"], rule.rows] for rule in held],
    )
