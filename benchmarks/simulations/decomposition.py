"""Kitagawa and Oaxaca–Blinder: both parts of a gap, with and without clusters in both groups."""

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods.decomposition import Kitagawa, Oaxaca, kitagawa, oaxaca
from ebpm.methods.result import Estimate

ROWS = 240
CLUSTERS, SIZE = 50, 4
RATES = np.array([0.2, 0.5, 0.8])


def _kitagawa(random: np.random.Generator, rate: float, composition: float) -> Kitagawa:
    """The first group's rates are higher by `rate`, its composition adds `composition`."""
    group = np.arange(ROWS) % 2
    # Only the outer categories move; a composition moved by m changes the mean rate by 0.6 m.
    moved = composition / (RATES[2] - RATES[0])
    shares = np.array([[1 / 3, 1 / 3, 1 / 3], [1 / 3 - moved, 1 / 3, 1 / 3 + moved]])
    drawn = random.random(ROWS)[:, None] > shares[group].cumsum(axis=1)[:, :2]
    category = drawn.sum(axis=1)
    happened = random.random(ROWS) < RATES[category] + (group - 0.5) * rate
    frame = pd.DataFrame({"y": happened * 1, "group": group, "category": category})
    return kitagawa(frame, outcome="y", group="group", category="category")


def _oaxaca(random: np.random.Generator, explained: float, unexplained: float) -> Oaxaca:
    """Slopes of 1.5 and 0.5, as far from the pooled one of 1: means of x at ±`explained`/2."""
    group = np.arange(ROWS) % 2
    x = random.normal(size=ROWS) + (group - 0.5) * explained
    z = random.normal(size=ROWS)
    slope = np.where(group == 1, 1.5, 0.5)
    y = group * unexplained + slope * x + 0.5 * z + random.normal(size=ROWS)
    frame = pd.DataFrame({"y": y, "x": x, "z": z, "group": group})
    return oaxaca(frame, outcome="y", group="group", covariates=["x", "z"])


def _clustered(random: np.random.Generator, effect: float) -> Oaxaca:
    """The same bodies in both groups, as in two years."""
    body = np.repeat(np.arange(CLUSTERS), SIZE)
    group = np.tile([0, 1], CLUSTERS * SIZE // 2)
    x = random.normal(size=CLUSTERS)[body] + random.normal(size=len(body)) + 0.5 * group
    noise = random.normal(size=CLUSTERS)[body] + random.normal(size=len(body))
    frame = pd.DataFrame({"y": effect * group + x + noise, "x": x, "group": group, "body": body})
    return oaxaca(frame, outcome="y", group="group", covariates=["x"], cluster="body")


def _rate(random: np.random.Generator, effect: float) -> Estimate:
    return _kitagawa(random, effect, 0.08).rate


def _composition(random: np.random.Generator, effect: float) -> Estimate:
    return _kitagawa(random, 0.1, effect).composition


def _explained(random: np.random.Generator, effect: float) -> Estimate:
    return _oaxaca(random, effect, 0.3).explained


def _unexplained(random: np.random.Generator, effect: float) -> Estimate:
    return _oaxaca(random, 0.6, effect).unexplained


def _unexplained_clustered(random: np.random.Generator, effect: float) -> Estimate:
    return _clustered(random, effect).unexplained


SIMULATIONS = [
    Simulation("Kitagawa, rate part", "kitagawa", _rate, 0.15),
    Simulation("Kitagawa, composition part", "kitagawa", _composition, 0.1),
    Simulation("Oaxaca–Blinder, explained", "oaxaca_blinder", _explained, 0.6),
    Simulation("Oaxaca–Blinder, unexplained", "oaxaca_blinder", _unexplained, 0.4),
    Simulation(
        "Oaxaca–Blinder, unexplained, 50 clusters", "oaxaca_blinder", _unexplained_clustered, 0.4
    ),
]
