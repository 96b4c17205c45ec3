"""Text in both languages, and quantities as both languages write them."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

Lang = Literal["ja", "en"]
LANGUAGES: tuple[Literal["ja"], Literal["en"]] = ("ja", "en")
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Both:
    """One text in Japanese and English."""

    ja: str
    en: str

    def payload(self) -> dict[str, str]:
        """The text as it stands in an output."""
        return {"ja": self.ja, "en": self.en}

    def format(self, ja: dict[str, str], en: dict[str, str]) -> "Both":
        """Both templates filled in."""
        return Both(self.ja.format(**ja), self.en.format(**en))


def both(*, ja: str, en: str) -> Both:
    """A text in both languages: `both(ja="市区町村", en="Municipality")`."""
    return Both(ja, en)


@dataclass(frozen=True)
class Unit:
    """How a unit is written after a number, and with how many decimals by default."""

    ja: str
    en: str
    decimals: int
    label_ja: str | None = None
    label_en: str | None = None
    before_ja: str = ""
    before_en: str = ""

    def payload(self) -> dict[str, str]:
        """The unit's name for tables and records."""
        return {"ja": self.label_ja or self.ja, "en": self.label_en or self.en.strip()}


UNITS = {
    "count": Unit("", "", 0, "数", "count"),
    "procedures": Unit("件", " procedures", 0),
    "municipalities": Unit("団体", " municipalities", 0),
    "countries": Unit("か国", " countries", 0),
    "specifications": Unit("通り", " specifications", 0),
    "times": Unit("回", " times", 0, "回数", "times"),
    "dates": Unit("時点", " dates", 0),
    "days": Unit("日", " days", 1),
    "months": Unit("か月", " months", 0),
    "hours": Unit("時間", " hours", 0),
    "minutes": Unit("分", " minutes", 0),
    "applications": Unit("件", " applications", 0),
    "cases": Unit("件", " cases", 0),
    "years": Unit("年", " years", 0, "年数", "years"),
    "yen": Unit("円", " yen", 0),
    "pct": Unit("％", "%", 1),
    "points": Unit("ポイント", " points", 1),
    "items": Unit("項目", " items", 1),
    "correlation": Unit(
        "", "", 2, "相関係数", "correlation", before_ja="相関係数 ", before_en="correlation "
    ),
    "index": Unit("", "", 2, "指数", "index"),
    "per_1000": Unit("人", " staff", 2, "人（人口千人当たり）", "staff per 1,000 residents"),
    "staff": Unit("人", " staff", 0),
    "tools": Unit("個", " tools", 0),
    "groups": Unit("区分", " groups", 0),
    "score": Unit("点", " points of the scale", 2),
    "residents": Unit("人", " residents", 0),
    "year": Unit("年度", "", 0, "年度", "fiscal year"),
    "rank": Unit("位", "", 0, "順位", "rank"),
}


def format_number(value: float, decimals: int) -> str:
    """1234.5 → 1,234.5, with a true minus sign and no negative zero."""
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text


@dataclass(frozen=True)
class Quantity:
    """A number with its unit and with the trace that leads to its source."""

    value: float
    unit: str
    trace: dict[str, Any] = field(hash=False)
    decimals: int | None = None

    @property
    def text(self) -> Both:
        """The number as printed in each language."""
        unit = UNITS[self.unit]
        decimals = unit.decimals if self.decimals is None else self.decimals
        if not math.isfinite(self.value):
            raise ValueError(
                f"{self.unit} の値が有限の数ではありません。データを確かめてください。"
            )
        if self.unit == "year":
            return Both(f"{self.value:.0f}年度", f"{self.value:.0f}")
        number = format_number(self.value, decimals)
        return Both(number + unit.ja, number + unit.en)

    def segment(self, lang: Lang) -> dict[str, Any]:
        """The number as a part of a text: as printed, its value and unit, the id of its trace."""
        return {
            "text": getattr(self.text, lang),
            "trace": self.trace["id"],
            "value": self.value,
            "unit": UNITS[self.unit].payload(),
        }


def interval_text(
    estimate: float,
    low: float,
    high: float,
    unit: str,
    decimals: int | None = None,
    *,
    prediction: bool = False,
) -> Both:
    """An estimate with its 95 % interval (of confidence, or of prediction), in each language."""
    form = UNITS[unit]
    places = form.decimals if decimals is None else decimals
    point, lower, upper = (format_number(value, places) for value in (estimate, low, high))
    ja, en = ("予測区間", "prediction") if prediction else ("信頼区間", "confidence")
    return Both(
        f"{form.before_ja}{point}{form.ja}（95％{ja} {lower}〜{upper}{form.ja}）",
        f"{form.before_en}{point}{form.en} (95% {en} interval {lower} to {upper}{form.en})",
    )
