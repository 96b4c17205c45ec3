"""The main job through the real command: papermill, pages, run.json, index, ledger, failures."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from conftest import NATIONAL, Command, Site, command_in, warehouse_of
from ebpm.paths import NOTEBOOKS, ROOT
from support.small_checkout import make_checkout, write_notebook

CONTRACT = {
    *("id", "question", "estimand", "estimate", "unit", "ci_low", "ci_high", "p_value", "n"),
    *("n_clusters", "method", "design", "sms", "verdict", "claim_ja", "claim_en", "sources"),
}
RUN_FIELDS = ["schema", "started", "finished", "warehouse_sha256", "code_version", "reports"]
REPORT_FIELDS = ["notebook", "parameters", "status", "page", "seconds", "findings", "error"]


def test_national_set_writes_pages_notebooks_and_index(site: Site) -> None:
    names = ["index", *NATIONAL]
    assert all((site.out / f"{name}.html").stat().st_size > 10_000 for name in names)
    assert all((site.out / f"{name}.ipynb").exists() for name in names[1:])
    assert 'lang="ja"' in (site.out / "staffing.html").read_text(encoding="utf-8")


def test_run_json_holds_the_contract(site: Site) -> None:
    assert all(field in site.account for field in RUN_FIELDS)
    assert re.fullmatch(r"[0-9a-f]{64}", site.account["warehouse_sha256"])
    for report in site.account["reports"]:
        assert all(field in report for field in REPORT_FIELDS)
        assert report["status"] == "ok" and report["error"] is None


def test_findings_hold_estimate_interval_n_grade_and_sources(site: Site) -> None:
    found = [f for report in site.account["reports"] for f in report["findings"]]
    assert len(found) >= 6
    for finding in found:
        assert all(field in finding for field in CONTRACT), finding["id"]
        assert finding["ci_low"] <= finding["estimate"] <= finding["ci_high"]
        assert finding["n"] > 0 and finding["sms"] in {1, 2}
        assert finding["sources"] and all(s["sha256"] for s in finding["sources"])


def test_every_finding_of_staffing_leads_to_the_dashboard_and_to_ssdse(site: Site) -> None:
    for finding in site.findings("staffing").values():
        keys = {source["key"] for source in finding["sources"]}
        assert {"online_rates", "ssdse_a"} <= keys


def test_second_call_makes_nothing_that_has_not_changed(site: Site) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.out.glob("[ps]*.*")}
    again = site.command("run", "--out", site.out, "--json")
    reports = json.loads(again.stdout)["reports"]
    assert again.returncode == 0
    assert all(report["unchanged"] and report["findings"] for report in reports)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_forced_page_is_the_same_to_the_byte(site: Site, tmp_path: Path) -> None:
    again = site.command("run", "staffing", "--force", "--out", tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "staffing.html").read_bytes() == (site.out / "staffing.html").read_bytes()


def test_report_of_one_municipality_names_it_and_marks_its_place(
    ebpm: Command, tmp_path: Path
) -> None:
    done = ebpm("run", "staffing", "-p", "lgcode=011002", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "staffing" / "011002.html").read_text(encoding="utf-8")
    assert "札幌市の位置" in page
    account = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert account["reports"][0]["parameters"] == {"lgcode": "011002"}
    executed = nbformat.read(tmp_path / "staffing" / "011002.ipynb", as_version=4)
    injected = next(c for c in executed.cells if "injected-parameters" in c.metadata["tags"])
    assert 'lgcode = "011002"' in injected.source


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("lgcode=11002", "011002（北海道札幌市）"),
        ("lgcod=011002", "lgcode ではありませんか"),
        ("lgcode=999999", "999999"),
        ("lgcode=010006", "都道府県"),
        ("min_procedures=many", "整数"),
        ("smallest_effect_pct=1,5", "数値"),
        ("smallest_effect_pct=nan", "数値"),
        ("smallest_effect_pct=１", "数値"),
        ("lgcode", "名前=値"),
    ],
)
def test_wrong_parameters_stop_before_anything_runs(
    ebpm: Command, tmp_path: Path, assignment: str, words: str
) -> None:
    done = ebpm("run", "staffing", "-p", assignment, "--out", tmp_path / "site")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and words in done.stderr
    assert not (tmp_path / "site").exists()


def test_unusual_parameters_have_a_page_of_their_own(small: Command, tmp_path: Path) -> None:
    out = tmp_path / "site"
    assert small("run", "small", "--out", out).returncode == 0
    usual = (out / "small.html").read_bytes()
    assert small("run", "small", "-p", "bodies=9", "--out", out).returncode == 0
    assert small("run", "small", "-p", "bodies=3", "--out", out).returncode == 0
    assert (out / "small.html").read_bytes() == usual
    assert sorted(path.name for path in out.glob("small*.html")) == [
        "small.html",
        "small_bodies-9.html",
    ]


def test_catalogue_that_cannot_be_read_is_set_aside(small: Command, tmp_path: Path) -> None:
    out = tmp_path / "site"
    assert small("run", "small", "--out", out).returncode == 0
    (out / "catalogue.json").write_text("{broken", encoding="utf-8")
    again = small("run", "small", "--out", out)
    assert again.returncode == 0 and "Traceback" not in again.stderr
    assert (out / "catalogue.broken.json").read_text(encoding="utf-8") == "{broken"
    assert "small.html" in (out / "index.html").read_text(encoding="utf-8")


def test_a_missing_index_is_made_again(small: Command, tmp_path: Path) -> None:
    out = tmp_path / "site"
    assert small("run", "small", "--out", out).returncode == 0
    (out / "index.html").unlink()
    again = small("run", "small", "--out", out, "--json")
    assert json.loads(again.stdout)["reports"][0]["unchanged"]
    assert (out / "index.html").exists()


def test_a_cell_that_runs_too_long_is_one_failed_report(
    small: Command, house: Path, tmp_path: Path
) -> None:
    write_notebook(house, "import time; time.sleep(600)")
    failed = small("run", "small", "--timeout", "15", "--out", tmp_path / "site")
    assert failed.returncode == 1
    last = failed.stderr.strip().splitlines()[-1]
    assert last.startswith("small: 失敗") and "Timeout" in last


def test_data_that_were_not_built_yet_do_not_pass_as_new(house: Path, tmp_path: Path) -> None:
    command = command_in(tmp_path / "warehouse", EBPM_HOME=str(house))
    out = tmp_path / "site"
    assert command("build").returncode == 0
    assert command("run", "small", "--out", out).returncode == 0
    record = house / "data" / "figures" / "ssdse_a.json"
    content = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**content, "retrieved": "2030-01-01"}), encoding="utf-8")
    before = json.loads(command("run", "small", "--out", out, "--json").stdout)
    assert before["reports"][0]["unchanged"]
    assert command("build").returncode == 0
    after = json.loads(command("run", "small", "--out", out, "--json").stdout)
    assert not after["reports"][0]["unchanged"]


def test_site_that_cannot_be_written_is_one_clear_line(ebpm: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    failed = ebpm("run", "staffing", "--out", tmp_path / "file")
    assert failed.returncode == 1 and len(failed.stderr.strip().splitlines()) == 1


def test_a_notebook_elsewhere_is_not_taken_for_ours(ebpm: Command, tmp_path: Path) -> None:
    (tmp_path / "staffing.ipynb").write_text("{}", encoding="utf-8")
    done = ebpm("run", tmp_path / "staffing.ipynb", "--out", tmp_path / "site")
    assert done.returncode == 2 and not (tmp_path / "site").exists()


def test_unknown_notebook_is_wrong_use(ebpm: Command, tmp_path: Path) -> None:
    done = ebpm("run", "stafing", "--out", tmp_path / "site")
    assert done.returncode == 2 and "staffing" in done.stderr


def test_run_without_a_warehouse_says_what_to_do(tmp_path: Path) -> None:
    done = command_in(tmp_path / "none")("run", "--out", tmp_path / "site")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "ebpm: データベースがまだありません。先に ebpm build を実行してください。"
    ]


def test_executed_notebook_and_page_hold_no_path_of_the_machine(site: Site) -> None:
    for name in ("staffing.html", "staffing.ipynb", "run.json", "index.html"):
        text = (site.out / name).read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(site.out) not in text and str(Path.home()) not in text


def test_ledger_keeps_every_finding_whatever_it_shows(site: Site) -> None:
    entries = json.loads(site.command("ledger", "--json").stdout)
    verdicts = {(entry["report"], entry["id"]): entry["verdict"] for entry in entries}
    for report in site.account["reports"]:
        for finding in report["findings"]:
            assert verdicts[report["notebook"], finding["id"]] == finding["verdict"]


def test_two_processes_make_the_same_findings(site: Site, tmp_path: Path) -> None:
    done = site.command("run", "--jobs", "2", "--force", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    account = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    parallel = {r["notebook"]: r["findings"] for r in account["reports"]}
    assert parallel == {r["notebook"]: r["findings"] for r in site.account["reports"]}


@pytest.fixture
def small(ebpm: Command, house: Path) -> Command:
    """The command in that checkout, on the warehouse of all tests (the figures are the same)."""
    return command_in(warehouse_of(ebpm), EBPM_HOME=str(house))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A checkout of its own with one small notebook, to be damaged."""
    return make_checkout(tmp_path)


