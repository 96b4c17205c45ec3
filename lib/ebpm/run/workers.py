"""Reports made by several processes of this machine, each of which publishes what it makes."""

import gc
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from ebpm.evidence import ledger
from ebpm.run.execute import Failure, Job
from ebpm.run.making import Made, Unmade, make
from ebpm.run.publish import ledger_rows, settle
from ebpm.run.setting import Setting
from ebpm.run.site import Entry
from ebpm.warm.forker import can_fork, come_in, shared


class ClusterError(RuntimeError):
    """No cluster there, or one that cannot do this work; one line."""


LOST = Failure("the process that made this page died")


@dataclass(frozen=True)
class Order:
    """A report to be made: where its site is, what it was before, its executed notebook if any."""

    job: Job
    out: Path
    last: Entry | None
    executed: Path | None


@dataclass(frozen=True)
class Settled:
    """A report that was made and published, or could not be made."""

    job: Job
    entry: Entry
    seconds: float
    rows: ledger.Report | None


def make_and_settle(order: Order, setting: Setting) -> Settled:
    """Makes a report and publishes it."""
    return settled(order, make(order.job, setting, order.executed), setting)


def settled(order: Order, made: Made | Unmade, setting: Setting) -> Settled:
    """Publishes a report, or the account of its failure."""
    entry = settle(order.job, made, order.out, order.last, setting)
    rows = ledger_rows(order.job, made, setting) if isinstance(made, Made) else None
    return Settled(order.job, entry, made.seconds, rows)


def all_settled(orders: list[Order], setting: Setting, processes: int) -> Iterator[Settled]:
    """Every report, in the order in which they are done."""
    if processes == 1 or len(orders) <= 1:
        yield from (make_and_settle(order, setting) for order in orders)
        return
    undone = []
    for order, done in _in_a_pool(orders, setting, processes):
        if done is None:
            undone.append(order)
        else:
            yield done
    # Each by itself: a worker that dies once more dies of this report.
    for order in undone:
        for _, done in _in_a_pool([order], setting, 1):
            yield done or settled(order, Unmade(LOST, 0.0), setting)


def _take_place(door: Connection | None) -> None:
    """The first thing that a worker does: one forker serves all of them."""
    # What was imported stays: no collection need go through it again.
    gc.freeze()
    if door is not None:
        come_in(door)


def _in_a_pool(
    orders: list[Order], setting: Setting, workers: int
) -> Iterator[tuple[Order, Settled | None]]:
    """Each order with what came of it; None for those that the death of a worker left undone."""
    workers = min(workers, len(orders))
    door = shared().door if setting.engine == "warm" and can_fork() else None
    with ProcessPoolExecutor(workers, get_context("spawn"), _take_place, (door,)) as pool:
        running: dict[Future[Settled], Order] = {}
        for order in orders:
            running[pool.submit(make_and_settle, order, setting)] = order
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                # Nothing is kept of a report that was handed on: there may be thousands.
                order = running.pop(future)
                try:
                    yield order, future.result()
                except BrokenProcessPool:
                    yield order, None
