"""The report page in Chromium: nothing runs or loads, accessible, legible, printable."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ebpm.report import FailureAccount, mark_stale, render_failure, render_index
from support import report_sample as sample
from support.chromium import browser as start_browser
from support.examined import closed_up
from test_report_page import LANGS, changed, entry, page

VIEWS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Open a page from a file; `requests` holds what it asked for beside itself."""
    contexts = []

    def open_page(text: str, **options: Any) -> Any:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        view = context.new_page()
        view.requests = []
        view.on("request", lambda request: view.requests.append(request.url))
        view.goto(path.as_uri())
        view.requests.remove(path.as_uri())
        return view

    yield open_page
    for context in contexts:
        context.close()


def foreign(urls: list[str]) -> list[str]:
    return [url for url in urls if not url.startswith("data:font/")]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_asks_for_nothing(opened: Any, scripts: bool) -> None:
    assert foreign(opened(page(), java_script_enabled=scripts).requests) == []


def pages(lang: Any) -> dict[str, str]:
    account = FailureAccount(
        "x", "KeyError", {"a": 1}, 3, traceback="line", command="ebpm run x", kept_page="x.html"
    )
    failed = entry(notebook="b", status="failed", href=None, error="!", findings=())
    local = [entry(place=name, href=f"x/{i}.html") for i, name in enumerate(sample.NAMES)]
    return {
        "report": mark_stale(page(lang, changed("figure", synthetic=True)), "2026-11-01"),
        "index": render_index([entry(), failed, *local], lang=lang),
        "failure": render_failure(account, lang),
    }


@pytest.mark.parametrize("view_name", VIEWS)
@pytest.mark.parametrize("lang", LANGS)
def test_no_accessibility_violation(opened: Any, lang: str, view_name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    for name, text in pages(lang).items():
        view = opened(text, **VIEWS[view_name])
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = axe.Axe().run(view).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], name


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_never_scrolls_sideways(opened: Any, width: int) -> None:
    view = opened(page(), viewport={"width": width, "height": 800})
    view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert view.evaluate("document.documentElement.scrollWidth") <= width


def used_fonts(view: Any, selector: str) -> set[tuple[str, bool]]:
    client = view.context.new_cdp_session(view)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    node = client.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return {(font["familyName"], font["isCustomFont"]) for font in fonts}


def test_japanese_is_drawn_with_the_embedded_font(opened: Any) -> None:
    view = opened(page())
    view.evaluate("document.fonts.ready")
    loaded = view.evaluate("[...document.fonts].filter(f => f.status == 'loaded').length")
    assert loaded == view.evaluate("document.fonts.size") >= 1
    assert all(custom for _, custom in used_fonts(view, "figure svg text:last-of-type"))
    same = """([a, b]) => {
      const draw = c => { const k = document.createElement('canvas').getContext('2d');
        k.font = '40px "Report Sans", "Report Sans Rest"'; k.fillText(c, 0, 60);
        return k.getImageData(0, 0, 60, 90).data.join(); };
      return draw(a) === draw(b); }"""
    assert not view.evaluate(same, ["申", "請"])
    assert not view.evaluate(same, ["申", "\u2fff"])  # the second is in no subset: .notdef


def printed(opened: Any, text: str) -> Any:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    pdf = opened(text).pdf(tagged=True, outline=True, prefer_css_page_size=True)
    return pypdf.PdfReader(io.BytesIO(pdf))


@pytest.fixture
def sheets(opened: Any) -> list[str]:
    return [closed_up(sheet.extract_text()) for sheet in printed(opened, page()).pages]


def test_summary_is_the_first_sheet_and_only_the_summary(sheets: list[str]) -> None:
    assert "この資料からは言えないこと" in sheets[0]
    assert "個別の手続ごとの効果" in sheets[0]
    assert "課題とねらい" not in sheets[0] and "課題とねらい" in sheets[1]


def test_a_full_summary_still_fits(opened: Any) -> None:
    claims = [f"c{i}" for i in range(5)]

    def fuller(kind: str, payload: Any) -> Any:
        if kind == "summary":
            limits = (payload["cannot_say"] * 2)[:5]
            return {**payload, "headline_ids": claims, "cannot_say": limits}
        return payload

    notebook = sample.notebook(fuller)
    for ident in claims:
        text = "人口と財政力をそろえると、申請率と職員数の間に、はっきりした関係があるとは判断できない。"
        notebook.cells[-1].outputs.append(
            sample.output("finding", sample.finding(ident, text, text))
        )
    read = [closed_up(p.extract_text()) for p in printed(opened, page(notebook=notebook)).pages]
    assert "個別の手続ごとの効果" in read[0] and "課題とねらい" in read[1]


def test_no_figure_is_split_and_closed_details_are_printed(sheets: list[str]) -> None:
    with_axis = [i for i, text in enumerate(sheets) if "那覇市" in text]
    with_title = [i for i, text in enumerate(sheets) if "図1オンライン申請率と職員数" in text]
    assert len(with_axis) == 1 and with_axis[0] in with_title
    assert "横軸はオンライン申請率" in sheets[with_axis[0]]
    whole = "".join(sheets)
    assert "図1のデータ" in whole and "SELECTcount(*)" in whole


def test_sheets_are_numbered(sheets: list[str]) -> None:
    assert all(f"{i}/{len(sheets)}" in text for i, text in enumerate(sheets, start=1))


def test_headers_of_a_long_table_are_repeated(opened: Any) -> None:
    rows = [[f"団体{i}", 0.5, 1.5, 2.5, i] for i in range(90)]
    made = printed(opened, page(notebook=changed("table", rows=rows)))
    read = [closed_up(p.extract_text()) for p in made.pages]
    with_rows = [text for text in read if "団体10" in text or "団体80" in text]
    assert len(with_rows) >= 2 and all("一般行政職員" in text for text in with_rows)


def test_print_is_tagged_with_language_and_outline(opened: Any) -> None:
    reader = printed(opened, page())
    catalog = reader.trailer["/Root"]
    assert catalog["/Lang"] == "ja"
    assert catalog["/MarkInfo"]["/Marked"]
    titles = [item.title for item in reader.outline if not isinstance(item, list)]
    assert titles
