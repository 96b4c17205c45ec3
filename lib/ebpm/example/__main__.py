"""`python -m ebpm.example FOLDER --seed N [--null]`."""

import argparse
from pathlib import Path

from ebpm.example import generate, write

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--null", action="store_true", help="no effect is there")
given = parser.parse_args()
for path in write(generate(given.seed, null=given.null), given.folder):
    print(path)
