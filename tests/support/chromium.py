"""A browser for tests, where one is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ebpm.run import pdf
from support.require import missing

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def program() -> str:
    """Where the browser is; the test is skipped, with the reason, where there is none."""
    try:
        return pdf.browser()
    except pdf.PdfError:
        missing("Chromium is not installed")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium under Playwright; the test is skipped, with the reason, where either is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = program()
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()
