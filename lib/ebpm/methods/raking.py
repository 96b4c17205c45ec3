"""Weights raked to known population totals, and what their errors need.

Deming, W. E. and F. F. Stephan (1940), "On a Least Squares Adjustment of a Sampled Frequency Table
When the Expected Marginal Totals are Known", Annals of Mathematical Statistics 11(4). Deville,
J.-C. and C.-E. Särndal (1992), "Calibration Estimators in Survey Sampling", JASA 87(418): the
variance of a calibrated statistic is that of its residuals on the auxiliary variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError, require_complete

Margins = Mapping[str, Mapping[Any, float]]

TOLERANCE = 1e-10
MAX_ROUNDS = 2_000
# Population tables that are rounded to whole people may differ by this share of their total.
TOTALS_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Calibration:
    """What weights were calibrated on: `auxiliary` (rows × variables) and the weights before."""

    auxiliary: np.ndarray
    base_weights: np.ndarray

    def residual(self, values: np.ndarray) -> np.ndarray:
        """Values less their regression, by the weights before, on the auxiliary variables."""
        root = np.sqrt(self.base_weights)
        slope = np.linalg.lstsq(self.auxiliary * root[:, None], values * root, rcond=None)[0]
        return np.asarray(values - self.auxiliary @ slope)


@dataclass(frozen=True, eq=False)
class Raked:
    """Raked weights (index of the frame) and a report on them.

    `limit` is the largest weight allowed (None: no trimming), `n_at_limit` the rows held there and
    `largest_untrimmed` the largest weight that raking alone gives. `effective_n` is Kish's
    (Σw)²/Σw², `weighting_effect` the rows divided by it.
    """

    weights: pd.Series
    calibration: Calibration
    rounds: int
    limit: float | None
    n_at_limit: int
    largest_untrimmed: float
    effective_n: float
    weighting_effect: float


def rake(
    frame: pd.DataFrame,
    weights: str,
    margins: Margins,
    *,
    max_weight_ratio: float | None = None,
    max_rounds: int = MAX_ROUNDS,
) -> Raked:
    """Iterative proportional fitting of `weights` until every margin holds (to 1e-10 of it).

    `margins` gives for each column the population total of each of its categories. With
    `max_weight_ratio` (> 1) no weight may exceed that many times the mean weight: raking and
    trimming take turns until both hold, so that the margins hold for trimmed weights, too.
    Raises MethodError on missing values, weights of 0 or less, a category without respondents or
    without a total, margins that disagree in total, and where no weights meet them all.
    """
    require_complete(frame, [weights, *margins])
    base = frame[weights].to_numpy(float)
    if len(base) == 0 or (base <= 0).any():
        raise MethodError("回答が一件以上必要で、重みは正の数にしてください。")
    codes, totals = _margins(frame, margins)
    untrimmed, rounds = _fit(base, codes, totals, np.inf, max_rounds)
    limit = None
    w = untrimmed
    if max_weight_ratio is not None:
        limit = _limit(max_weight_ratio, totals[0].sum() / len(base))
        w, rounds = _fit(base, codes, totals, limit, max_rounds)
    effective = float(w.sum() ** 2 / (w @ w))
    return Raked(
        pd.Series(w, index=frame.index, name="raked_weight"),
        Calibration(_dummies(codes, totals), base),
        rounds,
        limit,
        0 if limit is None else int((w >= limit).sum()),
        float(untrimmed.max()),
        effective,
        len(w) / effective,
    )


def _margins(frame: pd.DataFrame, margins: Margins) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each margin the category codes of the rows and the totals of the categories."""
    if not margins:
        raise MethodError("合わせる周辺合計が一つもありません。")
    codes = [_codes(frame[name], name, list(known)) for name, known in margins.items()]
    totals = [np.array(list(known.values()), float) for known in margins.values()]
    if any(not (np.isfinite(each) & (each > 0)).all() for each in totals):
        raise MethodError("周辺合計は正の数にしてください。該当者のいない区分は外してください。")
    sums = [float(each.sum()) for each in totals]
    if max(sums) - min(sums) > TOTALS_TOLERANCE * max(sums):
        listed = "、".join(
            f"{name} {value:,.0f}" for name, value in zip(margins, sums, strict=True)
        )
        raise MethodError(
            f"周辺合計の総数が一致しません：{listed}。同じ母集団の数にそろえてください。"
        )
    return codes, [each * sums[0] / value for each, value in zip(totals, sums, strict=True)]


def _codes(column: pd.Series, name: str, categories: list[Any]) -> np.ndarray:
    codes = pd.Index(categories).get_indexer(pd.Index(column))
    unknown = sorted(set(column[codes < 0].astype(str)))
    if unknown:
        raise MethodError(f"{name} の周辺合計にない区分があります：{', '.join(unknown)}。")
    absent = [str(c) for i, c in enumerate(categories) if not (codes == i).any()]
    if absent:
        raise MethodError(
            f"{name} に回答者のいない区分があります：{', '.join(absent)}。近い区分とまとめてください。"
        )
    return np.asarray(codes)


def _limit(ratio: float, mean_weight: float) -> float:
    if ratio <= 1:
        raise MethodError("max_weight_ratio は 1 より大きくしてください。")
    return float(ratio * mean_weight)


def _fit(
    base: np.ndarray,
    codes: list[np.ndarray],
    totals: list[np.ndarray],
    limit: float,
    max_rounds: int,
) -> tuple[np.ndarray, int]:
    w = base
    for done in range(1, max_rounds + 1):
        for code, total in zip(codes, totals, strict=True):
            w = w * (total / np.bincount(code, w))[code]
        w = np.minimum(w, limit)
        off = [np.abs(np.bincount(c, w) / t - 1).max() for c, t in zip(codes, totals, strict=True)]
        if max(off) <= TOLERANCE:
            return w, done
    raise MethodError(
        f"{max_rounds} 回の反復で周辺合計に合いません（最大のずれ {100 * max(off):.2g}％）。"
        "区分をまとめるか、重みの上限をゆるめてください。"
    )


def _dummies(codes: list[np.ndarray], totals: list[np.ndarray]) -> np.ndarray:
    pairs = zip(codes, totals, strict=True)
    return np.column_stack([np.eye(len(total))[code] for code, total in pairs])
