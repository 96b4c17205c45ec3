"""A sample of every kind of chart in `ebpm.charts`, with both languages."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ebpm import charts
from ebpm.evidence.text import both
from ebpm.methods.survival import kaplan_meier

YEAR = both(ja="年度", en="fiscal year")
SHARE = both(ja="実施割合（％）", en="share (%)")
STAFF = both(ja="職員数（人）", en="staff")
NAMES = [both(ja=f"第{'一二三四五六七八九'[i]}市", en=f"city {'abcdefghi'[i]}") for i in range(9)]
ANSWERS = [
    both(ja=ja, en=en)
    for ja, en in (
        ("不満", "dissatisfied"),
        ("やや不満", "rather dissatisfied"),
        ("どちらでもない", "neither"),
        ("やや満足", "rather satisfied"),
        ("満足", "satisfied"),
    )
]


def ranked() -> charts.Specs:
    """Nine bars in the ten thousands with intervals, one highlighted."""
    frame = pd.DataFrame({"label": NAMES, "value": np.linspace(4_000, 125_000, 9)})
    frame = frame.assign(low=frame["value"] * 0.9, high=frame["value"] * 1.1)
    return charts.ranked_chart(
        charts.ranked_data(frame, highlight=NAMES[3:4]), axis=STAFF, decimals=0
    )


def dots() -> charts.Specs:
    """A measure with many peers (binned), and one with few."""
    many = pd.Series(np.random.default_rng(1).normal(50, 12, 600))
    rows = {NAMES[0]: (many, 61.2), NAMES[1]: (pd.Series([20.0, 35, 35, 60, 80]), None)}
    return charts.dot_chart(charts.dot_data(rows), axis=SHARE)


def slope() -> charts.Specs:
    """Six lines, two of which end close together."""
    after = [12.0, 30, 31, 55, 70, 71]
    pairs = dict(zip(NAMES, zip([10.0, 11, 25, 60, 40, 65], after, strict=True), strict=False))
    data = charts.slope_data(pairs, highlight=NAMES[2:3])
    return charts.slope_chart(
        data, ends=(both(ja="前", en="before"), both(ja="後", en="after")), axis=SHARE
    )


def small_multiples() -> charts.Specs:
    """Five panels over the line of all."""
    years = pd.DataFrame({"x": range(2018, 2024)})
    whole = years.assign(y=np.linspace(10, 60, 6))
    series = {
        name: years.assign(y=np.linspace(5, 30 + 12 * i, 6)) for i, name in enumerate(NAMES[:5])
    }
    return charts.small_multiples_chart(
        charts.small_multiples_data(series, whole), x_axis=YEAR, y_axis=both(ja="％", en="%")
    )


def event_study() -> charts.Specs:
    """Three periods before and three after, with a simultaneous band."""
    times = pd.DataFrame(
        {"event_time": [-3, -2, 0, 1, 2], "estimate": [0.2, -0.1, -1.0, -2.2, -2.5]}
    )
    times = times.assign(ci_low=times["estimate"] - 0.8, ci_high=times["estimate"] + 0.8)
    times = times.assign(band_low=times["estimate"] - 1.2, band_high=times["estimate"] + 1.2)
    since = both(ja="導入からの年数", en="years since the start")
    return charts.event_study_chart(charts.event_study_data(times), x_axis=since, y_axis=STAFF)


def fan() -> charts.Specs:
    """Six known years, four ahead in two bands, and a target."""
    known = pd.DataFrame({"x": range(2018, 2024), "y": [10.0, 14, 20, 27, 33, 41]})
    ahead = pd.DataFrame({"x": range(2024, 2028), "y": [47.0, 53, 58, 63]})
    width = np.array([4.0, 7, 10, 13])
    bands = {
        50: ahead.assign(low=ahead["y"] - width / 2, high=ahead["y"] + width / 2),
        95: ahead.assign(low=ahead["y"] - 1.5 * width, high=ahead["y"] + 1.5 * width),
    }
    target = (2026.0, 70.0, both(ja="目標", en="target"))
    return charts.fan_chart(charts.fan_data(known, bands), x_axis=YEAR, y_axis=SHARE, target=target)


def balance() -> charts.Specs:
    """Four conditions before and after weighting."""
    table = pd.DataFrame(
        {
            "difference_before": [0.8, -0.45, 0.3, 0.05],
            "difference_after": [0.06, -0.02, 0.12, 0.01],
        },
        index=list("abcd"),
    )
    labels = dict(zip("abcd", NAMES, strict=False))
    return charts.balance_chart(charts.balance_data(table, labels))


def likert() -> charts.Specs:
    """Two questions with five answers."""
    rows = {
        NAMES[0]: dict(zip(ANSWERS, [5.0, 15, 30, 35, 15], strict=True)),
        NAMES[1]: dict(zip(ANSWERS, [20.0, 35, 20, 20, 5], strict=True)),
    }
    return charts.likert_chart(
        charts.likert_data(rows), axis=both(ja="回答の割合（％）", en="replies (%)")
    )


def steps() -> charts.Specs:
    """Two curves of waiting, one highlighted."""
    random = np.random.default_rng(1)
    curves = {
        name: kaplan_meier(random.exponential(mean, 200), random.random(200) < 0.9)
        for name, mean in zip(NAMES[:2], (5.0, 9.0), strict=True)
    }
    rows = charts.steps_data(curves, until=30.0, highlight=NAMES[:1])
    days = both(ja="日数", en="days")
    return charts.steps_chart(rows, x_axis=days, y_axis=SHARE)


SAMPLES: dict[str, Callable[[], charts.Specs]] = {
    made.__name__: made
    for made in (ranked, dots, slope, small_multiples, event_study, fan, balance, likert, steps)
}
