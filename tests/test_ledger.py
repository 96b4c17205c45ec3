"""The ledger: what was found is kept, whatever it shows: file, merges, crashes, command, pages."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from conftest import Command, command_in, warehouse_of
from ebpm.evidence import ledger, lines
from ebpm.evidence.claims import VERDICT_NAMES, Verdict
from ebpm.evidence.lines import LedgerError
from ebpm.evidence.overclaims import overclaims
from ebpm.evidence.replications import replications
from ebpm.paths import ROOT
from ebpm.report import render_index
from ebpm.report.ledger import ledger_names
from ebpm.report.ledger_parts import question_page
from ebpm.report.words import WORDS, word
from ebpm.run.publish_ledger import publish_ledger
from ebpm.run.setting import Setting, setting_of_this_run
from support.attacks import ATTACKS
from support.chromium import browser as start_browser
from support.git import git
from support.ledger_sample import SOURCES, common, finding
from support.ledger_site import pages, view
from support.small_checkout import make_checkout

NOISE = 1e-11  # beyond the ninth digit of the estimate: what another machine may give
EIGHTH_DIGIT = 2e-8
LANGS = ("ja", "en")
NAME = ledger.FILE


def newer(number: int) -> list[dict[str, Any]]:
    """The sources, the first in another edition."""
    return [{**SOURCES[0], "edition": str(2024 + number), "sha256": f"{number}" * 64}, SOURCES[1]]


# The file


def test_an_empty_folder_has_an_empty_ledger(tmp_path: Path) -> None:
    assert ledger.entries(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_report_without_findings_adds_nothing(tmp_path: Path) -> None:
    assert ledger.record(tmp_path / "new", common(), []) == 0
    assert ledger.entries(tmp_path / "new") == []


def test_a_row_holds_what_was_found_in_a_fixed_order(tmp_path: Path) -> None:
    given = finding(lgcode="011002", fiscal_year=2023, plan="p1")
    assert ledger.record(tmp_path, common(3, parameters={"lgcode": "011002"}), [given]) == 1
    (row,) = ledger.entries(tmp_path)
    assert list(row) == list(ledger.FIELDS)
    kept = set(ledger.FIELDS) & given.keys() - {"sources", "schema"}
    assert len(kept) == 20 and all(row[name] == given[name] for name in kept)
    assert row["sources"] == [
        {name: source[name] for name in ("key", "title", "edition", "sha256")} for source in SOURCES
    ]
    assert (row["run_id"], row["recorded"]) == ("run-3", "2026-01-03T01:00:00Z")
    assert row["parameters"] == {"lgcode": "011002"}


def test_the_file_is_text_that_people_and_git_can_read(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(), [finding("a"), finding("b")])
    text = (tmp_path / NAME).read_text(encoding="utf-8")
    assert text.endswith("}\n") and len(text.splitlines()) == 2
    assert "申請率が高い団体では" in text and "\\u" not in text
    first = text.splitlines()[0]
    assert re.findall(r'"(\w+)": ', first)[:7] == list(ledger.FIELDS[:7])


def test_recording_only_adds(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "ledger"
    assert ledger.record(folder, common(1), [finding("b"), finding("a")]) == 2
    before = (folder / NAME).read_bytes()
    assert ledger.record(folder, common(2), [finding("a", n=1700), finding("c")]) == 2
    assert (folder / NAME).read_bytes().startswith(before)
    rows = ledger.entries(folder)
    assert [(row["id"], row["n"]) for row in rows] == [
        ("b", 1741),
        ("a", 1741),
        ("a", 1700),
        ("c", 1741),
    ]
    assert [(row["id"], row["n"]) for row in ledger.latest(rows)] == [
        ("b", 1741),
        ("a", 1700),
        ("c", 1741),
    ]


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"estimate": 0.123456789012 * (1 + NOISE)},
        {"ci_low": -0.25 * (1 - NOISE)},
        {"smallest_effect": 1},
        {"checks": [{"name": "enough_rows"}]},
        {"sources": [{**SOURCES[1]}, {**SOURCES[0], "title": {"ja": "別名", "en": "other"}}]},
    ],
)
def test_a_finding_that_came_out_the_same_is_not_written_again(
    tmp_path: Path, same: dict[str, Any]
) -> None:
    ledger.record(tmp_path, common(1), [finding()])
    again = common(2) | {"code_version": "0.2.0", "warehouse_inputs_sha256": "d" * 64}
    assert ledger.record(tmp_path, again, [finding(**same)]) == 0
    assert len(ledger.entries(tmp_path)) == 1


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"estimate": 0.123456789012 * (1 + EIGHTH_DIGIT)}, "estimate"),
        ({"ci_low": -0.26}, "interval"),
        ({"ci_high": 0.51}, "interval"),
        ({"p_value": None}, "interval"),
        ({"n": 1740}, "cases"),
        ({"n_clusters": 46}, "cases"),
        ({"verdict": "inconclusive"}, "verdict"),
        ({"sms": 1}, "sms"),
        ({"claim_ja": "別の文"}, "wording"),
        ({"claim_en": "Another sentence"}, "wording"),
        ({"question": {"ja": "別の問い", "en": "Another?"}}, "wording"),
        ({"method": {"ja": "中央値", "en": "median"}}, "method"),
        ({"design": "cross_section"}, "method"),
        ({"smallest_effect": 2.0}, "threshold"),
        ({"plan": "p1"}, "plan"),
        ({"fiscal_year": 2024}, "scope"),
        ({"sources": newer(1)}, "sources"),
        ({"sources": [{**SOURCES[0], "sha256": "f" * 64}, SOURCES[1]]}, "sources"),
        ({"sources": [{**SOURCES[0], "edition": "2025"}, SOURCES[1]]}, "sources"),
        ({"sources": [SOURCES[0]]}, "sources"),
    ],
)
def test_what_came_out_otherwise_is_a_new_row_that_says_in_what(
    tmp_path: Path, changed: dict[str, Any], part: str
) -> None:
    ledger.record(tmp_path, common(1), [finding()])
    assert ledger.record(tmp_path, common(2), [finding(**changed)]) == 1
    old, new = ledger.entries(tmp_path)
    assert ledger.changes(old, new) == (part,)
    assert ledger.record(tmp_path, common(3), [finding(**changed)]) == 0
    assert ledger.record(tmp_path, common(4), [finding()]) == 1  # back again: that is news too


def test_each_report_has_rows_of_its_own(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding()])
    assert ledger.record(tmp_path, common(1, "staffing/011002"), [finding()]) == 1
    assert ledger.record(tmp_path, common(1, "staffing_もの"), [finding()]) == 1
    assert ledger.record(tmp_path, common(2, "staffing_もの"), [finding()]) == 0
    assert len(ledger.latest(ledger.entries(tmp_path))) == 3


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_and_nothing_is_written(tmp_path: Path, broken: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ledger.record(tmp_path, common(), [finding("a"), finding("b", estimate=broken)])
    assert ledger.entries(tmp_path) == []


# Crashes, damage, many at once


@pytest.fixture(autouse=True)
def told_anew() -> Iterator[None]:
    """A half-written line is told once in a process: each test is to hear it."""
    lines._tell.cache_clear()
    yield
    lines._tell.cache_clear()


def cut(folder: Path, marker: bytes) -> bytes:
    """Cuts the last line of the ledger in the middle of `marker`, as a crash does."""
    data = (folder / NAME).read_bytes()
    place = data.rindex(marker) + len(marker) // 2
    (folder / NAME).write_bytes(data[:place])
    return data[:place]


@pytest.mark.parametrize(
    "marker", [b'{"schema"', "職員".encode()[:3], b'"code_version"', b'0.1.0"}']
)
def test_a_line_that_a_crash_cut_short_is_told_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, marker: bytes
) -> None:
    ledger.record(tmp_path, common(1), [finding("a"), finding("b")])
    left = cut(tmp_path, marker)
    assert [row["id"] for row in ledger.entries(tmp_path)] == ["a"]
    assert ledger.record(tmp_path, common(2), [finding("b"), finding("c")]) == 2
    assert [row["id"] for row in ledger.entries(tmp_path)] == ["a", "b", "c"]
    assert (tmp_path / NAME).read_bytes().startswith(left + b"\n")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1 and "\n" not in told[0]
    assert NAME in told[0] and "2 行目" in told[0] and "書きかけ" in told[0]


def test_two_crashes_leave_two_lines_that_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for day, name in enumerate("abc", start=1):
        ledger.record(tmp_path, common(day), [finding(name)])
        if name != "c":
            cut(tmp_path, b'"estimand"')
    assert [row["id"] for row in ledger.entries(tmp_path)] == ["c"]
    assert [re.search(r"(\d+) 行目", r.getMessage())[1] for r in caplog.records] == ["1", "3"]  # type: ignore[index]


def test_a_whole_line_without_its_end_is_a_row(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding("a")])
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole.rstrip(b"\n"))
    assert ledger.record(tmp_path, common(2), [finding("a")]) == 0
    assert ledger.record(tmp_path, common(2), [finding("b")]) == 1
    assert [row["id"] for row in ledger.entries(tmp_path)] == ["a", "b"]
    assert (tmp_path / NAME).read_bytes().startswith(whole)


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ebpm.evidence import ledger
from support.ledger_sample import common, finding
folder = Path(sys.argv[1])
size = (folder / ledger.FILE).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 700, size + 700))
try:
    ledger.record(folder, common(2), [finding("b")])
except OSError:
    sys.exit(7)
"""


