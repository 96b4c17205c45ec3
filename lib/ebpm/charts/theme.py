"""What all charts share: colours, type, size, and the end of every specification."""

from typing import Any

import altair as alt
import pandas as pd
from altair.utils import schemapi

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
        "labelLimit": 0,
        "titlePadding": 10,
    },
    "text": {"fontSize": FONT_PX, "color": "#333333"},
}


class Layer(alt.Chart):  # type: ignore[misc] # Altair is not followed
    """A chart that Altair copies without all that it consists of: no part is changed once made.

    Altair copies each layer down to its last option, several times over, which takes most of a
    chart's time.
    """

    def __deepcopy__(self, memo: object) -> "Layer":
        copy: Layer = self.copy(deep=False)
        return copy


def plot(frame: pd.DataFrame) -> Layer:
    """A chart of a frame's rows: numbers, texts, truth values, and null where there is none.

    Altair's own conversion of a frame, once for each layer, takes long as well.
    """
    columns = {
        str(name): [None if gap else v for v, gap in zip(c.tolist(), c.isna(), strict=True)]
        for name, c in frame.items()
    }
    rows = zip(*columns.values(), strict=True)
    with schemapi.debug_mode(False):
        data = alt.InlineData(values=[dict(zip(columns, row, strict=True)) for row in rows])
    return Layer(data)


def where(channel: Any, test: str, then: Any, otherwise: Any) -> Any:
    """One value of a channel where the test holds of a datum, another elsewhere.

    Altair looks through its whole schema for each channel given as a text or as `alt.condition`:
    charts give channels by their classes.
    """
    return channel(otherwise, condition={"test": test, "value": then})


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
