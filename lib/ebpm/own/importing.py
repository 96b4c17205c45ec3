"""`check` and `import` of a file of own data under a form.

The file becomes a table of texts in a private, temporary DuckDB file; it is searched for what may
not be held; its columns are found by the mapping; what is right is taken in, what is not is listed.
"""

import contextlib
import csv
import io
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ebpm.figures import Figure
from ebpm.own import building, my_numbers, places, store
from ebpm.own.checking import PROBLEMS, Checked, check, remedy
from ebpm.own.conversions import typed
from ebpm.own.forms import Form, form
from ebpm.own.mapping import Mapping, MappingError, Proposal, load, propose, save
from ebpm.own.personal import Personal, personal_columns, personal_in_mapped
from ebpm.own.reading import ROW, TABLE, Raw, read

SAMPLE_ROWS = 2_000
MEMORY = "600MB"
SUFFIX = ".mapping.toml"
TRUTH = "truth.json"
"""What lies beside the files of the invented town (`ebpm example`)."""


class ImportRefused(ValueError):
    """A file that cannot be taken in as it is; `problems` names all reasons, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Examined:
    """A file under a form: how it was read, the mapping used, what is right and what is wrong.

    `proposal` is there where no mapping was saved before. `personal` are columns that hold what no
    form asks for; `checked` is None where required columns are missing.
    """

    form: Form
    raw: Raw
    mapping: Mapping
    mapping_path: Path
    proposal: Proposal | None
    personal: tuple[Personal, ...]
    personal_in_mapped: tuple[Personal, ...]
    exempt_numbers: int
    checked: Checked | None
    remarks: tuple[str, ...] = ()

    @property
    def undecided(self) -> list[str]:
        """Personal columns that nobody has said to drop."""
        return [p.heading for p in self.personal if p.heading not in self.mapping.drop]


@dataclass(frozen=True)
class Imported:
    """An import that was done."""

    examined: Examined
    figure: Figure
    list_of_set_aside: Path | None


def check_file(
    path: Path, form_name: str, mapping_path: Path | None = None, *, sheet: str | None = None
) -> Examined:
    """Everything that is to be said of a file under a form; nothing is taken in.

    Without a saved mapping one is proposed and saved beside the file. Raises ReadError where the
    file is no table or holds individual numbers, MappingError where a saved mapping does not fit.
    """
    with _examined(path, form(form_name), mapping_path, sheet) as (found, _):
        return found


def import_file(
    path: Path,
    form_name: str,
    mapping_path: Path | None = None,
    *,
    dataset: str | None = None,
    sheet: str | None = None,
    synthetic: bool = False,
) -> Imported:
    """Takes the right rows of a file into the own data and builds their warehouse anew.

    An earlier import of the same form and data set is replaced. Raises as `check_file`, and
    ImportRefused where required columns are missing, a personal column is undecided or no row is
    right; nothing is changed then.
    """
    named = store.dataset_name(dataset or path.stem)
    # Also where one of the files of the example is imported by hand.
    synthetic = synthetic or (path.parent / TRUTH).exists()
    with _examined(path, form(form_name), mapping_path, sheet) as (found, connection):
        _refuse(found)
        figure = store.write(connection, found, path, named, synthetic=synthetic)
        listed = store.write_list(named, found.form.name, _list(connection, found))
    building.build()
    return Imported(found, figure, listed)


def _refuse(found: Examined) -> None:
    problems = []
    if found.proposal and found.proposal.missing:
        missing = "、".join(found.form.field(key).label.ja for key in found.proposal.missing)
        problems.append(
            f"必須の欄（{missing}）に当たる列が分かりません。{found.mapping_path.name} に列名を書いてください。"
        )
    if found.undecided:
        named = "」「".join(found.undecided)
        problems.append(
            f"様式が求めていない個人情報とみられる列「{named}」があります。列を除いたファイルにするか、"
            f"読み捨ててよければ {found.mapping_path.name} の drop に書いてください。"
        )
    for each in found.personal_in_mapped:
        problems.append(
            f"列「{each.heading}」は{each.why}（{each.row} 行目など）。個人情報は取り込めません。"
            "別の列を対応させるか、値を直してください。"
        )
    if found.checked is not None and not found.checked.good:
        problems.append("取り込める行がありません。ebpm check で指摘を確かめてください。")
    if problems:
        raise ImportRefused(problems)


@contextlib.contextmanager
def _examined(
    path: Path, wanted: Form, mapping_path: Path | None, sheet: str | None
) -> Iterator[tuple[Examined, duckdb.DuckDBPyConnection]]:
    """The file examined, and a connection to its tables, which are gone afterwards."""
    home = places.made_private(places.folder())
    folder = Path(tempfile.mkdtemp(prefix="reading-", dir=home))
    try:
        database = folder / "raw.duckdb"
        told = _told(mapping_path or path.with_name(path.name + SUFFIX))
        raw = read(path, database, sheet=sheet or told.get("sheet"), encoding=told.get("encoding"))
        with duckdb.connect(str(database), config={"memory_limit": MEMORY}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET preserve_insertion_order = false")
            yield _look(connection, path, wanted, raw, mapping_path), connection
    finally:
        shutil.rmtree(folder)


def _told(path: Path) -> dict[str, Any]:
    """What a saved mapping says of how the file is to be read; `load` tells what is wrong with it."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _look(
    connection: duckdb.DuckDBPyConnection, path: Path, wanted: Form, raw: Raw, given: Path | None
) -> Examined:
    mapping_path = given or path.with_name(path.name + SUFFIX)
    proposal = None
    if mapping_path.exists():
        mapping = load(mapping_path, wanted, raw.headings)
    elif given is not None:
        raise MappingError([f"{given} がありません。ebpm check で作れます。"])
    else:
        proposal = propose(raw.headings, _samples(connection, raw), wanted)
        mapping = proposal.mapping
    hits = my_numbers.scan(
        connection, TABLE, raw.columns, raw.headings, raw.file, mapping.not_my_number
    )
    held = [hit for hit in hits if hit.heading not in mapping.not_my_number]
    my_numbers.refuse(held, raw.file)
    asked = set(mapping.used)
    found = tuple(personal_columns(connection, TABLE, raw.headings, asked))
    if proposal is not None:
        mapping = store.with_drop(mapping, [each.heading for each in found])
        save(mapping_path, mapping, wanted, raw.headings, proposal)
    checked = None
    told = {*mapping.columns, *mapping.fixed}
    if all(field.key in told or field.repeats for field in wanted.required):
        checked = check(connection, wanted, list(typed(connection, raw, wanted.fields, mapping)))
    exempt = sum(hit.count for hit in hits if hit.heading in mapping.not_my_number)
    inside = tuple(personal_in_mapped(connection, TABLE, raw.headings, wanted, mapping))
    return Examined(wanted, raw, mapping, mapping_path, proposal, found, inside, exempt, checked)


