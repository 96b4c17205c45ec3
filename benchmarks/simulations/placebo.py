"""Shuffled exposure: how often a null is found significant by the permutation p value.

The interval that is checked for coverage is that of the draws around the estimate.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods.placebo import Shuffled, shuffled_exposure
from ebpm.methods.result import Estimate

ROWS, STRATA = 120, 6
CLUSTERS, TREATED, TIMES = 20, 3, 6
DRAWS = 399


def _estimate(found: Shuffled, method: str) -> Estimate:
    point = found.observed.estimate
    low, high = point - found.high, point - found.low
    return replace(found.observed, ci_low=low, ci_high=high, p_value=found.p_value, method=method)


def _rows(random: np.random.Generator, effect: float) -> Estimate:
    """Skewed errors; the exposure goes along with a control."""
    z = random.normal(size=ROWS)
    x = 0.7 * z + random.normal(size=ROWS)
    y = effect * x + z + random.exponential(size=ROWS)
    frame = pd.DataFrame({"y": y, "x": x, "z": z, "id": range(ROWS)})
    found = shuffled_exposure(
        frame,
        outcome="y",
        exposure="x",
        controls=["z"],
        cluster="id",
        draws=DRAWS,
        seed=int(random.integers(2**32)),
    )
    return _estimate(found, "shuffled_exposure")


def _strata(random: np.random.Generator, effect: float) -> Estimate:
    """Exposure and outcome differ between strata, whose effects are taken out."""
    stratum = np.arange(ROWS) % STRATA
    x = random.normal(size=ROWS) + stratum
    y = effect * x - stratum + random.normal(size=ROWS)
    frame = pd.DataFrame({"y": y, "x": x, "stratum": stratum, "id": range(ROWS)})
    found = shuffled_exposure(
        frame,
        outcome="y",
        exposure="x",
        cluster="id",
        fixed_effects=["stratum"],
        within="stratum",
        draws=DRAWS,
        seed=int(random.integers(2**32)),
    )
    return _estimate(found, "shuffled_exposure")


def _clusters(random: np.random.Generator, effect: float) -> Estimate:
    """Three of twenty clusters take part from the fourth time on; errors go on within clusters."""
    unit = np.repeat(np.arange(CLUSTERS), TIMES)
    time = np.tile(np.arange(TIMES), CLUSTERS)
    x = (unit < TREATED) & (time >= TIMES // 2)
    noise = random.normal(size=(CLUSTERS, TIMES)).cumsum(axis=1).ravel()
    frame = pd.DataFrame({"y": effect * x + noise, "x": x * 1.0, "unit": unit, "time": time})
    found = shuffled_exposure(
        frame,
        outcome="y",
        exposure="x",
        cluster="unit",
        fixed_effects=["unit", "time"],
        whole_clusters=True,
        time="time",
        draws=DRAWS,
        seed=int(random.integers(2**32)),
    )
    return _estimate(found, "shuffled_exposure")


SIMULATIONS = [
    Simulation("shuffled exposure, with a control", "shuffled_exposure", _rows, 0.0),
    Simulation("shuffled exposure within strata", "shuffled_exposure", _strata, 0.0),
    Simulation(
        "shuffled exposure, 3 of 20 whole clusters",
        "shuffled_exposure",
        _clusters,
        0.0,
        few_treated=True,
    ),
]
