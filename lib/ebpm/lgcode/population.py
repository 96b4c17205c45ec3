"""Classes of municipalities by number of residents."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PopulationClass:
    """A class of municipalities: from `minimum` residents up to the next class."""

    minimum: int
    ja: str
    en: str


POPULATION_CLASSES = (
    PopulationClass(0, "5,000人未満", "under 5,000"),
    PopulationClass(5_000, "5,000〜9,999人", "5,000–9,999"),
    PopulationClass(10_000, "10,000〜29,999人", "10,000–29,999"),
    PopulationClass(30_000, "30,000〜49,999人", "30,000–49,999"),
    PopulationClass(50_000, "50,000〜99,999人", "50,000–99,999"),
    PopulationClass(100_000, "100,000〜299,999人", "100,000–299,999"),
    PopulationClass(300_000, "300,000人以上", "300,000 and over"),
)
"""The project's own classes, smallest first (not the ministry's 類似団体)."""


def population_class(population: int, lang: Literal["ja", "en"] = "ja") -> str:
    """The label of the class that a number of residents falls in; ValueError below 0."""
    if population < 0:
        raise ValueError(f"人口 {population} は負の数です。")
    found = [row for row in POPULATION_CLASSES if row.minimum <= population][-1]
    return found.ja if lang == "ja" else found.en
