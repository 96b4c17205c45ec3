"""Effects by cohort and time, with their influence functions, and the averages made of them.

Callaway, B. and P. H. C. Sant'Anna (2021), "Difference-in-Differences with multiple time periods",
Journal of Econometrics 225(2); notation of section 3. The weights of cohorts are their shares of
the units, whose own sampling enters the standard errors.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ebpm.methods.panels import JointTest, cluster_checks, joint_test, trend_checks
from ebpm.methods.result import LEVEL, Check, Estimate, estimate_of_t

Influence = tuple[float, np.ndarray]


@dataclass(frozen=True)
class CohortEffects:
    """ATT(g,t) of K pairs of cohort and time over N units.

    `cohort` and `time` (K); `att` (K); `influence` (N x K), of mean 0, scaled so that its squares
    summed and divided by N² are the variance; `start` (N): each unit's cohort, infinite if never;
    `clusters` (N): codes from 0; `factor`: the small-sample factor of the variance.
    """

    cohort: np.ndarray
    time: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    start: np.ndarray
    clusters: np.ndarray
    factor: float = 1.0

    @property
    def event_time(self) -> np.ndarray:
        """Time since the start (K)."""
        return np.asarray(self.time - self.cohort)

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.clusters.max()) + 1

    def simple(self) -> Influence:
        """Mean over all cohorts and times from the start on, by number of treated units."""
        return self._mean_of_pairs(self.event_time >= 0)

    def dynamic(self) -> Influence:
        """Mean over event times from 0 on, each event time counting alike."""
        return _mean([self._at(e) for e in np.unique(self.event_time) if e >= 0])

    def calendar(self) -> Influence:
        """Mean over times, each counting alike, of all cohorts that have started by then."""
        after = self.event_time >= 0
        times = np.unique(self.time[after])
        return _mean([self._mean_of_pairs(after & (self.time == t)) for t in times])

    def group(self) -> Influence:
        """Mean over cohorts, by number of units, of each one's mean from its start on."""
        cohorts = np.unique(self.cohort)
        after = self.event_time >= 0
        rows = [after & (self.cohort == g) for g in cohorts]
        att = np.array([self.att[row].mean() for row in rows])
        influence = np.column_stack([self.influence[:, row].mean(axis=1) for row in rows])
        return _weighted(att, influence, self.start[:, None] == cohorts)

    def _at(self, event_time: float) -> Influence:
        return self._mean_of_pairs(self.event_time == event_time)

    def _mean_of_pairs(self, chosen: np.ndarray) -> Influence:
        member = self.start[:, None] == self.cohort[chosen]
        return _weighted(self.att[chosen], self.influence[:, chosen], member)

    def covariance(self, influence: np.ndarray) -> np.ndarray:
        """Covariance of estimates with these influence functions (N x any number)."""
        sums = np.zeros((self.n_clusters, influence.shape[1]))
        np.add.at(sums, self.clusters, influence)
        return np.asarray(self.factor * sums.T @ sums / len(influence) ** 2)

    def pairs(self) -> pd.DataFrame:
        """A row per cohort and time: cohort, time, event_time, estimate and its interval."""
        names = ("cohort", "time", "event_time")
        keys = {name: whole(getattr(self, name)) for name in names}
        return self._table(keys, self.att, self.influence)

    def event_times(self) -> pd.DataFrame:
        """A row per event time: event_time, estimate and its interval, over cohorts by size."""
        times = np.unique(self.event_time)
        means = [self._at(e) for e in times]
        influence = np.column_stack([each[1] for each in means])
        return self._table(
            {"event_time": whole(times)}, np.array([each[0] for each in means]), influence
        )

    def _table(
        self, keys: dict[str, np.ndarray], estimate: np.ndarray, influence: np.ndarray
    ) -> pd.DataFrame:
        error = np.sqrt(np.diag(self.covariance(influence)))
        return interval_table(keys, estimate, error, np.full(len(error), self.n_clusters - 1.0))

    def pre_trends(self) -> JointTest | None:
        """Whether all effects before the start are 0.

        With cohorts of a dozen units it finds differences where trends are alike in some 15 % of
        samples, with twice as many in 8 %: it errs on the side of caution.
        """
        before = self.event_time < 0
        covariance = self.covariance(self.influence[:, before])
        return joint_test(self.att[before], covariance, self.n_clusters - 1)

    def checks(self, times: np.ndarray, test: JointTest | None) -> tuple[Check, ...]:
        """Enough clusters on both sides, enough of `times` before every start, like trends."""
        treated = np.isfinite(self.start)
        sides = [len(np.unique(self.clusters[side])) for side in (treated, ~treated)]
        before = min(int((times < g).sum()) for g in np.unique(self.cohort))
        p_value = test.p_value if test else None
        counts = (self.n_clusters, sides[0], sides[1])
        return (*cluster_checks(counts), *trend_checks(before, p_value))

    def estimate(
        self, part: Influence, *, n: int, method: str, design: str, checks: tuple[Check, ...]
    ) -> Estimate:
        """An average as an Estimate (t, G-1 degrees of freedom)."""
        return estimate_of_t(
            part[0],
            float(np.sqrt(self.covariance(part[1][:, None])[0, 0])),
            self.n_clusters - 1,
            n=n,
            n_clusters=self.n_clusters,
            method=method,
            design=design,
            checks=checks,
        )


def whole(values: np.ndarray) -> np.ndarray:
    """The same numbers as integers where they all are."""
    return values.astype(int) if (values == np.round(values)).all() else values


def interval_table(
    keys: dict[str, np.ndarray], estimate: np.ndarray, error: np.ndarray, degrees: np.ndarray
) -> pd.DataFrame:
    """The keys, then estimate, standard_error, ci_low, ci_high (95 %, t), p_value."""
    reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * error
    certain = np.where(estimate == 0, 0.0, np.inf)
    t = np.divide(np.abs(estimate), error, out=certain, where=~(error == 0))
    columns = {
        "estimate": estimate,
        "standard_error": error,
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
        "p_value": 2 * stats.t.sf(t, degrees),
    }
    return pd.DataFrame({**keys, **columns})


def _mean(parts: list[Influence]) -> Influence:
    return (
        float(np.mean([att for att, _ in parts])),
        np.mean([influence for _, influence in parts], axis=0),
    )


def _weighted(att: np.ndarray, influence: np.ndarray, member: np.ndarray) -> Influence:
    """Mean of effects weighted by the share p of units in each one's cohort (N x K members).

    The second part of the influence function is that of the weights p_k / Σp.
    """
    p = member.mean(axis=0)
    weights = p / p.sum()
    apart = (member - p) / p.sum()
    of_weights = apart @ att - apart.sum(axis=1) * (weights @ att)
    return float(weights @ att), influence @ weights + of_weights
