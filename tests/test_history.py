"""Identity over time: real events, published numbers of municipalities, and the codes of real files.

The numbers of municipalities are those of 総務省 (sources beside them), never counted from the list
of changes itself.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest
import xlrd

from ebpm import lgcode
from ebpm.lgcode import history
from ebpm.lgcode.timeline import Timeline
from support.published import RAW, published, six_digits

# Cities, towns, villages, as published by 自治省／総務省. 1975-04 and 2000-07 as quoted by 鋸南町
# (http://goo.kyonan.net/info/mirai/data4.html), each 31 March from 1999 to 2010 as quoted by
# https://d.hatena.ne.jp/keyword/平成の大合併, 2014-04-05 by https://graphic-data.com/page/society/014,
# 2018-10-01 by Wikipedia「市町村」. Only the head of 総務省's own table was at hand when this was
# written (https://www.soumu.go.jp/gapei/gapei2.html).
BY_KIND = {
    date(1975, 4, 1): (643, 1974, 640),
    date(1999, 3, 31): (670, 1994, 568),
    date(2000, 7, 1): (671, 1991, 567),
    date(2001, 3, 31): (670, 1990, 567),
    date(2002, 3, 31): (672, 1985, 566),
    date(2003, 3, 31): (675, 1976, 561),
    date(2005, 3, 31): (732, 1423, 366),
    date(2006, 3, 31): (777, 846, 198),
    date(2007, 3, 31): (782, 827, 195),
    date(2008, 3, 31): (783, 815, 195),
    date(2009, 3, 31): (783, 802, 192),
    date(2010, 3, 31): (786, 757, 184),
    date(2014, 4, 5): (790, 745, 183),
    date(2018, 10, 1): (792, 743, 183),
}
# 1999-2006: 総務省資料 in https://expydoc.com/doc/10063285/; 2004-04-01: 総務省調べ as in BY_PREFECTURE;
# 1985: https://mbp-japan.com/okayama/kikuchi/column/3301977; 2010, 2014: as in BY_KIND.
TOTALS = {
    date(1985, 4, 1): 3253,
    date(1999, 3, 31): 3232,
    date(2000, 3, 31): 3229,
    date(2001, 3, 31): 3227,
    date(2002, 3, 31): 3223,
    date(2003, 3, 31): 3212,
    date(2004, 3, 31): 3132,
    date(2004, 4, 1): 3100,
    date(2005, 3, 31): 2521,
    date(2005, 4, 1): 2395,
    date(2005, 10, 1): 2216,
    date(2006, 3, 31): 1821,
    date(2010, 3, 31): 1727,
    date(2014, 4, 5): 1718,
}
# 総務省調べ, in 中央教育審議会 資料「市町村合併の状況」: cities, towns and villages per prefecture
# https://www.mext.go.jp/b_menu/shingi/chukyo/chukyo1/003/gijiroku/attach/1421326.htm
BY_PREFECTURE = {
    date(2003, 5, 1): (
        "34 178, 8 59, 13 45, 10 59, 9 60, 13 31, 10 80, 22 61, 12 37, 11 58, 41 49, 33 47, "
        "26 13, 19 18, 20 91, 9 26, 8 33, 7 28, 8 50, 17 103, 16 80, 20 53"
    ),
    date(2004, 4, 1): (
        "34 178, 8 59, 13 45, 10 59, 9 60, 13 31, 10 80, 22 61, 12 37, 11 58, 41 49, 33 46, "
        "26 13, 19 18, 21 77, 9 26, 9 30, 8 26, 8 48, 18 99, 20 60, 22 47"
    ),
}
FISCAL_YEARS = {
    "H24.xls": 2012,
    "H25.xls": 2013,
    "H28.xlsx": 2016,
    "H29.xlsx": 2017,
    "H30.xlsx": 2018,
    "R1.xlsx": 2019,
    "R2.xlsx": 2020,
}
ROUND_TRIP_DAYS = (date(1970, 4, 1), date(1999, 3, 31), date(2004, 12, 31), date(2013, 3, 31))


def kinds_on(day: date) -> Counter[str]:
    return Counter(body.name[-1] for body in lgcode.bodies_on(day))


# numbers of municipalities


@pytest.mark.parametrize(("day", "numbers"), BY_KIND.items())
def test_cities_towns_and_villages_are_as_many_as_published(
    day: date, numbers: tuple[int, int, int]
) -> None:
    kinds = kinds_on(day)
    assert (kinds["市"], kinds["町"], kinds["村"]) == numbers
    assert kinds["区"] == 23


@pytest.mark.parametrize(("day", "total"), TOTALS.items())
def test_municipalities_are_as_many_as_published(day: date, total: int) -> None:
    assert len(lgcode.bodies_on(day)) == total + 23


@pytest.mark.parametrize(("day", "text"), BY_PREFECTURE.items())
def test_each_prefecture_has_as_many_as_published(day: date, text: str) -> None:
    counted = [
        Counter(b.name[-1] == "市" for b in lgcode.bodies_on(day) if b.lgcode[:2] == f"{n:02d}")
        for n in range(1, 23)
    ]
    towns = [count[False] - (23 if n == 13 else 0) for n, count in enumerate(counted, start=1)]
    found = [f"{count[True]} {town}" for count, town in zip(counted, towns, strict=True)]
    assert ", ".join(found) == text


def test_the_bodies_of_today_are_the_registry() -> None:
    bodies = lgcode.bodies_on(date(2026, 11, 23))
    assert [(b.lgcode, b.name, b.prefecture) for b in bodies] == [
        (m.lgcode, m.name, m.prefecture) for m in lgcode.municipalities()
    ]


# events checked by hand


@pytest.mark.parametrize(
    ("code", "day", "successor", "same"),
    [
        ("01201", date(1972, 3, 31), "011002", True),  # 札幌市, designated on 1972-04-01
        ("43201", date(2012, 3, 31), "431001", True),  # 熊本市, designated on 2012-04-01
        ("43201", date(2010, 3, 22), "431001", False),  # the day before 植木町 and 城南町 joined
        ("11204", date(2001, 4, 30), "111007", False),  # 浦和市, merged into さいたま市
        ("11244", date(2003, 3, 31), "111007", False),  # さいたま市 before 岩槻市
        ("11213", date(2005, 3, 31), "111007", False),  # 岩槻市, absorbed on 2005-04-01
        ("11100", date(2005, 3, 31), "111007", False),
        ("11100", date(2005, 4, 1), "111007", True),
        ("28221", date(2019, 4, 30), "282219", True),  # 篠山市 → 丹波篠山市
        ("28661", date(1999, 3, 31), "282219", False),  # 篠山町, one of four
        ("03305", date(2013, 12, 31), "032166", True),  # 滝沢村 → 滝沢市
        ("12402", date(2012, 12, 31), "122394", True),  # 大網白里町 → 市
        ("17344", date(2011, 11, 10), "172120", True),  # 野々市町 → 市
        ("23304", date(2012, 1, 3), "232386", True),  # 長久手町 → 市
        ("09367", date(2014, 4, 4), "092037", False),  # 岩舟町, absorbed by 栃木市
        ("09203", date(2014, 4, 4), "092037", False),
        ("09203", date(2014, 4, 5), "092037", True),
        ("20431", date(2005, 2, 12), "212067", False),  # 山口村 of 長野県, absorbed in 岐阜県
        ("40321", date(1975, 2, 28), "401307", False),  # 早良町, absorbed into a ward of 福岡市
        ("26381", date(2005, 3, 31), "261009", False),  # 京北町, absorbed into 右京区
        ("23521", date(2010, 1, 3), "232360", True),  # 三好町 → みよし町 → みよし市 in one day
        ("15545", date(2005, 3, 31), "152170", False),  # 妙高高原町, absorbed by 新井市 = 妙高市
        ("01488", date(2010, 3, 31), "015202", True),  # 幌延町 moved to 宗谷支庁
        ("13101", date(1980, 1, 1), "131016", True),  # 千代田区 never changed
    ],
)
def test_a_former_code_leads_to_the_body_of_today(
    code: str, day: date, successor: str, same: bool
) -> None:
    assert lgcode.today(six_digits(code), day) == successor
    assert lgcode.today(six_digits(code)) == successor
    assert lgcode.has_same_territory(six_digits(code), day) is same


def test_a_merged_city_is_made_of_its_former_bodies() -> None:
    hamamatsu = {"22202", "22217", "22218", "22462", "22486", "22487", "22488", "22502", "22505"}
    hamamatsu |= {"22521", "22522", "22523"}  # 浜松市 and the eleven that joined on 2005-07-01
    assert set(lgcode.predecessors("221309", date(2005, 6, 30))) == set(map(six_digits, hamamatsu))
    assert lgcode.predecessors("221309", date(2005, 7, 1)) == (six_digits("22202"),)
    assert lgcode.predecessors("221309", date(2007, 4, 1)) == ("221309",)
    saitama = lgcode.predecessors("111007", date(2001, 4, 30))
    names = [lgcode.body_on(code, date(2001, 4, 30)).name for code in saitama]
    assert names == ["浦和市", "大宮市", "岩槻市", "与野市"]


# what is refused


SPLIT = "2006-03-01に甲府市（192015）と富士河口湖町（194301）に分かれました"


def test_a_split_village_has_no_successor() -> None:
    for day in (None, date(2006, 2, 28)):
        with pytest.raises(lgcode.NoSuccessor) as caught:
            lgcode.today("193411", day)
        assert SPLIT in str(caught.value)
        assert "\n" not in str(caught.value)
        assert [body.lgcode for body in caught.value.candidates] == ["192015", "194301"]
    assert not lgcode.has_same_territory("193411", date(2006, 2, 28))


@pytest.mark.parametrize("lgcode_of_part", ["192015", "194301"])
def test_a_body_that_took_a_part_has_no_complete_predecessors(lgcode_of_part: str) -> None:
    with pytest.raises(lgcode.NoSuccessor, match=SPLIT):
        lgcode.predecessors(lgcode_of_part, date(2006, 2, 28))
    assert lgcode.predecessors(lgcode_of_part, date(2006, 3, 1)) == (lgcode_of_part,)


def test_only_one_municipality_was_split_since_1970() -> None:
    assert [
        body.name
        for body in history.timeline().former_bodies()
        if history.timeline().successor(body) is None
    ] == ["上九一色村"]


def test_a_ward_is_no_body_and_its_city_is_named() -> None:
    with pytest.raises(lgcode.NoSuccessor, match=r"011002（北海道札幌市）の区") as caught:
        lgcode.today("011011")
    assert [body.lgcode for body in caught.value.candidates] == ["011002"]
    with pytest.raises(
        lgcode.NoSuccessor, match=r"2024-01-01に中央区（221384）と浜名区（221392）に再編"
    ):
        lgcode.today(six_digits("22135"), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("ward", "city"),
    [
        ("01101", "01100"),
        ("14110", "14100"),
        ("14131", "14130"),
        ("14153", "14150"),
        ("22140", "22130"),
        ("27128", "27100"),
        ("27141", "27140"),
    ],
)
def test_the_city_of_a_ward(ward: str, city: str) -> None:
    assert lgcode.city_of_ward(six_digits(ward)) == six_digits(city)
    assert lgcode.is_ward(six_digits(ward))


@pytest.mark.parametrize("code", ["13101", "01100", "14130", "01202", "47382"])
def test_a_body_is_no_ward(code: str) -> None:
    assert not lgcode.is_ward(six_digits(code))
    with pytest.raises(lgcode.LgcodeError, match="区のコードではありません"):
        lgcode.city_of_ward(six_digits(code))


@pytest.mark.parametrize(
    ("code", "day", "words"),
    [
        ("033057", date(2014, 1, 1), "岩手県滝沢村）は2014-01-01に滝沢市（032166）となりました"),
        ("093670", date(2014, 4, 5), "2014-04-05に栃木市（092037）に編入されました"),
        ("032166", date(2013, 12, 31), "2014-01-01からのコードで"),
        ("011002", date(1970, 3, 31), "1970-04-01 以降の日付"),
        ("033056", date(2013, 1, 1), "全国地方公共団体コード（6桁）ではありません"),
        ("33057", date(2013, 1, 1), "全国地方公共団体コード（6桁）ではありません"),
        ("010006", date(2013, 1, 1), "市区町村のコードになったことがありません"),
    ],
)
def test_a_code_that_stood_for_nobody_that_day_is_refused(code: str, day: date, words: str) -> None:
    with pytest.raises(lgcode.LgcodeError) as caught:
        lgcode.body_on(code, day)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_strict_check_tells_what_became_of_a_code() -> None:
    with pytest.raises(lgcode.LgcodeError, match=r"滝沢村のコードで、2014-01-01に滝沢市") as caught:
        lgcode.require("033057")
    assert [body.lgcode for body in caught.value.candidates] == ["032166"]
    with pytest.raises(lgcode.LgcodeError, match="今の団体のコードではありません"):
        lgcode.predecessors("033057", date(2013, 1, 1))


def test_a_prefecture_is_its_own_successor_and_predecessor() -> None:
    for body in lgcode.prefectures():
        assert lgcode.today(body.lgcode) == body.lgcode
        assert lgcode.predecessors(body.lgcode, date(1990, 1, 1)) == (body.lgcode,)


def test_changes_of_a_day_that_chase_each_other_are_refused() -> None:
    """Else their order would be a guess."""
    kind, day = lgcode.ChangeKind.RENAMED, date(2000, 1, 1)
    circle = [
        lgcode.Change(day, kind, "012025", "012033", "函館市", "小樽市"),
        lgcode.Change(day, kind, "012033", "012025", "小樽市", "函館市"),
    ]
    with pytest.raises(lgcode.LgcodeError, match="他の変更や今の一覧と合いません"):
        Timeline(circle, lgcode.municipalities())


# what a code has stood for


def test_the_states_of_a_code_follow_one_another() -> None:
    states = lgcode.historic("282219")
    assert [(s.name, s.since, s.until) for s in states] == [
        ("篠山市", date(1999, 4, 1), date(2019, 5, 1)),
        ("丹波篠山市", date(2019, 5, 1), None),
    ]
    assert [s.name for s in lgcode.historic("012068")] == ["釧路市", "釧路市"]  # merged 2005-10-11


def test_no_code_was_ever_given_to_a_second_body() -> None:
    """Else `today` would need the date; the refusal is tested below all the same."""
    for code in {body.lgcode for body in history.timeline().former_bodies()} - {"193411"}:
        assert lgcode.today(code)


def test_a_code_given_twice_is_refused_without_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(day: date, before: tuple[str, str], after: tuple[str, str]) -> lgcode.Change:
        kind = lgcode.ChangeKind.BECAME_CITY
        return lgcode.Change(day, kind, before[0], after[0], before[1], after[1])

    twice = "013013"  # in use by nobody today
    hakodate, otaru = ("012025", "函館市"), ("012033", "小樽市")
    made_up = Timeline(
        [
            change(date(1980, 1, 1), (twice, "甲町"), hakodate),
            change(date(1990, 1, 1), (twice, "乙町"), otaru),
            change(date(1985, 1, 1), ("013021", "丙町"), (twice, "乙町")),
        ],
        lgcode.municipalities(),
    )
    monkeypatch.setattr(history, "timeline", lambda: made_up)
    assert lgcode.today(twice, date(1979, 1, 1)) == hakodate[0]
    assert lgcode.today(twice, date(1989, 1, 1)) == otaru[0]
    with pytest.raises(lgcode.AmbiguousCode, match="日付を添えてください"):
        lgcode.today(twice)
    with pytest.raises(lgcode.LgcodeError, match="このコードの団体はありません"):
        lgcode.body_on(twice, date(1982, 1, 1))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("282219", {"篠山市"}),
        ("152170", {"新井市"}),
        ("013439", {"鹿部村"}),
        ("012068", set()),
        ("232360", set()),
        ("112381", set()),  # 蓮田市: the form of a character only
    ],
)
def test_former_names_are_those_of_the_same_body(code: str, names: set[str]) -> None:
    assert lgcode.former_names(code) == names


# there and back


@pytest.mark.parametrize("day", ROUND_TRIP_DAYS)
def test_every_body_of_a_day_is_a_predecessor_of_its_successor(day: date) -> None:
    back: Counter[str] = Counter()
    for body in lgcode.municipalities():
        try:
            codes = lgcode.predecessors(body.lgcode, day)
        except lgcode.NoSuccessor:
            continue
        assert codes
        assert {lgcode.today(code, day) for code in codes} == {body.lgcode}
        back.update(codes)
    assert set(back.values()) == {1}
    left = {body.name for body in lgcode.bodies_on(day)} - {
        lgcode.body_on(code, day).name for code in back
    }
    # what shares its successor with a part of 上九一色村
    expected = {"上九一色村", "中道町", "河口湖町", "勝山村", "足和田村", "富士河口湖町", "甲府市"}
    assert left <= expected
    assert ("上九一色村" in left) == (day < date(2006, 3, 1))


# the codes of real files


def finance_rows(name: str) -> Iterator[tuple[str, str, str]]:
    """Code, prefecture and name of every body in a file of financial indicators."""
    path = published(f"finance-indicators/{name}")
    if path.suffix == ".xls":
        rows = [[cell.value for cell in row] for row in xlrd.open_workbook(path).sheet_by_index(0)]
    else:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    for row in rows:
        if re.fullmatch(r"\d{6}", str(row[0])):
            yield str(row[0]), str(row[1]), str(row[2])


@pytest.mark.parametrize(("name", "fiscal_year"), FISCAL_YEARS.items())
def test_every_body_of_a_finance_file_is_one_of_its_day(name: str, fiscal_year: int) -> None:
    day = date(fiscal_year + 1, 3, 31)
    rows = list(finance_rows(name))
    bodies = {body.lgcode: body for body in lgcode.bodies_on(day)}
    assert [code for code, _, _ in rows] == list(bodies)
    for code, prefecture, own_name in rows:
        assert bodies[code].prefecture == prefecture
        assert lgcode.same_name(bodies[code].name, own_name)
        assert lgcode.today(code, day) in {body.lgcode for body in lgcode.municipalities()}


@cache
def mynumber_codes() -> dict[str, set[str]]:
    """Every code of the My Number files → the dates of the files that hold it."""
    published("mynumber-card")
    found: dict[str, set[str]] = {}
    for path in sorted((RAW / "mynumber-card").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["団体コード"].isdigit():
                    found.setdefault(row["団体コード"].zfill(6), set()).add(path.stem[-8:])
    return found


def test_every_code_of_the_mynumber_files_leads_to_the_registry() -> None:
    assert {lgcode.today(code) for code in mynumber_codes()} == {
        body.lgcode for body in lgcode.municipalities()
    }


def test_one_code_of_the_mynumber_files_is_younger_than_its_file() -> None:
    """那珂川町 became 那珂川市 on 2018-10-01; the files of 2017 and 2018 have the later code."""
    early = {
        (code, day)
        for code, days in mynumber_codes().items()
        for day in days
        if not any(state.held_on(date.fromisoformat(day)) for state in lgcode.historic(code))
    }
    assert {code for code, _ in early} == {"402311"}
    assert max(day for _, day in early) < "20181001"


def test_every_body_of_ssdse_2020_leads_to_the_registry() -> None:
    path = published("ssdse-a/SSDSE-A-2020.csv")
    with path.open(encoding="cp932", newline="") as stream:
        rows = list(csv.reader(stream))[3:]
    day = date(2019, 4, 1)  # the day of the list of municipalities of that edition
    for row in rows:
        code = six_digits(row[0])
        assert lgcode.body_on(code, day).name == row[2]
        assert lgcode.today(code, day) == code


# shares of a split body


def allocations(first: float, second: float) -> str:
    entry = (
        '[[allocation]]\nfrom = "193411"\nto = "{to}"\non = 2006-03-01\nshare = {share}\n'
        'basis = {{ ja = "試験用", en = "for this test" }}\npage = "https://example.org/"\n'
    )
    return entry.format(to="192015", share=first) + entry.format(to="194301", share=second)


def test_a_split_body_without_a_published_basis_is_not_divided() -> None:
    day = date(2005, 10, 1)
    assert lgcode.shares("033057", day) == {"032166": 1.0}
    with pytest.raises(lgcode.NoSuccessor, match="公表された按分の根拠がない"):
        lgcode.shares("193411", day)


def test_a_split_body_is_divided_by_a_published_basis(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "allocations.toml"
    monkeypatch.setattr(history, "ALLOCATIONS", path)
    path.write_text(allocations(0.25, 0.75), encoding="utf-8")
    assert lgcode.shares("193411", date(2005, 10, 1)) == {"192015": 0.25, "194301": 0.75}
    path.write_text(allocations(0.25, 0.5), encoding="utf-8")
    with pytest.raises(lgcode.LgcodeError, match="合計が1ではありません"):
        lgcode.shares("193411", date(2005, 10, 1))
