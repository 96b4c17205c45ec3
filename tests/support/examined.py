"""One look at a page in Chromium: everything that the tests of pages ask about, found at once."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

PHONE_PX, DESKTOP_PX = 360, 1280
SMALLEST_PX = 12
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0
# Lines that only guide the eye and carry no data (WCAG 2.2, 1.4.11: not needed to understand).
GUIDES = ("rgb(227, 231, 234)", "rgb(225, 229, 233)")
_SCRIPT = Path(__file__).with_name("examine.js").read_text(encoding="utf-8")
_FONT = re.compile(r"url\(data:font/woff2?;base64,([^)]+)\)")


@dataclass(frozen=True)
class Examined:
    """What was found on one page; every list is empty on a good page."""

    requests: list[str]
    scripts: int
    violations: list[Any]
    wider_than_phone: list[str]
    small_texts: list[str]
    faint_texts: list[str]
    faint_marks: list[str]
    incomplete_charts: list[str]
    heading_jumps: list[str]
    undrawn: set[str]
    sheets: list[str]
    parted: list[str]
    lang: str
    title: str
    text: str
    charts: int


def examine(browser: Any, path: Path, pdf: Path) -> Examined:
    """Opens the page offline on a phone's width and a desktop's, and prints it."""
    context = browser.new_context(viewport={"width": DESKTOP_PX, "height": 900}, offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    text = page.evaluate("document.body.textContent")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(_SCRIPT)
    violations = _violations(page)
    small = page.evaluate("size => examine.smallTexts(size)", SMALLEST_PX)
    charts = page.evaluate("examine.incompleteCharts()")
    headings = page.evaluate("examine.headingJumps()")
    # Only what lies in the window can be asked for by its place.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": DESKTOP_PX, "height": height})
    limits = [TEXT_CONTRAST, MARK_CONTRAST, GUIDES]
    faint = page.evaluate("limits => examine.faintOfCharts(...limits)", limits)
    page.set_viewport_size({"width": PHONE_PX, "height": 740})
    small += page.evaluate("size => examine.smallTexts(size)", SMALLEST_PX)
    wide = page.evaluate("document.documentElement.scrollWidth")
    sheets, parted = _printed(page, pdf)
    found = Examined(
        requests=[u for u in asked if u != path.as_uri() and not u.startswith("data:font/")],
        scripts=page.locator("script").count(),
        violations=violations,
        wider_than_phone=[f"{wide} px"] if wide > PHONE_PX else [],
        small_texts=small,
        faint_texts=faint[0],
        faint_marks=faint[1],
        incomplete_charts=charts,
        heading_jumps=headings,
        undrawn=undrawn(path.read_text(encoding="utf-8"), text + page.title()),
        sheets=sheets,
        parted=parted,
        lang=page.locator("html").get_attribute("lang"),
        title=page.title(),
        text=text,
        charts=page.locator("figure svg[role=img]").count(),
    )
    context.close()
    return found


@cache
def _axe() -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def _violations(page: Any) -> list[Any]:
    """WCAG 2.2 A and AA, and best practice."""
    found = _axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in found]


def undrawn(source: str, shown: str) -> set[str]:
    """The characters that none of the page's own fonts holds."""
    drawn: set[int] = set()
    for data in _FONT.findall(source):
        drawn |= TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap().keys()
    return {c for c in shown if c.isprintable() and ord(c) not in drawn}


def _printed(page: Any, pdf: Path) -> tuple[list[str], list[str]]:
    """The text of each sheet, and the marks whose two halves are not on the same one."""
    page.emulate_media(media="print")
    number = page.evaluate("examine.markForPrint()")
    page.pdf(path=pdf, prefer_css_page_size=True, tagged=True, outline=True)
    sheets = _sheets(pdf)
    place = {mark: i for i, text in enumerate(sheets) for mark in re.findall(r"\[[ab]\d+\]", text)}
    ends = [(place.get(f"[a{i}]"), place.get(f"[b{i}]")) for i in range(1, number + 1)]
    parted = [f"mark {i}: sheets {a} and {b}" for i, (a, b) in enumerate(ends, 1) if a != b]
    return [re.sub(r"\[[ab]\d+\]", "", text) for text in sheets], parted


def _sheets(pdf: Path) -> list[str]:
    """The text of each sheet, closed up; by poppler, since a page has thousands of small texts."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    told = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, check=True)
    return [closed_up(sheet) for sheet in told.stdout.decode().removesuffix("\f").split("\f")]


def closed_up(text: str) -> str:
    """The text of a sheet in one width, without white space: fonts and readers differ in both."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
