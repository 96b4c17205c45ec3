"""Procedures that moved to a channel at different dates: who, when, and what changed with it.

Stacked difference in differences: the procedures that moved at a time are set against those that
have not, in a window around it; stacks of all times are estimated together, each with periods of
its own, so that none is compared with an earlier mover. The weights of the stacks are positive.

Cengiz, D., A. Dube, A. Lindner and B. Zipperer (2019), "The Effect of Minimum Wages on Low-Wage
Jobs", Quarterly Journal of Economics 134(3), appendix D.

`moves` looks at channels only, so that whether a comparison over time is possible is known before
any outcome is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ebpm.methods import did
from ebpm.methods.requirements import MethodError
from ebpm.methods.result import Estimate

# A procedure has moved where so many cases, and such a share, came by the channel in three periods.
FEW, MIN_SHARE, NEXT = 5, 0.05, 3
# Of those to be expected before, had it moved already; and fewest cases of a procedure.
STRAYS, MIN_CASES = 0.2, 30
MIN_MOVED, MIN_OTHERS = 3, 2
NEARLY_ALL = 0.8
# Of each kind of period the months in it, and how many of them the window has on either side.
PERIODS: Mapping[str, tuple[int, int]] = {"month": (1, 6), "quarter": (3, 4), "half_year": (6, 2)}
APART = 100_000


@dataclass(frozen=True)
class Moves:
    """Procedures that can be followed: `start` by procedure (0: never) in periods of `months`.

    A period is a number of months since year 0 divided by `months`; `reach` is the number of
    periods followed on either side. `left_out` counts procedures that moved too near the ends of
    the log (`near`), or that had the channel from the beginning, now and then, or too few cases to
    tell (`unclear`).
    """

    period: str
    months: int
    reach: int
    start: "pd.Series[int]"
    left_out: Mapping[str, int]

    @property
    def moved(self) -> int:
        """How many procedures moved."""
        return int((self.start > 0).sum())

    @property
    def others(self) -> int:
        """How many never did."""
        return int((self.start == 0).sum())


def month_number(dates: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    """Months since year 0."""
    when = pd.to_datetime(dates)
    return when.dt.year * 12 + when.dt.month - 1


def moves(frame: pd.DataFrame, *, exposure: str = "any_online") -> Moves | None:
    """The moves that can be followed, in the finest periods that keep nearly as many as any others.

    `frame`: one row a case with procedure, month (a number of months), and the exposure (1 for the
    channel, 0 for all others). None where fewer than MIN_MOVED moved or MIN_OTHERS did not.
    """
    found = [_moves(frame, exposure, name, *each) for name, each in PERIODS.items()]
    fitting = [each for each in found if each.moved >= MIN_MOVED and each.others >= MIN_OTHERS]
    most = max((each.moved for each in fitting), default=0)
    return next((each for each in fitting if each.moved >= NEARLY_ALL * most), None)


def _moves(frame: pd.DataFrame, exposure: str, name: str, months: int, reach: int) -> Moves:
    period = frame["month"] // months
    first, last = int(period.min()), int(period.max())
    counts = frame[exposure].groupby([frame["procedure"], period]).agg(["sum", "size"])
    online, cases = (
        counts[part].unstack(fill_value=0).reindex(columns=range(first, last + 1), fill_value=0)
        for part in ("sum", "size")
    )
    places = [_start(a, b) for a, b in zip(online.to_numpy(), cases.to_numpy(), strict=True)]
    place = pd.Series(places, index=online.index)
    start = (place + first).where(place > 0, place)
    near = (start > 0) & ((start < first + reach) | (start > last - reach + 1))
    followed = [
        row[max(p - reach, 0) : p + reach].sum()
        for row, p in zip(cases.to_numpy(), places, strict=True)
    ]
    unclear = (start < 0) | ((start > 0) & ~near & (np.array(followed) < MIN_CASES))
    left_out = {"near": int(near.sum()), "unclear": int(unclear.sum())}
    return Moves(name, months, reach, start[~unclear & ~near].astype(int), left_out)


def _start(online: np.ndarray, cases: np.ndarray) -> int:
    """The place of a procedure's start in its counts by period; 0 where it never moved, -1 where it
    had the channel from the beginning or now and then, or too few cases to tell."""
    if online.sum() < FEW and online.sum() < MIN_SHARE * cases.sum():
        return 0 if cases.sum() >= MIN_CASES else -1
    shares = [
        online[p : p + NEXT].sum() / max(cases[p : p + NEXT].sum(), 1) for p in range(len(online))
    ]
    begun = [
        online[p] > 0 and online[p : p + NEXT].sum() >= FEW and share >= MIN_SHARE
        for p, share in enumerate(shares)
    ]
    place = int(np.argmax(begun))
    # So many there would have been before, had the channel been there already.
    expected = shares[place] * cases[:place].sum()
    return place if expected >= FEW and online[:place].sum() < STRAYS * expected else -1


def stacked(
    frame: pd.DataFrame, outcome: str, found: Moves, *, exposure: str = "any_online"
) -> pd.DataFrame:
    """The stacks: a row per start, procedure and period of its window with a value.

    Mean of the outcome over the `cases` in which it is known, `share` of the exposure over all;
    treated and post (0/1), unit and time (of one stack each), first_treated (0: never), since (periods).
    """
    cells = _cells(frame, outcome, found, exposure)
    starts = sorted(set(found.start[found.start > 0]))
    return pd.concat(
        [_stack(cells, k, g, found.reach) for k, g in enumerate(starts)], ignore_index=True
    )


def _cells(frame: pd.DataFrame, outcome: str, found: Moves, exposure: str) -> pd.DataFrame:
    used = frame[frame["procedure"].isin(found.start.index)]
    period = (used["month"] // found.months).rename("period")
    cells = used.groupby([used["procedure"], period]).agg(
        **{outcome: (outcome, "mean"), "share": (exposure, "mean"), "cases": (outcome, "count")}
    )
    rows = cells.dropna().reset_index()
    return rows.assign(start=rows["procedure"].map(found.start))


def _stack(cells: pd.DataFrame, number: int, g: int, reach: int) -> pd.DataFrame:
    since = cells["period"] - g
    chosen = cells[cells["start"].isin([g, 0]) & since.between(-reach, reach - 1)]
    treated = chosen["start"] == g
    return chosen.assign(
        unit=chosen["procedure"].astype(str) + f"/{number}",
        time=APART * number + chosen["period"],
        since=since,
        treated=treated.astype(int),
        post=(since >= 0).astype(int),
        first_treated=(APART * number + g) * treated.astype(int),
    )


def effect(stack: pd.DataFrame, outcome: str) -> Estimate:
    """The mean change of procedures that moved beyond that of those that did not."""
    return did.two_by_two(
        stack,
        unit="unit",
        time="time",
        outcome=outcome,
        treated="treated",
        post="post",
        cluster="procedure",
    )


def per_exposed(stack: pd.DataFrame, outcome: str) -> Estimate:
    """The effect over the share of cases that really came by the channel: per case that did.

    The error of that share is small beside that of the effect, and left out. `n` counts cases.
    """
    cases = stack.drop_duplicates(["procedure", "period"])["cases"].sum()
    return replace(effect(stack, outcome).scaled(1 / share_after(stack)), n=int(cases))


def by_time(stack: pd.DataFrame, outcome: str, found: Moves) -> pd.DataFrame | None:
    """The same by periods since the move (rows as in `did.EventStudy`); None where some period
    rests on a single procedure."""
    try:
        return did.event_study(
            stack,
            unit="unit",
            time="time",
            outcome=outcome,
            first_treated="first_treated",
            window=(-found.reach, found.reach - 1),
            cluster="procedure",
        ).event_times
    except MethodError:
        return None


def share_after(stack: pd.DataFrame) -> float:
    """The mean share (0–1) of the channel in the moved procedures' periods from the start on."""
    return float(stack.loc[(stack["treated"] == 1) & (stack["post"] == 1), "share"].mean())


def smallest_base(stack: pd.DataFrame) -> int:
    """The fewest cases behind a period since the move, among procedures that moved or those not."""
    return int(stack.groupby(["treated", "since"])["cases"].sum().min())


def cases_after(frame: pd.DataFrame, found: Moves) -> float:
    """Cases a year (of all channels) of the moved procedures, by the periods after the start."""
    start = frame["procedure"].map(found.start).fillna(0)
    time = frame["month"] // found.months
    after = (start > 0) & (time - start).between(0, found.reach - 1)
    return float(after.sum()) * 12 / (found.reach * found.months)
