"""Evidence: verdicts, claims, grades and outputs."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ebpm import warehouse
from ebpm.evidence import declarations, findings, outputs, plans
from ebpm.evidence.claims import (
    Association,
    Contrast,
    Description,
    Effect,
    Verdict,
    claim_text,
    is_borderline,
    verdict,
)
from ebpm.evidence.coverage import Coverage
from ebpm.evidence.designs import CHECKS, DESIGNS, Design
from ebpm.evidence.grade import check_payload, grade
from ebpm.evidence.outputs import COUNCIL_POINTS, Column, OutputError
from ebpm.evidence.overclaims import overclaims
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.text import MINUS, UNITS, Both, Quantity, both, interval_text
from ebpm.methods.names import METHODS
from ebpm.methods.result import Check, Estimate

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib/ebpm"
CONTRACT = [
    "id",
    "question",
    "estimand",
    "estimate",
    "unit",
    "ci_low",
    "ci_high",
    "p_value",
    "n",
    "n_clusters",
    "method",
    "design",
    "sms",
    "verdict",
    "claim_ja",
    "claim_en",
    "sources",
    "lgcode",
    "fiscal_year",
]
SOURCES = ({"key": "survey", "title": "調査"}, {"key": "census", "title": "国勢調査"})
DATA = Dataset(pd.DataFrame({"a": [1, 2]}), "SELECT a FROM mart_a", ("mart_a",), SOURCES)
OTHER = Dataset(pd.DataFrame({"b": [3]}), "SELECT b FROM mart_b", ("mart_b",), SOURCES[:1])
WORDS = Association(
    exposure=both(ja="申請率", en="online rates"),
    outcome=both(ja="職員", en="staff"),
    step=both(ja="十ポイント", en="ten points"),
    more=both(ja="多い", en="more"),
    less=both(ja="少ない", en="fewer"),
)
TEXT = both(ja="問い", en="question")
DONE = Effect(
    treatment=both(ja="予約制の導入", en="the booking system"),
    outcome=both(ja="窓口の待ち時間", en="waiting times"),
    more=both(ja="長くなる", en="longer"),
    less=both(ja="短くなる", en="shorter"),
)
NAN = float("nan")


def estimate(
    point: float = 2.0,
    low: float = 1.0,
    high: float = 3.0,
    *,
    p: float | None = 0.01,
    design: str = "cross_section",
    checks: tuple[Check, ...] = (),
) -> Estimate:
    return Estimate(point, low, high, p, 1741, 47, "ols", design, checks)


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    seen: list[tuple[str, dict[str, Any]]] = []

    def emit(kind: str, payload: dict[str, Any], *_: Any) -> None:
        if kind != "declaration":
            seen.append((kind, payload))

    monkeypatch.setattr(outputs, "emit", emit)
    return seen


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """A kernel in which nothing was declared and no data were opened."""
    declarations.forget()
    yield
    declarations.forget()


def emit_finding(
    result: Estimate, *, smallest_effect: float | None = 1.0, **options: Any
) -> findings.Finding:
    given: dict[str, Any] = {"claim": WORDS, "unit": "points"} | options
    if smallest_effect is not None:
        declarations.declare("f1", smallest_effect=smallest_effect, unit=given["unit"])
    return findings.finding("f1", result, DATA, question=TEXT, estimand=TEXT, **given)


# Verdicts


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.9, 0.9, Verdict.NO_EFFECT),
        (0.2, 0.8, Verdict.NO_EFFECT),  # leaves out 0, yet smaller than what matters
        (-0.8, -0.2, Verdict.NO_EFFECT),
        (-1.0, 0.5, Verdict.INCONCLUSIVE),  # touches what matters
        (-0.5, 1.0, Verdict.INCONCLUSIVE),
        (-3.0, 3.0, Verdict.INCONCLUSIVE),
        (0.0, 3.0, Verdict.INCONCLUSIVE),  # touches 0
        (-3.0, 0.0, Verdict.INCONCLUSIVE),
        (0.2, 1.0, Verdict.SUPPORTED),
        (0.001, 3.0, Verdict.SUPPORTED),
        (-3.0, -0.001, Verdict.SUPPORTED),
        (5.0, 6.0, Verdict.SUPPORTED),
    ],
)
def test_the_verdict_follows_the_interval(low: float, high: float, expected: Verdict) -> None:
    assert verdict(estimate((low + high) / 2, low, high), 1.0) is expected


@pytest.mark.parametrize("smallest", [0.0, -1.0, NAN])
def test_a_smallest_effect_must_be_above_zero(smallest: float) -> None:
    with pytest.raises(ValueError, match="smallest_effect"):
        verdict(estimate(), smallest)


def said_of(words: Any, result: Estimate, found: Verdict) -> Both:
    return claim_text(words, result, found, grade(result))


def test_the_threshold_stands_in_the_sentence_and_leads_to_its_declaration(
    emitted: list[Any],
) -> None:
    emit_finding(estimate(0.0, -0.1, 0.1))
    claim = emitted[0][1]["claim"]
    assert "基準（十ポイント当たり±1ポイント）に満たない" in emitted[0][1]["claim_ja"]
    assert "smaller than the threshold (±1 points per ten points)" in emitted[0][1]["claim_en"]
    (number,) = [part for part in claim["ja"] if isinstance(part, dict)]
    (trace,) = claim["traces"]
    assert (number["value"], number["trace"]) == (1.0, trace["id"])
    assert trace["parameter"] == "smallest_effect(f1)" and trace["sql"] is None


def test_no_effect_and_cannot_tell_are_different_sentences() -> None:
    none = said_of(WORDS, estimate(0.0, -0.1, 0.1), Verdict.NO_EFFECT)
    unclear = said_of(WORDS, estimate(0.0, -9, 9), Verdict.INCONCLUSIVE)
    assert "基準（{limit}）に満たない" in none.ja
    assert "smaller than the threshold ({limit})" in none.en
    assert "判断できない" in unclear.ja and "cannot tell" in unclear.en
    assert "判断できない" not in none.ja and "cannot tell" not in none.en
    assert "満たない" not in unclear.ja and "smaller than" not in unclear.en


@pytest.mark.parametrize(
    ("sign", "ja", "en"), [(1, "多い傾向", "more"), (-1, "少ない傾向", "fewer")]
)
def test_an_association_names_the_direction_of_its_sign(sign: int, ja: str, en: str) -> None:
    result = estimate(2.0 * sign, *sorted((1.0 * sign, 3.0 * sign)))
    claim = said_of(WORDS, result, Verdict.SUPPORTED)
    assert ja in claim.ja and f"tend to have {en} staff" in claim.en
    other = {"多い傾向": "少ない", "少ない傾向": "多い"}[ja]
    assert other not in claim.ja and {"more": "fewer", "fewer": "more"}[en] not in claim.en


@pytest.mark.parametrize("found", [Verdict.SUPPORTED, Verdict.NO_EFFECT, Verdict.INCONCLUSIVE])
def test_no_claim_of_an_association_overclaims(found: Verdict) -> None:
    claim = said_of(WORDS, estimate(), found)
    assert overclaims([claim.ja, claim.en], 1) == []


VERDICTS = [Verdict.SUPPORTED, Verdict.NO_EFFECT, Verdict.INCONCLUSIVE]
BY_LEVEL = [
    ("cross_section", 1, "短くなる方向の違いがみられる"),
    ("matching", 2, "短くなる方向の違いがみられる"),
    ("difference_in_differences", 3, "短くなる効果があったとみられる"),
    ("quasi_random", 4, "短くなる効果があったと考えられる"),
    ("randomised", 5, "短くなる効果があった"),
]


@pytest.mark.parametrize(("design", "level", "words"), BY_LEVEL)
def test_the_verbs_come_from_the_grade(design: str, level: int, words: str) -> None:
    result = estimate(-2, -3, -1, design=design)
    assert grade(result).sms == level
    claim = said_of(DONE, result, Verdict.SUPPORTED)
    assert claim.ja.endswith(words) and "shorter waiting times" in claim.en
    assert overclaims([claim.ja, claim.en], level) == []
    assert bool(overclaims([claim.ja], 2)) is (level >= 3)


@pytest.mark.parametrize("found", VERDICTS)
@pytest.mark.parametrize("design", [design for design, _, _ in BY_LEVEL])
def test_no_claim_of_an_effect_says_more_than_its_level(design: str, found: Verdict) -> None:
    result = estimate(design=design)
    claim = said_of(DONE, result, found)
    assert overclaims([claim.ja, claim.en], grade(result).sms) == []


def test_a_failed_check_takes_the_effect_out_of_the_sentence() -> None:
    checks = (Check("pre_trends", False, 0.01),)
    result = estimate(-2, -3, -1, design="difference_in_differences", checks=checks)
    claim = said_of(DONE, result, Verdict.SUPPORTED)
    assert grade(result).sms == 2
    assert "効果" not in claim.ja and "effect" not in claim.en and "違いがみられる" in claim.ja


@pytest.mark.parametrize(
    ("low", "high", "near"),
    [(-3.0, 3.0, False), (-0.01, 2.0, True), (0.01, 2.0, True), (-0.98, 0.5, True), (1, 9, False)],
)
def test_a_verdict_near_its_border_is_told(low: float, high: float, near: bool) -> None:
    assert is_borderline(estimate((low + high) / 2, low, high), 1.0) is near


# Grades


@pytest.mark.parametrize(
    ("design", "ceiling"),
    [
        ("description", 1),
        ("paired_comparison", 1),
        ("cross_section", 1),
        ("cross_section_controls", 2),
    ],
)
def test_a_design_has_its_ceiling(design: str, ceiling: int) -> None:
    found = grade(estimate(design=design))
    assert found.sms == ceiling
    assert found.reason == DESIGNS[design].reason


def test_no_design_below_three_claims_to_show_effects() -> None:
    assert not [name for name, d in DESIGNS.items() if d.is_effect and d.ceiling < 3]


FAILED = Check("enough_clusters", False, 12.0)


@pytest.mark.parametrize(("design", "level"), [("cross_section_controls", 1), ("cross_section", 1)])
def test_a_failed_check_lowers_by_one_and_is_named(design: str, level: int) -> None:
    found = grade(estimate(design=design, checks=(FAILED,)))
    assert found.sms == level
    assert CHECKS["enough_clusters"].ja in found.reason.ja
    assert CHECKS["enough_clusters"].en in found.reason.en
    assert DESIGNS[design].reason.ja in found.reason.ja


@pytest.mark.parametrize(
    ("failed", "level", "words"), [(1, 3, "一段階"), (2, 2, "二段階"), (4, 2, "二段階")]
)
def test_failed_checks_lower_by_two_at_most(
    monkeypatch: pytest.MonkeyPatch, failed: int, level: int, words: str
) -> None:
    high = Design(4, True, TEXT)
    monkeypatch.setitem(DESIGNS, "high", high)
    found = grade(estimate(design="high", checks=(FAILED,) * failed))
    assert found.sms == level and words in found.reason.ja


@pytest.mark.parametrize("passed", [True, None])
def test_a_check_that_did_not_fail_does_not_lower(passed: bool | None) -> None:
    checks = (Check("enough_clusters", passed, 47.0),)
    found = grade(estimate(design="cross_section_controls", checks=checks))
    assert (found.sms, found.reason) == (2, DESIGNS["cross_section_controls"].reason)
    assert check_payload(checks[0])["detail"] == {"ja": "47", "en": "47"}


# Every method and design that the library uses has its words


OF_OTHERS = {"proportion_confint", "linprog", "rank"}  # their `method` is their own
RESULTS = {"Estimate": ("method", 6, "design", 7), "Regression": ("method", 3, "design", 4)}


def possible_texts(node: ast.expr, local: dict[str, list[ast.expr]]) -> set[str]:
    """The texts that an expression can be, given what is assigned to names around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return possible_texts(node.body, local) | possible_texts(node.orelse, local)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = product(possible_texts(node.left, local), possible_texts(node.right, local))
        return {a + b for a, b in sides}
    if isinstance(node, ast.Name):
        # A parameter without default is named by the callers, whose keywords are read, too.
        return set().union(*(possible_texts(value, local) for value in local.get(node.id, [])))
    if isinstance(node, ast.Attribute):  # of a Regression, whose own fields are read, too
        return set()
    raise AssertionError(f"cannot read {ast.unparse(node)}")


