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
REPORTS = ROOT / "reports"
