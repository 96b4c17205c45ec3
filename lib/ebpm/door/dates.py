"""Dates and fiscal years as they stand in the cells of a table: Western or by era."""

import datetime
import re

from ebpm.eras import EraError, date_of, year_of
from ebpm.readers.grid import Cell, text

FIRST_YEAR, LAST_YEAR = 1990, 2100
MIDNIGHT = re.compile(r"\s+0?0:00(:00)?$")


def fiscal_year(cell: Cell) -> int | None:
    """The Western year of 2023, 2023年度, 令和5年度, R5; None for anything else."""
    try:
        year = year_of(text(cell).removesuffix("FY"))
    except EraError:
        return None
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def iso_date(cell: Cell) -> str | None:
    """YYYY-MM-DD of a workbook's date or of 2023/4/1, 令和5年4月1日, R5.4.1; None otherwise."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if not isinstance(cell, str):
        return None
    try:
        return date_of(MIDNIGHT.sub("", text(cell))).isoformat()
    except EraError:
        return None
