"""Rates of units adjusted for which items each unit has (two-way additive model).

A municipality that publishes only easy procedures has a high mean rate without being ahead. In
`rate = unit effect + item effect + error` the unit effect is the rate that is left once the items'
own levels are taken out (Abowd, Kramarz and Margolis 1999 use the same model for firms and workers).
"""

import numpy as np
import pandas as pd

from ebpm.methods.regression import MethodError, require_complete


def composition_adjusted(frame: pd.DataFrame, unit: str, item: str, value: str) -> pd.Series:
    """Unit effects, in the unit of `value`, around the mean over all observations.

    `frame` has one row per unit and item. The result is indexed by unit. Raises MethodError on
    missing values and where units and items do not hang together, because effects could not be
    compared then.
    """
    require_complete(frame, [unit, item, value])
    units, unit_names = pd.factorize(frame[unit], sort=True)
    items, item_names = pd.factorize(frame[item], sort=True)
    y = frame[value].to_numpy(float)
    effects = _item_effects(units, items, y, len(unit_names), len(item_names))
    adjusted = np.bincount(units, y - effects[items]) / np.bincount(units)
    return pd.Series(adjusted, index=pd.Index(unit_names, name=unit), name=f"adjusted_{value}")


def _item_effects(
    units: np.ndarray, items: np.ndarray, y: np.ndarray, n_units: int, n_items: int
) -> np.ndarray:
    """Item effects by least squares after unit means are taken out, weighted to average 0."""
    table = np.zeros((n_units, n_items))
    np.add.at(table, (units, items), 1.0)
    counts = table.sum(axis=1)
    gram = np.diag(table.sum(axis=0)) - table.T @ (table / counts[:, None])
    if np.linalg.matrix_rank(gram) != n_items - 1:
        raise MethodError("団体と手続のつながりが切れているため、調整した率を比べられません。")
    unit_means = np.bincount(units, y) / counts
    right = np.bincount(items, y - unit_means[units])
    effects = np.asarray(np.linalg.lstsq(gram, right, rcond=None)[0])
    return np.asarray(effects - effects[items].mean())
