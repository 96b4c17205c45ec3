"""What a chart shows, in a sentence written from its data, every number with its source.

Each takes the rows of a chart, the `Dataset` that they come from and how the values are written: a
unit of `ebpm.evidence.text.UNITS`, what they measure, and decimals. What comes back is a
`description=` for `ebpm.figure`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ebpm.evidence.provenance import Dataset
from ebpm.evidence.said import Said, text
from ebpm.evidence.text import Both, Quantity


@dataclass(frozen=True)
class Measure:
    """How the values of a chart are written, and where they come from."""

    data: Dataset
    unit: str
    what: Both
    decimals: int | None = None

    def number(self, value: float, ja: str, en: str) -> Quantity:
        """A value in a sentence; `ja` and `en` say which of the values it is."""
        return self.data.number(value, self.unit, self._named(ja, en), self.decimals)

    def count(self, value: int, ja: str, en: str) -> Quantity:
        """How many of something a chart shows."""
        return self.data.number(value, "items", self._named(ja, en), 0)

    def _named(self, ja: str, en: str) -> Both:
        return Both(f"{self.what.ja}：{ja}", f"{self.what.en}: {en}")


def describe_ranked(rows: pd.DataFrame, measure: Measure) -> Said:
    """The highest, the lowest, and how many are not drawn."""
    first, last, left_out = rows.iloc[0], rows.iloc[-1], rows.attrs.get("left_out", 0)
    said = text(
        ja="最も高いのは{first}で{most}、最も低いのは{last}で{least}である。",
        en="Highest: {first} ({most}). Lowest: {last} ({least}).",
        first=first["label"],
        last=last["label"],
        most=measure.number(first["value"], "最も高い値", "highest"),
        least=measure.number(last["value"], "最も低い値", "lowest"),
    )
    if not left_out:
        return said
    return text(
        ja="{said}中ほどの{left}は図に示していない。",
        en="{said} The {left} in between are not drawn.",
        said=said,
        left=measure.count(left_out, "図に示していない数", "not drawn"),
    )


def describe_dots(rows: pd.DataFrame, measure: Measure) -> Said:
    """For each label the own value and the peers' median; without an own value the median."""
    return _of_each_label(rows, measure, _among_peers)


def _among_peers(rows: pd.DataFrame, measure: Measure) -> Said:
    label, by_kind = rows["label"].iloc[0], rows.set_index("kind")["value"]
    median = measure.number(
        float(by_kind["median"]), f"{label.ja}の中央値", f"median of {label.en}"
    )
    if "own" not in by_kind:
        return text(
            ja="{label}の中央値は{median}である。",
            en="{label}: median {median}.",
            label=label,
            median=median,
        )
    return text(
        ja="{label}は{own}で、比べる団体の中央値は{median}である。",
        en="{label}: {own}, median of the peers {median}.",
        label=label,
        own=measure.number(float(by_kind["own"]), f"{label.ja}の値", f"value of {label.en}"),
        median=median,
    )


def describe_slope(rows: pd.DataFrame, measure: Measure) -> Said:
    """The largest and the smallest change."""
    pairs = rows.assign(name=[label.ja for label in rows["label"]]).pivot(
        index="name", columns="end", values="value"
    )
    change = pairs[1] - pairs[0]
    labels = {label.ja: label for label in rows["label"]}
    return text(
        ja="変化が最も大きいのは{up}（{most}）、最も小さいのは{down}（{least}）である。",
        en="Largest change: {up} ({most}). Smallest: {down} ({least}).",
        up=labels[str(change.idxmax())],
        down=labels[str(change.idxmin())],
        most=measure.number(float(change.max()), "最も大きい変化", "largest change"),
        least=measure.number(float(change.min()), "最も小さい変化", "smallest change"),
    )


def describe_lines(rows: pd.DataFrame, measure: Measure) -> Said:
    """For each line its first and its last value."""
    return _of_each_label(rows, measure, _ends)


