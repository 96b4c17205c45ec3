"""Correlation and partial correlation with intervals.

Bonett, D. G. and T. A. Wright (2000), "Sample size requirements for estimating Pearson, Kendall
and Spearman correlations", Psychometrika 65: variance of the Fisher z of a rank correlation, for
independent rows of equal weight.
Deville, J.-C. (1999), "Variance estimation for complex statistics and estimators: linearization
and residual techniques", Survey Methodology 25(2): with clusters or weights, the variance of z is
that of its influence values, summed within clusters. What a row with much leverage hides is
allowed for as in HC2, and t has Kish's effective number of clusters less 1 degrees of freedom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.regression import COLLINEARITY_TOLERANCE, MIN_CLUSTERS, MIN_ROWS
from ebpm.methods.requirements import MethodError, groups_of, require_complete, weights_of
from ebpm.methods.result import LEVEL, Check, Estimate

# A cluster that is most of the data would leave nothing to see its error by.
MOST_LEVERAGE = 0.9
# A coefficient nearer to ±1 than this is ±1: no error can be estimated from it.
PERFECT = 1e-10


@dataclass(frozen=True)
class _Linear:
    """The coefficient r, and for each row its influence on z = artanh r and its leverage (n)."""

    r: float
    influence: np.ndarray
    leverage: np.ndarray


def correlation(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    given: Sequence[str] = (),
    rank: bool = True,
    cluster: str | None = None,
    weights: str | None = None,
) -> Estimate:
    """Spearman (or Pearson) correlation of `x` and `y`, holding `given` constant if any.

    A partial rank correlation is the correlation of the residuals of ranks; weighted ranks count
    the weight that lies below. With `cluster` or `weights` the interval allows for them. Raises
    MethodError on missing values, fewer than 4 + len(given) rows, one cluster, weights of 0 or
    less, a column that does not vary (by itself), or perfect correlation.
    """
    columns = [x, y, *given, *([cluster] if cluster else []), *([weights] if weights else [])]
    require_complete(frame, columns)
    if len(frame) < 4 + len(given):
        raise MethodError("行が少なすぎるため、相関を計算できません。")
    w = weights_of(frame, weights)
    share = w / w.sum()
    linear = _linear(frame[[x, y, *given]], share, rank=rank)
    z = np.arctanh(linear.r)
    groups = groups_of(frame, cluster) if cluster else np.arange(len(frame))
    effective = 1 / float((np.bincount(groups, share) ** 2).sum())
    if cluster or weights:
        error, reference = _error(linear, share, groups), stats.t(effective - 1)
    else:
        variance = (1 + linear.r**2 / 2 if rank else 1.0) / (len(frame) - len(given) - 3)
        error, reference = float(np.sqrt(variance)), stats.norm()
    reach = reference.ppf((1 + LEVEL) / 2) * error
    kind = ("weighted_" if weights else "") + ("spearman" if rank else "pearson")
    return Estimate(
        linear.r,
        float(np.tanh(z - reach)),
        float(np.tanh(z + reach)),
        float(2 * reference.sf(abs(z) / error)),
        len(frame),
        int(groups.max()) + 1 if cluster else None,
        ("partial_" if given else "") + kind,
        "cross_section_controls" if given else "cross_section",
        _checks(int(groups.max()) + 1, effective, clustered=bool(cluster), weighted=bool(weights)),
    )


def _checks(g: int, effective: float, *, clustered: bool, weighted: bool) -> tuple[Check, ...]:
    checks: tuple[Check, ...] = ()
    if clustered:
        checks += (Check("enough_clusters", g >= MIN_CLUSTERS, float(g)),)
    if clustered and weighted:
        checks += (Check("effective_clusters", effective >= MIN_CLUSTERS, effective),)
    if weighted and not clustered:
        checks += (Check("effective_sample", effective >= MIN_ROWS, effective),)
    return checks


def _linear(values: pd.DataFrame, share: np.ndarray, *, rank: bool) -> _Linear:
    """Correlation of the first two columns, what the others explain taken out (weighted)."""
    table = values.to_numpy(float)
    scores = np.column_stack([_weight_below(v, share) for v in table.T]) if rank else table
    given = np.column_stack([np.ones(len(table)), scores[:, 2:]])
    root = np.sqrt(share)[:, None]
    slopes = np.linalg.lstsq(given * root, scores[:, :2] * root, rcond=None)[0]
    residual = scores[:, :2] - given @ slopes
    for i in (0, 1):
        if np.abs(residual[:, i]).max() <= COLLINEARITY_TOLERANCE * np.abs(scores[:, i]).max():
            raise MethodError(f"{values.columns[i]} に固有の変動がないため、相関を計算できません。")
    deviation = np.sqrt(share @ residual**2)
    a, b = (residual / deviation).T
    r = float(share @ (a * b))
    if abs(r) > 1 - PERFECT:
        raise MethodError("二つの列が完全に対応しているため、相関の誤差を推定できません。")
    influence = a * b - r / 2 * (a**2 + b**2)
    if rank:
        pulls = np.column_stack([b - r * a, a - r * b]) / deviation
        pulls = np.column_stack([pulls, -pulls @ slopes[1:].T])
        influence += _of_ranks(table, share[:, None] * pulls, share)
    projection = np.linalg.qr(given * root)[0]
    leverage = (projection**2).sum(axis=1) + share * (a**2 - 2 * r * a * b + b**2) / (1 - r**2)
    return _Linear(r, influence / (1 - r**2), leverage)


def _weight_below(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weight of the rows with a lower value than each, and half of the weight of its equals."""
    place = np.unique(values, return_inverse=True)[1]
    total = np.bincount(place, weight)
    return np.asarray((np.cumsum(total) - total / 2)[place])


def _of_ranks(table: np.ndarray, pulls: np.ndarray, share: np.ndarray) -> np.ndarray:
    """What each row adds to r by its weight in the ranks of the others (`pulls`: dr/drank)."""
    added = np.zeros(len(table))
    for values, pull in zip(table.T, pulls.T, strict=True):
        above = pull.sum() - _weight_below(values, pull)
        added += above - pull @ _weight_below(values, share)
    return added


def _error(linear: _Linear, share: np.ndarray, groups: np.ndarray) -> float:
    sums = np.bincount(groups, share * linear.influence)
    hidden = np.minimum(np.bincount(groups, linear.leverage), MOST_LEVERAGE)
    return float(np.sqrt((sums**2 / (1 - hidden)).sum()))
