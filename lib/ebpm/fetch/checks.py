"""Whether a file is what its name says: an error page served in its place is not."""

import re
from pathlib import Path, PurePosixPath

from ebpm.fetch.web import FetchError

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STARTS = {".zip": ZIP, ".xlsx": ZIP, ".xls": OLE, ".parquet": b"PAR1"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|\?xml)", re.IGNORECASE)


def refuse_wrong_content(path: Path, name: str) -> None:
    """Raises FetchError where a file is empty, a web page, or not of the kind its name says."""
    with path.open("rb") as stream:
        start = stream.read(1024)
    if not start:
        raise FetchError(f"{name} は空のファイルです。公表ページを確かめてください。")
    if MARKUP.match(start.removeprefix(BYTE_ORDER_MARK).lstrip()):
        raise FetchError(
            f"{name} の代わりにウェブページが返されました。公表ページを開き、"
            "ファイルが公表されているか確かめてください。"
        )
    expected = STARTS.get(PurePosixPath(name).suffix.lower())
    if expected and not start.startswith(expected):
        raise FetchError(f"{name} は名前どおりの形式ではありません。公表ページを確かめてください。")
