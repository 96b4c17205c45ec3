"""Identity of local governments: codes, names, kinds, classes, and the registry's figure."""

import collections
import csv
import os
import pickle
import tomllib
from functools import cache
from pathlib import Path

import pytest

from ebpm import lgcode
from ebpm.paths import DATA, FIGURES, ROOT

RAW = Path(os.environ.get("EBPM_RAW", ROOT.parent / "shared" / "data" / "raw"))
KNOWN_CODES = {
    "札幌市": "011002",
    "東京都": "130001",
    "千代田区": "131016",
    "東京都府中市": "132063",
    "広島県府中市": "342084",
    "北海道": "010006",
    "沖縄県": "470007",
    "与那国町": "473821",
    "浜松市": "221309",
}
BODIES = (*lgcode.prefectures(), *lgcode.municipalities())
REPEATED = {
    name: {body.lgcode for body in lgcode.municipalities() if body.name == name}
    for name, count in collections.Counter(b.name for b in lgcode.municipalities()).items()
    if count > 1
}
# Five digits that are one body's code and also another body's six digits without the zero.
TWO_READINGS = {
    body.lgcode[1:]
    for body in BODIES
    if body.lgcode.startswith("0") and body.lgcode[1:] in {other.lgcode[:5] for other in BODIES}
}


def published(name: str, encoding: str = "utf-8-sig") -> list[list[str]]:
    """Rows of a published file; skips the test where it is not at hand."""
    path = RAW / name
    if not path.exists():
        pytest.skip(f"the published file {path.name} is not here")
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def as_dicts(rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@cache
def ssdse() -> list[tuple[str, str, str]]:
    rows = published("ssdse-a/SSDSE-A-2025.csv", "cp932")[3:]
    return [(row[0], row[1], row[2]) for row in rows]


@cache
def card_rows() -> list[dict[str, str]]:
    files = sorted((RAW / "mynumber-card").glob("all_localgovs_*.csv"))
    if not files:
        pytest.skip("the published My Number card files are not here")
    assert len(files) == 46
    return [row for file in files for row in as_dicts(published(str(file)))]


# check digit


@pytest.mark.parametrize("code", KNOWN_CODES.values())
def test_check_digit_of_known_codes(code: str) -> None:
    assert lgcode.check_digit(code[:5]) == code[5]


def test_every_code_of_the_registry_has_its_check_digit() -> None:
    assert all(lgcode.check_digit(body.lgcode[:5]) == body.lgcode[5] for body in BODIES)


@pytest.mark.parametrize("bad", ["", "0110", "011002", "0110x", "０１１００"])
def test_check_digit_takes_five_digits_only(bad: str) -> None:
    with pytest.raises(lgcode.LgcodeError):
        lgcode.check_digit(bad)


# parse: tolerant


@pytest.mark.parametrize(
    "given",
    [
        "011002",
        "01100",
        "R01100",
        "r01100",
        "1100",
        "11002",
        11002,
        1100,
        "０１１００２",
        " 011002 ",
    ],
)
def test_parse_reads_every_form_of_sapporo(given: str | int) -> None:
    assert lgcode.parse(given) == "011002"


@pytest.mark.parametrize("given", ["130001", 130001, "13000"])
def test_parse_reads_a_prefecture(given: str | int) -> None:
    assert lgcode.parse(given) == "130001"


def test_every_published_code_round_trips() -> None:
    for published, prefecture, name in ssdse():
        five = published[1:]
        six = lgcode.parse(published)
        body = lgcode.get(six)
        assert (body.prefecture, body.name) == (prefecture, name)
        assert lgcode.parse(six) == lgcode.parse(int(six), digits=6) == six
        assert lgcode.parse(five, digits=5) == lgcode.parse(int(five), digits=5) == six
        if five not in TWO_READINGS:
            assert lgcode.parse(five) == lgcode.parse(int(five)) == six
        if six.lstrip("0") not in TWO_READINGS:
            assert lgcode.parse(six.lstrip("0")) == six


def test_codes_with_two_readings_are_refused_with_both() -> None:
    assert sorted(TWO_READINGS) == [
        "12203", "12211", "12220", "12238", "14362", "15202",
        "15504", "16322", "23213", "23230", "43214", "44211",
    ]  # fmt: skip
    for text in TWO_READINGS:
        with pytest.raises(lgcode.AmbiguousCode) as caught:
            lgcode.parse(text)
        lost, five = "0" + text, text + lgcode.check_digit(text)
        assert [body.lgcode for body in caught.value.candidates] == [lost, five]
        assert lost in str(caught.value)
        assert five in str(caught.value)
        assert lgcode.parse(text, digits=6) == lost
        assert lgcode.parse(text, digits=5) == five


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "0",
        "999999",
        "99999",
        "011003",
        "011011",
        "R1100",
        "R011002",
        "1100220",
        "札幌市",
        "-1100",
    ],
)
def test_parse_refuses_what_is_no_code(bad: str) -> None:
    with pytest.raises(lgcode.LgcodeError):
        lgcode.parse(bad)


