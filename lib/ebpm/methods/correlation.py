"""Correlation and partial correlation with intervals.

Bonett, D. G. and T. A. Wright (2000), "Sample size requirements for estimating Pearson, Kendall
and Spearman correlations", Psychometrika 65: variance of the Fisher z of a rank correlation.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.regression import COLLINEARITY_TOLERANCE, MethodError, require_complete
from ebpm.methods.result import LEVEL, Estimate


def correlation(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    given: Sequence[str] = (),
    rank: bool = True,
) -> Estimate:
    """Spearman (or Pearson) correlation of `x` and `y`, holding `given` constant if any.

    A partial rank correlation is the correlation of the residuals of ranks. Raises MethodError on
    missing values, fewer than 4 + len(given) rows, or a column that does not vary (by itself).
    """
    columns = [x, y, *given]
    require_complete(frame, columns)
    if len(frame) < 4 + len(given):
        raise MethodError("行が少なすぎるため、相関を計算できません。")
    values = frame[columns].rank() if rank else frame[columns]
    a, b = (_residual(values[name], values[list(given)]) for name in (x, y))
    r = float(np.corrcoef(a, b)[0, 1])
    variance = (1 + r**2 / 2 if rank else 1.0) / (len(frame) - len(given) - 3)
    z, reach = np.arctanh(r), stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(variance)
    name = ("partial_" if given else "") + ("spearman" if rank else "pearson")
    return Estimate(
        r,
        float(np.tanh(z - reach)),
        float(np.tanh(z + reach)),
        float(2 * stats.norm.sf(abs(z) / np.sqrt(variance))),
        len(frame),
        None,
        name,
        "cross_section_controls" if given else "cross_section",
    )


def _residual(values: pd.Series, given: pd.DataFrame) -> np.ndarray:
    x = np.column_stack([np.ones(len(values)), given.to_numpy(float)])
    y = values.to_numpy(float)
    residual = np.asarray(y - x @ np.linalg.lstsq(x, y, rcond=None)[0])
    if np.abs(residual).max() <= COLLINEARITY_TOLERANCE * np.abs(y).max():
        raise MethodError(f"{values.name} に固有の変動がないため、相関を計算できません。")
    return residual
