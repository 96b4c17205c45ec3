"""Excel workbooks (`.xls`, `.xlsx`) as grids, refused where they are damaged, locked or a bomb.

calamine reads the values that the workbook shows. It takes a sheet's extent at its word and
allocates for it, so a workbook is looked through before it is parsed: sizes, extents, entities,
and formulas whose result was never stored (they would arrive as blank cells).
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from ebpm.readers.grid import CHECK_FILE, Cell, Grid, column_letters
from ebpm.readers.reading import ReadError

MAX_UNPACKED_BYTES = 200_000_000
MAX_CELLS = 8_000_000
MAX_ENTRIES = 2_000
BLOCK_BYTES = 1 << 20
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
SHEET_XML = re.compile(r"xl/worksheets/[^/]+\.xml")
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def workbook_grids(path: Path) -> list[Grid]:
    """All sheets of a workbook that hold cells, in the order of the workbook.

    Merged cells hold their value in the first cell and are blank elsewhere, as published. Raises
    ReadError where the file is missing, locked by a password, damaged, too large unpacked, or
    holds a formula without its result.
    """
    _look_through(path)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
            return [
                Grid(path.name, name, _cells(sheet.to_python(skip_empty_area=False)))
                for name, sheet in sheets
                if sheet.total_height
            ]
    except PasswordError:
        raise _locked(path) from None
    except CalamineError as error:
        raise _damaged(path, str(error)) from None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None


def one_sheet(path: Path) -> Grid:
    """The only sheet that holds cells; raises ReadError where there are several or none."""
    grids = workbook_grids(path)
    if len(grids) != 1:
        names = "、".join(grid.sheet or "" for grid in grids) or "なし"
        problem = f"値のあるシートが {len(grids)} 枚あります（{names}）"
        raise ReadError(path.name, "ブック", problem, "1 枚だけの版を使ってください")
    return grids[0]


def _cells(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The rows without the blank ones at the end."""
    while rows and not any(cell != "" for cell in rows[-1]):
        rows.pop()
    return rows


def _look_through(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(8)
    except FileNotFoundError:
        remedy = "公表元から取得して置いてください"
        raise ReadError(path.name, "ファイル", "見つかりません", remedy) from None
    if magic.startswith(ZIP_MAGIC):
        _look_through_zip(path)
    elif magic == OLE_MAGIC:
        if ENCRYPTED_STREAM in path.read_bytes():
            raise _locked(path)
    else:
        raise _damaged(path, "Excel のブックではありません")


def _look_through_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise _too_large(path, f"中のファイルが {len(entries):,} 個あります")
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED_BYTES:
                raise _too_large(path, f"展開すると {unpacked / 1e6:,.0f} MB になります")
            for entry in entries:
                if SHEET_XML.fullmatch(entry.filename):
                    _SheetScan(path, entry).run(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, str(error)) from None
    except expat.ExpatError as error:
        raise _damaged(path, str(error)) from None


class _SheetScan:
    """One pass over a sheet's XML: extent, entities, formulas without a stored result."""

    def __init__(self, path: Path, entry: zipfile.ZipInfo) -> None:
        self._path, self._entry = path, entry
        self._height = self._width = 0
        self._reference = ""
        self._has_formula = self._in_value = self._has_value = False

    def run(self, archive: zipfile.ZipFile) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity
        for block in self._blocks(archive):
            parser.Parse(block, False)
        parser.Parse(b"", True)

    def _blocks(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        """The unpacked bytes; an entry that holds more than it declares is refused."""
        left = self._entry.file_size
        with archive.open(self._entry) as stream:
            while block := stream.read(BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    raise _damaged(self._path, "宣言より大きな中身です")
                yield block

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._reference = attributes.get("r", "")
            self._has_formula = self._has_value = False
            self._extend(self._reference)
        elif tag == "dimension":
            self._extend(attributes.get("ref", "").rpartition(":")[2])
        elif tag == "f":
            self._has_formula = True
        self._in_value = tag == "v"

    def _characters(self, _: str) -> None:
        self._has_value = self._has_value or self._in_value

    def _end(self, name: str) -> None:
        self._in_value = False
        if name.rpartition(":")[2] == "c" and self._has_formula and not self._has_value:
            problem = "計算式の結果が保存されていません"
            remedy = "Excel で開いて保存し直すか、値だけを貼り付けてください"
            raise ReadError(self._path.name, self._reference or "セル", problem, remedy)

    def _extend(self, reference: str) -> None:
        if (match := REFERENCE.fullmatch(reference)) is None:
            return
        width = 0
        for letter in match[1]:
            width = width * 26 + ord(letter) - ord("A") + 1
        self._width, self._height = max(self._width, width), max(self._height, int(match[2]))
        if self._width * self._height > MAX_CELLS:
            corner = f"{column_letters(self._width - 1)}{self._height}"
            raise _too_large(self._path, f"シートが {corner} まで広がっています")

    def _entity(self, *_: object) -> None:
        raise _damaged(self._path, "実体の宣言を含みます")


def _locked(path: Path) -> ReadError:
    remedy = "パスワードを外して保存し直してください"
    return ReadError(path.name, "ブック", "パスワードで保護されています", remedy)


def _damaged(path: Path, why: str) -> ReadError:
    problem = f"ブックとして読めません（{' '.join(why.split())[:120]}）"
    return ReadError(path.name, "ブック", problem, CHECK_FILE)


def _too_large(path: Path, why: str) -> ReadError:
    return ReadError(path.name, "ブック", why, "余分な行・列・シートを除いて保存し直してください")
