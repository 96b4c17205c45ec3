"""The reader of 廃置分合等情報: every row accounted for, every text read as a person reads it."""

from __future__ import annotations

import csv
import datetime
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from ebpm.lgcode import ChangeKind, is_ward
from ebpm.paths import FIGURES
from ebpm.readers import ReadError, Reading, municipality_changes
from ebpm.readers.municipality_change_texts import UnreadableText, changes_in
from support.published import Rows, csv_of, readings, six_digits, with_check_digit, write_csv

FILE = "municipality-changes/estat-haichi.csv"
DAY = datetime.date(2000, 1, 1)
CODE = re.compile(r"[（(](?:[^（）()、]+、)?(\d{5})[）)]")

Damage = Callable[[Rows], None]


@cache
def rows() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in csv_of(FILE)[1:])


def changes() -> pd.DataFrame:
    return readings("municipality_changes")["municipality_changes"].frame


def successors() -> pd.DataFrame:
    return readings("municipality_changes")["municipality_successors"].frame


# every row is accounted for


def test_every_row_is_loaded_or_set_aside_as_a_duplicate() -> None:
    reading = readings("municipality_changes")["municipality_changes"]
    twice = [row for row, count in Counter(rows()).items() if count > 1]
    assert reading.read == len(rows()) == 3_507
    assert Counter(item.reason for item in reading.set_aside) == {"exact_duplicate": len(twice)}
    assert {item.content[:5] for item in reading.set_aside} == {"11238", "29321"}
    assert reading.loaded == 3_505


def test_every_body_that_a_row_names_is_in_a_change_of_its_day() -> None:
    frame = changes()
    known = set(zip(frame["effective_date"], frame["lgcode_from"], frame["name_from"], strict=True))
    known |= set(zip(frame["effective_date"], frame["lgcode_to"], frame["name_to"], strict=True))
    left = {
        (row[6], with_check_digit(row[0]), row[4] or row[2])
        for row in rows()
        if (row[6], with_check_digit(row[0]), row[4] or row[2]) not in known
    }
    # the city itself in the text on the reorganisation of its wards
    assert left == {("2024-01-01", six_digits("22130"), "浜松市")}


def clauses_with(sign: str) -> set[tuple[str, str]]:
    """Day and clause, each once, of all clauses with a sign; but for the split village."""
    parts = ((row[6], part.strip()) for row in rows() for part in re.split(r"[\r\n\u3000]", row[7]))
    return {(day, part) for day, part in parts if sign in part and "上九一色村" not in part}


def count_of(*kinds: str) -> int:
    return int(changes()["change_kind"].isin(kinds).sum())


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("became_city", "市制施行"),
        ("became_town", "町制施行"),
        ("became_designated_city", "への政令指定都市"),
        ("became_core_city", "中核市に移行"),
        ("became_special_city", "が特例市に移行"),
    ],
)
def test_as_many_clauses_have_a_sign_as_bodies_changed(kind: str, sign: str) -> None:
    assert count_of(kind) == len(clauses_with(sign)) > 10


def test_as_many_bodies_merged_as_stand_before_the_word() -> None:
    merged = sum(
        len(CODE.findall(part.split("が合併し")[0])) for _, part in clauses_with("が合併し")
    )
    united = sum(
        len(CODE.findall(part.split("が統合し")[0])) for _, part in clauses_with("が統合し")
    )
    assert count_of("merged_new", "ward_merged") == merged + united


def test_as_many_bodies_were_absorbed_as_stand_in_the_clauses_but_the_receiving() -> None:
    absorbed = sum(len(CODE.findall(part)) - 1 for _, part in clauses_with("に編入"))
    assert count_of("absorbed") == absorbed + 1  # 中道町, in one clause with the split village


def test_the_shipped_changes_are_what_the_reader_gives_now() -> None:
    with (FIGURES / "municipality_changes.csv").open(encoding="utf-8", newline="") as stream:
        header, *shipped = csv.reader(stream)
    assert header == list(changes().columns)
    assert shipped == [list(row) for row in changes().itertuples(False, None)]


def test_codes_have_six_digits_and_the_key_is_unique() -> None:
    frame = changes()
    for column in ("lgcode_from", "lgcode_to"):
        assert all(code == six_digits(code[:5]) for code in frame[column])
    key = ["edition", "effective_date", "change_kind", "lgcode_from", "lgcode_to"]
    assert not frame.duplicated(key).any()
    assert set(frame["change_kind"]) == {kind.value for kind in ChangeKind}
    assert set(frame["edition"]) == {"2024-01-01"}
    assert (frame["effective_date"].min(), frame["effective_date"].max()) == (
        "1970-04-20",
        "2024-01-01",
    )


