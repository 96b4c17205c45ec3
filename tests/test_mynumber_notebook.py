"""The report on My Number cards against computations of its own, from the published figures alone.

Only pandas, NumPy and statsmodels: nothing of `ebpm.methods`. Tolerances: 1e-6 where the
computation is the same, 1e-3 where ρ is integrated out on a grid of another width, 3 % for limits
whose small-sample factor counts the fixed effects differently.
"""

from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from conftest import Site
from ebpm.paths import FIGURES

WIDENED = "2022-06-30"
LAST = "2022-12-31"
MONTHS_BEFORE = 18
GRID = (np.arange(400) + 0.5) / 200 - 1


def published(name: str) -> pd.DataFrame:
    """A table of `data/figures`, as it lies there."""
    table: pd.DataFrame = duckdb.connect().execute(f"FROM '{FIGURES / name}.parquet'").df()
    return table


@pytest.fixture(scope="module")
def found(site: Site) -> dict[str, dict[str, Any]]:
    return site.findings("mynumber")


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    """One row a municipality and date, from the published file."""
    return published("mynumber_cards").assign(
        cards_date=lambda t: pd.to_datetime(t["cards_date"]),
        cards=lambda t: t["cards"].astype(float),
        population=lambda t: t["population"].astype(float),
    )


@pytest.fixture(scope="module")
def units(cards: pd.DataFrame) -> pd.DataFrame:
    """One row a municipality: cards at widening and at the end, population, SSDSE conditions."""
    wide = cards.pivot(index="lgcode", columns="cards_date", values="cards")
    population = cards[cards["cards_date"] == LAST].set_index("lgcode")["population"]
    ssdse = published("ssdse_a")
    newest = ssdse[ssdse["edition"].astype(int) == ssdse["edition"].astype(int).max()]
    ages = newest.pivot(index="lgcode", columns="indicator", values="value").astype(float)
    known = ages[["A1301", "A1302", "A1303"]].sum(axis=1)
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    start, end = wide[pd.Timestamp(WIDENED)], wide[pd.Timestamp(LAST)]
    frame = pd.DataFrame(
        {
            "start_pct": 100 * start / population,
            "growth": 100 * (end - start) / population,
            "share": 100 * (end - start) / (population - start),
            "log2_population": np.log2(population),
            "aged_pct": 100 * ages["A1303"] / known,
            "log_density": np.log((ages["A1101"] / ages["B1103"] * 100).replace(0, np.nan)),
            "prefecture": population.index.str[:2],
            "kind": registry["kind"].reindex(population.index),
        }
    )
    return frame.dropna()


def clustered(units: pd.DataFrame, outcome: str, x: pd.DataFrame) -> Any:
    clusters = pd.factorize(units["prefecture"])[0]
    return sm.OLS(units[outcome], sm.add_constant(x.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}, use_t=True
    )


def test_those_behind_grew_more_per_resident(
    found: dict[str, dict[str, Any]], units: pd.DataFrame
) -> None:
    fit = clustered(units, "growth", units[["start_pct"]])
    low, high = fit.conf_int().loc["start_pct"]
    naive = found["mn-start-naive"]
    assert naive["n"] == len(units) == 1740
    assert naive["estimate"] == pytest.approx(10 * fit.params["start_pct"], rel=1e-6)
    assert (naive["ci_low"], naive["ci_high"]) == pytest.approx((10 * low, 10 * high), rel=1e-6)
    assert naive["verdict"] == "supported"


def test_small_municipalities_were_faster_after_widening(
    found: dict[str, dict[str, Any]], units: pd.DataFrame
) -> None:
    dummies = pd.get_dummies(units[["prefecture", "kind"]], drop_first=True, dtype=float)
    x = units[["log2_population", "aged_pct", "log_density"]].join(dummies)
    fit = clustered(units, "share", x)
    low, high = fit.conf_int().loc["log2_population"]
    size = found["mn-size"]
    assert size["estimate"] == pytest.approx(fit.params["log2_population"], rel=1e-6)
    assert (size["ci_low"], size["ci_high"]) == pytest.approx((low, high), rel=0.03)
    assert size["verdict"] == "supported" and size["estimate"] < -1 and size["sms"] == 2


