"""Issued reports whose numbers a new edition changes, and the draft of their errata (正誤表)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ebpm import warehouse
from ebpm.evidence import ledger
from ebpm.evidence.claims import VERDICT_NAMES, Verdict
from ebpm.evidence.lines import Row
from ebpm.figures import FETCHED
from ebpm.files import put_in_place
from ebpm.paths import NOTEBOOKS
from ebpm.run.issued import IssuedError, read
from ebpm.run.parameters import ParameterError
from ebpm.run.publish_ledger import sources_of
from ebpm.run.setting import Setting, setting_of
from ebpm.run.verify import (
    DerivationError,
    Derived,
    Status,
    compare,
    derive,
    job_of,
)

ERRATA = "errata"


@dataclass(frozen=True)
class Edition:
    """A source that is not what it was: its title, edition and check value then and now."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One number or sentence of an issued report, as it was and as it would be now."""

    place: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Affected:
    """A report that rests on a changed source; `problem` where it could not be made again."""

    report: str
    editions: tuple[Edition, ...]
    changes: tuple[Change, ...]
    problem: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether an issued number comes out otherwise, or could not be made again."""
        return bool(self.changes) or self.problem is not None


def affected(folder: Path, out: Path) -> list[Affected]:
    """The issued reports that rest on sources with another edition in the current warehouse.

    `folder` holds the ledger, `out` the issued pages. Each such report is made again (and not
    published): its page is compared number by number, or its findings where the page is gone.
    """
    setting = setting_of(warehouse.current())
    now = sources_of(setting.warehouse)
    reports: dict[str, list[Row]] = {}
    for row in ledger.latest(ledger.entries(folder)):
        reports.setdefault(row["report"], []).append(row)
    found = ((report, rows, _changed(rows, now)) for report, rows in reports.items())
    return [
        _affected(report, rows, editions, out, setting)
        for report, rows, editions in found
        if editions
    ]


def _changed(rows: Iterable[Row], now: dict[str, dict[str, Any]]) -> tuple[Edition, ...]:
    """The sources of a report that the warehouse holds in another edition, or no more."""
    sources = {_base(s["key"]): s for row in rows for s in row["sources"]}
    then: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        for source in row["sources"]:
            then.setdefault(_base(source["key"]), set()).add(_edition(source))
    today: dict[str, set[tuple[str, str]]] = {}
    for key, record in now.items():
        today.setdefault(_base(key), set()).add(_edition(record))
    return tuple(
        Edition(_title(sources[key]), _told(then[key]), _told(today.get(key, set())))
        for key in then
        if then[key] != today.get(key, set())
    )


def _base(key: str) -> str:
    return key.removesuffix(FETCHED)


def _edition(source: dict[str, Any]) -> tuple[str, str]:
    return str(source["edition"]), str(source["sha256"])


def _title(source: dict[str, Any]) -> str:
    title = source["title"]
    return str(title["ja"] if isinstance(title, dict) else title)


def _told(editions: set[tuple[str, str]]) -> str:
    return "、".join(f"{name}版（照合値 {sha[:12]}）" for name, sha in sorted(editions)) or "なし"


def _affected(
    report: str, rows: list[Row], editions: tuple[Edition, ...], out: Path, setting: Setting
) -> Affected:
    page = out / f"{report}.html"
    notebook = NOTEBOOKS / f"{rows[0]['notebook']}.ipynb"
    try:
        issued = read(page) if page.exists() else None
        job = job_of(notebook, rows[0]["parameters"], issued.lang if issued else "ja")
        derived = derive(job, setting)
    except (DerivationError, IssuedError, ParameterError) as error:
        return Affected(report, editions, (), str(error))
    changes = list(_of_findings(rows, derived))
    if issued is not None:
        changes += [
            Change(check.key, check.label, check.printed, check.derived or "（なし）")
            for check in compare(issued, derived.page)
            if check.status is not Status.MATCH and check.key in issued.numbers and not check.why
        ]
    return Affected(report, editions, tuple(changes))


def _of_findings(rows: list[Row], derived: Derived) -> Iterator[Change]:
    """Sentences and verdicts of the findings that come out otherwise now."""
    now = {finding["id"]: finding for finding in derived.findings}
    for row in rows:
        finding = now.get(row["id"])
        place = f"分析結果 {row['id']}"
        if finding is None:
            yield Change(
                place, row["estimand"]["ja"], row["claim_ja"], "（この分析結果はなくなった）"
            )
            continue
        if row["claim_ja"] != finding["claim_ja"]:
            yield Change(place, "結論の文", row["claim_ja"], finding["claim_ja"])
        if row["verdict"] != finding["verdict"]:
            verdicts = (Verdict(each["verdict"]) for each in (row, finding))
            yield Change(place, "判定", *(VERDICT_NAMES[verdict].ja for verdict in verdicts))


def write_erratum(found: Affected, out: Path) -> Path:
    """The draft of an erratum as Markdown, under `out/errata`, to be completed by the office."""
    path = out / ERRATA / f"{found.report.replace('/', '-')}.md"
    put_in_place(path, "\n".join(_erratum(found)) + "\n")
    return path


def _erratum(found: Affected) -> Iterator[str]:
    yield f"# 正誤表（案）　{found.report}"
    yield ""
    yield "公表データの版が改まったため、次のとおり訂正する。訂正日・担当課は公表の際に記入する。"
    yield ""
    yield "## 改まった公表データ"
    yield ""
    yield "| 公表データ | 作成時 | 現在 |"
    yield "|---|---|---|"
    yield from (
        f"| {_cell(e.title)} | {_cell(e.before)} | {_cell(e.after)} |" for e in found.editions
    )
    yield ""
    yield "## 訂正する箇所"
    yield ""
    if found.problem:
        yield f"計算し直せなかった。{found.problem}"
    elif not found.changes:
        yield "公表データは改まったが、掲載した数字に変わりはない。"
    else:
        yield "| 箇所 | 内容 | 誤 | 正 |"
        yield "|---|---|---|---|"
        yield from (
            f"| {_cell(c.place)} | {_cell(c.what)} | {_cell(c.before)} | {_cell(c.after)} |"
            for c in found.changes
        )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "｜")
