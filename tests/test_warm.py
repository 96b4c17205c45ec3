"""Notebooks in forked children: outputs as from the stock kernel, nothing left behind, no harm done."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from jupyter_client.manager import KernelManager

from conftest import Command
from ebpm.run.execute import USUAL, Engine, Execution, Job, execute
from ebpm.warm.forker import Forker, Limits, shared
from ebpm.warm.messages import NOTEBOOK, Task

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux only")

FAITHFUL = [
    "import sys\nprint('一行目')\nprint('誤り', file=sys.stderr)\nprint('二行目')",
    "from IPython.display import display\ndisplay({'text/plain': 'x', 'application/json': {'a': [1, None]}}, raw=True)",
    "import pandas as pd\npd.DataFrame({'a': [1.5, float('nan')], 'b': ['あ', None]})",
    "1 + 1;",
    "import asyncio\nawait asyncio.sleep(0)\n'待った'",
    "%%time\nx = 3",
    "h = display('前', display_id='k')\nh.update('後')",
    "_ = 5\nIn[1][:10], len(Out)",
    "from datetime import date\ndate(2026, 4, 1)",
    # Displays of several forms, what replaces them, and what is taken back.
    "from IPython.display import HTML, Markdown, clear_output\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))",
    "print('消える')\nclear_output()\nprint('残る')",
    "print('待つ')\nclear_output(wait=True)\nprint('替わる')",
    "class Shown:\n    def _repr_mimebundle_(self, **k):\n        return {'text/plain': 's', 'text/html': '<i>s</i>'}\nShown()",
    # Magics.
    "%%capture caught\nprint('隠れる')",
    "caught.stdout",
    "%alias_magic t timeit",
    "!echo 殻",
    "names = !printf 'a\\nb\\n'\nnames",
    "%env EBPM_X=1",
    "import os\nos.environ['EBPM_X']",
    "%precision 2\n3.14159",
    # Awaiting, threads, other processes, raw writes.
    "async def later():\n    await asyncio.sleep(0.01)\n    return '後'\nawait asyncio.gather(later(), later())",
    "import threading\nt = threading.Thread(target=print, args=('糸',))\nt.start()\nt.join()",
    "import subprocess\nsubprocess.run(['echo', '別'], capture_output=True, text=True).stdout",
    "os.write(1, 'じか\\n'.encode())\nimport time\ntime.sleep(0.3)",
    # Widgets: what a comm opens is kept with the notebook.
    "state = {'_model_name': 'M', '_model_module': 'm', '_model_module_version': '1', 'value': 3}",
    "from comm import create_comm\nc = create_comm(target_name='jupyter.widget', data={'state': state},"
    " metadata={'version': '2.0.0'})",
    "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}, 'text/plain': 'w'}, raw=True)",
    # Warnings, asking, what the shell itself knows.
    "import warnings\nwarnings.warn('気をつけて')",
    "try:\n    input('?')\nexcept Exception as error:\n    print(type(error).__name__)",
    "import logging\nlogging.getLogger('x').warning('記録')",
    "get_ipython().execution_count",
    "import numpy\nnumpy.arange(3)",
    "'続き'  # 説明\n'終わり'",
    "import json\njson.dumps({'あ': float('nan')})",
    # What reading a cell says and changes: a warning of the compiler, transformations of the notebook's own.
    "1 is 1",
    "def louder(lines):\n    return [line.replace('ささやき', 'さけび') for line in lines]\n"
    "get_ipython().input_transformer_manager.cleanup_transforms.append(louder)",
    "'ささやき'",
]
# Each ends a notebook in its own way.
FAILING = {
    "ValueError": "def f():\n    raise ValueError('だめ')\nf()",
    "SyntaxError": "x = (",
    "ZeroDivisionError": "1 / 0",
    "KeyError": "try:\n    {}['a']\nexcept KeyError as error:\n    raise KeyError('b') from error",
    "SystemExit": "import sys\nsys.exit(3)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "UsageError": "%no_such_magic",
    "AssertionError": "assert False, '違う'",
}
# Each changes something that the next notebook must not see.
CHANGES = {
    "os.environ.get('EBPM_LEFT')": "os.environ['EBPM_LEFT'] = 'x'",
    "'left' in vars(sys.modules['ebpm'])": "ebpm.left = 1",
    "pandas.get_option('display.max_rows')": "pandas.set_option('display.max_rows', 7)",
    "'here' in globals()": "here = 1",
    "builtins.__dict__.get('left')": "builtins.left = 1",
    "'/left' in sys.path": "sys.path.append('/left')",
    "locale.getlocale()": "locale.setlocale(locale.LC_ALL, 'C')",
    "len(warehouse.opened)": "warehouse.opened.append(None)",
    "len(declarations._declared)": "ebpm.declare('x', smallest_effect=1.0, unit='pct')",
    "len(threading.enumerate())": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}
IMPORTS = (
    "import builtins, locale, os, sys, threading, time\nimport ebpm, pandas\n"
    "from ebpm import warehouse\nfrom ebpm.evidence import declarations"
)


def notebook(folder: Path, *cells: str) -> Job:
    """A job whose notebook holds a parameters cell and these cells."""
    made = [nbformat.v4.new_code_cell("lgcode: str = ''", metadata={"tags": ["parameters"]})]
    made += [nbformat.v4.new_code_cell(source) for source in cells]
    node = nbformat.v4.new_notebook(cells=made)
    node.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "x"}
    path = folder / f"n{len(list(folder.iterdir()))}.ipynb"
    nbformat.write(node, path)
    return Job(path, {}, "ja")


def run(job: Job, limits: Limits = USUAL, engine: Engine = "warm") -> Execution:
    return execute(job, Path("none.duckdb"), limits, engine=engine)


def outputs(done: Execution) -> list[Any]:
    """The outputs of every cell, without what differs from run to run."""
    assert done.notebook is not None, done.failure
    return [joined(cell.get("outputs", [])) for cell in done.notebook.cells]


def joined(found: list[Any]) -> list[Any]:
    """One stream whose pieces came apart by the moment of their flushing is one."""
    whole: list[Any] = []
    for output in map(plain, found):
        if whole and output.get("name") and output["name"] == whole[-1].get("name"):
            whole[-1]["text"] += output["text"]
        else:
            whole.append(output)
    return whole


def plain(value: Any) -> Any:
    """A value without ids, times, and the names of temporary files."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, str):
        return value
    kept = re.sub(r"(CPU times|Wall time).*", "times", value)
    return re.sub(r"\S*ipykernel_\d+/\d+\.py|[0-9a-f]{32}", "#", kept)


