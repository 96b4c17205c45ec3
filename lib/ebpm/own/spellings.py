"""One date, month or moment as people and systems write it: the grammar that `times` applies.

A text is a date, then maybe a clock time, then maybe a zone (`time_patterns.SPLIT`). Each part is
read on its own, so that a column costs its distinct parts only.

Width and blanks do not matter. Conventions where a spelling alone does not say it:

- two-digit years are of 1969–2068, as POSIX strptime has it;
- `31.12.2024` is day first, as everywhere that dates are written with dots; with slashes or dashes
  the order is told (`Order`), never guessed;
- clock times go to 29:59, cut to the microsecond (24:10 is ten past midnight of the next day, as in 30時間制);
- 午後0時30分 and 午後12時30分 are both 12:30, 午前12時 is 0:00, as clocks and spreadsheets show them;
- 1900-01-01 and earlier, 1970-01-01 and the years from 2100 on stand for "no date" in exports.
"""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from typing import Literal
from zoneinfo import ZoneInfo

from ebpm import eras
from ebpm.japanese import fold_width
from ebpm.own.time_patterns import SPLIT

Order = Literal["month_first", "day_first", "year_first"]
"""Which part of 04/05/24 comes first; year_first only with years of two digits."""

Kind = Literal["timestamp", "date", "month"]

FIRST, LAST = datetime.date(1900, 1, 2), datetime.date(2099, 12, 31)
EPOCH = datetime.date(1970, 1, 1)
LAST_HOUR = 29

EXAMPLES = {
    "timestamp": "2024-04-01 09:30、2024年4月1日 9時30分、令和6年4月1日 9:30",
    "date": "2024-04-01、2024年4月1日、令和6年4月1日",
    "month": "2024-04、2024年4月、令和6年4月",
}

_TEXT = re.compile(SPLIT)
_WEEKDAYS = "月火水木金土日"
_JAPANESE_WEEKDAY = re.compile(
    rf"\((?P<a>[{_WEEKDAYS}])(?:曜日?)?(?:[・･/、]?祝日?)?\)$|(?P<b>[{_WEEKDAYS}])曜日?$"
)
_ENGLISH_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? ")
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_ORDERED = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d\d)")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NAME_FIRST = re.compile(r"([a-z]{3,9})\.?[ -]?(\d{1,2})(?:st|nd|rd|th)?(?:, ?|[ -])(\d{4}|\d\d)")
_NAME_SECOND = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ /.-]?([a-z]{3,9})\.?[ ,/-]{0,2}(\d{4}|\d\d)")
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月(?:分|度)?|(\d\d))")
_NAMED_MONTH = re.compile(r"([a-z]{3,9})\.?[ ,-]{1,2}(\d{4})")
_ERA_MONTH = re.compile(r"(\D.*?)(?:年(\d{1,2})月(?:分|度)?|[-/.](\d{1,2}))")
_ERA_COMPACT = re.compile(r"([mtshr])(\d\d)(\d\d)(\d\d)")
_ERA = re.compile("[mtshr](?:元|[0-9])|明治|大正|昭和|平成|令和")
_CLOCK_PARTS = re.compile(
    r"(?P<half>午前|午後)?(?P<hour>\d{1,2})"
    r"(?:[:](?P<minute>\d{1,2})(?:[:](?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?"
    r"|時(?:(?P<of_hour>半|\d{1,2})分?(?:(?P<of_minute>\d{1,2})秒)?)?)"
    r"(?:(?P<latin>[ap])\.?m\.?)?"
)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}


