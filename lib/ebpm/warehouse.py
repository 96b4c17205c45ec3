"""The warehouse: figures → staging → marts in one DuckDB file, built beside and swapped.

Every build is a new versioned file; `current` is a link that moves in one step, so a reader sees
the old warehouse or the new one, never half of one. Three generations are kept. Readers open the
real file read-only and never block a build.
"""

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from ebpm import __version__, contracts, sql_header
from ebpm.figures import Figure, available, sha256
from ebpm.lineage import tables_of
from ebpm.paths import DATA
from ebpm.sql_header import sql_files

GENERATIONS_KEPT = 3
LINK = "current"
COLUMNS_OF_SET_ASIDE = "table_name VARCHAR, reason VARCHAR, content VARCHAR"
EDITION_COLUMNS = ("edition", "dataset")
DECLARED_TABLES = {
    "imported": "dataset VARCHAR, edition VARCHAR, lgcode VARCHAR, indicator VARCHAR, "
    "fiscal_year INTEGER, date VARCHAR, value DOUBLE, missing VARCHAR, unit VARCHAR, "
    "indicator_name VARCHAR"
}
"""Tables that no shipped figure fills; they are there, empty, until something is imported."""


opened: list[Path] = []
"""The warehouses that this process has opened for reading: thresholds are declared before that."""


class WarehouseError(RuntimeError):
    """The warehouse is missing, a figure does not match its record, or a contract is broken."""


@dataclass(frozen=True)
class Account:
    """Rows of one table: what was read, loaded and set aside."""

    table: str
    layer: str
    read: int
    loaded: int
    set_aside: int


@dataclass(frozen=True)
class Build:
    """A finished build: its file, what it was made from, the account of every table."""

    path: Path
    inputs_sha256: str
    accounts: tuple[Account, ...]
    unchanged: bool


def default_folder() -> Path:
    """Where the generations live: `EBPM_WAREHOUSE`, else `data/warehouse` of the checkout."""
    return Path(os.environ.get("EBPM_WAREHOUSE") or DATA / "warehouse")


def current(folder: Path | None = None) -> Path:
    """The real file of the current generation; raises WarehouseError when none was built."""
    link = (folder or default_folder()) / LINK
    try:
        return link.resolve(strict=True)
    except FileNotFoundError:
        raise WarehouseError(
            "データベースがまだありません。先に ebpm build を実行してください。"
        ) from None


def generation(inputs_sha256: str, folder: Path | None = None) -> Path:
    """The kept generation that was made from these inputs, the newest of them.

    Raises WarehouseError where it is not among the generations that are kept.
    """
    home = folder or default_folder()
    for path in sorted(home.glob("ebpm-*.duckdb"), reverse=True):
        if _inputs_of(path) == inputs_sha256:
            return path
    raise WarehouseError(
        f"作成に使ったデータベース（{inputs_sha256[:12]}）が残っていません。"
        "同じデータと同じ版のプログラムで ebpm build を実行してください。"
    )


def _inputs_of(path: Path) -> str | None:
    """What a generation was made from; None for a damaged one."""
    try:
        return stored_inputs(path)
    except WarehouseError:
        return None


def in_use(folder: Path | None = None) -> Path:
    """The file that is read: the one that a run has fixed, else the current generation."""
    return (None if folder else fixed()) or current(folder)


def use(path: Path) -> None:
    """Sends the queries of this process to another warehouse file."""
    os.environ["EBPM_WAREHOUSE_FILE"] = str(path)


def fixed() -> Path | None:
    """The file that a run has fixed for its reports."""
    fixed = os.environ.get("EBPM_WAREHOUSE_FILE")
    return Path(fixed) if fixed else None


def connect(folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the warehouse in use."""
    path = in_use(folder)
    opened.append(path)
    if path == fixed():
        _held_open(path)
    return duckdb.connect(str(path), read_only=True)


@cache
def _held_open(path: Path) -> duckdb.DuckDBPyConnection:
    """A run's warehouse stays open in the process of a report, so that each query finds it so.

    One thread a report: a run makes several reports at a time.
    """
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("SET threads = 1")
    return connection


def build(folder: Path | None = None, figures: Path | None = None, *, force: bool = False) -> Build:
    """Builds the warehouse from the figures, unless the current one was made from the same inputs.

    Raises WarehouseError where a figure does not match its record, or a contract is broken; the
    last good warehouse stays.
    """
    target = folder or default_folder()
    given = _figures(figures)
    check_records(given)
    inputs = inputs_sha256(given)
    if not force and (done := _unchanged(target, inputs)):
        return done
    target.mkdir(parents=True, exist_ok=True)
    clean_up_after_dead_builds(target)
    beside = target / f"building-{os.getpid()}-{time.time_ns()}.duckdb"
    try:
        accounts = _fill(beside, given, inputs)
    except (sql_header.HeaderError, contracts.ContractError) as error:
        beside.unlink(missing_ok=True)
        raise WarehouseError(str(error)) from None
    except duckdb.Error as error:
        beside.unlink(missing_ok=True)
        reason = str(error).splitlines()[0]
        raise WarehouseError(
            f"データベースを作れません（{reason}）。data/figures を確かめてください。"
        ) from error
    path = swap(target, beside)
    prune(target)
    return Build(path, inputs, accounts, unchanged=False)


def inputs_sha256(figures: list[Figure]) -> str:
    """One hash over everything that decides the content: figures, SQL, builder, versions."""
    digest = hashlib.sha256(f"{__version__} {duckdb.__version__}".encode())
    for module in (__file__, contracts.__file__, sql_header.__file__):
        digest.update(Path(module).read_bytes())
    digest.update(sql_header.shared_text().encode())
    for figure in figures:
        digest.update(json.dumps(figure.record, sort_keys=True).encode())
    for layer in ("staging", "marts", "contracts"):
        for name, sql in sql_files(layer):
            digest.update(f"{name}\n{sql}".encode())
    return digest.hexdigest()


def stored_inputs(path: Path) -> str:
    """The hash of what a warehouse file was made from, as its build stored it."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            row = connection.execute("SELECT inputs_sha256 FROM build_info").fetchone()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(
            f"データベースを読めません（{reason}）。ebpm build を実行してください。"
        ) from None
    assert row is not None
    return str(row[0])


