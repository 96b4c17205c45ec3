"""The council report against hand calculations, and against the published figures alone.

Nothing of `ebpm.methods`. Tolerances: 1e-9 where the computation is the same.
"""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from lxml import html
from scipy import stats

from conftest import Command, Site, command_in, warehouse_of
from ebpm.paths import FIGURES

NAME = "council_report"
INDICATOR = "AIの導入状況"
OWN = "014290"
CLASSES = [0, 5_000, 10_000, 30_000, 50_000, 100_000, 300_000, np.inf]
AMOUNT = re.compile(r"[0-9０-９][0-9０-９,.]*\s*(?:円|万円|千円|yen)")
OFFICE = {
    "lgcode": OWN,
    "proposal_ja": "窓口案内<b>AI</b>「まもる」の導入（30%短縮）",
    "origin": "他市で処理時間が30%短縮された。「残業が12時間減った」との声。<script>alert(1)</script>",
    "plan": "第6次総合計画の基本目標3に位置付ける。" * 60 + "a" * 500,
    "initial_cost_yen": "2345000",
    "annual_cost_yen": "678000",
    "cases_per_year": "9100",
    "minutes_saved_per_case": "4.5",
    "wage_yen_per_hour": "2730",
    "years": "7",
}


def published(name: str) -> pd.DataFrame:
    table: pd.DataFrame = duckdb.connect().execute(f"FROM '{FIGURES / name}'").df()
    return table


@pytest.fixture(scope="module")
def municipalities() -> pd.DataFrame:
    """Answer, latest population, class and kind of each municipality, from the figures alone."""
    status = published("dx_status.parquet").query("item == @INDICATOR")
    people = published("ssdse_a.parquet").query("indicator == 'A1101'")
    latest = people.sort_values("edition").groupby("lgcode")["value"].last().rename("population")
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str)
    frame = registry[registry["kind"] != "prefecture"].merge(
        status[["lgcode", "value"]], on="lgcode"
    )
    frame = frame.merge(latest, on="lgcode")
    return frame.assign(size=pd.cut(frame["population"], CLASSES, right=False, labels=False))


def assignments(values: dict[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in ("-p", f"{name}={value}")]


def made(command: Command, out: Path, *arguments: str) -> tuple[Path, dict[str, Any]]:
    """The page of one report and its entry in run.json."""
    done = command("run", NAME, *arguments, "--out", out)
    assert done.returncode == 0, done.stderr
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))["reports"][0]
    return out / report["page"], report


@pytest.fixture(scope="module")
def own(ebpm: Command) -> Command:
    return command_in(warehouse_of(ebpm))


