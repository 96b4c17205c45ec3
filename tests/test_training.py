"""The report on training and open data against computations of its own, from the published figures.

Only DuckDB, pandas, NumPy and statsmodels: nothing of `ebpm.methods`. Tolerances: 1e-6 where the
computation is the same; 3 % for the width of intervals, because statsmodels counts the fixed effects
that are nested in clusters and the convention of fixest does not.
"""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from conftest import Site
from ebpm.paths import FIGURES

CLASSES = [0, 5_000, 10_000, 30_000, 50_000, 100_000, 300_000, np.inf]
CONTROLS = ["log_population", "squared", "aged", "log_density", "fiscal_strength", "ordinary"]
ASKED_OF_SAMPLE = [6, 11, 14, 15, 16, 23, 24, 26, 27, 28, 34]
SAME, WIDTH = 1e-6, 0.03


@pytest.fixture(scope="module")
def bodies() -> pd.DataFrame:
    """One row a municipality: answers (NaN: none) and conditions, from the published files."""
    table = duckdb.connect().execute(f"FROM '{FIGURES / 'opendata_answers.parquet'}'").df()
    table["chosen"] = table["chosen"].astype(float)
    ticks = table.pivot(
        index="lgcode", columns=["question_number", "option_number"], values="chosen"
    )
    ssdse = duckdb.connect().execute(f"FROM '{FIGURES / 'ssdse_a.parquet'}' ORDER BY edition").df()
    newest = ssdse.pivot_table(index="lgcode", columns="indicator", values="value", aggfunc="last")
    finance = (
        duckdb.connect()
        .execute(f"FROM '{FIGURES / 'finance_indicators.parquet'}' WHERE fiscal_year = 2020")
        .df()
        .pivot(index="lgcode", columns="indicator", values="value")
    )
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    frame = registry[registry["kind"] != "prefecture"][["kind"]].copy()
    population = newest["A1101"].reindex(frame.index)
    known = newest[["A1301", "A1302", "A1303"]].sum(axis=1)
    frame["population"] = population
    frame["log_population"] = np.log(population.where(population > 0))
    frame["squared"] = frame["log_population"] ** 2
    frame["aged"] = 100 * newest["A1303"] / known.where(known > 0)
    density = population / (newest["B1103"] / 100)
    frame["log_density"] = np.log(density.where(density > 0))
    frame["fiscal_strength"] = finance["fiscal_strength_index"]
    frame["ordinary"] = finance["ordinary_balance_pct"]
    frame["published"] = ticks[2, 5]
    frame["daily"] = ticks[34, 1]
    frame["training"] = ticks[[(28, o) for o in range(1, 5)]].max(axis=1)
    frame["staff"] = ticks[[(27, o) for o in range(1, 6)]].max(axis=1)
    frame["policy"] = ticks[26, 1]
    frame["complete"] = ticks[ASKED_OF_SAMPLE].reindex(frame.index).notna().all(axis=1)
    frame["prefecture"] = frame.index.str[:2]
    return frame


def within_prefecture(
    frame: pd.DataFrame, outcome: str, exposure: str
) -> tuple[float, float, float]:
    """Coefficient (points) and 95 % limits, with dummies of prefecture and kind."""
    dummies = pd.get_dummies(frame[["prefecture", "kind"]], drop_first=True, dtype=float)
    x = sm.add_constant(pd.concat([frame[[exposure, *CONTROLS]], dummies], axis=1))
    groups = pd.factorize(frame["prefecture"])[0]
    fit = sm.OLS(100 * frame[outcome], x).fit(cov_type="cluster", cov_kwds={"groups": groups})
    reach = stats.t.ppf(0.975, groups.max()) * fit.bse[exposure]
    point = float(fit.params[exposure])
    return point, point - reach, point + reach


@pytest.fixture(scope="module")
def found(site: Site) -> dict[str, dict[str, Any]]:
    return site.findings("training")


@pytest.fixture(scope="module")
def publishers(bodies: pd.DataFrame) -> pd.DataFrame:
    return bodies[(bodies["published"] == 1) & bodies["complete"]].dropna(subset=CONTROLS)


def test_adoption_and_taking_root_are_weighted_by_response_of_each_class(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    size = pd.cut(bodies["population"], CLASSES, right=False)
    answered = bodies["published"].notna() & bodies["daily"].notna()
    rooted = (bodies["published"] * bodies["daily"])[answered]
    asked = size.value_counts(sort=False)
    expected = {
        "tr-adopted": bodies.loc[answered, "published"].groupby(size[answered], observed=True),
        "tr-rooted": rooted.groupby(size[answered], observed=True),
    }
    shares = {
        name: 100 * float((groups.mean() * asked).sum() / asked.sum())
        for name, groups in expected.items()
    }
    for name, share in shares.items():
        assert found[name]["estimate"] == pytest.approx(share, abs=SAME)
        assert found[name]["n"] == answered.sum()
    distance = shares["tr-adopted"] - shares["tr-rooted"]
    assert found["tr-gap"]["estimate"] == pytest.approx(distance, abs=SAME)
    assert found["tr-gap"]["verdict"] == "descriptive"


@pytest.mark.parametrize(
    ("exposure", "verdict"),
    [("training", "inconclusive"), ("staff", "supported"), ("policy", "supported")],
)
def test_taking_root_among_publishers(
    found: dict[str, dict[str, Any]], publishers: pd.DataFrame, exposure: str, verdict: str
) -> None:
    finding = found[f"tr-{exposure}"]
    point, low, high = within_prefecture(publishers, "daily", exposure)
    assert finding["n"] == len(publishers)
    assert finding["estimate"] == pytest.approx(point, abs=SAME)
    width = finding["ci_high"] - finding["ci_low"]
    assert width == pytest.approx(high - low, rel=WIDTH)
    assert finding["verdict"] == verdict
    assert finding["sms"] == 2


def test_a_simple_comparison_would_have_found_something_for_training(
    found: dict[str, dict[str, Any]], publishers: pd.DataFrame
) -> None:
    shares = publishers.groupby("training")["daily"].mean()
    assert 100 * (shares[1] - shares[0]) > 3 * found["tr-training"]["estimate"]


def test_training_does_not_go_with_publishing_itself(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    answered = bodies.dropna(subset=[*CONTROLS, "published", "training"])
    point, low, high = within_prefecture(answered, "published", "training")
    assert found["tr-publishing"]["estimate"] == pytest.approx(point, abs=SAME)
    assert -5 < low < high < 5
    assert found["tr-publishing"]["verdict"] == "no_effect"