def test_a_row_that_no_longer_fits_the_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="not a POSIX system")
    ledger.record(tmp_path, common(1), [finding("a")])
    before = (tmp_path / NAME).read_bytes()
    assert python(FULL_DISK, tmp_path).wait(60) == 7
    assert (tmp_path / NAME).read_bytes() == before


def python(code: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """A process of its own that records."""
    words = [sys.executable, "-c", code, *map(str, arguments), str(ROOT / "tests")]
    return subprocess.Popen(words)


MANY = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from ebpm.evidence import ledger
from support.ledger_sample import common, finding
folder, who = Path(sys.argv[1]), sys.argv[2]
for day in range(1, 16):
    ledger.record(folder, common(day, f"staffing/{who}"), [finding(n=day), finding("other", n=day)])
    ledger.record(folder, common(day), [finding("shared")])
"""


def test_many_processes_record_at_once_and_no_row_is_lost_or_torn(tmp_path: Path) -> None:
    started = [python(MANY, tmp_path, str(who)) for who in range(4)]
    assert [process.wait(120) for process in started] == [0] * 4
    rows = ledger.entries(tmp_path)
    assert len((tmp_path / NAME).read_text("utf-8").splitlines()) == len(rows)
    own = {(row["report"], row["id"], row["n"]) for row in rows if row["id"] != "shared"}
    assert len(own) == 4 * 15 * 2
    assert len(rows) == len(own) + 1  # the shared one came out the same each time


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda line: line[:-9], "JSON"),
        (lambda line: "<<<<<<< HEAD", "JSON"),
        (lambda line: "[1, 2]", "JSON"),
        (lambda line: line.replace('"n": 1741', '"n": NaN'), "JSON"),
        (lambda line: line.replace('"n": 1741', '"n": 1742'), "照合値"),
        (lambda line: line.replace("no_effect", "supported"), "照合値"),
        (lambda line: line.replace('"n": 1741, ', ""), "n がありません"),
        (lambda line: line.replace('"schema": 1', '"schema": 2'), "schema"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, damage: Any, words: str) -> None:
    ledger.record(tmp_path, common(1), [finding("a"), finding("b"), finding("c")])
    text = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    text[1] = damage(text[1])
    (tmp_path / NAME).write_text("\n".join(text) + "\n", encoding="utf-8")
    with pytest.raises(LedgerError, match="2 行目") as caught:
        ledger.entries(tmp_path)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_git_merges_two_branches_and_keeps_all_rows(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "ledger"
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    ledger.record(folder, common(1), [finding("a")])
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    for branch, day, name in (("left", 3, "b"), ("right", 2, "c")):
        git(tmp_path, "checkout", "-qb", branch, "main")
        ledger.record(folder, common(day), [finding(name), finding("a", n=day)])
        git(tmp_path, "commit", "-qam", branch)
    git(tmp_path, "merge", "-q", "left", "-m", "both")
    rows = ledger.entries(folder)
    assert [(row["id"], row["n"]) for row in rows] == [
        ("a", 1741),
        ("c", 1741),
        ("a", 2),
        ("b", 1741),
        ("a", 3),
    ]
    assert {row["id"]: row["n"] for row in ledger.latest(rows)}["a"] == 3


def test_a_row_that_a_merge_left_twice_is_one(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding("a")])
    (tmp_path / NAME).write_bytes((tmp_path / NAME).read_bytes() * 2)
    assert len(ledger.entries(tmp_path)) == 1


# One result in many reports, one question in many places


def test_one_number_in_many_reports_is_one_result(tmp_path: Path) -> None:
    for report, parameters in (
        ("staffing/011002", {"lgcode": "011002"}),
        ("staffing", {}),
        ("staffing/131016", {"lgcode": "131016"}),
    ):
        ledger.record(tmp_path, common(1, report, parameters), [finding()])
    ledger.record(
        tmp_path, common(1, "staffing/131016", {"lgcode": "131016"}), [finding("own", n=1)]
    )
    found = ledger.distinct(ledger.latest(ledger.entries(tmp_path)))
    assert [(row["id"], row["report"], len(same)) for row, same in found] == [
        ("st-level", "staffing", 3),
        ("own", "staffing/131016", 1),
    ]


def rows_of(tmp_path: Path, *given: tuple[dict[str, Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one notebook: each from its own parameters and finding, a day apart."""
    for day, (parameters, changed) in enumerate(given, start=1):
        code = parameters.get("lgcode")
        report = f"staffing/{code}" if code else "staffing" + "".join(map(str, parameters.values()))
        shared = common(day, report, parameters) | {"notebook": "staffing"}
        ledger.record(tmp_path, shared, [finding(**changed)])
    return ledger.entries(tmp_path)


NO, YES, UNCLEAR, COUNT = "no_effect", "supported", "inconclusive", "descriptive"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((NO, 0.1), (NO, 0.2), "agrees"),
        ((NO, 0.1), (NO, -0.2), "agrees"),  # about nothing: the sign says nothing
        ((YES, 3.0), (YES, 5.0), "agrees"),
        ((YES, 3.0), (YES, -5.0), "differs"),
        ((YES, 3.0), (NO, 0.1), "differs"),
        ((NO, 0.1), (YES, 0.1), "differs"),
        ((NO, 0.1), (UNCLEAR, 0.1), "cannot_tell"),
        ((UNCLEAR, 0.1), (UNCLEAR, 0.2), "cannot_tell"),
        ((COUNT, 40.0), (COUNT, 41.0), "cannot_tell"),  # nothing was judged
    ],
)
def test_a_replication_agrees_in_verdict_and_sign(
    tmp_path: Path, one: tuple[str, float], other: tuple[str, float], expected: str
) -> None:
    first, second = ({"verdict": verdict, "estimate": size} for verdict, size in (one, other))
    rows = rows_of(tmp_path, ({}, first), ({}, {**second, "fiscal_year": 2019}))
    (found,) = replications(rows[0], rows)
    assert (found.outcome, found.differs_in) == (expected, ("year",))
    (back,) = replications(rows[1], rows)
    assert back.outcome == expected