def assigned(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            found.setdefault(argument.arg, []).append(default)
    return found


def used_names(source: str, wanted: str) -> set[str]:
    """The keys of `wanted` (method or design) that a module gives to its results."""
    names: set[str] = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        local = assigned(function)
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            called = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if called in OF_OTHERS:
                continue
            values = [k.value for k in call.keywords if k.arg == wanted]
            if called in RESULTS:
                fields = RESULTS[called]
                place = fields[fields.index(wanted) + 1]
                values += call.args[place : place + 1]
            for value in values:
                names |= possible_texts(value, local)
    return names


def all_used(wanted: str) -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in (LIBRARY / "methods").glob("*.py")]
    return set().union(*(used_names(source, wanted) for source in sources))


def test_every_method_used_has_a_name_in_both_languages() -> None:
    used = all_used("method")
    assert {"ols", "fixed_effects_ols", "partial_spearman", "cluster_bootstrap_median"} <= used
    assert used <= METHODS.keys()
    assert all(m.ja and m.en and m.notation and m.paper for m in METHODS.values())


def test_every_design_used_has_a_reason_in_both_languages() -> None:
    used = all_used("design")
    assert {"description", "paired_comparison", "cross_section_controls"} <= used
    assert used <= DESIGNS.keys()
    assert all(design.reason.ja and design.reason.en for design in DESIGNS.values())


