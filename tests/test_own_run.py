"""A full run on own data: the invented town goes from files to pages, and its small counts stay hidden."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pytest
from lxml import html

from conftest import Command, command_in, warehouse_of
from ebpm.paths import OWN_NOTEBOOKS
from test_notebooks import outputs_of

NOTEBOOKS = sorted(path.stem for path in OWN_NOTEBOOKS.glob("*.ipynb"))
SMALLEST = 10


@dataclass(frozen=True)
class OwnSite:
    """Pages on the town's data, the folder of those data, and the command that made them."""

    out: Path
    own: Path
    account: dict[str, Any]
    command: Command

    @property
    def files(self) -> Path:
        """The town's files, with the truth beside them."""
        return self.own.parent / "files"


@pytest.fixture(scope="module")
def town(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> OwnSite:
    """The invented town, imported, and a page from each notebook on own data, in both languages."""
    home = tmp_path_factory.mktemp("town")
    command = command_in(warehouse_of(ebpm), EBPM_OWN=str(home / "own"))
    made = command("example", home / "files", "--seed", "1")
    assert made.returncode == 0, made.stderr
    done = command("run", *NOTEBOOKS, "--lang", "both", "--out", home / "site")
    assert done.returncode == 0, done.stderr
    account = json.loads((home / "site" / "run.json").read_text(encoding="utf-8"))
    return OwnSite(home / "site", home / "own", account, command)


def pages(site: OwnSite) -> list[Path]:
    return [folder / f"{name}.html" for name in NOTEBOOKS for folder in (site.out, site.out / "en")]


def test_every_notebook_gives_a_page_in_both_languages(town: OwnSite) -> None:
    assert {r["notebook"]: r["status"] for r in town.account["reports"]} == dict.fromkeys(
        NOTEBOOKS, "ok"
    )
    assert all(page.exists() for page in pages(town))


def test_every_page_says_that_its_data_are_invented_and_small_counts_hidden(town: OwnSite) -> None:
    for page in pages(town):
        root = html.document_fromstring(page.read_text(encoding="utf-8"))
        banners = [
            each.text_content() for each in root.xpath("//header/div[contains(@class, 'banner')]")
        ]
        words = (
            ("架空データ", "伏せている") if page.parent == town.out else ("Invented data", "hidden")
        )
        for word in words:
            assert any(word in banner for banner in banners), (page.name, word)


def found(site: OwnSite) -> dict[str, dict[str, Any]]:
    """Every finding of the pages, by id."""
    return {f["id"]: f for report in site.account["reports"] for f in report["findings"]}


KNOWN = {
    "ht-moves": "online",
    "po-effect": "pilot",
    "te-effect": "training",
    "te-scores": "score",
    "sa-like": "satisfied",
}
"""The finding that answers a question, and the effect that the town was made with."""


@pytest.mark.parametrize("finding", KNOWN)
def test_what_the_town_was_made_with_lies_in_the_interval(town: OwnSite, finding: str) -> None:
    truth = known_effect(town, KNOWN[finding])
    assert found(town)[finding]["ci_low"] <= truth <= found(town)[finding]["ci_high"]


@pytest.mark.parametrize(
    ("finding", "effect"),
    [("ht-minutes-naive", "online"), ("te-naive", "training"), ("sa-naive", "satisfied")],
)
def test_what_one_would_naively_compare_misses_it(town: OwnSite, finding: str, effect: str) -> None:
    """By more than the whole interval is wide, for the channel: the selection trap."""
    naive, truth = found(town)[finding], known_effect(town, effect)
    assert not naive["ci_low"] <= truth <= naive["ci_high"]
    if finding == "ht-minutes-naive":
        better = found(town)["ht-minutes-like"]
        width = better["ci_high"] - better["ci_low"]
        assert abs(better["estimate"] - truth) > 2 * width


def known_effect(site: OwnSite, name: str) -> float:
    """The effect of this name, as `ebpm example` wrote it beside the files."""
    path = site.files / "truth.json"
    effects = json.loads(path.read_text(encoding="utf-8"))["effects"]
    return next(effect["value"] for effect in effects if effect["name"] == name)


def test_nothing_of_it_goes_to_the_ledger_of_published_data(town: OwnSite) -> None:
    assert (town.own / "ledger" / "findings.jsonl").exists()
    shown = town.command("ledger")
    assert "例示町" not in shown.stdout


def cells(site: OwnSite) -> list[tuple[Any, ...]]:
    """form, dims, keys, n of every cell, hidden ones too, counted anew from the marts."""
    path = (site.own / "warehouse" / "current").resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "SELECT form, dims, key_1, key_2, key_3, n, is_hidden FROM mart_cell"
        ).fetchall()


def exhibits(site: OwnSite) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in NOTEBOOKS:
        executed = nbformat.read(site.out / f"{name}.ipynb", as_version=4)
        for kind in ("table", "figure"):
            for payload in outputs_of(executed, kind):
                yield name, payload


def test_no_exhibit_rests_on_fewer_than_ten(town: OwnSite) -> None:
    for name, payload in exhibits(town):
        if payload["data"]:
            assert payload["smallest_base"] >= SMALLEST, (name, payload["id"])


