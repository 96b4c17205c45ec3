"""A worked example: an invented town (例示町) whose effects are known.

`generate(seed)` draws it, `write(town, folder)` writes the files, `ebpm example` does both.
"""

from ebpm.example.town import Town, generate
from ebpm.example.truth import value
from ebpm.example.writing import write

__all__ = ["Town", "generate", "value", "write"]
