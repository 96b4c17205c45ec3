"""An invented town with known effects: tables of all forms for own data, from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ebpm.example import events, logs, surveys, tools, truth
from ebpm.example.effects import NOTHING, Effects
from ebpm.example.plan import plan_of


@dataclass(frozen=True)
class Town:
    """`frames`: one table per form, columns named by the fields' keys (questions by their text).

    `truth` is described in `ebpm.example.truth`.
    """

    seed: int
    frames: dict[str, pd.DataFrame]
    truth: dict[str, Any]


def generate(seed: int, *, null: bool = False) -> Town:
    """The town of a seed; with `null` no effect is there, selection and noise are the same."""
    random = np.random.default_rng(seed)
    effects = NOTHING if null else Effects()
    plan = plan_of(random)
    cases = logs.cases(random, plan, effects)
    frames = {
        "handling_log": logs.handling_log(random, plan, cases),
        "pilot": tools.pilot(plan),
        "training_log": tools.training_log(random, plan, effects),
        "event_log": events.event_log(random, effects),
        "staff_survey": surveys.staff_survey(random, effects),
        "resident_survey": surveys.resident_survey(random, effects),
        "chatbot_log": tools.chatbot_log(random, effects),
        "tool_use": tools.tool_use(random),
    }
    return Town(seed, frames, truth.of(seed, null, effects, plan, cases))
