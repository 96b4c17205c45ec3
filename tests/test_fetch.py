"""Fetching the official files: from a real server that behaves well, badly, or not at all."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import Request

import duckdb
import pytest

from conftest import EBPM, command_in
from ebpm import fetch
from ebpm.fetch import Limits, Outcome
from ebpm.fetch.archive import MOST_MEMBERS
from ebpm.fetch.record import alone
from ebpm.fetch.web import FetchError, _OnlyThere, may_ask
from ebpm.figures import sources
from ebpm.paths import DATA, FIGURES
from support.published import RAW, csv_of, published, write_csv
from support.publisher import (
    Behaviour,
    Publisher,
    cut,
    cut_in_pieces,
    dropped,
    endless,
    file,
    one_by_one,
    page,
    publishing,
    redirect,
    slowly,
    status,
    stuck,
)

QUICK = Limits(wait_seconds=5, total_seconds=60, tries=3, pause_seconds=0.01)
IMPATIENT = replace(QUICK, wait_seconds=0.5)
CSV = "団体,人口\r\n札幌市,1950000\r\n".encode("cp932") * 4_000
PLACE = "ssdse-a/SSDSE-A-2026.csv"
PATH = "/files/SSDSE-A-2026.csv"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as server:
        yield server


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "data" / "raw"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def catalogue(tmp_path: Path, publisher: Publisher, **more: str) -> Path:
    """A fetch.toml with one edition of one source."""
    entries = {
        "edition": "2026",
        "page": publisher.at("/ssdse/"),
        "link": publisher.at(PATH),
        "file": PLACE,
        **more,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in entries.items()]
    path = tmp_path / "data" / "fetch.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["[[ssdse_a]]", *lines, ""]), encoding="utf-8")
    return path


def fetched(
    tmp_path: Path,
    publisher: Publisher,
    limits: Limits = QUICK,
    accept: bool = False,
    **more: str,
) -> Outcome:
    """What becomes of that one edition."""
    wanted = fetch.editions(catalogue(tmp_path, publisher, **more))["ssdse_a"]
    raw = tmp_path / "data" / "raw"
    [outcome] = fetch.run(wanted, raw=raw, limits=limits, accept=accept)
    assert len(outcome.message.splitlines()) == 1
    return outcome


def parts(raw: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (raw / ".parts").glob("*.part")}


def stored(raw: Path) -> list[str]:
    """The files below a folder that are not our own book-keeping."""
    found = [path.relative_to(raw) for path in raw.rglob("*") if path.is_file()]
    return sorted(str(path) for path in found if path.parts[0] not in {".parts", ".lock"})


# the good way


def test_a_file_arrives_with_its_record(tmp_path: Path, publisher: Publisher, raw: Path) -> None:
    publisher.behaviours[PATH] = file(CSV)
    outcome = fetched(tmp_path, publisher, sha256=sha(CSV))
    assert outcome.status == "fetched"
    assert (raw / PLACE).read_bytes() == CSV
    entry = json.loads((raw / "fetched.json").read_text(encoding="utf-8"))["files"][PLACE]
    retrieved = entry.pop("retrieved")
    assert retrieved.endswith("+00:00")
    assert entry == {
        "source": "ssdse_a",
        "edition": "2026",
        "address": publisher.at(PATH),
        "page": publisher.at("/ssdse/"),
        "sha256": sha(CSV),
        "bytes": len(CSV),
        "etag": '"v1"',
        "last_modified": None,
        "accepted": False,
    }
    assert list((raw / ".parts").iterdir()) == []


def test_a_file_with_the_known_sha256_is_not_asked_for(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.behaviours[PATH] = file(CSV)
    assert fetched(tmp_path, publisher, sha256=sha(CSV)).status == "fetched"
    assert fetched(tmp_path, publisher, sha256=sha(CSV)).status == "unchanged"
    assert publisher.count(PATH) == 1


def test_without_a_known_sha256_the_server_is_asked_whether_it_changed(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.behaviours[PATH] = file(CSV)
    assert fetched(tmp_path, publisher).status == "fetched"
    assert fetched(tmp_path, publisher).status == "unchanged"
    assert publisher.asked[-1][1]["if-none-match"] == '"v1"'
    assert publisher.count(PATH) == 2


@pytest.mark.parametrize("known", ["", sha(CSV)])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"mine")])
def test_a_file_deleted_or_changed_by_hand_comes_back(
    tmp_path: Path, publisher: Publisher, raw: Path, damage: Callable[[Path], object], known: str
) -> None:
    publisher.behaviours[PATH] = file(CSV)
    fetched(tmp_path, publisher, sha256=known)
    damage(raw / PLACE)
    assert fetched(tmp_path, publisher, sha256=known).status == "fetched"
    assert (raw / PLACE).read_bytes() == CSV


@pytest.mark.parametrize("encoding", ["utf-8", "shift_jis"])
def test_a_link_is_found_on_the_page_by_file_name_or_text(
    tmp_path: Path, publisher: Publisher, raw: Path, encoding: str
) -> None:
    html = f"""<html><head><meta charset="{encoding}"></head><body>
      <a href="../files/000001.pdf">全市町村の主要財政指標（PDF）</a>
      <a href="../files/SSDSE-A-2026.csv">全市町村の 主要財政指標　<b>Ｅｘｃｅｌ</b></a>
      <a href="../files/SSDSE-A-2026.csv#top">全市町村の主要財政指標 Excel</a>
      <a href="../files/000003.csv">全都道府県の主要財政指標　Excel</a>
      <a href="mailto:x@example.jp">連絡先</a> <a href="http://[bad">誤り</a></body></html>"""
    publisher.behaviours["/ssdse/"] = page(html, encoding)
    publisher.behaviours[PATH] = file(CSV)
    by_name = fetched(tmp_path, publisher, link="SSDSE-A-*.csv")
    assert by_name.status == "fetched" and by_name.address == publisher.at(PATH)
    by_text = fetched(tmp_path, publisher, link="*.csv", text="全市町村の主要財政指標*")
    assert by_text.status == "unchanged" and by_text.address == publisher.at(PATH)
    assert stored(raw) == ["fetched.json", PLACE]


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("", "がありません"),
        ('<a href="/files/other.csv">x</a>', "がありません"),
        ('<a href="http://elsewhere.example/SSDSE-A-2026.csv">x</a>', "elsewhere.example"),
        ('<a href="https://elsewhere.example/SSDSE-A-2026.csv">x</a>', "elsewhere.example"),
        ('<a href="file:///SSDSE-A-2026.csv">x</a>', "file:///"),
        ('<a href="/a/SSDSE-A-2025.csv">x</a><a href="/b/SSDSE-A-2026.csv">y</a>', "2 件"),
    ],
)
def test_a_page_without_exactly_one_fitting_link_is_refused(
    tmp_path: Path, publisher: Publisher, raw: Path, html: str, told: str
) -> None:
    publisher.behaviours["/ssdse/"] = page(html or " ")
    outcome = fetched(tmp_path, publisher, link="SSDSE-A-*.csv")
    assert outcome.status == "failed" and told in outcome.message
    assert publisher.at("/ssdse/") in outcome.message
    assert stored(raw) == [] and parts(raw) == {}


# servers in trouble


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(tmp_path: Path, publisher: Publisher, code: int) -> None:
    publisher.behaviours[PATH] = one_by_one(status(code), status(code), file(CSV))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert publisher.count(PATH) == 3


def test_a_server_that_says_when_to_come_back_is_obeyed(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.behaviours[PATH] = one_by_one(status(429, Retry_After="1"), file(CSV))
    started = time.monotonic()
    assert fetched(tmp_path, publisher).status == "fetched"
    assert time.monotonic() - started >= 1


def test_nobody_waits_for_ten_minutes(tmp_path: Path, publisher: Publisher) -> None:
    publisher.behaviours[PATH] = status(503, Retry_After="600")
    started = time.monotonic()
    outcome = fetched(tmp_path, publisher, limits=Limits())
    assert outcome.status == "failed" and "503" in outcome.message
    assert publisher.count(PATH) == 1 and time.monotonic() - started < 5


def test_a_server_that_stays_busy_is_left_alone(tmp_path: Path, publisher: Publisher) -> None:
    publisher.behaviours[PATH] = status(503)
    outcome = fetched(tmp_path, publisher)
    assert outcome.status == "failed" and "時間をおいて" in outcome.message
    assert publisher.count(PATH) == QUICK.tries


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(tmp_path: Path, publisher: Publisher, raw: Path, code: int) -> None:
    publisher.behaviours[PATH] = status(code)
    outcome = fetched(tmp_path, publisher)
    assert outcome.status == "failed" and str(code) in outcome.message
    assert publisher.count(PATH) == 1 and stored(raw) == []


def test_a_broken_connection_is_continued_where_it_broke(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000), file(CSV))
    assert fetched(tmp_path, publisher, sha256=sha(CSV)).status == "fetched"
    assert publisher.ranges(PATH) == [None, "bytes=30000-"]
    assert (raw / PLACE).read_bytes() == CSV


@pytest.mark.parametrize("fault", [dropped, cut_in_pieces(CSV)])
def test_a_connection_that_breaks_in_other_ways_heals_too(
    tmp_path: Path, publisher: Publisher, raw: Path, fault: Behaviour
) -> None:
    publisher.behaviours[PATH] = one_by_one(fault, file(CSV))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert (raw / PLACE).read_bytes() == CSV


def test_a_server_that_stops_sending_is_continued_too(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = one_by_one(stuck(CSV, 30_000), file(CSV))
    assert fetched(tmp_path, publisher, limits=IMPATIENT).status == "fetched"
    assert publisher.ranges(PATH) == [None, "bytes=30000-"]
    assert (raw / PLACE).read_bytes() == CSV


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, publisher: Publisher) -> None:
    publisher.behaviours[PATH] = lambda handler: handler.server.closing.wait(60)
    started = time.monotonic()
    outcome = fetched(tmp_path, publisher, limits=IMPATIENT)
    assert outcome.status == "failed" and "0.5 秒" in outcome.message
    assert publisher.count(PATH) == QUICK.tries and time.monotonic() - started < 10


def test_a_server_that_drips_does_not_hold_us_for_ever(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = slowly(CSV, seconds=8)
    limits = Limits(wait_seconds=2, total_seconds=1, tries=3)
    outcome = fetched(tmp_path, publisher, limits=limits)
    assert outcome.status == "failed" and "続きから" in outcome.message
    assert 0 < sum(parts(raw).values()) < len(CSV)
    publisher.behaviours[PATH] = file(CSV)
    assert fetched(tmp_path, publisher).status == "fetched"
    assert publisher.ranges(PATH)[-1] is not None
    assert (raw / PLACE).read_bytes() == CSV


def test_a_server_without_ranges_sends_the_whole_again(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000), file(CSV, ranges=False))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert (raw / PLACE).read_bytes() == CSV


def test_without_a_validator_a_part_is_not_continued(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000, etag='W/"weak"'), file(CSV))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert publisher.ranges(PATH) == [None, None]
    assert (raw / PLACE).read_bytes() == CSV


def test_a_file_replaced_while_it_was_coming_is_not_a_mixture(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    new = CSV.replace(b"1950000", b"1940000")
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000), file(new, etag='"v2"'))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert (raw / PLACE).read_bytes() == new


def test_a_part_is_not_continued_from_another_address(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = cut(CSV, 30_000)
    assert fetched(tmp_path, publisher).status == "failed"
    new = CSV.replace(b"1950000", b"1940000")
    publisher.behaviours["/new.csv"] = file(new)
    assert fetched(tmp_path, publisher, link=publisher.at("/new.csv")).status == "fetched"
    assert (raw / PLACE).read_bytes() == new


def test_a_server_that_continues_another_file_is_not_believed(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    new = CSV.replace(b"1950000", b"1940000")
    rest = f"bytes 30000-{len(new) - 1}/{len(new)}"
    wrong = lambda handler: handler.answer(206, new[30_000:], ETag='"v2"', Content_Range=rest)  # noqa: E731
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000), wrong, file(new, etag='"v2"'))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert (raw / PLACE).read_bytes() == new


def test_a_range_that_is_refused_starts_again(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = one_by_one(cut(CSV, 30_000), status(416), file(CSV))
    assert fetched(tmp_path, publisher).status == "fetched"
    assert publisher.ranges(PATH) == [None, "bytes=30000-", None]
    assert (raw / PLACE).read_bytes() == CSV


# content that is not what it must be


def test_another_content_than_known_keeps_the_old_file(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = file(CSV)
    fetched(tmp_path, publisher)
    before = (raw / "fetched.json").read_bytes()
    new = CSV.replace(b"1950000", b"1940000")
    publisher.behaviours[PATH] = file(new, etag='"v2"')
    outcome = fetched(tmp_path, publisher)
    assert outcome.status == "failed"
    assert "差し替えた可能性" in outcome.message and "--accept" in outcome.message
    assert (raw / PLACE).read_bytes() == CSV and parts(raw) == {}
    assert (raw / "fetched.json").read_bytes() == before


def test_a_new_content_can_be_accepted_and_is_expected_from_then_on(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    new = CSV.replace(b"1950000", b"1940000")
    publisher.behaviours[PATH] = file(new, etag='"v2"')
    assert fetched(tmp_path, publisher, sha256=sha(CSV)).status == "failed"
    assert stored(raw) == []
    assert fetched(tmp_path, publisher, accept=True, sha256=sha(CSV)).status == "fetched"
    assert (raw / PLACE).read_bytes() == new
    asked = publisher.count(PATH)
    assert fetched(tmp_path, publisher, sha256=sha(CSV)).status == "unchanged"
    assert publisher.count(PATH) == asked
    assert json.loads((raw / "fetched.json").read_text("utf-8"))["files"][PLACE]["accepted"]


@pytest.mark.parametrize(
    ("content", "place", "told"),
    [
        (b"<!DOCTYPE html><html><body>Not found</body></html>", PLACE, "ウェブページ"),
        (b"\xef\xbb\xbf\r\n <HTML><body>Not found</body></html>", PLACE, "ウェブページ"),
        (b"<html></html>", "finance-indicators/R6.xlsx", "ウェブページ"),
        (b"", PLACE, "空のファイル"),
        (b"a,b\n1,2\n", "finance-indicators/R6.xlsx", "名前どおりの形式ではありません"),
        (b"PK\x03\x04", "resident-register-2020/000701583.xls", "名前どおりの形式ではありません"),
    ],
)
def test_a_page_served_as_a_file_is_refused(
    tmp_path: Path, publisher: Publisher, raw: Path, content: bytes, place: str, told: str
) -> None:
    publisher.behaviours[PATH] = file(content)
    outcome = fetched(tmp_path, publisher, file=place)
    assert outcome.status == "failed" and told in outcome.message
    assert stored(raw) == [] and parts(raw) == {}


def test_a_file_declared_too_large_is_not_begun(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = stuck(CSV, 100)
    outcome = fetched(tmp_path, publisher, limits=replace(IMPATIENT, bytes=len(CSV) - 1))
    assert outcome.status == "failed" and "上限" in outcome.message
    assert stored(raw) == [] and parts(raw) == {}
    publisher.behaviours[PATH] = file(CSV)
    assert fetched(tmp_path, publisher, limits=Limits(bytes=len(CSV))).status == "fetched"


def test_a_file_that_does_not_end_is_cut_off(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = endless
    outcome = fetched(tmp_path, publisher, limits=Limits(bytes=1_000_000))
    assert outcome.status == "failed" and "上限" in outcome.message
    assert stored(raw) == [] and parts(raw) == {}


def test_a_compressed_answer_is_refused(tmp_path: Path, publisher: Publisher, raw: Path) -> None:
    publisher.behaviours[PATH] = lambda handler: handler.answer(200, CSV, Content_Encoding="gzip")
    assert fetched(tmp_path, publisher).status == "failed"
    assert publisher.asked[0][1]["accept-encoding"] == "identity"
    assert stored(raw) == []


# where we may go


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://www.nstac.go.jp/files/SSDSE-A-2025.csv", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("http://www.nstac.go.jp/files/SSDSE-A-2025.csv", False),
        ("http://127.0.0.1.example.com/x", False),
        ("http://10.0.0.1/x", False),
        ("https://user:secret@www.nstac.go.jp/x", False),
        ("ftp://www.nstac.go.jp/x", False),
        ("file:///etc/passwd", False),
        ("https:///x", False),
        ("https://[bad/x", False),
        ("", False),
    ],
)
def test_only_https_is_asked(address: str, allowed: bool) -> None:
    assert may_ask(address) is allowed


def test_a_redirect_on_the_same_host_is_followed(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    publisher.behaviours[PATH] = redirect("/new/place.csv")
    publisher.behaviours["/new/place.csv"] = file(CSV)
    assert fetched(tmp_path, publisher).status == "fetched"
    assert (raw / PLACE).read_bytes() == CSV


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/new/place.csv",
        "http://www.example.com/place.csv",
        "https://www.example.com/place.csv",
        "ftp://127.0.0.1/place.csv",
        "file:///etc/hostname",
        "/files/SSDSE-A-2026.csv",
    ],
)
def test_a_redirect_elsewhere_is_refused(
    tmp_path: Path, publisher: Publisher, raw: Path, target: str
) -> None:
    publisher.behaviours[PATH] = redirect(target.format(port=publisher.server_port))
    publisher.behaviours["/new/place.csv"] = file(CSV)
    outcome = fetched(tmp_path, publisher)
    assert outcome.status == "failed" and "転送" in outcome.message
    assert publisher.count("/new/place.csv") == 0 and stored(raw) == []


def test_a_redirect_never_leaves_https() -> None:
    request = Request("https://127.0.0.1/x")
    with pytest.raises(FetchError, match="転送"):
        _OnlyThere().redirect_request(request, io.BytesIO(), 302, "", {}, "http://127.0.0.1/x")


def test_a_server_that_speaks_no_tls_is_one_clear_line(
    tmp_path: Path, publisher: Publisher
) -> None:
    outcome = fetched(tmp_path, publisher, link=publisher.at(PATH).replace("http:", "https:"))
    assert outcome.status == "failed" and "暗号化した接続" in outcome.message


def test_without_a_server_a_source_is_tried_once(tmp_path: Path, publisher: Publisher) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/x.csv"
    path = catalogue(tmp_path, publisher, link=address)
    path.write_text(path.read_text("utf-8") * 2, encoding="utf-8")
    wanted = fetch.editions(path)["ssdse_a"]
    assert len(wanted) == 2
    started = time.monotonic()
    [outcome] = fetch.run(wanted, raw=tmp_path / "data" / "raw")
    assert outcome.status == "failed" and "接続できません" in outcome.message
    assert time.monotonic() - started < 5


# archives

NAMES = ("市区町村毎の表_比較.csv", "能力.csv")
ZIP_PATH = "/table_01.zip"


class Cp932Name(zipfile.ZipInfo):
    """A member named as Japanese archivers did: CP932 bytes, and no word of it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp932"), self.flag_bits & ~0x800


