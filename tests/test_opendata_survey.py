"""The open data survey: every mark arrives under its body, question and option, or is accounted for.

The independent readings: the csv module on the answers, and a third party's parsed file, in which
a question's marks are one text (`v---`). No free text may leave the published file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ebpm.paths import FIGURES
from ebpm.readers import ReadError, Reading, opendata_survey
from support.published import Rows, csv_of, published, readings, write_csv

FOLDER = "opendata-survey-2020"
ANSWERS, CODEBOOK = "r2_survey_answers.csv", "r2_survey_questions.csv"
PARSED = "r2_survey_answers_parsed.csv"
BODIES = 1_788
FREE = (3, 7, 20, 21, 25, 30, 33, 35)
CONDITIONS = {3: (2, 4), 7: (6, 15), 20: (19, 24), 25: (24, 7), 30: (29, 18), 33: (32, 6)}
KANDA = "福岡県 苅田町"
SQL = resources.files("ebpm") / "sql"
STAGED = (
    "municipalities",
    *sorted(f"opendata_{part}" for part in ("bodies", "questions", "options", "answers", "texts")),
)
CONTRACTS = sorted(
    entry.name.removesuffix(".sql")
    for entry in (SQL / "contracts").iterdir()
    if entry.name.startswith("opendata_")
)

Damage = Callable[[Rows], None]


# the independent reading


@cache
def columns() -> dict[int, range]:
    """The columns of each question, from the first header row alone."""
    upper = csv_of(f"{FOLDER}/{ANSWERS}")[0]
    starts = [n for n, text in enumerate(upper) if text][3:]
    return {
        number: range(*span) for number, span in enumerate(pairwise([*starts, len(upper)]), start=1)
    }


def rows() -> Rows:
    return csv_of(f"{FOLDER}/{ANSWERS}")[2:]


def code_of(row: list[str]) -> str:
    return "406210" if row[1] == KANDA else row[0]


def is_prefecture(row: list[str]) -> bool:
    return row[0][2:5] == "000"


def ticks(row: list[str], question: int) -> list[int]:
    """Numbers of the ticked options."""
    cells = [row[column] for column in columns()[question]]
    return [number for number, cell in enumerate(cells, start=1) if cell.strip()]


def asked(row: list[str], question: int) -> bool | None:
    """Whether a question is for a body; None where the answer that would tell is missing."""
    if question == 8:
        return is_prefecture(row)
    if question in {9, 10}:
        return not is_prefecture(row)
    if question not in CONDITIONS:
        return True
    earlier, option = CONDITIONS[question]
    given = ticks(row, earlier)
    return option in given if given else None


def table(name: str) -> Reading:
    return readings("opendata_survey")[name]


def by_question(
    frame: pd.DataFrame, value: str
) -> dict[tuple[str, int], tuple[list[Any], set[Any]]]:
    """Values in the order of the options, and kinds of missing, by body and question."""
    found: dict[tuple[str, int], tuple[list[Any], set[Any]]] = {}
    parts = (frame["lgcode"], frame["question_number"], frame[value], frame["missing"])
    for code, question, given, missing in zip(*parts, strict=True):
        values, kinds = found.setdefault((code, int(question)), ([], set()))
        values.append(None if pd.isna(given) else int(given))
        kinds.add(None if pd.isna(missing) else str(missing))
    return found


@cache
def answers() -> dict[tuple[str, int], tuple[list[Any], set[Any]]]:
    frame = table("opendata_answers").frame
    keys = ["lgcode", "question_number", "option_number"]
    assert frame[keys].equals(frame[keys].sort_values(keys, ignore_index=True))
    return by_question(frame, "chosen")


@cache
def texts() -> dict[tuple[str, int], tuple[list[Any], set[Any]]]:
    return by_question(table("opendata_texts").frame, "text_characters")


# what is published arrives


def test_every_body_is_there_once_with_its_submission() -> None:
    expected = {code_of(row): row[2] for row in rows()}
    words = {"submitted": "提出済", "not_submitted": "未提出", "unconfirmed": "未確認"}
    frame = table("opendata_bodies").frame
    found = dict(zip(frame["lgcode"], frame["submission"].map(words), strict=True))
    assert found == expected
    assert len(frame) == len(rows()) == BODIES
    assert Counter(frame["submission"]) == {
        "submitted": 1_715,
        "not_submitted": 51,
        "unconfirmed": 22,
    }


def test_every_mark_lands_under_its_body_question_and_option() -> None:
    checked = 0
    for row in rows():
        for question in columns().keys() - set(FREE):
            values, missing = answers()[code_of(row), question]
            given = ticks(row, question)
            if not asked(row, question):
                expected: tuple[list[Any], set[Any]] = ([None] * len(values), {"not_asked"})
            elif not given:
                expected = ([None] * len(values), {"no_answer"})
            else:
                options = range(1, len(columns()[question]) + 1)
                expected = ([int(option in given) for option in options], {None})
            assert (values, missing) == expected, (row[1], question)
            checked += len(values)
    assert checked == len(table("opendata_answers").frame) == BODIES * 283


def test_the_third_partys_reading_agrees_wherever_there_is_an_answer() -> None:
    header, *parsed = csv_of(f"{FOLDER}/{PARSED}")
    assert len(header) == 38
    compared = 0
    for row in parsed:
        code = next(code_of(other) for other in names()[row[1]])
        for question in columns().keys() - set(FREE):
            values, missing = answers()[code, question]
            if missing == {None}:
                assert "".join("-v"[value] for value in values) == row[question + 2]
                compared += 1
            elif missing == {"no_answer"}:
                assert set(row[question + 2]) == {"-"}
    answered = [
        question
        for row in rows()
        for question in columns().keys() - set(FREE)
        if asked(row, question) and ticks(row, question)
    ]
    assert compared == len(answered) > 44_000


@cache
def names() -> dict[str, Rows]:
    return {row[1]: [row] for row in rows()}


@pytest.mark.parametrize(
    ("question", "counts"),
    [
        (1, [1_038, 568, 104, 5]),
        (24, {1: 39}),
        (27, None),
        (28, None),
        (34, None),
    ],
)
def test_counts_of_ticks_are_those_of_the_published_file(
    question: int, counts: list[int] | dict[int, int] | None
) -> None:
    frame = table("opendata_answers").frame
    chosen = frame[frame["question_number"] == question].groupby("option_number")["chosen"].sum()
    independent = Counter(option for row in rows() for option in ticks(row, question))
    assert chosen.to_dict() == {n: independent[n] for n in range(1, len(columns()[question]) + 1)}
    if isinstance(counts, list):
        assert chosen.tolist() == counts
    elif counts is not None:
        assert {option: chosen[option] for option in counts} == counts


def test_a_free_text_is_a_number_of_characters_and_never_a_text() -> None:
    for row in rows():
        for question in FREE:
            (value,), (missing,) = texts()[code_of(row), question]
            text = row[columns()[question].start].strip()
            expected: tuple[int | None, str | None]
            if asked(row, question) is False:
                expected = (None, "not_asked")
            elif text:
                expected = (len(text), None)
            else:
                expected = (None, "no_answer" if asked(row, question) else "unknown")
            assert (value, missing) == expected, (row[1], question)
    assert len(texts()) == BODIES * len(FREE)


def test_no_free_text_leaves_the_published_file() -> None:
    column = [columns()[question].start for question in FREE]
    given = {row[n].strip() for row in rows() for n in column if len(row[n].strip()) >= 12}
    assert len(given) > 700
    kept = [path.read_text(encoding="utf-8") for path in FIGURES.glob("opendata_*.json")]
    for path in FIGURES.glob("opendata_*.parquet"):
        with duckdb.connect() as connection:
            frame = connection.execute(f"SELECT * FROM '{path}'").df()
        kept += [" ".join(map(str, frame[name].unique())) for name in frame.columns]
    whole = "".join(kept)
    questionnaire = "".join(cell for row in csv_of(f"{FOLDER}/{CODEBOOK}") for cell in row)
    assert [text for text in given if text in whole and text not in questionnaire] == []


def test_a_body_that_submitted_nothing_has_no_mark_at_all_in_the_file() -> None:
    silent = [row for row in rows() if row[2] != "提出済"]
    assert len(silent) == 73
    assert not any(cell.strip() for row in silent for cell in row[3:])


def test_blanks_of_bodies_that_submitted_are_counted_question_by_question() -> None:
    blank = Counter(
        question
        for row in rows()
        for question in columns().keys() - set(FREE)
        if row[2] == "提出済" and asked(row, question) and not ticks(row, question)
    )
    submitted = set(table("opendata_bodies").frame.query("submission == 'submitted'")["lgcode"])
    found = Counter(
        question
        for (code, question), (_, missing) in answers().items()
        if missing == {"no_answer"} and code in submitted
    )
    assert found == blank
    assert (blank[9], blank[10], blank[18], blank[19], blank[34]) == (18, 20, 4, 4, 4)


# what is not loaded


def test_municipalities_that_answered_the_prefectures_question_are_listed() -> None:
    reading = table("opendata_answers")
    assert {item.reason for item in reading.set_aside} == {"answered_though_not_asked"}
    marks = [(row, n) for row in rows() if not is_prefecture(row) for n in ticks(row, 8)]
    assert len(reading.set_aside) == len(marks) == 79
    assert sorted(item.content for item in reading.set_aside) == sorted(
        f"No.8 選択肢 {option}：○" for _, option in marks
    )
    assert not any(ticks(row, 9) or ticks(row, 10) for row in rows() if is_prefecture(row))


def test_texts_of_bodies_that_were_not_asked_are_listed_by_their_length() -> None:
    reading = table("opendata_texts")
    expected = [
        f"No.{question} 自由記述：{len(text)} 文字"
        for row in rows()
        for question in FREE
        if (text := row[columns()[question].start].strip()) and asked(row, question) is False
    ]
    assert sorted(item.content for item in reading.set_aside) == sorted(expected)
    assert len(expected) == 5 + 8 + 5 + 16 + 2 + 8


def test_a_listed_mark_stands_at_the_place_that_is_named() -> None:
    file = csv_of(f"{FOLDER}/{ANSWERS}")
    for name in ("opendata_answers", "opendata_texts"):
        for item in table(name).set_aside:
            row, column = map(int, re.findall(r"\d+", item.place))
            assert file[row - 1][column - 1].strip()


def test_every_cell_is_accounted_for() -> None:
    file = csv_of(f"{FOLDER}/{ANSWERS}")
    parts = (table("opendata_answers"), table("opendata_texts"))
    assert sum(part.read for part in parts) == BODIES * (len(file[0]) - 3)
    filled = sum(bool(cell.strip()) for row in rows() for cell in row[3:])
    ticked = int(parts[0].frame["chosen"].sum()) + int(parts[1].frame["text_characters"].count())
    assert filled == ticked + sum(len(part.set_aside) for part in parts)


# the questionnaire


def test_the_questionnaire_is_that_of_the_codebook() -> None:
    frame = table("opendata_questions").frame
    published_rows = csv_of(f"{FOLDER}/{CODEBOOK}")[4:]
    assert list(frame["question_number"]) == list(range(1, 36))
    assert list(frame["question_type"]) == [row[1] for row in published_rows]
    for text, row in zip(frame["question"], published_rows, strict=True):
        bare = re.sub(r"^\[No\.\d+\]", "", re.sub(r"\s", "", row[0]))
        assert re.sub(r"\s", "", text) == bare
        assert "\n" not in text
    options = table("opendata_options").frame
    assert list(options["option_label"]) == [
        label.strip() for row in published_rows for label in row[3:]
    ]


def test_the_type_of_a_question_is_that_of_its_wording() -> None:
    frame = table("opendata_questions").frame.set_index("question_number")
    for number, question in frame["question"].items():
        several = re.search("全て選択|つまで選択", question) is not None
        one = re.search("[１1]つを?選", question) is not None
        expected = "multiple" if several else "single" if one else "free"
        assert frame.loc[number, "question_type"] == expected


def test_to_whom_a_question_is_put() -> None:
    frame = table("opendata_questions").frame.set_index("question_number")
    special = frame[frame["asked_of"] != "all"]["asked_of"].to_dict()
    assert special == {8: "prefectures", 9: "municipalities", 10: "municipalities"}
    led = frame[frame["depends_on_question"].notna()]
    pairs = zip(led["depends_on_question"], led["depends_on_option"], strict=True)
    assert dict(zip(led.index, pairs, strict=True)) == CONDITIONS
    assert frame[frame["max_choices"] > 1]["max_choices"].to_dict() == {11: 5, 12: 5}
    assert list(frame[frame["is_voluntary"]].index) == [21, 35]


# damaged files


@pytest.fixture
def survey(tmp_path: Path) -> tuple[Path, Rows]:
    """A folder with the codebook and ten bodies (both kinds, 苅田町 among them), to be damaged."""
    header, body = csv_of(f"{FOLDER}/{ANSWERS}")[:2], rows()
    few = [*body[:2], *body[47:53], *(row for row in body if row[0] == "132209")]
    assert {row[2] for row in few} >= {"提出済", "未提出"}
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / CODEBOOK).write_bytes(published(f"{FOLDER}/{CODEBOOK}").read_bytes())
    return write_csv(folder / ANSWERS, header + few), header + few


def read_damaged(survey: tuple[Path, Rows], damage: Damage) -> dict[str, Reading]:
    path, table_rows = survey
    damage(table_rows)
    write_csv(path, table_rows, "utf-8")
    found = {reading.table: reading for reading in opendata_survey.read(path.parents[1])}
    for reading in found.values():
        assert reading.read == reading.loaded + reading.empty + len(reading.set_aside)
    return found


def one_clear_line(error: pytest.ExceptionInfo[ReadError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(parts[0])
    for part in parts:
        assert part in message


def set_cell(row: int, column: int, text: str) -> Damage:
    def damage(table_rows: Rows) -> None:
        table_rows[row][column] = text

    return damage


def shift_header(table_rows: Rows) -> None:
    table_rows[0].insert(3, table_rows[0].pop())


def swap_options(table_rows: Rows) -> None:
    table_rows[1][3], table_rows[1][4] = table_rows[1][4], table_rows[1][3]


def drop_a_column(table_rows: Rows) -> None:
    for row in table_rows:
        row.pop(10)


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (shift_header, "1 行目 4 列目"),
        (swap_options, "2 行目 4 列目"),
        (set_cell(1, 5, "名前だけは知っている"), "2 行目 6 列目"),
        (set_cell(0, 0, "コード"), "1 行目 1 列目"),
        (set_cell(0, 7, "[No.2]別の設問"), "1 行目 8 列目"),
        (drop_a_column, "1 行目"),
        (lambda table_rows: table_rows.pop(1), "2 行目"),
        (lambda table_rows: table_rows.clear(), "見出し"),
    ],
)
def test_a_header_that_is_not_the_codebooks_is_refused(
    survey: tuple[Path, Rows], damage: Damage, place: str
) -> None:
    with pytest.raises(ReadError) as caught:
        read_damaged(survey, damage)
    one_clear_line(caught, ANSWERS, place)


def drop_question(number: int) -> Damage:
    def damage(table_rows: Rows) -> None:
        del table_rows[number + 3]

    return damage


def drop_header(table_rows: Rows) -> None:
    del table_rows[0]


def drop_identity(table_rows: Rows) -> None:
    del table_rows[2]


@pytest.mark.parametrize(
    ("damage", "file", "part"),
    [
        (drop_question(5), CODEBOOK, "No.5 の設問があるはず"),
        (drop_question(1), CODEBOOK, "No.1 の設問があるはず"),
        (drop_question(35), ANSWERS, "1 行目"),
        (drop_header, CODEBOOK, "1 行目"),
        (drop_identity, CODEBOOK, "2 行目"),
        (set_cell(4, 1, "radio"), CODEBOOK, "5 行目"),
        (set_cell(4, 2, "5"), CODEBOOK, "5 行目"),
        (set_cell(6, 1, "single"), CODEBOOK, "7 行目"),
        (set_cell(4, 3, "知らない"), CODEBOOK, "同じ選択肢"),
        (set_cell(4, 4, ""), CODEBOOK, "空欄"),
        (set_cell(5, 6, "計画なし"), CODEBOOK, "「未計画」という選択肢がありません"),
        (set_cell(11, 0, "[No.8]【政令市のみ回答】設問"), CODEBOOK, "「政令市」を知りません"),
        (lambda table_rows: table_rows.clear(), CODEBOOK, "見出し"),
    ],
)
def test_a_codebook_that_is_not_whole_is_refused(
    survey: tuple[Path, Rows], damage: Damage, file: str, part: str
) -> None:
    path = survey[0].with_name(CODEBOOK)
    table_rows = csv_of(f"{FOLDER}/{CODEBOOK}")
    damage(table_rows)
    write_csv(path, table_rows)
    with pytest.raises(ReadError) as caught:
        opendata_survey.read(path.parents[1])
    one_clear_line(caught, file, part)


@pytest.mark.parametrize("name", [ANSWERS, CODEBOOK])
@pytest.mark.parametrize(
    ("content", "part"),
    [
        (lambda raw: raw.decode("utf-8-sig").encode("cp932", "replace"), "文字コードが utf-8"),
        (lambda raw: raw.decode("utf-8-sig").encode("utf-16"), "文字コードが utf-8"),
        (lambda raw: b"", "見出し"),
        (lambda raw: b"\0\n" * 256, "1 行目"),
        (lambda raw: raw + b'\n"', "CSV として読めません"),
    ],
)
def test_a_file_in_another_encoding_or_without_content_is_refused(
    survey: tuple[Path, Rows], name: str, content: Callable[[bytes], bytes], part: str
) -> None:
    path = survey[0].with_name(name)
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(ReadError) as caught:
        opendata_survey.read(path.parents[1])
    one_clear_line(caught, "", name, part)


@pytest.mark.parametrize("name", [ANSWERS, CODEBOOK])
def test_a_missing_file_is_named(survey: tuple[Path, Rows], name: str) -> None:
    survey[0].with_name(name).unlink()
    with pytest.raises(ReadError) as caught:
        opendata_survey.read(survey[0].parents[1])
    one_clear_line(caught, "", name.removeprefix("r2"), "見つかりません")


@pytest.mark.parametrize("name", ["r6_survey_answers.csv", "r02b_survey_answers.csv"])
def test_a_year_that_the_file_name_does_not_confirm_is_refused(
    survey: tuple[Path, Rows], name: str
) -> None:
    survey[0].rename(survey[0].with_name(name))
    with pytest.raises(ReadError) as caught:
        opendata_survey.read(survey[0].parents[1])
    one_clear_line(caught, name, "ファイル名")


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\n"])
def test_line_ends_do_not_matter(survey: tuple[Path, Rows], ending: bytes) -> None:
    expected = read_damaged(survey, lambda table_rows: None)
    for path in survey[0].parent.iterdir():
        path.write_bytes(re.sub(rb"\r\n|\r|\n", ending, path.read_bytes()))
    for reading in opendata_survey.read(survey[0].parents[1]):
        if reading.table != "opendata_texts":  # a line end within a text is one character or two
            pd.testing.assert_frame_equal(reading.frame, expected[reading.table].frame)


def test_a_new_edition_loads_beside_the_old_one(survey: tuple[Path, Rows]) -> None:
    later = survey[0].parents[1] / "opendata-survey-2021"
    later.mkdir()
    for name in (ANSWERS, CODEBOOK):
        content = survey[0].with_name(name).read_bytes()
        (later / name.replace("r2", "r3")).write_bytes(
            content.replace(b"132209,\xe7\xa6\x8f", b"406210,\xe7\xa6\x8f")
        )
    for reading in opendata_survey.read(later.parent):
        assert set(reading.frame["edition"]) == {2020, 2021}
        per_edition = Counter(reading.frame["edition"])
        assert per_edition[2020] == per_edition[2021]


LAST = 11  # 苅田町's row among the few
SUBMITTED = 4  # a municipality that handed in its answers


def duplicate(table_rows: Rows) -> None:
    table_rows.append(list(table_rows[3]))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda table_rows: table_rows[4].pop(), "wrong_number_of_columns"),
        (lambda table_rows: table_rows[4].append(""), "wrong_number_of_columns"),
        (set_cell(4, 0, "999999"), "unknown_code"),
        (set_cell(4, 0, ""), "unknown_code"),
        (set_cell(4, 0, "01100"), "unknown_code"),
        (set_cell(4, 1, "東京都 府中市"), "name_does_not_match_code"),
        (set_cell(4, 1, "府中市"), "name_does_not_match_code"),
        (set_cell(4, 1, "どこにもない市"), "name_does_not_match_code"),
        (duplicate, "repeated_code"),
        (set_cell(4, 2, "提出"), "unknown_submission"),
    ],
)
def test_an_unsafe_row_is_set_aside_and_the_rest_is_loaded(
    survey: tuple[Path, Rows], damage: Damage, reason: str
) -> None:
    found = read_damaged(survey, damage)
    (aside,) = found["opendata_bodies"].set_aside
    assert (aside.file, aside.reason) == (ANSWERS, reason)
    bodies = found["opendata_bodies"].loaded
    assert bodies == len(survey[1]) - 2 - 1
    assert found["opendata_answers"].read == bodies * 283


def test_a_blank_row_is_empty(survey: tuple[Path, Rows]) -> None:
    found = read_damaged(survey, lambda table_rows: table_rows.append([""] * 294))
    assert (found["opendata_bodies"].empty, found["opendata_bodies"].set_aside) == (1, ())


def values_of(
    found: dict[str, Reading], row: list[str], question: int
) -> tuple[list[Any], set[Any]]:
    return by_question(found["opendata_answers"].frame, "chosen")[code_of(row), question]


@pytest.mark.parametrize("mark", ["〇", "◯", "1", "はい", "担当者の氏名は秘密です"])
def test_another_mark_is_not_guessed_and_not_echoed(survey: tuple[Path, Rows], mark: str) -> None:
    row = survey[1][SUBMITTED]
    column = columns()[4].start
    set_cell(SUBMITTED, column, mark)(survey[1])
    filled = len(ticks(row, 4))
    found = read_damaged(survey, lambda table_rows: None)
    assert values_of(found, row, 4) == ([None] * 6, {"unknown"})
    aside = [item for item in found["opendata_answers"].set_aside if "No.4 " in item.content]
    assert {item.reason for item in aside} == {"unreadable_mark"}
    assert len(aside) == filled
    assert aside[0].content == f"No.4 選択肢 1：{len(mark)} 文字"


def test_two_answers_to_a_single_choice_are_no_answer(survey: tuple[Path, Rows]) -> None:
    row = survey[1][SUBMITTED]
    for column in columns()[1]:
        row[column] = ""
    row[columns()[1].start] = row[columns()[1].start + 2] = "○"
    found = read_damaged(survey, lambda table_rows: None)
    assert values_of(found, row, 1) == ([None] * 4, {"unknown"})
    aside = [item for item in found["opendata_answers"].set_aside if "No.1 " in item.content]
    assert [item.reason for item in aside] == ["several_answers_to_a_single_choice"] * 2


def test_an_answer_of_a_body_that_handed_in_nothing_is_listed(survey: tuple[Path, Rows]) -> None:
    row = next(row for row in survey[1] if row[2] == "未提出")
    row[columns()[1].start] = "○"
    found = read_damaged(survey, lambda table_rows: None)
    assert values_of(found, row, 1) == ([None] * 4, {"no_answer"})
    aside = [item for item in found["opendata_answers"].set_aside if "No.1 " in item.content]
    assert [item.reason for item in aside] == ["answered_without_submission"]


def test_a_prefectures_answer_to_the_municipalities_question_is_listed(
    survey: tuple[Path, Rows],
) -> None:
    row = survey[1][2]
    row[columns()[9].start] = "○"
    found = read_damaged(survey, lambda table_rows: None)
    assert values_of(found, row, 9) == ([None] * 7, {"not_asked"})
    aside = [item for item in found["opendata_answers"].set_aside if "No.9 " in item.content]
    assert [item.reason for item in aside] == ["answered_though_not_asked"]


def test_a_text_is_loaded_where_the_answer_that_leads_to_it_is_missing(
    survey: tuple[Path, Rows],
) -> None:
    submitted = [row for row in survey[1] if row[2] == "提出済"]
    for row, text in zip(submitted, ("理由", ""), strict=False):
        for column in columns()[2]:
            row[column] = ""
        row[columns()[3].start] = text
    reading = read_damaged(survey, lambda table_rows: None)["opendata_texts"]
    found = by_question(reading.frame, "text_characters")
    assert found[code_of(submitted[0]), 3] == ([2], {None})
    assert found[code_of(submitted[1]), 3] == ([None], {"unknown"})


def test_a_text_of_one_character_is_not_echoed_either(survey: tuple[Path, Rows]) -> None:
    row = survey[1][SUBMITTED]
    assert ticks(row, 2) != [4]
    row[columns()[3].start] = "無"
    reading = read_damaged(survey, lambda table_rows: None)["opendata_texts"]
    (aside,) = [item for item in reading.set_aside if "No.3 " in item.content]
    assert aside.content == "No.3 自由記述：1 文字"


# the correction


def test_the_correction_gives_kanda_its_own_code() -> None:
    given = [row[1] for row in rows() if row[0] == "132209"]
    assert given == ["東京都 東大和市", KANDA]
    record = json.loads((FIGURES / "opendata_bodies.json").read_text(encoding="utf-8"))
    (correction,) = record["corrections"]
    assert (correction["published"], correction["corrected"]) == ("132209", "406210")
    row = next(row for row in rows() if row[1] == KANDA)
    values, missing = answers()["406210", 1]
    assert ([n for n, value in enumerate(values, start=1) if value], missing) == (
        ticks(row, 1),
        {None},
    )
    own = next(row for row in rows() if row[1] == "東京都 東大和市")
    assert [n for n, value in enumerate(answers()["132209", 1][0], start=1) if value] == ticks(
        own, 1
    )


def drop_kanda(table_rows: Rows) -> None:
    del table_rows[LAST]


@pytest.mark.parametrize("damage", [set_cell(LAST, 0, "406210"), drop_kanda])
def test_a_mended_file_makes_the_correction_fail(survey: tuple[Path, Rows], damage: Damage) -> None:
    assert survey[1][LAST][1] == KANDA
    with pytest.raises(ReadError) as caught:
        read_damaged(survey, damage)
    one_clear_line(caught, ANSWERS, "r2-kanda-machi-code", "132209", "data/corrections")


# the warehouse: staging, marts, contracts


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The survey's staging tables and marts, made from the shipped figures."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staging")
        for name in STAGED:
            suffix = "csv" if name == "municipalities" else "parquet"
            options = ", all_varchar = true" if suffix == "csv" else ""
            scan = f"read_{suffix}('{FIGURES / name}.{suffix}'{options})"
            connection.execute(f"CREATE TABLE raw.{name} AS SELECT * FROM {scan}")
            sql = (SQL / "staging" / f"stg_{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"CREATE TABLE staging.stg_{name} AS {sql}")
        for name in ("mart_opendata_answer", "mart_opendata_coverage"):
            sql = (SQL / "marts" / f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"CREATE TABLE {name} AS {sql}")
        yield connection


@pytest.mark.parametrize("name", STAGED)
def test_no_staged_row_is_set_aside(warehouse: duckdb.DuckDBPyConnection, name: str) -> None:
    query = f"SELECT count(*), count(set_aside_reason) FROM staging.stg_{name}"
    read, aside = warehouse.execute(query).fetchall()[0]
    assert read > 0
    assert aside == 0


def test_the_mart_of_answers_has_every_body_and_option(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = """
        SELECT option_label, sum(chosen), count(chosen), count(*)
        FROM mart_opendata_answer WHERE question_number = 24 AND option_number = 1 GROUP BY ALL
    """
    label = "職員の業務負荷低減に繋がったオープンデータ利活用事例がある"
    assert warehouse.execute(query).fetchall() == [(label, 39, 1_714, BODIES)]


def test_coverage_counts_are_those_of_the_published_file(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = """
        SELECT question_number, bodies_asked, bodies_answered, bodies_not_submitted,
            bodies_left_blank, bodies_not_asked, bodies_unknown
        FROM mart_opendata_coverage ORDER BY 1
    """
    expected = []
    for question, span in columns().items():
        states = Counter(asked(row, question) for row in rows())
        put = [row for row in rows() if asked(row, question)]
        silent = sum(row[2] != "提出済" for row in put)
        given = sum(any(row[column].strip() for column in span) for row in put)
        blank = len(put) - silent - given
        expected.append((question, len(put), given, silent, blank, states[False], states[None]))
    assert warehouse.execute(query).fetchall() == expected


def test_bodies_that_ticked_more_than_five_are_counted(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = "SELECT question_number, bodies_over_limit FROM mart_opendata_coverage"
    over = {question: sum(len(ticks(row, question)) > 5 for row in rows()) for question in (11, 12)}
    found = {question: n for question, n in warehouse.execute(query).fetchall() if n}
    assert found == {question: n for question, n in over.items() if n} == {12: 2}


def test_a_voluntary_question_has_no_response_rate(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = "SELECT question_number, response_rate FROM mart_opendata_coverage"
    rates = dict(warehouse.execute(query).fetchall())
    assert [question for question, rate in sorted(rates.items()) if rate is None] == [21, 35]
    assert rates[1] == 1_715 / BODIES
    assert (rates[8], rates[25]) == (1.0, 34 / 37)


def breaches(connection: duckdb.DuckDBPyConnection, contract: str) -> list[Any]:
    sql = (SQL / "contracts" / f"{contract}.sql").read_text(encoding="utf-8")
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_holds(warehouse: duckdb.DuckDBPyConnection, contract: str) -> None:
    assert breaches(warehouse, contract) == []


HOW_TO_BREAK = {
    "opendata_every_body": "DELETE FROM staging.stg_opendata_bodies WHERE lgcode = '011002'",
    "opendata_every_option_once": "DELETE FROM mart_opendata_answer"
    " WHERE lgcode = '011002' AND question_number = 4 AND option_number = 2",
    "opendata_every_text_once": "INSERT INTO staging.stg_opendata_texts SELECT *"
    " FROM staging.stg_opendata_texts WHERE lgcode = '011002' AND question_number = 35",
    "opendata_single_choice": "UPDATE mart_opendata_answer SET chosen = 1"
    " WHERE lgcode = '011002' AND question_number = 1",
    "opendata_one_state": "UPDATE mart_opendata_answer SET chosen = 0"
    " WHERE lgcode = '011002' AND question_number = 4",
    "opendata_addressees": "UPDATE mart_opendata_answer SET chosen = 1"
    " WHERE lgcode = '011002' AND question_number = 8 AND option_number = 1",
    "opendata_coverage_adds_up": "UPDATE mart_opendata_coverage"
    " SET bodies_answered = bodies_answered - 1 WHERE question_number = 1",
}


def test_every_contract_can_be_broken() -> None:
    assert sorted(HOW_TO_BREAK) == CONTRACTS


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_finds_its_breach(warehouse: duckdb.DuckDBPyConnection, contract: str) -> None:
    warehouse.execute("BEGIN TRANSACTION")
    try:
        warehouse.execute(HOW_TO_BREAK[contract])
        assert len(breaches(warehouse, contract)) == 1
    finally:
        warehouse.execute("ROLLBACK")
