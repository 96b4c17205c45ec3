"""Which part of 04/05/2024 comes first, from the evidence of a whole column.

Each date admits some orders: 04/25/2024 only month first, 25/04/2024 only day first, 04/05/2024
both. The orders that all dates of the column admit remain; one must. With years of two digits the
year may come first, too (24/04/05), and no order may put a date further ahead than next year: a
log holds what has happened.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import Counter
from typing import Any, get_args

import duckdb

from ebpm.own.spellings import Order, full_year

ORDERS: tuple[Order, ...] = get_args(Order)
WORDS: dict[Order, str] = {
    "month_first": "月/日/年",
    "day_first": "日/月/年",
    "year_first": "年/月/日",
}
_HEAD = 10
"""Characters that hold the three parts: distinct heads are few where distinct texts are many."""

_PARTS = re.compile(r"\s*(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DIGIT, _MARK = "[0-9０-９]{1,2}", "[-/－／]"

_Parts = tuple[int, int, str]


class AmbiguousOrder(ValueError):
    """Dates need an order, and no date of the column decides; `possible` orders, `example`."""

    def __init__(self, possible: tuple[Order, ...], example: str) -> None:
        words = "、".join(WORDS[order] for order in possible)
        problem = f"「{example}」のような日付の順序が列のどの行からも決まりません（候補は {words}）"
        super().__init__(f"{problem}。対応表に順序を書いてください。")
        self.possible, self.example = possible, example


class MixedOrder(ValueError):
    """Dates of one column that no one order fits; `examples` by the order that each one needs."""

    def __init__(self, examples: dict[Order, str], counts: dict[Order, int]) -> None:
        found = "、".join(
            f"{WORDS[order]}は「{text}」など {counts[order]:,} 行"
            for order, text in examples.items()
        )
        problem = f"日付の順序が列の中で混ざっています（{found}）"
        super().__init__(f"{problem}。出力元で 2024-04-01 の形にそろえてください。")
        self.examples, self.counts = examples, counts


def order_of(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Order | None:
    """The order of the column's dates with slashes or dashes and the year last (or of two digits).

    None if no date needs an order. Raises AmbiguousOrder if some do and nothing decides,
    MixedOrder if no order fits all. Dates that fit no order (13/13/2024) count for nothing.
    """
    dates = [(parts, rows) for parts, rows in _dates(connection, table, column) if _orders(parts)]
    if not dates:
        return None
    possible = tuple(o for o in ORDERS if all(o in _orders(parts) for parts, _ in dates))
    if len(possible) == 1:
        return possible[0]
    if not possible:
        raise _mixed(dates)
    if possible == ("month_first", "day_first") and all(a == b for (a, b, _), _ in dates):
        return "month_first"
    raise AmbiguousOrder(possible, _written(dates[0][0]))


def _dates(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> list[tuple[_Parts, int]]:
    """The distinct dates that need an order, most frequent first, with their rows."""
    source, target = (name.replace('"', '""') for name in (column, table))
    # Materialised, or the pattern would be tried on each row instead of each head.
    heads = connection.execute(
        f'WITH heads AS MATERIALIZED (SELECT left("{source}", {_HEAD}) AS head, count(*) AS n'
        f' FROM "{target}" GROUP BY ALL)'
        f" SELECT head, n FROM heads WHERE regexp_matches(head, ?)",
        [f"^[ 　]*{_DIGIT}{_MARK}{_DIGIT}{_MARK}[0-9０-９]"],
    ).fetchall()
    return _parsed(heads)


def _parsed(heads: list[tuple[Any, ...]]) -> list[tuple[_Parts, int]]:
    rows: Counter[_Parts] = Counter()
    for head, count in heads:
        if match := _PARTS.match(unicodedata.normalize("NFKC", head)):
            rows[int(match[1]), int(match[3]), match[4]] += count
    return rows.most_common()


def _orders(parts: _Parts) -> frozenset[Order]:
    return frozenset(order for order in ORDERS if _fits(order, parts))


def _fits(order: Order, parts: _Parts) -> bool:
    first, second, third = parts
    if order == "year_first":
        year = full_year(first)
        return len(third) == 2 and _has_come(year) and _is_date(year, second, int(third))
    year = int(third) if len(third) == 4 else full_year(int(third))
    month, day = (first, second) if order == "month_first" else (second, first)
    return _is_date(year, month, day) and (len(third) == 4 or _has_come(year))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _has_come(year: int) -> bool:
    return year <= datetime.date.today().year + 1


def _mixed(dates: list[tuple[_Parts, int]]) -> MixedOrder:
    examples: dict[Order, str] = {}
    counts: Counter[Order] = Counter()
    for parts, rows in dates:
        orders = _orders(parts)
        if len(orders) == 1:
            (order,) = orders
            examples.setdefault(order, _written(parts))
            counts[order] += rows
    return MixedOrder(examples, dict(counts))


def _written(parts: _Parts) -> str:
    return "/".join(f"{part:02}" if isinstance(part, int) else part for part in parts)
