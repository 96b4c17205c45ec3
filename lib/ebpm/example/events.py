"""Event log of the invented town: five steps of one procedure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ebpm.example import clock, names
from ebpm.example.effects import MONTHS, Effects

STEPS = ("受付", "書類確認", "審査", "決裁", "通知")
MINUTES = np.array([6.0, 9.0, 14.0, 5.0, 4.0])
GAP_HOURS = np.array([0.0, 6.0, 40.0, 30.0, 20.0])
CASES = 420
ONLINE_FROM, ONLINE_SHARE = 9, 0.45
# Which of the steps the online channel makes shorter.
SHORTER = 1
# Persons 21 to 24 do the first two steps, 25 to 28 the next two, 29 to 32 the last.
FIRST_PERSON, PER_STEPS = 21, 4


def event_log(random: np.random.Generator, effects: Effects) -> pd.DataFrame:
    """A row per step, with its start and end; cases of the last two months are left out."""
    month = np.sort(random.integers(0, MONTHS - 2, CASES))
    online = random.random(CASES) < np.where(month >= ONLINE_FROM, ONLINE_SHARE, 0.0)
    received = clock.drawn_days(random, month, online) * clock.DAY
    received = received + clock.drawn_minutes(random, online)
    begun, ended = _times(random, received, online, effects)
    case, step = (code.ravel() for code in np.indices(begun.shape))
    who = FIRST_PERSON + random.integers(0, PER_STEPS, len(case)) + PER_STEPS * (step // 2)
    return pd.DataFrame(
        {
            "case_id": [f"J{number + 1:05d}" for number in case],
            "activity": np.array(STEPS)[step],
            "time": clock.moments(begun.ravel()),
            "end_time": clock.moments(ended.ravel()),
            "staff": [f"職員{number:03d}" for number in who],
            "channel": np.where(online[case], names.ONLINE, names.COUNTER),
            "procedure": names.EVENT_PROCEDURE,
            "office": names.EVENT_OFFICE,
        }
    )


def _times(
    random: np.random.Generator, received: np.ndarray, online: np.ndarray, effects: Effects
) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of every step (cases x steps) in minutes since the first day."""
    shape = (CASES, len(STEPS))
    minutes = MINUTES * random.gamma(6, 1 / 6, shape)
    minutes[:, SHORTER] += effects.online * online
    whole = np.maximum(np.round(minutes), 1).astype(int)
    gaps = (GAP_HOURS * 60 * random.lognormal(-0.2, 0.6, shape)).astype(int)
    begun, ended = np.empty(shape, int), np.empty(shape, int)
    moment = received
    for step in range(len(STEPS)):
        begun[:, step] = clock.into_opening_hours(moment + gaps[:, step]) if step else received
        moment = ended[:, step] = begun[:, step] + whole[:, step]
    return begun, ended
