"""What a person should know of a proposed mapping, in Japanese sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass

from ebpm.own.forms import Form
from ebpm.own.mapped import Doubt, Mapping
from ebpm.own.samples import Look, share_later

MOSTLY = 0.9
PAIRS = (("received", "completed"), ("time", "end_time"), ("introduced", "ended"))
"""Fields of which the second cannot be earlier than the first."""


@dataclass(frozen=True)
class Remarks:
    """Sentences, and the doubts that the sample values raise."""

    sentences: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def remarks(
    form: Form,
    mapping: Mapping,
    samples: Table[str, Sequence[str | None]],
    headings: Sequence[str],
    looks: Table[str, Look],
    is_order_open: bool,
) -> Remarks:
    """All remarks on a proposed mapping."""
    turned = list(_turned(mapping, samples))
    sentences = [
        *_missing(form, mapping),
        *(sentence for sentence, _ in turned),
        *_order(is_order_open),
        *_days(form, mapping, looks),
        *_items(form, mapping),
    ]
    return Remarks(tuple(sentences), tuple(doubt for _, doubt in turned))


def _missing(form: Form, mapping: Mapping) -> Iterator[str]:
    for item in form.fields:
        if item.key in mapping.columns or item.repeats:
            continue
        if item.required:
            yield (
                f"必須の「{item.label.ja}」に当たる列を決められませんでした。対応表の [columns] に列の見出しを"
                "書いてください"
                + (
                    "（全部の行で同じなら [fixed] に値を一度書いてもかまいません）。"
                    if item.type == "category"
                    else "。"
                )
            )
        elif item.key == "completed":
            yield "完了日時の列がないため、処理にかかった時間は計算できません。"


def _turned(
    mapping: Mapping, samples: Table[str, Sequence[str | None]]
) -> Iterator[tuple[str, Doubt]]:
    for first, second in PAIRS:
        if first in mapping.columns and second in mapping.columns and not mapping.days:
            one, other = mapping.columns[first], mapping.columns[second]
            share = share_later(samples.get(one, ()), samples.get(other, ()), mapping.order)
            if share < MOSTLY:
                sentence = (
                    f"「{other}」が「{one}」より前になっている行が多くあります"
                    f"（日時のそろう行の {100 * (1 - share):.0f}％）。列の対応を確かめてください。"
                )
                yield sentence, Doubt(second, other, (one,))


def _order(is_open: bool) -> Iterator[str]:
    if is_open:
        yield (
            "04/05/2024 のような日付の月と日のどちらが先か、初めの行からは決まりません。"
            "ファイル全体でも決まらなければ、対応表の order に書いてください。"
        )


def _days(form: Form, mapping: Mapping, looks: Table[str, Look]) -> Iterator[str]:
    for key, day in mapping.days.items():
        label = form.field(key).label.ja
        yield f"「{label}」は、日の列「{day}」と時刻の列「{mapping.columns[key]}」を合わせて読みます。"
    for item in form.fields:
        heading = mapping.columns.get(item.key)
        if item.type != "timestamp" or heading is None or item.key in mapping.days:
            continue
        if looks[heading].moments > 0.8 and looks[heading].with_clock < 0.2:
            yield f"「{item.label.ja}」（{heading}）には時刻がないため、時間の長さは日の単位でしか分かりません。"


def _items(form: Form, mapping: Mapping) -> Iterator[str]:
    if form.items is None:
        return
    if not mapping.items:
        yield (
            "5段階の設問の列が見つかりません。対応表の items に設問の列の見出しを書いてください"
            "（尺度の言葉は [values.items] に書けます）。"
        )
        return
    yield (
        f"5段階の設問とみた列は {len(mapping.items)} 列です。5 が最も良い（そう思う）向きになっているか、"
        "設問でない列が混ざっていないかを確かめてください。"
    )