def _samples(connection: duckdb.DuckDBPyConnection, raw: Raw) -> dict[str, list[str]]:
    """The first rows of every column, as the proposal looks at them."""
    rows = connection.execute(
        f"SELECT * EXCLUDE ({ROW}) FROM {TABLE} ORDER BY {ROW} LIMIT {SAMPLE_ROWS}"
    ).fetchall()
    columns = zip(*rows, strict=True) if rows else ([] for _ in raw.headings)
    return {
        heading: [cell or "" for cell in column]
        for heading, column in zip(raw.headings, columns, strict=True)
    }


def _list(connection: duckdb.DuckDBPyConnection, found: Examined) -> str:
    """What was set aside, cell by cell, as CSV; empty without any."""
    types = {
        **{heading: found.form.field(key).type for key, heading in found.mapping.columns.items()},
        **dict.fromkeys(found.mapping.items, "likert"),
    }
    rows = connection.execute(
        f"SELECT {ROW}, heading, code, found, expected FROM {PROBLEMS} ORDER BY ALL"
    ).fetchall()
    if not rows and not found.raw.set_aside:
        return ""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["行", "列", "理由", "記載", "あるべき形", "直し方"])
    for number, heading, code, given, wanted in rows:
        writer.writerow(
            [number, heading, code, given, wanted, remedy(code, given or "", types[heading])]
        )
    for reason, content in found.raw.set_aside:
        writer.writerow(
            ["", "", "not_a_row", content, reason, "列の数と文字コードを確かめてください"]
        )
    return stream.getvalue()
