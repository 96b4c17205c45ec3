"""Adjusted p-values against published values and the definitions by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ebpm.methods.multiple import Adjusted, benjamini_hochberg, benjamini_yekutieli, holm
from ebpm.methods.requirements import MethodError

PRINTED = 5e-8  # the reference values are given with seven decimals
SAME = 1e-12
P = dict(zip("abcdefg", (0.01, 0.02, 0.03, 0.04, 0.05, 0.2, 0.001), strict=True))


def test_the_false_discovery_rate_is_the_published_one() -> None:
    result = benjamini_hochberg(P)
    expected = (0.035, 0.0466667, 0.0525, 0.056, 0.0583333, 0.2, 0.007)
    assert result.adjusted == pytest.approx(expected, abs=PRINTED)
    assert result.names == tuple("abcdefg") and result.p_values == tuple(P.values())
    assert result.rejected == (True, True, False, False, False, False, True)


def test_holm_by_hand() -> None:
    """Sorted .001 .01 .02 .03 .04 .05 .2 times 7 6 5 4 3 2 1, never falling: .007 .06 .1 .12 …"""
    result = holm(P)
    expected = (0.06, 0.1, 0.12, 0.12, 0.12, 0.2, 0.007)
    assert result.adjusted == pytest.approx(expected, rel=SAME)
    assert [name for name, found in zip(result.names, result.rejected, strict=True) if found] == [
        "g"
    ]


def test_under_dependence_the_rate_is_multiplied_by_the_harmonic_sum() -> None:
    harmonic = (1 / np.arange(1, 8)).sum()
    expected = np.minimum(np.array(benjamini_hochberg(P).adjusted) * harmonic, 1)
    assert benjamini_yekutieli(P).adjusted == pytest.approx(tuple(expected), rel=SAME)


def test_what_chance_alone_would_find() -> None:
    result = benjamini_hochberg(P)
    assert result.expected_by_chance == pytest.approx(7 * 0.05)
    assert result.chance_of_any == pytest.approx(1 - 0.95**7)
    assert result.unadjusted_count == 6  # 0.05 itself is counted
    strict = benjamini_hochberg(P, level=0.01)
    assert (strict.expected_by_chance, strict.unadjusted_count) == (pytest.approx(0.07), 2)
    assert sum(strict.rejected) == 1


@pytest.mark.parametrize("adjust", [benjamini_hochberg, benjamini_yekutieli, holm])
def test_adjustment_never_lowers_a_p_value_and_keeps_the_order_of_names(adjust: Any) -> None:
    result: Adjusted = adjust(P)
    assert all(a >= p for a, p in zip(result.adjusted, result.p_values, strict=True))
    assert all(
        found == (a <= 0.05) for a, found in zip(result.adjusted, result.rejected, strict=True)
    )
    turned: Adjusted = adjust(dict(reversed(P.items())))
    assert turned.adjusted == pytest.approx(result.adjusted[::-1], rel=SAME)
    assert adjust({"only": 0.03}).adjusted == (0.03,)


def test_the_frame_has_a_row_per_test() -> None:
    frame = holm(P).frame
    assert list(frame.columns) == ["name", "p_value", "adjusted", "rejected"]
    assert list(frame["name"]) == list("abcdefg") and frame["rejected"].sum() == 1


def test_the_result_is_frozen_and_named() -> None:
    result = benjamini_hochberg(P)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.level = 0.1  # type: ignore[misc]
    assert [f(P).method for f in (benjamini_hochberg, benjamini_yekutieli, holm)] == [
        "benjamini_hochberg",
        "benjamini_yekutieli",
        "holm",
    ]


def test_false_ones_among_those_found_are_as_few_as_said() -> None:
    """40 tests without and 10 with something there: the mean false share stays within 5 %."""
    random = np.random.default_rng(1)
    shares, unadjusted = [], []
    for _ in range(400):
        z = random.normal(size=50) + np.where(np.arange(50) < 40, 0, 3)
        p = 2 * stats.norm.sf(np.abs(z))
        result = benjamini_hochberg({str(i): float(value) for i, value in enumerate(p)})
        found = np.array(result.rejected)
        shares.append(found[:40].sum() / max(found.sum(), 1))
        raw = np.array(result.p_values) <= 0.05
        unadjusted.append(raw[:40].sum() / max(raw.sum(), 1))
    assert np.mean(shares) < 0.05
    assert np.mean(unadjusted) > 0.12  # the simulation can tell the two apart


@pytest.mark.parametrize("broken", [{}, {"a": float("nan")}, {"a": -0.1}, {"a": 0.5, "b": 1.2}])
@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_p_values_that_are_none_are_refused(adjust: Any, broken: dict[str, float]) -> None:
    with pytest.raises(MethodError, match="p値"):
        adjust(broken)
