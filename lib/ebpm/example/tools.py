"""Pilot, course, chatbot and tools of the invented town."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ebpm.example import names
from ebpm.example.clock import open_days_before
from ebpm.example.effects import (
    CHATBOT_MONTH,
    MONTHS,
    PILOT_MONTH,
    STAFF_PER_OFFICE,
    TRAINING_QUARTERS,
    Effects,
    month_start,
)
from ebpm.example.plan import NEVER, Plan

DAYS_OF_COURSE = 4
# Month of introduction and, where it ended, of the end.
TOOL_MONTHS = (
    *((0, None), (2, None), (0, 15), (1, None), (3, None), (0, None)),
    *((4, 13), (5, 19), (6, None), (9, 21)),
)


def pilot(plan: Plan) -> pd.DataFrame:
    """All counters of the handling log; those with the pilot were drawn by lot."""
    return pd.DataFrame(
        {
            "pilot": names.PILOT,
            "unit": names.OFFICES,
            "treated": np.where(plan.has_pilot, "はい", "いいえ"),
            "start": month_start(PILOT_MONTH),
            "randomised": "はい",
        }
    )


def training_log(random: np.random.Generator, plan: Plan, effects: Effects) -> pd.DataFrame:
    """A row per person who attended, in the days before the quarter of `trained_from`."""
    who = np.flatnonzero(plan.trained_from < NEVER)
    before = np.clip(np.round(random.normal(58, 11, len(who))), 5, 85)
    gain = np.round(random.normal(effects.score, 7, len(who)))
    days = {q: open_days_before(month_start(3 * q), DAYS_OF_COURSE) for q in TRAINING_QUARTERS}
    chosen = random.integers(0, DAYS_OF_COURSE, len(who))
    attended = [days[plan.trained_from[s]][d] for s, d in zip(who, chosen, strict=True)]
    frame = pd.DataFrame(
        {
            "staff": [f"職員{number + 1:03d}" for number in who],
            "course": names.COURSE,
            "attended": attended,
            "office": np.array(names.OFFICES)[who // STAFF_PER_OFFICE],
            "score_before": before.astype(int),
            "score_after": (before + gain).astype(int),
        }
    )
    return frame.sort_values(["attended", "staff"], ignore_index=True)


def chatbot_log(random: np.random.Generator, effects: Effects) -> pd.DataFrame:
    """Calls in all months; questions from the launch on, fewer from month to month.

    Before the launch nobody asked (0), and what was not counted is blank.
    """
    month = np.arange(MONTHS)
    since = month - CHATBOT_MONTH
    questions = np.where(since >= 0, random.poisson(np.maximum(1_400 - 55 * since, 1)), 0)
    answered = random.binomial(questions, 0.78)
    judged = np.where(questions > 0, 100, 0)
    season = 80 * np.cos(2 * np.pi * month / 12)
    calls = 1_500 + season - effects.deflected * answered + random.normal(0, 20, MONTHS)
    counted = {
        "answered": answered,
        "escalated": random.binomial(questions - answered, 0.4),
        "judged": judged,
        "judged_right": random.binomial(judged, np.clip(0.74 + 0.008 * since, 0, 1)),
    }
    frame = pd.DataFrame({"month": [f"{month_start(int(m)):%Y-%m}" for m in month]})
    frame["questions"] = questions
    for name, values in counted.items():
        frame[name] = pd.Series(values, dtype="Int64").where(since >= 0)
    return frame.assign(calls=np.round(calls).astype(int))


def tool_use(random: np.random.Generator) -> pd.DataFrame:
    """Active users of ten tools by month; four were given up."""
    rows = []
    for name, (first, end) in zip(names.TOOLS, TOOL_MONTHS, strict=True):
        last = MONTHS - 1 if end is None else end
        month = np.arange(first, last + 1)
        peak = random.integers(25, 90)
        rate = 0.02 if end is None else 0.22
        users = random.poisson(peak * np.exp(-rate * (month - first)))
        rows.append(
            pd.DataFrame(
                {
                    "tool": name,
                    "introduced": month_start(first),
                    "month": [f"{month_start(int(m)):%Y-%m}" for m in month],
                    "active_users": users,
                    "ended": None if end is None else month_start(end + 1),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
