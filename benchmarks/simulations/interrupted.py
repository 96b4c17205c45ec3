"""Interrupted time series: a linear trend with a change of level and slope, AR(1) errors."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods.interrupted import Interruption, interrupted_time_series
from ebpm.methods.result import Estimate

BURN_IN = 50


def errors(random: np.random.Generator, periods: int, rho: float) -> np.ndarray:
    """AR(1) errors with innovations of variance 1."""
    innovations = random.normal(size=periods + BURN_IN)
    error = np.zeros(periods + BURN_IN)
    for t in range(1, periods + BURN_IN):
        error[t] = rho * error[t - 1] + innovations[t]
    return error[BURN_IN:]


def series(
    before: int,
    after: int,
    rho: float,
    take: Callable[[Interruption], Estimate],
    slope: float = 0.0,
) -> Callable[[np.random.Generator, float], Estimate]:
    """A series whose level changes by the effect, and whose slope by `slope` times the effect."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        t = np.arange(before + after)
        since = np.maximum(t - before, 0)
        change = effect * ((t >= before) * (1 - abs(slope)) + slope * since)
        outcome = 0.2 * t + change + errors(random, len(t), rho)
        frame = pd.DataFrame({"time": t, "outcome": outcome})
        return take(interrupted_time_series(frame, time="time", outcome="outcome", start=before))

    return draw


def compared(random: np.random.Generator, effect: float) -> Estimate:
    """Two series with shocks in common, which the difference takes out."""
    t = np.arange(36)
    common = 0.2 * t + errors(random, 36, 0.8)
    outcome = common + effect * (t >= 20) + errors(random, 36, 0.3)
    frame = pd.DataFrame({"time": t, "outcome": outcome, "other": common + errors(random, 36, 0.3)})
    found = interrupted_time_series(
        frame, time="time", outcome="outcome", start=20, comparison="other"
    )
    return found.level_change


def seasonal(random: np.random.Generator, effect: float) -> Estimate:
    """Four years of months with a season."""
    t = np.arange(48)
    outcome = 2 * np.sin(2 * np.pi * t / 12) + effect * (t >= 24) + errors(random, 48, 0.3)
    frame = pd.DataFrame({"time": t, "outcome": outcome})
    found = interrupted_time_series(frame, time="time", outcome="outcome", start=24, season=12)
    return found.level_change


SIMULATIONS = [
    Simulation(
        f"level change, {before} + {after} periods, ρ = {rho}",
        "segmented_regression",
        series(before, after, rho, lambda found: found.level_change),
        2.0,
    )
    for before, after, rho in ((12, 12, 0.3), (24, 12, 0.3), (24, 24, 0.3), (24, 24, 0.0))
] + [
    Simulation(
        "slope change, 48 + 48 periods, ρ = 0.3",
        "segmented_regression",
        series(48, 48, 0.3, lambda found: found.slope_change, slope=1.0),
        0.2,
    ),
    Simulation(
        "mean departure, 48 + 48 periods, ρ = 0.3",
        "segmented_regression",
        series(48, 48, 0.3, lambda found: found.mean_departure),
        2.0,
    ),
    Simulation("level change against a second series", "segmented_regression", compared, 2.0),
    Simulation("level change with a season", "segmented_regression", seasonal, 2.0),
]
