"""The real pages in a real browser: offline, drawn, accessible, printable, without overclaiming."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import NATIONAL, Site
from ebpm.evidence.overclaims import overclaims
from support.chromium import browser as start_browser

REPORTS = NATIONAL
PAGES = ("index", *REPORTS)
WIDTHS_PX = {"ja": (390, 1280), "en": (820,)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


def visit(browser: Any, path: Path, width: int = 1280) -> tuple[Any, list[str]]:
    """A page opened with the network blocked, and every request that it made."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, [url for url in asked if url != path.as_uri() and not url.startswith("data:")]


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_for_nothing_and_holds_no_script(browser: Any, site: Site, name: str) -> None:
    page, asked = visit(browser, site.out / f"{name}.html")
    assert asked == []
    assert page.locator("script").count() == 0


@pytest.mark.parametrize("name", REPORTS)
def test_charts_are_drawn_with_description_and_table(browser: Any, site: Site, name: str) -> None:
    page, _ = visit(browser, site.out / f"{name}.html")
    figures = page.locator("figure:has(details)")
    assert figures.count() >= 2
    for number in range(figures.count()):
        figure = figures.nth(number)
        box = figure.locator("svg").first.bounding_box()
        assert box is not None and box["width"] > 300 and box["height"] > 100
        assert figure.locator("svg path, svg rect, svg text").count() > 5
        assert figure.locator("details table tr").count() > 2


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_axe_violation(
    browser: Any, site: Site, english_site: Site, name: str, language: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    out = site.out if language == "ja" else english_site.out
    for width in WIDTHS_PX[language]:
        page, _ = visit(browser, out / f"{name}.html", width)
        found = axe.Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_page_does_not_scroll_sideways_on_a_phone(browser: Any, site: Site, name: str) -> None:
    page, _ = visit(browser, site.out / f"{name}.html", 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", PAGES)
def test_page_prints_no_causal_word(
    browser: Any, site: Site, english_site: Site, name: str
) -> None:
    for out in (site.out, english_site.out):
        page, _ = visit(browser, out / f"{name}.html")
        shown = page.evaluate("document.body.textContent")
        assert overclaims([shown], sms=2) == []


@pytest.mark.parametrize("name", ["processing_time", "staffing"])
def test_first_page_says_that_there_are_no_staff_minutes(
    site: Site, name: str, tmp_path: Path, browser: Any
) -> None:
    first = printed(browser, site.out / f"{name}.html", tmp_path)[0]
    assert "処理時間(分)" in first and "代わりの指標" in first and "言えないこと" in first


@pytest.mark.parametrize("name", REPORTS)
def test_print_is_japanese_text_on_a4(site: Site, name: str, tmp_path: Path, browser: Any) -> None:
    pages = printed(browser, site.out / f"{name}.html", tmp_path)
    text = "".join(pages)
    assert len(pages) > 3
    for words in ("結論", "限界", "出典", "再現"):
        assert words in text


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_summary_is_one_sheet(
    site: Site, name: str, language: str, tmp_path: Path, browser: Any
) -> None:
    out = site.out if language == "ja" else site.out / "en"
    page, _ = visit(browser, out / f"{name}.html")
    last = page.locator("section.summary > ul > li").last.text_content()
    first, second = printed(browser, out / f"{name}.html", tmp_path)[:2]
    end = letters(last)[-25:]
    # Some fonts give a character as its radical (民 as ⺠), which NFKC leaves as it is.
    sought = re.compile("".join(f"(?:{c}|[\u2e80-\u2eff])" for c in end))
    assert sought.search(letters(first)) and not sought.search(letters(second))


def letters(text: str) -> str:
    """Letters and digits in one width; fonts change marks (・ becomes ‧)."""
    return re.sub(r"[^\w\u2e80-\u2eff]", "", unicodedata.normalize("NFKC", text))


def printed(browser: Any, path: Path, folder: Path) -> list[str]:
    """The text of each A4 page in one width: some fonts give 手 as the radical ⼿."""
    pypdf = pytest.importorskip("pypdf")
    page, _ = visit(browser, path)
    page.pdf(path=folder / "page.pdf", format="A4", tagged=True, outline=True)
    return [
        re.sub(r"\s", "", unicodedata.normalize("NFKC", sheet.extract_text()))
        for sheet in pypdf.PdfReader(folder / "page.pdf").pages
    ]


def test_english_pages_hold_no_japanese_outside_names(browser: Any, english_site: Site) -> None:
    page, _ = visit(browser, english_site.out / "staffing.html")
    headings = page.locator("h1, h2, h3, figcaption, th[scope=col]").all_text_contents()
    assert not [text for text in headings if re.search(r"[ぁ-んァ-ヶ]", text)]


def test_every_number_of_a_sentence_leads_to_its_source(browser: Any, site: Site) -> None:
    page, _ = visit(browser, site.out / "staffing.html")
    links = page.locator("main a.number").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    assert len(links) >= 10
    for href in set(links):
        assert page.locator(f"[id='{href.removeprefix('#')}']").count() == 1
