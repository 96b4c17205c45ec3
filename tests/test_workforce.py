"""The report on the workforce against computations of its own, from the published figures alone.

Only pandas, NumPy and statsmodels: nothing of `ebpm.methods`. Tolerances: 1e-6 where the
computation is the same; 3 % for limits whose small-sample factor counts the fixed effects otherwise.
"""

from typing import Any

import duckdb
import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from conftest import Site
from ebpm.paths import FIGURES

HORIZON, LAST_STAFF, FIRST_STAFF = 2040, 2023, 2021
AHEAD = HORIZON - LAST_STAFF
COUNTER, ONLINE, SHARE, APPLICATIONS, HOURS = 30.0, 10.0, 0.2, 5.0, 1800.0
LIMIT_PCT = 4.5


@pytest.fixture(scope="module")
def found(site: Site) -> dict[str, dict[str, Any]]:
    return site.findings("workforce")


@pytest.fixture(scope="module")
def bodies() -> pd.DataFrame:
    """One row a municipality: yearly factors and staff, with the rules of exclusion applied."""
    table: pd.DataFrame = (
        duckdb.connect()
        .execute(
            f"SELECT lgcode, indicator, CAST(fiscal_year AS INTEGER) AS year, "
            f"arg_max(CAST(value AS DOUBLE), edition) AS value "
            f"FROM '{FIGURES / 'ssdse_a'}.parquet' GROUP BY ALL"
        )
        .df()
    )
    wide = table.pivot(index="lgcode", columns=["indicator", "year"], values="value")
    ages = {
        year: wide[[("A1301", year), ("A1302", year), ("A1303", year)]].sum(axis=1)
        for year in (2015, 2020)
    }
    working = {
        year: wide["A1302"][year] / ages[year] * wide["A1101"][year] for year in (2015, 2020)
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        frame = pd.DataFrame(
            {
                "population": wide["A1101"][2020],
                "per_head": (wide["A1101"][2020] / wide["A1101"][2015]) ** 0.2,
                "working": (working[2020] / working[2015]) ** 0.2,
                "staff": wide["D1202"][LAST_STAFF],
                "staff_change": 100 * (wide["D1202"][2023] / wide["D1202"][2021] - 1),
            }
        )
    natural = (wide["A4101"] - wide["A4200"])[[2020, 2021, 2022]].T.mean()
    social = (wide["A5101"] - wide["A5102"])[[2020, 2021, 2022, 2023]].T.mean()
    frame["moved"] = 1 + (natural + social) / frame["population"]
    frame["prefecture"] = frame.index.str[:2]
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    frame["kind"] = registry["kind"].reindex(frame.index)
    finite = np.isfinite(frame["per_head"]) & np.isfinite(frame["working"])
    kept: pd.DataFrame = frame[finite & ((frame["per_head"] - 1).abs() <= LIMIT_PCT / 100)]
    return kept


def test_bodies_that_cannot_be_carried_forward_are_left_out(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    evacuated = {"075434", "075451", "075469", "075477", "075647", "075426", "075485"}
    assert not evacuated & set(bodies.index)
    assert {finding["n"] for finding in found.values()} == {len(bodies)} == {1732}


def test_staff_as_people_of_working_age(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    change = 100 * (bodies["working"] ** AHEAD - 1)
    per_head = 100 * ((bodies["working"] / bodies["per_head"]) ** AHEAD - 1)
    assert found["wf-working-age"]["estimate"] == pytest.approx(change.median(), rel=1e-6)
    assert found["wf-per-head"]["estimate"] == pytest.approx(per_head.median(), rel=1e-6)
    assert change.median() < per_head.median() < -10


def test_unknown_ages_are_shared_out(found: dict[str, dict[str, Any]]) -> None:
    """Without that, people of working age would seem to decline faster."""
    raw = (
        duckdb.connect()
        .execute(
            f"SELECT lgcode, max(value) FILTER (fiscal_year::INT = 2015) AS before, "
            f"max(value) FILTER (fiscal_year::INT = 2020) AS after "
            f"FROM (SELECT lgcode, fiscal_year, CAST(value AS DOUBLE) AS value "
            f"FROM '{FIGURES / 'ssdse_a'}.parquet' WHERE indicator = 'A1302') GROUP BY lgcode"
        )
        .df()
        .query("before > 0")
    )
    naive = 100 * ((raw["after"] / raw["before"]) ** (AHEAD / 5) - 1)
    assert naive.median() < found["wf-working-age"]["estimate"] - 0.5


def test_staff_move_with_people_of_working_age_but_less(
    found: dict[str, dict[str, Any]], bodies: pd.DataFrame
) -> None:
    dummies = pd.get_dummies(bodies[["prefecture", "kind"]], drop_first=True, dtype=float)
    x = dummies.assign(working=100 * (bodies["working"] - 1), size=np.log(bodies["population"]))
    fit = sm.OLS(bodies["staff_change"], sm.add_constant(x)).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(bodies["prefecture"])[0]},
        use_t=True,
    )
    low, high = fit.conf_int().loc["working"]
    follow = found["wf-follow"]
    assert follow["estimate"] == pytest.approx(fit.params["working"], rel=1e-6)
    assert (follow["ci_low"], follow["ci_high"]) == pytest.approx((low, high), rel=0.03)
    assert follow["verdict"] == "supported" and follow["sms"] == 2
    assert follow["ci_high"] < LAST_STAFF - FIRST_STAFF, "less than at the very same rate"


def test_online_share_needed(found: dict[str, dict[str, Any]], bodies: pd.DataFrame) -> None:
    """Solved the other way round: at that share the minutes per staff member are today's."""
    ratio = (bodies["working"] / bodies["per_head"]) ** AHEAD
    rise = found["wf-online-rise"]["estimate"] / 100
    now = COUNTER - (COUNTER - ONLINE) * SHARE
    then = COUNTER - (COUNTER - ONLINE) * (SHARE + rise)
    assert then / ratio.median() == pytest.approx(now, rel=1e-6)


def test_whole_gap_is_out_of_reach(found: dict[str, dict[str, Any]], bodies: pd.DataFrame) -> None:
    kept = bodies["staff"] * bodies["per_head"] ** AHEAD
    left = bodies["staff"] * bodies["working"] ** AHEAD
    residents = bodies["population"] * bodies["per_head"] ** (HORIZON - 2020)
    all_online = residents * APPLICATIONS * (1 - SHARE) * (COUNTER - ONLINE) / 60
    short = (kept - left) * HOURS > all_online
    assert found["wf-whole-gap"]["estimate"] == pytest.approx(100 * short.mean(), rel=1e-6)
    assert found["wf-whole-gap"]["verdict"] == "descriptive"


def test_scenario_by_births_and_moves(site: Site, bodies: pd.DataFrame) -> None:
    executed = nbformat.read(site.out / "workforce.ipynb", as_version=4)
    payloads = [
        payload
        for cell in executed.cells
        for output in cell.get("outputs", [])
        for mime, payload in output.get("data", {}).items()
        if mime == "application/vnd.ebpm.figure+json" and payload["id"] == "wf-spread"
    ]
    keys = [column["key"] for column in payloads[0]["table"]["columns"]]
    rows = pd.DataFrame(payloads[0]["table"]["rows"], columns=keys)
    expected = 100 * (bodies["moved"] ** AHEAD - 1)
    assert rows["p50"].iloc[2] == pytest.approx(expected.median(), rel=1e-6)
    assert rows["p90"].iloc[2] == pytest.approx(expected.quantile(0.9), rel=1e-6)