@pytest.fixture(scope="module")
def costed(
    own: Command, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """A report with everything entered: page, entry in run.json, provenance."""
    page, report = made(own, tmp_path_factory.mktemp("costed"), *assignments(OFFICE))
    kept = page.with_name(f"{page.stem}.provenance.json").read_text(encoding="utf-8")
    return page, report, json.loads(kept)


def text_of(page: Path) -> str:
    """What the page prints; a font in its head may hold anything."""
    return str(html.parse(page).getroot().find("body").text_content())


def points_of(page: Path) -> dict[str, str]:
    """The table of the seven points: point and content."""
    rows = html.parse(page).getroot().xpath("//div[@id='table-1']//tbody/tr")
    return {row[0].text_content(): row[1].text_content() for row in rows}


def test_national_findings_equal_the_published_figures(
    site: Site, municipalities: pd.DataFrame
) -> None:
    found = site.findings(NAME)
    smallest = municipalities[municipalities["size"] == 0]["value"]
    largest = municipalities[municipalities["size"] == 6]["value"]
    assert found["cr-nation"]["estimate"] == pytest.approx(100 * municipalities["value"].mean())
    assert found["cr-smallest"]["estimate"] == pytest.approx(100 * smallest.mean())
    assert found["cr-largest"]["estimate"] == pytest.approx(100 * largest.mean())
    assert (found["cr-smallest"]["n"], found["cr-largest"]["n"]) == (len(smallest), len(largest))
    n, p, z = len(smallest), smallest.mean(), stats.norm.ppf(0.975)
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    limits = [100 * (middle - half) / (1 + z**2 / n), 100 * (middle + half) / (1 + z**2 / n)]
    assert [found["cr-smallest"][end] for end in ("ci_low", "ci_high")] == pytest.approx(limits)
    rank = stats.spearmanr(municipalities["population"], municipalities["value"]).statistic
    assert found["cr-size"]["estimate"] == pytest.approx(rank)
    assert found["cr-size"]["verdict"] == "supported"


def test_without_entries_nothing_is_calculated_and_every_gap_is_named(site: Site) -> None:
    page = site.out / f"{NAME}.html"
    points = points_of(page)
    assert len(points) == 7
    assert [name for name, content in points.items() if content != "未記入"] == ["他自治体との比較"]
    text = text_of(page)
    assert "将来の費用：未記入。" in text and "この資料は記入例である。" in text
    assert not AMOUNT.search(text)
    kept = json.loads((site.out / f"{NAME}.provenance.json").read_text(encoding="utf-8"))
    assert not {"円", "yen"} & {number["unit"] for number in kept["numbers"]}


def test_one_missing_cost_stops_the_whole_calculation(own: Command, tmp_path: Path) -> None:
    given = {name: value for name, value in OFFICE.items() if name != "annual_cost_yen"}
    page, _ = made(own, tmp_path, *assignments({**given, "origin": "要望", "plan": ""}))
    text = text_of(page)
    assert "入力されていない値：年間費用。" in text
    assert points_of(page)["将来の費用"] == "未記入"
    assert not AMOUNT.search(text)


def test_costs_equal_a_hand_calculation(
    costed: tuple[Path, dict[str, Any], dict[str, Any]],
) -> None:
    numbers = {number["label"]: number["value"] for number in costed[2]["numbers"]}
    cost = 2_345_000 + 678_000 * 7
    assert cost == 7_091_000
    assert numbers["期間中の費用の合計"] == cost
    assert numbers["年間に省けると見込む時間"] == pytest.approx(682.5)
    assert numbers["期間中に省けると見込む時間の、人件費への換算額"] == pytest.approx(13_042_575)
    assert numbers["換算額から費用を引いた額"] == pytest.approx(5_951_575)
    assert numbers["費用に見合う一件当たりの時間"] == pytest.approx(7_091_000 / 2_898_350)
    assert numbers["費用に見合う年間の件数"] == pytest.approx(7_091_000 / 1_433.25)
    assert numbers["一件当たりの費用"] == pytest.approx(7_091_000 / 63_700)
    table = next(e for e in costed[2]["exhibits"] if "費用を引いた額" in e["title"])
    assert [row[0] for row in table["rows"]] == [2.25, 3.375, 4.5, 5.625, 6.75]
    assert table["rows"][0][1] == pytest.approx(-3_830_356.25)
    assert table["rows"][2][3] == pytest.approx(5_951_575)
    assert table["rows"][4][5] == pytest.approx(22_254_793.75)
    assert [column["label"] for column in table["columns"]][1] == "年4,550件"


def test_entered_costs_name_their_parameter_and_claim_no_source(
    costed: tuple[Path, dict[str, Any], dict[str, Any]],
) -> None:
    page, _, kept = costed
    amounts = [number for number in kept["numbers"] if number["unit"] == "円"]
    rests_on = {c["id"]: c for c in kept["computations"]}
    assert amounts
    assert all(not rests_on[number["computation"]]["sources"] for number in amounts)
    entered = {number["parameter"]: number["value"] for number in amounts if number["parameter"]}
    assert entered == {
        "initial_cost_yen": 2_345_000,
        "annual_cost_yen": 678_000,
        "wage_yen_per_hour": 2_730,
    }
    text = text_of(page)
    assert "公開データによるものではない。" in text
    assert "省けた時間は、そのままでは現金にならない。" in text
    assert "職員の作業時間を示す公開データはない。" in text


def test_what_the_office_says_stands_as_its_own_words(
    costed: tuple[Path, dict[str, Any], dict[str, Any]],
) -> None:
    page = costed[0]
    points = points_of(page)
    assert points["政策の発生源"] == (
        "「他市で処理時間が30%短縮された。『残業が12時間減った』との声。"
        "<script>alert(1)</script>」（部署の記載）"
    )
    assert points["総合計画での位置付け"] == f"「{OFFICE['plan']}」（部署の記載）"
    assert [name for name, content in points.items() if content == "未記入"] == [
        "検討した代替案",
        "関係する法令",
        "財源",
    ]
    root = html.parse(page).getroot()
    assert "「窓口案内<b>AI</b>『まもる』の導入（30%短縮）」という提案" in root.text_content()
    assert not root.xpath("//b | //script[contains(., 'alert(1)')]")
    assert len(page.name.encode()) < 100


def test_a_page_with_long_words_of_others_is_verified(
    own: Command, costed: tuple[Path, dict[str, Any], dict[str, Any]]
) -> None:
    done = own("verify", costed[0])
    assert done.returncode == 0, done.stdout + done.stderr


def test_own_comparison_equals_the_published_figures(
    costed: tuple[Path, dict[str, Any], dict[str, Any]], municipalities: pd.DataFrame
) -> None:
    found = {finding["id"]: finding for finding in costed[1]["findings"]}
    body = municipalities[municipalities["lgcode"] == OWN].iloc[0]
    others = municipalities[municipalities["lgcode"] != OWN]
    same_size = others[others["size"] == body["size"]]["value"]
    near_by = others[others["prefecture"] == "北海道"]["value"]
    towns = others[others["kind"] == "town"]
    gap = (towns["population"] - body["population"]).abs()
    nearest = towns.loc[gap.sort_values(kind="stable").index[:10]]
    assert found["cr-class"]["estimate"] == pytest.approx(100 * same_size.mean())
    assert found["cr-class"]["n"] == len(same_size)
    assert found["cr-prefecture"]["estimate"] == pytest.approx(100 * near_by.mean())
    assert found["cr-peers"]["estimate"] == pytest.approx(100 * nearest["value"].mean())
    table = next(e for e in costed[2]["exhibits"] if "人口の近い市区町村" in e["title"])
    shown = {row[0] for row in table["rows"]} - {"北海道栗山町（この団体）"}
    assert shown == set(nearest["prefecture"] + nearest["name"])
    answer = "実施している" if body["value"] == 1 else "実施していない"
    assert (
        f"北海道栗山町は、「AIの導入」について{answer}と回答している"
        in found["cr-class"]["claim_ja"]
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"indicator": "AI導入"}, "使えるもの：CIOの任命、"),
        ({"annual_cost_yen": "-5"}, "annual_cost_yen には0以上の値を指定してください（-5）。"),
        ({"years": "0"}, "years には1から30までの整数を指定してください（0）。"),
        ({"proposal_ja": "あ" * 101}, "提案の名称は100字以内にしてください（101字）。"),
        ({"initial_cost_yen": "三百万"}, "initial_cost_yen には整数を指定してください"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_parameters_give_one_clear_line(
    own: Command, tmp_path: Path, given: dict[str, str], told: str
) -> None:
    done = own("run", NAME, *assignments(given), "--out", tmp_path)
    lines = done.stderr.strip().splitlines()
    assert done.returncode != 0
    assert len(lines) == 1 and told in lines[0], done.stderr
    assert not list(tmp_path.glob(f"{NAME}*.ipynb"))
