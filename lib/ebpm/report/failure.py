"""A readable account of a report that did not come about."""

from __future__ import annotations

import json
import re

from ebpm.report.markup import Html, el, escape, mark_japanese, safe_path
from ebpm.report.model import FailureAccount, Lang
from ebpm.report.shell import document
from ebpm.report.words import word

LAST_LINES = 20
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_POSIX_FOLDER = re.compile(r"(?<![\w:/.\)])/(?:[^\s/:\"'<>|]+/)+|~/(?:[^\s/:\"'<>|]+/)*")
_WINDOWS_FOLDER = re.compile(r"\b[A-Za-z]:[\\/](?:[^\\/:\"'<>|\r\n]+[\\/])*|\\\\(?:[^\\\s\"']+\\)+")


def without_paths(text: str) -> str:
    """Leave the file's name, drop the folders of the machine, and terminal colours."""
    return _POSIX_FOLDER.sub("…/", _WINDOWS_FOLDER.sub("…/", _ANSI.sub("", text)))


def render_failure(account: FailureAccount, lang: Lang) -> str:
    """Which notebook and cell, why, and what to do; the technical record last."""
    title = word("failure_title", lang)
    main = Html("").join(
        [
            el("h1", title),
            el("dl", _facts(account, lang), class_="facts"),
            el("h2", word("failure_todo", lang)),
            el("p", _say(_advice(account, lang), lang)),
            _command(account),
            _kept(account, lang),
            _record(account, lang),
        ]
    )
    return document(
        Html(main),
        lang=lang,
        title=f"{title} {account.notebook}",
        description=without_paths(account.reason)[:200],
        index_href=safe_path(account.index_href),
    )


def _say(text: str, lang: Lang) -> Html:
    return mark_japanese(text) if lang == "en" else escape(text)


def _facts(account: FailureAccount, lang: Lang) -> list[Html]:
    where = f"{word('failure_cell', lang)}{account.cell}" if account.cell is not None else ""
    parts = [part for part in (where, account.cell_heading) if part]
    parameters = ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for name, value in account.parameters.items()
    )
    facts = [
        ("notebook", account.notebook),
        ("parameters", parameters),
        ("failure_where", word("list_mark", lang).join(parts)),
        ("failure_reason", without_paths(account.reason)),
    ]
    return [
        el("div", el("dt", word(key, lang)), el("dd", _say(value, lang)))
        for key, value in facts
        if value
    ]


def _advice(account: FailureAccount, lang: Lang) -> str:
    return account.advice[lang] if account.advice else word("failure_default", lang)


def _command(account: FailureAccount) -> Html:
    return el("pre", el("code", account.command)) if account.command else Html("")


def _kept(account: FailureAccount, lang: Lang) -> Html:
    href = safe_path(account.kept_page)
    if href is None:
        return Html("")
    link = el("a", word("failure_open_kept", lang), href=href)
    return el("p", word("failure_kept", lang), " ", link)


def _record(account: FailureAccount, lang: Lang) -> Html:
    lines = without_paths(account.traceback or "").rstrip().splitlines()[-LAST_LINES:]
    if not lines:
        return Html("")
    summary = el("summary", word("failure_traceback", lang))
    return el("details", summary, el("pre", el("code", "\n".join(lines))))
