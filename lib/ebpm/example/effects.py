"""The causal effects that are built into the invented town, and its calendar."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

MONTHS = 24
FIRST_DAY = datetime.date(2023, 4, 1)
LAST_DAY = datetime.date(2025, 3, 31)
# Months (0 is April 2023) from which procedures take online applications; 4 procedures each.
STARTS = (6, 9, 12, 15, 18)
PER_START = 4
PILOT_MONTH = 18
PILOT_OFFICES = 5
# First whole quarter (0 is April to June 2023) after the course; 15 persons each.
TRAINING_QUARTERS = (3, 4, 5, 6)
PER_COURSE = 15
STAFF_PER_OFFICE = 5
CHATBOT_MONTH = 12


@dataclass(frozen=True)
class Effects:
    """What is true in the town; minutes are staff minutes per application.

    `online`: minutes of an application that comes online instead of another way. `pilot`: minutes
    at a counter with the pilot. `training`: minutes of a person after the course. `score`: points
    gained in the course. `lighter`: change between the waves of the mean answer (1–5) that work got
    lighter. `satisfied`: mean satisfaction (1–5) of using the online channel instead of the counter
    at equal age. `deflected`: calls spared by an answered question of the chatbot.
    """

    online: float = -6.0
    pilot: float = -3.0
    training: float = -2.5
    score: float = 12.0
    lighter: float = 0.30
    satisfied: float = 0.35
    deflected: float = 0.3


NOTHING = Effects(*(0.0,) * 7)


def month_start(month: int) -> datetime.date:
    """First day of a month of the log (0 is April 2023)."""
    number = FIRST_DAY.month - 1 + month
    return datetime.date(FIRST_DAY.year + number // 12, number % 12 + 1, 1)


def online_share(since: np.ndarray) -> np.ndarray:
    """Expected share of online applications by months since the start: it grows, then levels."""
    grown = 0.30 + 0.30 * (1 - np.exp(-np.maximum(since, 0) / 3))
    return np.where(since >= 0, grown, 0.0)
