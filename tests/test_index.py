"""The index: every way to a report, and what the last run changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from conftest import Site
from ebpm.report import IndexEntry, render_index
from ebpm.report.model import Change
from ebpm.run.changes import changes
from ebpm.run.site import Entry, last_changes
from support import report_sample as sample

TEXT = {"ja": "題名", "en": "Title"}


def entry(**values: Any) -> IndexEntry:
    given = {"notebook": "n", "title": TEXT, "question": TEXT, "href": "n.html", **values}
    return IndexEntry(**given)


def tree(reports: list[IndexEntry], **more: Any) -> Any:
    return html.document_fromstring(render_index(reports, lang="ja", **more))


def section(root: Any, ident: str) -> str:
    return "".join("".join(part.itertext()) for part in root.xpath(f"//section[@id='{ident}']"))


def test_findings_of_every_verdict_are_listed_with_a_link_to_their_place() -> None:
    findings = tuple(sample.FINDINGS)
    root = tree([entry(findings=findings, headlines=(findings[0]["id"],))])
    links = root.xpath("//section[@id='verdicts']//a/@href")
    assert sorted(links) == ["n.html#finding-1-median-rate", "n.html#finding-2-staff-adjusted"]
    assert len(root.xpath("//section[@id='questions']//li")) == 1
    for finding in findings:
        assert finding["claim_ja"] in section(root, "verdicts")


def test_sources_are_listed_by_reference_date_the_newest_first() -> None:
    root = tree([entry(findings=tuple(sample.FINDINGS))])
    dates = root.xpath("//section[@id='dates']//dt/text()")
    assert dates == ["令和5年4月1日", "2023年度"]
    assert root.xpath("//section[@id='dates']//dd//a/@href") == ["n.html", "n.html"]


def test_bodies_stand_under_their_prefecture_and_one_body_may_have_several_reports() -> None:
    both_of = [
        entry(
            notebook=name,
            href=f"{name}/011002.html",
            place="北海道札幌市",
            prefecture="北海道",
            lgcode="011002",
        )
        for name in ("a", "b")
    ]
    root = tree(
        [
            *both_of,
            entry(
                notebook="a", href="a/x.html", place="東京都", prefecture="東京都", lgcode="130001"
            ),
        ]
    )
    assert [s.text for s in root.xpath("//section[@id='places']//summary")] == ["北海道", "東京都"]
    assert root.xpath("//details[1]//span[@class='body']/text()") == ["札幌市"]
    assert len(root.xpath("//details[1]//ul/ul//a | //details[1]//li//li//a")) == 2


def test_without_bodies_there_is_no_search_and_no_script() -> None:
    root = tree([entry()])
    assert not root.xpath("//script|//section[@id='places']")


def test_changes_are_told_each_and_of_many_bodies_in_numbers() -> None:
    one = Change(
        "verdict", "n", TEXT, "n.html", None, TEXT, {"ja": "前", "en": "b"}, {"ja": "後", "en": "a"}
    )
    many = [
        Change("new", "m", {"ja": "団体の現状", "en": "x"}, f"m/{i}.html", f"団体{i}")
        for i in range(30)
    ]
    said = section(tree([entry()], changes=[one, *many]), "changes")
    assert "判定が変わった「題名」（前 → 後）" in said
    assert "団体の現状：新たに作成した30件" in said and "団体7" not in said


def entry_of(**values: Any) -> Entry:
    given = {"stem": "n", "notebook": "n", "parameters": {}, "status": "ok", "key": "k", "page": "n.html",
             "title": TEXT, "question": TEXT, **values}  # fmt: skip
    return Entry(**given)


def finding(**values: Any) -> dict[str, Any]:
    return {**sample.FINDINGS[0], **values}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (None, entry_of(), ["new"]),
        (entry_of(), entry_of(), []),
        (entry_of(), entry_of(status="kept"), ["failed"]),
        (entry_of(status="failed"), entry_of(), ["mended"]),
        (entry_of(), entry_of(findings=[finding()]), ["finding_new"]),
        (entry_of(findings=[finding()]), entry_of(), ["finding_gone"]),
        (
            entry_of(findings=[finding()]),
            entry_of(findings=[finding(verdict="inconclusive", estimate_text=TEXT)]),
            ["verdict"],
        ),
        (
            entry_of(findings=[finding()]),
            entry_of(findings=[finding(estimate_text={"ja": "44％", "en": "44%"})]),
            ["value"],
        ),
    ],
)
def test_a_change_is_named_for_what_it_is(before: Any, after: Entry, kinds: list[str]) -> None:
    found = changes({"n": before} if before else {}, {"n": after})
    assert [change.kind for change in found] == kinds


def test_a_run_that_changes_nothing_leaves_index_and_changes(site: Site, tmp_path: Path) -> None:
    out = tmp_path / "site"
    shutil.copytree(site.out, out)
    first = (out / "index.html").read_bytes()
    assert {change.kind for change in last_changes(out)} == {"new"}
    for more in ((), ("--force",)):
        done = site.command("run", "international", *more, "--out", out)
        assert done.returncode == 0, done.stderr
        assert (out / "index.html").read_bytes() == first


@pytest.mark.parametrize("content", ["{", '[{"kind": "new", "of another version": 1}]'])
def test_changes_that_cannot_be_read_are_set_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "changes.json").write_text(content, encoding="utf-8")
    assert last_changes(tmp_path) == []
    assert (tmp_path / "changes.broken.json").read_text(encoding="utf-8") == content
