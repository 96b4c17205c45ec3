"""Writes a mapping as a text that an official can read and change."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ebpm.files import put_in_place
from ebpm.own.forms import Field, Form
from ebpm.own.mapped import TO_CONFIRM, Mapping, Proposal

HEAD = """\
# 列の対応表：ファイルのどの列が、様式「{title}」（{form}）のどの項目に当たるかを書いたものです。
# ebpm check が下書きしました。[columns] の右側（"…"）が、ファイルの列の見出しです。
# 違っていたら右側を書き直し、もう一度 ebpm check を実行してください。# で始まる行は説明です。
"""
MARK = "# 下書きの印（書き直されたかどうかを見分けます）："
_MARKED = re.compile(re.escape(MARK) + r"([0-9a-f]{16})\n$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def save(
    path: Path,
    mapping: Mapping,
    form: Form,
    headings: Sequence[str],
    proposal: Proposal | None = None,
) -> bool:
    """Writes the mapping with explanations; what a person wrote or changed is never overwritten.

    Returns whether it was written: a file that is there already is replaced only while it still is
    an untouched draft. `proposal` adds its doubts and remarks as comments.
    """
    if path.exists() and not is_untouched(path.read_bytes()):
        return False
    text = "\n".join(_lines(mapping, form, headings, proposal)) + "\n"
    put_in_place(path, f"{text}{MARK}{_digest(text)}\n")
    return True


def is_untouched(content: bytes) -> bool:
    """Whether a mapping is still as it was drafted."""
    text = content.decode("utf-8", errors="replace")
    match = _MARKED.search(text)
    return match is not None and _digest(text[: match.start()]) == match[1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _lines(
    mapping: Mapping, form: Form, headings: Sequence[str], proposal: Proposal | None
) -> Iterator[str]:
    yield HEAD.format(title=form.title.ja, form=form.name)
    if proposal and proposal.remarks:
        yield from ("# 確かめてほしいこと", *(f"#  ・{_one_line(r)}" for r in proposal.remarks), "")
    yield f"form = {_quoted(mapping.form)}"
    yield from _settings(mapping)
    yield from _lists(mapping, form)
    yield "\n[columns]"
    for item in form.fields:
        if not item.repeats:
            yield from _column(item, mapping, proposal)
    yield from _tables(mapping, form)
    unused = [h for h in headings if h.strip() and h not in {*mapping.used, *mapping.drop}]
    if unused:
        yield "\n# 使っていない列（取り込みません）："
        yield from (f"#   {_one_line(heading)}" for heading in unused)
    yield ""


def _settings(mapping: Mapping) -> Iterator[str]:
    yield from _setting(
        "encoding", mapping.encoding, "utf-8", "文字コード。書かなければ自動で見分けます"
    )
    yield from _setting(
        "sheet", mapping.sheet, "Sheet1", "Excel のシートの名前。書かなければ最初の表です"
    )
    order = "04/05/2024 のような日付の順。month_first は 月/日/年、day_first は 日/月/年"
    yield from _setting("order", mapping.order, "month_first", order)
    yield f"# 時差の書かれていない日時の時間帯\nzone = {_quoted(mapping.zone)}"


def _setting(name: str, value: str | None, example: str, about: str) -> Iterator[str]:
    yield f"# {about}"
    yield f"{name} = {_quoted(value)}" if value else f"# {name} = {_quoted(example)}"


def _lists(mapping: Mapping, form: Form) -> Iterator[str]:
    if form.items is not None:
        yield f"\n# {form.items.label.ja}：{form.items.about.ja}"
        yield from _list("items", mapping.items)
    yield "\n# 個人が分かる列のうち、読み捨ててよいとあなたが決めた列の見出し"
    yield from _list("drop", mapping.drop)
    yield "# 12 桁の数字があっても個人番号ではない、とあなたが確かめた列の見出し"
    yield from _list("not_my_number", mapping.not_my_number)


def _list(name: str, entries: Sequence[str]) -> Iterator[str]:
    if not entries:
        yield f"{name} = []"
        return
    yield from (f"{name} = [", *(f"  {_quoted(entry)}," for entry in entries), "]")


def _column(item: Field, mapping: Mapping, proposal: Proposal | None) -> Iterator[str]:
    need = "必須" if item.required else "なくてもよい"
    yield f"# {item.label.ja}（{need}）：{item.about.ja}"
    doubt = next((d for d in proposal.doubtful if d.field == item.key), None) if proposal else None
    if doubt and doubt.others:
        yield f"#  ★ 確かめてください。ほかの候補：{'、'.join(map(_one_line, doubt.others))}"
    elif doubt:
        yield "#  ★ 見出しや値から推し量ったものです。確かめてください。"
    if item.key in mapping.columns:
        yield f"{item.key} = {_quoted(mapping.columns[item.key])}"
    elif item.required and item.key not in mapping.fixed:
        yield f"{item.key} = {_quoted(TO_CONFIRM)}"
    else:
        yield f"# {item.key} = {_quoted('')}"


def _tables(mapping: Mapping, form: Form) -> Iterator[str]:
    yield "\n# 時刻だけの列に、日の列を合わせるとき：項目 = 日の列の見出し\n[days]"
    yield from (f"{key} = {_quoted(day)}" for key, day in mapping.days.items())
    yield "\n# ファイルに列がなく、全部の行が同じ値のとき：項目 = 値"
    examples = [f for f in form.required if f.type == "category"]
    if examples and not mapping.fixed:
        example = examples[-1]
        yield f"# 例：{example.key} = {_quoted(example.example)}（上の [columns] のその行は消します）"
    yield "[fixed]"
    yield from (f"{key} = {_quoted(value)}" for key, value in mapping.fixed.items())
    yield '\n# ファイルの表記を読み替えるとき：[values.項目] の下に "ファイルの表記" = "登録する値"'
    for key, table in mapping.values.items():
        yield f"[values.{key}]"
        yield from (f"{_key(spelling)} = {_quoted(value)}" for spelling, value in table.items())


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.split())
