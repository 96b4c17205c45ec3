"""Japanese era years and dates: 令和元年度 → 2019, H24 → 2012, 令和6年7月12日 → 2024-07-12.

Width, blanks and numerals do not matter (令和２年度, 平成三十年, R 02). An era year that never came
(平成35年), or a date outside of its era (平成31年5月1日), is refused, never moved to the next era.

First days of the eras: 元号法と各改元の政令・詔書（明治は太陽暦の施行日、明治6年1月1日から）
"""

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ebpm.japanese import KANJI_NUMERAL, number


class EraError(ValueError):
    """A year or date that does not exist as it is written: what is wrong, what to do; one line."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}。{remedy}。")
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Era:
    """One era: its year 1 in the Western calendar, its first day and the first day after it."""

    name: str
    letter: str
    first: datetime.date
    after: datetime.date | None
    first_year: int

    @property
    def years(self) -> int | None:
        """The number of the era's last year; None while it lasts."""
        return None if self.after is None else self.after.year - self.first_year + 1


def _eras() -> dict[str, Era]:
    starts = [
        ("明治", "M", datetime.date(1873, 1, 1), 1868),
        ("大正", "T", datetime.date(1912, 7, 30), 1912),
        ("昭和", "S", datetime.date(1926, 12, 25), 1926),
        ("平成", "H", datetime.date(1989, 1, 8), 1989),
        ("令和", "R", datetime.date(2019, 5, 1), 2019),
    ]
    ends = [start for _, _, start, _ in starts[1:]] + [None]
    eras = [
        Era(name, letter, first, after, year)
        for (name, letter, first, year), after in zip(starts, ends, strict=True)
    ]
    return {key: era for era in eras for key in (era.name, era.letter)}


ERAS = _eras()
"""Era by its name and by its letter."""

NUMERAL = rf"(?:[0-9]{{1,2}}|{KANJI_NUMERAL}{{1,5}})"
YEAR = (
    rf"(?:(?P<era>{'|'.join(name for name in ERAS if len(name) > 1)}|(?<![A-Za-z])[MTSHRmtshr])"
    rf"(?P<of_era>元|{NUMERAL})(?![0-9])"
    r"|(?<![0-9.,])(?P<western>(?:1[89]|20)[0-9]{2})(?![0-9]|[.,][0-9]+(?![0-9.])))"
)
YEAR_ALONE = re.compile(rf"{YEAR}(?:年度?)?")
ANY_YEAR = re.compile(YEAR)
FISCAL_YEAR = re.compile(rf"{YEAR}年度")
DATE = re.compile(
    rf"{YEAR}(?:年(?P<month>{NUMERAL})月(?P<day>{NUMERAL})日"
    r"|(?P<mark>[-/.])(?P<month_number>[0-9]{1,2})(?P=mark)(?P<day_number>[0-9]{1,2})(?![0-9]))"
)


def year_of(text: str) -> int:
    """The Western year that the text as a whole names: 令和2年度, R元, h24, 平成三十年, 2020.

    Raises EraError where the text is anything else, or the year never came.
    """
    if match := YEAR_ALONE.fullmatch(_plain(text)):
        return _western(match)
    problem = f"「{_shown(text)}」は年を表していません"
    raise EraError(problem, "令和2年、R2、2020 の形にしてください")


def years_in(text: str) -> tuple[int, ...]:
    """The Western years that a text names with an era or in four digits, in their order."""
    return tuple(_western(match) for match in ANY_YEAR.finditer(_plain(text)))


def fiscal_years_in(text: str) -> tuple[int, ...]:
    """The Western years that a text names as fiscal years (…年度), in their order."""
    return tuple(_western(match) for match in FISCAL_YEAR.finditer(_plain(text)))


def date_of(text: str) -> datetime.date:
    """The date that the text as a whole names: 令和6年7月12日, R6.7.12, 2024/7/12, 2024-07-12.

    Raises EraError where the text is anything else, or the date does not exist in its era.
    """
    if match := DATE.fullmatch(_plain(text)):
        return _date(match)
    example = "令和6年7月12日、R6.7.12、2024-07-12"
    raise EraError(f"「{_shown(text)}」は日付を表していません", f"{example} の形にしてください")


def dates_in(text: str) -> tuple[datetime.date, ...]:
    """The dates that a text names, in their order; raises EraError where one does not exist."""
    return tuple(_dates(text))


def _dates(text: str) -> Iterator[datetime.date]:
    for match in DATE.finditer(_plain(text)):
        yield _date(match)


def _plain(text: str) -> str:
    """One width, no blanks; NFKC also spells out the square characters ㍻ and ㋿."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _western(match: re.Match[str]) -> int:
    if match["western"]:
        return int(match["western"])
    era, year = ERAS[match["era"].upper()], _number(match["of_era"])
    if year < 1 or (era.years is not None and year > era.years):
        raise EraError(f"「{match[0]}」という年はありません", "元号と年を確かめてください")
    return era.first_year + year - 1


def _date(match: re.Match[str]) -> datetime.date:
    month = _number(match["month"] or match["month_number"])
    day = _number(match["day"] or match["day_number"])
    try:
        date = datetime.date(_western(match), month, day)
    except ValueError:
        date = None
    era = ERAS[match["era"].upper()] if match["era"] else None
    if date is None or (era and not _lasted(era, date)):
        raise EraError(f"「{match[0]}」という日付はありません", "元号と日付を確かめてください")
    return date


def _lasted(era: Era, date: datetime.date) -> bool:
    return era.first <= date and (era.after is None or date < era.after)


def _number(text: str) -> int:
    """A numeral in either script, 元 as 1; what is no numeral (十十) as 0, which no year is."""
    value = 1.0 if text == "元" else number(text)
    return 0 if value is None else int(value)


def _shown(text: str) -> str:
    return " ".join(text.split())[:40] or "（空）"
