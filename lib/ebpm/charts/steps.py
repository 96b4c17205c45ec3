"""Shares that have not ended yet, by the time since they began (survival curves)."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ebpm.charts.labels import line_ends
from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both
from ebpm.methods.survival import Curve

BAND_OPACITY = 0.14
# Points of a curve: between them nothing is drawn, so that no single case can be read off.
POINTS = 61
DASHES = ([1, 0], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2])


def steps_data(
    curves: Mapping[Both, Curve],
    *,
    until: float,
    scale: float = 1.0,
    highlight: Sequence[Both] = (),
    points: int = POINTS,
) -> pd.DataFrame:
    """One row per label and point of time: label, x, y, low, high (per cent), highlight.

    Points lie evenly between 0 and `until` (in the unit of the curves; x is multiplied by `scale`);
    beyond the last time observed there are none, unless all had ended by then.
    """
    grid = np.linspace(0.0, until, points)
    parts = [
        _points(label, curve, grid, scale).assign(highlight=label in highlight)
        for label, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _points(label: Both, curve: Curve, grid: np.ndarray, scale: float) -> pd.DataFrame:
    values = {"y": curve.survival, "low": curve.ci_low, "high": curve.ci_high}
    shares = {name: 100 * _at(curve, each, grid) for name, each in values.items()}
    label_of = pd.Series([label] * len(grid), dtype=object)
    rows = pd.DataFrame({"label": label_of, "x": grid * scale, **shares})
    if len(curve.survival) and curve.survival[-1] == 0:
        return rows
    return rows.head(int(np.searchsorted(grid, max(curve.last, grid[1]), side="right")))


def _at(curve: Curve, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The values that hold at each time of the grid; before the first end all have not ended."""
    place = np.searchsorted(curve.times, grid, side="right")
    return np.asarray(np.concatenate([[1.0], values])[place])


def steps_table(data: pd.DataFrame, every: int = 10) -> tuple[pd.DataFrame, list[Both]]:
    """Every so-manieth point as people read them: one row per x, one column per label, named by
    its Japanese; and the labels in their order."""
    labels = list(dict.fromkeys(data["label"]))
    named = data.assign(name=[label.ja for label in data["label"]])
    wide = named.pivot(index="x", columns="name", values="y").iloc[::every]
    return wide[[label.ja for label in labels]].reset_index(), labels


def steps_chart(data: pd.DataFrame, *, x_axis: Both, y_axis: Both) -> Specs:
    """Steps with their 95 % bands, named at their ends; the highlighted orange, the rest blue,
    each with dashes of its own."""
    return {lang: _steps(data, lang, x_axis, y_axis) for lang in LANGUAGES}


def _steps(data: pd.DataFrame, lang: str, x_axis: Both, y_axis: Both) -> dict[str, Any]:
    x = alt.X(
        "x:Q", title=getattr(x_axis, lang), scale=alt.Scale(nice=False), axis=number_axis(lang)
    )
    y = alt.Y(
        "y:Q", title=getattr(y_axis, lang), scale=alt.Scale(domain=[0, 100]), axis=number_axis(lang)
    )
    labels = list(dict.fromkeys(data["label"]))
    lines = [data[[other is label for other in data["label"]]] for label in labels]
    bands = [_band(line, x) for line in lines]
    drawn = [_line(line, DASHES[i % len(DASHES)], x, y) for i, line in enumerate(lines)]
    return sized(alt.layer(*bands, *drawn, *_names(data, lang, x, y)), height=340)


def _colour(line: pd.DataFrame) -> str:
    return ORANGE if line["highlight"].any() else BLUE


def _band(line: pd.DataFrame, x: alt.X) -> alt.Chart:
    area = plot(line[["x", "low", "high"]]).mark_area(
        fillOpacity=BAND_OPACITY, fill=_colour(line), interpolate="step-after"
    )
    return area.encode(x, alt.Y("low:Q"), alt.Y2("high:Q"))


def _line(line: pd.DataFrame, dash: list[int], x: alt.X, y: alt.Y) -> alt.Chart:
    paint = {"color": _colour(line), "strokeWidth": 2.5, "strokeDash": dash}
    return plot(line[["x", "y"]]).mark_line(interpolate="step-after", **paint).encode(x, y)


def _names(data: pd.DataFrame, lang: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The label of each curve beside its last point; one alone needs none."""
    if data["label"].nunique() == 1:
        return []
    ends = line_ends(data.assign(group=data["label"]), [0.0, 100.0])
    named = ends.assign(group=[getattr(label, lang) for label in ends["group"]])
    base = plot(named[["x", "y", "label_x", "label_y", "group"]])
    words = base.mark_text(align="left", dx=5)
    return [
        base.mark_rule(color=GREY).encode(x, y, x2=alt.X2("label_x:Q"), y2=alt.Y2("label_y:Q")),
        words.encode(x=alt.X("label_x:Q"), y=alt.Y("label_y:Q"), text=alt.Text("group:N")),
    ]
