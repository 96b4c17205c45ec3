"""Charts: a small vocabulary in Altair with one theme. `x_data` prepares the rows, `x_chart` draws.

Every `x_chart` returns one Vega-Lite specification per language, `{"ja": …, "en": …}`, for
`ebpm.figure`. Two colours, labels on the marks, no legend where two series suffice.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.evidence.text import LANGUAGES, Both

Specs = dict[str, dict[str, Any]]

BLUE = "#12436D"
ORANGE = "#F46A25"
GREY = "#5B6770"
LIGHT = "#B8C4CE"
FONT = "Noto Sans CJK JP"
WIDTH_PX = 560
# Least distance between two labels, as a share of the axis: about the height of a line of text.
LABEL_GAP = 0.045

THEME: dict[str, Any] = {
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titleColor": "#333333",
        "labelColor": "#333333",
        "gridColor": "#E3E7EA",
        "domainColor": "#8A949B",
        "tickColor": "#8A949B",
        "labelLimit": 320,
        "titlePadding": 10,
    },
    "text": {"fontSize": 13, "color": "#333333"},
}


def interval_data(
    results: Mapping[Both, Any], *, highlight: Sequence[Both] = (), scale: float = 1.0
) -> pd.DataFrame:
    """One row per result, in the given order: label, estimate, ci_low, ci_high, n, highlight."""
    return pd.DataFrame(
        [
            {
                "label": label,
                "estimate": result.estimate * scale,
                "ci_low": min(result.ci_low * scale, result.ci_high * scale),
                "ci_high": max(result.ci_low * scale, result.ci_high * scale),
                "n": result.n,
                "highlight": label in highlight,
            }
            for label, result in results.items()
        ]
    )


def interval_chart(
    data: pd.DataFrame, *, axis: Both, number_format: str = ".1f", zero_line: bool = True
) -> Specs:
    """Dots with 95 % intervals, one row a label, top to bottom as in `data`."""
    return {lang: _interval(data, lang, axis, number_format, zero_line) for lang in LANGUAGES}


def _interval(
    data: pd.DataFrame, lang: str, axis: Both, number_format: str, zero_line: bool
) -> dict[str, Any]:
    rows = data.assign(label=[getattr(label, lang) for label in data["label"]])
    y = alt.Y(
        "label:N", sort=None, title=None, axis=alt.Axis(grid=False, domain=False, ticks=False)
    )
    colour = alt.condition("datum.highlight", alt.value(ORANGE), alt.value(BLUE))
    x = alt.X("estimate:Q", title=getattr(axis, lang), scale=alt.Scale(zero=zero_line))
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_rule(strokeWidth=3).encode(x=alt.X("ci_low:Q"), x2="ci_high:Q", color=colour)
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, color=colour)
    number = {"x": "estimate:Q", "text": alt.Text("estimate:Q", format=number_format)}
    halo = base.mark_text(dy=-13, stroke="white", strokeWidth=4).encode(**number)
    words = base.mark_text(dy=-13).encode(**number)
    layers = [bars, dots, halo, words]
    if zero_line:
        line = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3])
        layers.insert(0, line.encode(x="zero:Q"))
    return _spec(alt.layer(*layers), height=44 * len(rows))


def share_data(rows: Mapping[Both, Mapping[Both, float]]) -> pd.DataFrame:
    """One row per bar and part: label, part, share (0–1), in the given order."""
    return pd.DataFrame(
        [
            {"label": label, "part": part, "share": value, "order": order}
            for label, parts in rows.items()
            for order, (part, value) in enumerate(parts.items())
        ]
    )


def share_chart(data: pd.DataFrame, *, axis: Both) -> Specs:
    """Stacked bars of three parts (first, middle, last) that add up to 100 %."""
    return {lang: _share(data, lang, axis) for lang in LANGUAGES}


def _share(data: pd.DataFrame, lang: str, axis: Both) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        part=[getattr(part, lang) for part in data["part"]],
        pct=data["share"] * 100,
        start=data.groupby("label", sort=False)["share"].transform(lambda s: s.cumsum() - s) * 100,
    )
    rows["middle"] = rows["start"] + rows["pct"] / 2
    rows["end"] = rows["start"] + rows["pct"]
    parts = list(dict.fromkeys(rows["part"]))
    colours = alt.Scale(domain=parts, range=[BLUE, LIGHT, ORANGE])
    legend = alt.Legend(title=None, orient="top", labelFontSize=13, symbolType="square")
    y = alt.Y(
        "label:N", sort=None, title=None, axis=alt.Axis(grid=False, domain=False, ticks=False)
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(height=24, stroke=GREY, strokeWidth=0.8)
        .encode(
            y=y,
            x=alt.X("start:Q", title=getattr(axis, lang), scale=alt.Scale(domain=[0, 100])),
            x2="end:Q",
            color=alt.Color("part:N", scale=colours, legend=legend),
        )
    )
    words = (
        alt.Chart(rows[rows["pct"] >= 6])
        .mark_text()
        .encode(
            y=y,
            x="middle:Q",
            text=alt.Text("pct:Q", format=".0f"),
            color=alt.condition(alt.datum.order == 0, alt.value("white"), alt.value("#1A1A1A")),
        )
    )
    return _spec(alt.layer(bars, words), height=40 * rows["label"].nunique())


def group_lines_data(frame: pd.DataFrame, *, group: str, x: str, y: str, bins: int) -> pd.DataFrame:
    """Mean of `y` in bins of `x` (equal numbers overall), per group: group, bin, x, y, n.

    Bins with fewer than five rows are left out.
    """
    binned = frame.assign(bin=pd.qcut(frame[x], bins, labels=False, duplicates="drop"))
    means = binned.groupby([group, "bin"], observed=True, sort=False).agg(
        x=(x, "mean"), y=(y, "mean"), n=(y, "size")
    )
    return means[means["n"] >= 5].reset_index().rename(columns={group: "group"})


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
    ends = _line_ends(pd.concat([named, total]), shown)
    leader = alt.Chart(ends).mark_rule(color="#8A949B").encode(x, y, x2="label_x:Q", y2="label_y:Q")
    words = alt.Chart(ends).mark_text(align="left", dx=5)
    layers = [
        leader,
        alt.Chart(named).mark_line(**solid).encode(x, y, detail),
        alt.Chart(total).mark_line(**dashed, strokeDash=[6, 4], strokeWidth=3).encode(x, y, detail),
        words.encode(x="label_x:Q", y="label_y:Q", text="group:N"),
        *_marked(mark, x, y),
    ]
    return _spec(alt.layer(*layers), height=400, padding_right=150)


def _marked(mark: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Named points: a diamond with a halo, the name below it."""
    if mark is None or mark.empty:
        return []
    base = alt.Chart(mark[["x", "y", "name"]])
    point = base.mark_point(
        filled=True, shape="diamond", size=190, color=ORANGE, stroke="white", opacity=1
    )
    name = {"fontWeight": "bold", "dy": 20}
    return [
        point.encode(x, y),
        base.mark_text(**name, stroke="white", strokeWidth=4).encode(x, y, text="name:N"),
        base.mark_text(**name).encode(x, y, text="name:N"),
    ]


