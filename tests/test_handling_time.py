"""Channels and handling time: the parts on made-up logs with a known answer, the notebook on real ones.

The invented town's effects are those of `ebpm.example`; Baltimore's counts and medians were
computed from the published file with pandas alone.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from ebpm import charts
from ebpm.evidence import declarations, logic, outputs
from ebpm.evidence.overclaims import overclaims
from ebpm.evidence.text import both
from ebpm.example import generate, value
from ebpm.methods import channels, moves, survival
from ebpm.methods.regression import MethodError
from ebpm.own import building, handling, importing
from ebpm.own.datasets import OwnData, OwnDataError
from ebpm.paths import OWN_NOTEBOOKS
from support.published import RAW, published

TRUTH = -4.0
BALTIMORE = "handling-log-baltimore-311/311_sample.csv"


@cache
def drawn(seed: int = 1, n: int = 3_000) -> pd.DataFrame:
    """Cases of ten procedures; the quick procedures come online more often, which is all that
    misleads. An online case takes four minutes less."""
    random = np.random.default_rng(seed)
    procedure, month = random.integers(0, 10, n), random.integers(24_000, 24_024, n)
    online = (random.random(n) < 0.8 - 0.07 * procedure).astype(float)
    minutes = 10 + 5 * procedure + 0.1 * (month - 24_000) + TRUTH * online + random.normal(0, 3, n)
    return pd.DataFrame(
        {
            "procedure": [f"手続{number}" for number in procedure],
            "month": month,
            "procedure_month": procedure * 100 + month - 24_000,
            "is_online": online,
            "minutes": minutes,
            "received_weekday": random.integers(1, 6, n),
            "office": "市民課",
        }
    )


class TestLikeWithLike:
    def test_is_that_of_statsmodels(self) -> None:
        frame = drawn()
        theirs = smf.ols("minutes ~ is_online + C(procedure) + C(month)", frame).fit()
        ours = channels.like_with_like(frame, "minutes")
        assert ours.estimate == pytest.approx(theirs.params["is_online"], rel=1e-9)
        assert ours.design == "cross_section_controls" and ours.n_clusters == 10

    def test_holds_the_truth_that_the_plain_difference_misses(self) -> None:
        plain = channels.unadjusted(drawn(), "minutes")
        like = channels.like_with_like(drawn(), "minutes")
        assert like.ci_low < TRUTH < like.ci_high
        assert plain.estimate < TRUTH - 5 and plain.design == "cross_section"

    def test_many_rows_are_grouped_with_the_same_result(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = channels.like_with_like(drawn(), "minutes")
        monkeypatch.setattr(channels, "MAX_ROWS", 100)
        after = channels.like_with_like(drawn(), "minutes")
        assert after.estimate == pytest.approx(before.estimate, rel=1e-9)
        assert after.standard_error == pytest.approx(before.standard_error, rel=0.05)
        assert after.n == before.n == len(drawn())

    def test_few_procedures_are_followed_by_their_months(self) -> None:
        two = drawn()[drawn()["procedure"].isin(["手続1", "手続2"])]
        assert (
            channels.like_with_like(two, "minutes").n_clusters == two["procedure_month"].nunique()
        )

    def test_without_a_procedure_with_both_there_is_nothing_to_compare(self) -> None:
        apart = drawn().assign(is_online=lambda f: (f["procedure"] < "手続5").astype(float))
        with pytest.raises(MethodError, match="両方の受付方法"):
            channels.like_with_like(apart, "minutes")

    def test_other_ways_leave_out_what_the_cases_do_not_allow(self) -> None:
        found = channels.alternatives(drawn(), "minutes", also={"half": "minutes"})
        assert {*found} >= {"procedure", "procedure_month", "weekday", "without_longest", "half"}
        assert found["half"].estimate == channels.like_with_like(drawn(), "minutes").estimate
        alone = drawn().assign(procedure_month=np.arange(len(drawn())))
        assert "procedure_month" not in channels.alternatives(alone, "minutes")


class TestEasyCases:
    def test_the_mix_is_that_of_the_comparison_channel(self) -> None:
        frame = drawn()
        found = channels.mix(frame, "minutes")
        other = frame[frame["is_online"] == 0]
        assert found.own == pytest.approx(other["minutes"].mean())
        assert found.of_exposed < found.own - 4

    def test_the_share_of_easy_cases_is_what_would_explain_the_difference(self) -> None:
        """Half of the cases are easy and take ten minutes less; nine in ten of those online are."""
        random = np.random.default_rng(3)
        online = np.tile([0.0, 1.0], 4_000)
        easy = random.random(8_000) < np.where(online == 1, 0.9, 0.5)
        number = np.arange(8_000) // 2
        frame = pd.DataFrame(
            {
                "procedure": number % 8,
                "month": number % 12,
                "procedure_month": number % 24,
                "is_online": online,
                "minutes": 30 - 10.0 * easy + random.normal(0, 0.01, 8_000),
            }
        )
        like = channels.like_with_like(frame, "minutes")
        assert like.estimate == pytest.approx(-4, abs=0.3)
        assert channels.hidden(frame, "minutes", like).easy_pct == pytest.approx(90, abs=3)

    def test_oster_is_that_with_all_dummies_written_out(self) -> None:
        from ebpm.methods.oster import oster

        frame = drawn()
        like = channels.like_with_like(frame, "minutes")
        found = channels.hidden(frame, "minutes", like).stability
        dummies = pd.get_dummies(
            frame[["procedure", "month"]].astype(str), drop_first=True, dtype=float
        )
        whole = oster(
            frame.join(dummies),
            outcome="minutes",
            exposure="is_online",
            controls=[*dummies.columns],
        )
        assert found is not None
        assert (found.beta, found.delta) == pytest.approx((whole.beta, whole.delta), rel=1e-6)

    def test_where_nothing_varies_nothing_is_left_to_be_explained(self) -> None:
        flat = drawn().assign(minutes=drawn()["procedure"].str[-1].astype(float))
        like = channels.like_with_like(flat, "minutes")
        assert channels.hidden(flat, "minutes", like).robustness_value == 0.0

    def test_a_year_of_cases(self) -> None:
        months = pd.Series([1, 1, 2, 3])
        assert channels.cases_a_year(months, pd.Series([1.0, 1.0, 0.0, 1.0])) == 12.0
        year = pd.Series(np.arange(1, 25))
        assert channels.cases_a_year(year, pd.Series(np.ones(24))) == 12.0


@cache
def town(seed: int = 1, *, null: bool = False) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The invented town's cases, and what is true of it."""
    made = generate(seed, null=null)
    log = made.frames["handling_log"]
    minutes = log["handling_minutes"].astype("Float64").to_numpy(float, na_value=np.nan)
    cases = log.assign(
        month=moves.month_number(pd.to_datetime(log["received"])),
        minutes=minutes,
        any_online=(log["channel"] == "オンライン").astype(float),
        is_online=log["channel"].map({"オンライン": 1.0, "窓口": 0.0}),
    )
    pairs = pd.MultiIndex.from_frame(cases[["procedure", "month"]])
    return cases.assign(procedure_month=pd.factorize(pairs)[0]), made.truth


