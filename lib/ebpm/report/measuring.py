"""The font that measures the texts of charts: widths of the page's own font, and nothing else.

vl-convert opens the font's file anew for every character that it measures. With the font of the
page, 17 MB, that takes nine tenths of a chart's time; a font of boxes as wide as its glyphs is
35 kB. The page's font kerns no pairs, so widths add up.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import vl_convert
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]

MEASURE = "Report Measure"
_NOTDEF = ".notdef"
_MANY_TO_ONE = 13  # the form of a character map in which a range of characters has one glyph
_WINDOWS, _FULL_UNICODE = 3, 10


@cache
def register() -> None:
    """Gives vl-convert the font under the name MEASURE; its file stays as long as this process."""
    folder = tempfile.mkdtemp(prefix="ebpm-font-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    boxes(TTFont(str(FONT_PATH), lazy=True)).save(str(Path(folder) / "measure.ttf"))
    vl_convert.register_font_directory(folder)


def boxes(source: TTFont) -> TTFont:
    """A font with one box for each width of `source`, and its characters and line metrics."""
    metrics = source["hmtx"].metrics
    width_of = {code: metrics[glyph][0] for code, glyph in source.getBestCmap().items()}
    widths = {_NOTDEF: metrics[_NOTDEF][0]} | {_name(w): w for w in sorted({*width_of.values()})}
    line = source["hhea"]
    builder = FontBuilder(source["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(list(widths))
    builder.font["cmap"] = _character_map({code: _name(w) for code, w in width_of.items()})
    drawn = {name: _box(width, line.ascent, line.descent) for name, width in widths.items()}
    builder.setupGlyf(drawn)
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=line.ascent, descent=line.descent)
    builder.setupOS2(
        sTypoAscender=line.ascent,
        sTypoDescender=line.descent,
        usWinAscent=line.ascent,
        usWinDescent=-line.descent,
    )
    # Without a PostScript name a font is not found.
    names = {"familyName": MEASURE, "styleName": "Regular", "psName": MEASURE.replace(" ", "")}
    builder.setupNameTable(names)
    builder.setupPost(keepGlyphNames=False)
    return builder.font


def _name(width: int) -> str:
    return f"w{width}"


def _character_map(glyphs: dict[int, str]) -> object:
    subtable = CmapSubtable.newSubtable(_MANY_TO_ONE)
    subtable.platformID, subtable.platEncID, subtable.language = _WINDOWS, _FULL_UNICODE, 0
    subtable.cmap = glyphs
    table = newTable("cmap")
    table.tableVersion, table.tables = 0, [subtable]
    return table


def _box(width: int, ascent: int, descent: int) -> object:
    """A glyph without outline has no extent, and would not be measured."""
    pen = TTGlyphPen(None)
    if width:
        pen.moveTo((0, descent))
        for corner in ((width, descent), (width, ascent), (0, ascent)):
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()
