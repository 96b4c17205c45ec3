"""Adoption of DX: findings held against the published figures, computed without the library.

Only DuckDB (to read Parquet), pandas, NumPy and statsmodels; tolerances are rounding of sums.
"""

import duckdb
import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from conftest import Command, Site
from ebpm.paths import FIGURES

CLOSE = 1e-6
FINANCES = "service + balance + tax"
COMMON = "よく使う32手続のオンライン化状況"
CARE = "子育て・介護26手続のオンライン化状況"
# Who is named in 地方自治法第252条の19第1項の指定都市の指定に関する政令 (20 cities).
DESIGNATED = [
    "札幌市",
    "仙台市",
    "さいたま市",
    "千葉市",
    "横浜市",
    "川崎市",
    "相模原市",
    "新潟市",
    "静岡市",
    "浜松市",
    "名古屋市",
    "京都市",
    "大阪市",
    "堺市",
    "神戸市",
    "岡山市",
    "広島市",
    "北九州市",
    "福岡市",
    "熊本市",
]


def figure(name: str, query: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        path = str(FIGURES / f"{name}.parquet")
        return connection.execute(query.replace("FIGURE", f"read_parquet('{path}')")).df()


@pytest.fixture(scope="module")
def bodies() -> pd.DataFrame:
    """One row per municipality, from the published figures alone."""
    names = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    names = names[names.index.str[2:5] != "000"]
    ssdse = figure("ssdse_a", "SELECT * FROM FIGURE WHERE value IS NOT NULL ORDER BY edition")
    latest = ssdse.groupby(["lgcode", "indicator"])["value"].last().unstack()
    staff = ssdse[ssdse["indicator"] == "D1202"].sort_values(["fiscal_year", "edition"])
    dx = figure("dx_status", "SELECT * FROM FIGURE WHERE edition = '2024-07-12'")
    yes_or_no = dx[dx["unit"] == "status"].pivot(index="lgcode", columns="item", values="value")
    shares = dx[dx["unit"] == "pct"].pivot(index="lgcode", columns="item", values="value")
    people = latest["A1101"].where(latest["A1101"] > 0)
    table = pd.DataFrame(
        {
            "people": people,
            "doublings": np.log2(people),
            "service": latest["D2211"],
            "balance": latest["D2203"],
            "tax": np.log(latest["D320101"] / people),
            "staff": np.log(staff.groupby("lgcode")["value"].last() / people * 1000),
            "done": yes_or_no.sum(axis=1, min_count=10),
            "common": shares[COMMON],
            "care": shares[CARE],
        }
    ).reindex(names.index)
    table["city"] = (~names["name"].str.endswith(("町", "村"))).astype(float)
    table["designated"] = names["name"].isin(DESIGNATED).astype(float)
    table["prefecture"] = names.index.str[:2].astype(int)
    return table


def clustered(formula: str, rows: pd.DataFrame, term: str) -> tuple[float, float, float]:
    """Estimate and 95 % interval, clustered by prefecture, t with clusters less one degrees."""
    groups = {"groups": rows["prefecture"], "use_correction": True}
    fit = smf.ols(formula, rows).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    low, high = fit.conf_int().loc[term]
    return fit.params[term], low, high


def numbers(finding: dict[str, float]) -> tuple[float, float, float]:
    return finding["estimate"], finding["ci_low"], finding["ci_high"]


def test_mean_number_of_activities_leaves_out_those_not_surveyed(
    site: Site, bodies: pd.DataFrame
) -> None:
    found = site.findings("adoption")["ad-done"]
    assert found["n"] == bodies["done"].notna().sum() == 1733
    assert found["estimate"] == pytest.approx(bodies["done"].mean(), abs=CLOSE)


def test_gap_of_designated_cities(site: Site, bodies: pd.DataFrame) -> None:
    found = site.findings("adoption")["ad-gap"]
    assert bodies["designated"].sum() == 20
    small = bodies.loc[bodies["people"].fillna(0) < 100_000, "done"].mean()
    large = bodies.loc[bodies["designated"] == 1, "done"].mean()
    assert found["estimate"] == pytest.approx(large - small, abs=CLOSE)
    assert found["verdict"] == "supported" and found["sms"] == 1


def test_size_and_both_kinds_of_procedures(site: Site, bodies: pd.DataFrame) -> None:
    found = site.findings("adoption")
    held = f"doublings + {FINANCES} + staff"
    for name, outcome in (
        ("ad-size", "done"),
        ("ad-common-size", "common"),
        ("ad-care-size", "care"),
    ):
        rows = bodies.dropna(subset=[outcome, "doublings", "service", "balance", "tax", "staff"])
        expected = clustered(f"{outcome} ~ {held}", rows, "doublings")
        assert numbers(found[name]) == pytest.approx(expected, abs=CLOSE)
        assert found[name]["n"] == len(rows)
    assert found["ad-common-size"]["verdict"] == "supported"
    assert found["ad-care-size"]["verdict"] == "inconclusive"


def test_decomposition_of_cities_and_towns_of_like_population(
    site: Site, bodies: pd.DataFrame
) -> None:
    """With pooled slopes the unexplained part is the coefficient of the group (Jann 2008)."""
    found = site.findings("adoption")
    columns = ["done", "doublings", "service", "balance", "tax", "staff"]
    band = bodies[bodies["people"].between(20_000, 49_999)].dropna(subset=columns)
    group, *_ = clustered(f"done ~ city + doublings + {FINANCES}", band, "city")
    gap = band.loc[band["city"] == 1, "done"].mean() - band.loc[band["city"] == 0, "done"].mean()
    assert found["ad-city-unexplained"]["estimate"] == pytest.approx(group, abs=CLOSE)
    assert found["ad-city-explained"]["estimate"] == pytest.approx(gap - group, abs=CLOSE)
    assert found["ad-city-unexplained"]["n"] == len(band)
    assert found["ad-city-unexplained"]["verdict"] == "supported"
    assert found["ad-city-explained"]["verdict"] == "no_effect"
    # The main computation rests on municipalities whose conditions overlap (and on 47 clusters).
    assert [check["passed"] for check in found["ad-city-unexplained"]["checks"]] == [True] * 3


def test_activities_and_common_procedures_online(site: Site, bodies: pd.DataFrame) -> None:
    """Within prefectures: dummies of prefectures are nested in the clusters, so only slopes agree."""
    found = site.findings("adoption")
    held = f"done + doublings + {FINANCES} + staff"
    rows = bodies.dropna(
        subset=["done", "common", "doublings", "service", "balance", "tax", "staff"]
    )
    nation = clustered(f"common ~ {held}", rows, "done")
    inside = smf.ols(f"common ~ {held} + C(prefecture)", rows).fit().params["done"]
    assert numbers(found["ad-link"]) == pytest.approx(nation, abs=CLOSE)
    assert found["ad-link-within"]["estimate"] == pytest.approx(inside, abs=CLOSE)
    assert found["ad-link"]["verdict"] == "no_effect"


def test_share_of_child_and_care_rates_that_are_zero(site: Site) -> None:
    found = site.findings("adoption")["ad-care-unused"]
    rates = figure("online_rates", "SELECT * FROM FIGURE WHERE lgcode NOT LIKE '__000_'")
    care = rates[rates["category"].str.startswith("子育て") & rates["application_rate_pct"].notna()]
    zeros = (care["application_rate_pct"] == 0).mean() * 100
    assert found["estimate"] == pytest.approx(zeros, abs=CLOSE)
    assert (found["n"], found["n_clusters"]) == (len(care), care["lgcode"].nunique())


def test_adjusted_use_where_more_is_online(site: Site, bodies: pd.DataFrame) -> None:
    """The adjusted rate is the municipality's effect beside one effect for each procedure."""
    found = site.findings("adoption")["ad-use"]
    rates = figure("online_rates", "SELECT * FROM FIGURE WHERE lgcode NOT LIKE '__000_'")
    rates = rates[rates["category"].str.startswith("よく使う")].dropna(
        subset=["application_rate_pct"]
    )
    items = pd.get_dummies(rates["item"], drop_first=True, dtype=float)
    own = rates["lgcode"]
    inside = items - items.groupby(own).transform("mean")
    y = rates["application_rate_pct"]
    effects = np.linalg.lstsq(inside, y - y.groupby(own).transform("mean"), rcond=None)[0]
    adjusted = (y - items.to_numpy() @ effects).groupby(own).mean()
    rows = bodies.assign(use=adjusted[rates.groupby("lgcode").size() >= 3])
    rows = rows.dropna(subset=["use", "common", "doublings", "service", "balance", "tax", "staff"])
    slope, low, high = clustered(f"use ~ common + doublings + {FINANCES} + staff", rows, "common")
    assert numbers(found) == pytest.approx((10 * slope, 10 * low, 10 * high), abs=CLOSE)
    assert found["n"] == len(rows) and found["verdict"] == "inconclusive"


def test_spread_of_procedures_counts_published_rates_only(site: Site) -> None:
    executed = nbformat.read(site.out / "adoption.ipynb", as_version=4)
    figures = [
        payload
        for cell in executed.cells
        for output in cell.get("outputs", [])
        for mime, payload in output.get("data", {}).items()
        if mime == "application/vnd.ebpm.figure+json"
    ]
    table = next(payload for payload in figures if payload["id"] == "ad-rates")["table"]
    keys = [column["key"] for column in table["columns"]]
    first = dict(zip(keys, table["rows"][0], strict=True))
    rates = figure("online_rates", "SELECT * FROM FIGURE WHERE lgcode NOT LIKE '__000_'")
    by_item = rates.groupby("item")["application_rate_pct"]
    gaps = (by_item.quantile(0.9) - by_item.quantile(0.1))[by_item.count() >= 100]
    assert first["label"]["ja"] == gaps.idxmax()
    assert first["gap"] == pytest.approx(gaps.max(), abs=CLOSE)
    assert first["n"] == by_item.count()[gaps.idxmax()]
    assert all(payload["coverage"] for payload in figures)


def test_unknown_prefecture_is_refused_in_one_line(ebpm: Command, site: Site) -> None:
    done = ebpm("run", "adoption", "-p", "prefecture=札幌市", "--out", site.out / "unknown")
    assert done.returncode != 0
    lines = [line for line in (done.stdout + done.stderr).splitlines() if "札幌市" in line]
    assert len(lines) == 1 and "という都道府県はありません" in lines[0]
