"""Boundaries: decoded as an independent decoder does, drawn the right way round, on the right body.

The independent decoding adds up the steps with NumPy; areas are compared with those that SSDSE-A
publishes, places with the addresses of town halls.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ebpm.geometry import chords, hatch, inner_point, polygons_of, signed_area
from ebpm.paths import FIGURES
from ebpm.readers import ReadError, Reading, boundaries
from support.published import (
    edition,
    municipality_list,
    prefecture_list,
    published,
    readings,
    six_digits,
    with_check_digit,
)

FOLDER = "boundaries-2025"
MUNICIPALITIES = f"{FOLDER}/ja_municipality_area.json"
PREFECTURES = f"{FOLDER}/ja_prefecture_area.json"
EARTH_KM = 6371.007
SHIPPED_BYTES = 1_500_000
ARCS_KEPT = 100  # more than the first two shapes of either file have

Json = Any
Damage = Callable[[Json], None]


@cache
def topology(name: str) -> Json:
    return json.loads(published(name).read_text(encoding="utf-8"))


def shapes(name: str) -> list[Json]:
    (objects,) = topology(name)["objects"].values()
    return list(objects["geometries"])


def points(name: str, number: int) -> np.ndarray:
    """The points of an arc in degrees, backwards for a negative number."""
    content = topology(name)
    steps = np.array(content["arcs"][number if number >= 0 else -number - 1])
    transform = content["transform"]
    line = steps.cumsum(axis=0) * transform["scale"] + transform["translate"]
    return line if number >= 0 else line[::-1]


def decoded(name: str, shape: Json) -> list[list[np.ndarray]]:
    polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    return [[np.vstack([points(name, n) for n in ring]) for ring in part] for part in polygons]


def without_repeats(ring: np.ndarray) -> np.ndarray:
    rounded = ring.round(4)
    return rounded[np.r_[True, (np.diff(rounded, axis=0) != 0).any(axis=1)]]


def same(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return ours.shape == theirs.shape and bool(np.abs(ours - theirs).max() < 1e-9)


def reading() -> Reading:
    return readings("boundaries")["boundaries"]


@cache
def geometries() -> dict[str, Json]:
    frame = reading().frame
    return {
        code: json.loads(text)
        for code, text in zip(frame["lgcode"], frame["geometry"], strict=True)
    }


def parts(code: str) -> list[list[list[list[float]]]]:
    geometry = geometries()[code]
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]


def square_km(code: str) -> float:
    """Area on the sphere of equal area (Lambert's cylinder), holes taken off."""
    return sum(
        (-1 if hole else 1) * abs(ring_km2(np.array(ring)))
        for part in parts(code)
        for hole, ring in enumerate(part)
    )


def ring_km2(ring: np.ndarray) -> float:
    x, y = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    return float(EARTH_KM**2 * np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def holds(code: str, x: float, y: float) -> bool:
    """Whether a point lies in a body, by the number of borders east of it."""
    crossed = 0
    for part in parts(code):
        for ring in part:
            line = np.array(ring)
            a, b = line[:-1], line[1:]
            level = (a[:, 1] > y) != (b[:, 1] > y)
            a, b = a[level], b[level]
            crossed += int(
                (a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]) > x).sum()
            )
    return crossed % 2 == 1


# every shape is accounted for, under its code


def test_every_shape_is_loaded_or_set_aside() -> None:
    expected = len(shapes(MUNICIPALITIES)) + len(shapes(PREFECTURES))
    assert (reading().read, reading().loaded, reading().empty) == (expected, 47 + 1_741, 0)
    assert len(reading().set_aside) == 6


def test_the_six_villages_of_the_northern_territories_are_set_aside() -> None:
    villages = [s["id"] for s in shapes(MUNICIPALITIES) if s["properties"]["is_hoppo_city"]]
    assert len(villages) == 6
    assert {item.reason for item in reading().set_aside} == {"northern_territories"}
    found = [item.content.split('"')[3] for item in reading().set_aside]
    assert found == villages


def test_every_body_of_the_list_has_its_boundary() -> None:
    frame = reading().frame
    assert set(frame["edition"]) == {"2025"}
    for level, bodies in (("municipality", municipality_list()), ("prefecture", prefecture_list())):
        codes = frame.loc[frame["level"] == level, "lgcode"].tolist()
        assert codes == sorted(body[0] for body in bodies)


