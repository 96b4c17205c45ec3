"""What monthly counts of own data let one ask, looked at before anything is declared.

Only which months have a value is looked at, and when use began: no result is seen before its
threshold is declared (`ebpm.declare`).
"""

from dataclasses import dataclass

import duckdb

from ebpm import warehouse
from ebpm.methods.interrupted import season_of_months
from ebpm.own.datasets import OwnData, own_data

MIN_MONTHS = 6
"""A change at the launch is asked of so many months before and after."""
MIN_YEARS = 2
"""Seasons are taken out of a series that holds so many years."""


@dataclass(frozen=True)
class Chatbot:
    """The months of a chatbot: `launch` is the first with a question, counted as year·12 + month.

    `has_calls`: telephone calls are known for every month, long enough before and after the launch;
    `is_judged`: some answers were judged right or wrong.
    """

    own: OwnData
    months: int
    launch: int | None
    has_calls: bool
    is_judged: bool

    @property
    def season(self) -> int | None:
        """The `season` for `interrupted_time_series`; None where the months are too few for one."""
        return season_of_months(self.months, fewest_years=MIN_YEARS)


def chatbot(dataset: str = "") -> Chatbot:
    """What the monthly counts of a chatbot hold; raises OwnDataError where there is none."""
    own = own_data("chatbot_log", dataset)
    with duckdb.connect(str(warehouse.in_use()), read_only=True) as connection:
        rows = connection.execute(
            "SELECT 12 * year(month) + month(month), questions > 0, calls IS NOT NULL, judged > 0 "
            "FROM mart_chatbot WHERE dataset = ? ORDER BY month",
            [own.dataset],
        ).fetchall()
    numbers = [row[0] for row in rows]
    launch = next((number for number, is_used, _, _ in rows if is_used), None)
    before = sum(number < launch for number in numbers) if launch is not None else 0
    is_whole = numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else False
    has_calls = (
        is_whole and all(row[2] for row in rows) and min(before, len(rows) - before) >= MIN_MONTHS
    )
    return Chatbot(own, len(rows), launch, has_calls, any(row[3] for row in rows))
