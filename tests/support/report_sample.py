"""A small executed notebook with every kind of output, and the same one under attack."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import nbformat
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

Json = Any

SOURCE = {
    "key": "ssdse-a",
    "title": {
        "ja": "教育用標準データセット（SSDSE-市区町村）",
        "en": "Standard data set for education (SSDSE-A)",
    },
    "publisher": {"ja": "独立行政法人統計センター", "en": "National Statistics Center"},
    "licence": {"ja": "利用規約に基づく二次利用可", "en": "Reuse under the terms of use"},
    "page": "https://www.nstac.go.jp/use/literacy/ssdse/",
    "edition": "SSDSE-A-2025",
    "reference_dates": "2023-04-01",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
SURVEY = {
    "key": "procedures",
    "title": {
        "ja": "地方公共団体の行政手続のオンライン利用状況",
        "en": "Use of online procedures in local government",
    },
    "publisher": {"ja": "デジタル庁", "en": "Digital Agency"},
    "licence": {"ja": "CC BY 4.0", "en": "CC BY 4.0"},
    "page": "https://www.digital.go.jp/resources/govdashboard",
    "edition": "2024年公表",
    "reference_dates": "2023年度",
    "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
}
SOURCES = [SOURCE, SURVEY]
SQL = "SELECT pref, sum(online) / sum(total) AS online_rate\nFROM mart_online\nGROUP BY pref"


def finding(ident: str, ja: str, en: str, **changes: Json) -> Json:
    return {
        "schema": 1,
        "id": ident,
        "question": {
            "ja": "オンライン申請率が高い団体ほど、一般行政職員は少ないか。",
            "en": "Do bodies with a higher online rate have fewer general staff?",
        },
        "estimand": {
            "ja": "オンライン申請率が十ポイント高いときの職員数の差",
            "en": "Difference in staff for an online rate ten points higher",
        },
        "estimate": -0.12,
        "unit": {"ja": "人（人口千人当たり）", "en": "staff per 1,000 residents"},
        "ci_low": -0.31,
        "ci_high": 0.07,
        "p_value": 0.21,
        "n": 1338,
        "n_clusters": 47,
        "method": {
            "ja": "人口と財政力をそろえた回帰分析（都道府県で標準誤差を調整）",
            "en": "Regression adjusted for population and finances, clustered by prefecture",
        },
        "design": "cross_section_controls",
        "sms": 2,
        "sms_reason": {
            "ja": "横断比較・統制あり。因果関係は示せない",
            "en": "cross-section with controls; shows no cause and effect",
        },
        "kind": "effect",
        "verdict": "inconclusive",
        "smallest_effect": 0.1,
        "method_key": "ols",
        "declared_before_data": True,
        "claim_ja": ja,
        "claim_en": en,
        "claim": {"ja": [ja], "en": [en], "traces": []},
        "estimate_text": {
            "ja": "−0.12人（95%信頼区間 −0.31〜0.07人）",
            "en": "−0.12 (95% interval −0.31 to 0.07)",
        },
        "n_text": {"ja": "1,338団体（47都道府県）", "en": "1,338 bodies in 47 prefectures"},
        "checks": [
            {
                "check": "balance",
                "value": None,
                "name": {"ja": "人口をそろえても符号が変わらない", "en": "Same sign when adjusted"},
                "passed": False,
                "detail": {"ja": "人口をそろえると符号が変わる", "en": "The sign turns around"},
            },
            {
                "check": "overlap",
                "value": None,
                "name": {"ja": "外れ値を除いても結論が変わらない", "en": "Robust to outliers"},
                "passed": True,
                "detail": {"ja": "上位1%を除いても同じ", "en": "Same without the top 1%"},
            },
        ],
        "sources": SOURCES,
        "data": {"sql": SQL, "tables": ["mart_online", "mart_staff"], "sources": SOURCES},
        "trace": {
            "id": f"f-{ident}",
            "label": {"ja": "推定値", "en": "estimate"},
            "finding": ident,
            "sql": SQL,
            "tables": ["mart_online", "mart_staff"],
            "sources": SOURCES,
        },
        "lgcode": None,
        "fiscal_year": 2023,
        **changes,
    }


SUMMARY = {
    "schema": 1,
    "id": "online-staff",
    "title": {
        "ja": "オンライン申請の普及と職員数の関係",
        "en": "Online applications and the number of staff",
    },
    "question": {
        "ja": "オンライン申請率が高い市区町村では、職員の負担が軽くなっているといえるか。",
        "en": "Where more applications are made online, is the workload of staff lighter?",
    },
    "aim": {
        "ja": "住民の手続の負担と職員の事務負担をともに減らす。",
        "en": "Less effort for residents and less clerical work for staff.",
    },
    "cannot_say": [
        {
            "ja": "職員一人ひとりの処理時間。全国の公表データに処理時間は含まれない。",
            "en": "How long staff take. No published data hold handling times.",
        },
        {
            "ja": "オンライン化が職員数を減らすという因果関係。",
            "en": "That going online reduces the number of staff.",
        },
        {
            "ja": "個別の手続ごとの効果。図書館と施設予約が件数の多くを占める。",
            "en": "Effects of single procedures. Library and facility bookings dominate.",
        },
    ],
    "headline_ids": ["median-rate", "staff-adjusted"],
    "place": None,
}

NAMES = ("札幌市", "横浜市", "葛󠄀城市", "𠮷野町", "高知市", "髙田町", "鰺ヶ沢町", "那覇市")


def chart(x_title: str, y_title: str) -> Json:
    values = [
        {"n": name, "x": 0.2 + i * 0.07, "y": 6 - i * 0.3 + (i % 3)} for i, name in enumerate(NAMES)
    ]
    x = {"field": "x", "type": "quantitative", "title": x_title, "axis": {"format": ".0%"}}
    y = {"field": "y", "type": "quantitative", "title": y_title}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": values},
        "width": 560,
        "height": 300,
        "layer": [
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 90,
                    "color": "#12436D",
                    "clip": True,
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "text", "dy": -12},
                "encoding": {"x": x, "y": y, "text": {"field": "n", "type": "nominal"}},
            },
        ],
    }


COLUMNS = [
    {"key": "name", "label": {"ja": "団体", "en": "Body"}, "unit": None, "format": "text"},
    {
        "key": "rate",
        "label": {"ja": "オンライン申請率", "en": "Online rate"},
        "unit": None,
        "format": "pct1",
    },
    {
        "key": "staff",
        "label": {"ja": "一般行政職員", "en": "General staff"},
        "unit": {"ja": "人口千人当たり", "en": "per 1,000"},
        "format": "float2",
    },
    {
        "key": "change",
        "label": {"ja": "前年からの増減", "en": "Change on the year"},
        "unit": {"ja": "ポイント", "en": "points"},
        "format": "float1",
    },
    {
        "key": "population",
        "label": {"ja": "人口", "en": "Population"},
        "unit": {"ja": "人", "en": "people"},
        "format": "int",
    },
]
ROWS: list[Json] = [
    ["札幌市", 0.612, 4.85, 3.2, 1973395],
    ["横浜市", 0.548, 5.1, -1.4, 3777491],
    ["葛󠄀城市", 0.431, None, 0.0, 36832],
    ["𠮷野町", {"missing": "not_offered"}, 9.88, {"missing": "not_asked"}, 6229],
    ["髙田町", {"missing": "suppressed"}, 7.3, {"missing": "unknown"}, 812],
    ["鰺ヶ沢町", 0.097, 8.02, {"missing": "not_applicable"}, 9044],
]

FIGURE = {
    "schema": 1,
    "id": "scatter",
    "title": {"ja": "オンライン申請率と職員数", "en": "Online rate and staff"},
    "description": {
        "ja": "横軸はオンライン申請率、縦軸は人口千人当たりの一般行政職員数。"
        "右に行くほど職員が少ないように見えるが、右側には大きな市が集まっている。",
        "en": "Online rate across, general staff per 1,000 residents upwards. "
        "Staff seem fewer to the right, but the large cities are there.",
    },
    "kind": "description",
    "spec": {
        "ja": chart("オンライン申請率", "一般行政職員（人口千人当たり）"),
        "en": chart("Online rate", "General staff per 1,000 residents"),
    },
    "table": {"columns": COLUMNS, "rows": ROWS},
    "note": {"ja": "提供していない団体は含まない。", "en": "Without bodies that offer no service."},
    "sources": SOURCES,
    "synthetic": False,
}
TABLE = {
    "schema": 1,
    "id": "peers",
    "title": {"ja": "類似する団体との比較", "en": "Comparison with similar bodies"},
    "kind": "description",
    "columns": COLUMNS,
    "rows": ROWS,
    "note": {"ja": "平均は目標ではない。", "en": "The average is no target."},
    "sources": [SOURCE],
    "synthetic": False,
}
TRACES = [
    {
        "id": "t1",
        "label": {"ja": "オンライン申請率の中央値", "en": "Median online rate"},
        "sql": SQL,
        "finding": "median-rate",
        "sources": [SURVEY],
    },
    {
        "id": "t2",
        "label": {"ja": "集計した団体の数", "en": "Number of bodies"},
        "sql": "SELECT count(*) FROM mart_online",
        "finding": None,
        "sources": SOURCES,
    },
]


def say(ja: Json, en: Json, level: int | None = None, *, item: bool = False) -> Json:
    return {"schema": 1, "ja": ja, "en": en, "level": level, "list": item, "traces": TRACES}


SAYS = [
    say(
        [
            "回答のあった",
            {"text": "1,338団体", "trace": "t2"},
            "では、オンライン申請率の中央値は",
            {"text": "43.1%", "trace": "t1"},
            "である。",
        ],
        [
            "In the ",
            {"text": "1,338 bodies", "trace": "t2"},
            " that answered, the median online rate is ",
            {"text": "43.1%", "trace": "t1"},
            ".",
        ],
    ),
    say(
        ["人口をそろえると、差は", {"text": "−0.12人", "trace": "t1"}, "に縮まる。"],
        ["With equal population the difference shrinks to ", {"text": "−0.12", "trace": "t1"}, "."],
        item=True,
    ),
    say(
        ["図書館と施設予約を除くと、差はみられない。"],
        ["Without bookings there is no difference."],
        item=True,
    ),
]
FINDINGS = [
    finding(
        "median-rate",
        "オンライン申請率の中央値は43.1%で、団体の間の開きが大きい。",
        "The median online rate is 43.1%, and bodies differ widely.",
        kind="description",
        verdict="descriptive",
        sms=1,
        checks=[],
        sms_reason={"ja": "一時点の集計", "en": "one point in time"},
        estimate_text={
            "ja": "43.1%（95%信頼区間 42.0〜44.2%）",
            "en": "43.1% (95% interval 42.0 to 44.2%)",
        },
    ),
    finding(
        "staff-adjusted",
        "人口をそろえると、オンライン申請率と職員数の間に、はっきりした関係があるとは判断できない。",
        "With equal population, no clear relation of online rate and staff can be made out.",
    ),
]

JA_TEXT = """## 課題とねらい