def test_outputs_are_those_of_the_stock_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ipykernel does not look at raw writes under pytest.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    job = notebook(tmp_path, *FAITHFUL)
    stock, here = run(job, engine="stock"), run(job)
    for number, (ours, theirs) in enumerate(zip(outputs(here), outputs(stock), strict=True)):
        assert ours == theirs, f"cell {number}: {job.notebook}"
    assert here.notebook and stock.notebook
    counts = [cell.execution_count for cell in here.notebook.cells]
    assert counts == [cell.execution_count for cell in stock.notebook.cells]
    assert here.notebook.metadata.language_info == stock.notebook.metadata.language_info
    widgets = [plain(done.notebook.metadata.get("widgets")) for done in (here, stock)]
    states = [
        list(each["application/vnd.jupyter.widget-state+json"]["state"].values())
        for each in widgets
    ]
    assert states[0] == states[1] and states[0]


@pytest.mark.parametrize("name", FAILING)
def test_an_error_is_accounted_for_as_from_the_stock_kernel(name: str, tmp_path: Path) -> None:
    job = notebook(tmp_path, "x = 1", FAILING[name], "y = 2")
    stock, here = run(job, engine="stock"), run(job)
    assert (here.failure is None) == (stock.failure is None)
    if here.failure and stock.failure:
        assert (here.failure.reason, here.failure.cell) == (
            stock.failure.reason,
            stock.failure.cell,
        )
        assert plain(str(here.failure.traceback)) == plain(str(stock.failure.traceback))
    else:
        assert outputs(here) == outputs(stock)


def test_nothing_of_a_notebook_is_left_for_the_next(tmp_path: Path) -> None:
    look = [f"print(repr({expression}))" for expression in CHANGES]
    untouched = outputs(run(notebook(tmp_path, IMPORTS, *look)))
    changed = outputs(run(notebook(tmp_path, IMPORTS, *CHANGES.values(), *look)))
    after = outputs(run(notebook(tmp_path, IMPORTS, *look)))
    assert after == untouched
    shown = changed[-len(look) :]
    same = [e for e, a, b in zip(CHANGES, shown, untouched[-len(look) :], strict=True) if a == b]
    assert set(same) <= {"locale.getlocale()"}