@pytest.mark.parametrize("bad", [True, 11002.0, None, float("nan")])
def test_parse_refuses_other_types(bad: object) -> None:
    with pytest.raises(lgcode.LgcodeError, match="文字列でも整数でもありません"):
        lgcode.parse(bad)  # type: ignore[arg-type]


# require: strict


def test_require_accepts_every_body() -> None:
    assert [lgcode.require(body.lgcode) for body in BODIES] == [body.lgcode for body in BODIES]


@pytest.mark.parametrize(
    ("given", "fault", "likely"),
    [
        ("11002", "6桁ではありません", "011002（北海道札幌市）"),
        ("01100", "6桁ではありません", "011002（北海道札幌市）"),
        ("12203", "6桁ではありません", "012203（北海道士別市）、122033（千葉県市川市）"),
        ("011003", "検査数字が合いません", "011002（北海道札幌市）"),
        ("011011", "当たる都道府県・市区町村はありません", "011002（北海道札幌市）"),
        ("221317", "当たる都道府県・市区町村はありません", "221309（静岡県浜松市）"),
        ("999999", "当たる都道府県・市区町村はありません", "全国地方公共団体コード"),
        ("R01100", "6桁の半角数字", "011002（北海道札幌市）"),
        ("０１１００２", "6桁の半角数字", "011002（北海道札幌市）"),
        ("011002\n", "6桁の半角数字", "011002（北海道札幌市）"),
        ("府中市", "6桁の半角数字", "132063（東京都府中市）、342084（広島県府中市）"),
        ("", "6桁の半角数字", "全国地方公共団体コード"),
        (11002, "6桁の半角数字（文字列）", "011002（北海道札幌市）"),
    ],
)
def test_require_refuses_in_one_helpful_line(given: str, fault: str, likely: str) -> None:
    with pytest.raises(lgcode.LgcodeError) as caught:
        lgcode.require(given)
    message = str(caught.value)
    assert fault in message
    assert likely in message
    assert "\n" not in message
    assert isinstance(caught.value, ValueError)


def test_errors_cross_process_borders() -> None:
    with pytest.raises(lgcode.AmbiguousName) as caught:
        lgcode.find("府中市")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.candidates) == (str(caught.value), caught.value.candidates)


# find: names


@pytest.mark.parametrize(("name", "code"), KNOWN_CODES.items())
def test_known_names(name: str, code: str) -> None:
    assert lgcode.find(name) == code


def test_every_body_is_found_by_prefecture_and_name() -> None:
    for body in BODIES:
        assert lgcode.find(body.name, body.prefecture) == body.lgcode
        assert lgcode.find(body.full_name) == body.lgcode
        assert body.name in REPEATED or lgcode.find(body.name) == body.lgcode


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("三戸郡田子町", "024431"),
        ("青森県三戸郡田子町", "024431"),
        ("青森県 三戸郡 田子町", "024431"),
        ("三宅島三宅村", "133817"),
        ("東京都三宅島三宅村", "133817"),
        ("八丈島八丈町", "134015"),
        ("龍ヶ崎市", "082082"),
        ("竜ケ崎市", "082082"),
        ("龍が崎市", "082082"),
        ("袖ヶ浦市", "122297"),
        ("鎌ヶ谷市", "122246"),
        ("鯵ケ沢町", "023213"),
        ("桧枝岐村", "073644"),
        ("桧原村", "133078"),
        ("梼原町", "394050"),
        ("塩釜市", "042030"),
        ("諌早市", "422045"),
        ("*札幌市", "011002"),
        ("＊札　幌　市", "011002"),
        ("ﾆｾｺ町", "013951"),
        ("葛\U000e0100飾区", "131229"),
        ("宮﨑市", "452017"),
        ("髙松市", "372013"),
        ("廣島市", "341002"),
        ("鹿嶋市", "082228"),
        ("鹿島市", "412074"),
    ],
)
def test_names_as_they_are_written(name: str, code: str) -> None:
    assert lgcode.find(name) == code


