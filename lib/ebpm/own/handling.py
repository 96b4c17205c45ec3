"""What a log of applications lets one ask: `handling.log`, before anything is declared.

Only the shape is looked at: which channels there are, what is recorded, and whether the comparisons
can be made at all. That is tried on noise in place of the outcomes, so that no result is seen
before its threshold is declared (`ebpm.declare`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pandas as pd

from ebpm import warehouse
from ebpm.methods import channels, moves
from ebpm.methods.moves import Moves, month_number
from ebpm.methods.requirements import MethodError
from ebpm.methods.suppression import suppress
from ebpm.own.datasets import OwnData, OwnDataError, current_warehouse, datasets, own_data

FORMS = ("handling_log", "event_log")
ONLINE = re.compile(
    r"オンライン|電子(?!メール)|ネット|ウェブ|アプリ|スマホ|スマートフォン|ポータル|ぴったり"
    r"|(?<![a-z])(?:online|internet|web|website|portal|api|apps?|mobile|smartphone"
    r"|e-?(?:filing|application))(?![a-z])",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"[,、，;；]")
NOT_GIVEN = "（記載なし）"
# A measure is compared where it is known for so many of the cases of either channel.
MIN_KNOWN = 0.5
MIN_STAFF_KNOWN = 0.9
# A wait counts up to the horizon; short logs have a shorter one, so that most cases are followed.
PARTS_OF_LOG = 3
SEED = 20_260_401
# The finest periods in which the usual number of cases is this are those of `adoption`.
USUAL_CASES = 200

SHAPE = """
    SELECT
        procedure, channel, staff, received_month, is_closed,
        handling_minutes IS NOT NULL AS has_minutes,
        date_diff('minute', received, observed_until) / 60.0 AS followed_hours,
        is_closed AND elapsed_hours IS NOT NULL AS has_wait
    FROM mart_handling WHERE dataset = ? AND form = ? ORDER BY received, case_id"""
CHANNELS = """
    SELECT key_1, n, is_hidden FROM mart_cell
    WHERE dataset = ? AND form = ? AND dims = 'channel' ORDER BY n DESC NULLS LAST, key_1"""


@dataclass(frozen=True)
class Log:
    """A log of applications and what can be asked of it.

    `shown` are the channels whose counts may be shown, most cases first, `hidden` how many may not.
    `online` and `against` are those compared (empty where there are none). `minutes`, `waits` and
    `moves` say which comparisons can be made: of staff time, of waiting up to `horizon_hours`, and
    of procedures that moved online at different dates. `effects` are held constant for staff time.
    """

    own: OwnData
    shown: tuple[str, ...]
    hidden: int
    online: tuple[str, ...]
    against: str
    horizon_hours: float
    minutes: bool = False
    waits: bool = False
    moves: Moves | None = None
    effects: tuple[str, ...] = field(default=channels.EFFECTS)

    @property
    def compares(self) -> bool:
        """Whether there are two channels to compare."""
        return bool(self.online and self.against)

    @property
    def moved_outcome(self) -> str:
        """What procedures that moved are compared in."""
        return "handling_minutes" if self.minutes else "wait_hours"


def log(
    dataset: str = "",
    online: str = "",
    against: str = "",
    horizon_days: float = 30.0,
    form: str = "",
) -> Log:
    """The log of a data set and what it lets one ask.

    `online` names the online channels (several with 、 between), `against` the one they are compared
    with; left empty they are found by their words and their size. Without a `form` a handling log
    is taken where there is one, else an event log. Raises OwnDataError where there is no such data
    set, several to choose from, or a channel that does not exist or has too few cases to be shown.
    """
    own = _own(dataset, form)
    with duckdb.connect(str(warehouse.in_use()), read_only=True) as connection:
        cells = connection.execute(CHANNELS, [own.dataset, own.form]).df()
        frame = connection.execute(SHAPE, [own.dataset, own.form]).df()
    visible = cells.loc[~cells["is_hidden"].astype(bool), "key_1"]
    shown = tuple(visible[visible != NOT_GIVEN])
    chosen = _chosen(shown, online, against)
    horizon = min(24 * horizon_days, float(frame["followed_hours"].max()) / PARTS_OF_LOG)
    bare = Log(own, shown, int(cells["is_hidden"].sum()), *chosen, horizon_hours=horizon)
    return _asked(bare, _with_noise(frame))


def _own(dataset: str, form: str) -> OwnData:
    if form and form not in FORMS:
        raise OwnDataError(f"form は {' か '.join(FORMS)} にしてください。")
    if warehouse.fixed() is None:
        warehouse.use(current_warehouse())
    there = datasets(warehouse.in_use())
    known = {each.form for each in there if not dataset or each.dataset == dataset}
    return own_data(form or next((each for each in FORMS if each in known), FORMS[0]), dataset)


def _chosen(shown: Sequence[str], online: str, against: str) -> tuple[tuple[str, ...], str]:
    named = [name.strip() for name in BETWEEN.split(online) if name.strip()]
    for name in [*named, *([against] if against else [])]:
        if name not in shown:
            raise OwnDataError(
                f"受付方法「{name}」は比べられません（記録にないか、件数が少ないため伏せています）。"
                f"使えるもの：{'、'.join(shown) or 'なし'}。"
            )
    found = named or [name for name in shown if is_online(name)]
    others = [name for name in shown if name not in found]
    if against in found:
        raise OwnDataError(
            f"「{against}」はオンラインの受付方法です。against には別のものを選んでください。"
        )
    return tuple(found), against or (others[0] if others and found else "")


def is_online(channel: str) -> bool:
    """Whether a channel's name says that it is online."""
    return bool(ONLINE.search(unicodedata.normalize("NFKC", channel)))