@pytest.mark.parametrize("name", [MUNICIPALITIES, PREFECTURES])
def test_every_boundary_is_what_an_independent_decoder_reads(name: str) -> None:
    compared = 0
    for shape in shapes(name):
        code = with_check_digit(shape["id"].ljust(5, "0"))
        if code not in geometries():
            continue
        expected = decoded(name, shape)
        assert len(parts(code)) == len(expected)
        for part, other in zip(parts(code), expected, strict=True):
            for ring, line in zip(part, other, strict=True):
                ours, theirs = np.array(ring), without_repeats(line)
                # The direction of a sliver may turn when its points are rounded; see below.
                assert same(ours, theirs) or same(ours, theirs[::-1]), code
        compared += 1
    assert compared in {47, 1_741}


# the right way round, closed, and in Japan


def rings() -> Iterator[tuple[int, np.ndarray]]:
    for code in geometries():
        for part in parts(code):
            for hole, ring in enumerate(part):
                yield hole, np.array(ring)


def test_outer_rings_run_clockwise_and_holes_against_it() -> None:
    turns = {False: set[bool](), True: set[bool]()}
    for hole, ring in rings():
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        turns[hole > 0].add(bool(np.sum(x0 * y1 - x1 * y0) > 0))
    assert turns == {False: {False}, True: {True}}


def test_rings_are_closed_and_no_point_stands_twice_in_a_row() -> None:
    for _, ring in rings():
        assert len(ring) >= 4
        assert (ring[0] == ring[-1]).all()
        assert (np.diff(ring, axis=0) != 0).any(axis=1).all()


def test_the_boundaries_reach_as_far_as_japan_does() -> None:
    points = np.vstack([ring for _, ring in rings()])
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    assert (west, south) == pytest.approx((122.94, 24.05), abs=0.02)  # 与那国島, 波照間島
    assert east == pytest.approx(153.99, abs=0.02)  # 南鳥島
    assert north == pytest.approx(45.56, abs=0.02)  # 択捉島


@pytest.mark.parametrize(
    ("code", "west", "south", "east", "north"),
    [
        ("370002", 133.45, 34.01, 134.45, 34.57),  # 香川県
        ("250007", 135.76, 34.79, 136.46, 35.70),  # 滋賀県
    ],
)
def test_a_prefecture_has_its_extent(
    code: str, west: float, south: float, east: float, north: float
) -> None:
    points = np.vstack([np.array(ring) for part in parts(code) for ring in part])
    assert (*points.min(axis=0), *points.max(axis=0)) == pytest.approx(
        (west, south, east, north), abs=0.02
    )


# areas


@pytest.mark.parametrize(
    ("code", "official"),
    [
        ("370002", 1_877),  # 国土地理院 全国都道府県市区町村別面積調
        ("130001", 2_200),
        ("270008", 1_905),
        ("250007", 4_017),
        ("030007", 15_275),
        ("010006", 83_422),  # with the Northern Territories
    ],
)
def test_a_prefecture_has_its_official_area(code: str, official: float) -> None:
    assert square_km(code) == pytest.approx(official, rel=0.02)


def test_municipalities_have_the_areas_that_ssdse_publishes() -> None:
    table = edition(2025)
    column = 3 + table.indicators.index("B1101")
    official = {six_digits(row[0]): float(row[column]) / 100 for row in table.rows}
    errors = np.array([abs(square_km(code) / km2 - 1) for code, km2 in official.items()])
    assert len(errors) == 1_741
    assert np.median(errors) < 0.01
    assert (errors < 0.05).mean() > 0.95


# places


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [
        ("011002", 43.0621, 141.3544),  # 札幌市役所
        ("131041", 35.6896, 139.6917),  # 東京都庁（新宿区）
        ("221309", 34.7108, 137.7261),  # 浜松市役所
        ("271004", 34.6938, 135.5022),  # 大阪市役所
        ("372013", 34.3428, 134.0466),  # 高松市役所
        ("401307", 33.5902, 130.4017),  # 福岡市役所
        ("472018", 26.2124, 127.6792),  # 那覇市役所
    ],
)
def test_a_town_hall_lies_in_its_municipality_and_prefecture_alone(
    code: str, latitude: float, longitude: float
) -> None:
    found = {other for other in geometries() if holds(other, longitude, latitude)}
    assert found == {code, with_check_digit(code[:2] + "000")}


def test_every_label_lies_inside_of_its_body() -> None:
    for row in reading().frame.itertuples():
        assert holds(row.lgcode, row.label_longitude_deg, row.label_latitude_deg), row.lgcode


