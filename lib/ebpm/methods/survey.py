"""Means, shares, ratios and totals from a survey, with errors that follow how it was drawn.

Errors are Taylor-linearised: the statistic's influence values are summed by primary sampling unit
(PSU) and compared within strata; t with (PSUs - strata) degrees of freedom. Conventions are those
of R's survey package: no other small-sample factor than m/(m-1) in a stratum of m PSUs. Where a few
strata carry most of the variance those degrees are too many: with 8 PSUs drawn from each of six
strata of 20 to 80, 95 % intervals covered 94 %.

Binder, D. A. (1983), "On the Variances of Asymptotically Normal Estimators from Complex Surveys",
International Statistical Review 51(3). Korn, E. L. and B. I. Graubard (1998), "Confidence Intervals
for Proportions with Small Expected Number of Positive Counts Estimated from Survey Data", Survey
Methodology 24(2). Deville, J.-C. and C.-E. Särndal (1992), "Calibration Estimators in Survey
Sampling", JASA 87(418): raked weights enter through residuals on the margins.
"""

from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
import pandas as pd
from scipy import special
from statsmodels.stats.proportion import proportion_confint

from ebpm.methods.raking import Calibration, Margins, rake
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import LEVEL, Check, Estimate, estimate_of_t
from ebpm.methods.survey_sample import Sample, sample_of

RAKED = "raked_weight"
MIN_DEGREES = 4
MIN_EFFECTIVE = 30


@dataclass(frozen=True, eq=False)
class _Domain:
    """The rows that a statistic is about; the others stay in the design with influence 0."""

    inside: np.ndarray
    n: int
    n_psus: int
    degrees: int
    effective_n: float


