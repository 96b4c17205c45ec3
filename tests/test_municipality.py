"""One page for each body: peers and ranks computed again, its own name everywhere, no one else's.

The pages of a sample are made here: one body of every group of like bodies, those with little data,
and some whose names others bear too. With `EBPM_EVERY_BODY=1` (and `EBPM_TEST_SECONDS=3600`) all
1,741 are made and looked through.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import numpy as np
import pandas as pd
import pytest
from lxml import html
from scipy import stats

from conftest import Command, Site, command_in, warehouse_of
from ebpm import lgcode
from ebpm.paths import FIGURES
from ebpm.report import IndexEntry, render_index
from support.chromium import browser as start_browser
from support.examined import examine

# 札幌市, 世田谷区, 川越市, 四街道市, 弘前市 (alone in its group), 占冠村, 青ヶ島村, 小笠原村, 草津町 (no
# common procedures), 金沢市 (measures not asked).
TEN = (
    *("011002", "131121", "112011", "122289", "022021"),
    *("014630", "134023", "134210", "104264", "172014"),
)
EVACUATED = "075469"
NAMESAKES = ("132063", "342084", "016047", "014648")
MEASURES = 10


def figure(name: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM '{FIGURES / name}.parquet'").df()


@dataclass(frozen=True)
class Published:
    """What is published on each municipality, read without the library: group, values."""

    bodies: pd.DataFrame
    values: pd.DataFrame

    def peers(self, code: str) -> list[str]:
        """Codes of the like bodies, itself included, by the rules that the page states."""
        group = self.bodies.loc[code, "group"]
        same = self.bodies.index[self.bodies["group"] == group]
        if len(same) < 5:
            wider = self.bodies["group"].str.rsplit("-", n=1).str[0]
            same = self.bodies.index[wider == group.rsplit("-", 1)[0]]
        return list(same)


def group_of(row: pd.Series) -> str | None:
    """The group of a body from kind, population and employed by industry."""
    if row["kind"] in {"designated_city", "special_ward", "core_city"}:
        return str(row["kind"])
    total = row["F2201"] + row["F2211"] + row["F2221"]
    if total == 0:
        return None
    both, services = 100 * (total - row["F2201"]) / total, 100 * row["F2221"] / total
    city = row["kind"] == "city"
    limits = [50_000, 100_000, 150_000] if city else [5_000, 10_000, 15_000, 20_000]
    size = 1 + int(np.searchsorted(limits, row["A1101"], side="right"))
    if city:
        work = (3 if services >= 65 else 2) if both >= 90 else (1 if services >= 55 else 0)
    else:
        work = (2 if services >= 60 else 1) if both >= 80 else 0
    return f"{'city' if city else 'town'}-{size}-{work}"


@pytest.fixture(scope="module")
def published() -> Published:
    register = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    ssdse = figure("ssdse_a")
    latest = ssdse[ssdse["edition"].astype(int) == 2025]
    wide = latest.pivot_table(index="lgcode", columns="indicator", values="value")
    bodies = register.join(wide[["A1101", "F2201", "F2211", "F2221"]], how="inner")
    bodies["group"] = [group_of(row) for _, row in bodies.iterrows()]
    status = figure("dx_status")
    values = status.pivot_table(index="lgcode", columns="item", values="value")
    done = status[status["unit"] == "status"].groupby("lgcode")["value"]
    values = values.assign(measures_done=done.sum(), measures_asked=done.count())
    return Published(bodies, values.loc[values.index.isin(bodies.index)])


@pytest.fixture(scope="module")
def pages(ebpm: Command, published: Published, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The pages of the sample, or of every body."""
    one_of_each = published.bodies.reset_index().groupby("group")["lgcode"].first()
    sample = sorted({*one_of_each, *TEN, EVACUATED, *NAMESAKES})
    codes = list(published.bodies.index) if os.environ.get("EBPM_EVERY_BODY") else sample
    out = tmp_path_factory.mktemp("bodies")
    command = command_in(warehouse_of(ebpm))
    every = len(codes) == len(published.bodies)
    chosen = ["--each", "municipality"] if every else [w for c in codes for w in ("--body", c)]
    done = command("run", "municipality", *chosen, "--jobs", "2", "--out", out)
    assert done.returncode == 0, done.stderr
    return Site(out, json.loads((out / "run.json").read_text(encoding="utf-8")), command)


