"""Placebos: the same regression where nothing can be there, and with the exposure shuffled.

Shuffling follows Freedman and Lane: what controls and fixed effects account for is taken out of
outcome and exposure, and the residual exposure is dealt out anew; without controls that is to
shuffle the exposure itself. Exact where the exposure (given the strata) was dealt out by chance or
rows are exchangeable; nearly so with controls.

Freedman, D. and D. Lane (1983), "A Nonstochastic Interpretation of Reported Significance Levels",
Journal of Business & Economic Statistics 1(4). Phipson, B. and G. K. Smyth (2010), "Permutation
P-values Should Never Be Zero", Statistical Applications in Genetics and Molecular Biology 9(1).
Holm, S. (1979), "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
Statistics 6(2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from ebpm.methods.regression import fitted, ols
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Estimate

DRAWS = 1_999
SEED = 20_260_401
# Draws that are as far off but for rounding count as equally far.
TIE = 1e-9


@dataclass(frozen=True)
class Placebos:
    """The same regression on several outcomes: `estimates` by outcome, in the order given.

    `frame`: one row per outcome with estimate, ci_low, ci_high, p_value, p_holm (adjusted for
    their number) and n.
    """

    estimates: dict[str, Estimate]
    frame: pd.DataFrame


@dataclass(frozen=True)
class Shuffled:
    """A coefficient against its distribution with the exposure shuffled.

    `draws`: one row per draw with its estimate. `low`, `high`: the middle 95 % of them. `p_value`:
    share of draws, the observed one included, at least as far from the mean of all.
    """

    observed: Estimate
    p_value: float
    low: float
    high: float
    draws: pd.DataFrame


def placebo_outcome(
    frame: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    exposure: str,
    controls: Sequence[str] = (),
    cluster: str | None,
    fixed_effects: Sequence[str] = (),
) -> Placebos:
    """The coefficient of `exposure` on each of `outcomes`, which it cannot have acted on.

    Each is in its own unit. Raises MethodError as `ols` does, and without outcomes.
    """
    if not outcomes:
        raise MethodError("確かめる結果の列を一つ以上指定してください。")
    fits = {
        outcome: ols(
            frame, outcome, [exposure, *controls], cluster=cluster, fixed_effects=fixed_effects
        ).of(exposure)
        for outcome in outcomes
    }
    columns = ("estimate", "ci_low", "ci_high", "p_value", "n")
    table = pd.DataFrame(
        {name: [getattr(fit, name) for fit in fits.values()] for name in columns}, index=list(fits)
    )
    adjusted = multipletests(table["p_value"], 1 - LEVEL, "holm")[1]
    table.insert(4, "p_holm", adjusted)
    return Placebos(fits, table.rename_axis("outcome"))


def shuffled_exposure(
    frame: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    controls: Sequence[str] = (),
    cluster: str | None,
    fixed_effects: Sequence[str] = (),
    within: str | None = None,
    whole_clusters: bool = False,
    time: str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Shuffled:
    """The coefficient of `exposure`, and what it is with the exposure shuffled `draws` times.

    `within`: rows change places only with rows of the same stratum (a prefecture, say).
    `whole_clusters`: clusters change places, for an exposure that was given to clusters. They must
    have one row at each `time` (None: one row in all); without controls and fixed effects an
    exposure that does not vary within clusters will do. Raises MethodError where they have not,
    where a cluster lies in several strata, where nothing can change places, or as `ols` does.
    """
    observed = ols(
        frame, outcome, [exposure, *controls], cluster=cluster, fixed_effects=fixed_effects
    ).of(exposure)
    require_complete(frame, [name for name in (within, time) if name])
    strata = pd.factorize(frame[within])[0] if within else np.zeros(len(frame), dtype=int)
    x, y = (_residual(frame, name, controls, fixed_effects) for name in (exposure, outcome))
    random = np.random.default_rng(seed)
    deals: Iterator[np.ndarray]
    if not whole_clusters:
        deals = (x[_deal(strata, random)] for _ in range(draws))
    elif not controls and not fixed_effects and _is_constant(frame, exposure, cluster):
        deals = _dealt_to_clusters(x, _blocks(frame, cluster, None), strata, random, draws)
    else:
        blocks = _balanced(frame, _blocks(frame, cluster, time), time)
        deals = _dealt_blocks(x, blocks, strata, random, draws)
    found = np.array([_slope(own, y) for own in deals])
    return _shuffled(observed, _slope(x, y), found)


def _shuffled(observed: Estimate, own: float, found: np.ndarray) -> Shuffled:
    every = np.append(found, own)
    if np.ptp(every) <= TIE * np.abs(every).max():
        raise MethodError("入れ替えても値が変わりません。層を大きくするか、層を外してください。")
    far = np.abs(every - every.mean())
    p = float((far >= far[-1] - TIE * far.max()).mean())
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Shuffled(observed, p, float(low), float(high), pd.DataFrame({"estimate": found}))


def _residual(
    frame: pd.DataFrame, name: str, controls: Sequence[str], fixed_effects: Sequence[str]
) -> np.ndarray:
    """What controls and fixed effects (or the mean) leave of a column (n)."""
    return fitted(frame, name, controls, (), fixed_effects, np.ones(len(frame)))[1].residuals


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred))


def _deal(strata: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A random order of positions (n) in which each keeps to its stratum."""
    order = np.empty(len(strata), dtype=int)
    order[np.argsort(strata, kind="stable")] = np.lexsort((random.random(len(strata)), strata))
    return order


