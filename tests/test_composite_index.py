"""Ranks under drawn weights against closed forms, SciPy and dominance by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ebpm.methods.composite_index import ranks_under_weights, ranks_without_each
from ebpm.methods.requirements import MethodError

DRAWS = 20_000


def frame(rows: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=[f"c{k}" for k in range(len(next(iter(rows.values()))))]
    )


@pytest.mark.parametrize(("k", "level"), [(2, 0.3), (3, 0.25), (6, 0.1)])
def test_share_of_weightings_is_the_beta_tail(k: int, level: float) -> None:
    """One unit has only the first component, the other `level` in all: it wins where w₁ > level.

    The first of k evenly drawn weights is Beta(1, k-1), so P(w₁ > c) = (1 - c)^(k-1).
    """
    made = ranks_under_weights(frame({"a": [1.0] + [0.0] * (k - 1), "b": [level] * k}), draws=DRAWS)
    share = made.share_between("a", 1, 1)
    assert share.ci_low < (1 - level) ** (k - 1) < share.ci_high
    assert share.estimate == pytest.approx(stats.beta(1, k - 1).sf(level), abs=0.012)
    assert share.n == DRAWS and share.method == "random_weights" and share.p_value is None


def test_a_unit_that_is_higher_in_everything_is_above_under_any_weights() -> None:
    made = ranks_under_weights(
        frame({"top": [0.9, 0.8], "mid": [0.5, 0.7], "odd": [0.7, 0.1], "low": [0.2, 0.05]})
    )
    row = made.table.loc["low"]
    assert (row["equal"], row["best"], row["worst"], row["above"], row["below"]) == (4, 4, 4, 3, 0)
    assert made.table[["best", "worst", "above", "below"]].T["top"].tolist() == [1, 1, 0, 3]
    assert made.table[["best", "worst"]].T["mid"].tolist() == [2, 3]


def test_ranks_are_those_of_scipy_where_scores_differ() -> None:
    x = pd.DataFrame(np.random.default_rng(1).random((20, 4)), index=[f"u{i}" for i in range(20)])
    made = ranks_under_weights(x, draws=50, seed=7)
    weights = np.random.default_rng(7).dirichlet(np.ones(4), 50)
    expected = stats.rankdata(-(weights @ x.to_numpy().T), method="min", axis=1)
    assert (made.drawn.to_numpy() == expected).all()
    low = np.sort(expected, axis=0)[
        1
    ]  # of 50 draws the 2.5 % point is the second (inverse of the CDF)
    assert (made.table["low"].to_numpy() == low).all()


def test_equal_scores_share_the_better_rank() -> None:
    """0.1 + 0.2 and 0.3 differ in binary only."""
    made = ranks_under_weights(frame({"a": [0.3, 0.3], "b": [0.1 + 0.2, 0.3], "c": [0.0, 0.0]}))
    assert made.table["equal"].tolist() == [1, 1, 3]
    assert made.table["worst"].tolist() == [1, 1, 3] and made.table["above"].tolist() == [0, 0, 2]


def test_leaving_out_one_component_by_hand() -> None:
    found = ranks_without_each(
        frame({"a": [0.9, 0.2, 0.1], "b": [0.1, 0.8, 0.4], "c": [0.3, 0.3, 0.9]})
    )
    assert found.to_dict("list") == {"c0": [3, 1, 1], "c1": [2, 3, 1], "c2": [1, 2, 3]}


def test_refuses_what_has_no_rank() -> None:
    with pytest.raises(MethodError):
        ranks_under_weights(frame({"a": [0.1, np.nan], "b": [0.1, 0.2]}))
    with pytest.raises(MethodError):
        ranks_under_weights(frame({"a": [0.1, 0.3]}))
    with pytest.raises(MethodError):
        ranks_under_weights(frame({"a": [0.1, 0.3], "b": [0.2, 0.1]})).share_between("z", 1, 1)
