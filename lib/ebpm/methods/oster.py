"""Coefficient stability: selection on what was measured as a guide to what was not.

Only numbers about a regression; they carry no design of their own.

Oster, E. (2019), "Unobservable Selection and Coefficient Stability: Theory and Evidence", Journal
of Business & Economic Statistics 37(2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError
from ebpm.methods.sensitivity import classical

OSTER_R2 = 1.3


@dataclass(frozen=True)
class Selection:
    """`beta` under `delta_assumed`, and `delta` that would bring it to 0."""

    beta: float
    delta: float
    delta_assumed: float
    r2_max: float
    beta_short: float
    r2_short: float
    beta_long: float
    r2_long: float


def oster(
    frame: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    controls: Sequence[str],
    r2_max: float | None = None,
    delta: float = 1.0,
) -> Selection:
    """What is left if selection on the unmeasured is `delta` times that on the controls.

    `r2_max` is the R² had all been measured (default: 1.3 times that with controls, at most 1). The
    solution is exact, with the bias in the direction in which the controls moved the estimate.
    Raises MethodError on missing values, collinear columns, `r2_max` below the R² with controls, or
    where no solution exists.
    """
    short = classical(frame, outcome, [exposure])
    long = classical(frame, outcome, [exposure, *controls])
    most = min(1.0, OSTER_R2 * long.r2) if r2_max is None else r2_max
    if not long.r2 <= most <= 1:
        raise MethodError("r2_max は、条件をそろえた回帰の決定係数以上 1 以下にしてください。")
    beta_short, beta = short.beta[exposure], long.beta[exposure]
    of_outcome, of_exposure = (float(frame[name].var(ddof=0)) for name in (outcome, exposure))
    above, below = _polynomials(
        beta_short - beta,
        of_outcome * (long.r2 - short.r2),
        of_outcome * (most - long.r2),
        of_exposure,
        of_exposure * (1 - classical(frame, exposure, controls).r2),
    )
    bias = _bias(above - delta * below, beta_short - beta)
    at_zero = float(np.polyval(below, beta))
    to_zero = float(np.polyval(above, beta)) / at_zero if at_zero else math.inf
    return Selection(beta - bias, to_zero, delta, most, beta_short, short.r2, beta, long.r2)


def _polynomials(
    moved: float, explained: float, unexplained: float, variance: float, own: float
) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator of delta as cubic polynomials in the bias (highest power first).

    `moved` is the short less the long coefficient, `explained` and `unexplained` the variances of
    the outcome that controls add and that are left to the unmeasured, `own` the part of the
    exposure's `variance` that controls do not explain.
    """
    shared = own * variance - own**2
    cross = own * moved * variance
    above = [shared, 2 * cross, explained * own + variance * own * moved**2, 0.0]
    below = [shared, cross, unexplained * (variance - own), unexplained * moved * variance]
    return np.array(above), np.array(below)


def _bias(equation: np.ndarray, moved: float) -> float:
    """The smallest real root with the sign of `moved` (Oster's third assumption)."""
    if moved == 0:
        return 0.0
    roots = np.roots(equation)
    real = roots.real[np.abs(roots.imag) <= 1e-9 * np.abs(roots).max(initial=1.0)]
    fitting = real[real * moved >= 0]
    if len(fitting) == 0:
        raise MethodError("この delta と r2_max を満たす解がありません。小さい値で試してください。")
    return float(fitting[np.abs(fitting).argmin()])
