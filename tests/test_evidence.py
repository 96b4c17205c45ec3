"""Evidence: verdicts, claims, the lexicon of causal wordings, grades, outputs and the ledger."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ebpm.evidence import findings, ledger, outputs
from ebpm.evidence.claims import (
    Association,
    Description,
    Verdict,
    association_claim,
    overclaims,
    verdict,
)
from ebpm.evidence.designs import CHECKS, DESIGNS, Design
from ebpm.evidence.grade import check_payload, grade
from ebpm.evidence.outputs import COUNCIL_POINTS, Column, OutputError
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.text import MINUS, UNITS, Both, Quantity, both, interval_text
from ebpm.methods.names import METHODS
from ebpm.methods.result import Check, Estimate

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib/ebpm"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
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
AMOUNT = both(ja="1.0％", en="1.0%")
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
    monkeypatch.setattr(outputs, "emit", lambda kind, payload, *_: seen.append((kind, payload)))
    return seen


def emit_finding(result: Estimate, **options: Any) -> findings.Finding:
    given: dict[str, Any] = {"claim": WORDS, "unit": "points", "smallest_effect": 1.0} | options
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


def test_no_effect_and_cannot_tell_are_different_sentences() -> None:
    none = association_claim(WORDS, estimate(0.0, -0.1, 0.1), Verdict.NO_EFFECT, AMOUNT)
    unclear = association_claim(WORDS, estimate(0.0, -9, 9), Verdict.INCONCLUSIVE, AMOUNT)
    assert "基準（十ポイント当たり±1.0％）に満たない" in none.ja
    assert "smaller than the threshold (±1.0% per ten points)" in none.en
    assert "判断できない" in unclear.ja and "cannot tell" in unclear.en
    assert "判断できない" not in none.ja and "cannot tell" not in none.en
    assert "満たない" not in unclear.ja and "smaller than" not in unclear.en


@pytest.mark.parametrize(
    ("sign", "ja", "en"), [(1, "多い傾向", "more"), (-1, "少ない傾向", "fewer")]
)
def test_an_association_names_the_direction_of_its_sign(sign: int, ja: str, en: str) -> None:
    claim = association_claim(WORDS, estimate(2.0 * sign), Verdict.SUPPORTED, AMOUNT)
    assert ja in claim.ja and f"tend to have {en} staff" in claim.en
    other = {"多い傾向": "少ない", "少ない傾向": "多い"}[ja]
    assert other not in claim.ja and {"more": "fewer", "fewer": "more"}[en] not in claim.en


@pytest.mark.parametrize("found", [Verdict.SUPPORTED, Verdict.NO_EFFECT, Verdict.INCONCLUSIVE])
def test_no_claim_of_an_association_overclaims(found: Verdict) -> None:
    claim = association_claim(WORDS, estimate(), found, AMOUNT)
    assert overclaims([claim.ja, claim.en], 1) == []


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


def test_two_failed_checks_lower_by_one_only(monkeypatch: pytest.MonkeyPatch) -> None:
    high = Design(4, True, TEXT)
    monkeypatch.setitem(DESIGNS, "high", high)
    assert grade(estimate(design="high", checks=(FAILED, FAILED))).sms == 3


@pytest.mark.parametrize("passed", [True, None])
def test_a_check_that_did_not_fail_does_not_lower(passed: bool | None) -> None:
    checks = (Check("enough_clusters", passed, 47.0),)
    found = grade(estimate(design="cross_section_controls", checks=checks))
    assert (found.sms, found.reason) == (2, DESIGNS["cross_section_controls"].reason)
    assert check_payload(checks[0])["detail"] == {"ja": "47", "en": "47"}


# Every method and design that the library uses has its words


OF_OTHERS = {"proportion_confint"}  # its `method` is statsmodels' own
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
            called = call.func.id if isinstance(call.func, ast.Name) else ""
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


# Overclaims: what a cross-section may not say


CAUSAL_IN_JAPANESE = [
    "オンライン申請の導入は職員を減らした。",
    "オンライン化により職員数が減った。",
    "オンライン化によって窓口の待ち時間が短くなった。",
    "オンライン化によって減少した。",
    "電子申請が処理時間を短縮した。",
    "申請の電子化で残業時間が減った。",
    "電子申請が普及したことで、職員の負担が軽くなり残業が減った。",
    "オンライン申請は職員の負担を軽減した。",
    "オンライン化の結果、職員数が減少した。",
    "システムを導入した結果、処理日数が短くなった。",
    "職員が減ったのはオンライン化の効果である。",
    "職員が減ったのはオンライン化のためである。",
    "職員数の減少はオンライン化が原因である。",
    "オンライン化が職員減少の主な要因となった。",
    "オンライン申請には職員を減らす効果がある。",
    "オンライン申請の効果は大きく、効果が確認された。",
    "オンライン化の効果があった。",
    "オンライン化に効果はなかった。",
    "DXの推進は業務の改善につながっている。",
    "オンライン申請の普及は職員の削減につながる。",
    "電子化は経費の節減に貢献した。",
    "AIの導入が残業を抑えた。",
    "オンライン化のおかげで待たされなくなった。",
    "オンライン申請率が職員数を押し下げている。",
    "手数料の電子納付が負担の軽減をもたらす。",
    "オンライン申請を広げれば、職員が少なくて済む。",
    "申請率を高めると、職員は減る。",
    "オンライン化の影響で職員が減った。",
    "オンライン申請率と職員数の間には因果関係がある。",
    "電子申請は待ち時間の短縮に効いている。",
    "窓口の混雑が緩和された。",
    "電子申請により手続の時間短縮が実現した。",
    "オンライン申請は職員の削減に有効である。",
    "処理日数の短縮に寄与した。",
    "この施策は効果的である。",
    "手続の電子化は業務量を減らす。",
    "オンライン化が功を奏した。",
]

CAUSAL_IN_ENGLISH = """
Online application reduced staff.
Going online led to fewer staff.
Online application causes shorter handling.
Online services improve efficiency.
Digitalisation lowered the number of staff.
Online application has a positive effect on handling time.
The effect of online application is large.
Online application cut staff time.
Online forms save staff; the system saves handling time.
Thanks to online application there are fewer staff.
Staff fell because of online application.
Staff fell as a result of online application.
The fall in staff is attributable to online application.
The difference can be attributed to digital services.
Online application brought about a fall in staff.
Digital tools contributed to the decline.
Online application affects staff numbers.
Going online speeds up handling.
The new system makes handling faster.
Online application is effective in sparing work.
Online application has no effect on staff.
Staff numbers are driven down, and driven by online rates: the trend is driven by digital tools.
Online application freed up staff.
Online rates were responsible for the fall in staff.
If a municipality raises its rate, staff will fall.
Online application resulted in shorter periods.
The tool helped to shorten the wait.
Digitalisation delivered large savings.
Online application was the main cause of the change.
""".strip().splitlines()

HONEST_IN_JAPANESE = [
    "因果関係は示せない。",
    "横断比較（統制あり）。因果関係は示せない。",
    "オンライン申請率が高い市区町村ほど、人口当たりの職員が少ない傾向がみられる。",
    "申請率と職員数に関連があるかどうかは、このデータでは判断できない。",
    "申請率が高い団体と低い団体で、職員数に実務上問題となる差はみられない。",
    "オンライン申請の効果の有無は、このデータでは分からない。",
    "効果的な政策の立案のための法律に基づく。",
    "行政手続における特定の個人を識別するための番号の利用等に関する法律による。",
    "費用対効果は示していない。",
    "減った団体と増えた団体がある。",
    "団体によって増減の方向は異なる。",
    "手続によって短い場合も長い場合もある。",
    "職員数は中央値で変わっていない。",
    "測っていない条件の影響は取り除けない。",
    "人口をそろえると、違いの大部分は消える。",
    "数値がない団体を除いた結果を示す。",
    "調査の結果、職員が減った団体の方が多い。",
    "待ち時間を短くすることを目的とする。",
    "職員の負担軽減が期待されている。",
    "職員を減らすことを目的とした事業ではない。",
    "オンライン化の前後を比べたものではない。",
    "差がないことは、効果がないことを意味しない。",
    "処理時間が短縮されたかどうかは分からない。",
    "因果関係があるとは言えない。",
    "オンライン化が原因であるかどうかは、この比較からは分からない。",
    "オンライン申請を進めれば、少ない職員で済むはずだと期待されている。",
    "規制緩和された手続を含む。",
    "すべての数字は出典につながる。",
    "職員数の削減の計画は対象としていない。",
    "軽減税率の対象となる手続。",
    "オンラインの方が短い手続は全体の一割である。",
    "オンライン申請率が高い団体では、平均の処理期間が短い。",
]

HONEST_IN_ENGLISH = """
These data cannot show cause and effect.
A cross-section with controls; cannot show cause and effect.
Municipalities with higher online rates tend to have fewer staff.
These data cannot tell whether online rates and staff go together.
There is no difference of practical size.
The difference cannot be attributed to online application.
Least squares with fixed effects by prefecture.
The law is effective from April.
Rows left out because of missing values are counted.
Staff are lower where online rates are higher.
Periods are shorter online in one procedure of ten.
An improvement in the data would allow a stronger design.
Nothing before and after going online is compared.
Larger municipalities have higher online rates.
The mean difference is close to zero.
A cut in the budget is not examined.
The office responsible for procedures fills in the rest.
Time set free for other work does not show in staff numbers.
Whether staff minutes changed is not known.
Unmeasured conditions may be behind both.
Staff fell in half of the municipalities.
Every number leads the reader to its source.
""".strip().splitlines()


def test_the_tables_of_sentences_are_long_enough() -> None:
    assert len(CAUSAL_IN_JAPANESE) >= 25 and len(CAUSAL_IN_ENGLISH) >= 20
    assert len(HONEST_IN_JAPANESE) >= 20 and len(HONEST_IN_ENGLISH) >= 15


@pytest.mark.parametrize("sentence", CAUSAL_IN_JAPANESE + CAUSAL_IN_ENGLISH)
def test_a_causal_sentence_is_caught_below_three_and_allowed_from_there(sentence: str) -> None:
    assert overclaims([sentence], 1)
    assert overclaims([sentence], 2)
    assert overclaims([sentence], 3) == overclaims([sentence], 5) == []


@pytest.mark.parametrize("sentence", HONEST_IN_JAPANESE + HONEST_IN_ENGLISH)
def test_an_honest_sentence_is_not_caught(sentence: str) -> None:
    assert overclaims([sentence], 1) == []


@pytest.mark.parametrize(
    "text", ["Staff fell thanks\nto it.", "職員を**減らし**た。", "職員を減\nらした。"]
)
def test_a_wording_does_not_hide_behind_line_ends_or_emphasis(text: str) -> None:
    assert overclaims([text], 1)


def test_what_was_caught_is_shown_with_its_context() -> None:
    caught = overclaims(["前置きの文。オンライン化は職員を減らした。後の文。", "Honest."], 2)
    assert len(caught) == 1
    assert "職員を減らし" in caught[0]


def string_literals(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "数" for v in node.values)
            yield "".join(str(part) for part in parts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_text_of_a_notebook_overclaims(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    prose = [source for kind, source in sources if kind == "markdown"]
    literals = [t for kind, source in sources if kind == "code" for t in string_literals(source)]
    assert prose and len(literals) > 50
    assert overclaims(prose + literals, 2) == []


def test_there_are_notebooks_to_check() -> None:
    assert len(NOTEBOOKS) >= 2


def test_no_fixed_text_of_the_library_overclaims() -> None:
    fixed = [*(d.reason for d in DESIGNS.values()), *CHECKS.values(), *COUNCIL_POINTS.values()]
    texts = [text for item in fixed for text in (item.ja, item.en)]
    texts += [text for name in METHODS.values() for text in (name.ja, name.en)]
    assert overclaims(texts, 1) == []


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
    assert payload["data"] == {"sql": DATA.sql, "tables": ["mart_a"]}
    assert payload["kind"] == "description"
    assert payload["claim_ja"] == "申請率が高い団体ほど、職員が多い傾向がみられる"
    assert "1,741団体（47クラスター）" in payload["n_text"]["ja"]
    assert "1,741 municipalities in 47 clusters" in payload["n_text"]["en"]


def test_a_finding_is_displayed_under_its_own_type(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    emit_finding(estimate())
    (bundle,) = shown
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
    emit_finding(estimate(41.25, 40, 43, p=None), claim=claim, unit="pct", smallest_effect=None)
    payload = emitted[0][1]
    assert (payload["claim_ja"], payload["claim_en"]) == (
        "1,741団体のうち41.2％",
        "41.2% of 1,741 municipalities",
    )
    assert (payload["verdict"], payload["p_value"]) == ("descriptive", None)


def test_an_association_needs_its_smallest_effect(emitted: list[Any]) -> None:
    with pytest.raises(OutputError, match="smallest_effect"):
        emit_finding(estimate(), smallest_effect=None)
    assert emitted == []


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


# Ledger


def findings_of(emitted: list[Any], *names: str) -> list[dict[str, Any]]:
    emitted.clear()
    for name in names:
        findings.finding(
            name,
            estimate(),
            DATA,
            question=TEXT,
            estimand=TEXT,
            unit="pct",
            claim=WORDS,
            smallest_effect=1.0,
        )
    return [payload for _, payload in emitted]


def common(run: str, report: str = "staffing") -> dict[str, Any]:
    return {
        "run_id": run,
        "report": report,
        "parameters": "{}",
        "warehouse_inputs_sha256": "ab" * 32,
        "code_version": "0.1.0",
    }


def test_an_empty_folder_has_an_empty_ledger(tmp_path: Path) -> None:
    assert ledger.entries(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_recording_only_adds_and_survives_reopening(tmp_path: Path, emitted: list[Any]) -> None:
    folder = tmp_path / "deep" / "ledger"
    assert ledger.record(folder, common("r2"), findings_of(emitted, "b", "a")) == 2
    first = ledger.entries(folder)
    assert ledger.record(folder, common("r1"), findings_of(emitted, "c")) == 1
    assert ledger.record(folder, common("r2"), findings_of(emitted, "a")) == 1
    rows = ledger.entries(folder)
    assert [(row["run_id"], row["id"]) for row in rows] == [
        ("r1", "c"),
        ("r2", "a"),
        ("r2", "a"),
        ("r2", "b"),
    ]
    assert all(row in rows for row in first)


def test_a_row_of_the_ledger_holds_the_finding(tmp_path: Path, emitted: list[Any]) -> None:
    (payload,) = findings_of(emitted, "a")
    ledger.record(tmp_path, common("r1"), [payload])
    (row,) = ledger.entries(tmp_path)
    assert list(row) == list(ledger.COLUMNS)
    assert row["sources"] == '["survey", "census"]'
    assert (row["question_ja"], row["unit_ja"]) == ("問い", "％")
    same = ["estimate", "ci_low", "ci_high", "p_value", "n", "n_clusters", "sms", "verdict"]
    assert [row[name] for name in same] == [payload[name] for name in same]
    assert (row["claim_ja"], row["lgcode"]) == (payload["claim_ja"], None)


def test_a_report_without_findings_adds_nothing(tmp_path: Path) -> None:
    assert ledger.record(tmp_path, common("r1"), []) == 0
    assert ledger.entries(tmp_path) == []
