"""Maps: 47 tiles in their places, values and reasons where they belong, and a drawing that shows them."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import altair as alt
import duckdb
import pandas as pd
import pytest

from ebpm import charts, lgcode, map_layers, maps
from ebpm.evidence.text import Both, both
from ebpm.geometry import signed_area
from ebpm.map_layers import FILLS, INKS, WHITE, Classes, classes_of
from ebpm.map_words import TILE_WORDS, is_remote
from ebpm.missing import LABELS, NO_FIGURE, Missing
from ebpm.paths import DATA, FIGURES
from ebpm.report.svg import render_svg
from support.published import prefecture_list, published

LANGS = ("ja", "en")
AXIS = both(ja="申請率（％）", en="online rate (%)")
KAGAWA, KOCHI, OKINAWA = "370002", "390003", "470007"
Json = Any


def values(**changes: Any) -> pd.DataFrame:
    """A value for each prefecture but three: one withheld, one not asked, one without a row."""
    rows = [
        {"lgcode": code, "value": 10.0 + number, "missing": None}
        for number, (code, _) in enumerate(prefecture_list())
        if code != OKINAWA
    ]
    frame = pd.DataFrame(rows).astype({"missing": object})
    frame.loc[frame["lgcode"] == KAGAWA, ["value", "missing"]] = [None, "not_asked"]
    frame.loc[frame["lgcode"] == KOCHI, ["value", "missing"]] = [None, "suppressed"]
    return frame.assign(**changes)


def tile_specs(**options: Any) -> charts.Specs:
    return maps.tile_map_chart(maps.tile_map_data(values()), axis=AXIS, decimals=1, **options)


def words_of(spec: Json) -> list[Json]:
    return [
        row for name, rows in spec["datasets"].items() if name.startswith("words") for row in rows
    ]


def shapes_of(spec: Json, fill: str) -> list[Json]:
    return [row for row in spec["datasets"]["shapes"] if row["fill"] == fill]


def svg_of(spec: Json) -> str:
    return str(render_svg(spec, ident="f", labelled_by="t", described_by="d"))


# the grid of tiles


def places() -> dict[str, tuple[int, int]]:
    return {
        tile["short_ja"]: (int(tile["tile_column"]), int(tile["tile_row"]))
        for tile in maps.tile_grid().values()
    }


def test_the_grid_holds_every_prefecture_by_its_name() -> None:
    with (DATA / "tile_grid.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["lgcode"], row["prefecture"]) for row in rows] == list(prefecture_list())
    for row in rows:
        assert row["prefecture"].removesuffix(row["short_ja"]) in row["prefecture"]
        assert row["prefecture"].startswith(row["short_ja"])
        assert row["name_en"].isascii()
    assert len({row["name_en"] for row in rows}) == 47


def test_no_two_tiles_share_a_place_and_all_lie_on_the_grid() -> None:
    assert len(set(places().values())) == 47
    for column, row in places().values():
        assert 0 <= column < maps.TILE_COLUMNS
        assert 0 <= row < maps.TILE_ROWS


@cache
def borders() -> set[tuple[str, str]]:
    """Prefectures that share a line of the published boundaries: one runs it backwards."""
    content = json.loads(published("boundaries-2025/ja_prefecture_area.json").read_text("utf-8"))
    (objects,) = content["objects"].values()
    owners: dict[int, set[str]] = {}
    for shape in objects["geometries"]:
        for number in re.findall(r"-?\d+", json.dumps(shape["arcs"])):
            arc = int(number) if int(number) >= 0 else -int(number) - 1
            owners.setdefault(arc, set()).add(shape["id"])
    return {(min(pair), max(pair)) for pair in owners.values() if len(pair) == 2}


def test_prefectures_that_border_touch_in_the_grid() -> None:
    tiles = {code[:2]: tile for code, tile in maps.tile_grid().items()}

    def distance(pair: tuple[str, str]) -> int:
        a, b = (tiles[code] for code in pair)
        return max(abs(int(a[axis]) - int(b[axis])) for axis in ("tile_column", "tile_row"))

    apart = {pair for pair in borders() if distance(pair) > 1}
    assert len(borders()) > 80
    assert len(apart) <= 0.12 * len(borders()), apart
    assert all(distance(pair) == 2 for pair in apart)


def test_tiles_side_by_side_are_mostly_prefectures_that_border() -> None:
    at = {place: name for name, place in places().items()}
    codes = {tile["short_ja"]: code[:2] for code, tile in maps.tile_grid().items()}
    beside = [
        (min(codes[a], codes[b]), max(codes[a], codes[b]))
        for (x, y), a in at.items()
        for b in (at.get((x + 1, y)), at.get((x, y + 1)))
        if b
    ]
    assert sum(pair in borders() for pair in beside) > 0.85 * len(beside)


def test_the_corners_of_the_country_are_where_one_looks_for_them() -> None:
    columns = {name: place[0] for name, place in places().items()}
    rows = {name: place[1] for name, place in places().items()}
    assert places()["北海道"] == (max(columns.values()), 0)
    assert places()["沖縄"] == (0, max(rows.values()))
    north_to_south = ["北海道", "青森", "岩手", "宮城", "福島", "栃木", "埼玉", "東京"]
    assert all(rows[a] < rows[b] for a, b in pairwise(north_to_south))
    west_to_east = [
        "山口",
        "広島",
        "岡山",
        "兵庫",
        "京都",
        "滋賀",
        "愛知",
        "静岡",
        "神奈川",
        "千葉",
    ]
    assert all(columns[a] <= columns[b] for a, b in pairwise(west_to_east))


# data


def test_tile_data_has_every_prefecture_with_its_value_or_its_reason() -> None:
    data = maps.tile_map_data(values())
    assert data["lgcode"].tolist() == [code for code, _ in prefecture_list()]
    assert data["value"].notna().sum() == 44
    reasons = dict(zip(data["lgcode"], data["missing"], strict=True))
    assert {code: kind for code, kind in reasons.items() if kind} == {
        KAGAWA: "not_asked", KOCHI: "suppressed", OKINAWA: "no_figure",
    }  # fmt: skip
    shown = dict(zip(data["lgcode"], data["shown"], strict=True))
    assert shown["010006"] == 10.0
    assert shown[KOCHI] == {"missing": "suppressed"}
    assert data["name"][0] == Both("北海道", "Hokkaido")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (values(lgcode="011002"), "011002"),
        (values(lgcode="010006"), "二度"),
        (values(missing=None), "香川県"),
        (values(missing="nobody knows"), "香川県"),
        (values().drop(columns="missing"), "香川県"),
    ],
)
def test_what_does_not_fit_a_tile_is_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        maps.tile_map_data(frame)


def test_a_map_without_any_value_is_refused() -> None:
    data = maps.tile_map_data(values().head(0))
    with pytest.raises(ValueError, match="値がありません"):
        maps.tile_map_chart(data, axis=AXIS)
    with pytest.raises(ValueError, match="値がありません"):
        maps.map_description(data, what=AXIS, unit="pct")


def test_municipality_data_is_of_the_nation_or_of_one_prefecture() -> None:
    none = pd.DataFrame({"lgcode": [], "value": [], "missing": []})
    assert len(maps.municipality_map_data(none)) == 1_741
    kagawa = maps.municipality_map_data(none, prefecture="香川県")
    assert len(kagawa) == 17
    assert set(kagawa["missing"]) == {"no_figure"}
    with pytest.raises(ValueError, match="香川"):
        maps.municipality_map_data(none, prefecture="香川")


# classes and colours


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ([6.5, 34.9], (0, 10, 20, 30, 40)),
        ([0.0, 100.0], (0, 20, 40, 60, 80, 100)),
        ([-3.0, 4.0], (-4, -2, 0, 2, 4)),
        ([0.011, 0.019], (0.01, 0.012, 0.014, 0.016, 0.018, 0.02)),
        ([1_000_000, 9_000_000], (0, 2e6, 4e6, 6e6, 8e6, 1e7)),
        ([5.0, 5.0], (5, 5)),
    ],
)
def test_classes_have_round_limits_and_hold_all_values(
    given: list[float], limits: tuple[float, ...]
) -> None:
    classes = classes_of(given)
    assert classes.limits == pytest.approx(limits)
    assert len(classes.colours) == len(limits) - 1


def test_a_limit_belongs_to_the_class_above_and_the_last_to_the_last() -> None:
    classes = Classes((0.0, 10.0, 20.0))
    assert [classes.of(value) for value in (0, 9.9, 10, 19.9, 20)] == [0, 0, 1, 1, 1]
    assert classes.labels == [Both("0〜10未満", "0 to under 10"), Both("10〜20", "10 to 20")]
    assert classes_of([5.0, 5.0]).labels == [Both("5", "5")]


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0, float("inf")]])
def test_values_without_classes_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="値がありません"):
        classes_of(values)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_can_be_read_on_every_fill() -> None:
    assert all(contrast(fill, ink) >= 4.5 for fill, ink in zip(FILLS, INKS, strict=True))


def test_fills_can_be_told_apart_in_greyscale() -> None:
    assert all(contrast(a, b) >= 1.3 for a, b in pairwise(FILLS))
    assert luminance(FILLS[0]) > luminance(FILLS[-1])


# words


def test_every_kind_of_missing_has_words_that_fit_into_a_tile() -> None:
    assert LABELS.keys() == {*Missing, NO_FIGURE} == TILE_WORDS.keys()
    for words in TILE_WORDS.values():
        assert len(words.ja) <= 4
        assert len(words.en) <= 11


def test_a_description_names_the_highest_the_lowest_and_what_is_missing() -> None:
    text = maps.map_description(maps.tile_map_data(values()), what=AXIS, unit="pct", decimals=1)
    assert text.ja == (
        "47都道府県の申請率（％）を地図に示した。"
        "最も高いのは鹿児島県（55.0％）、最も低いのは北海道（10.0％）である。"
        "斜線は値がない団体で、内訳は調査対象外 1団体、秘匿 1団体、公表値なし 1団体である。"
    )
    assert text.en == (
        "Map of online rate (%) in 47 prefectures. Highest: Kagoshima (55.0%); lowest: Hokkaido "
        "(10.0%). Hatched bodies have no value: not asked 1, suppressed 1, no published figure 1."
    )


def test_a_description_of_ties_names_a_few_or_counts_them() -> None:
    data = maps.tile_map_data(values())
    data.loc[data["lgcode"].isin(["020001", "010006"]), "value"] = 3.0
    data.loc[data["value"] > 30, "value"] = 90.0
    text = maps.map_description(data, what=AXIS, unit="pct")
    assert "最も低いのは北海道と青森県（3％）" in text.ja
    count = (data["value"] == 90).sum()
    assert count > 3
    assert f"など{count}団体（90％）" in text.ja
    assert f"and {count - 1} others (90%)" in text.en


def test_a_description_says_what_lies_outside_of_the_map() -> None:
    def described(prefecture: str) -> str:
        bodies = [b.lgcode for b in lgcode.municipalities() if b.prefecture == prefecture]
        frame = pd.DataFrame({"lgcode": bodies, "value": [*range(len(bodies))]})
        data = maps.municipality_map_data(frame, prefecture=prefecture)
        return maps.map_description(data, what=AXIS, unit="pct").ja

    assert described("香川県").endswith("すべての団体に値がある。")
    assert "北方領土は輪郭だけ" in described("北海道")
    assert "島しょ部の9町村は図の範囲の外" in described("東京都")


def test_the_islands_of_tokyo_are_those_with_island_offices() -> None:
    islands = [b.name for b in lgcode.municipalities() if is_remote(b.lgcode)]
    assert islands == ["大島町", "利島村", "新島村", "神津島村", "三宅村", "御蔵島村", "八丈町",
                       "青ヶ島村", "小笠原村"]  # fmt: skip


# the tile map


@pytest.mark.parametrize("lang", LANGS)
def test_a_tile_map_is_valid_and_drawn_through_the_report(lang: str) -> None:
    spec = tile_specs()[lang]
    json.dumps(spec, allow_nan=False)
    assert alt.Chart.from_dict(spec).to_dict()["layer"]
    svg = svg_of(spec)
    assert "NaN" not in svg and "undefined" not in svg
    for fill in FILLS:
        assert f'fill="{fill}"' in svg
    for word in ("北海道", "鹿児島") if lang == "ja" else ("Hok-", "kaido", "Tot-", "Aomori"):
        assert f">{word}</text>" in svg


def test_every_tile_bears_its_name_and_its_value_or_its_reason() -> None:
    words = Counter(row["text"] for row in words_of(tile_specs()["ja"]))
    for number, name in enumerate(places()):
        assert words[name] == 1
        assert words[f"{10 + number}.0"] == (name not in {"香川", "高知", "沖縄"})
    assert (words["対象外"], words["秘匿"], words["値なし"]) == (1, 1, 1)
    assert words["値なし（秘匿・調査対象外・公表値なし）"] == 1


def test_no_label_is_left_in_the_other_language() -> None:
    japanese, english = (words_of(tile_specs()[lang]) for lang in LANGS)
    assert not [row["text"] for row in japanese if re.search("[A-Za-z]", row["text"])]
    assert all(row["text"].isascii() for row in english)


def test_tiles_have_the_fill_of_their_class_and_an_ink_that_can_be_read_on_it() -> None:
    spec = tile_specs()["ja"]
    values = [row for row in words_of(spec) if re.fullmatch(r"\d\d\.\d", row["text"])]
    assert len(values) == 44
    classes = classes_of([10.0, 55.0])
    for row in values:
        fill, ink = classes.colours[classes.of(float(row["text"]))]
        assert row["ink"] == ink
        boxes = [shape["geometry"]["coordinates"][0][0] for shape in shapes_of(spec, fill)]
        assert any(b[0][0] < row["x"] < b[2][0] and b[0][1] < row["y"] < b[2][1] for b in boxes)


def test_missing_tiles_are_white_and_hatched() -> None:
    spec = tile_specs()["ja"]
    assert len(shapes_of(spec, WHITE)) == 3 + 1  # and the legend
    lines = [r for r in spec["datasets"]["shapes"] if r["geometry"]["type"] == "MultiLineString"]
    assert len(lines) == 4
    assert all(len(row["geometry"]["coordinates"]) > 3 for row in lines)


def test_a_map_where_nothing_is_missing_says_nothing_of_it() -> None:
    full = [{"lgcode": code, "value": 1.0 * n} for n, (code, _) in enumerate(prefecture_list())]
    spec = maps.tile_map_chart(maps.tile_map_data(pd.DataFrame(full)), axis=AXIS)["ja"]
    assert not shapes_of(spec, WHITE)
    assert not [row for row in words_of(spec) if "値なし" in row["text"]]


def test_a_highlighted_prefecture_is_outlined() -> None:
    assert not shapes_of(tile_specs()["ja"], "transparent")
    (outline,) = shapes_of(tile_specs(highlight=[KAGAWA])["ja"], "transparent")
    assert outline["stroke"] == charts.ORANGE


@pytest.mark.parametrize("lang", LANGS)
def test_names_fit_into_their_tiles(lang: str) -> None:
    width = maps.TILE_WIDTH_PX
    for row in words_of(tile_specs()[lang]):
        if row["align"] == "center":
            ems = sum(0.6 if character.isascii() else 1.0 for character in row["text"])
            assert ems * row["size"] <= width, row["text"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Aomori", ["Aomori"]),
        ("Tottori", ["Tot-", "tori"]),
        ("Hokkaido", ["Hok-", "kaido"]),
        ("Kanagawa", ["Kana-", "gawa"]),
        ("Shizuoka", ["Shizu-", "oka"]),
        ("Kagoshima", ["Kago-", "shima"]),
        ("和歌山", ["和歌山"]),
    ],
)
def test_long_names_are_broken_between_syllables(name: str, lines: list[str]) -> None:
    assert maps.tile_name(name) == lines


# maps of boundaries


def triangle(x: float, y: float, size: float = 0.5) -> str:
    ring = [[x, y], [x + size / 2, y + size], [x + size, y], [x, y]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def kagawa() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Triangles for the municipalities of 香川県, in a row, and the prefecture around them."""
    bodies = [b.lgcode for b in lgcode.municipalities() if b.prefecture == "香川県"]
    frame = pd.DataFrame({"lgcode": bodies[1:], "value": [float(n) for n in range(1, len(bodies))]})
    shapes = [{"lgcode": code, "level": "municipality", "geometry": triangle(133 + n, 34)}
              for n, code in enumerate(bodies)]  # fmt: skip
    whole = {"lgcode": KAGAWA, "level": "prefecture", "geometry": triangle(132, 33, 20)}
    return maps.municipality_map_data(frame, prefecture="香川県"), pd.DataFrame([*shapes, whole])


