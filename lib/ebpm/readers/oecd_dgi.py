"""Reader of the OECD Digital Government Index: long tables, one row a country and variable.

The six dimensions and their mean (`composite_index`) exist for members of the OECD and for
candidates alike; the rank (`composite_rank`) counts members only.

Source: https://www.oecd.org/en/publications/2023-oecd-digital-government-index_1a89ed5e-en.html
"""

import re
from functools import partial
from pathlib import Path

import pandas as pd

from ebpm.missing import Missing
from ebpm.readers.countries import country, published_rank, published_value
from ebpm.readers.reading import Reading, csv_rows, edition_in_name, found, joined
from ebpm.readers.rows import Row, Unfit, check_header, sift

FILES = ("international/oecd_dgi_*.csv",)
EDITION = re.compile(r"oecd_dgi_([12][0-9]{3})\.csv")
HEADER = ("cc_iso3c", "ref_year", "variable", "value")
RANK = "composite_rank"
VARIABLES = (
    "digital_design",
    "data_driven",
    "govt_as_platform",
    "open_default",
    "user_driven",
    "proactiveness",
    "composite_index",
    RANK,
)
# Countries measured in 2023 that were no members: the ranking of members does not apply to them.
NOT_MEMBERS = {("2023", code) for code in ("ARG", "BRA", "HRV", "PER", "ROU")}


def read(raw: Path) -> list[Reading]:
    """The tidy table `oecd_dgi`: one row per edition, country (ISO 3166-1) and variable.

    Every country has every variable; where the file has no row, `value` is NULL and `missing` says
    why: no rank for a country that is no member (`not_applicable`), otherwise `unknown`.
    """
    return [joined([read_edition(path) for path in found(raw, FILES)])]


def read_edition(path: Path) -> Reading:
    """One edition; raises ReadError where the file's name or header is not as known."""
    edition = edition_in_name(path, EDITION, "年", "oecd_dgi_2023.csv")
    header, *lines = csv_rows(path, "utf-8-sig", ends_its_lines=True)
    check_header(path.name, header, HEADER)
    sifted = sift(path.name, lines, partial(_row, edition), ["country", "variable"])
    frame = _every_variable(edition, sifted.rows)
    return sifted.reading("oecd_dgi", frame)


def _row(edition: str, line: list[str]) -> Row:
    if len(line) != len(HEADER):
        raise Unfit("wrong_number_of_columns")
    code, year, variable, value = (text.strip() for text in line)
    if year != edition:
        raise Unfit("year_differs_from_edition")
    if variable not in VARIABLES:
        raise Unfit("unknown_variable")
    number = published_rank(value) if variable == RANK else published_value(value)
    return {"country": country(code), "variable": variable, "value": number}


def _every_variable(edition: str, rows: list[Row]) -> pd.DataFrame:
    values = {(row["country"], row["variable"]): row["value"] for row in rows}
    countries = sorted({code for code, _ in values})
    grid = [(code, variable) for code in countries for variable in VARIABLES]
    return pd.DataFrame(
        [
            {
                "edition": edition,
                "country": code,
                "variable": variable,
                "value": values.get((code, variable)),
                "missing": None if (code, variable) in values else _why(edition, code, variable),
            }
            for code, variable in grid
        ]
    ).astype({"value": float, "missing": "str"})


def _why(edition: str, code: str, variable: str) -> str:
    outside = variable == RANK and (edition, code) in NOT_MEMBERS
    return str(Missing.NOT_APPLICABLE if outside else Missing.UNKNOWN)
