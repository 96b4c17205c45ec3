"""Training judged on a log with a known effect and a known selection, and on too few people."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ebpm.evidence import declarations
from support.executed import Run, imported, run_in

TRUE_MINUTES, TRUE_POINTS = -3.0, 10.0
STAFF, TRAINED, MONTHS = 48, 24, 15
ATTENDED = ("2023-08-10", "2023-11-10")


def logs(folder: Path) -> tuple[Path, Path]:
    """Those to be trained are 4 minutes slower; a course of three people; one person without cases.

    The trained attend in the middle of two quarters; 3 minutes less from that day on.
    """
    random = np.random.default_rng(11)
    begins, usual = pd.Timestamp("2023-04-01"), (20.0, 35.0)
    cases, attended = [], []
    for number in range(STAFF):
        trained = number < TRAINED
        day = pd.Timestamp(ATTENDED[number % 2])
        level = random.normal(0, 1.5) + (4.0 if trained else 0.0)
        for month in range(MONTHS):
            first = begins + pd.DateOffset(months=month)
            for _ in range(4):
                kind = int(random.integers(2))
                moment = first + pd.Timedelta(hours=9 + float(random.random() * 600))
                minutes = usual[kind] + level + random.normal(0, 3) - 0.1 * month
                minutes += TRUE_MINUTES if trained and moment >= day else 0.0
                cases.append((f"{len(cases):05}", ("証明", "届出")[kind], moment, minutes, number))
        if trained:
            course = ("少人数研修", "応対研修", "業務研修")[(number >= 3) + (number >= 13)]
            before = 50 + random.normal(0, 8)
            after = before + TRUE_POINTS + random.normal(0, 3)
            attended.append((f"職員{number:03}", course, day, round(before), round(after)))
    attended.append(("職員999", "業務研修", pd.Timestamp(ATTENDED[0]), 50, 60))
    frame = pd.DataFrame(
        cases, columns=["case_id", "procedure", "received", "handling_minutes", "staff"]
    )
    frame["staff"] = [f"職員{number:03}" for number in frame["staff"]]
    frame["handling_minutes"] = frame["handling_minutes"].clip(lower=1).round(1)
    frame = frame.assign(channel="窓口", completed=frame["received"] + pd.Timedelta(days=1))
    frame.to_csv(folder / "log.csv", index=False, date_format="%Y-%m-%d %H:%M")
    names = ["staff", "course", "attended", "score_before", "score_after"]
    training = pd.DataFrame(attended, columns=names)
    training.to_csv(folder / "training.csv", index=False, date_format="%Y-%m-%d")
    return folder / "log.csv", folder / "training.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a notebook on the logs above."""
    home = tmp_path_factory.mktemp("training")
    log, training = logs(home)
    with pytest.MonkeyPatch.context() as patch:
        imported(home, patch, handling_log=log, training_log=training)
        yield run_in(patch)
        declarations.forget()


def test_the_effect_is_found_where_simple_comparisons_miss_it(run: Run) -> None:
    done = run("training_effect")
    effect, naive = done.findings["te-effect"], done.findings["te-naive"]
    assert effect["ci_low"] < TRUE_MINUTES < effect["ci_high"] < 0
    # The test of trends before lowers the level in one of seven samples of this size.
    assert effect["design"] == "difference_in_differences" and effect["sms"] in {2, 3}
    assert effect["n_clusters"] == STAFF
    assert naive["ci_low"] > TRUE_MINUTES and naive["sms"] == 1
    before = done.findings["te-selection"]
    assert before["ci_low"] < 4.0 < before["ci_high"] and before["verdict"] == "supported"
    assert "受講の前からすでに" in done.said


def test_scores_are_described_and_small_courses_stay_hidden(run: Run) -> None:
    done = run("training_effect")
    scores = done.findings["te-scores"]
    assert (scores["verdict"], scores["sms"]) == ("descriptive", 1)
    assert scores["ci_low"] < TRUE_POINTS < scores["ci_high"]
    (courses,) = (table for table in done.outputs("table") if table["id"] == "te-courses")
    assert [row[0] for row in courses["rows"]] == ["業務研修"]
    # Not the small course, nor the one that would give it away, nor a mean over all.
    assert scores["n"] == TRAINED - 13 + 1


def test_every_exhibit_has_ten_persons_behind_it(run: Run) -> None:
    done = run("training_effect")
    exhibits = [each for kind in ("figure", "table") for each in done.outputs(kind)]
    assert min(each["smallest_base"] for each in exhibits if each["data"]) >= 10


def test_too_few_people_are_not_analysed(run: Run) -> None:
    with pytest.raises(ValueError, match="10 人に満たない"):
        run("training_effect", course="少人数研修")


def test_a_course_that_is_not_there_is_told(run: Run) -> None:
    with pytest.raises(ValueError, match="記録がありません"):
        run("training_effect", course="別の研修")


def test_where_all_were_trained_the_last_serve_as_comparison(run: Run, tmp_path: Path) -> None:
    log, training = logs(tmp_path)
    late = pd.read_csv(training, dtype=str)
    others = [f"職員{number:03}" for number in range(TRAINED, STAFF)]
    rest = pd.DataFrame({"staff": others, "course": "業務研修", "attended": "2024-02-10"})
    pd.concat([late, rest]).to_csv(training, index=False)
    with pytest.MonkeyPatch.context() as patch:
        imported(tmp_path, patch, handling_log=log, training_log=training)
        effect = run_in(patch)("training_effect").findings["te-effect"]
    assert effect["ci_low"] < TRUE_MINUTES < effect["ci_high"]
    assert effect["n_clusters"] == STAFF
