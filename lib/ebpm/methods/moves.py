"""Procedures that moved to another channel at different dates: who, when, and their panel.

Nothing here looks at an outcome but `panel`, so that whether a comparison over time is possible is
known before the data are opened. A procedure has moved in the first period with FEW or more cases
of the channel, if there were fewer in all before; it never did if there were fewer in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

FEW = 5
MIN_MOVED = 3
MIN_OTHERS = 2
MIN_BEFORE = 2
MIN_AFTER = 1
MIN_COHORT = 2
# Months in a period, from the finest on.
PERIODS: Mapping[str, int] = {"month": 1, "quarter": 3, "half_year": 6}


@dataclass(frozen=True)
class Moves:
    """Procedures that can be followed: `start` by procedure (0: never) in periods of `period`.

    `months` is how many months a period has, `first` and `last` the periods followed (numbers of
    months since year 0, divided by `months`); `left_out` counts procedures by reason: `always`
    (from the beginning), `alone` (nobody else began then), `gaps` (periods without a case).
    """

    period: str
    months: int
    start: pd.Series
    first: int
    last: int
    left_out: Mapping[str, int]

    @property
    def moved(self) -> int:
        """How many procedures moved."""
        return int((self.start > 0).sum())

    @property
    def others(self) -> int:
        """How many there are to compare with."""
        return int((self.start == 0).sum())


def month_number(dates: pd.Series) -> pd.Series:
    """Months since year 0."""
    when = pd.to_datetime(dates)
    return when.dt.year * 12 + when.dt.month - 1


def moves(frame: pd.DataFrame, *, exposure: str = "is_online") -> Moves | None:
    """The moves that can be followed in the finest periods that keep the most procedures.

    `frame`: one row a case with procedure, month (a number of months), and the exposure (1 for the
    channel, 0 for all others). None where fewer than MIN_MOVED moved or MIN_OTHERS did not.
    """
    found = [_moves(frame, exposure, name, months) for name, months in PERIODS.items()]
    fitting = [each for each in found if each is not None]
    return max(fitting, key=lambda each: each.moved, default=None)


def _moves(frame: pd.DataFrame, exposure: str, name: str, months: int) -> Moves | None:
    period = frame["month"] // months
    first, last = int(period.min()), int(period.max())
    keys = [frame["procedure"], period]
    counts = frame[exposure].groupby(keys).agg(["sum", "size"])
    index = range(first, last + 1)
    cases, online = (
        counts[part].unstack(fill_value=0).reindex(columns=index, fill_value=0)
        for part in ("size", "sum")
    )
    start = _starts(online)
    kept = (cases > 0).all(axis=1)
    states = {"gaps": ~kept, "always": kept & (start < 0)}
    start = start[kept & (start >= 0)]
    if not (start == 0).any():
        start, last = _without_never(start, last)
    too_near = (start > 0) & ((start < first + MIN_BEFORE) | (start > last - MIN_AFTER + 1))
    sizes = start.map(start[start > 0].value_counts())
    alone = (start > 0) & (sizes < MIN_COHORT)
    left_out = {key: int(mask.sum()) for key, mask in states.items()}
    left_out |= {"near": int(too_near.sum()), "alone": int((alone & ~too_near).sum())}
    start = start[~alone & ~too_near].astype(int)
    moved, others = int((start > 0).sum()), int((start == 0).sum())
    if moved < MIN_MOVED or others < MIN_OTHERS:
        return None
    return Moves(name, months, start, first, last, left_out)


def _starts(online: pd.DataFrame) -> pd.Series:
    """First period with FEW or more, 0 where never, -1 where there were as many before."""
    enough = online >= FEW
    start = enough.idxmax(axis=1).where(enough.any(axis=1), 0).astype(int)
    before = online.T.cumsum().T.sub(online)
    earlier = pd.Series(
        [before.loc[p, s] if s else before.loc[p].iloc[-1] for p, s in start.items()],
        index=start.index,
    )
    start = start.mask((start == online.columns[0]) | (earlier >= FEW), -1)
    return start


def _without_never(start: pd.Series, last: int) -> tuple[pd.Series, int]:
    """Where all have moved in the end, those that moved last are followed until just before."""
    if start.empty:
        return start, last
    latest = int(start.max())
    return start.where(start < latest, 0), latest - 1


def panel(frame: pd.DataFrame, outcome: str, found: Moves) -> pd.DataFrame:
    """One row a procedure and period: mean outcome over all cases, time, first_treated.

    A procedure that has no value in some period is left out.
    """
    used = frame[frame["procedure"].isin(found.start.index)].dropna(subset=[outcome])
    used = used.assign(time=used["month"] // found.months)
    used = used[used["time"].between(found.first, found.last)]
    means = used.groupby(["procedure", "time"])[outcome].mean().unstack().dropna()
    rows = means.stack().rename(outcome).reset_index()
    return rows.assign(
        first_treated=rows["procedure"].map(found.start), time=rows["time"].astype(int)
    )


def share_after(frame: pd.DataFrame, found: Moves, *, exposure: str = "is_online") -> float:
    """The mean share (0–1) of the channel in the moved procedures from their start on."""
    start = frame["procedure"].map(found.start).fillna(0)
    time = frame["month"] // found.months
    after = (start > 0) & (time >= start) & (time <= found.last)
    return float(np.mean(frame.loc[after].groupby("procedure")[exposure].mean()))
