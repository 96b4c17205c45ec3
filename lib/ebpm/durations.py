"""Reader for processing periods that were written as free text.

The 行政手続等の悉皆調査 (デジタル庁, edition 2025-07-29) holds the standard processing period of a
procedure as text: ``1月``, ``１週間``, ``1日～1月``, ``標準処理期間の定めなし``. A wrong reading is
worse than none: the grammar must consume the whole text, else nothing is read. Its tokens are of
the width-folded text, and blanks between them are skipped::

    text     = reading [COND reading CLOSE] [NOTE]
    reading  = {PRE} span {POST}
    span     = INSTANT | UPTO measure | NUMBER RANGE measure | measure [RANGE measure]
             | measure OR measure | measure EACH measure EXIST
    measure  = HALF UNIT | term {term}                (terms in descending units, added up)
    term     = NUMBER UNIT [HALF]

    NUMBER = 15, 1.75, 二十五 …     UNIT = 分 時間 日 営業日 週 月 か月 年, with 間 …   HALF = 半
    UPTO = a leading ~            RANGE = ~ or -           OR = 又は …   EACH = のものと
    PRE = 約 概ね 原則 最大 …        POST = 程度 以内 以上 …   INSTANT = 即日 即時 当日 翌日
    COND = (…場合は  CLOSE = )     NOTE = (都道府県によって異なる) …      EXIST = のものあり

A bare 月 may name a month of the year. Two bare months without a qualifier are read only if they
ascend from 1 or 2 (``1～5月``): ``4月～6月`` and ``12月～1月`` mean April to June and December to
January elsewhere in the survey. Nor is a bare 月 joined to days or years (``10月5日``).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

import pandas as pd

from ebpm.japanese import KANJI_NUMERAL, NotGrammatical, Tokens, fold_width

DAYS_PER_MONTH = 30.0
DAYS_PER_YEAR = 365.0
CALENDAR_DAYS_PER_BUSINESS_DAY = 7 / 5
MAX_CREDIBLE_DAYS = 3 * DAYS_PER_YEAR
DAYS_PER_UNIT = {
    "分": 1 / 1440,
    "時間": 1 / 24,
    "日": 1.0,
    "営業日": CALENDAR_DAYS_PER_BUSINESS_DAY,
    "週": 7.0,
    "月": DAYS_PER_MONTH,
    "年": DAYS_PER_YEAR,
}
"""Calendar days in one unit: an hour is 1/24 day of the clock, not a share of a working day."""

REASONS = {
    "blank": "no answer: None, or nothing but blanks",
    "bare_none": "なし, 無し, 特になし: does not say whether no period is set or none applies",
    "not_set": "no standard period is set, or none can be set",
    "unknown": "not known or not collected, mostly because another body does the work",
    "not_applicable": "no response is given, no case occurred, not done this way; or a lone dash",
    "depends": "said to vary with the case, the applicant or the municipality, without a number",
    "no_number": "speaks of time without a number: 遅滞なく, 随時, 数日, a lone 月",
    "no_unit": "a number without a unit; the number is kept",
    "open_ended": "a lower bound only; it is kept as the low figure",
    "calendar": "a date, a month of the year or a frequency, or not to be told from one",
    "other_origin": "a period counted from another event than the receipt of the application",
    "implausible": "longer than three years: more likely a slip of the unit (90月) than a period",
    "withheld": "not answered on purpose",
    "unparsed": "none of the above; holds words outside the grammar",
}
"""The closed set of reasons, each with its meaning. Every text that is not read has one."""


@dataclass(frozen=True)
class Period:
    """One processing period. Lengths are calendar days; they may be fractions.

    ``days`` is the figure for analysis: the *upper* end of a range, because a standard processing
    period is a promise ("within"). It is given if and only if ``reason`` is None. ``low_days`` and
    ``high_days`` are the lowest and the highest figure that the text states, equal when it states
    one (also for ``～1週`` and ``7日以内``, as no text implies a start of zero). ``unit`` is the
    unit of the upper figure, a key of :data:`DAYS_PER_UNIT`. ``approximate`` marks 約, 程度, 原則
    and notes that the period varies; ``bound`` is ``"upper"`` or ``"lower"`` where the text says
    so; ``number`` is the bare number of a ``no_unit`` text.
    """

    text: str | None
    days: float | None = None
    low_days: float | None = None
    high_days: float | None = None
    reason: str | None = None
    unit: str | None = None
    approximate: bool = False
    bound: str | None = None
    business_days: bool = False
    number: float | None = None


class _Measure(NamedTuple):
    """A length in calendar days, its largest unit, and how many bare 月 it counts (0: none)."""

    days: float
    unit: str
    bare_months: float = 0.0


_UNIT_WORDS = r"時間|(?<!十)分間?|営業日間?|日間?|週間?|[かヵヶカケ箇]月間?|月間?|年間?"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<NUMBER>\d+(?:\.\d+)?|{KANJI_NUMERAL}+)
  | (?P<UNIT>{_UNIT_WORDS})
  | (?P<UPTO>\A~) | (?P<RANGE>[~-])
  | (?P<PRE>約|概ね|おおむね|およそ|原則[,、]?|最大|最長)
  | (?P<POST>程度|くらい|ぐらい|以内|以下|未満|以上)
  | (?P<INSTANT>即日|即時|当日|翌日)
  | (?P<OR>又は|または|若しくは|もしくは)
  | (?P<EACH>のものと) | (?P<EXIST>のものあり) | (?P<HALF>半)
  | (?P<NOTE>\((?:都道府県|市区?町村|自治体)に(?:よって|より)異なる\))
  | (?P<COND>\([^()\d]*場合は) | (?P<CLOSE>\))
    )\s*""",
    re.VERBOSE | re.ASCII,
)
_DAYS = attrgetter("days")
_APPROXIMATE = re.compile("約|概ね|おおむね|およそ|原則|程度|くらい|ぐらい|異なる")
_UPPER = re.compile("以内|以下|未満|最大|最長|^~")
_PERIOD_INSIDE = re.compile(rf"(?:\d|{KANJI_NUMERAL})\)?\s*(?:{_UNIT_WORDS})")
_CALENDAR = re.compile(r"毎[年月週日]|通年|月末|月の末|月\d+回|\d月\d+日")
_OTHER_ORIGIN = re.compile(r"(?<!\d[日週月年])(?<![週月年]間)(?:から|後)\s*\d|起算|締切")
_REASON_WORDS = (
    ("not_applicable", "-$"),
    ("bare_none", "(特に)?(なし|無し|ありません)$"),
    ("withheld", ".*(執行に関する情報|未回答)"),
    ("unknown", ".*(不明|把握)"),
    ("not_applicable", "(届出|報告|通知)(であるため|のため|のみ)|事後届出|報告$|.*を以て完了"),
    ("not_set", ".*(定め|規[定程]|設定|期[限間])[)）]?[はの]?([な無]し|[な無]い)"),
    ("not_set", ".*(定め|定められ|設定し)て?い?ない|.*(設定することが困難|定めることができ|未定)"),
    ("depends", ".*(異な|変動|変更$|による$|定める|様々|を受けて判断)"),
    (
        "not_applicable",
        ".*(応答|該当|対象外|実績|実施|発生して|観念|受付で終了|決裁|オンラインの.+なし)",
    ),
    ("unknown", ".*(困難|不可|調査中|報告義務|他の行政機関)"),
    ("no_number", ".*(遅滞なく|速やか|直ちに|あらかじめ|適宜|随時|適時|適正期間|遺漏なく)"),
    ("no_number", ".*数([日週年]|[かヵヶカケ箇]月)|申出期間|通知した期限|[年月週日]+$"),
)
"""Reason classes with the words that show them, matched in this order at the text's start."""


