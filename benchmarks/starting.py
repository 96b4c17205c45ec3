"""Starting: the import, the command's help, a kernel with everything imported, the first chart."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring import Ratio, in_turn

ROUNDS = 5
IMPORTS = "import pandas, duckdb, altair, statsmodels.api, ebpm\nfrom ebpm import charts, methods"
CHART = (
    "from ebpm.evidence.text import Both\nrows = ebpm.query('SELECT lgcode, aged_pct FROM "
    "mart_municipality WHERE aged_pct IS NOT NULL').frame\nboth = Both('高齢化率', 'aged')\n"
    "charts.spread_chart(charts.spread_data({both: (rows['aged_pct'], None)}), axis=both)"
)


def ratios() -> Iterator[Ratio]:
    """Shares of what pandas and DuckDB take by themselves, and the warm kernel against a cold one."""
    seconds = in_turn(
        {
            "ours": lambda: _python("import pandas, duckdb, ebpm"),
            "floor": lambda: _python("import pandas, duckdb"),
            "help": lambda: _quiet([str(Path(sys.executable).with_name("ebpm")), "--help"]),
            "nothing": lambda: _python("import click"),
        },
        ROUNDS,
    )
    more = sorted(seconds["ours"])[ROUNDS // 2] - sorted(seconds["floor"])[ROUNDS // 2]
    told = f"{more:+.2f} s"
    yield Ratio(
        "import ebpm", "pandas and duckdb", seconds["ours"], seconds["floor"], 1.3, True, told
    )
    told = f"{sorted(seconds['help'])[ROUNDS // 2]:.2f} s"
    yield Ratio("ebpm --help", "import click", seconds["help"], seconds["nothing"], 4, True, told)
    warm, cold = _Kernels("ebpm"), _Kernels("python3")
    warm.ready()()
    seconds = in_turn({"warm": warm.ready, "cold": cold.ready}, ROUNDS)
    told = f"{sorted(seconds['warm'])[ROUNDS // 2]:.2f} s"
    peer = "the kernel python3"
    yield Ratio("kernel with imports", peer, seconds["warm"], seconds["cold"], 8, note=told)
    seconds = in_turn({"warm": warm.chart, "cold": cold.chart}, 3)
    told = f"{sorted(seconds['warm'])[1]:.2f} s"
    yield Ratio("first chart", peer, seconds["warm"], seconds["cold"], 4, note=told)


class _Kernels:
    """Kernels of one kind, each started, used and ended."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ready(self) -> Callable[[], None]:
        """Until everything is imported; returns what ends the kernel."""
        return self._run(IMPORTS)

    def chart(self) -> Callable[[], None]:
        """Until the first chart is there; returns what ends the kernel."""
        return self._run(f"{IMPORTS}\n{CHART}")

    def _run(self, code: str) -> Callable[[], None]:
        from jupyter_client.manager import KernelManager

        manager = KernelManager(kernel_name=self._name)
        manager.start_kernel()
        client = manager.blocking_client()
        client.start_channels()
        # Answered as soon as the kernel is there; `wait_for_ready` would wait 0.2 s more.
        client.execute(code)
        while client.get_shell_msg(timeout=120)["msg_type"] != "execute_reply":
            time.sleep(0)

        def end() -> None:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

        return end


def _python(code: str) -> None:
    _quiet([sys.executable, "-c", code])


def _quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
