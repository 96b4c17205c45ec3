"""The words of maps: kinds of missing, and a description written from the data."""

from collections import Counter

import pandas as pd

from ebpm import lgcode
from ebpm.evidence.text import UNITS, Both, format_number
from ebpm.missing import LABELS, NO_FIGURE

TILE_WORDS = {
    "suppressed": Both("秘匿", "hidden"),
    "not_applicable": Both("該当なし", "n/a"),
    "unknown": Both("不明", "n/k"),
    "not_asked": Both("対象外", "unask."),
    "no_answer": Both("無回答", "silent"),
    "not_offered": Both("提供なし", "absent"),
    "unreadable": Both("数値なし", "unread"),
    "zero_or_missing": Both("零か欠損", "0/none"),
    NO_FIGURE: Both("値なし", "none"),
}
"""The same in a tile, where there is room for four characters."""


def reasons(data: pd.DataFrame) -> Both:
    """The kinds of missing that occur, as a line of the legend; empty where there is none."""
    kinds = [Both(**LABELS[kind]) for kind in LABELS if kind in set(data["missing"])]
    if not kinds:
        return Both("", "")
    ja, en = "・".join(kind.ja for kind in kinds), ", ".join(kind.en.lower() for kind in kinds)
    return Both(f"値なし（{ja}）", f"No value ({en})")


def is_remote(code: str) -> bool:
    """Whether a body is one of Tokyo's island municipalities, out of view on a map of Tokyo."""
    return code[:2] == "13" and code[2:5] >= "360"


def map_description(data: pd.DataFrame, *, what: Both, unit: str, decimals: int = 0) -> Both:
    """What a map shows, in words: highest, lowest, and how many bodies have no value and why.

    `unit` is a key of `ebpm.evidence.text.UNITS`. Raises ValueError where no body has a value.
    """
    known = data.dropna(subset=["value"])
    if known.empty:
        raise ValueError("地図に示す値がありません。データを確かめてください。")
    counted = Both(f"{len(data):,}団体", f"{len(data):,} municipalities")
    if _is_of_prefectures(data):
        counted = Both(f"{len(data)}都道府県", f"{len(data)} prefectures")
    high, low = (_named(known, end, unit, decimals) for end in ("max", "min"))
    parts = [
        Both(f"{counted.ja}の{what.ja}を地図に示した。", f"Map of {what.en} in {counted.en}."),
        Both(f"最も高いのは{high.ja}、最も低いのは{low.ja}である。", f"Highest: {high.en}; lowest: {low.en}."),
        _without_value(data),
        *_not_in_view(data),
    ]  # fmt: skip
    return Both("".join(part.ja for part in parts), " ".join(part.en for part in parts).rstrip())


def _named(known: pd.DataFrame, end: str, unit: str, decimals: int) -> Both:
    """The bodies at one end with their value; of more than three the first, and their number."""
    value = getattr(known["value"], end)()
    names = known.loc[known["value"] == value, "name"].tolist()
    number, form = format_number(value, decimals), UNITS[unit]
    if len(names) <= 3:
        ja, en = "と".join(name.ja for name in names), ", ".join(name.en for name in names)
    else:
        ja, en = f"{names[0].ja}など{len(names)}団体", f"{names[0].en} and {len(names) - 1} others"
    return Both(f"{ja}（{number}{form.ja}）", f"{en} ({number}{form.en})")


def _without_value(data: pd.DataFrame) -> Both:
    counts = Counter(kind for kind in data["missing"] if kind)
    if not counts:
        return Both("すべての団体に値がある。", "Every body has a value.")
    ja = "、".join(f"{LABELS[kind]['ja']} {n:,}団体" for kind, n in counts.items())
    en = ", ".join(f"{LABELS[kind]['en'].lower()} {n:,}" for kind, n in counts.items())
    return Both(f"斜線は値がない団体で、内訳は{ja}である。", f"Hatched bodies have no value: {en}.")


def _not_in_view(data: pd.DataFrame) -> list[Both]:
    """What a map of municipalities leaves out or shows without a value of its own."""
    if _is_of_prefectures(data):
        return []
    notes = []
    if "北海道" in set(data["prefecture"]):
        notes.append(
            Both(
                "北方領土は輪郭だけを示した。",
                "The Northern Territories are shown in outline only.",
            )
        )
    if set(data["prefecture"]) == {"東京都"}:
        islands = sum(is_remote(code) for code in data["lgcode"])
        notes.append(
            Both(
                f"島しょ部の{islands}町村は図の範囲の外にある。",
                f"The {islands} island municipalities lie outside of the map.",
            )
        )
    return notes


def _is_of_prefectures(data: pd.DataFrame) -> bool:
    return all(lgcode.get(code).kind is lgcode.Kind.PREFECTURE for code in data["lgcode"])
