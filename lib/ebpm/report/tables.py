"""Tables of data: on the page, and as a CSV file inside a link."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from ebpm.dates import written
from ebpm.report.markup import Html, el, hidden, join, slug
from ebpm.report.model import Payload
from ebpm.report.numbers import format_number, is_number, is_numeric
from ebpm.report.payload import PayloadError
from ebpm.report.state import WIDE_COLUMNS, Page
from ebpm.report.words import MISSING_KINDS

LANDSCAPE_COLUMNS = 9
TEXT_FORMATS = ("text", "date")
SHORT_ROWS = 15
CSV_DIGITS = 9
CSV_ADDRESS = "data:text/csv;charset=utf-8,"
_UNQUOTED = ",.-_"
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_FORMULA_BLANKS = ("\t", "\r", "\n")

Row = Sequence[Any]


def data_table(page: Page, payload: Payload, caption: Html, label: str) -> Html:
    """A table with caption and scopes; a wide one in a region that scrolls by itself."""
    columns, rows = _shape(payload)
    head = el("tr", [_heading(page, column) for column in columns])
    numbers = _mostly_numbers(columns)
    body = [el("tr", _cells(page, columns, row, numbers=numbers)) for row in rows]
    table = el(
        "table",
        el("caption", caption),
        el("thead", head),
        el("tbody", body),
        class_=_kinds(rows, numbers=numbers),
    )
    if len(columns) < WIDE_COLUMNS:
        return el("div", table, class_="tablebox")
    landscape = " landscape" if len(columns) >= LANDSCAPE_COLUMNS else ""
    return el(
        "div",
        table,
        class_="scroll" + landscape,
        role="region",
        tabindex=0,
        aria_label=page.region_label(label),
    )


def csv_link(page: Page, payload: Payload, label: str, number: str) -> Html:
    """The same rows as a file: UTF-8 with byte order mark, for Japanese Excel (RFC 4180)."""
    text = join(page.word("csv"), hidden(f"{page.word('colon')}{label}"))
    href = data_address(csv_bytes(page, payload))
    name = f"{slug(page.name.removesuffix('.ipynb'), 'report')}-{number}.csv"
    return el("p", el("a", text, href=href, download=name), class_="csv")


def _kinds(rows: Sequence[Row], *, numbers: bool) -> str | None:
    """Short enough to stay on one sheet; and whether most cells are numbers."""
    kinds = {"short": len(rows) <= SHORT_ROWS, "numbers": numbers}
    return " ".join(kind for kind, holds in kinds.items() if holds) or None


def _mostly_numbers(columns: Sequence[Payload]) -> bool:
    numeric = [is_numeric(column.get("format", "text")) for column in columns[1:]]
    return 2 * sum(numeric) > len(numeric)


def data_address(content: bytes) -> str:
    """The file inside its link; letters and digits stay as they are (URL Standard, data: URLs)."""
    text = content.decode("utf-8")
    return CSV_ADDRESS + "".join(c if c.isalnum() or c in _UNQUOTED else quote(c) for c in text)


def data_of(address: str) -> bytes:
    """The file that a link made by `data_address` holds."""
    return unquote(address.removeprefix(CSV_ADDRESS)).encode("utf-8")


def csv_bytes(page: Page, payload: Payload, digits: int | None = CSV_DIGITS) -> bytes:
    """The rows as a file; numbers to so many significant digits, or (None) as they are."""
    columns, rows = _shape(payload)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(
        [_no_formula(page.pick(column.get("label")) + _unit(page, column)) for column in columns]
    )
    for row in rows:
        writer.writerow([_csv_value(page, value, digits) for value in row])
    return buffer.getvalue().encode("utf-8-sig")


def missing_text(page: Page, value: object) -> str | None:
    """The label of a missing value's kind; None for a value, or a text in both languages."""
    if isinstance(value, Mapping) and "ja" not in value:
        kind = value.get("missing")
        if kind not in MISSING_KINDS:
            raise PayloadError(f"table cell: {kind!r} is no kind of missing value")
        return page.word(f"missing_{kind}")
    return None


def _shape(payload: Payload) -> tuple[list[Payload], list[Row]]:
    columns, rows = payload["columns"], payload["rows"]
    for column in columns:
        if (fmt := column.get("format", "text")) not in TEXT_FORMATS and not is_numeric(fmt):
            raise PayloadError(f"table: {fmt!r} is no cell format")
    if any(len(row) != len(columns) for row in rows):
        raise PayloadError("table: a row has more or fewer cells than there are columns")
    return columns, rows


def _unit(page: Page, column: Payload) -> str:
    unit = page.pick(column.get("unit"))
    opening, closing = ("（", "）") if page.lang == "ja" else (" (", ")")
    return f"{opening}{unit}{closing}" if unit else ""


def _heading(page: Page, column: Payload) -> Html:
    numeric = is_numeric(column.get("format", "text"))
    unit = _unit(page, column)
    label = join(
        page.text(column.get("label")), unit and el("span", page.text(unit), class_="unit")
    )
    return el("th", label, scope="col", class_="num" if numeric else None)


def _cells(page: Page, columns: Sequence[Payload], row: Row, *, numbers: bool) -> list[Html]:
    formats = [column.get("format", "text") for column in columns]
    return [
        _cell(page, value, fmt, first=i == 0, numbers=numbers)
        for i, (value, fmt) in enumerate(zip(row, formats, strict=True))
    ]


def _cell(page: Page, value: object, fmt: str, *, first: bool, numbers: bool) -> Html:
    """A cell; it names its kind where that is not the kind of most cells of its table."""
    numeric = is_numeric(fmt)
    content = _content(page, value, fmt)
    if first and not numeric:
        return el("th", content, scope="row")
    return el("td", content, class_=None if numeric == numbers else "num" if numeric else "txt")


def _content(page: Page, value: object, fmt: str) -> Html:
    label = missing_text(page, value)
    if label is not None:
        return el("span", label, class_="missing")
    if value is None or (isinstance(value, float) and not is_number(value)):
        return join(el("span", "－", aria_hidden="true"), hidden(page.word("no_value")))
    if is_number(value) and is_numeric(fmt):
        return join(format_number(float(str(value)), fmt))
    if fmt == "date":
        return page.text(written(page.pick(value), page.lang))
    return page.rich(value)


def _csv_value(page: Page, value: object, digits: int | None) -> str:
    label = missing_text(page, value)
    if label is not None:
        return label
    if value is None or (isinstance(value, float) and not is_number(value)):
        return ""
    return _csv_number(value, digits) if is_number(value) else _no_formula(page.pick(value))


def _csv_number(value: Any, digits: int | None) -> str:
    """Few enough digits that another machine's last bits change nothing; counts as they are."""
    number = float(value)
    if digits is None or number.is_integer() or abs(number) >= 10**digits:
        return repr(value)
    return repr(float(f"{number:.{digits}g}"))


def _no_formula(text: str) -> str:
    """A text that a spreadsheet could run as a formula is led by an apostrophe (OWASP)."""
    runs = text.lstrip().startswith(_FORMULA_STARTS) and len(text.strip()) > 1
    return "'" + text if runs or text.startswith(_FORMULA_BLANKS) else text
