"""Proposed mappings of exports that nobody foresaw, saved ones, and all that can be wrong in them.

The headings are those of real exports; the rows are made up in their style.
"""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ebpm.own.forms import form
from ebpm.own.mapping import Doubt, Mapping, MappingError, Proposal, load, propose, save
from ebpm.own.matching import tokens

EXPORTS = tomllib.loads((Path(__file__).parent / "data/exports.toml").read_text(encoding="utf-8"))


def proposed(name: str, text: str) -> tuple[Proposal, list[str]]:
    delimiter = ";" if text.splitlines()[0].count(";") > 2 else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    columns = dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))
    return propose(rows[0], columns, form(name)), rows[0]


def log(text: str) -> Proposal:
    return proposed("handling_log", text)[0]


@pytest.mark.parametrize("export", EXPORTS)
def test_real_exports(export: str) -> None:
    name, expected = EXPORTS[export]["form"], EXPORTS[export]["columns"]
    proposal, headings = proposed(name, EXPORTS[export]["text"])
    found = proposal.mapping.columns
    assert {key: found.get(key) for key in expected} == expected
    assert proposal.missing == ()
    assert set(proposal.unused) == set(headings) - {*found.values(), *proposal.mapping.items}


@pytest.mark.parametrize("export", EXPORTS)
def test_what_is_saved_is_read_again(export: str, tmp_path: Path) -> None:
    wanted = form(EXPORTS[export]["form"])
    proposal, headings = proposed(wanted.name, EXPORTS[export]["text"])
    path = tmp_path / "x.mapping.toml"
    assert save(path, proposal.mapping, wanted, headings, proposal)
    assert load(path, wanted, headings) == proposal.mapping


@pytest.mark.parametrize("export", ["baltimore", "los angeles", "open311"])
def test_the_rows_may_come_without_their_blank_cells(export: str) -> None:
    rows = list(csv.reader(io.StringIO(EXPORTS[export]["text"])))
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    samples = {heading: [cell for cell in cells if cell] for heading, cells in columns.items()}
    found = propose(rows[0], samples, form("handling_log")).mapping.columns
    assert {key: found.get(key) for key in EXPORTS[export]["columns"]} == EXPORTS[export]["columns"]


def test_other_times_are_never_taken_for_the_completion() -> None:
    proposal = log("""\
id,type,channel,created_date,status_date,due_date,updated_at,last_activity_date
1,a,Phone,2024-04-01 09:00,2024-04-02 09:00,2024-04-03 09:00,2024-04-04 09:00,2024-04-05 09:00
2,b,Web,2024-04-01 10:00,2024-04-02 09:00,2024-04-03 09:00,2024-04-04 09:00,2024-04-05 09:00
""")
    assert "completed" not in proposal.mapping.columns
    assert any("完了日時の列がない" in remark for remark in proposal.remarks)


def test_what_nothing_decides_stays_open(tmp_path: Path) -> None:
    text = """\
c1,c2,c3,c4,c5
1,転入,電話,2024-04-01 09:00,2024-04-02 09:00
2,転出,窓口,2024-04-01 09:10,2024-04-03 09:00
3,転出,窓口,2024-04-01 09:20,2024-04-01 09:30
"""
    proposal, headings = proposed("handling_log", text)
    assert proposal.mapping.columns == {"case_id": "c1", "channel": "c3"}
    assert proposal.missing == ("procedure", "received")
    assert Doubt("received", None, ("c4", "c5")) in proposal.doubtful
    assert {doubt.field for doubt in proposal.doubtful} == {"case_id", "channel", "received"}
    path = tmp_path / "m.toml"
    save(path, proposal.mapping, form("handling_log"), headings, proposal)
    with pytest.raises(MappingError) as error:
        load(path, form("handling_log"), headings)
    assert [problem.split("：")[1] for problem in error.value.problems] == [
        "columns.procedure",
        "columns.received",
    ]
    path.write_text(
        path.read_text("utf-8").replace('received = "要確認"', 'received = "c4"'), "utf-8"
    )
    with pytest.raises(MappingError, match=r"columns\.procedure：要確認のまま"):
        load(path, form("handling_log"), headings)


def test_two_columns_that_are_equally_likely_are_not_chosen_from() -> None:
    proposal = log("""\
受付番号,手続名,受付方法,受付日（市）,受付日（県）
1,a,窓口,2024-04-01,2024-04-02
2,b,郵送,2024-04-01,2024-04-03
""")
    assert "received" in proposal.missing
    assert Doubt("received", None, ("受付日（市）", "受付日（県）")) in proposal.doubtful


def test_likely_rivals_are_named() -> None:
    proposal = proposed("handling_log", EXPORTS["e-application"]["text"])[0]
    assert Doubt("received", "申請日時", ("到達日時",)) in proposal.doubtful


def test_times_in_the_wrong_order_are_told() -> None:
    proposal = log("""\
id,type,channel,created,closed
1,a,Phone,2024-04-05 09:00,2024-04-02 09:00
2,b,Web,2024-04-05 10:00,2024-04-02 09:00
""")
    assert Doubt("completed", "closed", ("created",)) in proposal.doubtful
    assert any("より前になっている" in remark for remark in proposal.remarks)