def test_random_numbers_begin_anew_in_every_child(tmp_path: Path) -> None:
    draw = "import random\nimport numpy\nprint(random.random(), numpy.random.random())"
    first, second = (outputs(run(notebook(tmp_path, draw))) for _ in range(2))
    assert first != second


def test_a_child_that_dies_or_hangs_or_eats_memory_harms_no_other(tmp_path: Path) -> None:
    died = run(notebook(tmp_path, "x = 1", "import os\nos._exit(3)")).failure
    assert died and "DeadKernelError" in died.reason and "exit code 3" in died.reason
    assert died.cell == 3
    killed = run(notebook(tmp_path, "import ctypes\nctypes.string_at(0)")).failure
    assert killed and "signal 11" in killed.reason
    hung = run(notebook(tmp_path, "import time\ntime.sleep(600)"), Limits(cell_seconds=2)).failure
    assert hung and "CellTimeoutError" in hung.reason and hung.cell == 2
    many = notebook(tmp_path, *["import time\ntime.sleep(0.8)"] * 9)
    long = run(many, Limits(cell_seconds=5, report_seconds=3)).failure
    assert long and "3 seconds (report)" in long.reason
    eaten = run(
        notebook(tmp_path, "x = [bytes(1000) for _ in range(10_000_000)]"), Limits(memory_mb=1000)
    ).failure
    assert eaten and eaten.reason == "MemoryError: 1000 MB"
    assert outputs(run(notebook(tmp_path, "print('元気')")))[-1][0]["text"] == "元気\n"


def test_many_short_cells_may_take_longer_than_one_may(tmp_path: Path) -> None:
    job = notebook(tmp_path, *["import time\ntime.sleep(0.8)"] * 4)
    assert outputs(run(job, Limits(cell_seconds=2))) == [[]] * 5


def test_what_a_notebook_started_ends_with_it(tmp_path: Path) -> None:
    start = "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)"
    pid = int(outputs(run(notebook(tmp_path, start)))[-1][0]["text"])
    assert has_ended(pid)


def test_output_is_told_while_its_cell_still_runs(tmp_path: Path) -> None:
    class Heard(io.StringIO):
        def write(self, text: str) -> int:
            heard.append((time.monotonic(), text))
            return super().write(text)

    heard: list[tuple[float, str]] = []
    cell = "import time\nprint('先')\ntime.sleep(1.5)\nprint('後')"
    job = notebook(tmp_path, cell)
    papermill.execute_notebook(
        str(job.notebook), None, engine_name="ebpm", progress_bar=False, stdout_file=Heard()
    )
    times = {text.strip(): moment for moment, text in heard if text.strip()}
    assert times["後"] - times["先"] > 1


