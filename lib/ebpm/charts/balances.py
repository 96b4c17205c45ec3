"""How alike two groups are, before and after weighting."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ebpm.charts.labels import named_rows
from ebpm.charts.theme import BLUE, GREY, INK, ORANGE, Specs, plot, sized
from ebpm.evidence.text import LANGUAGES, Both

LIMIT = 0.1
AXIS = Both("標準化した差の大きさ", "absolute standardised difference")
BEFORE, AFTER = Both("調整前", "before"), Both("調整後", "after")
NAME_OF_LIMIT = Both("目安", "limit")


def balance_data(table: pd.DataFrame, labels: Mapping[str, Both]) -> pd.DataFrame:
    """One row per condition, the least alike first: label, before, after (absolute differences).

    `table` is that of `ebpm.methods.balance.Balance` (index: covariate; difference_before and
    difference_after). Raises ValueError for a condition without a label.
    """
    if unnamed := [name for name in table.index if name not in labels]:
        raise ValueError(f"条件 {'、'.join(map(str, unnamed))} に表示名がありません。")
    rows = pd.DataFrame(
        {
            "label": [labels[name] for name in table.index],
            "before": table["difference_before"].abs().to_numpy(),
            "after": table["difference_after"].abs().to_numpy(),
        }
    )
    return rows.sort_values("before", ascending=False, kind="stable").reset_index(drop=True)


def balance_chart(data: pd.DataFrame, *, axis: Both = AXIS, limit: float = LIMIT) -> Specs:
    """Open dots before, filled diamonds after, joined; a dashed line at the limit (0.1).

    Source of the limit: Austin (2009), Statistics in Medicine 28, 3083–3107.
    """
    return {lang: _balance(data, lang, axis, limit) for lang in LANGUAGES}


def _balance(data: pd.DataFrame, lang: str, axis: Both, limit: float) -> dict[str, Any]:
    rows = data.assign(label=[getattr(label, lang) for label in data["label"]])
    y = named_rows(rows["label"], labelPadding=8)
    base = plot(rows).encode(y=y)
    scale = alt.Scale(domainMin=0)
    before = alt.X("before:Q", title=getattr(axis, lang), scale=scale)
    line = plot(pd.DataFrame({"limit": [limit], "name": [getattr(NAME_OF_LIMIT, lang)]}))
    named = plot(rows.head(1)).encode(y=y)
    layers = [
        line.mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("limit:Q")),
        line.mark_text(align="left", dx=4, baseline="top").encode(
            x=alt.X("limit:Q"), y=alt.YValue(-4), text=alt.Text("name:N")
        ),
        base.mark_rule(color=GREY).encode(x=before, x2=alt.X2("after:Q")),
        base.mark_point(size=90, fill="white", stroke=BLUE, strokeWidth=2, opacity=1).encode(
            x=before
        ),
        base.mark_point(
            shape="diamond", size=110, filled=True, color=ORANGE, stroke=INK, opacity=1
        ).encode(x=alt.X("after:Q")),
        *(
            named.mark_text(dy=-16).encode(
                x=alt.X(f"{column}:Q"), text=alt.TextValue(getattr(name, lang))
            )
            for column, name in (("before", BEFORE), ("after", AFTER))
        ),
    ]
    return sized(alt.layer(*layers), height=38 * len(rows) + 20)
