"""Words for the dashboard: every name in the published figures has a label in both languages."""

import duckdb
import pytest

from ebpm import dx_words
from ebpm.evidence.digits import loose_digits
from ebpm.paths import FIGURES


def names(figure: str, column: str) -> set[str]:
    """The distinct names in a column of a file of figures."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM read_parquet(?)", [str(FIGURES / figure)]
        )
        return {name for (name,) in rows.fetchall()}


def is_plain_english(text: str) -> bool:
    return text.isascii() and bool(text)


def test_every_published_indicator_has_a_label_without_digits() -> None:
    published = names("dx_status.parquet", "item")
    assert published == set(dx_words.INDICATORS)
    labels = [dx_words.indicator(name) for name in published]
    assert len({label.en for label in labels}) == len({label.ja for label in labels}) == 15
    for label in labels:
        assert is_plain_english(label.en) and not loose_digits(label.ja + label.en)


def test_every_published_procedure_has_a_label() -> None:
    published = names("online_rates.parquet", "item")
    assert published == set(dx_words.PROCEDURES)
    labels = [dx_words.procedure(name) for name in published]
    assert {label.ja for label in labels} == published
    assert len({label.en for label in labels}) == len(published)
    for label in labels:
        assert is_plain_english(label.en) and len(label.en) <= 40
        assert not loose_digits(label.ja + label.en)


def test_ten_activities_are_the_yes_or_no_indicators() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT item FROM read_parquet(?) WHERE unit = 'status'",
            [str(FIGURES / "dx_status.parquet")],
        ).fetchall()
    assert set(dx_words.TEN_ACTIVITIES) == {name for (name,) in rows}


@pytest.mark.parametrize("words", [dx_words.indicator, dx_words.procedure])
def test_unknown_name_is_refused_in_one_clear_line(words: object) -> None:
    with pytest.raises(ValueError, match="「CIOの解任」の訳語がありません") as raised:
        words("CIOの解任")  # type: ignore[operator]
    assert "\n" not in str(raised.value)
