"""Two points in time, joined: who rose and who fell."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import apart
from ebpm.charts.numbers import number_axis, short_numbers
from ebpm.charts.theme import BLUE, ORANGE, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both

MOST_LINES = 20
# Least distance of two labels, as a share of the axis.
GAP = 0.065


def slope_data(
    values: Mapping[Both, tuple[float, float]], *, highlight: Sequence[Both] = ()
) -> pd.DataFrame:
    """One row per label and end: label, end (0 before, 1 after), value, highlight.

    Raises ValueError for more than 20 lines, which nobody can tell apart.
    """
    if len(values) > MOST_LINES:
        raise ValueError(
            f"線が{len(values)}本あります。{MOST_LINES}本以下に選ぶか、まとめてください。"
        )
    return pd.DataFrame(
        [
            {"label": label, "end": end, "value": float(value), "highlight": label in highlight}
            for label, pair in values.items()
            for end, value in enumerate(pair)
        ]
    )


def slope_chart(
    data: pd.DataFrame, *, ends: tuple[Both, Both], axis: Both, decimals: int = 1
) -> Specs:
    """Lines from the first to the second of `ends`, named with their values at both."""
    return {lang: _slope(data, lang, ends, axis, decimals) for lang in LANGUAGES}


def _slope(
    data: pd.DataFrame, lang: str, ends: tuple[Both, Both], axis: Both, decimals: int
) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        at=[getattr(ends[end], lang) for end in data["end"]],
        shown=short_numbers(data["value"], lang, decimals),
    )
    gap = GAP * (rows["value"].max() - rows["value"].min() or 1)
    parts = [part.assign(place=apart(part["value"], gap)) for _, part in rows.groupby("end")]
    placed = pd.concat(parts).assign(named=lambda t: t["shown"] + " " + t["label"])
    x = alt.X(
        "at:N",
        sort=[getattr(end, lang) for end in ends],
        title=None,
        axis=alt.Axis(labelAngle=0, labelFontWeight="bold", domain=False, ticks=False),
    )
    y = alt.Y(
        "value:Q",
        title=getattr(axis, lang),
        scale=alt.Scale(zero=False, padding=16),
        axis=number_axis(lang, grid=False),
    )
    colour = where(alt.ColorValue, "datum.highlight", ORANGE, BLUE)
    width = where(alt.StrokeWidthValue, "datum.highlight", 4, 2)
    base = plot(placed).encode(x=x)
    detail = alt.Detail("label:N")
    layers = [
        base.mark_line().encode(y=y, detail=detail, color=colour, strokeWidth=width),
        base.mark_point(filled=True, size=60, opacity=1).encode(y=y, color=colour),
        *(
            plot(placed[placed["end"] == end])
            .mark_text(align=align, dx=dx)
            .encode(x=x, y=alt.Y("place:Q"), text=alt.Text("named:N"))
            for end, align, dx in ((0, "right", -10), (1, "left", 10))
        ),
    ]
    height = max(320, 13 * len(placed))
    return sized(alt.layer(*layers), height=height)
