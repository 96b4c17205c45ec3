"""Own data: what is wrong with a file is told cell by cell, what is right is taken in, never half."""

import csv
import gzip
import io
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from ebpm.door.mynumber import is_my_number
from ebpm.own import building, importing, places, settings, store
from ebpm.own.datasets import current_warehouse
from ebpm.own.forms import form
from ebpm.own.importing import ImportRefused, check_file, import_file
from ebpm.own.mapping import MappingError
from ebpm.own.reading import read
from ebpm.own.times import AmbiguousOrder, MixedOrder
from ebpm.readers import ReadError

ROWS = 12
GOOD = {
    "handling_log": {
        "受付番号": "R{i:03}",
        "手続": "転入届",
        "受付方法": "窓口",
        "受付日時": "2024-04-{d:02} 09:00",
        "完了日時": "2024-04-{d:02} 10:30",
        "処理時間（分）": "25",
        "担当職員": "職員A",
        "処理の結果": "完了",
        "課・窓口": "市民課",
    },
    "event_log": {
        "受付番号": "C{i:03}",
        "出来事": "審査",
        "日時": "2024-04-{d:02} 09:00",
        "終了日時": "2024-04-{d:02} 09:20",
    },
    "chatbot_log": {
        "年月": "2024-{d:02}",
        "質問数": "100",
        "回答数": "80",
        "引き継ぎ数": "10",
        "判定数": "50",
        "正答数": "40",
    },
    "tool_use": {
        "ツール": "RPA{i}",
        "導入日": "2023-04-01",
        "年月": "2024-{d:02}",
        "利用者数": "12",
        "終了日": "",
    },
    "pilot": {
        "試行": "予約制",
        "実施単位": "窓口{i}",
        "試行の有無": "はい",
        "開始日": "2024-04-01",
    },
    "training_log": {"職員": "S{i}", "研修": "データ研修", "受講日": "2024-04-{d:02}"},
    "staff_survey": {
        "回答者": "A{i}",
        "実施回": "2024-04",
        "年代": "30代",
        "ウェイト": "1.0",
        "仕事が軽くなった": "4",
    },
}


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Own data of this test alone."""
    monkeypatch.setenv("EBPM_OWN", str(tmp_path / "own"))
    return tmp_path / "own"


def labels(name: str) -> dict[str, str]:
    """The headings of GOOD as the form labels its fields, by GOOD's own words."""
    given = list(GOOD[name])
    fields = [f for f in form(name).fields if f.repeats or _is_used(name, f.key)]
    return dict(
        zip(
            given,
            (given[i] if f.repeats else f.label.ja for i, f in enumerate(fields)),
            strict=True,
        )
    )


USED = {
    "handling_log": [f.key for f in form("handling_log").fields],
    "event_log": ["case_id", "activity", "time", "end_time"],
    "chatbot_log": ["month", "questions", "answered", "escalated", "judged", "judged_right"],
    "tool_use": ["tool", "introduced", "month", "active_users", "ended"],
    "pilot": ["pilot", "unit", "treated", "start"],
    "training_log": ["staff", "course", "attended"],
    "staff_survey": ["respondent", "wave", "age_band", "weight"],
}


