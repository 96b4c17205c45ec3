"""Large logs: every row of a CP932 or UTF-8 file is in the table as written, or in the list."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import duckdb
import pytest

from conftest import Command
from ebpm import logs
from ebpm.readers.reading import ReadError

pytest.importorskip("pyarrow", reason="large logs need PyArrow (ebpm[logs])")

HEAD = "受付番号,受付日時,手続,処理時間_分,備考"
TYPES: dict[str, logs.Type] = {"受付日時": "timestamp", "処理時間_分": "integer"}
# Second bytes that mean something else by themselves, NEC and IBM extensions, half-width letters.
WORDS = [
    "表示",
    "ソフト",
    "能力",
    "①番",
    "㈱市",
    "髙橋",
    "ﾃﾅﾂ｡",
    "～〜",
    "",
    'か"ぎ',
    "一,二",
    "改\n行",
]


def rows(number: int) -> list[list[str]]:
    chosen = random.Random(1)
    return [
        [
            f"{i:07d}",
            f"2024-04-{1 + i % 30:02d} 09:{i % 60:02d}:00",
            chosen.choice(WORDS).replace("〜", "～"),
            str(i % 90),
            f"備考{i}" if i % 3 else "",
        ]
        for i in range(number)
    ]


def written(path: Path, content: list[list[str]], encoding: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.write(HEAD + "\r\n")
        csv.writer(stream).writerows(content)
    return path


def stored(database: Path) -> list[list[str]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            'SELECT * REPLACE (strftime("受付日時", \'%Y-%m-%d %H:%M:%S\') AS "受付日時") FROM log '
            'ORDER BY "受付番号"'
        ).fetchall()
    return [["" if cell is None else str(cell) for cell in row] for row in found]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("block", [2_000, logs.BLOCK_BYTES])
def test_every_row_comes_out_as_it_was_written(
    tmp_path: Path, encoding: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "BLOCK_BYTES", block)
    given = rows(3_000)
    database = tmp_path / "x.duckdb"
    done = logs.load(written(tmp_path / "l.csv", given, encoding), database, "log", TYPES)
    assert (done.read, done.loaded, done.reasons) == (3_000, 3_000, {})
    assert done.encoding == encoding.removesuffix("-sig") and done.list_of_set_aside is None
    assert stored(database) == given


def test_it_reads_what_duckdb_reads_of_the_same_rows_in_utf_8(tmp_path: Path) -> None:
    given = rows(5_000)
    logs.load(written(tmp_path / "s.csv", given, "cp932"), tmp_path / "x.duckdb", "log", TYPES)
    written(tmp_path / "u.csv", given, "utf-8")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        other = f"read_csv('{tmp_path / 'u.csv'}', types = {{'受付番号': 'VARCHAR'}})"
        for one, two in (("log", other), (other, "log")):
            left = f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {two}"
            assert connection.execute(f"SELECT count(*) FROM ({left})").fetchone() == (0,)


def test_what_cannot_be_read_is_counted_and_listed(tmp_path: Path) -> None:
    given = rows(2_000)
    given[7][1] = "きのう"
    given[8][3] = "十分"
    given[9][3] = "12.5"
    given[10].append("余り")
    del given[11][4]
    path = written(tmp_path / "l.csv", given, "cp932")
    path.write_bytes(path.read_bytes().replace("備考50\r".encode("cp932"), b"\x85\xff\r"))
    done = logs.load(path, tmp_path / "x.duckdb", "log", TYPES)
    assert (done.read, done.loaded, done.set_aside) == (2_000, 1_994, 6)
    assert sorted(done.reasons.values()) == [1, 1, 1, 1, 2]
    assert any("処理時間_分" in reason and "整数" in reason for reason in done.reasons)
    assert done.list_of_set_aside
    listed = done.list_of_set_aside.read_text("utf-8-sig")
    for content in ("きのう", "十分", "12.5", "余り", "0000050"):
        assert content in listed
    kept = [row for number, row in enumerate(given) if number not in {7, 8, 9, 10, 11, 50}]
    assert stored(tmp_path / "x.duckdb") == kept


def test_columns_nobody_declared_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("団体コード,数\n011002,1\n", "cp932")
    logs.load(path, tmp_path / "x.duckdb", "log")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        assert connection.execute("SELECT * FROM log").fetchone() == ("011002", "1")


@pytest.mark.parametrize(
    "content, types",
    [
        ("", {}),
        ("a,a\n1,2\n", {}),
        ("a,\n1,2\n", {}),
        ("a,b\n1,2\n", {"c": "integer"}),
        ("a,b\nx,2\n", {"a": "integer"}),
        ("a,b\n", {}),
    ],
)
def test_a_file_that_cannot_be_loaded_leaves_the_last_table(
    tmp_path: Path, content: str, types: dict[str, logs.Type]
) -> None:
    database = tmp_path / "x.duckdb"
    good = tmp_path / "good.csv"
    good.write_text("a,b\n1,2\n", "utf-8")
    logs.load(good, database, "log")
    bad = tmp_path / "bad.csv"
    bad.write_text(content, "utf-8")
    with pytest.raises(ReadError, match=r"bad\.csv"):
        logs.load(bad, database, "log", types)
    with duckdb.connect(str(database)) as connection:
        assert connection.execute("SELECT * FROM log").fetchall() == [("1", "2")]


def test_the_command_tells_in_words_and_as_json(ebpm: Command, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", [*rows(50), ["x", "y", "z", "時", ""]], "cp932")
    given = (path, "--table", "log", "--database", tmp_path / "x.duckdb")
    done = ebpm("load", *given, "--column", "処理時間_分=integer")
    assert done.returncode == 0, done.stderr
    assert "51 行のうち 50 行を取り込み、1 行を除きました" in done.stdout
    assert '"set_aside": 0' in ebpm("load", *given, "--json").stdout
    assert ebpm("load", *given, "--column", "処理時間_分=時間").returncode == 2
    assert ebpm("load", *given, "--column", "処理時間_分").returncode == 2
    assert ebpm("load", *given, "--column", "無い列=integer").returncode == 1
