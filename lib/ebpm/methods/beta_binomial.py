"""Rates of many bodies with few cases each: their mean, their spread, and rates drawn towards it.

Skellam, J. G. (1948), "A Probability Distribution Derived from the Binomial Distribution by
Regarding the Probability of Success as Variable between the Sets of Trials", JRSS B 10(2): y_i of
n_i with a share drawn from Beta(a, b); mean mu = a/(a+b), overdispersion rho = 1/(a+b+1).
Morris, C. N. (1983), "Parametric Empirical Bayes Inference: Theory and Applications", JASA 78:
the interval of each rate allows for mu and rho being estimated.

The uncertainty of rho is carried by its likelihood, mu integrated out by Laplace's approximation
(uniform priors on 0–1), that of mu by its curvature at each rho; otherwise equal rates would have
intervals of no width at all.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from ebpm.methods.regression import MIN_CLUSTERS
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import LEVEL, Check, Estimate

# Logit of rho, from 0.000001 to 0.99; then as many points where the likelihood is not negligible.
GRID = np.linspace(-13.8, 4.6, 24)
POINTS = 31
NEGLIGIBLE = 12.0
NEWTON_ROUNDS = 60
NEWTON_TOLERANCE = 1e-12
# Gauss–Hermite points of a normal distribution and their weights.
NODES, NODE_WEIGHTS = np.array([-np.sqrt(3), 0, np.sqrt(3)]), np.array([1 / 6, 2 / 3, 1 / 6])


@dataclass(frozen=True)
class BetaBinomial:
    """`mean` of the bodies' shares (each body counts once), `overdispersion` rho (0–1), and
    `rates`: a row per body with successes, n, rate, shrunken (0–1), ci_low, ci_high of the latter.
    """

    mean: Estimate
    overdispersion: float
    rates: pd.DataFrame


@dataclass(frozen=True)
class _Profile:
    """For each rho (logit `u`): the best mu, its likelihood, its curvature on the logit scale."""

    u: np.ndarray
    mu: np.ndarray
    likelihood: np.ndarray
    information: np.ndarray


def beta_binomial(successes: pd.Series, n: pd.Series) -> BetaBinomial:
    """Maximum likelihood of the mean and the overdispersion, and each body's shrunken rate.

    One entry per body, the two series share one index. The interval of the mean is made on the
    logit scale with t, bodies - 1 degrees of freedom; no test against 0 is made. Raises
    MethodError on counts that are no counts, fewer than 3 bodies, or none (or all) successful.
    """
    y, m = _counts(successes, n)
    profile = _where_it_matters(y, m)
    best, at = _best(profile, y, m)
    weight = np.exp(profile.likelihood - profile.likelihood.max())
    weight *= special.expit(profile.u) * special.expit(-profile.u)
    weight *= profile.mu * (1 - profile.mu) / np.sqrt(profile.information)
    weight /= weight.sum()
    place = special.logit(profile.mu)
    centre = weight @ place
    error = float(np.sqrt(weight @ (1 / profile.information + (place - centre) ** 2)))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(y) - 1)) * error
    low, high = special.expit(special.logit(best) + np.array([-reach, reach]))
    g = len(y)
    mean = Estimate(
        best,
        float(low),
        float(high),
        None,
        int(m.sum()),
        g,
        "beta_binomial",
        "description",
        (Check("enough_clusters", g >= MIN_CLUSTERS, float(g)),),
        error,
        float(g - 1),
    )
    rates = pd.DataFrame({"successes": successes, "n": n, "rate": y / m})
    return BetaBinomial(mean, at, rates.assign(**_shrunken(profile, weight, y, m)))


def _counts(successes: pd.Series, n: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    if not successes.index.equals(n.index):
        raise MethodError("件数と全体の見出しが一致しません。同じ団体を同じ順に並べてください。")
    y, m = successes.to_numpy(float), n.to_numpy(float)
    whole = (np.mod(y, 1) == 0) & (np.mod(m, 1) == 0)
    if not (whole & (y >= 0) & (m >= 1) & (y <= m)).all():
        raise MethodError("件数は0以上の整数、全体は1以上で件数以上の整数にしてください。")
    if len(y) < 3 or y.sum() in {0, m.sum()}:
        raise MethodError(
            "団体が三つ以上あり、全体が0％でも100％でもないときに使えます。"
            "そうでなければ wilson を使ってください。"
        )
    return y, m


def _profile(u: np.ndarray, y: np.ndarray, m: np.ndarray) -> _Profile:
    """Newton's method for mu at every rho at once; the likelihood is concave in mu."""
    size = special.expit(-u) / special.expit(u)
    mu = np.full(len(u), (y.sum() + 0.5) / (m.sum() + 1))
    for _ in range(NEWTON_ROUNDS):
        slope, curve = _slopes(mu, size, y, m)
        step = np.clip(mu - slope / curve, mu / 2, (1 + mu) / 2)
        done = np.abs(step - mu).max() <= NEWTON_TOLERANCE
        mu = step
        if done:
            break
    a, b = (mu * size)[:, None], ((1 - mu) * size)[:, None]
    likelihood = (special.betaln(a + y, b + m - y) - special.betaln(a, b)).sum(axis=1)
    curve = _slopes(mu, size, y, m)[1]
    return _Profile(u, mu, likelihood, -curve * (mu * (1 - mu)) ** 2)


