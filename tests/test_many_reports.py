"""Many reports: failures stay alone, a run that is broken off is taken up again, a cluster does it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import EBPM, Command, command_in, warehouse_of
from ebpm import lgcode
from ebpm.cli.telling import progress
from support.small_checkout import make_checkout, write_body_notebook

CODES = [body.lgcode for body in lgcode.municipalities()]
DEEDS = {
    "raise": "raise ValueError('だめ')",
    "crash": "import os; os._exit(9)",
    "hang": "import time; time.sleep(600)",
    "eat": "x = [bytes(1000) for _ in range(10_000_000)]",
}
REASONS = {
    "raise": "ValueError: だめ",
    "crash": "DeadKernelError",
    "hang": "CellTimeoutError",
    "eat": "MemoryError: 800 MB",
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "house")


@pytest.fixture
def small(ebpm: Command, house: Path) -> Command:
    return command_in(warehouse_of(ebpm), EBPM_HOME=str(house))


def bodies(codes: list[str]) -> list[str]:
    return [word for code in codes for word in ("--body", code)]


def account(out: Path) -> dict[str, dict[str, Any]]:
    reports = json.loads((out / "run.json").read_text("utf-8"))["reports"]
    return {report["parameters"]["lgcode"]: report for report in reports}


def pages(out: Path) -> dict[str, bytes]:
    """Every page and its provenance; the index and what the last run changed hang on the run."""
    found = [*out.glob("small/*.html"), *out.glob("small/*.provenance.json")]
    return {path.name: path.read_bytes() for path in found}


def ledger(folder: Path) -> list[str]:
    """The rows of a ledger without what tells the runs apart, in an order of their own."""
    rows = [json.loads(line) for line in (folder / "findings.jsonl").read_text().splitlines()]
    own = ("run_id", "recorded", "entry")
    kept = [{k: v for k, v in row.items() if k not in own} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)


def test_of_two_hundred_reports_exactly_the_bad_ones_fail(
    small: Command, house: Path, tmp_path: Path
) -> None:
    codes = CODES[::8][:200]
    chosen = random.Random(7).sample(codes, 10)
    deeds = dict(zip(chosen, [*DEEDS, *DEEDS, "crash", "raise"], strict=True))
    cases = "\n".join(f"if lgcode == '{code}':\n    {DEEDS[deed]}" for code, deed in deeds.items())
    write_body_notebook(house, cases)
    out = tmp_path / "site"
    limits = ("--timeout", "4", "--memory", "800", "--jobs", "2")
    done = small("run", "small", *bodies(codes), *limits, "--out", out)
    assert done.returncode == 1
    reports = account(out)
    failed = {code for code, report in reports.items() if report["status"] != "ok"}
    assert failed == set(deeds) and len(reports) == 200
    for code, deed in deeds.items():
        assert REASONS[deed] in reports[code]["error"], deed
        assert (out / reports[code]["account"]).exists()
        assert f"lgcode={code}" in done.stderr
    for code in set(codes) - failed:
        name = lgcode.get(code).name
        assert name in (out / "small" / f"{code}.html").read_text("utf-8")
        assert reports[code]["findings"][0]["lgcode"] == code


def test_a_run_broken_off_ten_times_ends_as_an_undisturbed_one(
    ebpm: Command, small: Command, house: Path, tmp_path: Path
) -> None:
    codes, done = CODES[3::40][:40], tmp_path / "executed"
    write_body_notebook(house, f"with open({str(done)!r}, 'a') as f:\n    f.write(lgcode + ' ')")
    undisturbed, broken = tmp_path / "undisturbed", tmp_path / "broken"
    assert small("run", "small", *bodies(codes), "--out", undisturbed).returncode == 0
    done.unlink()
    folder = tmp_path / "ledger"
    environment = {
        **os.environ,
        "EBPM_HOME": str(house),
        "EBPM_WAREHOUSE": str(warehouse_of(ebpm)),
        "EBPM_LEDGER": str(folder),
    }
    command = [str(EBPM), "run", "small", *bodies(codes), "--jobs", "2", "--out", str(broken)]
    chance = random.Random(11)
    for _ in range(10):
        finished_before = finished(broken)
        executed_before = executed(done)
        run = subprocess.Popen(
            command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
        )
        more = chance.randint(1, 3)
        while run.poll() is None and len(finished(broken)) < len(finished_before) + more:
            time.sleep(0.02)
        time.sleep(chance.random() / 2)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        again = executed(done)[len(executed_before) :]
        assert not set(again) & finished_before, "a finished report was computed again"
    last = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    assert pages(broken) == pages(undisturbed)
    assert ledger(folder) == ledger(Path(small_ledger(small)))
    assert not (broken / "journal.jsonl").exists()
    ours, theirs = account(broken), account(undisturbed)
    assert {c: r["findings"] for c, r in ours.items()} == {
        c: r["findings"] for c, r in theirs.items()
    }


def small_ledger(command: Command) -> str:
    """The ledger of the undisturbed run: the command's own folder."""
    settings = [cell.cell_contents for cell in command.__closure__ or ()]  # type: ignore[attr-defined]
    return next(s["EBPM_LEDGER"] for s in settings if isinstance(s, dict) and "EBPM_LEDGER" in s)


