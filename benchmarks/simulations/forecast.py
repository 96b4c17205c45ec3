"""Prediction intervals of a rate from eight annual points, and the share of bodies as fast.

A forecast has no fixed truth: the future rate is drawn, too, and taken off the estimate and its
interval, so that the estimand is 0.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from benchmarks.simulations.base import Simulation
from ebpm.methods.forecast import forecast, share_ever_as_fast
from ebpm.methods.result import Estimate

POINTS = 8
BODIES, YEARS = 200, 6


def _future(horizon: int, ceiling: float) -> Callable[[np.random.Generator, float], Estimate]:
    def draw(random: np.random.Generator, _: float) -> Estimate:
        steps = random.normal(0.25, 0.2, POINTS - 1 + horizon)
        rates = ceiling * special.expit(-1.5 + np.concatenate([[0.0], steps.cumsum()]))
        known = pd.Series(rates[:POINTS], index=range(2018, 2018 + POINTS))
        made = forecast(known, horizon, ceiling=ceiling).at(2017 + POINTS + horizon)
        gap = rates[-1]
        return replace(
            made, estimate=made.estimate - gap, ci_low=made.ci_low - gap, ci_high=made.ci_high - gap
        )

    return draw


def _bodies(random: np.random.Generator, effect: float) -> Estimate:
    """A share `effect` of bodies gains 0.3 in some two years; the others gain 0.05 a year."""
    fast = random.random(BODIES) < effect
    start = random.integers(1, YEARS - 2, BODIES)
    rows = [
        {
            "unit": unit,
            "time": t,
            "rate": 0.1 + 0.05 * t + (0.2 if fast[unit] and t > start[unit] else 0),
        }
        for unit in range(BODIES)
        for t in range(YEARS)
    ]
    return share_ever_as_fast(
        pd.DataFrame(rows),
        unit="unit",
        time="time",
        rate="rate",
        from_level=0.25,
        needed_change=0.3,
        years=2,
        band=0.16,
    )


SIMULATIONS = [
    *(
        Simulation(
            f"forecast from eight points, {h} ahead", "logit_drift", _future(h, 1.0), 0.0, None
        )
        for h in (1, 2, 3)
    ),
    *(
        Simulation(
            f"forecast from eight points, {h} ahead, ceiling 0.8",
            "logit_drift_with_ceiling",
            _future(h, 0.8),
            0.0,
            None,
        )
        for h in (1, 3)
    ),
    Simulation("share of 200 bodies as fast", "share_ever_as_fast", _bodies, 0.3, None),
]
