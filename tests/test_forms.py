"""The forms as schemas, and the templates that are made from them."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from ebpm.cli.base import cli
from ebpm.own.forms import FORMS, FormError, form, forms
from ebpm.own.mapping import propose, stored_values
from ebpm.own.matching import is_personal
from ebpm.own.templates import choices, explanation, headings, table, workbook, write

FIELDS = {
    "handling_log": "case_id* procedure* channel* received* completed handling_minutes staff outcome office",
    "event_log": "case_id* activity* time* end_time transition staff channel procedure office",
    "staff_survey": "respondent* wave* unit age_band role weight items",
    "resident_survey": "respondent* wave* age_band district channel weight items",
    "chatbot_log": "month* questions* answered escalated judged judged_right calls",
    "training_log": "staff* course* attended* office score_before score_after",
    "pilot": "pilot* unit* treated* start* randomised",
    "tool_use": "tool* introduced* month* active_users* ended",
}


def test_the_forms_and_their_fields() -> None:
    found = {
        name: " ".join(item.key + "*" * item.required for item in each.fields)
        for name, each in forms().items()
    }
    assert found == FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_explanations_are_there_in_both_languages(name: str) -> None:
    for text in (form(name).title, form(name).grain, form(name).about):
        assert not text.ja.isascii()
        assert text.en.replace("–", "").replace("…", "").isascii()
    for item in form(name).fields:
        assert item.about.ja.endswith("。")
        assert item.about.en.endswith(".")
        assert len({item.label.ja for item in form(name).fields}) == len(form(name).fields)


@pytest.mark.parametrize("name", FIELDS)
def test_no_form_asks_for_what_announces_persons(name: str) -> None:
    asked = [item for item in form(name).fields if item.type != "pseudonym"]
    assert not [item.label.ja for item in asked if is_personal(item.label.ja)]


def test_an_unknown_form_is_refused_with_those_there_are() -> None:
    with pytest.raises(FormError) as error:
        form("handlinglog")
    assert "様式「handlinglog」はありません" in str(error.value)
    assert all(name in str(error.value) for name in FIELDS)


def test_closed_lists() -> None:
    assert form("resident_survey").field("channel").allowed == ("オンライン", "窓口", "郵送")
    assert form("pilot").field("treated").allowed == ("true", "false")
    assert form("handling_log").field("channel").allowed == ()
    spelled = stored_values(form("resident_survey").field("channel"))
    assert (spelled["ネット"], spelled["web"]) == ("オンライン",) * 2
    assert stored_values(form("event_log").field("transition"))["complete"] == "complete"


GOOD = (FORMS / "pilot.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('name = "pilot"', 'name = "other"'), "ファイル名（pilot）と違います"),
        (('type = "date"', 'type = "day"'), "field start：type は次のどれか"),
        (('key = "unit"', 'key = "Unit"'), "key は英小文字"),
        (('key = "unit"', 'key = "pilot"'), "field pilot が2回あります"),
        (('key = "unit"', 'key = "unit"\ncolour = 1'), "知らない項目 colour"),
        (('key = "unit"', 'key = "unit"\nminimum = 1'), "minimum は数の項目だけ"),
        (('key = "unit"', 'key = "unit"\nclosed = true'), "closed = true なら values"),
        (('key = "unit"', 'key = "unit"\nunlike = "x"'), "unlike は文字の並び"),
        (('key = "unit"', 'key = "unit"\nscales = [["a", "b"]]'), "scales は 5 から 1"),
        (("required = true", 'required = "yes"'), "required は true か false"),
        (("title = { ja", "title = { jp"), "title を ja と en の両方で"),
        (('example = "2024-10-01"', "example = 2024-10-01"), "example に記入例を文字で"),
        (('type = "category"', 'type = "number"\nminimum = 2\nmaximum = 1'), "より大きく"),
        (("[[field]]", "[[feld]]"), "知らない項目 feld"),
        (("[[field]]", "[[field]"), "様式として読めません"),
    ],
)
def test_a_form_that_is_no_schema(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    (tmp_path / "pilot.toml").write_text(GOOD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(FormError) as error:
        forms(tmp_path)
    assert told in str(error.value)


def test_no_forms_at_all(tmp_path: Path) -> None:
    with pytest.raises(FormError, match="様式のファイルがありません"):
        forms(tmp_path / "none")


@pytest.mark.parametrize("name", FIELDS)
def test_a_filled_template_maps_to_its_own_form(name: str) -> None:
    rows = list(csv.reader(io.StringIO(table(form(name)).decode("utf-8-sig"))))
    assert rows[0] == headings(form(name))
    samples = {heading: [cell] for heading, cell in zip(*rows, strict=True)}
    proposal = propose(rows[0], samples, form(name))
    single = [item for item in form(name).fields if not item.repeats]
    assert proposal.mapping.columns == {item.key: item.label.ja for item in single}
    assert len(proposal.mapping.items) == len(rows[0]) - len(single)
    assert (proposal.missing, proposal.doubtful, proposal.unused) == ((), (), ())


@pytest.mark.parametrize("name", FIELDS)
def test_the_workbook_to_fill_in(name: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(form(name))))
    lists = {item.key: choices(item) for item in form(name).fields if choices(item)}
    assert book.sheetnames == ["記入", "説明", *(["選択肢"] if lists else [])]
    fill = book["記入"]
    assert [cell.value for cell in fill[1]] == headings(form(name))
    assert all(cell.value is None or isinstance(cell.value, str) for cell in fill[2])
    told = {cell.value for row in book["説明"] for cell in row}
    assert all(item.about.ja in told for item in form(name).fields)
    ranges = [str(rule.sqref) for rule in fill.data_validations.dataValidation]
    columns = sum(3 if item.repeats else 1 for item in form(name).fields if item.key in lists)
    assert len(ranges) == columns
    for rule in fill.data_validations.dataValidation:
        sheet, _, cells = rule.formula1.partition("!")
        shown = [cell.value for (cell,) in book[sheet][cells.replace("$", "")]]
        assert tuple(shown) in lists.values()


def test_what_a_drop_down_offers_is_understood() -> None:
    for each in forms().values():
        for item in each.fields:
            if item.type != "likert":
                spelled = stored_values(item)
                assert all(choice.casefold() in spelled for choice in choices(item))


@pytest.mark.parametrize("name", ["handling_log", "staff_survey"])
def test_the_same_bytes_at_each_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = workbook(form(name)), table(form(name)), explanation(form(name))
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert (workbook(form(name)), table(form(name)), explanation(form(name))) == first


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner().invoke
    listed = run(cli, ["forms"])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in FIELDS)
    told = run(cli, ["forms", "pilot"])
    assert "試行したか（treated、必須）" in told.output
    made = run(cli, ["forms", "pilot", "--to", str(tmp_path / "a")])
    assert made.exit_code == 0
    names = [path.name for path in sorted((tmp_path / "a").iterdir())]
    assert names == ["pilot.csv", "pilot.md", "pilot.xlsx"]
    data = json.loads(run(cli, ["forms", "tool_use", "--json"]).output)
    assert [field["key"] for field in data[0]["fields"]][:2] == ["tool", "introduced"]


def test_an_unknown_form_is_wrong_use() -> None:
    result = CliRunner().invoke(cli, ["forms", "x"])
    assert result.exit_code == 2
    assert "様式「x」はありません" in result.output


def test_all_templates(tmp_path: Path) -> None:
    made = [path for each in forms().values() for path in write(each, tmp_path)]
    assert len(made) == 3 * len(FIELDS)
    assert all(path.stat().st_size > 100 for path in made)