@dataclass(frozen=True, eq=False)
class SurveyDesign:
    """Respondents and how they were drawn: `frame` has a row for each, the rest names its columns.

    `weights` (> 0) are numbers of people that a respondent stands for; `strata` and `psu` default
    to one stratum and every row by itself. For the finite-population correction,
    `population_clusters` is the number of PSUs in the stratum's population (of persons, without
    `psu`) and `population_in_cluster` the number of persons in the PSU. The first alone assumes
    that everyone in a drawn PSU was asked, and understates the error where people were drawn
    within PSUs too: then give both or, to be on the safe side, neither.

    A stratum with one PSU says nothing about its own variance: MethodError, because merging it
    with a like stratum is the better way. `lonely="average"` gives it the mean variance of the
    other strata. A stratum whose only PSU is its whole population adds none.

    `checks` (a response rate, say) go into every result. Methods take `where`, a mask on the
    frame's index, for a subpopulation: never cut the frame itself, or PSUs without such people
    vanish from the error. Raises MethodError on missing values, weights of 0 or less, a PSU in
    two strata, and population numbers that differ within a unit or are below the sample's.
    """

    frame: pd.DataFrame
    _: KW_ONLY
    weights: str
    strata: str | None = None
    psu: str | None = None
    population_clusters: str | None = None
    population_in_cluster: str | None = None
    lonely: Literal["error", "average"] = "error"
    calibration: Calibration | None = None
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if self.lonely not in {"error", "average"}:
            raise MethodError("lonely は 'error' か 'average' にしてください。")
        if self._sample.lonely.any() and self.lonely == "error":
            raise MethodError(
                "抽出単位が一つしかない層があり、その層の誤差を見積もれません。"
                "性質の近い層とまとめるか、lonely='average' を指定してください。"
            )

    @cached_property
    def _sample(self) -> Sample:
        return sample_of(
            self.frame,
            self.weights,
            self.strata,
            self.psu,
            self.population_clusters,
            self.population_in_cluster,
        )

    def raked(self, margins: Margins, *, max_weight_ratio: float | None = None) -> Self:
        """The same respondents with weights raked to known totals (see `ebpm.methods.raking`).

        Errors are then those of residuals on the margins. A raked design cannot be raked again.
        """
        if self.calibration:
            raise MethodError(
                "すでに周辺合計に合わせた重みです。元の標本設計から合わせてください。"
            )
        found = rake(self.frame, self.weights, margins, max_weight_ratio=max_weight_ratio)
        frame = self.frame.assign(**{RAKED: found.weights})
        return replace(self, frame=frame, weights=RAKED, calibration=found.calibration)

    def mean(self, name: str, *, where: pd.Series | None = None) -> Estimate:
        """Weighted mean of a column, in its unit; nothing is tested (p_value None)."""
        domain, y = self._values(name, where)
        point, influence = self._mean(domain, y)
        method = ("raked_" if self.calibration else "") + "survey_mean"
        return self._described(point, influence, domain, method=method)

    def proportion(self, name: str, *, where: pd.Series | None = None) -> Estimate:
        """Weighted share (0–1) of a column of 0/1 or bool, its interval on the logit scale.

        `standard_error` is that of the share itself. Where every answer is the same the
        linearised error vanishes: then the Wilson interval of as many observations as there are
        PSUs is given, the safe direction, without a standard error.
        """
        domain, y = self._values(name, where)
        if not np.isin(y[domain.inside], (0.0, 1.0)).all():
            raise MethodError(f"{name} は 0/1 か真偽の列にしてください。")
        p, influence = self._mean(domain, y)
        method = ("raked_" if self.calibration else "") + "survey_proportion"
        result = self._described(p, influence, domain, method=method)
        if np.ptp(y[domain.inside]) == 0:
            p, g = float(y[domain.inside][0]), domain.n_psus
            low, high = proportion_confint(round(p * g), g, alpha=1 - LEVEL, method="wilson")
            result = replace(result, estimate=p, standard_error=None, degrees=None)
        else:
            reach = (result.ci_high - p) / (p * (1 - p))
            low, high = special.expit(special.logit(p) + np.array([-reach, reach]))
        return replace(result, ci_low=float(low), ci_high=float(high))

    def ratio(
        self, numerator: str, denominator: str, *, where: pd.Series | None = None
    ) -> Estimate:
        """Ratio of two weighted totals (numerator's unit per denominator's)."""
        domain, y = self._values(numerator, where)
        _, x = self._values(denominator, where)
        total = float(self._sample.w @ x)
        if total == 0:
            raise MethodError(f"{denominator} の合計が 0 のため、比を計算できません。")
        point = float(self._sample.w @ y) / total
        method = ("raked_" if self.calibration else "") + "survey_ratio"
        return self._described(point, (y - point * x) / total, domain, method=method)

    def total(self, name: str, *, where: pd.Series | None = None) -> Estimate:
        """Weighted total of a column; the weights must add up to the population."""
        domain, y = self._values(name, where)
        method = ("raked_" if self.calibration else "") + "survey_total"
        return self._described(float(self._sample.w @ y), y, domain, method=method)

    def difference(self, name: str, where: pd.Series, other: pd.Series) -> Estimate:
        """Mean of `name` in one subpopulation minus that in another, with a test against 0.

        The two may share PSUs or people; degrees of freedom are those of the smaller one.
        """
        first, y = self._values(name, where)
        second, x = self._values(name, other)
        a, of_a = self._mean(first, y)
        b, of_b = self._mean(second, x)
        both = self._domain(where | other)
        limits = replace(
            both,
            degrees=min(first.degrees, second.degrees),
            effective_n=min(first.effective_n, second.effective_n),
        )
        method = ("raked_" if self.calibration else "") + "survey_difference"
        return self._estimate(a - b, of_a - of_b, limits, method=method)

    def design_effect(
        self, name: str, *, where: pd.Series | None = None, replacement: bool = False
    ) -> float:
        """Variance of the mean over that of a simple random sample of as many people.

        The comparison is drawn without replacement from as many as the weights add up to; with
        `replacement` it is not, which relative weights (adding up to the sample) need.
        """
        domain, y = self._values(name, where)
        point, influence = self._mean(domain, y)
        w, n = self._sample.w[domain.inside], domain.n
        people = float(w.sum())
        spread = float(w @ (y[domain.inside] - point) ** 2) / people * n / (n - 1)
        remaining = 1.0 if replacement else 1 - n / people
        if spread == 0 or remaining <= 0:
            raise MethodError(
                "設計効果を計算できません。値がすべて同じか、重みの合計が回答数以下です。"
                "合計が人口にならない重みでは replacement=True を指定してください。"
            )
        return self._variance(influence) / (spread / n * remaining)

    def _mean(self, domain: _Domain, y: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean of `y` (0 outside the domain) and its influence value of every row."""
        inside = domain.inside.astype(float)
        people = float(self._sample.w @ inside)
        point = float(self._sample.w @ y) / people
        return point, (y - point * inside) / people

    def _values(self, name: str, where: pd.Series | None) -> tuple[_Domain, np.ndarray]:
        domain = self._domain(where)
        require_complete(self.frame.loc[domain.inside], [name])
        y = np.zeros(len(self.frame))
        y[domain.inside] = self.frame.loc[domain.inside, name].to_numpy(float)
        return domain, y

    def _domain(self, where: pd.Series | None) -> _Domain:
        inside = np.ones(len(self.frame), bool) if where is None else self._mask(where)
        if not inside.any():
            raise MethodError("対象となる回答がありません。条件を確かめてください。")
        w = self._sample.w[inside]
        psus, degrees = self._sample.degrees(inside)
        if degrees < 1:
            raise MethodError("対象の抽出単位が層の数より多くないため、誤差を推定できません。")
        return _Domain(inside, int(inside.sum()), psus, degrees, float(w.sum() ** 2 / (w @ w)))

    def _mask(self, where: pd.Series) -> np.ndarray:
        if not where.index.equals(self.frame.index) or where.dtype != bool:
            raise MethodError("where には、同じ索引を持つ欠測のない真偽の列を渡してください。")
        return where.to_numpy()

    def _variance(self, influence: np.ndarray) -> float:
        known = self.calibration
        return self._sample.variance(known.residual(influence) if known else influence)

    def _described(
        self, point: float, influence: np.ndarray, domain: _Domain, *, method: str
    ) -> Estimate:
        return replace(self._estimate(point, influence, domain, method=method), p_value=None)

    def _estimate(
        self, point: float, influence: np.ndarray, domain: _Domain, *, method: str
    ) -> Estimate:
        effective = domain.effective_n
        checks = (
            Check("enough_degrees", domain.degrees >= MIN_DEGREES, float(domain.degrees)),
            Check("effective_sample", effective >= MIN_EFFECTIVE, effective),
            *self.checks,
        )
        return estimate_of_t(
            point,
            float(np.sqrt(self._variance(influence))),
            domain.degrees,
            n=domain.n,
            n_clusters=domain.n_psus if self.psu else None,
            method=method,
            design="survey",
            checks=checks,
        )
