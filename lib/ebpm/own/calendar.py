"""Opening hours of an office: working time between two moments, exact, for millions of rows.

An office is closed on 週休日, on national holidays and from 29 December to 3 January
(行政機関の休日に関する法律 第1条; municipalities set the same days by 条例, 地方自治法 第4条の2).
National holidays, with substitutes, days between two holidays and the moves of 2019–2021, come
from the `holidays` package; the tests hold it against 内閣府「国民の祝日について」 for 2018–2027.
Days of the equinoxes beyond the announced year are computed.

`create` lays a table of days and the macros that `working_hours_sql` calls: the opening time up to
a moment is the sum of the days before it plus the open part of its own day, so that the time
between two moments is one subtraction.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal

import duckdb
import holidays as holidays_of
import pandas as pd

TABLE = "calendar_day"
"""day DATE (each day once), is_open BOOLEAN, closed_for VARCHAR (why closed; NULL if open),
opened_before BIGINT (microseconds of opening time from the first day up to this one)."""

YEAR_END = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3))
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_FIRST_YEAR, _LAST_YEAR = 1949, 2099


@dataclass(frozen=True)
class Calendar:
    """When an office is open. Clock times as HH:MM (closes up to 24:00); weekdays 1 = Monday.

    `holidays`: "japan" for the national holidays, "none" for an office that opens on them.
    `extra_closed`: further days closed (the town's own holiday, say). Raises ValueError for
    opening hours or weekdays that cannot be.
    """

    opens: str = "08:30"
    closes: str = "17:15"
    closed_weekdays: tuple[int, ...] = (6, 7)
    holidays: Literal["japan", "none"] = "japan"
    extra_closed: tuple[datetime.date, ...] = ()
    year_end: bool = True

    def __post_init__(self) -> None:
        if not 0 <= minutes(self.opens) < minutes(self.closes) <= 24 * 60:
            raise ValueError(
                f"開庁時間「{self.opens}〜{self.closes}」がおかしいです。"
                "開始を終了より前にしてください（例: 08:30〜17:15）。"
            )
        if not set(self.closed_weekdays) < set(range(1, 8)):
            raise ValueError(
                f"閉庁の曜日 {list(self.closed_weekdays)} がおかしいです。"
                "1（月曜）〜7（日曜）の数で、7 日すべてにはならないように書いてください。"
            )
        if self.holidays not in ("japan", "none"):
            raise ValueError(
                f"祝日の指定「{self.holidays}」はありません。japan か none にしてください。"
            )


def minutes(clock: str) -> int:
    """Minutes since midnight of a clock time HH:MM; raises ValueError for anything else."""
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        raise ValueError(f"「{clock}」は時刻ではありません。08:30 の形にしてください。")
    return int(match[1]) * 60 + int(match[2])


def closed_days(
    calendar: Calendar, first: datetime.date, last: datetime.date
) -> dict[datetime.date, str]:
    """The days from first to last on which the office is closed, with the reason in Japanese.

    Raises ValueError for a range the national holidays are not known for.
    """
    days = pd.date_range(first, last).date
    national = _national(first, last) if calendar.holidays == "japan" else {}
    reasons = {day: _reason(calendar, national, day) for day in days}
    return {day: reason for day, reason in reasons.items() if reason}


def create(
    connection: duckdb.DuckDBPyConnection,
    calendar: Calendar,
    first: datetime.date,
    last: datetime.date,
) -> None:
    """Lay the table `calendar_day` from first to last, and the macros, replacing any before.

    Moments outside of these days have no opening hours: NULL, never a wrong number.
    """
    closed = closed_days(calendar, first, last)
    days = pd.DataFrame({"day": pd.date_range(first, last)})
    days["closed_for"] = [closed.get(day.date()) for day in days["day"]]
    length = (minutes(calendar.closes) - minutes(calendar.opens)) * 60_000_000
    opened = days["closed_for"].isna().astype("int64") * length
    days["opened_before"] = opened.cumsum() - opened
    connection.register("calendar_frame", days.astype({"closed_for": "str"}))
    connection.execute(
        f"CREATE OR REPLACE TABLE {TABLE} AS SELECT CAST(day AS DATE) AS day,"
        " closed_for IS NULL AS is_open, closed_for, opened_before FROM calendar_frame"
    )
    connection.unregister("calendar_frame")
    for macro in _macros(calendar, first, last):
        connection.execute(macro)


def working_hours_sql(start: str, end: str) -> str:
    """The expression of opening hours between two TIMESTAMP expressions, DOUBLE; needs `create`.

    0 where the office is closed all the time between; NULL where end is before start, where one of
    them is NULL, or outside of the calendar. No join is needed.
    """
    return f"working_hours({start}, {end})"


def _macros(calendar: Calendar, first: datetime.date, last: datetime.date) -> tuple[str, str]:
    """The days as one list, looked up by position: one pass, no join per moment."""
    opens, closes = (minutes(clock) * 60_000_000 for clock in (calendar.opens, calendar.closes))
    position = f"(CAST(moment AS DATE) - DATE '{first}' + 1)"
    before, is_open = (
        f"(SELECT list({column} ORDER BY day) FROM {TABLE})[{position}]"
        for column in ("opened_before", "CAST(is_open AS BIGINT)")
    )
    clock = "(epoch_us(moment) - epoch_us(CAST(CAST(moment AS DATE) AS TIMESTAMP)))"
    inside = f"least(greatest({clock} - {opens}, 0), {closes - opens})"
    within = f"CAST(moment AS DATE) BETWEEN DATE '{first}' AND DATE '{last}'"
    return (
        "CREATE OR REPLACE MACRO opened_until(moment) AS"
        f" CASE WHEN {within} THEN {before} + {is_open} * {inside} END",
        "CREATE OR REPLACE MACRO working_hours(start_time, end_time) AS"
        " CASE WHEN end_time >= start_time"
        " THEN (opened_until(end_time) - opened_until(start_time)) / 3600000000 END",
    )


def _national(first: datetime.date, last: datetime.date) -> dict[datetime.date, str]:
    if first.year < _FIRST_YEAR or last.year > _LAST_YEAR:
        raise ValueError(
            f"祝日は {_FIRST_YEAR}〜{_LAST_YEAR} 年だけ分かります（求められた期間は {first}〜{last}）。"
            "日時の列に誤った年がないか確かめてください。"
        )
    years = range(first.year, last.year + 1)
    return dict(holidays_of.country_holidays("JP", years=years, language="ja"))


def _reason(
    calendar: Calendar, national: dict[datetime.date, str], day: datetime.date
) -> str | None:
    if day in national:
        return national[day]
    if calendar.year_end and (day.month, day.day) in YEAR_END:
        return "年末年始"
    if day in calendar.extra_closed:
        return "その他の閉庁日"
    return "週休日" if day.isoweekday() in calendar.closed_weekdays else None
