"""The template: its findings against computations of its own, and the tutorial played as printed.

Reference values come from the published figures with pandas, NumPy and statsmodels alone. The
tutorial is played in a folder of its own: every command is run, every cell that it shows is put in
place of the template's, every output that it prints is compared ("…" stands for what varies).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from conftest import EBPM, Command, Site, warehouse_of
from ebpm.evidence.digits import loose_digits_of_prose
from ebpm.evidence.plans import plan_from
from ebpm.paths import FIGURES, NOTEBOOKS, ROOT

TEMPLATE = NOTEBOOKS / "open_question.ipynb"
TUTORIAL, ENGLISH = (ROOT / "docs" / name for name in ("tutorial.ja.md", "tutorial.md"))
MARK = "# ここを自分の問いに書き換える / change this: "
COPY = "ai_staff"
CONTROLS = ["log_population", "aged_pct", "log_density", "log_tax", "ordinary_balance_pct"]
# The same formulas on the same rows: nothing but rounding.
SAME = 1e-6


@pytest.fixture(scope="module")
def towns() -> pd.DataFrame:
    """One row a municipality: the two dashboard values, the controls, the change in staff."""
    status, ssdse = (
        duckdb.sql(f"SELECT * FROM '{FIGURES / name}.parquet'").df()
        for name in ("dx_status", "ssdse_a")
    )
    dx = status.pivot_table(index="lgcode", columns="item", values="value", aggfunc="first")
    newest = ssdse.sort_values("edition").dropna(subset=["value"])
    last = newest.groupby(["lgcode", "indicator"])["value"].last().unstack()
    registry = pd.read_csv(FIGURES / "municipalities.csv", dtype=str).set_index("lgcode")
    ages = last[["A1301", "A1302", "A1303"]]
    staff = ssdse[ssdse["indicator"] == "D1202"].astype({"value": float}).sort_values("edition")
    by_town = staff.groupby("lgcode")["value"]
    frame = pd.DataFrame(
        {
            "card_pct": dx["マイナンバーカードの保有状況"],
            "all_online": (dx["子育て・介護26手続のオンライン化状況"] == 100).astype(float),
            "ai": dx["AIの導入状況"],
            "staff_change": 100 * (by_town.last() / by_town.first() - 1),
            "log_population": np.log(last["A1101"].where(last["A1101"] > 0)),
            "aged_pct": 100 * ages["A1303"] / ages.sum(axis=1).where(last["A1101"] > 0),
            "log_density": np.log(last["A1101"].where(last["A1101"] > 0) / last["B1103"] * 100),
            "log_tax": np.log(last["D320101"] / last["A1101"].where(last["A1101"] > 0)),
            "ordinary_balance_pct": last["D2203"],
            "prefecture": registry["prefecture"],
        }
    )
    return frame[registry.reindex(frame.index)["kind"] != "prefecture"].dropna()


def within_prefecture(towns: pd.DataFrame, outcome: str, exposure: str) -> tuple[float, float]:
    """Estimate and standard error: prefecture means taken out, errors clustered by prefecture.

    G/(G−1)·(n−1)/(n−K); K counts the regressors, effects nested in the clusters as one.
    """
    columns = [exposure, *CONTROLS]
    means = towns.groupby("prefecture")[[outcome, *columns]].transform("mean")
    y, x = towns[outcome] - means[outcome], (towns[columns] - means[columns]).to_numpy()
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y.to_numpy()
    scores = pd.DataFrame(x * (y.to_numpy() - x @ beta)[:, None]).groupby(
        towns["prefecture"].to_numpy()
    )
    meat = sum(np.outer(s, s) for s in scores.sum().to_numpy())
    g, n, k = scores.ngroups, len(towns), len(columns) + 1
    variance = bread @ meat @ bread * g / (g - 1) * (n - 1) / (n - k)
    return float(beta[0]), float(np.sqrt(variance[0, 0]))


def plain(towns: pd.DataFrame, outcome: str, exposure: str) -> Any:
    """The difference of two means, clustered by prefecture (statsmodels, t)."""
    groups = {"groups": pd.factorize(towns["prefecture"])[0]}
    model = sm.OLS(towns[outcome], sm.add_constant(towns[exposure]))
    return model.fit(cov_type="cluster", cov_kwds=groups, use_t=True)


class TestFindings:
    def test_the_simple_comparison_is_the_difference_of_two_means(
        self, site: Site, towns: pd.DataFrame
    ) -> None:
        found = site.findings("open_question")["oq-naive"]
        fit = plain(towns, "card_pct", "all_online")
        low, high = fit.conf_int().loc["all_online"]
        means = towns.groupby("all_online")["card_pct"].mean()
        assert found["n"] == len(towns) == 1740
        assert found["estimate"] == pytest.approx(means[1.0] - means[0.0], abs=SAME)
        assert found["ci_low"] == pytest.approx(low, abs=SAME)
        assert found["ci_high"] == pytest.approx(high, abs=SAME)
        assert found["verdict"] == "supported" and found["sms"] == 1

    def test_within_the_prefecture_the_difference_lies_below_the_threshold(
        self, site: Site, towns: pd.DataFrame
    ) -> None:
        found = site.findings("open_question")["oq-adjusted"]
        estimate, error = within_prefecture(towns, "card_pct", "all_online")
        t = 2.0128955989194299  # 97.5 % of t with 46 degrees of freedom
        assert found["estimate"] == pytest.approx(estimate, abs=SAME)
        assert found["ci_low"] == pytest.approx(estimate - t * error, abs=SAME)
        assert found["ci_high"] == pytest.approx(estimate + t * error, abs=SAME)
        assert -1 < estimate - t * error < 0 < estimate + t * error < 1
        assert found["verdict"] == "no_effect" and found["sms"] == 2

    def test_the_share_counts_those_with_everything_online(
        self, site: Site, towns: pd.DataFrame
    ) -> None:
        found = site.findings("open_question")["oq-share"]
        assert found["estimate"] == pytest.approx(100 * towns["all_online"].mean(), abs=SAME)
        assert found["verdict"] == "descriptive"


class TestTemplate:
    def test_the_cells_to_change_are_marked_each_by_its_own_name(self) -> None:
        names = [source.splitlines()[0] for source in marked(TEMPLATE)]
        assert len(names) == len(set(names)) == 8

    def test_what_is_not_marked_names_nothing_of_the_example(self) -> None:
        cells = nbformat.read(TEMPLATE, as_version=4).cells
        kept = [c.source for c in cells if not c.source.startswith((MARK, ">"))]
        assert [s for s in kept if re.search("カード|My Number|オンライン化|oq-|ダッシュ", s)] == []

    def test_guides_stand_in_cells_of_their_own_in_both_languages(self) -> None:
        cells = nbformat.read(TEMPLATE, as_version=4).cells
        guides = [c for c in cells if c.cell_type == "markdown" and ">" in c.source[:1]]
        assert [c.metadata["tags"][0] for c in guides] == ["lang-ja", "lang-en"] * 6
        assert all(line[:1] == ">" for c in guides for line in c.source.splitlines())


def marked(path: Path) -> list[str]:
    """The sources of the cells that the analyst is to change."""
    cells = nbformat.read(path, as_version=4).cells
    return [c.source for c in cells if c.cell_type == "code" and c.source.startswith(MARK)]


def blocks(document: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a document: language, content."""
    text = document.read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)


