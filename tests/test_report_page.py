"""The report page as text: structure, languages, safety, tables, charts, font. No browser."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from lxml import html as lxml_html

from ebpm.report import (
    FailureAccount,
    IndexEntry,
    PageContext,
    PayloadError,
    mark_stale,
    render_failure,
    render_index,
    render_page,
)
from ebpm.report.failure import without_paths
from ebpm.report.index_places import search_script
from ebpm.report.model import Change
from ebpm.report.numbers import format_number
from ebpm.report.state import Page
from ebpm.report.svg import ChartError, render_svg
from ebpm.report.tables import csv_bytes, data_of
from support import report_sample as sample
from support.attacks import ATTACKS

CONTEXT = PageContext(
    notebook_name="online-staff",
    parameters={"lgcode": "011002"},
    warehouse_sha256="ab" * 32,
    code_version="0.1.0",
    command="ebpm run online-staff -p lgcode=011002",
    index_href="index.html",
)
LANGS = ("ja", "en")
JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


def page(lang: Any = "ja", notebook: Any = None, context: PageContext = CONTEXT) -> str:
    return render_page(notebook or sample.notebook(), lang=lang, context=context)


def tree(text: str) -> Any:
    return lxml_html.document_fromstring(text)


def changed(kind: str, **values: Any) -> Any:
    """The sample with other values in every payload of one kind."""
    return sample.notebook(lambda k, payload: {**payload, **values} if k == kind else payload)


def strings(node: Any) -> str:
    return "".join(node.itertext())


# Structure


@pytest.mark.parametrize("lang", LANGS)
def test_page_has_landmarks_one_title_and_no_skipped_heading(lang: str) -> None:
    root = tree(page(lang))
    assert root.get("lang") == lang
    assert len(root.xpath("//h1")) == len(root.xpath("//main")) == len(root.xpath("//nav")) == 1
    assert sample.SUMMARY["title"][lang] in root.findtext(".//title")
    levels = [int(h.tag[1]) for h in root.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize("lang", LANGS)
def test_ids_are_unique_and_every_fragment_leads_somewhere(lang: str) -> None:
    root = tree(page(lang))
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    fragments = {href[1:] for href in root.xpath("//a/@href") if href.startswith("#")}
    named = " ".join(root.xpath("//@aria-labelledby|//@aria-describedby")).split()
    assert fragments | set(named) <= set(ids)


@pytest.mark.parametrize("mark", [lambda text: text, lambda text: mark_stale(text, "鱻")])
def test_policy_names_the_one_style_and_nothing_else_styles_or_runs(mark: Any) -> None:
    root = tree(mark(page()))
    (style,) = root.xpath("//style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not root.xpath("//@style|//script|//link|//img|//iframe|//form")


def test_source_streams_and_plain_outputs_stay_out() -> None:
    for left_out in ("SOURCE-CODE", "STDERR", "PLAIN-REPR", "HTML-REPR"):
        assert left_out not in page()


def test_every_number_and_figure_leads_to_its_source() -> None:
    root = tree(page())
    numbers = root.xpath("(//p|//li)/a[@class='number']")
    assert [strings(n) for n in numbers] == ["1,338団体", "43.1%", "−0.12人"]
    assert numbers[1].get("href") == numbers[2].get("href")  # one trace, listed once
    (entry,) = root.xpath("//li[@id=$id]", id=numbers[1].get("href").removeprefix("#"))
    assert "finding-1-median-rate" in "".join(entry.xpath(".//a/@href"))
    assert {f"#{n.get('id')}" for n in numbers[1:]} <= set(entry.xpath(".//a/@href"))
    (section,) = entry.xpath("./ancestor::section[1]")
    assert section.xpath("./p[@class='sources']/a[starts-with(@href, '#source-')]")
    assert section.xpath(".//details//code | ./p/a[starts-with(@href, '#computation-')]")
    for block in root.xpath("//figure|//*[@class='finding']"):
        assert block.xpath(".//p[@class='sources']//a[starts-with(@href, '#source-')]")
    assert len(root.xpath("//*[@id='sources']//ol/li")) == len(sample.SOURCES)


def test_a_finding_says_scale_direction_reason_kind_and_verdict() -> None:
    section = tree(page()).xpath("//*[@class='finding']")[1]
    said = strings(section)
    for part in ("政策効果把握", "SMS 2/5（5が最も強い）・横断比較", "判断できない", "1,338団体"):
        assert part in said
    assert section.xpath(".//details[@open]")  # a check is not met: no one has to look for it


def test_summary_refuses_a_headline_without_finding() -> None:
    with pytest.raises(PayloadError, match="nowhere"):
        page(notebook=changed("summary", headline_ids=["nowhere"]))


@pytest.mark.parametrize("kind", ["summary", "finding", "figure", "table", "say"])
@pytest.mark.parametrize("bad", [{"schema": 2}, {"title": None, "sms": 9, "ja": None}])
def test_a_payload_that_is_not_as_agreed_is_refused(kind: str, bad: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match=rf"cell \d+, {kind}"):
        page(notebook=changed(kind, **bad))


def test_invented_data_are_marked_on_figure_page_and_every_sheet() -> None:
    text = page(notebook=changed("figure", synthetic=True))
    root = tree(text)
    assert strings(root.xpath("//figure//p[@class='synthetic']")[0]) == "架空データ（練習用）"
    assert root.xpath("//header//*[contains(@class, 'invented')]")
    assert '@top-right{content:"\\67b6 ' in text
    assert not tree(page()).xpath("//*[contains(@class, 'invented')]")


# Languages


def test_english_page_names_the_language_of_japanese_words() -> None:
    root = tree(page("en"))
    for node in root.xpath("//*[@lang='ja']|//svg|//style"):
        node.drop_tree()
    left = [t for t in root.xpath("//body//text()") if JAPANESE.search(t)]
    assert left == []


def test_each_page_holds_one_language() -> None:
    ja, en = strings(tree(page("ja")).body), strings(tree(page("en")).body)
    assert "Problem and aim" not in ja and "課題とねらい" not in en
    assert "Source:" not in ja and "How sure" not in ja
    assert "Evidence" in en and "根拠の強さ" in ja
    assert "手段とされている。詳しくは" in ja  # no space from the line break of the source


# Repeatable


def test_two_builds_are_identical_also_in_another_process() -> None:
    program = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); import test_report_page as t;"
        "print(hashlib.sha256(t.page().encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    other = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    page(notebook=sample.notebook())  # Vega counts its clip paths on; the page must not
    assert other.stdout.strip() == hashlib.sha256(page().encode()).hexdigest()


def test_stale_mark_is_put_once_and_escaped() -> None:
    once = mark_stale(page(), "2026-11-01 <b>")
    assert mark_stale(once, "2026-11-01 <b>") == once
    assert once == page(context=PageContext(**{**vars(CONTEXT), "stale": "2026-11-01 <b>"}))
    assert "最新の更新に失敗した" in once and "<b>" not in once
    with pytest.raises(ValueError, match="no place for a banner"):
        mark_stale("<html lang='ja'></html>", "x")


# Safety


def test_context_and_other_pages_escape_too() -> None:
    for attack in ATTACKS:
        text = {"ja": attack, "en": attack}
        entry = IndexEntry(
            attack,
            text,
            text,
            (sample.finding("x", attack, attack),),
            ("x",),
            attack,
            "kept",
            error=attack,
            account_href=attack,
            interactive_href=attack,
            pdf_href=attack,
        )
        change = Change("value", attack, text, attack, attack, text, text, text)
        account = FailureAccount(attack, attack, {attack: attack}, 3, attack, text, attack, attack)
        context = PageContext(
            attack, {attack: attack}, attack, attack, attack, attack, attack, attack
        )
        for made in (
            render_index(
                [entry, replace(entry, place=attack, prefecture=attack)],
                lang="en",
                changes=[change, replace(change, place=None)],
            ),
            render_failure(account, "ja"),
            page(context=context),
        ):
            root = tree(made)
            scripts = [script.text for script in root.xpath("//script")]
            assert scripts in ([], [search_script()])
            assert not root.xpath("//img|//iframe|//@onerror|//@onload|//@style")
            assert not root.xpath("//a[starts-with(@href, 'javascript:')]")


# Tables


@pytest.mark.parametrize(
    ("value", "fmt", "shown"),
    [
        (1234567, "int", "1,234,567"),
        (-0.5, "float1", "−0.5"),
        (-0.04, "float1", "0.0"),
        (0.1234, "pct1", "12.3%"),
        (-0.5, "pct0", "−50%"),
        (1.0005, "float3", "1.000"),
        (0, "float2", "0.00"),
    ],
)
def test_numbers(value: float, fmt: str, shown: str) -> None:
    assert format_number(value, fmt) == shown


def test_missing_values_keep_their_kind_in_the_table() -> None:
    said = strings(tree(page()).xpath("//*[@class='datatable']")[0])
    for label in ("提供なし", "調査対象外", "秘匿", "不明", "該当なし", "該当する数値なし"):
        assert label in said
    rows = deepcopy(sample.ROWS)
    rows[0][1] = {"missing": "lost"}
    with pytest.raises(PayloadError, match="lost"):
        page(notebook=changed("table", rows=rows))


def test_a_cell_may_hold_both_languages() -> None:
    rows = [[{"ja": "全国", "en": "Japan"}, *sample.ROWS[0][1:]]]
    for lang, there, absent in (("ja", "全国", "Japan"), ("en", "Japan", "全国")):
        (table,) = tree(page(lang, changed("table", rows=rows))).xpath(
            "//div[@id='table-1']//tbody"
        )
        assert there in strings(table) and absent not in strings(table)


def test_table_has_caption_scopes_and_right_aligned_numbers() -> None:
    (table,) = tree(page()).xpath("//*[@class='datatable']//table")
    assert strings(table.find("caption")).startswith("表1")
    assert {th.get("scope") for th in table.xpath("./thead//th")} == {"col"}
    assert {th.get("scope") for th in table.xpath("./tbody//th")} == {"row"}
    assert "numbers" in table.get("class").split()


def test_csv_opens_in_a_japanese_spreadsheet_and_starts_no_formula() -> None:
    rows = [["=1+1", 0.5, None, -1.25, 3], *sample.ROWS]
    root = tree(page(notebook=changed("table", rows=rows)))
    (link,) = root.xpath("//*[@class='datatable']//a[@download]")
    data = data_of(link.get("href"))
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == len(rows) + 1
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert read[0][2] == "一般行政職員（人口千人当たり）"
    assert read[1] == ["'=1+1", "0.5", "", "-1.25", "3"]
    assert read[5][1] == "提供なし"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.12345678949, "0.123456789"),
        (-1.2809509161503423, "-1.28095092"),
        (1741, "1741"),
        (12345678901, "12345678901"),
        (7091000.0, "7091000.0"),
        (1234567890.75, "1234567890.75"),
    ],
)
def test_csv_holds_nine_digits_and_counts_in_full(value: float, written: str) -> None:
    columns = [{"key": "a", "label": "a", "format": "float2"}]
    data = csv_bytes(Page("ja", "x"), {"columns": columns, "rows": [[value]]})
    assert data.decode("utf-8-sig").splitlines()[1] == written


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(PayloadError, match="more or fewer cells"):
        page(notebook=changed("table", rows=[["x"]]))


# Charts


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    if len(colour) == 4:
        colour = "#" + "".join(c * 2 for c in colour[1:])
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_on_white(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


def test_chart_is_one_named_image_without_vegas_english() -> None:
    (svg,) = tree(page()).xpath("//figure//svg")
    assert svg.get("role") == "img"
    assert not svg.xpath(".//@aria-label|.//@aria-roledescription|./*//@role|.//@class|.//@href")
    assert not svg.xpath(".//*[local-name()='a' or local-name()='title' or local-name()='style']")
    assert svg.get("font-family").startswith("Report Sans")


def inherited(element: Any, attribute: str) -> str:
    """The attribute of the element or of the nearest one around it."""
    return str(element.xpath(f"(ancestor-or-self::*/@{attribute})[last()]")[0])


def test_chart_text_and_marks_have_contrast() -> None:
    (svg,) = tree(page()).xpath("//figure//svg")
    texts = [inherited(text, "fill") for text in svg.xpath(".//text")]
    assert texts and all(contrast_on_white(colour) >= 4.5 for colour in texts)
    marks = {inherited(mark, "fill") for mark in svg.xpath(".//path|.//circle")} - {"none"}
    assert marks and all(contrast_on_white(colour) >= 3 for colour in marks)
    assert contrast_on_white("#F46A25") < 4.5  # the second colour is for marks, never for text


def test_two_figures_do_not_share_ids() -> None:
    notebook = sample.notebook()
    cell = next(c for c in notebook.cells if c.cell_type == "code" and len(c.outputs) > 3)
    cell.outputs.append(sample.output("figure", sample.FIGURE))
    root = tree(page(notebook=notebook))
    assert len(root.xpath("//figure//svg")) == 2
    clips = re.findall(r"url\(#(.*?)\)", page(notebook=notebook))
    assert len(set(clips)) == 2 and set(clips) <= set(root.xpath("//@id"))


def test_chart_fetches_nothing() -> None:
    spec = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ChartError):
        render_svg(spec, ident="x", labelled_by="a", described_by="b")


# Font


def embedded_fonts(text: str) -> list[TTFont]:
    data = re.findall(r"url\(data:font/woff2?;base64,([^)]+)\)", text)
    return [TTFont(io.BytesIO(base64.b64decode(d))) for d in data]


@pytest.mark.parametrize("lang", LANGS)
def test_embedded_font_draws_every_character_of_the_page(lang: str) -> None:
    text = page(lang)
    drawn = {code for font in embedded_fonts(text) for code in font.getBestCmap()}
    shown = {c for c in strings(tree(text).body) if c.isprintable() and not ord(c) >= 0xE0000}
    assert {c for c in shown if ord(c) not in drawn} == set()


def test_a_later_mark_brings_its_own_characters() -> None:
    before, after = (
        {code for font in embedded_fonts(text) for code in font.getBestCmap()}
        for text in (page(), mark_stale(page(), "鱻"))
    )
    assert after - before == {ord("鱻")}


def test_font_is_shared_between_pages_of_one_kind() -> None:
    faces = [
        re.findall(r"base64,([^)]+)\) format", page(context=PageContext("x", place=p)))
        for p in ("札幌市", "鰺ヶ沢町")
    ]
    assert faces[0][0] == faces[1][0]


# Index and failure


def entry(**values: Any) -> IndexEntry:
    return IndexEntry(
        **{
            "notebook": "online-staff",
            "title": sample.SUMMARY["title"],
            "question": sample.SUMMARY["question"],
            "findings": tuple(sample.FINDINGS),
            "headlines": tuple(finding["id"] for finding in sample.FINDINGS),
            "href": "online-staff.html",
            **values,
        }
    )


def test_index_lists_reports_marks_failures_and_explains_the_scale() -> None:
    places = [entry(place=p, href=f"peer/{i}.html") for i, p in enumerate(sample.NAMES)]
    failed = entry(notebook="b", status="failed", href=None, error="列がない", findings=())
    root = tree(render_index([entry(), failed, *places], lang="ja"))
    assert root.xpath("//h3/a[@href='online-staff.html']")
    assert "作成に失敗：列がない" in strings(root.body)
    assert "SMS 2/5（5が最も強い）" in strings(root.body)
    assert len(root.xpath("//*[@id='grade']//tbody/tr")) == 5
    assert len(root.xpath("//ul[@class='places']/li/a")) == len(places)


def test_failure_account_names_the_place_and_no_folder_of_the_machine() -> None:
    account = FailureAccount(
        notebook="online-staff",
        reason="KeyError: '申請率'",
        cell=7,
        command="ebpm run online-staff",
        traceback='\x1b[31mFile "/home/u/lib/x.py", line 3\x1b[0m\nC:\\Users\\u\\y.py ~/z/w.duckdb',
    )
    said = strings(tree(render_failure(account, "ja")).body)
    assert "セル7" in said and "KeyError" in said and "ebpm run online-staff" in said
    assert "home" not in said and "Users" not in said and "x.py" in said and "w.duckdb" in said


def test_paths_lose_their_folders_but_addresses_stay() -> None:
    assert without_paths("/a/b/c.py: no") == "…/c.py: no"
    assert without_paths("see https://example.jp/a/b and lib/x/y.py") == (
        "see https://example.jp/a/b and lib/x/y.py"
    )
