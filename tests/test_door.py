"""The door for a file nobody foresaw: inspect, draft, fill in, import, build; and the damages.

Values in the warehouse are compared with an independent reading (xlrd, openpyxl, csv). Everything
goes through the real command.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import xlrd
import xlwt

from ebpm.door.cells import read_number
from ebpm.door.dates import fiscal_year, iso_date
from ebpm.door.identity import identify
from ebpm.door.mynumber import is_my_number
from ebpm.door.opening import open_file
from ebpm.door.settings import TO_FILL
from ebpm.door.show import REASONS
from ebpm.door.words import is_footnote, is_total, unit_in
from ebpm.paths import DATA, FIGURES
from ebpm.readers import ReadError
from support.published import csv_of, edition, published, six_digits

EBPM = Path(sys.executable).with_name("ebpm")
SECONDS = 60
Run = Callable[..., subprocess.CompletedProcess[str]]

H24 = "finance-indicators/H24.xls"
R2 = "finance-indicators/R2.xlsx"
SSDSE = "ssdse-a/SSDSE-A-2025.csv"
CARDS = "mynumber-card/all_localgovs_20170308.csv"


def command(home: Path) -> Run:
    """The real command in a home of its own."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "EBPM_HOME": str(home), "EBPM_WAREHOUSE": str(home / "wh")}
        environment.pop("EBPM_WAREHOUSE_FILE", None)
        done = subprocess.run(
            [str(EBPM), *map(str, words)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done

    return run


def new_home(folder: Path) -> Path:
    """A home that shares the shipped data and has no imports of its own."""
    (folder / "data").mkdir(parents=True)
    for path in DATA.iterdir():
        if path.name not in {"local", "raw", "warehouse"}:
            (folder / "data" / path.name).symlink_to(path)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


@pytest.fixture
def run(home: Path) -> Run:
    return command(home)


def filled(draft: str, unit: str = "％", indicators: int = 99, **other: str) -> str:
    """A draft as an analyst would complete it; of the indicators the first ones only."""
    head, *blocks = draft.split("[[indicator]]")
    text = "[[indicator]]".join([head, *blocks[:indicators]])
    values = {"page": "https://example.go.jp/data", "retrieved": "2026-11-23", "unit": unit}
    values |= {"dataset": "a_table", "edition": "第1版", **other}
    lines = []
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        if TO_FILL not in line or line.startswith("#"):
            lines.append(line)
        elif key in values:
            lines.append(line.replace(f'"{TO_FILL}"', f'"{values[key]}"'))
        elif key not in {"fiscal_year", "date"}:
            blank = "no_row" if key == '""' else "試験用"
            lines.append(line.replace(TO_FILL, blank))
    return "\n".join(lines)


def draft_of(run: Run, path: Path, to: Path) -> str:
    done = run("inspect", path, "--draft", to)
    assert done.returncode == 0, done.stderr
    return to.read_text(encoding="utf-8")


def imported(home: Path, dataset: str) -> dict[tuple[str, str], Any]:
    """Value (or kind of missing) of an imported figure, by code and indicator."""
    path = home / "data" / "local" / f"imported.{dataset}.parquet"
    rows = duckdb.sql(
        f"SELECT lgcode, indicator, coalesce(CAST(value AS VARCHAR), missing) FROM '{path}'"
    ).fetchall()
    return {(code, indicator): value for code, indicator, value in rows}


def record_of(home: Path, dataset: str) -> dict[str, Any]:
    path = home / "data" / "local" / f"imported.{dataset}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def set_aside_of(home: Path, dataset: str) -> list[dict[str, str]]:
    path = home / "data" / "local" / f"imported.{dataset}.set_aside.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# four published files: draft → fill in → import → build → the warehouse holds what is published


Cells = dict[tuple[str, str], tuple[float | None, str | None]]


def finance(rows: list[list[Any]]) -> Cells:
    """Cells of a finance table by code and heading, the bodies whose code exists today.

    篠山市 bears the code of 丹波篠山市, its name since 2019: name and code do not agree.
    """
    with (FIGURES / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        codes = {row["lgcode"] for row in csv.DictReader(stream)}
    header, *body = rows[1:]
    found: Cells = {}
    for row in body:
        if row[0] not in codes or row[2] == "篠山市":
            continue
        for heading, cell in zip(header[3:], row[3:], strict=True):
            if not heading:
                continue
            number = None if cell in {"-", "－"} else float(cell)
            key = " ".join(str(heading).split())
            found[row[0], key] = (number, "not_applicable" if number is None else None)
    return found


def h24() -> Cells:
    sheet = xlrd.open_workbook(published(H24)).sheet_by_index(0)
    return finance([sheet.row_values(row) for row in range(sheet.nrows)])


def r2() -> Cells:
    book = openpyxl.load_workbook(published(R2), data_only=True)
    return finance([list(row) for row in book.worksheets[0].iter_rows(values_only=True)])


def ssdse() -> Cells:
    given = edition(2025)
    return {
        (six_digits(row[0]), code): (float(row[column]), None)
        for row in given.rows
        for column, code in enumerate(given.indicators[:5], start=3)
    }


def cards() -> Cells:
    header, *rows = csv_of(CARDS)
    return {
        (row[8].zfill(6), header[column]): (float(row[column]), None)
        for row in rows
        for column in (3, 4, 5)
    }


SOURCES: dict[str, tuple[str, int, Callable[[], Cells]]] = {
    "h24": (H24, 99, h24),
    "r2": (R2, 99, r2),
    "ssdse": (SSDSE, 5, ssdse),
    "cards": (CARDS, 99, cards),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A home with all four files imported, and its warehouse."""
    for file, _, _ in SOURCES.values():
        published(file)
    home = new_home(tmp_path_factory.mktemp("door") / "home")
    run = command(home)
    for dataset, (file, count, _) in SOURCES.items():
        settings = home / f"{dataset}.toml"
        text = filled(draft_of(run, published(file), settings), indicators=count)
        name = tomllib.loads(text)["dataset"]
        settings.write_text(text.replace(f'"{name}"', f'"{dataset}"', 1), encoding="utf-8")
        done = run("import", published(file), "--settings", settings)
        assert done.returncode == 0, done.stderr
        assert "ebpm build" in done.stdout
        assert "mart_imported" in done.stdout
    done = run("build")
    assert done.returncode == 0, done.stderr
    path = next((home / "wh").glob("ebpm-*.duckdb"))
    with duckdb.connect(str(path), read_only=True) as connection:
        yield home, connection


@pytest.mark.parametrize("dataset", SOURCES)
def test_the_mart_holds_what_an_independent_reading_finds(
    built: tuple[Path, Any], dataset: str
) -> None:
    expected = SOURCES[dataset][2]()
    rows = (
        built[1]
        .execute(
            "SELECT lgcode, indicator, value, missing FROM mart_imported WHERE dataset = ?",
            [dataset],
        )
        .fetchall()
    )
    found = {(code, indicator): (value, missing) for code, indicator, value, missing in rows}
    assert len(found) == len(rows)
    assert found == expected
    assert len(found) > 5_000


def test_every_input_row_of_the_finance_table_is_accounted_for(built: tuple[Path, Any]) -> None:
    aside = set_aside_of(built[0], "h24")
    reasons = {row["reason"] for row in aside}
    assert reasons == {
        *("outside_table", "footnote", "total", "unknown_code", "name_does_not_match_code")
    }
    sheet = xlrd.open_workbook(published(H24)).sheet_by_index(0)
    bodies = {code for code, _ in h24()}
    assert len(bodies) + len(aside) + 1 == sheet.nrows
    account = record_of(built[0], "h24")["input"]
    assert account["read"] == account["loaded"] + account["empty"] + len(account["set_aside"])
    assert all(row["file"] == "H24.xls" and "行目" in row["place"] for row in aside)


def test_years_and_dates_arrive_with_their_values(built: tuple[Path, Any]) -> None:
    years = built[1].execute(
        "SELECT DISTINCT indicator, fiscal_year FROM mart_imported WHERE dataset = 'ssdse'"
    )
    given = edition(2025)
    assert dict(years.fetchall()) == dict(
        zip(given.indicators[:5], map(int, given.years[:5]), strict=True)
    )
    dates = built[1].execute(
        "SELECT DISTINCT CAST(date AS VARCHAR) FROM mart_imported WHERE dataset = 'cards'"
    )
    assert dates.fetchall() == [("2017-03-08",)]


def test_editions_of_one_name_in_several_data_sets_do_not_replace_each_other(
    built: tuple[Path, Any],
) -> None:
    rows = built[1].execute("SELECT DISTINCT dataset, edition FROM mart_imported ORDER BY 1")
    assert rows.fetchall() == [(name, "第1版") for name in sorted(SOURCES)]


def test_an_imported_number_leads_to_its_source(built: tuple[Path, Any]) -> None:
    rows = built[1].execute("SELECT figure FROM lineage WHERE table_name = 'mart_imported'")
    assert {f"imported.{name}" for name in SOURCES} <= {figure for (figure,) in rows.fetchall()}


def test_the_record_has_the_keys_of_a_shipped_one(built: tuple[Path, Any]) -> None:
    shipped = json.loads((FIGURES / "ssdse_a.json").read_text(encoding="utf-8"))
    record = record_of(built[0], "r2")
    assert shipped.keys() <= record.keys()
    assert shipped["input"].keys() == record["input"].keys()
    assert record["title"] == {"ja": "試験用", "en": "試験用"}


# small tables of our own


TABLE = [
    ["団体コード", "都道府県名", "団体名", "人口（人）", "率（％）"],
    ["011002", "北海道", "札幌市", "1,973,395", "27.6"],
    ["012025", "北海道", "函館市", "２５１,０８４", "△3.5"],
    ["131016", "東京都", "千代田区", "66680", "x"],
    ["132063", "東京都", "府中市", "-", "58%"],
]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8", end: str = "\r\n") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, lineterminator=end).writerows(rows)
    return path


def settings_for(run: Run, path: Path, **changes: str) -> Path:
    """A completed draft beside the file, with some words exchanged."""
    to = path.with_suffix(".toml")
    text = filled(draft_of(run, path, to))
    for old, new in changes.pop("replace", {}).items():  # type: ignore[attr-defined]
        assert old in text, f"{old} is not in the draft"
        text = text.replace(old, new)
    to.write_text(text, encoding="utf-8")
    return to


def take_in(run: Run, path: Path, replace: Any = None) -> subprocess.CompletedProcess[str]:
    settings = settings_for(run, path, replace=replace or {})
    return run("import", path, "--settings", settings)


def found_in(run: Run, path: Path) -> dict[str, Any]:
    done = run("inspect", path, "--json")
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


@pytest.mark.parametrize(
    ("encoding", "end", "said"),
    [
        ("utf-8", "\r\n", ("UTF-8（BOM なし）", "CRLF")),
        ("utf-8-sig", "\n", ("UTF-8（BOM あり）", "LF")),
        ("cp932", "\r\n", ("CP932", "CRLF")),
        ("utf-16", "\n", ("UTF-16", "LF")),
        ("cp932", "\r", ("CP932", "CR")),
    ],
)
def test_a_text_file_is_read_in_its_own_writing(
    run: Run, home: Path, tmp_path: Path, encoding: str, end: str, said: tuple[str, str]
) -> None:
    path = write(tmp_path / "table.csv", TABLE, encoding, end)
    found = found_in(run, path)
    assert (found["encoding"], found["line_ends"]) == said
    done = take_in(run, path)
    assert done.returncode == 0, done.stderr
    assert imported(home, "table") == {
        ("011002", "人口（人）"): "1973395.0",
        ("012025", "人口（人）"): "251084.0",
        ("131016", "人口（人）"): "66680.0",
        ("132063", "人口（人）"): "not_applicable",
        ("011002", "率（％）"): "27.6",
        ("012025", "率（％）"): "-3.5",
        ("131016", "率（％）"): "suppressed",
        ("132063", "率（％）"): "58.0",
    }


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_are_found(run: Run, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "table.txt"
    path.write_text("\n".join(delimiter.join(row) for row in TABLE), encoding="utf-8")
    [sheet] = found_in(run, path)["sheets"]
    assert sheet["columns"] == 5
    assert sheet["tables"][0]["bodies"] == 4


def test_the_columns_are_described(run: Run, tmp_path: Path) -> None:
    [sheet] = found_in(run, write(tmp_path / "table.csv", TABLE))["sheets"]
    [table] = sheet["tables"]
    assert table["roles"] == {"code": 1, "name": 3, "prefecture": 2}
    assert table["header_rows"] == [1]
    population, rate = table["columns"]
    assert (population["unit"], rate["unit"]) == ("人", "％")
    assert population["spellings"] == {"comma": 2, "full_width": 1}
    assert population["missing"] == {"-": {"kind": "not_applicable", "cells": 1}}
    assert rate["spellings"] == {"triangle": 1}
    assert rate["missing"] == {"x": {"kind": "suppressed", "cells": 1}}


def test_a_draft_is_refused_until_it_is_filled_in_and_names_all_at_once(
    run: Run, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    draft_of(run, path, tmp_path / "s.toml")
    done = run("import", path, "--settings", tmp_path / "s.toml")
    assert done.returncode == 1
    for name in ("title.ja", "publisher.ja", "licence.ja", "page", "edition", "reference_date"):
        assert f"source.{name}" in done.stderr
    assert not (home / "data" / "local").exists()


def test_everything_wrong_is_said_in_one_go_and_nothing_is_imported(
    run: Run, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    wrong = {
        'dataset = "table"': 'dataset = "../table"\nunheard_of = 1',
        'heading = "率（％）"': 'heading = "割合"',
        "https://example.go.jp/data": "手元の資料",
        "last_row = 5": "last_row = 50",
        '"x" = "suppressed"': '"x" = "zero"',
        "2026-11-23": "2026-02-31",
    }
    done = take_in(run, path, wrong)
    assert done.returncode == 1
    for word in ("dataset", "unheard_of", "割合", "source.page", "50 行目", "marks.x", "retrieved"):
        assert word in done.stderr, word
    assert not (home / "data" / "local").exists()


def test_a_shifted_column_is_found_by_its_heading(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    settings = settings_for(run, path)
    write(path, [[row[0], row[1], row[2], row[4], row[3]] for row in TABLE])
    done = run("import", path, "--settings", settings)
    assert done.returncode == 1
    assert "見出しは「率（％）」ですが、設定では「人口（人）」です" in done.stderr


def test_importing_again_replaces_and_a_refused_import_leaves_the_last_one(
    run: Run, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    settings = settings_for(run, path)
    assert run("import", path, "--settings", settings).returncode == 0
    write(path, [[*row[:3], "7", "8"] if row[2] == "札幌市" else row for row in TABLE])
    assert run("import", path, "--settings", settings).returncode == 0
    assert imported(home, "table")["011002", "人口（人）"] == "7.0"
    path.write_bytes(b"")
    assert run("import", path, "--settings", settings).returncode == 1
    assert imported(home, "table")["011002", "人口（人）"] == "7.0"
    assert "table：試験用（第1版）8 行" in run("import", "--list").stdout
    assert run("import", "--remove", "table").returncode == 0
    assert list((home / "data" / "local").iterdir()) == []
    assert "取り込んだ表はありません" in run("import", "--list").stdout
    assert run("import", "--remove", "table").returncode == 1


@pytest.mark.parametrize(
    "words", [(), ("--list", "--remove", "x"), ("--settings", "s.toml"), ("no-such-file.csv",)]
)
def test_wrong_use_is_one_line_and_exit_2(run: Run, words: tuple[str, ...]) -> None:
    done = run("import", *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_draft_never_overwrites_settings(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    settings = settings_for(run, path)
    before = settings.read_text(encoding="utf-8")
    assert run("inspect", path, "--draft", settings).returncode == 1
    assert settings.read_text(encoding="utf-8") == before


def test_a_help_text_has_an_example(run: Run) -> None:
    for name in ("inspect", "import"):
        assert "例:" in run(name, "--help").stdout


# what is set aside


TABLE_MORE = [
    [code, prefecture, name, "1", "2"]
    for code, prefecture, name in (
        ("022012", "青森県", "青森市"),
        ("032018", "岩手県", "盛岡市"),
        ("041009", "宮城県", "仙台市"),
        ("052019", "秋田県", "秋田市"),
        ("062014", "山形県", "山形市"),
        ("072010", "福島県", "福島市"),
        ("082015", "茨城県", "水戸市"),
        ("092011", "栃木県", "宇都宮市"),
    )
]
ASIDE = [
    ("total", ["", "", "合計", "10", "1"]),
    ("total", ["", "東京都計", "", "10", "1"]),
    ("ward", ["011011", "北海道", "札幌市中央区", "10", "1"]),
    ("ward", ["011029", "北海道", "北区", "10", "1"]),
    ("unknown_code", ["033057", "岩手県", "滝沢村", "10", "1"]),
    ("unknown_name", ["", "岩手県", "滝沢村", "10", "1"]),
    ("unknown_name", ["", "岩手県", "府中市", "10", "1"]),
    ("ambiguous_name", ["", "", "府中市", "10", "1"]),
    ("ambiguous_name", ["", "", "中央区", "10", "1"]),
    ("name_does_not_match_code", ["282219", "兵庫県", "篠山市", "10", "1"]),
    ("name_does_not_match_code", ["011002", "青森県", "札幌市", "10", "1"]),
    ("unknown_prefecture", ["342084", "備後国", "府中市", "10", "1"]),
    ("no_identity", ["", "", "", "10", "1"]),
    ("wrong_number_of_columns", ["342084", "広島県", "府中市", "1", "234", "5"]),
    ("wrong_number_of_columns", ["342084", "広島県", "府中市", "10"]),
    ("footnote", ["※ 速報値", "", "", "", ""]),
]


def test_rows_that_are_no_body_are_set_aside_with_their_reasons(
    run: Run, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "table.csv", [*TABLE, *TABLE_MORE, *(row for _, row in ASIDE)])
    settings = settings_for(run, path)
    rows = len(TABLE + TABLE_MORE + ASIDE)
    text = re.sub(r"last_row = \d+", f"last_row = {rows}", settings.read_text(encoding="utf-8"))
    settings.write_text(text, encoding="utf-8")
    done = run("import", path, "--settings", settings)
    assert done.returncode == 0, done.stderr
    first = len(TABLE + TABLE_MORE) + 1
    assert [(row["place"], row["reason"]) for row in set_aside_of(home, "table")] == [
        (f"{number} 行目", reason) for number, (reason, _) in enumerate(ASIDE, start=first)
    ]
    for reason, number in Counter(reason for reason, _ in ASIDE).items():
        assert f"{REASONS[reason]}（{reason}）：{number}" in done.stdout
    assert len(imported(home, "table")) == 2 * (len(TABLE + TABLE_MORE) - 1)


CELLS = [
    ("unreadable_value", "約100"),
    ("unreadable_value", "1,23"),
    ("unreadable_value", "007"),
    ("unreadable_value", "#DIV/0!"),
    ("unreadable_value", "NaN"),
    ("unreadable_value", "inf"),
    ("undeclared_mark", "…"),
    ("undeclared_blank", ""),
    ("unit_mismatch", "12％"),
    ("unit_mismatch", "12件"),
]


def test_cells_that_are_no_number_are_set_aside_and_never_zero(
    run: Run, home: Path, tmp_path: Path
) -> None:
    rows = [*TABLE, *TABLE_MORE]
    path = write(tmp_path / "table.csv", rows)
    settings = settings_for(run, path)
    damaged = [[*row[:3], cell, row[4]] for (_, cell), row in zip(CELLS, rows[1:], strict=False)]
    write(path, [rows[0], *damaged, *rows[len(CELLS) + 1 :]])
    assert run("import", path, "--settings", settings).returncode == 0
    assert [(row["place"], row["reason"]) for row in set_aside_of(home, "table")] == [
        (f"{number} 行目 4 列目", reason) for number, (reason, _) in enumerate(CELLS, start=2)
    ]
    found = {code for code, indicator in imported(home, "table") if indicator == "人口（人）"}
    assert found == {row[0] for row in rows[len(CELLS) + 1 :]}
    assert len(found) == 2


def test_a_body_of_several_rows_is_taken_from_none_unless_the_others_are_left_out(
    run: Run, home: Path, tmp_path: Path
) -> None:
    rows = [["団体コード", "団体名", "性別", "人"]]
    for code, name in (("011002", "札幌市"), ("012025", "函館市")):
        rows += [[code, name, sex, str(n)] for n, sex in enumerate(("計", "男", "女"), start=1)]
    path = write(tmp_path / "table.csv", rows)
    done = take_in(run, path)
    assert done.returncode == 1
    assert "repeated_body 6" in done.stderr
    settings = path.with_suffix(".toml")
    leave = (
        '\n[[leave_out]]\ncolumn = 3\nheading = "性別"\nvalues = ["男", "女"]\nreason = "計だけ"\n'
    )
    settings.write_text(settings.read_text(encoding="utf-8") + leave, encoding="utf-8")
    assert run("import", path, "--settings", settings).returncode == 0
    assert imported(home, "table") == {("011002", "人"): "1.0", ("012025", "人"): "1.0"}
    assert [row["reason"] for row in set_aside_of(home, "table")] == ["left_out"] * 4


def test_codes_that_lost_their_zero_and_prefectures_written_once(
    run: Run, home: Path, tmp_path: Path
) -> None:
    rows = [
        ["コード", "都道府県", "市町村", "件数（件）"],
        ["11002", "北海道", "札幌市", "1"],
        ["12025", "", "函館市", "2"],
        ["132063", "東京都", "府中市", "3"],
        ["", "", "町田市", "4"],
    ]
    path = write(tmp_path / "table.csv", rows)
    [table] = found_in(run, path)["sheets"][0]["tables"]
    assert table["zeros_lost"] == 2
    assert table["code_digits"] == 6
    assert take_in(run, path).returncode == 0
    found = {code: value for (code, _), value in imported(home, "table").items()}
    assert found == {"011002": "1.0", "012025": "2.0", "132063": "3.0", "132098": "4.0"}


@pytest.mark.parametrize(
    ("unit", "values", "warning"),
    [
        ("％", ("0.5", "0.7", "0.9", "1"), "すべて 1 以下"),
        ("％", ("50", "70", "90", "101"), "100 を超える値が 1 個"),
        ("rate", ("0.5", "0.7", "0.9", "58"), "1 を超える値"),
    ],
)
def test_a_share_that_does_not_look_like_its_unit_gives_a_warning(
    run: Run, tmp_path: Path, unit: str, values: tuple[str, ...], warning: str
) -> None:
    rows = [[*row[:4], v] for row, v in zip(TABLE[1:], values, strict=True)]
    path = write(tmp_path / "table.csv", [TABLE[0], *rows])
    done = take_in(run, path, {'unit = "％"': f'unit = "{unit}"'})
    assert done.returncode == 0, done.stderr
    assert warning in done.stdout


def test_a_percentage_becomes_a_rate_where_the_unit_says_so(
    run: Run, home: Path, tmp_path: Path
) -> None:
    rows = [[*row[:4], "58%"] for row in TABLE[1:]]
    path = write(tmp_path / "table.csv", [TABLE[0], *rows])
    assert take_in(run, path, {'unit = "％"': 'unit = "rate"'}).returncode == 0
    assert imported(home, "table")["011002", "率（％）"] == "0.58"


def test_individual_numbers_are_refused_and_never_shown(run: Run, tmp_path: Path) -> None:
    numbers = [n for n in map(str, range(123456789010, 123456789200)) if is_my_number(n)][:4]
    rows = [[*row[:4], number] for row, number in zip(TABLE[1:], numbers, strict=True)]
    done = run("inspect", write(tmp_path / "table.csv", [TABLE[0], *rows]))
    assert done.returncode == 1
    assert "2 行目 5 列目" in done.stderr
    assert "個人番号" in done.stderr
    assert not any(number in done.stderr + done.stdout for number in numbers)


# workbooks as people make them


def book(path: Path, *sheets: tuple[str, list[list[Any]]]) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return made


HEADED = [
    ["表1 人口と率"],
    ["", "", "", "", "（令和2年1月1日現在）"],
    ["団体コード", "都道府県名", "団体名", "人口", ""],
    ["", "", "", "総数", "率"],
    ["", "", "", "（人）", "（％）"],
    *TABLE[1:],
    ["", "", "合計", "2291159", "1"],
    ["（注）府中市は調査していない。"],
    ["資料：総務省"],
]


def test_titles_merged_headings_units_totals_and_footnotes(
    run: Run, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "table.xlsx"
    made = book(path, ("表", HEADED))
    made["表"].merge_cells("D3:E3")
    made.save(path)
    [sheet] = found_in(run, path)["sheets"]
    [table] = sheet["tables"]
    assert sheet["titles"] == [1, 2]
    assert sheet["merged_cells"] == 1
    assert table["header_rows"] == [3, 4, 5]
    assert table["unit_row"] == 5
    assert (table["first_row"], table["last_row"]) == (6, 10)
    assert table["total_rows"] == [10]
    assert sheet["footnotes"] == [11, 12]
    assert [c["heading"] for c in table["columns"]] == ["人口／総数／（人）", "人口／率／（％）"]
    assert [c["unit"] for c in table["columns"]] == ["人", "％"]
    assert take_in(run, path).returncode == 0
    assert imported(home, "table")["012025", "人口／率"] == "-3.5"
    reasons = [row["reason"] for row in set_aside_of(home, "table")]
    assert sorted(reasons) == ["footnote"] * 2 + ["outside_table"] * 2 + ["total"]


def test_two_tables_in_a_sheet_are_told_apart(run: Run, home: Path, tmp_path: Path) -> None:
    second = [["団体コード", "都道府県名", "団体名", "世帯（世帯）", "戸数"], *TABLE[1:]]
    path = tmp_path / "table.xlsx"
    book(path, ("表", [*TABLE, [], ["表2"], *second]))
    [sheet] = found_in(run, path)["sheets"]
    assert [(t["header_rows"], t["first_row"], t["last_row"]) for t in sheet["tables"]] == [
        ([1], 2, 5),
        ([8], 9, 12),
    ]
    assert take_in(run, path).returncode == 0
    assert {indicator for _, indicator in imported(home, "table")} == {"人口（人）", "率（％）"}


def test_hidden_sheets_are_said_to_be_hidden_and_not_drafted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    made = book(path, ("裏", [*TABLE, ["011011", "", "", "", ""]]), ("表", TABLE[:4]))
    made["裏"].sheet_state = "hidden"
    made.save(path)
    assert [(s["name"], s["hidden"]) for s in found_in(run, path)["sheets"]] == [
        ("裏", True),
        ("表", False),
    ]
    assert 'sheet = "表"' in draft_of(run, path, tmp_path / "s.toml")


def test_a_body_a_column_is_read_the_other_way_round(run: Run, home: Path, tmp_path: Path) -> None:
    rows = [
        ["区分", "札幌市", "函館市", "府中市", "青森市"],
        ["CIOの任命", "実施", "未実施", "実施", "調査無し"],
        ["人口（人）", "1", "2", "3", "4"],
    ]
    path = write(tmp_path / "table.csv", rows)
    assert found_in(run, path)["sheets"][0]["turned"] is True
    assert take_in(run, path).returncode == 0
    assert imported(home, "table") == {
        ("011002", "CIOの任命"): "1.0",
        ("012025", "CIOの任命"): "0.0",
        ("022012", "CIOの任命"): "not_asked",
        ("011002", "人口（人）"): "1.0",
        ("012025", "人口（人）"): "2.0",
        ("022012", "人口（人）"): "4.0",
    }
    [aside] = set_aside_of(home, "table")
    assert (aside["reason"], aside["place"]) == ("ambiguous_name", "4 列目")


def test_an_error_cell_of_a_workbook_is_no_blank(run: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    made = book(path, ("表", TABLE))
    made["表"]["D3"] = "#DIV/0!"
    made["表"]["D3"].data_type = "e"
    made.save(path)
    assert take_in(run, path).returncode == 0
    [aside] = set_aside_of(home, "table")
    assert (aside["reason"], aside["place"]) == ("unreadable_value", "シート「表」 D3")


def test_an_old_workbook_is_read_as_well(run: Run, home: Path, tmp_path: Path) -> None:
    made = xlwt.Workbook()
    sheet = made.add_sheet("表")
    for number, row in enumerate(TABLE):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    path = tmp_path / "table.xls"
    made.save(str(path))
    assert take_in(run, path).returncode == 0
    assert imported(home, "table")["012025", "人口（人）"] == "251084.0"


# damages: one clear line, no traceback, no hang


def zero_bytes(path: Path) -> None:
    path.write_bytes(b"")


def nul_bytes(path: Path) -> None:
    write(path, TABLE)
    path.write_bytes(path.read_bytes() + b"0110\x0002,")


def neither_encoding(path: Path) -> None:
    path.write_bytes("団体コード,人口\r\n".encode() + b"\x81\x20\xff\xff\r\n")


def only_blanks(path: Path) -> None:
    path.write_bytes(b"\r\n" * 1_000_000)


def open_quote(path: Path) -> None:
    path.write_text('団体コード,人口\n011002,"1\n012025,2\n' * 3 + '"', encoding="utf-8")


def a_page(path: Path) -> None:
    path.write_text("<html><table><tr><td>1</td></tr></table></html>", encoding="utf-8")


def locked(path: Path) -> None:
    stream = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000) + stream)


def half_a_workbook(path: Path) -> None:
    book(path, ("表", TABLE))
    path.write_bytes(path.read_bytes()[:3_000])


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300_000_000))


def sparse(path: Path) -> None:
    made = book(path, ("表", TABLE))
    made["表"]["XFD1048576"] = 1
    made.save(path)


def no_result(path: Path) -> None:
    made = book(path, ("表", TABLE))
    made["表"]["D6"] = "=SUM(D2:D5)"
    made.save(path)


DAMAGES = {
    zero_bytes: "0 バイト",
    nul_bytes: "0x00",
    neither_encoding: "バイト目",
    only_blanks: "空白しかありません",
    open_quote: "引用符",
    a_page: "ブックでもありません",
    locked: "パスワード",
    half_a_workbook: "ブックとして読めません",
    bomb: "展開すると",
    sparse: "XFD1048576",
    no_result: "計算式の結果",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_a_damaged_file_is_refused_in_one_line(
    damage: Callable[[Path], None], run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "table.dat"
    damage(path)
    started = time.perf_counter()
    done = run("inspect", path)
    assert time.perf_counter() - started < 15
    assert done.returncode == 1
    assert done.stderr.startswith("ebpm: table.dat：")
    assert len(done.stderr.splitlines()) == 1
    assert DAMAGES[damage] in done.stderr


def test_the_first_bad_byte_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("団体".encode("cp932") + b",1\n\x85\x20")
    with pytest.raises(ReadError, match="8 バイト目：文字として読めないバイト（0x85）"):
        open_file(path)


def test_a_million_blank_rows_do_not_matter(run: Run, home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", TABLE)
    first, last = path.read_bytes().split(b"131016")
    blank = b",,,,\r\n" * 500_000
    path.write_bytes(first + blank + b"131016" + last + blank)
    assert take_in(run, path).returncode == 0
    assert imported(home, "table")["131016", "人口（人）"] == "66680.0"
    assert len(imported(home, "table")) == 8


def test_a_file_that_names_no_body_is_described_but_not_drafted(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", [["country", "value"], ["JPN", "1"], ["KOR", "2"]])
    assert "import の対象外" in run("inspect", path).stdout
    done = run("inspect", path, "--draft", tmp_path / "s.toml")
    assert done.returncode == 1
    assert not (tmp_path / "s.toml").exists()


PUBLISHED = [
    "finance-indicators/H25.xls",
    "finance-indicators/H28.xlsx",
    "resident-register-2020/000701583.xls",
    "ssdse-a/SSDSE-A-2020.csv",
    "mynumber-card/all_localgovs_20200120.csv",
    "dx-dashboard-2024-07-12/市区町村毎のDX進捗状況_市区町村比較.csv",
    "dx-dashboard-2024-07-12/都道府県のDX進捗状況_行政手続のオンライン申請率.csv",
    "opendata-survey-2020/r2_survey_answers.csv",
    "municipality-changes/estat-haichi.csv",
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_is_described_and_drafted(run: Run, tmp_path: Path, name: str) -> None:
    draft = draft_of(run, published(name), tmp_path / "s.toml")
    settings = tomllib.loads(draft)
    assert settings["columns"]["name"]
    assert settings["source"]["page"] == TO_FILL


# words and numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234.0),
        ("１２３", 123.0),
        ("△5.3", -5.3),
        ("▲ 12", -12.0),
        ("−3", -3.0),
        (".5", 0.5),
        ("1.2E+05", 120000.0),
        ("0.41428000000000004", 0.41428000000000004),
        ("1 234", None),
        ("12,34", None),
        ("(12)", None),
        ("12.", None),
        ("12-3", None),
        ("1234567890123456", None),
        (True, None),
        (float("nan"), None),
        ("1e999", None),
    ],
)
def test_a_number_is_read_in_all_its_spellings(text: Any, value: float | None) -> None:
    number = read_number(text)
    assert (number.value if number else None) == value


def test_words_that_mark_footnotes_and_totals() -> None:
    for word in ("※速報", "（注）", "注1）", "資料：総務省", "出典 総務省", "備考"):
        assert is_footnote(word), word
    for word in ("合計", "全国", "県計", "東京都計", "全国市町村平均", "町村計", "小計"):
        assert is_total(word), word
    for word in ("札幌市", "計石町", "注連川村", "大平町", "平均寿町"):
        assert not is_footnote(word), word
        assert not is_total(word), word


def test_no_municipality_is_taken_for_a_total_or_a_footnote() -> None:
    with (FIGURES / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found = identify(row["lgcode"], row["name"], row["prefecture"], 6)
            assert found.lgcode == row["lgcode"], row
            five = identify(row["lgcode"][:5].lstrip("0"), row["name"], row["prefecture"], None)
            assert five.lgcode == row["lgcode"], row


def test_units_years_and_dates() -> None:
    assert [unit_in(t) for t in ("人口（人）", "率(%)", "％", "歳入〔単位：千円〕", "団体名")] == [
        *("人", "％", "％", "千円", None)
    ]
    assert [fiscal_year(t) for t in ("2023", "令和5年度", "R5", "平成元年", 2020.0, "13")] == [
        *(2023, 2023, 2023, None, 2020, None)
    ]
    assert [iso_date(t) for t in ("2023/4/1", "令和5年4月1日", "R5.4.1", "2023-02-30", "4/1")] == [
        *("2023-04-01",) * 3,
        None,
        None,
    ]
