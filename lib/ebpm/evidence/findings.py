"""Findings: a result with its verdict, its grade, and the sentence that they allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ebpm.evidence import outputs
from ebpm.evidence.claims import (
    Association,
    Description,
    Verdict,
    association_claim,
    threshold_text,
    verdict,
)
from ebpm.evidence.designs import DESIGNS
from ebpm.evidence.grade import check_payload, grade
from ebpm.evidence.mime import SCHEMA
from ebpm.evidence.outputs import OutputError
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.text import UNITS, Both, Quantity, interval_text
from ebpm.methods.names import METHODS
from ebpm.methods.result import Estimate

CLUSTERS = Both("クラスター", "clusters")


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
        trace = {
            "id": f"f-{self.payload['id']}",
            "label": self.payload["estimand"],
            "sql": self.payload["data"]["sql"],
            "finding": self.payload["id"],
            "sources": self.payload["sources"],
        }
        unit = "count" if part == "n" else self.unit
        places = decimals if decimals is not None else (None if part == "n" else self.decimals)
        return Quantity(float(self.payload[part]), unit, trace, places)


def finding(
    name: str,
    result: Estimate,
    data: Dataset,
    *,
    question: Both,
    estimand: Both,
    unit: str,
    claim: Association | Description,
    smallest_effect: float | None = None,
    decimals: int | None = None,
    n_unit: str = "municipalities",
    clusters: Both = CLUSTERS,
    lgcode: str | None = None,
    fiscal_year: int | None = None,
) -> Finding:
    """Emits a finding: the result, its verdict and grade, and the sentence they allow.

    `smallest_effect` is the smallest difference that matters, in the unit of the estimate;
    associations need it. `clusters` says what the clusters are (prefectures, laws). Raises
    OutputError where the threshold is missing or the result is not a number.
    """
    _require_numbers(name, result)
    if not data.sources:
        raise OutputError(
            f"知見 {name} のデータに出典がありません。ebpm.query の結果を渡してください。"
        )
    if isinstance(claim, Description):
        outputs.refuse_digits(claim.sentence)
    found = _verdict(result, claim, smallest_effect)
    level = grade(result)
    estimate = interval_text(result.estimate, result.ci_low, result.ci_high, unit, decimals)
    n_text = _n_text(result, n_unit, clusters)
    amount = Quantity(smallest_effect or 0.0, unit, {}, decimals).text
    sentence = _claim(claim, result, found, unit, decimals, n_unit, amount)
    limit = threshold_text(claim, amount) if isinstance(claim, Association) else None
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
        "method": METHODS[result.method].payload(),
        "design": result.design,
        "sms": level.sms,
        "sms_reason": level.reason.payload(),
        "kind": "effect" if DESIGNS[result.design].is_effect else "description",
        "verdict": str(found),
        "smallest_effect": smallest_effect,
        "threshold_text": limit.payload() if limit else None,
        "claim_ja": sentence.ja,
        "claim_en": sentence.en[:1].upper() + sentence.en[1:],
        "estimate_text": estimate.payload(),
        "n_text": n_text.payload(),
        "checks": [check_payload(check) for check in result.checks],
        "sources": list(data.sources),
        "data": {"sql": data.sql, "tables": list(data.tables)},
        "lgcode": lgcode,
        "fiscal_year": fiscal_year,
    }
    outputs.emit(
        "finding", payload, f"**{sentence.ja}**\n\n{estimate.ja} {n_text.ja} SMS {level.sms}/5"
    )
    return Finding(payload, unit, decimals)


def _require_numbers(name: str, result: Estimate) -> None:
    numbers = [result.estimate, result.ci_low, result.ci_high]
    numbers += [] if result.p_value is None else [result.p_value]
    if any(number is None or not math.isfinite(number) for number in numbers):
        raise OutputError(
            f"知見 {name} の推定値・信頼区間・有意確率に、有限の数でないものがあります。"
            "データと方法を確かめてください。"
        )


def _verdict(
    result: Estimate, claim: Association | Description, smallest_effect: float | None
) -> Verdict:
    if isinstance(claim, Description):
        return Verdict.DESCRIPTIVE
    if smallest_effect is None:
        raise OutputError("関連を述べるには、意味のある最小の差（smallest_effect）が必要です。")
    return verdict(result, smallest_effect)


def _claim(
    claim: Association | Description,
    result: Estimate,
    found: Verdict,
    unit: str,
    decimals: int | None,
    n_unit: str,
    amount: Both,
) -> Both:
    if isinstance(claim, Association):
        return association_claim(claim, result, found, amount)
    estimate = Quantity(result.estimate, unit, {}, decimals).text
    rows = Quantity(result.n, n_unit, {}).text
    return claim.sentence.format(
        {"estimate": estimate.ja, "n": rows.ja}, {"estimate": estimate.en, "n": rows.en}
    )


def _n_text(result: Estimate, n_unit: str, clusters: Both) -> Both:
    rows = Quantity(result.n, n_unit, {}).text
    if result.n_clusters is None:
        return Both(rows.ja, rows.en.strip())
    return Both(
        f"{rows.ja}（{result.n_clusters:,}{clusters.ja}）",
        f"{rows.en} in {result.n_clusters:,} {clusters.en}",
    )
