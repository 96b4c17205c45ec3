"""Bars of three parts that add up to 100 %."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.theme import BLUE, GREY, LIGHT, ORANGE, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both


def share_data(rows: Mapping[Both, Mapping[Both, float]]) -> pd.DataFrame:
    """One row per bar and part: label, part, share (0–1), in the given order."""
    return pd.DataFrame(
        [
            {"label": label, "part": part, "share": value, "order": order}
            for label, parts in rows.items()
            for order, (part, value) in enumerate(parts.items())
        ]
    )


def share_chart(data: pd.DataFrame, *, axis: Both) -> Specs:
    """Stacked bars of three parts (first, middle, last) that add up to 100 %."""
    return {lang: _share(data, lang, axis) for lang in LANGUAGES}


def _share(data: pd.DataFrame, lang: str, axis: Both) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        part=[getattr(part, lang) for part in data["part"]],
        pct=data["share"] * 100,
        start=data.groupby("label", sort=False)["share"].transform(lambda s: s.cumsum() - s) * 100,
    )
    rows["middle"] = rows["start"] + rows["pct"] / 2
    rows["end"] = rows["start"] + rows["pct"]
    parts = list(dict.fromkeys(rows["part"]))
    colours = alt.Scale(domain=parts, range=[BLUE, LIGHT, ORANGE])
    legend = alt.Legend(title=None, orient="top", labelFontSize=13, symbolType="square")
    y = named_rows()
    bars = (
        plot(rows)
        .mark_bar(height=24, stroke=GREY, strokeWidth=0.8)
        .encode(
            y=y,
            x=alt.X("start:Q", title=getattr(axis, lang), scale=alt.Scale(domain=[0, 100])),
            x2=alt.X2("end:Q"),
            color=alt.Color("part:N", scale=colours, legend=legend),
        )
    )
    words = (
        plot(rows[rows["pct"] >= 6])
        .mark_text()
        .encode(
            y=y,
            x=alt.X("middle:Q"),
            text=alt.Text("pct:Q", format=".0f"),
            color=where(alt.ColorValue, "datum.order === 0", "white", "#1A1A1A"),
        )
    )
    return sized(alt.layer(bars, words), height=40 * rows["label"].nunique())
