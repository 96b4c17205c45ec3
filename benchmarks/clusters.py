"""A Dask cluster of two workers: our reports against stock papermill in the same cluster."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.measuring import Ratio, in_turn
from benchmarks.reports import BIN, NOTEBOOK, _codes, _each, _stock
from ebpm import warehouse

OURS, STOCK, ROUNDS = 120, 6, 2


def ratios() -> Iterator[Ratio]:
    """One ratio, pages included on both sides."""
    with tempfile.TemporaryDirectory() as name, _cluster(Path(name)) as address:
        os.environ["EBPM_WAREHOUSE_FILE"] = str(warehouse.current())
        os.environ["EBPM_LEDGER"] = str(Path(name) / "ledger")
        tasks = {
            "ours": partial(_ours, address, Path(name) / "site"),
            "stock": partial(_stock_in, address),
        }
        seconds = in_turn(tasks, ROUNDS)
    ours, stock = _each(seconds["ours"], OURS), _each(seconds["stock"], STOCK)
    yield Ratio("report, Dask", "stock papermill, same cluster", ours, stock, 15)


def _ours(address: str, out: Path) -> None:
    bodies = [word for code in _codes(OURS) for word in ("--body", code)]
    command = [str(BIN / "ebpm"), "run", NOTEBOOK.stem, *bodies, "--force", "--cluster", address]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)


def _stock_in(address: str) -> None:
    from distributed import Client

    with Client(address) as client:
        client.gather([client.submit(_stock, code, pure=False) for code in _codes(STOCK)])


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    from distributed import Client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, dask = f"tcp://127.0.0.1:{port}", [sys.executable, "-m", "dask"]
    environment = {**os.environ, "EBPM_WAREHOUSE_FILE": str(warehouse.current())}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    own = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
    commands = [
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        *[[*dask, "worker", address, *own]] * 2,
    ]
    started = [subprocess.Popen(command, **quiet) for command in commands]  # type: ignore[call-overload]
    try:
        with Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        yield address
    finally:
        for process in started:
            process.kill()
            process.wait()
