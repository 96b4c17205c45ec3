"""A new edition changes issued numbers: the reports are listed, their errata drafted."""

import json

import pytest

from conftest import Command
from support.issue import Issue, issued, tampered

NEW_EDITION = "UPDATE source SET record = replace(record, '\"2020–2025\"', '\"2020–2026\"')"
OTHER_VALUES = "UPDATE mart_municipality SET aged_pct = aged_pct + 1"


@pytest.fixture(scope="module")
def issue(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> Issue:
    return issued(ebpm, tmp_path_factory)


def affected(issue: Issue) -> list[dict[str, object]]:
    done = issue.command("ledger", "--affected", "--json", "--out", issue.page.parent)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_without_a_new_edition_no_report_is_affected(issue: Issue) -> None:
    assert affected(issue) == []
    assert not (issue.page.parent / "errata").exists()


def test_an_edition_that_changes_no_number_needs_no_erratum(issue: Issue) -> None:
    tampered(issue, NEW_EDITION)
    (found,) = affected(issue)
    assert found["report"] == "small" and found["is_changed"] is False
    assert not (issue.page.parent / "errata").exists()


def test_changed_numbers_are_listed_with_both_values_and_an_erratum_is_drafted(
    issue: Issue,
) -> None:
    before = issue.page.read_bytes()
    tampered(issue, NEW_EDITION, OTHER_VALUES)
    done = issue.command("ledger", "--affected", "--out", issue.page.parent)
    assert done.returncode == 0, done.stderr
    assert "2020–2025版" in done.stdout and "2020–2026版" in done.stdout
    draft = (issue.page.parent / "errata" / "small.md").read_text(encoding="utf-8")
    assert draft.startswith("# 正誤表（案）")
    row = next(line for line in draft.splitlines() if "結論の文" in line)
    old, new = (cell.strip() for cell in row.split("|")[3:5])
    assert old != new and old.startswith("平均は") and new.startswith("平均は")
    assert any(line.startswith("| n-") for line in draft.splitlines())
    assert issue.page.read_bytes() == before


def test_a_report_that_cannot_be_made_again_is_told(issue: Issue) -> None:
    tampered(issue, NEW_EDITION, "UPDATE mart_municipality SET aged_pct = NULL")
    (found,) = affected(issue)
    assert found["is_changed"] is True and "実行できませんでした" in str(found["problem"])
