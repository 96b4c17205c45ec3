"""Commands of own data: check a file against a form, import it, forget it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.cli.door import FILE

if TYPE_CHECKING:
    from ebpm.own.checking import Problem
    from ebpm.own.importing import Examined

REASONS = {
    "missing": "空欄",
    "unreadable": "読めない値",
    "out_of_range": "範囲外の値",
    "contradiction": "ほかの欄との食い違い",
    "repeated": "同じ行の繰り返し",
    "ambiguous": "番号の重複（内容が違う）",
}


@cli.command(
    help="庁内の記録が様式に合うかを調べ、直すところをすべて示します（何も取り込みません）。"
    "列の対応表がなければ下書きして FILE の横に保存します。\n\n"
    f"{EXAMPLES}ebpm check 受付.csv --form handling_log",
)
@click.argument("file", type=FILE)
@click.option("--form", required=True, help="様式（一覧は ebpm forms）")
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="列の対応表（既定は FILE.mapping.toml）"
)
@click.option("--sheet", help="Excel のシートの名前")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で出す")
def check(file: Path, form: str, mapping: Path | None, sheet: str | None, as_json: bool) -> None:
    """Says everything that is wrong with a file under a form, in one go."""
    from ebpm.own.importing import check_file

    with _one_line_errors():
        found = check_file(file, form, mapping, sheet=sheet)
    if as_json:
        click.echo(json.dumps(_data(found), ensure_ascii=False))
    else:
        for line in _lines(found):
            click.echo(line)
    sys.exit(0 if _is_clean(found) else 1)


def import_own(
    file: Path,
    form: str,
    mapping: Path | None,
    dataset: str | None,
    sheet: str | None,
    smallest_cell: int | None,
) -> None:
    """`ebpm import FILE --form NAME`."""
    from ebpm.own.importing import import_file
    from ebpm.own.settings import set_smallest_cell

    if smallest_cell is not None:
        set_smallest_cell(smallest_cell)
    with _one_line_errors():
        done = import_file(file, form, mapping, dataset=dataset, sheet=sheet)
    found = done.examined
    assert found.checked is not None
    if found.proposal is not None:
        for line in _mapping(found):
            click.echo(line)
    for line in _account(found):
        click.echo(line)
    if done.list_of_set_aside is not None:
        click.echo(f"除外した行の一覧：{done.list_of_set_aside}")
    name = done.figure.record["dataset"]
    click.echo(f"様式 {found.form.name} のデータセット「{name}」として取り込みました。")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What is wrong, a line each, and exit 1; an unknown form is wrong use."""
    from ebpm.own.forms import FormError
    from ebpm.own.importing import ImportRefused
    from ebpm.own.mapping import MappingError
    from ebpm.own.times import AmbiguousOrder, MixedOrder
    from ebpm.readers import ReadError
    from ebpm.warehouse import WarehouseError

    try:
        yield
    except FormError as error:
        fail(" ".join(error.problems), 2)
    except (ImportRefused, MappingError) as error:
        for problem in error.problems:
            click.echo(f"ebpm: {' '.join(problem.split())}", err=True)
        click.echo("ebpm: 何も取り込んでいません。", err=True)
        sys.exit(1)
    except (ReadError, WarehouseError, AmbiguousOrder, MixedOrder) as error:
        fail(" ".join(str(error).split()), 1)


def _is_clean(found: "Examined") -> bool:
    return (
        found.checked is not None
        and not found.checked.problems
        and not found.raw.set_aside
        and not found.undecided
        and not found.personal_in_mapped
    )


def _lines(found: "Examined") -> Iterator[str]:
    yield f"{found.raw.file}：{found.raw.rows:,} 行、{len(found.raw.headings)} 列（{found.raw.encoding}）"
    yield from _mapping(found)
    if found.proposal is not None and found.proposal.missing:
        missing = "、".join(found.form.field(key).label.ja for key in found.proposal.missing)
        yield f"✗ 必須の欄「{missing}」に当たる列が分かりません。対応表に列名を書いてください。"
    for each in found.personal:
        dropped = (
            "読み捨てます" if each.heading in found.mapping.drop else "どうするか決まっていません"
        )
        yield f"！ 列「{each.heading}」：{each.why}（取り込みません。{dropped}）"
    for each in found.personal_in_mapped:
        yield f"✗ 列「{each.heading}」：{each.why}（{each.row} 行目など）。この列は取り込めません。"
    if found.checked is not None:
        yield from _account(found)
        for problem in found.checked.problems:
            yield from _problem(found, problem)
        if not found.checked.problems:
            yield "直すところはありません。"
    for reason, content in found.raw.set_aside[:3]:
        yield f"✗ 行として読めません：{reason}：{content[:60]}"


