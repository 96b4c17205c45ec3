"""The counts of own data that may be shown, decided once over all tables: `mart_cell`.

Every table, chart and sentence of a page takes its groups from here. What is hidden is decided for
all published counts of a data set together (`ebpm.methods.suppression`), so that no total, margin
or difference of two tables gives a hidden count away.
"""

from collections.abc import Iterator, Sequence

import duckdb
import pandas as pd

from ebpm.methods.suppression import Suppression, suppress

TABLE = "raw.cell"
KEYS = ("key_1", "key_2", "key_3")
JOINT = " × "
NOT_GIVEN = "（記載なし）"
Dims = tuple[str, ...]

HANDLING: tuple[Dims, ...] = (
    (),
    ("channel",),
    ("procedure",),
    ("office",),
    ("received_month",),
)
SURVEY: tuple[Dims, ...] = (("wave",), ("wave", "age_band"))
PUBLISHED: dict[str, tuple[str, tuple[Dims, ...]]] = {
    "handling_log": ("mart_handling", HANDLING),
    "event_log": ("mart_handling", HANDLING),
    "staff_survey": (
        "mart_staff_survey",
        (*SURVEY, ("wave", "unit"), ("wave", "role")),
    ),
    "resident_survey": (
        "mart_resident_survey",
        (*SURVEY, ("wave", "district"), ("wave", "channel")),
    ),
    "training_log": ("mart_training", ((), ("course",), ("office",))),
}
"""The tables of counts that pages may show, by form: where they are counted, and by what."""


def create(
    connection: duckdb.DuckDBPyConnection, smallest: int, lineage: dict[str, set[str]]
) -> None:
    """Makes `raw.cell`, from which `mart_cell` is made: one row per data set, table and cell."""
    connection.execute(
        f"CREATE TABLE {TABLE} (dataset VARCHAR, form VARCHAR, dims VARCHAR, key_1 VARCHAR, "
        "key_2 VARCHAR, key_3 VARCHAR, n BIGINT, is_hidden BOOLEAN)"
    )
    lineage[TABLE] = set()
    for form, (mart, published) in PUBLISHED.items():
        lineage[TABLE] |= lineage.get(f"raw.{form}", set())
        for dataset in _datasets(connection, form, mart):
            counts = _counts(connection, form, mart, dataset, published)
            for frame in _rows(suppress(counts, published, smallest), dataset, form):
                connection.register("cells", frame)
                connection.execute(f"INSERT INTO {TABLE} BY NAME SELECT * FROM cells")
                connection.unregister("cells")


def _datasets(connection: duckdb.DuckDBPyConnection, form: str, mart: str) -> list[str]:
    only = f"WHERE form = '{form}'" if mart == "mart_handling" else ""
    rows = connection.execute(f"SELECT DISTINCT dataset FROM {mart} {only} ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def _counts(
    connection: duckdb.DuckDBPyConnection,
    form: str,
    mart: str,
    dataset: str,
    published: Sequence[Dims],
) -> pd.DataFrame:
    """How many rows share each combination of all keys; a blank is a group of its own."""
    keys = list(dict.fromkeys(key for dims in published for key in dims))
    named = ", ".join(f"coalesce(CAST({key} AS VARCHAR), '{NOT_GIVEN}') AS {key}" for key in keys)
    only = f"AND form = '{form}'" if mart == "mart_handling" else ""
    return connection.execute(
        f"SELECT {named}, count(*) AS n FROM {mart} WHERE dataset = ? {only} GROUP BY ALL ORDER BY ALL",
        [dataset],
    ).df()


def _rows(found: Suppression, dataset: str, form: str) -> Iterator[pd.DataFrame]:
    for dims, table in found.tables.items():
        given = {name: table[key].astype("string") for name, key in zip(KEYS, dims, strict=False)}
        blank = dict.fromkeys(KEYS[len(dims) :], "")
        shown = table["n"].astype("Int64").mask(table["is_hidden"])
        yield pd.DataFrame(given, index=table.index).assign(
            **blank,
            dataset=dataset,
            form=form,
            dims=JOINT.join(dims),
            n=shown,
            is_hidden=table["is_hidden"],
        )
