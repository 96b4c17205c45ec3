"""What an inspection found, in words for the screen and as data for a machine."""

from collections.abc import Iterator
from typing import Any

from ebpm.door.columns import Profile
from ebpm.door.inspect import Inspection, SheetReport, TableReport

REASONS = {
    "ambiguous_code": "2通りに読めるコード",
    "ambiguous_name": "同じ名前の団体が複数",
    "absent_cell": "行が途中で終わっている",
    "footnote": "脚注",
    "left_out": "設定により除外",
    "name_does_not_match_code": "コードと名前が合わない",
    "no_identity": "コードも名前もない",
    "outside_table": "表の範囲の外",
    "repeated_body": "同じ団体の行が複数",
    "total": "合計・平均など",
    "undeclared_blank": "意味を決めていない空欄",
    "undeclared_mark": "意味を決めていない記号",
    "unit_mismatch": "単位が設定と違う",
    "unknown_code": "現存しないコード",
    "unknown_name": "現存しない名前",
    "unknown_prefecture": "知らない都道府県名",
    "unreadable_date": "読めない日付",
    "unreadable_value": "数値として読めない",
    "unreadable_year": "読めない年度",
    "ward": "政令指定都市の区",
    "wrong_number_of_columns": "列の数が見出しと違う",
}
"""Why a row or a cell is set aside: the closed set of reasons."""

TYPES = {
    "number": "数値",
    "percentage": "百分率（％付き）",
    "count": "単位付きの数",
    "date": "日付",
    "text": "文字",
    "mark": "記号のみ",
    "empty": "空",
}
SPELLINGS = {"comma": "桁区切りのコンマ", "full_width": "全角数字", "triangle": "△▲の負数"}


def lines(inspection: Inspection) -> Iterator[str]:
    """The inspection as lines in Japanese."""
    opened = inspection.opened
    yield opened.file
    if opened.encoding:
        yield f"  文字コード {opened.encoding}、改行 {opened.line_ends}、区切り {opened.delimiter}"
    for sheet in inspection.sheets:
        yield from _sheet(sheet)


def _sheet(report: SheetReport) -> Iterator[str]:
    sheet, layout = report.sheet, report.layout
    name = f"シート「{sheet.name}」" if sheet.name is not None else "表"
    hidden = "（非表示）" if sheet.hidden else ""
    yield f"{name}{hidden} {report.size[0]:,} 行 × {report.size[1]:,} 列"
    if sheet.turned:
        yield "  団体が横に並んでいます。行と列を入れ替えて見ています（以下の行は元の列です）"
    if layout.titles:
        yield f"  表題など：{_rows(layout.titles)}"
    if layout.footnotes:
        yield f"  脚注：{_rows(layout.footnotes)}"
    if len(report.tables) > 1:
        yield f"  {len(report.tables)} つの表が縦に並んでいます"
    if not report.tables:
        yield "  表が見つかりません"
    for table in report.tables:
        yield from _table(report, table)


def _rows(rows: list[int]) -> str:
    shown = "、".join(str(row + 1) for row in rows[:5])
    return f"{shown} 行目{' ほか' if len(rows) > 5 else ''}"


def _table(report: SheetReport, table: TableReport) -> Iterator[str]:
    layout, sheet = table.layout, report.sheet
    header = _rows(list(layout.header)) if layout.header else "なし"
    unit = f"（単位の行 {layout.unit_row + 1} 行目）" if layout.unit_row is not None else ""
    year = f"（年度の行 {layout.year_row + 1} 行目）" if layout.year_row is not None else ""
    yield f"  見出し {header}{unit}{year}、データ {layout.first + 1}〜{layout.last + 1} 行目"
    if layout.totals:
        yield f"  合計・平均などの行：{_rows(list(layout.totals))}"
    yield from _identity(report, table)
    if table.ragged_count:
        yield f"  列の数が見出しと違う行が {table.ragged_count:,} 行：{'、'.join(table.ragged)}"
    if table.merged:
        yield f"  データの中に結合されたセル：{'、'.join(table.merged[:5])}"
    for column in table.columns:
        yield _column(column)
    if len(layout.roles.code_candidates) > 1 or len(layout.roles.name_candidates) > 1:
        several = {*layout.roles.code_candidates, *layout.roles.name_candidates}
        labels = "、".join(str(sheet.column_label(column)) for column in sorted(several))
        yield f"  コード・名前らしい列がほかにもあります：{labels}"


