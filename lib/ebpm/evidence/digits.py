"""Digits in prose that come from nowhere.

A digit that stands in a text without a trace cannot be led to its source. Let through: years and
dates, numbers of legal articles, identifiers (D1202, COVID-19), units and the level of an interval as terms
(per 1,000 residents, 95％信頼区間), quoted text, code and addresses.
"""

import html
import re

# What stands for a traced number while a text is looked through.
TRACED = "\ufffc"
_DIGIT = r"[0-9０-９]"
_CONTEXT = 12

_QUOTED = re.compile(r"「[^」]*」|『[^』]*』|“[^”]*”|\"[^\"\n]*\"|``.*?``|`[^`\n]*`", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s）)」]+")
_ERA = rf"(?:明治|大正|昭和|平成|令和)(?:元|{_DIGIT}{{1,2}})"
_YEAR = rf"(?:19|20|１９|２０){_DIGIT}{{2}}"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_BEFORE_YEAR = "(?:in|of|since|from|to|by|until|between|and|through|before|after|during|year)"
_DATE = re.compile(
    rf"(?<!{_DIGIT})(?:"
    rf"(?:{_ERA}|{_YEAR})年(?:度|{_DIGIT}{{1,2}}月(?:{_DIGIT}{{1,2}}日)?)?"
    rf"|{_YEAR}-\d{{2}}-\d{{2}}|{_YEAR}[〜～–-](?={_YEAR}年)"
    rf"|\d{{1,2}} {_MONTH}(?: {_YEAR})?|{_MONTH} {_YEAR}"
    rf")|(?i:\b{_BEFORE_YEAR} )(?:19|20)\d{{2}}\b(?![,.]\d)"
)
_TERM = re.compile(
    r"95 ?[％%](?:の)?(?:信頼|予測)区間|95 ?% (?:confidence |prediction )?intervals?"
    r"|per 1,?000 (?:residents|people|inhabitants)|人口(?:1,?000|10万)人当たり"
    rf"|第{_DIGIT}+(?:条|項|号|章|節|款)(?:の{_DIGIT}+)?|\b(?:[Aa]rticle|[Nn]o\.) ?\d+"
)
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z_]*[-‐]?\d[\w-]*")
_LET_THROUGH = (_QUOTED, _ADDRESS, _TERM, _DATE, _IDENTIFIER)
_LOOSE = re.compile(rf"{_DIGIT}[{'0-9０-９'},，.．]*")


def loose_digits(text: str) -> list[str]:
    """The numbers of a text that lead nowhere, each with the words around it."""
    seen = text
    for pattern in _LET_THROUGH:
        seen = pattern.sub(lambda match: " " * len(match[0]), seen)
    return [_around(text, match) for match in _LOOSE.finditer(seen)]


def loose_digits_of_prose(markdown: str) -> list[str]:
    """The same for a markdown cell: headings, code blocks and list numbers are let through."""
    shown = html.unescape(markdown)
    without_code = re.sub(r"^(```|~~~).*?^\1\s*$", "", shown, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in without_code.splitlines() if not re.match(r"\s{0,3}#", line)]
    return loose_digits("\n".join(re.sub(r"^\s*\d+[.)]\s", "", line) for line in lines))


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - _CONTEXT), match.end() + _CONTEXT
    return " ".join(text[start:end].replace(TRACED, "…").split())
