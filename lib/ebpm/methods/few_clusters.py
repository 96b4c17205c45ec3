"""Wild cluster bootstrap: a test and an interval for few clusters that need no formula of errors.

Cameron, A. C., J. B. Gelbach and D. L. Miller (2008), "Bootstrap-Based Improvements for Inference
with Clustered Errors", Review of Economics and Statistics 90(3): the restricted bootstrap of t.
Roodman, D., J. G. MacKinnon, M. Ø. Nielsen and M. D. Webb (2019), "Fast and Wild: Bootstrap
Inference in Stata Using boottest", Stata Journal 19(1): sums by cluster, and the interval as all
values that the test does not reject.
Webb, M. D. (2023), "Reworking Wild Bootstrap-Based Inference for Clustered Errors", Canadian
Journal of Economics 56(3): six-point weights below 12 clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ebpm.methods.covariance import Fit
from ebpm.methods.regression import MIN_CLUSTERS, fitted
from ebpm.methods.requirements import MethodError, groups_of, require_complete, weights_of
from ebpm.methods.result import LEVEL, Check, Estimate
from ebpm.methods.within import is_nested, written_out

DRAWS = 1_999
SEED = 20_260_401
WEBB_BELOW = 12
# The search for the ends of the interval: how far out (in standard errors), and how closely.
FARTHEST = 1_000.0
CLOSENESS = 1e-3
# Residuals below this share of the outcome are rounding.
NOTHING = 1e-10


@dataclass(frozen=True)
class _Sums:
    """By cluster, for the regressor of interest x and the outcome y less all other regressors z:
    x'wy, x'wx (G), and x'wz(z'wz)⁻¹z'w times y and x (G × G). All are linear in the value tested.
    """

    estimate: float
    xy: np.ndarray
    xx: np.ndarray
    across_y: np.ndarray
    across_x: np.ndarray

    @property
    def error(self) -> float:
        """Standard error without a small-sample factor."""
        return float(np.sqrt(((self.xy - self.estimate * self.xx) ** 2).sum()) / self.xx.sum())

    def p_value(self, value: float, signs: np.ndarray) -> float:
        """Share of bootstrap t (the observed one among them) as far from 0 as the observed one."""
        own = self.xy - value * self.xx
        shift = signs @ own / self.xx.sum()
        scores = signs * own - signs @ (self.across_y - value * self.across_x).T
        spread = ((scores - shift[:, None] * self.xx) ** 2).sum(axis=1)
        observed = ((self.estimate - value) / self.error) ** 2
        as_far = (shift * self.xx.sum()) ** 2 >= (1 - 1e-9) * observed * spread
        return float((as_far.sum() + 1) / (len(signs) + 1))


def wild_bootstrap(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    of: str,
    *,
    cluster: str,
    fixed_effects: Sequence[str] = (),
    weights: str | None = None,
) -> Estimate:
    """The coefficient of `of`, one of the `regressors`, with the wild bootstrap's p and interval.

    Seeded. With one to three treated clusters it errs on the wide side. Raises MethodError as `ols`
    does, and where so few clusters tell about the regressor that the interval has no end.
    """
    columns = [outcome, *regressors, cluster, *fixed_effects, *([weights] if weights else [])]
    require_complete(frame, list(dict.fromkeys(columns)))
    groups = groups_of(frame, cluster)
    w = weights_of(frame, weights)
    beta, fit = fitted(frame, outcome, regressors, (groups,), fixed_effects, w)
    if np.abs(fit.residuals).max() <= NOTHING * frame[outcome].abs().max():
        raise MethodError(
            "残差がないため、誤差を推定できません。結果の列に変動があるか確かめてください。"
        )
    sums = _sums(fit, beta, list(regressors).index(of), groups)
    g = int(groups.max()) + 1
    signs = _signs(g)
    low, high = (_end(sums, signs, direction) for direction in (-1.0, 1.0))
    alone = len(regressors) == 1 and not fixed_effects
    return Estimate(
        sums.estimate,
        low,
        high,
        sums.p_value(0.0, signs),
        len(frame),
        g,
        "wild_cluster_bootstrap",
        "cross_section" if alone else "cross_section_controls",
        (Check("enough_clusters", g >= MIN_CLUSTERS, float(g)),),
    )


def _sums(fit: Fit, beta: np.ndarray, place: int, groups: np.ndarray) -> _Sums:
    nested = [codes for codes in fit.effects if is_nested(codes, groups)]
    crossed = [codes for codes in fit.effects if not is_nested(codes, groups)]
    z = np.column_stack([np.delete(fit.x, place, axis=1), written_out(crossed, nested, fit.w)])
    wz = z * fit.w[:, None]
    inverse = np.linalg.inv(z.T @ wz)
    x = fit.x[:, place] - z @ (inverse @ (wz.T @ fit.x[:, place]))
    y = fit.residuals + beta[place] * x
    zx, zy = (_by_cluster(wz * v[:, None], groups) for v in (x, y))
    xy, xx = (_by_cluster((fit.w * x * v)[:, None], groups)[:, 0] for v in (y, x))
    return _Sums(float(beta[place]), xy, xx, zx @ inverse @ zy.T, zx @ inverse @ zx.T)


def _by_cluster(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    sums = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(sums, groups, values)
    return sums


def _signs(clusters: int) -> np.ndarray:
    """Draws × clusters: Rademacher's two points, or Webb's six where they would be too few."""
    random = np.random.default_rng(SEED)
    six = np.sqrt([0.5, 1.0, 1.5])
    points = np.array([-1.0, 1.0]) if clusters >= WEBB_BELOW else np.concatenate([-six, six])
    return random.choice(points, size=(DRAWS, clusters))


def _end(sums: _Sums, signs: np.ndarray, direction: float) -> float:
    """The farthest value on one side that is not rejected, by bisection."""

    def rejected(reach: float) -> bool:
        value = sums.estimate + direction * reach * sums.error
        return sums.p_value(value, signs) <= 1 - LEVEL

    kept, gone = 0.0, 2.0
    while not rejected(gone):
        kept, gone = gone, 2 * gone
        if gone > FARTHEST:
            raise MethodError(
                "この変数について語るクラスターが少なすぎて、区間の端が決まりません。"
                "ols の CR2 か並べ替え検定を使ってください。"
            )
    while gone - kept > CLOSENESS:
        middle = (kept + gone) / 2
        kept, gone = (kept, middle) if rejected(middle) else (middle, gone)
    return float(sums.estimate + direction * gone * sums.error)
