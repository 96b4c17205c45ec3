"""Where a municipality's own data lie: outside everything that is tracked, for this user alone.

The folder is `EBPM_OWN`, else `data/own` of the checkout. Folders have the permissions 0700 and
files 0600 (on Windows those of the user's folder apply).
"""

import os
from pathlib import Path

from ebpm.files import put_in_place
from ebpm.paths import DATA, REPORTS

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def folder() -> Path:
    """The folder of all own data."""
    return Path(os.environ.get("EBPM_OWN") or DATA / "own")


def imported() -> Path:
    """Imported tables, each with its record."""
    return folder() / "imported"


def warehouse() -> Path:
    """The generations of the warehouse of own data."""
    return folder() / "warehouse"


def ledger() -> Path:
    """The ledger of findings on own data."""
    return folder() / "ledger"


def site() -> Path:
    """Where the pages on own data go."""
    return REPORTS / "own"


def made_private(path: Path) -> Path:
    """The folder, made where it is missing, for this user alone."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)
    return path


def put_private(path: Path, content: str | bytes) -> None:
    """Writes a file whole, for this user alone."""
    made_private(path.parent)
    put_in_place(path, content)
    path.chmod(PRIVATE_FILE)
