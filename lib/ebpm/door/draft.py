"""The draft of a settings file: what could be seen, and 要記入 where only the analyst knows."""

import json
import re
from collections import Counter
from collections.abc import Iterator

from ebpm.door.columns import NUMERIC, Profile, yes_no
from ebpm.door.inspect import Inspection, SheetReport, TableReport
from ebpm.door.settings import MEANINGS, TO_FILL

HEAD = """\
# ebpm inspect による下書きです。「要記入」をすべて埋め、要らない項目を消してから
#   ebpm import {file} --settings この設定ファイル
# を実行してください。行と列は、ファイルを開いたときのとおり 1 から数えます。
"""
CODE_LIKE = re.compile(r"[A-Z#][A-Z0-9_]{1,19}")
KNOWN_WITHOUT_UNIT = re.compile(r".*指数")


class NothingToDraft(ValueError):
    """A file in which no municipality or prefecture is named: one line that says so."""


def draft(inspection: Inspection, sheet: str | None = None) -> str:
    """The settings file for a sheet's first table, as text; raises NothingToDraft."""
    report = inspection.chosen(sheet)
    if report is None or not report.tables[0].layout.roles:
        problem = "市区町村・都道府県のコードも名前も見つからないため、設定の下書きを作れません"
        raise NothingToDraft(f"{inspection.opened.file}：{problem}。")
    table = report.tables[0]
    times = Counter(column.name for column in table.columns)
    parts = (
        [
            HEAD.format(file=_one_line(inspection.opened.file)),
            f"dataset = {_quoted(_dataset(inspection))}",
        ],
        _table(report, table),
        _columns(report, table),
        _time(table),
        _marks(table),
        _source(),
        *(_indicator(column, times[column.name] == 1) for column in _candidates(table)),
        _left(table),
    )
    return "\n".join("\n".join(part) + "\n" for part in parts)