def _line_ends(lines: pd.DataFrame, shown: Sequence[float]) -> pd.DataFrame:
    """The last point of every line with a place for its label, so that labels never overlap.

    `shown` are the other values that the axis reaches: 0 and the marked points.
    """
    ends = lines.sort_values("x").groupby("group", sort=False).tail(1).sort_values("y")
    # The axis grows by at most a gap for every label that is pushed up beyond the values.
    axis = max(lines["y"].max(), *shown) - min(lines["y"].min(), *shown)
    gap = axis * LABEL_GAP / (1 - LABEL_GAP * (len(ends) - 1))
    places: list[float] = []
    for value in ends["y"]:
        places.append(max(value, places[-1] + gap) if places else float(value))
    reach = lines["x"].max() - lines["x"].min()
    return ends.assign(label_x=lines["x"].max() + 0.06 * reach, label_y=places)


def specification_data(
    curve: pd.DataFrame, labels: Mapping[str, Mapping[str, Both]]
) -> pd.DataFrame:
    """One row per specification in order of the estimate, with its choices as `Both` labels."""
    named = curve.assign(rank=range(1, len(curve) + 1))
    for column, words in labels.items():
        named[column] = pd.Series([words[value] for value in curve[column]], index=curve.index)
    return named


def specification_chart(
    data: pd.DataFrame, *, axis: Both, choices: Mapping[str, Both], order: Both
) -> Specs:
    """Estimates with intervals in order of size; below, which choices each one makes."""
    return {lang: _specification(data, lang, axis, choices, order) for lang in LANGUAGES}


