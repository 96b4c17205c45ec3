"""Executed notebooks as files: as they are, compressed (about a ninth of that), or not at all."""

import gzip
import json
from pathlib import Path
from typing import Literal, get_args

import nbformat
from nbformat import NotebookNode

from ebpm.files import put_in_place

Kept = Literal["plain", "compressed", "none"]
# zlib's own middle: the last per cent of size would take as long again.
COMPRESSION = 6
_SUFFIX: dict[Kept, str] = {"plain": ".ipynb", "compressed": ".ipynb.gz"}


def written(notebook: NotebookNode) -> str:
    """A notebook as a file holds it: one cell a line.

    nbformat's own writing, a line for each number of each chart, takes nine times as long.
    """
    nbformat.validate(notebook)
    cells = ",\n".join(_json(cell) for cell in notebook.cells)
    rest = {name: value for name, value in sorted(notebook.items()) if name != "cells"}
    return f'{{"cells":[\n{cells}\n],\n{_json(rest)[1:]}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def place(out: Path, stem: str, kept: Kept) -> Path | None:
    """Where the executed notebook of a report stands; None where none is kept."""
    return out / f"{stem}{_SUFFIX[kept]}" if kept in _SUFFIX else None


def keep(out: Path, stem: str, text: str, kept: Kept) -> None:
    """Writes the notebook in the form that is wanted; one in another form goes."""
    for form in get_args(Kept):
        if form != kept and (other := place(out, stem, form)):
            other.unlink(missing_ok=True)
    if path := place(out, stem, kept):
        # Without a moment in the file: the same notebook gives the same bytes.
        data = text.encode()
        if kept == "compressed":
            data = gzip.compress(data, COMPRESSION, mtime=0)
        put_in_place(path, data)


def find(out: Path, stem: str) -> Path | None:
    """The executed notebook of a report in whatever form it is kept."""
    places = (place(out, stem, form) for form in get_args(Kept))
    return next((path for path in places if path and path.exists()), None)


def read(path: Path) -> NotebookNode:
    """An executed notebook, compressed or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook
