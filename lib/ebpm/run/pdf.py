"""A page as a tagged PDF, printed by a Chromium of this machine: title, language, outline, alt texts.

Chromium's own command line is enough; nothing of it is installed with the project.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ebpm.files import put_in_place

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
PLACES = (
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
SECONDS = 120
# What a PDF says of the machine and the moment; blanked in place, so that its table of offsets holds.
_OF_THE_MACHINE = re.compile(
    rb"/(?:CreationDate|ModDate|Creator) \((?:\\.|[^()\\])*(?:\([^()]*\)(?:\\.|[^()\\])*)*\)"
)


class PdfError(RuntimeError):
    """No PDF could be made: what is missing or went wrong, and what to do."""


def browser() -> str:
    """The Chromium, Chrome or Edge of this machine; PdfError where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    found = found or next((place for place in PLACES if Path(place).exists()), None)
    if found is None:
        raise PdfError(
            "PDF を作るには Chromium、Chrome、Edge のいずれかが必要ですが、見つかりません。"
            "インストールするか、--pdf を付けずに実行してください。"
        )
    return found


def write_pdfs(pages: Iterable[Path], program: str, processes: int = 1) -> None:
    """The PDF of each page beside it, some at a time; PdfError for the first that fails."""
    with ThreadPoolExecutor(max(processes, 1)) as pool:
        for _ in pool.map(lambda page: write_pdf(page, program), pages):
            pass


def write_pdf(page: Path, program: str) -> Path:
    """`<page>.pdf` beside the page; whole or not at all."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        _print(page, made, program, Path(folder) / "profile")
        content = _OF_THE_MACHINE.sub(lambda m: b" " * len(m[0]), made.read_bytes())
    target = page.with_suffix(".pdf")
    put_in_place(target, content)
    return target


def _print(page: Path, made: Path, program: str, profile: Path) -> None:
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [program, *OPTIONS, *as_root, f"--user-data-dir={profile}", f"--print-to-pdf={made}"]
    try:
        done = subprocess.run(
            [*command, page.resolve().as_uri()], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PdfError(f"{page.name} の PDF を作れません（{type(error).__name__}）。") from error
    if done.returncode or not made.exists():
        raise PdfError(
            f"{page.name} の PDF を作れません（ブラウザーの終了コード {done.returncode}）。"
        )
