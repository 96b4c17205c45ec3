"""PDFs printed by the machine's Chromium: tagged, named, in the page's language, of one sheet."""

from __future__ import annotations

import io
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from ebpm.run import pdf
from support import chromium
from support import report_sample as sample
from test_report_page import changed, page

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")


@pytest.fixture(scope="module")
def program() -> str:
    return chromium.program()


def printed(program: str, folder: Path, lang: Any = "ja", notebook: Any = None) -> bytes:
    source = folder / "page.html"
    source.write_text(page(lang, notebook), encoding="utf-8")
    return pdf.write_pdf(source, program).read_bytes()


def read(content: bytes) -> Any:
    return pypdf.PdfReader(io.BytesIO(content))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_pdf_is_tagged_and_has_title_language_outline_and_alt_texts(
    program: str, tmp_path: Path, lang: str
) -> None:
    reader = read(printed(program, tmp_path, lang))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] and catalog["/Lang"] == lang
    assert reader.metadata.title.startswith(sample.SUMMARY["title"][lang])
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert len(flat(reader.outline)) > 5
    alts = list(alternatives(catalog["/StructTreeRoot"], set()))
    title = sample.FIGURE["title"][lang] if hasattr(sample, "FIGURE") else ""
    assert any(title in alt for alt in alts) and alts


def flat(outline: Any) -> list[str]:
    return [t for item in outline for t in (flat(item) if isinstance(item, list) else [item.title])]


def alternatives(node: Any, seen: set[int]) -> Any:
    """Every alternative text of the structure tree."""
    node = node.get_object()
    if id(node) in seen or not hasattr(node, "get"):
        return
    seen.add(id(node))
    if "/Alt" in node:
        yield str(node["/Alt"])
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if not isinstance(kid, int) and hasattr(kid.get_object(), "get"):
            yield from alternatives(kid, seen)


def test_a_pdf_names_no_machine_and_no_moment_and_comes_out_the_same(
    program: str, tmp_path: Path
) -> None:
    first, second = (printed(program, tmp_path) for _ in range(2))
    assert first == second
    metadata = read(first).metadata
    assert set(metadata) == {"/Title", "/Producer"}
    assert str(tmp_path).encode() not in first


@pytest.mark.parametrize("title", ["(a) /Creator (b", r"\) /CreationDate (\\", "a) >> endobj"])
def test_a_title_cannot_disturb_the_file(program: str, tmp_path: Path, title: str) -> None:
    notebook = changed("summary", title={"ja": title, "en": title})
    reader = read(printed(program, tmp_path, "ja", notebook))
    assert reader.metadata.title.startswith(title) and set(reader.metadata) == {
        "/Title",
        "/Producer",
    }


def test_the_summary_is_the_first_sheet(program: str, tmp_path: Path) -> None:
    first, second = read(printed(program, tmp_path)).pages[:2]
    said = [
        "".join(unicodedata.normalize("NFKC", sheet.extract_text()).split())
        for sheet in (first, second)
    ]
    assert "個別の手続ごとの効果" in said[0] and "課題とねらい" in said[1]


def test_run_writes_pdfs_and_takes_outdated_ones_away(
    program: str, ebpm: Command, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    arguments = ("run", "council_report", "--out", out)
    made = ebpm(*arguments, "--pdf")
    assert made.returncode == 0, made.stderr
    file = out / "council_report.pdf"
    first = file.read_bytes()
    assert first.startswith(b"%PDF-")
    assert 'href="council_report.pdf"' in (out / "index.html").read_text(encoding="utf-8")
    file.unlink()
    assert ebpm(*arguments, "--pdf").returncode == 0
    assert file.read_bytes() == first  # made for an unchanged page, too
    assert ebpm(*arguments, "--force").returncode == 0
    assert not file.exists()
    assert "council_report.pdf" not in (out / "index.html").read_text(encoding="utf-8")


def test_without_a_browser_nothing_is_started(
    ebpm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = ebpm("run", "council_report", "--pdf", "--out", tmp_path / "site")
    assert done.returncode == 1
    assert "Chromium、Chrome、Edge" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "site").exists()


def test_a_page_that_cannot_be_printed_is_named(tmp_path: Path) -> None:
    with pytest.raises(pdf.PdfError, match=r"page\.html の PDF を作れません"):
        pdf.write_pdf(tmp_path / "page.html", shutil.which("false") or "false")
    assert list(tmp_path.iterdir()) == []
