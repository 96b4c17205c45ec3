"""Reader of the United Nations E-Government Development Index, one wide file an edition.

EGDI is the mean of three indices (online services, human capital, telecommunications), so it is 0
only where all three are 0. Some files print 0 for an index that was not computed, with all those
countries together on the last rank; such a 0 is missing, not a value.

Source: https://publicadministration.un.org/egovkb/en-us/Data-Center
"""

import re
from pathlib import Path

import pandas as pd

from ebpm.missing import Missing
from ebpm.readers.countries import country, published_rank, published_value
from ebpm.readers.reading import Reading, csv_rows, edition_in_name, found, joined
from ebpm.readers.rows import Row, Unfit, check_header, sift

FILES = ("international/egdi-*.csv",)
EDITION = re.compile(r"egdi-([12][0-9]{3})\.csv")
VARIABLES = {
    "e-gov-rank": "egdi_rank",
    "e-gov-index": "egdi",
    "e-pat-index": "epi",
    "osi": "osi",
    "hci": "hci",
    "tii": "tii",
}
HEADER = ("country-code", "country-name", *VARIABLES)
COMPONENTS = ("osi", "hci", "tii")
# Rows of countries that did not exist yet: South Sudan became independent in July 2011.
NOT_YET = {("2010", "SSD")}

Values = dict[str, float | None]


def read(raw: Path) -> list[Reading]:
    """The tidy table `un_egdi`: one row per edition, country (ISO 3166-1) and variable.

    `value` is a rank or an index from 0 to 1, to the decimals published (five to 2016, four in
    2018). Where it is NULL, `missing` says why.
    """
    return [joined([read_edition(path) for path in found(raw, FILES)])]


def read_edition(path: Path) -> Reading:
    """One edition; raises ReadError where the file's name or header is not as known."""
    edition = edition_in_name(path, EDITION, "年", "egdi-2018.csv")
    header, *lines = csv_rows(path, "utf-8-sig", ends_its_lines=True)
    check_header(path.name, header, HEADER)
    sifted = sift(path.name, lines, _row, ["country"])
    in_order = sorted(sifted.rows, key=lambda row: str(row["country"]))
    frame = pd.DataFrame([cell for row in in_order for cell in _cells(edition, row)])
    return sifted.reading("un_egdi", frame.astype({"value": float, "missing": "str"}))


def _row(line: list[str]) -> Row:
    if len(line) != len(HEADER):
        raise Unfit("wrong_number_of_columns")
    code, name, *texts = (text.strip() for text in line)
    if not name:
        raise Unfit("no_country_name")
    return {
        "country": country(code),
        "country_name": name,
        "values": _values(dict(zip(VARIABLES.values(), texts, strict=True))),
    }


def _values(texts: dict[str, str]) -> Values:
    values = {
        variable: (published_rank if variable == "egdi_rank" else published_value)(text)
        if text
        else None
        for variable, text in texts.items()
    }
    if values["egdi"] == 0 and any(values[component] != 0 for component in COMPONENTS):
        values |= {"egdi": None, "egdi_rank": None}
    return values


def _cells(edition: str, row: Row) -> list[Row]:
    why = Missing.NOT_APPLICABLE if (edition, row["country"]) in NOT_YET else Missing.UNKNOWN
    return [
        {
            "edition": edition,
            "country": row["country"],
            "country_name": row["country_name"],
            "variable": variable,
            "value": value,
            "missing": str(why) if value is None else None,
        }
        for variable, value in row["values"].items()
    ]
