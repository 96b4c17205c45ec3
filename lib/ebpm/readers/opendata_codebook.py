"""The questionnaire of the open data survey: its codebook, and the header that must agree with it.

The codebook (`r*_survey_questions.csv`) has one row per column group of the answers: text of the
question, `single`, `multiple` or `free`, number of options, options. To whom a question is put
stands in its text: 【都道府県のみ回答】, 【市区町村のみ回答】, [No.6] で「その他」を選択した場合.

Source: https://www.digital.go.jp/resources/open_data
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ebpm.readers.grid import CHECK_FILE, folded
from ebpm.readers.reading import ReadError, csv_rows

IDENTITY = ("地方公共団体コード", "地方公共団体名", "提出状況")
CODEBOOK_COLUMNS = ("question", "type", "n_answers")
HEADER_ROWS = 2
TYPES = {"single", "multiple", "free"}
ADDRESSEES = {"都道府県": "prefectures", "市区町村": "municipalities"}
NUMBER = re.compile(r"\[No\.(\d+)\]\s*")
ADDRESSEE = re.compile(r"【([^】]+)のみ回答】")
CONDITION = re.compile(r"\[No\.(\d+)\]\s*で「([^」]+)」を選択した場合")
MAXIMUM = re.compile(r"(\d+)つまで")
VOLUNTARY = re.compile(r"ございましたら|希望する場合")


@dataclass(frozen=True)
class Question:
    """One question: what it asks, of whom, and in which columns of the answers it lies.

    `depends_on` is the number of an earlier question and of its option that leads here;
    `max_choices` is None where any number of options (or text) may be given.
    """

    number: int
    type: str
    text: str
    labels: tuple[str, ...]
    asked_of: str
    depends_on: tuple[int, int] | None
    max_choices: int | None
    is_voluntary: bool
    columns: range

    @property
    def is_free(self) -> bool:
        """Whether it is answered in the body's own words."""
        return self.type == "free"


def read_codebook(path: Path) -> list[Question]:
    """The questions of one edition, in order; raises ReadError where the codebook is not as known."""
    header, *rows = csv_rows(path, "utf-8")
    if tuple(header[: len(CODEBOOK_COLUMNS)]) != CODEBOOK_COLUMNS:
        problem = f"見出しが「{'、'.join(CODEBOOK_COLUMNS)}」で始まりません"
        raise ReadError(path.name, "1 行目", problem, CHECK_FILE)
    if tuple(row[0] for row in rows[: len(IDENTITY)] if row) != IDENTITY:
        problem = f"設問の前の 3 行が「{'、'.join(IDENTITY)}」ではありません"
        raise ReadError(path.name, "2 行目", problem, CHECK_FILE)
    questions: list[Question] = []
    for line, row in enumerate(rows[len(IDENTITY) :], start=len(IDENTITY) + 2):
        questions.append(_question(path.name, f"{line} 行目", row, questions))
    return questions


def check_header(file: str, header: Sequence[Sequence[str]], questions: list[Question]) -> None:
    """Both header rows of the answers must spell the codebook, column by column.

    Raises ReadError naming the first cell that differs.
    """
    for line, (given, wanted) in enumerate(zip(header, _expected(questions), strict=True), start=1):
        if len(given) != len(wanted):
            problem = f"{len(given)} 列あります（設問一覧からは {len(wanted)} 列のはずです）"
            raise ReadError(file, f"{line} 行目", problem, "同じ回の設問一覧を置いてください")
        for column, (cell, text) in enumerate(zip(given, wanted, strict=True), start=1):
            if folded(cell) != folded(text):
                problem = f"「{_short(cell)}」とありますが、設問一覧では「{_short(text)}」です"
                place = f"{line} 行目 {column} 列目"
                raise ReadError(file, place, problem, "同じ回の設問一覧を置いてください")


def _expected(questions: list[Question]) -> tuple[list[str], list[str]]:
    upper, lower = list(IDENTITY), [""] * len(IDENTITY)
    for question in questions:
        upper += [f"[No.{question.number}]{question.text}"] + [""] * (len(question.columns) - 1)
        lower += question.labels or [""]
    return upper, lower


def _question(file: str, place: str, row: list[str], earlier: list[Question]) -> Question:
    text = " ".join("".join(row[:1]).split())
    number = len(earlier) + 1
    match = NUMBER.match(text)
    if match is None or int(match[1]) != number:
        problem = f"No.{number} の設問があるはずですが「{_short(text)}」です"
        raise ReadError(file, place, problem, CHECK_FILE)
    labels = _labels(file, place, row)
    first = earlier[-1].columns.stop if earlier else len(IDENTITY)
    wording = text[match.end() :]
    maximum = MAXIMUM.search(unicodedata.normalize("NFKC", wording))
    return Question(
        number=number,
        type=row[1],
        text=wording,
        labels=labels,
        asked_of=_asked_of(file, place, wording),
        depends_on=_depends_on(file, place, wording, earlier),
        max_choices=1 if row[1] == "single" else int(maximum[1]) if maximum else None,
        is_voluntary=VOLUNTARY.search(wording) is not None,
        columns=range(first, first + max(len(labels), 1)),
    )


def _labels(file: str, place: str, row: list[str]) -> tuple[str, ...]:
    """The options of a question, as many as the codebook counts; none of a free question."""
    kind = "".join(row[1:2])
    labels = [label.strip() for label in row[3:]]
    while labels and not labels[-1]:
        labels.pop()
    counted = "".join(row[2:3]).strip() or "0"
    if kind not in TYPES or counted != str(len(labels)) or (kind == "free") != (not labels):
        problem = f"種類「{_short(kind)}」・選択肢の数「{_short(counted)}」・選択肢が合いません"
        raise ReadError(file, place, problem, CHECK_FILE)
    if "" in labels or len(set(labels)) < len(labels):
        raise ReadError(file, place, "空欄または同じ選択肢があります", CHECK_FILE)
    return tuple(labels)


def _asked_of(file: str, place: str, wording: str) -> str:
    match = ADDRESSEE.search(wording)
    if match is None:
        return "all"
    if match[1] not in ADDRESSEES:
        problem = f"回答する団体「{_short(match[1])}」を知りません"
        raise ReadError(file, place, problem, CHECK_FILE)
    return ADDRESSEES[match[1]]


def _depends_on(
    file: str, place: str, wording: str, earlier: list[Question]
) -> tuple[int, int] | None:
    match = CONDITION.search(wording)
    if match is None:
        return None
    for question in earlier:
        labels = [folded(label) for label in question.labels]
        if question.number == int(match[1]) and folded(match[2]) in labels:
            return question.number, labels.index(folded(match[2])) + 1
    problem = f"No.{match[1]} に「{_short(match[2])}」という選択肢がありません"
    raise ReadError(file, place, problem, CHECK_FILE)


def _short(text: str) -> str:
    """A text as it stands in a message: one line, never long."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
