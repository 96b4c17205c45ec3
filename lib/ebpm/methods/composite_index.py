"""Ranks by a composite index: how far they hang on the weights of its components.

A composite index is a weighted mean of components; the weights are a choice. Drawn evenly from all
possible ones (Dirichlet(1, …, 1): no negative weight, sum 1), they show which ranks the data allow.
That is sensitivity to the weights, no sampling error.

Saisana, M., A. Saltelli and S. Tarantola (2005), "Uncertainty and sensitivity analysis techniques
as tools for the quality assessment of composite indicators", Journal of the Royal Statistical
Society A 168(2); OECD and JRC (2008), "Handbook on Constructing Composite Indicators", steps 6, 7.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ebpm.methods.proportions import wilson
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Estimate

DRAWS = 5000
SEED = 20260401
# Scores nearer to each other than this differ only by rounding: they share a rank.
# A quantile of ranks is a rank that was drawn, never one between two.
WHOLE_RANKS: Literal["inverted_cdf"] = "inverted_cdf"
TIE = 1e-12


@dataclass(frozen=True)
class Ranks:
    """Ranks (1 is the highest score) of each unit.

    `table`, indexed by unit: `equal` (with equal weights), `low` and `high` (95 % of the drawn
    weightings lie between), `best` and `worst` (of all drawn), `above` and `below` (units that are
    higher, or lower, in every component, so under whatever weights). `drawn`: a row per weighting.
    """

    table: pd.DataFrame
    drawn: pd.DataFrame

    def share_between(self, unit: str, first: int, last: int) -> Estimate:
        """Share (0–1) of all weightings in which `unit` has rank `first` to `last`.

        The Wilson interval is the error of having drawn only so many weightings.
        """
        if unit not in self.drawn:
            raise MethodError(f"{unit} は順位を付けた対象にありません。")
        ranks = self.drawn[unit]
        found = wilson(int(ranks.between(first, last).sum()), len(ranks))
        return Estimate(
            found.estimate,
            found.ci_low,
            found.ci_high,
            None,
            len(ranks),
            None,
            "random_weights",
            "description",
        )


def ranks_under_weights(components: pd.DataFrame, *, draws: int = DRAWS, seed: int = SEED) -> Ranks:
    """Ranks by the weighted mean of `components` (one row a unit, one column a component).

    The components must already be on one scale. Raises MethodError on missing values, fewer than
    two units or components, or a unit that occurs twice.
    """
    x = _checked(components)
    rng = np.random.default_rng(seed)
    drawn = _ranks(rng.dirichlet(np.ones(x.shape[1]), draws) @ x.T)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method=WHOLE_RANKS)
    higher = (x[None, :, :] > x[:, None, :] + TIE).all(axis=2)
    table = pd.DataFrame(
        {
            "equal": _ranks(x.mean(axis=1)[None, :])[0],
            "low": low.astype(int),
            "high": high.astype(int),
            "best": drawn.min(axis=0),
            "worst": drawn.max(axis=0),
            "above": higher.sum(axis=1),
            "below": higher.sum(axis=0),
        },
        index=components.index,
    )
    return Ranks(table, pd.DataFrame(drawn, columns=components.index))


def ranks_without_each(components: pd.DataFrame) -> pd.DataFrame:
    """Ranks with equal weights when one component is left out: one column per component left out."""
    x = _checked(components)
    return pd.DataFrame(
        {
            name: _ranks(np.delete(x, k, axis=1).mean(axis=1)[None, :])[0]
            for k, name in enumerate(components.columns)
        },
        index=components.index,
    )


def _checked(components: pd.DataFrame) -> np.ndarray:
    require_complete(components, list(components.columns))
    if min(components.shape) < 2 or components.index.has_duplicates:
        raise MethodError("二つ以上の対象と二つ以上の構成要素を、対象ごとに1行で渡してください。")
    return components.to_numpy(float)


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Ranks in each row: 1 + how many are higher; equal scores share the better rank."""
    rounded = np.round(scores / TIE) * TIE
    order = np.argsort(-rounded, axis=1, kind="stable")
    ordered = np.take_along_axis(rounded, order, axis=1)
    places = np.arange(1, scores.shape[1] + 1)
    new = np.column_stack([np.ones(len(scores), bool), np.diff(ordered, axis=1) < -TIE / 2])
    shared = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    ranks = np.empty_like(shared)
    np.put_along_axis(ranks, order, shared, axis=1)
    return ranks
