"""A forecast as a fan: what is known, the median ahead, and how wide the future may be."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import apart
from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, INK, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both

SHADES = (0.14, 0.22, 0.3)


def fan_data(known: pd.DataFrame, bands: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """One row per line and point: x, y, low, high, level (0: known; else the band's per cent).

    `known` has x (a year) and y; `bands` holds by level in per cent a frame with x, y (the median),
    low and high. Each band begins at the last known point. Raises ValueError for none or
    more than three.
    """
    if not 1 <= len(bands) <= len(SHADES):
        raise ValueError(
            f"予測区間は1個から{len(SHADES)}個まで渡してください（{len(bands)}個あります）。"
        )
    past = known.dropna(subset=["y"]).sort_values("x")
    last = past.tail(1).assign(low=past["y"].iloc[-1], high=past["y"].iloc[-1])
    ahead = [
        pd.concat([last, bands[level].sort_values("x")]).assign(level=level)
        for level in sorted(bands, reverse=True)
    ]
    columns = ["x", "y", "low", "high", "level"]
    whole = pd.concat([past.assign(low=float("nan"), high=float("nan"), level=0), *ahead])
    return whole[columns].reset_index(drop=True)


def fan_chart(
    data: pd.DataFrame,
    *,
    x_axis: Both,
    y_axis: Both,
    target: tuple[float, float, Both] | None = None,
) -> Specs:
    """The known line, the dashed median and named bands; `target` is (x, y, name), a diamond."""
    return {lang: _fan(data, lang, x_axis, y_axis, target) for lang in LANGUAGES}


def _fan(
    data: pd.DataFrame,
    lang: str,
    x_axis: Both,
    y_axis: Both,
    target: tuple[float, float, Both] | None,
) -> dict[str, Any]:
    years = alt.Axis(format="d", grid=False, tickMinStep=1)
    x = alt.X("x:Q", title=getattr(x_axis, lang), axis=years, scale=alt.Scale(zero=False))
    title = getattr(y_axis, lang)
    y = alt.Y("y:Q", title=title, axis=number_axis(lang))
    levels = [level for level in dict.fromkeys(data["level"]) if level]
    median = plot(data[data["level"] == levels[-1]]).encode(x, y)
    known = plot(data[data["level"] == 0]).encode(x, y)
    layers = [
        *(
            plot(data[data["level"] == level])
            .mark_area(fill=BLUE, fillOpacity=shade, stroke=BLUE, strokeWidth=0.8)
            .encode(x, alt.Y("low:Q", title=title), alt.Y2("high:Q"))
            for level, shade in zip(levels, SHADES[: len(levels)], strict=True)
        ),
        median.mark_line(color=BLUE, strokeDash=[6, 4], strokeWidth=2.5),
        known.mark_line(color=BLUE, strokeWidth=3),
        known.mark_point(color=BLUE, filled=True, size=36, opacity=1),
        *_names(data, levels, lang, x, title),
        *_target(target, lang, x, title),
    ]
    return sized(alt.layer(*layers), height=340)


def _names(
    data: pd.DataFrame, levels: list[int], lang: str, x: alt.X, title: str
) -> list[alt.Chart]:
    """The width of each band and the median, named at the last year."""
    ends = data[data["level"] > 0].groupby("level").tail(1).set_index("level")
    names = [(ends["high"][level], Both(f"{level}％の幅", f"{level}% band")) for level in levels]
    names.append((ends["y"].iloc[-1], Both("中央値", "median")))
    rows = pd.DataFrame({"y": [y for y, _ in names], "name": [getattr(n, lang) for _, n in names]})
    gap = 0.055 * (data[["y", "high"]].max().max() - data[["y", "low"]].min().min() or 1)
    placed = rows.assign(place=apart(rows["y"], gap), x=ends["x"].iloc[0])
    words = plot(placed).mark_text(align="left", dx=8)
    return [words.encode(x, alt.Y("place:Q", title=title), text=alt.Text("name:N"))]


def _target(
    target: tuple[float, float, Both] | None, lang: str, x: alt.X, title: str
) -> list[alt.Chart]:
    if target is None:
        return []
    at, value, name = target
    base = plot(pd.DataFrame({"x": [at], "y": [value], "name": [getattr(name, lang)]}))
    y = alt.Y("y:Q", title=title)
    mark = {"shape": "diamond", "filled": True, "size": 190, "opacity": 1}
    return [
        base.mark_rule(color=GREY, strokeDash=[3, 3]).encode(y),
        base.mark_point(color=ORANGE, stroke=INK, **mark).encode(x, y),
        base.mark_text(align="right", dx=-12, dy=-12).encode(x, y, text=alt.Text("name:N")),
    ]
