"""Regression and correlation under their own assumptions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods.correlation import correlation
from ebpm.methods.few_clusters import wild_bootstrap
from ebpm.methods.regression import ols
from ebpm.methods.result import Estimate

Draw = Callable[[np.random.Generator, float], Estimate]


def clusters_of(random: np.random.Generator, effect: float, groups: int, size: int) -> pd.DataFrame:
    """Errors and a regressor that both have a part common to the cluster; cluster sizes differ."""
    sizes = random.integers(size // 2, size * 3 // 2 + 1, groups)
    g = np.repeat(np.arange(groups), sizes)
    n = len(g)
    x = random.normal(size=n) + random.normal(size=groups)[g]
    z = random.normal(size=n)
    y = 1 + effect * x + 0.5 * z + random.normal(size=n) + random.normal(size=groups)[g]
    weight = random.uniform(0.5, 3, n)
    return pd.DataFrame({"y": y, "x": x, "z": z, "g": g, "weight": weight})


def one_way(groups: int, size: int, weights: str | None = None) -> Draw:
    """The default errors: CR2 below 30 clusters, CR1 from there on."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        frame = clusters_of(random, effect, groups, size)
        return ols(frame, "y", ["x", "z"], cluster="g", weights=weights).of("x")

    return draw


def treated_clusters(
    treated: int, groups: int, periods: int = 6, fixed_effects: Sequence[str] = ()
) -> Draw:
    """A few treated clusters, observed before and after where there are fixed effects."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        g = np.repeat(np.arange(groups), periods)
        time = np.tile(np.arange(periods), groups)
        late = time >= periods // 2 if fixed_effects else True
        d = ((g < treated) & late).astype(float)
        common = random.normal(size=groups)[g] + 0.3 * random.normal(size=periods)[time]
        trend = 0.2 * random.normal(size=groups)[g] * time
        y = effect * d + common + trend + random.normal(size=len(g))
        frame = pd.DataFrame({"y": y, "d": d, "g": g, "time": time})
        return ols(frame, "y", ["d"], cluster="g", fixed_effects=fixed_effects).of("d")

    return draw


def wild(random: np.random.Generator, effect: float) -> Estimate:
    """The wild cluster bootstrap with twelve clusters of unequal size."""
    frame = clusters_of(random, effect, 12, 10)
    return wild_bootstrap(frame, "y", ["x", "z"], "x", cluster="g")


def two_way(random: np.random.Generator, effect: float) -> Estimate:
    """47 prefectures by 20 years: both the regressor and the error have parts of each."""
    firm, year = np.repeat(np.arange(47), 20), np.tile(np.arange(20), 47)

    def common() -> np.ndarray:
        parts = 0.5 * random.normal(size=47)[firm] + 0.5 * random.normal(size=20)[year]
        return np.asarray(parts + random.normal(size=len(firm)))

    x = common()
    frame = pd.DataFrame({"y": effect * x + common(), "x": x, "firm": firm, "year": year})
    return ols(frame, "y", ["x"], cluster=("firm", "year")).of("x")


def independent_rows(rows: int, fixed_effects: Sequence[str] = ()) -> Draw:
    """The default errors without clusters (HC3): the error grows with a skewed regressor."""

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        x = random.lognormal(0, 0.5, rows)
        kind = random.integers(0, 5, rows)
        y = effect * x + kind + (0.5 + x) * random.normal(size=rows)
        frame = pd.DataFrame({"y": y, "x": x, "kind": kind})
        return ols(frame, "y", ["x"], cluster=None, fixed_effects=fixed_effects).of("x")

    return draw


def panel(random: np.random.Generator, effect: float) -> Estimate:
    """Sixty bodies over eight years, two-way fixed effects, errors that follow each other."""
    bodies, years = 60, 8
    g, t = np.repeat(np.arange(bodies), years), np.tile(np.arange(years), bodies)
    x = random.normal(size=len(g)) + random.normal(size=bodies)[g] + 0.1 * t
    walk = np.cumsum(random.normal(size=(bodies, years)), axis=1).ravel()
    y = effect * x + random.normal(size=bodies)[g] + 0.2 * t + walk
    frame = pd.DataFrame({"y": y, "x": x, "g": g, "t": t})
    return ols(frame, "y", ["x"], cluster="g", fixed_effects=["g", "t"]).of("x")


def pearson_of(r: float, rank: bool) -> float:
    """Pearson's coefficient of a normal pair whose own (or rank) correlation is `r`."""
    return 2 * np.sin(np.pi / 6 * r) if rank else r


