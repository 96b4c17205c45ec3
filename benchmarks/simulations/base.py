"""What a simulation is: data with a known truth, drawn again and again, and one method."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ebpm.methods.result import Estimate


@dataclass(frozen=True)
class Simulation:
    """One method on drawn data.

    `draw(random, effect)` draws data in which the estimand is `effect` and returns the estimate.
    `null` is the estimand under which nothing is there, None where the method tests nothing.
    `few_treated` marks the case that may reject in up to 7 % (3 of 20 treated clusters). A band of
    its own (shares 0–1) is for methods that are known to be cautious; `note` then says why.
    """

    name: str
    method: str
    draw: Callable[[np.random.Generator, float], Estimate]
    truth: float
    null: float | None = 0.0
    few_treated: bool = False
    coverage_band: tuple[float, float] | None = None
    false_positive_band: tuple[float, float] | None = None
    note: str = ""