def test_the_search_for_names_sees_one_that_is_missing() -> None:
    source = 'def f(g):\n    name = ("a_" if g else "") + "new"\n    return replace(x, method=name)'
    assert used_names(source, "method") == {"a_new", "new"}
    source = 'def f(*, design="x"):\n    return Estimate(1, 2, 3, 4, 5, 6, "m", design)'
    assert (used_names(source, "design"), used_names(source, "method")) == ({"x"}, {"m"})


def test_every_check_used_has_its_words() -> None:
    calls = [
        node.args[0]
        for path in (LIBRARY / "methods").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check"
    ]
    assert calls
    assert {ast.literal_eval(call) for call in calls} <= CHECKS.keys()


# Findings


def test_a_finding_holds_the_fields_of_the_contract(emitted: list[Any]) -> None:
    emit_finding(estimate(), lgcode="011002", fiscal_year=2023)
    ((kind, payload),) = emitted
    assert kind == "finding"
    assert set(CONTRACT) <= payload.keys()
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload
    assert (payload["sms"], payload["verdict"], payload["design"]) == (
        1,
        "supported",
        "cross_section",
    )
    assert (payload["lgcode"], payload["fiscal_year"]) == ("011002", 2023)
    assert [source["key"] for source in payload["sources"]] == ["survey", "census"]
    assert payload["data"] == DATA.origin()
    assert payload["data"]["tables"] == ["mart_a"] and payload["data"]["rows"] == 2
    assert payload["kind"] == "description"
    assert payload["claim_ja"] == "申請率が高い団体ほど、職員が多い傾向がみられる"
    assert "1,741団体（47クラスター）" in payload["n_text"]["ja"]
    assert "1,741 municipalities in 47 clusters" in payload["n_text"]["en"]


