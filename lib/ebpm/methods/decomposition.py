"""The parts of a gap between two groups: Kitagawa for rates, Oaxaca–Blinder for means.

Parts add up exactly. Errors are linearised, as in `ebpm.methods.balance`: they treat composition,
means and coefficients as drawn with the rows (stochastic regressors, Jann 2008) and allow for
clusters that lie in both groups. In the small-sample factor K counts the cells (Kitagawa) or the
coefficients of both groups (Oaxaca–Blinder).

Kitagawa, E. M. (1955), "Components of a Difference Between Two Rates", JASA 50(272). Oaxaca, R.
(1973), "Male-Female Wage Differentials in Urban Labor Markets", International Economic Review
14(3). Blinder, A. S. (1973), "Wage Discrimination: Reduced Form and Structural Estimates", Journal
of Human Resources 8(4). Jann, B. (2008), "The Blinder–Oaxaca Decomposition for Linear Regression
Models", Stata Journal 8(4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.balance import balance_table, influence_error, treated_rows
from ebpm.methods.regression import COLLINEARITY_TOLERANCE, CONSTANT, MIN_CLUSTERS
from ebpm.methods.requirements import MethodError, require_complete, weights_of
from ebpm.methods.result import Check, Estimate, estimate_of_t

MIN_COMMON = 0.90
# A cell with fewer rows than this in either group is no ground for comparing rates.
MIN_CELL = 5
REFERENCES = ("pooled", "first", "second")


@dataclass(frozen=True)
class Kitagawa:
    """First less second rate: `rate` within categories, `composition` by category, `gap` in all.

    `detail`: one row per category with both parts; the columns add up to the two parts.
    """

    gap: Estimate
    rate: Estimate
    composition: Estimate
    detail: pd.DataFrame


@dataclass(frozen=True)
class Oaxaca:
    """First less second mean: `explained` by the covariates, `unexplained` the rest, `gap` in all.

    `detail`: one row per covariate and the constant, with both parts and their 95 % intervals;
    the columns add up to the two parts. Where 0 lies on a covariate's scale, or which category of
    dummies is left out, moves unexplained parts between rows (not their sum).
    """

    gap: Estimate
    explained: Estimate
    unexplained: Estimate
    detail: pd.DataFrame


@dataclass(frozen=True)
class Setting:
    """What every part of one decomposition has in common."""

    n: int
    clusters: pd.Series | None
    checks: tuple[Check, ...]

    def estimate(
        self, value: float, influence: np.ndarray, counted: int, *, method: str
    ) -> Estimate:
        """A part with its interval; `influence` has n rows and adds up to its deviation."""
        error, degrees, g = influence_error(influence, self.clusters, counted)
        return estimate_of_t(
            value,
            error,
            degrees,
            n=self.n,
            n_clusters=g,
            method=method,
            design="decomposition",
            checks=self.checks,
        )


def kitagawa(
    frame: pd.DataFrame,
    *,
    outcome: str,
    group: str,
    category: str,
    weight: str | None = None,
    cluster: str | None = None,
) -> Kitagawa:
    """Splits the gap in the (weighted) mean of `outcome` where `group` is 1 less where it is 0.

    Rows are observations, or counts of them in `weight`; `category` is what the groups consist of.
    In the unit of `outcome` (rate 0–1). Raises MethodError on missing values, weights that are not
    positive, an empty group, or a category that one group lacks.
    """
    first, w = _rows(frame, [outcome, category], group, weight, cluster)
    y, (codes, names) = frame[outcome].to_numpy(float), pd.factorize(frame[category], sort=True)
    sides = [_cells(y, w, codes, member) for member in (first, ~first)]
    (rate_1, share_1, by_rate_1, by_share_1), (rate_0, share_0, by_rate_0, by_share_0) = sides
    detail = kitagawa_parts(rate_1, rate_0, share_1, share_0)
    shares, rates = (share_1 + share_0) / 2, (rate_1 + rate_0) / 2
    of_rate = (by_rate_1 - by_rate_0) @ shares + (by_share_1 + by_share_0) @ (rate_1 - rate_0) / 2
    of_share = (by_share_1 - by_share_0) @ rates + (by_rate_1 + by_rate_0) @ (share_1 - share_0) / 2
    setting = _setting(frame, cluster, _supported(codes, first, shares))
    rate, composition = float(detail["rate"].sum()), float(detail["composition"].sum())
    return Kitagawa(
        setting.estimate(rate + composition, of_rate + of_share, 2, method="kitagawa"),
        setting.estimate(rate, of_rate, 2 * len(names), method="kitagawa"),
        setting.estimate(composition, of_share, 2 * len(names), method="kitagawa"),
        detail.set_axis(pd.Index(names, name=category)),
    )


def kitagawa_parts(
    rates_1: np.ndarray, rates_0: np.ndarray, shares_1: np.ndarray, shares_0: np.ndarray
) -> pd.DataFrame:
    """Both parts per category from published rates and shares (each adds up to 1): first - second.

    Raises MethodError where shares do not add up to 1.
    """
    if not np.allclose([np.sum(shares_1), np.sum(shares_0)], 1.0, rtol=0, atol=1e-9):
        raise MethodError("構成比の合計が 1 になりません。割合（0〜1）で渡してください。")
    rate = (np.asarray(shares_1) + shares_0) / 2 * (np.asarray(rates_1) - rates_0)
    composition = (np.asarray(rates_1) + rates_0) / 2 * (np.asarray(shares_1) - shares_0)
    return pd.DataFrame({"rate": rate, "composition": composition})


def _rows(
    frame: pd.DataFrame,
    columns: Sequence[str],
    group: str,
    weight: str | None,
    cluster: str | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are of the first group, and the weights; checked."""
    require_complete(frame, [*columns, group, *(name for name in (weight, cluster) if name)])
    return treated_rows(frame, group), weights_of(frame, weight)


