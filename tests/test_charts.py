"""Charts: valid in both languages, true to their rows, drawn, and with labels that do not meet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert

from ebpm import charts
from ebpm.charts.labels import LABEL_GAP
from ebpm.evidence.text import Both, both
from ebpm.methods.result import Estimate
from support.chart_samples import SAMPLES

LANGS = ("ja", "en")
LATIN = re.compile("[A-Za-z]")
TEXT_PLACE = re.compile(
    r'<text[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)[^>]*>([^<]*)</text>'
)
# A line of 13 px text must not run into the next: the least distance of two baselines, in px.
LINE_PX = 12.0

RESULTS = {
    both(ja="そろえない", en="plain"): Estimate(-4.2, -5.0, -3.1, 0.01, 900, 47, "ols", "x"),
    both(ja="人口", en="population"): Estimate(-1.1, -2.0, 0.2, 0.1, 880, 47, "ols", "x"),
    both(ja="すべて", en="everything"): Estimate(0.3, -0.6, 1.4, 0.5, 870, 47, "ols", "x"),
}
PARTS = (both(ja="短い", en="shorter"), both(ja="同じ", en="equal"), both(ja="長い", en="longer"))
BARS = {
    both(ja="総務省", en="MIC"): dict(zip(PARTS, [0.25, 0.7, 0.05], strict=True)),
    both(ja="法務省", en="MOJ"): dict(zip(PARTS, [0.1, 0.5, 0.4], strict=True)),
}
AXIS = both(ja="職員数の違い（％）", en="difference in staff (%)")
OTHER_AXIS = both(ja="申請率（％）", en="online rate (%)")
YEAR = both(ja="年度", en="fiscal year")
ALL = both(ja="全体", en="all")
SIZES = {f"s{i}": both(ja=f"規模{'一二三四五六七'[i]}", en=f"size {i}") for i in range(7)}
HEADINGS = {"exposure": both(ja="率", en="rate"), "sample": both(ja="対象", en="sample")}
CHOICES = {
    "exposure": {"a": both(ja="調整", en="adjusted"), "b": both(ja="単純", en="plain")},
    "sample": {"all": both(ja="全団体", en="all"), "some": both(ja="一部", en="some")},
}


def municipalities(groups: int = 3, spread: float = 3.0, level: float = 5.0) -> pd.DataFrame:
    random = np.random.default_rng(1)
    size = random.integers(0, groups, 400)
    x = random.uniform(0, 60, 400) + 5 * size
    y = level + spread * size - 0.01 * x + random.normal(0, 0.05, 400)
    return pd.DataFrame({"size": [f"s{i}" for i in size], "x": x, "y": y})


def group_lines(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, charts.Specs]:
    lines = charts.group_lines_data(frame, group="size", x="x", y="y", bins=5)
    total = charts.group_lines_data(frame.assign(all="all"), group="all", x="x", y="y", bins=5)
    specs = charts.group_lines_chart(
        lines, x_axis=OTHER_AXIS, y_axis=AXIS, overall=total, overall_label=ALL, labels=SIZES
    )
    return lines, total, specs


def curve() -> pd.DataFrame:
    rows = [("a", "all", -3.0), ("b", "all", -1.0), ("a", "some", 0.5), ("b", "some", 2.0)]
    frame = pd.DataFrame(rows, columns=["exposure", "sample", "estimate"])
    return frame.assign(ci_low=frame["estimate"] - 1.2, ci_high=frame["estimate"] + 1.2, n=100)


def series() -> pd.DataFrame:
    """Two lines: one with a gap, one going on as a projection with a band."""
    known = pd.DataFrame({"x": [2020, 2021, 2022, 2023], "y": [10.0, None, 30.0, 40.0]})
    ahead = pd.DataFrame(
        {
            "x": [2020, 2023, 2024, 2025],
            "y": [5.0, 20.0, 25.0, 30.0],
            "low": [None, None, 20.0, 21.0],
            "high": [None, None, 30.0, 45.0],
            "projected": [False, False, True, True],
        }
    )
    names = both(ja="都市", en="cities"), both(ja="町村", en="towns")
    return charts.lines_data(dict(zip(names, [known, ahead], strict=True)), highlight=names[:1])


def spread() -> pd.DataFrame:
    values = pd.Series([*range(101), None], dtype=float)
    return charts.spread_data(
        {
            both(ja="保有率", en="cards"): (values, 33.0),
            both(ja="申請率", en="rate"): (values / 2, None),
        }
    )


MADE: dict[str, Callable[[], charts.Specs]] = {
    "interval": lambda: charts.interval_chart(charts.interval_data(RESULTS), axis=AXIS),
    "share": lambda: charts.share_chart(charts.share_data(BARS), axis=AXIS),
    "group_lines": lambda: group_lines(municipalities())[2],
    "specification": lambda: charts.specification_chart(
        charts.specification_data(curve(), CHOICES),
        axis=AXIS,
        choices=HEADINGS,
        order=OTHER_AXIS,
    ),
    "lines": lambda: charts.lines_chart(
        series(), x_axis=YEAR, y_axis=AXIS, target=(70.0, both(ja="目標", en="target"))
    ),
    "spread": lambda: charts.spread_chart(spread(), axis=AXIS),
    **SAMPLES,
}
KINDS = tuple(MADE)


@cache
def specs(kind: str) -> charts.Specs:
    return MADE[kind]()


def below(value: Any, wanted: str) -> Iterator[Any]:
    """Every value under a key of this name, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == wanted:
                yield item
            yield from below(item, wanted)
    elif isinstance(value, list):
        for item in value:
            yield from below(item, wanted)


