"""What all reports of a run share, and what a page is made from."""

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ebpm import __version__, warehouse
from ebpm.figures import sha256
from ebpm.own.datasets import current_warehouse, smallest_cell_of
from ebpm.report.model import TableRecord
from ebpm.run.execute import USUAL, Engine, Job
from ebpm.run.notebooks import Kept
from ebpm.sql_header import OPEN, OWN, House
from ebpm.warm.forker import Limits


@dataclass(frozen=True)
class Setting:
    """What all reports of a run share.

    `interactive` asks for the second page with live charts, `notebooks` in which form executed
    notebooks are kept. `smallest_cell` is the number of cases below which nothing of own data is
    shown; None where the data are published ones. `tables` are the digests of the
    warehouse's tables where they were computed for the whole run; else each report computes those
    of its own tables.
    """

    run_id: str
    warehouse: Path
    inputs_sha256: str
    warehouse_sha256: str
    code_version: str
    force: bool = False
    limits: Limits = USUAL
    engine: Engine = "warm"
    interactive: bool = False
    notebooks: Kept = "plain"
    smallest_cell: int | None = None
    tables: Mapping[str, TableRecord] | None = None

    @property
    def house(self) -> House:
        """What documents the tables of the warehouse."""
        return OPEN if self.smallest_cell is None else OWN


def setting_of_this_run(
    *, own: bool = False, force: bool = False, limits: Limits = USUAL, engine: Engine = "warm"
) -> Setting:
    """The current warehouse and code, fixed for the whole run; WarehouseError where none was built.

    With `own` it is that of the municipality's own data.
    """
    path = current_warehouse() if own else warehouse.current()
    return setting_of(path, force=force, limits=limits, engine=engine)


def setting_of(
    path: Path, *, force: bool = False, limits: Limits = USUAL, engine: Engine = "warm"
) -> Setting:
    """One warehouse file and the code as it is now; WarehouseError where it cannot be read."""
    return Setting(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        warehouse=path,
        inputs_sha256=warehouse.stored_inputs(path),
        warehouse_sha256=sha256(path),
        code_version=code_version(),
        smallest_cell=smallest_cell_of(path),
        force=force,
        limits=limits,
        engine=engine,
    )


def key_of(job: Job, setting: Setting) -> str:
    """Notebook + parameters + language + data + code: what a page is made from."""
    parts = [
        sha256(job.notebook),
        json.dumps(job.parameters, sort_keys=True),
        job.lang,
        setting.inputs_sha256,
        setting.code_version,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def code_version() -> str:
    """Version and a hash over the library's own files: what computed the numbers."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".sql", ".css", ".js", ".toml"}:
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def now() -> str:
    """The moment, in UTC, to the second; `SOURCE_DATE_EPOCH` fixes it for reproducible builds."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
