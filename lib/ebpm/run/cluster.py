"""Reports made by the workers of a Dask cluster (`pip install ebpm[cluster]`).

A task carries a notebook's name, its parameters and the warehouse's hash. Each worker holds the
warehouse file (shared, or sent to it once) and the notebooks, and executes in children of a warm
process of its own, to which it speaks over a pipe. A worker that is lost loses nothing: what it had
in hand is done elsewhere. Pages are published here.
"""

import gc
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from distributed import Client, WorkerPlugin, as_completed, get_worker

from ebpm.figures import sha256
from ebpm.files import put_in_place
from ebpm.report.model import Lang
from ebpm.run.execute import Job, failure_of
from ebpm.run.making import Made, Unmade, make
from ebpm.run.parameters import Value
from ebpm.run.setting import Setting, code_version
from ebpm.run.workers import ClusterError, Order, Settled, settled

CONNECT_SECONDS = 10
WAREHOUSE = "ebpm.duckdb"
# A report reads the environment and the working folder of its process: one at a time in each.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Task:
    """A report, as it is sent to a worker."""

    notebook: str
    parameters: dict[str, Value]
    lang: Lang


@dataclass
class Supplies(WorkerPlugin):
    """What a worker needs, given to each as it joins: notebooks, and the warehouse.

    `content` is the warehouse file itself, None where all workers find it under `path`.
    """

    warehouse_sha256: str
    path: Path
    content: bytes | None
    notebooks: dict[str, bytes]
    name: str = "ebpm-supplies"

    def setup(self, worker: Any) -> None:
        """Lays out the files in the worker's own folder."""
        # What was imported stays: no collection need go through it again.
        gc.freeze()
        self.folder = Path(worker.local_directory) / f"ebpm-{self.warehouse_sha256[:16]}"
        for name, content in self.notebooks.items():
            put_in_place(self.folder / name, content)
        self.house = self.path
        if self.content is not None:
            self.house = self.folder / WAREHOUSE
            put_in_place(self.house, self.content)

    def teardown(self, worker: Any) -> None:
        """Takes the files away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def all_settled(orders: list[Order], setting: Setting, address: str) -> Iterator[Settled]:
    """Every report, published here, in the order in which the cluster makes them.

    Raises ClusterError where no scheduler answers, no worker is there, or one has another version.
    """
    client = _connected(address)
    return _all_settled(client, orders, setting)


def _all_settled(client: Client, orders: list[Order], setting: Setting) -> Iterator[Settled]:
    with client:
        client.register_plugin(_supplies(client, orders, setting))
        sent = {}
        for order in orders:
            task = Task(order.job.notebook.name, order.job.parameters, order.job.lang)
            sent[client.submit(_made, task, setting, pure=False)] = order
        for future in as_completed(list(sent)):
            order = sent.pop(future)
            error = future.exception()
            made = Unmade(failure_of(error), 0.0) if error else future.result()
            future.release()
            yield settled(order, made, setting)


def _connected(address: str) -> Client:
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ClusterError(f"スケジューラー {address} に接続できません（{reason}）。") from None
    versions = client.run(code_version)
    if not versions:
        client.close()
        raise ClusterError(f"スケジューラー {address} にワーカーがいません。")
    if others := sorted(set(versions.values()) - {code_version()}):
        client.close()
        raise ClusterError(
            f"ワーカーの ebpm の版が違います（{'、'.join(others)}、こちらは {code_version()}）。"
        )
    return client


def _supplies(client: Client, orders: list[Order], setting: Setting) -> Supplies:
    """The warehouse itself goes along only where a worker does not find it under the same path."""
    path, digest = setting.warehouse, setting.warehouse_sha256
    is_shared = all(client.run(_is_there, path, digest).values())
    notebooks = {order.job.notebook.name: order.job.notebook for order in orders}
    return Supplies(
        digest,
        path,
        None if is_shared else path.read_bytes(),
        {name: notebook.read_bytes() for name, notebook in notebooks.items()},
    )


def _is_there(path: Path, digest: str) -> bool:
    return path.exists() and sha256(path) == digest


def _made(task: Task, setting: Setting) -> Made | Unmade:
    """Makes a report in a worker."""
    supplies = cast(Supplies, get_worker().plugins[Supplies.name])
    job = Job(supplies.folder / task.notebook, task.parameters, task.lang)
    with _one_at_a_time:
        return make(job, replace(setting, warehouse=supplies.house), None)
