"""Least squares over any number of rows: grouped into cells inside DuckDB, fitted on the cells.

Rows that agree in regressors, fixed effects and clusters differ in the outcome alone, and enter
coefficients and clustered errors only by their number and the mean of their outcome. The result is
that of `ebpm.methods.regression.ols` on the rows themselves, up to rounding.

Wong, J., E. Forsell, R. Lewis, T. Mao and M. Wardrop (2021), "You Only Compress Once: Optimal Data
Compression for Estimating Linear Models", arXiv:2102.11297.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ebpm.lineage import quoted
from ebpm.methods.regression import (
    MethodError,
    Regression,
    chosen_errors,
    require_complete,
    result_of,
    smaller_sides,
)
from ebpm.methods.requirements import groups_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

# A frame of so many cells takes about 1 GB.
MAX_CELLS = 10_000_000
ROWS = "n_rows"


def ols(
    connection: "duckdb.DuckDBPyConnection",
    source: str,
    outcome: str,
    regressors: Sequence[str],
    *,
    cluster: str | tuple[str, str],
    fixed_effects: Sequence[str] = (),
) -> Regression:
    """Least squares of `outcome` on `regressors` in `source`, a table or a query in parentheses.

    Errors are clustered by one column or two (CR1). Regressors, fixed effects and clusters should
    take few values together: a regressor that differs in every row leaves nothing to group. Raises
    MethodError on missing or infinite values, on more than MAX_CELLS cells, where clusters are so
    few that errors need single rows (CR2), and wherever `regression.ols` does.
    """
    ways = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    keys = list(dict.fromkeys([*regressors, *ways, *fixed_effects]))
    cells = _cells(connection, source, outcome, keys)
    groups = tuple(groups_of(cells, name) for name in ways)
    treated = smaller_sides(cells, regressors, groups)
    if chosen_errors(None, groups, treated) != "CR1":
        raise MethodError(
            "クラスターが少ないため、行ごとの値が要ります。"
            "行を抜き出して ebpm.methods.regression.ols を使ってください。"
        )
    return result_of(
        cells,
        outcome,
        regressors,
        groups=groups,
        fixed_effects=fixed_effects,
        weights=ROWS,
        errors="CR1",
        treated=treated,
        n=int(cells[ROWS].sum()),
    )


def _cells(
    connection: "duckdb.DuckDBPyConnection", source: str, outcome: str, keys: list[str]
) -> "pd.DataFrame":
    """One row per combination of the keys: how many rows, and the mean of their outcome."""
    named = ", ".join(map(quoted, keys))
    value = quoted(outcome)
    cells = connection.execute(
        f"SELECT {named}, count(*) AS {ROWS}, favg({value}) AS {value}, "
        f"count(*) - count({value}) AS n_missing "
        f"FROM {source} GROUP BY {named} ORDER BY {named} LIMIT {MAX_CELLS + 1}"
    ).df()
    if len(cells) > MAX_CELLS:
        raise MethodError(
            f"まとめても {MAX_CELLS:,} 個を超えます。値の種類が多い変数を、階級に分けてください。"
        )
    if (cells["n_missing"] > 0).any():
        raise MethodError(f"欠測のある列：{outcome}。除く行を数えてから渡してください。")
    require_complete(cells, [outcome, *keys])
    return cells