def test_papermill_knows_the_engine_from_its_command_line(tmp_path: Path) -> None:
    job, made = notebook(tmp_path, "print('外から')"), tmp_path / "made.ipynb"
    command = [sys.executable, "-m", "papermill", "--engine", "ebpm", str(job.notebook), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert nbformat.read(made, as_version=4).cells[-1].outputs[0].text == "外から\n"


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_children_end_with_their_caller(tmp_path: Path, blow: signal.Signals) -> None:
    told = tmp_path / "pid"
    cell = f"import os, time\nopen({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    job = notebook(tmp_path, cell)
    command = [sys.executable, "-m", "papermill", "--engine", "ebpm", str(job.notebook)]
    caller = subprocess.Popen(
        [*command, str(tmp_path / "o.ipynb")],
        stderr=subprocess.DEVNULL,
        # A job in the background of a shell is started deaf to interrupts, and so are these tests.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not (told.exists() and told.read_text()):
        time.sleep(0.1)
    caller.send_signal(blow)
    assert caller.wait(20) != 0
    assert has_ended(int(told.read_text()))


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or goes within a few seconds."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_forker_with_a_second_thread_refuses_to_fork() -> None:
    code = (
        "import sys, threading\nfrom ebpm.warm import parent, messages\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "ours, theirs = messages.pair()\nsys.argv = ['x', 'kernel', str(theirs.fileno()), str(ours.fileno())]\n"
        "parent.warm_up = lambda: None\nparent.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "2 threads after the imports" in done.stderr


def test_a_warm_forker_has_one_thread_and_no_database_open(tmp_path: Path) -> None:
    run(notebook(tmp_path, "x = 1"))
    process = Path(f"/proc/{shared().pid}")
    assert len(list((process / "task").iterdir())) == 1
    opened = [each.readlink().name for each in (process / "fd").iterdir()]
    assert not [name for name in opened if "duckdb" in name]


class TestKernel:
    """The kernelspec `ebpm`: kernels forked for JupyterLab and others."""

    def test_it_runs_is_interrupted_restarts_and_ends(self) -> None:
        manager = KernelManager(kernel_name="ebpm")
        manager.start_kernel()
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            assert "'ok'" in reply(client, "print('ok')" and "repr('ok')")
            # An error aborts what waits behind it, and the next request may be early enough to wait.
            client.execute("import time\ntime.sleep(600)", stop_on_error=False)
            time.sleep(0.5)
            manager.interrupt_kernel()
            answer = client.get_shell_msg(timeout=20)
            assert answer["content"].get("ename") == "KeyboardInterrupt"
            assert reply(client, "1 + 1") == "2"
            manager.restart_kernel(now=True)
            client.wait_for_ready(timeout=60)
            assert reply(client, "'here' in globals()") == "False"
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        assert not manager.is_alive()

    def test_stock_papermill_takes_it_by_its_name(self, tmp_path: Path) -> None:
        job = notebook(tmp_path, "import sys\n'ebpm.charts' in sys.modules")
        done = papermill.execute_notebook(
            str(job.notebook), None, kernel_name="ebpm", progress_bar=False
        )
        assert done.cells[-1].outputs[0].data["text/plain"] == "True"


def reply(client: Any, expression: str) -> str:
    """The value of an expression in the kernel."""
    sent = client.execute("", user_expressions={"x": expression})
    while True:
        message = client.get_shell_msg(timeout=20)
        if message["parent_header"]["msg_id"] == sent:
            return str(message["content"]["user_expressions"]["x"]["data"]["text/plain"])


def test_several_children_of_one_forker_are_alive_at_a_time() -> None:
    forker = Forker()
    task = Task(
        NOTEBOOK, "/tmp", dict(os.environ), nbformat.v4.new_notebook(), {"kernel_name": "python3"}
    )
    with forker.child(task) as one, forker.child(task) as other:
        said = [list(child.messages(Limits(20, 20)))[-1]["kind"] for child in (other, one)]
    forker.close()
    assert said == ["done", "done"]


def test_both_engines_make_the_same_page(ebpm: Command, tmp_path: Path) -> None:
    pages = {}
    for engine in ("warm", "stock"):
        out = tmp_path / engine
        options = ("--engine", engine, "--out", out, "-p", "lgcode=122289")
        done = ebpm("run", "municipality", *options)
        assert done.returncode == 0, done.stderr
        pages[engine] = (out / "municipality" / "122289.html").read_text("utf-8").splitlines()
    assert pages["warm"] == pages["stock"]


GRAMMARS = """
import sys
import ebpm.run
import jsonschema
assert "lark" not in sys.modules
check = jsonschema.Draft7Validator({"format": "iri"}, format_checker=jsonschema.FormatChecker())
print(check.is_valid("http://例え.jp/"), check.is_valid("例え"), "lark" in sys.modules)
import rfc3987_syntax
print(rfc3987_syntax.is_valid_syntax_iri("http://例え.jp/"), rfc3987_syntax.__file__ is not None)
"""


def test_grammars_of_addresses_are_compiled_when_somebody_asks_for_them() -> None:
    pytest.importorskip("rfc3987_syntax")
    command = [sys.executable, "-c", GRAMMARS]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "False", "True", "True", "True"]


def test_processes_share_a_forker_and_what_one_leaves_behind_is_ended() -> None:
    forker = Forker()
    visitor = Forker(forker.door)
    task = Task(
        NOTEBOOK,
        "/tmp",
        dict(os.environ),
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import time\ntime.sleep(60)")]),
        {"kernel_name": "python3"},
    )
    left, kept = visitor.child(task), forker.child(task)
    assert parent_of(left.pid) == parent_of(kept.pid) == forker.pid
    visitor._line.close()
    assert has_ended(left.pid)
    assert kept.poll() is None
    kept.end()
    forker.close()


def test_a_forker_that_has_died_gives_way_to_another(tmp_path: Path) -> None:
    job = notebook(tmp_path, "1 + 1")
    run(job)
    before = shared().pid
    os.kill(before, signal.SIGKILL)
    assert run(job).failure is None
    assert shared().pid != before


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
