"""Change over time that minds the declared breaks of a series (`data/breaks.toml`)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from ebpm.evidence.provenance import Dataset
from ebpm.figures import FETCHED
from ebpm.paths import DATA

Time = str | int


class SeriesBreak(ValueError):
    """A difference across a declared break: which break, why, and what to do instead."""


class SeriesError(ValueError):
    """Data that hold no change as asked: what is wrong and what to do."""


@dataclass(frozen=True)
class Break:
    """A declared break of a series; the fields are those of `data/breaks.toml`."""

    id: str
    figure: str
    columns: tuple[str, ...]
    over: str
    matched_panel: bool
    what: dict[str, str]
    remedy: dict[str, str]
    page: str
    at: Time | None = None
    changes_with: str | None = None


@cache
def breaks() -> tuple[Break, ...]:
    """All declared breaks, in the order of the file."""
    entries = tomllib.loads((DATA / "breaks.toml").read_text(encoding="utf-8"))["break"]
    return tuple(Break(**{**entry, "columns": tuple(entry["columns"])}) for entry in entries)


def change(
    data: Dataset,
    value: str,
    *,
    unit: Sequence[str],
    over: str,
    before: Time,
    after: Time,
    matched: bool = False,
) -> Dataset:
    """`value` at two times and its change: one row per unit, columns `before`, `after`, `change`.

    `unit` names the columns that identify a unit, `over` the time column (edition, fiscal year).
    A unit absent from one of the two times has no value there; `matched=True` keeps the units that
    have a value at both. Raises SeriesBreak where a declared break lies between the two times and
    the matched panel was not asked for or cannot mend it; SeriesError where a unit occurs twice or
    a time is not in the data.
    """
    sides = [_side(data, value, unit, over, time) for time in (before, after)]
    for found in _between(data, value, over, before, after, sides):
        if not (matched and found.matched_panel):
            raise SeriesBreak(_message(found, before, after))
    old, new = (side[[*unit, value]].set_index(list(unit))[value] for side in sides)
    frame = pd.concat({"before": old, "after": new}, axis=1)
    frame = frame.dropna() if matched else frame
    frame = frame.assign(change=frame["after"] - frame["before"]).sort_index().reset_index()
    return data.joined(frame)


def _side(data: Dataset, value: str, unit: Sequence[str], over: str, time: Time) -> pd.DataFrame:
    if absent := [name for name in (value, over, *unit) if name not in data.frame]:
        raise SeriesError(f"データに列 {absent[0]} がありません。SELECT に加えてください。")
    side = data.frame[data.frame[over] == time]
    if side.empty:
        times = "、".join(str(each) for each in sorted(data.frame[over].unique()))
        raise SeriesError(f"{over} に {time} がありません。あるもの：{times}。")
    if side.duplicated(list(unit)).any():
        raise SeriesError(
            f"{over} = {time} に同じ {'・'.join(unit)} の行が二つ以上あります。"
            "unit に一つの行を決める列をすべて挙げてください。"
        )
    return side


def _between(
    data: Dataset, value: str, over: str, before: Time, after: Time, sides: list[pd.DataFrame]
) -> list[Break]:
    """The breaks of this series that lie between the two times."""
    figures = {source["key"].removesuffix(FETCHED) for source in data.sources}
    ours = [
        found
        for found in breaks()
        if found.figure in figures
        and found.over == over
        and (not found.columns or value in found.columns)
    ]
    return [found for found in ours if _lies_between(found, before, after, sides)]


def _lies_between(found: Break, before: Time, after: Time, sides: list[pd.DataFrame]) -> bool:
    if found.changes_with is None:
        first, last = sorted([before, after], key=str)
        return str(first) < str(found.at) <= str(last)
    name = found.changes_with
    if name not in sides[0]:
        raise SeriesError(f"{found.what['ja']}ことがあるため、{name} の列も SELECT してください。")
    old, new = (set(side[name].dropna().unique()) for side in sides)
    return not len(old) == len(new) == 1 or old != new


def _message(found: Break, before: Time, after: Time) -> str:
    return (
        f"{before} と {after} の間には系列の断絶があります（{found.id}：{found.what['ja']}）。"
        f"対処：{found.remedy['ja']}。出典：{found.page}"
    )