class TestMoves:
    def test_starts_are_those_of_the_town(self) -> None:
        cases, truth = town()
        found = moves.moves(cases)
        assert found is not None and found.period == "month"
        first = cases["month"].min()
        told = truth["rollout_months"]
        assert {
            name: None if start == 0 else start - first for name, start in found.start.items()
        } == {name: told[name] for name in found.start.index}
        assert found.moved >= 18 and found.others == 8

    def test_the_truth_is_found_and_like_with_like_misses_it_by_easy_cases(self) -> None:
        cases, truth = town()
        found = moves.moves(cases)
        assert found is not None
        stack = moves.stacked(cases, "minutes", found)
        result, whole = moves.per_exposed(stack, "minutes"), moves.effect(stack, "minutes")
        assert result.ci_low < value(truth, "online") < result.ci_high
        assert whole.ci_low < value(truth, "rollout") < whole.ci_high
        assert result.design == "difference_in_differences" and result.n > 1_000
        known = cases.dropna(subset=["minutes", "is_online"])
        like = channels.like_with_like(known, "minutes")
        assert like.ci_high + (like.ci_high - like.ci_low) < value(truth, "online")
        course = moves.by_time(stack, "minutes", found)
        assert course is not None
        before = course[course["event_time"] < 0]
        assert ((before["ci_low"] < 0) & (before["ci_high"] > 0)).all()

    def test_nothing_is_found_where_nothing_is(self) -> None:
        cases, _ = town(1, null=True)
        found = moves.moves(cases)
        assert found is not None
        result = moves.per_exposed(moves.stacked(cases, "minutes", found), "minutes")
        assert result.ci_low < 0 < result.ci_high

    @pytest.mark.parametrize(
        ("online", "cases", "place"),
        [
            ([0, 0, 0, 0], [20] * 4, 0),
            ([0, 0, 5, 6], [20] * 4, 2),
            ([0, 0, 2, 9, 12], [40] * 5, 2),
            ([5, 6, 5, 6], [20] * 4, -1),
            ([0, 0, 5, 6], [1, 1, 20, 20], -1),
            ([4, 0, 4, 0, 2, 9], [20] * 6, -1),
            ([0, 0, 0, 0], [2] * 4, -1),
        ],
    )
    def test_a_start_is_told_from_chance(
        self, online: list[int], cases: list[int], place: int
    ) -> None:
        assert moves._start(np.array(online), np.array(cases)) == place

    def test_too_few_procedures_are_not_followed(self) -> None:
        cases, _ = town()
        few = cases[cases["procedure"].isin(sorted(cases["procedure"].unique())[:3])]
        assert moves.moves(few) is None


