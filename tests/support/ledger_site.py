"""Pages made from a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ebpm.dates import in_japan
from ebpm.evidence import ledger, plans
from ebpm.report.ledger import ledger_pages
from ebpm.report.ledger_parts import LedgerView


def view(folder: Path, lang: Literal["ja", "en"] = "ja", **given: Any) -> LedgerView:
    """All that the pages of a ledger are made from."""
    return LedgerView(
        lang,
        ledger.entries(folder),
        plans.plans(folder),
        plans.check_chain(folder),
        lambda moment: getattr(in_japan(moment), lang),
        **given,
    )


def pages(folder: Path, lang: Literal["ja", "en"] = "ja", **given: Any) -> dict[str, str]:
    """The pages of a ledger, by name."""
    return ledger_pages(view(folder, lang, **given))