def read_period(text: str | None) -> Period:
    """Read one free-text processing period into days. Never raises on any string.

    Either ``days`` is given and ``reason`` is None, or ``days`` is None and ``reason`` is a key of
    :data:`REASONS`. See :class:`Period` for what the figures mean.
    """
    folded = fold_width(text or "").strip().rstrip("。")
    if not folded:
        return Period(text, reason="blank")
    if re.fullmatch(r"\d+(\.\d+)?", folded, re.ASCII):
        return Period(text, reason="no_unit", number=float(folded))
    try:
        return replace(_period(folded), text=text)
    except NotGrammatical as unread:
        return Period(text, reason=str(unread) or _reason_of(folded))


def read_periods(texts: pd.Series[Any]) -> pd.DataFrame:
    """Read a column of periods, parsing each distinct text once.

    Returns a frame on the index of ``texts`` with one column per field of :class:`Period`. A
    missing value (None, NaN, NA) is read as ``blank``.
    """
    rows = {text: asdict(read_period(text)) for text in texts.dropna().unique()}
    blank = asdict(read_period(None))
    table = pd.DataFrame(
        [blank if pd.isna(text) else rows[text] for text in texts],
        index=texts.index,
        columns=list(blank),
    )
    return table.astype(dict.fromkeys(["days", "low_days", "high_days", "number"], "float64"))


