"""CR2: bias-reduced clustered variances with Satterthwaite degrees of freedom.

Bell, R. M. and D. F. McCaffrey (2002), "Bias Reduction in Standard Errors for Linear Regression
with Multi-Stage Samples", Survey Methodology 28(2).
Pustejovsky, J. E. and E. Tipton (2018), "Small-Sample Methods for Cluster-Robust Variance
Estimation and Hypothesis Testing in Fixed Effects Models", Journal of Business & Economic
Statistics 36(4); notation of section 2, working model: equal variances, no correlation.

Effects nested in clusters need not be written out when all weights are equal (their Theorem 2);
other effects, and all effects of weighted data, are. The adjustment of a cluster differs from the
identity only in the space of its regressors, so that no n × n matrix is ever made.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from ebpm.methods.covariance import OWN_SHARE, Fit
from ebpm.methods.within import Effects, is_nested, written_out

# An eigenvalue that is 0 but for rounding; below OWN_SHARE², so that none is dropped unflagged.
NULL = 1e-11


@dataclass(frozen=True)
class _Model:
    """Regressors beside the crossed effects (n × p), M = (z'wz)⁻¹, its root, z'w²z (p × p)."""

    z: np.ndarray
    m: np.ndarray
    root: np.ndarray
    squared: np.ndarray
    equal: bool

    def core(self, m: np.ndarray, squared: np.ndarray) -> np.ndarray:
        """The middle of (I-H)(I-H)' - I, between the regressors beside their weighted copy."""
        return np.block([[m @ squared @ m, -m], [-m, np.zeros_like(m)]])


@dataclass(frozen=True)
class _Cluster:
    """One cluster's part: `a` = A'wzM (n_i × k), and what the degrees of freedom are made of."""

    a: np.ndarray
    own: np.ndarray
    sides: np.ndarray


def bias_reduced(fit: Fit, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance and degrees of freedom of each coefficient (k, k); NaN where one cluster alone
    determines it, because its own errors cannot be seen then.
    """
    equal = bool(fit.w.min() == fit.w.max())
    nested = [codes for codes in fit.effects if is_nested(codes, groups)]
    crossed = [codes for codes in fit.effects if not is_nested(codes, groups)]
    own = written_out(crossed, nested, fit.w)
    z = np.column_stack([fit.x, own])
    m = block_diag(fit.bread, np.eye(own.shape[1]))
    model = _Model(z, m, np.linalg.cholesky(m), z.T @ (z * fit.w[:, None] ** 2), equal)
    order = np.argsort(groups, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(groups))[:-1])
    parts = [_part(model, fit, index, () if equal else nested) for index in rows]
    scores = np.array(
        [part.a.T @ fit.residuals[index] for part, index in zip(parts, rows, strict=True)]
    )
    unseen = np.any([_rests_on(model, fit, index) for index in rows], axis=0)
    variance = np.where(unseen, np.nan, (scores**2).sum(axis=0))
    return variance, np.where(unseen, np.nan, _satterthwaite(model, parts))


def _part(model: _Model, fit: Fit, index: np.ndarray, nested: Effects) -> _Cluster:
    z, w = model.z[index], fit.w[index, None]
    t = _dummies([codes[index] for codes in nested], len(index))
    inside = np.linalg.pinv(t.T @ (w * t), hermitian=True)
    value, vectors = _decomposed(model, z, t, inside, w)
    target = w * z @ model.m[:, : fit.x.shape[1]]
    seen = value > NULL
    along = vectors.T @ target
    root = np.where(seen, 1 / np.sqrt(np.where(seen, value, 1.0)), 0.0)
    a = target + vectors @ ((root - 1)[:, None] * along)
    own = (a**2).sum(axis=0) + ((value - 1)[:, None] * (vectors.T @ a) ** 2).sum(axis=0)
    beyond = w * (a - w * t @ (inside @ (t.T @ a)))
    return _Cluster(a, own, np.vstack([z.T @ a, z.T @ beyond]))


def _rests_on(model: _Model, fit: Fit, index: np.ndarray) -> np.ndarray:
    """Which coefficients (k, boolean) could not be estimated without this cluster."""
    scaled = np.sqrt(fit.w[index, None]) * model.z[index] @ model.root
    _, size, vectors = np.linalg.svd(scaled, full_matrices=False)
    pull = (model.root @ vectors[size**2 > 1 - OWN_SHARE].T)[: fit.x.shape[1]]
    return np.asarray((pull**2).sum(axis=1) > OWN_SHARE * np.diag(fit.bread))


def _dummies(effects: Effects, n: int) -> np.ndarray:
    columns = [(codes[:, None] == np.unique(codes)).astype(float) for codes in effects]
    return np.column_stack([np.empty((n, 0)), *columns])


def _decomposed(
    model: _Model, z: np.ndarray, t: np.ndarray, inside: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of (I-H)(I-H)' of one cluster, those that are 1 by right left out."""
    if model.equal:
        basis, core = z, -model.m
    else:
        both = np.column_stack([z, t])
        across = z.T @ (w**2 * t)
        squared = np.block([[model.squared, across], [across.T, t.T @ (w**2 * t)]])
        basis = np.column_stack([both, w * both])
        core = model.core(block_diag(model.m, inside), squared)
    q, r = np.linalg.qr(basis)
    small = np.eye(len(r)) + r @ core @ r.T
    value, vectors = np.linalg.eigh((small + small.T) / 2)
    return value, q @ vectors


def _satterthwaite(model: _Model, parts: list[_Cluster]) -> np.ndarray:
    """(trace P)² / trace P², P holding the products p_i'p_j of the clusters (G × G)."""
    core = model.core(model.m, model.squared)
    degrees = []
    for c in range(parts[0].a.shape[1]):
        own = np.array([part.own[c] for part in parts])
        sides = np.array([part.sides[:, c] for part in parts])
        product = sides.T @ sides @ core
        apart = (product * product.T).sum() - (((sides @ core) * sides).sum(axis=1) ** 2).sum()
        degrees.append(own.sum() ** 2 / ((own**2).sum() + apart))
    return np.array(degrees)
