"""The runner: notebooks × parameters → papermill → pages, findings, run.json."""

from ebpm.warm.put_off import put_off_grammars

put_off_grammars()  # before the first import of nbformat

from ebpm.run.parameters import ParameterError  # noqa: E402
from ebpm.run.runner import Outcome, Wishes, run  # noqa: E402

__all__ = ["Outcome", "ParameterError", "Wishes", "run"]
