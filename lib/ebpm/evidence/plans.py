"""Plans: questions registered beforehand, so that nobody can say later that they asked another.

Each registration carries the hash of its content and of the one before it: a later change, removal
or insertion breaks the chain (Haber and Stornetta, "How to time-stamp a digital document", Journal
of Cryptology 3, 1991). Branches that registered side by side share a predecessor after a merge;
that is no break. The chain cannot show that the last lines were cut off: the history of git can.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ebpm.evidence import lines
from ebpm.evidence.lines import LedgerError, Row
from ebpm.evidence.text import UNITS

FILE = "plans.jsonl"
SCHEMA = 1
LARGEST = 1e12
IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
TEXTS = {
    "id": "登録の名前（半角の英数字・ハイフン・下線。知見の id と同じにすると対応が分かる）",
    "question": "問い（何を知りたいか。例：申請率が高い団体では職員が少ないか）",
    "outcome": "結果の指標（何を測るか。例：人口千人当たりの一般行政職員数）",
    "method": "方法（例：都道府県と団体の種類をそろえた回帰、都道府県でクラスター化）",
    "exclusions": "除くもの（例：職員数のない団体。除かないときは「なし」）",
    "notebook": "ノートブックの名前（notebooks/ にある、または作る予定のもの。拡張子なし）",
}


class PlanError(ValueError):
    """A plan that cannot be registered: what is wrong and what to do."""


@dataclass(frozen=True)
class Plan:
    """A question registered beforehand. What follows `notebook` is set by `register`.

    `smallest_effect` is in `unit` (a key of UNITS), `registered` is UTC; `amends` is the hash of
    the registration of the same id that this one replaces, `amendments` how many there were before.
    """

    id: str
    question: str
    outcome: str
    method: str
    smallest_effect: float
    unit: str
    exclusions: str
    notebook: str
    registered: str = ""
    amends: str | None = None
    previous: str | None = None
    hash: str = ""
    amendments: int = 0

    @property
    def content(self) -> Row:
        """What was registered, apart from when and after what."""
        return {name: getattr(self, name) for name in CONTENT}


CONTENT = tuple(field.name for field in fields(Plan))[:8]
STORED = (*CONTENT, "registered", "amends", "previous", "hash")


@dataclass(frozen=True)
class Problem:
    """A line that does not fit the chain, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Chain:
    """The registrations, how many share a predecessor with another (merges), what does not fit."""

    registrations: int
    forks: int
    problems: tuple[Problem, ...]


def plan_from(given: Mapping[str, Any]) -> Plan:
    """A plan from a table of TOML or from options; raises PlanError naming what is wrong."""
    if unknown := [name for name in given if name not in CONTENT]:
        raise PlanError(
            f"{'、'.join(unknown)} という項目はありません。使えるもの：{'、'.join(CONTENT)}。"
        )
    values = {name: _stripped(given.get(name)) for name in CONTENT}
    if absent := [name for name, value in values.items() if value is None or value == ""]:
        raise PlanError(f"{'、'.join(absent)} を書いてください。")
    if wrong := [name for name in (*TEXTS, "unit") if not isinstance(values[name], str)]:
        raise PlanError(f"{'、'.join(wrong)} は文字列で書いてください。")
    _require_ident(values["id"])
    _require_threshold(values["smallest_effect"], values["unit"])
    number = float(values["smallest_effect"])
    notebook = values["notebook"].removesuffix(".ipynb")
    if Path(notebook).name != notebook:
        raise PlanError(f"notebook は notebooks にあるものの名前を書いてください（{notebook}）。")
    return Plan(**values | {"smallest_effect": number, "notebook": notebook})