class Player:
    """Plays the tutorial's blocks, one after another, in a folder of its own."""

    def __init__(self, home: Path, warehouse: Path) -> None:
        self.home = home
        for folder in ("data", "lib", "docs"):
            (home / folder).symlink_to(ROOT / folder)
        for folder in ("notebooks", "reports"):
            (home / folder).mkdir()
        shutil.copy(TEMPLATE, home / "notebooks")
        own = {
            "EBPM_HOME": str(home),
            "EBPM_WAREHOUSE": str(warehouse),
            "OPENBLAS_NUM_THREADS": "1",
        }
        left_out = {"EBPM_LEDGER", "EBPM_WAREHOUSE_FILE"}
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        self.environment = {**kept, **own, "PATH": f"{EBPM.parent}{os.pathsep}{os.environ['PATH']}"}
        self.printed = ""

    def play(self, language: str, content: str) -> None:
        if language == "sh":
            self.printed = self.output_of("bash", "-e", "-c", content)
        elif language == "toml":
            (self.home / "plan.toml").write_text(content, encoding="utf-8")
        elif language == "text":
            pattern = ".*".join(re.escape(part) for part in content.strip().split("…"))
            assert re.fullmatch(pattern, self.printed.strip()), self.printed
        elif content.startswith(MARK):
            self.put_in_place(content)
        else:
            self.printed = self.output_of(sys.executable, "-c", content)

    def put_in_place(self, content: str) -> None:
        path = self.home / "notebooks" / f"{COPY}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        line = content.splitlines()[0]
        (cell,) = [c for c in notebook.cells if c.source.splitlines()[0] == line]
        cell.source = content.strip()
        nbformat.write(notebook, path)

    def output_of(self, *words: str) -> str:
        done = subprocess.run(
            words,
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{words[-1]}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def played(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tutorial that was played from its first block to its last."""
    player = Player(tmp_path_factory.mktemp("tutorial").resolve(), warehouse_of(ebpm))
    for language, content in blocks(TUTORIAL):
        player.play(language, content)
    return player.home


class TestTutorial:
    def test_it_leads_to_the_findings_that_it_tells_of(
        self, played: Path, towns: pd.DataFrame
    ) -> None:
        account = json.loads((played / "reports/site/run.json").read_text(encoding="utf-8"))
        found = {f["id"]: f for f in account["reports"][-1]["findings"]}
        assert (found["ai-naive"]["verdict"], found["ai-adjusted"]["verdict"]) == (
            "supported",
            "inconclusive",
        )
        estimate, _ = within_prefecture(towns, "staff_change", "ai")
        assert found["ai-adjusted"]["estimate"] == pytest.approx(estimate, abs=SAME)
        fit = plain(towns, "staff_change", "ai")
        assert fit.params["ai"] > 0
        assert found["ai-naive"]["estimate"] == pytest.approx(fit.params["ai"], abs=SAME)

    def test_the_registration_stands_on_the_page_and_holds(self, played: Path) -> None:
        rows = (played / "reports/ledger/findings.jsonl").read_text(encoding="utf-8").splitlines()
        planned = {row["id"]: row["plan"] for row in map(json.loads, rows)}
        assert planned["ai-adjusted"] == "ai-adjusted" and planned["ai-naive"] is None

    def test_every_cell_it_replaces_is_marked_in_the_template(self) -> None:
        replaced = {c.splitlines()[0] for _, c in blocks(TUTORIAL) if c.startswith(MARK)}
        left = {source.splitlines()[0] for source in marked(TEMPLATE)} - replaced
        assert left == {f"{MARK}council"}

    def test_both_languages_show_the_same_blocks(self) -> None:
        one, other = blocks(TUTORIAL), blocks(ENGLISH)
        assert [b for b in one if b[0] != "toml"] == [b for b in other if b[0] != "toml"]
        plans = [
            plan_from(tomllib.loads(c)) for found in (one, other) for k, c in found if k == "toml"
        ]
        asked = [(p.id, p.smallest_effect, p.unit, p.notebook) for p in plans]
        assert len(asked) == 2 and asked[0] == asked[1]

    @pytest.mark.parametrize("document", [TUTORIAL, ENGLISH], ids=lambda path: path.name)
    def test_it_is_short_and_its_links_lead_somewhere(self, document: Path) -> None:
        text = document.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 200
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (document.parent / target).exists(), target


def test_the_background_and_words_of_the_template_hold_no_loose_number() -> None:
    cells = nbformat.read(TEMPLATE, as_version=4).cells
    prose = [c.source for c in cells if c.cell_type == "markdown"]
    assert [found for source in prose for found in loose_digits_of_prose(source)] == []
