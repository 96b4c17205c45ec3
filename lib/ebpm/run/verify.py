"""`verify`: every number of an issued page derived again, from the warehouse that it names.

The notebook is executed once more with the page's parameters on the recorded warehouse, its page is
rendered anew, and the two are compared: number by number, then every other text, so that a digit
changed anywhere is found and named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path
from typing import Any

from ebpm import warehouse
from ebpm.figures import sha256
from ebpm.own import places
from ebpm.paths import NOTEBOOKS, OWN_NOTEBOOKS
from ebpm.run.execute import Job
from ebpm.run.gate import payloads
from ebpm.run.issued import Issued, Shown, parsed, read
from ebpm.run.making import executed_now, page_of
from ebpm.run.parameters import ParameterError, typed
from ebpm.run.setting import Setting, setting_of
from ebpm.warehouse import WarehouseError

PAGE, OTHER = "page", "本文・図・出典の記載"
CONTEXT = 40


class Status(StrEnum):
    """What came of deriving a number again."""

    MATCH = "match"
    DIFFERS = "differs"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Check:
    """One number, or another text of the page: as printed, as derived again."""

    key: str
    label: str
    status: Status
    printed: str
    derived: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Verification:
    """All checks of one page; `notes` say what else is not as it was when the page was made."""

    page: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    def count(self, status: str) -> int:
        """How many checks have this status."""
        return sum(check.status == status for check in self.checks)

    @property
    def ok(self) -> bool:
        """Whether there are numbers, and everything matches."""
        return bool(self.checks) and all(check.status is Status.MATCH for check in self.checks)


def verify(page: Path, house: Path | None = None) -> Verification:
    """Derives every number of an issued page again and compares.

    `house` is a warehouse file; without it the generation that the page names is looked for, and
    where it is gone the numbers cannot be derived. Raises IssuedError for a file that is no report.
    """
    issued = read(page)
    notes: list[str] = []
    try:
        setting = _setting(issued, house, notes)
        again = _again(issued, setting, notes)
    except (WarehouseError, ParameterError, DerivationError) as error:
        return Verification(page.name, tuple(_all_cannot(issued, str(error))), tuple(notes))
    return Verification(page.name, compare(issued, again), tuple(notes))


def compare(issued: Issued, again: Issued) -> tuple[Check, ...]:
    """An issued page against the same page made once more."""
    return (*_numbers(issued, again), *_rest(issued, again))


class DerivationError(RuntimeError):
    """The page cannot be made again, and why."""


def _setting(issued: Issued, house: Path | None, notes: list[str]) -> Setting:
    recorded = issued.meta.get("warehouse-sha256", "")
    path = house or _generation(issued.notebook, recorded)
    setting = setting_of(path)
    if setting.inputs_sha256 != recorded:
        notes.append(
            f"ページの作成に使ったデータベース（{recorded[:12]}）ではなく、"
            f"別のもの（{setting.inputs_sha256[:12]}）で計算しました。"
        )
    if setting.code_version != issued.meta.get("code-version"):
        notes.append(
            f"作成時と版の違うプログラムで計算しました（作成時 {issued.meta.get('code-version')}、"
            f"今回 {setting.code_version}）。数字だけを比べます。"
        )
    return setting


def _generation(notebook: str, recorded: str) -> Path:
    """The warehouse that a page was made from: of own data for a notebook on those."""
    own = (OWN_NOTEBOOKS / notebook).exists()
    return warehouse.generation(recorded, places.warehouse() if own else None)


def _again(issued: Issued, setting: Setting, notes: list[str]) -> Issued:
    """The same report, made once more."""
    notebook = OWN_NOTEBOOKS / issued.notebook
    if not notebook.exists():
        notebook = NOTEBOOKS / issued.notebook
    if not notebook.exists():
        raise DerivationError(f"ノートブック {issued.notebook} がありません。")
    if sha256(notebook) != issued.meta.get("notebook-sha256"):
        notes.append(f"ノートブック {issued.notebook} が、ページの作成後に変わっています。")
    return derive(job_of(notebook, issued.parameters, issued.lang), setting).page


def job_of(notebook: Path, parameters: Mapping[str, Any], lang: str) -> Job:
    """The report that a page or a row of the ledger names; ParameterError where it is none."""
    given = {name: str(value) for name, value in parameters.items()}
    return Job(notebook, typed(notebook, given), "en" if lang == "en" else "ja")


@dataclass(frozen=True)
class Derived:
    """A report made once more, without being published."""

    page: Issued
    findings: list[dict[str, Any]]


def derive(job: Job, setting: Setting) -> Derived:
    """Executes the notebook on the setting's warehouse and renders its page; DerivationError if not."""
    if not job.notebook.exists():
        raise DerivationError(f"ノートブック {job.notebook.name} がありません。")
    execution = executed_now(job, setting)
    if execution.failure is not None or execution.notebook is None:
        reason = execution.failure.reason if execution.failure else "理由は不明です"
        raise DerivationError(f"ノートブックを実行できませんでした（{reason}）。")
    page = parsed(page_of(job, execution.notebook, setting).html)
    return Derived(page, payloads(execution.notebook, "finding"))


