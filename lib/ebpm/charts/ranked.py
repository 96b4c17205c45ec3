"""Bars in order of their value, with 95 % intervals where there are any, and one's own body."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.numbers import number_axis, short_numbers
from ebpm.charts.theme import BLUE, GREY, INK, ORANGE, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both

MOST_BARS = 47
ENDS = 10
COLUMNS = ["label", "value", "low", "high", "rank", "highlight"]


def ranked_data(
    frame: pd.DataFrame, *, highlight: Sequence[Both] = (), most: int = MOST_BARS
) -> pd.DataFrame:
    """One row per bar, highest first: label, value, low, high (empty without an interval), rank.

    `frame` has label (`Both`) and value, and may have low and high; rows without value are left
    out. Of more than `most` bars the ten at either end and the highlighted ones stay; `rank` says
    which place each has, `attrs["left_out"]` how many are not drawn.
    """
    known = frame.dropna(subset=["value"]).sort_values("value", ascending=False, kind="stable")
    rows = known.assign(
        low=known.get("low", float("nan")),
        high=known.get("high", float("nan")),
        rank=known["value"].rank(ascending=False, method="min").astype(int),
        highlight=[label in highlight for label in known["label"]],
    )[COLUMNS].reset_index(drop=True)
    at_an_end = (rows.index < ENDS) | (rows.index >= len(rows) - ENDS)
    shown = rows if len(rows) <= most else rows[at_an_end | rows["highlight"]]
    drawn = shown.reset_index(drop=True)
    drawn.attrs["left_out"] = len(rows) - len(drawn)
    return drawn


def ranked_chart(data: pd.DataFrame, *, axis: Both, decimals: int = 1) -> Specs:
    """Horizontal bars, top to bottom as in `data`; a highlighted one is orange with a dark edge."""
    return {lang: _ranked(data, lang, axis, decimals) for lang in LANGUAGES}


def _ranked(data: pd.DataFrame, lang: str, axis: Both, decimals: int) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        shown=short_numbers(data["value"], lang, decimals),
        end=data[["value", "high"]].max(axis=1).clip(lower=0),
    )
    y = named_rows()
    x = alt.X("value:Q", title=getattr(axis, lang), axis=number_axis(lang))
    colour = where(alt.ColorValue, "datum.highlight", ORANGE, BLUE)
    edge = where(alt.StrokeValue, "datum.highlight", INK, BLUE)
    base = plot(rows).encode(y=y)
    layers = [base.mark_bar(height=16).encode(x=x, color=colour, stroke=edge)]
    if rows["low"].notna().any():
        limits = plot(rows.dropna(subset=["low", "high"])).encode(y=y)
        halo = limits.mark_rule(color="white", strokeWidth=4)
        rule = limits.mark_rule(color=GREY, strokeWidth=2)
        layers += [mark.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")) for mark in (halo, rule)]
    layers.append(
        base.mark_text(align="left", dx=6).encode(x=alt.X("end:Q"), text=alt.Text("shown:N"))
    )
    return sized(alt.layer(*layers), height=26 * len(rows))
