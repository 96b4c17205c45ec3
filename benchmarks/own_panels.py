"""Panels of the invented town's handling log, the same as those of the notebooks on own data."""

import numpy as np
import pandas as pd

from ebpm.example.names import COUNTER, ONLINE
from ebpm.methods.moves import month_number

QUARTER = 3


def cases_of(log: pd.DataFrame) -> pd.DataFrame:
    """A row per application with the columns that `ebpm.methods.channels` and `moves` ask for, and
    `minutes` (missing where not measured).
    """
    month = month_number(log["received"])
    online = log["channel"] == ONLINE
    asked = online | (log["channel"] == COUNTER)
    return log.assign(
        minutes=log["handling_minutes"].astype("Float64").to_numpy(float, na_value=np.nan),
        month=month,
        procedure_month=log["procedure"] + month.astype(str),
        is_online=online.astype(float).where(asked),
        any_online=online.astype(float),
    )


def adjusted(cases: pd.DataFrame, before: pd.Timestamp) -> pd.DataFrame:
    """Measured rows with `adjusted`: minutes less the procedure's mean before a day."""
    known = cases.dropna(subset=["minutes"])
    means = known[known["received"] < before].groupby("procedure")["minutes"].mean()
    return known.assign(adjusted=known["minutes"] - known["procedure"].map(means))


def pilot_panel(cases: pd.DataFrame, pilot: pd.DataFrame) -> pd.DataFrame:
    """A row per unit (office) and time (month): adjusted (mean), treated, post."""
    start = pd.to_datetime(pilot["start"])
    known = adjusted(cases, start.iloc[0]).rename(columns={"office": "unit", "month": "time"})
    cells = known.groupby(["unit", "time"], as_index=False)["adjusted"].mean()
    treated = pilot.set_index("unit")["treated"] == "はい"
    first = int(month_number(start).iloc[0])
    return cells.assign(
        treated=cells["unit"].map(treated).astype(int), post=(cells["time"] >= first).astype(int)
    )


def course_panel(cases: pd.DataFrame, attended: pd.DataFrame) -> pd.DataFrame:
    """A row per staff and time (quarter, from 1): adjusted (mean), first (0: never trained).

    Who has no case in some quarter is left out.
    """
    day = pd.to_datetime(attended.groupby("staff")["attended"].min())
    origin = int(cases["month"].min())
    first = (month_number(day) - origin) // QUARTER + 2
    known = adjusted(cases, day.min())
    known = known.assign(time=(known["month"] - origin) // QUARTER + 1)
    cells = known.groupby(["staff", "time"], as_index=False)["adjusted"].mean()
    panel = cells.assign(first=cells["staff"].map(first).fillna(0).astype(int))
    seen = panel.groupby("staff")["time"].transform("size")
    return panel[seen == panel["time"].nunique()].reset_index(drop=True)


def whole_panel(cases: pd.DataFrame, start: "pd.Series[int]") -> pd.DataFrame:
    """A row per procedure and month: minutes (mean), start (0: never online).

    Procedures with a month without minutes and starts of a single procedure are left out.
    """
    cells = cases.groupby(["procedure", "month"], as_index=False)["minutes"].mean().dropna()
    panel = cells.assign(start=cells["procedure"].map(start)).dropna()
    seen = panel.groupby("procedure")["month"].transform("size")
    panel = panel[seen == panel["month"].nunique()]
    return panel[panel.groupby("start")["procedure"].transform("nunique") > 1]