def _is_used(name: str, key: str) -> bool:
    return key in USED[name]


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows that are right in every cell."""
    heads = labels(name)
    return [
        {heads[k]: v.format(i=i, d=i % 12 + 1) for k, v in GOOD[name].items()} for i in range(ROWS)
    ]


def written(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("name", GOOD)
def test_rows_that_are_right_are_taken_in_whole(name: str, tmp_path: Path) -> None:
    done = import_file(written(tmp_path / "a.csv", rows_of(name)), name)
    checked = done.examined.checked
    assert checked is not None and checked.problems == ()
    assert (checked.read, checked.good) == (ROWS, ROWS)
    assert done.figure.record["rows"] == ROWS and done.list_of_set_aside is None


# form, heading (as in GOOD), value, reason.
BAD_CELLS = [
    ("handling_log", "受付番号", "", "missing"),
    ("handling_log", "手続", " ", "missing"),
    ("handling_log", "受付方法", "", "missing"),
    ("handling_log", "受付日時", "", "missing"),
    ("handling_log", "受付日時", "2024-02-30 09:00", "unreadable"),
    ("handling_log", "受付日時", "2024-13-01 09:00", "unreadable"),
    ("handling_log", "受付日時", "2024-04-01 31:00", "unreadable"),
    ("handling_log", "受付日時", "2024-04-01 09:75", "unreadable"),
    ("handling_log", "受付日時", "1900-01-01 00:00", "unreadable"),
    ("handling_log", "受付日時", "9999-12-31 00:00", "unreadable"),
    ("handling_log", "受付日時", "きのう", "unreadable"),
    ("handling_log", "受付日時", "令和0年4月1日", "unreadable"),
    ("handling_log", "受付日時", "平成50年4月1日", "unreadable"),
    ("handling_log", "完了日時", "未定", "unreadable"),
    ("handling_log", "完了日時", "2024/4/31", "unreadable"),
    ("handling_log", "完了日時", "2023-04-01 09:00", "contradiction"),
    ("handling_log", "処理時間（分）", "-5", "out_of_range"),
    ("handling_log", "処理時間（分）", "多い", "unreadable"),
    ("handling_log", "処理時間（分）", "nan", "unreadable"),
    ("handling_log", "処理時間（分）", "inf", "unreadable"),
    ("handling_log", "処理時間（分）", "10〜20", "unreadable"),
    ("handling_log", "処理時間（分）", "1,2", "unreadable"),
    ("event_log", "受付番号", "", "missing"),
    ("event_log", "出来事", "", "missing"),
    ("event_log", "日時", "2024-04-01T25", "unreadable"),
    ("event_log", "日時", "0001-01-01", "unreadable"),
    ("event_log", "終了日時", "2024-01-01 00:00", "contradiction"),
    ("event_log", "終了日時", "12時", "unreadable"),
    ("chatbot_log", "年月", "2024-13", "unreadable"),
    ("chatbot_log", "年月", "四月", "unreadable"),
    ("chatbot_log", "質問数", "", "missing"),
    ("chatbot_log", "質問数", "-1", "out_of_range"),
    ("chatbot_log", "質問数", "10.5", "unreadable"),
    ("chatbot_log", "質問数", "約百", "unreadable"),
    ("chatbot_log", "回答数", "101", "contradiction"),
    ("chatbot_log", "引き継ぎ数", "1000", "contradiction"),
    ("chatbot_log", "正答数", "51", "contradiction"),
    ("tool_use", "ツール", "", "missing"),
    ("tool_use", "導入日", "未定", "unreadable"),
    ("tool_use", "利用者数", "-3", "out_of_range"),
    ("tool_use", "利用者数", "数名", "unreadable"),
    ("tool_use", "終了日", "2022-01-01", "contradiction"),
    ("pilot", "試行の有無", "たぶん", "unreadable"),
    ("pilot", "試行の有無", "", "missing"),
    ("pilot", "開始日", "来月", "unreadable"),
    ("pilot", "実施単位", "", "missing"),
    ("training_log", "受講日", "2024-06-31", "unreadable"),
    ("training_log", "職員", "", "missing"),
    ("training_log", "研修", "", "missing"),
    ("staff_survey", "回答者", "", "missing"),
    ("staff_survey", "ウェイト", "0", "out_of_range"),
    ("staff_survey", "ウェイト", "重い", "unreadable"),
    ("staff_survey", "仕事が軽くなった", "6", "unreadable"),
    ("staff_survey", "仕事が軽くなった", "たぶん軽い", "unreadable"),
]


@pytest.mark.parametrize(("name", "heading", "value", "reason"), BAD_CELLS)
def test_one_bad_cell_is_named_and_sets_its_row_alone_aside(
    name: str,
    heading: str,
    value: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(building, "build", lambda: None)  # what is imported is looked at, not marts
    path = written(tmp_path / "good.csv", rows_of(name))
    check_file(path, name)
    mapping = path.with_name("good.csv.mapping.toml")
    rows = rows_of(name)
    rows[4][labels(name)[heading]] = value
    done = import_file(written(tmp_path / "bad.csv", rows), name, mapping)
    checked = done.examined.checked
    assert checked is not None
    assert (checked.good, checked.set_aside) == (ROWS - 1, 1)
    (problem,) = checked.problems
    assert (problem.heading, problem.code) == (labels(name)[heading], reason)
    assert problem.examples[0][0] == 6  # the heading is row 1
    listed = list(csv.DictReader(io.StringIO(_text(done.list_of_set_aside))))
    assert [(row["行"], row["列"], row["理由"]) for row in listed] == [
        ("6", labels(name)[heading], reason)
    ]
    assert listed[0]["直し方"]


def _text(path: Path | None) -> str:
    assert path is not None
    return path.read_text(encoding="utf-8-sig")


def test_there_are_as_many_bad_cells_as_promised() -> None:
    assert len(BAD_CELLS) >= 50


def test_equal_rows_are_taken_once_and_contradicting_ones_not_at_all(tmp_path: Path) -> None:
    rows = rows_of("handling_log")
    rows += [dict(rows[0]), rows[1] | {labels("handling_log")["手続"]: "転出届"}]
    done = import_file(written(tmp_path / "a.csv", rows), "handling_log")
    checked = done.examined.checked
    assert checked is not None and checked.good == ROWS - 1
    assert {p.code: p.rows for p in checked.problems} == {"repeated": 1, "ambiguous": 2}


def refused(path: Path, name: str = "handling_log") -> str:
    """What an import says of a file that it refuses; nothing is left of it."""
    with pytest.raises(
        (ReadError, MappingError, ImportRefused, AmbiguousOrder, MixedOrder)
    ) as error:
        import_file(path, name)
    assert store.datasets() == []
    assert not list(places.folder().glob("reading-*"))
    return str(error.value)


def made(tmp_path: Path, content: bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "中身がありません"),
        (b"\n\n  \n", "中身がありません"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "圧縮"),
        (b"PK\x03\x04broken", "a.csv"),
        (b"a,b\n1,2\n", "必須の欄"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.csv"),
        (b"<?xml version='1.0'?><html></html>", "a.csv"),
        ("受付番号,手続,受付方法,受付日時\n".encode(), "取り込める行がありません"),
    ],
)
def test_what_is_no_table_of_the_form_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in refused(made(tmp_path, content))


def column(
    rows: list[dict[str, str]], heading: str, values: Callable[[int], str]
) -> list[dict[str, str]]:
    return [row | {heading: values(i)} for i, row in enumerate(rows)]


def test_dates_that_can_be_read_in_two_ways_are_not_guessed(tmp_path: Path) -> None:
    head = labels("handling_log")
    rows = [
        {k: v for k, v in row.items() if k != head["完了日時"]} for row in rows_of("handling_log")
    ]
    both = column(rows, head["受付日時"], lambda i: f"{i % 9 + 1:02}/0{i % 8 + 1}/2024 09:00")
    assert "順序" in refused(written(tmp_path / "a.csv", both))
    mixed = column(
        rows, head["受付日時"], lambda i: "25/04/2024 09:00" if i % 2 else "04/25/2024 09:00"
    )
    assert "混ざって" in refused(written(tmp_path / "b.csv", mixed))


def a_my_number() -> str:
    return next(n for d in range(10) if is_my_number(n := f"12345678901{d}"))


def test_an_individual_number_anywhere_refuses_the_file_and_is_not_told(tmp_path: Path) -> None:
    rows = column(
        rows_of("handling_log"), "備考", lambda i: f"番号は{a_my_number()}" if i == 7 else ""
    )
    said = refused(written(tmp_path / "a.csv", rows))
    assert "個人番号" in said and "備考" in said and "9 行目" in said
    assert a_my_number() not in said


def test_ids_of_twelve_digits_are_taken_where_they_are_declared(tmp_path: Path) -> None:
    rows = rows_of("handling_log")
    rows[3]["受付番号"] = a_my_number()
    path = written(tmp_path / "a.csv", rows)
    refused(path)
    plain = written(tmp_path / "b.csv", rows_of("handling_log"))
    check_file(plain, "handling_log")
    text = (tmp_path / "b.csv.mapping.toml").read_text(encoding="utf-8")
    mapping = tmp_path / "m.toml"
    mapping.write_text(text.replace("not_my_number = []", 'not_my_number = ["受付番号"]'), "utf-8")
    done = import_file(path, "handling_log", mapping)
    assert done.examined.exempt_numbers == 1 and done.figure.record["rows"] == ROWS


def test_an_individual_number_in_a_hidden_sheet_refuses_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, hidden = book.add_worksheet("記入"), book.add_worksheet("控え")
        sheet.write_row(0, 0, list(rows_of("handling_log")[0]))
        for number, row in enumerate(rows_of("handling_log"), start=1):
            sheet.write_row(number, 0, list(row.values()))
        hidden.write(4, 2, float(a_my_number()))
        hidden.hide()
    said = refused(path)
    assert "控え" in said and a_my_number() not in said


def test_a_workbook_is_taken_in_as_a_csv_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("記入")
        sheet.write(0, 0, "令和6年度 受付の記録")
        sheet.write_row(2, 0, list(rows_of("handling_log")[0]))
        for number, row in enumerate(rows_of("handling_log"), start=3):
            sheet.write_row(number, 0, list(row.values()))
    done = import_file(path, "handling_log")
    assert done.figure.record["rows"] == ROWS


def test_personal_columns_are_dropped_by_choice_and_never_loaded(tmp_path: Path) -> None:
    rows = column(rows_of("handling_log"), "申請者氏名", lambda i: f"例示 太郎{i}")
    rows = column(rows, "連絡先", lambda i: f"090-1234-{i:04}")
    path = written(tmp_path / "a.csv", rows)
    found = check_file(path, "handling_log")
    assert [p.heading for p in found.personal] == ["申請者氏名", "連絡先"] and not found.undecided
    mapping = found.mapping_path.read_text(encoding="utf-8")
    undecided = tmp_path / "undecided.toml"
    text = re.sub(r"drop = \[.*?\]", 'drop = ["申請者氏名"]', mapping, flags=re.DOTALL)
    undecided.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefused, match="連絡先"):
        import_file(path, "handling_log", undecided)
    done = import_file(path, "handling_log")
    for file in (done.figure.path, current_warehouse()):
        content = file.read_bytes()
        assert "太郎".encode() not in content and b"090-1234" not in content


def test_telephone_numbers_in_a_column_that_is_asked_for_are_refused(tmp_path: Path) -> None:
    rows = column(
        rows_of("handling_log"), labels("handling_log")["課・窓口"], lambda i: f"03-1234-{i:04}"
    )
    assert "電話番号" in refused(written(tmp_path / "a.csv", rows))


def test_staff_become_the_same_pseudonym_in_every_form(tmp_path: Path) -> None:
    log = column(
        rows_of("handling_log"), labels("handling_log")["担当職員"], lambda i: f"山田　太郎{i}"
    )
    training = column(
        rows_of("training_log"), labels("training_log")["職員"], lambda i: f"山田太郎{i}"
    )
    import_file(written(tmp_path / "a.csv", log), "handling_log")
    import_file(written(tmp_path / "b.csv", training), "training_log")
    with duckdb.connect(str(current_warehouse()), read_only=True) as connection:
        same = connection.execute(
            "SELECT count(*) FROM mart_handling SEMI JOIN mart_training USING (staff)"
        ).fetchall()
        names = connection.execute("SELECT DISTINCT staff FROM mart_training").fetchall()
    assert same == [(ROWS,)] and all(
        name.startswith("P") and "山田" not in name for (name,) in names
    )


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_everything_that_is_kept_is_for_this_user_alone(tmp_path: Path, own: Path) -> None:
    rows = rows_of("handling_log")
    rows[0][labels("handling_log")["受付日時"]] = "?"
    import_file(written(tmp_path / "a.csv", rows), "handling_log")
    for path in (own, *own.rglob("*")):
        mode = stat.S_IMODE(path.stat(follow_symlinks=False).st_mode)
        assert path.is_symlink() or mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_the_encoding_is_found(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", rows_of("handling_log"), encoding)
    assert import_file(path, "handling_log").figure.record["rows"] == ROWS


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_the_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", rows_of("handling_log"))
    path.write_text(path.read_text("utf-8").replace(",", delimiter), encoding="utf-8")
    assert import_file(path, "handling_log").figure.record["rows"] == ROWS


def test_rows_have_the_numbers_that_people_count(tmp_path: Path) -> None:
    text = written(tmp_path / "a.csv", rows_of("training_log")).read_text("utf-8")
    path = tmp_path / "b.csv"
    path.write_text(f"研修の記録\r\n\r\n{text}", encoding="utf-8")
    raw = read(path, tmp_path / "raw.duckdb")
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as connection:
        rows = connection.execute("SELECT min(row_number), max(row_number) FROM raw").fetchall()
    assert raw.headings[0] == labels("training_log")["職員"] and rows == [(4, ROWS + 3)]


def test_a_later_import_replaces_the_data_set(tmp_path: Path) -> None:
    for count in (ROWS, 5):
        path = written(tmp_path / "a.csv", rows_of("handling_log")[:count])
        import_file(path, "handling_log", dataset="受付")
    (item,) = store.datasets()
    assert item.record["rows"] == 5
    with duckdb.connect(str(current_warehouse()), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM mart_handling").fetchall() == [(5,)]


def test_a_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    import_file(
        written(tmp_path / "a.csv", rows_of("handling_log")), "handling_log", dataset="受付"
    )
    before = current_warehouse().read_bytes()
    bad = column(rows_of("handling_log"), labels("handling_log")["受付日時"], lambda i: "?")
    mapping = tmp_path / "a.csv.mapping.toml"
    with pytest.raises(ImportRefused):
        import_file(written(tmp_path / "b.csv", bad), "handling_log", mapping, dataset="受付")
    assert current_warehouse().read_bytes() == before


def test_the_smallest_cell_is_settled_once_for_all(tmp_path: Path) -> None:
    import_file(written(tmp_path / "a.csv", rows_of("handling_log")), "handling_log")
    with pytest.raises(settings.SettingError):
        settings.set_smallest_cell(2)
    settings.set_smallest_cell(20)
    building.build()
    with duckdb.connect(str(current_warehouse()), read_only=True) as connection:
        hidden = connection.execute(
            "SELECT is_hidden FROM mart_cell WHERE dims = 'channel'"
        ).fetchall()
    assert hidden == [(True,)]


def test_the_own_data_of_a_checkout_are_ignored_by_git() -> None:
    ignored = (importing.places.DATA.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"data/own/", "reports/own/"} <= set(ignored)
