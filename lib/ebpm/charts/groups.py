"""Lines of groups over the line of all rows: what pooling hides."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import line_ends, marked
from ebpm.charts.theme import BLUE, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both


def group_lines_data(frame: pd.DataFrame, *, group: str, x: str, y: str, bins: int) -> pd.DataFrame:
    """Mean of `y` in bins of `x` (equal numbers overall), per group: group, bin, x, y, n, by bin.

    Bins with fewer than five rows are left out.
    """
    binned = frame.assign(bin=pd.qcut(frame[x], bins, labels=False, duplicates="drop"))
    means = binned.groupby([group, "bin"], observed=True, sort=False).agg(
        x=(x, "mean"), y=(y, "mean"), n=(y, "size")
    )
    kept = means[means["n"] >= 5].reset_index().sort_values("bin", kind="stable")
    return kept.rename(columns={group: "group"})


def group_lines_chart(
    data: pd.DataFrame,
    *,
    x_axis: Both,
    y_axis: Both,
    overall: pd.DataFrame,
    overall_label: Both,
    labels: Mapping[Any, Both],
    mark: pd.DataFrame | None = None,
) -> Specs:
    """Lines per group, labelled at their end, over the line of all rows (orange, dashed).

    `mark` (columns x, y, name) puts named points on the chart: the municipality of the report.
    """
    return {
        lang: _group_lines(data, lang, x_axis, y_axis, overall, overall_label, labels, mark)
        for lang in LANGUAGES
    }


def _group_lines(
    data: pd.DataFrame,
    lang: str,
    x_axis: Both,
    y_axis: Both,
    overall: pd.DataFrame,
    overall_label: Both,
    labels: Mapping[Any, Both],
    mark: pd.DataFrame | None,
) -> dict[str, Any]:
    named = data.assign(group=[getattr(labels[value], lang) for value in data["group"]])
    total = overall.assign(group=getattr(overall_label, lang))
    x = alt.X("x:Q", title=getattr(x_axis, lang), scale=alt.Scale(zero=False))
    y = alt.Y("y:Q", title=getattr(y_axis, lang), scale=alt.Scale(zero=True))
    detail = alt.Detail("group:N")
    solid = {"color": BLUE, "point": {"color": BLUE, "size": 45}}
    dashed = {"color": ORANGE, "point": {"color": ORANGE, "size": 60}}
    shown = [0.0] if mark is None else [0.0, *mark["y"]]
    ends = line_ends(pd.concat([named, total]), shown)
    leader = (
        plot(ends)
        .mark_rule(color="#8A949B")
        .encode(x, y, x2=alt.X2("label_x:Q"), y2=alt.Y2("label_y:Q"))
    )
    words = plot(ends).mark_text(align="left", dx=5)
    layers = [
        leader,
        plot(named).mark_line(**solid).encode(x, y, detail),
        plot(total).mark_line(**dashed, strokeDash=[6, 4], strokeWidth=3).encode(x, y, detail),
        words.encode(x=alt.X("label_x:Q"), y=alt.Y("label_y:Q"), text=alt.Text("group:N")),
        *marked(mark, x, y),
    ]
    return sized(alt.layer(*layers), height=400)
