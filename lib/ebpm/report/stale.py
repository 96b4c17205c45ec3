"""A mark on a page that is already published: the last run failed, this is the page before it."""

from __future__ import annotations

import html
import re

from ebpm.report.font import notice_face
from ebpm.report.markup import el, escape
from ebpm.report.shell import policy
from ebpm.report.words import word

_LANG = re.compile(r'<html lang="(ja|en)"')
_NOTICE = re.compile("(<!--ebpm:notice-->).*?(<!--/ebpm:notice-->)", re.DOTALL)
_FONT = re.compile(r"(/\*ebpm:notice\*/).*?(/\*/ebpm:notice\*/)", re.DOTALL)
_MARK = re.compile(
    '(?<=<!--ebpm:notice-->)<div class="banner stale"><p><strong>[^<]*</strong>'
    r'<span class="why">[^<]{0,40}</span></p></div>(?=<!--/ebpm:notice-->)'
)
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)
_POLICY = re.compile('(http-equiv="Content-Security-Policy" content=")[^"]*(")')


def mark_stale(page: str, message: str) -> str:
    """Say so at the top of the page, once however often it is called.

    The message may hold characters that the page's own font lacks: it brings a small font
    with it, and the security policy names the changed style.
    """
    lang = _LANG.search(page)
    if lang is None or not _NOTICE.search(page):
        raise ValueError("this is not a page of the report stage: it has no place for a banner")
    title = word("stale", "en" if lang[1] == "en" else "ja")
    text = el("p", el("strong", title), el("span", message, class_="why"))
    marked = _between(_NOTICE, page, el("div", text, class_="banner stale"))
    marked = _between(_FONT, marked, notice_face(html.unescape(escape(message))))
    style = _STYLE.search(marked)
    if style is None:
        raise ValueError("this is not a page of the report stage: it has no style")
    return _POLICY.sub(lambda m: f"{m[1]}{policy(style[1])}{m[2]}", marked, count=1)


def without_mark(page: str) -> str:
    """The page as it was issued: without the mark that `mark_stale` may have put on it.

    Only a mark as it writes it goes, with its font; the policy names the style, so that it
    changes with both and is left out, too.
    """
    unmarked = _FONT.sub(r"\1\2", _MARK.sub("", page, count=1), count=1)
    return _POLICY.sub(r"\1\2", unmarked, count=1)


def _between(place: re.Pattern[str], page: str, content: str) -> str:
    return place.sub(lambda m: f"{m[1]}{content}{m[2]}", page, count=1)
