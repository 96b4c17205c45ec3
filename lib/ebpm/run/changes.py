"""What a run changed: reports that are new, failed or mended, findings whose content moved."""

from collections.abc import Iterator, Mapping
from typing import Any

from ebpm.evidence.text import LANGUAGES
from ebpm.report.model import Change, ChangeKind, Text
from ebpm.report.words import word
from ebpm.run.site import Entry


def changes(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> list[Change]:
    """How the entries `after` a run differ from those `before` it, in the order of the site."""
    return [change for stem in sorted(after) for change in _changes(before.get(stem), after[stem])]


def _changes(old: Entry | None, new: Entry) -> Iterator[Change]:
    if new.status != "ok":
        yield _change("failed", new)
    elif old is None:
        yield _change("new", new)
    else:
        if old.status != "ok":
            yield _change("mended", new)
        yield from _findings(old, new)


def _findings(old: Entry, new: Entry) -> Iterator[Change]:
    before = {finding["id"]: finding for finding in old.findings}
    after = {finding["id"]: finding for finding in new.findings}
    for ident, finding in after.items():
        if ident not in before:
            yield _change("finding_new", new, claim=_claim(finding))
        else:
            yield from _moved(before[ident], finding, new)
    for ident, finding in before.items():
        if ident not in after:
            yield _change("finding_gone", new, claim=_claim(finding))


def _moved(old: dict[str, Any], new: dict[str, Any], entry: Entry) -> Iterator[Change]:
    claim = _claim(new)
    if old["verdict"] != new["verdict"]:
        said: list[Text] = [
            {lang: word(f"verdict_{each['verdict']}", lang) for lang in LANGUAGES}
            for each in (old, new)
        ]
        yield _change("verdict", entry, claim=claim, before=said[0], after=said[1])
    elif old["estimate_text"] != new["estimate_text"]:
        yield _change(
            "value", entry, claim=claim, before=old["estimate_text"], after=new["estimate_text"]
        )


def _claim(finding: dict[str, Any]) -> dict[str, str]:
    return {lang: finding[f"claim_{lang}"] for lang in LANGUAGES}


def _change(kind: ChangeKind, entry: Entry, **texts: Text) -> Change:
    return Change(kind, entry.notebook, entry.title, entry.page, entry.place, **texts)