def _mapping(found: "Examined") -> Iterator[str]:
    where = "下書きして保存しました" if found.proposal is not None else "使いました"
    yield f"列の対応（{found.mapping_path.name} を{where}）"
    for field in found.form.fields:
        if field.repeats:
            if found.mapping.items:
                yield f"  {field.label.ja}（設問 {len(found.mapping.items)} 列）"
            continue
        heading = found.mapping.fixed.get(field.key) or found.mapping.columns.get(field.key)
        mark = "・" if heading else "－" if not field.required else "✗"
        yield f"  {mark} {field.label.ja}：{heading or '（なし）'}"
    if found.proposal is not None:
        yield from (f"  ？ {remark}" for remark in found.proposal.remarks)


def _account(found: "Examined") -> Iterator[str]:
    checked = found.checked
    assert checked is not None
    yield (
        f"読込 {checked.read:,}  登録 {checked.good:,}  空行 {checked.blank:,}  "
        f"除外 {checked.set_aside + len(found.raw.set_aside):,}"
    )
    for problem in checked.problems:
        yield f"  除外の理由：{problem.heading}：{REASONS[problem.code]}（{problem.rows:,}）"


def _problem(found: "Examined", problem: "Problem") -> Iterator[str]:
    from ebpm.own.checking import remedy

    types = {heading: found.form.field(key).type for key, heading in found.mapping.columns.items()}
    kind = types.get(problem.heading, "likert")
    for row, given in problem.examples:
        shown = f"「{given[:40]}」" if given else "空欄"
        how = remedy(problem.code, given, kind)
        yield f"✗ {row} 行目「{problem.heading}」：{shown}。{problem.expected}にしてください。{how}"
    if problem.rows > len(problem.examples):
        yield f"  ほか {problem.rows - len(problem.examples):,} 件"


def _data(found: "Examined") -> dict[str, Any]:
    checked = found.checked
    return {
        "file": found.raw.file,
        "form": found.form.name,
        "mapping": str(found.mapping_path),
        "columns": dict(found.mapping.columns),
        "items": list(found.mapping.items),
        "missing": list(found.proposal.missing) if found.proposal else [],
        "personal": [{"heading": p.heading, "kind": p.kind} for p in found.personal],
        "dropped": list(found.mapping.drop),
        "undecided": found.undecided,
        "ok": _is_clean(found),
        "read": checked.read if checked else found.raw.rows,
        "good": checked.good if checked else 0,
        "problems": [
            {"heading": p.heading, "reason": p.code, "expected": p.expected, "rows": p.rows}
            | {"examples": [{"row": row, "found": given} for row, given in p.examples]}
            for p in (checked.problems if checked else ())
        ],
    }


@cli.command(
    help="取り込んだ庁内データと、それから作った報告書・台帳の記録を消します。\n\n"
    f"{EXAMPLES}ebpm forget 受付2024\n  ebpm forget --all",
)
@click.argument("dataset", required=False)
@click.option("--form", help="この様式のものだけ")
@click.option("--all", "everything", is_flag=True, help="すべての庁内データ（仮名の鍵も）")
@click.option("--out", type=click.Path(path_type=Path), help="報告書の置き場（既定 reports/own）")
def forget(dataset: str | None, form: str | None, everything: bool, out: Path | None) -> None:
    """Removes own data and everything that was made from them."""
    from ebpm.own.forgetting import forget as forget_data
    from ebpm.own.forgetting import forget_all

    if everything == (dataset is not None):
        fail("データセットの名前か --all のどちらか一つを指定してください。", 2)
    with _one_line_errors():
        done = forget_all(out) if everything else forget_data(dataset or "", form, out)
    if not done.datasets and everything:
        click.echo("消す庁内データはありません。")
        return
    if not done.datasets:
        fail(f"「{dataset}」という庁内データはありません。", 1)
    click.echo(f"消したデータ：{'、'.join(done.datasets)}")
    click.echo(f"消した報告書：{len(done.pages):,} 件、台帳の記録：{done.findings:,} 件")
