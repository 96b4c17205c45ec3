"""A least-squares fit and its variances: equal, clustered one way and two ways.

Convention (fixest, reghdfe): clustered variances are multiplied by G/(G-1) · (n-1)/(n-K), G the
smaller number of clusters in two-way clustering; fixed effects nested in a cluster do not count
in K. Degrees of freedom of t: G-1 with clusters, n-K without.

Cameron, A. C., J. B. Gelbach and D. L. Miller (2011), "Robust Inference With Multiway
Clustering", Journal of Business & Economic Statistics 29(2).
MacKinnon, J. G., M. Ø. Nielsen and M. D. Webb (2024), "Jackknife Inference with Two-Way
Clustering", Queen's Economics Department Working Paper 1516: no two-way variance is below that
of one of its ways.
"""

from dataclasses import dataclass

import numpy as np

from ebpm.methods.within import Effects

# A row (or a cluster) that leaves less than this of itself to the others determines something.
OWN_SHARE = 1e-5


@dataclass(frozen=True)
class Fit:
    """Least squares with the effects taken out.

    `x` (n × k) regressors, `residuals` and weights `w` (n; mean 1), `bread` (k × k) = (x'wx)⁻¹,
    `effects` the codes of the fixed effects, `counted` the degrees of freedom used up (K), `rows`
    the number of rows where they were grouped before.
    """

    x: np.ndarray
    residuals: np.ndarray
    w: np.ndarray
    bread: np.ndarray
    effects: Effects
    counted: int
    rows: int | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.rows or len(self.w)

    @property
    def scores(self) -> np.ndarray:
        """What each row adds to the error of each coefficient (n × k)."""
        return np.asarray(self.x * (self.w * self.residuals)[:, None] @ self.bread)


def equal_variance(fit: Fit) -> np.ndarray:
    """Textbook variances: independent rows of one variance (divided by the weights)."""
    s2 = (fit.w * fit.residuals**2).sum() / (fit.n - fit.counted)
    return np.asarray(s2 * np.diag(fit.bread))


def clustered(fit: Fit, groups: np.ndarray) -> np.ndarray:
    """CR1: the scores summed within clusters."""
    return np.asarray(_factor(fit, _clusters(groups)) * _summed(fit, groups))


def two_way(fit: Fit, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CR1 both ways less their intersection."""
    smaller = min(_clusters(first), _clusters(second))
    ways = _summed(fit, first), _summed(fit, second)
    return np.asarray(_factor(fit, smaller) * combined(fit, first, second, ways))


def combined(
    fit: Fit, first: np.ndarray, second: np.ndarray, ways: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """The variances of two ways less that of their intersection, and never below either way."""
    both = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)[1]
    one, other = ways
    return np.asarray(np.maximum(one + other - _summed(fit, both.ravel()), np.maximum(one, other)))


def _clusters(groups: np.ndarray) -> int:
    return int(groups.max()) + 1


def _factor(fit: Fit, clusters: int) -> float:
    return clusters / (clusters - 1) * (fit.n - 1) / (fit.n - fit.counted)


def _summed(fit: Fit, groups: np.ndarray) -> np.ndarray:
    sums = np.column_stack([np.bincount(groups, column) for column in fit.scores.T])
    return np.asarray((sums**2).sum(axis=0))
