"""Registering beforehand: the plan, the chain that shows later changes, the two facts about time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from conftest import Command, command_in
from ebpm.evidence import ledger, lines, plans
from ebpm.evidence.lines import LedgerError
from ebpm.evidence.plans import Before, Plan, PlanError
from ebpm.evidence.text import UNITS
from ebpm.paths import ROOT
from support.git import git
from support.ledger_sample import common, finding
from support.ledger_site import pages

NAME = plans.FILE
GIVEN: dict[str, Any] = {
    "id": "st-level",
    "question": "申請率が高い団体では職員が少ないか",
    "outcome": "人口千人当たりの一般行政職員数",
    "method": "条件をそろえた回帰",
    "smallest_effect": 1.0,
    "unit": "pct",
    "exclusions": "なし",
    "notebook": "staffing",
}


def plan(**changed: Any) -> Plan:
    return plans.plan_from(GIVEN | changed)


def options(**changed: Any) -> list[str]:
    given = GIVEN | changed
    named = [(f"--{name.replace('_', '-')}", str(value)) for name, value in given.items()]
    return [word for pair in named for word in pair]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book"


@pytest.fixture
def command(tmp_path: Path, book: Path) -> Command:
    """The command on that ledger, without any warehouse."""
    return command_in(tmp_path / "none", EBPM_LEDGER=str(book))


# The plan


def test_a_registration_holds_content_time_and_place_in_the_chain(book: Path) -> None:
    before = datetime.now(UTC)
    done = plans.register(book, plan())
    assert done.content == GIVEN
    moment = datetime.fromisoformat(done.registered)
    assert done.registered.endswith("Z") and abs(moment - before) < timedelta(minutes=1)
    assert (done.previous, done.amends, done.amendments) == (None, None, 0)
    assert re.fullmatch(r"[0-9a-f]{64}", done.hash)
    assert plans.plans(book) == [done] and plans.plan_of(book, "st-level") == done
    assert plans.plan_of(book, "st-other") is None


def test_the_time_of_a_registration_cannot_be_set(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    done = plans.register(book, replace(plan(), registered="2001-01-01T00:00:00Z"))
    assert done.registered > "2020"


def test_an_amended_plan_names_the_one_before_and_both_stay(book: Path) -> None:
    first = plans.register(book, plan())
    other = plans.register(book, plan(id="other"))
    second = plans.register(book, plan(smallest_effect=2.0))
    third = plans.register(book, plan(smallest_effect=1.0))
    assert (second.amends, second.previous, second.amendments) == (first.hash, other.hash, 1)
    assert (third.amends, third.amendments) == (second.hash, 2)
    assert plans.plans(book) == [first, other, second, third]
    assert plans.plan_of(book, "st-level") == third
    assert plans.check_chain(book) == plans.Chain(4, 0, ())


def test_the_same_content_is_not_registered_twice(book: Path) -> None:
    first = plans.register(book, plan())
    written = (book / NAME).read_bytes()
    assert plans.register(book, plan(question=f" {GIVEN['question']}\n")) == first
    assert (book / NAME).read_bytes() == written


def test_an_earlier_clock_is_refused(book: Path) -> None:
    later = replace(plan(), registered="2999-01-01T00:00:00Z")
    row = plans._stored(later)
    book.mkdir()
    line = lines.dumped(row | {"hash": plans._hash(row)})
    (book / NAME).write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(PlanError, match="時計"):
        plans.register(book, plan(id="other"))


# The chain


def written(book: Path) -> list[str]:
    """Four registrations, one of them an amendment."""
    for changed in ({}, {"id": "b"}, {"smallest_effect": 2.0}, {"id": "c"}):
        plans.register(book, plan(**changed))
    return (book / NAME).read_text(encoding="utf-8").splitlines()


def write(book: Path, text: list[str]) -> None:
    (book / NAME).write_text("".join(f"{line}\n" for line in text), encoding="utf-8")


CHANGES: dict[str, Callable[[str], str]] = {
    "threshold": lambda line: line.replace('"smallest_effect": 2.0', '"smallest_effect": 0.5'),
    "question": lambda line: line.replace("職員が少ない", "職員が多い"),
    "time": lambda line: re.sub(r'"registered": "\d{4}', '"registered": "2001', line),
    "hash": lambda line: re.sub(r'"hash": ".', '"hash": "x', line),
    "previous": lambda line: re.sub(r'"previous": "[^"]*"', '"previous": null', line),
    "field": lambda line: re.sub(r'"exclusions": "[^"]*", ', "", line),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_line_changed_afterwards_is_named(
    book: Path, command: Command, change: Callable[[str], str]
) -> None:
    text = written(book)
    assert change(text[2]) != text[2]
    write(book, [*text[:2], change(text[2]), text[3]])
    found = plans.check_chain(book)
    assert 3 in {problem.line for problem in found.problems}
    with pytest.raises(LedgerError, match="3 行目"):
        plans.plans(book)
    done = command("register", "--check")
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1
    assert "3 行目" in done.stderr


@pytest.mark.parametrize(("removed", "named"), [(0, {2, 3}), (1, {3}), (2, {4})])
def test_a_line_removed_afterwards_shows_at_those_that_came_after(
    book: Path, removed: int, named: set[int]
) -> None:
    text = written(book)
    del text[removed]
    write(book, text)
    shifted = {line - 1 for line in named}
    assert {problem.line for problem in plans.check_chain(book).problems} == shifted


def test_a_line_forged_with_a_new_hash_breaks_the_next(book: Path) -> None:
    text = written(book)
    row = json.loads(text[1]) | {"smallest_effect": 9.0}
    text[1] = lines.dumped(row | {"hash": plans._hash(row)})
    write(book, text)
    assert [problem.line for problem in plans.check_chain(book).problems] == [3]


def test_a_line_set_between_with_an_earlier_date_is_named(book: Path) -> None:
    text = written(book)
    row = json.loads(text[1]) | {"id": "z", "registered": "2001-01-01T00:00:00Z"}
    write(book, [*text, lines.dumped(row | {"hash": plans._hash(row)})])
    (problem,) = plans.check_chain(book).problems
    assert problem.line == 5 and "登録日時" in problem.reason


def test_half_a_line_is_told_and_the_chain_goes_on(
    book: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(book)
    data = (book / NAME).read_bytes()
    (book / NAME).write_bytes(data[:-40])
    plans.register(book, plan(id="d"))
    assert plans.check_chain(book) == plans.Chain(4, 0, ())
    assert [p.id for p in plans.plans(book)] == ["st-level", "b", "st-level", "d"]
    assert "4 行目" in caplog.text and (book / NAME).read_bytes().startswith(data[:-40])


@pytest.mark.parametrize("common_start", [True, False])
def test_a_merge_of_two_branches_is_no_tampering(tmp_path: Path, common_start: bool) -> None:
    folder = tmp_path / "reports" / "ledger"
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    folder.mkdir(parents=True)
    (folder / NAME).write_text("", encoding="utf-8")
    if common_start:
        plans.register(folder, plan())
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    for branch, size in (("left", 2.0), ("right", 3.0)):
        git(tmp_path, "checkout", "-qb", branch, "main")
        plans.register(folder, plan(smallest_effect=size))
        plans.register(folder, plan(id=branch))
        git(tmp_path, "commit", "-qam", branch)
    git(tmp_path, "merge", "-q", "left", "-m", "both")
    count = 5 if common_start else 4
    assert plans.check_chain(folder) == plans.Chain(count, 1, ())
    assert {p.id for p in plans.plans(folder)} == {"st-level", "left", "right"}
    plans.register(folder, plan(id="after"))
    assert plans.check_chain(folder) == plans.Chain(count + 1, 1, ())


MANY = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from ebpm.evidence import plans
given = eval(sys.argv[4])
for number in range(10):
    plans.register(Path(sys.argv[1]), plans.plan_from(given | {"id": f"{sys.argv[2]}-{number}"}))
"""