class TestLog:
    @pytest.mark.parametrize(
        ("channel", "is_online"),
        [
            ("オンライン", True),
            ("ｵﾝﾗｲﾝ申請", True),
            ("電子申請", True),
            ("Web申請「2.0」", True),
            ("マイナポータル", True),
            ("API", True),
            ("iPhone App", True),
            ("電話", False),
            ("Phone", False),
            ("Internal", False),
            ("オフライン", False),
            ("電子メール", False),
            ("Mail", False),
            ("Application desk", False),
        ],
    )
    def test_online_channels_are_told_by_their_words(self, channel: str, is_online: bool) -> None:
        assert handling.is_online(channel) is is_online

    def test_shares_over_time_give_no_small_count_away(self) -> None:
        random = np.random.default_rng(4)
        month = random.integers(24_000, 24_012, 1_500)
        channel = np.where(random.random(1_500) < (month - 23_998) / 60, "Web", "窓口")
        channel = np.where(random.random(1_500) < 0.02, "郵送", channel)
        frame = pd.DataFrame(
            {"channel": channel, "month": month, "any_online": (channel == "Web").astype(float)}
        )
        own = OwnData("handling_log", "a", 1_500, synthetic=False, smallest_cell=10)
        log = handling.Log(own, ("窓口", "Web"), 1, ("Web",), "窓口", 720.0)
        shown = handling.adoption(frame, log)
        assert shown["n"].min() >= 10 and {*shown["group"]} <= {"online", "against", "other"}
        there = frame.groupby("month")["channel"].nunique().to_numpy()
        drawn = shown.groupby("period")["group"].nunique().reindex(_firsts(), fill_value=0)
        # Where one share alone is left out, the others tell it.
        assert not ((there - drawn.to_numpy()) == 1).any()


def _firsts() -> list[str]:
    return [f"2000-{month:02d}-01" for month in range(1, 13)]


def test_a_curve_is_drawn_at_evenly_spaced_points_only() -> None:
    name = both(ja="窓口", en="counter")
    curve = survival.kaplan_meier(np.arange(1.0, 41.0), np.ones(40))
    rows = charts.steps_data({name: curve}, until=30, points=4)
    assert rows["x"].tolist() == [0, 10, 20, 30]
    assert rows["y"].tolist() == pytest.approx([100, 75, 50, 25])
    table, labels = charts.steps_table(rows, every=3)
    assert labels == [name] and table["x"].tolist() == [0, 30]
    assert ((rows["low"] <= rows["y"]) & (rows["y"] <= rows["high"])).all()
    longer = charts.steps_data({name: curve}, until=60, points=4)
    assert longer["y"].tolist() == pytest.approx([100, 50, 0, 0])
    unfinished = survival.kaplan_meier(np.arange(1.0, 41.0), np.arange(40) < 39)
    assert charts.steps_data({name: unfinished}, until=60, points=4)["x"].tolist() == [0, 20, 40]


