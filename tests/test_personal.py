"""Columns with personal data are told by heading and by content; others are left alone."""

import duckdb
import pandas as pd
import pytest

from ebpm.own.personal import Personal, kind_of_heading, personal_columns
from support.published import published

PERSONAL = [
    *("氏名", "申請者氏名", "名前", "お名前", "姓", "名", "フリガナ", "ふりがな"),
    *("カナ氏名", "世帯主氏名", "住所", "現住所", "申請者住所", "番地", "本籍"),
    *("郵便番号", "電話番号", "連絡先", "携帯番号", "携帯電話番号", "メールアドレス"),
    *("Eメール", "生年月日", "誕生日", "口座番号", "続柄", "緯度", "経度", "自由記述"),
    *("備考", "ご意見", "first_name", "LastName", "full_name", "customer name"),
    *("Address", "IncidentAddress", "street_address", "phone_number", "PhoneNumber"),
    *("email", "E-mail", "zip_code", "ZipCode", "date_of_birth", "dob", "latitude"),
    *("Longitude", "GeoLocation", "comments", "remarks"),
]
HARMLESS = [
    *("手続名", "手続き名称", "様式名", "業務名", "課名", "担当課名", "施設名", "会場名"),
    *("受付方法", "受付窓口", "申請方法", "受付番号", "整理番号", "受付日時", "完了日時"),
    *("状態", "処理結果", "件数", "利用者数", "担当者コード", "実施回", "年代", "職位"),
    *("ウェイト", "満足度", "機器名", "ファイル名", "研修名", "ツール名", "サービス名"),
    *("SRType", "MethodReceived", "CreatedDate", "CloseDate", "Agency", "Status"),
    *("department", "request_type", "source", "priority", "channel", "category"),
    *("closed_dt", "open_dt", "case_id", "council_district"),
]


@pytest.mark.parametrize("heading", PERSONAL)
def test_a_heading_that_announces_personal_data(heading: str) -> None:
    assert kind_of_heading(heading) is not None


@pytest.mark.parametrize("heading", HARMLESS)
def test_a_heading_that_does_not(heading: str) -> None:
    assert kind_of_heading(heading) is None


def test_there_are_forty_of_both() -> None:
    assert len(PERSONAL) >= 40 and len(HARMLESS) >= 40


def told(columns: dict[str, list[str | None]], mapped: set[str] | None = None) -> list[Personal]:
    frame = pd.DataFrame(
        {f"c{i}": values for i, values in enumerate(columns.values())}, dtype="string"
    )
    frame["row_number"] = range(2, len(frame) + 2)
    with duckdb.connect() as connection:
        connection.register("given", frame)
        connection.execute("CREATE TABLE raw AS SELECT * FROM given")
        return list(personal_columns(connection, "raw", list(columns), mapped or set()))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "taro{}@example.jp"),
        ("phone", "03-1234-{:04}"),
        ("phone", "０９０－１２３４－{:04}"),
        ("phone", "+81 90 1234 {:04}"),
        ("phone", "0901234{:04}"),
        ("phone", "(410) 555-{:04}"),
        ("address", "例示県例示市本町{}丁目2番3号"),
        ("address", "例示町大字中央{}-5"),
        ("address", "{} GARRISON BLVD, BALTIMORE, MD"),
        ("place", "(39.2{}, -76.6)"),
        ("free_text", "窓口の対応がとても丁寧で助かりました。{}回目の利用です。次もお願いします。"),
    ],
)
def test_content_tells_whatever_the_heading_says(kind: str, value: str) -> None:
    (found,) = told({"項目": [value.format(i + 11) for i in range(30)]})
    assert (found.kind, found.row) == (kind, 2)


@pytest.mark.parametrize(
    "values",
    [
        ["電話", "窓口", "郵送", "メール"],
        ["転入届", "住民票の写しの交付", "市民課", "東町支所"],
        ["2024-04-01 09:30", "2024-04-02 10:00", "R6.4.1", "2024/4/1"],
        ["R6-000123", "17-00123456", "A-1-2", "1234567890123"],
        ["12.5", "1,234", "0.25", "98%"],
    ],
)
def test_words_of_a_log_are_no_personal_data(values: list[str]) -> None:
    assert told({"項目": [*values] * 5}) == []


def test_a_few_addresses_among_many_values_are_told() -> None:
    values = [f"受付{i}" for i in range(500)]
    values[70], values[80], values[90] = "a@example.jp", "b@example.jp", "c@example.jp"
    (found,) = told({"経路": values})
    assert (found.kind, found.row) == ("email", 72)


def test_what_the_form_asks_for_and_what_is_blank_is_left_alone() -> None:
    assert told({"氏名": ["例示太郎"]}, {"氏名"}) == [] and told({"住所": [None, " "]}) == []


def test_the_columns_of_a_real_log() -> None:
    log = pd.read_csv(
        published("handling-log-baltimore-311/311_sample.csv"), dtype="string", nrows=2000
    )
    found = {p.heading: p.kind for p in told({name: list(log[name]) for name in log})}
    assert found == {
        "Address": "address",
        "ZipCode": "address",
        "Latitude": "place",
        "Longitude": "place",
        "GeoLocation": "place",
        "Zip Codes": "address",
    }
