"""An import that is put off until something needs it.

jsonschema, which nbformat and papermill import, imports `rfc3987_syntax` where it is installed, and
that compiles grammars of international addresses (IRI) for a second, in every process. No schema of
a notebook asks for such an address. Known: python-jsonschema/jsonschema issue 1428.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

GRAMMARS = "rfc3987_syntax"


class PutOff(ModuleType):
    """Stands for a module, and gives way to it as soon as anything of it is used."""

    def is_valid_syntax(self, *arguments: Any, **named: Any) -> Any:
        """The module's own function, which jsonschema takes from it when it is imported."""
        return self._itself().is_valid_syntax(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        # The machinery of importing asks for these of any module.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._itself(), name)

    def _itself(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return import_module(self.__name__)


def put_off_grammars() -> None:
    """Puts that import off, unless it is done already or there is nothing to import."""
    if GRAMMARS not in sys.modules and find_spec(GRAMMARS):
        sys.modules[GRAMMARS] = PutOff(GRAMMARS)