def test_a_finding_is_displayed_under_its_own_type(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    emit_finding(estimate())
    declaration, bundle = shown
    assert "application/vnd.ebpm.declaration+json" in declaration
    assert bundle.keys() == {
        "application/vnd.ebpm.finding+json",
        "text/markdown",
        "text/plain",
    }
    assert bundle["application/vnd.ebpm.finding+json"]["id"] == "f1"
    assert "SMS 1/5" in bundle["text/plain"]


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        *product(("estimate", "ci_low", "ci_high"), (None, NAN, math.inf)),
        ("p_value", NAN),  # None: a description tests nothing
    ],
)
@pytest.mark.parametrize(
    "claim", [WORDS, Description(both(ja="{estimate}である", en="{estimate}"))]
)
def test_a_result_that_is_no_number_is_refused(
    emitted: list[Any], field: str, broken: Any, claim: Any
) -> None:
    values = {"estimate": 2.0, "ci_low": 1.0, "ci_high": 3.0, "p_value": 0.1, field: broken}
    result = Estimate(**values, n=9, n_clusters=3, method="ols", design="cross_section")
    with pytest.raises(OutputError, match="f1"):
        emit_finding(result, claim=claim)
    assert emitted == []


def test_a_description_states_its_value_and_gives_no_verdict(emitted: list[Any]) -> None:
    claim = Description(both(ja="{n}のうち{estimate}", en="{estimate} of {n}"))
    stated = estimate(41.25, 40, 43, p=None, design="description")
    emit_finding(stated, claim=claim, unit="pct", smallest_effect=None)
    payload = emitted[0][1]
    assert (payload["claim_ja"], payload["claim_en"]) == (
        "1,741団体のうち41.2％",
        "41.2% of 1,741 municipalities",
    )
    assert (payload["verdict"], payload["p_value"]) == ("descriptive", None)


CONTRAST = Contrast(
    both(ja="市", en="cities"),
    both(ja="町村", en="towns"),
    outcome=both(ja="取組の数", en="activities"),
    more=both(ja="多い", en="more"),
    less=both(ja="少ない", en="fewer"),
)


@pytest.mark.parametrize(
    ("result", "ja", "en"),
    [
        (
            estimate(2.0, 1.5, 2.5),
            "市は、町村に比べて取組の数が多い傾向がみられる",
            "Cities tend to have more activities than towns",
        ),
        (
            estimate(-2.0, -2.5, -1.5),
            "市は、町村に比べて取組の数が少ない傾向がみられる",
            "Cities tend to have fewer activities than towns",
        ),
        (
            estimate(0.1, -0.5, 0.7),
            "あるとしても基準（±1ポイント）に満たない",
            "is smaller than the threshold",
        ),
        (
            estimate(0.5, -0.5, 1.5),
            "違いがあるかどうかは、このデータでは判断できない",
            "cannot tell whether",
        ),
    ],
)
def test_a_contrast_of_two_groups_reads_by_its_verdict(
    emitted: list[Any], result: Estimate, ja: str, en: str
) -> None:
    emit_finding(result, claim=CONTRAST)
    assert ja in emitted[0][1]["claim_ja"] and en in emitted[0][1]["claim_en"]


def test_a_contrast_never_speaks_of_an_effect() -> None:
    strong = replace(estimate(2.0, 1.5, 2.5), design="difference_in_differences")
    said = claim_text(CONTRAST, strong, Verdict.SUPPORTED, grade(strong))
    assert "効果" not in said.ja and "effect" not in said.en


def test_much_of_the_exposure_is_said_as_the_language_does(emitted: list[Any]) -> None:
    words = replace(
        WORDS, exposure=both(ja="人口", en="populations"), high=both(ja="多い", en="larger")
    )
    emit_finding(estimate(2.0, 1.5, 2.5), claim=words)
    assert "人口が多い" in emitted[0][1]["claim_ja"]
    assert "with larger populations" in emitted[0][1]["claim_en"]


def test_a_description_may_hold_other_values_with_their_traces(emitted: list[Any]) -> None:
    middle = DATA.number(43.5, "pct", both(ja="中央", en="median"))
    sentence = both(
        ja="{who}は{estimate}（中央は{middle}）", en="{who}: {estimate} (median {middle})"
    )
    claim = Description(sentence, {"who": both(ja="A町", en="A town"), "middle": middle})
    stated = estimate(41.25, 40, 43, p=None, design="description")
    emit_finding(stated, claim=claim, unit="pct", smallest_effect=None)
    payload = emitted[0][1]
    assert payload["claim_ja"] == "A町は41.2％（中央は43.5％）"
    labels = {trace["label"]["ja"] for trace in payload["claim"]["traces"]}
    assert "中央" in labels and len(labels) == 2


def test_a_text_may_hold_a_text_with_its_traces(emitted: list[Any]) -> None:
    inner = outputs.text(ja="中央は{m}", en="median {m}", m=DATA.number(1.5, "pct"))
    outer = outputs.text(ja="この団体の{inner}である", en="here the {inner}", inner=inner)
    assert outer.plain.ja == "この団体の中央は1.5％である"
    assert outer.traces == inner.traces and len(outer.traces) == 1


def test_a_summary_keeps_its_lists_in_their_order(emitted: list[Any]) -> None:
    item = outputs.text(ja="値は{m}", en="value {m}", m=DATA.number(1.5, "pct"))
    headings = [both(ja="進んでいる点", en="Ahead"), both(ja="問い", en="Questions")]
    outputs.summary(
        title=headings[0],
        question=headings[1],
        headlines=[],
        cannot_say=[],
        also={headings[0]: [item], headings[1]: [both(ja="なぜか", en="Why?")]},
    )
    blocks = emitted[0][1]["also"]
    assert [block["title"]["ja"] for block in blocks] == ["進んでいる点", "問い"]
    assert blocks[0]["items"][0]["traces"] == list(item.traces)