def accounts(connection: duckdb.DuckDBPyConnection) -> tuple[Account, ...]:
    """The account of rows that the build stored."""
    rows = connection.execute("SELECT * FROM account ORDER BY position").fetchall()
    return tuple(Account(*row[1:]) for row in rows)


def _unchanged(folder: Path, inputs: str) -> Build | None:
    try:
        path = current(folder)
    except WarehouseError:
        return None
    try:
        if stored_inputs(path) != inputs:
            return None
        with duckdb.connect(str(path), read_only=True) as connection:
            return Build(path, inputs, accounts(connection), unchanged=True)
    except (duckdb.Error, WarehouseError):
        return None  # a damaged generation: build a new one


def _figures(folder: Path | None) -> list[Figure]:
    """The figures of a folder; without one, the shipped figures and those of this machine."""
    # Imported here: only a build needs the readers and the fetching, every notebook this module.
    from ebpm import local
    from ebpm.fetch.web import FetchError
    from ebpm.readers.reading import ReadError

    try:
        return available(folder) if folder else available() + local.refresh()
    except (ReadError, FetchError) as error:
        raise WarehouseError(str(error)) from None
    except (ValueError, KeyError) as error:
        raise WarehouseError(
            f"data/figures の記録（.json）を読めません（{error}）。元に戻してください。"
        ) from None


def check_records(figures: list[Figure]) -> None:
    if not figures:
        raise WarehouseError("data/figures に表がありません。配布物を確かめてください。")
    for figure in figures:
        if not figure.path.exists() or sha256(figure.path) != figure.record["sha256"]:
            raise WarehouseError(
                f"{figure.path.parent.name}/{figure.path.name} が記録（sha256）と一致しません。"
                "手で直さず、ebpm figures で作り直すか、元に戻してください。"
            )


def _fill(path: Path, figures: list[Figure], inputs: str) -> tuple[Account, ...]:
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("CREATE SCHEMA staging")
        # In memory: what is dropped from the file itself leaves its room behind.
        connection.execute("ATTACH ':memory:' AS raw")
        connection.execute(f"CREATE TABLE set_aside ({COLUMNS_OF_SET_ASIDE})")
        lineage: dict[str, set[str]] = {}
        for table, columns in DECLARED_TABLES.items():
            connection.execute(f"CREATE TABLE raw.{table} ({columns})")
        for table, parts in _by_table(figures).items():
            lineage[f"raw.{table}"] = {part.name for part in parts}
            _load(connection, table, parts)
        done = [_stage(connection, name, sql, lineage) for name, sql in sql_files("staging")]
        connection.execute("DETACH raw")
        done += marts(connection, lineage)
        contracts.check(connection)
        describe(connection, figures, lineage, done, inputs)
    return tuple(done)


def _by_table(figures: list[Figure]) -> dict[str, list[Figure]]:
    tables: dict[str, list[Figure]] = {}
    for figure in figures:
        tables.setdefault(figure.table, []).append(figure)
    return tables


def _load(connection: duckdb.DuckDBPyConnection, table: str, parts: list[Figure]) -> None:
    """Loads a table's figures as they are; a later figure's editions replace those before it.

    An edition is told by `edition` and, in a table that holds several data sets, `dataset`.
    """
    if table not in DECLARED_TABLES:
        connection.execute(f"CREATE TABLE raw.{table} AS SELECT * FROM {_scan(parts[0])} LIMIT 0")
    columns = {row[0] for row in connection.execute(f"DESCRIBE raw.{table}").fetchall()}
    edition = ", ".join(f"CAST({name} AS VARCHAR)" for name in EDITION_COLUMNS if name in columns)
    for number, part in enumerate(parts):
        if number:
            connection.execute(
                f"DELETE FROM raw.{table} WHERE ({edition}) IN "
                f"(SELECT DISTINCT ({edition}) FROM {_scan(part)})"
            )
        connection.execute(f"INSERT INTO raw.{table} BY NAME SELECT * FROM {_scan(part)}")