@pytest.mark.parametrize("prefecture", ["広島県", "広島", "廣島縣", " 広島県"])
def test_the_prefecture_may_be_written_loosely(prefecture: str) -> None:
    assert lgcode.find("府中市", prefecture) == "342084"


def test_folding_makes_no_two_names_one() -> None:
    for body in lgcode.municipalities():
        expected = REPEATED.get(body.name, {body.lgcode})
        try:
            assert {lgcode.find(body.name)} == expected
        except lgcode.AmbiguousName as error:
            assert {candidate.lgcode for candidate in error.candidates} == expected


def test_every_repeated_name_is_refused_with_all_its_bodies() -> None:
    assert len(REPEATED) == 25
    for name, codes in REPEATED.items():
        with pytest.raises(lgcode.AmbiguousName) as caught:
            lgcode.find(name)
        assert {body.lgcode for body in caught.value.candidates} == codes
        assert all(body.full_name in str(caught.value) for body in caught.value.candidates)
        assert all(code in str(caught.value) for code in codes)


@pytest.mark.parametrize(
    ("name", "prefecture", "near"),
    [
        ("札幌", None, "011002（北海道札幌市）"),
        ("篠山市", None, "282219（兵庫県丹波篠山市）"),
        ("鹿島市", "茨城県", "082228（茨城県鹿嶋市）"),
        ("東京都府中市", "広島県", "342084（広島県府中市）"),
        ("札幌市", "東京都", "全国地方公共団体コード"),
        ("", None, "全国地方公共団体コード"),
        ("府中市", "広島市", "340006（広島県）"),
    ],
)
def test_unknown_names_are_refused_with_near_ones(
    name: str, prefecture: str | None, near: str
) -> None:
    with pytest.raises(lgcode.UnknownName) as caught:
        lgcode.find(name, prefecture)
    assert near in str(caught.value)


def test_a_wrong_county_is_not_overlooked() -> None:
    with pytest.raises(lgcode.UnknownName):
        lgcode.find("上北郡田子町")


def test_every_name_of_46_dates_leads_to_its_code() -> None:
    """The files name bodies by their present names, so no date needs an exception."""
    assert len(card_rows()) == 46 * 1741
    without_code = collections.Counter[str]()
    forms = {(r["都道府県名"], r["市区町村名"], r["団体コード"]) for r in card_rows()}
    for prefecture, name, code in forms:
        found = lgcode.find(name, prefecture)
        assert found == lgcode.find(prefecture + name)
        if code.isdigit():
            assert found == lgcode.parse(code, digits=6)
        else:
            without_code[found] += 1
    assert set(without_code) == {"133817", "134015"}
    assert sum(not row["団体コード"].isdigit() for row in card_rows()) == 34


# kinds and classes


def test_kinds_add_up_to_the_official_counts() -> None:
    counts = collections.Counter(body.kind.value for body in BODIES)
    assert counts == {
        "prefecture": 47,
        "designated_city": 20,
        "core_city": 62,
        "city": 710,
        "special_ward": 23,
        "town": 743,
        "village": 183,
    }
    assert len(lgcode.municipalities()) == 1741


def test_classes_of_cities_name_the_bodies_they_code() -> None:
    tables = tomllib.loads((DATA / "city_classes.toml").read_text(encoding="utf-8"))
    assert {kind: len(table["cities"]) for kind, table in tables.items()} == {
        "designated_city": 20,
        "core_city": 62,
    }
    for kind, table in tables.items():
        for city in table["cities"]:
            body = lgcode.get(city["lgcode"])
            assert (body.prefecture, body.name) == (city["prefecture"], city["name"])
            assert body.kind == kind
            assert city["since"] <= table["as_of"]


