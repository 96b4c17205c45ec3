"""Digits in prose that come from nowhere.

A digit that stands in a text without a trace cannot be led to its source. Let through: years and
dates, numbers of legal articles, identifiers (D1202, COVID-19), units and the level of an interval as terms
(per 1,000 residents, 95％信頼区間), codes of municipalities named as such, quoted text, code and addresses.
"""

import html
import re
import unicodedata

# What stands for a traced number while a text is looked through.
TRACED = "\ufffc"
_CONTEXT = 12

_QUOTED = re.compile(r"「[^」]*」|『[^』]*』|“[^”]*”|\"[^\"\n]*\"|``.*?``|`[^`\n]*`", re.DOTALL)
_ADDRESS = re.compile(r"https?://[\x21-\x7e]+")
_ERA = r"(?:明治|大正|昭和|平成|令和)(?:元|\d{1,2})"
_YEAR = r"(?:19|20)\d{2}"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_BEFORE_YEAR = (
    "(?:in|of|since|from|to|by|until|between|and|through|before|after|during|fiscal|years?)"
)
_COUNTED = "(?:staff|hours|days|people|persons|residents|cases|procedures|municipalities|yen)"
_DATE = re.compile(
    rf"(?<!\d)(?:(?:{_ERA}|{_YEAR})年(?:度|\d{{1,2}}月(?:\d{{1,2}}日)?)?"
    rf"|\d{{1,2}}月\d{{1,2}}日|{_YEAR}[-/]\d{{1,2}}[-/]\d{{1,2}}|{_YEAR}[〜~～–-](?={_YEAR}年)"
    rf"|[MTSHR]\d{{1,2}}\.\d{{1,2}}(?:\.\d{{1,2}})?"
    rf"|\d{{1,2}} {_MONTH}(?: {_YEAR})?|{_MONTH} (?:\d{{1,2}}, )?{_YEAR})"
    rf"|(?i:\b{_BEFORE_YEAR} ){_YEAR}(?:(?:, and |, | and |[–-]){_YEAR})*\b"
    rf"(?![,.]\d)(?! {_COUNTED})|\b{_YEAR} (?=survey|census|edition|data|figures|report)"
)
_TERM = re.compile(
    r"95 ?%(?:の)?(?:信頼区間|予測区間|範囲|場合)|95 ?% (?:confidence |prediction )?intervals?|95% CI"
    r"|(?:per|every) 1(?:0?0)?,000 (?:residents|people|inhabitants)"
    r"|人口(?:1,?000|1万|10万)人当たり|[15] ?%水準|0を含|第\d+(?:条|項|号|章|節|款|次|期|回|版|四半期)(?:の\d+)?"
    r"|\b(?:[Aa]rticle|[Nn]o\.|[Vv]er(?:sion)?\.?|Society) ?\d+(?:[-.]\d+)*"
    r"|(?:団体コード|\b[Cc]ode )\d{6}(?!\d)"
    r"|(?:図|表|分析結果|集計|Figure |Table |Finding )\d+"
    r"|\d{1,3}歳(?:児|以上|未満|代)|aged \d{1,3} (?:and|or) over"
    r"|\d{1,2}(?:時間|-hour )(?=窓口|対応|受付|営業|counter|service)|1人1台"
)
_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z_]*-?\d[A-Za-z0-9_.-]*|\b\dG\b")
_LET_THROUGH = (_QUOTED, _ADDRESS, _TERM, _DATE, _IDENTIFIER)
_LOOSE = re.compile(r"\d[\d,.]*")


def loose_digits(text: str) -> list[str]:
    """The numbers of a text that lead nowhere, each with the words around it."""
    text = seen = unicodedata.normalize("NFKC", text)
    for pattern in _LET_THROUGH:
        seen = pattern.sub(lambda match: " " * len(match[0]), seen)
    return [_around(text, match) for match in _LOOSE.finditer(seen)]


def loose_digits_of_prose(markdown: str) -> list[str]:
    """The same for a markdown cell: headings, code blocks and list numbers are let through."""
    shown = html.unescape(markdown)
    without_code = re.sub(r"^(```|~~~).*?^\1\s*$", "", shown, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in without_code.splitlines() if not re.match(r"\s{0,3}#{1,6}\s", line)]
    return loose_digits("\n".join(re.sub(r"^\s*1?\d[.)]\s", "", line) for line in lines))


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - _CONTEXT), match.end() + _CONTEXT
    return " ".join(text[start:end].replace(TRACED, "…").split())
