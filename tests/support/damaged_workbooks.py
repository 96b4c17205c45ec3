"""Kinds of damage that only a workbook, a Parquet file or a TopoJSON can have."""

from __future__ import annotations

import datetime
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msoffcrypto
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from support.damage import ALL, Damage
from support.excerpts import Excerpt, Spot, written
from support.published import published

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
XLSX, XLS = frozenset({".xlsx"}), frozenset({".xls"})
BOMB_BYTES = 210_000_000
LOL = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
)


def of_book(
    name: str, *, harmful: bool = True, suffixes: frozenset[str] = XLSX, of_table: bool = True
) -> Callable[[Callable[[Excerpt], bytes]], Callable[[Excerpt], bytes]]:
    """Registers a damage of one file type."""

    def register(make: Callable[[Excerpt], bytes]) -> Callable[[Excerpt], bytes]:
        ALL.append(Damage(name, make, suffixes, harmful, of_table=of_table))
        return make

    return register


def of_cells(name: str, *, harmful: bool = True) -> Callable[[Any], Any]:
    """Registers a change of an .xlsx through openpyxl: sheet and spot (rows from 0) in."""

    def register(change: Callable[[Worksheet, Spot], None]) -> Any:
        @of_book(name, harmful=harmful)
        def make(excerpt: Excerpt) -> bytes:
            book = openpyxl.load_workbook(io.BytesIO(excerpt.content))
            assert excerpt.spot is not None
            change(book.worksheets[0], excerpt.spot)
            stream = io.BytesIO()
            book.save(stream)
            return stream.getvalue()

        return change

    return register


