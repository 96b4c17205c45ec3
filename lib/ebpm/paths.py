"""Where the parts of a checkout lie."""

import os
from pathlib import Path

ROOT = Path(os.environ.get("EBPM_HOME") or Path(__file__).resolve().parents[2]).resolve()
"""The checkout: the environment variable EBPM_HOME if set, else two levels above this package."""

DATA = ROOT / "data"
FIGURES = DATA / "figures"
RAW = DATA / "raw"
LOCAL = DATA / "local"
NOTEBOOKS = ROOT / "notebooks"
OWN_NOTEBOOKS = NOTEBOOKS / "own"
"""Notebooks on a municipality's own data; those on published data lie in NOTEBOOKS itself."""

REPORTS = ROOT / "reports"


def notebook_files(*, own: bool = True) -> dict[str, Path]:
    """All notebooks by name: those on published data, then those on own data."""
    folders = (NOTEBOOKS, OWN_NOTEBOOKS) if own else (NOTEBOOKS,)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.ipynb"))}
