"""The report on targets against its findings computed anew from the published files' figures.

Only DuckDB to read, then pandas, NumPy, statsmodels and SciPy: nothing of ebpm but the paths.
"""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from conftest import Site
from ebpm.paths import FIGURES

COMMON, CARE = "よく使う32手続のオンライン化状況", "子育て・介護26手続のオンライン化状況"
STATE_DATE_FISCAL_YEAR = 2022
LIKE = 0.1  # how near to the level a start must lie (0-1)
EXACT = 1e-9  # the same arithmetic in another order


def figure(name: str, what: str = "*") -> pd.DataFrame:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {what} FROM read_parquet(?)", [str(FIGURES / name)])
        return found.df()


@pytest.fixture(scope="module")
def targets() -> pd.DataFrame:
    return figure("targets.parquet").set_index("target_id")


@pytest.fixture(scope="module")
def status() -> pd.DataFrame:
    """A municipality a row, the two indicators in columns (prefectures left out)."""
    rows = figure("dx_status.parquet")
    rows = rows[rows["item"].isin([COMMON, CARE]) & ~rows["lgcode"].str[2:5].eq("000")]
    return rows.pivot(index="lgcode", columns="item", values="value")


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    rows = figure("online_rates.parquet")
    return rows[~rows["lgcode"].str[2:5].eq("000")]


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    """Cards by date (rows) and municipality, straight lines between dates, every three months."""
    rows = figure("mynumber_cards.parquet").assign(day=lambda t: pd.to_datetime(t["cards_date"]))
    wide = rows.pivot(index="day", columns="lgcode", values="cards")
    quarters = [pd.Timestamp(y, m, 1) for y in range(2017, 2023) for m in (3, 6, 9, 12)][1:]
    days = wide.index.astype("datetime64[s]").astype(int).to_numpy()
    wanted = pd.DatetimeIndex(quarters).astype("datetime64[s]").astype(int).to_numpy()
    between = {code: np.interp(wanted, days, wide[code].to_numpy(float)) for code in wide}
    return pd.DataFrame(between, index=quarters)


@pytest.fixture(scope="module")
def residents() -> pd.Series:
    rows = figure("mynumber_cards.parquet")
    last = rows[rows["cards_date"] == rows["cards_date"].max()]
    population: pd.Series = last.set_index("lgcode")["population"].astype(float)
    return population


def needed(target: dict[Any, Any], mean: float) -> float:
    """Points a year from the date of the figures to the due date."""
    years = target["due_fiscal_year"] - STATE_DATE_FISCAL_YEAR
    return float((target["target_pct"] - mean) / years)


def ever(cards: pd.DataFrame, residents: pd.Series, level: float, gain: float) -> tuple[int, int]:
    """Municipalities that ever gained so much in four quarters from a like level, and all of them."""
    share = (cards / residents[cards.columns]).to_numpy()
    start, end = share[:-4], share[4:]
    like = np.abs(start - level) <= LIKE
    return int((like & (end - start >= gain)).any(axis=0).sum()), int(like.any(axis=0).sum())


def test_shares_at_the_target(site: Site, status: pd.DataFrame, targets: pd.DataFrame) -> None:
    found = site.findings("targets")
    goal = targets.loc["online-procedures", "target_pct"]
    for name, item in (("tg-common", COMMON), ("tg-care", CARE)):
        known = status[item].dropna()
        there = int((known >= goal).sum())
        assert found[name]["n"] == len(known)
        assert found[name]["estimate"] == pytest.approx(100 * there / len(known), rel=EXACT)
        assert found[name]["verdict"] == "descriptive"
        assert found[name]["ci_low"] < found[name]["estimate"] < found[name]["ci_high"]
    # The reason why the report tells both: which procedures are meant changes the answer.
    assert found["tg-common"]["ci_high"] < 5
    assert found["tg-care"]["ci_low"] > 50


def test_unverified_targets_are_marked(site: Site, targets: pd.DataFrame) -> None:
    found = site.findings("targets")
    assert not targets["verified"].any()
    for name in ("tg-common", "tg-care", "tg-applications"):
        assert "出典未確認" in found[name]["claim_ja"] and "not verified" in found[name]["claim_en"]


