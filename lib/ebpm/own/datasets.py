"""What a notebook on own data works on: `ebpm.own_data`."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ebpm import warehouse
from ebpm.own import places
from ebpm.warehouse import WarehouseError

TABLE = "own_dataset"


class OwnDataError(ValueError):
    """No such data set, or several of which none was chosen; one line."""


@dataclass(frozen=True)
class OwnData:
    """A data set of own data: its name and form, and below how many cases nothing is shown."""

    form: str
    dataset: str
    rows: int
    synthetic: bool
    smallest_cell: int


def own_data(form: str, dataset: str = "") -> OwnData:
    """The data set of a form; without a name, the only one there is.

    In a notebook that no run has started, the queries to come go to the warehouse of own data.
    Raises OwnDataError where there is none, none of this name, or several to choose from.
    """
    if warehouse.fixed() is None:
        warehouse.use(current_warehouse())
    known = {each.dataset: each for each in datasets(warehouse.in_use()) if each.form == form}
    names = "、".join(known)
    if dataset in known:
        return known[dataset]
    if not known:
        raise OwnDataError(
            f"様式 {form} のデータがありません。ebpm import FILE --form {form} で取り込んでください。"
        )
    if dataset:
        raise OwnDataError(
            f"様式 {form} にデータセット「{dataset}」はありません。あるもの：{names}。"
        )
    if len(known) > 1:
        raise OwnDataError(
            f"様式 {form} のデータセットが複数あります。どれかを選んでください：{names}。"
        )
    return next(iter(known.values()))


def current_warehouse() -> Path:
    """The file of own data; raises WarehouseError where nothing was imported."""
    try:
        return warehouse.current(places.warehouse())
    except WarehouseError:
        raise WarehouseError(
            "庁内データがまだありません。ebpm import FILE --form 様式 で取り込んでください"
            "（試すだけなら ebpm example）。"
        ) from None


def datasets(path: Path) -> list[OwnData]:
    """The data sets in a warehouse file; none in one of published data."""
    with duckdb.connect(str(path), read_only=True) as connection:
        there = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [TABLE]
        ).fetchone()
        if not there or not there[0]:
            return []
        rows = connection.execute(f"SELECT * FROM {TABLE} ORDER BY form, dataset").fetchall()
    return [OwnData(*row) for row in rows]


def smallest_cell_of(path: Path) -> int | None:
    """The number below which nothing of a warehouse file is shown; None for published data."""
    try:
        found = datasets(path)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"データベースを読めません（{reason}）。") from None
    return max((each.smallest_cell for each in found), default=None)