class _Grammar(Tokens):
    """Recursive descent over the tokens of one text; one method per production."""

    def text(self) -> tuple[_Measure, _Measure]:
        lengths = list(self.reading())
        if self.take("COND"):
            lengths += self.reading()
            self.need("CLOSE")
        self.take("NOTE")
        self.finish()
        return min(lengths, key=_DAYS), max(lengths, key=_DAYS)

    def reading(self) -> tuple[_Measure, _Measure]:
        qualifiers = self.skip("PRE")
        low, high = self.span()
        qualifiers += self.skip("POST")
        if not qualifiers:
            _refuse_calendar_months(low, high)
        if low.days > high.days:
            raise NotGrammatical
        return low, high

    def span(self) -> tuple[_Measure, _Measure]:
        if instant := self.take("INSTANT"):
            return (_Measure(1.0 if instant == "翌日" else 0.0, "日"),) * 2
        if self.take("UPTO"):
            return (self.measure(),) * 2
        if self.follows("NUMBER", "RANGE"):
            return self.shared_unit()
        return self.pair(self.measure())

    def shared_unit(self) -> tuple[_Measure, _Measure]:
        """The low end of ``2-6月`` takes the unit of the high end."""
        count = self.need_number("NUMBER")
        self.need("RANGE")
        high = self.measure()
        bare_months = count if high.bare_months else 0.0
        return _Measure(count * DAYS_PER_UNIT[high.unit], high.unit, bare_months), high

    def pair(self, first: _Measure) -> tuple[_Measure, _Measure]:
        """A range keeps its order; alternatives are put in order."""
        if self.take("RANGE"):
            return first, self.measure()
        each = self.take("EACH")
        if not each and not self.take("OR"):
            return first, first
        second = self.measure()
        if each:
            self.need("EXIST")
        return min(first, second, key=_DAYS), max(first, second, key=_DAYS)

    def measure(self) -> _Measure:
        if self.take("HALF"):
            unit, _ = _unit(self.need("UNIT"))
            return _Measure(DAYS_PER_UNIT[unit] / 2, unit)
        total = last = self.term()
        while self.follows("NUMBER"):
            term = self.term()
            _check_compound(last, term)
            total, last = _Measure(total.days + term.days, total.unit), term
        return total

    def term(self) -> _Measure:
        count = self.need_number("NUMBER")
        unit, is_bare_month = _unit(self.need("UNIT"))
        count += 0.5 if self.take("HALF") else 0.0
        return _Measure(count * DAYS_PER_UNIT[unit], unit, count if is_bare_month else 0.0)


def _period(folded: str) -> Period:
    """Return the period of a text that the grammar consumes."""
    low, high = _Grammar(_TOKEN, folded).text()
    if high.days > MAX_CREDIBLE_DAYS:
        raise NotGrammatical("implausible")
    period = Period(
        folded,
        days=round(high.days, 6),
        low_days=round(low.days, 6),
        high_days=round(high.days, 6),
        unit=high.unit,
        approximate=bool(_APPROXIMATE.search(folded)),
        bound="upper" if _UPPER.search(folded) else None,
        business_days="営業日" in (low.unit, high.unit),
    )
    if "以上" in folded:
        return replace(period, days=None, high_days=None, reason="open_ended", bound="lower")
    return period


def _unit(token: str) -> tuple[str, bool]:
    """Return the unit of a UNIT token, and whether it is a 月 that may name a month."""
    word = token if token == "時間" else token.removesuffix("間")
    return ("月" if "月" in word else word), token == "月"


def _refuse_calendar_months(low: _Measure, high: _Measure) -> None:
    """Refuse a span of bare 月 that may name months of the year."""
    may_be_months = low.bare_months > 0 and 0 < high.bare_months <= 12
    if may_be_months and low != high and (low.bare_months > 2 or low.days > high.days):
        raise NotGrammatical("calendar")


def _check_compound(last: _Measure, term: _Measure) -> None:
    """Refuse terms of one length whose units do not descend, or that may be a date."""
    if DAYS_PER_UNIT[term.unit] >= DAYS_PER_UNIT[last.unit]:
        raise NotGrammatical
    if (last.bare_months and term.unit == "日") or (last.unit == "年" and term.bare_months):
        raise NotGrammatical("calendar")


def _reason_of(folded: str) -> str:
    """Return the reason class of a text that the grammar did not consume."""
    if _CALENDAR.search(folded):
        return "calendar"
    if _PERIOD_INSIDE.search(folded):
        return "other_origin" if _OTHER_ORIGIN.search(folded) else "unparsed"
    return next(
        (reason for reason, words in _REASON_WORDS if re.match(words, folded, re.DOTALL)),
        "unparsed",
    )