def test_failing_notebook_keeps_the_last_good_page_marked(
    small: Command, house: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    good = small("run", "small", "--out", out)
    assert good.returncode == 0, good.stderr
    write_notebook(house, "undefined_name")
    failed = small("run", "small", "--out", out)
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))["reports"][0]
    assert failed.returncode == 1
    assert report["status"] == "kept" and "NameError" in report["error"]
    assert "平均は" in (page := (out / "small.html").read_text(encoding="utf-8"))
    assert "最新の更新に失敗した" in page
    account = (out / "small.error.html").read_text(encoding="utf-8")
    assert "NameError" in account and "節" in account and str(house) not in account
    write_notebook(house, "")
    assert small("run", "small", "--out", out).returncode == 0
    assert "最新の更新に失敗した" not in (out / "small.html").read_text(encoding="utf-8")
    assert not (out / "small.error.html").exists()


def test_failing_notebook_without_a_page_publishes_none(
    small: Command, house: Path, tmp_path: Path
) -> None:
    write_notebook(house, "raise ValueError('これは失敗です')")
    failed = small("run", "small", "--out", tmp_path / "site")
    report = json.loads((tmp_path / "site" / "run.json").read_text("utf-8"))["reports"][0]
    assert failed.returncode == 1 and report["status"] == "failed"
    assert not (tmp_path / "site" / "small.html").exists()
    assert "これは失敗です" in failed.stderr and "Traceback" not in failed.stderr