def test_the_result_of_a_comparison_is_not_stated_without_a_verdict(emitted: list[Any]) -> None:
    claim = Description(both(ja="職員が{estimate}少ない", en="{estimate} fewer"))
    with pytest.raises(OutputError, match="Association"):
        emit_finding(estimate(), claim=claim, smallest_effect=None)


def test_an_interval_upside_down_is_refused(emitted: list[Any]) -> None:
    with pytest.raises(OutputError, match="下限"):
        emit_finding(estimate(0.5, 3.0, -2.0))


@pytest.mark.parametrize(("low", "small"), [(0.1, True), (1.2, False), (-0.5, False)])
def test_a_difference_that_may_be_smaller_than_what_matters_is_told(
    emitted: list[Any], low: float, small: bool
) -> None:
    emit_finding(estimate(1.3, low, 2.0))
    assert emitted[0][1]["may_be_small"] is small


def test_an_association_needs_its_smallest_effect(emitted: list[Any]) -> None:
    with pytest.raises(OutputError, match="smallest_effect"):
        emit_finding(estimate(), smallest_effect=None)
    assert emitted == []


def test_a_threshold_declared_after_the_data_were_opened_is_told(emitted: list[Any]) -> None:
    warehouse.opened.append(Path("opened.duckdb"))
    emit_finding(estimate())
    assert emitted[0][1]["declared_before_data"] is False


def test_a_threshold_changed_after_the_data_were_opened_is_told(emitted: list[Any]) -> None:
    declarations.declare("f1", smallest_effect=1.0, unit="points")
    warehouse.opened.append(Path("opened.duckdb"))
    emit_finding(estimate(), smallest_effect=1.0)
    emit_finding(estimate(), smallest_effect=0.5)
    assert [payload["declared_before_data"] for _, payload in emitted] == [True, False]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"smallest_effect": 0.0, "unit": "pct"}, "0 より大きい"),
        ({"smallest_effect": NAN, "unit": "pct"}, "0 より大きい"),
        ({"smallest_effect": 1.0, "unit": "furlongs"}, "furlongs"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OutputError, match=words):
        declarations.declare("f1", **options)


PLAN = {
    "id": "f1",
    "question": "申請率の高い団体では職員が少ないか",
    "outcome": "人口当たりの職員数",
    "method": "条件をそろえた横断比較",
    "smallest_effect": 1.0,
    "unit": "points",
    "exclusions": "なし",
    "notebook": "staffing",
}


def registered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> plans.Plan:
    monkeypatch.setenv("EBPM_LEDGER", str(folder))
    return plans.register(folder, plans.plan_from(PLAN))


def test_a_registered_plan_stands_in_the_finding_with_its_date(
    emitted: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = registered(tmp_path, monkeypatch)
    declarations.declare("f1", smallest_effect=1.0, unit="points", plan="f1")
    emit_finding(estimate(), smallest_effect=None)
    payload = emitted[0][1]
    assert (payload["plan"], payload["plan_registered"]) == ("f1", plan.registered[:10])
    assert payload["plan_before_data"] is None  # these sources do not say when they were got


@pytest.mark.parametrize(
    ("plan", "size", "words"), [("other", 1.0, "登録されていません"), ("f1", 0.5, "基準")]
)
def test_a_plan_that_is_not_there_or_says_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: str, size: float, words: str
) -> None:
    registered(tmp_path, monkeypatch)
    declarations.declare("f1", smallest_effect=size, unit="points", plan=plan)
    with pytest.raises(OutputError, match=words):
        emit_finding(estimate(), smallest_effect=None)


def test_a_threshold_in_another_unit_is_refused(emitted: list[Any]) -> None:
    declarations.declare("f1", smallest_effect=1.0, unit="pct")
    with pytest.raises(OutputError, match="points"):
        emit_finding(estimate(), smallest_effect=None)


