"""Like bodies and ranks, against SciPy and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.spatial.distance import cdist

from ebpm import peer_words
from ebpm.methods import peers
from ebpm.methods.requirements import MethodError


def bodies(n: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "lgcode": [f"{i:06d}" for i in range(n)],
            "a": random.normal(10, 3, n),
            "b": random.normal(0, 0.01, n),
        }
    )


def test_nearest_are_those_of_scipys_standardised_distances() -> None:
    frame = bodies()
    found = peers.nearest(frame, "000007", ["a", "b"], k=8)
    both = frame[["a", "b"]]
    scaled = cdist(both, both, "seuclidean", V=both.var())[7]
    order = [i for i in np.argsort(scaled) if i != 7][:8]
    assert list(found["lgcode"]) == list(frame["lgcode"].iloc[order])
    assert found["distance"].to_numpy() == pytest.approx(scaled[order])


def test_those_as_near_as_the_last_are_kept_too() -> None:
    frame = pd.DataFrame({"lgcode": list("abcde"), "x": [0.0, 1.0, -1.0, 1.0, 5.0]})
    found = peers.nearest(frame, "a", ["x"], k=1)
    assert list(found["lgcode"]) == ["b", "c", "d"]


def test_rows_without_a_value_are_no_candidates_and_have_no_neighbours() -> None:
    frame = bodies()
    frame.loc[3, "a"] = None
    assert "000003" not in set(peers.nearest(frame, "000007", ["a", "b"], k=59)["lgcode"])
    assert peers.nearest(frame, "000003", ["a", "b"]).empty


@pytest.mark.parametrize("own", ["nobody", "000001"])
def test_what_cannot_be_compared_is_refused(own: str) -> None:
    frame = bodies().assign(b=1.0)
    with pytest.raises(MethodError):
        peers.nearest(frame, own, ["a", "b"])


def test_ties_give_a_range_of_ranks_like_scipys() -> None:
    done, asked = [5, 9, 9, 2, 9, 0], [10] * 6
    ranks = {kind: stats.rankdata([-d for d in done], kind) for kind in ("min", "max")}
    for own in range(6):
        found = peers.rank_of_share(done, asked, own)
        assert (found.best, found.worst) == (ranks["min"][own], ranks["max"][own])
        assert found.low <= found.worst and found.high >= found.best and found.n == 6
    assert peers.rank_of_share(done, asked, 1).n_tied == 2


def test_the_interval_of_a_rank_holds_the_places_of_its_ties() -> None:
    """Sixty bodies with all of nine: any of them may be the first or the last of the sixty."""
    found = peers.rank_of_share([9.0] * 60 + [0.0], [9.0] * 61, 0)
    assert found.low == 1 and found.high == 60


def test_a_rank_of_full_counts_is_as_wide_as_its_ties() -> None:
    values = pd.Series([75.0, None, 80.0, 75.0, 60.0])
    found = peers.rank_of(values, 0)
    assert (found.best, found.worst, found.low, found.high, found.n) == (2, 3, 2, 3, 4)
    with pytest.raises(MethodError, match="値がありません"):
        peers.rank_of(values, 1)


def chance_above(one: tuple[int, int], other: tuple[int, int]) -> float:
    """P(share of one > share of other), by integration."""
    a, b = (stats.beta(done + 0.5, asked - done + 0.5) for done, asked in (one, other))
    return float(integrate.quad(lambda x: a.pdf(x) * b.cdf(x), 0, 1)[0])


@pytest.mark.parametrize(
    ("one", "other"), [((7, 20), (10, 20)), ((19, 20), (1, 20)), ((5, 9), (5, 9))]
)
def test_the_interval_is_that_of_the_posterior(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    first = chance_above(one, other)
    found = peers.rank_of_share([one[0], other[0]], [one[1], other[1]], 0, draws=20_000, seed=1)
    assert found.low == (1 if first > 0.025 else 2)
    assert found.high == (1 if first > 0.975 else 2)


def test_many_items_leave_little_doubt_about_a_rank() -> None:
    few = peers.rank_of_share([5, 6, 7, 8, 9], [10] * 5, 2)
    many = peers.rank_of_share([50_000, 60_000, 70_000, 80_000, 90_000], [100_000] * 5, 2)
    assert (many.low, many.high) == (3, 3)
    assert few.high - few.low >= 2


@pytest.mark.parametrize(("done", "asked"), [([], []), ([3], [2]), ([-1], [2]), ([0], [0])])
def test_counts_that_are_none_are_refused(done: list[int], asked: list[int]) -> None:
    with pytest.raises(MethodError):
        peers.rank_of_share(done, asked, 0)


def test_place_among_peers_is_scipys_and_leaves_out_what_is_missing() -> None:
    values = pd.Series([1.0, 2.0, 2.0, 3.0, None])
    assert peers.percentile_among(values, 2.0) == 50
    assert peers.percentile_among(values, 3.0) == 87.5
    assert np.isnan(peers.percentile_among(values, float("nan")))
    assert np.isnan(peers.percentile_among(pd.Series([None, None], dtype=float), 1.0))


def test_every_group_has_a_name_of_its_own_without_digits() -> None:
    groups = [*peer_words.KINDS]
    for size in peer_words.SIZES:
        groups += [f"{size}-{i}" for i in peer_words.INDUSTRIES[size.partition("-")[0]]]
        groups.append(f"{size}-%")
    names = [peer_words.peer_group(group) for group in groups]
    assert len({name.ja for name in names}) == len({name.en for name in names}) == len(groups)
    assert not any(character.isdigit() for name in names for character in name.ja + name.en)
    with pytest.raises(KeyError):
        peer_words.peer_group("city-9-1")