def _cells(
    y: np.ndarray, w: np.ndarray, codes: np.ndarray, member: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rates and shares of the categories in one group, and the influence of rows on each (n × K)."""
    own = w * member
    inside = own[:, None] * (codes[:, None] == np.arange(codes.max() + 1))
    totals = inside.sum(axis=0)
    if (totals == 0).any():
        raise MethodError("片方の集団にしかない区分があります。区分をまとめてから渡してください。")
    rates, shares = inside.T @ y / totals, totals / totals.sum()
    by_rate = inside * (y[:, None] - rates) / totals
    by_share = (inside - own[:, None] * shares) / totals.sum()
    return rates, shares, by_rate, by_share


def _supported(codes: np.ndarray, first: np.ndarray, shares: np.ndarray) -> float:
    """Share (0–1) of the mean composition in categories with rows enough in both groups."""
    size = len(shares)
    fewest = np.minimum(
        np.bincount(codes[first], minlength=size), np.bincount(codes[~first], minlength=size)
    )
    return float(shares[fewest >= MIN_CELL].sum())


def _setting(frame: pd.DataFrame, cluster: str | None, common: float) -> Setting:
    clusters = frame[cluster] if cluster else None
    common_ground = Check("common_ground", common >= MIN_COMMON, common)
    if clusters is None:
        return Setting(len(frame), None, (common_ground,))
    g = int(clusters.nunique())
    enough = Check("enough_clusters", g >= MIN_CLUSTERS, float(g))
    return Setting(len(frame), clusters, (common_ground, enough))


def oaxaca(
    frame: pd.DataFrame,
    *,
    outcome: str,
    group: str,
    covariates: Sequence[str],
    reference: str = "pooled",
    cluster: str | None = None,
) -> Oaxaca:
    """Splits the gap in the mean of `outcome` where `group` is 1 less where it is 0.

    `reference`: whose coefficients value the differences in covariates: those of both groups
    together, the group as one more regressor ("pooled"), or of the "first" (1) or "second" (0)
    group. Raises MethodError on missing values, an empty group, or covariates that are collinear
    within a group.
    """
    if reference not in REFERENCES:
        raise MethodError("reference は pooled、first、second のどれかにしてください。")
    first, _ = _rows(frame, [outcome, *covariates], group, None, cluster)
    common = balance_table(frame, treated=group, covariates=covariates).overlap
    y, x = frame[outcome].to_numpy(float), frame[list(covariates)].to_numpy(float)
    x = np.column_stack([x / np.abs(x).max(axis=0), np.ones(len(x))])
    one, two = _side(y, x, first), _side(y, x, ~first)
    if reference == "pooled":
        both = _line(y, np.column_stack([x, first]), np.ones(len(x)))
    else:
        both = one.line if reference == "first" else two.line
    explained, unexplained = _explained(one, two, both), _unexplained(one, two, both)
    setting, k = _setting(frame, cluster, common), 2 * x.shape[1]
    parts = [
        _detail(setting, part, [*covariates, CONSTANT], k).add_prefix(prefix)
        for part, prefix in ((explained, "explained"), (unexplained, "unexplained"))
    ]
    all_1, of_1 = explained.total
    all_2, of_2 = unexplained.total
    return Oaxaca(
        setting.estimate(all_1 + all_2, of_1 + of_2, 2, method="oaxaca_blinder"),
        setting.estimate(all_1, of_1, k, method="oaxaca_blinder"),
        setting.estimate(all_2, of_2, k, method="oaxaca_blinder"),
        pd.concat(parts, axis=1),
    )


@dataclass(frozen=True)
class Line:
    """Coefficients (K or more) and the influence of rows on each (n × as many)."""

    beta: np.ndarray
    influence: np.ndarray


@dataclass(frozen=True)
class Side:
    """One group: means of the covariates, their influences (n × K), and its regression."""

    mean: np.ndarray
    influence: np.ndarray
    line: Line


@dataclass(frozen=True)
class Part:
    """One part of the gap by covariate (K), and the influence of rows on each (n × K)."""

    values: np.ndarray
    influence: np.ndarray

    @property
    def total(self) -> tuple[float, np.ndarray]:
        """The sum over covariates and its influence (n)."""
        return float(self.values.sum()), self.influence.sum(axis=1)


def _line(y: np.ndarray, x: np.ndarray, member: np.ndarray) -> Line:
    own = x * member[:, None]
    if np.linalg.matrix_rank(own / np.sqrt(len(x)), tol=COLLINEARITY_TOLERANCE) < x.shape[1]:
        raise MethodError("片方の集団では条件が重複しています。条件を減らしてください。")
    gram = own.T @ own
    beta = np.linalg.solve(gram, own.T @ y)
    return Line(beta, np.linalg.solve(gram, (own * (y - x @ beta)[:, None]).T).T)


def _side(y: np.ndarray, x: np.ndarray, rows: np.ndarray) -> Side:
    member = rows.astype(float)
    mean = member @ x / member.sum()
    return Side(mean, (x - mean) * member[:, None] / member.sum(), _line(y, x, member))


def _explained(one: Side, two: Side, both: Line) -> Part:
    k = len(one.mean)
    beta, moved = both.beta[:k], one.mean - two.mean
    influence = (one.influence - two.influence) * beta + moved * both.influence[:, :k]
    return Part(moved * beta, influence)


def _unexplained(one: Side, two: Side, both: Line) -> Part:
    k = len(one.mean)
    above, below = one.line.beta - both.beta[:k], both.beta[:k] - two.line.beta
    of_above = one.line.influence - both.influence[:, :k]
    of_below = both.influence[:, :k] - two.line.influence
    influence = one.influence * above + one.mean * of_above
    influence = influence + two.influence * below + two.mean * of_below
    return Part(one.mean * above + two.mean * below, influence)


def _detail(setting: Setting, part: Part, names: list[str], counted: int) -> pd.DataFrame:
    """One row per covariate; the columns are named by suffix."""
    rows = [
        setting.estimate(float(value) + 0.0, own, counted, method="oaxaca_blinder")
        for value, own in zip(part.values, part.influence.T, strict=True)
    ]
    columns = {"": "estimate", "_low": "ci_low", "_high": "ci_high"}
    values = {suffix: [getattr(row, name) for row in rows] for suffix, name in columns.items()}
    return pd.DataFrame(values, index=names)
