"""The international report against its findings computed anew from the published figures.

Only DuckDB to read, then NumPy, pandas, SciPy and statsmodels: nothing of ebpm but the paths.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from conftest import Site
from ebpm.country_words import COUNTRIES, country
from ebpm.evidence.digits import loose_digits
from ebpm.paths import FIGURES

DIMENSIONS = (
    "digital_design",
    "data_driven",
    "govt_as_platform",
    "open_default",
    "proactiveness",
    "user_driven",
)
COMPONENTS = ("osi", "hci", "tii")
SINGAPORE = "SGP"
# Shares of 5,000 and of 20,000 other weightings: four standard errors of their difference.
DRAWN_APART = 4 * 100 * np.sqrt(0.25 / 5000 + 0.25 / 20_000)


def scores(name: str, variables: tuple[str, ...]) -> pd.DataFrame:
    """A country a row, a variable a column, in the latest edition; complete rows only."""
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT * FROM read_parquet(?)", [str(FIGURES / name)]).df()
    latest = rows[(rows["edition"] == rows["edition"].max()) & rows["variable"].isin(variables)]
    table: pd.DataFrame = latest.pivot(index="country", columns="variable", values="value").dropna()
    return table


@pytest.fixture(scope="module")
def dgi() -> pd.DataFrame:
    return scores("oecd_dgi.parquet", DIMENSIONS)


@pytest.fixture(scope="module")
def egdi() -> pd.DataFrame:
    return scores("un_egdi.parquet", COMPONENTS)


def ranks_of_japan(table: pd.DataFrame) -> np.ndarray:
    """Ranks under 20,000 weightings, from gaps of an even sample of the unit interval."""
    cuts = np.sort(np.random.default_rng(99).random((20_000, table.shape[1] - 1)), axis=1)
    ends = np.pad(cuts, ((0, 0), (1, 1)), constant_values=(0, 1))
    totals = np.diff(ends, axis=1) @ table.to_numpy().T
    own = totals[:, [table.index.get_loc("JPN")]]
    return np.asarray(1 + (totals > own + 1e-12).sum(axis=1))


def test_place_under_other_weights(site: Site, dgi: pd.DataFrame, egdi: pd.DataFrame) -> None:
    found = site.findings("international")
    lowest = ranks_of_japan(dgi) > len(dgi) - len(dgi) // 3
    highest = ranks_of_japan(egdi) <= len(egdi) // 10
    for name, share in (("in-dgi", lowest), ("in-egdi", highest)):
        assert found[name]["estimate"] == pytest.approx(100 * share.mean(), abs=DRAWN_APART)
        assert found[name]["n"] == 5000 and found[name]["verdict"] == "descriptive"
    assert found["in-dgi"]["estimate"] > 99 and 80 < found["in-egdi"]["estimate"] < 97


def test_countries_above_japan_in_everything(site: Site, dgi: pd.DataFrame) -> None:
    others = dgi.drop(index="JPN")
    count = int((others.to_numpy() > dgi.loc["JPN"].to_numpy()).all(axis=1).sum())
    low, high = proportion_confint(count, len(others), method="wilson")
    finding = site.findings("international")["in-above"]
    parts = [finding[part] for part in ("estimate", "ci_low", "ci_high")]
    assert parts == pytest.approx([100 * count / len(others), 100 * low, 100 * high], rel=1e-9)
    assert finding["n"] == len(others) == 37


def test_the_two_indices_agree_in_part_only(
    site: Site, dgi: pd.DataFrame, egdi: pd.DataFrame
) -> None:
    pair = pd.DataFrame({"dgi": dgi.mean(axis=1), "egdi": egdi.mean(axis=1)}).dropna()
    r = float(stats.spearmanr(pair["dgi"], pair["egdi"]).statistic)
    finding = site.findings("international")["in-agree"]
    assert finding["estimate"] == pytest.approx(r, rel=1e-9) and finding["n"] == len(pair) == 38
    reach = stats.norm.ppf(0.975) * np.sqrt((1 + r**2 / 2) / (len(pair) - 3))  # Bonett and Wright
    assert finding["ci_low"] == pytest.approx(np.tanh(np.arctanh(r) - reach), rel=1e-9)
    assert finding["verdict"] == "supported" and finding["ci_high"] < 0.8 and finding["sms"] == 1
    ranks = pair.rank(ascending=False, method="min").loc["JPN"]
    assert ranks["egdi"] <= 10 and ranks["dgi"] >= 30


def test_singapore_is_said_to_be_outside_of_the_oecd_index(site: Site, dgi: pd.DataFrame) -> None:
    assert SINGAPORE not in dgi.index
    page = (site.out / "international.html").read_text(encoding="utf-8")
    assert "シンガポールはOECDに加盟しておらず" in page


def test_every_country_shown_has_a_name_in_both_languages(dgi: pd.DataFrame) -> None:
    assert set(COUNTRIES) == {*dgi.index, SINGAPORE}
    names = [country(code) for code in COUNTRIES]
    assert len({name.ja for name in names}) == len({name.en for name in names}) == len(names)
    assert all(not loose_digits(name.ja + name.en) for name in names)
    with pytest.raises(ValueError, match="国 XYZ の名称がありません"):
        country("XYZ")
