"""Coefficients before and after an event, with their intervals."""

from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, ORANGE, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both

START = Both("導入", "start")


def event_study_data(
    event_times: pd.DataFrame, *, reference: int = -1, scale: float = 1.0
) -> pd.DataFrame:
    """One row per event time in order: event_time, estimate, ci_low, ci_high, is_reference.

    `event_times` as the event studies of `ebpm.methods` give it; the reference period, which they
    leave out, is put in as 0 without an interval. With band_low and band_high (simultaneous) the
    band stays. `scale` multiplies all, as for shares in per cent.
    """
    kept = [
        c for c in ("estimate", "ci_low", "ci_high", "band_low", "band_high") if c in event_times
    ]
    rows = event_times[["event_time"]].join(event_times[kept] * scale).assign(is_reference=False)
    rows = rows[rows["event_time"] != reference]
    own = pd.DataFrame({"event_time": [reference], "estimate": [0.0], "is_reference": [True]})
    return pd.concat([rows, own]).sort_values("event_time").reset_index(drop=True)


def event_study_chart(
    data: pd.DataFrame, *, x_axis: Both, y_axis: Both, start: Both = START
) -> Specs:
    """Dots with 95 % intervals (blue before, orange and square after), the reference open at 0."""
    return {lang: _event_study(data, lang, x_axis, y_axis, start) for lang in LANGUAGES}


def _event_study(
    data: pd.DataFrame, lang: str, x_axis: Both, y_axis: Both, start: Both
) -> dict[str, Any]:
    rows = data.assign(is_after=data["event_time"] >= 0)
    whole = alt.Axis(format="d", grid=False, tickMinStep=1)
    x = alt.X("event_time:Q", title=getattr(x_axis, lang), axis=whole, scale=alt.Scale(padding=20))
    y = alt.Y("estimate:Q", title=getattr(y_axis, lang), axis=number_axis(lang))
    colour = where(alt.ColorValue, "datum.is_after", ORANGE, BLUE)
    estimated = plot(rows[~rows["is_reference"]]).encode(x)
    layers = [
        *_guides(lang, start),
        *_band(rows, x, lang, y_axis),
        estimated.mark_rule(strokeWidth=2.5).encode(
            y=alt.Y("ci_low:Q", title=getattr(y_axis, lang)), y2=alt.Y2("ci_high:Q"), color=colour
        ),
        *(
            plot(rows[~rows["is_reference"] & (rows["is_after"] == after)])
            .mark_point(filled=True, size=90, opacity=1, shape=shape, color=paint)
            .encode(x, y)
            for after, shape, paint in ((False, "circle", BLUE), (True, "square", ORANGE))
        ),
        plot(rows[rows["is_reference"]])
        .mark_point(filled=True, fill="white", stroke=GREY, size=90, opacity=1, strokeWidth=2)
        .encode(x, y),
    ]
    return sized(alt.layer(*layers), height=320)


def _guides(lang: str, start: Both) -> list[alt.Chart]:
    """The line at zero, and the moment of the event between -1 and 0."""
    zero = plot(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3])
    moment = plot(pd.DataFrame({"at": [-0.5], "name": [getattr(start, lang)]}))
    return [
        zero.encode(y=alt.Y("zero:Q")),
        moment.mark_rule(color=GREY).encode(x=alt.X("at:Q")),
        moment.mark_text(align="left", dx=5, dy=2, baseline="top").encode(
            x=alt.X("at:Q"), y=alt.YValue(0), text=alt.Text("name:N")
        ),
    ]


def _band(rows: pd.DataFrame, x: alt.X, lang: str, y_axis: Both) -> list[alt.Chart]:
    if "band_low" not in rows:
        return []
    low = alt.Y("band_low:Q", title=getattr(y_axis, lang))
    band = plot(rows.dropna(subset=["band_low"])).encode(x, low, alt.Y2("band_high:Q"))
    return [band.mark_area(fillOpacity=0.12, fill=BLUE, stroke=BLUE, strokeWidth=0.8)]
