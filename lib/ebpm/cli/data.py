"""Commands of the data: build, figures."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ebpm.cli.base import EXAMPLES, cli, fail


@cli.command(help=f"データベースを作ります（data/figures から）。\n\n{EXAMPLES}ebpm build")
@click.option("--warehouse", "folder", type=click.Path(path_type=Path), help="置き場のフォルダー")
@click.option("--force", is_flag=True, help="変わっていなくても作り直す")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で出す")
def build(folder: Path | None, force: bool, as_json: bool) -> None:
    """Builds the warehouse beside the old one and swaps; prints a row per table."""
    from ebpm import warehouse

    try:
        done = warehouse.build(folder, force=force)
    except warehouse.WarehouseError as error:
        fail(str(error), 1)
    if as_json:
        rows = [vars(account) for account in done.accounts]
        click.echo(
            json.dumps(
                {"unchanged": done.unchanged, "inputs_sha256": done.inputs_sha256, "tables": rows}
            )
        )
        return
    click.echo(f"{'表':<26}{'読込':>12}{'登録':>12}{'除外':>10}")
    for account in done.accounts:
        click.echo(
            f"{account.table:<28}{account.read:>12,}{account.loaded:>12,}{account.set_aside:>10,}"
        )
    click.echo("変更はありません。" if done.unchanged else "データベースを作成しました。")


@cli.command(
    help="公表ファイルから data/figures の表を作り直します。\n\n"
    f"{EXAMPLES}ebpm figures ~/published\n  ebpm figures ~/published --source ssdse_a"
)
@click.argument("raw", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", "keys", multiple=True, help="data/sources.toml の項目名（複数可）")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="書き出し先（既定 data/figures）"
)
def figures(raw: Path, keys: Sequence[str], folder: Path | None) -> None:
    """Makes the shipped tables from published files and prints the account of each."""
    from ebpm import figures as stage
    from ebpm.readers import ReadError

    if unknown := [key for key in keys if key not in stage.sources()]:
        known = "、".join(stage.sources())
        fail(f"{unknown[0]} というデータはありません。使えるもの：{known}。", 2)
    try:
        made = stage.make(raw, folder, keys)
    except ReadError as error:
        fail(str(error), 1)
    for figure in made:
        account = figure.record["input"]
        click.echo(
            f"{figure.table}: {figure.record['rows']:,} 行"
            f"（入力 {account['unit']} 読込 {account['read']:,} 登録 {account['loaded']:,} "
            f"空欄 {account['empty']:,} 除外 {len(account['set_aside']):,}）"
        )
