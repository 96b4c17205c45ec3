"""Which counts of several linked tables must be hidden, so that no small one can be worked out.

Primary suppression hides every count from 1 to `threshold` − 1 (a zero is shown). Complementary
suppression hides further counts, over all tables together, until an attacker who knows every
published count, and that a hidden one is at least 1, cannot enclose any hidden count in less than
what hiding tells by itself: an interval as wide as from 1 to `threshold` − 1.

The tables are those that the same cases fall into by some of their keys: a table by fewer keys is a
margin of one by more. Cells are hidden greedily, the smallest first; the result is then audited by
linear programming (`ebpm.methods.suppression_audit`), and what still can be enclosed is mended.
Optimal patterns are NP-hard to find; greedy ones hide somewhat more (Fischetti & Salazar 2001,
"Solving the cell suppression problem on tabular data with linear constraints", Management Science
47(7); Hundepool et al. 2012, "Statistical Disclosure Control", ch. 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.suppression_audit import bounds

Dims = tuple[str, ...]
MOST_ROUNDS = 40


@dataclass(frozen=True)
class Suppression:
    """The published tables, by their dims: keys, `n`, and whether the cell is hidden.

    `hidden_share` is the share of all cells that is hidden, `complementary` how many of them were
    not small themselves.
    """

    tables: Mapping[Dims, pd.DataFrame]
    threshold: int
    hidden_share: float
    complementary: int


@dataclass(frozen=True)
class Margin:
    """A count that is the sum of others: positions of the parent and of its children."""

    parent: int
    children: np.ndarray


def suppress(counts: pd.DataFrame, published: Sequence[Dims], threshold: int = 10) -> Suppression:
    """Decides what is hidden in tables of counts.

    `counts` has one row per combination of all keys (missing keys must have a name of their own)
    and `n`; `published` says by which keys each table counts, () being the grand total. Raises
    ValueError for a threshold below 2 or a negative count.
    """
    if threshold < 2 or (counts["n"] < 0).any():
        raise ValueError("threshold は 2 以上、件数は 0 以上にしてください。")
    tables = {dims: _table(counts, dims) for dims in dict.fromkeys(map(tuple, published))}
    starts = dict(zip(tables, np.cumsum([0, *map(len, tables.values())]), strict=False))
    n = np.concatenate([table["n"].to_numpy(dtype=float) for table in tables.values()])
    margins = list(_margins(tables, starts))
    small = (n > 0) & (n < threshold)
    # A margin is worth more to readers than any cell of a table by more keys.
    depth = np.concatenate([np.full(len(t), len(dims)) for dims, t in tables.items()])
    cost = n + (depth.max() - depth) * (n.sum() + 1)
    hidden = _protected(n, cost, margins, small.copy(), threshold)
    shown = {
        dims: table.assign(is_hidden=hidden[starts[dims] : starts[dims] + len(table)])
        for dims, table in tables.items()
    }
    return Suppression(shown, threshold, float(hidden.mean()), int((hidden & ~small).sum()))


def _table(counts: pd.DataFrame, dims: Dims) -> pd.DataFrame:
    if not dims:
        return pd.DataFrame({"n": [int(counts["n"].sum())]})
    keys = list(dims)
    table = counts.groupby(keys, sort=True)["n"].sum().reset_index()
    return table[table["n"] > 0].reset_index(drop=True)


def _margins(tables: Mapping[Dims, pd.DataFrame], starts: Mapping[Dims, int]) -> Iterator[Margin]:
    """Every published count that is the sum of the counts of a table by one step more keys."""
    for fine, table in tables.items():
        for coarse in tables:
            between = (other for other in tables if set(coarse) < set(other) < set(fine))
            if set(coarse) < set(fine) and next(between, None) is None:
                yield from _sums(coarse, tables[coarse], table, starts[coarse], starts[fine])


def _sums(
    coarse: Dims, margin: pd.DataFrame, table: pd.DataFrame, at: int, start: int
) -> Iterator[Margin]:
    if not coarse:
        yield Margin(at, start + np.arange(len(table)))
        return
    groups = table.groupby(list(coarse), sort=True).indices
    for row, keys in enumerate(margin[list(coarse)].itertuples(index=False, name=None)):
        yield Margin(at + row, start + np.asarray(groups[keys if len(coarse) > 1 else keys[0]]))


def _protected(
    n: np.ndarray,
    cost: np.ndarray,
    margins: Sequence[Margin],
    hidden: np.ndarray,
    threshold: int,
) -> np.ndarray:
    """The hidden cells with those added that protect them."""
    for doubled in range(MOST_ROUNDS):
        _close(n, margins, hidden, threshold)
        exposed = _exposed(n, margins, hidden, threshold)
        if not len(exposed):
            return hidden
        if not _hide_more(cost, margins, hidden, exposed, 2 ** (doubled // 2)):
            # Nothing is left beside them: the margins themselves go.
            for margin in margins:
                if set(exposed) & {margin.parent, *margin.children}:
                    hidden[margin.parent] = True
                    hidden[margin.children] = n[margin.children] > 0
    return n > 0


def _close(n: np.ndarray, margins: Sequence[Margin], hidden: np.ndarray, threshold: int) -> None:
    """Hides cells until each margin by itself gives no hidden count away."""
    changed = True
    while changed:
        changed = False
        for margin in margins:
            while (cell := _needed(n, margin, hidden, threshold)) is not None:
                hidden[cell] = True
                changed = True


def _needed(n: np.ndarray, margin: Margin, hidden: np.ndarray, threshold: int) -> int | None:
    """The next cell that a margin must hide, None where it gives nothing away."""
    inside = margin.children[hidden[margin.children]]
    if not hidden[margin.parent]:
        if not len(inside) or (len(inside) > 1 and n[inside].sum() >= threshold):
            return None
    elif len(inside):
        return None
    visible = margin.children[~hidden[margin.children] & (n[margin.children] > 0)]
    if len(visible):
        return int(visible[np.argmin(n[visible])])
    return None if hidden[margin.parent] else margin.parent


def _exposed(
    n: np.ndarray, margins: Sequence[Margin], hidden: np.ndarray, threshold: int
) -> np.ndarray:
    """Hidden cells that the published counts enclose too narrowly."""
    low, high = bounds(n, [(m.parent, m.children) for m in margins], hidden, enough=threshold - 2)
    cells = np.flatnonzero(hidden)
    is_narrow: np.ndarray = high[cells] - low[cells] < threshold - 2
    return np.asarray(cells[is_narrow])


def _hide_more(
    cost: np.ndarray,
    margins: Sequence[Margin],
    hidden: np.ndarray,
    exposed: np.ndarray,
    most: int,
) -> bool:
    """Hides a few more counts beside the exposed cells, but beside one of each margin at a time."""
    served: set[int] = set()
    is_done = False
    for cell in exposed:
        own = [i for i, m in enumerate(margins) if cell == m.parent or cell in m.children]
        if served & set(own):
            continue
        around = np.unique(np.concatenate([[margins[i].parent, *margins[i].children] for i in own]))
        free = around[~hidden[around]]
        if len(free):
            hidden[free[np.argsort(cost[free], kind="stable")[:most]]] = is_done = True
            served |= set(own)
    return is_done
