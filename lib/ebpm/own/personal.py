"""Columns that hold what no form asks for: names, addresses, telephones, e-mail, running text.

They are told by their heading and, whatever that says, by their content. A column that the mapping
does not read is never loaded; here it is named, so that somebody decides that it is dropped.

What is caught by content: e-mail addresses, Japanese and North American telephone numbers, Japanese
and US street addresses, points on a map, running text. Names of persons are told by the heading
alone: no list of names would be whole, and every 手続名 would be suspected.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from ebpm.own.forms import Form
from ebpm.own.mapped import Mapping
from ebpm.own.matching import is_personal

SHARE = 0.3
# From so many values of its kind on, a column is told even where most hold something else.
FEW = 3
LOOKED_AT = 2_000
LONG_TEXT = 30

CONTENT = {
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
    "phone": r"(?:^|[^0-9０-９])(?:[0０][0-9０-９]{1,4}[-ー－‐(（][0-9０-９]{1,4}[-ー－‐)）][0-9０-９]{3,4}"
    r"|\+81[- ]?[0-9]{1,4}[- ]?[0-9]{1,4}[- ]?[0-9]{3,4}|0[789]0[0-9]{8}"
    r"|\(?[2-9][0-9]{2}\)?[-. ][0-9]{3}[-.][0-9]{4})(?:$|[^0-9０-９])",
    "address": r"(?:都|道|府|県|市|区|町|村).*(?:丁目|番地|[0-9０-９一二三四五六七八九十]+番)"
    r"|(?:都|道|府|県|市|区|町|村|大字|字)[^、。]{1,12}[0-9０-９]+[-ー－‐][0-9０-９]+"
    r"|^[0-9]+ [A-Z0-9 .]+ (?:ST|AVE|RD|BLVD|DR|LN|CT|WAY|PL|STREET|AVENUE|ROAD)\b",
    "place": r"^\(?-?[0-9]{1,3}\.[0-9]+, ?-?[0-9]{1,3}\.[0-9]+\)?$",
}
"""RE2 patterns of the kinds that content tells."""

HEADINGS = (
    ("email", re.compile(r"e-?mail|メール", re.IGNORECASE)),
    ("phone", re.compile(r"電話|携帯|ファクス|fax|phone|mobile|tel\b|連絡先", re.IGNORECASE)),
    ("address", re.compile(r"住所|番地|郵便番号|本籍|address|street|zip|post", re.IGNORECASE)),
    ("birth", re.compile(r"生年月日|誕生日|birth|dob", re.IGNORECASE)),
    ("place", re.compile(r"lat|lon|lng|緯度|経度|geo", re.IGNORECASE)),
    ("name", re.compile(r"")),
)
PLACE = re.compile(r"geo ?location|緯度|経度|座標", re.IGNORECASE)
FREE_TEXT = re.compile(
    r"自由記述|自由意見|備考|コメント|ご意見|comment|remark|note|free ?text", re.IGNORECASE
)
WORDS = {
    "name": "氏名とみられます",
    "address": "住所とみられます",
    "phone": "電話番号とみられます",
    "email": "メールアドレスとみられます",
    "birth": "生年月日とみられます",
    "place": "場所（地図上の位置）とみられます",
    "free_text": "自由記述とみられます",
}


@dataclass(frozen=True)
class Personal:
    """A column with personal data: which kind, why, and an example's row (never its value)."""

    heading: str
    kind: str
    why: str
    row: int


def personal_columns(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    headings: Sequence[str],
    mapped: AbstractSet[str],
) -> Iterator[Personal]:
    """The columns (c0, c1 … in the order of the headings) that hold personal data; not mapped ones."""
    for index, heading in enumerate(headings):
        if heading in mapped:
            continue
        column = f"c{index}"
        first = _first_row(connection, table, column)
        if first is None:
            continue
        if kind := kind_of_heading(heading):
            yield Personal(heading, kind, f"見出しから{WORDS[kind]}", first)
        elif found := _by_content(connection, table, column):
            kind, row = found
            yield Personal(heading, kind, f"内容から{WORDS[kind]}", row)


def personal_in_mapped(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    headings: Sequence[str],
    form: Form,
    mapping: Mapping,
) -> Iterator[Personal]:
    """Mapped columns whose content is personal all the same; pseudonyms are hashed, and fine."""
    for key, heading in mapping.columns.items():
        if form.field(key).type not in {"category", "text"}:
            continue
        found = _by_content(connection, table, f"c{headings.index(heading)}")
        if found and found[0] != "free_text":
            kind, row = found
            yield Personal(heading, kind, f"内容から{WORDS[kind]}", row)


def kind_of_heading(heading: str) -> str | None:
    """The kind of personal data that a heading announces; None for any other."""
    if FREE_TEXT.search(heading):
        return "free_text"
    if PLACE.search(heading):
        return "place"
    if not is_personal(heading):
        return None
    return next(kind for kind, pattern in HEADINGS if pattern.search(heading))


def _by_content(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> tuple[str, int] | None:
    """The kind that the distinct values of a column are of, and a row in which one stands."""
    counts = ", ".join("count(*) FILTER (regexp_matches(v, ?))" for _ in CONTENT)
    rows = connection.execute(
        f"SELECT count(*), median(length(v)), avg((v LIKE '%。%')::INTEGER), {counts} FROM "
        f"(SELECT DISTINCT {column} AS v FROM {table} WHERE {column} IS NOT NULL LIMIT {LOOKED_AT})",
        list(CONTENT.values()),
    ).fetchall()
    distinct, length, sentences, *found = rows[0]
    if not distinct:
        return None
    for kind, number in zip(CONTENT, found, strict=True):
        if number >= SHARE * distinct or (kind in {"email", "phone"} and number >= FEW):
            return kind, _row_with(connection, table, column, CONTENT[kind])
    if sentences > SHARE or (distinct > FEW and length >= LONG_TEXT and sentences > 0):
        return "free_text", _row_with(connection, table, column, "。")
    return None


def _row_with(connection: duckdb.DuckDBPyConnection, table: str, column: str, pattern: str) -> int:
    rows = connection.execute(
        f"SELECT min(row_number) FROM {table} WHERE regexp_matches({column}, ?)", [pattern]
    ).fetchall()
    return int(rows[0][0] or 0)


def _first_row(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> int | None:
    """The first row in which a column holds something; None for a blank column."""
    rows = connection.execute(
        f"SELECT min(row_number) FROM {table} WHERE trim({column}) <> ''"
    ).fetchall()
    return None if rows[0][0] is None else int(rows[0][0])
