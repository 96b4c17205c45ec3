"""Reader of 地方公共団体へのオープンデータの取組に関するアンケート: every body's own answers.

UTF-8; two header rows (text of a question over its first option, options), then a row per body:
`○` marks and free text. What a blank means is decided in `ebpm.readers.opendata_replies`. Free
text is never taken over, not even into the list of what was set aside: only its length.

Source: https://www.digital.go.jp/resources/open_data
"""

import re
from collections.abc import Container
from pathlib import Path

import pandas as pd

from ebpm import corrections, lgcode
from ebpm.readers.opendata_codebook import (
    HEADER_ROWS,
    Question,
    check_header,
    read_codebook,
)
from ebpm.readers.opendata_replies import Body, Reply, replies
from ebpm.readers.reading import ReadError, Reading, SetAside, csv_rows, found, joined

SOURCE = "opendata_survey"
FILES = (
    "opendata-survey-*/r*_survey_answers.csv",
    "opendata-survey-*/r*_survey_questions.csv",
)
EDITION = re.compile(r"opendata-survey-(20\d\d)/r(\d+)_survey_answers\.csv")
YEAR_BEFORE_REIWA = 2018
REPEATED = "repeated_code"
SUBMISSIONS = {"提出済": "submitted", "未提出": "not_submitted", "未確認": "unconfirmed"}


def read(raw: Path) -> list[Reading]:
    """Tidy tables of every edition below `raw`, one folder each.

    `opendata_bodies`: one row per body, with its submission. `opendata_questions` and
    `opendata_options`: the questionnaire. `opendata_answers`: one row per body, question and
    option (`chosen` 1 or 0, or none with its kind of missing). `opendata_texts`: one row per body
    and free question (`text_characters`, or none with its kind of missing); never the text.
    """
    answers, _ = found(raw, FILES[:1]), found(raw, FILES[1:])
    editions = [read_edition(path, _edition(path)) for path in answers]
    return [joined(parts) for parts in zip(*editions, strict=True)]


def _edition(path: Path) -> int:
    """The year of a folder, which the era year of its file must confirm (r2 → 2020)."""
    match = EDITION.fullmatch(f"{path.parent.name}/{path.name}")
    if match and int(match[1]) == YEAR_BEFORE_REIWA + int(match[2]):
        return int(match[1])
    problem = f"フォルダー「{path.parent.name}」の西暦とファイル名の年度が合いません"
    remedy = "opendata-survey-2020/r2_survey_answers.csv の形にしてください"
    raise ReadError(path.name, "ファイル名", problem, remedy)


def read_edition(path: Path, edition: int) -> tuple[Reading, ...]:
    """The five tables of one edition; raises ReadError where a header is not as the codebook says."""
    questions = read_codebook(path.with_name(path.name.replace("_answers", "_questions")))
    header, rows = _rows(path, questions)
    bodies, account = _bodies(path.name, header, rows, edition)
    given = [reply for body in bodies for reply in replies(body, questions)]
    choices = [reply for reply in given if not reply.question.is_free]
    texts = [reply for reply in given if reply.question.is_free]
    return (
        account,
        _whole("opendata_questions", _question_table(questions, edition)),
        _whole("opendata_options", _option_table(questions, edition)),
        _cells("opendata_answers", path.name, choices, _answer_table(choices, edition)),
        _cells("opendata_texts", path.name, texts, _text_table(texts, edition)),
    )


def _rows(path: Path, questions: list[Question]) -> tuple[list[str], list[list[str]]]:
    """The first header row, and the rows of bodies, once the header is the codebook's."""
    rows = csv_rows(path, "utf-8", HEADER_ROWS)
    check_header(path.name, rows[:HEADER_ROWS], questions)
    return rows[0], rows[HEADER_ROWS:]


def _bodies(
    file: str, header: list[str], rows: list[list[str]], edition: int
) -> tuple[list[Body], Reading]:
    """The bodies of one edition, in the order of their codes, and the account of all rows."""
    numbered = enumerate(rows, start=HEADER_ROWS + 1)
    filled = {number: row for number, row in numbered if any(cell.strip() for cell in row)}
    whole = {number: row for number, row in filled.items() if len(row) == len(header)}
    mended = corrections.corrected(SOURCE, file, header, list(whole.values()))
    bodies, aside = _known(file, dict(zip(whole, mended, strict=True)))
    aside += [
        SetAside(file, f"{number} 行目", "wrong_number_of_columns", f"{len(filled[number])} 列")
        for number in sorted(filled.keys() - whole.keys())
    ]
    empty = len(rows) - len(filled)
    table, frame = "opendata_bodies", _body_table(bodies, edition)
    return bodies, Reading(table, frame, "row", len(rows), len(bodies), empty, tuple(aside))


