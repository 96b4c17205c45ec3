"""How widely bodies differ in each of several measures, and where one of them stands."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.theme import BLUE, LIGHT, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both

QUANTILES = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


def spread_data(rows: Mapping[Both, tuple[pd.Series, float | None]]) -> pd.DataFrame:
    """One row per label: label, n, p10, p25, p50, p75, p90, own (empty where there is none).

    Quantiles are over the values that there are (linear interpolation, Hyndman and Fan's type 7).
    """
    return pd.DataFrame(
        [
            {
                "label": label,
                "n": int(values.count()),
                **dict(zip(QUANTILES, values.quantile(list(QUANTILES.values())), strict=True)),
                "own": float("nan") if own is None else float(own),
            }
            for label, (values, own) in rows.items()
        ]
    )


def spread_chart(
    data: pd.DataFrame, *, axis: Both, domain: tuple[float, float] | None = None
) -> Specs:
    """A thin line from the 10th to the 90th percentile, a bar from the 25th to the 75th, a tick at
    the median, and a diamond at the body's own value."""
    return {lang: _spread(data, lang, axis, domain) for lang in LANGUAGES}


def _spread(
    data: pd.DataFrame, lang: str, axis: Both, domain: tuple[float, float] | None
) -> dict[str, Any]:
    rows = data.assign(label=[getattr(label, lang) for label in data["label"]])
    y = named_rows(rows["label"], labelPadding=8)
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=True)
    base = plot(rows).encode(y=y)
    low = alt.X("p10:Q", title=getattr(axis, lang), scale=scale)
    layers = [
        base.mark_rule(color=BLUE, strokeWidth=1.5).encode(x=low, x2=alt.X2("p90:Q")),
        base.mark_bar(height=13, color=LIGHT, stroke=BLUE).encode(
            x=alt.X("p25:Q"), x2=alt.X2("p75:Q")
        ),
        base.mark_tick(color=BLUE, thickness=3, size=19).encode(x=alt.X("p50:Q")),
    ]
    if (own := rows.dropna(subset=["own"])).size:
        mark = {"shape": "diamond", "filled": True, "size": 170, "opacity": 1}
        point = plot(own).mark_point(color=ORANGE, stroke="white", strokeWidth=1.5, **mark)
        layers.append(point.encode(y=y, x=alt.X("own:Q")))
    return sized(alt.layer(*layers), height=32 * len(rows))
