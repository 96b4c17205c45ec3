"""Who did not answer: weights by response, how even the response was, how far it could mislead.

Little, R. J. A. (1986), "Survey Nonresponse Adjustments for Estimates of Means", International
Statistical Review 54(2): weights are divided by the response rate of the person's class or by the
predicted chance of response. That takes out the bias of non-response only as far as, within a
class, those who answered are like those who did not. Schouten, B., F. Cobben and J. Bethlehem
(2009), "Indicators for the Representativeness of Survey Response", Survey Methodology 35(1).
Manski, C. F. (1989), "Anatomy of the Selection Problem", Journal of Human Resources 24(3): bounds.

All functions take everyone who was asked, one row each, with a column of True and False that says
who answered. Errors of a `SurveyDesign` made with these weights take them as known, which in most
surveys is on the safe side (Beaumont, J.-F. 2005, Survey Methodology 31(2)).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from ebpm.methods.requirements import MethodError, require_complete
from ebpm.methods.result import Check, Estimate
from ebpm.methods.survey import SurveyDesign

MIN_RESPONSE_RATE = 0.6
MIN_RESPONSES = 20
FIFTHS = 5
NEWTON_STEPS = 50
NEWTON_TOLERANCE = 1e-10
# A chance this close to 0 or 1 comes from answers that the covariates separate perfectly.
CERTAIN = 1e-8
FILLED = "filled_outcome"


@dataclass(frozen=True, eq=False)
class ResponseWeights:
    """Weights of those who answered (index: their rows) and how the response went.

    `response_rate` (0–1) is weighted. `classes` has one row per class: its name, asked, responses,
    response_rate (weighted), adjustment (mean factor on the weights, missing where nobody answered). `r_indicator` is 1 - 2·S(ρ):
    1 where everyone was equally likely to answer, as far as the classes or covariates used can
    tell; it is lower in small samples by chance.
    """

    weights: pd.Series
    response_rate: float
    classes: pd.DataFrame
    r_indicator: float

    @property
    def check(self) -> Check:
        """Whether enough people answered; give it to `SurveyDesign(checks=...)`."""
        return _check(self.response_rate)


@dataclass(frozen=True)
class NonresponseBounds:
    """The estimate if everyone who did not answer had the lowest, or the highest, value.

    The number for all who were asked lies between the two whatever the others think; from
    `if_all_low.ci_low` to `if_all_high.ci_high` allows for sampling, too.
    """

    of_respondents: Estimate
    if_all_low: Estimate
    if_all_high: Estimate

    @property
    def largest_bias(self) -> float:
        """How far the respondents' number can at most be from that of all who were asked."""
        point = self.of_respondents.estimate
        return max(point - self.if_all_low.estimate, self.if_all_high.estimate - point)


def weighting_classes(
    frame: pd.DataFrame,
    responded: str,
    cells: Sequence[str],
    *,
    weights: str | None = None,
    min_responses: int = MIN_RESPONSES,
) -> ResponseWeights:
    """Weights divided by the (weighted) response rate of the class.

    Classes are the combinations of `cells` in sorted order. One with fewer than `min_responses`
    answers is merged with the neighbour in that order that shares more of `cells` from the left
    and, among such, has the nearer response rate. `weights` are those of everyone asked (1 each).
    Raises MethodError on missing values, weights of 0 or less, and fewer answers in all.
    """
    answered, w = _asked(frame, responded, cells, weights)
    if answered.sum() < max(min_responses, 1):
        raise MethodError(f"回答が {min_responses} 件に満たないため、回答率で補正できません。")
    codes, names = pd.factorize(pd.MultiIndex.from_frame(frame[list(cells)]), sort=True)
    columns = (answered.astype(float), w * answered, w)
    counts = np.column_stack([np.bincount(codes, column) for column in columns])
    starts = _class_starts(list(names), counts, min_responses)
    sums = np.add.reduceat(counts, starts)
    classes = np.searchsorted(starts, codes, side="right") - 1
    parts = np.split(np.array([_label(name) for name in names], object), starts[1:])
    labels = ["、".join(part) for part in parts]
    return _result(frame, answered, w, (sums[:, 1] / sums[:, 2])[classes], classes, labels)


def propensity_weights(
    frame: pd.DataFrame,
    responded: str,
    covariates: Sequence[str],
    *,
    weights: str | None = None,
) -> ResponseWeights:
    """Weights divided by the chance of response that a (weighted) logit predicts.

    Numbers enter as they are, text and categories as dummies; `classes` are fifths of the chance.
    Raises MethodError on missing values, weights of 0 or less, and covariates that are copies of
    each other or tell for sure who answered.
    """
    answered, w = _asked(frame, responded, covariates, weights)
    x = pd.get_dummies(frame[list(covariates)], drop_first=True, dtype=float).to_numpy(float)
    chance = _logit(answered.astype(float), np.column_stack([np.ones(len(x)), x]), w)
    fifth = pd.qcut(chance, FIFTHS, labels=False, duplicates="drop")
    codes, numbers = pd.factorize(fifth, sort=True)
    return _result(frame, answered, w, chance, codes, [str(int(n) + 1) for n in numbers])