def emitted(out: Path, code: str, kind: str) -> dict[str, dict[str, Any]]:
    """What the executed notebook of a body emitted under one kind, by id."""
    node = nbformat.read(out / "municipality" / f"{code}.ipynb", as_version=4)
    return {
        payload["id"]: payload
        for cell in node.cells
        for output in cell.get("outputs", [])
        for mime, payload in output.get("data", {}).items()
        if mime == f"application/vnd.ebpm.{kind}+json" and "id" in payload
    }


def rows_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    keys = [column["key"] for column in table["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in table["rows"]]


def test_the_groups_are_those_of_the_mart(ebpm: Command, published: Published) -> None:
    with duckdb.connect(str((warehouse_of(ebpm) / "current").resolve()), read_only=True) as db:
        mart = db.execute("SELECT lgcode, peer_group FROM mart_peer_group").df().set_index("lgcode")
    assert len(mart) == len(published.bodies) == 1741
    own = published.bodies["group"].reindex(mart.index)
    assert ((mart["peer_group"] == own) | (mart["peer_group"].isna() & own.isna())).all()
    assert list(own.index[own.isna()]) == [EVACUATED]


@pytest.mark.parametrize("code", TEN)
def test_peers_values_and_ranks_are_those_computed_from_the_figures(
    pages: Site, published: Published, code: str
) -> None:
    peers = published.peers(code)
    values = published.values.reindex(peers)
    online = "よく使う32手続のオンライン化状況_実施されている手続総数"
    done = values[f"{online}のうち「オンライン化済」と回答した手続数（分子）"]
    asked = values[f"{online}（分母）"]
    shares = {
        "推進体制と業務の取組のうち実施している割合": 100
        * values["measures_done"]
        / values["measures_asked"].where(values["measures_asked"] == MEASURES),
        "よく使う手続のオンライン化率": 100 * done / asked.where(asked > 0),
        "マイナンバーカードの保有率": values["マイナンバーカードの保有状況"],
    }
    ranks = {
        row["item"]["ja"]: row for row in rows_of(emitted(pages.out, code, "table")["mu-ranks"])
    }
    assert (shares["よく使う手続のオンライン化率"].isna()[code]) == (code == "104264")
    for name, share in shares.items():
        known = share.dropna()
        if code not in known.index:
            assert name not in ranks
            continue
        row = ranks[name]
        assert row["own"] == pytest.approx(known[code])
        assert row["middle"] == pytest.approx(known.median())
        assert row["n"] == len(known)
        best, worst = (
            int(stats.rankdata(-known.round(9), method)[known.index.get_loc(code)])
            for method in ("min", "max")
        )
        assert (row["best"], row["best"] + row["tied"]) == (best, worst)
        assert 1 <= row["low"] <= best and worst <= row["high"] <= len(known)


@pytest.mark.parametrize("code", TEN)
def test_near_bodies_are_those_computed_from_the_figures(
    pages: Site, published: Published, code: str
) -> None:
    ssdse = figure("ssdse_a").assign(edition=lambda t: t["edition"].astype(int))
    last = ssdse.sort_values("edition").groupby(["lgcode", "indicator"])["value"].last().unstack()
    with np.errstate(divide="ignore"):
        conditions = pd.DataFrame(
            {
                "population": np.log(last["A1101"].where(last["A1101"] > 0)),
                "aged": last["A1303"] / (last["A1301"] + last["A1302"] + last["A1303"]),
                "density": np.log((last["A1101"] / last["B1103"]).where(last["A1101"] > 0)),
                "tertiary": last["F2221"] / (last["F2201"] + last["F2211"] + last["F2221"]),
                "tax": np.log((last["D320101"] / last["A1101"]).where(last["D320101"] > 0)),
            }
        )
    conditions = conditions.reindex(published.bodies.index).replace([np.inf, -np.inf], np.nan)
    whole = conditions.dropna()
    distance = np.sqrt((((whole - whole.loc[code]) / whole.std()) ** 2).sum(axis=1)).drop(code)
    expected = distance.sort_values().head(10)
    rows = rows_of(emitted(pages.out, code, "table")["mu-near"])
    assert [row["distance"] for row in rows] == pytest.approx(list(expected))
    assert [row["place"] for row in rows] == [lgcode.get(c).full_name for c in expected.index]


def test_every_page_is_of_its_own_body_and_of_no_other(pages: Site) -> None:
    made = {report["parameters"]["lgcode"]: report for report in pages.account["reports"]}
    names = {body.lgcode: body.full_name for body in lgcode.municipalities()}
    assert len(made) >= 40 and all(report["status"] == "ok" for report in made.values())
    for code in made:
        problems = list(identity_problems(pages.out, code, names))
        assert problems == [], f"{code}: {problems[:3]}"


def identity_problems(out: Path, code: str, names: dict[str, str]) -> Iterator[str]:
    """Where a page does not say whose it is, or says that it is another's."""
    name, both = names[code], f"{names[code]}（団体コード{code}）"
    page = html.document_fromstring((out / "municipality" / f"{code}.html").read_bytes())
    title = page.findtext(".//title") or ""
    headline = page.findtext(".//h1") or ""
    if both not in title or both not in headline:
        yield "title"
    captions = [c.text_content() for c in page.xpath("//figcaption | //caption")]
    named = [c for c in captions if "ロジックモデル" not in c and "議会で確認する" not in c]
    own = [c for c in named if name in c]
    if len([c for c in own if both in c]) < (2 if code == EVACUATED else 4):
        yield "captions"
    told = "//section[starts-with(@id, 'finding-')]/h3 | //ol[@class='claims']/li/p[@class='claim']"
    claims = [claim.text_content() for claim in page.xpath(told)]
    if not claims or not all(name in claim for claim in claims):
        yield "claims"
    labels = [text for text in page.xpath("//svg//text/text()") if text in names.values()]
    if not labels or set(labels) != {name}:
        yield f"charts {set(labels) - {name}}"
    others = set(re.findall(r"団体コード(\d{6})", page.text_content())) - {code}
    if others:
        yield f"codes {others}"
    for payload in emitted(out, code, "finding").values():
        if payload["lgcode"] != code:
            yield f"finding {payload['id']}"


def text_of(pages: Site, code: str) -> str:
    page = html.document_fromstring((pages.out / "municipality" / f"{code}.html").read_bytes())
    return re.sub(r"\s+", "", page.text_content())


def test_a_body_without_residents_gets_a_page_that_says_so(pages: Site) -> None:
    text = text_of(pages, EVACUATED)
    assert "居住者がいなかったため" in text and "順位と比較は示さず" in text
    tables = emitted(pages.out, EVACUATED, "table")
    assert "mu-ranks" not in tables and "mu-near" not in tables
    assert {"mu-measures", "mu-procedures"} <= emitted(pages.out, EVACUATED, "finding").keys()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("134023", "割合は数件の違いで大きく動く"),
        ("104264", "オンライン化率は示さない"),
        ("172014", "この団体では調査されていない"),
        ("022021", "産業構造を問わず、人口の区分が同じ団体と比べる"),
    ],
)
def test_what_is_missing_is_said(pages: Site, code: str, words: str) -> None:
    assert words in text_of(pages, code)