def finished(out: Path) -> set[str]:
    """The bodies whose report a run has noted as done."""
    found: set[str] = set()
    journal, catalogue = out / "journal.jsonl", out / "catalogue.json"
    if journal.exists():
        lines = journal.read_bytes().split(b"\n")[:-1]
        found |= {json.loads(line)["entry"]["parameters"]["lgcode"] for line in lines}
    if catalogue.exists():
        found |= {e["parameters"]["lgcode"] for e in json.loads(catalogue.read_text("utf-8"))}
    return found


def executed(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_a_line_of_the_journal_cut_off_is_a_report_not_finished(
    small: Command, house: Path, tmp_path: Path
) -> None:
    write_body_notebook(house, "")
    out = tmp_path / "site"
    assert small("run", "small", *bodies(CODES[:2]), "--out", out).returncode == 0
    (out / "journal.jsonl").write_text('{"entry": {"stem": "small/0')
    done = small("run", "small", *bodies(CODES[:2]), "--out", out)
    assert done.returncode == 0 and done.stdout.count("変更なし") == 2


@pytest.mark.parametrize("kept, suffix", [("plain", ".ipynb"), ("compressed", ".ipynb.gz")])
def test_executed_notebooks_are_kept_as_asked(
    small: Command, house: Path, tmp_path: Path, kept: str, suffix: str
) -> None:
    from ebpm.run import notebooks

    write_body_notebook(house, "")
    out, code = tmp_path / "site", CODES[0]
    first = ("run", "small", "--body", code, "--out", out)
    assert small(*first, "--notebooks", "none").returncode == 0
    assert not list(out.glob("small/*.ipynb*"))
    assert account(out)[code]["executed_notebook"] is None
    assert "変更なし" in small(*first, "--notebooks", "none").stdout
    assert small(*first, "--notebooks", kept).returncode == 0
    assert [path.name for path in out.glob("small/*.ipynb*")] == [f"{code}{suffix}"]
    found = notebooks.find(out, f"small/{code}")
    assert found and notebooks.read(found).cells[1].source.startswith("# Parameters")
    both = small(*first, "--notebooks", kept, "--lang", "both", "--force")
    assert both.returncode == 0 and (out / "en" / "small" / f"{code}.html").exists()


def test_progress_tells_rate_and_remaining_time() -> None:
    assert progress(100, 400, 100, 50.0) == "100 / 400 件（毎分 120 件、残り約 2 分 30 秒）"
    # Reports that were up to date took no time and say nothing about those that are left.
    assert progress(300, 400, 50, 50.0) == "300 / 400 件（毎分 60 件、残り約 1 分 40 秒）"
    assert progress(400, 400, 400, 65.0) == "400 / 400 件（1 分 05 秒）"


class TestCluster:
    """A real scheduler and real workers, as processes on this machine."""

    @pytest.fixture
    def cluster(
        self, ebpm: Command, house: Path, tmp_path: Path
    ) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
        pytest.importorskip("distributed", reason="--cluster needs Dask (ebpm[cluster])")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        environment = {**os.environ, "EBPM_HOME": str(house)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        dask = [sys.executable, "-m", "dask"]
        host, port = ["--host", "127.0.0.1"], address.rpartition(":")[2]
        started = [
            subprocess.Popen([*dask, "scheduler", *host, "--port", port, "--no-dashboard"], **quiet)  # type: ignore[call-overload]
        ]
        for number in range(2):
            folder = ["--local-directory", str(tmp_path / f"worker-{number}")]
            own = [*dask, "worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
            started.append(subprocess.Popen([*own, *folder], **quiet))  # type: ignore[call-overload]
        wait_for_workers(address, 2)
        yield address, started
        for process in started:
            process.kill()
            process.wait()

    def test_a_worker_that_is_killed_loses_nothing(
        self,
        small: Command,
        house: Path,
        tmp_path: Path,
        cluster: tuple[str, list[subprocess.Popen[bytes]]],
    ) -> None:
        address, (_, one, _) = cluster
        codes, told = CODES[5::60][:24], tmp_path / "executed"
        write_body_notebook(
            house, f"with open({str(told)!r}, 'a') as f:\n    f.write(lgcode + ' ')"
        )
        here, there = tmp_path / "here", tmp_path / "there"
        assert small("run", "small", *bodies(codes), "--out", here).returncode == 0
        told.unlink()
        killer = subprocess.Popen(
            [sys.executable, "-c", KILLER, str(told), "5", str(one.pid)], env=os.environ
        )
        done = small("run", "small", *bodies(codes), "--out", there, "--cluster", address)
        assert killer.wait(60) == 0 and one.wait(20) == -signal.SIGKILL
        assert done.returncode == 0, done.stderr
        assert set(executed(told)) == set(codes)
        assert pages(there) == pages(here)

    def test_a_scheduler_that_is_not_there_is_one_clear_line(self, small: Command) -> None:
        pytest.importorskip("distributed", reason="--cluster needs Dask (ebpm[cluster])")
        done = small("run", "small", "--cluster", "tcp://127.0.0.1:9")
        assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1
        assert "接続できません" in done.stderr


KILLER = """
import os, signal, sys, time
told, enough, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
while not os.path.exists(told) or len(open(told).read().split()) < enough:
    time.sleep(0.02)
os.kill(pid, signal.SIGKILL)
"""


def wait_for_workers(address: str, number: int) -> None:
    from distributed import Client

    end = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=5) as client:
                client.wait_for_workers(number, timeout=60)
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