def rows_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


def dataset_with(spec: dict[str, Any], *columns: str) -> pd.DataFrame:
    found = [rows for rows in spec["datasets"].values() if set(columns) <= rows[0].keys()]
    assert found
    return pd.DataFrame(max(found, key=len))


# What holds for every chart


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_is_valid_and_of_both_languages(kind: str) -> None:
    assert specs(kind).keys() == set(LANGS)
    for spec in specs(kind).values():
        assert alt.Chart.from_dict(spec).to_dict()["$schema"] == spec["$schema"]
        json.dumps(spec, allow_nan=False)


def test_the_validation_sees_a_wrong_specification() -> None:
    broken = json.loads(json.dumps(specs("interval")["ja"]))
    broken["layer"][0]["mark"] = {"type": "no such mark"}
    with pytest.raises(Exception, match="no such mark"):
        alt.Chart.from_dict(broken)


@pytest.mark.parametrize("kind", KINDS)
def test_no_label_is_left_in_the_other_language(kind: str) -> None:
    japanese, english = specs(kind)["ja"], specs(kind)["en"]
    titles = [t for t in below(japanese, "title") if t]
    assert titles
    assert not [title for title in titles if LATIN.search(title)]
    words = [v for row in rows_of(japanese) for v in row.values() if isinstance(v, str)]
    assert not [word for word in words if LATIN.search(word)]
    others = [t for t in below(english, "title") if t]
    others += [v for row in rows_of(english) for v in row.values() if isinstance(v, str)]
    assert others
    assert not [text for text in others if not text.isascii()]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_can_be_drawn(kind: str, lang: str) -> None:
    svg = vl_convert.vegalite_to_svg(specs(kind)[lang])
    assert svg.startswith("<svg")
    for title in below(specs(kind)[lang], "title"):
        assert not title or title in svg
    assert "NaN" not in svg and "undefined" not in svg and "null" not in svg


# Intervals


def test_intervals_hold_the_results_in_their_order() -> None:
    data = charts.interval_data(RESULTS, highlight=[next(iter(RESULTS))])
    assert list(data["label"]) == list(RESULTS)
    assert list(data["highlight"]) == [True, False, False]
    for lang in LANGS:
        rows = dataset_with(charts.interval_chart(data, axis=AXIS)[lang], "ci_low")
        assert list(rows["label"]) == [getattr(label, lang) for label in RESULTS]
        for name in ("estimate", "ci_low", "ci_high", "n"):
            assert list(rows[name]) == [getattr(result, name) for result in RESULTS.values()]


@pytest.mark.parametrize("scale", [100.0, -1.0])
def test_a_scale_keeps_the_intervals_in_order(scale: float) -> None:
    data = charts.interval_data(RESULTS, scale=scale)
    assert list(data["estimate"]) == [result.estimate * scale for result in RESULTS.values()]
    assert (data["ci_low"] < data["estimate"]).all() and (data["estimate"] < data["ci_high"]).all()


def test_the_line_at_zero_can_be_left_out() -> None:
    data = charts.interval_data(RESULTS)
    with_line = charts.interval_chart(data, axis=AXIS)["ja"]
    without = charts.interval_chart(data, axis=AXIS, zero_line=False)["ja"]
    assert {"zero": 0.0} in rows_of(with_line)
    assert {"zero": 0.0} not in rows_of(without)


# Shares


