"""Fixed effects: taken out of the data, counted, and written out again where errors need them.

Guimarães, P. and P. Portugal (2010), "A Simple Feasible Procedure to Fit Models with
High-Dimensional Fixed Effects", Stata Journal 10(4).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError

DEMEANING_TOLERANCE = 1e-12
DEMEANING_ROUNDS = 10_000
# Dummies written out: a matrix of this many cells takes 160 MB.
MAX_CELLS = 20_000_000
RANK_TOLERANCE = 1e-10

Effects = Sequence[np.ndarray]


def codes_of(frame: pd.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Each column's levels as codes from 0."""
    return tuple(pd.factorize(frame[name])[0] for name in names)


def within(values: np.ndarray, effects: Effects, w: np.ndarray) -> np.ndarray:
    """Columns of `values` with the weighted means of every effect's levels taken out."""
    totals = [np.bincount(codes, w) for codes in effects]
    limit = DEMEANING_TOLERANCE * np.abs(values).max(axis=0)
    for _ in range(DEMEANING_ROUNDS):
        before = values
        for codes, total in zip(effects, totals, strict=True):
            sums = np.column_stack([np.bincount(codes, w * column) for column in values.T])
            values = values - (sums / total[:, None])[codes]
        if len(effects) <= 1 or (np.abs(values - before).max(axis=0) <= limit).all():
            return values
    raise MethodError("固定効果の計算が収束しません。効果の組合せを減らしてください。")


def is_nested(codes: np.ndarray, groups: np.ndarray) -> bool:
    """Whether every level of an effect lies in one cluster only."""
    pairs = np.unique(np.column_stack([codes, groups]), axis=0)
    return len(pairs) == len(np.unique(codes))


def counted_effects(effects: Effects, clusters: Effects) -> int:
    """Degrees of freedom that the effects use up: nested ones count as the one constant."""
    if not effects:
        return 0
    free = [e for e in effects if not any(is_nested(e, groups) for groups in clusters)]
    return 1 + sum(int(codes.max()) for codes in free)


def written_out(effects: Effects, kept: Effects, w: np.ndarray) -> np.ndarray:
    """The space of the dummies of `effects`, beyond `kept`, as columns s with s'ws = 1.

    Raises MethodError where that would take more than MAX_CELLS numbers.
    """
    levels = sum(int(codes.max()) + 1 for codes in effects)
    if len(w) * levels > MAX_CELLS:
        raise MethodError(
            "固定効果の水準が多すぎて、この標準誤差は計算できません。"
            "クラスターがあれば CR1、なければ HC1 を errors に指定してください。"
        )
    if not levels:
        return np.empty((len(w), 0))
    dummies = np.column_stack([codes[:, None] == np.arange(codes.max() + 1) for codes in effects])
    s = dummies / np.sqrt(w @ dummies)
    s = within(s, kept, w) if kept else s
    size, vectors = np.linalg.eigh(s.T @ (s * w[:, None]))
    own = size > RANK_TOLERANCE
    return np.asarray(s @ (vectors[:, own] / np.sqrt(size[own])))