def events() -> str:
    """An event log that names neither channel nor procedure."""
    random = np.random.default_rng(1)
    lines = ["案件番号,作業,日時"]
    for case in range(40):
        moment = pd.Timestamp("2024-01-08 09:00") + pd.Timedelta(hours=int(random.integers(2_000)))
        for step in ("受付", "審査", "決裁"):
            lines.append(f"C{case},{step},{moment:%Y-%m-%d %H:%M}")
            moment += pd.Timedelta(hours=int(random.integers(1, 90)))
    return "\n".join(lines) + "\n"


def applications(**fixed: str) -> str:
    """A hundred and twenty applications; `fixed` gives a field one value throughout."""
    random = np.random.default_rng(2)
    lines = ["受付番号,手続,受付方法,受付日時,完了日時,処理時間（分）"]
    for number in range(120):
        received = pd.Timestamp("2024-01-09 10:00") + pd.Timedelta(
            hours=int(random.integers(3_000))
        )
        fields = {
            "procedure": f"届{number % 7}",
            "channel": "オンライン" if random.random() < 0.4 else "窓口",
            "received": f"{received:%Y-%m-%d %H:%M}",
            "completed": f"{received + pd.Timedelta(hours=int(random.integers(1, 90))):%Y-%m-%d %H:%M}",
            "minutes": str(random.integers(5, 40)),
        } | fixed
        lines.append(",".join([f"R{number}", *fields.values()]))
    return "\n".join(lines) + "\n"


