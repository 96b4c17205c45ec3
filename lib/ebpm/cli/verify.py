"""Command of the proof: every number of an issued page, derived again."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ebpm.cli.base import EXAMPLES, cli, fail

if TYPE_CHECKING:
    from ebpm.run.verify import Check, Verification

MOST_LINES = 40
STATUS = {"match": "一致", "differs": "相違", "cannot": "確認できず"}


@cli.command(
    help="報告書の数字を、作成に使ったデータベースからすべて計算し直して照らし合わせます。"
    "一つでも違えば終了コードは 1 です。\n\n"
    f"{EXAMPLES}ebpm verify reports/site/staffing.html\n"
    "  ebpm verify reports/site/staffing/011002.html --all"
)
@click.argument("page", type=click.Path(path_type=Path))
@click.option("--current", is_flag=True, help="今のデータベースで計算し、版の違いによる差をみる")
@click.option("--all", "everything", is_flag=True, help="一致した数字も一つずつ出す")
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def verify(page: Path, current: bool, everything: bool, as_json: bool) -> None:
    """Derives every number of a page again: match, differs (both values), or cannot (why)."""
    from ebpm import warehouse
    from ebpm.run import verify as stage
    from ebpm.run.issued import IssuedError
    from ebpm.warehouse import WarehouseError

    if not page.is_file():
        what = "はフォルダーです" if page.is_dir() else "がありません"
        fail(f"{page} {what}。報告書（HTML）のファイルを指定してください。", 2)
    try:
        found = stage.verify(page, warehouse.current() if current else None)
    except IssuedError as error:
        fail(f"{page.name}：{error}", 2)
    except WarehouseError as error:
        fail(str(error), 1)
    if as_json:
        content = {**asdict(found), "ok": found.ok}
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        _show(found, everything=everything)
    sys.exit(0 if found.ok else 1)


def _show(found: "Verification", *, everything: bool) -> None:
    for note in found.notes:
        click.echo(f"注意：{note}")
    shown = [check for check in found.checks if everything or check.status != "match"]
    for check in shown[: None if everything else MOST_LINES]:
        click.echo(_line(check))
    if not everything and len(shown) > MOST_LINES:
        click.echo(f"ほか {len(shown) - MOST_LINES} か所（--all ですべて出ます）")
    counts = "、".join(f"{name} {found.count(status)}" for status, name in STATUS.items())
    click.echo(f"{found.page}：{counts}")


def _line(check: "Check") -> str:
    values = f"「{check.printed}」" + (
        f" → 計算し直すと「{check.derived}」" if check.derived not in (None, check.printed) else ""
    )
    why = f"（{check.why}）" if check.why else ""
    return f"{STATUS[check.status]}：{check.label}［{check.key}］{values}{why}"
