"""One pass over an Excel workbook before it is parsed: what the parser would not survive or tell.

calamine takes a sheet's extent at its word and allocates for it, gives a formula without a stored
result as a blank cell, and a cell that shows an error (#DIV/0!) as well. So sizes, extents,
entities and formulas are checked here, and the errors noted with their places.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from ebpm.readers.grid import CHECK_FILE, column_letters
from ebpm.readers.reading import ReadError

MAX_UNPACKED_BYTES = 200_000_000
MAX_CELLS = 8_000_000
MAX_ENTRIES = 2_000
BLOCK_BYTES = 1 << 20
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
NOT_SHEETS = {"sst", "styleSheet"}
"""Roots of the long parts that hold no cells."""
MOST_DIGITS = 7
UNTOLD_ERROR = "#ERROR"

ErrorCell = tuple[int, int, str]
"""Row and column (from 0) and what a cell with an error shows."""


def look_through(path: Path) -> dict[str, list[ErrorCell]]:
    """The cells that show an error, by name of their sheet (of an .xlsx only).

    Raises ReadError where the file is missing, no workbook, locked by a password, damaged, too large
    unpacked, or holds a formula without its result.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(8)
    except FileNotFoundError:
        remedy = "公表元から取得して置いてください"
        raise ReadError(path.name, "ファイル", "見つかりません", remedy) from None
    if magic.startswith(ZIP_MAGIC):
        return _look_through_zip(path)
    if magic != OLE_MAGIC:
        raise damaged(path, "Excel のブックではありません")
    if ENCRYPTED_STREAM in path.read_bytes():
        raise locked(path)
    return {}


def _look_through_zip(path: Path) -> dict[str, list[ErrorCell]]:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(path, archive.infolist())
            sheets = _sheet_parts(path, archive)
            errors = {
                entry.filename: _look_through_entry(path, archive, entry, sheets)
                for entry in archive.infolist()
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, str(error)) from None
    except expat.ExpatError as error:
        raise damaged(path, str(error)) from None
    return {name: errors[part] for part, name in sheets.items() if errors.get(part)}