def test_a_map_of_municipalities_shows_each_with_its_class_or_hatched() -> None:
    data, boundaries = kagawa()
    spec = maps.municipality_map_chart(data, boundaries, axis=AXIS, highlight=["372013"])["ja"]
    classes = classes_of(data["value"].dropna().tolist())
    expected = Counter(classes.colours[classes.of(v)][0] for v in data["value"].dropna())
    for fill, count in expected.items():
        assert len(shapes_of(spec, fill)) == count + 1  # and the legend
    assert len(shapes_of(spec, WHITE)) == 1 + 1
    assert [row["stroke"] for row in shapes_of(spec, "transparent")] == [charts.GREY, charts.ORANGE]
    assert "値なし（公表値なし）" in [row["text"] for row in words_of(spec)]


@pytest.mark.parametrize("lang", LANGS)
def test_a_map_of_municipalities_is_drawn_inside_of_its_frame(lang: str) -> None:
    data, boundaries = kagawa()
    spec = maps.municipality_map_chart(data, boundaries, axis=AXIS)[lang]
    assert alt.Chart.from_dict(spec).to_dict()["layer"]
    assert "NaN" not in svg_of(spec)
    points = [
        point
        for row in spec["datasets"]["shapes"]
        if row["geometry"]["type"] == "MultiPolygon"
        for polygon in row["geometry"]["coordinates"]
        for ring in polygon
        for point in ring
    ]
    assert all(-1 <= x <= spec["width"] + 1 and 0 <= y <= spec["height"] for x, y in points)


