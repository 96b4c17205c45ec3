"""Answers on a scale, around the middle: bars to the left disagree, to the right agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.theme import GREY, INK, Specs, plot, sized, where
from ebpm.evidence.text import LANGUAGES, Both

# Light to dark towards either end, so that the order is seen in greyscale, too.
LOW, MIDDLE, HIGH = ("#C24F14", "#F46A25", "#F9B592"), "#E4E7EA", ("#A9C1DA", "#4A7BAA", "#12436D")
# Fills on which white is read better than ink.
DARK = frozenset({LOW[0], *HIGH[1:]})
LEAST_NAMED_PCT = 7
FEWEST, MOST = 3, 7


def likert_data(rows: Mapping[Both, Mapping[Both, float]]) -> pd.DataFrame:
    """One row per question and answer: label, answer, order, pct, start, end.

    `rows` holds per question the number of replies (or their share) by answer, in the order from
    the lowest to the highest, the same for all. Shares are of those who gave one of the answers;
    start and end are per cent left (negative) or right of the middle of the scale. Raises
    ValueError for other than 3 to 7 answers, for answers that differ, and for no reply at all.
    """
    answers = _answers(rows)
    return pd.concat(
        [_bar(label, counts, answers) for label, counts in rows.items()], ignore_index=True
    )


def _answers(rows: Mapping[Both, Mapping[Both, float]]) -> list[Both]:
    orders = {tuple(counts) for counts in rows.values()}
    if len(orders) != 1:
        raise ValueError(
            "質問によって選択肢またはその順が違います。同じ選択肢の質問だけにしてください。"
        )
    answers = list(orders.pop())
    if not FEWEST <= len(answers) <= MOST:
        raise ValueError(f"選択肢は{FEWEST}〜{MOST}個にしてください（{len(answers)}個あります）。")
    return answers


def _bar(label: Both, counts: Mapping[Both, float], answers: Sequence[Both]) -> pd.DataFrame:
    total = sum(counts.values())
    if not total > 0:
        raise ValueError(f"「{label.ja}」に回答がありません。行を外してください。")
    pct = pd.Series([100 * counts[answer] / total for answer in answers])
    half = len(answers) // 2
    left = pct[:half].sum() + (pct[half] / 2 if len(answers) % 2 else 0)
    return pd.DataFrame(
        {
            "label": [label] * len(answers),
            "answer": answers,
            "order": range(len(answers)),
            "pct": pct,
            "start": pct.cumsum() - pct - left,
            "end": pct.cumsum() - left,
        }
    )


def likert_chart(data: pd.DataFrame, *, axis: Both) -> Specs:
    """Bars around the middle, with the share on each part that has room for it."""
    return {lang: _likert(data, lang, axis) for lang in LANGUAGES}


def colours(number: int) -> list[str]:
    """The fills of so many answers, lowest first; the middle one of an odd number is grey."""
    half = number // 2
    middle = [MIDDLE] if number % 2 else []
    return [*LOW[:half], *middle, *HIGH[len(HIGH) - half :]]


def _likert(data: pd.DataFrame, lang: str, axis: Both) -> dict[str, Any]:
    rows = data.assign(
        label=[getattr(label, lang) for label in data["label"]],
        answer=[getattr(answer, lang) for answer in data["answer"]],
        middle=(data["start"] + data["end"]) / 2,
    )
    answers = list(dict.fromkeys(rows["answer"]))
    fills = colours(len(answers))
    rows["is_dark"] = [fills[order] in DARK for order in rows["order"]]
    y = named_rows(labelPadding=8)
    away = alt.Axis(labelExpr="format(abs(datum.value), ',~f')")
    x = alt.X("start:Q", title=getattr(axis, lang), axis=away)
    legend = alt.Legend(title=None, orient="top", symbolType="square", columns=len(answers))
    colour = alt.Color("answer:N", scale=alt.Scale(domain=answers, range=fills), legend=legend)
    base = plot(rows).encode(y=y)
    layers = [
        base.mark_bar(height=26, stroke=GREY, strokeWidth=0.8).encode(
            x=x, x2=alt.X2("end:Q"), color=colour
        ),
        plot(rows[rows["pct"] >= LEAST_NAMED_PCT])
        .mark_text()
        .encode(
            y=y,
            x=alt.X("middle:Q"),
            text=alt.Text("pct:Q", format=".0f"),
            color=where(alt.ColorValue, "datum.is_dark", "#FFFFFF", INK),
        ),
    ]
    return sized(alt.layer(*layers), height=42 * rows["label"].nunique() + 30)
