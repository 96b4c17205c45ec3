"""Formulas written out with n × n matrices, as the papers print them."""

from __future__ import annotations

import numpy as np

NULL = 1e-9


def explicit_cr2(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, groups: np.ndarray, contrasts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """CR2 variance and Satterthwaite degrees of freedom of `contrasts` (c × k) of coefficients.

    Pustejovsky and Tipton (2018), section 2, working model of equal variances.
    """
    n = len(y)
    bread = np.linalg.inv(x.T @ np.diag(w) @ x)
    left = np.eye(n) - x @ bread @ x.T @ np.diag(w)
    variance, vectors = np.zeros(len(contrasts)), []
    for group in np.unique(groups):
        own = groups == group
        value, vector = np.linalg.eigh(left[own] @ left[own].T)
        root = np.where(value > NULL, 1 / np.sqrt(np.maximum(value, NULL)), 0)
        pulled = vector @ np.diag(root) @ vector.T @ np.diag(w[own]) @ x[own] @ bread @ contrasts.T
        variance += (pulled.T @ (left @ y)[own]) ** 2
        vectors.append(left[own].T @ pulled)
    products = np.einsum("anc,bnc->abc", np.array(vectors), np.array(vectors))
    return variance, np.trace(products) ** 2 / (products**2).sum(axis=(0, 1))
