"""What comparisons of like with like share: propensity score, balance, overlap, errors.

Standard-error convention: the linearised error of an estimate is the root of the sum of squared
cluster sums of influences times G/(G-1) · (n-1)/(n-K), with t of G-1 degrees of freedom; without
clusters each row is its own. Where regressions or weights were fitted within groups, the influence
of each row is divided by √(1-h), h its leverage there, instead of (n-1)/(n-K) (HC2: few rows with
large weights leave residuals too small; MacKinnon, J. G. and H. White (1985), "Some
Heteroskedasticity-Consistent Covariance Matrix Estimators with Improved Finite Sample Properties",
Journal of Econometrics 29(3)).

Rosenbaum, P. R. and D. B. Rubin (1985), "Constructing a Control Group Using Multivariate Matched
Sampling Methods That Incorporate the Propensity Score", The American Statistician 39(1): the
standardised difference, its denominator taken before weighting. Dehejia, R. H. and S. Wahba (1999),
"Causal Effects in Nonexperimental Studies", JASA 94(448): common range of the propensity score.
Kish, L. (1965), "Survey Sampling": effective size of a weighted sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from ebpm.methods.regression import COLLINEARITY_TOLERANCE, MIN_CLUSTERS
from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import Check, Estimate

MIN_OVERLAP = 0.95
MAX_DIFFERENCE = 0.1
MIN_EFFECTIVE = 30
MIN_TREATED_CLUSTERS = 10
NEWTON_ROUNDS = 100
NEWTON_TOLERANCE = 1e-10
LONGEST_MOVE = 5.0
# A row that leaves less than this of itself to the others of its group has no error to speak of.
OWN_SHARE = 1e-5
# Beyond this distance on the index a probability is 0 or 1 to machine precision.
MAX_INDEX = 30.0


@dataclass(frozen=True)
class Balance:
    """How alike treated and control rows are, before and after weighting.

    `table`: one row per covariate with means, standardised differences (in pooled standard
    deviations before weighting) and variance ratios (treated over control).
    """

    table: pd.DataFrame
    overlap: float
    effective_size: float

    @property
    def largest_difference(self) -> float:
        """The largest standardised difference that is left, in absolute value."""
        return float(self.table["difference_after"].abs().max())

    @property
    def checks(self) -> tuple[Check, ...]:
        """Overlap, balance and effective sample."""
        largest, size = self.largest_difference, self.effective_size
        return (
            Check("overlap", self.overlap >= MIN_OVERLAP, self.overlap),
            Check("balance", largest <= MAX_DIFFERENCE, largest),
            Check("effective_sample", size >= MIN_EFFECTIVE, size),
        )


@dataclass(frozen=True)
class Comparison:
    """A comparison of like with like: the estimate, the weight of each row, how alike they are."""

    estimate: Estimate
    weights: pd.Series
    balance: Balance


@dataclass(frozen=True)
class Score:
    """A fitted propensity score: arrays of n rows.

    `slope` is the derivative of the probability by the index, `influence` (n × K) how far each
    row moves the coefficients.
    """

    index: np.ndarray
    probability: np.ndarray
    slope: np.ndarray
    influence: np.ndarray


def balance_table(
    frame: pd.DataFrame,
    *,
    treated: str,
    covariates: Sequence[str],
    weights: pd.Series | None = None,
) -> Balance:
    """Balance of `covariates` between rows where `treated` is 1 and 0.

    `weights`: one per row of `frame`, in its order (default: all 1). The overlap is the share of
    rows (0–1) whose logit propensity score lies in the range that both groups have. Raises
    MethodError on missing values, or where one of the groups is empty.
    """
    require_complete(frame, [treated, *covariates])
    d = treated_rows(frame, treated)
    z = with_constant(frame, covariates)
    overlap = common_range(_index(z, d, "logit")[0], d).mean()
    w = np.ones(len(frame)) if weights is None else np.asarray(weights, float)
    if len(w) != len(frame) or not np.isfinite(w).all():
        raise MethodError("重みは、欠測のない数を行の数だけ渡してください。")
    return balance_of(frame, d, covariates, w, float(overlap))


def balance_of(
    frame: pd.DataFrame, d: np.ndarray, covariates: Sequence[str], w: np.ndarray, overlap: float
) -> Balance:
    """The balance under weights `w`, given the treated rows `d` (bool) and a known overlap."""
    rows = {name: _compare(frame[name].to_numpy(float), d, w) for name in covariates}
    size = min(effective_size(w[d]), effective_size(w[~d]))
    return Balance(pd.DataFrame.from_dict(rows, orient="index"), overlap, size)


def _compare(x: np.ndarray, d: np.ndarray, w: np.ndarray) -> dict[str, float]:
    one = np.ones(len(x))
    before = [*_moments(x[d], one[d]), *_moments(x[~d], one[~d])]
    after = [*_moments(x[d], w[d]), *_moments(x[~d], w[~d])]
    spread = np.sqrt((before[1] + before[3]) / 2)
    return {
        "mean_treated": before[0],
        "mean_control": before[2],
        "mean_treated_after": after[0],
        "mean_control_after": after[2],
        "difference_before": _ratio(before[0] - before[2], spread),
        "difference_after": _ratio(after[0] - after[2], spread),
        "variance_ratio_before": _ratio(before[1], before[3]),
        "variance_ratio_after": _ratio(after[1], after[3]),
    }


def _moments(x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Weighted mean and variance (reliability weights, so that equal weights give n-1)."""
    total = w.sum()
    mean = (w @ x) / total
    spread = total - (w @ w) / total
    return float(mean), float(w @ (x - mean) ** 2 / spread) if spread > 0 else 0.0


