"""The words by which published tables mark footnotes, totals, units and titles."""

import re
import unicodedata

from ebpm.readers.grid import Cell, folded, text

FOOTNOTE = re.compile(
    r"[※*].*|[(\[【]?(?:注意?|備考|資料|出典|出所|凡例)(?:[\d\s):.、\]】はのに].*|$)|"
    r"[(\[【](?:注|備考|資料|出典|出所).*",
    re.DOTALL,
)
TOTAL = re.compile(
    r".*(?:合計|総計|総数|小計|平均|中央値|標準偏差|最大値?|最小値?)|"
    r"[都道府県市区町村郡部全国]*計|全国|全県|全道|全市町村|市部|郡部|町村部|.+[都道府県市部郡]計"
)
UNITS = {
    "%": "％",
    "パーセント": "％",
    "人": "人",
    "千人": "千人",
    "世帯": "世帯",
    "件": "件",
    "枚": "枚",
    "円": "円",
    "千円": "千円",
    "百万円": "百万円",
    "億円": "億円",
    "日": "日",
    "分": "分",
    "時間": "時間",
    "か所": "か所",
    "箇所": "か所",
    "ha": "ha",
    "km2": "km2",
    "台": "台",
    "校": "校",
    "戸": "戸",
    "団体": "団体",
    "1,000yen": "千円",
}
BRACKETED = re.compile(r"[(\[【〔<](?:単位[:：]?)?([^()\[\]【】〔〕<>]{1,12})[)\]】〕>]")
ABOUT_TABLE = re.compile(
    r"[(\[【]?単位.*|.*(?:現在|時点|作成|更新)[)\]】]?|[(\[【]?(?:令和|平成|昭和|[12]\d{3}年).*"
)


def is_footnote(cell: Cell) -> bool:
    """Whether a cell opens a footnote (※, 注, （注）, 資料, 出典 …)."""
    return FOOTNOTE.fullmatch(unicodedata.normalize("NFKC", text(cell))) is not None


def is_total(cell: Cell) -> bool:
    """Whether a cell names a total or an average (合計, 全国, 県計, 平均 …)."""
    return TOTAL.fullmatch(folded(cell).strip("*※")) is not None


def is_about_table(cell: Cell) -> bool:
    """Whether a cell speaks of the whole table (単位：人, 令和2年1月1日現在)."""
    return ABOUT_TABLE.fullmatch(folded(cell)) is not None


def unit_in(heading: Cell) -> str | None:
    """The unit that a heading names, alone or in brackets (人, ％, 千円); None without one."""
    plain = folded(heading)
    candidates = [plain, *reversed(BRACKETED.findall(plain))]
    return next((UNITS[item] for item in candidates if item in UNITS), None)
