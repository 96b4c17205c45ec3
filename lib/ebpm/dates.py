"""Dates as a page writes them: 令和6年7月12日, 12 July 2024.

`day` and `month` are for sentences in a notebook; `written` is for texts that hold ISO dates.
"""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Any

from ebpm.eras import ERAS, Era
from ebpm.evidence.text import Both

JAPAN = datetime.timezone(datetime.timedelta(hours=9))
_ISO = re.compile(r"(?<!\d)((?:19|2\d)\d\d)-(\d\d)(?:-(\d\d))?(?![\d-])")
_MONTHS = tuple(calendar.month_name)[1:]


def day(value: Any) -> Both:
    """A date (or ISO text) in both languages; raises ValueError for what is none."""
    return _both(_date(value).isoformat())


def month(value: Any) -> Both:
    """The month of a date (or ISO text) in both languages; raises ValueError for what is none."""
    return _both(_date(value).isoformat()[:7])


def written(text: str, lang: str) -> str:
    """The text with each ISO date or month as its language writes it; the rest as it is."""
    return _ISO.sub(lambda match: _written(match, lang), text)


def in_japan(moment: str) -> Both:
    """The day in Japan of a moment in UTC (ISO text)."""
    return day(datetime.datetime.fromisoformat(moment).astimezone(JAPAN))


def reference(text: str, lang: str) -> str:
    """Reference dates and editions of a source: dates as `written`, from–to and lists likewise."""
    between, listed = ("〜", "、") if lang == "ja" else ("–", ", ")
    return written(text, lang).replace("–", between).replace("／", listed)


def _both(text: str) -> Both:
    return Both(written(text, "ja"), written(text, "en"))


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))


def _written(match: re.Match[str], lang: str) -> str:
    year, number, of_month = (int(part) if part else None for part in match.groups())
    try:
        date = datetime.date(year or 0, number or 0, of_month or 1)
    except ValueError:
        return match[0]
    return _japanese(date, of_month) if lang == "ja" else _english(date, of_month)


def _japanese(date: datetime.date, of_month: int | None) -> str:
    era = _era(date)
    number = date.year - era.first_year + 1
    year = f"{era.name}{'元' if number == 1 else number}年{date.month}月"
    return f"{year}{of_month}日" if of_month else year


def _english(date: datetime.date, of_month: int | None) -> str:
    name = f"{_MONTHS[date.month - 1]} {date.year}"
    return f"{of_month} {name}" if of_month else name


def _era(date: datetime.date) -> Era:
    """The era of a day; a month in which eras change (April 1926) is named by its first day."""
    return max((era for era in ERAS.values() if era.first <= date), key=lambda era: era.first)
