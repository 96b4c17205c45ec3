"""Cell suppression: no hidden count can be worked out, by programs written apart from the library."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from ebpm.methods.suppression import Suppression, suppress
from support.published import published

Dims = tuple[str, ...]
TWO_WAY: tuple[Dims, ...] = ((), ("a",), ("b",), ("a", "b"))


def frame(matrix: np.ndarray) -> pd.DataFrame:
    """A two-way table as counts by the keys a and b."""
    rows = [
        {"a": f"a{i}", "b": f"b{j}", "n": int(n)}
        for i, row in enumerate(matrix)
        for j, n in enumerate(row)
    ]
    return pd.DataFrame(rows)


def shown(found: Suppression, dims: Dims, *keys: str) -> int | None:
    """A published count; None where it is hidden."""
    table = found.tables[dims]
    rows = (
        table[np.logical_and.reduce([table[d] == k for d, k in zip(dims, keys, strict=True)])]
        if dims
        else table
    )
    if not len(rows):
        return 0
    return None if rows["is_hidden"].item() else int(rows["n"].item())


def attacks(matrix: np.ndarray, found: Suppression) -> Iterator[tuple[float, float]]:
    """What an attacker encloses each hidden cell of the two-way table and its margins in.

    Unknown are all cells of the inner table (0 where it prints 0, at least 1 where it hides);
    whatever margin is printed is an equation.
    """
    rows, columns = matrix.shape
    cells = list(itertools.product(range(rows), range(columns)))
    inner = {(i, j): shown(found, ("a", "b"), f"a{i}", f"b{j}") for i, j in cells}
    limits = [(1, None) if inner[c] is None else (inner[c], inner[c]) for c in cells]
    sums = [[c for c in cells if c[0] == i] for i in range(rows)]
    sums += [[c for c in cells if c[1] == j] for j in range(columns)]
    printed = [shown(found, ("a",), f"a{i}") for i in range(rows)]
    printed += [shown(found, ("b",), f"b{j}") for j in range(columns)]
    sums, printed = [*sums, cells], [*printed, shown(found, ())]
    known = [(s, v) for s, v in zip(sums, printed, strict=True) if v is not None]
    left = [[1.0 if c in s else 0.0 for c in cells] for s, _ in known]
    hidden = [[c] for c in cells if inner[c] is None]
    hidden += [s for s, v in zip(sums, printed, strict=True) if v is None]
    for group in hidden:
        wanted = np.array([1.0 if c in group else 0.0 for c in cells])
        ends = []
        for sign in (1, -1):
            done = linprog(
                sign * wanted,
                A_eq=left or None,
                b_eq=[v for _, v in known] or None,
                bounds=limits,
            )
            ends.append(np.inf if done.status == 3 else sign * done.fun)
        low, high = ends[0], ends[1]
        yield (low, np.inf if high == np.inf else high)


@pytest.mark.parametrize("seed", range(25))
def test_no_hidden_count_can_be_enclosed(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = random.integers(1, 6, 2)
    matrix = np.floor(random.lognormal(2.5, 1.4, shape) * (random.random(shape) > 0.15)).astype(int)
    found = suppress(frame(matrix), TWO_WAY)
    for low, high in attacks(matrix, found):
        assert high - low >= 8 - 1e-6, (matrix, low, high)


@pytest.mark.parametrize("seed", range(10))
def test_every_whole_table_that_fits_is_tried_and_leaves_hidden_counts_open(seed: int) -> None:
    """Exhaustive, on tables of two by two with a small threshold."""
    random = np.random.default_rng(seed)
    matrix = random.integers(0, 7, (2, 2))
    found = suppress(frame(matrix), TWO_WAY, threshold=4)
    cells = [(i, j) for i in (0, 1) for j in (0, 1)]
    inner = {(i, j): shown(found, ("a", "b"), f"a{i}", f"b{j}") for i, j in cells}
    choices = [np.arange(1, 21) if inner[c] is None else np.array([inner[c]]) for c in cells]
    tried = np.stack([grid.ravel() for grid in np.meshgrid(*choices, indexing="ij")])
    table = dict(zip(cells, tried, strict=True))
    fits = np.full(tried.shape[1], True)
    for dims, place in ((("a",), 0), (("b",), 1)):
        for k in (0, 1):
            known = shown(found, dims, f"{dims[0]}{k}")
            total = sum(table[c] for c in cells if c[place] == k)
            fits &= np.full_like(fits, True) if known is None else total == known
    if (everything := shown(found, ())) is not None:
        fits &= tried.sum(axis=0) == everything
    hidden = [cell for cell in cells if inner[cell] is None]
    assert all(np.ptp(table[cell][fits]) >= 2 for cell in hidden), matrix


def test_what_is_large_and_alone_is_shown_as_it_is() -> None:
    found = suppress(frame(np.array([[20, 30], [40, 50]])), TWO_WAY)
    assert not any(table["is_hidden"].any() for table in found.tables.values())
    assert found.hidden_share == 0 and found.complementary == 0


def test_one_small_count_takes_the_smallest_other_with_it() -> None:
    counts = pd.DataFrame({"a": ["窓口", "郵送", "オンライン"], "n": [400, 60, 4]})
    found = suppress(counts, ((), ("a",)))
    assert [shown(found, ("a",), key) for key in counts["a"]] == [400, None, None]
    assert shown(found, ()) == 464


def test_two_small_counts_that_are_few_together_take_a_third_along() -> None:
    counts = pd.DataFrame({"a": list("wxyz"), "n": [500, 40, 4, 3]})
    found = suppress(counts, ((), ("a",)))
    assert [shown(found, ("a",), key) for key in "wxyz"] == [500, None, None, None]


def test_a_single_small_group_hides_the_total_too() -> None:
    found = suppress(pd.DataFrame({"a": ["x"], "n": [4]}), ((), ("a",)))
    assert shown(found, ("a",), "x") is None and shown(found, ()) is None


def test_a_zero_is_shown_and_everything_small_is_hidden() -> None:
    found = suppress(frame(np.array([[0, 3], [2, 1]])), TWO_WAY)
    assert shown(found, ("a", "b"), "a0", "b0") == 0
    assert shown(found, ("a", "b"), "a1", "b0") is None and shown(found, ()) is None


def test_the_same_counts_give_the_same_pattern_in_any_order() -> None:
    random = np.random.default_rng(5)
    counts = frame(np.floor(random.lognormal(2, 1.5, (5, 6))).astype(int))
    first = suppress(counts, TWO_WAY)
    again = suppress(counts.sample(frac=1, random_state=3), TWO_WAY)
    for dims, table in first.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[dims])


@pytest.mark.parametrize(("counts", "threshold"), [([-1], 10), ([5], 1)])
def test_what_makes_no_sense_is_refused(counts: list[int], threshold: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        suppress(pd.DataFrame({"a": ["x"], "n": counts}), ((),), threshold)


def test_a_real_log_keeps_its_large_channels() -> None:
    raw = published("handling-log-baltimore-311/311_sample.csv")
    log = pd.read_csv(raw, usecols=["MethodReceived", "SRType", "Agency"])
    counts = log.groupby(["MethodReceived", "SRType", "Agency"], as_index=False).size()
    counts = counts.rename(columns={"size": "n"})
    tables: tuple[Dims, ...] = ((), ("MethodReceived",), ("SRType",), ("Agency",))
    found = suppress(counts, tables)
    channels = found.tables["MethodReceived",].set_index("MethodReceived")["is_hidden"]
    assert channels[channels].index.tolist() == ["Email", "Other", "Web"]
    assert shown(found, ()) == 10_000
