"""How numbers stand on axes and marks: 20万 in Japanese, 200,000 in English."""

from collections.abc import Iterable
from typing import Any

import altair as alt

from ebpm.evidence.text import Both, format_number

TEN_THOUSAND, HUNDRED_MILLION = 1e4, 1e8
# Vega expressions; `~f` leaves out zeros behind the decimal point.
_PLAIN = "format(datum.value, ',~f')"
_LABELS = {
    "ja": (
        f"abs(datum.value) >= 1e8 ? format(datum.value / 1e8, ',~f') + '億'"
        f" : abs(datum.value) >= 1e4 ? format(datum.value / 1e4, ',~f') + '万' : {_PLAIN}"
    ),
    "en": _PLAIN,
}


def number_axis(lang: str, **options: Any) -> alt.Axis:
    """An axis of numbers as the language writes them; `options` are those of `alt.Axis`."""
    return alt.Axis(labelExpr=_LABELS[lang], **options)


def short_numbers(values: Iterable[float], lang: str, decimals: int) -> list[str]:
    """Numbers for the marks of a chart in its language."""
    return [getattr(short_number(value, decimals), lang) for value in values]


def short_number(value: float, decimals: int = 1) -> Both:
    """A number for a mark: 12.5万, 125,000. `decimals` are those of what is printed."""
    for size, word in ((HUNDRED_MILLION, "億"), (TEN_THOUSAND, "万")):
        if abs(value) >= size:
            japanese = format_number(value / size, max(decimals, 1)).rstrip("0").rstrip(".") + word
            return Both(japanese, format_number(value, 0))
    return Both(format_number(value, decimals), format_number(value, decimals))
