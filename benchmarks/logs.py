"""Large logs: a CP932 file against DuckDB reading the same rows in UTF-8; memory of both sizes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.measuring import Ratio, in_turn

ROWS, MANY_ROWS = 5_000_000, 50_000_000
ROUNDS = 3
TYPES = {"受付日時": "timestamp", "処理時間_分": "integer"}
# The same words a million times, as logs have them; seeded by the row's number.
SYNTHETIC = """
    SELECT printf('R%08d', i) AS 受付番号,
        strftime(TIMESTAMP '2015-04-01 08:30:00' + to_seconds(i * 7 % 315360000), '%Y-%m-%d %H:%M:%S')
            AS 受付日時,
        ['住民票の写しの交付', '印鑑登録証明書①', '児童手当の認定請求', '㈱・法人の届出',
            '髙齢者福祉用具', 'ソ表能の申請', '妊娠の届出'][1 + i * 31 % 7] AS 手続,
        ['市民課', '税務課', '福祉課', 'こども課'][1 + i * 17 % 4] AS 部署,
        ['窓口', '郵送', 'オンライン'][1 + (hash(i) % 3)::INTEGER] AS 申請方法,
        5 + (hash(i * 3) % 55)::INTEGER AS 処理時間_分,
        printf('%06d', 11002 + i % 1741 * 10) AS 団体コード,
        CASE WHEN i % 11 = 0 THEN '添付書類の不備、再提出を依頼' END AS 備考
    FROM range({rows}) AS t(i)"""
TYPED = "types = {'受付番号': 'VARCHAR', '団体コード': 'VARCHAR'}"


def ratios() -> Iterator[Ratio]:
    """5M rows against the floor, and 50M rows within their memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        utf8, cp932 = _written(folder, ROWS)
        memory: list[float] = []
        seconds = in_turn(
            {
                "ours": lambda: memory.append(_ours(cp932, folder)),
                "floor": lambda: _floor(utf8, folder),
            },
            ROUNDS,
        )
        floor = "DuckDB reading the same rows in UTF-8"
        told = f"{max(memory):.0f} MB at most"
        yield Ratio(
            "log, 5M rows, CP932", floor, seconds["ours"], seconds["floor"], 1.3, True, told
        )
        utf8.unlink()
        cp932.unlink()
        many_utf8, many = _written(folder, MANY_ROWS)
        seconds = in_turn(
            {
                "ours": lambda: memory.append(_ours(many, folder)),
                "floor": lambda: _floor(many_utf8, folder),
            },
            rounds=1,
        )
        told = f"{memory[-1]:.0f} MB at most"
        yield Ratio(
            "log, 50M rows, CP932", floor, seconds["ours"], seconds["floor"], 1.3, True, told
        )


def _written(folder: Path, rows: int) -> tuple[Path, Path]:
    utf8, cp932 = folder / f"{rows}-utf8.csv", folder / f"{rows}-cp932.csv"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({SYNTHETIC.format(rows=rows)}) TO '{utf8}' (HEADER)")
    with (
        utf8.open(encoding="utf-8", newline="") as text,
        cp932.open("w", encoding="cp932", newline="") as stream,
    ):
        while block := text.read(1 << 24):
            stream.write(block)
    return utf8, cp932


def _ours(path: Path, folder: Path) -> float:
    """Loads in a process of its own; its memory at most, in MB."""
    return _in_a_process("ours", path, folder)


def _floor(path: Path, folder: Path) -> float:
    return _in_a_process("floor", path, folder)


def _in_a_process(which: str, path: Path, folder: Path) -> float:
    command = [
        sys.executable,
        "-m",
        "benchmarks.logs",
        which,
        str(path),
        str(folder / f"{which}.db"),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def _main(which: str, path: Path, database: Path) -> None:
    import resource

    database.unlink(missing_ok=True)
    if which == "ours":
        from ebpm import logs

        logs.load(path, database, "log", TYPES)  # type: ignore[arg-type]
    else:
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"CREATE TABLE log AS SELECT * FROM read_csv('{path}', {TYPED})")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
