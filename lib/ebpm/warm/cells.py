"""What IPython does with the text of a cell before it runs, done once for all reports of a notebook.

Each child would turn the same cells into Python again, and ask of each whether it awaits: a tenth
of what a report of many short cells takes. The forker does it before it forks.
"""

import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ipykernel.inprocess.ipkernel import InProcessInteractiveShell
from IPython.core.async_helpers import _should_be_async
from IPython.core.inputtransformer2 import TransformerManager
from traitlets import Instance

MOST = 10_000


@dataclass(frozen=True)
class Read:
    """A cell as Python, and whether it awaits anything."""

    python: str
    awaits: bool


class Transformers(TransformerManager):
    """IPython's own: a cell that was read before is not read again while they are as they come."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # IPython has no annotations here
        self._as_they_come = self._now()

    def transform_cell(self, cell: str) -> str:
        """The cell as Python."""
        if (known := _READ.get(cell)) and self._now() == self._as_they_come:
            return known.python
        return super().transform_cell(cell)

    def _now(self) -> tuple[list[Any], ...]:
        each = (self.cleanup_transforms, self.line_transforms, self.token_transformers)
        return tuple(list(transforms) for transforms in each)


_READ: dict[str, Read] = {}
_USUAL = TransformerManager()


def read(notebook: Mapping[str, Any]) -> None:
    """Reads the code cells of a notebook; one that cannot be read is left to whoever runs it."""
    for cell in notebook["cells"]:
        source = cell["source"]
        if cell["cell_type"] == "code" and source not in _READ and len(_READ) < MOST:
            # Its error, or its warning, belongs to the cell.
            with suppress(Exception), warnings.catch_warnings(record=True) as warned:
                python = _USUAL.transform_cell(source)
                awaits = _should_be_async(python)
                if not warned:
                    _READ[source] = Read(python, awaits)


class Shell(InProcessInteractiveShell):
    """ipykernel's shell, which takes cells as they were read before."""

    input_transformer_manager = Instance(Transformers, ())

    def should_run_async(
        self,
        raw_cell: str,
        *,
        transformed_cell: str | None = None,
        preprocessing_exc_tuple: Any = None,
    ) -> bool:
        """Whether the cell awaits anything."""
        known = _READ.get(raw_cell)
        if known and self.autoawait and known.python == transformed_cell:
            return known.awaits
        awaits: bool = super().should_run_async(
            raw_cell,
            transformed_cell=transformed_cell,
            preprocessing_exc_tuple=preprocessing_exc_tuple,
        )
        return awaits
