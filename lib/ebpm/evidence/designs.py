"""Designs and checks: how far each kind of comparison can reach, and what lowers it.

`ceiling` is the highest level on the Maryland Scientific Methods Scale (5 is the strongest) that a
design can reach; methods name their design by its key here. Sources: Sherman et al. (1997),
"Preventing Crime: What Works, What Doesn't, What's Promising"; What Works Centre for Local
Economic Growth, "Guide to scoring evidence using the Maryland Scientific Methods Scale".
"""

from dataclasses import dataclass

from ebpm.evidence.text import Both, format_number


@dataclass(frozen=True)
class Design:
    """What kind of comparison a number rests on, and the level that it cannot exceed."""

    ceiling: int
    is_effect: bool
    reason: Both


@dataclass(frozen=True)
class CheckWords:
    """What a check asks, and how its value is written."""

    ja: str
    en: str
    decimals: int = 0
    is_share: bool = False

    def value_text(self, value: float | None) -> str:
        """The value as printed; a share (0–1) in per cent."""
        if value is None:
            return ""
        number = format_number(100 * value if self.is_share else value, self.decimals)
        return number + "%" if self.is_share else number


DESIGNS = {
    "description": Design(
        1,
        False,
        Both("集計のみ。比較の設計を持たない", "a count or mean without a design for comparison"),
    ),
    "survey": Design(
        1,
        False,
        Both(
            "調査の回答に基づく集計。比較の設計を持たない",
            "an estimate from a survey without a design for comparison",
        ),
    ),
    "forecast": Design(
        1,
        False,
        Both(
            "これまでの推移を延ばした見通し。施策の有無を比べていない",
            "a projection of the past; nothing is compared with and without the policy",
        ),
    ),
    "paired_comparison": Design(
        1,
        False,
        Both(
            "同じ手続の二つの規定値の比較。実際の処理日数でも導入前後の比較でもない",
            "compares two stated periods of the same procedure, neither actual handling time "
            "nor before and after",
        ),
    ),
    "cross_section": Design(
        1,
        False,
        Both(
            "一時点の横断比較（条件をそろえていない）。因果関係は示せない",
            "a cross-section without controls; cannot show cause and effect",
        ),
    ),
    "cross_section_controls": Design(
        2,
        False,
        Both(
            "一時点の横断比較（条件をそろえた）。因果関係は示せない",
            "a cross-section with controls; cannot show cause and effect",
        ),
    ),
    "decomposition": Design(
        2,
        False,
        Both(
            "二つの集団の差の内訳（条件をそろえた横断比較）。因果関係は示せない",
            "the parts of a gap between two groups, a cross-section with controls; "
            "cannot show cause and effect",
        ),
    ),
    "matching": Design(
        2,
        False,
        Both(
            "測った条件の似た団体どうしの一時点の比較。測っていない条件の違いは残る",
            "a cross-section of bodies alike in what was measured; what was not measured remains",
        ),
    ),
    "before_after": Design(
        1,
        False,
        Both(
            "実施前後だけの比較（比較対象なし）。ほかの変化と区別できない",
            "before and after without a comparison group; cannot be told from other changes",
        ),
    ),
    "interrupted_time_series": Design(
        2,
        False,
        Both(
            "実施前の傾向を延ばした値との比較（比較対象なし）。同じ時期のほかの変化と区別できない",
            "compared with the earlier trend, without a comparison group; cannot be told from "
            "other changes at that time",
        ),
    ),
    "comparative_interrupted_time_series": Design(
        3,
        True,
        Both(
            "実施前の傾向からの変化を、実施していない系列の変化と比べた",
            "the departure from the earlier trend, set against that of a series where nothing "
            "was done",
        ),
    ),
    "difference_in_differences": Design(
        3,
        True,
        Both(
            "実施前後の変化を、実施していない団体の変化と比べた。"
            "実施がなければ変化は同じだったという前提に立つ",
            "the change before and after, set against that where nothing was done, on the "
            "assumption that both would have changed alike",
        ),
    ),
    "quasi_random": Design(
        4,
        True,
        Both(
            "偶然に近い線引きなどを利用した比較",
            "a comparison that uses a dividing line or an event close to chance",
        ),
    ),
    "randomised": Design(
        5,
        True,
        Both(
            "くじ引きなどで対象を無作為に分けた実験",
            "an experiment in which a lottery or the like decided who took part",
        ),
    ),
}

