"""Asking a publisher's server: which addresses may be asked, and what its answers mean."""

import email.utils
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from ebpm import __version__

BUSY = {429, 500, 502, 503, 504}
NOT_MODIFIED, RANGE_REFUSED = 304, 416
MISSING = {404, 410}
REDIRECTS = range(300, 400)


class FetchError(Exception):
    """A file that cannot be fetched: what happened and what to do, in one line."""


class Unreachable(FetchError):
    """No connection to the publisher's server at all."""


class Temporary(Exception):
    """What another try may heal; `wait` is what the server asks for, in seconds."""

    def __init__(self, problem: str, wait: float | None = None, restart: bool = False) -> None:
        super().__init__(problem)
        self.wait = wait
        self.restart = restart


def may_ask(address: str) -> bool:
    """Whether an address may be asked: https, or http on this machine; never with credentials."""
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "http" and _on_this_machine(parts.hostname or "")
        named = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
    return named and (parts.scheme == "https" or plain)


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one host, with or without `www.`."""
    first, second = (
        (urlsplit(address).hostname or "").removeprefix("www.") for address in (one, other)
    )
    return first == second


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _OnlyThere(HTTPRedirectHandler):
    """Redirects stay on the publisher's host, never leave https, and are few."""

    max_redirections = 5

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        old = req.full_url
        downgraded = urlsplit(old).scheme == "https" and urlsplit(newurl).scheme != "https"
        if downgraded or not may_ask(newurl) or not same_host(old, newurl):
            raise FetchError(
                f"{old} から別の場所（{newurl}）へ転送されたため、取得しませんでした。"
                "公表ページを確かめてください。"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(address: str, headers: Mapping[str, str], seconds: float) -> HTTPResponse | None:
    """The server's answer, its body still to be read; None where nothing has changed (304).

    Raises Temporary for what another try may heal, Unreachable without a connection, FetchError
    for everything else. `seconds` limits the connection and each wait for bytes.
    """
    if not may_ask(address):
        raise FetchError(f"{address} は https のアドレスではないため、取得しません。")
    own = {"User-Agent": f"ebpm/{__version__}", "Accept-Encoding": "identity"}
    local = _on_this_machine(urlsplit(address).hostname or "")
    opener = build_opener(_OnlyThere, *([ProxyHandler({})] if local else []))
    try:
        request = Request(address, headers={**own, **headers})
        answer: HTTPResponse = opener.open(request, timeout=seconds)
    except HTTPError as error:
        error.close()
        if error.code == NOT_MODIFIED:
            return None
        raise _refusal(error, address) from None
    except URLError as error:
        raise _no_connection(error.reason, address) from None
    except TimeoutError:
        raise Temporary(f"{address} の応答が {seconds:g} 秒ありません") from None
    except (HTTPException, OSError) as error:
        raise Temporary(f"{address} との接続が切れました（{error}）") from None
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        answer.close()
        raise FetchError(f"{address} は圧縮された形で返されたため、取得できません。")
    return answer


def _refusal(error: HTTPError, address: str) -> Exception:
    """What an answer other than 2xx means."""
    if error.code in BUSY:
        wait = _seconds_to_wait(error.headers.get("Retry-After"))
        return Temporary(f"{address} が混み合っているか、停止しています（HTTP {error.code}）", wait)
    if error.code == RANGE_REFUSED:
        return Temporary(f"{address} は続きからの取得を断りました", wait=0, restart=True)
    if error.code in MISSING:
        return FetchError(
            f"{address} にファイルがありません（HTTP {error.code}）。"
            "公表元が移した可能性があります。公表ページで新しいアドレスを確かめ、"
            "data/fetch.toml を直してください。"
        )
    what = "転送が多すぎるか、行き先が正しくないため、" if error.code in REDIRECTS else ""
    return FetchError(
        f"{address} は{what}取得できません（HTTP {error.code}）。公表ページを確かめてください。"
    )


def _seconds_to_wait(given: str | None) -> float | None:
    """`Retry-After`: seconds, or a date."""
    if given is None:
        return None
    if given.strip().isdigit():
        return float(given)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


def _no_connection(reason: object, address: str) -> Exception:
    host = urlsplit(address).hostname
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FetchError(
            f"{host} の証明書を確かめられません（{reason.verify_message}）。"
            "庁内の認証局を使う場合は、環境変数 SSL_CERT_FILE にその証明書を指定してください。"
        )
    if isinstance(reason, ssl.SSLError):
        return FetchError(f"{host} と暗号化した接続ができません（{reason.reason}）。")
    if isinstance(reason, ConnectionError) and not isinstance(reason, ConnectionRefusedError):
        return Temporary(f"{host} との接続が切れました")
    return Unreachable(
        f"{host} に接続できません（{_why(reason)}）。"
        "ネットワークとプロキシの設定を確かめてください。"
    )


def _why(reason: object) -> str:
    if isinstance(reason, socket.gaierror):
        return "サーバーの名前が見つかりません"
    if isinstance(reason, TimeoutError):
        return "応答がありません"
    return "接続を断られました" if isinstance(reason, ConnectionRefusedError) else str(reason)
