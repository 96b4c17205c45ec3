"""Difference in differences with several starting times (cohorts), doubly robust.

Callaway, B. and P. H. C. Sant'Anna (2021), "Difference-in-Differences with multiple time periods",
Journal of Econometrics 225(2): each cohort against units that have not started, never against ones
that have.
Sant'Anna, P. H. C. and J. Zhao (2020), "Doubly robust difference-in-differences estimators",
Journal of Econometrics 219(1): the panel estimator of section 2 with a logit propensity score and
least squares; right if either of the two models is.

Convention: that of the authors' R package. Standard errors come from the influence functions,
without a finite-sample factor; unlike there, the intervals use t with G-1 degrees of freedom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ebpm.methods.aggregation import CohortEffects, Influence
from ebpm.methods.panels import (
    JointTest,
    require_cohorts,
    require_comparison,
    require_constant,
    require_panel,
    starts,
)
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Check, Estimate

# A comparison unit more likely treated than this is left out (the R package's limit); treated units
# beyond it have nobody like them.
MAX_PROPENSITY = 0.995
MIN_OVERLAP = 0.95
ROUNDS = 50
CONVERGED = 1e-10
RANK = 1e-8
MAX_INDEX = 500.0


@dataclass(frozen=True)
class Staggered:
    """Mean change of treated units beyond that of the others, in the unit of the outcome.

    `simple` by number of treated units; `dynamic` with event times counting alike; `group` cohorts
    by size, times within one counting alike; `calendar` with times counting alike. `att` has a row
    per cohort and time, `event_times` one per event time (0: the first treated period), both with
    estimate, standard_error, ci_low, ci_high, p_value. Before its start a cohort is compared with
    its previous period, from then on with the last period before the start. `pre_trends` tests that
    all effects before the start are 0 (None where it cannot be tested).
    """

    simple: Estimate
    dynamic: Estimate
    group: Estimate
    calendar: Estimate
    att: pd.DataFrame
    event_times: pd.DataFrame
    pre_trends: JointTest | None


def callaway_santanna(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str] = (),
    control: Literal["never", "not_yet"] = "never",
    cluster: str | None = None,
) -> Staggered:
    """ATT(g,t) and its averages from a balanced panel: one row a unit and time.

    `first_treated` is the time of a unit's first treated period, 0 or missing if never (so, too,
    one after the last time). `covariates` are taken at the earlier of the two periods compared.
    `control` "not_yet" adds units that start later than both. Errors by `cluster` (the unit where
    None). Raises MethodError on missing values, units lacking a time, units treated from the first
    time on, cohorts of one unit, no unit to compare with, or covariates that are copies of each
    other or tell the treated apart completely.
    """
    require_panel(frame, unit, time, [outcome, *covariates, *([cluster] if cluster else [])])
    panel = _panel(frame, unit, time, outcome, first_treated, covariates, cluster)
    cohorts = np.unique(panel.start[np.isfinite(panel.start)])
    pairs = [(g, t) for g in cohorts for t in panel.times[1:]]
    parts = [_cohort_effect(panel, g, t, control) for g, t in pairs]
    effects = CohortEffects(
        np.array([g for g, _ in pairs]),
        np.array([t for _, t in pairs]),
        np.array([part.att for part in parts]),
        np.column_stack([part.influence for part in parts]),
        panel.start,
        panel.clusters,
    )
    test = effects.pre_trends()
    checks = (*effects.checks(panel.times, test), *(_overlap(parts) if covariates else ()))

    def estimate(part: Influence) -> Estimate:
        return effects.estimate(
            part,
            n=len(frame),
            method="callaway_santanna",
            design="difference_in_differences",
            checks=checks,
        )

    return Staggered(
        estimate(effects.simple()),
        estimate(effects.dynamic()),
        estimate(effects.group()),
        estimate(effects.calendar()),
        effects.pairs(),
        effects.event_times(),
        test,
    )


@dataclass(frozen=True)
class _Panel:
    """Outcome (N x T), covariates (N x T each), start and cluster of each unit (N), times (T)."""

    outcome: np.ndarray
    covariates: tuple[np.ndarray, ...]
    start: np.ndarray
    clusters: np.ndarray
    times: np.ndarray


@dataclass(frozen=True)
class _Effect:
    """One ATT(g,t): its influence function over all units, treated units, share with overlap."""

    att: float
    influence: np.ndarray
    treated: int
    overlap: float


def _panel(
    frame: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str],
    cluster: str | None,
) -> _Panel:
    by = cluster or unit
    start = starts(frame, unit, time, first_treated)
    require_comparison(np.isinf(start))
    require_constant(frame, unit, by)
    units = frame.assign(start=start, cluster=frame[by]).groupby(unit)[["start", "cluster"]].first()
    require_cohorts(units["start"].to_numpy())
    wide = [frame.pivot(index=unit, columns=time, values=name) for name in (outcome, *covariates)]
    lacking = int(wide[0].isna().any(axis=1).sum())
    if lacking:
        raise MethodError(
            f"値のない時点がある団体が{lacking}あります。全時点のそろう団体だけにしてください。"
        )
    first, *others = (table.to_numpy(float) for table in wide)
    codes = pd.factorize(units["cluster"])[0]
    times = wide[0].columns.to_numpy(float)
    return _Panel(first, tuple(others), units["start"].to_numpy(float), codes, times)


def _overlap(parts: Sequence[_Effect]) -> tuple[Check, ...]:
    """Share of the treated that have somebody like them, over all comparisons."""
    weights = [part.treated for part in parts]
    alike = float(np.average([part.overlap for part in parts], weights=weights))
    return (Check("overlap", alike >= MIN_OVERLAP, alike),)


def _cohort_effect(panel: _Panel, g: float, t: float, control: str) -> _Effect:
    """ATT(g,t): cohort g against the units of `control`, from the base period to t."""
    now = int(np.searchsorted(panel.times, t))
    base = now - 1 if t < g else int(np.searchsorted(panel.times, g)) - 1
    treated, others = panel.start == g, np.isinf(panel.start)
    if control == "not_yet":
        others = (panel.start > max(t, panel.times[base])) & ~treated
    used = treated | others
    change = (panel.outcome[:, now] - panel.outcome[:, base])[used]
    given = [column[used, base] for column in panel.covariates]
    scaled = [(c - c.mean()) / (c.std() or 1.0) for c in given]
    x = np.column_stack([np.ones(len(change)), *scaled])
    att, influence, overlap = _doubly_robust(change, treated[used].astype(float), x)
    whole = np.zeros(len(used))
    whole[used] = influence * len(used) / used.sum()
    return _Effect(att, whole, int(treated.sum()), overlap)


def _doubly_robust(
    change: np.ndarray, d: np.ndarray, x: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """ATT, influence function (n), and the share of the treated with propensity below the limit.

    `change` and `d` (1 treated, n), `x` with a constant (n x p).
    """
    n = len(d)
    pi, of_logit = _logit(d, x)
    kept = (1 - d) * (pi < MAX_PROPENSITY)
    gram = (x * (1 - d)[:, None]).T @ x / n
    if np.linalg.matrix_rank(gram, tol=RANK) < x.shape[1]:
        raise MethodError("共変量が比較対象の中で互いに重複しています。どれかを外してください。")
    inverse = np.linalg.inv(gram)
    left = change - x @ (inverse @ (x.T @ ((1 - d) * change)) / n)
    of_line = (x * ((1 - d) * left)[:, None]) @ inverse
    odds = kept * pi / np.where(kept > 0, 1 - pi, 1.0)
    one, two = (w @ left / w.sum() for w in (d, odds))
    for_one = d * (left - one) - of_line @ (d @ x / n)
    for_two = (
        odds * (left - two) + of_logit @ ((odds * (left - two)) @ x / n) - of_line @ (odds @ x / n)
    )
    influence = for_one / d.mean() - for_two / odds.mean()
    return float(one - two), influence, float((pi[d == 1] < MAX_PROPENSITY).mean())


def _logit(d: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Propensities (n) by Newton's method and the influence functions of the coefficients."""
    beta = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        pi = 1 / (1 + np.exp(-np.clip(x @ beta, -MAX_INDEX, MAX_INDEX)))
        information = (x * (pi * (1 - pi))[:, None]).T @ x
        if np.linalg.matrix_rank(information / len(d), tol=RANK) < x.shape[1]:
            break
        step = np.linalg.solve(information, x.T @ (d - pi))
        beta = beta + step
        if np.abs(step).max() < CONVERGED:
            return pi, len(d) * (x * (d - pi)[:, None]) @ np.linalg.inv(information)
    raise MethodError(
        "共変量で実施団体をほぼ完全に見分けられるか、共変量が互いに重複しています。"
        "共変量を減らしてください。"
    )