def pair(rows: int, *, rank: bool, groups: int | None = None, weighted: bool = False) -> Draw:
    """A normal pair with (rank) correlation `effect`; with groups, half of it is common to them.

    Weights are independent of the values, so that they change nothing but the precision.
    """

    def draw(random: np.random.Generator, effect: float) -> Estimate:
        g = np.arange(rows) if groups is None else random.integers(0, groups, rows)
        r = pearson_of(effect, rank)
        covariance = [[1, r], [r, 1]]
        values = random.multivariate_normal([0, 0], covariance, rows)
        if groups is not None:
            shared = random.multivariate_normal([0, 0], covariance, groups)[g]
            values = np.sqrt(0.5) * (values + shared)
        frame = pd.DataFrame({"x": values[:, 0], "y": values[:, 1], "g": g})
        frame["weight"] = random.lognormal(0, 0.75, rows)
        return correlation(
            frame,
            "x",
            "y",
            rank=rank,
            cluster=None if groups is None else "g",
            weights="weight" if weighted else None,
        )

    return draw


PAIRS: list[tuple[str, int, dict[str, Any]]] = [
    ("60 rows", 60, {}),
    ("47 clusters", 600, {"groups": 47}),
    ("12 clusters", 300, {"groups": 12}),
    ("60 weighted rows", 60, {"weighted": True}),
    ("200 weighted rows", 200, {"weighted": True}),
    ("47 clusters, weighted", 600, {"groups": 47, "weighted": True}),
]

CAUTIOUS: dict[str, Any] = {
    "false_positive_band": (0.025, 0.06),
    "note": "cautious: ranks with few clusters",
}

SIMULATIONS = [
    Simulation("least squares, 47 clusters (CR1)", "ols", one_way(47, 20), 0.5),
    Simulation("least squares, 12 clusters (CR2)", "ols_cr2", one_way(12, 20), 0.5),
    Simulation(
        "least squares, 12 clusters, weighted (CR2)", "ols_cr2", one_way(12, 20, "weight"), 0.5
    ),
    Simulation(
        "3 of 20 clusters treated (CR2)", "ols_cr2", treated_clusters(3, 20), 0.5, few_treated=True
    ),
    Simulation(
        "6 of 20 clusters treated, before and after (CR2)",
        "fixed_effects_ols_cr2",
        treated_clusters(6, 20, fixed_effects=["g", "time"]),
        0.5,
    ),
    Simulation("10 of 47 clusters treated (CR2)", "ols_cr2", treated_clusters(10, 47), 0.5),
    Simulation("wild cluster bootstrap, 12 clusters", "wild_cluster_bootstrap", wild, 0.5),
    Simulation("least squares, clusters two ways (CR2)", "ols_two_way_cr2", two_way, 0.5),
    Simulation("least squares, 40 rows (HC3)", "ols_hc3", independent_rows(40), 0.5),
    Simulation("least squares, 300 rows (HC3)", "ols_hc3", independent_rows(300), 0.5),
    Simulation(
        "one fixed effect, 200 rows (HC3)",
        "fixed_effects_ols_hc3",
        independent_rows(200, ["kind"]),
        0.5,
    ),
    Simulation("two-way fixed effects, 60 bodies (CR1)", "fixed_effects_ols", panel, 0.5),
    *(
        Simulation(
            f"{'Spearman' if rank else 'Pearson'}, {name}",
            ("weighted_" if options.get("weighted") else "") + ("spearman" if rank else "pearson"),
            pair(rows, rank=rank, **options),
            0.4,
            **(CAUTIOUS if rank and options.get("groups") == 12 else {}),
        )
        for rank in (True, False)
        for name, rows, options in PAIRS
    ),
]
