"""Advice: which catalogued method fits the shape of the data, and how far it can reach.

Only the shape is looked at (`ebpm.methods.shape`), never the outcome beside the exposure, and no
method is run: the advice may be asked for before a question is registered and its threshold
declared. Rules and thresholds are those of the methods (docs/methods.md). The level is the highest
on the Maryland Scientific Methods Scale that the shape allows; checks that need the result (like
trends, balance, overlap) may still lower it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ebpm.evidence.advice_words import ITEMS, KINDS, TIMINGS, WATCHED, WHY
from ebpm.evidence.findings import MIN_COVERAGE
from ebpm.evidence.grade import LEVEL_OF_EFFECTS, Grade, grade
from ebpm.evidence.text import Both
from ebpm.methods.interrupted import MIN_PERIODS
from ebpm.methods.names import METHODS
from ebpm.methods.panels import MIN_COHORT, MIN_PRE_PERIODS
from ebpm.methods.regression import MIN_CLUSTERS, MIN_ROWS, MIN_TREATED
from ebpm.methods.result import Check, Estimate
from ebpm.methods.shape import Shape, shape_of

Applies = Callable[[Shape], bool]

DID, CONTROLLED = "difference_in_differences", "cross_section_controls"
WITH_VARIANTS = {"ols", "fixed_effects_ols", "fractional_logit"}
COMPARED = {"two_by_two", "event_study", "callaway_santanna"}


@dataclass(frozen=True)
class Rule:
    """When a method fits, the design that it has then, and what would do as well."""

    key: str
    applies: Applies
    method: str
    design: str
    others: tuple[str, ...] = ()


def _few(shape: Shape) -> bool:
    fewest = min(shape.exposed, shape.others)
    return shape.is_binary and not shape.is_repeated and fewest < MIN_TREATED


def _is_share(shape: Shape) -> bool:
    return shape.has_controls and shape.clusters is not None and shape.outcome in SHARES


SHARES = {"binary", "share"}
# The first rule that applies decides.
RULES = (
    Rule(
        "one_series",
        lambda s: s.timing == "everyone" and s.units == 1,
        "segmented_regression",
        "interrupted_time_series",
    ),
    Rule("everyone", lambda s: s.timing == "everyone", "before_after", "before_after"),
    Rule(
        "few_started",
        lambda s: s.timing == "one_start" and _few(s),
        "permutation_test",
        DID,
        ("two_by_two",),
    ),
    Rule("one_start", lambda s: s.timing == "one_start" and s.periods == 2, "two_by_two", DID),
    Rule("many_periods", lambda s: s.timing == "one_start", "event_study", DID, ("two_by_two",)),
    Rule(
        "several_starts",
        lambda s: s.timing == "several_starts",
        "callaway_santanna",
        DID,
        ("sun_abraham",),
    ),
    Rule("within", lambda s: s.timing == "on_and_off", "fixed_effects_ols", CONTROLLED),
    Rule("never_changes", lambda s: s.timing == "never_changes", "fixed_effects_ols", CONTROLLED),
    Rule("few_exposed", _few, "permutation_test", "cross_section"),
    Rule("share", _is_share, "fractional_logit", CONTROLLED, ("ols",)),
    Rule(
        "two_groups_alike",
        lambda s: s.has_controls and s.is_binary,
        "ols",
        CONTROLLED,
        ("fixed_effects_ols", "entropy_balancing"),
    ),
    Rule("controls", lambda s: s.has_controls, "ols", CONTROLLED, ("fixed_effects_ols",)),
    Rule("two_groups", lambda s: s.is_binary, "ols", "cross_section"),
    Rule("together", lambda s: True, "spearman", "cross_section", ("ols",)),
)

WATCH: Mapping[str, Applies] = {
    "missing": lambda s: any(share > 0 for share in s.missing.values()),
    "independent": lambda s: s.clusters is None,
    "few_clusters": lambda s: s.clusters is not None and s.clusters < MIN_CLUSTERS,
    "repeated": lambda s: s.is_repeated,
    "whole_numbers": lambda s: s.outcome == "whole",
    "no_controls": lambda s: s.timing == "one_period" and not s.has_controls,
    "lopsided": lambda s: s.is_binary and s.units > 1 and 0 < _smaller(s) < MIN_CLUSTERS,
    "never_changes": lambda s: s.timing == "never_changes",
    "already": lambda s: s.already > 0,
    "all_in_the_end": lambda s: s.timing == "several_starts" and s.others == 0,
    "lonely_start": lambda s: s.timing == "several_starts" and s.smallest_cohort < MIN_COHORT,
    "one_before": lambda s: s.is_compared_over_time and s.before < MIN_PRE_PERIODS,
    "like_trends": lambda s: s.is_compared_over_time and s.before >= MIN_PRE_PERIODS,
}


def _smaller(shape: Shape) -> int:
    return min(shape.exposed, shape.others)


@dataclass(frozen=True)
class Advice:
    """The method (a key of `ebpm.methods.names.METHODS`), the level it can reach, what to watch."""

    rule: str
    method: str
    others: tuple[str, ...]
    design: str
    level: Grade
    watch: tuple[str, ...]
    shape: Shape

    @property
    def sms(self) -> int:
        """The highest level that the shape allows."""
        return self.level.sms

    @property
    def rows(self) -> list[tuple[Both, Both]]:
        """The advice in words: what each row is about, and what it says."""
        names = [Both(METHODS[key].ja, METHODS[key].en) for key in (self.method, *self.others)]
        reason = self.level.reason
        scale = Both(
            f"SMS {self.sms}/5まで（5が最も強い）。{reason.ja}",
            f"SMS {self.sms}/5 at most (5 is the strongest): {reason.en}",
        )
        found = [
            ("shape", _described(self.shape)),
            ("method", names[0]),
            ("why", WHY[self.rule]),
            *(("other", name) for name in names[1:]),
            ("level", scale),
            *(("watch", _watched(key, self.shape)) for key in self.watch),
        ]
        return [(ITEMS[item], words) for item, words in found]

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a table: item, found."""
        return pd.DataFrame(self.rows, columns=["item", "found"])

    def __str__(self) -> str:
        return "\n".join(f"{item.ja}：{found.ja}" for item, found in self.rows)