QUEUE = """\
日付,発券番号,業務,窓口番号,発券時刻,呼出時刻,終了時刻,待ち時間,応対時間
2024/04/01,101,住民票,1,09:00:10,09:05:00,09:12:00,00:04:50,00:07:00
2024/04/01,201,転入,2,09:01:10,09:08:00,09:32:00,00:06:50,00:24:00
"""


def test_a_queue_machine_keeps_day_and_time_apart(tmp_path: Path) -> None:
    proposal, headings = proposed("handling_log", QUEUE)
    mapping = proposal.mapping
    assert (mapping.columns["received"], mapping.days["received"]) == ("発券時刻", "日付")
    assert (mapping.columns["completed"], mapping.days["completed"]) == ("終了時刻", "日付")
    assert mapping.columns["handling_minutes"] == "応対時間"
    assert proposal.missing == ("channel",)
    with_channel = replace(mapping, fixed={"channel": "窓口"})
    path = tmp_path / "m.toml"
    save(path, with_channel, form("handling_log"), headings)
    assert load(path, form("handling_log"), headings) == with_channel


def test_days_and_times_side_by_side() -> None:
    mapping = log("""\
受付No,受付日,受付時刻,受付窓口,申請種別,申請方法,完了日,完了時刻,処理担当
1,2024/4/1,9:00,市民課,印鑑登録,来庁,2024/4/1,9:30,甲
2,2024/4/1,9:10,市民課,印鑑登録,電子,2024/4/2,10:30,乙
""").mapping
    assert (mapping.columns["received"], mapping.days["received"]) == ("受付時刻", "受付日")
    assert (mapping.columns["completed"], mapping.days["completed"]) == ("完了時刻", "完了日")


SURVEY = """\
ID,開始時刻,メール,名前,所属,年代,役職,仕事が楽になったと思いますか,残業は減ったと思いますか,ご意見（自由記述）
1,2024/4/1 9:00,anonymous,,市民課,30代,係長,そう思う,どちらともいえない,とくになし
2,2024/4/1 9:10,anonymous,,税務課,40代,一般職,あまりそう思わない,ややそう思う,もっと
3,2024/4/1 9:10,anonymous,,税務課,40代,一般職,そう思わない,わからない,もっと
"""


def test_a_survey_from_an_online_form() -> None:
    proposal, headings = proposed("staff_survey", SURVEY)
    mapping = proposal.mapping
    assert mapping.items == tuple(headings[7:9])
    assert mapping.values["items"] == {
        **{"そう思う": "5", "ややそう思う": "4", "どちらともいえない": "3"},
        **{"あまりそう思わない": "2", "そう思わない": "1"},
    }
    assert proposal.missing == ("wave",)
    assert {"メール", "名前", "ご意見（自由記述）"} <= set(proposal.unused)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (("04/05/2024", "04/25/2024"), "month_first"),
        (("04/05/2024", "25/04/2024"), "day_first"),
        (("04/05/2024", "05/04/2024"), None),
        (("2024-04-05", "2024-05-04"), None),
    ],
)
def test_order_of_day_and_month(dates: tuple[str, str], order: str | None) -> None:
    proposal = log(f"id,type,channel,created\n1,a,Phone,{dates[0]}\n2,b,Web,{dates[1]}\n")
    assert proposal.mapping.order == order
    is_open = any("月と日のどちらが先か" in remark for remark in proposal.remarks)
    assert is_open == (order is None and "/" in dates[0])


def test_personal_columns_are_never_proposed() -> None:
    proposal = log("""\
受付番号,氏名,住所,電話番号,手続名,受付方法,受付日時
1,山田太郎,X市1,03,転入,窓口,2024-04-01 09:00
2,山田花子,X市2,03,転出,郵送,2024-04-01 09:10
""")
    assert not {"氏名", "住所", "電話番号"} & set(proposal.mapping.columns.values())
    assert {"氏名", "住所", "電話番号"} <= set(proposal.unused)


def test_headings_that_are_blank_or_occur_twice_are_left_alone() -> None:
    headings = ["受付番号", "", "受付日時", "受付日時"]
    proposal = propose(headings, {}, form("handling_log"))
    assert proposal.mapping.columns == {"case_id": "受付番号"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SRRecordID", "sr_record_id"),
        ("Service Request #", "service request number"),
        ("受付№", "受付番号"),
        ("受付Ｎｏ．", "受付番号"),
        ("お申し込み日時", "申込日時"),
        ("手続き名", "手続名"),
        ("問い合わせ方法", "問合せ方法"),
    ],
)
def test_spellings_of_a_heading(one: str, other: str) -> None:
    assert "".join(tokens(one)) == "".join(tokens(other))


LOG_HEADINGS = ["受付番号", "手続名", "受付方法", "受付 日時", "完了日時", "氏名", "氏名"]
COLUMNS = """\
form = "handling_log"
[columns]
case_id = "受付番号"
procedure = "手続名"
channel = "受付方法"
received = "受付日時"
"""


