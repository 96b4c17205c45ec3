"""Every number of a page, for programs: `provenance.json` beside it.

`numbers` are those of sentences and findings, `exhibits` the cells of tables and figures; each
names its computation, and a computation its query, tables (rows, digest) and sources (edition,
sha256, reference dates, corrections).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ebpm.report.model import PageContext, Payload
from ebpm.report.state import Computation, Exhibit, Page, Trace

SCHEMA = 1


def provenance(page: Page, context: PageContext) -> dict[str, Any]:
    """What the rendered `page` printed, and where each number of it came from."""
    computations = list(page.computations.values())
    return {
        "schema": SCHEMA,
        "lang": page.lang,
        "title": page.title,
        "notebook": context.notebook_name,
        "notebook_sha256": context.notebook_sha256,
        "parameters": context.parameters,
        "command": context.command,
        "warehouse_inputs_sha256": context.warehouse_sha256,
        "code_version": context.code_version,
        "sources": [_source(page, key, source) for key, source in page.sources.items()],
        "tables": [
            {"table": name, "rows": record.rows, "digest": record.digest}
            for name, record in sorted(context.tables.items())
        ],
        "computations": [_computation(page, each) for each in computations],
        "numbers": [number for each in computations for number in _numbers(page, each)],
        "exhibits": [
            _exhibit(page, exhibit, computations)
            for exhibit in _unique(e for each in computations for e in each.exhibits)
        ],
    }


def _unique(exhibits: Iterator[Exhibit]) -> list[Exhibit]:
    return list({exhibit.ident: exhibit for exhibit in exhibits}.values())


def _source(page: Page, key: str, source: Payload) -> dict[str, Any]:
    names = ("publisher", "licence", "page", "edition", "reference_dates", "sha256")
    return {
        "id": page.source_ident(key),
        "key": source.get("key"),
        "title": page.pick(source.get("title")),
        **{name: page.pick(source.get(name)) for name in names},
        "corrections": list(source.get("corrections") or []),
    }


def _computation(page: Page, entry: Computation) -> dict[str, Any]:
    return {
        "id": entry.ident,
        "sql": entry.sql,
        "rows": sorted(entry.rows),
        "tables": entry.tables,
        "sources": [page.source_ident_of(source) for source in entry.sources],
    }


def _numbers(page: Page, entry: Computation) -> Iterator[dict[str, Any]]:
    for trace in entry.traces.values():
        for use in trace.uses:
            yield {
                "id": use.ident,
                "entry": trace.ident,
                "computation": entry.ident,
                "text": use.text,
                "value": use.value,
                "unit": use.unit or None,
                "part": use.part or None,
                **_of_trace(page, trace),
            }


def _of_trace(page: Page, trace: Trace) -> dict[str, Any]:
    return {
        "label": page.pick(trace.payload.get("label")),
        "finding": trace.payload.get("finding"),
        "method": page.pick(trace.payload.get("method")) or None,
        "n": trace.payload.get("n") or trace.payload.get("rows"),
        "parameter": trace.payload.get("parameter"),
    }


def _exhibit(page: Page, exhibit: Exhibit, computations: list[Computation]) -> dict[str, Any]:
    columns = exhibit.table["columns"]
    return {
        "id": exhibit.ident,
        "title": exhibit.title,
        "computations": [each.ident for each in computations if exhibit in each.exhibits],
        "columns": [
            {
                "key": column["key"],
                "label": page.pick(column.get("label")),
                "unit": page.pick(column.get("unit")) or None,
            }
            for column in columns
        ],
        "rows": [[_cell(page, cell) for cell in row] for row in exhibit.table["rows"]],
    }


def _cell(page: Page, cell: Any) -> Any:
    return page.pick(cell) if isinstance(cell, dict) and page.lang in cell else cell