def test_another_unit_cannot_be_compared(tmp_path: Path) -> None:
    days = {"unit": {"ja": "日", "en": "days"}, "fiscal_year": 2019}
    rows = rows_of(tmp_path, ({}, {}), ({}, days))
    assert [found.outcome for found in replications(rows[0], rows)] == ["cannot_tell"]


def test_replications_are_other_years_bodies_parameters_and_editions(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        ({}, {"sources": newer(1), "n": 1}),
        ({}, {"n": 2}),
        ({"min": 9}, {"n": 3}),
        ({"lgcode": "011002"}, {"n": 4, "lgcode": "011002"}),
        ({"lgcode": "131016"}, {"n": 5, "fiscal_year": 2019, "lgcode": "131016"}),
        ({"lgcode": "471003"}, {"n": 2}),  # the national number on one body's page
        ({"min": 9}, {"n": 6}),  # the newest of its circumstances
    )
    now = next(row for row in rows if row["report"] == "staffing" and row["n"] == 2)
    found = [(each.row["n"], each.differs_in) for each in replications(now, rows)]
    assert sorted(found) == [
        (1, ("edition",)),
        (4, ("body",)),
        (5, ("body", "year")),
        (6, ("parameters",)),
    ]


def test_another_question_is_no_replication(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding("a"), finding("b", fiscal_year=2019)])
    ledger.record(tmp_path, common(1, "other"), [finding("a", fiscal_year=2019)])
    rows = ledger.entries(tmp_path)
    assert replications(rows[0], rows) == []


