"""Opening hours between two moments, against a count minute by minute, and the days closed."""

from __future__ import annotations

import datetime
import random
from datetime import date

import duckdb
import pytest

from ebpm.own.calendar import Calendar, closed_days, create, minutes, working_hours_sql

OFFICIAL = {
    2018: "1/1 1/8 2/11 2/12 3/21 4/29 4/30 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24 10/8 11/3 11/23"
    " 12/23 12/24",
    2019: "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14"
    " 10/22 11/3 11/4 11/23",
    2020: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23",
    2021: "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23",
    2022: "1/1 1/10 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/23 10/10 11/3 11/23",
    2023: "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23",
    2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14"
    " 11/3 11/4 11/23",
    2025: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23"
    " 11/24",
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
}
"""内閣府「国民の祝日について」, syukujitsu.csv: holidays and substitutes of each year."""

FIRST, LAST = date(2023, 12, 1), date(2024, 12, 31)
OFFICES = [
    Calendar(),
    Calendar(opens="09:00", closes="19:00", closed_weekdays=(1,), holidays="none", year_end=False),
    Calendar(opens="00:00", closes="24:00", extra_closed=(date(2024, 6, 3),)),
]


def _hours(connection: duckdb.DuckDBPyConnection, start: str | None, end: str | None) -> object:
    expression = working_hours_sql("CAST(? AS TIMESTAMP)", "CAST(? AS TIMESTAMP)")
    row = connection.execute(f"SELECT {expression}", [start, end]).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="module")
def office() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create(connection, Calendar(), FIRST, LAST)
    return connection


@pytest.mark.parametrize(("year", "days"), OFFICIAL.items())
def test_the_holidays_are_those_of_the_official_list(year: int, days: str) -> None:
    calendar = Calendar(closed_weekdays=(), year_end=False)
    closed = closed_days(calendar, date(year, 1, 1), date(year, 12, 31))
    assert [f"{day.month}/{day.day}" for day in closed] == days.split()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 8, 12), "振替休日"),
        (date(2026, 9, 22), "国民の休日"),
        (date(2026, 9, 23), "秋分の日"),
        (date(2024, 1, 1), "元日"),
        (date(2023, 12, 29), "年末年始"),
        (date(2024, 1, 3), "年末年始"),
        (date(2024, 3, 30), "週休日"),
        (date(2024, 11, 13), "その他の閉庁日"),
    ],
)
def test_each_closed_day_says_why(day: date, name: str) -> None:
    calendar = Calendar(extra_closed=(date(2024, 11, 13),))
    assert closed_days(calendar, day, day) == {day: name}


@pytest.mark.parametrize("day", [date(2024, 1, 4), date(2023, 12, 28), date(2021, 10, 11)])
def test_ordinary_days_are_open(day: date) -> None:
    assert closed_days(Calendar(), day, day) == {}


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2024-04-01 09:00", "2024-04-01 10:30", 1.5),
        ("2024-04-01 08:30", "2024-04-01 17:15", 8.75),
        ("2024-04-01 00:00", "2024-04-02 00:00", 8.75),
        ("2024-04-01 17:00", "2024-04-02 08:45", 0.5),
        ("2024-04-05 17:00", "2024-04-08 09:00", 0.75),
        ("2024-05-02 12:00", "2024-05-07 12:00", 8.75),
        ("2023-12-28 17:00", "2024-01-04 08:45", 0.5),
        ("2024-04-06 10:00", "2024-04-07 15:00", 0.0),
        ("2024-04-01 18:00", "2024-04-02 08:00", 0.0),
        ("2024-04-01 05:00", "2024-04-01 06:00", 0.0),
        ("2024-04-01 12:00", "2024-04-01 12:00", 0.0),
        ("2024-04-01 09:00:00", "2024-04-01 09:00:36", 0.01),
        ("2024-04-01 10:00", "2024-04-01 09:00", None),
        ("2024-04-06 10:00:01", "2024-04-06 10:00:00", None),
        (None, "2024-04-01 09:00", None),
        ("2024-04-01 09:00", None, None),
        ("2023-11-30 23:59", "2024-04-01 09:00", None),
        ("2024-04-01 09:00", "2025-01-01 00:00", None),
        ("1999-04-01 09:00", "1999-04-01 10:00", None),
    ],
)
def test_fixed_cases(
    office: duckdb.DuckDBPyConnection, start: str | None, end: str | None, hours: float | None
) -> None:
    assert _hours(office, start, end) == hours