def test_totals_less_what_is_shown_leave_no_small_remainder(town: OwnSite) -> None:
    """What a reader can subtract: per table of counts, the hidden ones are several and many."""
    tables: dict[tuple[str, str, str], list[tuple[int | None, bool]]] = {}
    totals: dict[tuple[str, str], int | None] = {}
    for form, dims, first, *_, n, is_hidden in cells(town):
        parts = dims.split(" × ")
        if dims in {"", "wave"}:
            totals[form, first] = n
        within = first if len(parts) > 1 else ""
        tables.setdefault((form, dims, within), []).append((n, bool(is_hidden)))
    for (form, dims, within), counts in tables.items():
        hidden = [n for n, is_hidden in counts if is_hidden]
        assert all(n is None for n in hidden)
        if (
            hidden
            and dims not in {"", "wave"}
            and (total := totals.get((form, within))) is not None
        ):
            rest = total - sum(n for n, is_hidden in counts if not is_hidden and n is not None)
            assert len(hidden) > 1 and rest >= SMALLEST, (form, dims)


COUNT = re.compile(r"n|count|cases|respondents|persons|.*_n|n_.*")


def test_no_hidden_group_stands_beside_a_number(town: OwnSite) -> None:
    """Whatever table: a row of a hidden group prints no number at all."""
    hidden = {
        (form, dims.split(" × ")[-1], [k for k in keys if k][-1])
        for form, dims, *keys, _, is_hidden in cells(town)
        if is_hidden and dims
    }
    assert hidden
    names = {key for _, _, key in hidden} - {
        key for _, _, *keys, _, h in cells(town) if not h for key in keys
    }
    for name, payload in exhibits(town):
        body = payload.get("table", payload)
        for row in body["rows"]:
            texts = {
                cell if isinstance(cell, str) else cell.get("ja")
                for cell in row
                if isinstance(cell, str | dict)
            }
            if texts & names:
                numbers = [
                    cell
                    for cell in row
                    if isinstance(cell, int | float) and not isinstance(cell, bool)
                ]
                assert numbers == [], (name, payload["id"], row)


def test_no_small_count_is_printed_and_no_difference_of_counts_gives_one_away(
    town: OwnSite,
) -> None:
    """Every table of counts with its printed total: what is hidden in it is not one small number."""
    for name, payload in exhibits(town):
        body = payload.get("table", payload)
        for index, column in enumerate(body["columns"]):
            if column["format"] != "int" or not COUNT.fullmatch(column["key"]):
                continue
            values = [row[index] for row in body["rows"]]
            printed = [v for v in values if isinstance(v, int | float)]
            assert not [v for v in printed if 0 < v < SMALLEST], (
                name,
                payload["id"],
                column["key"],
            )
            hidden = sum(isinstance(v, dict) and v.get("missing") == "suppressed" for v in values)
            assert hidden != 1, (
                name,
                payload["id"],
                "one hidden cell: the total would give it away",
            )


def test_every_number_of_a_page_is_derived_again(town: OwnSite) -> None:
    for name in NOTEBOOKS[:2]:
        found = town.command("verify", town.out / f"{name}.html")
        assert found.returncode == 0, found.stdout + found.stderr


PLAN = """
id = "p2"
question = "短くなるか"
outcome = "処理時間"
method = "差の差"
smallest_effect = 1.0
unit = "minutes"
exclusions = "なし"
notebook = "pilot_result"
"""


def test_a_lottery_registered_in_public_is_an_experiment(town: OwnSite, tmp_path: Path) -> None:
    """The plan is in the ledger that everybody sees, the findings in that of own data."""
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    assert town.command("register", tmp_path / "plan.toml").returncode == 0
    done = town.command("run", "pilot_result", "-p", "plan=p2", "--out", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    account = json.loads((tmp_path / "site" / "run.json").read_text(encoding="utf-8"))
    effect = next(f for f in account["reports"][0]["findings"] if f["id"] == "po-effect")
    assert (effect["design"], effect["sms"]) == ("randomised", 5)


def chatbot_page(site: OwnSite, folder: Path, months: int) -> tuple[str, dict[str, Any]]:
    """Text of the chatbot's page, and its finding on calls, from the first months of the town."""
    lines = (site.files / "chatbot_log.csv").read_text(encoding="utf-8-sig")
    log = folder / f"{months}.csv"
    log.write_text("\n".join(lines.splitlines()[: months + 1]), encoding="utf-8")
    command = command_in(warehouse_of(site.command), EBPM_OWN=str(folder / f"own-{months}"))
    for words in (("import", log, "--form", "chatbot_log"), ("run", "chatbot", "--out", folder)):
        done = command(*words)
        assert done.returncode == 0, done.stderr
    account = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    text = html.parse(folder / "chatbot.html").getroot().text_content()
    return text, next(f for f in account["reports"][0]["findings"] if f["id"] == "cb-calls")


def test_seasons_are_taken_out_where_the_records_hold_two_years(
    town: OwnSite, tmp_path: Path
) -> None:
    """The town's calls have a season; not taken out, it would pass for noise."""
    text, short = chatbot_page(town, tmp_path, 23)
    assert "記録が二年に満たない" in text and "除いている" not in text
    text, whole = chatbot_page(town, tmp_path, 24)
    assert "記録が二年に満たない" not in text and "除いている" in text
    assert 2 * (whole["ci_high"] - whole["ci_low"]) < short["ci_high"] - short["ci_low"]


def test_forgetting_leaves_nothing(town: OwnSite) -> None:
    done = town.command("forget", "例示町", "--out", town.out)
    assert done.returncode == 0, done.stderr
    left = [
        path
        for folder in (town.out, town.own)
        for path in folder.rglob("*")
        if path.is_file() and "例示町".encode() in path.read_bytes()
    ]
    assert left == [] and not any(page.exists() for page in pages(town))
    assert not (town.own / "pseudonyms.key").exists()
