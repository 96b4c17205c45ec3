"""What an attacker can work out of hidden counts: the interval that the published ones leave.

Every published margin is a linear equation in the hidden counts, which are at least 1 (a zero is
shown). The smallest and the largest value that a hidden count can have is the answer of a linear
program each (Gusfield 1988, "A graph theoretic approach to statistical data security", SIAM
Journal on Computing 17(3), for two-way tables; Hundepool et al. 2012, ch. 4, in general). Counts
being whole, the true intervals are no wider; for two-way tables and hierarchies they are the same,
since the equations are those of a network.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

Sum = tuple[int, np.ndarray]
LEAST = 1.0
DRAWS = 24
SEED = 20_261_127


def bounds(
    n: np.ndarray, sums: Sequence[Sum], hidden: np.ndarray, *, enough: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of every cell; both its own value where it is shown.

    Cells whose interval is found to be at least `enough` wide are not followed to its end. A hidden
    count that stands in no equation with others has no upper end.
    """
    low, high = n.astype(float).copy(), n.astype(float).copy()
    cells = np.flatnonzero(hidden)
    if not len(cells):
        return low, high
    place = np.full(len(n), -1)
    place[cells] = np.arange(len(cells))
    matrix, right = _equations(n, sums, hidden, place, len(cells))
    for part in _components(matrix, len(cells)):
        rows = np.unique(matrix[:, part].nonzero()[0])
        found = _part_bounds(matrix[rows][:, part], right[rows], enough)
        low[cells[part]], high[cells[part]] = found
    return low, high


def _equations(
    n: np.ndarray, sums: Sequence[Sum], hidden: np.ndarray, place: np.ndarray, width: int
) -> tuple[csr_array, np.ndarray]:
    """Hidden children − hidden parent = visible parent − visible children, a row per margin."""
    rows: list[int] = []
    columns: list[int] = []
    signs: list[float] = []
    right: list[float] = []
    for parent, children in sums:
        inside = children[hidden[children]]
        if not len(inside) and not hidden[parent]:
            continue
        at = len(right)
        rows += [at] * len(inside)
        columns += place[inside].tolist()
        signs += [1.0] * len(inside)
        known = -float(n[children[~hidden[children]]].sum())
        if hidden[parent]:
            rows, columns, signs = [*rows, at], [*columns, int(place[parent])], [*signs, -1.0]
        else:
            known += float(n[parent])
        right.append(known)
    matrix = coo_array((signs, (rows, columns)), shape=(len(right), width))
    return csr_array(matrix), np.array(right)


def _components(matrix: csr_array, width: int) -> Iterator[np.ndarray]:
    """Groups of cells that no equation joins to others."""
    count, label = connected_components(csr_array(abs(matrix.T) @ abs(matrix)), directed=False)
    order = np.argsort(label, kind="stable")
    yield from np.split(order, np.searchsorted(label[order], np.arange(1, count)))


def _part_bounds(
    matrix: csr_array, right: np.ndarray, enough: float
) -> tuple[np.ndarray, np.ndarray]:
    """The intervals of one group: first from random directions, then one by one for the rest."""
    width = matrix.shape[1]
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    random = np.random.default_rng(SEED)
    if np.isfinite(enough) and width > 2:
        for _ in range(DRAWS):
            for point in _corner(matrix, right, random.normal(size=width)):
                low, high = np.minimum(low, point), np.maximum(high, point)
    for cell in np.flatnonzero(~(high - low >= enough)):
        wanted = np.zeros(width)
        wanted[cell] = 1.0
        low[cell], high[cell] = _end(matrix, right, wanted), -_end(matrix, right, -wanted)
    return low, high


def _corner(matrix: csr_array, right: np.ndarray, direction: np.ndarray) -> Iterator[np.ndarray]:
    """A feasible point far out in a direction, if the region ends there."""
    found = linprog(direction, A_eq=matrix, b_eq=right, bounds=(LEAST, None), method="highs")
    if found.status == 0:
        yield found.x


def _end(matrix: csr_array, right: np.ndarray, wanted: np.ndarray) -> float:
    """The least value of what is wanted; −inf where there is no end."""
    if not matrix.shape[0]:
        return LEAST if wanted.sum() > 0 else -np.inf
    found = linprog(wanted, A_eq=matrix, b_eq=right, bounds=(LEAST, None), method="highs")
    if found.status == 3:
        return -np.inf
    if found.status != 0:
        raise ValueError(f"公表された件数が互いに矛盾しています（{found.message}）。")
    return float(found.fun)
