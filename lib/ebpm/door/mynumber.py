"""Individual numbers (個人番号) have no place here: a file that holds them is refused.

The check digit is that of 平成26年総務省令第85号 第5条 (weights n+1 up to the sixth digit from the
right, n−5 above; modulus 11). A sum of money may fit it by chance (one in eleven), so a column is
refused when its heading says so, or when several numbers fit and most of its 12-digit numbers do.
"""

import re
import unicodedata

from ebpm.door.sheet import Sheet
from ebpm.readers.grid import Cell, text
from ebpm.readers.reading import ReadError

HEADING = re.compile(r"個人番号(?!カード)|マイナンバー(?!カード)")
TWELVE = re.compile(r"(\d{4})[- ]?(\d{4})[- ]?(\d{4})", re.ASCII)
MIN_NUMBERS = 2


def is_my_number(digits: str) -> bool:
    """Whether twelve digits carry a valid check digit."""
    weights = [n + 1 if n <= 6 else n - 5 for n in range(11, 0, -1)]
    rest = sum(int(d) * w for d, w in zip(digits[:11], weights, strict=True)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def refuse_my_numbers(sheet: Sheet) -> None:
    """Raises ReadError naming the column and the row, never the number itself."""
    for column, cells in enumerate(zip(*sheet.rows, strict=True)):
        twelve = [
            (row, digits) for row, cell in enumerate(cells) if cell and (digits := _twelve(cell))
        ]
        valid = [row for row, digits in twelve if is_my_number(digits)]
        if not valid:
            continue
        said = any(isinstance(cell, str) and HEADING.search(cell) for cell in cells)
        if said or (len(valid) >= MIN_NUMBERS and len(valid) * 2 > len(twelve)):
            problem = "個人番号とみられる値があります。個人番号はこの目的では保有できません"
            place = sheet.place(valid[0], column)
            raise ReadError(sheet.grid.file, place, problem, "その列を除いたファイルにしてください")


def _twelve(cell: Cell) -> str | None:
    if isinstance(cell, str) and not 12 <= len(cell) <= 16:
        return None
    plain = text(cell)
    match = TWELVE.fullmatch(unicodedata.normalize("NFKC", plain))
    return "".join(match.groups()) if match else None