職員数の減少が見込まれるなか、**オンライン申請**は住民と職員の双方の負担を減らす手段とされている。
詳しくは[公表資料](https://www.digital.go.jp/)を参照。

| 段階 | 指標 | 根拠 | 状態 |
|---|---|---|---:|
| 活動 | 手続のオンライン化 | 調査 | 100 |
| 成果 | 処理時間 | なし | 未検証 |
"""
EN_TEXT = """## Problem and aim

With fewer staff to come, **online applications** are meant to help residents and staff alike.
See the [published data](https://www.digital.go.jp/).

| Step | Indicator | Evidence | State |
|---|---|---|---:|
| Activity | Procedures online | Survey | 100 |
| Outcome | Handling time | None | untested |
"""


def output(kind: str, payload: Json) -> Json:
    data = {
        f"application/vnd.ebpm.{kind}+json": payload,
        "text/plain": "<PLAIN-REPR>",
        "text/html": "<b>HTML-REPR</b>",
    }
    return new_output("display_data", data=data)


def notebook(
    change: Callable[[str, Json], Json] = lambda kind, payload: payload,
) -> nbformat.NotebookNode:
    """The sample; `change` may alter each payload before it becomes an output."""

    def code(*outputs: tuple[str, Json]) -> Json:
        cell = new_code_cell("SOURCE-CODE = 1", execution_count=1)
        cell.outputs = [output(kind, change(kind, deepcopy(payload))) for kind, payload in outputs]
        cell.outputs.append(new_output("stream", name="stderr", text="/home/someone/STDERR\n"))
        return cell

    def prose(tag: str, text: str) -> Json:
        return new_markdown_cell(change("prose", {"text": text})["text"], metadata={"tags": [tag]})

    return new_notebook(
        metadata={"language_info": {"name": "python"}},
        cells=[
            code(("summary", SUMMARY)),
            prose("lang-ja", JA_TEXT),
            prose("lang-en", EN_TEXT),
            prose("lang-ja", "## 現状"),
            prose("lang-en", "## The present state"),
            code(("say", SAYS[0]), ("figure", FIGURE), ("finding", FINDINGS[0])),
            code(("table", TABLE)),
            prose("lang-ja", "## 分析"),
            prose("lang-en", "## Analysis"),
            code(("say", SAYS[1]), ("say", SAYS[2]), ("finding", FINDINGS[1])),
        ],
    )


_KEPT = {
    "id",
    "kind",
    "verdict",
    "format",
    "missing",
    "trace",
    "finding",
    "headline_ids",
    "$schema",
    "type",
    "mark",
    "field",
    "axis",
    "color",
    "key",
}


def attacked(attack: str, *, prose: bool = True) -> nbformat.NotebookNode:
    """Every text of every output (and with `prose` every markdown cell) carries the attack."""

    def poison(value: Json, key: str = "") -> Json:
        if key in _KEPT:
            return value
        if isinstance(value, str):
            return attack if key == "page" else f"{value}{attack}"
        if isinstance(value, dict):
            return {k: poison(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poison(item) for item in value]
        return value

    return notebook(
        lambda kind, payload: payload if kind == "prose" and not prose else poison(payload)
    )