# The command


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A ledger with all four verdicts, a superseded row, a body and a cell like a formula."""
    folder = tmp_path / "book"
    ledger.record(folder, common(1), [finding(verdict="inconclusive", n=900)])
    ledger.record(folder, common(2), [finding()])
    up = {"estimate": 2.0, "ci_low": 1.0, "ci_high": 3.0, "claim_ja": '=HYPERLINK("x")'}
    up["estimand"] = {"ja": "職員数の増減", "en": "change in staff"}
    ledger.record(folder, common(2), [finding("st-up", verdict="supported", **up)])
    ask = {"ja": "オンラインの期間は短いか", "en": "Is the ONLINE period shorter?"}
    count = {"question": ask, "smallest_effect": None, "design": "paired_comparison", "sms": 1}
    ledger.record(folder, common(3, "periods"), [finding("pt", verdict="descriptive", **count)])
    other = {"ja": "順位相関", "en": "rank correlation"}
    ledger.record(
        folder, common(3, "periods"), [finding("pt-x", verdict="inconclusive", estimand=other)]
    )
    own = {"ja": "この団体の値", "en": "value of the body"}
    body = common(4, "staffing/011002", {"lgcode": "011002"})
    ledger.record(folder, body, [finding("own", estimand=own, lgcode="011002"), finding()])
    return folder


@pytest.fixture
def command(tmp_path: Path, book: Path) -> Command:
    """The command on that ledger."""
    return command_in(tmp_path / "no-warehouse", EBPM_LEDGER=str(book))


def listed(command: Command, *options: str) -> list[tuple[str, str]]:
    done = command("ledger", "--json", *options)
    assert done.returncode == 0, done.stderr
    return [(row["report"], row["id"]) for row in json.loads(done.stdout)]


def test_the_command_lists_question_verdict_value_and_claim(command: Command) -> None:
    done = command("ledger")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert len(shown) == 6 * 2 + 1
    assert "6 件" in shown[-1] and "7" in shown[-1]
    assert "基準を超える差はない" in shown[0] and "職員の違いは" in shown[0]
    assert "0.123［-0.25〜0.5］" in shown[0] and "SMS 2/5" in shown[0]
    assert shown[1].strip() == "問い：申請率が高い団体では職員が少ないか"


def test_filters_narrow_the_list(command: Command) -> None:
    level, up = ("staffing", "st-level"), ("staffing", "st-up")
    body = [("staffing/011002", "own"), ("staffing/011002", "st-level")]
    assert listed(command, "--verdict", "supported") == [up]
    assert listed(command, "--verdict", "no_effect") == [level, *body]
    assert listed(command, "--notebook", "periods") == [("periods", "pt"), ("periods", "pt-x")]
    assert listed(command, "--lgcode", "011002") == body
    assert listed(command, "--question", "オンライン") == [("periods", "pt")]
    assert listed(command, "--question", "ｏｎｌｉｎｅ") == [("periods", "pt")]
    assert listed(command, "--notebook", "staffing", "--verdict", "supported") == [up]
    assert listed(command, "--question", "ないもの") == []


def test_all_gives_the_superseded_rows_too(command: Command) -> None:
    assert len(listed(command)) == 6
    assert len(listed(command, "--all")) == 7
    assert len(listed(command, "--all", "--verdict", "inconclusive")) == 2
    assert len(listed(command, "--verdict", "inconclusive")) == 1


def test_csv_is_for_a_spreadsheet_and_runs_nothing(command: Command, tmp_path: Path) -> None:
    done = command("ledger", "--all", "--csv", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 7
    assert [row["最新の記録"] for row in rows] == ["いいえ", *["はい"] * 6]
    by_id = {row["識別名"]: row for row in rows if row["最新の記録"] == "はい"}
    assert by_id["st-up"]["分析結果"] == """'=HYPERLINK("x")"""
    assert by_id["st-up"]["判定"] == "関連がみられる"
    assert float(by_id["own"]["値"]) == 0.123456789012 and by_id["own"]["団体コード"] == "011002"
    shown = command("ledger", "--all", "--csv", "-").stdout
    assert shown.encode() == raw.replace(b"\r\n", b"\n")
    assert by_id["pt"]["判定の基準"] == "" and by_id["pt"]["出典"] == "調査 [2024]; 国勢調査 [2020]"


