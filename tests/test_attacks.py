"""Texts that attack: in every place that data reach they stay text, and the page stays whole."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from conftest import Command
from ebpm.report import mark_stale, render_page
from ebpm.report.interactive import live_charts
from ebpm.report.markup import safe_path, visible, visible_in, web_address
from ebpm.report.page import render
from ebpm.report.tables import csv_bytes, data_of
from ebpm.run.execute import Job
from support import report_sample as sample
from support.attacks import ATTACKS, FORMULA, UNICODE
from support.chromium import browser as start_browser
from test_report_page import CONTEXT

MARK = "〔印〕"
PLACES = {
    "browser title": "//title",
    "title": "//h1",
    "question": "//*[@class='question']",
    "limits": "//section[contains(@class, 'summary')]/ul/li",
    "claim of the summary": "//ol[@class='claims']//p[@class='claim']",
    "estimate": "//dl[@class='facts']//a[contains(@class, 'number')]",
    "claim of a finding": "//section[@class='finding']/h3",
    "method": "//section[@class='finding']//details//dd",
    "checks": "//section[@class='finding']//table//td",
    "sentence": "//article/p",
    "title of a figure": "//figcaption",
    "text in a chart": "//figure//*[local-name()='text']",
    "description of a figure": "//figure/p[@class='description']",
    "title of a table": "//caption",
    "heading of a column": "//th[@scope='col']",
    "unit of a column": "//span[@class='unit']",
    "name of a row": "//th[@scope='row']",
    "cell": "//tbody//td",
    "title of a source": "//ol[@class='sourcelist']/li/p",
    "publisher, edition, dates, licence": "//ol[@class='sourcelist']//dd",
    "SQL": "//pre/code",
    "label of a number": "//ul[@class='traces']/li",
    "parameter": "//*[@id='reproduce']//dd",
    "heading": "//h2",
}
OWN = {"meta", "style", "title"}


def tree(text: str) -> Any:
    return lxml_html.document_fromstring(text)


@cache
def attacked(attack: str, *, prose: bool = True) -> str:
    context = CONTEXT.__class__(
        **{**vars(CONTEXT), "parameters": {"name": attack}, "place": attack}
    )
    return render_page(sample.attacked(attack, prose=prose), lang="ja", context=context)


def test_there_are_many_attacks_and_none_twice() -> None:
    assert len(ATTACKS) == len(set(ATTACKS)) >= 60


@pytest.mark.parametrize("name", PLACES)
def test_the_attacked_page_carries_the_attack_in_every_place(name: str) -> None:
    found = tree(attacked(MARK)).xpath(PLACES[name])
    assert any(MARK in node.text_content() for node in found)


def structure(text: str) -> list[tuple[str, str | None, str | None]]:
    """Every element with id and class, in the order of the page."""
    return [
        (node.tag, node.get("id"), node.get("class") if node.tag != "a" else None)
        for node in tree(text).iter()
        if isinstance(node.tag, str) and node.tag not in {"tspan", "span"}
    ]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_page_stays_whole(attack: str) -> None:
    """Element by element the same page as with harmless words in the same places."""
    words = "ただの文字" if visible(attack) else "\x7f"
    harmless = [e for e in structure(attacked(words, prose=False)) if is_fixed(e)]
    assert [e for e in structure(attacked(attack, prose=False)) if is_fixed(e)] == harmless


def is_fixed(element: tuple[str, str | None, str | None]) -> bool:
    """Not a part of a chart (labels take other room) nor a link of an address or a number's text."""
    tag, ident, _ = element
    return tag not in {"svg", "g", "path", "rect", "text", "circle", "a", "code"} or bool(ident)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_the_page_runs_or_loads(attack: str) -> None:
    for text in (attacked(attack), mark_stale(attacked(attack), attack)):
        root = tree(text)
        for node in root.iter():
            if isinstance(node.tag, str):
                assert node.tag not in {
                    "script",
                    "img",
                    "iframe",
                    "object",
                    "embed",
                    "base",
                    "form",
                }
                assert node.tag not in {"link", "input", "video", "animate", "use", "image"}
                assert not [k for k in node.attrib if k.startswith("on") or k == "style"]
                assert is_harmless(node.get("href"))
        assert len(root.xpath("//style")) == len(root.xpath("//title")) == 1
        assert text.count("<!--ebpm:notice-->") == 1


def is_harmless(href: str | None) -> bool:
    """A place of the page, another page of the site, a web address, or a file of numbers."""
    if href is None or href.startswith(("#", "data:text/csv;")):
        return True
    return web_address(href) is not None or safe_path(href) is not None


