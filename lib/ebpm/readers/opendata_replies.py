"""What the cells of one body say to one question of the open data survey.

A blank means "no" only in a question that was put to the body and answered. Otherwise the whole
question has no value for this body, with one kind of missing:

- `not_asked`: the question is for the other kind of body, or for those who ticked an option that
  this body, by its own answer, did not tick;
- `no_answer`: it was put to the body, which submitted nothing or left it blank;
- `unknown`: the marks cannot be read as one answer; or it is blank and depends on another question
  that has no answer, so that nobody knows whether it was put to the body.

Cells that are filled where there is no value are set aside with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ebpm import lgcode
from ebpm.missing import Missing
from ebpm.readers.opendata_codebook import Question
from ebpm.readers.reading import SetAside

MARK = "○"
ANSWERED_THOUGH_NOT_ASKED = "answered_though_not_asked"
ANSWERED_WITHOUT_SUBMISSION = "answered_without_submission"
UNREADABLE_MARK = "unreadable_mark"
SEVERAL_ANSWERS = "several_answers_to_a_single_choice"


@dataclass(frozen=True)
class Body:
    """One loaded row of the answers: its place in the file, its cells without outer blanks."""

    row: int
    lgcode: str
    submission: str
    cells: tuple[str, ...]

    @property
    def group(self) -> str:
        """Which addressees of a question the body belongs to."""
        is_prefecture = lgcode.get(self.lgcode).kind is lgcode.Kind.PREFECTURE
        return "prefectures" if is_prefecture else "municipalities"


@dataclass(frozen=True)
class Reply:
    """A body's answer to one question: a value for each cell, or the reason for having none.

    A value is 1 (ticked), 0 (not ticked) or, of a free question, the length of the text.
    """

    body: Body
    question: Question
    missing: Missing | None
    reason: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The published cells of the question."""
        return _cells(self.body, self.question)

    @property
    def values(self) -> list[int | None]:
        """A value for each cell; None throughout where the question has no usable answer."""
        if self.missing:
            return [None for _ in self.cells]
        return [len(cell) if self.question.is_free else int(bool(cell)) for cell in self.cells]

    def set_aside(self, file: str) -> Iterator[SetAside]:
        """The filled cells that have no value; free text by its length only."""
        for option, cell in enumerate(self.cells, start=1):
            if cell and self.missing:
                place = f"{self.body.row} 行目 {self.question.columns.start + option} 列目"
                what = "自由記述" if self.question.is_free else f"選択肢 {option}"
                shown = cell if cell == MARK else f"{len(cell)} 文字"
                content = f"No.{self.question.number} {what}：{shown}"
                yield SetAside(file, place, self.reason, content)


def replies(body: Body, questions: list[Question]) -> list[Reply]:
    """A body's reply to every question, in order."""
    given: dict[int, Reply] = {}
    for question in questions:
        given[question.number] = _reply(body, question, given)
    return list(given.values())


def _reply(body: Body, question: Question, given: dict[int, Reply]) -> Reply:
    asked = _is_asked(body, question, given)
    filled = [cell for cell in _cells(body, question) if cell]
    if asked is False:
        return Reply(body, question, Missing.NOT_ASKED, ANSWERED_THOUGH_NOT_ASKED)
    if body.submission != "submitted" or not filled:
        kind = Missing.NO_ANSWER if asked else Missing.UNKNOWN
        return Reply(body, question, kind, ANSWERED_WITHOUT_SUBMISSION)
    if not question.is_free and set(filled) != {MARK}:
        return Reply(body, question, Missing.UNKNOWN, UNREADABLE_MARK)
    if question.type == "single" and len(filled) > 1:
        return Reply(body, question, Missing.UNKNOWN, SEVERAL_ANSWERS)
    return Reply(body, question, None, "")


def _is_asked(body: Body, question: Question, given: dict[int, Reply]) -> bool | None:
    """Whether the question is for this body; None where only a missing answer would tell."""
    if question.asked_of not in {"all", body.group}:
        return False
    if question.depends_on is None:
        return True
    number, option = question.depends_on
    earlier = given[number]
    if earlier.missing is Missing.NOT_ASKED:
        return False
    return None if earlier.missing else earlier.values[option - 1] == 1


def _cells(body: Body, question: Question) -> tuple[str, ...]:
    return body.cells[question.columns.start : question.columns.stop]