def _of_each_label(
    rows: pd.DataFrame, measure: Measure, told: Callable[[pd.DataFrame, Measure], Said]
) -> Said:
    """What `told` says of the rows of each label, one after another."""
    parts = [told(of_label, measure) for _, of_label in rows.groupby("label", sort=False)]
    names = {f"part_{i}": part for i, part in enumerate(parts)}
    places = [f"{{{name}}}" for name in names]
    return text(ja="".join(places), en=" ".join(places), **names)


def _ends(line: pd.DataFrame, measure: Measure) -> Said:
    label, ordered = line["label"].iloc[0], line.sort_values("x")["y"]
    return text(
        ja="{label}は最初が{first}、最後が{last}である。",
        en="{label}: {first} at first, {last} at last.",
        label=label,
        first=measure.number(ordered.iloc[0], f"{label.ja}の最初の値", f"first of {label.en}"),
        last=measure.number(ordered.iloc[-1], f"{label.ja}の最後の値", f"last of {label.en}"),
    )


def describe_event_study(rows: pd.DataFrame, measure: Measure) -> Said:
    """How many intervals before and after the event leave out zero."""
    estimated = rows[~rows["is_reference"].astype(bool)]
    clear = (estimated["ci_low"] > 0) | (estimated["ci_high"] < 0)
    after = estimated["event_time"] >= 0
    counts = {
        "before": (~after, "導入前の時点", "periods before"),
        "clear_before": (~after & clear, "導入前で区間が零を含まない時点", "before, without zero"),
        "after": (after, "導入後の時点", "periods after"),
        "clear_after": (after & clear, "導入後で区間が零を含まない時点", "after, without zero"),
    }
    return text(
        ja="95％信頼区間が零を含まないのは、導入前の{before}のうち{clear_before}、"
        "導入後の{after}のうち{clear_after}である。",
        en="The 95% interval leaves out zero in {clear_before} of {before} before the start "
        "and in {clear_after} of {after} from then on.",
        **{
            name: measure.count(int(rows_of.sum()), ja, en)
            for name, (rows_of, ja, en) in counts.items()
        },
    )


def describe_fan(rows: pd.DataFrame, measure: Measure) -> Said:
    """The last known value, and the median and the widest band at the end."""
    known, ahead = rows[rows["level"] == 0], rows[rows["level"] == rows["level"].max()]
    end = ahead.iloc[-1]
    return text(
        ja="最後の実績は{last}、見通しの終わりの中央値は{median}で、最も広い幅は{low}から{high}までである。",
        en="Last known: {last}. At the end the median is {median}, the widest band {low} to {high}.",
        last=measure.number(known["y"].iloc[-1], "最後の実績", "last known"),
        median=measure.number(end["y"], "見通しの終わりの中央値", "median at the end"),
        low=measure.number(end["low"], "見通しの終わりの下限", "lower limit at the end"),
        high=measure.number(end["high"], "見通しの終わりの上限", "upper limit at the end"),
    )


def describe_balance(rows: pd.DataFrame, measure: Measure) -> Said:
    """The largest difference before and after."""
    first, last = (
        rows.sort_values(column, ascending=False)["label"].iloc[0] for column in ("before", "after")
    )
    return text(
        ja="差が最も大きい条件は、調整前は{first}で{before}、調整後は{last}で{after}である。",
        en="Least alike before: {first} ({before}); after: {last} ({after}).",
        first=first,
        last=last,
        before=measure.number(rows["before"].max(), "調整前の最も大きい差", "largest before"),
        after=measure.number(rows["after"].max(), "調整後の最も大きい差", "largest after"),
    )


def describe_likert(rows: pd.DataFrame, measure: Measure) -> Said:
    """The question with the largest and with the smallest share above the middle answer."""
    middle = (rows["order"].max()) / 2
    above = rows[rows["order"] > middle].groupby(rows["label"], sort=False)["pct"].sum()
    return text(
        ja="中央より上の回答の割合が最も高いのは{first}で{most}、最も低いのは{last}で{least}である。",
        en="Answers above the middle: most for {first} ({most}), fewest for {last} ({least}).",
        first=above.idxmax(),
        last=above.idxmin(),
        most=measure.number(
            above.max(), "中央より上の回答の割合の最大", "largest share above the middle"
        ),
        least=measure.number(
            above.min(), "中央より上の回答の割合の最小", "smallest share above the middle"
        ),
    )
