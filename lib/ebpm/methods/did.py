"""Difference in differences with one start: 2 x 2 and event study; also before and after only.

    y_it = β·treated_i·post_t + α_i + λ_t + ε_it
    y_it = Σ_e β_e·1{t - g_i = e} + α_i + λ_t + ε_it,  β of the reference period 0

Errors by unit or cluster: CR2 with Satterthwaite degrees of freedom below 30 clusters or below 10
on either side, else CR1 (conventions of `ebpm.methods.regression`).

Angrist, J. D. and J.-S. Pischke (2009), "Mostly Harmless Econometrics", chapter 5.
Freyaldenhoven, S., C. Hansen, J. Pérez Pérez and J. M. Shapiro (2021), "Visualization,
Identification, and Estimation in the Linear Panel Event-Study Design", NBER Working Paper 29170.
Goodman-Bacon, A. (2021), "Difference-in-differences with variation in treatment timing", Journal of
Econometrics 225(2): with several starts, two-way fixed effects also compare units with ones that
started earlier. `staggered` and `sun_abraham` do not.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from ebpm.methods.aggregation import interval_table
from ebpm.methods.bias_reduced import bias_reduced
from ebpm.methods.covariance import Fit, clustered
from ebpm.methods.panels import (
    JointTest,
    are_few,
    cluster_checks,
    clusters_of,
    joint_test,
    require_both,
    require_comparison,
    require_panel,
    require_two_by_two,
    starts,
    trend_checks,
)
from ebpm.methods.regression import MIN_DEGREES, fitted, ols
from ebpm.methods.requirements import MethodError, groups_of
from ebpm.methods.result import Check, Estimate, estimate_of_t

INTERACTION = "treated x post"
TREND = "treated x time"


@dataclass(frozen=True)
class EventStudy:
    """Changes since the reference period beyond those of units never treated.

    `average` is the mean of the coefficients from event time 0 to the end of the window, with its
    own standard error. `event_times` has a row per event time but the reference: event_time,
    estimate, standard_error, ci_low, ci_high, p_value. `pre_trends` tests that all coefficients
    before 0 are 0 (None where it cannot be tested).
    """

    average: Estimate
    event_times: pd.DataFrame
    pre_trends: JointTest | None


def two_by_two(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    treated: str,
    post: str,
    cluster: str | None = None,
    weights: str | None = None,
) -> Estimate:
    """Change of treated units beyond that of the others, in the unit of `outcome`.

    One row a unit and time; `treated` (0/1, one value a unit), `post` (0/1, one value a time).
    With two times or more before the start, the difference of the linear trends up to it is tested.
    Raises MethodError on missing values, a unit twice at one time, groups or periods that do not
    have both values, or one cluster.
    """
    columns = [*([cluster] if cluster else []), *([weights] if weights else [])]
    require_two_by_two(frame, unit, time, outcome, treated, post, columns)
    by = cluster or unit
    d = frame[treated].to_numpy(float)
    clusters = clusters_of(frame, d == 1, by)
    fit = ols(
        frame.assign(**{INTERACTION: d * frame[post].to_numpy(float)}),
        outcome,
        [INTERACTION],
        cluster=by,
        fixed_effects=[unit, time],
        weights=weights,
        errors="CR2" if are_few(clusters) else "CR1",
    ).of(INTERACTION)
    before = frame[frame[post].to_numpy(float) == 0]
    p = _trend_p(before, unit, time, outcome, treated, by, weights)
    degrees = tuple(check for check in fit.checks if check.name == "enough_degrees")
    checks = (*cluster_checks(clusters), *degrees, *trend_checks(before[time].nunique(), p))
    return replace(fit, method="two_by_two", design="difference_in_differences", checks=checks)


def _trend_p(
    before: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    treated: str,
    cluster: str,
    weights: str | None,
) -> float | None:
    """p value of a difference in linear trends; None where too few units have two times."""
    repeated = before[before.groupby(unit)[time].transform("size") > 1]
    clusters = clusters_of(repeated, repeated[treated].to_numpy(float) == 1, cluster)
    if min(clusters[1:]) < 2:
        return None
    trend = repeated[treated].to_numpy(float) * repeated[time].to_numpy(float)
    fit = ols(
        repeated.assign(**{TREND: trend}),
        outcome,
        [TREND],
        cluster=cluster,
        fixed_effects=[unit, time],
        weights=weights,
        errors="CR2" if are_few(clusters) else "CR1",
    )
    return fit.of(TREND).p_value


def before_after(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    post: str,
    cluster: str | None = None,
    weights: str | None = None,
) -> Estimate:
    """Mean change within units from before to after, without anything to compare it with.

    Columns as in `two_by_two`; MethodError likewise.
    """
    more = [*([cluster] if cluster else []), *([weights] if weights else [])]
    require_panel(frame, unit, time, [outcome, post, *more])
    require_both(frame, post)
    fit = ols(
        frame.assign(**{post: frame[post].to_numpy(float)}),
        outcome,
        [post],
        cluster=cluster or unit,
        fixed_effects=[unit],
        weights=weights,
    )
    return replace(fit.of(post), method="before_after", design="before_after")


def event_study(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    window: tuple[int, int],
    reference: int = -1,
    cluster: str | None = None,
) -> EventStudy:
    """Coefficients by time since the start, by two-way fixed effects.

    One row a unit and time; `first_treated` as in `staggered.callaway_santanna`. Event times before
    and after `window` have one coefficient each, which is not reported. Raises MethodError on
    missing values, a unit twice at one time, units treated from the first time on, nobody to
    compare with, or a window without the reference before 0 and an event time from 0 on.
    """
    by = cluster or unit
    require_panel(frame, unit, time, [outcome, by])
    start = starts(frame, unit, time, first_treated)
    require_comparison(np.isinf(start))
    since = frame[time].to_numpy(float) - start
    events = _events(since, window, reference)
    dummies = _dummies(since, events, window)
    names = [f"event time {number}" for number in range(dummies.shape[1])]
    data = pd.concat([frame, pd.DataFrame(dummies, columns=names, index=frame.index)], axis=1)
    groups = groups_of(data, by)
    beta, fit = fitted(data, outcome, names, (groups,), [unit, time], np.ones(len(data)))
    clusters = clusters_of(frame, np.isfinite(start), by)
    errors = _Errors(fit, groups, are_few(clusters))
    k = len(events)
    variance, degrees = errors.of(np.eye(k, len(beta)))
    test = errors.joint(beta, np.flatnonzero(events < 0))
    table = interval_table({"event_time": events}, beta[:k], np.sqrt(variance), degrees)
    checks = (*cluster_checks(clusters), *_timing_checks(since, start, test))
    mean = np.append((events >= 0) / (events >= 0).sum(), np.zeros(len(beta) - k))
    average = errors.estimate(beta, mean, clusters[0], checks)
    return EventStudy(average, table, test)


@dataclass(frozen=True)
class _Errors:
    """Errors of combinations of the coefficients of a fit, clustered by `groups`."""

    fit: Fit
    groups: np.ndarray
    few: bool

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variance and degrees of freedom of each row (m x K, of full rank) times the coefficients:
        those of a fit in which the combinations are coefficients themselves.
        """
        basis = np.vstack([rows, null_space(rows).T])
        x = self.fit.x @ np.linalg.inv(basis)
        turned = replace(self.fit, x=x, bread=basis @ self.fit.bread @ basis.T)
        m = len(rows)
        if self.few:
            variance, degrees = bias_reduced(turned, self.groups)
            return variance[:m], degrees[:m]
        return clustered(turned, self.groups)[:m], np.full(m, float(self.groups.max()))

    def joint(self, beta: np.ndarray, chosen: np.ndarray) -> JointTest | None:
        """Whether the chosen coefficients are all 0; degrees of freedom: their mean."""
        rows = np.eye(len(beta))[chosen]
        if len(rows) == 0:
            return None
        variance, degrees = self.of(rows)
        covariance = np.diag(variance)
        for i, j in combinations(range(len(rows)), 2):
            both = self.of(rows[[i]] + rows[[j]])[0][0]
            covariance[i, j] = covariance[j, i] = (both - variance[i] - variance[j]) / 2
        return joint_test(beta[chosen], covariance, float(degrees.mean()))

    def estimate(
        self, beta: np.ndarray, row: np.ndarray, clusters: int, checks: tuple[Check, ...]
    ) -> Estimate:
        """One combination; MethodError where a single cluster determines it."""
        (variance,), (degrees,) = self.of(row[None, :])
        if np.isnan(variance):
            raise MethodError("ただ一つの団体で決まる時点があるため、誤差を推定できません。")
        if self.few:
            checks = (*checks, Check("enough_degrees", degrees >= MIN_DEGREES, float(degrees)))
        return estimate_of_t(
            float(row @ beta),
            float(np.sqrt(variance)),
            float(degrees),
            n=self.fit.n,
            n_clusters=clusters,
            method="event_study",
            design="difference_in_differences",
            checks=checks,
        )


