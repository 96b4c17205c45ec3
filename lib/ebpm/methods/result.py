"""The frozen result that every method returns."""

import math
from dataclasses import dataclass, replace
from typing import Self

LEVEL = 0.95


@dataclass(frozen=True)
class Check:
    """One assumption that was checked: `passed` is None where it cannot be checked."""

    name: str
    passed: bool | None
    value: float | None = None


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its 95 % interval, in the unit of the data it was made from.

    `design` is a key of `ebpm.evidence.grade.DESIGNS`: it limits what may be said of the number.
    `p_value` is two-sided against 0 (None for a description, which tests nothing).
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float | None
    n: int
    n_clusters: int | None
    method: str
    design: str
    checks: tuple[Check, ...] = ()

    def scaled(self, factor: float) -> Self:
        """The same result in another unit, for example per 10 points instead of per 1."""
        low, high = sorted((self.ci_low * factor, self.ci_high * factor))
        return replace(self, estimate=self.estimate * factor, ci_low=low, ci_high=high)

    def percent_of_log(self) -> Self:
        """A difference in natural logarithms as a difference in per cent: 100 · (exp(b) - 1)."""
        point, low, high = (
            100 * math.expm1(value) for value in (self.estimate, self.ci_low, self.ci_high)
        )
        return replace(self, estimate=point, ci_low=low, ci_high=high)
