"""The link to a file on its publisher's page, found by the file's name or the link's text."""

import unicodedata
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin, urlsplit

import lxml.html
from lxml.etree import ParserError

from ebpm.fetch.web import FetchError, may_ask, same_host

SAFE = "%/:=&?~#+!$,;'@()*[]"
SHOWN = 5


def find(content: bytes, page: str, name: str, text: str = "") -> str:
    """The address of the one link whose file name fits `name` and whose text fits `text`.

    Patterns are those of the shell (`*`, `?`); a text is compared without spaces and in one width.
    Only https links on the page's own host are followed. Raises FetchError where no link fits, or
    several.
    """
    fitting = [
        address
        for address, words in _links(content, page)
        if fnmatchcase(_file_name(address), name) and (not text or fnmatchcase(words, _fold(text)))
    ]
    usable = [address for address in fitting if may_ask(address) and same_host(address, page)]
    wanted = f"{text or name} に当たるリンク"
    if not usable:
        refused = f"（{fitting[0]} は公表元の https のアドレスではありません）" if fitting else ""
        raise FetchError(
            f"公表ページ {page} に {wanted}がありません{refused}。ページを開いて確かめ、"
            "data/fetch.toml を直してください。"
        )
    if len(usable) > 1:
        raise FetchError(
            f"公表ページ {page} に {wanted}が {len(usable)} 件あり、決められません"
            f"（{'、'.join(usable[:SHOWN])}）。data/fetch.toml の link を1件に絞ってください。"
        )
    return usable[0]


def _links(content: bytes, page: str) -> list[tuple[str, str]]:
    """Address and folded text of every link, each pair once, in the order of the page."""
    try:
        document = lxml.html.document_fromstring(content)
    except (ParserError, ValueError):
        return []
    bases = document.xpath("//base/@href")
    base = _joined(page, bases[0]) if bases else page
    found = {
        _joined(base, link.get("href")): _fold(link.text_content())
        for link in document.xpath("//a[@href]")
    }
    return [(address, words) for address, words in found.items() if address]


def _joined(base: str, href: str) -> str:
    """An absolute address without fragment, percent-encoded; "" where it is none."""
    try:
        return quote(urljoin(base, href.strip()).partition("#")[0], safe=SAFE)
    except ValueError:
        return ""


def _file_name(address: str) -> str:
    return PurePosixPath(unquote(urlsplit(address).path)).name


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
