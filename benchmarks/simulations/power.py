"""Planned comparisons: is the standard error that a plan promises the one that the data have?

Each estimate takes its interval from the plan alone, so that it covers the truth in 95 % of draws
only where the plan's variance (clusters, their sizes, the correlation of periods) is right. That a
difference of the minimum detectable size is found in 80 % of draws is a test of `tests/`.
"""

import numpy as np

from benchmarks.simulations.base import Simulation
from ebpm.methods.power import (
    Clusters,
    Power,
    difference_in_differences,
    two_means,
    two_proportions,
)
from ebpm.methods.result import Estimate, estimate_of_t

GROUPS, SIZE, ICC = 15, 20, 0.1
UNEVEN = np.array([5, 5, 5, 10, 10, 10, 15, 15, 20, 20, 25, 30, 35, 45, 50])
UNITS, CORRELATION, BEFORE, AFTER = 40, 0.6, 2, 3
RATE = 0.3


def rows_of(
    random: np.random.Generator, sizes: np.ndarray, icc: float = ICC
) -> tuple[np.ndarray, np.ndarray]:
    """Values of standard deviation 1 in clusters of the given sizes, and their clusters."""
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    common = np.sqrt(icc) * random.normal(size=len(sizes))
    return common[cluster] + np.sqrt(1 - icc) * random.normal(size=len(cluster)), cluster


def planned(difference: float, plan: Power, n: int, n_clusters: int | None) -> Estimate:
    return estimate_of_t(
        difference,
        plan.standard_error,
        None,
        n=n,
        n_clusters=n_clusters,
        method=plan.method,
        design="randomised",
    )


def means_of(sizes: np.ndarray) -> Power:
    clusters = Clusters(float(sizes.mean()), ICC, float(sizes.std() / sizes.mean()))
    return two_means(1.0, float(sizes.sum()), float(sizes.sum()), clusters=clusters)


def even(random: np.random.Generator, effect: float) -> Estimate:
    return compared(random, effect, np.full(GROUPS, SIZE))


def uneven(random: np.random.Generator, effect: float) -> Estimate:
    return compared(random, effect, UNEVEN)


def compared(random: np.random.Generator, effect: float, sizes: np.ndarray) -> Estimate:
    treated, control = (rows_of(random, sizes)[0].mean() for _ in range(2))
    n, clusters = 2 * int(sizes.sum()), 2 * len(sizes)
    return planned(float(treated + effect - control), means_of(sizes), n, clusters)


def changes(random: np.random.Generator, effect: float) -> Estimate:
    """Units whose values at any two times are equally correlated."""
    kept = np.sqrt(CORRELATION) * random.normal(size=(2, UNITS, 1))
    values = kept + np.sqrt(1 - CORRELATION) * random.normal(size=(2, UNITS, BEFORE + AFTER))
    values[0, :, BEFORE:] += effect
    change = values[:, :, BEFORE:].mean(axis=2) - values[:, :, :BEFORE].mean(axis=2)
    plan = difference_in_differences(
        1.0,
        UNITS,
        UNITS,
        correlation=CORRELATION,
        periods_before=BEFORE,
        periods_after=AFTER,
    )
    return planned(float(change[0].mean() - change[1].mean()), plan, 2 * UNITS, None)


def shares_plan() -> Power:
    n = GROUPS * SIZE
    return two_proportions(RATE, n, n, clusters=Clusters(SIZE, ICC))


def shares(random: np.random.Generator, effect: float) -> Estimate:
    """Shares of clusters from a beta distribution with the intra-cluster correlation."""
    spread = 1 / ICC - 1
    found = []
    for rate in (RATE + effect, RATE):
        chances = random.beta(rate * spread, (1 - rate) * spread, GROUPS)
        found.append(random.binomial(SIZE, chances).sum() / (GROUPS * SIZE))
    return planned(found[0] - found[1], shares_plan(), 2 * GROUPS * SIZE, 2 * GROUPS)


SIMULATIONS = [
    Simulation("planned difference of means, clusters", "power_two_means", even, 0.3),
    Simulation("planned difference of means, uneven clusters", "power_two_means", uneven, 0.3),
    Simulation(
        "planned difference of shares, clusters",
        "power_two_proportions",
        shares,
        shares_plan().minimum_detectable_effect,
        None,
    ),
    Simulation(
        "planned difference in differences", "power_difference_in_differences", changes, 0.3
    ),
]
