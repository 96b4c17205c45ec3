"""Templates to fill in: a workbook, a CSV file and an explanation for each form.

The same form gives the same bytes at each call: the workbook carries no time of making.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ebpm.files import put_in_place
from ebpm.japanese import ems
from ebpm.own.forms import Field, Form

SHEET, ABOUT, CHOICES = "記入", "説明", "選択肢"
MADE = datetime.datetime(2024, 1, 1)
ROWS_WITH_LISTS = 5_000
"""Drop-downs reach down to this row; further rows may be filled in all the same."""

QUESTIONS = 3
"""Example columns for the questions of a survey."""

TYPES = {
    "text": "文字",
    "category": "文字（同じものは同じ書き方で）",
    "integer": "整数",
    "number": "数",
    "date": "日付（2024-04-01）",
    "timestamp": "日時（2024-04-01 09:15）",
    "month": "年月（2024-04）",
    "boolean": "はい・いいえ",
    "pseudonym": "番号や名前（取り込むときに符号に置き換えます）",
    "likert": "1〜5 の数字、または尺度の言葉",
}
YES_NO = ("はい", "いいえ")


def write(form: Form, folder: Path) -> list[Path]:
    """Writes the workbook, the CSV file and the explanation into a folder; returns their paths."""
    made: dict[str, str | bytes] = {
        "xlsx": workbook(form),
        "csv": table(form),
        "md": explanation(form),
    }
    paths = [folder / f"{form.name}.{ending}" for ending in made]
    for path, content in zip(paths, made.values(), strict=True):
        put_in_place(path, content)
    return paths


def headings(form: Form) -> list[str]:
    """The headings of a template: Japanese labels; a survey's questions as 問1, 問2, …"""
    return [name for item in form.fields for name in _names(item)]


def table(form: Form) -> bytes:
    """The CSV template: UTF-8 with a byte order mark, headings and one example row."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(headings(form))
    writer.writerow(_examples(form))
    return stream.getvalue().encode("utf-8-sig")


def explanation(form: Form) -> str:
    """The explanation in Japanese, as Markdown."""
    lines = [
        *(
            f"# {form.title.ja}（{form.name}）",
            "",
            form.about.ja,
            "",
            f"- 1行の意味：{form.grain.ja}",
        ),
        "- 列の順序と見出しは変えてもかまいません（`ebpm check` が対応を提案します）。",
        "- 記入例の行は消してから書いてください。",
        *("", "| 列 | 記入 | 書き方 | 説明 | 例 |", "|---|---|---|---|---|"),
        *(_row(item) for item in form.fields),
        *("", f"確かめる：`ebpm check ファイル --form {form.name}`"),
        f"取り込む：`ebpm import ファイル --form {form.name}`",
    ]
    return "\n".join(lines) + "\n"


def workbook(form: Form) -> bytes:
    """The workbook: a sheet to fill in, one that explains, and one of the allowed values."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": form.title.ja, "created": MADE})
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    plain = book.add_format({"num_format": "@"})
    fill, about = book.add_worksheet(SHEET), book.add_worksheet(ABOUT)
    _fill_sheet(fill, form, head, plain)
    _about_sheet(about, form, head, wrapped)
    if lists := {item.key: choices(item) for item in form.fields if choices(item)}:
        _choices_sheet(book.add_worksheet(CHOICES), form, lists, head)
        _drop_downs(fill, form, lists)
    book.close()
    return stream.getvalue()


def choices(item: Field) -> tuple[str, ...]:
    """What may stand in a column with a closed list, in words that people use."""
    if item.type == "boolean":
        return YES_NO
    return ("5", "4", "3", "2", "1") if item.type == "likert" else item.allowed


def _names(item: Field) -> list[str]:
    if item.repeats:
        return [f"問{number}" for number in range(1, QUESTIONS + 1)]
    return [item.label.ja]


def _examples(form: Form) -> list[str]:
    return [item.example for item in form.fields for _ in _names(item)]


def _row(item: Field) -> str:
    label = "・".join(_names(item)) + " …" * item.repeats
    cells = (label, _need(item), _how(item), item.about.ja, item.example)
    return f"| {' | '.join(cell.replace('|', '｜') for cell in cells)} |"


def _need(item: Field) -> str:
    return "必須" if item.required else "任意"


def _how(item: Field) -> str:
    """Type, bounds and allowed values in words."""
    parts = [TYPES[item.type], *_bounds(item)]
    if item.type not in ("boolean", "likert") and item.allowed:
        parts.append("・".join(item.allowed) + "のどれか")
    return "、".join([*parts, *(["重複なし"] if item.unique else [])])


def _bounds(item: Field) -> Iterator[str]:
    if item.type == "likert":
        return
    if item.minimum is not None:
        yield f"{item.minimum:g} 以上"
    if item.above is not None:
        yield f"{item.above:g} より大きい"
    if item.maximum is not None:
        yield f"{item.maximum:g} 以下"


def _fill_sheet(sheet: Worksheet, form: Form, head: Format, plain: Format) -> None:
    """Headings and an example; all cells are text, so that nothing turns numbers into dates."""
    named = [(item, name) for item in form.fields for name in _names(item)]
    for column, (item, name) in enumerate(named):
        width = max(12.0, 1.9 * max(ems(name), 0.6 * len(item.example)))
        sheet.set_column(column, column, width, plain)
        sheet.write_string(0, column, name, head)
        sheet.write_string(1, column, item.example, plain)
    sheet.freeze_panes(1, 0)


def _about_sheet(sheet: Worksheet, form: Form, head: Format, wrapped: Format) -> None:
    top = [form.title.ja, form.about.ja, f"1行の意味：{form.grain.ja}"]
    top.append(f"「{SHEET}」シートの2行目は記入例です。消してから書いてください。")
    for row, text in enumerate(top):
        sheet.merge_range(row, 0, row, 4, text, wrapped)
    sheet.set_row(1, 80)
    for column, (title, width) in enumerate(
        (("列", 22), ("記入", 8), ("書き方", 32), ("説明", 70), ("例", 22))
    ):
        sheet.set_column(column, column, width)
        sheet.write_string(len(top), column, title, head)
    for row, item in enumerate(form.fields, start=len(top) + 1):
        label = "・".join(_names(item)) + " …" * item.repeats
        cells = (label, _need(item), _how(item), item.about.ja, item.example)
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, wrapped)


def _choices_sheet(
    sheet: Worksheet, form: Form, lists: dict[str, tuple[str, ...]], head: Format
) -> None:
    for column, (key, values) in enumerate(lists.items()):
        sheet.set_column(column, column, 18)
        sheet.write_string(0, column, form.field(key).label.ja, head)
        for row, value in enumerate(values, start=1):
            sheet.write_string(row, column, value)


def _drop_downs(sheet: Worksheet, form: Form, lists: dict[str, tuple[str, ...]]) -> None:
    keys = [item.key for item in form.fields for _ in _names(item)]
    for column, key in enumerate(keys):
        if key not in lists:
            continue
        source = chr(ord("A") + list(lists).index(key))
        options = {
            "validate": "list",
            "source": f"={CHOICES}!${source}$2:${source}${len(lists[key]) + 1}",
            "error_title": "選択肢にない値です",
            "error_message": f"「{CHOICES}」シートの値から選んでください。",
        }
        sheet.data_validation(1, column, ROWS_WITH_LISTS, column, options)