def _specification(
    data: pd.DataFrame, lang: str, axis: Both, choices: Mapping[str, Both], order: Both
) -> dict[str, Any]:
    kept = data[["rank", "estimate", "ci_low", "ci_high"]].assign(
        excludes_zero=(data["ci_low"] > 0) | (data["ci_high"] < 0)
    )
    x = alt.X("rank:Q", title=None, axis=alt.Axis(labels=False, ticks=False, grid=False))
    colour = alt.condition("datum.excludes_zero", alt.value(BLUE), alt.value(GREY))
    fill = alt.condition("datum.excludes_zero", alt.value(BLUE), alt.value("white"))
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3])
    bars = (
        alt.Chart(kept)
        .mark_rule()
        .encode(x, alt.Y("ci_low:Q", title=getattr(axis, lang)), y2="ci_high:Q", color=colour)
    )
    dots = (
        alt.Chart(kept)
        .mark_point(size=28, opacity=1)
        .encode(x, y="estimate:Q", stroke=colour, fill=fill)
    )
    top = alt.layer(zero.encode(y="zero:Q"), bars, dots).properties(width=WIDTH_PX - 90, height=210)
    long = _choices_made(data, lang, choices)
    if long.empty:
        return _finish(top)
    below = (
        alt.Chart(long)
        .mark_tick(thickness=2, size=13, color=BLUE)
        .encode(
            alt.X(
                "rank:Q",
                title=getattr(order, lang),
                axis=alt.Axis(labels=False, ticks=False, grid=False),
            ),
            alt.Y(
                "choice:N",
                sort=None,
                title=None,
                axis=alt.Axis(grid=True, ticks=False, domain=False),
            ),
        )
        .properties(width=WIDTH_PX - 90, height=24 * long["choice"].nunique())
    )
    return _finish(alt.vconcat(top, below, spacing=14))


def _choices_made(data: pd.DataFrame, lang: str, choices: Mapping[str, Both]) -> pd.DataFrame:
    """One row per specification and choice; a choice that never varies is left out."""
    parts = []
    for column, heading in choices.items():
        names = pd.Series([getattr(value, lang) for value in data[column]])
        if names.nunique() > 1:
            words = (
                getattr(heading, lang) + "：" + names
                if lang == "ja"
                else getattr(heading, lang) + ": " + names
            )
            parts.append(
                pd.DataFrame({"rank": data["rank"].to_numpy(), "choice": words}).sort_values(
                    "choice"
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _spec(chart: alt.LayerChart, *, height: int, padding_right: int = 10) -> dict[str, Any]:
    sized = chart.properties(
        width=WIDTH_PX - padding_right,
        height=height,
        padding={"left": 5, "top": 5, "bottom": 5, "right": padding_right},
    )
    return _finish(sized)


def _finish(chart: Any) -> dict[str, Any]:
    return dict(chart.configure(**THEME).to_dict())
