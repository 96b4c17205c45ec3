"""The page with live charts: nothing loaded, nothing compiled, the still picture where it must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Command, Site, make_site
from ebpm.report import interactive
from ebpm.report.page import render
from support import report_sample as sample
from support.chart_samples import SAMPLES
from support.chromium import browser as start_browser
from test_report_page import CONTEXT

BYTES = 1_200_000
WATCH = """addEventListener('securitypolicyviolation', event => {
  (window.violations ??= []).push(`${event.violatedDirective} ${event.sample}`); });"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def live_site(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two reports with many charts, in both languages, each with its interactive page."""
    out = tmp_path_factory.mktemp("live")
    return make_site(ebpm, out, "run", "mynumber", "targets", "--interactive", "--lang", "both")


def opened(browser: Any, path: Path, **options: Any) -> Any:
    view = browser.new_context(offline=True, **options).new_page()
    view.problems, view.asked = [], []
    view.on("console", lambda message: view.problems.append(message.text))
    view.on("pageerror", lambda error: view.problems.append(str(error)))
    view.on("request", lambda request: view.asked.append(request.url))
    view.add_init_script(WATCH)
    view.goto(path.as_uri())
    return view


def drawn(view: Any) -> Any:
    view.wait_for_selector("html[data-live]", state="attached", timeout=60_000)
    return view


@pytest.mark.parametrize("page", ["mynumber", "targets", "en/mynumber", "en/targets"])
def test_every_chart_is_live_under_the_policy(live_site: Site, browser: Any, page: str) -> None:
    path = live_site.out / f"{page}.interactive.html"
    view = drawn(opened(browser, path))
    assert view.evaluate("document.documentElement.dataset.undrawn") is None
    charts = view.locator("figure:has(details.data)").count()
    assert view.locator("figure .live svg").count() == charts >= 3
    assert view.locator("svg.still:visible").count() == 0
    assert view.evaluate("window.violations") is None and view.problems == []
    assert [u for u in view.asked if u != path.as_uri() and not u.startswith("data:font/")] == []
    assert path.stat().st_size <= BYTES


def test_a_mark_shows_its_values_in_the_words_of_the_page(live_site: Site, browser: Any) -> None:
    view = drawn(opened(browser, live_site.out / "mynumber.interactive.html"))
    marks = view.locator("#figure-2 .live .mark-symbol path")
    marks.nth(marks.count() // 2).hover(force=True)
    said = view.locator("#vg-tooltip-element.visible").text_content()
    assert "住民百人当たりの交付枚数" in said and re.search(r"\d{4}-\d\d-\d\d", said)
    assert not re.search("[a-z_]{3,}", said)


def test_it_is_accessible_and_fits_a_phone(live_site: Site, browser: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    path = live_site.out / "targets.interactive.html"
    view = drawn(opened(browser, path, viewport={"width": 390, "height": 800}))
    found = axe.Axe().run(view).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
    assert view.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_script_and_in_print_the_still_pictures_stand(
    live_site: Site, browser: Any
) -> None:
    path = live_site.out / "targets.interactive.html"
    plain = opened(browser, path, java_script_enabled=False)
    charts = plain.locator("figure .chart > svg").count()
    assert charts and plain.locator("figure .chart > svg:visible").count() == charts
    view = drawn(opened(browser, path))
    view.emulate_media(media="print")
    assert view.locator(".live:visible").count() == 0
    assert view.locator("figure .chart > svg:visible").count() == charts


def with_data(change: Callable[[str], str]) -> str:
    """The sample's interactive page with other specifications."""
    made = render(sample.notebook(), lang="ja", context=CONTEXT, plain_href="x.html").interactive
    start, data, end = re.split(r'(?<=id="live-charts">)(.*?)(?=</script>)', made, maxsplit=1)
    assert change(data) != data
    return start + change(data) + end


def test_a_chart_that_cannot_be_drawn_stays_as_it_was(browser: Any, tmp_path: Path) -> None:
    broken = with_data(lambda data: data.replace('"mark":', '"broken":'))
    (tmp_path / "broken.html").write_text(broken, encoding="utf-8")
    view = drawn(opened(browser, tmp_path / "broken.html"))
    assert "figure-1" in view.evaluate("document.documentElement.dataset.undrawn")
    assert view.locator("#figure-1 .chart > svg:visible").count() == 1


def test_a_specification_cannot_load_anything(browser: Any, tmp_path: Path) -> None:
    address = '"data":{"url":"https://attack.invalid/x.json"},"was":'
    loading = with_data(lambda data: data.replace('"data":', address))
    (tmp_path / "loading.html").write_text(loading, encoding="utf-8")
    view = drawn(opened(browser, tmp_path / "loading.html"))
    assert not [url for url in view.asked if "attack" in url]


def test_two_builds_are_identical_and_the_plain_page_has_no_script(live_site: Site) -> None:
    pages = [
        render(sample.notebook(), lang="ja", context=CONTEXT, plain_href="x.html").interactive
        for _ in range(2)
    ]
    assert pages[0] == pages[1]
    assert "<script" not in (live_site.out / "targets.html").read_text(encoding="utf-8")


def test_a_run_without_it_takes_an_outdated_one_away_and_with_it_makes_it_without_executing(
    live_site: Site, tmp_path: Path
) -> None:
    file = live_site.out / "targets.interactive.html"
    first = file.read_bytes()
    plain = (live_site.out / "targets.html").read_bytes()
    assert live_site.command("run", "targets", "--force", "--out", live_site.out).returncode == 0
    assert not file.exists() and (live_site.out / "targets.html").read_bytes() == plain
    done = live_site.command("run", "targets", "--interactive", "--out", live_site.out)
    assert done.returncode == 0 and "作成（0.0 秒）" in done.stdout
    assert file.read_bytes() == first
    index = (live_site.out / "index.html").read_text(encoding="utf-8")
    assert 'href="targets.interactive.html"' in index


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_tooltips_name_columns_in_words(kind: str, lang: Any) -> None:
    made = interactive.live(SAMPLES[kind]()[lang], lang)
    tips = [
        tip
        for unit in interactive._units(made)
        for tip in unit["encoding"].get("tooltip", [])
        if isinstance(tip, dict)
    ]
    assert tips and not [tip for tip in tips if "_" in tip["title"]]
    if lang == "ja":
        assert not [tip for tip in tips if tip["title"].isascii() and tip["title"] != "%"]
