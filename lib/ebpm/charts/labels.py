"""Names on a chart: points that are marked, and labels at the ends of lines."""

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.theme import ORANGE, plot

# Least distance between two labels, as a share of the axis: about the height of a line of text.
LABEL_GAP = 0.045


def named_rows(order: Iterable[str] | None = None, **axis: Any) -> alt.Y:
    """The axis of a chart with a name to each row: names only, in the order of the data or of
    `order`; `axis` are more options of `alt.Axis`."""
    names = alt.Axis(grid=False, domain=False, ticks=False, **axis)
    return alt.Y("label:N", sort=None if order is None else list(order), title=None, axis=names)


def marked(mark: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Named points: a diamond with a halo, the name below it."""
    if mark is None or mark.empty:
        return []
    base = plot(mark[["x", "y", "name"]])
    point = base.mark_point(
        filled=True, shape="diamond", size=190, color=ORANGE, stroke="white", opacity=1
    )
    name = {"fontWeight": "bold", "dy": 20}
    return [
        point.encode(x, y),
        base.mark_text(**name, stroke="white", strokeWidth=4).encode(x, y, text=alt.Text("name:N")),
        base.mark_text(**name).encode(x, y, text=alt.Text("name:N")),
    ]


def line_ends(lines: pd.DataFrame, shown: Sequence[float]) -> pd.DataFrame:
    """The last point of every line with a place for its label, so that labels never overlap.

    `shown` are the other values that the axis reaches: 0 and the marked points.
    """
    ends = lines.sort_values("x", kind="stable").groupby("group", sort=False).tail(1)
    ends = ends.sort_values("y", kind="stable")
    # The axis grows by at most a gap for every label that is pushed up beyond the values.
    axis = max(lines["y"].max(), *shown) - min(lines["y"].min(), *shown)
    gap = axis * LABEL_GAP / (1 - LABEL_GAP * (len(ends) - 1))
    places = apart(ends["y"], gap)
    reach = lines["x"].max() - lines["x"].min()
    return ends.assign(label_x=lines["x"].max() + 0.06 * reach, label_y=places)


def apart(values: "pd.Series[float]", gap: float) -> "pd.Series[float]":
    """Places for labels of these values, in their order, at least `gap` from one another."""
    places: list[float] = []
    ordered = values.sort_values(kind="stable")
    for value in ordered:
        places.append(max(float(value), places[-1] + gap) if places else float(value))
    return pd.Series(places, index=ordered.index).reindex(values.index)
