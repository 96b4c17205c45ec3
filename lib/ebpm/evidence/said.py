"""Texts whose numbers lead to their source: filled templates in both languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, TypeAlias

from ebpm.evidence.digits import TRACED, loose_digits
from ebpm.evidence.text import Both, Lang, Quantity

Segment: TypeAlias = str | dict[str, Any]
OFFICE = Both("部署の記載", "as stated by the office")
QUOTATION = "「…」"
# Marks that would end a quotation from within it, in any width, and what stands for them.
INNER_MARKS = {
    "ja": str.maketrans("「」｢｣﹁﹂", "『』『』『』"),
    "en": str.maketrans('“”"＂„‟', "‘’''‘‘"),
}


class OutputError(ValueError):
    """An output that cannot be emitted: what is wrong and what to do."""


@dataclass(frozen=True)
class Said:
    """A text in both languages: strings and numbers, each number with the id of its trace."""

    ja: tuple[Segment, ...]
    en: tuple[Segment, ...]
    traces: tuple[dict[str, Any], ...]

    def payload(self) -> dict[str, Any]:
        """The text as it stands in an output."""
        return {"ja": list(self.ja), "en": list(self.en), "traces": list(self.traces)}

    @property
    def plain(self) -> Both:
        """The text without its traces."""
        return Both(plain(self.ja), plain(self.en))


Words: TypeAlias = Both | Said


@dataclass(frozen=True)
class Quoted:
    """Words that are not the report's own: shown in quotation marks with whose words they are.

    They are neither read for overclaims nor for numbers without source: the report passes them on
    and says that it does.
    """

    words: Both
    by: Both | None = OFFICE

    @property
    def marked(self) -> Both:
        """The words in quotation marks, on one line."""
        ja, en = (" ".join(text.split()) for text in (self.words.ja, self.words.en))
        japanese, english = ja.translate(INNER_MARKS["ja"]), en.translate(INNER_MARKS["en"])
        return Both(f"「{japanese}」", f"“{english}”")

    def segment(self, lang: Lang) -> dict[str, Any]:
        """The quotation as a part of a text."""
        shown = getattr(self.marked, lang)
        if self.by is None:
            return {"text": shown, "quoted": True}
        by = f"（{self.by.ja}）" if lang == "ja" else f" ({self.by.en})"
        return {"text": shown + by, "quoted": True}


def quoted(ja: str, en: str = "", *, by: Both | None = OFFICE) -> Quoted:
    """Words of an office or a plan for `text`, `say` and `council_points`, as they were given.

    Without an English version both pages show the same words. `by` says whose they are; None
    only where the sentence around them does.
    """
    if not ja.strip():
        raise OutputError("引用する文が空です。")
    return Quoted(Both(ja, en.strip() or ja), by)


def text(*, ja: str, en: str, **values: Quantity | Both | Quoted | Said) -> Said:
    """A text whose `{name}`s are filled from `values`: a Quantity with its trace, a Both as text,
    a Quoted in quotation marks, a text made before as it is.

    Raises OutputError where a number would come from nowhere: a digit in a template or in a Both
    that is neither a year nor quoted (`ebpm.evidence.digits`), or a name without value.
    """
    traces: dict[str, dict[str, Any]] = {}
    japanese = tuple(_segments(ja, "ja", values, traces))
    english = tuple(_segments(en, "en", values, traces))
    for segments in (japanese, english):
        refuse_loose_digits(untraced(segments))
    return Said(japanese, english, tuple(traces.values()))


def plain(segments: tuple[Segment, ...] | list[Segment]) -> str:
    """Segments as one string."""
    return "".join(part if isinstance(part, str) else str(part["text"]) for part in segments)


def plain_of(words: Words) -> Both:
    """A text, traced or not, as plain text."""
    return words.plain if isinstance(words, Said) else words


def own_words(segments: tuple[Segment, ...] | list[Segment]) -> str:
    """The text as one string, with nothing between the marks of a quotation of others."""
    return plain([QUOTATION if _is_quoted(part) else part for part in segments])


def _is_quoted(part: Segment) -> bool:
    return isinstance(part, dict) and bool(part.get("quoted"))


def untraced(segments: tuple[Segment, ...] | list[Segment]) -> str:
    """The text with a mark in place of every number that has a trace."""
    return "".join(part if isinstance(part, str) else TRACED for part in segments)


def refuse_loose_digits(words: str) -> None:
    """Raises OutputError where a text holds a number without provenance."""
    if found := loose_digits(words):
        raise OutputError(
            f"文中に出典につながらない数字があります：「{found[0]}」。"
            "Dataset.number か Finding.number で渡してください（年、見出し、「」の引用は除きます）。"
        )


def _segments(
    template: str,
    lang: Lang,
    values: Mapping[str, Quantity | Both | Quoted | Said],
    traces: dict[str, Any],
) -> Iterator[Segment]:
    for literal, name, _, _ in Formatter().parse(template):
        if literal:
            yield literal
        if name is None:
            continue
        if name not in values:
            raise OutputError(f"文中の {{{name}}} に値が渡されていません。")
        value = values[name]
        if isinstance(value, Both):
            yield getattr(value, lang)
        elif isinstance(value, Said):
            traces.update({trace["id"]: trace for trace in value.traces})
            yield from getattr(value, lang)
        elif isinstance(value, Quoted):
            yield value.segment(lang)
        else:
            traces[value.trace["id"]] = value.trace
            yield value.segment(lang)
