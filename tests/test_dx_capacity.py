"""The report on capacity and online applications against computations from the published figures.

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

ITEMS = [
    "CIOの任命",
    "CIO補佐官等の任命",
    "全体方針策定",
    "全庁的な体制構築",
    "全職員対象研修の実施",
    "外部人材活用",
    "職員育成の取組",
]
SHARES = {
    "common": "よく使う32手続のオンライン化状況",
    "care": "子育て・介護26手続のオンライン化状況",
}
BOOKINGS = ["図書館の図書貸出予約等", "文化・スポーツ施設等の利用予約等"]
CONTROLS = ["log_population", "squared", "aged", "log_density", "log_tax", "ordinary", "debt"]
LEAST_RATES, LEAST_BODIES = 5, 100
SAME, WIDTH = 1e-6, 0.03


def published(name: str) -> pd.DataFrame:
    """A table of `data/figures`, as it lies there."""
    table: pd.DataFrame = duckdb.connect().execute(f"FROM '{FIGURES / name}.parquet'").df()
    return table


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    """Rates of municipalities: lgcode, item, application_rate_pct."""
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str)
    municipal = registry.loc[registry["kind"] != "prefecture", "lgcode"]
    table = published("online_rates")
    return table[table["lgcode"].isin(municipal)]


def adjusted(rates: pd.DataFrame) -> pd.Series:
    """Each municipality's mean once the procedures' own levels are taken out (two-way dummies)."""
    dummies = pd.get_dummies(rates["item"], dtype=float)
    unit, y = rates["lgcode"], rates["application_rate_pct"]
    x = dummies - dummies.groupby(unit).transform("mean")
    effects = np.linalg.lstsq(x, y - y.groupby(unit).transform("mean"), rcond=None)[0]
    level = dummies @ effects
    means: pd.Series = (y - level + level.mean()).groupby(unit).mean()
    return means


@pytest.fixture(scope="module")
def bodies(rates: pd.DataFrame) -> pd.DataFrame:
    """One row a municipality with capacity (in threes), shares, rates and conditions."""
    status = published("dx_status").pivot(index="lgcode", columns="item", values="value")
    ssdse = published("ssdse_a").sort_values("edition")
    newest = ssdse.pivot_table(index="lgcode", columns="indicator", values="value", aggfunc="last")
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    frame = registry[registry["kind"] != "prefecture"][["kind"]].copy()
    population = newest["A1101"].reindex(frame.index)
    population = population.where(population > 0)
    known = newest[["A1301", "A1302", "A1303"]].sum(axis=1)
    frame["log_population"] = np.log(population)
    frame["squared"] = frame["log_population"] ** 2
    frame["aged"] = 100 * newest["A1303"] / known.where(known > 0)
    frame["log_density"] = np.log(population / (newest["B1103"] / 100))
    frame["log_tax"] = np.log(newest["D320101"] / population)
    frame["ordinary"], frame["debt"] = newest["D2203"], newest["D2211"]
    frame["threes"] = status[ITEMS].sum(axis=1, min_count=len(ITEMS)) / 3
    for name, item in SHARES.items():
        frame[name] = status[item]
    other = rates[~rates["item"].isin(BOOKINGS)]
    enough = other.groupby("lgcode").size() >= LEAST_RATES
    frame["used"] = adjusted(other).where(enough)
    frame["booked"] = adjusted(rates[rates["item"].isin(BOOKINGS)])
    frame["prefecture"] = frame.index.str[:2]
    return frame.dropna(subset=["threes", *CONTROLS])


def fitted(
    frame: pd.DataFrame, outcome: str, controls: list[str], effects: list[str]
) -> dict[str, float]:
    """Coefficient of three items, 95 % limits and p-value, clustered by prefecture."""
    kept = frame.dropna(subset=[outcome])
    columns = [kept[["threes", *controls]]]
    if effects:
        columns.append(pd.get_dummies(kept[effects], drop_first=True, dtype=float))
    x = sm.add_constant(pd.concat(columns, axis=1))
    groups = pd.factorize(kept["prefecture"])[0]
    fit = sm.OLS(kept[outcome], x).fit(cov_type="cluster", cov_kwds={"groups": groups})
    point, error, degrees = float(fit.params["threes"]), float(fit.bse["threes"]), groups.max()
    reach = stats.t.ppf(0.975, degrees) * error
    p = 2 * stats.t.sf(abs(point) / error, degrees)
    return {"point": point, "width": 2 * reach, "p": float(p), "n": len(kept)}


@pytest.fixture(scope="module")
def found(site: Site) -> dict[str, dict[str, Any]]:
    return site.findings("dx_capacity")


@pytest.mark.parametrize(
    ("finding", "outcome", "verdict"),
    [
        ("dc-offered", "common", "no_effect"),
        ("dc-childcare", "care", "inconclusive"),
        ("dc-used", "used", "no_effect"),
        ("dc-bookings", "booked", "inconclusive"),
    ],
)
def test_with_controls(
    found: dict[str, dict[str, Any]],
    bodies: pd.DataFrame,
    finding: str,
    outcome: str,
    verdict: str,
) -> None:
    expected = fitted(bodies, outcome, CONTROLS, ["prefecture", "kind"])
    told = found[finding]
    assert told["n"] == expected["n"]
    assert told["estimate"] == pytest.approx(expected["point"], abs=SAME)
    assert told["ci_high"] - told["ci_low"] == pytest.approx(expected["width"], rel=WIDTH)
    assert (told["verdict"], told["sms"]) == (verdict, 2)


def test_with_nothing_held_constant_the_association_is_large(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    expected = fitted(bodies, "common", [], [])
    assert found["dc-naive"]["estimate"] == pytest.approx(expected["point"], abs=SAME)
    assert found["dc-naive"]["verdict"] == "supported"
    assert found["dc-naive"]["estimate"] > 3 * found["dc-offered"]["estimate"]


def test_no_procedure_remains_after_correction(
    site: Site, bodies: pd.DataFrame, rates: pd.DataFrame
) -> None:
    joined = rates.merge(bodies, left_on="lgcode", right_index=True)
    p_values = []
    for _, group in joined.groupby("item"):
        if len(group) >= LEAST_BODIES and group["application_rate_pct"].std() > 0:
            p = fitted(group, "application_rate_pct", CONTROLS, ["prefecture"])["p"]
            p_values.append(p)
    limits = 0.05 * np.arange(1, len(p_values) + 1) / len(p_values)
    assert (np.sort(p_values) > limits).all()
    page = (site.out / "dx_capacity.html").read_text(encoding="utf-8")
    assert "条件をそろえると、関連があると言える手続はない" in page
