"""Handling log and event log of the invented town."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from ebpm.example import clock, names
from ebpm.example.effects import (
    FIRST_DAY,
    LAST_DAY,
    MONTHS,
    PILOT_MONTH,
    STAFF_PER_OFFICE,
    Effects,
    online_share,
)
from ebpm.example.plan import Plan

CASES = 16_000
DIFFICULTY = 3.0
HARDEST = 2.5
RANKS = 2_000
# Slope of the log odds of applying online per standard deviation of difficulty.
SELECTION = -1.5
MEASURED = 0.85
MAIL_SHARE = 0.18
NEW_YEAR = 1.5
BUSY_MONDAY = 0.8
CHANNELS = np.array([names.COUNTER, names.MAIL, names.ONLINE, names.PHONE])
ELAPSED_BY_CHANNEL = np.array([1.0, 1.6, 0.8, 1.0])
END = ((LAST_DAY - FIRST_DAY).days + 1) * clock.DAY


@dataclass(frozen=True)
class Cases:
    """Codes of each application; `channel` indexes CHANNELS, `minutes` are true staff minutes."""

    procedure: np.ndarray
    month: np.ndarray
    day: np.ndarray
    office: np.ndarray
    staff: np.ndarray
    channel: np.ndarray
    difficulty: np.ndarray
    minutes: np.ndarray

    @property
    def online(self) -> np.ndarray:
        """Whether it came online."""
        return np.asarray(self.channel == 2)


def cases(random: np.random.Generator, plan: Plan, effects: Effects) -> Cases:
    """Applications with their channel and the minutes they take."""
    weights = np.array([weight for _, _, weight in names.PROCEDURES.values()])
    procedure = random.choice(len(weights), CASES, p=weights / weights.sum())
    season = np.tile([1.35, 1.0, 0.95, 0.95, 0.9, 0.95, 1.0, 0.95, 0.9, 0.95, 1.0, 1.4], 2)
    month = random.choice(MONTHS, CASES, p=season / season.sum())
    staff = random.integers(0, len(plan.staff_minutes), CASES)
    difficulty = np.clip(random.normal(size=CASES), -HARDEST, HARDEST)
    channel = _channel(random, plan, procedure, month, difficulty)
    day = clock.drawn_days(random, month, channel == 2)
    office = staff // STAFF_PER_OFFICE
    base = np.array([minutes for minutes, _, _ in names.PROCEDURES.values()])[procedure]
    shocks = plan.procedure_shock[procedure, month] + plan.office_shock[office, month]
    noise = random.gamma(2, 2, CASES) - 4
    calendar = NEW_YEAR * np.isin(month % 12, (0, 11)) + BUSY_MONDAY * (clock.weekdays(day) == 0)
    minutes = base + DIFFICULTY * difficulty + plan.staff_minutes[staff] + shocks + noise + calendar
    minutes = minutes + effects.online * (channel == 2)
    minutes = minutes + effects.pilot * (plan.has_pilot[office] & (month >= PILOT_MONTH))
    minutes = minutes + effects.training * (month // 3 >= plan.trained_from[staff])
    minutes = np.maximum(np.round(minutes), 1)
    return Cases(procedure, month, day, office, staff, channel, difficulty, minutes)


def _channel(
    random: np.random.Generator,
    plan: Plan,
    procedure: np.ndarray,
    month: np.ndarray,
    difficulty: np.ndarray,
) -> np.ndarray:
    """Easy applications go online where that is possible; a handful come by phone."""
    since = month - plan.start[procedure]
    online = random.random(CASES) < _chance(since, difficulty)
    channel = np.where(random.random(CASES) < MAIL_SHARE, 1, 0)
    channel = np.where(online & (since >= 0), 2, channel)
    channel[random.choice(np.flatnonzero(channel == 0), 6, replace=False)] = 3
    return np.asarray(channel)


def _chance(since: np.ndarray, difficulty: np.ndarray) -> np.ndarray:
    """Probability of applying online, by months since the start."""
    share = online_share(since)
    spread = np.sqrt(1 + np.pi * SELECTION**2 / 8)
    with np.errstate(divide="ignore"):
        log_odds = np.log(share / (1 - share)) * spread + SELECTION * difficulty
    return np.asarray(1 / (1 + np.exp(-np.maximum(log_odds, -700))))


def expected_share(since: int) -> float:
    """Mean probability of applying online over all difficulties."""
    normal = NormalDist()
    ranks = (np.arange(RANKS) + 0.5) / RANKS
    z = np.clip([normal.inv_cdf(rank) for rank in ranks], -HARDEST, HARDEST)
    return float(_chance(np.full(RANKS, since), z).mean())


def handling_log(random: np.random.Generator, plan: Plan, of: Cases) -> pd.DataFrame:
    """The table of the form: unfinished applications have no completion and no minutes."""
    online = of.online
    received = of.day * clock.DAY + clock.drawn_minutes(random, online)
    completed = _completed(random, of, received)
    closed = completed < END
    measured = closed & (random.random(CASES) < MEASURED)
    outcome = np.where(random.random(CASES) < 0.03, "取下げ", "完了")
    frame = pd.DataFrame(
        {
            "procedure": np.array(list(names.PROCEDURES))[of.procedure],
            "channel": CHANNELS[of.channel],
            "received": clock.moments(received),
            "completed": pd.Series(clock.moments(completed)).where(closed),
            "handling_minutes": pd.Series(of.minutes).where(measured).astype("Int64"),
            "staff": [f"職員{number + 1:03d}" for number in of.staff],
            "outcome": np.where(closed, outcome, "処理中"),
            "office": np.array(names.OFFICES)[of.office],
        }
    ).sort_values("received", kind="stable", ignore_index=True)
    frame.insert(0, "case_id", [f"R{number + 1:06d}" for number in range(CASES)])
    return frame


def _completed(random: np.random.Generator, of: Cases, received: np.ndarray) -> np.ndarray:
    """Log-normal hours, a little longer for difficult cases, ended in opening hours."""
    hours = np.array([median for _, median, _ in names.PROCEDURES.values()])[of.procedure]
    spread = np.exp(random.normal(0, 0.55, CASES) + 0.1 * of.difficulty)
    elapsed = hours * 60 * ELAPSED_BY_CHANNEL[of.channel] * spread
    begun = np.where(of.channel == 0, received, clock.into_opening_hours(received))
    ended = begun + np.maximum(elapsed, of.minutes).astype(int) + 1
    return np.asarray(np.maximum(clock.into_opening_hours(ended), ended))
