"""One small panel per group, all on the same scales, each over the line of the whole."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.numbers import number_axis
from ebpm.charts.theme import BLUE, GREY, WIDTH_PX, Specs, finished, plot
from ebpm.evidence.text import LANGUAGES, Both

MOST_PANELS = 12
COLUMNS = 3
AXIS_SPACE_PX = 52
HEIGHT_PX = 130


def small_multiples_data(
    series: Mapping[Both, pd.DataFrame], whole: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row per panel and point: panel, x (a year), y, is_whole (the line of all, in each panel).

    Frames have x and y; points without y are left out. Raises ValueError for more than 12 panels.
    """
    if len(series) > MOST_PANELS:
        raise ValueError(
            f"図が{len(series)}枚になります。{MOST_PANELS}枚以下に選ぶか、まとめてください。"
        )
    parts = [
        frame[["x", "y"]].assign(
            panel=pd.Series([panel] * len(frame), index=frame.index, dtype=object), is_whole=of_all
        )
        for panel, own in series.items()
        for of_all, frame in ((True, whole), (False, own))
        if frame is not None
    ]
    return pd.concat(parts).dropna(subset=["y"]).reset_index(drop=True)


def small_multiples_chart(data: pd.DataFrame, *, x_axis: Both, y_axis: Both) -> Specs:
    """Panels three to a row; the own line blue, that of the whole grey and dashed."""
    return {lang: _panels(data, lang, x_axis, y_axis) for lang in LANGUAGES}


def _panels(data: pd.DataFrame, lang: str, x_axis: Both, y_axis: Both) -> dict[str, Any]:
    panels = list(dict.fromkeys(data["panel"]))
    scales = {
        "x": alt.Scale(domain=[data["x"].min(), data["x"].max()], nice=False),
        "y": alt.Scale(domain=[min(0, data["y"].min()), data["y"].max()], nice=True),
    }
    charts = [
        _panel(
            data[data["panel"] == panel][["x", "y", "is_whole"]], lang, scales, x_axis, y_axis
        ).properties(
            title=getattr(panel, lang),
            width=WIDTH_PX / COLUMNS - AXIS_SPACE_PX - 12,
            height=HEIGHT_PX,
        )
        for panel in panels
    ]
    return finished(alt.concat(*charts, columns=COLUMNS, spacing=14))


def _panel(
    rows: pd.DataFrame, lang: str, scales: dict[str, alt.Scale], x_axis: Both, y_axis: Both
) -> alt.LayerChart:
    years = alt.Axis(format="d", grid=False, tickMinStep=1, tickCount=3, labelFlush=True)
    x = alt.X("x:Q", title=getattr(x_axis, lang), scale=scales["x"], axis=years)
    y = alt.Y(
        "y:Q",
        title=getattr(y_axis, lang),
        scale=scales["y"],
        axis=number_axis(lang, tickCount=4),
    )
    whole, own = (plot(rows[rows["is_whole"] == of_all]).encode(x, y) for of_all in (True, False))
    return alt.layer(
        whole.mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5),
        own.mark_line(color=BLUE, strokeWidth=2.5),
        own.mark_point(color=BLUE, filled=True, size=26, opacity=1),
    )