@pytest.mark.parametrize(("n", "sms"), [(49, 1), (50, 2)])
def test_a_low_coverage_lowers_the_grade(emitted: list[Any], n: int, sms: int) -> None:
    share = Coverage(n, 100, "municipalities", (), {})
    emit_finding(estimate(design="cross_section_controls"), coverage=share)
    payload = emitted[0][1]
    assert payload["sms"] == sms
    assert payload["checks"][0]["detail"]["ja"] == f"{n}.0％"


def test_a_failed_check_stands_in_the_finding(emitted: list[Any]) -> None:
    emit_finding(estimate(design="cross_section_controls", checks=(FAILED,)))
    payload = emitted[0][1]
    assert payload["sms"] == 1
    assert payload["checks"][0]["passed"] is False
    assert CHECKS["enough_clusters"].ja in payload["sms_reason"]["ja"]


def test_numbers_of_a_finding_lead_to_it(emitted: list[Any]) -> None:
    found = emit_finding(estimate(-2.346, -3, -1), decimals=2)
    assert found.number().text == Both(f"{MINUS}2.35ポイント", f"{MINUS}2.35 points")
    assert found.number("n").text.ja == "1,741"
    assert found.number("ci_low", decimals=0).text.en == f"{MINUS}3 points"
    trace = found.number().trace
    assert (trace["finding"], trace["id"]) == ("f1", "f-f1")
    assert [source["key"] for source in trace["sources"]] == ["survey", "census"]


# Sentences


@pytest.mark.parametrize(
    ("ja", "en"),
    [("3件ある", "some"), ("３件ある", "some"), ("数件", "there are 3"), ("{x}と1件", "{x}")],
)
def test_a_digit_written_into_a_sentence_is_refused(emitted: list[Any], ja: str, en: str) -> None:
    with pytest.raises(OutputError, match="数字"):
        outputs.say(ja=ja, en=en, x=DATA.number(3, "count"))
    assert emitted == []


def test_numerals_in_words_are_allowed(emitted: list[Any]) -> None:
    outputs.say(ja="二つの期間を百件比べた。", en="Two periods are compared.")
    assert emitted[0][1]["ja"] == ["二つの期間を百件比べた。"]
    assert emitted[0][1]["traces"] == []


@pytest.mark.parametrize("template", ["{y}件", "{}件"])
def test_a_missing_value_is_refused(emitted: list[Any], template: str) -> None:
    with pytest.raises(OutputError, match="値が渡されていません"):
        outputs.say(ja=template, en="x", x=DATA.number(3, "count"))


def test_a_value_that_is_no_number_is_refused_in_a_sentence(emitted: list[Any]) -> None:
    with pytest.raises(ValueError, match="有限"):
        outputs.say(ja="{x}", en="{x}", x=DATA.number(NAN, "count"))


def test_every_number_of_a_sentence_leads_to_sources(emitted: list[Any]) -> None:
    outputs.say(
        ja="{place}の{a}と{b}、再び{a}。",
        en="{place}: {a}, {b}.",
        place=both(ja="札幌市", en="Sapporo"),
        a=DATA.number(1234, "procedures", both(ja="手続の数", en="procedures")),
        b=OTHER.number(-0.04, "pct"),
    )
    payload = emitted[0][1]
    assert "".join(p if isinstance(p, str) else p["text"] for p in payload["ja"]) == (
        "札幌市の1,234件と0.0％、再び1,234件。"
    )
    traces = {trace["id"]: trace for trace in payload["traces"]}
    assert len(traces) == len(payload["traces"]) == 2
    numbers = [part for lang in ("ja", "en") for part in payload[lang] if isinstance(part, dict)]
    assert len(numbers) == 5
    assert all(traces[number["trace"]]["sources"] for number in numbers)
    assert {trace["sql"] for trace in traces.values()} == {DATA.sql, OTHER.sql}
    json.dumps(payload, allow_nan=False)


def test_two_counts_of_one_query_have_traces_of_their_own() -> None:
    one = DATA.number(1, "count", both(ja="甲", en="a"))
    two = DATA.number(2, "count", both(ja="乙", en="b"))
    assert one.trace["id"] != two.trace["id"]
    assert one.trace["id"] == DATA.number(9, "count", both(ja="甲", en="a")).trace["id"]