def _known(file: str, rows: dict[int, list[str]]) -> tuple[list[Body], list[SetAside]]:
    """The rows that are one body's, once each; the rest with its reason.

    Rows of one body that differ are all set aside, for which one holds is not known.
    """
    bodies: dict[str, Body] = {}
    aside: list[SetAside] = []
    contradicted: dict[str, Body] = {}
    for number, row in rows.items():
        cells = tuple(cell.strip() for cell in row)
        reason = _problem(cells, bodies)
        if reason is None:
            body = Body(number, _code(cells), SUBMISSIONS[cells[2]], cells)
            bodies[body.lgcode] = body
            continue
        aside.append(_aside(file, number, reason, cells))
        if reason == REPEATED and cells[1:] != (first := bodies[_code(cells)]).cells[1:]:
            contradicted[first.lgcode] = first
    aside += [_aside(file, body.row, REPEATED, body.cells) for body in contradicted.values()]
    return [bodies[code] for code in sorted(bodies.keys() - contradicted.keys())], aside


def _code(cells: tuple[str, ...]) -> str:
    return lgcode.parse(cells[0], digits=6)


def _aside(file: str, number: int, reason: str, cells: tuple[str, ...]) -> SetAside:
    return SetAside(file, f"{number} 行目", reason, "、".join(cells[:3])[:80])


def _problem(cells: tuple[str, ...], seen: Container[str]) -> str | None:
    """Why a row is not loaded: its code, its name or its submission is not to be relied on."""
    code, name, submission, *_ = cells
    try:
        parsed = lgcode.parse(code, digits=6)
        named = lgcode.find(name)
    except (lgcode.AmbiguousName, lgcode.UnknownName):
        return "name_does_not_match_code"
    except lgcode.LgcodeError:
        return "unknown_code"
    if parsed != named:
        return "name_does_not_match_code"
    if parsed in seen:
        return REPEATED
    return None if submission in SUBMISSIONS else "unknown_submission"


def _whole(table: str, frame: pd.DataFrame) -> Reading:
    """A table of the codebook: all of it, or an error."""
    return Reading(table, frame, "row", len(frame), len(frame))


def _cells(table: str, file: str, given: list[Reply], frame: pd.DataFrame) -> Reading:
    """A table of answers with the account of the cells of all loaded bodies."""
    aside = tuple(item for reply in given for item in reply.set_aside(file))
    read = sum(len(reply.cells) for reply in given)
    loaded = sum(len(reply.cells) for reply in given if reply.missing is None)
    return Reading(table, frame, "cell", read, loaded, read - loaded - len(aside), aside)


def _body_table(bodies: list[Body], edition: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "edition": edition,
            "lgcode": [body.lgcode for body in bodies],
            "submission": [body.submission for body in bodies],
        }
    )


def _question_table(questions: list[Question], edition: int) -> pd.DataFrame:
    conditions = [question.depends_on or (None, None) for question in questions]
    return pd.DataFrame(
        {
            "edition": edition,
            "question_number": [question.number for question in questions],
            "question_type": [question.type for question in questions],
            "question": [question.text for question in questions],
            "asked_of": [question.asked_of for question in questions],
            "depends_on_question": pd.array([number for number, _ in conditions], dtype="Int16"),
            "depends_on_option": pd.array([option for _, option in conditions], dtype="Int16"),
            "max_choices": pd.array([question.max_choices for question in questions], "Int16"),
            "is_voluntary": [question.is_voluntary for question in questions],
        }
    )


def _option_table(questions: list[Question], edition: int) -> pd.DataFrame:
    options = [
        (edition, question.number, number, label)
        for question in questions
        for number, label in enumerate(question.labels, start=1)
    ]
    columns = ["edition", "question_number", "option_number", "option_label"]
    return pd.DataFrame(options, columns=columns)


def _answer_table(given: list[Reply], edition: int) -> pd.DataFrame:
    """One row per body, question and option."""
    answers = [
        (reply.body.lgcode, reply.question.number, option, value, reply.missing)
        for reply in given
        for option, value in enumerate(reply.values, start=1)
    ]
    columns = ["lgcode", "question_number", "option_number", "chosen", "missing"]
    return _answer_types(pd.DataFrame(answers, columns=columns), edition)


def _text_table(given: list[Reply], edition: int) -> pd.DataFrame:
    """One row per body and free question."""
    texts = [
        (reply.body.lgcode, reply.question.number, reply.values[0], reply.missing)
        for reply in given
    ]
    columns = ["lgcode", "question_number", "text_characters", "missing"]
    return _answer_types(pd.DataFrame(texts, columns=columns), edition)


def _answer_types(frame: pd.DataFrame, edition: int) -> pd.DataFrame:
    """Small integers, so that half a million answers stay a small file."""
    numbers = [column for column in frame if column not in {"lgcode", "missing"}]
    typed = frame.astype(dict.fromkeys(numbers, "Int16"))
    typed["missing"] = typed["missing"].astype("str")
    typed.insert(0, "edition", edition)
    return typed
