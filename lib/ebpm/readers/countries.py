"""What the readers of international indices share: country codes, and numbers as published."""

import re
from decimal import Decimal, InvalidOperation

from ebpm.readers.rows import Unfit

COUNTRY = re.compile(r"[A-Z]{3}")
PUBLISHED = Decimal("0.00001")
NOISE = Decimal("1e-9")


def country(text: str) -> str:
    """An ISO 3166-1 alpha-3 code; raises Unfit for anything else."""
    if not COUNTRY.fullmatch(text.strip()):
        raise Unfit("unknown_country")
    return text.strip()


def published_value(text: str) -> float:
    """An index between 0 and 1, to at most five decimals as published.

    The compilers' files carry the noise of binary floats (0.41428000000000004 for 0.41428), which
    is dropped. Raises Unfit for what is no number, is out of range, or has more decimals in truth.
    """
    value = _decimal(text)
    rounded = value.quantize(PUBLISHED)
    if not 0 <= rounded <= 1:
        raise Unfit("value_out_of_range")
    if abs(value - rounded) > NOISE:
        raise Unfit("more_decimals_than_published")
    return float(rounded)


def published_rank(text: str) -> float:
    """A rank: a whole number from 1 to 999 (`136`, `136.0`); raises Unfit otherwise."""
    value = _decimal(text)
    if value != value.to_integral_value() or not 1 <= value <= 999:
        raise Unfit("value_out_of_range")
    return float(value)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise Unfit("unreadable_number") from None
    if not value.is_finite() or abs(value) >= 1000:
        raise Unfit("unreadable_number" if not value.is_finite() else "value_out_of_range")
    return value
