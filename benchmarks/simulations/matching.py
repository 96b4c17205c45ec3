"""Entropy balancing, regression adjustment and weighting where what is measured is enough."""

import numpy as np
import pandas as pd
from scipy import special

from benchmarks.simulations.base import Simulation
from ebpm.methods.entropy_balancing import entropy_balance
from ebpm.methods.propensity import aipw, ipw, ra
from ebpm.methods.result import Estimate

ROWS = 300
CLUSTERS, SIZE = 60, 6
COVARIATES = ["x1", "x2", "x3"]


def _outcome(
    frame: pd.DataFrame, effect: float, noise: np.ndarray, *, varying: float = 0.5
) -> pd.DataFrame:
    """The difference varies with x1 around `effect`, its mean where x1 has mean 0."""
    level = 1 + frame["x1"] + 0.5 * frame["x2"] - 0.5 * frame["x3"]
    return frame.assign(y=level + frame["d"] * (effect + varying * frame["x1"]) + noise)


def _population(random: np.random.Generator, effect: float) -> pd.DataFrame:
    x = random.normal(size=(ROWS, 3))
    x[:, 2] = x[:, 2] > 0.5
    p = special.expit(-0.4 + 0.5 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * x[:, 2])
    frame = pd.DataFrame(x, columns=COVARIATES).assign(d=(random.random(ROWS) < p) * 1)
    return _outcome(frame, effect, random.normal(size=ROWS) * (1 + 0.3 * frame["d"]))


def _treated_population(random: np.random.Generator, effect: float) -> pd.DataFrame:
    """Treated rows have x1 of mean 0, controls of mean -0.5: the log-odds are linear."""
    d = (random.random(ROWS) < 0.35) * 1
    x = random.normal(size=(ROWS, 3))
    x[:, 0] -= 0.5 * (1 - d)
    x[:, 1] += 0.3 * d
    x[:, 2] = x[:, 2] > 0.5
    frame = pd.DataFrame(x, columns=COVARIATES).assign(d=d)
    return _outcome(frame, effect, random.normal(size=ROWS))


def _clustered(random: np.random.Generator, effect: float) -> pd.DataFrame:
    group = np.repeat(np.arange(CLUSTERS), SIZE)
    x = random.normal(size=(len(group), 3)) + random.normal(size=(CLUSTERS, 3))[group]
    p = special.expit(-0.4 + 0.4 * x[:, 0] - 0.3 * x[:, 1])
    d = (random.random(len(group)) < p) * 1
    frame = pd.DataFrame(x, columns=COVARIATES).assign(d=d, group=group)
    shared = random.normal(size=CLUSTERS)[group]
    return _outcome(frame, effect, shared + random.normal(size=len(group)), varying=0.0)


def _entropy(random: np.random.Generator, effect: float) -> Estimate:
    data = _treated_population(random, effect)
    return entropy_balance(data, outcome="y", treated="d", covariates=COVARIATES).estimate


def _entropy_clustered(random: np.random.Generator, effect: float) -> Estimate:
    data = _clustered(random, effect)
    found = entropy_balance(data, outcome="y", treated="d", covariates=COVARIATES, cluster="group")
    return found.estimate


def _ra(random: np.random.Generator, effect: float) -> Estimate:
    data = _population(random, effect)
    return ra(data, outcome="y", treated="d", covariates_outcome=COVARIATES).estimate


def _ipw(random: np.random.Generator, effect: float) -> Estimate:
    data = _population(random, effect)
    return ipw(data, outcome="y", treated="d", covariates_treatment=COVARIATES).estimate


def _aipw(random: np.random.Generator, effect: float) -> Estimate:
    data = _population(random, effect)
    return aipw(
        data,
        outcome="y",
        treated="d",
        covariates_outcome=COVARIATES,
        covariates_treatment=COVARIATES,
    ).estimate


def _aipw_clustered(random: np.random.Generator, effect: float) -> Estimate:
    data = _clustered(random, effect)
    return aipw(
        data,
        outcome="y",
        treated="d",
        covariates_outcome=COVARIATES,
        covariates_treatment=COVARIATES,
        cluster="group",
    ).estimate


SIMULATIONS = [
    Simulation("entropy balancing, 300 rows", "entropy_balancing", _entropy, 0.5),
    Simulation("entropy balancing, 60 clusters", "entropy_balancing", _entropy_clustered, 0.5),
    Simulation("RA, 300 rows", "regression_adjustment", _ra, 0.5),
    Simulation("IPW, 300 rows", "inverse_probability_weighting", _ipw, 0.5),
    Simulation("AIPW, 300 rows", "augmented_inverse_probability_weighting", _aipw, 0.5),
    Simulation(
        "AIPW, 60 clusters",
        "augmented_inverse_probability_weighting",
        _aipw_clustered,
        0.5,
    ),
]
