"""What a run says while it works: a line for each report, or for many, how far it has come."""

import time
from typing import Any

import click

LONGEST_SHOWN = 40
# From so many reports on, those that are well have no line of their own.
MANY = 50
EVERY_SECONDS = 10


class Telling:
    """Tells of each report as it is done; `is_screen` says that a line may be written over."""

    def __init__(self, total: int, is_screen: bool) -> None:
        self._total = total
        self._is_screen = is_screen
        self._done = self._made = 0
        self._began = self._said = time.monotonic()

    def __call__(self, report: dict[str, Any]) -> None:
        """Takes the entry of one report."""
        self._done += 1
        self._made += not report["unchanged"]
        if report["status"] != "ok":
            self._clear()
            click.echo(_failure(report), err=True)
        elif self._total < MANY:
            click.echo(_success(report))
        if self._total >= MANY:
            self._progress()

    def _progress(self) -> None:
        now, is_last = time.monotonic(), self._done == self._total
        if not (self._is_screen or is_last or now - self._said >= EVERY_SECONDS):
            return
        self._said = now
        line = progress(self._done, self._total, self._made, now - self._began)
        click.echo(f"\r{line}" if self._is_screen else line, err=True, nl=not self._is_screen)
        if self._is_screen and is_last:
            click.echo(err=True)

    def _clear(self) -> None:
        if self._is_screen and self._total >= MANY:
            click.echo("\r\x1b[K", err=True, nl=False)


def progress(done: int, total: int, made: int, seconds: float) -> str:
    """How far, how fast, how long still; what was up to date says nothing about the speed."""
    head = f"{done:,} / {total:,} 件"
    if not made or done == total:
        return f"{head}（{_duration(seconds)}）"
    rate = made / seconds
    return f"{head}（毎分 {60 * rate:,.0f} 件、残り約 {_duration((total - done) / rate)}）"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest:02d} 秒" if minutes else f"{rest} 秒"


def _success(report: dict[str, Any]) -> str:
    state = "変更なし" if report["unchanged"] else f"作成（{report['seconds']:.1f} 秒）"
    return f"{_name(report)}: {state} {report['page']}"


def _failure(report: dict[str, Any]) -> str:
    kept = "前回のページを残しました。" if report["status"] == "kept" else ""
    reason = report["error"][:200]
    return f"{_name(report)}: 失敗。{reason} {kept}詳細: {report['account']}"


def _name(report: dict[str, Any]) -> str:
    given = {name: str(value) for name, value in report["parameters"].items()}
    return str(report["notebook"]) + "".join(f" {k}={_short(v)}" for k, v in given.items())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
