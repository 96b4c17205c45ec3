"""Regressions on grouped cells equal those on the rows, which are held to outside references."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from ebpm.methods import grouped, regression
from ebpm.methods.requirements import MethodError

# Sums in another order differ in the last digits; the issue of this is ten of them.
RTOL = 1e-10
NUMBERS = ["estimate", "standard_error", "degrees", "ci_low", "ci_high", "p_value"]


def log(rows: int = 20_000, bodies: int = 60) -> pd.DataFrame:
    """Applications with a handling time that hangs on channel, body and month."""
    draw = np.random.default_rng(3)
    body, month = draw.integers(0, bodies, rows), draw.integers(0, 24, rows)
    online, kind = draw.integers(0, 2, rows), draw.integers(0, 4, rows)
    own = draw.normal(0, 3, bodies)
    minutes = 30 - 4 * online + 2 * kind + own[body] + 0.1 * month + draw.gamma(2, 5, rows)
    return pd.DataFrame(
        {"body": body, "month": month, "online": online, "kind": kind, "minutes": minutes}
    ).assign(body=lambda t: t["body"].map("{:06d}".format))


@pytest.mark.parametrize(
    "cluster, effects",
    [
        ("body", ()),
        ("body", ("body",)),
        ("body", ("body", "month")),
        ("body", ("month",)),
    ],
)
def test_cells_give_the_result_of_their_rows(cluster: str, effects: tuple[str, ...]) -> None:
    rows = log()
    with duckdb.connect() as connection:
        connection.register("log", rows)
        options = {"cluster": cluster, "fixed_effects": effects}
        found = grouped.ols(connection, "log", "minutes", ["online", "kind"], **options)  # type: ignore[arg-type]
    expected = regression.ols(rows, "minutes", ["online", "kind"], **options)  # type: ignore[arg-type]
    assert (found.method, found.design, found.errors) == (expected.method, expected.design, "CR1")
    assert (found.n, found.n_clusters, found.treated) == (
        expected.n,
        expected.n_clusters,
        expected.treated,
    )
    for name in NUMBERS:
        np.testing.assert_allclose(
            found.coefficients[name], expected.coefficients[name], rtol=RTOL, atol=1e-300
        )


def test_a_query_may_stand_for_the_table() -> None:
    rows = log()
    with duckdb.connect() as connection:
        connection.register("log", rows)
        source = "(SELECT * FROM log WHERE kind = 1)"
        found = grouped.ols(connection, source, "minutes", ["online"], cluster="body")
    part = rows[rows["kind"] == 1]
    expected = regression.ols(part, "minutes", ["online"], cluster="body")
    assert found.n == len(part)
    assert found.of("online").estimate == pytest.approx(expected.of("online").estimate, rel=RTOL)


@pytest.mark.parametrize("column", ["minutes", "online", "body"])
def test_missing_values_are_refused_as_in_the_rows(column: str) -> None:
    rows = log(500).astype({"online": "Int64"})
    rows.loc[3, column] = None
    with duckdb.connect() as connection, pytest.raises(MethodError, match=column):
        connection.register("log", rows)
        grouped.ols(connection, "log", "minutes", ["online"], cluster="body")


def test_few_clusters_and_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with duckdb.connect() as connection:
        connection.register("log", log(2_000, bodies=8))
        with pytest.raises(MethodError, match="クラスターが少ない"):
            grouped.ols(connection, "log", "minutes", ["online"], cluster="body")
        monkeypatch.setattr(grouped, "MAX_CELLS", 5)
        with pytest.raises(MethodError, match="5 個を超えます"):
            grouped.ols(connection, "log", "minutes", ["online"], cluster="body")
