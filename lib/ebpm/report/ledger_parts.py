"""What the pages of the ledger share: what they are made from, how a row of the ledger is shown."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ebpm.evidence.designs import DESIGNS
from ebpm.evidence.ledger import body_of
from ebpm.evidence.lines import Row
from ebpm.evidence.plans import Chain, Plan
from ebpm.evidence.text import UNITS, format_number
from ebpm.report.finding import verdict_key
from ebpm.report.markup import Child, Html, el, join, listing, slug
from ebpm.report.model import Lang, Payload, Text
from ebpm.report.state import Page

NUMBERS = {"ledger_value", "ledger_count"}
MOST_PLACES = 6
FIGURES_OF_WIDTH = 2
SITE_INDEX = "../index.html"
LEDGER_INDEX = "index.html"
_NOTEBOOK = re.compile(r"[a-z0-9_]+")
_IDENT = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class LedgerView:
    """All that the pages are made from. `entries` and `plans` are oldest first.

    `sources` are the records of the figures by key, `reports` the titles of those reports that have
    a page in the site, `places` the names of the municipalities by code; `dated` writes a moment as
    a date.
    """

    lang: Lang
    entries: Sequence[Row]
    plans: Sequence[Plan]
    chain: Chain
    dated: Callable[[str], str]
    sources: Mapping[str, Payload] = field(default_factory=dict)
    reports: Mapping[str, Text] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A page before it has its frame."""

    title: str
    description: str
    main: Html


def question_page(notebook: str, ident: str) -> str:
    """The name of the page of one question; no two questions have the same."""
    name = f"{notebook}-{ident}"
    if _NOTEBOOK.fullmatch(notebook) and _IDENT.fullmatch(ident) and notebook != "verdict":
        return f"{name}.html"
    digest = hashlib.sha256(f"{notebook}\n{ident}".encode()).hexdigest()
    return f"{slug(name)}-{digest[:8]}.html"


def verdict_page(verdict: str) -> str:
    """The name of the page of one verdict."""
    return f"verdict-{verdict}.html"


def to_ledger(page: Page) -> Html:
    """The way back, at the end of a page."""
    return el("p", el("a", page.word("ledger_back"), href=LEDGER_INDEX), class_="more")


def chain_notice(page: Page, view: LedgerView) -> Html | None:
    """That a registration may not be what was registered, where the chain does not hold."""
    if not view.chain.problems:
        return None
    numbers = page.word("list_mark").join(str(each.line) for each in view.chain.problems)
    return el("p", page.fill("ledger_broken", lines=join(numbers)), class_="failed")


def framed(page: Page, caption: str, heads: Sequence[str], body: Child) -> Html:
    """A table with caption and scopes, in a region that scrolls by itself where it is wide."""
    cells = [
        el("th", page.word(key), scope="col", class_="num" if key in NUMBERS else None)
        for key in heads
    ]
    table = el(
        "table",
        el("caption", caption),
        el("thead", el("tr", cells)),
        body if isinstance(body, Html) else el("tbody", body),
    )
    if len(heads) < 3:
        return el("div", table, class_="tablebox")
    label = page.region_label(caption)
    return el("div", table, class_="scroll", role="region", tabindex=0, aria_label=label)


def small(*content: Child) -> Html:
    """A line of its own beneath the value of a cell."""
    return el("span", content, class_="unit missing")


def value_cell(page: Page, row: Row) -> Html:
    """The estimate, and beneath it the interval that the column's heading names."""
    point, low, high = _numbers(row)
    interval = page.fill("ledger_range", low=join(low), high=page.text(high))
    return el("td", page.text(point), small(interval), class_="num")


def value_text(page: Page, row: Row) -> Html:
    """The estimate with its interval, in one line."""
    point, low, high = _numbers(row)
    interval = page.fill("ledger_range", low=join(low), high=page.text(high))
    named = join(page.word("term_interval"), " ", interval)
    return join(page.text(point), page.word("opening"), named, page.word("closing"))


def verdict_text(page: Page, row: Row) -> str:
    return page.word(verdict_key({**row, "kind": kind_of(row)}))


def kind_of(row: Row) -> str:
    design = DESIGNS.get(str(row["design"]))
    return "effect" if design is not None and design.is_effect else "description"


def grade_cell(row: Row) -> Html:
    return el("td", f"{row['sms']}/5")


def threshold(row_unit: Payload, smallest: float) -> Text:
    """±1.0％: a smallest difference with as many decimals as it has."""
    form = UNITS.get(_unit_key(row_unit) or "count", UNITS["count"])
    places = form.decimals
    while round(smallest, places) != smallest and places < MOST_PLACES:
        places += 1
    return {
        lang: f"±{format_number(smallest, places)}{getattr(form, lang)}" for lang in ("ja", "en")
    }


def scope(page: Page, view: LedgerView, row: Row) -> list[Html]:
    """Body, year and parameters of a row; empty for the usual circumstances."""
    body, year = body_of(row), row["fiscal_year"]
    parameters = [(name, v) for name, v in row["parameters"].items() if name != "lgcode"]
    return [
        *([_body(page, view, body)] if body else []),
        *([page.fill("ledger_year", value=join(str(year)))] if year else []),
        *(_parameter(page, name, value) for name, value in parameters),
    ]


def scope_text(page: Page, view: LedgerView, row: Row) -> Html:
    parts = scope(page, view, row)
    return listing(parts, page.word("list_mark")) if parts else join(page.word("ledger_scope_all"))


def _body(page: Page, view: LedgerView, lgcode: str) -> Html:
    return page.fill("ledger_body", value=page.text(view.places.get(lgcode, lgcode)))


def _parameter(page: Page, name: str, value: object) -> Html:
    return page.fill("ledger_parameter", name=el("code", name), value=page.text(str(value)))


def editions_lines(page: Page, row: Row) -> list[Html]:
    """Title and edition of each source, a line each."""
    return [
        el("div", page.fill("ledger_edition", title=page.text(title), edition=page.text(edition)))
        for title, edition in _editions(page, row["sources"])
    ]


def _editions(page: Page, sources: Iterable[Payload]) -> list[tuple[str, str]]:
    pairs = ((page.pick(source["title"]), page.pick(source["edition"])) for source in sources)
    return list(dict.fromkeys(pairs))


def _unit_key(label: Payload) -> str | None:
    return next((key for key, unit in UNITS.items() if unit.payload() == label), None)


def _numbers(row: Row) -> tuple[Text, str, Text]:
    """Estimate, and the limits of its interval, to as many decimals as the interval has meaning."""
    low, high = row["ci_low"], row["ci_high"]
    key = _unit_key(row["unit"])
    form = UNITS[key or "count"]
    places = _places(high - low, form.decimals)
    point, lower, upper = (format_number(v, places) for v in (row["estimate"], low, high))
    if key is None:
        label = row["unit"]
        return {lang: f"{point} {label[lang]}" for lang in label}, lower, {"ja": upper, "en": upper}
    return (
        {"ja": f"{form.before_ja}{point}{form.ja}", "en": f"{form.before_en}{point}{form.en}"},
        lower,
        {"ja": upper + form.ja, "en": upper + form.en},
    )


def _places(width: float, usual: int) -> int:
    if not width > 0:
        return usual
    needed = FIGURES_OF_WIDTH - 1 - math.floor(math.log10(width))
    return max(usual, min(MOST_PLACES, needed))
