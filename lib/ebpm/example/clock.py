"""Days and times of the invented town: receipt in and out of opening hours, completion in them."""

from __future__ import annotations

import datetime
from functools import cache

import numpy as np

from ebpm.example.effects import FIRST_DAY, LAST_DAY, MONTHS, month_start
from ebpm.own.calendar import Calendar, closed_days

OPENS, CLOSES = 8 * 60 + 30, 17 * 60 + 15
EPOCH = np.datetime64(FIRST_DAY, "m")
DAY = 24 * 60
MONDAY = 1.35
WEEKEND = 0.75


@cache
def _open_days() -> np.ndarray:
    """Whether the office is open, by day from the first on, with a month beyond the last."""
    last = LAST_DAY + datetime.timedelta(days=60)
    closed = set(closed_days(Calendar(), FIRST_DAY, last))
    days = (last - FIRST_DAY).days + 1
    return np.array([FIRST_DAY + datetime.timedelta(days=d) not in closed for d in range(days)])


def open_days_before(date: datetime.date, number: int) -> list[datetime.date]:
    """The last open days before a date, in order."""
    day = (date - FIRST_DAY).days
    found = np.flatnonzero(_open_days()[:day])[-number:]
    return [FIRST_DAY + datetime.timedelta(days=int(each)) for each in found]


def weekdays(days: np.ndarray) -> np.ndarray:
    """Weekday (0 = Monday) of days counted from the first."""
    return np.asarray((days + FIRST_DAY.weekday()) % 7)


def drawn_days(random: np.random.Generator, month: np.ndarray, any_day: np.ndarray) -> np.ndarray:
    """A day of its month for each case: an open day (Mondays are busier), or any day."""
    ends = np.array([(month_start(m) - FIRST_DAY).days for m in range(MONTHS + 1)])
    is_open = _open_days()[: ends[-1]]
    weekday = weekdays(np.arange(ends[-1]))
    busy = np.where(weekday == 0, MONDAY, 1.0)
    at_counter, online = busy * is_open, np.where(is_open, busy, WEEKEND)
    u = random.random(len(month))
    return np.where(any_day, _day(online, ends, month, u), _day(at_counter, ends, month, u))


def _day(weight: np.ndarray, ends: np.ndarray, month: np.ndarray, u: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0.0], np.cumsum(weight)])
    low, high = total[ends[month]], total[ends[month + 1]]
    return np.asarray(np.searchsorted(total, low + u * (high - low), side="right") - 1)


def drawn_minutes(random: np.random.Generator, any_time: np.ndarray) -> np.ndarray:
    """Minute of the day: in opening hours, or (online) any time with a peak in the evening."""
    in_hours = random.integers(OPENS, CLOSES, len(any_time))
    evening = np.clip(random.normal(19.5 * 60, 170, len(any_time)), 0, DAY - 1).astype(int)
    by_day = random.random(len(any_time)) < 0.5
    return np.where(any_time, np.where(by_day, in_hours, evening), in_hours)


def into_opening_hours(moment: np.ndarray) -> np.ndarray:
    """Minutes since the first day, put off to the next opening where the office is closed."""
    day, minute = moment // DAY, moment % DAY
    is_open = _open_days()
    last = len(is_open) - 1
    day = np.minimum(day, last)
    late = minute >= CLOSES
    day = np.minimum(day + late, last)
    following = np.minimum.accumulate(np.where(is_open, np.arange(len(is_open)), last)[::-1])[::-1]
    opened = following[day]
    spread = OPENS + (minute * 7) % 90
    put_off = late | (opened != day) | (minute < OPENS)
    return np.asarray(opened * DAY + np.where(put_off, spread, minute))


def moments(minutes: np.ndarray) -> np.ndarray:
    """datetime64 (minutes) of minutes since the first day."""
    return EPOCH + minutes.astype("timedelta64[m]")