def test_classes_of_cities_agree_with_the_published_changes() -> None:
    changes = as_dicts(published("municipality-changes/estat-haichi.csv"))
    moved = {
        row["標準地域コード"]: row["廃置分合等施行年月日"]
        for row in changes
        if "中核市に移行" in row["改正事由"]
    }
    tables = tomllib.loads((DATA / "city_classes.toml").read_text(encoding="utf-8"))
    listed = {city["lgcode"][:5]: str(city["since"]) for city in tables["core_city"]["cities"]}
    later_designated = {"14209", "15201", "22201", "22202", "27201", "33201", "43201"}
    assert {code: date for code, date in moved.items() if code not in later_designated} == listed


def test_codes_show_the_kind() -> None:
    """The third digit is 1 for designated cities and special wards, 2 for other cities."""
    third = collections.defaultdict(set)
    for body in lgcode.municipalities():
        third[body.kind.value].add(body.lgcode[2])
    assert third["designated_city"] == third["special_ward"] == {"1"}
    assert third["core_city"] == third["city"] == {"2"}
    wards = [b.lgcode for b in lgcode.municipalities() if b.kind is lgcode.Kind.SPECIAL_WARD]
    assert (wards[0], wards[-1]) == ("131016", "131237")


def test_a_body_knows_its_names() -> None:
    town = lgcode.get("024431")
    assert (town.full_name, town.county, town.island) == ("青森県田子町", "三戸郡", None)
    assert (town.label_ja, town.prefecture_lgcode) == ("町", "020001")
    assert lgcode.get("133817").island == "三宅島"
    prefecture = lgcode.get("010006")
    assert (prefecture.full_name, prefecture.label_ja) == ("北海道", "都道府県")
    assert prefecture.prefecture_lgcode == "010006"


def test_bodies_come_in_the_order_of_their_codes() -> None:
    for bodies in (lgcode.municipalities(), lgcode.prefectures()):
        codes = [body.lgcode for body in bodies]
        assert codes == sorted(set(codes))


def test_counties_belong_to_towns_and_villages() -> None:
    bodies = [b for b in lgcode.municipalities() if b.kind.value in {"town", "village"}]
    outside = {body.name for body in bodies if body.county is None}
    assert all(body.county is None for body in BODIES if body not in bodies)
    assert outside == {
        "大島町", "利島村", "新島村", "神津島村", "三宅村",
        "御蔵島村", "八丈町", "青ヶ島村", "小笠原村",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("population", "ja", "en"),
    [
        (0, "5,000人未満", "under 5,000"),
        (4_999, "5,000人未満", "under 5,000"),
        (5_000, "5,000〜9,999人", "5,000–9,999"),
        (9_999, "5,000〜9,999人", "5,000–9,999"),
        (10_000, "10,000〜29,999人", "10,000–29,999"),
        (29_999, "10,000〜29,999人", "10,000–29,999"),
        (30_000, "30,000〜49,999人", "30,000–49,999"),
        (49_999, "30,000〜49,999人", "30,000–49,999"),
        (50_000, "50,000〜99,999人", "50,000–99,999"),
        (99_999, "50,000〜99,999人", "50,000–99,999"),
        (100_000, "100,000〜299,999人", "100,000–299,999"),
        (299_999, "100,000〜299,999人", "100,000–299,999"),
        (300_000, "300,000人以上", "300,000 and over"),
        (3_800_000, "300,000人以上", "300,000 and over"),
    ],
)
def test_population_classes(population: int, ja: str, en: str) -> None:
    assert lgcode.population_class(population) == ja
    assert lgcode.population_class(population, lang="en") == en


def test_a_negative_population_is_refused() -> None:
    with pytest.raises(ValueError, match="負の数"):
        lgcode.population_class(-1)


# the figure


def test_the_figure_is_what_the_reader_gives() -> None:
    ssdse()
    card_rows()
    from ebpm.readers import municipalities

    (reading,) = municipalities.read(RAW)
    text = reading.frame.to_csv(index=False, lineterminator="\n")
    assert text == (FIGURES / "municipalities.csv").read_text(encoding="utf-8")
    assert (reading.read, reading.loaded, reading.set_aside) == (1741, 1741, ())


def test_counties_are_the_same_on_all_dates() -> None:
    for row in card_rows():
        body = lgcode.get(lgcode.find(row["市区町村名"], row["都道府県名"]))
        above = row["市区町村名"].removesuffix(body.name)
        assert above in {body.county, body.island, "" if body.county is None else None}