# geometry


RING = [(0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 0.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0)]
CORNERS = ["0 0", "0 9", "1 9", "1 1", "5 1", "5 9", "6 9", "6 0", "0 0"]
LETTER_U = [(float(corner[0]), float(corner[2])) for corner in CORNERS]


def test_the_area_of_a_ring_is_negative_clockwise() -> None:
    assert signed_area(RING) == -16
    assert signed_area(HOLE) == 4


def test_a_chord_jumps_over_a_hole() -> None:
    assert chords([RING, HOLE], 2.0) == [(0, 1), (3, 4)]
    assert chords([RING, HOLE], 0.5) == [(0, 4)]
    assert chords([RING], 9.0) == []


def test_the_point_inside_of_a_bent_shape_is_inside() -> None:
    x, y = inner_point([LETTER_U])
    assert 0 < x < 1 or 5 < x < 6 or 0 < y < 1


def test_hatching_stays_inside_and_keeps_its_distance() -> None:
    lines = hatch([[RING, HOLE]], 1.0)
    assert len(lines) > 8
    for (x0, y0), (x1, y1) in lines:
        assert x0 + y0 == pytest.approx(x1 + y1)
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        assert all(0 <= value <= 4 for value in (x0, y0, x1, y1))
        assert not (1 < middle[0] < 3 and 1 < middle[1] < 3)
    levels = sorted({round(x + y, 6) for (x, y), _ in lines})
    assert np.allclose(np.diff(levels), 1.0)


def test_polygons_of_both_kinds_of_geometry() -> None:
    one = {"type": "Polygon", "coordinates": [RING]}
    two = {"type": "MultiPolygon", "coordinates": [[RING], [HOLE]]}
    assert polygons_of(one) == [[RING]]
    assert polygons_of(two) == [[RING], [HOLE]]


