"""Charts: a small vocabulary in Altair with one theme. `x_data` prepares the rows, `x_chart` draws.

Every `x_chart` returns one Vega-Lite specification per language, `{"ja": …, "en": …}`, for
`ebpm.figure`. Two colours, labels on the marks, no legend where two series suffice.
"""

from ebpm.charts.groups import group_lines_chart, group_lines_data
from ebpm.charts.intervals import interval_chart, interval_data
from ebpm.charts.lines import lines_chart, lines_data, lines_table
from ebpm.charts.shares import share_chart, share_data
from ebpm.charts.specifications import specification_chart, specification_data
from ebpm.charts.spreads import spread_chart, spread_data
from ebpm.charts.theme import BLUE, FONT, GREY, LIGHT, ORANGE, THEME, WIDTH_PX, Specs

__all__ = [
    "BLUE",
    "FONT",
    "GREY",
    "LIGHT",
    "ORANGE",
    "THEME",
    "WIDTH_PX",
    "Specs",
    "group_lines_chart",
    "group_lines_data",
    "interval_chart",
    "interval_data",
    "lines_chart",
    "lines_data",
    "lines_table",
    "share_chart",
    "share_data",
    "specification_chart",
    "specification_data",
    "spread_chart",
    "spread_data",
]
