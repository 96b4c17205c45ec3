"""Command of the published files: fetch."""

import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.paths import RAW

if TYPE_CHECKING:
    from ebpm.fetch import Edition, Outcome

SHIPPED = "出荷済みの表（data/figures）でそのまま動きます。"
MEGABYTE = 1024 * 1024
EVERY_SECONDS = 0.2


@cli.command(
    help="公表元から公式のファイルを data/raw に取得します。次の ebpm build から使われます。"
    "指定しなければ、すべてのデータです。\n\n"
    f"{EXAMPLES}ebpm fetch\n  ebpm fetch ssdse_a\n  ebpm fetch --list"
)
@click.argument("sources", nargs=-1, metavar="[データ名]…")
@click.option("--list", "only_list", is_flag=True, help="取得できるデータと版の一覧を出す")
@click.option(
    "--accept", is_flag=True, help="公表元が差し替えたファイルを、新しい内容として受け入れる"
)
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で出す")
def fetch(sources: Sequence[str], only_list: bool, accept: bool, as_json: bool) -> None:
    """Fetches the editions of the sources; exit 1 where one could not be fetched."""
    from ebpm import fetch as stage

    line = _Line(shown=sys.stderr.isatty() and not as_json)
    try:
        wanted = _wanted(sources)
        if only_list:
            _list(wanted, as_json)
            return
        outcomes = stage.run(
            wanted,
            accept=accept,
            tell=lambda outcome: None if as_json else _tell(outcome, line),
            waiting=lambda: click.echo("別の ebpm fetch が終わるのを待っています。", err=True),
            progress=line,
        )
    except stage.FetchError as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        line.clear()
        fail("中断しました。もう一度 ebpm fetch を実行すると、続きから取得します。", 1)
    _end(outcomes, as_json)


def _wanted(sources: Sequence[str]) -> "list[Edition]":
    from ebpm.fetch import editions

    known = editions()
    if unknown := [source for source in sources if source not in known]:
        names = "、".join(known)
        fail(f"{unknown[0]} というデータは取得できません。取得できるもの：{names}。", 2)
    return [edition for source in dict.fromkeys(sources or known) for edition in known[source]]


def _list(wanted: "list[Edition]", as_json: bool) -> None:
    rows = [
        {
            "source": edition.source,
            "edition": edition.edition,
            "page": edition.page,
            "link": edition.link,
            "text": edition.text,
            "files": [
                {"file": item.file, "sha256": item.sha256, "present": (RAW / item.file).is_file()}
                for item in edition.items
            ],
        }
        for edition in wanted
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for edition in wanted:
        here = sum((RAW / file).is_file() for file in edition.files)
        state = "取得済み" if here == len(edition.files) else "未取得"
        place = edition.folder if edition.archive else edition.files[0]
        click.echo(f"{edition.source} {edition.edition}（{state}）{place}")
        by = f"「{edition.text}」" if edition.text else edition.link
        where = edition.link if edition.direct else f"{edition.page} のリンク {by}"
        click.echo(f"  {where}")


def _tell(outcome: "Outcome", line: "_Line") -> None:
    line.clear()
    text = f"{outcome.source} {outcome.edition}：{outcome.message}"
    click.echo(text, err=not outcome.ok)


def _end(outcomes: "list[Outcome]", as_json: bool) -> None:
    if as_json:
        rows = [asdict(outcome) for outcome in outcomes]
        click.echo(json.dumps(rows, ensure_ascii=False))
    if all(outcome.ok for outcome in outcomes):
        if not as_json and any(outcome.status == "fetched" for outcome in outcomes):
            click.echo("次の ebpm build で、取得した版が使われます。")
        return
    fail(f"取得できないデータがありました。{SHIPPED}", 1)


class _Line:
    """One line on a terminal: size, rate, and the time that remains; nothing elsewhere."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._name = ""
        self._started = self._last = 0.0
        self._from = 0

    def __call__(self, name: str, done: int, total: int | None) -> None:
        moment = time.monotonic()
        if name != self._name:
            self._name, self._started, self._last, self._from = name, moment, 0.0, done
        if not self._shown or moment - self._last < EVERY_SECONDS:
            return
        self._last = moment
        rate = (done - self._from) / max(moment - self._started, 0.001)
        text = f"{name} {done / MEGABYTE:.1f} MB（毎秒 {rate / MEGABYTE:.1f} MB）"
        if total and rate:
            text += f" 全 {total / MEGABYTE:.1f} MB、残り {(total - done) / rate:.0f} 秒"
        self.clear()
        click.echo(text, nl=False, err=True)

    def clear(self) -> None:
        """Leaves an empty line."""
        if self._shown:
            width = shutil.get_terminal_size().columns
            click.echo("\r" + " " * (width - 1) + "\r", nl=False, err=True)