def test_the_first_and_the_last_day_count(office: duckdb.DuckDBPyConnection) -> None:
    year = _hours(office, f"{FIRST} 00:00", f"{LAST} 23:59:59.999999")
    days = office.execute("SELECT count(*) FROM calendar_day WHERE is_open").fetchone()
    assert days is not None
    assert year == days[0] * 8.75


def _slowly(calendar: Calendar, start: datetime.datetime, end: datetime.datetime) -> float:
    """Open minutes counted one by one; both moments are at whole minutes."""
    closed = closed_days(calendar, start.date(), end.date())
    opens, closes = minutes(calendar.opens), minutes(calendar.closes)
    count, moment = 0, start
    while moment < end:
        count += moment.date() not in closed and opens <= moment.hour * 60 + moment.minute < closes
        moment += datetime.timedelta(minutes=1)
    return count / 60


@pytest.mark.parametrize("calendar", OFFICES)
def test_random_pairs_agree_with_a_count_minute_by_minute(calendar: Calendar) -> None:
    connection = duckdb.connect()
    create(connection, calendar, FIRST, LAST)
    chance = random.Random(8)
    pairs = []
    for _ in range(150):
        start = datetime.datetime(2023, 12, 1) + datetime.timedelta(
            minutes=chance.randrange(380 * 1440)
        )
        length = int(chance.expovariate(1 / chance.choice([30, 600, 4000])))
        pairs.append((start, start + datetime.timedelta(minutes=min(length, 14 * 1440))))
    slow = [_slowly(calendar, start, end) for start, end in pairs]
    fast = [_hours(connection, str(start), str(end)) for start, end in pairs]
    assert fast == pytest.approx(slow, abs=1e-9)
    assert sum(hours > 0 for hours in slow) > 50


def test_a_calendar_made_again_replaces_the_one_before() -> None:
    connection = duckdb.connect()
    create(connection, Calendar(), FIRST, LAST)
    create(connection, Calendar(opens="10:00", closes="11:00"), date(2024, 4, 1), date(2024, 4, 2))
    assert _hours(connection, "2024-04-01 00:00", "2024-04-02 23:00") == 2
    assert _hours(connection, "2024-05-01 00:00", "2024-05-02 00:00") is None


def test_a_day_of_unclosed_moments_is_told_apart_by_the_table(
    office: duckdb.DuckDBPyConnection,
) -> None:
    row = office.execute(
        "SELECT is_open, closed_for FROM calendar_day WHERE day = DATE '2024-05-06'"
    ).fetchone()
    assert row == (False, "振替休日")
    assert (
        office.execute("SELECT count(*), count(DISTINCT day) FROM calendar_day").fetchone()
        == ((LAST - FIRST).days + 1,) * 2
    )


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"opens": "17:15", "closes": "08:30"}, "開庁時間"),
        ({"opens": "8時半"}, "時刻ではありません"),
        ({"closes": "24:30"}, "開庁時間"),
        ({"closed_weekdays": (0, 6)}, "閉庁の曜日"),
        ({"closed_weekdays": (1, 2, 3, 4, 5, 6, 7)}, "閉庁の曜日"),
        ({"holidays": "korea"}, "祝日の指定"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(how: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Calendar(**how)  # type: ignore[arg-type]


def test_years_without_known_holidays_are_refused() -> None:
    with pytest.raises(ValueError, match="祝日は 1949〜2099 年だけ"):
        closed_days(Calendar(), date(2099, 1, 1), date(2100, 1, 1))