def test_joined_data_keep_all_queries_tables_and_sources() -> None:
    joined = OTHER.joined(pd.DataFrame(), DATA)
    assert joined.tables == ("mart_a", "mart_b")
    assert [source["key"] for source in joined.sources] == ["census", "survey"]
    assert DATA.sql in joined.sql and OTHER.sql in joined.sql


# Tables, figures, the council's points


COLUMNS = [Column("name", both(ja="名", en="name")), Column("x", both(ja="値", en="value"), "int")]


def test_a_table_without_one_of_its_columns_is_refused(emitted: list[Any]) -> None:
    with pytest.raises(OutputError, match="x"):
        outputs.table("t", pd.DataFrame({"name": ["a"]}), COLUMNS, DATA, title=TEXT)
    with pytest.raises(OutputError, match="x"):
        outputs.figure(
            "f",
            {"ja": {}, "en": {}},
            pd.DataFrame({"name": ["a"]}),
            COLUMNS,
            DATA,
            title=TEXT,
            description=TEXT,
        )
    assert emitted == []


def test_a_missing_cell_stays_missing_and_a_zero_stays_zero(emitted: list[Any]) -> None:
    frame = pd.DataFrame({"name": [TEXT, None, "c"], "x": [0.0, NAN, 2.5], "unused": 1})
    outputs.table("t", frame, COLUMNS, [DATA, OTHER], title=TEXT)
    payload = emitted[0][1]
    assert payload["rows"] == [[TEXT.payload(), 0.0], [None, None], ["c", 2.5]]
    assert [source["key"] for source in payload["sources"]] == ["survey", "census"]
    json.dumps(payload, allow_nan=False)


def test_an_infinite_cell_is_refused(emitted: list[Any]) -> None:
    frame = pd.DataFrame({"name": ["a"], "x": [math.inf]})
    with pytest.raises(OutputError, match="無限大"):
        outputs.table("t", frame, COLUMNS, DATA, title=TEXT)


def test_the_council_sees_seven_points_and_which_are_not_filled(emitted: list[Any]) -> None:
    outputs.council_points("c", comparison=both(ja="本資料", en="this report"))
    rows = emitted[0][1]["rows"]
    assert [row[0] for row in rows] == [point.payload() for point in COUNCIL_POINTS.values()]
    filled = [row[1] for row in rows if row[1] != {"missing": "not_entered"}]
    assert (len(rows), filled) == (7, [{"ja": "本資料", "en": "this report"}])


def test_an_unknown_point_of_the_council_is_refused(emitted: list[Any]) -> None:
    with pytest.raises(OutputError, match="price"):
        outputs.council_points("c", price=TEXT)
    assert emitted == []


# Quantities


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "ja", "en"),
    [
        (1741, "municipalities", None, "1,741団体", "1,741 municipalities"),
        (-1234.56, "days", None, "\u22121,234.6日", "\u22121,234.6 days"),
        (-0.04, "pct", None, "0.0％", "0.0%"),
        (-0.0, "points", None, "0.0ポイント", "0.0 points"),
        (-0.004, "index", None, "0.00", "0.00"),
        (-0.06, "pct", None, "\u22120.1％", "\u22120.1%"),
        (2023, "year", None, "2023年度", "2023"),
        (1234567, "count", None, "1,234,567", "1,234,567"),
        (3.14159, "per_1000", 3, "3.142人", "3.142 staff"),
        (-0.37, "correlation", None, "\u22120.37", "\u22120.37"),
        (7, "rank", None, "7位", "7"),
    ],
)
def test_a_quantity_is_written_as_each_language_writes_it(
    value: float, unit: str, decimals: int | None, ja: str, en: str
) -> None:
    assert Quantity(value, unit, {}, decimals).text == Both(ja, en)


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
def test_a_quantity_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="有限"):
        _ = Quantity(value, "pct", {}).text


def test_an_interval_is_written_with_its_unit() -> None:
    text = interval_text(-1.25, -2.0, 0.5, "points", 2)
    assert text.ja == "\u22121.25ポイント（95％信頼区間 \u22122.00〜0.50ポイント）"
    assert text.en == "\u22121.25 points (95% confidence interval \u22122.00 to 0.50 points)"


def test_every_unit_has_a_label_in_both_languages() -> None:
    assert all(all(unit.payload().values()) for name, unit in UNITS.items() if name != "rank")