def _stripped(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _require_ident(ident: str) -> None:
    if not IDENT.fullmatch(ident):
        raise PlanError(f"id は半角の英数字・ハイフン・下線で書いてください（{ident}）。")


def _require_threshold(smallest: Any, unit: Any) -> None:
    is_number = isinstance(smallest, int | float) and not isinstance(smallest, bool)
    if not is_number or not 0 < smallest < LARGEST:
        raise PlanError(f"smallest_effect は 0 より大きい数にしてください（{smallest}）。")
    if unit not in UNITS:
        raise PlanError(f"unit {unit} という単位はありません。使えるもの：{'、'.join(UNITS)}。")


def register(folder: Path, plan: Plan) -> Plan:
    """Registers a plan now; one with a registered id amends it, and both stay.

    Returns the registration; the earlier one where its content is the same. Raises LedgerError
    where a line that is there is damaged, PlanError where the clock is behind the last one.
    """
    plans(folder)
    kept: list[Plan] = []

    def new(data: bytes) -> list[Row]:
        rows = (lines.parsed(raw) or {} for raw in data.split(b"\n"))
        known = _ordered(row for row in rows if "hash" in row)
        same = [each for each in known if each.id == plan.id]
        if same and same[-1].content == plan.content:
            kept.append(same[-1])
            return []
        kept.append(_sealed(plan, known, same))
        return [_stored(kept[-1])]

    lines.add(folder / FILE, new)
    return kept[-1]


def _sealed(plan: Plan, known: list[Plan], same: list[Plan]) -> Plan:
    """The plan with its time, its place in the chain and its hash."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if known and now < known[-1].registered:
        raise PlanError(
            f"この機械の時計（{now}）が、最後の登録（{known[-1].registered}）より遅れています。"
            "時計を合わせてください。"
        )
    placed = replace(
        plan,
        registered=now,
        amends=same[-1].hash if same else None,
        previous=known[-1].hash if known else None,
        amendments=len(same),
    )
    return replace(placed, hash=_hash(_stored(placed)))


def _stored(plan: Plan) -> Row:
    values = asdict(plan)
    return {"schema": SCHEMA} | {name: values[name] for name in STORED}


def _hash(row: Row) -> str:
    """sha256 of all that a line says, the hash of the line before it among that."""
    return lines.digest({name: value for name, value in row.items() if name != "hash"})


def plans(folder: Path) -> list[Plan]:
    """All registrations, in the order in which they were made.

    Raises LedgerError for a line whose content is not the one that was registered.
    """
    found = lines.read(folder / FILE)
    for line in found:
        if reason := _broken(line.row):
            raise LedgerError(f"台帳 {FILE} の {line.number} 行目は、{reason}。")
    return _ordered(line.row for line in found)


def _ordered(rows: Iterable[Row]) -> list[Plan]:
    """By time; a line that a merge left twice is one."""
    unique = {row["hash"]: row for row in rows}
    before: Counter[str] = Counter()
    found = []
    for row in sorted(unique.values(), key=lambda row: str(row["registered"])):
        values = {name: row[name] for name in STORED}
        found.append(Plan(**values, amendments=before[row["id"]]))
        before[row["id"]] += 1
    return found


def plan_of(folder: Path, ident: str) -> Plan | None:
    """The latest registration of an id, with the number of its amendments; None where none is."""
    found = [plan for plan in plans(folder) if plan.id == ident]
    return found[-1] if found else None


def check_chain(folder: Path) -> Chain:
    """Whether each line's hash fits its content and its predecessor is there."""
    found = lines.read(folder / FILE)
    rows = {line.row["hash"]: line.row for line in found if "hash" in line.row}
    reasons = [(line.number, _broken(line.row) or _loose(line.row, rows)) for line in found]
    problems = tuple(Problem(number, reason) for number, reason in reasons if reason)
    followed = Counter(row.get("previous") for row in rows.values())
    return Chain(len(rows), sum(count - 1 for count in followed.values()), problems)


def _broken(row: Row) -> str | None:
    """Why a line is not what was registered, whatever stands around it."""
    if row.get("schema") != SCHEMA or not row.keys() >= set(STORED):
        return "登録に必要な項目がそろっていません"
    return None if row["hash"] == _hash(row) else "内容が登録したときの照合値と合いません"


def _loose(row: Row, rows: Mapping[str, Row]) -> str | None:
    """Why a line does not hang on the others."""
    previous, amended = rows.get(row["previous"]), rows.get(row["amends"], {})
    if row["previous"] is not None and previous is None:
        return "一つ前の登録が見当たりません"
    if row["amends"] is not None and amended.get("id") != row["id"]:
        return "変更前の登録が見当たりません"
    if previous is not None and row["registered"] < str(previous.get("registered")):
        return "登録日時が一つ前の登録より早くなっています"
    return None


@dataclass(frozen=True)
class Before:
    """Two facts about a registration: did it precede the data, and did it precede the result?

    None where that cannot be known: no date, or the same day. `before_result` is True where there
    is no result yet.
    """

    registered: str
    first_retrieved: str | None
    before_data: bool | None
    first_result: str | None
    before_result: bool | None


def was_before(plan: Plan, sources: Iterable[Mapping[str, Any]], entries: Iterable[Row]) -> Before:
    """Whether a plan was registered before its data were got and before its first result.

    `sources` are records of figures (their `retrieved` is a day), `entries` rows of the ledger.
    """
    days = [source.get("retrieved") for source in sources]
    retrieved = min((str(day) for day in days if day), default=None)
    results = [str(row["recorded"]) for row in entries if answers(row, plan)]
    first = min(results, default=None)
    return Before(
        plan.registered,
        retrieved,
        _precedes(plan.registered[:10], retrieved, certain=all(days)),
        first,
        True if first is None else _precedes(plan.registered, first),
    )


def _precedes(moment: str, other: str | None, *, certain: bool = True) -> bool | None:
    if other is None or moment == other:
        return None
    return None if moment < other and not certain else moment < other


def answers(row: Row, plan: Plan) -> bool:
    """Whether a row of the ledger is about the question of a plan."""
    return row["plan"] == plan.id or (row["notebook"], row["id"]) == (plan.notebook, plan.id)


def template() -> str:
    """A plan to be filled in, in TOML with comments."""
    texts = {name: f'# {meaning}\n{name} = ""\n' for name, meaning in TEXTS.items()}
    threshold = (
        "# 意味のある最小の差（0 より大きい数。これより小さい差は「差がない」とみなす）\n"
        "smallest_effect = 0\n\n"
        f"# 単位（次のどれか：{'、'.join(UNITS)}）\n"
        'unit = ""\n'
    )
    head = (
        "# 分析の事前登録。データを開く前に埋めて、ebpm register このファイル を実行します。\n"
        "# 登録した行は消えません。あとで変えるときは、同じ id でもう一度登録します（両方が残ります）。\n"
    )
    first, last = ("id", "question", "outcome", "method"), ("exclusions", "notebook")
    parts = [head, *(texts[n] for n in first), threshold, *(texts[n] for n in last)]
    return "\n".join(parts)
