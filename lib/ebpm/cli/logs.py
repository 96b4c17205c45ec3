"""Command of large logs: load."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.paths import LOCAL

if TYPE_CHECKING:
    from ebpm.logs import Loaded

DATABASE = LOCAL / "logs.duckdb"


@cli.command(
    help="大きな記録（処理ログなど、見出し行のある CSV）を DuckDB のファイルに取り込みます。"
    "文字コードは CP932 か UTF-8 です。読めない行は除いて数え、一覧にします。\n\n"
    f"{EXAMPLES}ebpm load 処理ログ.csv --table log --column 処理時間_分=integer"
    " --column 受付日時=timestamp"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", required=True, metavar="名前", help="表の名前（あれば置き換える）")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="列=型",
    help="列の型（integer・number・date・timestamp。指定しない列は文字のまま）",
)
@click.option("--database", type=click.Path(path_type=Path), help="既定は data/local/logs.duckdb")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で出す")
def load(
    file: Path, table: str, columns: Sequence[str], database: Path | None, as_json: bool
) -> None:
    """Loads a large log into a DuckDB file."""
    from ebpm import logs
    from ebpm.readers.reading import ReadError

    pairs = [column.rpartition("=") for column in columns]
    for name, sign, _ in pairs:
        if not (name and sign):
            fail("--column は「列=型」の形で指定してください。", 2)
    types = {name: kind for name, _, kind in pairs}
    if unknown := [kind for kind in types.values() if kind not in logs.TYPES]:
        fail(f"型「{unknown[0]}」はありません。使えるもの：{'、'.join(logs.TYPES)}。", 2)
    home = database or DATABASE
    try:
        done = logs.load(file, home, table, types)  # type: ignore[arg-type]
    except ReadError as error:
        fail(str(error), 1)
    click.echo(json.dumps(_data(done), ensure_ascii=False) if as_json else _told(done, home))


def _data(done: "Loaded") -> dict[str, object]:
    listed = str(done.list_of_set_aside) if done.list_of_set_aside else None
    return {**vars(done), "list_of_set_aside": listed, "set_aside": done.set_aside}


def _told(done: "Loaded", home: Path) -> str:
    lines = [
        f"{home.name} の表 {done.table}（{done.encoding.upper()}）：{done.read:,} 行のうち "
        f"{done.loaded:,} 行を取り込み、{done.set_aside:,} 行を除きました。"
    ]
    lines += [f"  {reason}：{number:,} 行" for reason, number in done.reasons.items()]
    if done.list_of_set_aside:
        lines.append(f"除いた行の一覧：{done.list_of_set_aside}")
    return "\n".join(lines)
