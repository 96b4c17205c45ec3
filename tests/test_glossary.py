"""Technical terms: the first use leads to its explanation, and nothing else on the page is touched."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import html

from ebpm.report.glossary import BASIC, glossary, linked, terms
from ebpm.report.markup import Html

LANGS: tuple[Any, ...] = ("ja", "en")


def links(markup: Html, lang: Any) -> list[tuple[str, str]]:
    shown, _ = linked(markup, lang)
    return [(a.get("href"), a.text) for a in html.fromstring(f"<div>{shown}</div>").xpath("//a")]


@pytest.mark.parametrize("lang", LANGS)
def test_every_term_is_explained_and_written_in_one_way_only(lang: Any) -> None:
    forms = [form.lower() for term in terms(lang) for form in term.forms]
    assert len(forms) == len(set(forms)) and all(term.means for term in terms(lang))
    assert set(BASIC) <= {term.key for term in terms(lang)}
    assert [t.key for t in terms("ja")] == [t.key for t in terms("en")]


def test_the_first_use_leads_to_the_explanation_and_later_ones_do_not() -> None:
    markup = Html("<p>中央値は大きい。</p><p>中央値と信頼区間、95％信頼区間。</p>")
    assert links(markup, "ja") == [("#term-median", "中央値"), ("#term-interval", "信頼区間")]


def test_english_terms_are_words_in_either_case() -> None:
    markup = Html("<p>Logged in. The Median of logs; log of staff.</p>")
    assert links(markup, "en") == [("#term-median", "Median"), ("#term-logarithm", "log")]


@pytest.mark.parametrize(
    "left_alone",
    [
        '<a href="#x">{}</a>',
        "<h2>{}</h2>",
        "<table><tr><td>{}</td></tr></table>",
        "<svg><text>{}</text></svg>",
        "<code>{}</code>",
        "<details><summary>{}</summary></details>",
        "<figure><figcaption>{}</figcaption></figure>",
        '<p title="{}">x</p>',
    ],
)
def test_links_headings_tables_charts_and_attributes_are_left_alone(left_alone: str) -> None:
    inside = Html(left_alone.format("中央値"))
    assert linked(inside, "ja")[0] == inside
    after = Html(f"{inside}<p>中央値</p>")
    assert ("#term-median", "中央値") in links(after, "ja")


def test_a_term_that_only_a_table_uses_is_explained_all_the_same() -> None:
    _, used = linked(Html("<table><tr><td>中央値</td></tr></table>"), "ja")
    assert used == {"median"}


def test_what_is_escaped_stays_escaped() -> None:
    markup = Html("<p>&lt;script&gt; 中央値 &amp; x &gt; 1</p>")
    shown, _ = linked(markup, "ja")
    assert shown.replace('<a href="#term-median" class="term">中央値</a>', "中央値") == markup


def test_the_list_holds_the_terms_that_are_used() -> None:
    shown = html.fromstring(f"<div>{glossary('ja', {'median', 'points'})}</div>")
    assert [dt.get("id") for dt in shown.xpath("//dt")] == ["term-median", "term-points"]
    assert len(shown.xpath("//dd")) == 2