def test_kernel_that_dies_is_one_failed_report(small: Command, house: Path, tmp_path: Path) -> None:
    write_notebook(house, "import os; os._exit(1)")
    failed = small("run", "small", "--out", tmp_path / "site")
    assert failed.returncode == 1 and "DeadKernelError" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (tmp_path / "site" / "small.error.html").exists()


def test_causal_prose_is_not_published(small: Command, house: Path, tmp_path: Path) -> None:
    write_notebook(house, "", prose="オンライン化は職員数を減少させた。")
    failed = small("run", "small", "--out", tmp_path / "site")
    assert failed.returncode == 1 and "減少させ" in failed.stderr
    assert not (tmp_path / "site" / "small.html").exists()


def test_notebook_without_a_parameters_cell_is_wrong_use(small: Command, house: Path) -> None:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    nbformat.write(node, house / "notebooks" / "small.ipynb")
    done = small("run", "small")
    assert done.returncode == 2 and "parameters" in done.stderr


@pytest.mark.parametrize(
    ("given", "hint"), [("石川", "石川県"), ("北海", "北海道"), ("札幌市", "")]
)
def test_a_prefecture_that_is_none_stops_before_anything_runs(
    ebpm: Command, tmp_path: Path, given: str, hint: str
) -> None:
    done = ebpm("run", "adoption", "-p", f"prefecture={given}", "--out", tmp_path / "site")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1 and hint in done.stderr
    assert "という都道府県はありません" in done.stderr and not (tmp_path / "site").exists()


def test_both_languages_come_of_one_execution(site: Site) -> None:
    """The second page is rendered from the notebook that was executed for the first."""
    english = json.loads((site.out / "en" / "run.json").read_text(encoding="utf-8"))
    assert all(report["seconds"] == 0 for report in english["reports"])
    assert all(report["seconds"] > 0 for report in site.account["reports"])
    for name in NATIONAL:
        there, here = (site.out / part / f"{name}.ipynb" for part in ("", "en"))
        assert there.read_bytes() == here.read_bytes()
        assert 'lang="en"' in (site.out / "en" / f"{name}.html").read_text(encoding="utf-8")


def test_some_bodies_may_be_chosen(ebpm: Command, tmp_path: Path) -> None:
    chosen = ("--body", "122289", "--body", "011002")
    done = ebpm("run", "council_report", *chosen, "--out", tmp_path, "--json")
    reports = json.loads(done.stdout)["reports"]
    assert [report["parameters"]["lgcode"] for report in reports] == ["122289", "011002"]
    assert [report["page"] for report in reports] == [
        f"council_report/{code}.html" for code in ("122289", "011002")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--each", "municipality", "--body", "122289"), "同時に使えません"),
        (("--body", "122289", "-p", "lgcode=011002"), "同時に使えません"),
        (("--body", "12228"), "12228"),
    ],
)
def test_bodies_that_contradict_are_wrong_use(
    ebpm: Command, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = ebpm("run", "council_report", *arguments, "--out", tmp_path / "site")
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "site").exists()


def test_input_notebooks_are_never_changed(site: Site) -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells)