class Unreadable(ValueError):
    """A text that names no moment: what is wrong, what to do; one line."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}。{remedy}。")
        self.problem, self.remedy = problem, remedy


def reason(text: str | None, *, order: Order | None = None, kind: Kind = "timestamp") -> str:
    """Why `text` cannot be read and how to write it, in Japanese; "" where it can be read."""
    try:
        read(text or "", order=order, kind=kind)
    except Unreadable as unread:
        return str(unread)
    return ""


def read(
    text: str, *, order: Order | None = None, zone: str = "Asia/Tokyo", kind: Kind = "timestamp"
) -> datetime.datetime | datetime.date:
    """The moment (in local time of `zone`), the date or the first day of the month of `text`.

    Raises Unreadable.
    """
    match = _TEXT.match(text)
    if match is None:
        raise _unknown(text, kind) if text.strip() else _blank(kind)
    day = read_date(match[1] or match[4], order, kind)
    clock = datetime.timedelta(microseconds=read_clock(match[2] or match[5] or ""))
    offset = read_zone(match[3] or match[6] or "")
    moment = datetime.datetime.combine(day, datetime.time()) + clock
    if offset is not None:
        utc = (moment - datetime.timedelta(minutes=offset)).replace(tzinfo=datetime.UTC)
        moment = utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if kind == "timestamp":
        return moment
    return moment.date() if kind == "date" else moment.date().replace(day=1)


def read_date(text: str, order: Order | None = None, kind: Kind = "timestamp") -> datetime.date:
    """The date part of a text (for kind "month" also a month: its first day); raises Unreadable."""
    shown, plain = text.strip(), _plain(text)
    plain, weekday = _without_weekday(plain)
    day = _day(shown, plain, order) or (_month(shown, plain) if kind == "month" else None)
    if day is None:
        raise _month_alone(shown) if _names_month(plain) else _unknown(shown, kind)
    if not FIRST <= day <= LAST or day == EPOCH:
        problem = f"「{shown}」は、日付がないことを表す仮の値とみなしました"
        raise Unreadable(problem, "日付がないときは空欄に、あるときは正しい日付にしてください")
    if weekday is not None and day.weekday() != weekday:
        problem = f"「{shown}」の曜日が日付と合いません（{_WEEKDAYS[day.weekday()]}曜日です）"
        raise Unreadable(problem, "日付か曜日を直してください")
    return day


def read_clock(text: str) -> int:
    """The microseconds since midnight of the clock part of a text, 0 for none; raises Unreadable."""
    if not text:
        return 0
    plain = _plain(text).replace(" ", "")
    if len(plain) in (4, 6) and plain.isdigit():
        plain = ":".join(re.findall("..", plain))
    match = _CLOCK_PARTS.fullmatch(plain)
    if match is None:
        raise _no_clock(text)
    hour = _hour(text, int(match["hour"]), match["half"] or match["latin"])
    minute = int((match["minute"] or match["of_hour"] or "0").replace("半", "30"))
    second = int(match["second"] or match["of_minute"] or 0)
    if hour > LAST_HOUR or minute > 59 or second > 59:
        raise _no_clock(text)
    micros = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros


def read_zone(text: str) -> int | None:
    """The minutes east of UTC of the zone part of a text, None for none; raises Unreadable."""
    plain = _plain(text).strip("()").replace(":", "")
    if plain in ("", "z", "utc", "gmt", "jst"):
        return None if not plain else 540 if plain == "jst" else 0
    minutes = int(plain[1:3]) * 60 + int(plain[3:] or 0)
    if minutes > 14 * 60:
        raise Unreadable(f"「{text}」という時差はありません", "+09:00 のように書いてください")
    return -minutes if plain[0] == "-" else minutes


def full_year(two_digits: int) -> int:
    """The year that two digits stand for, 1969–2068."""
    return two_digits + (2000 if two_digits < 69 else 1900)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", fold_width(text)).lower().split())


def _without_weekday(plain: str) -> tuple[str, int | None]:
    if match := _JAPANESE_WEEKDAY.search(plain):
        return plain[: match.start()].strip(), _WEEKDAYS.index(match["a"] or match["b"])
    if match := _ENGLISH_WEEKDAY.match(plain):
        weekdays = [name[:3].lower() for name in calendar.day_name]
        return plain[match.end() :].strip(), weekdays.index(match[1])
    return plain, None


def _day(shown: str, plain: str, order: Order | None) -> datetime.date | None:
    """The date of a text without its weekday; None where the text is of no known form."""
    close = plain.replace(" ", "")
    if match := _YEAR_FIRST.fullmatch(close) or _COMPACT.fullmatch(close):
        parts = [part for part in match.groups() if part and part.isdigit()]
        return _made(shown, *parts)
    if match := _DOTTED.fullmatch(close):
        return _made(shown, match[3], match[2], match[1])
    if match := _ORDERED.fullmatch(close):
        return _in_order(shown, (match[1], match[3], match[4]), order)
    if match := _NAME_FIRST.fullmatch(plain):
        return _named(shown, match[3], match[1], match[2])
    if match := _NAME_SECOND.fullmatch(plain):
        return _named(shown, match[3], match[2], match[1])
    return _era_day(close) if _ERA.match(close) else None


def _in_order(shown: str, parts: tuple[str, str, str], order: Order | None) -> datetime.date:
    first, second, third = parts
    if order is None:
        problem = f"「{shown}」は、月と日のどちらが先か分かりません"
        raise Unreadable(problem, "2024-04-01 の形にするか、対応表に順序を書いてください")
    if order == "year_first":
        return (
            _made(shown, first, second, third) if len(third) == 2 else _made(shown, third, "0", "0")
        )
    month, day = (first, second) if order == "month_first" else (second, first)
    return _made(shown, third, month, day)


def _named(shown: str, year: str, name: str, day: str) -> datetime.date | None:
    return _made(shown, year, str(_MONTHS[name]), day) if name in _MONTHS else None


def _era_day(close: str) -> datetime.date | None:
    if match := _ERA_COMPACT.fullmatch(close):
        close = f"{match[1]}{match[2]}.{match[3]}.{match[4]}"
    if _ERA_MONTH.fullmatch(close) and not eras.DATE.fullmatch(close):
        return None
    try:
        return eras.date_of(close)
    except eras.EraError as error:
        raise Unreadable(error.problem, error.remedy) from error


def _month(shown: str, plain: str) -> datetime.date | None:
    close = plain.replace(" ", "")
    if match := _MONTH.fullmatch(close):
        return _made(shown, match[1], match[2] or match[3] or match[4], "1")
    if match := _NAMED_MONTH.fullmatch(plain):
        return _named(shown, match[2], match[1], "1")
    if (match := _ERA_MONTH.fullmatch(close)) and _ERA.match(close):
        return _era_month(shown, match[1], int(match[2] or match[3]))
    return None


def _era_month(shown: str, era_year: str, month: int) -> datetime.date:
    """The month must have a day in its era: 平成31年4月 has, 平成31年5月 has not."""
    try:
        first = _made(shown, str(eras.year_of(era_year)), str(month), "1")
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        era = eras.ERAS[era_year[:2] if era_year[:2] in eras.ERAS else era_year[0].upper()]
    except eras.EraError as error:
        raise Unreadable(error.problem, error.remedy) from error
    if last < era.first or (era.after is not None and first >= era.after):
        raise Unreadable(f"「{shown}」という月はありません", "元号と月を確かめてください")
    return first


def _made(shown: str, year: str, month: str, day: str) -> datetime.date:
    try:
        full = full_year(int(year)) if len(year) == 2 else int(year)
        return datetime.date(full, int(month), int(day))
    except ValueError as error:
        raise Unreadable(
            f"「{shown}」という日付はありません", "年・月・日を確かめてください"
        ) from error


def _hour(text: str, hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if hour > 12:
        raise _no_clock(text)
    return hour % 12 + (12 if half in ("午後", "p") else 0)


def _names_month(plain: str) -> bool:
    close = plain.replace(" ", "")
    return bool(
        _MONTH.fullmatch(close)
        or _NAMED_MONTH.fullmatch(plain)
        or (_ERA.match(close) and _ERA_MONTH.fullmatch(close))
    )


def _blank(kind: Kind) -> Unreadable:
    return Unreadable("空欄です", f"{EXAMPLES[kind]} のように書いてください")


def _month_alone(shown: str) -> Unreadable:
    return Unreadable(
        f"「{shown}」には日がありません", f"{EXAMPLES['date']} のように書いてください"
    )


def _no_clock(text: str) -> Unreadable:
    remedy = f"0:00〜{LAST_HOUR}:59（午前・午後つきは 0〜12 時）で書いてください"
    return Unreadable(f"「{text.strip()}」という時刻はありません", remedy)


def _unknown(text: str, kind: Kind) -> Unreadable:
    what = {"timestamp": "日時", "date": "日付", "month": "年月"}[kind]
    shown = " ".join(text.split())[:40]
    return Unreadable(
        f"「{shown}」は{what}として読めません", f"{EXAMPLES[kind]} のように書いてください"
    )
