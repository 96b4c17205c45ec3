"""Entropy balancing: weights that make the control rows alike to the treated ones.

The estimand is the average difference among the treated rows. The weights are those closest to
equal weights under which the moments of the covariates agree exactly; the error is that of stacked
M-estimation and allows for the estimated weights. Leverages (see `ebpm.methods.balance`) are those
of the weighted regression of the controls on what is balanced, and of the mean of the treated.

Hainmueller, J. (2012), "Entropy Balancing for Causal Effects: A Multivariate Reweighting Method to
Produce Balanced Samples in Observational Studies", Political Analysis 20(1). Zhao, Q. and
D. Percival (2017), "Entropy Balancing is Doubly Robust", Journal of Causal Inference 5(1).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from ebpm.methods.balance import (
    Comparison,
    balance_of,
    cluster_checks,
    common_range,
    group_error,
    leverage,
    standardised,
    treated_rows,
    with_constant,
)
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import estimate_of_t

ROUNDS = 200
# Largest difference that is left between the means, in standard deviations.
TOLERANCE = 1e-9
HALVINGS = 40
# Share of the decrease along the slope that a step must reach, and what rounding hides.
ARMIJO, ROUNDING = 1e-4, 1e-14


def entropy_balance(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    covariates: Sequence[str],
    moments: int = 1,
    cluster: str | None = None,
    small_sample: bool = True,
) -> Comparison:
    """Mean outcome of the treated rows less the mean of the controls weighted to be like them.

    `treated` is 0/1 or bool; the result is in the unit of `outcome`. `moments=2` balances squares,
    too. Weights add up to one in each group, those of the treated are equal; the overlap is the
    share of treated rows whose index of weights lies in the range of the controls. Raises
    MethodError on missing values, collinear covariates, an empty group, or where no weights do.
    """
    require_complete(frame, [outcome, treated, *covariates, *([cluster] if cluster else [])])
    d, y = treated_rows(frame, treated), frame[outcome].to_numpy(float)
    x = _moments(frame, covariates, moments)
    index = x @ _tilt(x[~d], x[d].mean(axis=0))
    w = np.where(d, 1 / d.sum(), 0.0)
    w[~d] = special.softmax(index[~d])
    clusters = frame[cluster] if cluster else None
    of_controls = leverage(np.column_stack([np.ones(len(x)), x]), np.where(d, 0.0, w))
    error, degrees, g = group_error(
        _influence(y, x, d, w),
        np.where(d, w, of_controls),
        clusters,
        small_sample=small_sample,
    )
    balance = balance_of(frame, d, covariates, w, float(common_range(index, d)[d].mean()))
    estimate = estimate_of_t(
        float(w[d] @ y[d] - w[~d] @ y[~d]),
        error,
        degrees,
        n=len(frame),
        n_clusters=g,
        method="entropy_balancing",
        design="matching",
        checks=(*balance.checks, *cluster_checks(clusters, d)),
    )
    return Comparison(estimate, pd.Series(w, index=frame.index, name="weight"), balance)


def _moments(frame: pd.DataFrame, covariates: Sequence[str], moments: int) -> np.ndarray:
    """The columns to balance, in standard deviations (n × K); squares of two values tell nothing."""
    if moments not in {1, 2}:
        raise MethodError("moments は 1 か 2 にしてください。")
    x = with_constant(frame, covariates)[:, 1:]
    if moments == 1:
        return x
    varied = [i for i, name in enumerate(covariates) if frame[name].nunique() > 2]
    return standardised(np.column_stack([x, x[:, varied] ** 2]))[:, 1:]


def _tilt(controls: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Newton's method on the dual: log Σ exp(λ'(x - target)) is least where the means agree."""
    gap = controls - target
    tilt = np.zeros(gap.shape[1])
    for _ in range(ROUNDS):
        w = special.softmax(gap @ tilt)
        slope = w @ gap
        if np.abs(slope).max() < TOLERANCE:
            return tilt
        centred = gap - slope
        hessian = centred.T @ (centred * w[:, None])
        step = np.linalg.lstsq(hessian, slope, rcond=None)[0]
        shorter = _halved(gap, tilt, step, float(slope @ step))
        if shorter is None:
            break
        tilt = shorter
    raise MethodError(
        "実施した対象の条件の平均に届く重みがありません（重なりが足りません）。"
        "条件を減らすか、似た相手のいる対象に絞ってください。"
    )


def _halved(
    gap: np.ndarray, tilt: np.ndarray, step: np.ndarray, decrease: float
) -> np.ndarray | None:
    """The Newton step, halved until the dual falls enough (Armijo); None where it does not."""
    start = special.logsumexp(gap @ tilt)
    for halving in range(HALVINGS):
        size = 0.5**halving
        enough = start - ARMIJO * size * decrease + ROUNDING * abs(start)
        if special.logsumexp(gap @ (tilt - size * step)) <= enough:
            return np.asarray(tilt - size * step)
    return None


def _influence(y: np.ndarray, x: np.ndarray, d: np.ndarray, w: np.ndarray) -> np.ndarray:
    """How far each row moves the estimate: what the covariates do not account for (n).

    `slope` is that of the weighted regression of the controls: it turns the error of the means
    that are balanced into one of the outcome.
    """
    own = w[~d, None]
    centred = x - (x[~d] * own).sum(axis=0)
    controls = centred[~d]
    mean = float(w[~d] @ y[~d])
    slope = np.linalg.lstsq(
        controls.T @ (controls * own), controls.T @ (w[~d] * y[~d]), rcond=None
    )[0]
    residual = y - centred @ slope
    residual = residual - np.where(d, residual[d].mean(), mean)
    return np.asarray(np.where(d, w, -w) * residual)
