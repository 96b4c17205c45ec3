"""Average difference over all rows by regression adjustment (RA), weighting (IPW) or both (AIPW).

The estimand is that of Stata's `teffects, ate`. Errors are those of stacked M-estimation: they
allow for the estimated regressions and propensity score. Leverages (see `ebpm.methods.balance`) are
those of the groups' regressions, weighted in IPW and AIPW; without `small_sample` errors are those
of `teffects`.

Robins, J. M., A. Rotnitzky and L. P. Zhao (1994), "Estimation of Regression Coefficients When Some
Regressors Are Not Always Observed", JASA 89(427). Lunceford, J. K. and M. Davidian (2004),
"Stratification and Weighting via the Propensity Score in Estimation of Causal Treatment Effects: A
Comparative Study", Statistics in Medicine 23(19). Chattopadhyay, A. and J. R. Zubizarreta (2023),
"On the Implied Weights of Linear Regression for Causal Inference", Biometrika 110(3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.balance import (
    Balance,
    Comparison,
    Score,
    balance_of,
    cluster_checks,
    common_range,
    fit_score,
    group_error,
    leverage,
    treated_rows,
    with_constant,
)
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import Estimate, estimate_of_t


@dataclass(frozen=True)
class Mean:
    """The mean outcome had all rows been in one group, with influences, weights and leverages (n).

    Weights and leverages are 0 outside the group.
    """

    value: float
    influence: np.ndarray
    weights: np.ndarray
    leverage: np.ndarray


@dataclass(frozen=True)
class Arm:
    """One group: its rows (0/1), the probability of being in it and its slope by the index."""

    member: np.ndarray
    probability: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True)
class Fit:
    """The regression of one group, predicted for all n rows, and how rows move its coefficients."""

    predicted: np.ndarray
    residual: np.ndarray
    influence: np.ndarray


def ra(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    covariates_outcome: Sequence[str],
    cluster: str | None = None,
    small_sample: bool = True,
) -> Comparison:
    """Regression adjustment: a linear regression in each group, predicted for all rows.

    `treated` is 0/1 or bool; the result is in the unit of `outcome`. The weights are those that
    the regressions imply: negative ones extrapolate. Raises MethodError on missing values,
    collinear covariates, an empty group, or covariates that tell the groups apart without fail.
    """
    d, y = _columns(frame, outcome, treated, covariates_outcome, cluster)
    x = with_constant(frame, covariates_outcome)
    score = fit_score(x, d, "logit")
    means = [_regressed(arm, y, x) for arm in _arms(score, d)]
    balance = _balance(frame, d, covariates_outcome, score, means)
    estimate = _difference(
        frame, d, means, balance, cluster, small_sample, method="regression_adjustment"
    )
    return Comparison(estimate, _weights(frame, means), balance)


def ipw(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    covariates_treatment: Sequence[str],
    cluster: str | None = None,
    link: str = "logit",
    small_sample: bool = True,
) -> Comparison:
    """Inverse probability weighting, weights adding up to one in each group.

    `link` of the propensity score is logit or probit. Unit and errors as in `ra`.
    """
    d, y = _columns(frame, outcome, treated, covariates_treatment, cluster)
    z = with_constant(frame, covariates_treatment)
    score = fit_score(z, d, link)
    means = [_weighted(arm, y, z, score) for arm in _arms(score, d)]
    balance = _balance(frame, d, covariates_treatment, score, means)
    estimate = _difference(
        frame, d, means, balance, cluster, small_sample, method="inverse_probability_weighting"
    )
    return Comparison(estimate, _weights(frame, means), balance)


def aipw(
    frame: pd.DataFrame,
    *,
    outcome: str,
    treated: str,
    covariates_outcome: Sequence[str],
    covariates_treatment: Sequence[str],
    cluster: str | None = None,
    link: str = "logit",
    small_sample: bool = True,
) -> Comparison:
    """Both: right where either the regressions or the propensity score are (doubly robust).

    Unit, link and errors as in `ra` and `ipw`; balance is that of all covariates.
    """
    covariates = list(dict.fromkeys([*covariates_outcome, *covariates_treatment]))
    d, y = _columns(frame, outcome, treated, covariates, cluster)
    x, z = with_constant(frame, covariates_outcome), with_constant(frame, covariates_treatment)
    score = fit_score(z, d, link)
    means = [_augmented(arm, y, x, z, score) for arm in _arms(score, d)]
    balance = _balance(frame, d, covariates, score, means)
    estimate = _difference(
        frame,
        d,
        means,
        balance,
        cluster,
        small_sample,
        method="augmented_inverse_probability_weighting",
    )
    return Comparison(estimate, _weights(frame, means), balance)


def _columns(
    frame: pd.DataFrame,
    outcome: str,
    treated: str,
    covariates: Sequence[str],
    cluster: str | None,
) -> tuple[np.ndarray, np.ndarray]:
    require_complete(frame, [outcome, treated, *covariates, *([cluster] if cluster else [])])
    return treated_rows(frame, treated), frame[outcome].to_numpy(float)


def _arms(score: Score, d: np.ndarray) -> tuple[Arm, Arm]:
    """Treated first; the probabilities of the two groups add up to 1."""
    p, slope = score.probability, score.slope
    return Arm(d.astype(float), p, slope), Arm(1.0 - d, 1 - p, -slope)


def _fit(arm: Arm, y: np.ndarray, x: np.ndarray) -> Fit:
    own = x * arm.member[:, None]
    gram = own.T @ own
    if np.linalg.matrix_rank(own) < x.shape[1]:
        raise MethodError("片方の集団では条件が重複しています。条件を減らしてください。")
    predicted = x @ np.linalg.solve(gram, own.T @ y)
    residual = arm.member * (y - predicted)
    return Fit(predicted, residual, np.linalg.solve(gram, (x * residual[:, None]).T).T)


def _regressed(arm: Arm, y: np.ndarray, x: np.ndarray) -> Mean:
    fit, centre = _fit(arm, y, x), x.mean(axis=0)
    value = float(fit.predicted.mean())
    own = x * arm.member[:, None]
    influence = (fit.predicted - value) / len(y) + fit.influence @ centre
    weights = own @ np.linalg.solve(own.T @ own, centre)
    return Mean(value, influence, weights, leverage(x, arm.member))


def _weighted(arm: Arm, y: np.ndarray, z: np.ndarray, score: Score) -> Mean:
    w = arm.member / arm.probability
    value = float(w @ y / w.sum())
    excess = w * (y - value) / w.sum()
    moved = -(excess * arm.slope / arm.probability) @ z
    return Mean(value, excess + score.influence @ moved, w / w.sum(), leverage(z, w))


def _augmented(arm: Arm, y: np.ndarray, x: np.ndarray, z: np.ndarray, score: Score) -> Mean:
    fit, w = _fit(arm, y, x), arm.member / arm.probability
    each = fit.predicted + fit.residual * w
    value = float(each.mean())
    by_regression = ((1 - w) @ x) / len(y)
    by_score = -(fit.residual * w * arm.slope / arm.probability) @ z / len(y)
    influence = (each - value) / len(y)
    influence += fit.influence @ by_regression + score.influence @ by_score
    return Mean(value, influence, w / w.sum(), leverage(x, w))


def _balance(
    frame: pd.DataFrame,
    d: np.ndarray,
    covariates: Sequence[str],
    score: Score,
    means: Sequence[Mean],
) -> Balance:
    overlap = float(common_range(score.index, d).mean())
    return balance_of(frame, d, covariates, means[0].weights + means[1].weights, overlap)


def _weights(frame: pd.DataFrame, means: Sequence[Mean]) -> pd.Series:
    return pd.Series(means[0].weights + means[1].weights, index=frame.index, name="weight")


def _difference(
    frame: pd.DataFrame,
    d: np.ndarray,
    means: Sequence[Mean],
    balance: Balance,
    cluster: str | None,
    small_sample: bool,
    *,
    method: str,
) -> Estimate:
    clusters = frame[cluster] if cluster else None
    influence = means[0].influence - means[1].influence
    h = means[0].leverage + means[1].leverage
    error, degrees, g = group_error(influence, h, clusters, small_sample=small_sample)
    return estimate_of_t(
        means[0].value - means[1].value,
        error,
        degrees,
        n=len(frame),
        n_clusters=g,
        method=method,
        design="matching",
        checks=(*balance.checks, *cluster_checks(clusters, d)),
    )
