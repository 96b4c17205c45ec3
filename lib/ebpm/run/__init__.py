"""The runner: notebooks × parameters → papermill → pages, findings, run.json."""

from ebpm.run.parameters import ParameterError
from ebpm.run.runner import Outcome, Wishes, run

__all__ = ["Outcome", "ParameterError", "Wishes", "run"]
