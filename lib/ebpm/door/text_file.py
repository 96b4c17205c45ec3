"""Tables in text (CSV, TSV): encoding, line ends and delimiter are found, never assumed."""

import csv
import io
import re

from ebpm.door.cells import ABSENT
from ebpm.door.sheet import Opened, Sheet
from ebpm.readers.grid import CHECK_FILE, Cell, Grid
from ebpm.readers.reading import ReadError
from ebpm.readers.workbook_scan import MAX_CELLS

MAX_COLUMNS = 16_384
DELIMITERS = {",": "コンマ", "\t": "タブ", ";": "セミコロン"}
LINE_ENDS = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80\uf8f0-\uf8f3]")


def read_text_file(file: str, content: bytes) -> Opened:
    """Opens a table in text; raises ReadError naming the first byte or row that is none."""
    encoding, decoded = _decoded(file, content)
    start = decoded[:200].lstrip().lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<table", "%pdf", "{")):
        problem = "表の文字ファイルでもブックでもありません"
        raise ReadError(file, "ファイル", problem, "CSV か Excel のブックにしてください")
    delimiter = _delimiter(file, decoded)
    rows = _split(file, decoded, delimiter)
    sheet = _text_sheet(file, rows)
    return Opened(file, (sheet,), encoding, _line_ends(decoded), DELIMITERS[delimiter])


def _decoded(file: str, content: bytes) -> tuple[str, str]:
    for mark, codec, name in (
        (b"\xef\xbb\xbf", "utf-8", "UTF-8（BOM あり）"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
    ):
        if content.startswith(mark):
            return name, _plain(file, content.removeprefix(mark), codec, len(mark))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "CP932", _plain(file, content, "cp932", 0)
    return "UTF-8（BOM なし）", _plain(file, content, "utf-8", 0)


def _plain(file: str, content: bytes, codec: str, offset: int) -> str:
    """The text; raises ReadError naming the first byte that is no text."""
    try:
        decoded = content.decode(codec)
        bad = CONTROL.search(decoded.removesuffix("\x1a"))
        place = len(decoded[: bad.start()].encode(codec)) if bad else None
    except UnicodeDecodeError as error:
        place = error.start
    if place is None:
        return decoded.removesuffix("\x1a").removeprefix("\ufeff")
    problem = f"文字として読めないバイト（0x{content[place]:02X}）があります"
    remedy = "UTF-8 か CP932 の文字ファイル、または Excel のブックにしてください"
    raise ReadError(file, f"{offset + place + 1} バイト目", problem, remedy)


def _line_ends(decoded: str) -> str:
    crlf = decoded.count("\r\n")
    counts = {
        "\r\n": crlf,
        "\n": decoded.count("\n") - crlf,
        "\r": decoded.count("\r") - crlf,
    }
    present = sorted((end for end in counts if counts[end]), key=lambda end: -counts[end])
    return "・".join(LINE_ENDS[end] for end in present) or "なし"


def _delimiter(file: str, decoded: str) -> str:
    if file.lower().endswith(".tsv"):
        return "\t"
    start = decoded[:50_000]
    fields = {
        mark: sum(
            len(row) - 1 for row in csv.reader(io.StringIO(start, newline=""), delimiter=mark)
        )
        for mark in DELIMITERS
    }
    return max(fields, key=lambda mark: fields[mark])


def _split(file: str, decoded: str, delimiter: str) -> list[list[str]]:
    source = io.StringIO(decoded, newline="")
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(source, delimiter=delimiter, strict=True):
            rows.append(row if any(map(str.strip, row)) else [])
            cells += len(rows[-1])
            if cells > MAX_CELLS:
                problem = f"セルが {MAX_CELLS:,} 個を超えます"
                raise ReadError(file, "表全体", problem, "必要な行・列だけにしてください")
    except csv.Error as error:
        place = f"{len(rows) + 1} 行目から"
        problem = f"表として読めません（{error}）"
        raise ReadError(file, place, problem, "引用符の閉じ忘れなどを確かめてください") from None
    return rows


def _text_sheet(file: str, rows: list[list[str]]) -> Sheet:
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise ReadError(file, "表全体", "空白しかありません", CHECK_FILE)
    width = max(map(len, rows))
    if width > MAX_COLUMNS or width * len(rows) > MAX_CELLS:
        problem = f"{len(rows):,} 行 × {width:,} 列に広がっています"
        raise ReadError(file, "表全体", problem, "列の数を揃えてください")
    padded: list[list[Cell]] = [
        [*row, *([ABSENT] * (width - len(row)))] if row else [""] * width for row in rows
    ]
    return Sheet(Grid(file, None, padded), tuple(map(len, rows)))
