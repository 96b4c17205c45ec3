"""The real pages in a real browser: offline, drawn, accessible, printable, without overclaiming."""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import NATIONAL, Site, make_site
from ebpm.evidence.overclaims import overclaims
from support.chromium import browser as start_browser
from support.examined import Examined, closed_up, examine

REPORTS = NATIONAL
LANGS = ("ja", "en")
PAGES = (*(f"{name}.html" for name in REPORTS), "index.html")
LONG = ("dictionary.html", "ledger/index.html")
PAGE_BYTES = 250_000
Look = Callable[[str, str], Examined]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def look(site: Site, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """A page of the site as examined, once for all tests."""
    pytest.importorskip("axe_playwright_python.sync_playwright")
    folder = tmp_path_factory.mktemp("sheets")

    @cache
    def examined(lang: str, page: str) -> Examined:
        return examine(browser, folder_of(site, lang) / page, folder / "page.pdf")

    return examined


def folder_of(site: Site, lang: str) -> Path:
    return site.out if lang == "ja" else site.out / lang


@pytest.mark.parametrize("page", [*PAGES, *LONG])
@pytest.mark.parametrize("lang", LANGS)
class TestEveryPage:
    def test_asks_for_nothing_and_holds_no_script_but_the_search(
        self, look: Look, lang: str, page: str
    ) -> None:
        found = look(lang, page)
        assert found.requests == [] and found.scripts == 0

    def test_has_no_axe_violation(self, look: Look, lang: str, page: str) -> None:
        assert look(lang, page).violations == []

    def test_does_not_scroll_sideways_on_a_phone(self, look: Look, lang: str, page: str) -> None:
        assert look(lang, page).wider_than_phone == []

    def test_has_no_text_under_twelve_pixels(self, look: Look, lang: str, page: str) -> None:
        assert look(lang, page).small_texts == []

    def test_has_contrast_in_its_charts(self, look: Look, lang: str, page: str) -> None:
        found = look(lang, page)
        assert found.faint_texts == [] and found.faint_marks == []

    def test_every_chart_has_name_description_table_and_file(
        self, look: Look, lang: str, page: str
    ) -> None:
        found = look(lang, page)
        assert found.incomplete_charts == []
        assert found.charts >= (2 if page.removesuffix(".html") in REPORTS else 0)

    def test_headings_are_in_order(self, look: Look, lang: str, page: str) -> None:
        assert look(lang, page).heading_jumps == []

    def test_every_glyph_is_in_the_fonts_of_the_page(
        self, look: Look, lang: str, page: str
    ) -> None:
        assert look(lang, page).undrawn == set()

    def test_prints_no_heading_alone_and_no_chart_in_two(
        self, look: Look, lang: str, page: str
    ) -> None:
        assert look(lang, page).parted == []

    def test_names_its_language_and_itself(self, look: Look, lang: str, page: str) -> None:
        found = look(lang, page)
        assert found.lang == lang
        assert (
            found.title.endswith({"ja": "EBPMレポート", "en": "EBPM report"}[lang])
            or "index" in page
        )

    def test_prints_no_causal_word(self, look: Look, lang: str, page: str) -> None:
        if page.removesuffix(".html") in (*REPORTS, "index"):
            assert overclaims([look(lang, page).text], sms=2) == []

    def test_is_small(self, site: Site, lang: str, page: str) -> None:
        assert (folder_of(site, lang) / page).stat().st_size <= PAGE_BYTES

    def test_says_nothing_of_the_machine(self, site: Site, lang: str, page: str) -> None:
        text = (folder_of(site, lang) / page).read_text(encoding="utf-8")
        assert str(site.out) not in text and str(Path.home()) + "/" not in text
        started = site.account["started"]
        assert started not in text and started[:10] not in text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_summary_is_one_sheet(look: Look, name: str, lang: str, site: Site) -> None:
    found = look(lang, f"{name}.html")
    source = (folder_of(site, lang) / f"{name}.html").read_text(encoding="utf-8")
    limits = re.search(r'<section class="summary.*?</section>', source, re.DOTALL)
    assert limits is not None
    end = letters(re.sub("<[^>]*>", "", limits[0].split("<li>")[-1]))[-25:]
    # Some fonts give a character as its radical (民 as ⺠), which NFKC leaves as it is.
    sought = re.compile("".join(f"(?:{c}|[\u2e80-\u2eff])" for c in end))
    first, second = (letters(sheet) for sheet in found.sheets[:2])
    assert sought.search(first) and not sought.search(second)
    assert len(found.sheets) > 3


@pytest.mark.parametrize("name", REPORTS)
def test_print_holds_the_whole_report(look: Look, name: str) -> None:
    text = "".join(look("ja", f"{name}.html").sheets)
    for words in ("結論", "限界", "出典", "再現"):
        assert words in text


def letters(text: str) -> str:
    """Letters and digits in one width; fonts change marks (・ becomes ‧)."""
    return re.sub(r"[^\w\u2e80-\u2eff]", "", closed_up(text))


@pytest.mark.parametrize("name", ["processing_time", "staffing"])
def test_first_page_says_that_there_are_no_staff_minutes(look: Look, name: str) -> None:
    first = look("ja", f"{name}.html").sheets[0]
    assert "処理時間(分)" in first and "代わりの指標" in first and "言えないこと" in first


def test_english_pages_hold_no_japanese_outside_names(browser: Any, english_site: Site) -> None:
    page = opened(browser, english_site.out / "staffing.html")
    headings = page.locator("h1, h2, h3, figcaption, th[scope=col]").all_text_contents()
    assert not [text for text in headings if re.search(r"[ぁ-んァ-ヶ]", text)]


def test_every_number_of_a_sentence_leads_to_its_source(browser: Any, site: Site) -> None:
    page = opened(browser, site.out / "staffing.html")
    links = page.locator("main a.number").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    assert len(links) >= 10
    for href in set(links):
        assert page.locator(f"[id='{href.removeprefix('#')}']").count() == 1


def opened(browser: Any, path: Path) -> Any:
    page = browser.new_page()
    page.goto(path.as_uri())
    return page


def test_the_stock_engine_gives_the_same_notebooks_and_pages(site: Site, tmp_path: Path) -> None:
    """Every page of both languages, made anew in kernels of their own, byte by byte."""
    options = ("--lang", "both", "--engine", "stock")
    again = make_site(site.command, tmp_path / "again", "run", *options)
    first, second = hashes(site.out), hashes(again.out)
    assert len(first) >= 2 * len(REPORTS)
    assert {name for name in first | second if first.get(name) != second.get(name)} == set()
    notebooks = [path.name for path in site.out.glob("*.ipynb")]
    assert len(notebooks) == len(REPORTS)
    assert [name for name in notebooks if told(site.out / name) != told(again.out / name)] == []


def told(notebook: Path) -> list[Any]:
    """What each cell of an executed notebook says, and its number."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [(cell.source, cell.get("execution_count"), cell.get("outputs")) for cell in cells]


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every page of a site, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.html")
    }


BAD = """<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>悪い例</title></head><body><main>
<h1>悪い例</h1><h3>飛んだ見出し</h3><p style="font-size:11px">小さな字</p><img src="https://x.invalid/a.png">
<p style="width:500px">広い</p>
<figure><figcaption>題</figcaption><div class="chart"><svg role="img" viewBox="0 0 300 100" width="300">
<rect x="10" y="10" width="50" height="50" fill="#dddddd"/><text x="100" y="50" fill="#aaaaaa">薄い</text>
</svg></div></figure>
<div style="height:215mm"></div><h2>末尾の見出し</h2><p style="break-before:page">次の紙</p>
</main></body></html>"""


def test_the_examination_sees_what_is_wrong(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    file.write_text(BAD, encoding="utf-8")
    found = examine(browser, file, tmp_path / "bad.pdf")
    assert found.requests == ["https://x.invalid/a.png"]
    assert "image-alt" in [rule for rule, _ in found.violations]
    assert found.wider_than_phone and any("小さな字" in text for text in found.small_texts)
    assert any("薄い" in text for text in found.faint_texts) and found.faint_marks
    assert found.incomplete_charts and found.heading_jumps == ["飛んだ見出し"]
    assert "悪" in found.undrawn and found.parted
