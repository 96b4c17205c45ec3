"""Command of the editions: which there are, and what changed between two."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail

if TYPE_CHECKING:
    from ebpm.editions import Edition, TableChange


@cli.command(
    help="公表データの版の一覧と、二つの版の違い（行・値・定義）を出します。\n\n"
    f"{EXAMPLES}ebpm editions\n  ebpm editions ssdse_a --from 2024 --to 2025"
)
@click.argument("source", required=False)
@click.option("--from", "before", help="比べる元の版（既定は最新の一つ前）")
@click.option("--to", "after", help="比べる先の版（既定は最新）")
@click.option(
    "--examples", type=click.IntRange(min=0), default=5, help="違いの例を出す行数（0 ですべて）"
)
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def editions(
    source: str | None, before: str | None, after: str | None, examples: int, as_json: bool
) -> None:
    """Lists editions; for a source with two or more, what changed between two of them."""
    from ebpm import editions as stage
    from ebpm.evidence.lines import LedgerError
    from ebpm.warehouse import WarehouseError

    try:
        if source is None:
            _show_all(as_json)
            return
        _require_source(source)
        found = stage.editions(source)
        names = list(dict.fromkeys(edition.edition for edition in found))
        pair = _pair(names, before, after)
        changes = stage.compare(source, *pair, examples or None) if pair else []
        reports = stage.reports_on(source)
    except (WarehouseError, LedgerError) as error:
        fail(str(error), 1)
    except stage.EditionError as error:
        fail(str(error), 2)
    if as_json:
        content = {
            "source": source,
            "editions": [asdict(edition) for edition in found],
            "changes": [asdict(change) for change in changes],
            "reports": reports,
        }
        click.echo(json.dumps(content, ensure_ascii=False, default=str))
        return
    _show(found, changes)
    if reports:
        click.echo(f"このデータを使った報告書：{'、'.join(reports)}")


def _require_source(source: str) -> None:
    from ebpm.figures import sources

    if source not in sources():
        fail(f"{source} というデータはありません。使えるもの：{'、'.join(sources())}。", 2)


def _pair(names: Sequence[str], before: str | None, after: str | None) -> tuple[str, str] | None:
    """The two editions to compare; none where there is only one and none was asked for."""
    if len(names) < 2 and before is None and after is None:
        return None
    last = after or names[-1]
    earlier = [name for name in names if name < last] or names[:1]
    return before or earlier[-1], last


def _show_all(as_json: bool) -> None:
    from ebpm import editions as stage

    found = stage.all_editions()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for source, names in found.items():
        click.echo(f"{source}: {'、'.join(names) or '版の区別なし'}")


def _show(found: "Sequence[Edition]", changes: "Sequence[TableChange]") -> None:
    for edition in found:
        click.echo(f"{edition.table} {edition.edition}: {edition.rows:,} 行")
    for change in changes:
        click.echo(
            f"\n{change.table}　{change.before} → {change.after}："
            f"両方にある行 {change.in_both:,}、消えた行 {change.only_before:,}、"
            f"増えた行 {change.only_after:,}"
        )
        _show_rows("消えた行", change.only_before, change.only_before_examples)
        _show_rows("増えた行", change.only_after, change.only_after_examples)
        for column in change.columns:
            revised = "" if column.revised is None else f"（うち年次が同じもの {column.revised:,}）"
            click.echo(f"  {column.column}: 値の違う行 {column.changed:,}{revised}")
            _show_rows("例", column.changed, column.examples)


def _show_rows(label: str, count: int, examples: Sequence[dict[str, Any]]) -> None:
    for row in examples:
        cells = "、".join(f"{name}={value}" for name, value in row.items())
        click.echo(f"    {label}：{cells}")
    if count > len(examples):
        click.echo(f"    ほか {count - len(examples):,} 行（--examples 0 ですべて）")
