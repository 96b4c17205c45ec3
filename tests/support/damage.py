"""Kinds of damage to a published file: to its bytes, or to the table that it holds.

A damage turns an undamaged excerpt into the bytes of a damaged file. `harmful`: it must not go
unnoticed; the others (a byte order mark, other line ends) may be read as if nothing had happened.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from support.excerpts import Excerpt, Rows, Spot, written

Make = Callable[[Excerpt], bytes]
ChangeRows = Callable[[Rows, Spot], Rows | None]

TO_FULL_WIDTH = str.maketrans("0123456789.%", "０１２３４５６７８９．％")
HTML = (
    "<!DOCTYPE html>\n<html lang='ja'><head><title>404 Not Found</title></head>\n"
    "<body><h1>お探しのページは見つかりません</h1></body></html>\n"
).encode()


@dataclass(frozen=True)
class Damage:
    """One kind of damage, and the file types and columns that it needs."""

    name: str
    make: Make
    suffixes: frozenset[str]
    harmful: bool = True
    need: str = ""
    of_table: bool = False

    def fits(self, excerpt: Excerpt) -> bool:
        """Whether an excerpt has what the damage needs."""
        if excerpt.suffix not in self.suffixes:
            return False
        spot = excerpt.spot
        return spot.has(self.need) if spot else not self.of_table

    def __str__(self) -> str:
        return self.name


ANY = frozenset({".csv", ".xls", ".xlsx", ".parquet", ".json"})
CSV = frozenset({".csv"})
TABLES = frozenset({".csv", ".xls", ".xlsx"})

ALL: list[Damage] = []


def of_bytes(
    name: str, suffixes: frozenset[str] = CSV, *, harmful: bool = True
) -> Callable[[Callable[[bytes, str], bytes]], Callable[[bytes, str], bytes]]:
    """Registers a damage of the bytes; it gets the content and the encoding."""

    def register(change: Callable[[bytes, str], bytes]) -> Callable[[bytes, str], bytes]:
        def make(excerpt: Excerpt) -> bytes:
            return change(excerpt.content, excerpt.encoding.removesuffix("-sig"))

        ALL.append(Damage(name, make, suffixes, harmful))
        return change

    return register


def of_rows(
    name: str, need: str = "", *, harmful: bool = True, suffixes: frozenset[str] = TABLES
) -> Callable[[ChangeRows], ChangeRows]:
    """Registers a damage of the table; it may change the rows in place."""

    def register(change: ChangeRows) -> ChangeRows:
        def make(excerpt: Excerpt) -> bytes:
            assert excerpt.spot is not None
            rows = [list(row) for row in excerpt.rows]
            changed = change(rows, excerpt.spot)
            return written(changed or rows, excerpt.suffix, excerpt.encoding)

        ALL.append(Damage(name, make, suffixes, harmful, need, of_table=True))
        return change

    return register


# bytes of any file


@of_bytes("zero_length", ANY)
def _(content: bytes, encoding: str) -> bytes:
    return b""


@of_bytes("only_zeros", ANY)
def _(content: bytes, encoding: str) -> bytes:
    return bytes(4096)


@of_bytes("html_error_page", ANY)
def _(content: bytes, encoding: str) -> bytes:
    return HTML


@of_bytes("random_bytes", ANY)
def _(content: bytes, encoding: str) -> bytes:
    return random.Random(1).randbytes(4096)


@of_bytes("first_half_only", frozenset({".xls", ".xlsx", ".parquet", ".json"}))
def _(content: bytes, encoding: str) -> bytes:
    return content[: len(content) // 2]


@of_bytes("last_bytes_missing", frozenset({".xlsx", ".parquet", ".json"}))
def _(content: bytes, encoding: str) -> bytes:
    return content[:-7]


# bytes of a text file


@of_bytes("other_japanese_encoding")
def _(content: bytes, encoding: str) -> bytes:
    other = "utf-8" if encoding == "cp932" else "cp932"
    return ("市" + content.decode(encoding).removeprefix("\ufeff")).encode(other, "replace")


@of_bytes("utf_16", CSV | {".json"})
def _(content: bytes, encoding: str) -> bytes:
    return content.decode(encoding).removeprefix("\ufeff").encode("utf-16")


@of_bytes("undecodable_byte", CSV | {".json"})
def _(content: bytes, encoding: str) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff" + content[middle:]


@of_bytes("byte_order_mark_added", CSV | {".json"}, harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    return b"\xef\xbb\xbf" + content.removeprefix(b"\xef\xbb\xbf")


@of_bytes("byte_order_mark_removed", harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    return content.removeprefix(b"\xef\xbb\xbf")


@of_bytes("byte_order_mark_twice", harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    return b"\xef\xbb\xbf" * 2 + content.removeprefix(b"\xef\xbb\xbf")


@of_bytes("line_ends_cr_only", harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    return content.replace(b"\r\n", b"\r")


@of_bytes("line_ends_mixed", harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    lines = content.split(b"\r\n")
    ends = (b"\n", b"\r\n", b"\r")
    return b"".join(line + ends[n % 3] for n, line in enumerate(lines[:-1])) + lines[-1]


@of_bytes("nul_byte")
def _(content: bytes, encoding: str) -> bytes:
    comma = content.index(b",", len(content) // 2)
    return content[:comma] + b"\0" + content[comma:]


@of_bytes("block_of_zeros")
def _(content: bytes, encoding: str) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(512) + content[middle + 512 :]


@of_bytes("cut_within_a_row")
def _(content: bytes, encoding: str) -> bytes:
    middle = content.index(b",", len(content) * 3 // 4)
    return content[: middle + 1]


@of_bytes("cut_within_the_last_cell")
def _(content: bytes, encoding: str) -> bytes:
    return content.rstrip(b"\r\n,")[:-1]


@of_bytes("cut_within_a_character")
def _(content: bytes, encoding: str) -> bytes:
    comma = content.index(b",", len(content) // 2)
    return content[: comma + 1] + "市".encode(encoding)[:-1]


@of_bytes("quote_that_never_closes")
def _(content: bytes, encoding: str) -> bytes:
    start = content.index(b"\n", len(content) // 2) + 1
    return content[:start] + b'"' + content[start:]


@of_bytes("doubled_quotes")
def _(content: bytes, encoding: str) -> bytes:
    start = content.index(b"\n", len(content) // 2) + 1
    end = content.index(b",", start)
    return content[:start] + b'""' + content[start:end] + b'""' + content[end:]


@of_bytes("separator_semicolon")
def _(content: bytes, encoding: str) -> bytes:
    return content.replace(b",", b";")


@of_bytes("separator_tab")
def _(content: bytes, encoding: str) -> bytes:
    return content.replace(b",", b"\t")


@of_bytes("a_million_blank_lines", harmful=False)
def _(content: bytes, encoding: str) -> bytes:
    return content + b"\r\n" * 1_000_000


@of_bytes("a_workbook_named_csv")
def _(content: bytes, encoding: str) -> bytes:
    return written([["団体コード"], ["011002"]], ".xlsx")


# the table: shape


@of_rows("a_cell_too_many")
def _(rows: Rows, spot: Spot) -> None:
    rows[spot.row].insert(1, "架空")


@of_rows("a_cell_too_few")
def _(rows: Rows, spot: Spot) -> None:
    del rows[spot.row][1]


@of_rows("title_row_above", harmful=False)
def _(rows: Rows, spot: Spot) -> None:
    rows.insert(0, ["架空の表題"])


@of_rows("header_in_row_7", harmful=False)
def _(rows: Rows, spot: Spot) -> Rows:
    above = [[f"注意書き{n}"] for n in range(7 - spot.header_rows)]
    return [*above, *rows]


@of_rows("header_one_column_to_the_right")
def _(rows: Rows, spot: Spot) -> None:
    for row in rows[: spot.header_rows]:
        row.insert(0, "")


@of_rows("table_one_column_to_the_right", harmful=False)
def _(rows: Rows, spot: Spot) -> None:
    for row in rows:
        row.insert(0, "")


@of_rows("heading_renamed", "number")
def _(rows: Rows, spot: Spot) -> None:
    for row in rows[: spot.header_rows]:
        row[spot.number] = "架空の項目"


@of_rows("two_headings_swapped", "number")
def _(rows: Rows, spot: Spot) -> None:
    for row in rows[: spot.header_rows]:
        one = spot.number
        row[one], row[one - 1] = row[one - 1], row[one]


@of_rows("a_column_missing", "number")
def _(rows: Rows, spot: Spot) -> None:
    for row in rows:
        del row[spot.number : spot.number + 1]


@of_rows("a_column_twice", "number")
def _(rows: Rows, spot: Spot) -> None:
    for row in rows:
        row.insert(spot.number, row[spot.number] if len(row) > spot.number else "")


@of_rows("no_rows_of_data")
def _(rows: Rows, spot: Spot) -> Rows:
    return rows[: spot.header_rows]


@of_rows("a_hundred_thousand_blank_columns", harmful=False, suffixes=CSV)
def _(rows: Rows, spot: Spot) -> None:
    for row in rows[: spot.row]:
        row.extend([""] * 100_000)


@of_rows("a_row_of_another_table")
def _(rows: Rows, spot: Spot) -> None:
    rows.insert(spot.row, ["架空の見出し", "１", "", "円"])


# the table: identity


@of_rows("a_row_twice")
def _(rows: Rows, spot: Spot) -> None:
    rows.insert(spot.row, list(rows[spot.row]))


@of_rows("a_row_twice_with_another_value", "number")
def _(rows: Rows, spot: Spot) -> None:
    rows.insert(spot.row, list(rows[spot.row]))
    own = rows[spot.row][spot.number]
    others = (row[spot.number] for row in rows[spot.row + 2 :])
    rows[spot.row][spot.number] = next(other for other in others if other != own)


@of_rows("code_of_another_body", "code")
def _(rows: Rows, spot: Spot) -> None:
    rows[spot.row][spot.code] = rows[spot.row + 6][spot.code]


@of_rows("code_without_its_zero", "code", harmful=False)
def _(rows: Rows, spot: Spot) -> None:
    rows[spot.row][spot.code] = str(rows[spot.row][spot.code]).replace("0", "", 1)


@of_rows("code_with_a_wrong_last_digit", "code")
def _(rows: Rows, spot: Spot) -> None:
    code = str(rows[spot.row][spot.code])
    rows[spot.row][spot.code] = code[:-1] + str((int(code[-1]) + 1) % 10)


@of_rows("code_blank", "code", harmful=False)
def _(rows: Rows, spot: Spot) -> None:
    rows[spot.row][spot.code] = ""


@of_rows("name_of_another_body", "name")
def _(rows: Rows, spot: Spot) -> None:
    other = rows[0][spot.name + 1] if spot.across else rows[spot.row + 6][spot.name]
    rows[0 if spot.across else spot.row][spot.name] = other


@of_rows("name_with_a_line_break", "name", harmful=False)
def _(rows: Rows, spot: Spot) -> None:
    place = rows[0 if spot.across else spot.row]
    place[spot.name] = "架空\r\n" + str(place[spot.name])


# the table: values


@of_rows("impossible_date", "date")
def _(rows: Rows, spot: Spot) -> None:
    dash = "-" if "-" in rows[spot.row][spot.date] else "/"
    rows[spot.row][spot.date] = dash.join(["2021", "02", "30"])


def full_width(own: object) -> str:
    """A number as people type it in a Japanese form; it still says the same."""
    return str(own).translate(TO_FULL_WIDTH)


def of_text(name: str, text: Callable[[object], str], *, harmful: bool = True) -> None:
    """Registers a text in the place of a number; it may hold the number that stood there."""

    def change(rows: Rows, spot: Spot) -> None:
        rows[spot.row][spot.number] = text(rows[spot.row][spot.number])

    of_rows(f"number_{name}", "number", harmful=harmful)(change)


of_text("full_width", full_width, harmful=False)
of_text("with_quote_mark", lambda own: f"'{own}", harmful=True)
for key, wrong in {
    "about_100": "約100",
    "misplaced_separators": "1,23,4",
    "exponent": "1e5",
    "infinity_sign": "∞",
    "infinity_word": "inf",
    "not_a_number": "NaN",
    "dash": "-",
    "hexadecimal": "0x10",
    "underscore": "1_0",
    "full_width_per_cent": "１２．３％",
    "negative_triangle": "△5",
    "negative": "-5",
    "out_of_range": "9" * 15,
    "word": "不明",
    "two_numbers": "12 34",
}.items():
    of_text(key, lambda own, wrong=wrong: wrong)

STATED = {"number_negative_triangle": -5.0, "number_negative": -5.0}
"""What a text says where a value may be negative: that value is not wrong, but what stands there."""
