"""Surveys of the invented town's staff and residents.

An answer is drawn from 1 to 4 and raised by one with some probability: raising that probability by
q changes the mean answer by exactly q, whoever answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ebpm.example import names
from ebpm.example.effects import Effects

WAVES = ("2023-10", "2024-10")
STAFF = 180
STAFF_AGE_SHARE = (0.22, 0.28, 0.28, 0.22)
STAFF_RESPONSE = (0.68, 0.78, 0.86, 0.90)
RESIDENTS = 600
RESIDENT_AGE_SHARE = (0.12, 0.13, 0.16, 0.17, 0.17, 0.25)
RESIDENT_RESPONSE = (0.5, 0.6, 0.8, 1.0, 1.2, 1.3)
ONLINE_BY_AGE = (0.62, 0.58, 0.48, 0.36, 0.24, 0.12)
CUTS = (-1.0, 0.0, 1.0)
RAISED = 0.2
UNANSWERED = 0.03


def _answers(random: np.random.Generator, latent: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """Answers 1–5 as floats; some are missing."""
    score = 1 + np.searchsorted(CUTS, latent) + (random.random(len(latent)) < raised)
    return np.where(random.random(len(latent)) < UNANSWERED, np.nan, score)


def staff_survey(random: np.random.Generator, effects: Effects) -> pd.DataFrame:
    """Two waves of the same staff; younger ones answer less often, weights make up for it."""
    age = np.repeat(np.arange(4), np.round(np.array(STAFF_AGE_SHARE) * STAFF).astype(int))
    n = len(age)
    role = np.where(age == 3, random.integers(0, 3, n), np.minimum(random.integers(0, 3, n), age))
    unit = random.integers(0, len(names.UNITS), n)
    person = random.normal(0, 0.7, n)
    parts = []
    for wave, name in enumerate(WAVES):
        frame = _people(name, "職", np.arange(n))
        frame = frame.assign(
            unit=np.array(names.UNITS)[unit],
            age_band=np.array(names.STAFF_AGES)[age],
            role=np.array(names.STAFF_ROLES)[role],
        )
        answered = random.random(n) < np.array(STAFF_RESPONSE)[age]
        frame["weight"] = _weights(age, answered)
        for item in names.STAFF_ITEMS:
            latent = person + 0.15 * (age - 1.5) + random.normal(0, 0.75, n)
            change = effects.lighter if item == names.LIGHTER and wave == 1 else 0.0
            frame[item] = _answers(random, latent, np.full(n, RAISED + change))
        parts.append(frame[answered])
    return _whole(pd.concat(parts, ignore_index=True), names.STAFF_ITEMS)


def _weights(group: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Persons of the group for each who answered, to two decimals."""
    weight = np.bincount(group) / np.maximum(np.bincount(group, answered), 1)
    return np.asarray(np.round(weight[group], 3))


def resident_survey(random: np.random.Generator, effects: Effects) -> pd.DataFrame:
    """Two samples of residents; the young use the online channel and are harder to please."""
    parts = []
    for name in WAVES:
        response = np.array(RESIDENT_AGE_SHARE) * RESIDENT_RESPONSE
        age = random.choice(6, RESIDENTS, p=response / response.sum())
        online = random.random(RESIDENTS) < np.array(ONLINE_BY_AGE)[age]
        mail = ~online & (random.random(RESIDENTS) < 0.2)
        share = np.array(RESIDENT_AGE_SHARE)
        weight = share[age] * RESIDENTS / np.maximum(np.bincount(age, minlength=6)[age], 1)
        frame = _people(name, "住", np.arange(RESIDENTS) + RESIDENTS * WAVES.index(name)).assign(
            age_band=np.array(names.RESIDENT_AGES)[age],
            district=np.array(names.DISTRICTS)[random.integers(0, 5, RESIDENTS)],
            channel=np.select([online, mail], [names.ONLINE, names.MAIL], names.COUNTER),
            weight=np.round(weight, 3),
        )
        for item in names.RESIDENT_ITEMS:
            latent = 0.25 * (age - 2.5) + random.normal(0, 1, RESIDENTS)
            gain = effects.satisfied if item == names.SATISFIED else 0.0
            frame[item] = _answers(random, latent, RAISED + gain * online)
        parts.append(frame)
    return _whole(pd.concat(parts, ignore_index=True), names.RESIDENT_ITEMS)


def _people(wave: str, kind: str, numbers: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"respondent": [f"{kind}{n + 1:04d}" for n in numbers], "wave": wave})


def _whole(frame: pd.DataFrame, items: tuple[str, ...]) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(items, "Int64"))