@cache
def shipped_boundaries() -> pd.DataFrame:
    with duckdb.connect() as connection:
        scan = f"read_parquet('{FIGURES}/boundaries.parquet')"
        return connection.execute(f"SELECT lgcode, level, geometry FROM {scan}").df()


def with_values(prefecture: str | None) -> pd.DataFrame:
    bodies = [b.lgcode for b in lgcode.municipalities() if prefecture in (None, b.prefecture)]
    frame = pd.DataFrame({"lgcode": bodies, "value": [float(n % 90) for n in range(len(bodies))]})
    return maps.municipality_map_data(frame, prefecture=prefecture)


def test_the_map_of_the_nation_is_small_enough_for_a_page_and_has_every_body() -> None:
    spec = maps.municipality_map_chart(with_values(None), shipped_boundaries(), axis=AXIS)["ja"]
    filled = [row for row in spec["datasets"]["shapes"] if row["fill"] in FILLS]
    outlines = shapes_of(spec, "transparent")
    assert len(filled) == 1_741 + 5
    assert len(outlines) == 47
    assert len(svg_of(spec)) < 1_000_000
    east = max(x for row in outlines for p in row["geometry"]["coordinates"] for x, _ in p[0])
    assert east == pytest.approx(spec["width"], abs=1)  # 択捉島, in outline


