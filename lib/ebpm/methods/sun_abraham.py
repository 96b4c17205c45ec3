"""Event study with several starting times: the interaction-weighted estimator.

    y_it = Σ_g Σ_e δ_ge·1{g_i = g}·1{t - g = e} + α_i + λ_t + ε_it,  δ_g,-1 = 0

Every cohort has coefficients of its own, so that none is compared with earlier starters; those of
an event time are averaged by the cohorts' shares of the units.

Sun, L. and S. Abraham (2021), "Estimating dynamic treatment effects in event studies with
heterogeneous treatment effects", Journal of Econometrics 225(2), section 4. As there, the standard
errors allow for the sampling of the shares. Errors by unit or cluster with the factor
G/(G-1) · (n-1)/(n-K) and t with G-1 degrees of freedom (fixest, reghdfe; CR1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.aggregation import CohortEffects
from ebpm.methods.panels import (
    JointTest,
    require_cohorts,
    require_comparison,
    require_constant,
    require_panel,
    starts,
)
from ebpm.methods.regression import fitted
from ebpm.methods.requirements import MethodError, groups_of
from ebpm.methods.result import Estimate

REFERENCE = -1


@dataclass(frozen=True)
class SunAbraham:
    """Mean change of treated units beyond that of units never treated, in the outcome's unit.

    `simple` by number of treated units; `dynamic` with event times from 0 on counting alike.
    `cohorts` has a row per cohort and time, `event_times` one per event time, both without the
    reference period (-1) and with estimate, standard_error, ci_low, ci_high, p_value. `pre_trends`
    tests that all coefficients before the start are 0 (None where it cannot be tested).
    """

    simple: Estimate
    dynamic: Estimate
    cohorts: pd.DataFrame
    event_times: pd.DataFrame
    pre_trends: JointTest | None


def sun_abraham(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
) -> SunAbraham:
    """Interaction-weighted averages: one row a unit and time, which need not be balanced.

    `first_treated` is the time of a unit's first treated period, 0 or missing if never (so, too,
    one after the last time). `covariates` vary over time and enter linearly. Raises MethodError on
    missing values, a unit twice at one time, units treated from the first time on, cohorts of one
    unit or without the period before their start, or nobody to compare with.
    """
    by = cluster or unit
    require_panel(frame, unit, time, [outcome, *covariates, by])
    require_constant(frame, unit, by)
    start = starts(frame, unit, time, first_treated)
    require_comparison(np.isinf(start))
    effects = _effects(frame.assign(start=start), unit, time, outcome, covariates, by)
    test = effects.pre_trends()
    checks = effects.checks(frame[time].unique(), test)
    simple, dynamic = (
        effects.estimate(
            part,
            n=len(frame),
            method="sun_abraham",
            design="difference_in_differences",
            checks=checks,
        )
        for part in (effects.simple(), effects.dynamic())
    )
    return SunAbraham(simple, dynamic, effects.pairs(), effects.event_times(), test)


def _effects(
    data: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    covariates: Sequence[str],
    cluster: str,
) -> CohortEffects:
    """The coefficients of every cohort and time but its reference, from one regression."""
    units = data.groupby(unit, sort=False).first()
    start = units["start"].to_numpy()
    require_cohorts(start)
    pairs, dummies = _interactions(data["start"].to_numpy(), data[time].to_numpy(float))
    names = [f"cohort {g:g} at {t:g}" for g, t in pairs]
    full = pd.concat([data, pd.DataFrame(dummies, columns=names, index=data.index)], axis=1)
    groups = groups_of(data, cluster)
    regressors, ones = [*names, *covariates], np.ones(len(data))
    beta, fit = fitted(full, outcome, regressors, (groups,), [unit, time], ones)
    k, g = len(pairs), int(groups.max()) + 1
    influence = np.zeros((len(units), k))
    np.add.at(influence, pd.factorize(data[unit])[0], len(units) * fit.scores[:, :k])
    codes = pd.factorize(units.reset_index()[cluster])[0]
    factor = g / (g - 1) * (fit.n - 1) / (fit.n - fit.counted)
    return CohortEffects(pairs[:, 0], pairs[:, 1], beta[:k], influence, start, codes, factor)


def _interactions(cohort: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cohort and time of every coefficient (K x 2), and the column of 0 and 1 of each (n x K)."""
    found = np.unique(np.column_stack([cohort, times])[np.isfinite(cohort)], axis=0)
    base = found[:, 1] - found[:, 0] == REFERENCE
    without = sorted(set(found[:, 0]) - set(found[base, 0]))
    if without:
        raise MethodError(
            "開始の一つ前の時点がない開始時期があります："
            f"{', '.join(f'{g:g}' for g in without)}。数えてから除いてください。"
        )
    pairs = found[~base]
    dummies = (cohort[:, None] == pairs[:, 0]) & (times[:, None] == pairs[:, 1])
    return pairs, dummies.astype(float)
