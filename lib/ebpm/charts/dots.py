"""One body among its peers: their values as dots, their median, and its own."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.numbers import number_axis, short_numbers
from ebpm.charts.theme import BLUE, GREY, INK, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both

MOST_DOTS = 120
BINS = 40


def dot_data(rows: Mapping[Both, tuple[pd.Series, float | None]]) -> pd.DataFrame:
    """One row per dot: label, kind (`peers`, `median`, `own`), value, count.

    `rows`: per label the values of the peers and the body's own (None where it has none). More
    than 120 peers are counted in 40 bins of equal width, each one dot at the middle of its bin.
    Raises ValueError where a label has no peer with a value.
    """
    return pd.DataFrame(
        [
            {"label": label, "kind": kind, "value": value, "count": count}
            for label, (values, own) in rows.items()
            for kind, value, count in _dots(label, values.dropna(), own)
        ]
    )


def _dots(label: Both, values: pd.Series, own: float | None) -> list[tuple[str, float, int]]:
    if values.empty:
        raise ValueError(f"「{label.ja}」に値のある団体がありません。行を外してください。")
    peers = (_binned(values) if len(values) > MOST_DOTS else values.value_counts()).sort_index()
    dots = [
        ("peers", float(value), int(count)) for value, count in zip(peers.index, peers, strict=True)
    ]
    dots.append(("median", float(values.median()), len(values)))
    return dots if own is None or pd.isna(own) else [*dots, ("own", float(own), 1)]


def _binned(values: pd.Series) -> pd.Series:
    counts = pd.cut(values, BINS).value_counts()
    middles = [(interval.left + interval.right) / 2 for interval in counts.index]
    return pd.Series(counts.to_numpy(), index=middles)[lambda each: each > 0]


def dot_chart(
    data: pd.DataFrame, *, axis: Both, domain: tuple[float, float] | None = None, decimals: int = 1
) -> Specs:
    """Open dots (area: how many bodies), a tick at the median, a diamond with the own value."""
    return {lang: _dot(data, lang, axis, domain, decimals) for lang in LANGUAGES}


def _dot(
    data: pd.DataFrame, lang: str, axis: Both, domain: tuple[float, float] | None, decimals: int
) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        shown=short_numbers(data["value"], lang, decimals),
    )
    order = list(dict.fromkeys(rows["label"]))
    y = named_rows(order, labelPadding=8)
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=False)
    x = alt.X("value:Q", title=getattr(axis, lang), scale=scale, axis=number_axis(lang))
    size = alt.Size("count:Q", legend=None, scale=alt.Scale(range=[24, 300]))
    peers, median, own = (
        plot(rows[rows["kind"] == kind].drop(columns="kind")).encode(x=x, y=y)
        for kind in ("peers", "median", "own")
    )
    halo = own.mark_text(dy=-15, stroke="white", strokeWidth=4)
    layers = [
        peers.mark_point(stroke=BLUE, strokeWidth=1.2, opacity=1).encode(size=size),
        median.mark_tick(color=GREY, thickness=3, size=26, opacity=1),
        own.mark_point(shape="diamond", filled=True, size=190, color=ORANGE, stroke=INK, opacity=1),
        *(mark.encode(text=alt.Text("shown:N")) for mark in (halo, own.mark_text(dy=-15))),
    ]
    return sized(alt.layer(*layers), height=52 * len(order))
