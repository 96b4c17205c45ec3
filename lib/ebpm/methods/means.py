"""Means and shares of clustered observations, and comparisons of pairs.

Errors are those of `ols`: CR1 with G-1 degrees of freedom, CR2 with Satterthwaite degrees of
freedom below 30 clusters.

The interval of a share is made on the logit scale, so that it stays within 0 and 1.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from ebpm.methods.regression import (
    CONSTANT,
    MIN_CLUSTERS,
    MethodError,
    ols,
    require_complete,
)
from ebpm.methods.result import LEVEL, Check, Estimate

DRAWS = 1_999
SEED = 20_260_401
GROUP_COLUMNS = (
    "n",
    "n_clusters",
    "shorter",
    "equal",
    "longer",
    "shorter_low",
    "shorter_high",
    "mean_difference",
)


@dataclass(frozen=True)
class RankTest:
    """Signed-rank test: zeros ranked and then dropped (Pratt), ties at their mean rank.

    `rank_biserial` runs from -1 (every difference negative) to 1; zeros pull it towards 0.
    """

    p_value: float
    rank_biserial: float
    n: int
    n_zero: int
    n_clusters: int


@dataclass(frozen=True)
class PairedComparison:
    """First minus second of each pair: shares by sign (0–1), mean and median difference."""

    shorter: Estimate
    equal: Estimate
    longer: Estimate
    mean_difference: Estimate
    median_difference: Estimate
    rank_test: RankTest


def mean(
    values: pd.Series,
    clusters: pd.Series,
    weights: pd.Series | None = None,
    *,
    design: str = "description",
) -> Estimate:
    """(Weighted) mean, its interval allowing for clusters (see the module's head)."""
    frame = pd.DataFrame({"value": values.astype(float), "cluster": clusters})
    if weights is not None:
        frame["weight"] = weights.astype(float)
    weight = None if weights is None else "weight"
    estimate = ols(frame, "value", [], cluster="cluster", weights=weight).of(CONSTANT)
    method = "clustered_mean" if weights is None else "clustered_weighted_mean"
    checks = () if weights is None else (_effective_clusters(frame),)
    return replace(estimate, method=method, design=design, checks=checks)


def _effective_clusters(frame: pd.DataFrame) -> Check:
    """Kish's effective number of clusters: few where a handful of clusters carry the weight."""
    totals = frame.groupby("cluster")["weight"].sum()
    effective = float(totals.sum() ** 2 / (totals**2).sum())
    return Check("effective_clusters", effective >= MIN_CLUSTERS, effective)


def share(
    happened: pd.Series,
    clusters: pd.Series,
    weights: pd.Series | None = None,
    *,
    design: str = "description",
) -> Estimate:
    """Share of True (0–1) with a clustered logit interval; no test against 0 is made.

    Where every value is the same the clustered error vanishes: then the Wilson interval of as
    many observations as there are clusters is given, which is the safe direction.
    """
    estimate = mean(happened.astype(float), clusters, weights, design=design)
    p = estimate.estimate
    if happened.nunique() == 1:
        p = float(happened.iloc[0])
        g = int(clusters.nunique())
        low, high = proportion_confint(round(p * g), g, alpha=1 - LEVEL, method="wilson")
    else:
        reach = (estimate.ci_high - p) / (p * (1 - p))
        low, high = special.expit(special.logit(p) + np.array([-reach, reach]))
    method = "clustered_share" if weights is None else "clustered_weighted_share"
    return replace(
        estimate,
        estimate=p,
        ci_low=float(low),
        ci_high=float(high),
        p_value=None,
        method=method,
    )


def paired_comparison(
    first: pd.Series, second: pd.Series, clusters: pd.Series, weights: pd.Series | None = None
) -> PairedComparison:
    """Compares two values of the same unit, pair by pair (`first` minus `second`).

    All series share one index and hold no missing value; raises MethodError otherwise.
    """
    if first.isna().any() or second.isna().any():
        raise MethodError("対の一方が欠けている行があります。除く行を数えてから渡してください。")
    difference = first - second
    design = "paired_comparison"
    return PairedComparison(
        share(difference < 0, clusters, weights, design=design),
        share(difference == 0, clusters, weights, design=design),
        share(difference > 0, clusters, weights, design=design),
        mean(difference, clusters, weights, design=design),
        median(difference, clusters, weights, design=design),
        signed_rank_test(difference, clusters),
    )


def median(
    values: pd.Series,
    clusters: pd.Series,
    weights: pd.Series | None = None,
    *,
    design: str = "description",
) -> Estimate:
    """(Weighted) median with a percentile interval from resampling whole clusters (seeded).

    Raises MethodError on missing values or one cluster.
    """
    w = np.ones(len(values)) if weights is None else weights.to_numpy(float)
    frame = pd.DataFrame({"value": values, "cluster": clusters}).assign(weight=w)
    require_complete(frame, ["value", "cluster", "weight"])
    v = values.to_numpy(float)
    order = np.argsort(v, kind="stable")
    codes = pd.factorize(clusters)[0]
    g = int(codes.max()) + 1
    if g < 2:
        raise MethodError("クラスターが一つしかないため、誤差を推定できません。")
    random = np.random.default_rng(SEED)
    times = random.multinomial(g, np.full(g, 1 / g), size=DRAWS)
    draws = [_median_of_sorted(v[order], (w * drawn[codes])[order]) for drawn in times]
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    point = _median_of_sorted(v[order], w[order])
    return Estimate(
        point, float(low), float(high), None, len(v), g, "cluster_bootstrap_median", design
    )


def _median_of_sorted(values: np.ndarray, weights: np.ndarray) -> float:
    cumulative = np.cumsum(weights)
    half = cumulative[-1] / 2
    lower = int(np.searchsorted(cumulative, half, side="left"))
    upper = int(np.searchsorted(cumulative, half, side="right"))
    return float((values[lower] + values[min(upper, len(values) - 1)]) / 2)


def signed_rank_test(difference: pd.Series, clusters: pd.Series) -> RankTest:
    """Signed-rank test that treats zeros and ties properly and flips whole clusters.

    Pratt, J. W. (1959), "Remarks on Zeros and Ties in the Wilcoxon Signed Rank Procedures",
    JASA 54. The p-value is the share of random sign flips of clusters (exact under symmetry,
    seeded) with a rank sum at least as far from 0, the observed one included.
    """
    frame = pd.DataFrame({"difference": difference, "cluster": clusters})
    require_complete(frame, ["difference", "cluster"])
    d = difference.to_numpy(float)
    signed = np.sign(d) * stats.rankdata(np.abs(d))
    codes = pd.factorize(clusters)[0]
    sums = np.bincount(codes, signed)
    random = np.random.default_rng(SEED)
    flips = random.choice(np.array([-1.0, 1.0]), size=(DRAWS, len(sums)))
    observed = abs(sums.sum())
    as_far = int((np.abs(flips @ sums) >= observed - 1e-9 * max(observed, 1.0)).sum())
    total = stats.rankdata(np.abs(d)).sum()
    return RankTest(
        (as_far + 1) / (DRAWS + 1),
        float(signed.sum() / total),
        len(d),
        int((d == 0).sum()),
        len(sums),
    )


def compare_by_group(
    frame: pd.DataFrame, group: str, difference: str, cluster: str, *, min_n: int
) -> pd.DataFrame:
    """Paired comparison within groups: one row per group with at least `min_n` pairs.

    Columns: the group, n, n_clusters, shorter, equal, longer (shares 0–1), the interval of
    `shorter`, mean_difference. Groups of a single cluster have no interval. Sorted by n.
    Raises MethodError on missing differences or clusters.
    """
    require_complete(frame, [difference, cluster])
    rows = [
        {group: name, **_group_row(part[difference], part[cluster])}
        for name, part in frame.groupby(group, sort=True)
        if len(part) >= min_n
    ]
    table = pd.DataFrame(rows, columns=[group, *GROUP_COLUMNS])
    return table.sort_values(["n", group], ascending=[False, True], ignore_index=True)


def _group_row(difference: pd.Series, clusters: pd.Series) -> dict[str, float]:
    single = clusters.nunique() < 2
    shorter = None if single else share(difference < 0, clusters)
    return {
        "n": len(difference),
        "n_clusters": int(clusters.nunique()),
        "shorter": float((difference < 0).mean()),
        "equal": float((difference == 0).mean()),
        "longer": float((difference > 0).mean()),
        "shorter_low": shorter.ci_low if shorter else float("nan"),
        "shorter_high": shorter.ci_high if shorter else float("nan"),
        "mean_difference": float(difference.mean()),
    }