# texts, as a person reads them


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "上磯町(01335)、大野町(01336)が合併し、北斗市(01236)を新設",
            "merged_new 01335 上磯町 01236 北斗市 / merged_new 01336 大野町 01236 北斗市",
        ),
        (
            "釧路市(01206)、阿寒町(01666)が合併し、釧路市を新設",
            "merged_new 01206 釧路市 01206 釧路市 / merged_new 01666 阿寒町 01206 釧路市",
        ),
        (
            "早良町（40321）が西区（40135）に編入\r\n早良郡（40320）の廃止",
            "absorbed 40321 早良町 40135 西区",
        ),
        (
            "長野県山口村(20431)が岐阜県中津川市(21206)に編入",
            "absorbed 20431 山口村 21206 中津川市",
        ),
        (
            "中道町(19326)と上九一色村(19341)大字梯及び古関が甲府市(19201)に編入",
            "absorbed 19326 中道町 19201 甲府市 / split 19341 上九一色村 19201 甲府市",
        ),
        (
            "上九一色村(19341)大字梯及び古関が甲府市(19201)に編入し、"
            "大字精進、本栖及び富士ヶ嶺が富士河口湖町(19430)に編入",
            "split 19341 上九一色村 19201 甲府市 / split 19341 上九一色村 19430 富士河口湖町",
        ),
        (
            "広島町(01301)が広島市に市制施行し、北広島市(01234)に名称変更",
            "became_city 01301 広島町 01234 北広島市",
        ),
        (
            "鹿島町(08405)が鹿嶋町に名称変更し、鹿嶋市(08222)に市制施行",
            "became_city 08405 鹿島町 08222 鹿嶋市",
        ),
        (
            "須玉町(すだまちょう、19403)が須玉町(すたまちょう、19403)に名称変更",
            "name_form_changed 19403 須玉町 19403 須玉町",
        ),
        (
            "与那城村(よなぐすくそん、47322)が与那城村(よなしろそん)に名称変更し、"
            "与那城町(47322)に町制施行",
            "became_town 47322 与那城村 47322 与那城町",
        ),
        ("篠山市(28221)が丹波篠山市(28221)に名称変更", "renamed 28221 篠山市 28221 丹波篠山市"),
        (
            "鳳至郡穴水町(17421)、門前町(17422)が鳳珠郡穴水町(17461)、門前町(17462)"
            "に郡の区域変更\n鳳至郡(17420)の廃止\n鳳珠郡(17460)の新設",
            "county_changed 17421 穴水町 17461 穴水町 / county_changed 17422 門前町 17462 門前町",
        ),
        (
            "空知支庁幌加内町(01439)が上川支庁幌加内町(01472)に区域変更",
            "county_changed 01439 幌加内町 01472 幌加内町",
        ),
        (
            "静岡市(22201)の静岡市(22100)への政令指定都市施行\n葵区(22101)、駿河区(22102)の新設",
            "became_designated_city 22201 静岡市 22100 静岡市 / "
            "ward_established 22100 静岡市 22101 葵区 / ward_established 22100 静岡市 22102 駿河区",
        ),
        ("函館市(01202)が特例市に移行", "became_special_city 01202 函館市 01202 函館市"),
        ("函館市(01202)が特例市から中核市に移行", "became_core_city 01202 函館市 01202 函館市"),
        (
            "白石区(01104)から分離し、厚別区(01108)を新設",
            "ward_separated 01104 白石区 01108 厚別区",
        ),
        (
            "東区(27105)と南区(27110)が統合し、中央区(27128)を新設",
            "ward_merged 27105 東区 27128 中央区 / ward_merged 27110 南区 27128 中央区",
        ),
        (
            "浜松市（22130）の区の再編　北区（22135）（三方原地区以外）、浜北区（22136）を"
            "浜名区（22139）に再編",
            "ward_reorganised 22135 北区 22139 浜名区 / ward_reorganised 22136 浜北区 22139 浜名区",
        ),
    ],
)
def test_a_text_is_read_as_a_person_reads_it(text: str, expected: str) -> None:
    assert (
        " / ".join(
            f"{c.kind.value} {c.lgcode_from[:5]} {c.name_from} {c.lgcode_to[:5]} {c.name_to}"
            for c in changes_in(text, DAY)
        )
        == expected
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "甲町(01335)の一部が乙市(01236)に編入された",
        "甲町(01335)と乙町",
        "甲町(01335)が合併し、乙市を新設",
        "甲町(01335)、乙町(01336)が丙町(01337)に郡の区域変更",
        "甲町(01335)が乙市(01236)に編入\n不明な改正",
        "甲町(1335)が乙市(01236)に編入",
    ],
)
def test_a_text_that_is_not_known_is_not_guessed_at(text: str) -> None:
    with pytest.raises(UnreadableText):
        changes_in(text, DAY)


# successors


def test_every_former_state_has_one_row_and_only_a_split_has_no_successor() -> None:
    frame = successors()
    assert not frame.duplicated(["edition", "former_lgcode", "until_date"]).any()
    assert frame[frame["lgcode"].isna()]["former_name"].tolist() == ["上九一色村"]
    row = frame[frame["former_lgcode"] == "033057"].iloc[0]
    assert (row["lgcode"], row["until_date"], row["change_kind"], bool(row["same_territory"])) == (
        "032166",
        "2014-01-01",
        "became_city",
        True,
    )


