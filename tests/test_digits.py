"""Digits in prose that come from nowhere are found; years, quotes and terms are let through."""

import pytest

from ebpm.evidence.digits import loose_digits, loose_digits_of_prose
from ebpm.evidence.said import OutputError, text
from ebpm.evidence.text import both

LOOSE = [
    "申請率は58％である。",
    "申請率は５８％である。",
    "1,741団体のうち107団体に数値がない。",
    "職員は3人少ない。",
    "差は−0.9ポイントである。",
    "2000件の申請があった。",
    "2,024団体が回答した。",
    "人口2024人の村である。",
    "満足度は95％である。",
    "上位5件で半分を占める。",
    "The rate is 58%.",
    "In 3 of 20 towns it fell.",
    "Some 1990 cases were counted.",
    "第3の理由は分からない。",
    "A1団体では処理日数が45日から30日になった。",
    "③の団体が多い。",
    "コード122289の件である。",
    "団体コード1222890である。",
    "It is codenamed 122289.",
    "全体の½を占める。",
    "職員は٣٠人である。",
    "職員は𝟑𝟎人である。",
    "It was reduced to 1950 staff.",
    "after 2000 hours",
    "https://a.jp/職員は45人少ない。",
]
FINE = [
    "令和6年7月12日に公表された。",
    "2023年度の調査による。",
    "2023年4月から2024年3月まで。",
    "令和５年度に始まった。",
    "The survey of 2024 was published on 12 July 2024.",
    "Between 2017 and 2022 cards spread.",
    "横線は95％信頼区間である。",
    "Bars are 95% confidence intervals.",
    "議会基本条例第6条による。",
    "指標D1202を用いる。",
    "「人口5万人未満」の団体に限る。",
    "The class “under 50,000” is left out.",
    "職員数は人口千人当たりで示す。",
    "general staff per 1,000 residents",
    "COVID-19の流行の前である。",
    "詳しくは https://www.digital.go.jp/resources/2024/07 を参照。",
    "三つの理由がある。",
    "四街道市（団体コード122289）の位置である。",
    "its place (code 122289)",
    "第2次計画に基づく。",
    "ver. 2 を用いる。",
    "3歳児健診の申請を含む。",
    "24時間窓口を設ける。",
    "RPA2.0の実証である。",
    "地方自治法第252条の19による。",
    "2024/4/1現在の数値である。",
    "R6.4.1現在の数値である。",
    "4月1日現在の数値である。",
    "図1に示す。表2も参照。",
    "5%水準で検定した。",
    "区間が0を含む。",
    "65歳以上の割合をみる。",
    "1人1台端末の整備である。",
    "人口1万人当たりで示す。",
    "Society 5.0の構想である。",
    "April 1, 2024 is the reference date.",
    "In 2024, 2025 and 2026 it was held.",
    "The 2024 survey asked so.",
    "Fiscal years 2024–2026 are covered.",
    "residents aged 65 and over",
    "per 100,000 residents",
]


@pytest.mark.parametrize("sentence", LOOSE)
def test_a_number_from_nowhere_is_found(sentence: str) -> None:
    assert loose_digits(sentence)


@pytest.mark.parametrize("sentence", FINE)
def test_years_quotes_articles_and_terms_are_let_through(sentence: str) -> None:
    assert loose_digits(sentence) == []


def test_what_is_found_is_shown_with_the_words_around_it() -> None:
    assert loose_digits("前置き。申請率は58％である。") == ["前置き。申請率は58%である。"]


def test_headings_code_and_list_numbers_of_prose_are_let_through() -> None:
    prose = "## 3つの図\n\n1. 一つ目\n2. 二つ目\n\n```\nx = 3\n```\n\n値は`x = 3`で決まる。"
    assert loose_digits_of_prose(prose) == []
    assert loose_digits_of_prose("1. 職員は3人少ない。") == ["職員は3人少ない。"]
    assert loose_digits_of_prose("職員は&#51;人少ない。") == ["職員は3人少ない。"]
    assert loose_digits_of_prose("#職員は100人である。") and loose_digits_of_prose("45. 人である。")


@pytest.mark.parametrize(
    ("ja", "en", "size"),
    [
        ("規模は3である", "the size is {size}", "小"),
        ("規模は{size}である", "the size is 3", "小"),
        ("規模は{size}である", "the size is {size}", "5万人未満"),
    ],
)
def test_a_digit_of_a_template_or_of_a_label_is_refused(ja: str, en: str, size: str) -> None:
    with pytest.raises(OutputError, match="出典につながらない"):
        text(ja=ja, en=en, size=both(ja=size, en=size))


def test_a_label_with_digits_may_be_quoted() -> None:
    said = text(ja="「{size}」の団体", en="the class “{size}”", size=both(ja="5万人", en="50,000"))
    assert said.plain == both(ja="「5万人」の団体", en="the class “50,000”")
