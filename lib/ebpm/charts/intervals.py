"""Dots with 95 % intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.theme import BLUE, GREY, ORANGE, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both


def interval_data(
    results: Mapping[Both, Any], *, highlight: Sequence[Both] = (), scale: float = 1.0
) -> pd.DataFrame:
    """One row per result, in the given order: label, estimate, ci_low, ci_high, n, highlight."""
    return pd.DataFrame(
        [
            {
                "label": label,
                "estimate": result.estimate * scale,
                "ci_low": min(result.ci_low * scale, result.ci_high * scale),
                "ci_high": max(result.ci_low * scale, result.ci_high * scale),
                "n": result.n,
                "highlight": label in highlight,
            }
            for label, result in results.items()
        ]
    )


def interval_chart(
    data: pd.DataFrame, *, axis: Both, number_format: str = ".1f", zero_line: bool = True
) -> Specs:
    """Dots with 95 % intervals, one row a label, top to bottom as in `data`."""
    return {lang: _interval(data, lang, axis, number_format, zero_line) for lang in LANGUAGES}


def _interval(
    data: pd.DataFrame, lang: str, axis: Both, number_format: str, zero_line: bool
) -> dict[str, Any]:
    rows = data.assign(label=[getattr(label, lang) for label in data["label"]])
    y = named_rows()
    colour = where(alt.ColorValue, "datum.highlight", ORANGE, BLUE)
    x = alt.X("estimate:Q", title=getattr(axis, lang), scale=alt.Scale(zero=zero_line))
    base = plot(rows).encode(y=y)
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("ci_low:Q"), x2=alt.X2("ci_high:Q"), color=colour
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=colour)
    number = {"x": alt.X("estimate:Q"), "text": alt.Text("estimate:Q", format=number_format)}
    halo = base.mark_text(dy=-13, stroke="white", strokeWidth=4).encode(**number)
    words = base.mark_text(dy=-13).encode(**number)
    layers = [bars, dots, halo, words]
    if zero_line:
        line = plot(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3])
        layers.insert(0, line.encode(x=alt.X("zero:Q")))
    return sized(alt.layer(*layers), height=44 * len(rows))
