"""Many tests at once: p-values adjusted for their number, and what chance alone would find.

Benjamini, Y. and Y. Hochberg (1995), "Controlling the False Discovery Rate", JRSS B 57(1): the
expected share of false ones among those found; for independent tests.
Benjamini, Y. and D. Yekutieli (2001), "The control of the false discovery rate in multiple testing
under dependency", Annals of Statistics 29(4): the same under any dependence.
Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
Statistics 6(2): the chance of even one false one; under any dependence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from ebpm.methods.requirements import MethodError
from ebpm.methods.result import LEVEL


@dataclass(frozen=True)
class Adjusted:
    """Tests in the order given: p-values, adjusted p-values, and which are found at `level`."""

    names: tuple[str, ...]
    p_values: tuple[float, ...]
    adjusted: tuple[float, ...]
    rejected: tuple[bool, ...]
    level: float
    method: str

    @property
    def frame(self) -> pd.DataFrame:
        """One row per test: name, p_value, adjusted, rejected."""
        columns = {
            "name": self.names,
            "p_value": self.p_values,
            "adjusted": self.adjusted,
            "rejected": self.rejected,
        }
        return pd.DataFrame(columns)

    @property
    def unadjusted_count(self) -> int:
        """How many p-values are at or below the level before adjustment."""
        return sum(p <= self.level for p in self.p_values)

    @property
    def expected_by_chance(self) -> float:
        """How many p-values would be at or below the level where nothing is there at all."""
        return self.level * len(self.p_values)

    @property
    def chance_of_any(self) -> float:
        """Probability (0–1) of at least one such p-value among as many independent tests."""
        return 1 - (1 - self.level) ** len(self.p_values)


def benjamini_hochberg(p_values: Mapping[str, float], *, level: float = 1 - LEVEL) -> Adjusted:
    """False discovery rate of independent (or positively dependent) tests.

    `p_values` maps the name of each test to its p-value. Raises MethodError where there is none,
    or one is missing or outside 0–1.
    """
    return _adjusted(p_values, level, "fdr_bh", method="benjamini_hochberg")


def benjamini_yekutieli(p_values: Mapping[str, float], *, level: float = 1 - LEVEL) -> Adjusted:
    """False discovery rate under any dependence; arguments as `benjamini_hochberg`."""
    return _adjusted(p_values, level, "fdr_by", method="benjamini_yekutieli")


def holm(p_values: Mapping[str, float], *, level: float = 1 - LEVEL) -> Adjusted:
    """Family-wise error rate under any dependence; arguments as `benjamini_hochberg`."""
    return _adjusted(p_values, level, "holm", method="holm")


def _adjusted(p_values: Mapping[str, float], level: float, kind: str, *, method: str) -> Adjusted:
    names, p = tuple(p_values), np.array(list(p_values.values()), dtype=float)
    if not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise MethodError("p値は0以上1以下の数を一つ以上渡してください（欠測は除けません）。")
    rejected, adjusted, *_ = multipletests(p, level, kind)
    return Adjusted(
        names, tuple(p.tolist()), tuple(adjusted.tolist()), tuple(rejected.tolist()), level, method
    )