def test_shares_are_stacked_to_a_hundred() -> None:
    data = charts.share_data(BARS)
    assert [(r.label, r.part, r.share) for r in data.itertuples()] == [
        (label, part, value) for label, parts in BARS.items() for part, value in parts.items()
    ]
    for lang in LANGS:
        rows = dataset_with(charts.share_chart(data, axis=AXIS)[lang], "start", "end")
        assert list(rows["pct"]) == pytest.approx([25, 70, 5, 10, 50, 40])
        assert list(rows["start"]) == pytest.approx([0, 25, 95, 0, 10, 60])
        assert list(rows["end"]) == pytest.approx([25, 95, 100, 10, 60, 100])
        assert list(rows["part"][:3]) == [getattr(part, lang) for part in PARTS]


def test_a_part_too_narrow_for_its_number_has_none() -> None:
    spec = specs("share")["ja"]
    counts = sorted(len(rows) for rows in spec["datasets"].values())
    assert counts == [5, 6]  # of six parts, the one of 5 % is not labelled


# Lines of groups


def test_group_lines_are_means_of_bins_of_equal_size() -> None:
    frame = municipalities()
    lines, total, _ = group_lines(frame)
    assert lines.groupby("group")["bin"].apply(lambda bins: bins.is_monotonic_increasing).all()
    assert list(total["n"]) == [80] * 5
    assert (total["x"] * total["n"]).sum() / 400 == pytest.approx(frame["x"].mean())
    assert (total["y"] * total["n"]).sum() / 400 == pytest.approx(frame["y"].mean())
    edges = np.quantile(frame["x"], np.linspace(0, 1, 6))
    one = lines[(lines["group"] == "s1") & (lines["bin"] == 2)].iloc[0]
    rows = frame[(frame["size"] == "s1") & (frame["x"] > edges[2]) & (frame["x"] <= edges[3])]
    assert (one["n"], one["x"], one["y"]) == pytest.approx(
        (len(rows), rows["x"].mean(), rows["y"].mean())
    )


def test_bins_of_fewer_than_five_are_left_out() -> None:
    frame = pd.DataFrame({"size": ["s0"] * 21 + ["s1"] * 4, "x": range(25), "y": 1.0})
    lines = charts.group_lines_data(frame, group="size", x="x", y="y", bins=5)
    assert set(lines["group"]) == {"s0"}
    assert lines["n"].min() >= 5


def test_group_lines_hold_their_rows() -> None:
    lines, total, drawn = group_lines(municipalities())
    for lang in LANGS:
        rows = dataset_with(drawn[lang], "bin")
        assert list(rows["y"]) == pytest.approx(list(lines["y"]))
        assert list(rows["group"]) == [getattr(SIZES[value], lang) for value in lines["group"]]
        counts = [len(r) for r in drawn[lang]["datasets"].values()]
        assert len(total) in counts
        ends = dataset_with(drawn[lang], "label_y")
        assert set(ends["group"]) == {getattr(ALL, lang)} | set(rows["group"])


LINES = {
    "apart": (3, 3.0, 5.0),
    "all at one level": (3, 0.0, 5.0),
    "many at one level": (7, 0.0, 5.0),
    "many at the top": (7, 0.01, 50.0),
    "around zero": (5, 0.02, 0.3),
    "below zero": (5, 0.02, -8.0),
    "on both sides of zero": (7, 2.0, -6.0),
}


@pytest.mark.parametrize("name", LINES)
def test_labels_of_lines_keep_their_distance(name: str) -> None:
    groups, spread, level = LINES[name]
    lines, total, drawn = group_lines(municipalities(groups, spread, level))
    ends = dataset_with(drawn["ja"], "label_y")
    assert len(ends) == groups + 1
    ys = [*lines["y"], *total["y"], *ends["label_y"], 0.0]
    distances = np.diff(np.sort(ends["label_y"]))
    assert distances.min() >= LABEL_GAP * (max(ys) - min(ys)) * (1 - 1e-9)
    assert (ends["label_x"] > ends["x"]).all()


@pytest.mark.parametrize("name", LINES)
def test_labels_of_lines_do_not_meet_on_the_page(name: str) -> None:
    drawn = group_lines(municipalities(*LINES[name]))[2]
    svg = vl_convert.vegalite_to_svg(drawn["ja"])
    names = {words.ja for words in (*SIZES.values(), ALL)}
    places = sorted(float(y) for _, y, text in TEXT_PLACE.findall(svg) if text in names)
    assert len(places) == LINES[name][0] + 1
    assert min(np.diff(places)) >= LINE_PX


