"""Specification curve: the same question under every defensible choice.

Simonsohn, U., J. P. Simmons and L. D. Nelson (2020), "Specification curve analysis", Nature Human
Behaviour 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from ebpm.methods.regression import ols


@dataclass(frozen=True)
class Choice:
    """One way to set up the regression: names of columns, and rows to keep (a boolean column)."""

    outcome: str
    exposure: str
    controls: tuple[str, ...]
    fixed_effects: tuple[str, ...]
    sample: str | None


@dataclass(frozen=True)
class Curve:
    """All specifications, sorted by estimate; `frame` has one row per specification."""

    frame: pd.DataFrame

    @property
    def share_negative(self) -> float:
        """Share of specifications (0–1) with an estimate below 0."""
        return float((self.frame["estimate"] < 0).mean())

    @property
    def share_significant(self) -> float:
        """Share of specifications (0–1) whose 95 % interval leaves out 0."""
        excluded = (self.frame["ci_low"] > 0) | (self.frame["ci_high"] < 0)
        return float(excluded.mean())


def specification_curve(
    frame: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    exposures: Sequence[str],
    controls: Mapping[str, tuple[str, ...]],
    fixed_effects: Mapping[str, tuple[str, ...]],
    samples: Mapping[str, str | None],
    cluster: str,
    scales: Mapping[str, float],
) -> Curve:
    """Fits every combination; `scales` gives the practical step of each exposure.

    `controls`, `fixed_effects` and `samples` map the name of a choice to columns; a sample is a
    boolean column (None keeps all rows). Rows with a missing value in a specification's own
    columns are left out of it and counted in `n`.
    """
    rows = [
        {
            "outcome": outcome,
            "exposure": exposure,
            "controls": control,
            "fixed_effects": effect,
            "sample": sample,
        }
        | _one(
            frame,
            Choice(outcome, exposure, controls[control], fixed_effects[effect], samples[sample]),
            cluster,
            scales[exposure],
        )
        for outcome, exposure, control, effect, sample in product(
            outcomes, exposures, controls, fixed_effects, samples
        )
    ]
    return Curve(pd.DataFrame(rows).sort_values("estimate", ignore_index=True))


def _one(frame: pd.DataFrame, choice: Choice, cluster: str, scale: float) -> dict[str, object]:
    kept = frame if choice.sample is None else frame[frame[choice.sample]]
    used = [choice.outcome, choice.exposure, *choice.controls, *choice.fixed_effects, cluster]
    complete = kept.dropna(subset=list(dict.fromkeys(used)))
    fit = ols(
        complete,
        choice.outcome,
        [choice.exposure, *choice.controls],
        cluster=cluster,
        fixed_effects=choice.fixed_effects,
    )
    result = fit.of(choice.exposure).scaled(scale)
    return {
        "estimate": result.estimate,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "p_value": result.p_value,
        "n": result.n,
    }
