"""The result by choice of analysis."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.theme import AXIS_PX, BLUE, FONT_PX, GREY, WIDTH_PX, Specs, finished, plot, where
from ebpm.evidence.text import LANGUAGES, Both
from ebpm.japanese import ems


def specification_data(
    curve: pd.DataFrame, labels: Mapping[str, Mapping[str, Both]]
) -> pd.DataFrame:
    """One row per specification in order of the estimate, with its choices as `Both` labels."""
    named = curve.assign(rank=range(1, len(curve) + 1))
    for column, words in labels.items():
        named[column] = pd.Series([words[value] for value in curve[column]], index=curve.index)
    return named


def specification_chart(
    data: pd.DataFrame, *, axis: Both, choices: Mapping[str, Both], order: Both
) -> Specs:
    """Estimates with intervals in order of size; below, which choices each one makes."""
    return {lang: _specification(data, lang, axis, choices, order) for lang in LANGUAGES}


def _specification(
    data: pd.DataFrame, lang: str, axis: Both, choices: Mapping[str, Both], order: Both
) -> dict[str, Any]:
    kept = data[["rank", "estimate", "ci_low", "ci_high"]].assign(
        excludes_zero=(data["ci_low"] > 0) | (data["ci_high"] < 0)
    )
    long = _choices_made(data, lang, choices)
    width = WIDTH_PX - _room(list(long["choice"]) if len(long) else [])
    x = alt.X("rank:Q", title=None, axis=alt.Axis(labels=False, ticks=False, grid=False))
    paint = {"test": "datum.excludes_zero", "then": BLUE, "otherwise": GREY}
    fill = where(alt.FillValue, "datum.excludes_zero", BLUE, "white")
    zero = plot(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3])
    bars = (
        plot(kept)
        .mark_rule()
        .encode(
            x,
            alt.Y("ci_low:Q", title=getattr(axis, lang)),
            y2=alt.Y2("ci_high:Q"),
            color=where(alt.ColorValue, **paint),
        )
    )
    dots = (
        plot(kept)
        .mark_point(size=28, opacity=1)
        .encode(x, y=alt.Y("estimate:Q"), stroke=where(alt.StrokeValue, **paint), fill=fill)
    )
    top = alt.layer(zero.encode(y=alt.Y("zero:Q")), bars, dots).properties(width=width, height=210)
    if long.empty:
        return finished(top)
    below = (
        plot(long)
        .mark_tick(thickness=2, size=13, color=BLUE, opacity=1)
        .encode(
            alt.X(
                "rank:Q",
                title=getattr(order, lang),
                axis=alt.Axis(labels=False, ticks=False, grid=False),
            ),
            alt.Y(
                "choice:N",
                sort=None,
                title=None,
                axis=alt.Axis(grid=True, ticks=False, domain=False),
            ),
        )
        .properties(width=width, height=24 * long["choice"].nunique())
    )
    return finished(alt.vconcat(top, below, spacing=14))


def _room(labels: list[str]) -> int:
    """What the labels beside the plot take, with a little space."""
    widest = max((FONT_PX * ems(label) for label in labels), default=0)
    return round(max(widest, AXIS_PX)) + 20


def _choices_made(data: pd.DataFrame, lang: str, choices: Mapping[str, Both]) -> pd.DataFrame:
    """One row per specification and choice; a choice that never varies is left out."""
    parts = []
    for column, heading in choices.items():
        names = pd.Series([getattr(value, lang) for value in data[column]])
        if names.nunique() > 1:
            words = (
                getattr(heading, lang) + "：" + names
                if lang == "ja"
                else getattr(heading, lang) + ": " + names
            )
            parts.append(
                pd.DataFrame({"rank": data["rank"].to_numpy(), "choice": words}).sort_values(
                    "choice", kind="stable"
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
