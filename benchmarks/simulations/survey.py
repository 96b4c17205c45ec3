"""Surveys drawn from one finite population: 6 strata, 8 clusters in each, 12 people in a cluster.

The population is made once; `effect` moves its outcome so that the estimand is `effect`. Clusters
(municipalities) and people are drawn without replacement, and both stages are corrected for it.
"""

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.simulations.base import Simulation
from ebpm.methods.nonresponse import propensity_weights, weighting_classes
from ebpm.methods.result import Estimate
from ebpm.methods.survey import SurveyDesign

SEED = 20_260_401
CLUSTERS = (24, 28, 32, 36, 40, 48)
DRAWN, PEOPLE = 8, 12
AGES = 4
CAUTIOUS = (0.93, 0.985)
TAKEN_AS_KNOWN = "cautious: errors take the response weights as known"


@cache
def population() -> pd.DataFrame:
    """Everyone: outcomes differ by stratum, cluster and age; older people go online less."""
    random = np.random.default_rng(SEED)
    stratum = np.repeat(np.arange(len(CLUSTERS)), CLUSTERS)
    size = random.integers(60, 121, len(stratum))
    psu = np.repeat(np.arange(len(stratum)), size)
    n = len(psu)
    ages = random.dirichlet(np.full(AGES, 8.0), len(stratum))[psu].cumsum(axis=1)
    age = (random.uniform(size=n)[:, None] > ages).sum(axis=1).clip(max=AGES - 1)
    sex = random.integers(0, 2, n)
    level = 0.3 * stratum[psu] + 0.5 * random.normal(size=len(stratum))[psu]
    latent = level - 0.8 * age + 0.3 * sex + random.normal(0, 1.5, n)
    columns = {"stratum": stratum[psu], "psu": psu, "age": age, "sex": sex, "latent": latent}
    hours = random.gamma(3.0, 1.0, n)
    clusters = np.array(CLUSTERS)[stratum[psu]]
    return pd.DataFrame({**columns, "hours": hours, "clusters": clusters, "people": size[psu]})


