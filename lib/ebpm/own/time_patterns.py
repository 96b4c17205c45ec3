"""Patterns of dates and times that Python and RE2 (DuckDB) read alike, on texts of any width."""

from __future__ import annotations

_D = "[0-9０-９]"
_BLANK = "[\t\r\n\u00a0 　]*"
_HALF = f"(?:午前|午後){_BLANK}"
_CLOCK = (
    f"(?:{_HALF})?{_D}{{1,2}}[:：]{_D}{{1,2}}(?:[:：]{_D}{{1,2}}(?:[.,．]{_D}{{1,9}})?)?"
    f"(?:{_BLANK}[AaPpＡＰ][.]?[MmＭ][.]?)?"
    f"|(?:{_HALF})?{_D}{{1,2}}時(?:半|{_BLANK}{_D}{{1,2}}分(?:{_BLANK}{_D}{{1,2}}秒)?)?"
)
_ZONE = f"[Zz]|[+＋−－-]{_D}{{2}}(?:[:：]?{_D}{{2}})?|[(（]?(?:JST|UTC|GMT)[)）]?"
SPLIT = (
    f"^{_BLANK}(?:((?:19|20|１９|２０){_D}{{6}})[TtＴ 　]?({_D}{{4}}(?:{_D}{{2}})?)({_ZONE})?"
    f"|([^:：時]{{3,40}}?)(?:[TtＴ]?{_BLANK}({_CLOCK}){_BLANK}({_ZONE})?)?){_BLANK}$"
)
"""Groups: date, clock and zone of a text in digits alone, then of any other; absent ones empty."""

_MARK = f"{_BLANK}[-./／．－‐−ー]{_BLANK}"
_END = "(?:[^0-9０-９]|$)"
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
_ERA = (
    f"(?:明治|大正|昭和|平成|令和|[㍾㍽㍼㍻㋿]|[MTSHRmtshrＭＴＳＨＲｍｔｓｈｒ]){_BLANK}"
    f"(?:元|{_D}{{1,2}}|[〇一二三四五六七八九十]{{1,3}})"
)

DATE_LIKE = (
    f"^{_BLANK}(?:{_D}{{1,4}}{_MARK}{_D}{{1,2}}(?:{_MARK}{_D}{{1,4}})?{_END}"
    f"|{_D}{{4}}{_BLANK}年|{_ERA}(?:{_BLANK}年|{_MARK}{_D}{{1,2}}{_END})"
    f"|[MTSHRmtshrＭＴＳＨＲｍｔｓｈｒ]{_D}{{6}}{_END}"
    f"|(?:19|20|１９|２０){_D}{{4}}(?:{_D}{{2}})?(?:{_D}{{4}}(?:{_D}{{2}})?)?{_END}"
    f"|(?i:{_NAMES})|{_D}{{1,2}}(?:st|nd|rd|th)?[ ./-]?(?i:{_NAMES}))"
)
"""The beginning of each text that can be read, and of few others: what is not worth a closer look
(names, numbers of cases, coordinates) is told apart before any part of it is compared."""
