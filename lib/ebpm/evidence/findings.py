"""Findings: a result with its verdict, its grade, and the sentence that they allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ebpm.evidence import declarations, outputs
from ebpm.evidence.claims import (
    Association,
    Claim,
    Description,
    Verdict,
    claim_text,
    is_borderline,
    may_be_small,
    threshold_text,
    verdict,
)
from ebpm.evidence.coverage import Coverage
from ebpm.evidence.declarations import Declaration
from ebpm.evidence.designs import DESIGNS
from ebpm.evidence.grade import Grade, check_payload, grade
from ebpm.evidence.ledger import plans_folder
from ebpm.evidence.mime import SCHEMA
from ebpm.evidence.plans import plan_of, was_before
from ebpm.evidence.provenance import Dataset, parameter
from ebpm.evidence.said import OutputError, Said, text
from ebpm.evidence.text import UNITS, Both, Quantity, interval_text
from ebpm.methods.names import METHODS
from ebpm.methods.power import minimum_detectable_effect
from ebpm.methods.result import Check, Estimate

CLUSTERS = Both("クラスター", "clusters")
MIN_COVERAGE = 0.5
# Designs whose values are stated; of every other a verdict must be given.
WITHOUT_VERDICT = {"description", "survey", "forecast", "paired_comparison"}
MOST_DECIMALS = 17


@dataclass(frozen=True)
class Finding:
    """A finding that was emitted; its numbers can be used in sentences."""

    payload: Mapping[str, Any]
    unit: str
    decimals: int | None

    def __repr__(self) -> str:
        return f"Finding({self.payload['id']!r}: {self.payload['claim_ja']})"

    def number(self, part: str = "estimate", decimals: int | None = None) -> Quantity:
        """One number of the finding (`estimate`, `ci_low`, `ci_high`, `n`), traced to it."""
        unit = "count" if part == "n" else self.unit
        places = decimals if decimals is not None else (None if part == "n" else self.decimals)
        return Quantity(float(self.payload[part]), unit, self.payload["trace"], places)


def finding(
    name: str,
    result: Estimate,
    data: Dataset,
    *,
    question: Both,
    estimand: Both,
    unit: str,
    claim: Claim,
    coverage: Coverage | None = None,
    decimals: int | None = None,
    n_unit: str = "municipalities",
    clusters: Both = CLUSTERS,
    lgcode: str | None = None,
    fiscal_year: int | None = None,
) -> Finding:
    """Emits a finding: the result, its verdict and grade, and the sentence they allow.

    An Association or an Effect needs its threshold, declared with `ebpm.declare` before the data
    were opened. A `coverage` below one half lowers the grade. `clusters` says what the clusters
    are (prefectures, laws). Raises OutputError where the threshold is missing or the result is
    not a number.
    """
    _require_numbers(name, result)
    if not data.sources:
        raise OutputError(
            f"知見 {name} のデータに出典がありません。ebpm.query の結果を渡してください。"
        )
    if isinstance(claim, Description) and result.design not in WITHOUT_VERDICT:
        raise OutputError(
            f"知見 {name} は比較の結果です。Description ではなく Association か Effect で述べてください。"
        )
    result = _with_coverage(result, coverage)
    told = None if isinstance(claim, Description) else declarations.of(name, unit)
    found = verdict(result, told.smallest_effect) if told else Verdict.DESCRIPTIVE
    level = grade(result)
    trace = _trace(name, result, data, estimand)
    amount = _amount(name, told, unit, estimand)
    said = _claim(claim, result, found, level, amount, trace, (unit, decimals, n_unit))
    limit = None if isinstance(claim, Description) else threshold_text(claim, amount.text)
    method = METHODS[result.method]
    payload = {
        "schema": SCHEMA,
        "id": name,
        "question": question.payload(),
        "estimand": estimand.payload(),
        "estimate": result.estimate,
        "unit": UNITS[unit].payload(),
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "p_value": result.p_value,
        "n": result.n,
        "n_clusters": result.n_clusters,
        "method": method.payload(),
        "method_key": result.method,
        "notation": method.notation,
        "paper": method.paper,
        "design": result.design,
        "sms": level.sms,
        "sms_reason": level.reason.payload(),
        "kind": "effect" if DESIGNS[result.design].is_effect else "description",
        "verdict": str(found),
        **_declared(result, told),
        **_registered(told, data),
        "threshold_text": limit.payload() if limit else None,
        "threshold_trace": amount.trace if limit else None,
        "claim_ja": said.plain.ja,
        "claim_en": said.plain.en,
        "claim": said.payload(),
        "detectable": _detectable(result, found, unit, decimals),
        "estimate_text": _estimate_text(claim, result, unit, decimals).payload(),
        "n_text": _n_text(result, n_unit, clusters).payload(),
        "checks": [check_payload(check) for check in result.checks],
        "sources": list(data.sources),
        "data": data.origin(),
        "trace": trace,
        "lgcode": lgcode,
        "fiscal_year": fiscal_year,
    }
    shown = f"{payload['estimate_text']['ja']} {payload['n_text']['ja']}"
    outputs.emit("finding", payload, f"**{said.plain.ja}**\n\n{shown} SMS {level.sms}/5")
    return Finding(payload, unit, decimals)


def _require_numbers(name: str, result: Estimate) -> None:
    numbers = [result.estimate, result.ci_low, result.ci_high]
    numbers += [] if result.p_value is None else [result.p_value]
    if any(number is None or not math.isfinite(number) for number in numbers):
        raise OutputError(
            f"知見 {name} の推定値・信頼区間・有意確率に、有限の数でないものがあります。"
            "データと方法を確かめてください。"
        )
    if result.ci_low > result.ci_high:
        raise OutputError(f"知見 {name} の信頼区間の下限が上限より大きくなっています。")


def _with_coverage(result: Estimate, coverage: Coverage | None) -> Estimate:
    if coverage is None:
        return result
    share = coverage.n / coverage.total if coverage.total else 0.0
    return replace(result, checks=(*result.checks, Check("coverage", share >= MIN_COVERAGE, share)))


def _amount(name: str, told: Declaration | None, unit: str, estimand: Both) -> Quantity:
    """The threshold as it was declared, with no more decimals than it has."""
    size = told.smallest_effect if told else 0.0
    places = next(n for n in range(MOST_DECIMALS + 1) if math.isclose(round(size, n), size))
    what = Both(f"判定の基準（{estimand.ja}）", f"threshold ({estimand.en})")
    return parameter(f"smallest_effect({name})", size, unit, what, places)


def _detectable(
    result: Estimate, found: Verdict, unit: str, decimals: int | None
) -> dict[str, Any] | None:
    """Beside "cannot tell": the size that would have been found with a chance of 80 %."""
    if found is not Verdict.INCONCLUSIVE or not result.standard_error:
        return None
    size = minimum_detectable_effect(result.standard_error, result.degrees)
    return {"value": size, "text": Quantity(size, unit, {}, decimals).text.payload()}


def _declared(result: Estimate, told: Declaration | None) -> dict[str, Any]:
    return {
        "smallest_effect": told.smallest_effect if told else None,
        "declared_before_data": told.before_data if told else None,
        "may_be_small": told is not None and may_be_small(result, told.smallest_effect),
        "is_borderline": told is not None and is_borderline(result, told.smallest_effect),
    }


def _registered(told: Declaration | None, data: Dataset) -> dict[str, Any]:
    """The plan under which the question was registered, and whether that was before the data."""
    if told is None or told.plan is None:
        return {"plan": None, "plan_registered": None, "plan_before_data": None}
    plan = plan_of(plans_folder(), told.plan)
    if plan is None:
        raise OutputError(
            f"計画 {told.plan} は登録されていません。ebpm register --list で確かめてください。"
        )
    if (plan.smallest_effect, plan.unit) != (told.smallest_effect, told.unit):
        raise OutputError(
            f"計画 {told.plan} に登録した基準（{plan.smallest_effect:g} {plan.unit}）と、"
            f"宣言した基準（{told.smallest_effect:g} {told.unit}）が違います。"
        )
    before = was_before(plan, list(data.sources), [])
    return {
        "plan": told.plan,
        "plan_registered": before.registered[:10],
        "plan_before_data": before.before_data,
    }


def _trace(name: str, result: Estimate, data: Dataset, estimand: Both) -> dict[str, Any]:
    """Where the numbers of a finding lead: the method on the data of a query."""
    return data.trace(estimand) | {
        "id": f"f-{name}",
        "finding": name,
        "method": METHODS[result.method].payload(),
        "n": result.n,
    }


def _claim(
    claim: Claim,
    result: Estimate,
    found: Verdict,
    level: Grade,
    amount: Quantity,
    trace: dict[str, Any],
    form: tuple[str, int | None, str],
) -> Said:
    unit, decimals, n_unit = form
    if isinstance(claim, Description):
        own = {
            "estimate": Quantity(result.estimate, unit, trace, decimals),
            "n": Quantity(result.n, n_unit, trace, 0),
        }
        return _filled(claim.sentence, {**claim.values, **own})
    sentence = claim_text(claim, result, found, level)
    limit = threshold_text(claim, Both("{amount}", "{amount}"))
    worded = Both(
        sentence.ja.replace("{limit}", limit.ja), sentence.en.replace("{limit}", limit.en)
    )
    return _filled(worded, {"amount": amount})


def _filled(sentence: Both, values: Mapping[str, Quantity | Both]) -> Said:
    said = text(ja=sentence.ja, en=sentence.en, **values)
    first = said.en[0]
    if isinstance(first, str):
        return replace(said, en=(first[:1].upper() + first[1:], *said.en[1:]))
    return said


def _estimate_text(claim: Claim, result: Estimate, unit: str, decimals: int | None) -> Both:
    """Size and interval, per the step in which the exposure is counted."""
    size = interval_text(
        result.estimate,
        result.ci_low,
        result.ci_high,
        unit,
        decimals,
        prediction=result.design == "forecast",
    )
    step = claim.step if isinstance(claim, Association) else None
    return Both(f"{step.ja}当たり{size.ja}", f"{size.en} per {step.en}") if step else size


def _n_text(result: Estimate, n_unit: str, clusters: Both) -> Both:
    rows = Quantity(result.n, n_unit, {}, 0).text
    if result.n_clusters is None:
        return Both(rows.ja, rows.en.strip())
    return Both(
        f"{rows.ja}（{result.n_clusters:,}{clusters.ja}）",
        f"{rows.en} in {result.n_clusters:,} {clusters.en}",
    )
