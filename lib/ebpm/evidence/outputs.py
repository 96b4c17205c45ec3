"""What a notebook emits: figures, tables, sentences and the summary, as data.

Every output is JSON under a MIME type of its own with a plain form beside it for JupyterLab. No
markup is made here: that is the report's part.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ebpm.evidence.coverage import Coverage
from ebpm.evidence.mime import MIME, SCHEMA
from ebpm.evidence.provenance import Dataset
from ebpm.evidence.said import OutputError, Quoted, Said, Words, plain, plain_of, text
from ebpm.evidence.text import LANGUAGES, Both, Quantity

VEGALITE_OF_JUPYTERLAB = "application/vnd.vegalite.v5+json"


def summary(
    *,
    title: Both,
    question: Words,
    aim: Both | None = None,
    headlines: Sequence[str],
    cannot_say: Sequence[Both],
    also: Mapping[Both, Sequence[Words]] | None = None,
    place: str | None = None,
) -> None:
    """Emits the first page: question, the findings named in `headlines`, and what cannot be said.

    `also` gives short lists under headings of their own, between the two.
    """
    payload = {
        "schema": SCHEMA,
        "id": "summary",
        "title": title.payload(),
        "question": question.payload(),
        "aim": aim.payload() if aim else None,
        "headline_ids": list(headlines),
        "cannot_say": [item.payload() for item in cannot_say],
        "also": [
            {"title": heading.payload(), "items": [item.payload() for item in items]}
            for heading, items in (also or {}).items()
        ],
        "place": place,
    }
    emit("summary", payload, f"{title.ja}\n{plain_of(question).ja}")


def say(
    *,
    ja: str,
    en: str,
    level: int | None = None,
    bullet: bool = False,
    **values: Quantity | Both | Quoted | Said,
) -> None:
    """Emits a sentence whose numbers all lead to their source (`ebpm.text`).

    `level` makes it a heading, `bullet` an item of a list.
    """
    said = text(ja=ja, en=en, **values)
    payload = {"schema": SCHEMA, **said.payload(), "level": level, "list": bullet}
    emit("say", payload, said.plain.ja)


@dataclass(frozen=True)
class Column:
    """A column of a table: key in the frame, label, format.

    Formats: `text`, `date` (ISO text, shown as 令和6年7月12日), `int`, `float1` … `pct1`.
    """

    key: str
    label: Both
    format: str = "text"
    unit: Both | None = None

    def payload(self) -> dict[str, Any]:
        """The column as it stands in an output."""
        return {
            "key": self.key,
            "label": self.label.payload(),
            "format": self.format,
            "unit": self.unit.payload() if self.unit else None,
        }


def table(
    name: str,
    frame: pd.DataFrame,
    columns: Sequence[Column],
    data: Dataset | Sequence[Dataset] | None,
    *,
    title: Words,
    note: Words | None = None,
    coverage: Coverage | None = None,
    smallest_base: int | None = None,
    synthetic: bool = False,
) -> None:
    """Emits a table; a missing cell stays missing, `Both` cells are shown in the page's language.

    `coverage` (from `ebpm.coverage`) is printed under the table: of how many there is a value.
    `smallest_base` (on own data) is how many persons or cases stand behind the smallest group.
    """
    exhibit = _exhibit(name, data, title, note, coverage, smallest_base, synthetic=synthetic)
    body = _table_body(frame, columns)
    if data is None and _holds_numbers(body):
        raise OutputError(f"表 {name} に数値がありますが、出典のデータが渡されていません。")
    emit("table", exhibit | body, _markdown(plain_of(title).ja, body))


COUNCIL_POINTS = {
    "origin": Both("政策の発生源", "origin of the policy"),
    "alternatives": Both("検討した代替案", "alternatives considered"),
    "comparison": Both("他自治体との比較", "comparison with other municipalities"),
    "plan": Both("総合計画での位置付け", "place in the comprehensive plan"),
    "laws": Both("関係する法令", "laws concerned"),
    "funding": Both("財源", "funding"),
    "cost": Both("将来の費用", "long-run cost"),
}


def council_points(name: str, **filled: Words) -> None:
    """Emits the seven points of a council's basic ordinance; those not filled show as 未記入.

    Source: 栗山町議会基本条例 第6条. Keys: those of COUNCIL_POINTS.
    """
    if unknown := filled.keys() - COUNCIL_POINTS.keys():
        raise OutputError(f"議会の確認事項に {', '.join(sorted(unknown))} はありません。")
    rows = [
        {"point": label, "content": filled.get(key, {"missing": "not_entered"})}
        for key, label in COUNCIL_POINTS.items()
    ]
    columns = [Column("point", Both("事項", "point")), Column("content", Both("内容", "content"))]
    title = Both("議会で確認する七つの事項", "Seven points for the council")
    table(name, pd.DataFrame(rows), columns, None, title=title)


def figure(
    name: str,
    chart: Mapping[str, Mapping[str, Any]],
    frame: pd.DataFrame,
    columns: Sequence[Column],
    data: Dataset | Sequence[Dataset],
    *,
    title: Words,
    description: Words,
    note: Words | None = None,
    coverage: Coverage | None = None,
    smallest_base: int | None = None,
    synthetic: bool = False,
) -> None:
    """Emits a chart (`{"ja": spec, "en": spec}`, Vega-Lite) with the table behind it.

    `coverage` (from `ebpm.coverage`) is printed under the chart: of how many there is a value.
    `smallest_base` (on own data) is how many persons or cases stand behind the smallest group.
    """
    payload = {
        **_exhibit(name, data, title, note, coverage, smallest_base, synthetic=synthetic),
        "description": description.payload(),
        "spec": {lang: dict(chart[lang]) for lang in LANGUAGES},
        "table": _table_body(frame, columns),
    }
    emit(
        "figure",
        payload,
        f"{plain_of(title).ja}\n{plain_of(description).ja}",
        {VEGALITE_OF_JUPYTERLAB: chart["ja"]},
    )


def _exhibit(
    name: str,
    data: Dataset | Sequence[Dataset] | None,
    title: Words,
    note: Words | None,
    coverage: Coverage | None,
    smallest_base: int | None,
    *,
    synthetic: bool,
) -> dict[str, Any]:
    """What tables and figures have in common."""
    return {
        "schema": SCHEMA,
        "id": name,
        "title": title.payload(),
        "kind": "description",
        "note": note.payload() if note else None,
        "coverage": coverage.payload() if coverage else None,
        "sources": _sources(data),
        "data": _origins(data),
        "synthetic": synthetic or any(source.get("synthetic") for source in _sources(data)),
        **({} if smallest_base is None else {"smallest_base": int(smallest_base)}),
    }


def _table_body(frame: pd.DataFrame, columns: Sequence[Column]) -> dict[str, Any]:
    absent = [column.key for column in columns if column.key not in frame]
    if absent:
        raise OutputError(f"表に列がありません：{', '.join(absent)}")
    keys = [column.key for column in columns]
    rows = frame[keys].astype(object).itertuples(index=False, name=None)
    return {
        "columns": [column.payload() for column in columns],
        "rows": [[_cell(value) for value in row] for row in rows],
    }


def _holds_numbers(body: Mapping[str, Any]) -> bool:
    cells = (cell for row in body["rows"] for cell in row)
    return any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)


def _markdown(title: str, body: Mapping[str, Any]) -> str:
    """A table as JupyterLab can show it, in Japanese."""
    head = [column["label"]["ja"] for column in body["columns"]]
    rows = [[_plain(cell) for cell in row] for row in body["rows"]]
    lines = [head, ["---"] * len(head), *rows]
    return f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(cell: Any) -> str:
    if isinstance(cell, Mapping):
        japanese = cell.get("ja", "－")
        cell = plain(japanese) if isinstance(japanese, list) else str(japanese)
    text = "－" if cell is None else f"{cell:,.4g}" if isinstance(cell, float) else str(cell)
    return text.replace("|", "／").replace("\n", " ")


def _cell(value: Any) -> Any:
    if isinstance(value, Both | Said):
        return value.payload()
    if isinstance(value, Mapping):
        return dict(value)
    if pd.isna(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        raise OutputError("表に無限大の値があります。計算を確かめてください。")
    return value.item() if hasattr(value, "item") else value


def _given(data: Dataset | Sequence[Dataset] | None) -> list[Dataset]:
    return [data] if isinstance(data, Dataset) else list(data or ())


def _sources(data: Dataset | Sequence[Dataset] | None) -> list[Any]:
    unique = {source["key"]: source for item in _given(data) for source in item.sources}
    return list(unique.values())


def _origins(data: Dataset | Sequence[Dataset] | None) -> list[Any]:
    return [item.origin() for item in _given(data)]


def emit(
    kind: str, payload: dict[str, Any], plain: str, more: Mapping[str, Any] | None = None
) -> None:
    """Emits one output: the payload under its MIME type, a plain form beside it."""
    from IPython.display import display

    bundle = {
        MIME.format(kind): payload,
        "text/markdown": plain,
        "text/plain": plain,
        **(more or {}),
    }
    display(bundle, raw=True)