def loaded(folder: Path, text: str) -> Mapping:
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, form("handling_log"), LOG_HEADINGS)


def test_width_and_blanks_of_a_heading_do_not_matter(tmp_path: Path) -> None:
    assert loaded(tmp_path, COLUMNS).columns["received"] == "受付 日時"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("case_id =", "caseid ="),
            "columns.caseid：この様式にない項目です。もしかして case_id ですか",
        ),
        (('"手続名"', '"手続名称"'), "近い見出し：「手続名」"),
        (('"手続名"', '"zzzz"'), "ファイルの見出し：「受付番号」"),
        (('procedure = "手続名"', ""), "必須の「手続」の列が書かれていません"),
        (('"手続名"', '"受付番号"'), "同じ列「受付番号」を2回使っています"),
        (('"手続名"', '"要確認"'), "要確認のままです"),
        (('"手続名"', "1"), "列の見出しを文字で"),
        (("[columns]", 'drop = ["氏名"]\n[columns]'), "見出し「氏名」の列が 2 つあります"),
        (
            ("[columns]", 'drop = ["手続名"]\n[columns]'),
            "columns.procedure、drop：同じ列「手続名」",
        ),
        (("[columns]", 'items = ["完了日時"]\n[columns]'), "この様式に5段階の設問はありません"),
        (("[columns]", 'order = "us"\n[columns]'), "order：次のどれか"),
        (("[columns]", 'zone = "Mars/Base"\n[columns]'), "時間帯「Mars/Base」はありません"),
        (("[columns]", 'zone = "/etc"\n[columns]'), "時間帯「/etc」はありません"),
        (("[columns]", 'encoding = "latin-1"\n[columns]'), "encoding：次のどれか"),
        (("[columns]", 'colour = "red"\n[columns]'), "colour：知らない項目"),
        (("[columns]", "values = 1\n[columns]"), "[values] の形で"),
        (("handling_log", "pilot"), "この様式は handling_log です"),
        (("[columns]", '[fixed]\ncase_id = "1"\n[columns]'), "固定できません"),
        (("[columns]", '[fixed]\nchannel = "窓口"\n[columns]'), "どちらか一方"),
        (("[columns]", '[days]\ncompleted = "完了日時"\n[columns]'), "時刻の列を書いてください"),
        (("[columns]", "[values.outcome]\nx = 1\n[columns]"), "values.outcome："),
        (("[columns]", '[values.result]\nx = "1"\n[columns]'), "values.result：この様式にない"),
        (("[columns]", "[columns"), "対応表として読めません"),
    ],
)
def test_what_is_wrong_with_a_mapping(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(MappingError) as error:
        loaded(tmp_path, COLUMNS.replace(*change, 1))
    assert told in str(error.value)
    assert all(problem.startswith("m.toml：") for problem in error.value.problems)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = COLUMNS.replace('"手続名"', '"x"').replace('"受付方法"', '"y"').replace("received", "z")
    with pytest.raises(MappingError) as error:
        loaded(tmp_path, "colour = 1\n" + text)
    assert len(error.value.problems) == 5


def test_closed_values(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        'form = "pilot"\n[columns]\npilot = "p"\nunit = "u"\ntreated = "t"\nstart = "s"\n'
        '[values.treated]\n"する" = "true"\n"しない" = "いいえ"\n',
        encoding="utf-8",
    )
    with pytest.raises(MappingError) as error:
        load(path, form("pilot"), ["p", "u", "t", "s"])
    assert error.value.problems == [
        "m.toml：values.treated.しない：「いいえ」は登録できません。使える値：false、true。"
    ]


def test_a_missing_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="見つかりません"):
        load(tmp_path / "none.toml", form("pilot"), [])


def test_what_a_person_wrote_is_never_overwritten(tmp_path: Path) -> None:
    path, wanted = tmp_path / "m.toml", form("handling_log")
    mapping = Mapping("handling_log", {"case_id": "受付番号"})
    assert save(path, mapping, wanted, LOG_HEADINGS)
    other = replace(mapping, columns={"case_id": "完了日時"})
    assert save(path, other, wanted, LOG_HEADINGS)
    changed = path.read_text(encoding="utf-8").replace('case_id = "完了日時"', 'case_id = "手続名"')
    path.write_text(changed, encoding="utf-8")
    assert not save(path, mapping, wanted, LOG_HEADINGS)
    assert path.read_text(encoding="utf-8") == changed
    path.write_text("form = 1", encoding="utf-8")
    assert not save(path, mapping, wanted, LOG_HEADINGS)


def test_odd_headings_survive(tmp_path: Path) -> None:
    odd = ['a"b', "改\n行", "back\\slash", "\x7f", "[x]", "# 1"]
    columns = dict(zip(("case_id", "procedure", "channel", "received"), odd, strict=False))
    mapping = Mapping("handling_log", columns, drop=(odd[4],), values={"outcome": {odd[5]: "完了"}})
    path = tmp_path / "m.toml"
    save(path, mapping, form("handling_log"), odd)
    assert load(path, form("handling_log"), odd) == mapping