@pytest.mark.parametrize(
    "options", [("--verdict", "maybe"), ("--json", "--csv", "-"), ("--nothing",)]
)
def test_wrong_use_is_one_line(command: Command, options: tuple[str, ...]) -> None:
    done = command("ledger", *options)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1


def test_a_damaged_ledger_is_one_line_with_the_number(command: Command, book: Path) -> None:
    with (book / NAME).open("a", encoding="utf-8") as stream:
        stream.write("damaged\n")
    done = command("ledger")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and "8 行目" in done.stderr


def test_a_half_written_line_is_one_line_beside_the_list(command: Command, book: Path) -> None:
    with (book / NAME).open("a", encoding="utf-8") as stream:
        stream.write('{"schema": 1, "ent')
    done = command("ledger")
    assert done.returncode == 0 and "6 件" in done.stdout
    assert len(done.stderr.strip().splitlines()) == 1 and "8 行目" in done.stderr


def test_words_of_the_command_are_those_of_the_pages() -> None:
    assert VERDICT_NAMES.keys() == set(Verdict)
    said = {name: names.ja for name, names in VERDICT_NAMES.items()}
    assert all(word(f"verdict_{name}", "ja").startswith(words) for name, words in said.items())


# A run


@pytest.fixture
def no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their font, which takes long to make and is not what is looked at here."""
    monkeypatch.setattr("ebpm.report.shell.font_faces", lambda stable, whole: "")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own with one small notebook."""
    return make_checkout(tmp_path_factory.mktemp("house"))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_run_records_what_it_found_once_and_writes_the_pages(
    ebpm: Command, house: Path, tmp_path: Path
) -> None:
    book, out = tmp_path / "book", tmp_path / "site"
    own = command_in(warehouse_of(ebpm), EBPM_HOME=str(house), EBPM_LEDGER=str(book))
    kept = house / "reports" / "ledger"
    kept.mkdir(parents=True)
    (kept / NAME).write_text("", encoding="utf-8")
    checkouts = [(folder, snapshot(folder)) for folder in (kept, ROOT / "reports" / "ledger")]
    garbage = warehouse_of(ebpm) / "ledger.duckdb"
    garbage.write_bytes(b"of another time")

    first = own("run", "small", "--out", out)
    assert first.returncode == 0, first.stderr
    (row,) = ledger.entries(book)
    assert (row["report"], row["notebook"], row["parameters"]) == ("small", "small", {})
    assert row["recorded"].endswith("Z") and row["run_id"].startswith("20")
    assert 'href="ledger/index.html"' in (out / "index.html").read_text(encoding="utf-8")
    assert {path.name for path in (out / "ledger").iterdir()} == set(ledger_names([row]))
    question = (out / "ledger" / "small-aged.html").read_text(encoding="utf-8")
    assert 'href="../small.html"' in question and "小さな資料" in question

    made = times(out / "ledger")
    again = own("run", "small", "--force", "--out", out)
    assert again.returncode == 0 and ledger.entries(book) == [row]
    assert times(out / "ledger") == made
    assert all(snapshot(folder) == before for folder, before in checkouts)
    assert garbage.read_bytes() == b"of another time"
    garbage.unlink()


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_the_ledger_of_the_checkout_is_used_where_no_other_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EBPM_LEDGER", str(tmp_path))
    assert ledger.default_folder() == tmp_path
    monkeypatch.setenv("EBPM_LEDGER", "")
    assert ledger.default_folder() == ROOT / "reports" / "ledger"
    monkeypatch.delenv("EBPM_LEDGER")
    assert ledger.default_folder() == ROOT / "reports" / "ledger"


