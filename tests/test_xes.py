"""Event logs in XES: rows and headings, packed files, broken and hostile ones, memory."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest

from ebpm.own.xes import read
from ebpm.readers.reading import ReadError

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <string key="concept:name" value="a log"/>
"""
TRACES = """
  <trace>
    <string key="concept:name" value="申請1"/>
    <event>
      <string key="concept:name" value="受付"/>
      <date key="time:timestamp" value="2024-04-01T09:00:00.000+09:00"/>
      <string key="org:resource" value="職員A"><string key="inner" value="x"/></string>
      <list key="many"><values><string key="one" value="1"/></values></list>
    </event>
    <event><string key="concept:name" value="審査"/><int key="pages" value="3"/></event>
    <string key="channel" value="窓口"/>
  </trace>
  <trace>
    <string key="concept:name" value="申請2"/>
    <event><string key="concept:name" value="受付"/></event>
  </trace>
"""
LOG = HEAD + TRACES + "</log>\n"


def written(folder: Path, content: str | bytes, name: str = "log.xes") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_one_row_an_event_with_the_attributes_of_its_trace(tmp_path: Path) -> None:
    headings, rows = read(written(tmp_path, LOG))
    assert headings == [
        *("case:concept:name", "case:channel"),
        *("concept:name", "time:timestamp", "org:resource", "pages"),
    ]
    assert list(rows) == [
        ["申請1", "窓口", "受付", "2024-04-01T09:00:00.000+09:00", "職員A", None],
        ["申請1", "窓口", "審査", None, None, "3"],
        ["申請2", None, "受付", None, None, None],
    ]


@pytest.mark.parametrize("name", ["log.xes.gz", "log.xes"])
def test_packed_whatever_its_name(tmp_path: Path, name: str) -> None:
    _, rows = read(written(tmp_path, gzip.compress(LOG.encode()), name))
    assert len(list(rows)) == 3


def test_without_a_namespace_and_in_another_encoding(tmp_path: Path) -> None:
    plain = LOG.replace(' xmlns="http://www.xes-standard.org/"', "")
    text = plain.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    headings, rows = read(written(tmp_path, text))
    assert next(rows)[headings.index("concept:name")] == "受付"


SECRET = """<?xml version="1.0"?>
<!DOCTYPE log [<!ENTITY secret SYSTEM "file:///etc/hostname">]>
<log><trace><event><string key="concept:name" value="x"/></event></trace></log>
"""
BOMB = """<?xml version="1.0"?>
<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<log><trace><event><string key="concept:name" value="&b;"/></event></trace></log>
"""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (LOG[: len(LOG) - 60], "XML として読めません"),
        (LOG.replace("</event>", "", 1), "XML として読めません"),
        (gzip.compress(LOG.encode(), mtime=0)[:-20], "圧縮が壊れています"),
        (b"\x1f\x8b\x00\x00\x00", "圧縮が壊れています"),
        ("", "XML として読めません"),
        ("受付番号,手続\n1,転入\n", "XML として読めません"),
        ("<html><body/></html>", "XES ではありません（最初の要素が html です）"),
        (HEAD + "</log>", "出来事（event）が一つもありません"),
        (SECRET, "DOCTYPE"),
        (BOMB, "DOCTYPE"),
    ],
)
def test_broken_and_hostile_files(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(ReadError) as error:
        read(written(tmp_path, content))
    assert str(error.value).startswith("log.xes：")
    assert told in str(error.value)


def test_the_place_of_damage_is_named(tmp_path: Path) -> None:
    line = LOG[: LOG.index("審査")].count("\n") + 1
    with pytest.raises(ReadError, match=rf"：{line} 行目："):
        read(written(tmp_path, LOG.replace('value="審査"', 'value="審査')))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="見つかりません"):
        read(tmp_path / "none.xes")


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system tells no memory")
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    one = TRACES.encode()
    traces = 12_000
    path = tmp_path / "long.xes"
    with path.open("wb") as file:
        file.write(HEAD.encode())
        file.writelines(itertools.repeat(one, traces))
        file.write(b"</log>")
    _, rows = read(path)
    before, most, count = resident_kb(), 0, 0
    for count, _row in enumerate(rows, start=1):
        if count % 3_000 == 0:
            most = max(most, resident_kb())
    assert count == 3 * traces
    assert most - before < path.stat().st_size / 1024 / 4
