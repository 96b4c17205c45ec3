"""What is planted is found, what is not there is told as such, and too few data decide nothing."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ebpm
from ebpm.evidence import declarations, outputs
from ebpm.evidence.overclaims import overclaims
from ebpm.evidence.provenance import Dataset
from ebpm.methods import did, regression

WORDS = ebpm.Association(
    exposure=ebpm.both(ja="オンライン申請率", en="online rates"),
    outcome=ebpm.both(ja="処理日数", en="handling days"),
    more=ebpm.both(ja="長い", en="longer"),
    less=ebpm.both(ja="短い", en="shorter"),
)
DONE = ebpm.Effect(
    treatment=ebpm.both(ja="予約制の導入", en="the booking system"),
    outcome=ebpm.both(ja="待ち時間", en="waiting times"),
    more=ebpm.both(ja="長くなる", en="longer"),
    less=ebpm.both(ja="短くなる", en="shorter"),
)
TEXT = ebpm.both(ja="問い", en="question")
SMALLEST = 0.5
# (planted difference, rows per cluster, clusters) → verdict, what a councillor reads
PLANTED = [
    (-2.0, 40, 40, "supported", "短い傾向がみられる"),
    (0.0, 400, 40, "no_effect", "あるとしても基準（±0.5日）に満たない"),
    (0.0, 3, 5, "inconclusive", "このデータでは判断できない"),
]


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    declarations.forget()
    monkeypatch.setattr(
        outputs, "emit", lambda kind, payload, *_: seen.append(payload | {"kind_of_output": kind})
    )
    yield seen
    declarations.forget()


def told(emitted: list[dict[str, Any]], result: Any, claim: Any) -> dict[str, Any]:
    """The finding that a notebook would emit for a result."""
    ebpm.declare("planted", smallest_effect=SMALLEST, unit="days")
    source = ({"key": "made", "title": "作った数値"},)
    data = Dataset(pd.DataFrame({"a": [1]}), "SELECT a FROM mart_a", ("mart_a",), source)
    ebpm.finding("planted", result, data, question=TEXT, estimand=TEXT, unit="days", claim=claim)
    return emitted[-1]


@pytest.mark.parametrize(("planted", "rows", "clusters", "verdict", "words"), PLANTED)
def test_a_planted_association_is_told_for_what_it_is(
    emitted: list[dict[str, Any]],
    planted: float,
    rows: int,
    clusters: int,
    verdict: str,
    words: str,
) -> None:
    random = np.random.default_rng(4)
    group = np.repeat(np.arange(clusters), rows)
    x = random.normal(size=len(group))
    y = 10 + planted * x + random.normal(size=clusters)[group] + 2 * random.normal(size=len(group))
    frame = pd.DataFrame({"x": x, "y": y, "group": group})
    finding = told(emitted, regression.ols(frame, "y", ["x"], cluster="group").of("x"), WORDS)
    assert (finding["verdict"], words in finding["claim_ja"]) == (verdict, True)
    assert overclaims([finding["claim_ja"], finding["claim_en"]], finding["sms"]) == []


@pytest.mark.parametrize(
    ("planted", "units", "verdict", "words"),
    [
        (-2.0, 80, "supported", "待ち時間が短くなる効果があったとみられる"),
        (0.0, 900, "no_effect", "変化は、あるとしても基準（±0.5日）に満たない"),
        (0.0, 40, "inconclusive", "効果があったかどうかは、このデータでは判断できない"),
    ],
)
def test_a_planted_effect_is_told_for_what_it_is(
    emitted: list[dict[str, Any]], planted: float, units: int, verdict: str, words: str
) -> None:
    random = np.random.default_rng(6)
    unit, time = np.repeat(np.arange(units), 4), np.tile(np.arange(4), units)
    treated = unit % 2 == 0
    y = (
        10
        + random.normal(size=units)[unit]
        + 0.3 * time
        + planted * (treated & (time >= 2))
        + 1.5 * random.normal(size=len(unit))
    )
    frame = pd.DataFrame(
        {"unit": unit, "time": time, "y": y, "treated": treated, "post": time >= 2}
    )
    result = did.two_by_two(
        frame, unit="unit", time="time", outcome="y", treated="treated", post="post"
    )
    finding = told(emitted, result, DONE)
    assert (finding["sms"], finding["verdict"]) == (3, verdict)
    assert words in finding["claim_ja"]
    assert overclaims([finding["claim_ja"], finding["claim_en"]], 3) == []
    assert finding["detectable"] is None or finding["detectable"]["value"] > SMALLEST
