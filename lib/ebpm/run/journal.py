"""What a run has finished, line by line: a run that is broken off loses no finished report.

The site's catalogue is written now and then, a line of the journal with every report. The next run
begins by bringing both together; a line that was not written to its end is a report not finished.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ebpm.evidence import ledger
from ebpm.report.model import Lang
from ebpm.run.site import Entry, save

JOURNAL = "journal.jsonl"


def append(out: Path, entry: Entry, rows: ledger.Report | None) -> None:
    """Notes a finished report with what the ledger shall hold of it."""
    common = rows[0] if rows else None
    line = json.dumps({"entry": asdict(entry), "common": common}, ensure_ascii=False)
    out.mkdir(parents=True, exist_ok=True)
    with (out / JOURNAL).open("ab") as stream:
        stream.write(line.encode() + b"\n")


def settle(out: Path, lang: Lang) -> int:
    """Puts what the journal holds into the ledger and the catalogue, and empties it.

    First the ledger, which takes nothing twice, then the catalogue. Returns how many reports.
    """
    lines = list(_lines(out / JOURNAL))
    if lines:
        found = [(common, entry.findings) for entry, common in lines if common]
        ledger.record_all(ledger.default_folder(), found)
        save(out, {entry.stem: entry for entry, _ in lines}, lang)
    (out / JOURNAL).unlink(missing_ok=True)
    return len(lines)


def _lines(path: Path) -> Iterator[tuple[Entry, dict[str, Any] | None]]:
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n")[:-1]:
        found = json.loads(line)
        yield Entry(**found["entry"]), found["common"]