# damaged files


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The two files, cut down to the first two shapes each, in a folder that a test may change."""
    (tmp_path / FOLDER).mkdir()
    for name in (MUNICIPALITIES, PREFECTURES):
        content = json.loads(published(name).read_text(encoding="utf-8"))
        (objects,) = content["objects"].values()
        objects["geometries"] = objects["geometries"][:2]
        content["arcs"] = content["arcs"][:ARCS_KEPT]
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def damage(raw: Path, change: Damage, name: str = MUNICIPALITIES) -> None:
    content = json.loads((raw / name).read_text(encoding="utf-8"))
    change(content)
    (raw / name).write_text(json.dumps(content), encoding="utf-8")


def first(content: Json) -> Json:
    (objects,) = content["objects"].values()
    return objects["geometries"][0]


def refusal(raw: Path) -> str:
    with pytest.raises(ReadError) as caught:
        boundaries.read(raw)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_cut_down_file_is_read(raw: Path) -> None:
    (small,) = boundaries.read(raw)
    assert small.frame["lgcode"].tolist() == ["011002", "012025", "010006", "020001"]
    assert (small.read, small.loaded, small.set_aside) == (4, 4, ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(type="FeatureCollection"), ("type", "Topology")),
        (lambda c: c.pop("transform"), ("transform",)),
        (lambda c: c.pop("arcs"), ("arcs",)),
        (lambda c: c["arcs"][0].__setitem__(0, [1]), ("arcs",)),
        (lambda c: c["arcs"][0].__setitem__(0, ["x", "y"]), ("arcs",)),
        (lambda c: c["objects"].update(more={"geometries": []}), ("objects", "1つ")),
        (lambda c: c.pop("objects"), ("objects",)),
        (lambda c: next(iter(c["objects"].values())).pop("geometries"), ("geometries",)),
        (lambda c: first(c).update(arcs=[[999_999]]), ("id 01100", "境界線")),
        (lambda c: first(c).update(arcs=[[0, 2]]), ("id 01100", "境界線")),
        (lambda c: first(c).update(arcs=[[0]]), ("id 01100", "境界線")),
        (lambda c: first(c).update(arcs=[[]]), ("id 01100",)),
        (lambda c: first(c).pop("arcs"), ("id 01100",)),
        (lambda c: first(c)["arcs"][0].reverse(), ("id 01100", "境界線")),
    ],
)
def test_a_damaged_structure_is_refused_in_one_line(
    raw: Path, change: Damage, words: tuple[str, ...]
) -> None:
    damage(raw, change)
    message = refusal(raw)
    assert message.startswith("ja_municipality_area.json：")
    assert all(word in message for word in words), message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe{}", b'{"type": 1}'])
def test_a_file_that_is_no_topojson_is_refused(raw: Path, content: bytes) -> None:
    (raw / PREFECTURES).write_bytes(content)
    assert refusal(raw).startswith("ja_prefecture_area.json：")


def test_a_missing_file_is_refused(raw: Path) -> None:
    (raw / PREFECTURES).unlink()
    assert "ja_prefecture_area.json" in refusal(raw)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: first(c).update(id="01999"), "unknown_code"),
        (lambda c: first(c).update(id="011002"), "unknown_code"),
        (lambda c: first(c).pop("id"), "unknown_code"),
        (lambda c: first(c).update(id="01202"), "name_does_not_match_code"),
        (lambda c: first(c)["properties"].update(city_name="小樽市"), "name_does_not_match_code"),
        (lambda c: first(c)["properties"].update(prefecture_name="青森県"), "name_does_not_match_code"),
        (lambda c: first(c).update(properties=None), "no_properties"),
        (lambda c: first(c).update(type="LineString"), "not_an_area"),
        (lambda c: first(c).update(type=None), "not_an_area"),
        (lambda c: first(c)["properties"].update(is_hoppo_city=True), "northern_territories"),
    ],
)  # fmt: skip
def test_a_shape_that_does_not_fit_is_set_aside(raw: Path, change: Damage, reason: str) -> None:
    damage(raw, change)
    (small,) = boundaries.read(raw)
    assert [item.reason for item in small.set_aside] == [reason]
    assert small.set_aside[0].place == "1 番目"
    assert (small.read, small.loaded) == (4, 3)


def test_a_second_shape_of_a_body_is_set_aside(raw: Path) -> None:
    def repeat(content: Json) -> None:
        (objects,) = content["objects"].values()
        objects["geometries"].append(objects["geometries"][0])

    damage(raw, repeat)
    (small,) = boundaries.read(raw)
    assert [(item.reason, item.place) for item in small.set_aside] == [("repeated_code", "3 番目")]


def test_another_edition_is_read_beside_the_first(raw: Path) -> None:
    shutil.copytree(raw / FOLDER, raw / "boundaries-2026-04-01")
    (both,) = boundaries.read(raw)
    assert both.frame["edition"].value_counts().to_dict() == {"2025": 4, "2026-04-01": 4}


def test_a_folder_without_an_edition_is_refused(raw: Path) -> None:
    (raw / FOLDER).rename(raw / "boundaries-latest")
    assert refusal(raw).startswith("boundaries-latest：")


def test_a_ring_that_runs_the_wrong_way_is_turned(raw: Path) -> None:
    def turn(content: Json) -> None:
        shape = first(content)
        shape["arcs"] = [[~number for number in reversed(ring)] for ring in shape["arcs"]]

    (before,) = boundaries.read(raw)
    damage(raw, turn)
    (after,) = boundaries.read(raw)
    ring = [json.loads(r.frame["geometry"][0])["coordinates"][0] for r in (before, after)]
    assert signed_area(ring[1]) == pytest.approx(signed_area(ring[0]))
    assert math.copysign(1, signed_area(ring[1])) == -1


# the shipped figure and its contract


def test_the_shipped_figure_is_small() -> None:
    assert (FIGURES / "boundaries.parquet").stat().st_size < SHIPPED_BYTES


def sql(folder: str, name: str) -> str:
    path = resources.files("ebpm") / "sql" / folder / f"{name}.sql"
    return path.read_text(encoding="utf-8")


def test_the_contract_sees_a_body_without_boundary() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staging")
        for table, scan in (
            ("boundaries", f"read_parquet('{FIGURES}/boundaries.parquet')"),
            ("municipalities", f"read_csv('{FIGURES}/municipalities.csv', all_varchar = true)"),
        ):
            connection.execute(f"CREATE TABLE raw.{table} AS SELECT * FROM {scan}")
            staged = sql("staging", f"stg_{table}")
            connection.execute(f"CREATE TABLE staging.stg_{table} AS {staged}")
        contract = sql("contracts", "boundaries_all_bodies")
        assert connection.execute(contract).fetchall() == []
        connection.execute("DELETE FROM staging.stg_boundaries WHERE lgcode = '372013'")
        assert connection.execute(contract).fetchall() == [("2025", "372013", "高松市")]