def _dataset(inspection: Inspection) -> str:
    """A name from the file's own, where that is plain."""
    stem = inspection.opened.file.rpartition(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")[:40]
    return name if re.fullmatch(r"[a-z][a-z0-9_]*", name) and stem.isascii() else TO_FILL


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(report: SheetReport, table: TableReport) -> Iterator[str]:
    layout = table.layout
    yield "[table]"
    if report.sheet.name is not None:
        yield f"sheet = {_quoted(report.sheet.name)}"
    if report.sheet.turned:
        yield "# 団体が横に並んでいるので、行と列を入れ替えて読みます（以下の行は列、列は行のことです）"
        yield "turned = true"
    yield f"header_rows = {[row + 1 for row in layout.header]}"
    yield f"first_row = {layout.first + 1}"
    yield f"last_row = {layout.last + 1}"
    for number, other in enumerate(report.tables[1:], start=2):
        span = f"見出し {[row + 1 for row in other.layout.header]}、{other.layout.first + 1}〜{other.layout.last + 1} 行"
        yield f"# {number} つ目の表：{span}（取り込むには別の設定ファイルにしてください）"


def _columns(report: SheetReport, table: TableReport) -> Iterator[str]:
    roles = table.layout.roles
    yield "[columns]"
    for name, column in (
        ("code", roles.code),
        ("name", roles.name),
        ("prefecture", roles.prefecture),
    ):
        if column is None:
            continue
        digits = f", digits = {roles.digits}" if name == "code" and roles.digits else ""
        fill = ", fill_down = true" if name == "prefecture" and _has_gaps(report, table) else ""
        label = _label(report.sheet.column_label(column))
        heading = _quoted(table.headings[column])
        yield f"{name} = {{ column = {label}, heading = {heading}{digits}{fill} }}"


def _has_gaps(report: SheetReport, table: TableReport) -> bool:
    """Whether prefectures are written once only, over the rows of their municipalities.

    A few blanks are no such habit: to fill them down would be to guess.
    """
    roles = table.layout.roles
    if roles.prefecture is None or roles.name is None:
        return False
    rows = [report.sheet.rows[row] for row in table.layout.bodies]
    blank = sum(1 for row in rows if row[roles.prefecture] == "" and row[roles.name] != "")
    return blank > 0 and blank * 2 >= len(rows)


def _label(label: str | int) -> str:
    return str(label) if isinstance(label, int) else _quoted(label)


def _time(table: TableReport) -> Iterator[str]:
    yield "# 値の年度（始まる年の西暦）と基準日。どちらか一方でも、どちらも無くてもかまいません（行を消します）。"
    yield '# 列から読むときは { column = …, heading = "…" } と書きます。'
    yield "[time]"
    dates = [column for column in table.columns if column.type == "date"]
    years = [c for c in table.columns if c.name in {"年度", "会計年度"}]
    if all(column.fiscal_year is None for column in _candidates(table)):
        yield f"fiscal_year = {_where(years[0]) if years else _quoted(TO_FILL)}"
    yield f"date = {_where(dates[-1]) if dates else _quoted(TO_FILL)}"


def _where(column: Profile) -> str:
    return f"{{ column = {_label(column.label)}, heading = {_quoted(column.heading)} }}"


def _marks(table: TableReport) -> Iterator[str]:
    yield "# 値の代わりの記号の意味。元の凡例を確かめてください。使える言葉："
    yield f"#   {'、'.join(MEANINGS)}（no_row は「記載なし」として行を作りません）"
    yield "[marks]"
    columns = _candidates(table)
    for mark, means in {m: k for c in columns for m, (k, _) in c.missing.items()}.items():
        yield f"{_quoted(mark)} = {_quoted(means)}"
    if blanks := sum(column.blank for column in columns):
        yield f'"" = {_quoted(TO_FILL)}  # 空欄（{blanks:,} 個）'


def _source() -> Iterator[str]:
    yield "[source]"
    for key in ("title", "publisher", "licence"):
        yield f'{key} = {{ ja = {_quoted(TO_FILL)}, en = "" }}'
    for key, hint in (
        ("page", "公表元のページ（https://…）"),
        ("edition", "版の呼び名（公表日や年）"),
        ("reference_date", "調査の基準日"),
        ("retrieved", "入手した日（2024-04-01 の形）"),
    ):
        yield f"{key} = {_quoted(TO_FILL)}  # {hint}"


def _candidates(table: TableReport) -> list[Profile]:
    """Columns that hold values: numbers, marks only, or yes and no."""
    kinds = {*NUMERIC, "mark"}
    columns = [c for c in table.columns if c.name not in {"", "年度"}]
    return [c for c in columns if c.type in kinds or yes_no(c)]


def _indicator(column: Profile, is_only: bool) -> Iterator[str]:
    code, joint, rest = column.name.partition("／")
    has_code = bool(joint) and CODE_LIKE.fullmatch(code) is not None
    own = column.name if is_only else f"{column.name}（{column.label}）"
    indicator = code if has_code else own
    name = rest if has_code else column.name
    yield "[[indicator]]"
    yield f"column = {_label(column.label)}"
    yield f"heading = {_quoted(column.heading)}"
    yield f"indicator = {_quoted(indicator or TO_FILL)}"
    yield f"name = {_quoted(name or TO_FILL)}"
    yield f"unit = {_quoted(_unit(column))}"
    yield f"meaning_ja = {_quoted(name or TO_FILL)}"
    yield 'meaning_en = ""'
    if column.fiscal_year is not None:
        yield f"fiscal_year = {column.fiscal_year}"
    if words := yes_no(column):
        pairs = ", ".join(f"{_quoted(word)} = {value}" for word, value in words.items())
        yield f"values = {{ {pairs} }}"


def _unit(column: Profile) -> str:
    """The unit in the heading or after the numbers; none for an index; else to be filled in."""
    if column.unit:
        return column.unit
    if yes_no(column):
        return "status"
    if column.suffixes:
        return "％" if column.suffixes[0] == "%" else column.suffixes[0]
    return "" if KNOWN_WITHOUT_UNIT.fullmatch(column.name) else TO_FILL


def _left(table: TableReport) -> Iterator[str]:
    taken = {column.column for column in _candidates(table)}
    left = [c for c in table.columns if c.column not in taken and c.type != "empty"]
    if left:
        names = "、".join(f"{c.label}「{c.name[:20]}」" for c in left[:20])
        yield f"# 取り込まない列：{names}{' ほか' if len(left) > 20 else ''}"
    if table.repeated:
        yield f"# {table.repeated:,} 団体が二度以上出てきます。一つに決まる行だけを残してください。例："
        column = next((c for c in left if c.type == "text"), None)
        where = _label(column.label) if column else "…"
        heading = column.heading if column else "…"
        values = ", ".join(map(_quoted, column.values[1:4])) if column else '"…"'
        yield "# [[leave_out]]"
        yield f"# column = {where}"
        yield f"# heading = {_quoted(heading)}"
        yield f"# values = [{values}]"
        yield '# reason = "要る行だけを残す"'