def zipped(members: dict[str, bytes], kind: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = kind(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return stream.getvalue()


GOOD = dict.fromkeys(NAMES, CSV)


def unzipped(
    tmp_path: Path,
    publisher: Publisher,
    content: bytes,
    known: str = "",
    limits: Limits = QUICK,
    accept: bool = False,
) -> Outcome:
    publisher.behaviours[ZIP_PATH] = file(content, etag=f'"{sha(content)}"')
    path = tmp_path / "data" / "fetch.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'[[dx_dashboard]]\nedition = "2025-01-01"\npage = "{publisher.at("/")}"\n'
        f'link = "{publisher.at(ZIP_PATH)}"\nfolder = "dx-dashboard-2025-01-01"\n'
        "[dx_dashboard.unzip]\n" + "".join(f'"{name}" = "{known}"\n' for name in NAMES),
        encoding="utf-8",
    )
    wanted = fetch.editions(path)["dx_dashboard"]
    raw = tmp_path / "data" / "raw"
    [outcome] = fetch.run(wanted, raw=raw, limits=limits, accept=accept)
    assert parts(raw) == {} and not list(raw.parent.parent.glob("escaped*"))
    return outcome


@pytest.mark.parametrize("kind", [zipfile.ZipInfo, Cp932Name])
@pytest.mark.parametrize("folder", ["", "データテーブル/"])
def test_the_wanted_members_of_an_archive_arrive_and_no_others(
    tmp_path: Path, publisher: Publisher, raw: Path, kind: type[zipfile.ZipInfo], folder: str
) -> None:
    others = {"読んで.txt": b"x", "nested.zip": zipped({NAMES[0]: b"other"})}
    content = zipped({folder + name: data for name, data in (GOOD | others).items()}, kind)
    assert unzipped(tmp_path, publisher, content, known=sha(CSV)).status == "fetched"
    places = sorted(f"dx-dashboard-2025-01-01/{name}" for name in NAMES)
    assert stored(raw) == [*places, "fetched.json"]
    assert all((raw / place).read_bytes() == CSV for place in places)
    assert unzipped(tmp_path, publisher, content, known=sha(CSV)).status == "unchanged"
    assert publisher.count(ZIP_PATH) == 1
    assert unzipped(tmp_path, publisher, content).status == "unchanged"
    assert "if-none-match" in publisher.asked[-1][1]


def test_one_wrong_member_keeps_all_of_the_old_edition(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    assert unzipped(tmp_path, publisher, zipped(GOOD)).status == "fetched"
    new = zipped({NAMES[0]: CSV + b"1", NAMES[1]: CSV})
    assert unzipped(tmp_path, publisher, new).status == "failed"
    assert all((raw / f"dx-dashboard-2025-01-01/{name}").read_bytes() == CSV for name in NAMES)
    assert unzipped(tmp_path, publisher, new, accept=True).status == "fetched"
    assert (raw / f"dx-dashboard-2025-01-01/{NAMES[0]}").read_bytes() == CSV + b"1"


def symlink() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo(NAMES[0])
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/hostname")
        archive.writestr(NAMES[1], CSV)
    return stream.getvalue()


def patched(content: bytes, local: tuple[int, bytes], central: tuple[int, bytes]) -> bytes:
    """An archive whose first member's headers say something else."""
    data = bytearray(content)
    for start, (offset, value) in ((0, local), (content.index(b"PK\x01\x02"), central)):
        data[start + offset : start + offset + len(value)] = value
    return bytes(data)


LIES = struct.pack("<L", 10)
ENCRYPTED_UTF8 = struct.pack("<H", 0x801)
BAD_ARCHIVES = {
    "parent": (zipped(GOOD | {"../../escaped.csv": b"x"}), "外を指す"),
    "absolute": (zipped(GOOD | {"/escaped.csv": b"x"}), "外を指す"),
    "backslash": (zipped(GOOD | {"..\\escaped.csv": b"x"}), "外を指す"),
    "drive": (zipped(GOOD | {"C:\\escaped.csv": b"x"}), "外を指す"),
    "symlink": (symlink(), "外を指す"),
    "bomb": (zipped({NAMES[0]: CSV, NAMES[1]: bytes(30_000_000)}), "上限"),
    "lying": (patched(zipped(GOOD), (22, LIES), (24, LIES)), "壊れている"),
    "encrypted": (patched(zipped(GOOD), (6, ENCRYPTED_UTF8), (8, ENCRYPTED_UTF8)), "暗号化"),
    "crowd": (zipped(GOOD | {f"{n}.csv": b"x" for n in range(MOST_MEMBERS)}), "多すぎます"),
    "missing": (zipped({NAMES[0]: CSV}), "0 個"),
    "twice": (zipped(GOOD | {f"old/{NAMES[0]}": CSV}), "2 個"),
    "cut": (zipped(GOOD)[:-30], "壊れている"),
    "page": (zipped(GOOD | {NAMES[0]: b"<html></html>"}), "ウェブページ"),
    "no zip": (CSV, "名前どおりの形式ではありません"),
}


@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_a_harmful_or_damaged_archive_is_refused(
    tmp_path: Path, publisher: Publisher, raw: Path, kind: str
) -> None:
    content, told = BAD_ARCHIVES[kind]
    limits = Limits(bytes=20_000_000)
    outcome = unzipped(tmp_path, publisher, content, limits=limits)
    assert outcome.status == "failed" and told in outcome.message, outcome.message
    assert len(outcome.message.splitlines()) == 1 and stored(raw) == []


# the command


def in_home(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "EBPM_HOME": str(tmp_path)}
    return subprocess.Popen(
        [str(EBPM), "fetch", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As from a terminal: a job in the background of a script inherits an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_command_fetches_lists_and_reports(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    catalogue(tmp_path, publisher)
    publisher.behaviours[PATH] = file(CSV)
    code, out, _ = finished(in_home(tmp_path, "--list"))
    assert code == 0 and "未取得" in out and publisher.at(PATH) in out
    code, out, err = finished(in_home(tmp_path, "ssdse_a"))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "ssdse_a 2026：取得しました。",
        "次の ebpm build で、取得した版が使われます。",
    ]
    code, out, err = finished(in_home(tmp_path, "--json"))
    [outcome] = json.loads(out)
    assert (code, err, outcome["status"]) == (0, "", "unchanged")
    [listed] = json.loads(finished(in_home(tmp_path, "--list", "--json"))[1])
    assert listed["files"] == [{"file": PLACE, "sha256": "", "present": True}]


def test_an_unknown_source_is_wrong_use(tmp_path: Path, publisher: Publisher) -> None:
    catalogue(tmp_path, publisher)
    code, _, err = finished(in_home(tmp_path, "ssdse"))
    assert code == 2 and "ssdse_a" in err and len(err.splitlines()) == 1


def test_a_damaged_list_of_editions_is_one_clear_line(tmp_path: Path, publisher: Publisher) -> None:
    for more in ({"file": "../escaped.csv"}, {"page": "http://example.com/"}, {"sha256": "1"}):
        catalogue(tmp_path, publisher, **more)
        code, _, err = finished(in_home(tmp_path))
        assert code == 1 and "data/fetch.toml" in err and len(err.splitlines()) == 1
    (tmp_path / "data" / "fetch.toml").write_text("[[ssdse_a]\n", encoding="utf-8")
    code, _, err = finished(in_home(tmp_path))
    assert code == 1 and "fetch.toml を読めません" in err and len(err.splitlines()) == 1


def test_a_damaged_record_is_one_clear_line(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    catalogue(tmp_path, publisher)
    raw.mkdir()
    (raw / "fetched.json").write_text("{", encoding="utf-8")
    code, _, err = finished(in_home(tmp_path))
    assert code == 1 and "fetched.json" in err and len(err.splitlines()) == 1


def test_without_network_the_command_says_so_once_and_that_all_still_runs(
    tmp_path: Path, publisher: Publisher
) -> None:
    catalogue(tmp_path, publisher)
    publisher.server_close()
    publisher.shutdown()
    code, out, err = finished(in_home(tmp_path))
    assert (code, out) == (1, "")
    first, last = err.splitlines()
    assert "接続できません" in first and "出荷済みの表（data/figures）でそのまま動きます" in last


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    catalogue(tmp_path, publisher)
    raw.write_text("", encoding="utf-8")
    code, _, err = finished(in_home(tmp_path))
    assert code == 1 and "data/raw" in err and len(err.splitlines()) == 1
    raw.unlink()
    (raw / ".lock").mkdir(parents=True)
    code, _, err = finished(in_home(tmp_path))
    assert code == 1 and "data/raw" in err and len(err.splitlines()) == 1


def test_a_terminal_sees_the_progress_and_nothing_else_does(
    tmp_path: Path, publisher: Publisher
) -> None:
    catalogue(tmp_path, publisher)
    publisher.behaviours[PATH] = slowly(CSV, seconds=2)
    terminal, end = os.openpty()
    environment = {**os.environ, "EBPM_HOME": str(tmp_path), "COLUMNS": "200"}
    done = subprocess.run(
        [str(EBPM), "fetch"], env=environment, stdout=subprocess.PIPE, stderr=end, check=True
    )
    os.close(end)
    seen = os.read(terminal, 100_000).decode("utf-8")
    os.close(terminal)
    assert "毎秒" in seen and "残り" in seen and seen.endswith("\r")
    assert "毎秒" not in done.stdout.decode("utf-8")


def wait_for(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_fetch_is_continued_by_the_next(
    tmp_path: Path, publisher: Publisher, raw: Path, way: signal.Signals
) -> None:
    catalogue(tmp_path, publisher, sha256=sha(CSV))
    publisher.behaviours[PATH] = one_by_one(stuck(CSV, 60_000), file(CSV))
    process = in_home(tmp_path)
    wait_for(lambda: sum(parts(raw).values()) > 0 and publisher.count(PATH))
    process.send_signal(way)
    code, _, err = finished(process)
    if way == signal.SIGINT:
        assert code == 1 and len(err.splitlines()) == 1 and "続きから" in err
    assert stored(raw) == [] and sum(parts(raw).values()) > 0
    code, _, err = finished(in_home(tmp_path))
    assert code == 0, err
    assert publisher.ranges(PATH)[1] is not None
    assert (raw / PLACE).read_bytes() == CSV and parts(raw) == {}


def test_two_runs_at_once_fetch_once(tmp_path: Path, publisher: Publisher, raw: Path) -> None:
    catalogue(tmp_path, publisher, sha256=sha(CSV))
    publisher.behaviours[PATH] = slowly(CSV, seconds=3)
    first = in_home(tmp_path)
    wait_for(lambda: publisher.count(PATH))
    second = in_home(tmp_path)
    assert [finished(first)[0], finished(second)[0]] == [0, 0]
    assert publisher.count(PATH) == 1
    assert (raw / PLACE).read_bytes() == CSV and parts(raw) == {}


def test_a_run_waits_for_the_other_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    code = "import sys; sys.stdin.readline()"
    script = (
        "import pathlib, sys\nfrom ebpm.fetch.record import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), lambda: None):\n"
        f"    print('held', flush=True); {code.partition('; ')[2]}\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"

    def waiting() -> None:
        told.append("waiting")
        holder.kill()

    with alone(tmp_path, waiting):
        assert told == ["waiting"]
    holder.communicate()


def test_the_next_build_prefers_what_was_fetched(
    tmp_path: Path, publisher: Publisher, raw: Path
) -> None:
    rows = csv_of("ssdse-a/SSDSE-A-2025.csv", "cp932")
    staff = rows[0].index("D1202")
    rows[3][staff] = str(int(rows[3][staff]) + 1)
    served = write_csv(tmp_path / "served.csv", rows, "cp932").read_bytes()
    publisher.behaviours[PATH] = file(served)
    catalogue(tmp_path, publisher)
    shutil.copytree(DATA, tmp_path / "data", dirs_exist_ok=True, ignore=NOT_COPIED)
    command = command_in(tmp_path / "warehouse", EBPM_HOME=str(tmp_path))
    assert command("fetch", "ssdse_a").returncode == 0
    done = command("build")
    assert done.returncode == 0, done.stderr
    [built] = (tmp_path / "warehouse").glob("current*")
    shipped = staff_of_sapporo(f"read_parquet('{FIGURES / 'ssdse_a.parquet'}')")
    assert set(shipped) >= {"2023", "2024", "2025"}
    with_fetched = staff_of_sapporo("staging.stg_ssdse_a", built.resolve())
    assert with_fetched == shipped | {"2026": int(rows[3][staff])}


NOT_COPIED = shutil.ignore_patterns("warehouse", "raw", "local", "fetch.toml")


def staff_of_sapporo(table: str, database: Path | str = ":memory:") -> dict[str, int]:
    """General administration staff of 札幌市 by edition."""
    with duckdb.connect(str(database), read_only=isinstance(database, Path)) as connection:
        rows = connection.execute(
            f"SELECT edition, value FROM {table} WHERE lgcode = '011002' AND indicator = 'D1202'"
        ).fetchall()
    return {str(edition): int(value) for edition, value in rows}


# the list the project ships


SHIPPED = [edition for editions in fetch.editions().values() for edition in editions]


@pytest.mark.parametrize("edition", SHIPPED, ids=lambda e: f"{e.source}-{e.edition}-{e.files[0]}")
def test_each_shipped_edition_fits_its_reader_and_its_publisher(edition: fetch.Edition) -> None:
    source = sources()[edition.source]
    assert source.get("refetched", True)
    patterns = importlib.import_module(source["reader"]).FILES
    for item in edition.files:
        fitting = [p for p in patterns if PurePosixPath(item).match(p)]
        assert fitting and item.count("/") == fitting[0].count("/")
    host = urlsplit(source["page"]).hostname
    assert urlsplit(edition.page).scheme == "https" and urlsplit(edition.page).hostname == host
    if edition.direct:
        link = urlsplit(edition.link)
        owner = urlsplit(edition.page).path.split("/")[1]
        on_github = link.hostname == "raw.githubusercontent.com" and host == "github.com"
        assert link.scheme == "https"
        assert link.hostname == host or (on_github and link.path.startswith(f"/{owner}/"))


def test_the_shipped_editions_name_each_file_once() -> None:
    files = [file for edition in SHIPPED for file in edition.files]
    assert len(files) == len(set(files)) > 5


@pytest.mark.parametrize(
    "item",
    [item for edition in SHIPPED for item in edition.items if item.sha256],
    ids=lambda item: item.file,
)
def test_each_shipped_sha256_is_that_of_the_publishers_file(item: fetch.catalogue.Item) -> None:
    assert sha(published(item.file).read_bytes()) == item.sha256


def test_no_publishers_file_we_hold_is_listed_without_its_sha256() -> None:
    published("ssdse-a/SSDSE-A-2025.csv")
    unknown = [item.file for edition in SHIPPED for item in edition.items if not item.sha256]
    assert [file for file in unknown if (RAW / file).exists()] == []