def _events(since: np.ndarray, window: tuple[int, int], reference: int) -> np.ndarray:
    """Event times within the window that the data hold, without the reference."""
    low, high = window
    found = np.unique(since[(since >= low) & (since <= high)])
    if reference >= 0 or reference not in found:
        raise MethodError("基準の時点は実施前とし、window とデータに含まれるものにしてください。")
    if not (found >= 0).any():
        raise MethodError("window に実施後の時点がありません。広げてください。")
    if (found != np.round(found)).any():
        raise MethodError("時点と実施時期は整数にしてください（年度、月の通し番号など）。")
    return np.asarray(found[found != reference], dtype=int)


def _dummies(since: np.ndarray, events: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """A column per event time; then those before and after the window, where there are any."""
    low, high = window
    beyond = [np.isfinite(since) & (since < low), since > high]
    columns = [since == e for e in events] + [each for each in beyond if each.any()]
    return np.asarray(np.column_stack(columns), dtype=float)


def _timing_checks(
    since: np.ndarray, start: np.ndarray, test: JointTest | None
) -> tuple[Check, ...]:
    cohorts = np.unique(start[np.isfinite(start)])
    before = [len(np.unique(since[(start == g) & (since < 0)])) for g in cohorts]
    one = Check("same_start", len(cohorts) == 1, float(len(cohorts)))
    return (one, *trend_checks(min(before), test.p_value if test else None))
