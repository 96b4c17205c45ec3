"""Like bodies: the nearest on stated variables, and a body's rank among peers with its interval.

Ranks of institutions are far less certain than their numbers look: Goldstein, H. and D. J.
Spiegelhalter (1996), "League Tables and Their Limitations: Statistical Issues in Comparisons of
Institutional Performance", JRSS A 159(3); intervals by drawing every body's share from its
posterior. Distances: Euclidean on standardised variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.requirements import MethodError
from ebpm.methods.result import LEVEL

# Jeffreys' prior for a share: half a success, half a failure.
PRIOR = 0.5
# Distances that differ by less are a tie.
TIE = 1e-9


def nearest(
    frame: pd.DataFrame, own: str, variables: Sequence[str], *, key: str = "lgcode", k: int = 10
) -> pd.DataFrame:
    """The `k` rows of `frame` nearest to the row whose `key` is `own`, nearest first.

    Each variable is divided by its standard deviation over the rows that have all of them; rows
    that lack one are no candidates. Rows as near as the k-th are included as well. Columns: those
    of `frame` and `distance`. Empty where the own row lacks a variable, since then nothing is
    near. Raises MethodError where the own row is not there once or a variable does not vary.
    """
    mine = frame[frame[key] == own]
    if len(mine) != 1:
        raise MethodError(f"{own} の行が {len(mine)} 行あります。1行にしてください。")
    whole = frame.dropna(subset=list(variables))
    spread = whole[list(variables)].std()
    if not (spread > 0).all():
        raise MethodError("近い団体を求める変数に、値の違わないものがあります。")
    others = whole[whole[key] != own]
    if mine[list(variables)].isna().to_numpy().any() or others.empty:
        return others.head(0).assign(distance=pd.Series(dtype=float))
    gaps = (others[list(variables)] - mine[list(variables)].iloc[0]) / spread
    found = others.assign(distance=np.sqrt((gaps**2).sum(axis=1))).sort_values(["distance", key])
    limit = found["distance"].iloc[min(k, len(found)) - 1] + TIE
    near: pd.DataFrame = found[found["distance"] <= limit]
    return near


@dataclass(frozen=True)
class Rank:
    """A place among `n` bodies, 1 the highest: `best` to `worst` by ties, `low` to `high` by chance."""

    best: int
    worst: int
    low: int
    high: int
    n: int

    @property
    def n_tied(self) -> int:
        """Other bodies with the same value."""
        return self.worst - self.best


def rank_of_share(
    successes: Sequence[float],
    trials: Sequence[float],
    own: int,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Rank:
    """The rank of body `own` (its position) by share of successes, with a 95 % interval.

    The interval says how the rank would move with other items of the same kind, and always holds
    the places that ties leave open: each body's share
    is drawn from its posterior (beta, Jeffreys' prior) and ranked. Raises MethodError unless
    0 <= successes <= trials and trials >= 1 for all.
    """
    done, asked = np.asarray(successes, float), np.asarray(trials, float)
    if len(done) == 0 or not ((done >= 0) & (done <= asked) & (asked >= 1)).all():
        raise MethodError("順位を求める件数は0以上、全体は1以上で件数以上にしてください。")
    share = done / asked
    above, equal = (
        int((share > share[own] + TIE).sum()),
        int((abs(share - share[own]) <= TIE).sum()),
    )
    random = np.random.default_rng(seed)
    drawn = random.beta(done + PRIOR, asked - done + PRIOR, size=(draws, len(done)))
    ranks = 1 + (drawn > drawn[:, [own]]).sum(axis=1)
    low, high = np.quantile(ranks, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    best, worst = int(above) + 1, int(above + equal)
    low, high = min(best, np.floor(low)), max(worst, np.ceil(high))
    return Rank(best, worst, int(low), int(high), len(done))


def rank_of(values: "pd.Series[float]", own: int) -> Rank:
    """The rank of the value at position `own` among values that are no draw of anything.

    Empty values are left out; the width is that of bodies with the same value. Raises MethodError
    where the own value is empty.
    """
    mine, there = float(values.iloc[own]), values.dropna()
    if np.isnan(mine):
        raise MethodError("順位を求める団体に値がありません。")
    best = int((there > mine + TIE).sum()) + 1
    worst = best - 1 + int(((there - mine).abs() <= TIE).sum())
    return Rank(best, worst, best, worst, len(there))


def percentile_among(values: "pd.Series[float]", own: float) -> float:
    """How many of the values lie below `own`, in per cent, those equal counted by half (0–100).

    Empty values are left out; NaN where none is left or `own` is empty (SciPy's mean kind).
    """
    there = values.dropna()
    if there.empty or np.isnan(own):
        return float("nan")
    return float(stats.percentileofscore(there, own, kind="mean"))
