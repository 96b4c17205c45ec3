"""Series over time, with a band where there is one and a target where there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import line_ends
from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, ORANGE, Layer, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both

BAND_OPACITY = 0.18
MOST_DOTS = 60
COLUMNS = ["label", "x", "y", "low", "high", "projected", "highlight"]


def lines_data(
    series: Mapping[Both, pd.DataFrame], *, highlight: Sequence[Both] = ()
) -> pd.DataFrame:
    """One row per label and point: label, x, y, low, high (empty without a band), projected.

    `series`: per label a frame with x (a year, or an ISO date as text) and y, and where there are
    any low, high and projected (True from the last known point on). Points without y are left out.
    """
    parts = [
        frame.assign(
            label=pd.Series([label] * len(frame), index=frame.index, dtype=object),
            low=frame.get("low", float("nan")),
            high=frame.get("high", float("nan")),
            projected=frame.get("projected", False),
            highlight=label in highlight,
        )[COLUMNS]
        for label, frame in series.items()
    ]
    drawn = pd.concat([part.dropna(subset=["y"]) for part in parts], ignore_index=True)
    return drawn.assign(projected=drawn["projected"].astype(bool))


def lines_table(data: pd.DataFrame) -> tuple[pd.DataFrame, list[Both]]:
    """The points as people read them: one row per x, one column per line, named by its Japanese
    label; and the labels in their order. Bands are left out."""
    labels = list(dict.fromkeys(data["label"]))
    named = data.assign(name=[label.ja for label in data["label"]])
    wide = named.pivot(index="x", columns="name", values="y")
    return wide[[label.ja for label in labels]].reset_index(), labels


def lines_chart(
    data: pd.DataFrame,
    *,
    x_axis: Both,
    y_axis: Both,
    target: tuple[float, Both] | None = None,
    dates: bool = False,
    zero: bool = True,
) -> Specs:
    """Lines over time, named at their ends; dashed where projected, a grey line at the target.

    `dates` says that x holds ISO dates; otherwise x is a year. A tick stands at 1 January.
    """
    rows = data.assign(at=_decimal_years(data["x"]) if dates else pd.to_numeric(data["x"]))
    drawn = _drawn(rows, target, zero=zero)
    return {lang: _lines(drawn, lang, x_axis, y_axis, target, zero=zero) for lang in LANGUAGES}


@dataclass(frozen=True)
class _Drawn:
    """What is drawn in either language: bands, lines with their paint, dots, ends with labels."""

    bands: list[Layer]
    lines: list[tuple[Layer, dict[str, Any]]]
    dots: Layer | None
    ends: pd.DataFrame
    start: float


def _drawn(rows: pd.DataFrame, target: tuple[float, Both] | None, *, zero: bool) -> _Drawn:
    lines, bands = [], []
    for _, line in rows.groupby("label", sort=False):
        is_own = line["highlight"].any()
        paint = {"color": ORANGE if is_own else BLUE, "strokeWidth": 3.5 if is_own else 2}
        lines += [
            (plot(part[["at", "x", "y"]]), {**paint, "strokeDash": dash})
            for part, dash in zip(_parts(line), ([1, 0], [6, 4]), strict=True)
            if len(part) > 1
        ]
        banded = line.dropna(subset=["low", "high"])
        bands += [plot(banded[["at", "low", "high"]])] if len(banded) else []
    dots = rows.loc[~rows["projected"], ["at", "x", "y", "highlight"]]
    return _Drawn(
        bands=bands,
        lines=lines,
        dots=plot(dots) if len(rows) <= MOST_DOTS else None,
        ends=_ends(rows, target, zero=zero),
        start=float(rows["at"].min()),
    )


def _lines(
    drawn: _Drawn,
    lang: str,
    x_axis: Both,
    y_axis: Both,
    target: tuple[float, Both] | None,
    *,
    zero: bool,
) -> dict[str, Any]:
    when = alt.Axis(format="d", grid=False, tickMinStep=1)
    x = alt.X(
        "at:Q", title=getattr(x_axis, lang), axis=when, scale=alt.Scale(zero=False, nice=False)
    )
    y = alt.Y(
        "y:Q", title=getattr(y_axis, lang), scale=alt.Scale(zero=zero), axis=number_axis(lang)
    )
    colour = where(alt.ColorValue, "datum.highlight", ORANGE, BLUE)
    name = getattr(y_axis, lang)
    layers = [
        *(_band(band, x, name) for band in drawn.bands),
        *_target(target, lang, drawn.start, name),
        *(line.mark_line(**paint).encode(x, y) for line, paint in drawn.lines),
    ]
    if drawn.dots:
        layers.append(
            drawn.dots.mark_point(filled=True, size=36, opacity=1).encode(x, y, color=colour)
        )
    return sized(alt.layer(*layers, *_names(drawn.ends, lang, x, y)), height=360)


def _decimal_years(dates: "pd.Series[str]") -> "pd.Series[float]":
    """Dates on a scale of years: 1 January 2020 is 2020, 1 July about 2020.5."""
    when = pd.to_datetime(dates)
    return when.dt.year + (when.dt.day_of_year - 1) / (365 + when.dt.is_leap_year)


def _parts(line: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The known part, and the projected one beginning at the last known point."""
    ordered = line.sort_values("at")
    known = ordered[~ordered["projected"]]
    return known, pd.concat([known.tail(1), ordered[ordered["projected"]]])


def _band(band: Layer, x: alt.X, title: str) -> alt.Chart:
    area = band.mark_area(fillOpacity=BAND_OPACITY, fill=BLUE, stroke=BLUE, strokeWidth=0.8)
    return area.encode(x, alt.Y("low:Q", title=title), alt.Y2("high:Q"))


def _target(
    target: tuple[float, Both] | None, lang: str, start: float, title: str
) -> list[alt.Chart]:
    if target is None:
        return []
    value, name = target
    line = pd.DataFrame({"y": [value], "at": [start], "name": [getattr(name, lang)]})
    base = plot(line)
    words = base.mark_text(align="left", baseline="bottom", dy=-3, color=GREY)
    return [
        base.mark_rule(color=GREY, strokeDash=[3, 3]).encode(alt.Y("y:Q", title=title)),
        words.encode(x=alt.X("at:Q"), y=alt.Y("y:Q", title=title), text=alt.Text("name:N")),
    ]


def _ends(rows: pd.DataFrame, target: tuple[float, Both] | None, *, zero: bool) -> pd.DataFrame:
    """The last point of each line, with a place for its label; one line alone needs none."""
    if rows["label"].nunique() == 1:
        return rows.head(0)
    shown = [
        0.0 if zero else rows["y"].min(),
        *rows[["low", "high"]].stack(),
        *([target[0]] if target else []),
    ]
    ends = line_ends(rows.assign(group=rows["label"], x=rows["at"]), shown)
    return ends[["at", "y", "label_x", "label_y", "group"]]


def _names(ends: pd.DataFrame, lang: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The label of each line beside its last point."""
    if ends.empty:
        return []
    base = plot(ends.assign(group=[getattr(label, lang) for label in ends["group"]]))
    words = base.mark_text(align="left", dx=5)
    leader = base.mark_rule(color="#8A949B")
    return [
        leader.encode(x, y, x2=alt.X2("label_x:Q"), y2=alt.Y2("label_y:Q")),
        words.encode(x=alt.X("label_x:Q"), y=alt.Y("label_y:Q"), text=alt.Text("group:N")),
    ]