def _scan(figure: Figure) -> str:
    """The figure's file as a table function; a CSV as text, so that no code loses its zeros."""
    quoted = "'" + str(figure.path).replace("'", "''") + "'"
    is_csv = figure.path.suffix == ".csv"
    return f"read_csv({quoted}, all_varchar = true)" if is_csv else f"read_parquet({quoted})"


def _stage(
    connection: duckdb.DuckDBPyConnection, name: str, sql: str, lineage: dict[str, set[str]]
) -> Account:
    """Creates a staging table; rows with a `set_aside_reason` go to `set_aside` instead."""
    table = f"staging.{name}"
    lineage[table] = _sources_of(connection, sql, lineage)
    connection.execute(f"CREATE TABLE raw.{name} AS {sql}")
    connection.execute(
        f"INSERT INTO set_aside SELECT '{name}', set_aside_reason, CAST(to_json(t) AS VARCHAR) "
        f"FROM raw.{name} AS t WHERE set_aside_reason IS NOT NULL"
    )
    connection.execute(
        f"CREATE TABLE {table} AS SELECT * EXCLUDE (set_aside_reason) FROM raw.{name} "
        "WHERE set_aside_reason IS NULL"
    )
    read, loaded = _count(connection, f"raw.{name}"), _count(connection, table)
    connection.execute(f"DROP TABLE raw.{name}")
    return Account(name, "staging", read, loaded, read - loaded)


def marts(
    connection: duckdb.DuckDBPyConnection, lineage: dict[str, set[str]], folder: str = "marts"
) -> list[Account]:
    """Creates the marts of a folder of SQL files, each after the tables it reads."""
    waiting = dict(sql_files(folder))
    done: list[Account] = []
    while waiting:
        ready = [
            name for name, sql in waiting.items() if not tables_of(connection, sql) & waiting.keys()
        ]
        if not ready:
            raise WarehouseError(f"SQL が互いを参照しています：{', '.join(sorted(waiting))}")
        for name in ready:
            sql = waiting.pop(name)
            lineage[name] = _sources_of(connection, sql, lineage)
            connection.execute(f"CREATE TABLE {name} AS {sql}")
            rows = _count(connection, name)
            done.append(Account(name, "mart", rows, rows, 0))
    return done


def _sources_of(
    connection: duckdb.DuckDBPyConnection, sql: str, lineage: dict[str, set[str]]
) -> set[str]:
    return set().union(*(lineage.get(table, set()) for table in tables_of(connection, sql)))


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def describe(
    connection: duckdb.DuckDBPyConnection,
    figures: list[Figure],
    lineage: dict[str, set[str]],
    done: list[Account],
    inputs: str,
) -> None:
    """Stores what the warehouse is made of, so that every number can lead to its source."""
    connection.execute("CREATE TABLE source (figure VARCHAR, record VARCHAR)")
    connection.executemany(
        "INSERT INTO source VALUES (?, ?)",
        [[figure.name, json.dumps(figure.record, ensure_ascii=False)] for figure in figures],
    )
    connection.execute("CREATE TABLE lineage (table_name VARCHAR, figure VARCHAR)")
    connection.executemany(
        "INSERT INTO lineage VALUES (?, ?)",
        [[table, figure] for table, used in sorted(lineage.items()) for figure in sorted(used)],
    )
    connection.execute(
        "CREATE TABLE account (position INTEGER, table_name VARCHAR, layer VARCHAR, "
        "rows_read BIGINT, rows_loaded BIGINT, rows_set_aside BIGINT)"
    )
    connection.executemany(
        "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?)",
        [
            [position, row.table, row.layer, row.read, row.loaded, row.set_aside]
            for position, row in enumerate(done)
        ],
    )
    connection.execute("CREATE TABLE build_info AS SELECT ? AS inputs_sha256", [inputs])


def swap(folder: Path, beside: Path) -> Path:
    """Gives the finished file its version and moves `current` to it in one step."""
    with beside.open("rb") as stream:
        os.fsync(stream.fileno())
    path = folder / f"ebpm-{time.time_ns():020d}.duckdb"
    beside.rename(path)
    link = folder / f"{LINK}-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(path.name)
    link.replace(folder / LINK)
    return path


def prune(folder: Path) -> None:
    """Removes generations older than the kept ones, but never the one that readers are sent to."""
    in_use = current(folder)
    for path in sorted(folder.glob("ebpm-*.duckdb"))[:-GENERATIONS_KEPT]:
        if path.name != in_use.name:
            path.unlink(missing_ok=True)


def clean_up_after_dead_builds(folder: Path) -> None:
    for path in [*folder.glob("building-*"), *folder.glob(f"{LINK}-*")]:
        pid = path.name.split("-")[1]
        if not pid.isdigit() or _alive(int(pid)):
            continue
        if path.is_dir() and not path.is_symlink():  # what DuckDB spilled to disk
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
