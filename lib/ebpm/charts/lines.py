"""Series over time, with a band where there is one and a target where there is one."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import line_ends
from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, ORANGE, Specs, plot, sized, where
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
    return {lang: _lines(data, lang, x_axis, y_axis, target, dates, zero) for lang in LANGUAGES}


def _lines(
    data: pd.DataFrame,
    lang: str,
    x_axis: Both,
    y_axis: Both,
    target: tuple[float, Both] | None,
    dates: bool,
    zero: bool,
) -> dict[str, Any]:
    rows = data.assign(label=[getattr(label, lang) for label in data["label"]])
    rows["at"] = _decimal_years(rows["x"]) if dates else pd.to_numeric(rows["x"])
    when = alt.Axis(format="d", grid=False, tickMinStep=1)
    x = alt.X(
        "at:Q", title=getattr(x_axis, lang), axis=when, scale=alt.Scale(zero=False, nice=False)
    )
    y = alt.Y(
        "y:Q", title=getattr(y_axis, lang), scale=alt.Scale(zero=zero), axis=number_axis(lang)
    )
    colour = where(alt.ColorValue, "datum.highlight", ORANGE, BLUE)
    name = getattr(y_axis, lang)
    layers = [*_bands(rows, x, name), *_target(target, lang, rows, name)]
    for _, line in rows.groupby("label", sort=False):
        known, ahead = _parts(line)
        is_own = line["highlight"].any()
        paint = {"color": ORANGE if is_own else BLUE, "strokeWidth": 3.5 if is_own else 2}
        layers += [
            plot(part[["at", "x", "y"]]).mark_line(**paint, strokeDash=dash).encode(x, y)
            for part, dash in ((known, [1, 0]), (ahead, [6, 4]))
            if len(part) > 1
        ]
    dots = plot(rows[~rows["projected"]]) if len(rows) <= MOST_DOTS else None
    layers += (
        [dots.mark_point(filled=True, size=36, opacity=1).encode(x, y, color=colour)]
        if dots
        else []
    )
    return sized(alt.layer(*layers, *_names(rows, x, y, target, zero)), height=360)


def _decimal_years(dates: "pd.Series[str]") -> "pd.Series[float]":
    """Dates on a scale of years: 1 January 2020 is 2020, 1 July about 2020.5."""
    when = pd.to_datetime(dates)
    return when.dt.year + (when.dt.day_of_year - 1) / (365 + when.dt.is_leap_year)


def _parts(line: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The known part, and the projected one beginning at the last known point."""
    ordered = line.sort_values("at")
    known = ordered[~ordered["projected"]]
    return known, pd.concat([known.tail(1), ordered[ordered["projected"]]])


def _bands(rows: pd.DataFrame, x: alt.X, title: str) -> list[alt.Chart]:
    banded = rows.dropna(subset=["low", "high"])
    if banded.empty:
        return []
    low, high = alt.Y("low:Q", title=title), alt.Y2("high:Q")
    return [
        plot(part)
        .mark_area(fillOpacity=BAND_OPACITY, fill=BLUE, stroke=BLUE, strokeWidth=0.8)
        .encode(x, low, high)
        for _, part in banded.groupby("label", sort=False)
    ]


def _target(
    target: tuple[float, Both] | None, lang: str, rows: pd.DataFrame, title: str
) -> list[alt.Chart]:
    if target is None:
        return []
    value, name = target
    line = pd.DataFrame({"y": [value], "at": [rows["at"].min()], "name": [getattr(name, lang)]})
    base = plot(line)
    words = base.mark_text(align="left", baseline="bottom", dy=-3, color=GREY)
    return [
        base.mark_rule(color=GREY, strokeDash=[3, 3]).encode(alt.Y("y:Q", title=title)),
        words.encode(x=alt.X("at:Q"), y=alt.Y("y:Q", title=title), text=alt.Text("name:N")),
    ]


def _names(
    rows: pd.DataFrame, x: alt.X, y: alt.Y, target: tuple[float, Both] | None, zero: bool
) -> list[alt.Chart]:
    """The label of each line beside its last point; one line alone needs none."""
    if rows["label"].nunique() == 1:
        return []
    shown = [
        0.0 if zero else rows["y"].min(),
        *rows[["low", "high"]].stack(),
        *([target[0]] if target else []),
    ]
    named = rows.assign(group=rows["label"], x=rows["at"])
    ends = line_ends(named, shown).assign(at=lambda t: t["x"])
    words = plot(ends).mark_text(align="left", dx=5)
    leader = plot(ends).mark_rule(color="#8A949B")
    return [
        leader.encode(x, y, x2=alt.X2("label_x:Q"), y2=alt.Y2("label_y:Q")),
        words.encode(x=alt.X("label_x:Q"), y=alt.Y("label_y:Q"), text=alt.Text("group:N")),
    ]