LOGS = {
    "bare": ("event_log", events),
    "counter": ("handling_log", lambda: applications(channel="窓口")),
    "flat": ("handling_log", lambda: applications(minutes="20")),
    "unfinished": ("handling_log", lambda: applications(completed="", minutes="")),
    "days": ("handling_log", lambda: applications(completed="2024-01-10", received="2024-01-09")),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Own data of this module: Baltimore where it is there, and the awkward logs."""
    folder = tmp_path_factory.mktemp("handling")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EBPM_OWN", str(folder / "own"))
        patch.setenv("EBPM_WAREHOUSE_FILE", "")
        for name, (form, text) in LOGS.items():
            path = folder / f"{name}.csv"
            path.write_text(text(), encoding="utf-8")
            importing.import_file(path, form, dataset=name)
        if (RAW / BALTIMORE).exists():
            path = folder / "b311.csv"
            path.write_bytes((RAW / BALTIMORE).read_bytes())
            importing.import_file(path, "handling_log", dataset="b311")
        patch.setenv("EBPM_WAREHOUSE_FILE", str(building.build()))
        yield folder


def played(dataset: str, patch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """What the notebook emits on a data set, by kind, executed in this process."""
    emitted: dict[str, list[dict[str, Any]]] = {}

    def emit(kind: str, payload: dict[str, Any], *_: object) -> None:
        emitted.setdefault(kind, []).append(payload)

    for module in (outputs, logic):
        patch.setattr(module, "emit", emit)
    declarations.forget()
    values: dict[str, Any] = {}
    notebook = nbformat.read(OWN_NOTEBOOKS / "handling_time.ipynb", as_version=4)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        exec(cell.source, values)
        if number == 0:
            values["dataset"] = dataset
    declarations.forget()
    return emitted


def texts(value: Any) -> list[str]:
    """All texts in either language within what was emitted."""
    if isinstance(value, dict):
        own = [value[lang] for lang in ("ja", "en") if lang in value]
        plain = [
            "".join(p if isinstance(p, str) else p["text"] for p in t) if isinstance(t, list) else t
            for t in own
        ]
        told = [text for text in plain if isinstance(text, str)]
        return [*told, *(text for key, v in value.items() if key != "spec" for text in texts(v))]
    return [text for each in value for text in texts(each)] if isinstance(value, list) else []


class TestAwkwardLogs:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("bare", []),
            ("counter", []),
            ("flat", ["minutes", "wait"]),
            ("unfinished", []),
            ("days", ["minutes", "wait"]),
        ],
    )
    def test_what_a_log_allows_is_found_and_what_is_declared_too(
        self, own: Path, name: str, found: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        emitted = played(name, monkeypatch)
        ids = {finding["id"] for finding in emitted["finding"]}
        compared = {f"ht-{key}-{way}" for key in found for way in ("naive", "like")}
        assert ids == {"ht-wait", "ht-closed"} | compared
        declared = {one for each in emitted.get("declaration", []) for one in each["names"]}
        assert declared == compared
        assert all(
            finding["declared_before_data"]
            for finding in emitted["finding"]
            if finding["id"] in compared
        )
        assert {*emitted["summary"][0]["headline_ids"]} <= ids
        bases = [
            each["smallest_base"]
            for kind in ("figure", "table")
            for each in emitted[kind]
            if each["data"]
        ]
        assert min(bases) >= 10
        assert overclaims(texts(emitted), sms=1) == []

    def test_minutes_that_never_vary_show_no_difference(
        self, own: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        findings = {each["id"]: each for each in played("flat", monkeypatch)["finding"]}
        assert findings["ht-minutes-like"]["verdict"] == "no_effect"


@pytest.fixture(scope="module")
def baltimore(own: Path) -> dict[str, list[dict[str, Any]]]:
    """What the notebook emits on Baltimore's log."""
    published(BALTIMORE)
    with pytest.MonkeyPatch.context() as patch:
        return played("b311", patch)


class TestBaltimore:
    def test_counts_and_medians_by_channel(
        self, baltimore: dict[str, list[dict[str, Any]]]
    ) -> None:
        tables = {table["id"]: table for table in baltimore["table"]}
        keys = [column["key"] for column in tables["ht-channels"]["columns"]]
        rows = {row[0]: dict(zip(keys, row, strict=True)) for row in tables["ht-channels"]["rows"]}
        told = {
            name: (rows[name]["n"], rows[name]["closed"], round(rows[name]["elapsed"], 1))
            for name in ("Phone", "API", "Internal", "Mail")
        }
        assert told == {
            "Phone": (4_995, 4_869, 71.3),
            "API": (2_571, 2_515, 79.2),
            "Internal": (2_194, 2_193, 0.0),
            "Mail": (206, 188, 155.5),
        }
        hidden = {name for name, row in rows.items() if row["n"] == {"missing": "suppressed"}}
        assert hidden == {"Email", "Other", "Web"}

    def test_waits_are_compared_and_staff_time_is_said_to_be_missing(
        self, baltimore: dict[str, list[dict[str, Any]]]
    ) -> None:
        found = {finding["id"]: finding for finding in baltimore["finding"]}
        assert {*found} == {"ht-wait", "ht-closed", "ht-wait-naive", "ht-wait-like"}
        like = found["ht-wait-like"]
        assert (like["verdict"], like["sms"]) == ("inconclusive", 2)
        assert like["estimate"] == pytest.approx(-1.7, abs=0.05)
        assert found["ht-wait-naive"]["estimate"] == pytest.approx(20.0, abs=0.05)
        said = [
            "".join(part if isinstance(part, str) else part["text"] for part in each["ja"])
            for each in baltimore["say"]
        ]
        assert any("職員の時間には直せない" in sentence for sentence in said)
        assert any(sentence.startswith("この記録では、この比較はできない") for sentence in said)

    def test_a_channel_that_cannot_be_compared_is_told_in_a_line(
        self, baltimore: dict[str, list[dict[str, Any]]]
    ) -> None:
        with pytest.raises(OwnDataError, match=r"「Web」は比べられません.*Phone"):
            handling.log("b311", online="Web")
        with pytest.raises(OwnDataError, match="against"):
            handling.log("b311", online="API", against="API")
        log = handling.log("b311", online="Mail", against="Phone")
        assert (log.online, log.against, log.minutes) == (("Mail",), "Phone", False)
