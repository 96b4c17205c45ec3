"""The logic model: no arrow claims more than a finding of the report, in the picture or in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import html

import ebpm
from ebpm import both
from ebpm.evidence.said import OutputError
from ebpm.report.logic import BADGE, NO_LINE_START, WIDTH, _badge_places, _wrapped, render_logic
from ebpm.report.payload import PayloadError
from ebpm.report.state import Page

STEPS = {
    "staff": ("input", both(ja="予算・人員", en="budget and staff")),
    "online": ("activity", both(ja="手続をオンライン化する", en="procedures are put online")),
    "plan": ("activity", both(ja="計画を定める", en="a plan is made")),
    "use": ("output", both(ja="オンライン申請が増える", en="more applications are made online")),
    "time": ("outcome", both(ja="職員の処理時間が短い", en="less staff time is needed")),
}
ARROWS = [
    ("staff", "online"),
    ("plan", "use", "x-plan"),
    ("online", "use", "x-rate"),
    ("use", "time"),
    ("staff", "plan"),
]
FINDINGS = {
    "x-plan": {"id": "x-plan", "verdict": "inconclusive", "kind": "effect", "sms": 2},
    "x-rate": {"id": "x-rate", "verdict": "descriptive", "kind": "description", "sms": 1},
}


def emitted(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """The payload of a logic model."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    given: dict[str, Any] = {"steps": STEPS, "arrows": ARROWS, **changes}
    ebpm.logic_model("x-logic", **given)
    return dict(shown[0]["application/vnd.ebpm.logic+json"])


def drawn(payload: dict[str, Any], lang: Any = "ja") -> Any:
    page = Page(lang, "x.ipynb")
    page.evidence = dict(FINDINGS)
    page.findings = {name: number for number, name in enumerate(FINDINGS, start=1)}
    return html.fromstring(render_logic(page, payload))


@pytest.mark.parametrize(
    ("lang", "untested", "described", "undecided"),
    [
        ("ja", "未検証", "つながりは未検証", "判断できない"),
        ("en", "not tested", "the link is not tested", "Cannot be decided"),
    ],
)
def test_each_arrow_is_told_with_its_evidence_and_grade(
    monkeypatch: pytest.MonkeyPatch, lang: str, untested: str, described: str, undecided: str
) -> None:
    said = [li.text_content() for li in drawn(emitted(monkeypatch), lang).xpath("//ol/li")]
    assert len(said) == len(ARROWS)
    assert [untested in said[number] for number in (0, 3, 4)] == [True] * 3
    assert undecided in said[1] and "SMS 2/5" in said[1]
    assert described in said[2] and "SMS 1/5" in said[2]


def test_only_an_arrow_with_a_comparison_is_solid(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(emitted(monkeypatch)).xpath("//line")
    assert [line.get("stroke-dasharray") is None for line in lines] == [
        arrow[2:] == ("x-plan",) for arrow in ARROWS
    ]


def test_the_picture_holds_every_step_and_stays_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = drawn(emitted(monkeypatch))
    words = "".join(tree.xpath("//svg//text/text()"))
    for _, label in STEPS.values():
        assert label.ja in words
    for box in tree.xpath("//rect"):
        assert float(box.get("x")) + float(box.get("width")) <= WIDTH
    height = float(tree.xpath("//svg")[0].get("height"))
    assert all(float(t.get("y")) < height for t in tree.xpath("//svg//text"))


def test_numbers_of_crossing_arrows_stay_apart() -> None:
    ways = [((0.0, 0.0), (50.0, 80.0)), ((0.0, 80.0), (50.0, 0.0)), ((0.0, 40.0), (50.0, 40.0))]
    places = list(_badge_places(ways))
    apart = [
        ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
        for n, a in enumerate(places)
        for b in places[:n]
    ]
    assert min(apart) > 2 * BADGE


@pytest.mark.parametrize("width", [40.0, 70.0, 107.0, 200.0])
def test_labels_are_broken_whole_and_begin_no_line_with_a_mark(width: float) -> None:
    text = "予算・人員・研修の確保（専任、併任）、ヘルプデスクー体制"
    lines = _wrapped(text, width, "ja")
    assert "".join(lines) == text
    assert not any(line[0] in NO_LINE_START for line in lines[1:])
    english = _wrapped("fewer extraordinarily long words are needed", width, "en")
    assert " ".join(english) == "fewer extraordinarily long words are needed"


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (104, ["職員の処理時間が", "短くなる"]),
        (78, ["人員・", "予算・人材"]),
        # One line more is better than a word that is broken.
        (104, ["手続が", "オンラインで", "できる"]),
        (95, ["職員の", "処理時間が", "短くなる"]),
        # A word that is too long for a line: anywhere.
        (39, ["マイナ", "ンバー", "カード"]),
    ],
)
def test_labels_are_broken_at_phrases_where_that_takes_one_line_more_at_most(
    width: float, lines: list[str]
) -> None:
    assert list(_wrapped("".join(lines), width, "ja")) == lines


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steps": {**STEPS, "x": ("goal", both(ja="目的", en="goal"))}}, "段階 goal"),
        ({"arrows": [*ARROWS, ("use", "nowhere")]}, "nowhere という段"),
        ({"arrows": [*ARROWS, ("use", "online")]}, "さかのぼって"),
        ({"arrows": [*ARROWS, ("plan", "online")]}, "さかのぼって"),
        ({"arrows": ARROWS[1:4]}, "staff に矢印がありません"),
    ],
)
def test_what_is_no_logic_model_is_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(OutputError, match=re.escape(says)):
        emitted(monkeypatch, **changes)


def test_an_arrow_may_not_name_a_finding_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payload = emitted(monkeypatch, arrows=[*ARROWS, ("online", "use", "x-none")])
    with pytest.raises(PayloadError, match="x-none"):
        drawn(payload)
