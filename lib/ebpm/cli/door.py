"""Commands of the door: inspect a file that nobody foresaw, import it by its settings."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ebpm.cli.base import EXAMPLES, cli, fail

if TYPE_CHECKING:
    from ebpm.door.importing import Imported

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@cli.command(
    name="inspect",
    help="CSV・Excel の表を調べ、取り込みの設定ファイルを下書きします（何も取り込みません）。\n\n"
    f"{EXAMPLES}ebpm inspect 表.xlsx\n  ebpm inspect 表.xlsx --draft settings.toml",
)
@click.argument("file", type=FILE)
@click.option("--draft", "to", type=click.Path(path_type=Path), help="下書きを書くファイル")
@click.option("--sheet", help="下書きするシート（既定は団体の最も多いシート）")
@click.option("--json", "as_json", is_flag=True, help="調べた結果を JSON で出す")
def inspect_(file: Path, to: Path | None, sheet: str | None, as_json: bool) -> None:
    """Prints what a file holds and drafts its settings."""
    from ebpm.door import show
    from ebpm.door.draft import NothingToDraft, draft
    from ebpm.door.inspect import inspect
    from ebpm.readers import ReadError

    try:
        found = inspect(file)
    except ReadError as error:
        fail(str(error), 1)
    if sheet is not None and found.chosen(sheet) is None:
        fail(f"シート「{sheet}」に表がありません。", 2)
    click.echo(
        json.dumps(show.data(found), ensure_ascii=False)
        if as_json
        else "\n".join(show.lines(found))
    )
    if as_json and to is None:
        return
    try:
        settings = draft(found, sheet)
    except NothingToDraft as error:
        if to is not None:
            fail(str(error), 1)
        return
    if to is not None:
        _write_draft(to, settings, as_json)
    else:
        click.echo(f"\n──── 設定ファイルの下書き（--draft で保存）────\n{settings}")


def _write_draft(to: Path, settings: str, quiet: bool) -> None:
    from ebpm.files import put_in_place

    if to.exists():
        fail(f"{to} はすでにあります。書きかけの設定を守るため、別の名前にしてください。", 1)
    put_in_place(to, settings)
    if not quiet:
        click.echo(f"\n設定の下書きを {to} に書きました。「要記入」を埋めてください。")


@cli.command(
    name="import",
    help="表を取り込みます。公表された表（団体×指標）は --settings、"
    "庁内の記録（処理記録・調査など）は --form です。コードは書きません。\n\n"
    f"{EXAMPLES}ebpm import 表.xlsx --settings settings.toml\n"
    "  ebpm import 受付.csv --form handling_log\n  ebpm import --list\n"
    "  ebpm import --remove dataset名",
)
@click.argument("file", type=FILE, required=False)
@click.option("--settings", type=FILE, help="設定ファイル（下書きは ebpm inspect で）")
@click.option("--form", help="庁内データの様式（一覧は ebpm forms）")
@click.option("--mapping", type=FILE, help="列の対応表（既定は FILE.mapping.toml）")
@click.option("--dataset", help="データセットの名前（既定はファイルの名前）")
@click.option("--sheet", help="Excel のシートの名前")
@click.option(
    "--smallest-cell",
    type=click.IntRange(min=3),
    help="秘匿の基準：これに満たない件数・人数の値を伏せる（既定 10。以後の報告書すべてに使う）",
)
@click.option("--list", "as_list", is_flag=True, help="取り込んだものの一覧")
@click.option("--remove", metavar="DATASET", help="取り込んだものを消す")
def import_(
    file: Path | None,
    settings: Path | None,
    form: str | None,
    mapping: Path | None,
    dataset: str | None,
    sheet: str | None,
    smallest_cell: int | None,
    as_list: bool,
    remove: str | None,
) -> None:
    """Imports a table, lists what was imported, or removes it."""
    if form is not None:
        from ebpm.cli.own import import_own

        if file is None or settings is not None or as_list or remove is not None:
            fail("--form には FILE だけを添えてください（--settings などとは使えません）。", 2)
        import_own(file, form, mapping, dataset, sheet, smallest_cell)
        return
    if mapping or dataset or sheet or smallest_cell:
        fail("--mapping、--dataset、--sheet、--smallest-cell は --form と使います。", 2)
    chosen = [file is not None or settings is not None, as_list, remove is not None]
    if sum(chosen) != 1:
        fail("FILE と --settings、--list、--remove のどれか一つを指定してください。", 2)
    if as_list:
        _list()
    elif remove is not None:
        _remove(remove)
    elif file is None or settings is None:
        fail(
            "FILE と --settings の両方が要ります。下書きは ebpm inspect FILE --draft で作れます。",
            2,
        )
    else:
        _import(file, settings)


def _list() -> None:
    from ebpm.door.store import imported
    from ebpm.own.store import datasets

    found = imported()
    for figure in found:
        record = figure.record
        name = figure.name.partition(".")[2]
        click.echo(f"{name}：{record['title']['ja']}（{record['edition']}）{record['rows']:,} 行")
    own = datasets()
    for figure in own:
        record = figure.record
        note = "、架空データ" if record["synthetic"] else ""
        click.echo(f"庁内データ {record['dataset']}：{figure.table}（{record['rows']:,} 行{note}）")
    if not found and not own:
        click.echo("取り込んだ表はありません。")


def _remove(dataset: str) -> None:
    from ebpm.door.store import remove

    if not remove(dataset):
        fail(f"{dataset} という取り込み済みの表はありません。一覧は ebpm import --list。", 1)
    click.echo(f"{dataset} を消しました。ebpm build でデータベースに反映されます。")


def _import(file: Path, settings: Path) -> None:
    from ebpm.door.importing import import_table
    from ebpm.door.settings import SettingsError

    try:
        done = import_table(file, settings)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"ebpm: {' '.join(problem.split())}", err=True)
        click.echo("ebpm: 何も取り込んでいません。", err=True)
        sys.exit(1)
    _tell(done)


def _tell(done: "Imported") -> None:
    from ebpm.door.show import REASONS

    record, dataset = done.figure.record, done.figure.name.partition(".")[2]
    account = record["input"]
    click.echo(
        f"{dataset}：{done.bodies:,} 団体、{record['rows']:,} 行を取り込みました"
        f"（読込 {account['read']:,} 登録 {account['loaded']:,} 記載なし {account['empty']:,} "
        f"除外 {len(account['set_aside']):,}）"
    )
    for reason, number in done.reasons.items():
        click.echo(f"  除外 {REASONS[reason]}（{reason}）：{number:,}")
    if done.list_of_set_aside:
        click.echo(f"  除外の一覧：{done.list_of_set_aside}")
    for warning in done.warnings:
        click.echo(f"  注意：{warning}")
    indicator = record["indicators"][0]["indicator"]
    click.echo(
        "次に ebpm build を実行すると、次の SQL で使えます：\n"
        "  SELECT lgcode, name, value FROM mart_imported "
        f"WHERE dataset = '{dataset}' AND indicator = '{indicator}'"
    )