@pytest.fixture
def setting(ebpm: Command, monkeypatch: pytest.MonkeyPatch, book: Path) -> Setting:
    """A run on the warehouse of all tests and on that ledger."""
    monkeypatch.setenv("EBPM_WAREHOUSE", str(warehouse_of(ebpm)))
    monkeypatch.setenv("EBPM_LEDGER", str(book))
    return setting_of_this_run()


@pytest.mark.usefixtures("no_font")
def test_pages_are_written_again_only_where_something_they_show_has_changed(
    setting: Setting, book: Path, tmp_path: Path
) -> None:
    out, folder = tmp_path / "site", tmp_path / "site" / "ledger"
    publish_ledger(out, "ja", setting, {})
    made = times(folder)
    publish_ledger(out, "ja", setting, {})
    assert times(folder) == made
    (folder / "verdict-no_effect.html").unlink()
    publish_ledger(out, "ja", setting, {})
    assert times(folder).keys() == made.keys()
    ledger.record(book, common(9), [finding("elsewhere")])
    publish_ledger(out, "ja", setting, {})
    assert (folder / "staffing-elsewhere.html").exists()
    assert "北海道札幌市" in (folder / "index.html").read_text(encoding="utf-8")
    before = times(folder)
    publish_ledger(out, "en", setting, {})
    assert all(times(folder)[name] > before[name] for name in before)