@pytest.fixture(scope="module")
def view() -> Iterator[Any]:
    """Two pages of one browser: with the policy, and without it."""
    with start_browser() as browser:
        pages = []
        for bypass in (False, True):
            page = browser.new_context(bypass_csp=bypass).new_page()
            page.asked = []
            page.on("request", lambda request, page=page: page.asked.append(request.url))
            pages.append(page)
        yield pages


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_in_the_browser_with_or_without_the_policy(
    attack: str, view: Any, tmp_path: Path
) -> None:
    file = tmp_path / "attacked.html"
    file.write_text(mark_stale(attacked(attack), attack), encoding="utf-8")
    for page in view:
        page.asked.clear()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("typeof window.__ran") == "undefined"
        asked = [url for url in page.asked if not url.startswith("data:font/")]
        assert asked == [file.as_uri()]
        shown = page.evaluate("getComputedStyle(document.body).display")
        assert shown == "block"


def test_the_probe_would_see_a_script(view: Any, tmp_path: Path) -> None:
    file = tmp_path / "control.html"
    file.write_text("<script>window.__ran=1</script><img src=https://attack.invalid/x>")
    for page in view:
        page.asked.clear()
        page.goto(file.as_uri())
        assert page.evaluate("window.__ran") == 1
        assert any("attack.invalid" in url for url in page.asked)


@pytest.mark.parametrize("attack", UNICODE)
def test_marks_of_direction_and_controls_are_not_in_the_page(attack: str) -> None:
    text = attacked(attack)
    assert visible(text) == text.replace("\x7f", "")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_data_of_live_charts_end_nowhere_but_at_their_end(attack: str) -> None:
    spec = {
        "datasets": {"d": [{"label": attack, "n": 1}]},
        "mark": {"type": "bar"},
        "title": attack,
    }
    spec |= {"encoding": {"x": {"field": "n", "title": attack}}, "data": {"name": "d"}}
    block = live_charts({"figure-1": spec}, "ja")
    inner = block.removeprefix('<script type="application/json" id="live-charts">').removesuffix(
        "</script>"
    )
    assert not re.search("[<>&\u2028\u2029]", inner)
    assert json.loads(inner)["charts"]["figure-1"]["datasets"]["d"][0]["label"] == visible_in(
        attack
    )


@pytest.mark.parametrize(
    "attack", ["<img src=x onerror=window.__ran=1>", "</script><script>window.__ran=1</script>"]
)
def test_a_live_chart_shows_an_attack_as_text(attack: str, view: Any, tmp_path: Path) -> None:
    file = tmp_path / "live.html"
    made = render(sample.attacked(attack), lang="ja", context=CONTEXT, plain_href="x.html")
    file.write_text(made.interactive, encoding="utf-8")
    for page in view:
        page.asked.clear()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-live]", state="attached")
        for mark in page.locator(".live .mark-symbol path, .live .mark-rect path").all()[:3]:
            mark.hover(force=True)
        assert page.evaluate("typeof window.__ran") == "undefined"
        assert [url for url in page.asked if "attack" in url and url != file.as_uri()] == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_cell_of_a_download_is_no_formula(attack: str) -> None:
    (link,) = tree(attacked(attack)).xpath("//*[@class='datatable']//a[@download]")
    assert re.fullmatch(r"[A-Za-z0-9-]+\.csv", link.get("download"))
    rows = list(csv.reader(io.StringIO(data_of(link.get("href")).decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("attack", [a for a in FORMULA if not a.startswith("x")])
def test_what_a_spreadsheet_would_compute_is_led_by_an_apostrophe(attack: str) -> None:
    (read,) = downloaded(attack)
    assert read == [f"'{attack}", "-1.5"]


@pytest.mark.parametrize("plain", ["−0.5ポイント", "札幌市", "-", "3-4月", "a=b", ""])
def test_other_texts_and_negative_numbers_stay(plain: str) -> None:
    (read,) = downloaded(plain)
    assert read == [plain, "-1.5"]


def downloaded(text: str) -> list[list[str]]:
    from ebpm.report.state import Page

    columns = [{"key": "a", "label": "a"}, {"key": "b", "label": "b", "format": "float1"}]
    content = csv_bytes(Page("ja", "x"), {"columns": columns, "rows": [[text, -1.5]]})
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_file_name_stays_in_the_site(attack: str, tmp_path: Path) -> None:
    stem = Job(Path("open_question.ipynb"), {"proposal_ja": attack}, "ja").stem
    assert re.fullmatch(r"[\w.-]+", stem) and ".." not in stem
    assert (tmp_path / f"{stem}.html").resolve().parent == tmp_path.resolve()


def test_a_parameter_of_the_command_is_text_on_the_page(ebpm: Command, tmp_path: Path) -> None:
    attack = "<img src=x onerror=window.__ran=1>\u202e=1+1"
    done = ebpm("run", "council_report", "-p", f"proposal_ja={attack}", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (page,) = tmp_path.glob("council_report_*.html")
    root = tree(page.read_text(encoding="utf-8"))
    assert "<img src=x onerror=window.__ran=1>" in root.text_content()
    index = tree((tmp_path / "index.html").read_text(encoding="utf-8"))
    for made in (root, index):
        assert not made.xpath("//img|//@onerror") and "\u202e" not in made.text_content()
