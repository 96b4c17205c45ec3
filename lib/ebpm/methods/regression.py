"""Ordinary least squares with fixed effects and clustered standard errors.

Convention (fixest, reghdfe): the covariance is multiplied by G/(G-1) · (n-1)/(n-K); fixed effects
nested in the clusters do not count in K; inference uses t with G-1 degrees of freedom.

Cameron, A. C. and D. L. Miller (2015), "A Practitioner's Guide to Cluster-Robust Inference",
Journal of Human Resources 50(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.result import LEVEL, Check, Estimate

CONSTANT = "constant"
MIN_CLUSTERS = 30
DEMEANING_TOLERANCE = 1e-12
# A regressor of which less than this share is its own counts as a copy of the others.
COLLINEARITY_TOLERANCE = 1e-8
DEMEANING_ROUNDS = 10_000


class MethodError(ValueError):
    """Data that a method cannot be applied to: what is wrong and what to do."""


@dataclass(frozen=True)
class Regression:
    """All coefficients of one fit: estimate, standard error and interval per regressor."""

    coefficients: pd.DataFrame
    n: int
    n_clusters: int
    method: str
    design: str

    def of(self, name: str) -> Estimate:
        """The coefficient of one regressor as an Estimate."""
        row = self.coefficients.loc[[name]].to_dict("records")[0]
        return Estimate(
            float(row["estimate"]),
            float(row["ci_low"]),
            float(row["ci_high"]),
            float(row["p_value"]),
            self.n,
            self.n_clusters,
            self.method,
            self.design,
            (Check("enough_clusters", self.n_clusters >= MIN_CLUSTERS, float(self.n_clusters)),),
        )


def ols(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    cluster: str,
    fixed_effects: Sequence[str] = (),
    weights: str | None = None,
) -> Regression:
    """Least squares of `outcome` on `regressors`, errors clustered by `cluster`.

    `frame` must hold no missing value in the columns used: rows are dropped by the caller, who
    says how many. Raises MethodError on missing or infinite values, weights of 0 or less,
    collinear regressors, one cluster, or fewer rows than coefficients.
    """
    columns = list(dict.fromkeys([outcome, *regressors, cluster, *fixed_effects]))
    columns += [weights] if weights else []
    require_complete(frame, columns)
    w = frame[weights].to_numpy(float) if weights else np.ones(len(frame))
    if (w <= 0).any():
        raise MethodError("重みは正の数にしてください。零の行は数えてから除いてください。")
    y = frame[outcome].to_numpy(float)
    x = frame[list(regressors)].to_numpy(float)
    size = np.abs(x).max(axis=0, initial=0.0)
    if fixed_effects:
        effects = [pd.factorize(frame[name])[0] for name in fixed_effects]
        y, x = _demean(np.column_stack([y, x]), effects, w)
    else:
        x, size = np.column_stack([x, np.ones(len(frame))]), np.append(size, 1.0)
    _require_independent(x, size)
    groups = pd.factorize(frame[cluster])[0]
    counted = x.shape[1] + _counted_effects(frame, fixed_effects, cluster)
    beta, covariance = _fit(y, x, w, groups, counted)
    names = [*regressors] if fixed_effects else [*regressors, CONSTANT]
    table = _table(beta, covariance, names, int(groups.max()))
    method = "fixed_effects_ols" if fixed_effects else "ols"
    design = "cross_section_controls" if len(regressors) > 1 or fixed_effects else "cross_section"
    return Regression(table, len(frame), int(groups.max()) + 1, method, design)


def require_complete(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raises MethodError where one of the columns holds a missing or an infinite value."""
    infinite = [np.inf, -np.inf]
    incomplete = [n for n in columns if frame[n].isna().any() or frame[n].isin(infinite).any()]
    if incomplete:
        raise MethodError(
            f"欠測か無限大のある列：{', '.join(incomplete)}。除く行を数えてから渡してください。"
        )


def _require_independent(x: np.ndarray, size: np.ndarray) -> None:
    """Refuses copies whatever their units; `size` is that of each column before demeaning."""
    scaled = x / np.where(size > 0, size, 1.0) / np.sqrt(len(x))
    if np.linalg.matrix_rank(scaled, tol=COLLINEARITY_TOLERANCE) < x.shape[1]:
        raise MethodError("説明変数が互いに重複しています。どれかを外してください。")


def _demean(
    values: np.ndarray, effects: Sequence[np.ndarray], w: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Within transformation by alternating projections (Guimarães and Portugal 2010)."""
    totals = [np.bincount(codes, w) for codes in effects]
    limit = DEMEANING_TOLERANCE * np.abs(values).max(axis=0)
    for _ in range(DEMEANING_ROUNDS):
        before = values
        for codes, total in zip(effects, totals, strict=True):
            sums = np.column_stack([np.bincount(codes, w * column) for column in values.T])
            values = values - (sums / total[:, None])[codes]
        if len(effects) == 1 or (np.abs(values - before).max(axis=0) <= limit).all():
            return values[:, 0], values[:, 1:]
    raise MethodError("固定効果の計算が収束しません。効果の組合せを減らしてください。")


def _counted_effects(frame: pd.DataFrame, effects: Sequence[str], cluster: str) -> int:
    """Degrees of freedom that the effects use up: nested ones count as the one constant."""
    if not effects:
        return 0
    nested = [name for name in effects if frame.groupby(name)[cluster].nunique().max() == 1]
    free = sum(frame[name].nunique() - 1 for name in effects if name not in nested)
    return int(free) + 1


def _fit(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, groups: np.ndarray, counted: int
) -> tuple[np.ndarray, np.ndarray]:
    clusters = int(groups.max()) + 1
    if clusters < 2:
        raise MethodError("クラスターが一つしかないため、誤差を推定できません。")
    if len(y) <= counted:
        raise MethodError("行の数が、求める係数の数に比べて少なすぎます。")
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    beta = bread @ (x.T @ (w * y))
    scores = x * (w * (y - x @ beta))[:, None]
    sums = np.column_stack([np.bincount(groups, column) for column in scores.T])
    factor = clusters / (clusters - 1) * (len(y) - 1) / (len(y) - counted)
    return beta, factor * bread @ (sums.T @ sums) @ bread


def _table(
    beta: np.ndarray, covariance: np.ndarray, names: list[str], degrees: int
) -> pd.DataFrame:
    error = np.sqrt(np.diag(covariance))
    reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * error
    certain = np.where(beta == 0, 0.0, np.inf)
    t = np.divide(np.abs(beta), error, out=certain, where=error > 0)
    return pd.DataFrame(
        {
            "estimate": beta,
            "standard_error": error,
            "ci_low": beta - reach,
            "ci_high": beta + reach,
            "p_value": 2 * stats.t.sf(t, degrees),
        },
        index=names,
    )
