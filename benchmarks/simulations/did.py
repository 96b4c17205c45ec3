"""Difference in differences: panels with parallel trends and serially correlated errors."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods import did
from ebpm.methods.permutation import permutation_did
from ebpm.methods.result import Estimate
from ebpm.methods.staggered import Staggered, callaway_santanna
from ebpm.methods.sun_abraham import SunAbraham, sun_abraham

PERIODS = 8
START = 5
PERSISTENCE = 0.5
# Cohorts and their probabilities (0: never treated).
COHORTS = {0: 0.4, 4: 0.2, 5: 0.2, 7: 0.2}
UNITS = 200
COLUMNS = {"unit": "unit", "time": "time", "outcome": "outcome"}


def noise(random: np.random.Generator, units: int) -> np.ndarray:
    """Stationary AR(1) errors, a row a unit, beside a level of each unit and shocks of each time."""
    error = np.empty((units, PERIODS))
    error[:, 0] = random.normal(size=units) / np.sqrt(1 - PERSISTENCE**2)
    for t in range(1, PERIODS):
        error[:, t] = PERSISTENCE * error[:, t - 1] + random.normal(size=units)
    return error + 3 * random.normal(size=(units, 1)) + random.normal(size=PERIODS)


def long(outcome: np.ndarray, **of_unit: np.ndarray) -> pd.DataFrame:
    """A row a unit and time (1 to PERIODS)."""
    units = len(outcome)
    columns = {name: np.repeat(values, PERIODS) for name, values in of_unit.items()}
    unit, time = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(1, PERIODS + 1), units)
    return pd.DataFrame({"unit": unit, "time": time, "outcome": outcome.ravel(), **columns})


def one_start(random: np.random.Generator, effect: float, treated: int, units: int) -> pd.DataFrame:
    """The first `treated` units start at START; their effects vary around `effect`."""
    d = np.arange(units) < treated
    post = np.arange(1, PERIODS + 1) >= START
    own = effect * (1 + 0.5 * random.normal(size=(units, 1)))
    frame = long(noise(random, units) + own * d[:, None] * post, treated=d)
    return frame.assign(post=frame["time"] >= START, start=np.where(frame["treated"], START, 0))


def two_by_two(treated: int, units: int) -> Callable[[np.random.Generator, float], Estimate]:
    def draw(random: np.random.Generator, effect: float) -> Estimate:
        frame = one_start(random, effect, treated, units)
        return did.two_by_two(frame, **COLUMNS, treated="treated", post="post")

    return draw


def event_study(random: np.random.Generator, effect: float) -> Estimate:
    frame = one_start(random, effect, 30, 80)
    study = did.event_study(frame, **COLUMNS, first_treated="start", window=(-3, 3))
    return study.average


def before_after(random: np.random.Generator, effect: float) -> Estimate:
    """Without shocks common to all units: the design has nothing to tell them apart by."""
    error = random.normal(size=(40, PERIODS))
    post = np.arange(1, PERIODS + 1) >= START
    frame = long(error + effect * post)
    return did.before_after(frame.assign(post=frame["time"] >= START), **COLUMNS, post="post")


def permutation(random: np.random.Generator, effect: float) -> Estimate:
    """3 of 20 treated; effects are alike, as the test supposes."""
    d = np.arange(20) < 3
    post = np.arange(1, PERIODS + 1) >= START
    frame = long(noise(random, 20) + effect * d[:, None] * post, treated=d)
    frame = frame.assign(post=frame["time"] >= START)
    return permutation_did(frame, **COLUMNS, treated="treated", post="post")


def growing(weights: str) -> np.ndarray:
    """Effects by cohort and time (cohorts x PERIODS) that grow with time and differ by cohort,
    scaled so that their mean over pairs ("simple") or event times ("dynamic") is 1.
    """
    starts, share = np.array(list(COHORTS)), np.array(list(COHORTS.values()))
    since = np.arange(1, PERIODS + 1) - starts[:, None]
    on = (since >= 0) & (starts[:, None] > 0)
    effect = np.where(on, (1 + 0.5 * since) * (starts[:, None] / 5), 0.0)
    mass = share[:, None] * on
    if weights == "simple":
        return effect * mass.sum() / (mass * effect).sum()
    events = [on & (since == e) for e in np.unique(since[on])]
    return effect / np.mean([(mass * effect)[e].sum() / mass[e].sum() for e in events])


def cohorts(random: np.random.Generator, effect: float, weights: str) -> pd.DataFrame:
    """Units drawn into cohorts, treated ones with effects as in `growing`."""
    which = random.choice(len(COHORTS), size=UNITS, p=list(COHORTS.values()))
    start = np.array(list(COHORTS))[which]
    return long(noise(random, UNITS) + effect * growing(weights)[which], start=start)


def adjusted(random: np.random.Generator, effect: float) -> Estimate:
    """Trends differ by a covariate, which also decides who is treated (start at START)."""
    size = random.normal(size=UNITS)
    d = random.random(UNITS) < 1 / (1 + np.exp(0.5 - size))
    time = np.arange(1, PERIODS + 1)
    trend = 0.4 * size[:, None] * time
    outcome = noise(random, UNITS) + trend + effect * d[:, None] * (time >= START)
    frame = long(outcome, start=np.where(d, START, 0), size=size)
    found = callaway_santanna(frame, **COLUMNS, first_treated="start", covariates=["size"])
    return found.simple


def staggered(
    method: Callable[..., Staggered | SunAbraham], weights: str, **options: str
) -> Callable[[np.random.Generator, float], Estimate]:
    def draw(random: np.random.Generator, effect: float) -> Estimate:
        frame = cohorts(random, effect, weights)
        found = method(frame, **COLUMNS, first_treated="start", **options)
        return found.simple if weights == "simple" else found.dynamic

    return draw


SIMULATIONS = [
    Simulation("2 x 2, 30 of 80 treated", "two_by_two", two_by_two(30, 80), 0.5),
    Simulation("2 x 2, 10 of 24 treated", "two_by_two", two_by_two(10, 24), 0.5),
    Simulation("event study, average", "event_study", event_study, 0.5),
    Simulation("before and after", "before_after", before_after, 0.5),
    Simulation(
        "permutation, 3 of 20 treated", "permutation_test", permutation, 1.0, few_treated=True
    ),
    *(
        Simulation(
            f"several starts, {average}, {control} treated",
            "callaway_santanna",
            staggered(callaway_santanna, average, control=control.replace(" ", "_")),
            0.5,
        )
        for average in ("simple", "dynamic")
        for control in ("never", "not yet")
    ),
    Simulation("one start, adjusted for a covariate", "callaway_santanna", adjusted, 0.5),
    *(
        Simulation(
            f"several starts, {average}, interaction-weighted",
            "sun_abraham",
            staggered(sun_abraham, average),
            0.5,
        )
        for average in ("simple", "dynamic")
    ),
]
