"""Every spelling of dates and times that exports and people use: the value, or NULL and a reason."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import pytest

from ebpm.own import times
from ebpm.own.date_order import WORDS
from ebpm.own.spellings import Unreadable, read

MOMENTS = {
    "2024-04-01 09:30": "2024-04-01 09:30:00",
    "2024-04-01 9:30": "2024-04-01 09:30:00",
    "2024-04-01T09:30:05": "2024-04-01 09:30:05",
    "2024-04-01T09:30": "2024-04-01 09:30:00",
    "2024-04-01 09:30:05.250": "2024-04-01 09:30:05.250000",
    "2024-04-01T09:30:05.123456": "2024-04-01 09:30:05.123456",
    "2024-04-01T09:30:05.1234567": "2024-04-01 09:30:05.123456",
    "2024-04-01 00:30:05.1234567Z": "2024-04-01 09:30:05.123456",
    "2024-04-01T09:30:05.1234567+09:00": "2024-04-01 09:30:05.123456",
    "2024-04-01T09:30:05.123456789": "2024-04-01 09:30:05.123456",
    "2024-04-01T00:30:00Z": "2024-04-01 09:30:00",
    "2024-03-31T23:59:59.500Z": "2024-04-01 08:59:59.500000",
    "2024-04-01T09:30:00+09:00": "2024-04-01 09:30:00",
    "2024-04-01T09:30:00+0900": "2024-04-01 09:30:00",
    "2024-04-01 00:30:00+00": "2024-04-01 09:30:00",
    "2024-03-31T20:30:00-04:00": "2024-04-01 09:30:00",
    "2024-04-01T00:30Z": "2024-04-01 09:30:00",
    "2024-04-01 09:30:00 JST": "2024-04-01 09:30:00",
    "2024-04-01 00:30:00 UTC": "2024-04-01 09:30:00",
    "2024-04-01": "2024-04-01 00:00:00",
    "2024/4/1 9:30:05": "2024-04-01 09:30:05",
    "2024/04/01": "2024-04-01 00:00:00",
    "2024.4.1": "2024-04-01 00:00:00",
    "2024.04.01 09:30": "2024-04-01 09:30:00",
    "20240401": "2024-04-01 00:00:00",
    "202404010930": "2024-04-01 09:30:00",
    "20240401093000": "2024-04-01 09:30:00",
    "20240401 093000": "2024-04-01 09:30:00",
    "20240401T093000Z": "2024-04-01 18:30:00",
    "202404012410": "2024-04-02 00:10:00",
    "31.12.2024 23:59": "2024-12-31 23:59:00",
    "1.4.2024": "2024-04-01 00:00:00",
    "2024年4月1日 9時30分": "2024-04-01 09:30:00",
    "2024年4月1日9時30分": "2024-04-01 09:30:00",
    "2024年4月1日 9時30分5秒": "2024-04-01 09:30:05",
    "2024年04月01日 09:30": "2024-04-01 09:30:00",
    "2024年4月1日": "2024-04-01 00:00:00",
    "2024年4月1日 午前9時30分": "2024-04-01 09:30:00",
    "2024年4月1日午後1時5分": "2024-04-01 13:05:00",
    "2024年4月1日 午後1:05": "2024-04-01 13:05:00",
    "2024年4月1日 午後0時30分": "2024-04-01 12:30:00",
    "2024年4月1日 午後12時30分": "2024-04-01 12:30:00",
    "2024年4月1日 午前12時": "2024-04-01 00:00:00",
    "2024年4月1日 9時半": "2024-04-01 09:30:00",
    "令和6年4月1日 9:30": "2024-04-01 09:30:00",
    "令和6年4月1日": "2024-04-01 00:00:00",
    "令和６年４月１日　９時３０分": "2024-04-01 09:30:00",
    "令和元年5月1日": "2019-05-01 00:00:00",
    "平成31年4月30日 25:30": "2019-05-01 01:30:00",
    "令和六年四月一日": "2024-04-01 00:00:00",
    "R6.4.1 9:30": "2024-04-01 09:30:00",
    "R06.04.01": "2024-04-01 00:00:00",
    "R6/4/1": "2024-04-01 00:00:00",
    "r6-4-1": "2024-04-01 00:00:00",
    "R060401": "2024-04-01 00:00:00",
    "H31/4/30": "2019-04-30 00:00:00",
    "S63.12.31": "1988-12-31 00:00:00",
    "㋿6年4月1日": "2024-04-01 00:00:00",
    "２０２４／４／１　９：３０": "2024-04-01 09:30:00",
    "２０２４年４月１日": "2024-04-01 00:00:00",
    "2024/4/1(月) 9:30": "2024-04-01 09:30:00",
    "2024年4月1日（月）9時30分": "2024-04-01 09:30:00",
    "2024/4/1（月曜日）": "2024-04-01 00:00:00",
    "2024/4/29(月・祝) 9:30": "2024-04-29 09:30:00",
    "2024-04-01 24:00": "2024-04-02 00:00:00",
    "2024-04-01 24:10": "2024-04-02 00:10:00",
    "2024/12/31 25:30": "2025-01-01 01:30:00",
    "2024-02-28 29:59": "2024-02-29 05:59:00",
    "2024-04-01 09:30:00 AM": "2024-04-01 09:30:00",
    "Apr 12, 2018 11:11 AM": "2018-04-12 11:11:00",
    "April 12, 2018": "2018-04-12 00:00:00",
    "Sept. 1, 2018 1:05:06 PM": "2018-09-01 13:05:06",
    "Thu, 12 Apr 2018 11:11:26": "2018-04-12 11:11:26",
    "12-Apr-2018": "2018-04-12 00:00:00",
    "12-APR-18 23:11": "2018-04-12 23:11:00",
    "12 April 2018": "2018-04-12 00:00:00",
    "  2024-04-01 09:30 ": "2024-04-01 09:30:00",
    "2024-02-29": "2024-02-29 00:00:00",
}

MONTH_FIRST = {
    "04/12/2018 11:11:26 AM": "2018-04-12 11:11:26",
    "04/12/2018 12:05:00 AM": "2018-04-12 00:05:00",
    "04/12/2018 12:05:00 PM": "2018-04-12 12:05:00",
    "4/12/18 1:11 PM": "2018-04-12 13:11:00",
    "4/12/18 23:11": "2018-04-12 23:11:00",
    "4/12/2018 23:11": "2018-04-12 23:11:00",
    "04-12-2018": "2018-04-12 00:00:00",
    "4/12/2018 24:10": "2018-04-13 00:10:00",
    "4/12/18": "2018-04-12 00:00:00",
    "4/12/68": "2068-04-12 00:00:00",
    "4/12/69": "1969-04-12 00:00:00",
    "4/12/2018 0:05 AM": "2018-04-12 00:05:00",
}

DAY_FIRST = {
    "31/12/2024": "2024-12-31 00:00:00",
    "31/12/2024 23:59": "2024-12-31 23:59:00",
    "04/12/2018 11:11:26 AM": "2018-12-04 11:11:26",
    "31-12-2024 08:00:00": "2024-12-31 08:00:00",
    "31/12/24 8:00": "2024-12-31 08:00:00",
}

MONTHS = {
    "2024-04": "2024-04-01",
    "2024/4": "2024-04-01",
    "2024.04": "2024-04-01",
    "2024年4月": "2024-04-01",
    "2024年4月分": "2024-04-01",
    "令和6年4月": "2024-04-01",
    "令和６年１２月": "2024-12-01",
    "平成31年4月": "2019-04-01",
    "令和元年5月": "2019-05-01",
    "R6.4": "2024-04-01",
    "R6/12": "2024-12-01",
    "202404": "2024-04-01",
    "Apr 2024": "2024-04-01",
    "2024-04-15": "2024-04-01",
    "令和6年4月15日": "2024-04-01",
}

UNREADABLE = {
    "2024-02-30": "という日付はありません",
    "2023-02-29": "という日付はありません",
    "2024-13-01": "という日付はありません",
    "2024/0/1": "という日付はありません",
    "20241301": "という日付はありません",
    "2024年4月31日": "という日付はありません",
    "31.04.2024": "という日付はありません",
    "平成32年4月1日": "という日付はありません",
    "平成31年5月1日": "という日付はありません",
    "昭和65年1月1日": "という日付はありません",
    "令和0年4月1日": "という日付はありません",
    "1900-01-01": "仮の値",
    "0001-01-01": "仮の値",
    "1899-12-31 00:00:00": "仮の値",
    "9999-12-31": "仮の値",
    "9999-12-31 23:59:59": "仮の値",
    "2999/12/31": "仮の値",
    "1970-01-01": "仮の値",
    "2024-04-01 30:00": "という時刻はありません",
    "2024-04-01 09:75": "という時刻はありません",
    "2024-04-01 09:30:61": "という時刻はありません",
    "2024-04-01 13:05 PM": "という時刻はありません",
    "2024年4月1日 午後13時": "という時刻はありません",
    "2024/4/1(火)": "曜日が日付と合いません",
    "2024-04": "日がありません",
    "令和6年4月": "日がありません",
    "04/05/2024": "月と日のどちらが先か分かりません",
    "4/5/24 9:30": "月と日のどちらが先か分かりません",
    "2024/4/1 9:30 +25:00": "という時差はありません",
    "未定": "日時として読めません",
    "2024": "日時として読めません",
    "2024-04-01 9": "日時として読めません",
    "2024-04-01 0930": "日時として読めません",
    "2024-04-01 9:30m": "日時として読めません",
    "9:30": "日時として読めません",
    "4月1日": "日時として読めません",
    "2024041": "日時として読めません",
    "24.4.1": "日時として読めません",
    "1234567890": "日時として読めません",
    "45383": "日時として読めません",
    "2024/4/19:30": "日時として読めません",
    "Foo 12, 2018": "日時として読めません",
    "2024-04-01 09:30 頃": "日時として読めません",
    "infinity": "日時として読めません",
    "": "空欄です",
    "　": "空欄です",
}

Column = Callable[..., list[Any]]


@pytest.fixture
def column() -> Column:
    """Texts to the values that convert gives them, in their order, beside each other."""

    def converted(texts: Iterable[str | None], **how: Any) -> list[Any]:
        connection = _table(texts)
        how = {"order": None} | how
        times.convert(connection, "log", "at", "at time", **how)
        rows = connection.execute('SELECT "at time" FROM log ORDER BY id').fetchall()
        return [value for (value,) in rows]

    return converted


def _table(texts: Iterable[str | None]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute('CREATE TABLE log (id INTEGER, "at" VARCHAR)')
    for row in enumerate(texts):
        connection.execute("INSERT INTO log VALUES (?, ?)", row)
    return connection


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("spellings", "order"),
    [(MOMENTS, None), (MONTH_FIRST, "month_first"), (DAY_FIRST, "day_first")],
)
def test_a_column_of_many_spellings_gives_the_moments(
    column: Column, spellings: dict[str, str], order: times.Order | None
) -> None:
    values = column(spellings, order=order)
    expected = {text: _moment(moment) for text, moment in spellings.items()}
    assert dict(zip(spellings, values, strict=True)) == expected


@pytest.mark.parametrize(
    ("text", "moment", "order"),
    [(text, moment, None) for text, moment in MOMENTS.items()]
    + [(text, moment, "month_first") for text, moment in MONTH_FIRST.items()]
    + [(text, moment, "day_first") for text, moment in DAY_FIRST.items()],
)
def test_a_spelling_alone_gives_the_same_moment_in_sql_and_python(
    column: Column, text: str, moment: str, order: times.Order | None
) -> None:
    assert column([text], order=order) == [_moment(moment)]
    assert read(text, order=order) == _moment(moment)
    assert times.reason(text, order=order) == ""


def test_there_are_enough_spellings() -> None:
    assert len(MOMENTS | MONTH_FIRST | DAY_FIRST | MONTHS) >= 100


def test_months(column: Column) -> None:
    expected = [datetime.date.fromisoformat(month) for month in MONTHS.values()]
    assert column(MONTHS, kind="month") == expected
    assert [read(text, kind="month") for text in MONTHS] == expected


def test_dates_lose_the_clock_and_late_hours_count_to_the_next_day(column: Column) -> None:
    texts = ["2024-04-01 23:59:59", "R6.4.1 25:30", "2024-03-31T20:00:00Z", "令和6年4月1日"]
    days = [datetime.date(2024, 4, day) for day in (1, 2, 1, 1)]
    assert column(texts, kind="date") == days


def test_what_cannot_be_read_is_null(column: Column) -> None:
    values = column([*UNREADABLE, "2024-04-01 09:30"])
    read_anyway = [text for text, value in zip(UNREADABLE, values, strict=False) if value]
    assert (read_anyway, values[-1]) == ([], datetime.datetime(2024, 4, 1, 9, 30))


@pytest.mark.parametrize(
    "text", ["2024-02-30", "9999-12-31", "平成32年4月1日", "未定", "", "2024041"]
)
def test_nor_is_it_read_alone(column: Column, text: str) -> None:
    assert column([text]) == [None]


@pytest.mark.parametrize(("text", "problem"), UNREADABLE.items())
def test_what_cannot_be_read_has_a_reason_in_one_line(text: str, problem: str) -> None:
    reason = times.reason(text)
    assert problem in reason
    assert reason.endswith("。")
    assert "\n" not in reason


@pytest.mark.parametrize("text", ["平成31年5月", "平成32年1月", "2024-13", "1900-01", "令和6年"])
def test_months_that_are_none(column: Column, text: str) -> None:
    assert column([text], kind="month") == [None]
    with pytest.raises(Unreadable):
        read(text, kind="month")


def test_a_two_digit_year_is_never_taken_for_one_of_the_first_century(column: Column) -> None:
    texts = ["04/12/2018 09:30", "04/12/18 09:30", "24/04/01 09:30"]
    assert column(texts, order="month_first") == [
        datetime.datetime(2018, 4, 12, 9, 30),
        datetime.datetime(2018, 4, 12, 9, 30),
        None,
    ]


def test_a_year_may_come_first_with_two_digits(column: Column) -> None:
    moment = datetime.datetime(2024, 4, 1, 9, 30)
    assert column(["24/04/01 9:30", "24-04-01 9:30"], order="year_first") == [moment, moment]


def test_a_year_of_one_digit_is_not_read(column: Column) -> None:
    for order in ("month_first", "day_first", "year_first"):
        assert column(["4/12/8", "4/12/8 9:30", "8/4/12"], order=order)[:2] == [None, None]


def test_a_wrong_order_is_told() -> None:
    assert "という日付はありません" in times.reason("13/04/2024", order="month_first")


def test_the_number_of_unread_values_counts_no_blanks(column: Column) -> None:
    connection = _table(["2024-04-01", "", None, " ", "未定", "2024-02-30"])
    assert times.convert(connection, "log", "at", "t", order=None) == 2


def test_other_zones_than_tokyo_follow_their_summer_time(column: Column) -> None:
    texts = [
        "2024-07-01T12:00:00Z",
        "2024-01-01T12:00:00Z",
        "2024-07-01 12:00",
        "2024-07-01 25:00Z",
    ]
    hours = [datetime.datetime(2024, 7, 1, 8), datetime.datetime(2024, 1, 1, 7)]
    naive = datetime.datetime(2024, 7, 1, 12)
    late = datetime.datetime(2024, 7, 1, 21)
    assert column(texts, zone="America/New_York") == [*hours, naive, late]


def test_the_zone_of_the_session_does_not_matter() -> None:
    connection = _table(["2024-04-01T00:30:00Z", "2024-04-01 9:30", "2024-04-01 00:30:00 UTC"])
    connection.execute("SET TimeZone = 'America/New_York'")
    times.convert(connection, "log", "at", "t", order=None)
    assert connection.execute("SELECT DISTINCT t FROM log").fetchall() == [
        (datetime.datetime(2024, 4, 1, 9, 30),)
    ]


def test_serial_numbers_of_a_spreadsheet_count_only_if_all_are(column: Column) -> None:
    assert column(["45383", "45383.395833333336", None, ""]) == [
        datetime.datetime(2024, 4, 1),
        datetime.datetime(2024, 4, 1, 9, 30),
        None,
        None,
    ]
    assert column(["45383"], kind="date") == [datetime.date(2024, 4, 1)]
    assert column(["45383"], kind="month") == [datetime.date(2024, 4, 1)]
    assert column(["45383", "123"]) == [None, None]
    assert column(["45383", "2024-04-02"]) == [None, datetime.datetime(2024, 4, 2)]


def test_rows_beyond_the_sample_are_read_alike() -> None:
    texts = ["2024-04-01 09:30"] * times.SAMPLE_ROWS + ["R6.4.1 9:30", "2024年4月1日 9:30"]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE log AS SELECT unnest(?::VARCHAR[]) AS moment", [texts])
    assert times.convert(connection, "log", "moment", "t", order=None) == 0
    assert connection.execute("SELECT count(DISTINCT t), count(*) FROM log").fetchone() == (
        1,
        len(texts),
    )


def test_no_helper_tables_stay() -> None:
    connection = _table(["R6.4.1", "未定"])
    times.convert(connection, "log", "at", "t", order=None)
    assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("log",)]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["04/05/2024", "04/25/2024"], "month_first"),
        (["04/05/2024", "25/04/2024 9:30"], "day_first"),
        (["04-05-2024", "25-04-2024"], "day_first"),
        (["4/25/18 11:11 AM", "4/5/18"], "month_first"),
        (["４／５／２０２４", "４／２５／２０２４"], "month_first"),
        (["24/04/01", "24/05/30"], "year_first"),
        (["01/04/23", "30/05/23"], "day_first"),
        (["05/05/2024", "06/06/2024"], "month_first"),
        (["13/13/2024", "04/25/2024"], "month_first"),
        (["2024/04/05", "31.12.2024", "R6/4/5", "未定", "", None], None),
        ([], None),
    ],
)
def test_the_order_is_found_from_all_rows(
    texts: list[str | None], order: times.Order | None
) -> None:
    assert times.order_of(_table(texts), "log", "at") == order


def test_one_row_among_many_decides() -> None:
    texts = ["04/05/2024 09:30"] * 5_000 + ["04/13/2024 09:30"]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE log AS SELECT unnest(?::VARCHAR[]) AS moment", [texts])
    assert times.order_of(connection, "log", "moment") == "month_first"


@pytest.mark.parametrize(
    ("texts", "possible"),
    [
        (["04/05/2024"], ("month_first", "day_first")),
        (["04/05/2024", "11/12/2024", "2024-04-25"], ("month_first", "day_first")),
        (["25/04/18"], ("day_first", "year_first")),
    ],
)
def test_an_order_that_nothing_decides_is_an_error(
    texts: list[str], possible: tuple[times.Order, ...]
) -> None:
    with pytest.raises(times.AmbiguousOrder, match="対応表に順序を書いてください") as caught:
        times.order_of(_table(texts), "log", "at")
    assert caught.value.possible == possible
    assert all(WORDS[order] in str(caught.value) for order in possible)


def test_mixed_orders_are_an_error_with_an_example_of_each() -> None:
    texts = ["04/25/2024", "04/26/2024", "25/04/2024", "04/05/2024"]
    with pytest.raises(times.MixedOrder, match="混ざって") as caught:
        times.order_of(_table(texts), "log", "at")
    assert caught.value.counts == {"month_first": 2, "day_first": 1}
    assert caught.value.examples["day_first"] == "25/04/2024"


def test_a_zone_that_does_not_exist_is_refused_before_anything_is_changed() -> None:
    connection = _table(["2024-04-01"])
    with pytest.raises(KeyError):
        times.convert(connection, "log", "at", "t", order=None, zone="Asia/Nowhere")
    assert len(connection.execute("DESCRIBE log").fetchall()) == 2
