"""A subset of Noto Sans CJK JP inside the page, so that every glyph is drawn everywhere."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path

import vl_convert
from fontTools import subset
from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]

INSTALLED_FAMILY = "Noto Sans CJK JP"
FAMILY, FAMILY_REST, FAMILY_NOTICE = "Report Sans", "Report Sans Rest", "Report Sans Notice"
_ASCII = "".join(map(chr, range(0x20, 0x7F)))
# Copyright, licence and its address stay in the file, as the SIL Open Font License asks.
_NAMES = [0, 13, 14]
_DROPPED = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]


def font_faces(stable: str, whole: str) -> str:
    """The @font-face rules for a page.

    What all pages of a kind share (`stable`) is a file of its own: it is made once and kept,
    and a page for one municipality adds only the few characters that are its own.
    """
    shared = frozenset(_ASCII + stable) - _unprinted()
    rest = frozenset(whole) - shared - _unprinted()
    faces = [_face(FAMILY, shared)]
    if rest:
        faces.append(_face(FAMILY_REST, rest))
    return "\n".join(faces)


def notice_face(message: str) -> str:
    """The rule for a message that is put on a finished page."""
    return _face(FAMILY_NOTICE, frozenset(_ASCII + message) - _unprinted())


@cache
def register_for_measuring() -> None:
    """Let vl-convert measure text with the font that the page draws."""
    vl_convert.register_font_directory(str(Path(str(FONT_PATH)).parent))


def _unprinted() -> frozenset[str]:
    return frozenset("\n\r\t")


def _face(family: str, characters: frozenset[str]) -> str:
    data = base64.b64encode(woff2(characters)).decode("ascii")
    return (
        f'@font-face{{font-family:"{family}";'
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


@cache
def woff2(characters: frozenset[str]) -> bytes:
    """The subset as WOFF2; the same characters give the same bytes."""
    options = subset.Options()
    options.flavor = "woff2"
    options.desubroutinize = True
    options.hinting = False
    options.layout_features = []
    options.name_IDs = _NAMES
    options.notdef_outline = True
    options.recalc_timestamp = False
    font = subset.load_font(str(FONT_PATH), options, lazy=True)
    for table in _DROPPED:
        if table in font:
            del font[table]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    subsetter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