# Designs of level 3 are those of methods made for them; higher ones rest on how the data came about
# and must have been registered beforehand.
METHODS_OF_CHANGES = frozenset(
    {
        "two_by_two",
        "event_study",
        "callaway_santanna",
        "sun_abraham",
        "permutation_test",
        "segmented_regression",
    }
)
LEVEL_OF_REGISTERED = 4

CHECKS = {
    "effective_clusters": CheckWords(
        "重みを考えたまとまりの実質的な数が十分か（30以上）",
        "enough clusters once weights are allowed for (30 or more)",
    ),
    "enough_clusters": CheckWords(
        "クラスターの数が十分か（30以上）", "enough clusters (30 or more)"
    ),
    "enough_degrees": CheckWords(
        "誤差を見積もる自由度が十分か（4以上）",
        "enough degrees of freedom for the error (4 or more)",
        decimals=1,
    ),
    "enough_treated_clusters": CheckWords(
        "実施した団体の数が十分か（10以上）", "enough treated clusters (10 or more)"
    ),
    "enough_comparison_clusters": CheckWords(
        "比べた相手の団体の数が十分か（10以上）", "enough clusters to compare with (10 or more)"
    ),
    "same_start": CheckWords(
        "開始時期が一つか（複数なら先に始めた団体とも比べてしまう）",
        "one starting time (with several, units are also compared with earlier starters)",
    ),
    "enough_rows": CheckWords("対象の数が十分か（30以上）", "enough cases (30 or more)"),
    "pre_trends": CheckWords(
        "実施前の推移が比較対象とそろっているか（有意確率0.05以上）",
        "like trends before the start (p of 0.05 or more)",
        decimals=3,
    ),
    "pre_periods": CheckWords(
        "実施前の時点が二つ以上あるか", "two or more points in time before the start"
    ),
    "overlap": CheckWords(
        "比べる相手のいる対象の割合が十分か（95％以上）",
        "share of cases that have someone to be compared with (95% or more)",
        decimals=1,
        is_share=True,
    ),
    "balance": CheckWords(
        "そろえた条件に残る差が小さいか（標準化した差の最大が0.1以下）",
        "little difference left in what was held constant (standardised, 0.1 or less)",
        decimals=3,
    ),
    "effective_sample": CheckWords(
        "重みを付けた後の実質的な対象数が十分か（30以上）",
        "enough cases once weights are allowed for (30 or more)",
        decimals=1,
    ),
    "coverage": CheckWords(
        "対象全体のうち数値のある割合が十分か（50％以上）",
        "share of all that have a value (50% or more)",
        decimals=1,
        is_share=True,
    ),
    "response": CheckWords(
        "回答率が十分か（60％以上）", "response rate (60% or more)", decimals=1, is_share=True
    ),
    "enough_periods": CheckWords(
        "実施前と実施後の時点の数がそれぞれ十分か（8以上）",
        "enough points in time before and after (8 or more each)",
    ),
    "no_autocorrelation": CheckWords(
        "誤差に時間的な連なりが残っていないか（有意確率0.05以上）",
        "no serial correlation left (p of 0.05 or more)",
        decimals=3,
    ),
    "enough_steps": CheckWords(
        "見通しのもとになる変化の数が十分か（4以上）",
        "enough past changes to project from (4 or more)",
    ),
    "common_ground": CheckWords(
        "二つの集団の条件に重なりがあるか（重なる割合90％以上）",
        "the two groups overlap in what is held constant (90% or more)",
        decimals=1,
        is_share=True,
    ),
}