def _blocks(frame: pd.DataFrame, cluster: str | None, time: str | None) -> list[np.ndarray]:
    """The positions of each cluster's rows, in the order of time."""
    if cluster is None:
        raise MethodError("whole_clusters には cluster の指定が必要です。")
    codes = pd.factorize(frame[cluster])[0]
    order = np.lexsort((_times(frame, time), codes))
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _times(frame: pd.DataFrame, time: str | None) -> np.ndarray:
    """The points in time as ranks (n), all alike without a column."""
    return pd.factorize(frame[time], sort=True)[0] if time else np.zeros(len(frame), dtype=int)


def _is_constant(frame: pd.DataFrame, exposure: str, cluster: str | None) -> bool:
    return bool(cluster) and frame.groupby(cluster)[exposure].nunique().max() == 1


def _balanced(frame: pd.DataFrame, blocks: list[np.ndarray], time: str | None) -> np.ndarray:
    """The blocks as a table (clusters × times), refused where times differ between clusters."""
    times = _times(frame, time)
    first = times[blocks[0]]
    alike = all(len(b) == len(first) and (times[b] == first).all() for b in blocks)
    if not alike or len(set(first)) < len(first):
        raise MethodError(
            "まとまりごと入れ替えるには、どのまとまりにも同じ時点の行が一つずつ必要です。"
            "time を指定するか、まとまりごとに一行にまとめてください。"
        )
    return np.array(blocks)


def _strata_of(blocks: Sequence[np.ndarray], strata: np.ndarray) -> np.ndarray:
    if any(np.ptp(strata[rows]) for rows in blocks):
        raise MethodError("二つ以上の層にまたがるまとまりがあります。層の分け方を直してください。")
    return np.array([strata[rows[0]] for rows in blocks])


def _dealt_to_clusters(
    x: np.ndarray,
    blocks: list[np.ndarray],
    strata: np.ndarray,
    random: np.random.Generator,
    draws: int,
) -> Iterator[np.ndarray]:
    """Exposures (n) with each cluster's one value dealt to the clusters of its stratum."""
    groups, values = _strata_of(blocks, strata), np.array([x[rows[0]] for rows in blocks])
    sizes, rows = [len(block) for block in blocks], np.concatenate(blocks)
    for _ in range(draws):
        dealt = np.empty_like(x)
        dealt[rows] = np.repeat(values[_deal(groups, random)], sizes)
        yield dealt


def _dealt_blocks(
    x: np.ndarray,
    blocks: np.ndarray,
    strata: np.ndarray,
    random: np.random.Generator,
    draws: int,
) -> Iterator[np.ndarray]:
    """Residual exposures (n) with whole clusters dealt to the clusters of their stratum."""
    groups = _strata_of(list(blocks), strata)
    for _ in range(draws):
        dealt = np.empty_like(x)
        dealt[blocks] = x[blocks[_deal(groups, random)]]
        yield dealt