def test_procedures_that_are_online_are_hardly_used(
    site: Site, status: pd.DataFrame, rates: pd.DataFrame
) -> None:
    care = rates[rates["category"].str.startswith("子育て・介護")]
    by_body = care.groupby("lgcode")["application_rate_pct"].agg(["size", "mean"])
    means = by_body.loc[by_body["size"] >= 5, "mean"]
    used = means[means.index.isin(status.index[status[CARE] >= 100])]
    finding = site.findings("targets")["tg-use"]
    assert finding["n"] == len(used)
    assert finding["estimate"] == pytest.approx(used.mean(), rel=1e-6)
    # Clustered by prefecture, by hand: residual sums, G/(G-1)·(n-1)/(n-1), t with G-1 degrees.
    sums = (used - used.mean()).groupby(used.index.str[:2]).sum()
    g = len(sums)
    error = np.sqrt(g / (g - 1) * (sums**2).sum()) / len(used)
    reach = stats.t(g - 1).ppf(0.975) * error
    assert finding["ci_high"] - finding["estimate"] == pytest.approx(reach, rel=1e-6)


def test_how_many_ever_moved_as_fast_as_the_targets_ask(
    site: Site,
    status: pd.DataFrame,
    rates: pd.DataFrame,
    targets: pd.DataFrame,
    cards: pd.DataFrame,
    residents: pd.Series,
) -> None:
    found = site.findings("targets")
    by_body = rates.groupby("lgcode")["application_rate_pct"].agg(["size", "mean"])
    listed = targets.to_dict("index")
    levels = {
        "tg-speed": (listed["online-procedures"], status[COMMON].mean()),
        "tg-speed-applications": (
            listed["online-applications"],
            by_body.loc[by_body["size"] >= 5, "mean"].mean(),
        ),
    }
    for name, (target, mean) in levels.items():
        count, n = ever(cards, residents, mean / 100, needed(target, mean) / 100)
        low, high = proportion_confint(count, n, method="wilson")
        parts = [found[name][part] for part in ("estimate", "ci_low", "ci_high")]
        assert found[name]["n"] == n
        assert parts == pytest.approx([100 * count / n, 100 * low, 100 * high], rel=1e-9)
    assert found["tg-speed"]["estimate"] < 50 < found["tg-speed-applications"]["estimate"]


def test_the_outlook_from_before_the_campaigns_missed(
    site: Site, cards: pd.DataFrame, residents: pd.Series
) -> None:
    national = cards.sum(axis=1) / residents.sum()
    z = special.logit(national[:"2020-03-01"].to_numpy())
    d, s, m = np.diff(z).mean(), np.diff(z).std(ddof=1), len(z) - 1
    h = len(national) - len(z)
    reach = stats.t(m - 1).ppf(0.975) * s * np.sqrt(h + h**2 / m)
    expected = 100 * special.expit(z[-1] + h * d + np.array([0, -reach, reach]))
    finding = site.findings("targets")["tg-backtest"]
    parts = [finding[part] for part in ("estimate", "ci_low", "ci_high")]
    assert parts == pytest.approx(list(expected), rel=1e-8)
    assert finding["n"] == len(z) == 12
    assert 100 * national.iloc[-1] > finding["ci_high"] and "上に外れた" in finding["claim_ja"]
    assert "予測区間" in finding["estimate_text"]["ja"]
    assert "prediction interval" in finding["estimate_text"]["en"]


def test_more_online_goes_with_larger_populations(site: Site, status: pd.DataFrame) -> None:
    census = figure("ssdse_a.parquet")
    census = census[census["indicator"] == "A1101"].sort_values("edition")
    people = census.groupby("lgcode")["value"].last()
    pair = status[[COMMON]].join(people, how="inner").dropna()
    found = site.findings("targets")
    rho = stats.spearmanr(pair[COMMON], pair["value"]).statistic
    assert found["tg-size"]["estimate"] == pytest.approx(rho, rel=1e-9)
    assert found["tg-size"]["verdict"] == "supported" and found["tg-size"]["sms"] == 1
    # Held constant for population little of the association of online and used remains.
    assert 0 < found["tg-link"]["estimate"] < 0.2 and found["tg-link"]["sms"] <= 2
