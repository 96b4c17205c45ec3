"""The data dictionary: every column explained once, counts as in the data, a page for everyone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml import html as lxml_html

from conftest import Command, warehouse_of
from ebpm import dictionary, sql_header, warehouse
from ebpm.dictionary import DictionaryError, Table
from ebpm.report import render_dictionary, render_index
from ebpm.run import publish, site
from ebpm.run.setting import Setting, setting_of_this_run
from support.chromium import browser as start_browser

Connection = duckdb.DuckDBPyConnection
LANGS = ("ja", "en")
JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def connection(ebpm: Command) -> Iterator[Connection]:
    """A read-only connection to the warehouse of the shipped figures."""
    with warehouse.connect(warehouse_of(ebpm)) as opened:
        yield opened


@pytest.fixture(scope="module")
def tables(connection: Connection) -> dict[str, Table]:
    """The dictionary of that warehouse, by table."""
    return {table.name: table for table in dictionary.dictionary(connection)}


def rows_of(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


# what is explained


def test_every_column_of_every_table_is_documented(connection: Connection) -> None:
    assert dictionary.undocumented(connection) == []


def test_nothing_is_documented_that_no_table_has(connection: Connection) -> None:
    columns = {name for (name,) in rows_of(connection, "SELECT column_name FROM duckdb_columns()")}
    assert sorted(set(sql_header.documented()) - columns) == []


def test_every_table_of_the_build_is_in_the_dictionary(
    connection: Connection, tables: dict[str, Table]
) -> None:
    accounts = {account.table: account for account in warehouse.accounts(connection)}
    assert tables.keys() == accounts.keys()
    for name, table in tables.items():
        assert (table.layer, table.rows) == (accounts[name].layer, accounts[name].loaded)
        assert table.contracts
        assert table.sources or not table.rows, name


def test_both_languages_are_complete(tables: dict[str, Table]) -> None:
    for table in tables.values():
        texts = [table.grain, *table.contracts, *(column.meaning for column in table.columns)]
        texts += [column.unit for column in table.columns if column.unit]
        assert all(text["ja"] and text["en"] for text in texts), table.name
        assert not [text["en"] for text in texts if JAPANESE.search(text["en"])], table.name
        assert JAPANESE.search(table.grain["ja"])


# what is counted


def test_filled_cells_and_kinds_of_missing_are_those_of_the_data(
    connection: Connection, tables: dict[str, Table]
) -> None:
    status = {column.name: column for column in tables["stg_dx_status"].columns}
    there = "SELECT {} FROM staging.stg_dx_status WHERE value IS NOT NULL"
    assert rows_of(connection, there.format("count(*)")) == [(status["value"].filled,)]
    kinds = "SELECT missing, count(*) FROM staging.stg_dx_status WHERE value IS NULL GROUP BY ALL"
    assert status["missing"].missing == dict(rows_of(connection, kinds))
    assert status["value"].missing == {}
    assert tables["stg_dx_status"].rows == status["value"].filled + status["missing"].filled


def test_a_column_that_is_passed_through_leads_to_the_file_that_explains_it(
    tables: dict[str, Table],
) -> None:
    homes = {column.name: column.documented_in for column in tables["mart_staffing"].columns}
    assert homes["lgcode"] == "stg_municipalities"
    assert homes["fiscal_year"] == "stg_ssdse_a"
    assert homes["general_staff"] == "mart_staffing"


def test_a_table_names_its_sources_with_their_editions(tables: dict[str, Table]) -> None:
    found = {(source.figure, source.edition) for source in tables["mart_staffing"].sources}
    assert found == {("municipalities", "2025"), ("ssdse_a", "2020–2025")}


def test_rules_of_columns_are_not_said_twice(tables: dict[str, Table]) -> None:
    staffing = [rule["en"] for rule in tables["mart_staffing"].contracts]
    assert "the key (lgcode, fiscal_year) is unique and complete" in staffing
    assert "every fiscal year with staff holds the staff of every municipality" in staffing
    assert not any("general_staff" in rule for rule in staffing)


def test_a_warehouse_older_than_the_sql_files_is_named() -> None:
    with duckdb.connect() as empty, pytest.raises(DictionaryError, match="ebpm build"):
        dictionary.dictionary(empty)


# the command


def test_the_command_prints_one_table(ebpm: Command) -> None:
    done = ebpm("dictionary", "--table", "mart_staffing")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mart_staffing  一般行政部門の職員数が公表されている")
    assert "一般行政部門の職員数［人］  0以上  5,223" in done.stdout
    assert "mart_municipality  " not in done.stdout


def test_the_command_gives_json(ebpm: Command, tables: dict[str, Table]) -> None:
    content = json.loads(ebpm("dictionary", "--json").stdout)
    assert {table["name"]: table["rows"] for table in content} == {
        table.name: table.rows for table in tables.values()
    }


def test_the_command_writes_a_page(ebpm: Command, tmp_path: Path) -> None:
    done = ebpm("dictionary", "--out", tmp_path / "page.html", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "<h1>Data dictionary</h1>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_an_unknown_table_is_wrong_use(ebpm: Command) -> None:
    done = ebpm("dictionary", "--table", "mart_nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ebpm: mart_nothing という表はありません。あるもの：")


# the page


@pytest.fixture(scope="module")
def pages(tables: dict[str, Table]) -> dict[str, str]:
    """The page in both languages."""
    return {lang: render_dictionary(list(tables.values()), lang=lang) for lang in LANGS}


@pytest.mark.parametrize("lang", LANGS)
def test_every_table_has_its_section_caption_and_scopes(
    pages: dict[str, str], tables: dict[str, Table], lang: str
) -> None:
    tree = lxml_html.document_fromstring(pages[lang])
    links = [link.get("href") for link in tree.xpath("//nav//a")]
    assert links == [f"#{name}" for name in tables]
    for name, table in tables.items():
        (section,) = tree.xpath(f"//section[@id='{name}']")
        (shown,) = section.xpath(".//table")
        assert name in shown.find("caption").text_content()
        assert len(shown.xpath("thead//th[@scope='col']")) == 4
        rows = [row.text_content() for row in shown.xpath("tbody//th[@scope='row']/code")]
        assert rows == [column.name for column in table.columns]
        assert f"{table.rows:,}" in section.xpath("dl")[0].text_content()
        assert len(section.xpath("ul/li")) == len(table.contracts)


@pytest.mark.parametrize("lang", LANGS)
def test_every_link_of_the_page_leads_somewhere(pages: dict[str, str], lang: str) -> None:
    tree = lxml_html.document_fromstring(pages[lang])
    ids = {element.get("id") for element in tree.iter() if element.get("id")}
    for link in tree.xpath("//a[@href]"):
        target = link.get("href")
        assert target.startswith("https://") or target.removeprefix("#") in ids, target


def test_english_headings_hold_no_japanese(pages: dict[str, str]) -> None:
    tree = lxml_html.document_fromstring(pages["en"])
    names = ("h1", "h2", "h3", "h4", "th", "dt", "caption")
    words = [item.text_content() for item in tree.iter(*names)]
    assert len(words) > 100 and not [text for text in words if JAPANESE.search(text)]


def test_the_index_names_the_dictionary_where_there_is_one() -> None:
    link = '<a href="dictionary.html">'
    assert link in render_index([], lang="ja", dictionary_href="dictionary.html")
    assert link not in render_index([], lang="ja")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_accessible_and_never_scrolls_sideways(
    pages: dict[str, str], tmp_path: Path, lang: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    path = tmp_path / "dictionary.html"
    path.write_text(pages[lang], encoding="utf-8")
    with start_browser() as browser:
        view = browser.new_page(viewport={"width": width, "height": 900})
        asked: list[str] = []
        view.on("request", lambda request: asked.append(request.url))
        view.goto(path.as_uri())
        found = axe.Axe().run(view).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("data:font/", path.as_uri()))] == []


# the site


@pytest.fixture
def setting(ebpm: Command, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """What a run of the command would know of its warehouse."""
    monkeypatch.setenv("EBPM_WAREHOUSE", str(warehouse_of(ebpm)))
    return setting_of_this_run()


def test_a_site_has_the_dictionary_and_links_it(setting: Setting, tmp_path: Path) -> None:
    publish.publish_dictionary(tmp_path, "ja", setting)
    site.save(tmp_path, {}, "ja")
    assert 'href="dictionary.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")
    page = (tmp_path / "dictionary.html").read_text(encoding="utf-8")
    assert 'href="index.html"' in page and "データ項目一覧" in page


def test_a_dictionary_is_made_again_for_another_language_only(
    setting: Setting, tmp_path: Path
) -> None:
    page = tmp_path / "dictionary.html"
    publish.publish_dictionary(tmp_path, "ja", setting)
    made = page.stat().st_mtime_ns
    publish.publish_dictionary(tmp_path, "ja", setting)
    assert page.stat().st_mtime_ns == made
    publish.publish_dictionary(tmp_path, "en", setting)
    assert '<html lang="en">' in page.read_text(encoding="utf-8")


def test_reports_stand_without_a_dictionary_that_cannot_be_made(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(connection: Connection, house: sql_header.House) -> None:
        raise DictionaryError("説明がありません")

    monkeypatch.setattr(dictionary, "dictionary", fail)
    publish.publish_dictionary(tmp_path, "ja", setting)
    site.save(tmp_path, {}, "ja")
    assert "説明がありません" in caplog.text
    assert "dictionary.html" not in (tmp_path / "index.html").read_text(encoding="utf-8")
