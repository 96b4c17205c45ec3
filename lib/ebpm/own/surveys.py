"""What a survey of own data lets one ask, looked at before anything is declared.

Only the shape is looked at: which waves, questions and groups there are, and which groups have
enough replies to be shown. No answer is seen before its threshold is declared (`ebpm.declare`).
"""

import re
from dataclasses import dataclass

import duckdb
import pandas as pd

from ebpm import warehouse
from ebpm.own.cells import NOT_GIVEN
from ebpm.own.datasets import OwnData, OwnDataError, own_data

MARTS = {"staff_survey": "mart_staff_answer", "resident_survey": "mart_resident_answer"}
LIGHTER = re.compile(r"軽|楽|負担|lighter|workload|burden", re.IGNORECASE)
SATISFIED = re.compile(r"満足|satisf", re.IGNORECASE)
# A score of 4 or 5 is agreement.
AGREES = 4


@dataclass(frozen=True)
class Survey:
    """A survey: its waves in order, its questions, the one asked about, the groups to be shown.

    `groups` are by key (`age_band`, `unit`, …) those values that may be shown in every wave that
    is compared; `hidden` counts the others.
    """

    own: OwnData
    waves: tuple[str, ...]
    items: tuple[str, ...]
    item: str
    groups: dict[str, tuple[str, ...]]
    hidden: int

    @property
    def last(self) -> str:
        """The latest wave."""
        return self.waves[-1]

    @property
    def before(self) -> str | None:
        """The wave before the latest, if there is one."""
        return self.waves[-2] if len(self.waves) > 1 else None


def survey(form: str, dataset: str = "", item: str = "") -> Survey:
    """The shape of a survey; raises OwnDataError where there is none, or no such question."""
    own = own_data(form, dataset)
    mart = MARTS[form]
    with duckdb.connect(str(warehouse.in_use()), read_only=True) as connection:
        waves = _column(
            connection, f"SELECT DISTINCT wave FROM {mart} WHERE dataset = ? ORDER BY 1", own
        )
        items = _column(
            connection,
            f"SELECT item FROM {mart} WHERE dataset = ? GROUP BY item HAVING count(*) >= {own.smallest_cell} "
            "ORDER BY item",
            own,
        )
        cells = connection.execute(
            "SELECT dims, key_1, key_2, is_hidden FROM mart_cell WHERE dataset = ? AND form = ?",
            [own.dataset, form],
        ).df()
    if not waves or not items:
        raise OwnDataError(
            f"{own.dataset} には、{own.smallest_cell} 人以上が答えた設問がありません。"
        )
    if item and item not in items:
        raise OwnDataError(f"設問「{item}」はありません。あるもの：{'、'.join(items)}。")
    wanted = LIGHTER if form == "staff_survey" else SATISFIED
    asked = item or next((each for each in items if wanted.search(each)), items[0])
    groups, hidden = _groups(cells, waves[-1])
    return Survey(own, waves, items, asked, groups, hidden)


def _column(connection: duckdb.DuckDBPyConnection, sql: str, own: OwnData) -> tuple[str, ...]:
    return tuple(row[0] for row in connection.execute(sql, [own.dataset]).fetchall())


def _groups(cells: pd.DataFrame, wave: str) -> tuple[dict[str, tuple[str, ...]], int]:
    """The groups of the latest wave that may be shown, by key; and how many may not."""
    rows = cells[(cells["key_1"] == wave) & (cells["key_2"] != "") & (cells["key_2"] != NOT_GIVEN)]
    shown = rows[~rows["is_hidden"].astype(bool)]
    found = {
        str(dims).rpartition(" × ")[2]: tuple(sorted(part["key_2"]))
        for dims, part in shown.groupby("dims")
    }
    return found, int(rows["is_hidden"].sum())
