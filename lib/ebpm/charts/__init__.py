"""Charts: a small vocabulary in Altair with one theme. `x_data` prepares the rows, `x_chart` draws.

Every `x_chart` returns one Vega-Lite specification per language, `{"ja": …, "en": …}`, for
`ebpm.figure`. Two colours, labels on the marks, no legend where two series suffice.
"""

from ebpm.charts.balances import balance_chart, balance_data
from ebpm.charts.describing import (
    Measure,
    describe_balance,
    describe_dots,
    describe_event_study,
    describe_fan,
    describe_likert,
    describe_lines,
    describe_ranked,
    describe_slope,
)
from ebpm.charts.dots import dot_chart, dot_data
from ebpm.charts.event_studies import event_study_chart, event_study_data
from ebpm.charts.fans import fan_chart, fan_data
from ebpm.charts.groups import group_lines_chart, group_lines_data
from ebpm.charts.intervals import interval_chart, interval_data
from ebpm.charts.likerts import likert_chart, likert_data
from ebpm.charts.lines import lines_chart, lines_data, lines_table
from ebpm.charts.numbers import number_axis, short_number
from ebpm.charts.ranked import ranked_chart, ranked_data
from ebpm.charts.shares import share_chart, share_data
from ebpm.charts.slopes import slope_chart, slope_data
from ebpm.charts.small_multiples import small_multiples_chart, small_multiples_data
from ebpm.charts.specifications import specification_chart, specification_data
from ebpm.charts.spreads import spread_chart, spread_data
from ebpm.charts.steps import steps_chart, steps_data, steps_table
from ebpm.charts.theme import BLUE, FONT, GREY, LIGHT, ORANGE, THEME, WIDTH_PX, Specs

__all__ = [
    "BLUE",
    "FONT",
    "GREY",
    "LIGHT",
    "ORANGE",
    "THEME",
    "WIDTH_PX",
    "Measure",
    "Specs",
    "balance_chart",
    "balance_data",
    "describe_balance",
    "describe_dots",
    "describe_event_study",
    "describe_fan",
    "describe_likert",
    "describe_lines",
    "describe_ranked",
    "describe_slope",
    "dot_chart",
    "dot_data",
    "event_study_chart",
    "event_study_data",
    "fan_chart",
    "fan_data",
    "group_lines_chart",
    "group_lines_data",
    "interval_chart",
    "interval_data",
    "likert_chart",
    "likert_data",
    "lines_chart",
    "lines_data",
    "lines_table",
    "number_axis",
    "ranked_chart",
    "ranked_data",
    "share_chart",
    "share_data",
    "short_number",
    "slope_chart",
    "slope_data",
    "small_multiples_chart",
    "small_multiples_data",
    "specification_chart",
    "specification_data",
    "spread_chart",
    "spread_data",
    "steps_chart",
    "steps_data",
    "steps_table",
]