@pytest.mark.parametrize(
    ("prefecture", "bodies"), [("香川県", 17), ("東京都", 62 - 9), ("沖縄県", 41)]
)
def test_the_map_of_a_prefecture_fills_its_frame(prefecture: str, bodies: int) -> None:
    spec = maps.municipality_map_chart(with_values(prefecture), shipped_boundaries(), axis=AXIS)[
        "ja"
    ]
    filled = [row for row in spec["datasets"]["shapes"] if row["fill"] in FILLS]
    assert len(filled) == bodies + len(
        classes_of(with_values(prefecture)["value"].tolist()).colours
    )
    (outline,) = shapes_of(spec, "transparent")
    points = [point for part in outline["geometry"]["coordinates"] for point in part[0]]
    reach = max(x for x, _ in points) - min(x for x, _ in points)
    assert reach > 0.9 * spec["width"]


def test_a_municipality_without_boundary_is_refused() -> None:
    data, boundaries = kagawa()
    with pytest.raises(ValueError, match="372013"):
        maps.municipality_map_chart(data, boundaries[boundaries["lgcode"] != "372013"], axis=AXIS)


def test_the_projection_keeps_angles_and_turns_north_up() -> None:
    place = map_layers.mercator((130.0, 30.0, 140.0, 40.0), 500, 1000)
    (x0, y0), (x1, y1) = place(130.0, 40.0), place(140.0, 30.0)
    assert (x0, y0, x1) == pytest.approx((0, 0, 500))
    # Mercator's ordinate ln tan(45° + φ/2) of 40° and 30°, by the tables: 0.76291 and 0.54931.
    assert y1 == pytest.approx((0.76291 - 0.54931) * 500 / math.radians(10), rel=1e-4)
    narrow = map_layers.mercator((130.0, 30.0, 140.0, 40.0), 500, 100)
    assert narrow(130.0, 30.0)[1] == pytest.approx(100)
    assert narrow(135.0, 35.0)[0] == pytest.approx(250)


def test_a_body_too_small_for_the_grid_keeps_a_pixel() -> None:
    speck = [[[(135.0, 35.0), (135.0, 35.00001), (135.00001, 35.0), (135.0, 35.0)]]]
    place = map_layers.mercator((130.0, 30.0, 140.0, 40.0), 500, 1000)
    (dot,) = map_layers.placed(speck, place, 0, 0.5)
    assert abs(signed_area(dot[0])) == pytest.approx(1)


def test_points_on_a_straight_line_are_left_out() -> None:
    steps = [(130.0 + n, 30.0) for n in range(6)]
    ring = [*steps, (135.0, 33.0), (130.0, 33.0), (130.0, 30.0)]
    place = map_layers.mercator((130.0, 30.0, 140.0, 40.0), 500, 1000)
    ((drawn,),) = map_layers.placed([[ring]], place, 0, 0.5)
    assert len(drawn) == 5