def _ratio(a: float, b: float) -> float:
    if b == 0:
        return 0.0 if a == 0 else float(np.copysign(np.inf, a))
    return float(a / b)


def effective_size(w: np.ndarray) -> float:
    """Kish's effective number of rows under the weights `w`."""
    return float(w.sum() ** 2 / (w @ w))


def common_range(index: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Which rows lie in the range of the index that treated and control rows share (bool)."""
    low = max(index[d].min(), index[~d].min())
    high = min(index[d].max(), index[~d].max())
    return np.asarray((index >= low) & (index <= high))


def treated_rows(frame: pd.DataFrame, treated: str) -> np.ndarray:
    """Which rows are treated (bool); raises MethodError unless both 0 and 1 occur, alone."""
    values = set(frame[treated].unique())
    if values != {0, 1}:
        raise MethodError(f"{treated} は 0 と 1（または真偽）の両方を含む列にしてください。")
    return frame[treated].to_numpy(bool)


def with_constant(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """A constant and the columns in standard deviations around their means (n × K).

    Raises MethodError without columns, or where one does not vary or tells the same as the others.
    """
    if not columns:
        raise MethodError("条件の列を一つ以上指定してください。")
    return standardised(frame[list(columns)].to_numpy(float))


def standardised(x: np.ndarray) -> np.ndarray:
    """As `with_constant`, of an array."""
    spread = x.std(axis=0)
    if (spread <= COLLINEARITY_TOLERANCE * np.abs(x).max(axis=0)).any():
        raise MethodError("値の変わらない条件があります。その列を外してください。")
    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / spread])
    if np.linalg.matrix_rank(z / np.sqrt(len(z)), tol=COLLINEARITY_TOLERANCE) < z.shape[1]:
        raise MethodError("条件どうしが重複しているか、行が足りません。列を減らしてください。")
    return z


def fit_score(z: np.ndarray, d: np.ndarray, link: str) -> Score:
    """Maximum likelihood of a logit or probit of `d` (n, bool) on `z` (n × K).

    Raises MethodError where the columns of `z` tell treated from control rows without fail.
    """
    index, found = _index(z, d, link)
    if not found:
        raise MethodError(
            "条件だけで実施の有無が決まるため、比べる相手がいません。条件を減らすか対象を絞ってください。"
        )
    score, curve = _derivatives(index, d, link)
    influence = np.linalg.solve(z.T @ (z * -curve[:, None]), (z * score[:, None]).T).T
    if link == "probit":
        return Score(index, stats.norm.cdf(index), stats.norm.pdf(index), influence)
    p = special.expit(index)
    return Score(index, p, p * (1 - p), influence)


def _index(z: np.ndarray, d: np.ndarray, link: str) -> tuple[np.ndarray, bool]:
    """The fitted index by Newton's method, and whether it is finite (else as far as it grew)."""
    if link not in {"logit", "probit"}:
        raise MethodError("link は logit か probit にしてください。")
    index = np.zeros(len(z))
    for _ in range(NEWTON_ROUNDS):
        score, curve = _derivatives(index, d, link)
        hessian = z.T @ (z * -curve[:, None])
        move = z @ np.linalg.lstsq(hessian, z.T @ score, rcond=None)[0]
        longest = float(np.abs(move).max())
        index = index + move * min(1.0, LONGEST_MOVE / max(longest, NEWTON_TOLERANCE))
        if np.abs(index).max() > MAX_INDEX:
            return index, False
        if longest < NEWTON_TOLERANCE:
            return index, True
    return index, False


def _derivatives(index: np.ndarray, d: np.ndarray, link: str) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of each row's log-likelihood by its index."""
    if link == "logit":
        p = special.expit(index)
        return d - p, -p * (1 - p)
    sign = np.where(d, 1.0, -1.0)
    mills = sign * np.exp(stats.norm.logpdf(index) - stats.norm.logcdf(sign * index))
    return mills, -mills * (mills + index)


def leverage(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Diagonal of the hat matrix of the regression on `x` (n × K) with weights `w` (n; 0: not in)."""
    own = x * w[:, None]
    return np.asarray(((own @ np.linalg.pinv(x.T @ own)) * x).sum(axis=1))


def group_error(
    influence: np.ndarray, h: np.ndarray, clusters: pd.Series | None, *, small_sample: bool
) -> tuple[float, int, int | None]:
    """As `influence_error`, of estimates fitted within groups with leverages `h` (n).

    Without `small_sample` neither leverage nor G/(G-1) is allowed for.
    """
    if not small_sample:
        error, degrees, g = influence_error(influence, clusters, 1)
        return error * float(np.sqrt(degrees / (degrees + 1))), degrees, g
    return influence_error(influence / np.sqrt(np.maximum(1 - h, OWN_SHARE)), clusters, 1)


def influence_error(
    influence: np.ndarray, clusters: pd.Series | None, counted: int
) -> tuple[float, int, int | None]:
    """Standard error, degrees of freedom and number of clusters (None without) of an estimate.

    `influence` (n) adds up to the estimate's deviation; `counted` coefficients were fitted.
    Raises MethodError on one cluster or fewer rows than coefficients.
    """
    n = len(influence)
    sums = influence if clusters is None else np.bincount(pd.factorize(clusters)[0], influence)
    g = len(sums)
    if g < 2:
        raise MethodError("クラスターが一つしかないため、誤差を推定できません。")
    if n <= counted:
        raise MethodError("行の数が、求める係数の数に比べて少なすぎます。")
    factor = g / (g - 1) * (n - 1) / (n - counted)
    return float(np.sqrt(factor * (sums @ sums))), g - 1, None if clusters is None else g


def cluster_checks(clusters: pd.Series | None, d: np.ndarray) -> tuple[Check, ...]:
    """Whether clusters, and clusters with treated rows, are many enough; none without clusters."""
    if clusters is None:
        return ()
    g, with_treated = int(clusters.nunique()), int(clusters[d].nunique())
    return (
        Check("enough_clusters", g >= MIN_CLUSTERS, float(g)),
        Check("enough_treated_clusters", with_treated >= MIN_TREATED_CLUSTERS, float(with_treated)),
    )