def rezipped(content: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """An archive with its entries changed, and more entries."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, data in more.items():
            new.writestr(name, data)
    return stream.getvalue()


def of_part(name: str, part: str, change: Callable[[bytes], bytes], *, harmful: bool) -> None:
    """Registers a change of one part of an .xlsx, as bytes."""

    @of_book(name, harmful=harmful)
    def make(excerpt: Excerpt) -> bytes:
        return rezipped(
            excerpt.content, lambda entry, data: change(data) if entry == part else data
        )


# the file as a whole


@of_book("a_csv_named_as_a_workbook", suffixes=XLSX | XLS)
def _(excerpt: Excerpt) -> bytes:
    return written(excerpt.rows, ".csv")


@of_book("an_xls_named_xlsx", harmful=False)
def _(excerpt: Excerpt) -> bytes:
    return written(excerpt.rows, ".xls")


@of_book("an_xlsx_named_xls", suffixes=XLS, harmful=False)
def _(excerpt: Excerpt) -> bytes:
    return written(excerpt.rows, ".xlsx")


@of_book("locked_by_a_password")
def _(excerpt: Excerpt) -> bytes:
    stream = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(excerpt.content)).encrypt("secret", stream)
    return stream.getvalue()


@of_book("locked_by_a_password", suffixes=XLS)
def _(excerpt: Excerpt) -> bytes:
    """The record behind the first BOF becomes FILEPASS, the mark of an encrypted stream."""
    content = bytearray(excerpt.content)
    start = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 4 + 16
    content[start : start + 2] = struct.pack("<H", 0x2F)
    return bytes(content)


# bombs


@of_book("bomb_of_a_declared_size")
def _(excerpt: Excerpt) -> bytes:
    return rezipped(excerpt.content, lambda _, data: data, **{"xl/media/a.bin": bytes(BOMB_BYTES)})


@of_book("bomb_of_nested_archives", harmful=False)
def _(excerpt: Excerpt) -> bytes:
    inner = rezipped(excerpt.content, lambda _, data: data, bomb=bytes(BOMB_BYTES))
    return rezipped(excerpt.content, lambda _, data: data, **{"xl/embeddings/inner.zip": inner})


@of_book("bomb_of_many_entries")
def _(excerpt: Excerpt) -> bytes:
    many = {f"xl/media/{number}": b"" for number in range(3_000)}
    return rezipped(excerpt.content, lambda _, data: data, **many)


def _understated(whole: bytes, part: str) -> bytes:
    """A part that unpacks to far more than the archive declares, in both places."""
    filler = b"<!--" + b"x" * BOMB_BYTES + b"-->"
    content = rezipped(
        whole,
        lambda name, data: (
            data.replace(b"<sst", filler + b"<sst").replace(b"<worksheet", filler + b"<worksheet")
            if name == part
            else data
        ),
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        true = struct.pack("<I", archive.getinfo(part).file_size)
    assert content.count(true) == 2
    return content.replace(true, struct.pack("<I", 1_000))


@of_book("bomb_of_an_understated_sheet")
def _(excerpt: Excerpt) -> bytes:
    return _understated(excerpt.content, SHEET)


@of_book("bomb_of_understated_texts")
def _(excerpt: Excerpt) -> bytes:
    return _understated(published(excerpt.name).read_bytes(), STRINGS)


def _with_entities(data: bytes) -> bytes:
    declared = b"<!DOCTYPE x [" + LOL.encode() + b"]>"
    head, mark, rest = data.partition(b"?>")
    if not mark:
        head, rest = b'<?xml version="1.0"', data
    return (
        head + b"?>" + declared + rest.replace(b"</v>", b"&l9;</v>").replace(b"</t>", b"&l9;</t>")
    )


of_part("bomb_of_entities_in_the_sheet", SHEET, _with_entities, harmful=True)


@of_book("bomb_of_entities_in_the_texts")
def _(excerpt: Excerpt) -> bytes:
    whole = published(excerpt.name).read_bytes()
    return rezipped(whole, lambda name, data: _with_entities(data) if name == STRINGS else data)


def _in_sheet(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


END = b"</sheetData>"
of_part(
    "a_row_at_the_end_without_references",
    SHEET,
    _in_sheet(END, b'<row r="1048576">' + b"<c><v>1</v></c>" * 10_000 + b"</row>" + END),
    harmful=True,
)
of_part(
    "a_million_blank_rows",
    SHEET,
    _in_sheet(END, b"".join(b'<row r="%d"/>' % n for n in range(100, 1_000_100)) + END),
    harmful=False,
)
of_part(
    "sixteen_thousand_blank_columns",
    SHEET,
    _in_sheet(END, b'<row r="99"><c r="XFD99" t="inlineStr"><is><t></t></is></c></row>' + END),
    harmful=False,
)
of_part("a_sheet_cut_short", SHEET, lambda data: data[: len(data) // 2], harmful=True)
of_part("no_sheet_data", SHEET, lambda data: b"", harmful=True)


# cells


@of_cells("cell_in_the_last_corner")
def _(sheet: Worksheet, spot: Spot) -> None:
    sheet["XFD1048576"] = 1


@of_cells("formula_without_result")
def _(sheet: Worksheet, spot: Spot) -> None:
    sheet.cell(spot.row + 1, spot.number + 1).value = "=1+1"


@of_book("formula_with_result", harmful=False)
def _(excerpt: Excerpt) -> bytes:
    assert excerpt.spot is not None
    value = str(excerpt.rows[excerpt.spot.row][excerpt.spot.number]).encode()
    place = f'r="{"ABCDEFGHI"[excerpt.spot.number]}{excerpt.spot.row + 1}"'.encode()
    with_formula = place + b' t="n"><f>1+1</f><v>' + value
    return rezipped(
        excerpt.content,
        lambda _, data: data.replace(place + b' t="n"><v>' + value, with_formula),
    )


@of_cells("merged_over_data")
def _(sheet: Worksheet, spot: Spot) -> None:
    sheet.merge_cells(None, spot.row + 1, spot.number + 1, spot.row + 3, spot.number + 1)


@of_cells("two_tables_in_one_sheet")
def _(sheet: Worksheet, spot: Spot) -> None:
    for row in list(sheet.iter_rows(max_row=spot.row, values_only=True)):
        sheet.append(row)


@of_cells("two_tables_side_by_side")
def _(sheet: Worksheet, spot: Spot) -> None:
    for number, row in enumerate(list(sheet.iter_rows(values_only=True)), start=1):
        for column, cell in enumerate(row, start=len(row) + 2):
            sheet.cell(number, column).value = cell


@of_cells("hidden_sheet_first", harmful=False)
def _(sheet: Worksheet, spot: Spot) -> None:
    hidden = sheet.parent.create_sheet("作業用", 0)
    hidden.sheet_state = "hidden"
    hidden["A1"] = "控え"


@of_cells("table_on_two_sheets")
def _(sheet: Worksheet, spot: Spot) -> None:
    sheet.parent.copy_worksheet(sheet)


@of_cells("numbers_as_text", harmful=False)
def _(sheet: Worksheet, spot: Spot) -> None:
    for row in sheet.iter_rows(min_row=spot.row + 1):
        for cell in row:
            cell.value = None if cell.value is None else str(cell.value)


@of_cells("codes_as_numbers", harmful=False)
def _(sheet: Worksheet, spot: Spot) -> None:
    assert spot.code is not None
    for (cell,) in sheet.iter_rows(spot.header_rows + 1, None, spot.code + 1, spot.code + 1):
        cell.value = int(cell.value) if str(cell.value).isdigit() else cell.value


def of_value(name: str, value: object) -> None:
    """Registers a cell of another type in the place of a number."""

    @of_cells(f"cell_{name}")
    def change(sheet: Worksheet, spot: Spot) -> None:
        cell = sheet.cell(spot.row + 1, spot.number + 1)
        cell.value = value


of_value("date", datetime.date(2021, 2, 3))
of_value("time", datetime.time(12, 30))
of_value("true", True)
of_value("false", False)
of_value("error_na", "#N/A")
of_value("error_div", "#DIV/0!")
of_value("error_ref", "#REF!")
of_value("huge", 1e300)
of_value("negative_huge", -1e15)


# Parquet


def of_parquet(name: str, select: str) -> None:
    """Registers another selection from the published Parquet file."""

    @of_book(name, suffixes=frozenset({".parquet"}), of_table=False)
    def make(excerpt: Excerpt) -> bytes:
        import tempfile

        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
            source, path = Path(folder) / "source.parquet", Path(folder) / "made.parquet"
            source.write_bytes(excerpt.content)
            connection.execute(f"COPY (SELECT {select} FROM '{source}' LIMIT 50) TO '{path}'")
            return path.read_bytes()


of_parquet("a_column_missing", '* EXCLUDE ("総手続件数")')
of_parquet("a_column_renamed", '* RENAME ("総手続件数" AS "件数")')
of_parquet("other_columns", "1 AS a, 2 AS b")
of_parquet("dates_for_counts", "* REPLACE (DATE '2021-02-03' AS \"総手続件数\")")
of_parquet("fractions_for_counts", '* REPLACE (1.5 AS "総手続件数")')
of_parquet("negative_counts", '* REPLACE (-1 AS "総手続件数")')
of_parquet("no_ids", '* REPLACE (NULL AS "手続ID")')
of_parquet("one_id_for_all", "* REPLACE ('1' AS \"手続ID\")")


# TopoJSON


def of_json(name: str, change: Callable[[Any], Any], *, harmful: bool = True) -> None:
    """Registers a change of the parsed content; None stands for a change in place."""

    @of_book(name, suffixes=frozenset({".json"}), of_table=False, harmful=harmful)
    def make(excerpt: Excerpt) -> bytes:
        content = json.loads(excerpt.content)
        changed = change(content)
        return json.dumps(changed or content, ensure_ascii=False).encode()


def _shapes(content: Any) -> Any:
    return next(iter(content["objects"].values()))["geometries"]


def _arcs_of(content: Any) -> Any:
    shape = _shapes(content)[3]
    return shape["arcs"][0] if shape["type"] == "Polygon" else shape["arcs"][0][0]


of_json("arc_that_is_not_there", lambda c: _arcs_of(c).append(10**9))
of_json("arc_far_below_zero", lambda c: _arcs_of(c).append(-(10**9)))
of_json("arc_that_is_a_text", lambda c: _arcs_of(c).append("1"))
of_json("ring_of_itself", lambda c: _arcs_of(c).extend(_arcs_of(c)[:] * 3))
of_json("ring_without_arcs", lambda c: _arcs_of(c).clear())
of_json("shape_without_arcs", lambda c: _shapes(c)[3].pop("arcs") and None)
of_json("shape_without_properties", lambda c: _shapes(c)[3].pop("properties") and None)
of_json("properties_of_a_text", lambda c: _shapes(c)[3].update(properties="x"))
of_json("geometries_of_numbers", lambda c: _shapes(c).append(1))
of_json("objects_of_a_list", lambda c: c.update(objects=[]))
of_json("object_of_a_number", lambda c: c.update(objects={"a": 1}))
of_json("scale_of_texts", lambda c: c["transform"].update(scale=["a", "b"]))
of_json("scale_not_a_number", lambda c: c["transform"].update(scale=[float("nan"), 1.0]))
of_json("scale_far_off", lambda c: c["transform"].update(scale=[1e300, 1e300]))
of_json("arcs_missing", lambda c: c.pop("arcs") and None)
of_json("point_of_one_number", lambda c: c["arcs"][0].append([1]))
of_json("body_twice", lambda c: _shapes(c).insert(3, dict(_shapes(c)[3])))
of_json("id_of_another_body", lambda c: _shapes(c)[3].update(id=_shapes(c)[5]["id"]))
of_json("polygon_without_rings", lambda c: _shapes(c)[3].update(type="Polygon", arcs=[]))
of_json("no_polygons", lambda c: _shapes(c)[3].update(type="MultiPolygon", arcs=[]))
of_json("type_of_a_list", lambda c: _shapes(c)[3].update(type=["Polygon"]))
of_json("prefecture_of_a_list", lambda c: _shapes(c)[3]["properties"].update(prefecture_name=["x"]))
of_json("a_list", lambda c: [c])


@of_book("ring_without_area", suffixes=frozenset({".json"}), of_table=False)
def _(excerpt: Excerpt) -> bytes:
    """There and back again on one line: an arc that closes and encloses nothing."""
    content = json.loads(excerpt.content)
    content["arcs"].append([[*content["arcs"][0][0]], [1, 0], [1, 0], [-2, 0]])
    _shapes(content)[3].update(type="Polygon", arcs=[[len(content["arcs"]) - 1]])
    return json.dumps(content, ensure_ascii=False).encode()


@of_book("number_of_five_thousand_digits", suffixes=frozenset({".json"}), of_table=False)
def _(excerpt: Excerpt) -> bytes:
    return excerpt.content.replace(b'"arcs": [', b'"arcs": [' + b"1" * 5_000 + b", ", 1)


@of_book("nested_a_hundred_thousand_deep", suffixes=frozenset({".json"}), of_table=False)
def _(excerpt: Excerpt) -> bytes:
    return b"[" * 100_000


# fuzz


def flipped(content: bytes, seed: int) -> bytes:
    """A compound file with eight bytes changed where its structure lies.

    Header, allocation table, directory, and the types and lengths of the records: a flip within a
    stored value is another value, which no reader can tell, for the format has no check sum.
    """
    chance, changed = random.Random(seed), bytearray(content)
    places = _structure(content)
    for place in chance.sample(places, 8):
        changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _structure(content: bytes) -> list[int]:
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    (directory,) = struct.unpack_from("<I", content, 48)
    table = [n for n in struct.unpack_from("<109I", content, 76) if n < 0xFFFFFFF0]
    places = list(range(8, 512))
    for number in [directory, *table]:
        start = (number + 1) * sector
        places += range(start, min(start + sector, len(content)))
    return places + _records(content, sector)


def _records(content: bytes, sector: int) -> list[int]:
    """The places of type and length of the records, as far as they lie in one piece."""
    place = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    places: list[int] = []
    while place + 4 < len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        if kind == 0 or length > 8224:
            break
        places += range(place, place + 4)
        place += 4 + length
    return places


def flipped_anywhere(content: bytes, seed: int) -> bytes:
    """An archive with three bits changed anywhere: its check sums must tell."""
    chance, changed = random.Random(seed), bytearray(content)
    for place in chance.sample(range(len(content)), 3):
        changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)