def test_every_body_of_today_is_a_successor_of_those_with_its_former_codes() -> None:
    """Each change that ended a code, followed by hand through the table of changes."""
    ends: dict[str, list[tuple[str, str]]] = {}
    bodily = changes()[~changes()["change_kind"].str.startswith(("ward_", "became_core", "split"))]
    for row in bodily.itertuples():
        if row.lgcode_from != row.lgcode_to:
            ends.setdefault(row.lgcode_from, []).append((row.effective_date, row.lgcode_to))
    known = successors().set_index(["former_lgcode", "until_date"])["lgcode"].to_dict()
    checked = 0
    for (code, day), successor in known.items():
        at, when = code, day
        while later := sorted(end for end in ends.get(at, []) if end[0] >= when):
            when, at = later[0]
        if code != "193411" and not is_ward(at):
            assert at == successor, (code, day)
            checked += 1
    assert checked > 2_300


# damaged files


def read_damaged(tmp_path: Path, damage: Damage) -> Reading:
    table = csv_of(FILE)
    damage(table)
    (tmp_path / "municipality-changes").mkdir()
    write_csv(tmp_path / "municipality-changes" / "estat-haichi.csv", table)
    return municipality_changes.read(tmp_path)[0]


def row_of(table: Rows, code: str, day: str) -> list[str]:
    return next(row for row in table if (row[0], row[6]) == (code, day))


def drop_a_cell(table: Rows) -> None:
    del row_of(table, "01202", "2000-11-01")[5]


def damage_the_date(table: Rows) -> None:
    row_of(table, "01202", "2000-11-01")[6] = "平成12年11月1日"


def damage_the_text(table: Rows) -> None:
    row_of(table, "01202", "2000-11-01")[7] += "（予定）"


def damage_the_code(table: Rows) -> None:
    row_of(table, "01202", "2000-11-01")[0] = "01203"


def damage_the_name(table: Rows) -> None:
    row_of(table, "01202", "2000-11-01")[4] = "小樽市"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (drop_a_cell, "wrong_number_of_columns"),
        (damage_the_date, "unreadable_date"),
        (damage_the_text, "unreadable_reason"),
        (damage_the_code, "code_not_in_reason"),
        (damage_the_name, "name_does_not_match_reason"),
    ],
)
def test_a_damaged_row_is_set_aside_and_counted(
    tmp_path: Path, damage: Damage, reason: str
) -> None:
    reading = read_damaged(tmp_path, damage)
    reasons = Counter(item.reason for item in reading.set_aside)
    assert reasons == {"exact_duplicate": 2, reason: 1}
    assert reading.read == 3_507
    (item,) = (item for item in reading.set_aside if item.reason == reason)
    assert item.place.endswith("件目")


def rename_a_column(table: Rows) -> None:
    table[0][7] = "理由"


def contradict_the_registry(table: Rows) -> None:
    """滝沢村 becomes a city that today's registry does not have."""
    for row in table:
        row[4] = row[4].replace("滝沢市", "滝川市")
        row[7] = row[7].replace("滝沢市", "滝川市")


def merge_a_body_twice(table: Rows) -> None:
    """岩舟町 is absorbed into 栃木市 again, six years later."""
    for row in [row for row in table if row[0] == "09367"]:
        table.append([*row[:6], "2020-04-01", row[7]])


def leave_only_the_header(table: Rows) -> None:
    del table[1:]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (rename_a_column, "見出しが廃置分合等情報の形ではありません"),
        (contradict_the_registry, "滝川市"),
        (merge_a_body_twice, "岩舟町"),
        (leave_only_the_header, "読み取れる行がありません"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(tmp_path: Path, damage: Damage, words: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_damaged(tmp_path, damage)
    message = str(caught.value)
    assert message.startswith("estat-haichi.csv：")
    assert words in message
    assert "\n" not in message


def test_the_same_edition_twice_is_refused_and_an_older_one_is_read_beside(tmp_path: Path) -> None:
    folder = tmp_path / "municipality-changes"
    folder.mkdir()
    write_csv(folder / "a.csv", csv_of(FILE))
    write_csv(folder / "b.csv", csv_of(FILE))
    with pytest.raises(ReadError, match="2024-01-01 までのファイルが二つあります"):
        municipality_changes.read(tmp_path)
    header, *older = csv_of(FILE)
    write_csv(folder / "b.csv", [header, *(row for row in older if row[6] < "2024-01-01")])
    frame = municipality_changes.read(tmp_path)[0].frame
    assert frame["edition"].unique().tolist() == ["2021-04-01", "2024-01-01"]


def test_the_published_file_has_line_feeds_inside_its_fields() -> None:
    """Else the count of rows above would be a count of lines."""
    assert sum("\n" in row[7] for row in rows()) == 883
    assert all(len(row) == 8 for row in rows())
