"""What all charts share: colours, type, size, and the end of every specification."""

from typing import Any

import altair as alt

Specs = dict[str, dict[str, Any]]

BLUE = "#12436D"
ORANGE = "#F46A25"
GREY = "#5B6770"
LIGHT = "#B8C4CE"
# For edges of marks and words on them.
INK = "#1A1A1C"
FONT = "Noto Sans CJK JP"
# The width of a column of text: drawn at its own size, letters stay legible.
WIDTH_PX = 680
# What an axis with its labels and title takes below the plot.
AXIS_PX = 50
FONT_PX = 13

THEME: dict[str, Any] = {
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": FONT_PX,
        "titleFontSize": FONT_PX,
        "titleFontWeight": "normal",
        "titleColor": "#333333",
        "labelColor": "#333333",
        "gridColor": "#E3E7EA",
        "domainColor": "#8A949B",
        "tickColor": "#8A949B",
        "labelLimit": 260,
        "titlePadding": 10,
    },
    "text": {"fontSize": FONT_PX, "color": "#333333"},
}


def sized(chart: alt.LayerChart, *, height: int) -> dict[str, Any]:
    """The chart in its theme, as wide as the page with all its labels, as a specification."""
    whole = chart.properties(
        width=WIDTH_PX,
        height=height + AXIS_PX,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        padding=5,
    )
    return finished(whole)


def finished(chart: Any) -> dict[str, Any]:
    """The chart in the page's theme, as a specification."""
    # Checking against the schema takes most of the time; the tests check every kind of chart.
    return dict(chart.configure(**THEME).to_dict(validate=False))