def test_catching_up_cannot_be_told_once_those_without_a_card_are_counted(
    found: dict[str, dict[str, Any]], units: pd.DataFrame
) -> None:
    dummies = pd.get_dummies(units[["prefecture", "kind"]], drop_first=True, dtype=float)
    x = units[["start_pct", "log2_population", "aged_pct", "log_density"]].join(dummies)
    fit = clustered(units, "share", x)
    start = found["mn-start"]
    assert start["estimate"] == pytest.approx(10 * fit.params["start_pct"], rel=1e-6)
    assert start["verdict"] == "inconclusive"


def monthly_pace(cards: pd.DataFrame) -> pd.Series:
    """Cards per 100 residents and 30 days, a value a month; the population of the last date."""
    total = cards.groupby("cards_date")["cards"].sum()
    population = cards[cards["cards_date"] == LAST]["population"].sum()
    end = total.index[-1]
    edges = pd.date_range("2017-04-01", "2023-01-01", freq="MS")
    cut = [min(edge, end) for edge in edges]
    seconds = [stamp.timestamp() for stamp in total.index]
    level = np.interp([stamp.timestamp() for stamp in cut], seconds, 100 * total / population)
    days = [(later - earlier).days for earlier, later in pairwise(cut)]
    return pd.Series(30 * np.diff(level) / np.array(days), index=edges[:-1])


def departure(pace: pd.Series, start: str, after: int) -> float:
    """Mean of fitted minus earlier trend: generalised least squares at every ρ, by matrices."""
    at = list(pace.index).index(pd.Timestamp(start))
    y = pace.iloc[at - MONTHS_BEFORE : at + after].to_numpy()
    since = np.arange(len(y)) - MONTHS_BEFORE
    post = (since >= 0).astype(float)
    x = np.column_stack([np.ones(len(y)), since, post, post * since])
    means, logs = [], []
    for rho in GRID:
        power = np.abs(np.subtract.outer(since, since))
        inverse = np.linalg.inv(rho**power / (1 - rho**2))
        information = x.T @ inverse @ x
        beta = np.linalg.solve(information, x.T @ inverse @ y)
        residual = y - x @ beta
        squares = residual @ inverse @ residual
        logs.append(
            np.linalg.slogdet(inverse)[1]
            - np.linalg.slogdet(information)[1]
            - (len(y) - 4) * np.log(squares)
        )
        means.append((beta[2] + beta[3] * since)[since >= 0].mean())
    weights = np.exp((np.array(logs) - max(logs)) / 2)
    return float(np.average(means, weights=weights))


@pytest.mark.parametrize(
    ("name", "start", "after", "verdict", "sms"),
    [
        ("mn-first", "2020-09-01", 12, "inconclusive", 2),
        ("mn-second", "2022-01-01", 12, "inconclusive", 2),
        ("mn-widened", "2022-07-01", 6, "supported", 1),
    ],
)
def test_departure_from_trend(
    found: dict[str, dict[str, Any]],
    cards: pd.DataFrame,
    name: str,
    start: str,
    after: int,
    verdict: str,
    sms: int,
) -> None:
    expected = departure(monthly_pace(cards), start, after)
    assert found[name]["estimate"] == pytest.approx(expected, abs=1e-3)
    assert (found[name]["verdict"], found[name]["sms"]) == (verdict, sms)


def test_the_same_departure_is_found_where_nothing_began(
    found: dict[str, dict[str, Any]],
) -> None:
    assert found["mn-placebo"]["n"] == 43
    assert found["mn-placebo"]["estimate"] > 50


def test_distance_from_the_median(found: dict[str, dict[str, Any]], cards: pd.DataFrame) -> None:
    rate = (100 * cards["cards"] / cards["population"]).groupby(cards["cards_date"])
    apart = (100 * cards["cards"] / cards["population"] - rate.transform("median")).abs()
    at = {day: apart[cards["cards_date"] == day].mean() for day in (WIDENED, LAST)}
    assert found["mn-apart"]["estimate"] == pytest.approx(at[LAST] - at[WIDENED], rel=1e-6)
