"""Ordinary least squares with fixed effects, weights and errors that suit the clusters.

`errors` left open is the safe choice: CR2 with Satterthwaite degrees of freedom where clusters are
few (below 30 in all, or on either side of a 0/1 regressor) or go two ways, CR1 otherwise, HC3
without clusters. The conventions of each are in `ebpm.methods.covariance` (CR1, two-way),
`ebpm.methods.bias_reduced` (CR2) and `ebpm.methods.heteroskedastic` (HC1 to HC3).

Cameron, A. C. and D. L. Miller (2015), "A Practitioner's Guide to Cluster-Robust Inference",
Journal of Human Resources 50(2).
Long, J. S. and L. H. Ervin (2000), "Using Heteroscedasticity Consistent Standard Errors in the
Linear Regression Model", The American Statistician 54(3): HC3 below 250 rows; above it HC3 and HC1
come together unless a few rows (the largest cities) have much leverage, where HC3 is the safer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.bias_reduced import bias_reduced
from ebpm.methods.covariance import Fit, clustered, combined, equal_variance, two_way
from ebpm.methods.heteroskedastic import heteroskedastic
from ebpm.methods.requirements import MethodError, groups_of, require_complete, weights_of
from ebpm.methods.result import LEVEL, Check, Estimate
from ebpm.methods.within import Effects, codes_of, counted_effects, within

__all__ = ["CONSTANT", "MIN_CLUSTERS", "MethodError", "Regression", "ols", "require_complete"]

Errors = Literal["CR1", "CR2", "HC1", "HC2", "HC3", "iid"]

CONSTANT = "constant"
MIN_CLUSTERS = 30
MIN_TREATED = 10
MIN_DEGREES = 4
MIN_ROWS = 30
# A regressor of which less than this share is its own counts as a copy of the others.
COLLINEARITY_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Regression:
    """All coefficients of one fit: a row per regressor with estimate, standard_error, degrees
    (of freedom), ci_low, ci_high, p_value.

    `n_clusters` is the smaller number in two-way clustering, None without clusters; `treated` the
    number of clusters on the smaller side of each 0/1 regressor.
    """

    coefficients: pd.DataFrame
    n: int
    n_clusters: int | None
    method: str
    design: str
    errors: Errors = "CR1"
    treated: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str) -> Estimate:
        """The coefficient of one regressor as an Estimate.

        Raises MethodError where the coefficient rests on a single cluster (CR2) or row (HC2, HC3).
        """
        row = self.coefficients.loc[[name]].to_dict("records")[0]
        if np.isnan(row["standard_error"]):
            raise MethodError(
                f"{name} の係数はただ一つのクラスター（または行）だけで決まるため、"
                "誤差を推定できません。対象を増やすか、この変数を外してください。"
            )
        return Estimate(
            float(row["estimate"]),
            float(row["ci_low"]),
            float(row["ci_high"]),
            float(row["p_value"]),
            self.n,
            self.n_clusters,
            self.method,
            self.design,
            self._checks(name, float(row["degrees"])),
            float(row["standard_error"]),
            float(row["degrees"]),
        )

    def _checks(self, name: str, degrees: float) -> tuple[Check, ...]:
        g = self.n_clusters
        enough = (
            Check("enough_rows", self.n >= MIN_ROWS, float(self.n))
            if g is None
            else Check("enough_clusters", g >= MIN_CLUSTERS, float(g))
        )
        if self.errors in {"CR2", "HC2", "HC3"}:
            return (enough, Check("enough_degrees", degrees >= MIN_DEGREES, degrees))
        if name not in self.treated:
            return (enough,)
        side = self.treated[name]
        return (enough, Check("enough_treated_clusters", side >= MIN_TREATED, float(side)))


def ols(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    cluster: str | tuple[str, str] | None,
    fixed_effects: Sequence[str] = (),
    weights: str | None = None,
    errors: Errors | None = None,
) -> Regression:
    """Least squares of `outcome` on `regressors`, errors clustered by `cluster`.

    `cluster` is a column, two columns (two-way clustering) or None (rows are independent: HC1 to
    HC3, or "iid", which takes all variances for equal). `errors` None is the safe choice of the module's head.
    `frame` must hold no missing value in the columns used: rows are dropped by the caller, who
    says how many. Raises MethodError on missing or infinite values, weights of 0 or less,
    collinear regressors, one cluster, fewer rows than coefficients, or errors that do not go
    with the clusters.
    """
    ways = () if cluster is None else (cluster,) if isinstance(cluster, str) else tuple(cluster)
    columns = [outcome, *regressors, *ways, *fixed_effects, *([weights] if weights else [])]
    require_complete(frame, list(dict.fromkeys(columns)))
    groups = tuple(groups_of(frame, name) for name in ways)
    treated = smaller_sides(frame, regressors, groups)
    chosen = chosen_errors(errors, groups, treated)
    return result_of(
        frame,
        outcome,
        regressors,
        groups=groups,
        fixed_effects=fixed_effects,
        weights=weights,
        errors=chosen,
        treated=treated,
        n=len(frame),
    )


def result_of(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    groups: Effects,
    fixed_effects: Sequence[str],
    weights: str | None,
    errors: Errors,
    treated: Mapping[str, int],
    n: int,
) -> Regression:
    """The fit with everything chosen; `n` is the number of rows that `frame` stands for."""
    w = weights_of(frame, weights)
    beta, fit = fitted(frame, outcome, regressors, groups, fixed_effects, w, rows=n)
    variance, degrees = _inference(fit, groups, errors)
    names = [*regressors] if fixed_effects else [*regressors, CONSTANT]
    base = "fixed_effects_ols" if fixed_effects else "ols"
    clusters = ("_two_way" if len(groups) == 2 else "") + ("_cr2" if errors == "CR2" else "")
    rows = "_hc1" if errors == "HC1" else "_hc2" if errors == "HC2" else "_hc3"
    alone = "_iid" if errors == "iid" else rows
    method = base + (clusters if groups else alone)
    design = "cross_section_controls" if len(regressors) > 1 or fixed_effects else "cross_section"
    table = inference_table(beta, variance, degrees, names)
    smallest = min((int(codes.max()) + 1 for codes in groups), default=None)
    return Regression(table, n, smallest, method, design, errors, treated)


def fitted(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    groups: Effects,
    fixed_effects: Sequence[str],
    w: np.ndarray,
    *,
    rows: int | None = None,
) -> tuple[np.ndarray, Fit]:
    """Coefficients (the constant last, unless there are fixed effects) and the fit.

    `rows` is the number of rows where `frame` holds them grouped.
    """
    effects = codes_of(frame, fixed_effects)
    y, x = frame[outcome].to_numpy(float), frame[list(regressors)].to_numpy(float)
    size = np.abs(x).max(axis=0, initial=0.0)
    if effects:
        taken_out = within(np.column_stack([y, x]), effects, w)
        y, x = taken_out[:, 0], taken_out[:, 1:]
    else:
        x, size = np.column_stack([x, np.ones(len(frame))]), np.append(size, 1.0)
    _require_independent(x, size)
    counted = x.shape[1] + counted_effects(effects, groups)
    if (rows or len(y)) <= counted:
        raise MethodError("行の数が、求める係数の数に比べて少なすぎます。")
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    beta = bread @ (x.T @ (w * y))
    return beta, Fit(x, y - x @ beta, w, bread, effects, counted, rows)


def _require_independent(x: np.ndarray, size: np.ndarray) -> None:
    """Refuses copies whatever their units; `size` is that of each column before demeaning."""
    scaled = x / np.where(size > 0, size, 1.0) / np.sqrt(len(x))
    if np.linalg.matrix_rank(scaled, tol=COLLINEARITY_TOLERANCE) < x.shape[1]:
        raise MethodError("説明変数が互いに重複しています。どれかを外してください。")


def smaller_sides(
    frame: pd.DataFrame, regressors: Sequence[str], groups: Effects
) -> dict[str, int]:
    """For every 0/1 regressor, how many clusters have a 1, or have a 0, whichever is fewer."""
    found: dict[str, int] = {}
    for name in regressors:
        values = frame[name].to_numpy(float)
        if set(np.unique(values)) == {0.0, 1.0}:
            sides = [len(np.unique(g[values == side])) for g in groups for side in (0, 1)]
            found[name] = min(sides, default=0)
    return found


def chosen_errors(errors: Errors | None, groups: Effects, treated: Mapping[str, int]) -> Errors:
    """What was asked for, if it goes with the clusters, or the safe choice."""
    allowed = ("CR1", "CR2") if groups else ("HC1", "HC2", "HC3", "iid")
    if errors is None:
        smallest = min([int(codes.max()) + 1 for codes in groups] + [*treated.values()], default=0)
        few = smallest < MIN_CLUSTERS or len(groups) == 2
        return "HC3" if not groups else "CR2" if few else "CR1"
    if errors not in allowed:
        raise MethodError(
            f"errors={errors} はこのクラスターの指定では使えません。"
            f"使えるもの：{', '.join(allowed)}。"
        )
    return errors


def _inference(fit: Fit, groups: Effects, errors: Errors) -> tuple[np.ndarray, np.ndarray]:
    """Variance and degrees of freedom of every coefficient."""
    k = fit.x.shape[1]
    if errors == "iid":
        return equal_variance(fit), np.full(k, float(fit.n - fit.counted))
    if not groups:
        return heteroskedastic(fit, errors)
    if errors == "CR2":
        variances, degrees = zip(*(bias_reduced(fit, codes) for codes in groups), strict=True)
        one_way = len(groups) == 1
        variance = variances[0] if one_way else combined(fit, groups[0], groups[1], variances)
        return variance, np.min(degrees, axis=0)
    variance = clustered(fit, groups[0]) if len(groups) == 1 else two_way(fit, *groups)
    return variance, np.full(k, float(min(codes.max() for codes in groups)))


def inference_table(
    beta: np.ndarray, variance: np.ndarray, degrees: np.ndarray, names: list[str]
) -> pd.DataFrame:
    """The table of a Regression: t intervals and two-sided p-values against 0."""
    error = np.sqrt(variance)
    reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * error
    certain = np.where(beta == 0, 0.0, np.inf)
    t = np.divide(np.abs(beta), error, out=certain, where=~(error == 0))
    return pd.DataFrame(
        {
            "estimate": beta,
            "standard_error": error,
            "degrees": degrees,
            "ci_low": beta - reach,
            "ci_high": beta + reach,
            "p_value": 2 * stats.t.sf(t, degrees),
        },
        index=names,
    )