def test_reports_stand_without_pages_of_a_ledger_that_is_damaged(
    setting: Setting, book: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (book / NAME).open("a", encoding="utf-8") as stream:
        stream.write("damaged\n")
    publish_ledger(tmp_path / "site", "ja", setting, {})
    assert not (tmp_path / "site").exists() and "8 行目" in caplog.text


def test_a_damaged_ledger_stops_a_run_before_anything_is_made(
    ebpm: Command, house: Path, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text("damaged\n", encoding="utf-8")
    own = command_in(warehouse_of(ebpm), EBPM_HOME=str(house), EBPM_LEDGER=str(tmp_path))
    failed = own("run", "small", "--out", tmp_path / "site")
    assert failed.returncode == 1 and not (tmp_path / "site").exists()
    assert len(failed.stderr.strip().splitlines()) == 1 and "1 行目" in failed.stderr


# The pages


def made(folder: Path, lang: Any = "ja", **given: Any) -> dict[str, Any]:
    return {
        name: html.document_fromstring(text)
        for name, text in pages(folder, lang, **given).items()
        if name.endswith(".html")
    }


def text_of(node: Any) -> str:
    return " ".join(node.text_content().split())


@pytest.mark.usefixtures("no_font")
def test_the_names_are_known_beforehand(book: Path) -> None:
    names = list(pages(book))
    assert sorted(names) == sorted(ledger_names(ledger.entries(book)))
    assert names[-1] == "index.html"  # where it stands, the others do
    assert "staffing-st-level.html" in names and "verdict-inconclusive.html" in names


def test_no_two_questions_share_a_page() -> None:
    pairs = [
        ("a", "b-c"),
        ("a-b", "c"),
        ("verdict", "supported"),
        ("a", "B"),
        ("a", "b"),
        ("資料", "x"),
        ("表", "x"),
        ("a", "../b"),
        ("a_b", "c"),
    ]
    names = [question_page(*pair) for pair in pairs]
    assert len({name.lower() for name in names}) == len(pairs)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.html", name) for name in names)
    assert "verdict-supported.html" not in names
    assert question_page("processing_time", "pt-equal") == "processing_time-pt-equal.html"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("no_font")
def test_every_link_leads_somewhere_and_no_page_runs_or_loads(book: Path, lang: Any) -> None:
    reports = {"staffing": {"ja": "職員数", "en": "Staff"}}
    given = pages(book, lang, reports=reports)
    known = {*given, "../index.html", "../index.html#grade", "../staffing.html", "#main"}
    for name, text in given.items():
        if name.endswith(".html"):
            page = html.document_fromstring(text)
            assert {a.get("href") for a in page.iter("a")} <= known, name
            assert not page.xpath("//script|//link|//img|//iframe|//@onclick")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("no_font")
def test_tables_have_captions_and_scopes_and_pages_one_title(book: Path, lang: Any) -> None:
    for name, page in made(book, lang).items():
        assert len(page.xpath("//h1")) == 1 and page.get("lang") == lang, name
        for table in page.xpath("//table"):
            assert text_of(table.find("caption"))
            assert all(th.get("scope") for th in table.iter("th"))
            assert all(row.xpath("./th") for row in table.xpath(".//tbody/tr"))
    titles = [text_of(page.find("head/title")) for page in made(book, lang).values()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("no_font")
def test_the_index_counts_each_result_once_by_verdict(book: Path, lang: Any) -> None:
    counts = made(book, lang)["index.html"].xpath("//table")[0]
    shown = {text_of(row[0]): text_of(row[1]) for row in counts.xpath(".//tbody/tr")}
    assert shown == {
        word("verdict_supported", lang): "1",
        word("verdict_no_effect", lang): "2",  # the national one, on two pages, and one body's
        word("verdict_inconclusive", lang): "1",
        word("verdict_descriptive", lang): "1",
    }


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("no_font")
def test_each_verdict_begins_with_what_it_means_and_what_not(
    book: Path, verdict: str, lang: Any
) -> None:
    page = made(book, lang)[f"verdict-{verdict}.html"]
    first, second = page.xpath("//main//h1/following-sibling::p")[:2]
    assert text_of(first) == word(f"ledger_means_{verdict}", lang)
    assert text_of(second) == word(f"ledger_not_{verdict}", lang)
    assert ("意味" in text_of(first) + text_of(second)) or lang == "en"
    shown = {text_of(cell) for cell in page.xpath("//tbody/tr/td[1]")}
    assert shown == {word(f"verdict_{verdict}", lang)}


@pytest.mark.usefixtures("no_font")
def test_no_difference_and_cannot_decide_are_never_mixed(book: Path) -> None:
    none, unclear = (made(book)[f"verdict-{name}.html"] for name in (NO, UNCLEAR))
    assert text_of(none.xpath("//h1")[0]).startswith("基準を超える差はない")
    assert text_of(unclear.xpath("//h1")[0]) == "判断できない"
    assert all("判断できない" not in text_of(row) for row in none.xpath("//tbody/tr"))
    assert all("差はない" not in text_of(row) for row in unclear.xpath("//tbody/tr"))
    assert "差がないことは意味しない" in word("ledger_not_inconclusive", "ja")
    assert "差がまったくないことは意味しない" in word("ledger_not_no_effect", "ja")


@pytest.mark.usefixtures("no_font")
def test_a_verdict_without_findings_says_so(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding()])
    page = made(tmp_path)["verdict-supported.html"]
    assert word("ledger_none", "ja") in text_of(page) and not page.xpath("//table")


@pytest.mark.usefixtures("no_font")
def test_the_page_of_a_question_tells_its_whole_history(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding(verdict="inconclusive", ci_high=4.0)])
    ledger.record(tmp_path, common(5), [finding(sources=newer(1))])
    ledger.record(tmp_path, common(9), [finding(verdict="inconclusive", ci_high=4.0)])
    page = made(tmp_path)["staffing-st-level.html"]
    history = page.xpath("//section[@aria-labelledby='ledger_history-title']//tbody/tr")
    shown = [[text_of(cell) for cell in row] for row in history]
    assert [row[0] for row in shown] == ["令和8年1月1日", "令和8年1月5日", "令和8年1月9日"]
    assert [row[2][:3] for row in shown] == ["判断で", "基準を", "判断で"]
    assert [row[3] for row in shown] == [
        "最初の記録",
        "出典のデータ、信頼区間、判定",
        "出典のデータ、信頼区間、判定",
    ]
    assert "調査（2024版）" in shown[0][5] and "調査（2025版）" in shown[1][5]
    assert "−0.2〜4.0％" in shown[0][1] and "−0.25〜0.50％" in shown[1][1]
    assert "令和8年1月9日" in text_of(page.xpath("//dl")[0])


@pytest.mark.usefixtures("no_font")
def test_the_page_of_a_question_shows_its_replications(tmp_path: Path) -> None:
    up = {"verdict": "supported", "estimate": 2.0, "ci_low": 1.5, "ci_high": 2.5}
    rows_of(
        tmp_path,
        ({}, {}),
        ({"min": 9}, {"n": 5}),
        ({"lgcode": "011002"}, {**up, "lgcode": "011002"}),
        ({"lgcode": "131016"}, {"verdict": "inconclusive", "lgcode": "131016"}),
        ({"lgcode": "471003"}, {}),
    )
    page = made(tmp_path, places={"011002": "北海道札幌市"})["staffing-st-level.html"]
    (section,) = page.xpath("//section[@aria-labelledby='ledger_replications-title']")
    assert "一致 1件、不一致 1件、比べられない 1件" in text_of(section)
    shown = {text_of(row[0]): text_of(row[3]) for row in section.xpath(".//tbody/tr")}
    assert shown == {
        "条件：min＝9": "一致",
        "団体：北海道札幌市": "不一致",
        "団体：131016": "比べられない",
    }
    assert "独立した調査とは限らない" in text_of(section)
    assert "471003" in text_of(page.xpath("//dl")[0])  # a report that holds the same result


@pytest.mark.usefixtures("no_font")
def test_a_small_interval_is_not_rounded_to_nothing(tmp_path: Path) -> None:
    tiny = {"estimate": 0.0123, "ci_low": -0.0021, "ci_high": 0.0267, "smallest_effect": 0.05}
    ledger.record(tmp_path, common(1), [finding(**tiny)])
    shown = text_of(made(tmp_path)["staffing-st-level.html"].xpath("//dl")[0])
    assert "0.012％（95％信頼区間 −0.002〜0.027％）" in shown and "±0.05％" in shown


@pytest.mark.usefixtures("no_font")
def test_a_unit_that_is_not_known_is_still_shown(tmp_path: Path) -> None:
    ledger.record(tmp_path, common(1), [finding(unit={"ja": "円", "en": "yen"})])
    assert "円" in text_of(made(tmp_path)["staffing-st-level.html"].xpath("//dl")[0])


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.usefixtures("no_font")
def test_nothing_in_a_row_becomes_markup(tmp_path: Path, attack: str) -> None:
    texts = {"ja": attack, "en": attack}
    bad = finding(
        attack, question=texts, estimand=texts, unit=texts, claim_ja=attack, lgcode=attack
    )
    ledger.record(tmp_path, common(1, attack, {attack: attack}), [bad])
    for name, page in made(tmp_path, reports={attack: texts}).items():
        assert not page.xpath("//script|//img|//iframe|//svg|//@onload|//@onerror"), name
        hrefs = [a.get("href") for a in page.iter("a")]
        assert not [href for href in hrefs if href.startswith(("javascript:", "http:", "https:"))]


@pytest.mark.parametrize("lang", LANGS)
def test_words_of_the_ledger_claim_no_cause(lang: Any) -> None:
    said = [text[lang] for key, text in WORDS.items() if key.startswith("ledger_")]
    assert len(said) > 80 and overclaims(said, 1) == []


def test_japanese_words_are_plain_statements() -> None:
    said = [text["ja"] for key, text in WORDS.items() if key.startswith("ledger_")]
    assert not [text for text in said if re.search(r"(です|ます|ません|ください)[。」]?", text)]
    assert all(text["en"] and not re.search(r"[ぁ-んァ-ヶ]", text["en"]) for text in WORDS.values())


@pytest.mark.usefixtures("no_font")
def test_pages_are_the_same_whenever_they_are_made(book: Path) -> None:
    assert pages(book) == pages(book)


@pytest.mark.usefixtures("no_font")
def test_the_json_of_the_site_holds_every_row(book: Path) -> None:
    content = json.loads(pages(book)["ledger.json"])
    assert content["findings"] == ledger.entries(book) and content["plans"] == []
    assert len(list(csv.reader(io.StringIO(pages(book)["ledger.csv"])))) == 7 + 1


def test_the_list_of_reports_links_the_ledger_where_there_is_one() -> None:
    link = '<a href="ledger/index.html">'
    assert link in render_index([], lang="ja", ledger_href="ledger/index.html")
    assert link not in render_index([], lang="ja")
    assert "javascript" not in render_index([], lang="ja", ledger_href="javascript:x")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("no_font")
def test_no_accessibility_violation_and_no_sideways_scrolling(
    book: Path, tmp_path: Path, lang: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    rows_of(book, ({"min": 9}, {"n": 5}))
    written = pages(book, lang)
    with start_browser() as browser:
        for name in ("index.html", "verdict-no_effect.html", "staffing-st-level.html"):
            (tmp_path / name).write_text(written[name], encoding="utf-8")
            opened = browser.new_page(viewport={"width": 390, "height": 844})
            opened.goto((tmp_path / name).as_uri())
            assert opened.evaluate("document.documentElement.scrollWidth") <= 390
            found = axe.Axe().run(opened).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], name


@pytest.mark.usefixtures("no_font")
def test_a_view_of_an_empty_ledger_is_an_index_of_zeros(tmp_path: Path) -> None:
    assert view(tmp_path).entries == []
    index = made(tmp_path)["index.html"]
    assert [text_of(cell) for cell in index.xpath("//table[1]//td")] == ["0"] * 4