def _identity(report: SheetReport, table: TableReport) -> Iterator[str]:
    roles, sheet = table.layout.roles, report.sheet
    if not roles:
        yield "  市区町村・都道府県のコードも名前も見つかりません（ebpm import の対象外です）"
        return
    digits = f"（{roles.digits} 桁）" if roles.digits else ""
    named = (
        ("コード", roles.code, digits),
        ("名前", roles.name, ""),
        ("都道府県", roles.prefecture, ""),
    )
    found = [
        f"{label} {sheet.column_label(column)}「{table.headings[column]}」{extra}"
        for label, column, extra in named
        if column is not None
    ]
    yield f"  {'、'.join(found)}：{table.named:,} 団体が決まりました"
    if table.zeros_lost:
        yield f"  コードの先頭の 0 が失われた行が {table.zeros_lost:,} 行あります（補って読みます）"
    for reason, number in table.reasons.items():
        yield f"  {REASONS[reason]}：{number:,} 行（{'、'.join(table.examples[reason])}）"
    if table.repeated:
        yield f"  {table.repeated:,} 団体が二度以上出てきます"


def _column(column: Profile) -> str:
    share = column.filled / column.cells * 100 if column.cells else 0.0
    parts = [f"{TYPES[column.type]}", f"記入 {share:.1f}％"]
    if column.unit:
        parts.append(f"単位 {column.unit}")
    if column.fiscal_year:
        parts.append(f"{column.fiscal_year} 年度")
    if column.blank:
        parts.append(f"空欄 {column.blank:,}")
    parts += [f"「{mark}」{number:,}（{kind}）" for mark, (kind, number) in column.missing.items()]
    parts += [f"{SPELLINGS[key]} {number:,}" for key, number in column.spellings.items()]
    if column.unreadable_count:
        cells = "、".join(f"{place}「{text}」" for place, text in column.unreadable)
        parts.append(f"読めない値 {column.unreadable_count:,}：{cells}")
    return f"    {column.label} {column.name[:40] or '（見出しなし）'}：{'、'.join(parts)}"


def data(inspection: Inspection) -> dict[str, Any]:
    """The inspection for a machine; rows are counted from 1."""
    opened = inspection.opened
    return {
        "file": opened.file,
        "encoding": opened.encoding,
        "line_ends": opened.line_ends,
        "delimiter": opened.delimiter,
        "sheets": [_sheet_data(report) for report in inspection.sheets],
    }


def _sheet_data(report: SheetReport) -> dict[str, Any]:
    return {
        "name": report.sheet.name,
        "hidden": report.sheet.hidden,
        "rows": report.size[0],
        "columns": report.size[1],
        "turned": report.sheet.turned,
        "titles": [row + 1 for row in report.layout.titles],
        "footnotes": [row + 1 for row in report.layout.footnotes],
        "merged_cells": len(report.sheet.merged),
        "tables": [_table_data(report, table) for table in report.tables],
    }


def _table_data(report: SheetReport, table: TableReport) -> dict[str, Any]:
    layout, label = table.layout, report.sheet.column_label
    roles = {"code": layout.roles.code, "name": layout.roles.name}
    roles |= {"prefecture": layout.roles.prefecture}
    return {
        "header_rows": [row + 1 for row in layout.header],
        "unit_row": None if layout.unit_row is None else layout.unit_row + 1,
        "year_row": None if layout.year_row is None else layout.year_row + 1,
        "first_row": layout.first + 1,
        "last_row": layout.last + 1,
        "total_rows": [row + 1 for row in layout.totals],
        "roles": {name: None if c is None else label(c) for name, c in roles.items()},
        "code_digits": layout.roles.digits,
        "bodies": table.named,
        "not_identified": table.reasons,
        "examples": table.examples,
        "zeros_lost": table.zeros_lost,
        "repeated_bodies": table.repeated,
        "ragged_rows": table.ragged_count,
        "columns": [_column_data(column) for column in table.columns],
    }


def _column_data(column: Profile) -> dict[str, Any]:
    missing = {mark: {"kind": kind, "cells": n} for mark, (kind, n) in column.missing.items()}
    unreadable = [{"place": place, "text": text} for place, text in column.unreadable]
    return {
        "column": column.label,
        "heading": column.heading,
        "type": column.type,
        "unit": column.unit,
        "fiscal_year": column.fiscal_year,
        "cells": column.cells,
        "filled": column.filled,
        "blank": column.blank,
        "missing": missing,
        "spellings": column.spellings,
        "unreadable_cells": column.unreadable_count,
        "unreadable": unreadable,
    }