def test_measures_that_were_not_asked_are_no_measures_left_undone(pages: Site) -> None:
    """No share of the measures, no rank and no count where not all of them are known."""
    rows = rows_of(emitted(pages.out, "172014", "table")["mu-measures-table"])
    assert len(rows) == MEASURES
    states = [row["own"].get("missing") or row["own"]["ja"] for row in rows]
    assert states.count("not_asked") == 7
    assert "mu-measures" not in emitted(pages.out, "172014", "finding")
    ranks = rows_of(emitted(pages.out, "172014", "table")["mu-ranks"])
    assert not any("推進体制" in row["item"]["ja"] for row in ranks)


def test_a_body_without_a_published_rate_is_told_that_this_is_not_zero(
    pages: Site, published: Published
) -> None:
    rates = set(figure("online_rates")["lgcode"])
    silent = [code for code in emitted_codes(pages) if code not in rates]
    assert silent
    for code in silent:
        assert "公表されていない。零という意味ではない" in text_of(pages, code)


def emitted_codes(pages: Site) -> list[str]:
    return [report["parameters"]["lgcode"] for report in pages.account["reports"]]


SEEN = (EVACUATED, *NAMESAKES, *("133817", "473251", "422100", "032018", "271004"), *TEN)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


def test_ten_pages_and_their_index_are_good_in_the_browser(
    pages: Site, browser: Any, tmp_path: Path
) -> None:
    """All that `test_site_pages` asks of a national page."""
    pytest.importorskip("axe_playwright_python.sync_playwright")
    made = {path.stem for path in (pages.out / "municipality").glob("*.html")}
    chosen = [*[code for code in SEEN if code in made], *sorted(made - set(SEEN))][:10]
    files = [pages.out / "municipality" / f"{code}.html" for code in chosen]
    bad = {
        file.name: problems(browser, file, tmp_path) for file in [*files, pages.out / "index.html"]
    }
    assert {name: found for name, found in bad.items() if found} == {}
    assert max(file.stat().st_size for file in files) <= 250_000


