"""Shares: exact and score intervals, and regressions whose outcome lies between 0 and 1.

Wilson, E. B. (1927), "Probable Inference, the Law of Succession, and Statistical Inference", JASA
22. Clopper, C. J. and E. S. Pearson (1934), "The Use of Confidence or Fiducial Limits Illustrated
in the Case of the Binomial", Biometrika 26(4): covers at least 95 %, mostly more.
Papke, L. E. and J. M. Wooldridge (1996), "Econometric Methods for Fractional Response Variables
with an Application to 401(k) Plan Participation Rates", Journal of Applied Econometrics 11(6).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import special
from statsmodels.stats.proportion import proportion_confint

from ebpm.methods.bias_reduced import bias_reduced
from ebpm.methods.covariance import Fit, clustered
from ebpm.methods.regression import (
    Errors,
    Regression,
    chosen_errors,
    inference_table,
    smaller_sides,
)
from ebpm.methods.requirements import MethodError, groups_of, require_complete, weights_of
from ebpm.methods.result import LEVEL, Estimate

# A fitted share nearer to 0 or 1 than this: a regressor tells the rows apart without error.
SEPARATED = 1e-10


def wilson(successes: int, n: int, *, design: str = "description") -> Estimate:
    """Share (0–1) of independent cases with Wilson's score interval; tests nothing.

    Raises MethodError unless 0 <= successes <= n and n >= 1.
    """
    p, low, high = _interval(successes, n, "wilson")
    return Estimate(p, low, high, None, n, None, "wilson", design)


def clopper_pearson(successes: int, n: int, *, design: str = "description") -> Estimate:
    """Share (0–1) with the exact interval, which covers 95 % or more whatever the share."""
    p, low, high = _interval(successes, n, "beta")
    return Estimate(p, low, high, None, n, None, "clopper_pearson", design)


def _interval(successes: int, n: int, kind: str) -> tuple[float, float, float]:
    if not 0 <= successes <= n or n < 1 or int(successes) != successes or int(n) != n:
        raise MethodError("件数は0以上の整数、全体は1以上で件数以上の整数にしてください。")
    low, high = proportion_confint(successes, n, alpha=1 - LEVEL, method=kind)
    return successes / n, float(low), float(high)


def fractional_logit(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    cluster: str,
    weights: str | None = None,
    errors: Errors | None = None,
) -> Regression:
    """Average marginal differences in a share `outcome` (0–1), per unit of each regressor.

    The logit mean is fitted by quasi-likelihood (`weights`: the cases behind each share, say). A
    0/1 regressor is set to 1 and to 0 in all rows; another is moved by an infinitesimal step. The
    regressors are taken as given. Errors: the delta method on CR1 or CR2, chosen as by `ols`.
    Raises MethodError as `ols` does, on an outcome outside 0–1, and where a regressor tells 0 from
    1 without error.
    """
    columns = [outcome, *regressors, cluster, *([weights] if weights else [])]
    require_complete(frame, list(dict.fromkeys(columns)))
    y, w, groups = (
        frame[outcome].to_numpy(float),
        weights_of(frame, weights),
        groups_of(frame, cluster),
    )
    x = np.column_stack([frame[list(regressors)].to_numpy(float), np.ones(len(frame))])
    beta, mu = _quasi_likelihood(y, x, w)
    ame, gradient = _marginal(x, beta, w, len(regressors))
    root = np.sqrt(w * mu * (1 - mu))
    inverse = np.linalg.inv(np.vstack([gradient, np.eye(x.shape[1])[-1]]))
    turned = x @ inverse * root[:, None]
    bread = np.linalg.inv(turned.T @ turned)
    fit = Fit(turned, w * (y - mu) / root, np.ones(len(y)), bread, (), x.shape[1])
    treated = smaller_sides(frame, regressors, (groups,))
    errors = chosen_errors(errors, (groups,), treated)
    g = int(groups.max()) + 1
    if errors == "CR2":
        variance, degrees = bias_reduced(fit, groups)
    else:
        variance, degrees = clustered(fit, groups), np.full(x.shape[1], g - 1.0)
    table = inference_table(ame, variance[:-1], degrees[:-1], list(regressors))
    method = "fractional_logit_cr2" if errors == "CR2" else "fractional_logit"
    design = "cross_section_controls" if len(regressors) > 1 else "cross_section"
    return Regression(table, len(y), g, method, design, errors, treated)


def _quasi_likelihood(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and fitted shares."""
    if ((y < 0) | (y > 1)).any() or y.min() == y.max():
        raise MethodError("結果の列は0から1の割合で、値に違いがある必要があります。")
    if np.linalg.matrix_rank(x / np.abs(x).max(axis=0)) < x.shape[1] or len(y) <= x.shape[1]:
        raise MethodError("説明変数が互いに重複しているか、行の数が足りません。")
    fit = sm.GLM(y, x, family=sm.families.Binomial(), var_weights=w).fit(tol=1e-12)
    mu = np.asarray(fit.mu)
    if not fit.converged or (mu * (1 - mu)).min() < SEPARATED:
        raise MethodError(
            "説明変数が結果の0と1を誤差なく分けてしまうため、計算できません。その変数を外してください。"
        )
    return np.asarray(fit.params), mu


def _marginal(
    x: np.ndarray, beta: np.ndarray, w: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Average marginal differences (k) and their derivatives by the coefficients (k × K)."""
    share = w / w.sum()
    values, gradients = [], []
    for j in range(k):
        if set(np.unique(x[:, j])) == {0.0, 1.0}:
            sides = [np.where(np.arange(len(beta)) == j, side, x) for side in (1.0, 0.0)]
            one, zero = (special.expit(side @ beta) for side in sides)
            values.append(share @ (one - zero))
            slopes = (share * one * (1 - one)) @ sides[0] - (share * zero * (1 - zero)) @ sides[1]
            gradients.append(slopes)
        else:
            mu = special.expit(x @ beta)
            v = mu * (1 - mu)
            values.append(beta[j] * (share @ v))
            own = (share @ v) * np.eye(len(beta))[j]
            gradients.append(own + beta[j] * ((share * v * (1 - 2 * mu)) @ x))
    return np.array(values), np.array(gradients)
