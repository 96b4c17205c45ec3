"""Who gets what and when in the invented town: roll-out, pilot, course, and lasting differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ebpm.example.effects import (
    MONTHS,
    PER_COURSE,
    PER_START,
    PILOT_OFFICES,
    STAFF_PER_OFFICE,
    STARTS,
    TRAINING_QUARTERS,
)
from ebpm.example.names import OFFICES, PROCEDURES

NEVER = 999
PERSISTENCE = 0.5
# Spread of what else than its minutes decides whether a procedure goes online (minutes).
OTHER_REASONS = 8.0


@dataclass(frozen=True)
class Plan:
    """P procedures, O offices, S persons (five to an office, in order).

    `start` (P): month from which a procedure is online, NEVER if none. `has_pilot` (O).
    `trained_from` (S): quarter from which a person is trained, NEVER if not. `staff_minutes` (S),
    `procedure_shock` (P x months), `office_shock` (O x months): minutes added.
    """

    start: np.ndarray
    has_pilot: np.ndarray
    trained_from: np.ndarray
    staff_minutes: np.ndarray
    procedure_shock: np.ndarray
    office_shock: np.ndarray


def plan_of(random: np.random.Generator) -> Plan:
    """Draws a plan: quick procedures go online, the pilot by lot, slower persons to the course."""
    p, o, s = len(PROCEDURES), len(OFFICES), len(OFFICES) * STAFF_PER_OFFICE
    start = _start(random)
    pilot = random.permutation(np.arange(o) < PILOT_OFFICES)
    staff = np.clip(random.normal(0, 1.5, s), -3, 3)
    return Plan(
        start,
        pilot,
        _trained_from(random, staff),
        staff,
        _shocks(random, p, 0.6),
        _shocks(random, o, 0.5),
    )


def _start(random: np.random.Generator) -> np.ndarray:
    """Procedures of few minutes go online more often; the month is drawn by lot."""
    minutes = np.array([each for each, _, _ in PROCEDURES.values()])
    starts = np.repeat(STARTS, PER_START)
    quick = np.argsort(minutes + random.normal(0, OTHER_REASONS, len(minutes)))
    start = np.full(len(minutes), NEVER)
    start[quick[: len(starts)]] = random.permutation(starts)
    return start


def _trained_from(random: np.random.Generator, staff: np.ndarray) -> np.ndarray:
    """Slower persons are sent to the course more often; the term is drawn by lot."""
    quarters = np.repeat(TRAINING_QUARTERS, PER_COURSE)
    chosen = np.argsort(-(staff + random.normal(0, 1.5, len(staff))))[: len(quarters)]
    trained = np.full(len(staff), NEVER)
    trained[chosen] = random.permutation(quarters)
    return trained


def _shocks(random: np.random.Generator, units: int, size: float) -> np.ndarray:
    """Stationary AR(1) deviations of standard deviation `size` (units x months)."""
    shocks = random.normal(0, size, (units, MONTHS))
    for t in range(1, MONTHS):
        shocks[:, t] = PERSISTENCE * shocks[:, t - 1] + np.sqrt(1 - PERSISTENCE**2) * shocks[:, t]
    return shocks