def test_many_processes_register_at_once_in_one_chain(book: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", MANY, book, str(who), ROOT / "tests", repr(GIVEN)])
        for who in range(4)
    ]
    assert [process.wait(120) for process in started] == [0] * 4
    assert plans.check_chain(book) == plans.Chain(40, 0, ())


# The command


def test_options_register_and_the_list_shows_it(command: Command) -> None:
    done = command("register", *options())
    assert done.returncode == 0, done.stderr
    assert "登録しました：st-level" in done.stdout
    again = command("register", *options())
    assert again.returncode == 0 and "すでに登録されています" in again.stdout
    amended = command("register", *options(smallest_effect=2))
    assert amended.returncode == 0 and "1 回目の変更" in amended.stdout
    shown = command("register", "--list").stdout
    assert shown.count(GIVEN["question"]) == 2 and "2 件" in shown and "2 pct" in shown
    listed = json.loads(command("register", "--list", "--json").stdout)
    assert [each["amendments"] for each in listed] == [0, 1]
    assert listed[1]["amends"] == listed[0]["hash"]
    checked = command("register", "--check")
    assert checked.returncode == 0 and "2 件" in checked.stdout


def test_the_template_is_filled_in_and_registered(command: Command, tmp_path: Path) -> None:
    template = command("register", "--template").stdout
    assert tomllib.loads(template).keys() == GIVEN.keys()
    assert sum(line.startswith("#") for line in template.splitlines()) >= len(GIVEN)
    assert all(unit in template for unit in UNITS)
    path = tmp_path / "plan.toml"
    path.write_text(template, encoding="utf-8")
    empty = command("register", path)
    assert empty.returncode == 2 and "question" in empty.stderr
    for name, value in GIVEN.items():
        filled = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        template = re.sub(rf'^{name} = (""|0)$', filled, template, flags=re.M)
    path.write_text(template, encoding="utf-8")
    done = command("register", path, "--json")
    assert done.returncode == 0, done.stderr
    assert GIVEN.items() <= json.loads(done.stdout).items()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        *(({name: " "}, name) for name in ("id", "question", "outcome", "exclusions", "notebook")),
        ({"smallest_effect": 0}, "0 より大きい"),
        ({"smallest_effect": -1}, "0 より大きい"),
        ({"smallest_effect": "nan"}, "0 より大きい"),
        ({"smallest_effect": "inf"}, "0 より大きい"),
        ({"smallest_effect": "lots"}, "lots"),
        ({"unit": "percent"}, "pct"),
        ({"id": "職員"}, "半角"),
        ({"id": "../x"}, "半角"),
    ],
)
def test_what_cannot_be_registered_is_one_line(
    command: Command, book: Path, changed: dict[str, Any], words: str
) -> None:
    done = command("register", *options(**changed))
    assert done.returncode == 2 and not book.exists()
    assert len(done.stderr.strip().splitlines()) == 1 and words in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id = ", "TOML"),
        ('id = "a"', "question"),
        ('smallest_efect = 1\nid = "a"', "smallest_efect"),
        ("問い：職員は少ないか", "TOML"),
        ('question = ["x"]', "id"),
    ],
)
def test_a_file_that_is_no_plan_is_one_line(
    command: Command, book: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    done = command("register", tmp_path / "plan.toml")
    assert done.returncode == 2 and not book.exists()
    assert len(done.stderr.strip().splitlines()) == 1 and words in done.stderr


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"question": ["a"]}, "question"),
        ({"unit": ["pct"]}, "unit"),
        ({"smallest_effect": "1"}, "smallest_effect"),
        ({"smallest_effect": True}, "smallest_effect"),
        ({"outcome": 3}, "outcome"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan(**changed)


@pytest.mark.parametrize("words", [(), ("--list", "--check"), ("--template", "--id", "a")])
def test_one_thing_at_a_time(command: Command, words: tuple[str, ...]) -> None:
    done = command("register", *words)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1


def test_a_notebook_is_named_without_its_suffix() -> None:
    assert plan(notebook="staffing.ipynb").notebook == "staffing"


# Before the data, before the result


PLAN = replace(plan(), registered="2026-01-10T09:00:00Z")
EARLY, LATE = {"retrieved": "2026-01-09"}, {"retrieved": "2026-01-11"}
SAME, UNDATED = {"retrieved": "2026-01-10"}, {"retrieved": None}


def row(day: int, **changed: Any) -> dict[str, Any]:
    return finding(**changed) | common(day)


@pytest.mark.parametrize(
    ("sources", "retrieved", "before"),
    [
        ([LATE], "2026-01-11", True),
        ([EARLY], "2026-01-09", False),
        ([LATE, EARLY], "2026-01-09", False),
        ([SAME, LATE], "2026-01-10", None),  # a day does not tell which came first
        ([LATE, UNDATED], "2026-01-11", None),  # the undated one may have come earlier
        ([EARLY, UNDATED], "2026-01-09", False),
        ([UNDATED], None, None),
        ([], None, None),
    ],
)
def test_whether_it_came_before_the_data(
    sources: list[dict[str, Any]], retrieved: str | None, before: bool | None
) -> None:
    found = plans.was_before(PLAN, sources, [])
    assert found == Before(PLAN.registered, retrieved, before, None, True)


@pytest.mark.parametrize(
    ("entries", "first", "before"),
    [
        ([row(11)], "2026-01-11T01:00:00Z", True),
        ([row(9)], "2026-01-09T01:00:00Z", False),
        ([row(12), row(9)], "2026-01-09T01:00:00Z", False),
        ([row(9, name="other", plan="st-level"), row(12)], "2026-01-09T01:00:00Z", False),
        ([row(9, name="other"), row(12)], "2026-01-12T01:00:00Z", True),
        ([row(9) | {"notebook": "elsewhere"}], None, True),
    ],
)
def test_whether_it_came_before_the_first_result(
    entries: list[dict[str, Any]], first: str | None, before: bool | None
) -> None:
    found = plans.was_before(PLAN, [LATE], entries)
    assert (found.first_result, found.before_result) == (first, before)
    assert found.before_data is True  # the two facts stand side by side


def test_records_of_the_shipped_figures_have_the_day() -> None:
    records = [json.loads(p.read_text("utf-8")) for p in (ROOT / "data/figures").glob("*.json")]
    early = replace(PLAN, registered="1999-01-01T00:00:00Z")
    assert len(records) > 10 and plans.was_before(early, records, []).before_data is True


# The pages


@pytest.fixture
def told(book: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One question registered, amended and answered; one registered only; one answered only."""
    monkeypatch.setattr("ebpm.report.shell.font_faces", lambda stable, whole: "")
    plans.register(book, plan())
    plans.register(book, plan(smallest_effect=0.25, exclusions="<b>職員数のない団体</b>"))
    plans.register(book, plan(id="waiting", question="窓口の来庁者は少ないか", notebook="visits"))
    ledger.record(
        book, common(1), [finding(), finding("st-other", estimand={"ja": "差", "en": "d"})]
    )
    return book


def page_of(book: Path, name: str, lang: Any = "ja", **given: Any) -> Any:
    return html.document_fromstring(pages(book, lang, **given)[name])


def text_of(node: Any) -> str:
    return " ".join(node.text_content().split())


def test_the_page_of_a_question_shows_each_registration_and_both_facts(told: Path) -> None:
    records = {"survey": {"retrieved": "2999-01-01"}, "census": {"retrieved": "2999-01-02"}}
    page = page_of(told, "staffing-st-level.html", sources=records)
    (section,) = page.xpath("//section[@aria-labelledby='ledger_registration-title']")
    shown = [[text_of(cell) for cell in line] for line in section.xpath(".//tbody/tr")]
    assert len(shown) == 2 and "1回目の変更" in shown[1][0]
    assert "±1.0％" in shown[0][1] and "±0.25％" in shown[1][1]
    assert "<b>職員数のない団体</b>" in shown[1][1]
    assert shown[0][2] == "データの取得（令和981年1月1日）より前に登録"
    assert shown[0][3] == "最初の結果（令和8年1月1日）より後に登録"
    assert "見ていなかったことまでは示さない" in text_of(section)


def test_a_question_without_registration_says_so(told: Path) -> None:
    page = page_of(told, "staffing-st-other.html")
    assert "この問いには事前の登録がない" in text_of(page)
    assert "not registered beforehand" in text_of(page_of(told, "staffing-st-other.html", "en"))


def test_the_index_shows_plans_without_a_result_too(told: Path) -> None:
    table = page_of(told, "index.html").xpath("//table")[-1]
    shown = {text_of(line[0]): text_of(line[2]) for line in table.xpath(".//tbody/tr")}
    assert shown == {
        "申請率が高い団体では職員が少ないかst-level": "基準を超える差はないとみられる",
        "窓口の来庁者は少ないかwaiting": "まだない",
    }


def test_a_chain_that_does_not_hold_is_told_on_the_page(told: Path) -> None:
    text = (told / NAME).read_text(encoding="utf-8").splitlines()
    write(told, text[1:])
    for name in ("staffing-st-level.html", "index.html"):
        assert "ほかの行と合わない行（1行目）がある" in text_of(page_of(told, name))
