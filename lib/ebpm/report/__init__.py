"""The report stage: an executed notebook becomes one self-contained page. It computes no figure."""

from ebpm.report.dictionary import render_dictionary
from ebpm.report.failure import render_failure
from ebpm.report.index import render_index
from ebpm.report.model import FailureAccount, IndexEntry, PageContext
from ebpm.report.page import Rendered, render, render_page
from ebpm.report.payload import PayloadError
from ebpm.report.stale import mark_stale

__all__ = [
    "FailureAccount",
    "IndexEntry",
    "PageContext",
    "PayloadError",
    "Rendered",
    "mark_stale",
    "render",
    "render_dictionary",
    "render_failure",
    "render_index",
    "render_page",
]