def _slopes(
    mu: np.ndarray, size: np.ndarray, y: np.ndarray, m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of the likelihood by mu, for each rho; size is a + b."""
    a, b = (mu * size)[:, None], ((1 - mu) * size)[:, None]
    first, second = (
        special.polygamma(order, a + y)
        - special.polygamma(order, a)
        + (-1) ** (order + 1) * (special.polygamma(order, b + m - y) - special.polygamma(order, b))
        for order in (0, 1)
    )
    return size * first.sum(axis=1), size**2 * second.sum(axis=1)


def _where_it_matters(y: np.ndarray, m: np.ndarray) -> _Profile:
    """The profile from the grid's last point before the likely values to the first after them."""
    likelihood = _profile(GRID, y, m).likelihood
    likely = np.flatnonzero(likelihood > likelihood.max() - NEGLIGIBLE)
    ends = GRID[max(likely[0] - 1, 0)], GRID[min(likely[-1] + 1, len(GRID) - 1)]
    return _profile(np.linspace(*ends, POINTS), y, m)


def _best(profile: _Profile, y: np.ndarray, m: np.ndarray) -> tuple[float, float]:
    """The mean and the overdispersion of the highest likelihood."""
    place = int(profile.likelihood.argmax())
    ends = profile.u[max(place - 1, 0)], profile.u[min(place + 1, POINTS - 1)]
    found = optimize.minimize_scalar(
        lambda u: -_profile(np.array([u]), y, m).likelihood[0], bounds=ends, options={"xatol": 1e-9}
    )
    return float(_profile(np.array([found.x]), y, m).mu[0]), float(special.expit(found.x))


def _shrunken(
    profile: _Profile, weight: np.ndarray, y: np.ndarray, m: np.ndarray
) -> dict[str, np.ndarray]:
    """Mean and interval of each body's share, by a Beta of the mixture's mean and variance."""
    size = (special.expit(-profile.u) / special.expit(profile.u))[:, None, None]
    spread = NODES / np.sqrt(profile.information)[:, None]
    mu = special.expit(special.logit(profile.mu)[:, None] + spread)[:, :, None]
    each = (mu * size + y) / (size + m)
    inner = each * (1 - each) / (size + m + 1)
    mixing = weight[:, None] * NODE_WEIGHTS
    mean = np.einsum("ij,ijk->k", mixing, each)
    variance = np.einsum("ij,ijk->k", mixing, inner + (each - mean) ** 2)
    total = mean * (1 - mean) / variance - 1
    low, high = (
        stats.beta.ppf(tail, mean * total, (1 - mean) * total)
        for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    return {"shrunken": mean, "ci_low": low, "ci_high": high}
