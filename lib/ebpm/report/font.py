"""A subset of Noto Sans CJK JP inside the page, so that every glyph is drawn everywhere."""

from __future__ import annotations

import base64
import io
from functools import cache, lru_cache
from typing import Any, Literal

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]

INSTALLED_FAMILY = "Noto Sans CJK JP"
FAMILY, FAMILY_REST, FAMILY_NOTICE = "Report Sans", "Report Sans Rest", "Report Sans Notice"
_ASCII = "".join(map(chr, range(0x20, 0x7F)))
# Copyright, licence and its address stay in the file, as the SIL Open Font License asks.
_NAMES = {"copyright": 0, "licenseDescription": 13, "licenseInfoURL": 14}
# Outlines on a grid of 1/200 em (Noto: 1/1000) are a quarter smaller and look the same in print.
UNITS_PER_EM = 200
Form = Literal["woff2", "woff"]
_NOTDEF = ".notdef"
_BOX = ("xMin", "yMin", "xMax", "yMax")
_WIDEST = ("advanceWidthMax", "minLeftSideBearing", "minRightSideBearing", "xMaxExtent")
_1970 = 2_082_844_800  # in seconds since 1904, as fonts count


def font_faces(stable: str, whole: str) -> str:
    """The @font-face rules for a page.

    What all pages of a kind share (`stable`) is a file of its own: it is made once and kept,
    and a page for one municipality adds only the few characters that are its own, as WOFF: that
    is a tenth larger than WOFF2 and made in an eighth of the time. Without anything shared there
    is one file.
    """
    shared = frozenset(_ASCII + (stable or whole)) - _unprinted()
    rest = frozenset(whole) - shared - _unprinted()
    faces = [_face(FAMILY, shared, "woff2")]
    if rest:
        faces.append(_face(FAMILY_REST, rest, "woff"))
    return "\n".join(faces)


def notice_face(message: str) -> str:
    """The rule for a message that is put on a finished page."""
    return _face(FAMILY_NOTICE, frozenset(_ASCII + message) - _unprinted(), "woff")


def _unprinted() -> frozenset[str]:
    return frozenset("\n\r\t")


def _face(family: str, characters: frozenset[str], form: Form) -> str:
    data = base64.b64encode(subset(characters, form)).decode("ascii")
    return (
        f'@font-face{{font-family:"{family}";'
        f"src:url(data:font/{form};base64,{data}) format('{form}')}}"
    )


@lru_cache(256)
def subset(characters: frozenset[str], form: Form) -> bytes:
    """The glyphs of these characters as a font; the same characters give the same bytes."""
    source, drawn = _source(), sorted(characters & _drawable())
    names = [_NOTDEF, *(_name(character) for character in drawn)]
    glyphs = [_NOTDEF, *(source.getBestCmap()[ord(character)] for character in drawn)]
    builder = FontBuilder(UNITS_PER_EM, isTTF=False)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(character): _name(character) for character in drawn})
    outlines = {name: _outline(glyph) for name, glyph in zip(names, glyphs, strict=True)}
    builder.setupCFF(FAMILY.replace(" ", ""), {}, outlines, {})
    widths = {name: (_width(glyph), 0) for name, glyph in zip(names, glyphs, strict=True)}
    builder.setupHorizontalMetrics(widths)
    _copy_header(builder, source)
    return _saved(builder.font, form)


def _copy_header(builder: FontBuilder, source: TTFont) -> None:
    """Line metrics and the licence; no moment, so that two builds are identical.

    The box around all glyphs is that of the whole font: to find that of the chosen ones, every
    outline would be gone through twice.
    """
    line, head = source["hhea"], source["head"]
    ascent, descent = _scaled(line.ascent), _scaled(line.descent)
    widest = {name: _scaled(getattr(line, name)) for name in _WIDEST}
    builder.setupHorizontalHeader(ascent=ascent, descent=descent, **widest)
    builder.setupOS2(
        sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent
    )
    builder.setupNameTable({key: source["name"].getDebugName(n) for key, n in _NAMES.items()})
    builder.setupPost(keepGlyphNames=False)
    box = {name: _scaled(getattr(head, name)) for name in _BOX}
    builder.updateHead(created=_1970, modified=_1970, **box)
    builder.font["CFF "].cff.topDictIndex[0].FontBBox = list(box.values())


def _saved(font: TTFont, form: Form) -> bytes:
    font.recalcTimestamp = font.recalcBBoxes = False
    font.flavor = form
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


@cache
def _source() -> TTFont:
    return TTFont(str(FONT_PATH), lazy=True)


@cache
def _drawable() -> frozenset[str]:
    return frozenset(map(chr, _source().getBestCmap()))


def _name(character: str) -> str:
    return f"u{ord(character):04X}"


@cache
def _outline(glyph: str) -> Any:
    """The outline on the coarse grid; coordinates are rounded each by itself, not step by step."""
    scale = _scale()
    pen = T2CharStringPen(None, None)
    _glyphs()[glyph].draw(TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
    return pen.getCharString()


@cache
def _glyphs() -> Any:
    return _source().getGlyphSet()


@cache
def _scale() -> float:
    return float(UNITS_PER_EM / _source()["head"].unitsPerEm)


def _width(glyph: str) -> int:
    return _scaled(_glyphs()[glyph].width)


def _scaled(units: float) -> int:
    return round(units * _scale())