def prepared(frame: pd.DataFrame, log: Log) -> pd.DataFrame:
    """The cases with what the comparisons need.

    procedure (a log that names none has one), month and procedure_month (numbers), is_online (1
    online, 0 the channel compared with, missing for others), any_online (0 for all others),
    wait_hours (up to the horizon; missing where the case was not followed so long) and open_hours
    (of finished cases, in opening hours, up to the longest within the horizon).
    """
    online = frame["channel"].isin(log.online)
    month = month_number(frame["received_month"])
    procedure = frame["procedure"].astype(object).fillna(NOT_GIVEN)
    compared = online | (frame["channel"] == log.against)
    followed = frame["followed_hours"] >= log.horizon_hours
    longest = frame.loc[frame["at_risk_hours"] <= log.horizon_hours, "working_hours"].max()
    return frame.assign(
        month=month,
        procedure=procedure,
        procedure_month=pd.factorize(pd.MultiIndex.from_arrays([procedure, month]))[0],
        is_online=online.astype(float).where(compared & bool(log.against)),
        any_online=online.astype(float),
        wait_hours=frame["at_risk_hours"].clip(upper=log.horizon_hours).where(followed),
        open_hours=frame["working_hours"].clip(upper=longest).where(followed),
    )


def compared(frame: pd.DataFrame, outcome: str, effects: Sequence[str] = ()) -> pd.DataFrame:
    """The prepared cases of the two channels in which the outcome and all else needed is known."""
    return frame.dropna(subset=["is_online", "procedure", outcome, *effects])


def _with_noise(frame: pd.DataFrame) -> pd.DataFrame:
    """The shape with noise where an outcome is known."""
    noise = pd.Series(np.random.default_rng(SEED).uniform(1, 2, len(frame)), index=frame.index)
    known = noise.where(frame["has_minutes"])
    return frame.assign(handling_minutes=known, at_risk_hours=noise, working_hours=noise)


def _asked(bare: Log, noise: pd.DataFrame) -> Log:
    if not bare.compares:
        return bare
    frame = prepared(noise, bare)
    effects = _effects(bare, frame) if _is_known(frame, "has_minutes") else ()
    waits = bool(frame["has_wait"].any()) and _can(bare, frame, "wait_hours", channels.EFFECTS)
    part = replace(bare, minutes=bool(effects), waits=waits, effects=effects or channels.EFFECTS)
    return replace(part, moves=_moves(part, frame)) if part.minutes or waits else part


def _is_known(frame: pd.DataFrame, column: str) -> bool:
    known = frame.dropna(subset=["is_online"]).groupby("is_online")[column].mean()
    return bool((known >= MIN_KNOWN).all())


def _effects(log: Log, frame: pd.DataFrame) -> tuple[str, ...]:
    """Procedure, month, and staff where they are known and serve both channels; none of it where
    staff time cannot be compared at all."""
    own = frame.dropna(subset=["is_online", "handling_minutes"])
    more = (*channels.EFFECTS, "staff")
    known = len(own) > 0 and own["staff"].notna().mean() >= MIN_STAFF_KNOWN
    ways = [more, channels.EFFECTS] if known else [channels.EFFECTS]
    return next((way for way in ways if _can(log, frame, "handling_minutes", way)), ())


def _can(log: Log, frame: pd.DataFrame, outcome: str, effects: Sequence[str]) -> bool:
    """Whether the comparison can be computed and rests on enough cases of either channel."""
    used = compared(frame, outcome, effects)
    both = used[channels.with_both(used, "is_online", "procedure")]
    if both["is_online"].value_counts().reindex([0.0, 1.0]).fillna(0).min() < log.own.smallest_cell:
        return False
    try:
        channels.unadjusted(used, outcome)
        channels.hidden(used, outcome, channels.like_with_like(used, outcome, effects=effects))
    except MethodError:
        return False
    return True


def _moves(log: Log, frame: pd.DataFrame) -> Moves | None:
    cases = frame.dropna(subset=["procedure"])
    found = moves.moves(cases)
    if found is None:
        return None
    try:
        stack = moves.stacked(cases, log.moved_outcome, found)
        moves.effect(stack, log.moved_outcome)
    except MethodError:
        return None
    return found


def adoption(frame: pd.DataFrame, log: Log) -> pd.DataFrame:
    """The share of channels over time: a row per group (`online`, `against`, `other`) and period.

    `frame` as `prepared`; columns group, period (ISO date of its first day), n, share_pct. Months,
    quarters or years, by the number of cases. What few stand behind is left out, and what would
    give it away (`ebpm.methods.suppression`).
    """
    months = next((m for m in (1, 3) if _usual(frame["month"] // m) >= USUAL_CASES), 12)
    period = frame["month"] // months
    group = np.where(frame["any_online"] > 0, "online", "other")
    group = np.where(frame["channel"] == log.against, "against", group)
    counts = pd.DataFrame({"group": group, "period": period}).value_counts().rename("n")
    published = [("period",), ("group",), ("period", "group")]
    cells = suppress(counts.reset_index(), published, log.own.smallest_cell).tables[published[2]]
    totals = cells.groupby("period")["n"].transform("sum")
    first = [f"{number // 12}-{number % 12 + 1:02d}-01" for number in cells["period"] * months]
    shown = cells.assign(share_pct=100 * cells["n"] / totals, period=first)
    return shown[~shown["is_hidden"]].drop(columns="is_hidden").reset_index(drop=True)


def _usual(period: "pd.Series[int]") -> float:
    return float(period.value_counts().median())