def _all_cannot(issued: Issued, why: str) -> Iterator[Check]:
    yield Check(PAGE, "ページ全体", Status.CANNOT, "", why=why)
    for shown in issued.numbers.values():
        yield Check(shown.key, shown.label, Status.CANNOT, shown.text, why=why)


def _numbers(issued: Issued, again: Issued) -> Iterator[Check]:
    """Number by number; one that the new page does not print cannot be compared."""
    for shown in issued.numbers.values():
        derived = again.numbers.get(shown.key)
        if derived is None:
            why = "作り直したページに、この数字がありません。"
            yield Check(shown.key, shown.label, Status.CANNOT, shown.text, why=why)
        else:
            same = shown.text == derived.text
            status = Status.MATCH if same else Status.DIFFERS
            yield Check(shown.key, shown.label, status, shown.text, derived.text)
    for key in again.numbers.keys() - issued.numbers.keys():
        missing = again.numbers[key]
        why = "作り直したページにある数字が、このページにはありません。"
        yield Check(key, missing.label, Status.DIFFERS, "", missing.text, why)


def _rest(issued: Issued, again: Issued) -> Iterator[Check]:
    """Everything but the numbers, where notebook and program are those that made the page.

    A difference among the data of a computation, or in a source, is one of every number on it.
    """
    made_by = ("notebook-sha256", "code-version")
    if any(issued.meta.get(name) != again.meta.get(name) for name in made_by):
        why = "作成時とノートブックかプログラムの版が違うため、数字のほかは照合できません。"
        yield Check(PAGE, OTHER, Status.CANNOT, "", why=why)
        return
    named = False
    reasons: dict[str, str] = {}
    for before, after in _differing(issued.texts, again.texts):
        place = (before or after or Shown(PAGE, "", "")).key
        printed, derived = before.text if before else "", after.text if after else ""
        number, again_number = issued.numbers.get(place), again.numbers.get(place)
        if number is None or again_number is None:
            yield Check(place, OTHER, Status.DIFFERS, printed, derived)
        named |= number is None or again_number is None or number.text != again_number.text
        for entry in issued.rests_on.get(place, []):
            reasons.setdefault(entry, f"もとになる {place} の記載：{printed} → {derived}")
    for shown in issued.numbers.values():
        if shown.entry in reasons:
            why = reasons[shown.entry]
            yield Check(shown.key, shown.label, Status.DIFFERS, shown.text, why=why)
    if not named and issued.canonical != again.canonical:
        printed, derived = _first_difference(issued.canonical, again.canonical)
        yield Check(PAGE, "表示・図形・属性", Status.DIFFERS, printed, derived)


def _first_difference(before: str, after: str) -> tuple[str, str]:
    """Where two pages part, with what stands around it."""
    place = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, place - CONTEXT)
    return before[start : place + CONTEXT], after[start : place + CONTEXT]


def _differing(
    before: tuple[Shown, ...], after: tuple[Shown, ...]
) -> Iterator[tuple[Shown | None, Shown | None]]:
    """Texts that are not the same in both, in pairs as far as they pair."""
    if len(before) == len(after):
        yield from ((a, b) for a, b in zip(before, after, strict=True) if a != b)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            for i in range(max(i2 - i1, j2 - j1)):
                yield (
                    before[i1 + i] if i1 + i < i2 else None,
                    after[j1 + i] if j1 + i < j2 else None,
                )
