"""Pictures of the pages that `make reports` has made: two for the README, or all to look at.

    python docs/pictures.py              # docs/report.png and docs/index.png
    python docs/pictures.py --all FOLDER # every page on a phone, a tablet and as A4 sheets

Needs Chromium, and for the sheets `pdftoppm` (Debian: chromium, poppler-utils).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from ebpm.paths import REPORTS
from ebpm.run.pdf import browser, write_pdf

HERE = Path(__file__).parent
SITE = REPORTS / "site"
VIEWS = {"phone": {"width": 390, "height": 844}, "tablet": {"width": 820, "height": 1180}}
README = {"report": ("staffing.html", 1080, 1060), "index": ("index.html", 1080, 820)}
TALLEST_PX = 12_000


def main() -> None:
    """Reads the arguments and makes the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, into this folder")
    folder = parser.parse_args().all
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        for_readme(chromium) if folder is None else all_pages(chromium, folder)
        chromium.close()


def for_readme(chromium: Any) -> None:
    """The first screen of a report and of the index."""
    for name, (page, width, height) in README.items():
        view = opened(chromium, SITE / page, {"width": width, "height": height})
        view.screenshot(path=HERE / f"{name}.png")


def all_pages(chromium: Any, folder: Path) -> None:
    """Every page of the site on every screen, and its sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted([*SITE.glob("*.html"), *SITE.glob("en/*.html")]):
        name = "-".join(page.relative_to(SITE).with_suffix("").parts)
        for screen, size in VIEWS.items():
            view = opened(chromium, page, size)
            height = view.evaluate("document.documentElement.scrollHeight")
            view.set_viewport_size({**size, "height": min(height, TALLEST_PX)})
            view.screenshot(path=folder / f"{name}-{screen}.png")
        sheets = write_pdf(shutil.copy(page, folder / f"{name}.html"), browser())
        subprocess.run(["pdftoppm", "-r", "60", "-png", sheets, folder / f"{name}-a4"], check=True)


def opened(chromium: Any, page: Path, size: dict[str, int]) -> Any:
    """The page on a screen of this size, its fonts ready."""
    view = chromium.new_context(viewport=size, offline=True).new_page()
    view.goto(page.as_uri())
    view.evaluate("document.fonts.ready")
    return view


if __name__ == "__main__":
    main()