def _check_sizes(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise too_large(path, f"中のファイルが {len(entries):,} 個あります")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise too_large(path, f"展開すると {unpacked / 1e6:,.0f} MB になります")


def _look_through_entry(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, sheets: dict[str, str]
) -> list[ErrorCell]:
    """Every entry is unpacked once, for its true size; a part in XML is looked through."""
    is_sheet = entry.filename in sheets
    if is_sheet or entry.filename.endswith((".xml", ".rels")):
        scan = _PartScan(path, is_sheet)
        _parse(path, archive, entry, scan.parser)
        return scan.errors
    for _ in _blocks(path, archive, entry):
        pass
    return []


def _parse(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, parser: expat.XMLParserType
) -> None:
    def entity(*_: object) -> None:
        raise damaged(path, "実体の宣言を含みます")

    parser.EntityDeclHandler = entity
    for block in _blocks(path, archive, entry):
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _blocks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes; an entry that holds more than it declares is refused."""
    left = entry.file_size
    with archive.open(entry) as stream:
        while block := stream.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise damaged(path, "宣言より大きな中身です")
            yield block


def _sheet_parts(path: Path, archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, and the sheet's name."""
    links = {
        e.get("Id"): e.get("Target", "") for e in _elements(path, archive, LINKS, "Relationship")
    }
    sheets: dict[str, str] = {}
    for element in _elements(path, archive, BOOK, "sheet"):
        target = links.get(next((v for k, v in element.items() if k.endswith(":id")), ""), "")
        part = target.removeprefix("/")
        sheets[part if part.startswith("xl/") else f"xl/{part}"] = element.get("name", "")
    return sheets


def _elements(path: Path, archive: zipfile.ZipFile, part: str, tag: str) -> list[dict[str, str]]:
    """The attributes of all elements of one name in a part; none where there is no such part."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == tag:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    if part in archive.namelist():
        _parse(path, archive, archive.getinfo(part), parser)
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _value(attributes: list[str], name: str) -> str:
    """The value of an attribute in a list of names and values by turns; empty where it is absent."""
    return dict(zip(attributes[::2], attributes[1::2], strict=True)).get(name, "")


class _PartScan:
    """A part in XML: extent, formulas without a stored result, cells that show an error.

    A sheet has hundreds of thousands of cells, so the handlers for what a cell holds are set only
    while inside of a cell with a formula or an error, and columns met before are looked up.
    """

    def __init__(self, path: Path, is_sheet: bool) -> None:
        self.errors: list[ErrorCell] = []
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start if is_sheet else self._root
        self._path = path
        self._height = self._width = self._row = self._column = 0
        self._row_digits = ""
        self._columns: dict[str, int] = {}
        self._reference = self._shown = ""
        self._has_formula = self._has_error = self._in_value = False

    def _root(self, name: str, attributes: list[str]) -> None:
        self.parser.StartElementHandler = None if _local(name) in NOT_SHEETS else self._start

    def _start(self, name: str, attributes: list[str]) -> None:
        if name == "c" or name.endswith(":c"):
            reference = (
                attributes[1] if attributes and attributes[0] == "r" else _value(attributes, "r")
            )
            self._reference = reference
            column = self._columns.get(reference.removesuffix(self._row_digits))
            if column:
                self._column = column
                if self._row > self._height:
                    self._extend()
            else:
                self._to_cell(reference)
            if "e" in attributes and _value(attributes, "t") == "e":
                self._look_inside()
                self._has_error = True
        else:
            self._start_other(_local(name), attributes)

    def _start_other(self, tag: str, attributes: list[str]) -> None:
        if tag == "v":
            self._in_value = True
        elif tag == "row":
            self._start_row(_value(attributes, "r"))
        elif tag == "f":
            self._look_inside()
            self._has_formula = True
        elif tag == "dimension":
            self._to_cell(_value(attributes, "ref").rpartition(":")[2])
            self._row = 0

    def _start_row(self, digits: str) -> None:
        self._row = (
            int(digits) if digits.isdecimal() and len(digits) <= MOST_DIGITS else self._row + 1
        )
        self._row_digits, self._column = digits, 0

    def _look_inside(self) -> None:
        """Handles what a cell holds, until its end."""
        self._in_value, self._shown = False, ""
        self.parser.CharacterDataHandler = self._characters
        self.parser.EndElementHandler = self._end

    def _characters(self, characters: str) -> None:
        if self._in_value:
            self._shown += characters

    def _end(self, name: str) -> None:
        self._in_value = False
        if _local(name) != "c":
            return
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        if self._has_formula and not self._shown:
            problem = "計算式の結果が保存されていません"
            remedy = "Excel で開いて保存し直すか、値だけを貼り付けてください"
            raise ReadError(self._path.name, self._reference or "セル", problem, remedy)
        if self._has_error:
            shown = self._shown or UNTOLD_ERROR
            self.errors.append((self._row - 1, self._column - 1, shown))
        self._has_formula = self._has_error = False

    def _to_cell(self, reference: str) -> None:
        """Extends the sheet to a cell; one without reference stands right of the one before."""
        self._column += 1
        if match := REFERENCE.fullmatch(reference):
            self._row, self._column = int(match[2]), 0
            for letter in match[1]:
                self._column = self._column * 26 + ord(letter) - ord("A") + 1
            self._row_digits = match[2]
            self._columns[match[1]] = self._column
        self._extend()

    def _extend(self) -> None:
        self._width, self._height = max(self._width, self._column), max(self._height, self._row)
        if self._width * self._height > MAX_CELLS:
            corner = f"{column_letters(self._width - 1)}{self._height}"
            raise too_large(self._path, f"シートが {corner} まで広がっています")


def locked(path: Path) -> ReadError:
    """The error of a workbook under a password."""
    remedy = "パスワードを外して保存し直してください"
    return ReadError(path.name, "ブック", "パスワードで保護されています", remedy)


def damaged(path: Path, why: str) -> ReadError:
    """The error of a file that is no workbook, or no longer."""
    problem = f"ブックとして読めません（{' '.join(why.split())[:120]}）"
    return ReadError(path.name, "ブック", problem, CHECK_FILE)


def too_large(path: Path, why: str) -> ReadError:
    """The error of a workbook that would fill the memory."""
    return ReadError(path.name, "ブック", why, "余分な行・列・シートを除いて保存し直してください")
