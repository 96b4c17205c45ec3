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
    `standard_error` and `degrees` (of freedom of the t distribution; None: normal) are given where
    the interval was made from them; they are on the scale on which the method works.
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
    standard_error: float | None = None
    degrees: float | None = None

    def scaled(self, factor: float) -> Self:
        """The same result in another unit, for example per 10 points instead of per 1."""
        low, high = sorted((self.ci_low * factor, self.ci_high * factor))
        error = None if self.standard_error is None else self.standard_error * abs(factor)
        point = self.estimate * factor
        return replace(self, estimate=point, ci_low=low, ci_high=high, standard_error=error)

    def percent_of_log(self) -> Self:
        """A difference in natural logarithms as a difference in per cent: 100 · (exp(b) - 1)."""
        point, low, high = (
            100 * math.expm1(value) for value in (self.estimate, self.ci_low, self.ci_high)
        )
        error = None
        if self.standard_error is not None:
            error = 100 * math.exp(self.estimate) * self.standard_error  # delta method
        return replace(self, estimate=point, ci_low=low, ci_high=high, standard_error=error)


def estimate_of_t(
    estimate: float,
    standard_error: float,
    degrees: float | None,
    *,
    n: int,
    n_clusters: int | None = None,
    method: str,
    design: str,
    checks: tuple[Check, ...] = (),
) -> Estimate:
    """An Estimate with the symmetric 95 % interval of t (`degrees` None or infinite: normal).

    A standard error of 0 gives p = 0, or 1 where the estimate itself is 0.
    """
    # Imported here: results are read where nothing is computed, and SciPy is slow to load.
    from scipy import stats

    finite = degrees is not None and math.isfinite(degrees)
    distribution = stats.t(degrees) if finite else stats.norm()
    reach = float(distribution.ppf((1 + LEVEL) / 2)) * standard_error
    t = abs(estimate) / standard_error if standard_error > 0 else math.inf * abs(estimate)
    p = 1.0 if estimate == 0 else float(2 * distribution.sf(t))
    return Estimate(
        float(estimate),
        float(estimate - reach),
        float(estimate + reach),
        p,
        n,
        n_clusters,
        method,
        design,
        checks,
        float(standard_error),
        float(degrees) if finite and degrees is not None else None,
    )
