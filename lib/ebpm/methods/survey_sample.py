"""How a survey was drawn, as arrays, and the variance of a weighted total that follows from it.

With m of M primary sampling units (PSUs) drawn in a stratum, z the weighted values and z_i their
sum in a PSU, the stratum adds (1 - m/M) · m/(m-1) · Σ(z_i - z̄)²; where people were drawn within
PSUs (n of N), the second stage adds (m/M) · Σ_i (1 - n/N) · n/(n-1) · Σ(z_ij - z̄_i)².

Cochran, W. G. (1977), Sampling Techniques, 3rd edition, Wiley, chapters 10 and 11.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError, require_complete


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows with weights `w`, each in a PSU (codes `psu`), each PSU in a stratum (`stratum`).

    `drawn` is m/M by stratum, `drawn_within` n/N by PSU (None: everyone in a PSU was asked).
    """

    w: np.ndarray
    psu: np.ndarray
    stratum: np.ndarray
    drawn: np.ndarray
    drawn_within: np.ndarray | None

    @property
    def psus(self) -> np.ndarray:
        """Number of PSUs by stratum."""
        return np.bincount(self.stratum)

    @property
    def lonely(self) -> np.ndarray:
        """Strata whose variance is unknown: one PSU of several."""
        return np.asarray((self.psus == 1) & (self.drawn < 1))

    def degrees(self, inside: np.ndarray) -> tuple[int, int]:
        """PSUs with rows in a subpopulation, and those PSUs less the strata that they lie in."""
        present = np.unique(self.psu[inside])
        return len(present), len(present) - len(np.unique(self.stratum[present]))

    def variance(self, influence: np.ndarray) -> float:
        """Variance of Σ w · influence; lonely strata count as the mean of those that are not."""
        z = self.w * influence
        m = self.psus
        squares = _squares(np.bincount(self.psu, z), self.stratum)
        strata = (1 - self.drawn) * m / np.maximum(m - 1, 1) * squares
        known = int((m > 1).sum())
        first = strata.sum() * (1 + self.lonely.sum() / known if known else 1.0)
        return float(first + self._second_stage(z))

    def _second_stage(self, z: np.ndarray) -> float:
        if self.drawn_within is None:
            return 0.0
        n = np.bincount(self.psu)
        within = (1 - self.drawn_within) * n / np.maximum(n - 1, 1) * _squares(z, self.psu)
        return float(self.drawn[self.stratum] @ within)


def _squares(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Sum of squares around the group's mean, by group."""
    means = np.bincount(groups, values) / np.bincount(groups)
    return np.bincount(groups, (values - means[groups]) ** 2)


def sample_of(
    frame: pd.DataFrame,
    weights: str,
    strata: str | None,
    psu: str | None,
    population_clusters: str | None,
    population_in_cluster: str | None,
) -> Sample:
    """Reads a sample from the named columns; MethodError as `SurveyDesign` describes."""
    optional = (strata, psu, population_clusters, population_in_cluster)
    require_complete(frame, [weights, *(name for name in optional if name)])
    w = frame[weights].to_numpy(float)
    if len(w) == 0 or (w <= 0).any():
        raise MethodError("回答が一件以上必要で、重みは正の数にしてください。")
    rows = pd.factorize(frame[psu])[0] if psu else np.arange(len(frame))
    layers = pd.factorize(frame[strata])[0] if strata else np.zeros(len(frame), int)
    stratum = _constant_within(layers, rows, "同じ抽出単位が二つの層にあります。")
    drawn = np.zeros(int(stratum.max()) + 1)
    if population_clusters:
        drawn = _fraction(frame, population_clusters, layers, np.bincount(stratum))
    within = None
    if population_in_cluster:
        if not population_clusters:
            raise MethodError("population_in_cluster は population_clusters と共に渡してください。")
        within = _fraction(frame, population_in_cluster, rows, np.bincount(rows))
        _require_two_in_each(rows, within)
    return Sample(w, rows, stratum, drawn, within)


def _require_two_in_each(rows: np.ndarray, within: np.ndarray) -> None:
    if ((np.bincount(rows) == 1) & (within < 1)).any():
        raise MethodError(
            "回答が一件だけの抽出単位があり、単位内の誤差を見積もれません。"
            "母集団の数の列を二つとも外してください（安全側の誤差になります）。"
        )


def _fraction(
    frame: pd.DataFrame, name: str, groups: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    total = _constant_within(
        frame[name].to_numpy(float), groups, f"{name} が同じ層や抽出単位の中で異なります。"
    )
    if (total < counted).any():
        raise MethodError(
            f"{name} が標本の数より小さい行があります。母集団の数を確かめてください。"
        )
    return np.asarray(counted / total)


def _constant_within(values: np.ndarray, groups: np.ndarray, otherwise: str) -> np.ndarray:
    """The value of each group; MethodError where a group has more than one."""
    first = np.unique(groups, return_index=True)[1]
    found = values[first]
    if (values != found[groups]).any():
        raise MethodError(otherwise)
    return np.asarray(found)