def nonresponse_bounds(
    survey: SurveyDesign, outcome: str, responded: str, *, low: float = 0.0, high: float = 1.0
) -> NonresponseBounds:
    """Bounds on a mean (or, of 0 and 1, a share) over everyone asked, whoever answered.

    `survey` holds everyone asked with the weights of the sample; `outcome`, between `low` and
    `high`, may be missing where `responded` is False and must not be elsewhere.
    """
    answered = _mask(survey.frame, responded)
    require_complete(survey.frame[answered], [outcome])
    y = survey.frame[outcome].astype(float)
    if not y[answered].between(low, high).all():
        raise MethodError(f"{outcome} に {low}〜{high} の外の値があります。")
    w = survey.frame[survey.weights].to_numpy(float)
    asked = replace(survey, checks=(*survey.checks, _check(float(w[answered].sum() / w.sum()))))
    share = set(y[answered]) | {low, high} <= {0.0, 1.0}
    at_low = _filled(asked, y.where(answered, low), share=share)
    at_high = _filled(asked, y.where(answered, high), share=share)
    mask = pd.Series(answered, index=survey.frame.index)
    return NonresponseBounds(at_low(FILLED, where=mask), at_low(FILLED), at_high(FILLED))


def _filled(asked: SurveyDesign, y: pd.Series, *, share: bool) -> Callable[..., Estimate]:
    """The mean or the share of the design in which nobody's answer is missing."""
    filled = replace(asked, frame=asked.frame.assign(**{FILLED: y}))
    return filled.proportion if share else filled.mean


def _check(rate: float) -> Check:
    return Check("response", rate >= MIN_RESPONSE_RATE, rate)


def _mask(frame: pd.DataFrame, responded: str) -> np.ndarray:
    require_complete(frame, [responded])
    if not frame[responded].isin([0, 1]).all():
        raise MethodError(f"{responded} は回答の有無を表す真偽の列にしてください。")
    return frame[responded].to_numpy(bool)


def _asked(
    frame: pd.DataFrame, responded: str, columns: Sequence[str], weights: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Who answered, and the weights of everyone asked."""
    if not columns:
        raise MethodError("回答のしやすさを分ける列を一つ以上渡してください。")
    require_complete(frame, [*columns, weights] if weights else columns)
    w = frame[weights].to_numpy(float) if weights else np.ones(len(frame))
    if (w <= 0).any():
        raise MethodError("重みは正の数にしてください。")
    return _mask(frame, responded), w


def _class_starts(names: list[tuple[object, ...]], counts: np.ndarray, least: int) -> list[int]:
    """First cells of the classes, runs of cells with `least` answers or more.

    `counts` has per cell the answers and the weights of those who answered and were asked.
    """
    starts = list(range(len(names)))
    while True:
        sums = np.add.reduceat(counts, starts)
        smallest = int(sums[:, 0].argmin())
        if sums[smallest, 0] >= least:
            return starts
        rates = sums[:, 1] / sums[:, 2]
        apart = [
            (-_shared(names[starts[b] - 1], names[starts[b]]), abs(rates[b] - rates[b - 1]), b)
            for b in (smallest, smallest + 1)
            if 0 < b < len(starts)
        ]
        del starts[min(apart)[2]]


def _shared(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """How many values two cells have in common before the first that differs."""
    different = [a != b for a, b in zip(one, other, strict=True)]
    return different.index(True)


def _label(name: tuple[object, ...]) -> str:
    return "・".join(str(value) for value in name)


def _logit(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Fitted chances of a weighted logit, by Newton's method."""
    size = np.abs(x).max(axis=0)
    x = x / np.where(size > 0, size, 1.0)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise MethodError("説明変数が互いに重複しています。どれかを外してください。")
    beta = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = special.expit(x @ beta)
        if min(p.min(), 1 - p.max()) < CERTAIN:
            break
        step = np.linalg.solve(x.T @ (x * (w * p * (1 - p))[:, None]), x.T @ (w * (y - p)))
        beta = beta + step
        if np.abs(step).max() <= NEWTON_TOLERANCE:
            return np.asarray(special.expit(x @ beta))
    raise MethodError(
        "渡した列で回答の有無が完全に分かれてしまいます。列を減らすか区分を広げてください。"
    )


def _result(
    frame: pd.DataFrame,
    answered: np.ndarray,
    w: np.ndarray,
    chance: np.ndarray,
    classes: np.ndarray,
    labels: list[str],
) -> ResponseWeights:
    adjusted = w[answered] / chance[answered]
    factor = np.bincount(classes[answered], adjusted, len(labels))
    asked, weighted, base = (np.bincount(classes, c) for c in (np.ones(len(w)), w, w * answered))
    table = pd.DataFrame(
        {
            "name": labels,
            "asked": asked.astype(int),
            "responses": np.bincount(classes, answered).astype(int),
            "response_rate": base / weighted,
            "adjustment": np.divide(factor, base, out=np.full(len(base), np.nan), where=base > 0),
        }
    )
    mean = w @ chance / w.sum()
    spread = w @ (chance - mean) ** 2 / w.sum() * len(w) / (len(w) - 1)
    return ResponseWeights(
        pd.Series(adjusted, index=frame.index[answered], name="adjusted_weight"),
        float(base.sum() / w.sum()),
        table,
        float(1 - 2 * np.sqrt(spread)),
    )