def problems(browser: Any, file: Path, folder: Path) -> dict[str, Any]:
    """What the examination found; only the index has a script, its search."""
    found = vars(examine(browser, file, folder / "page.pdf"))
    facts = {"lang", "title", "text", "sheets", "charts"}
    expected = {"scripts": int(file.name == "index.html")}
    others = {key: value for key, value in found.items() if key not in facts}
    return {key: v for key, v in others.items() if v and v != expected.get(key)}


def test_a_body_is_found_by_name_and_by_code_where_scripts_run(pages: Site, browser: Any) -> None:
    page = browser.new_page()
    page.goto((pages.out / "index.html").as_uri())
    for typed in ("札幌", "ﾊﾞｶ", "011002", "北海道札幌市"):
        page.fill("#place-name", typed)
        links = page.locator("#place-search li a")
        assert links.count() == (0 if typed == "ﾊﾞｶ" else 1), typed
    assert links.first.get_attribute("href") == "municipality/011002.html"
    assert page.locator("#place-search [role=status]").text_content() == "1件"


def test_without_script_every_body_is_in_the_list_of_its_prefecture(
    pages: Site, browser: Any
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((pages.out / "index.html").as_uri())
    assert page.locator("#place-search").is_hidden()
    page.locator("#places summary", has_text="北海道").click()
    assert page.get_by_role("link", name="札幌市").is_visible()
    made = list((pages.out / "municipality").glob("*.html"))
    assert page.locator("#places details li a").count() == len(made)


def test_the_index_of_every_body_is_small() -> None:
    """All 1,741 bodies, each with a page, and a report for each prefecture."""
    title = {"ja": "現状", "en": "Where it stands"}
    entries = [
        IndexEntry(
            "municipality",
            title,
            title,
            href=f"municipality/{body.lgcode}.html",
            place=body.full_name,
            prefecture=body.prefecture,
            lgcode=body.lgcode,
        )
        for body in lgcode.municipalities()
    ]
    text = render_index(entries, lang="ja")
    assert len(html.document_fromstring(text).xpath("//details//li/a")) == len(entries) == 1_741
    assert len(text.encode()) <= 1_000_000
