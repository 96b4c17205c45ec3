"""Shares under their own assumptions.

The binomial takes whole numbers only, so that no interval covers exactly 95 %: Wilson's goes up and
down around it, that of Clopper and Pearson lies above it, the more so the fewer cases there are.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from benchmarks.simulations.base import Simulation
from ebpm.methods.beta_binomial import beta_binomial
from ebpm.methods.proportions import clopper_pearson, fractional_logit, wilson
from ebpm.methods.result import Estimate

Draw = Callable[[np.random.Generator, float], Estimate]


def binomial(method: Callable[[int, int], Estimate], n: int) -> Draw:
    """Independent cases with a share of `effect`."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        return method(int(random.binomial(n, effect)), n)

    return draw


def shares(groups: int, size: int) -> Draw:
    """Shares with a logit mean; `effect` is the average difference that a 0/1 regressor makes.

    The regressors are the same in every draw; the shares of a cluster follow each other.
    """
    fixed = np.random.default_rng(7)
    g = np.repeat(np.arange(groups), size)
    x = fixed.normal(size=len(g)) + fixed.normal(size=groups)[g]
    d = (fixed.random(len(g)) < 0.5).astype(float)

    def mean(slope: float, at: np.ndarray) -> np.ndarray:
        return np.asarray(special.expit(-0.5 + 0.5 * x + slope * at))

    def difference(slope: float) -> float:
        return float((mean(slope, np.ones(len(g))) - mean(slope, np.zeros(len(g)))).mean())

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        slope = optimize.brentq(lambda value: difference(value) - effect, -5, 5)
        common = np.sqrt(0.3) * random.normal(size=groups)[g]
        place = special.ndtr(common + np.sqrt(0.7) * random.normal(size=len(g)))
        mu = mean(slope, d)
        frame = pd.DataFrame({"y": stats.beta.ppf(place, 5 * mu, 5 * (1 - mu)), "x": x, "d": d})
        return fractional_logit(frame.assign(g=g), "y", ["x", "d"], cluster="g").of("d")

    return draw


def bodies(number: int, rho: float) -> Draw:
    """Bodies of very different size whose own shares spread around `effect`."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        n = np.maximum(1, random.lognormal(3, 1.2, number).astype(int))
        size = (1 - rho) / rho
        y = random.binomial(n, random.beta(effect * size, (1 - effect) * size, number))
        return beta_binomial(pd.Series(y), pd.Series(n)).mean

    return draw


SIMULATIONS = [
    Simulation("Wilson, 200 cases", "wilson", binomial(wilson, 200), 0.3, None),
    Simulation("Wilson, 400 cases, rare", "wilson", binomial(wilson, 400), 0.05, None),
    Simulation(
        "Clopper-Pearson, 1,000 cases",
        "clopper_pearson",
        binomial(clopper_pearson, 1000),
        0.3,
        None,
    ),
    Simulation("fractional logit, 47 clusters (CR1)", "fractional_logit", shares(47, 8), 0.1),
    Simulation("fractional logit, 12 clusters (CR2)", "fractional_logit_cr2", shares(12, 20), 0.1),
    Simulation("beta-binomial mean, 50 bodies", "beta_binomial", bodies(50, 0.05), 0.3, None),
    Simulation("beta-binomial mean, 30 bodies, rare", "beta_binomial", bodies(30, 0.2), 0.1, None),
]