@cache
def places() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The clusters of each stratum and the rows of each cluster."""
    everyone = population()
    psu = everyone["psu"].to_numpy()
    rows = np.split(np.arange(len(psu)), np.flatnonzero(np.diff(psu)) + 1)
    return np.split(np.arange(len(rows)), np.cumsum(CLUSTERS)[:-1]), rows


def drawn(random: np.random.Generator, people: int = PEOPLE) -> pd.DataFrame:
    """One sample with the weight of each person, before anyone fails to answer."""
    strata, rows = places()
    clusters = np.concatenate([random.choice(each, DRAWN, replace=False) for each in strata])
    taken = [random.choice(rows[cluster], people, replace=False) for cluster in clusters]
    sample = population().iloc[np.concatenate(taken)]
    weight = sample["clusters"] / DRAWN * sample["people"] / people
    return sample.assign(weight=weight).reset_index(drop=True)


def designed(sample: pd.DataFrame, weights: str = "weight") -> SurveyDesign:
    return SurveyDesign(
        sample,
        weights=weights,
        strata="stratum",
        psu="psu",
        population_clusters="clusters",
        population_in_cluster="people",
    )


def moved(sample: pd.DataFrame, effect: float, inside: pd.Series | None = None) -> pd.DataFrame:
    """The outcome with a mean of `effect` in the population (or in a part of it)."""
    latent = population()["latent"]
    centre = float((latent if inside is None else latent[inside]).mean())
    return sample.assign(y=sample["latent"] - centre + effect)


def with_share(sample: pd.DataFrame, effect: float) -> pd.DataFrame:
    """Whether someone is among the share `effect` of the population that lies highest."""
    limit = float(np.quantile(population()["latent"], 1 - effect))
    return sample.assign(y=sample["latent"] > limit)


def margins() -> dict[str, dict[int, float]]:
    everyone = population()
    return {name: everyone[name].value_counts().to_dict() for name in ("age", "sex")}


def mean(random: np.random.Generator, effect: float) -> Estimate:
    return designed(moved(drawn(random), effect)).mean("y")


def proportion(random: np.random.Generator, effect: float) -> Estimate:
    return designed(with_share(drawn(random), effect)).proportion("y")


def ratio(random: np.random.Generator, effect: float) -> Estimate:
    """Outcome over hours; the outcome is hours times `effect` and what is left of the latent."""
    everyone = population()
    rest = float(everyone["latent"].mean())
    sample = drawn(random)
    y = effect * sample["hours"] + sample["latent"] - rest
    return designed(sample.assign(y=y)).ratio("y", "hours")


def total(random: np.random.Generator, effect: float) -> Estimate:
    sample = drawn(random)
    shift = effect / len(population()) - float(population()["latent"].mean())
    return designed(sample.assign(y=sample["latent"] + shift)).total("y")


def domain(random: np.random.Generator, effect: float) -> Estimate:
    sample = moved(drawn(random), effect, population()["age"] == AGES - 1)
    return designed(sample).mean("y", where=sample["age"] == AGES - 1)


def difference(random: np.random.Generator, effect: float) -> Estimate:
    """Youngest minus oldest, the youngest moved by what makes the difference `effect`."""
    means = population().groupby("age")["latent"].mean()
    sample = drawn(random)
    young, old = sample["age"] == 0, sample["age"] == AGES - 1
    y = sample["latent"] + young * (effect - float(means[0] - means[AGES - 1]))
    return designed(sample.assign(y=y)).difference("y", young, old)


def raked_mean(random: np.random.Generator, effect: float) -> Estimate:
    return designed(moved(drawn(random), effect)).raked(margins()).mean("y")


def raked_difference(random: np.random.Generator, effect: float) -> Estimate:
    means = population().groupby("sex")["latent"].mean()
    sample = drawn(random)
    first, second = sample["sex"] == 0, sample["sex"] == 1
    y = sample["latent"] + first * (effect - float(means[0] - means[1]))
    design = designed(sample.assign(y=y)).raked(margins())
    return design.difference("y", first, second)


def raked_proportion(random: np.random.Generator, effect: float) -> Estimate:
    return designed(with_share(drawn(random), effect)).raked(margins()).proportion("y")


def trimmed_mean(random: np.random.Generator, effect: float) -> Estimate:
    design = designed(moved(drawn(random), effect))
    return design.raked(margins(), max_weight_ratio=1.7).mean("y")


def answering(random: np.random.Generator, effect: float) -> pd.DataFrame:
    """Twice as many asked; older people, and those in later strata, answer less (at random)."""
    sample = moved(drawn(random, 2 * PEOPLE), effect)
    chance = 0.9 - 0.1 * sample["age"] - 0.02 * sample["stratum"]
    return sample.assign(responded=random.uniform(size=len(sample)) < chance)


def respondents(sample: pd.DataFrame, adjusted: pd.Series) -> SurveyDesign:
    """Those who answered; who did is one more stage of drawing, so no correction is made."""
    answered = sample[sample["responded"]].assign(adjusted=adjusted)
    return SurveyDesign(answered, weights="adjusted", strata="stratum", psu="psu")


def response_weighted_mean(random: np.random.Generator, effect: float) -> Estimate:
    sample = answering(random, effect)
    cells = ["stratum", "age"]
    found = weighting_classes(sample, "responded", cells, weights="weight")
    return respondents(sample, found.weights).mean("y")


def propensity_weighted_mean(random: np.random.Generator, effect: float) -> Estimate:
    sample = answering(random, effect)
    found = propensity_weights(sample, "responded", ["age", "stratum"], weights="weight")
    return respondents(sample, found.weights).mean("y")


SIMULATIONS = [
    Simulation("survey mean", "survey_mean", mean, 3.0, None),
    Simulation("survey share", "survey_proportion", proportion, 0.3, None),
    Simulation("survey share, rare", "survey_proportion", proportion, 0.05, None),
    Simulation("survey ratio", "survey_ratio", ratio, 2.0, None),
    Simulation("survey total", "survey_total", total, 50_000.0, None),
    Simulation("survey mean of a domain", "survey_mean", domain, 3.0, None),
    Simulation("survey difference of domains", "survey_difference", difference, 0.5),
    Simulation("raked mean", "raked_survey_mean", raked_mean, 3.0, None),
    Simulation("raked share", "raked_survey_proportion", raked_proportion, 0.3, None),
    Simulation("raked mean, trimmed", "raked_survey_mean", trimmed_mean, 3.0, None),
    Simulation("raked difference", "raked_survey_difference", raked_difference, 0.5),
    Simulation(
        "mean by response class",
        "survey_mean",
        response_weighted_mean,
        3.0,
        None,
        coverage_band=CAUTIOUS,
        note=TAKEN_AS_KNOWN,
    ),
    Simulation(
        "mean by response propensity",
        "survey_mean",
        propensity_weighted_mean,
        3.0,
        None,
        coverage_band=CAUTIOUS,
        note=TAKEN_AS_KNOWN,
    ),
]
