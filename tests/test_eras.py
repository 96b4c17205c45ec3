"""Era years and dates: every notation that published tables use, and what never was."""

from __future__ import annotations

import datetime

import pytest

from ebpm import eras
from ebpm.eras import EraError

YEARS = {
    "令和2年度": 2020,
    "令和２年度": 2020,
    "令和二年": 2020,
    "令和元年度": 2019,
    "令 和 元 年": 2019,
    "平成31年": 2019,
    "平成三十年度": 2018,
    "平成二〇年": 2008,
    "昭和64年": 1989,
    "昭和元年": 1926,
    "大正15年": 1926,
    "明治45年": 1912,
    "明治元年": 1868,
    "H24": 2012,
    "h24": 2012,
    "Ｈ２４": 2012,
    "S60": 1985,
    "R元": 2019,
    "R1": 2019,
    "R02": 2020,
    "R2年度": 2020,
    "㍻24年": 2012,
    "㋿5年": 2023,
    "2020": 2020,
    "２０２０年度": 2020,
}


@pytest.mark.parametrize(("text", "year"), YEARS.items())
def test_a_year_in_any_notation(text: str, year: int) -> None:
    assert eras.year_of(text) == year


@pytest.mark.parametrize(
    "text",
    ["", "令和", "平成0年", "平成32年", "昭和65年", "大正16年", "明治46年", "令和十十年", "R100",
     "SH24", "000801234", "1741", "20201", "R2とR3", "令和2年7月", "決算"],
)  # fmt: skip
def test_what_is_no_year_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(EraError) as caught:
        eras.year_of(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("ください。")


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("全市町村の主要財政指標（平成30年度決算）", (2018,)),
        ("全市町村の主要財政指標（令和２年度）", (2020,)),
        ("平成29年度と令和元年度の比較", (2017, 2019)),
        ("全市町村の主要財政指標", ()),
        ("令和3年4月1日現在", ()),
        ("（平成２４年法律第２号）", ()),
    ],
)
def test_fiscal_years_in_a_title(text: str, years: tuple[int, ...]) -> None:
    assert eras.fiscal_years_in(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("R3_zaiseishihyou", (2021,)),
        ("zaisei-h17", (2005,)),
        ("2020", (2020,)),
        ("shihyo_R元", (2019,)),
        ("000801583", ()),
        ("hr24", ()),
        ("1,900団体、2,018円、0.2019、2018.5", ()),
    ],
)
def test_years_in_the_name_of_a_file(text: str, years: tuple[int, ...]) -> None:
    assert eras.years_in(text) == years


def test_a_year_that_never_came_is_refused_within_a_text_too() -> None:
    with pytest.raises(EraError, match="平成35年度"):
        eras.fiscal_years_in("平成35年度の見込み")


DATES = {
    "令和6年7月12日": (2024, 7, 12),
    "令和６年７月１２日": (2024, 7, 12),
    "令和六年七月十二日": (2024, 7, 12),
    "令和元年5月1日": (2019, 5, 1),
    "平成31年4月30日": (2019, 4, 30),
    "平成元年1月8日": (1989, 1, 8),
    "昭和64年1月7日": (1989, 1, 7),
    "昭和元年12月25日": (1926, 12, 25),
    "大正15年12月24日": (1926, 12, 24),
    "大正元年7月30日": (1912, 7, 30),
    "明治45年7月29日": (1912, 7, 29),
    "R6.7.12": (2024, 7, 12),
    "H30/4/1": (2018, 4, 1),
    "2024-07-12": (2024, 7, 12),
    "2024/7/12": (2024, 7, 12),
    "2024.7.12": (2024, 7, 12),
    "2024年7月12日": (2024, 7, 12),
    "令和6年2月29日": (2024, 2, 29),
}


@pytest.mark.parametrize(("text", "date"), DATES.items())
def test_a_date_in_any_notation(text: str, date: tuple[int, int, int]) -> None:
    assert eras.date_of(text) == datetime.date(*date)


@pytest.mark.parametrize(
    "text",
    ["平成31年5月1日", "令和元年4月30日", "昭和64年1月8日", "平成元年1月7日", "大正15年12月25日",
     "明治5年12月3日", "令和5年2月29日", "令和6年13月1日", "令和6年0月1日", "2023-02-29",
     "R6.7/12", "R6.7.123", "令和6年7月", "2024", ""],
)  # fmt: skip
def test_what_is_no_date_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(EraError) as caught:
        eras.date_of(text)
    assert "\n" not in str(caught.value)


def test_dates_in_a_title() -> None:
    title = "令和2年1月1日住民基本台帳年齢階級別人口（市区町村別）（総計）"
    assert eras.dates_in(title) == (datetime.date(2020, 1, 1),)
    assert eras.dates_in("平成30年度決算") == ()
    two = "H30.4.1～R元年5月1日"
    assert eras.dates_in(two) == (datetime.date(2018, 4, 1), datetime.date(2019, 5, 1))
    with pytest.raises(EraError, match="令和5年2月29日"):
        eras.dates_in("令和5年2月29日現在")


def test_every_day_of_the_eras_belongs_to_exactly_one() -> None:
    days = [datetime.date(1873, 1, 1) + datetime.timedelta(n) for n in range(0, 56_000, 17)]
    names = ("明治", "大正", "昭和", "平成", "令和")
    for day in days:
        said = [f"{name}{day.year - eras.ERAS[name].first_year + 1}" for name in names]
        found = []
        for text in said:
            try:
                found.append(eras.date_of(f"{text}年{day.month}月{day.day}日"))
            except EraError:
                continue
        assert found == [day]
