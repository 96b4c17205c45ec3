"""Command of the data dictionary."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ebpm.cli.base import EXAMPLES, cli, fail

if TYPE_CHECKING:
    from ebpm.dictionary import Column, Table


@cli.command(
    help="データベースの表と列の意味、単位、取りうる値、件数、出典、成り立つ規則を出します。\n\n"
    f"{EXAMPLES}ebpm dictionary\n  ebpm dictionary --table mart_staffing\n"
    "  ebpm dictionary --out dictionary.html"
)
@click.option("--table", "name", help="表の名前（既定 すべて）")
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="HTML の書き出し先")
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="HTML の言語")
def dictionary(name: str | None, as_json: bool, out: Path | None, lang: str) -> None:
    """Prints every table of the current warehouse, or writes them as a page."""
    from ebpm.files import put_in_place
    from ebpm.report import render_dictionary

    found = _tables(name)
    if out is not None:
        put_in_place(out, render_dictionary(found, lang="en" if lang == "en" else "ja"))
        click.echo(f"データ項目一覧: {out}")
    elif as_json:
        content = [dataclasses.asdict(table) for table in found]
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        click.echo("\n\n".join(_lines(table) for table in found))


def _tables(name: str | None) -> "tuple[Table, ...]":
    from ebpm import dictionary as stage
    from ebpm.sql_header import HeaderError
    from ebpm.warehouse import WarehouseError, connect

    try:
        with connect() as connection:
            found = stage.dictionary(connection)
    except (WarehouseError, HeaderError, stage.DictionaryError) as error:
        fail(str(error), 1)
    if name is None:
        return found
    if not (chosen := tuple(table for table in found if table.name == name)):
        known = "、".join(table.name for table in found)
        fail(f"{name} という表はありません。あるもの：{known}。", 2)
    return chosen


def _lines(table: "Table") -> str:
    sources = "／".join(f"{s.title['ja']}（{s.edition}）" for s in table.sources)
    return "\n".join(
        [
            f"{table.name}  {table.grain['ja']}",
            f"  キー {'、'.join(table.key)}  {table.rows:,} 行  出典 {sources}",
            *(_column_line(column) for column in table.columns),
            *(f"  規則：{rule['ja']}" for rule in table.contracts),
        ]
    )


def _column_line(column: "Column") -> str:
    from ebpm.contracts import said

    unit = f"［{column.unit['ja']}］" if column.unit else ""
    rule = f"  {said(column.rule)['ja']}" if column.rule else ""
    kinds = "、".join(f"{kind} {count:,}" for kind, count in column.missing.items())
    counts = f"{column.filled:,}" + (f"（{kinds}）" if kinds else "")
    return f"    {column.name:<28}{column.type:<9}{column.meaning['ja']}{unit}{rule}  {counts}"