def test_labels_keep_their_distance_where_a_marked_place_lies_far_off() -> None:
    lines, total, _ = group_lines(municipalities(5, 0.0))
    far = pd.DataFrame({"x": [20.0], "y": [60.0], "name": ["札幌市"]})
    drawn = charts.group_lines_chart(
        lines,
        x_axis=OTHER_AXIS,
        y_axis=AXIS,
        overall=total,
        overall_label=ALL,
        labels=SIZES,
        mark=far,
    )
    svg = vl_convert.vegalite_to_svg(drawn["ja"])
    assert "札幌市" in svg
    names = {words.ja for words in (*SIZES.values(), ALL)}
    places = sorted(float(y) for _, y, text in TEXT_PLACE.findall(svg) if text in names)
    assert len(places) == 6
    assert min(np.diff(places)) >= LINE_PX


# Specification curve


def test_a_curve_holds_its_rows_and_their_choices() -> None:
    data = charts.specification_data(curve(), CHOICES)
    assert list(data["rank"]) == [1, 2, 3, 4]
    assert data.loc[0, "exposure"] == Both("調整", "adjusted")
    for lang, mark in (("ja", "："), ("en", ": ")):
        spec = specs("specification")[lang]
        rows = dataset_with(spec, "ci_low")
        assert list(rows["estimate"]) == list(curve()["estimate"])
        assert list(rows["excludes_zero"]) == [True, False, False, True]
        made = dataset_with(spec, "choice")
        expected = {
            (i + 1, f"{getattr(HEADINGS[key], lang)}{mark}{getattr(CHOICES[key][value], lang)}")
            for key in HEADINGS
            for i, value in enumerate(curve()[key])
        }
        assert set(made[["rank", "choice"]].itertuples(index=False, name=None)) == expected


def test_a_choice_that_never_varies_is_not_drawn() -> None:
    data = charts.specification_data(curve().assign(sample="all"), CHOICES)
    spec = charts.specification_chart(data, axis=AXIS, choices=HEADINGS, order=OTHER_AXIS)["ja"]
    assert set(dataset_with(spec, "choice")["choice"]) == {"率：調整", "率：単純"}


def test_a_curve_of_one_choice_only_is_drawn_too() -> None:
    data = charts.specification_data(curve().assign(sample="all", exposure="a"), CHOICES)
    spec = charts.specification_chart(data, axis=AXIS, choices=HEADINGS, order=OTHER_AXIS)["ja"]
    assert len(dataset_with(spec, "ci_low")) == 4
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_a_choice_without_a_label_is_an_error() -> None:
    with pytest.raises(KeyError, match="some"):
        charts.specification_data(curve(), CHOICES | {"sample": {"all": ALL}})


# Lines and spreads
def test_lines_leave_gaps_out_and_keep_what_is_projected_apart() -> None:
    data = series()
    assert len(data) == 7 and data["y"].notna().all()
    assert data["projected"].sum() == 2 and data["highlight"].sum() == 3
    dashed = [
        mark for mark in below(specs("lines")["ja"], "mark")
        if isinstance(mark, dict) and mark.get("strokeDash") == [6, 4]
    ]  # fmt: skip
    assert len(dashed) == 1
    drawn = {row["y"] for row in rows_of(specs("lines")["ja"]) if "y" in row}
    assert drawn == {5.0, 10.0, 20.0, 25.0, 30.0, 40.0, 70.0}


@pytest.mark.parametrize(
    ("date", "at"),
    [("2020-01-01", 2020.0), ("2020-07-01", 2020 + 182 / 366), ("2021-12-31", 2021 + 364 / 365)],
)
def test_dates_stand_at_their_place_in_the_year(date: str, at: float) -> None:
    frame = pd.DataFrame({"x": ["2019-01-01", date], "y": [1.0, 2.0]})
    data = charts.lines_data({ALL: frame})
    spec = charts.lines_chart(data, x_axis=YEAR, y_axis=AXIS, dates=True)["ja"]
    assert at in list(dataset_with(spec, "at")["at"])


def test_a_spread_is_that_of_the_values_that_there_are() -> None:
    row = spread().iloc[0]
    assert list(row[["n", "p10", "p25", "p50", "p75", "p90", "own"]]) == [
        101,
        10,
        25,
        50,
        75,
        90,
        33,
    ]
    assert np.isnan(spread()["own"].iloc[1])
    own = [rows for rows in specs("spread")["ja"]["datasets"].values() if len(rows) == 1]
    assert len(own) == 1 and own[0][0]["own"] == 33