def advise(
    frame: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    unit: str,
    time: str | None = None,
    cluster: str | None = None,
    controls: Sequence[str] = (),
) -> Advice:
    """The method that fits the shape of `frame`: one row a unit, and period where `time` is given.

    `exposure` is 0/1 (was it done?) or a number; `cluster` the column by which rows belong
    together (the prefecture, say). Raises MethodError as `ebpm.methods.shape.shape_of` does.
    """
    shape = shape_of(
        frame,
        outcome=outcome,
        exposure=exposure,
        unit=unit,
        time=time,
        cluster=cluster,
        controls=controls,
    )
    rule = next(rule for rule in RULES if rule.applies(shape))
    method = rule.method + _variant(rule.method, shape)
    level = grade(_unknown(shape, method, rule.design, _checks(rule.method, shape)))
    watch = [key for key, is_there in WATCH.items() if is_there(shape)]
    watch += [] if level.sms >= LEVEL_OF_EFFECTS else ["no_cause"]
    return Advice(rule.key, method, rule.others, rule.design, level, tuple(watch), shape)


def _variant(method: str, shape: Shape) -> str:
    """The errors that the method itself will choose (`ebpm.methods.regression`)."""
    if method not in WITH_VARIANTS:
        return ""
    if shape.clusters is None:
        return "_hc3"
    return "_cr2" if shape.fewest_clusters < MIN_CLUSTERS else ""


def _unknown(shape: Shape, method: str, design: str, checks: tuple[Check, ...]) -> Estimate:
    """A result before there is one: only what its grade depends on."""
    return Estimate(0.0, 0.0, 0.0, None, shape.rows, shape.clusters, method, design, checks)


def _checks(method: str, shape: Shape) -> tuple[Check, ...]:
    """Those checks of the method that the shape alone decides."""
    present = 1 - next(iter(shape.missing.values()))
    coverage = Check("coverage", present >= MIN_COVERAGE, present)
    sizes: list[tuple[str, int, int]] = []
    if method == "segmented_regression":
        sizes = [("enough_periods", min(shape.before, shape.after), MIN_PERIODS)]
    elif shape.clusters is None and method in WITH_VARIANTS:
        sizes = [("enough_rows", shape.rows, MIN_ROWS)]
    elif shape.clusters is not None and method != "permutation_test":
        sizes = [("enough_clusters", shape.clusters, MIN_CLUSTERS)]
    if method in COMPARED:
        sizes += [
            ("enough_treated_clusters", shape.exposed_clusters, MIN_TREATED),
            ("enough_comparison_clusters", shape.other_clusters, MIN_TREATED),
        ]
    if shape.is_compared_over_time:
        sizes += [("pre_periods", shape.before, MIN_PRE_PERIODS)]
    return (*(Check(name, size >= least, float(size)) for name, size, least in sizes), coverage)


def _described(shape: Shape) -> Both:
    """The shape in words."""
    timing, kind = TIMINGS[shape.timing], KINDS[shape.outcome]
    sides = clusters = Both("", "")
    if shape.is_binary:
        sides = Both(
            f"取組のある団体 {shape.exposed:,}、ない団体 {shape.others:,}。",
            f" {shape.exposed:,} units with the exposure, {shape.others:,} without.",
        )
    if shape.clusters is not None:
        clusters = Both(f"まとまり {shape.clusters:,}。", f" {shape.clusters:,} clusters.")
    return Both(
        f"{shape.rows:,}行、団体 {shape.units:,}、時点 {shape.periods:,}（{timing.ja}）。"
        f"{sides.ja}{clusters.ja}結果は{kind.ja}。",
        f"{shape.rows:,} rows, {shape.units:,} units, periods: {shape.periods:,} ({timing.en})."
        f"{sides.en}{clusters.en} The outcome: {kind.en}.",
    )


def _watched(key: str, shape: Shape) -> Both:
    """What to watch; of missing values the largest share of a column."""
    most = f"{max(shape.missing.values()):.1%}"
    return WATCHED[key].format({"most": most.replace("%", "％")}, {"most": most})
