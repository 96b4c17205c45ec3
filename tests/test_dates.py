"""Dates as a page writes them in each language."""

import datetime

import pandas as pd
import pytest

import ebpm
from ebpm.dates import in_japan, reference, written
from ebpm.evidence.text import both


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        ("2024-07-12", "令和6年7月12日", "12 July 2024"),
        ("2019-05-01", "令和元年5月1日", "1 May 2019"),
        (datetime.date(2019, 4, 30), "平成31年4月30日", "30 April 2019"),
        (pd.Timestamp("1989-01-07 12:00"), "昭和64年1月7日", "7 January 1989"),
    ],
)
def test_a_day_is_written_with_its_era_and_in_english(value: object, ja: str, en: str) -> None:
    assert ebpm.day(value) == both(ja=ja, en=en)


def test_a_month_has_no_day() -> None:
    assert ebpm.month("2022-10-05") == both(ja="令和4年10月", en="October 2022")


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="month"):
        ebpm.day("2024-13-01")


@pytest.mark.parametrize(
    ("text", "ja", "en"),
    [
        ("1970-04-01–2024-01-01", "昭和45年4月1日〜令和6年1月1日", "1 April 1970–1 January 2024"),
        ("2022-04-01／2023-04-01", "令和4年4月1日、令和5年4月1日", "1 April 2022, 1 April 2023"),
        ("2020-11", "令和2年11月", "November 2020"),
        ("2014–2023", "2014〜2023", "2014–2023"),
        ("SSDSE-A-2025", "SSDSE-A-2025", "SSDSE-A-2025"),
        ("2023年度", "2023年度", "2023年度"),
    ],
)
def test_reference_dates_are_written_and_the_rest_stays(text: str, ja: str, en: str) -> None:
    assert (reference(text, "ja"), reference(text, "en")) == (ja, en)


@pytest.mark.parametrize("text", ["2024-02-30", "12024-07-12", "2024-07-123", "090-1234-5678"])
def test_what_only_looks_like_a_date_stays(text: str) -> None:
    assert written(text, "ja") == text


def test_a_moment_is_a_day_in_japan() -> None:
    assert in_japan("2026-11-25T15:00:00Z").ja == "令和8年11月26日"
