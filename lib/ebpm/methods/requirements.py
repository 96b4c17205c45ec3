"""What every method asks of its data, and the one error that it raises otherwise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


class MethodError(ValueError):
    """Data that a method cannot be applied to: what is wrong and what to do."""


def require_complete(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raises MethodError where one of the columns holds a missing or an infinite value."""
    infinite = [np.inf, -np.inf]
    incomplete = [n for n in columns if frame[n].isna().any() or frame[n].isin(infinite).any()]
    if incomplete:
        raise MethodError(
            f"欠測か無限大のある列：{', '.join(incomplete)}。除く行を数えてから渡してください。"
        )


def weights_of(frame: pd.DataFrame, weights: str | None) -> np.ndarray:
    """The weights scaled to a mean of 1 (ones without a column); all must be above 0."""
    if weights is None:
        return np.ones(len(frame))
    w = frame[weights].to_numpy(float)
    if (w <= 0).any():
        raise MethodError("重みは正の数にしてください。零の行は数えてから除いてください。")
    return np.ones(len(w)) if w.min() == w.max() else w / w.mean()


def groups_of(frame: pd.DataFrame, cluster: str) -> np.ndarray:
    """The clusters as codes from 0; there must be two or more."""
    groups = pd.factorize(frame[cluster])[0]
    if groups.max(initial=0) < 1:
        raise MethodError("クラスターが一つしかないため、誤差を推定できません。")
    return groups
