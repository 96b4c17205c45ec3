"""Correlation and partial correlation with intervals.

Bonett, D. G. and T. A. Wright (2000), "Sample size requirements for estimating Pearson, Kendall
and Spearman correlations", Psychometrika 65: variance of the Fisher z of a rank correlation.
Field, C. A. and A. H. Welsh (2007), "Bootstrapping clustered data", JRSS B 69: with clusters, the
standard error of z comes from resampling whole clusters.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.regression import (
    COLLINEARITY_TOLERANCE,
    MIN_CLUSTERS,
    MethodError,
    require_complete,
)
from ebpm.methods.result import LEVEL, Check, Estimate

CLUSTER_DRAWS = 499
SEED = 20_260_401


def correlation(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    given: Sequence[str] = (),
    rank: bool = True,
    cluster: str | None = None,
) -> Estimate:
    """Spearman (or Pearson) correlation of `x` and `y`, holding `given` constant if any.

    A partial rank correlation is the correlation of the residuals of ranks. With `cluster` the
    interval allows for clusters (t, G-1 degrees of freedom). Raises MethodError on missing values,
    fewer than 4 + len(given) rows, one cluster, or a column that does not vary (by itself).
    """
    columns = [x, y, *given]
    require_complete(frame, [*columns, cluster] if cluster else columns)
    if len(frame) < 4 + len(given):
        raise MethodError("行が少なすぎるため、相関を計算できません。")
    values = frame[columns].to_numpy(float)
    r = _coefficient(values, columns, rank=rank)
    z = np.arctanh(r)
    g: int | None = None
    checks: tuple[Check, ...] = ()
    error = float(np.sqrt((1 + r**2 / 2 if rank else 1.0) / (len(frame) - len(given) - 3)))
    reference = stats.norm()
    if cluster:
        g = int(frame[cluster].nunique())
        codes = pd.factorize(frame[cluster])[0]
        rows = [np.flatnonzero(codes == code) for code in range(g)]
        error = _clustered_error(values, columns, rows, rank=rank)
        reference = stats.t(g - 1)
        checks = (Check("enough_clusters", g >= MIN_CLUSTERS, float(g)),)
    reach = reference.ppf((1 + LEVEL) / 2) * error
    return Estimate(
        r,
        float(np.tanh(z - reach)),
        float(np.tanh(z + reach)),
        float(2 * reference.sf(abs(z) / error)),
        len(frame),
        g,
        ("partial_" if given else "") + ("spearman" if rank else "pearson"),
        "cross_section_controls" if given else "cross_section",
        checks,
    )


def _coefficient(values: np.ndarray, names: Sequence[str], *, rank: bool) -> float:
    """Correlation of the first two columns, what the others explain taken out."""
    table = stats.rankdata(values, axis=0) if rank else values
    given = np.column_stack([np.ones(len(table)), table[:, 2:]])
    a, b = (_residual(table[:, i], given, names[i]) for i in (0, 1))
    return float(np.corrcoef(a, b)[0, 1])


def _clustered_error(
    values: np.ndarray, names: Sequence[str], rows: Sequence[np.ndarray], *, rank: bool
) -> float:
    """Standard deviation of Fisher's z over draws of whole clusters (seeded)."""
    if len(rows) < 2:
        raise MethodError("クラスターが一つしかないため、誤差を推定できません。")
    random = np.random.default_rng(SEED)
    draws = []
    for _ in range(CLUSTER_DRAWS):
        drawn = np.concatenate([rows[i] for i in random.integers(0, len(rows), len(rows))])
        draws.append(np.arctanh(_coefficient(values[drawn], names, rank=rank)))
    return float(np.std(draws, ddof=1))


def _residual(y: np.ndarray, x: np.ndarray, name: str) -> np.ndarray:
    residual = np.asarray(y - x @ np.linalg.lstsq(x, y, rcond=None)[0])
    if np.abs(residual).max() <= COLLINEARITY_TOLERANCE * np.abs(y).max():
        raise MethodError(f"{name} に固有の変動がないため、相関を計算できません。")
    return residual
