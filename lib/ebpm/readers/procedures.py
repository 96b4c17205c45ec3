"""Reader of 行政手続等の悉皆調査結果 (デジタル庁): every national procedure, 38 columns.

Two layouts: the official CSV (UTF-8 with BOM, two header rows) and a third party's Parquet
conversion of it. In the conversion missing counts became 0, so there a 0 among three zeros cannot
be told from "no figure": such counts are missing with the kind `zero_or_missing`.

Source: https://www.digital.go.jp/resources/procedures-survey-results
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from ebpm.durations import read_periods
from ebpm.readers.reading import ReadError, Reading, SetAside, csv_rows, dated_folders, joined

CONVERSION = "procedures_data.parquet"
OFFICIAL = "*_procedures-survey-results_outline_02.csv"
FILES = (f"procedures-survey-*/{OFFICIAL}", f"procedures-survey-*/{CONVERSION}")
HEADER_ROWS = 2

COLUMNS = {
    "手続ID": "procedure_id",
    "所管府省庁": "ministry",
    "手続名": "procedure",
    "法令名": "law",
    "法令番号": "law_number",
    "根拠条項号": "article",
    "手続類型": "procedure_type",
    "手続主体": "applicant",
    "手続の受け手": "recipient",
    "経由機関": "via",
    "独立行政法人等の名称": "agency",
    "事務区分": "affairs_class",
    "府省共通手続": "shared_by_ministries",
    "実施府省庁": "implementing_ministries",
    "オンライン化の実施状況": "online_status",
    "オンライン化の実施予定及び検討時の懸念点": "online_plan_or_concern",
    "オンライン化実施時期": "online_planned_for",
    "申請等における本人確認手法": "identification",
    "手数料等の納付有無": "fee",
    "手数料等の納付方法": "fee_payment",
    "手数料等のオンライン納付時の優遇措置": "fee_online_discount",
    "処理期間(オンライン)": "period_online_text",
    "処理期間(非オンライン)": "period_offline_text",
    "情報システム(申請)": "system_application",
    "情報システム(事務処理)": "system_processing",
    "総手続件数": "cases",
    "オンライン手続件数": "cases_online",
    "非オンライン手続件数": "cases_offline",
    "申請書等に記載させる情報": "information_asked",
    "申請時に添付させる書類": "attachments",
    "添付書類等提出の撤廃/省略状況": "attachments_waived",
    "添付書類等の提出方法": "attachments_channel",
    "添付書類等への電子署名": "attachments_signature",
    "添付形式等が定められた規定": "attachments_rule",
    "手続が行われるイベント(個人)": "event_person",
    "手続が行われるイベント(法人)": "event_company",
    "申請に関連する士業": "professions",
    "申請を提出する機関": "submitted_to",
}
COUNTS = ("cases", "cases_online", "cases_offline")
CHANNELS = ("online", "offline")
WHOLE_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12}")
"""Below 10^12: the most frequent procedure has 3.4e8 cases a year."""


def read(raw: Path) -> list[Reading]:
    """Tidy table `procedures`, one row per edition and procedure.

    In each edition's folder the official CSV is preferred; the conversion serves where it is absent.
    """
    return [joined([_read_edition(*each) for each in dated_folders(raw, "procedures-survey")])]


def _read_edition(edition: str, folder: Path) -> Reading:
    for official in sorted(folder.glob(OFFICIAL)):
        return read_official(official, edition)
    return read_conversion(folder / CONVERSION, edition)


def read_official(path: Path, edition: str) -> Reading:
    """The official two-header CSV; an empty count is missing, a `0` is a real zero."""
    rows = csv_rows(path, "utf-8-sig", HEADER_ROWS)
    _check_header(path.name, rows[:HEADER_ROWS])
    lines = enumerate(rows[HEADER_ROWS:], start=HEADER_ROWS + 1)
    body = [(number, row) for number, row in lines if any(row)]
    blank = len(rows) - HEADER_ROWS - len(body)
    aside = tuple(
        SetAside(path.name, f"{number} 行目", "wrong_number_of_columns", ",".join(row)[:200])
        for number, row in body
        if len(row) != len(COLUMNS)
    )
    whole = [row for _, row in body if len(row) == len(COLUMNS)]
    texts = pd.DataFrame(whole, columns=list(COLUMNS.values()), dtype="str")
    given = texts.mask(texts == "")
    return _reading(path.name, edition, given, aside, blank, zero_is_known=True)


def read_conversion(path: Path, edition: str) -> Reading:
    """The Parquet conversion; zeros are kept only where the three counts prove them."""
    if not path.exists():
        raise ReadError(path.name, "ファイル", "見つかりません", "公表元から取得して置いてください")
    names = ", ".join(f'CAST("{name}" AS VARCHAR) AS {ours}' for name, ours in COLUMNS.items())
    try:
        with duckdb.connect() as connection:
            file = connection.read_parquet(str(path))
            if absent := [name for name in COLUMNS if name not in file.columns]:
                problem = f"列「{'」「'.join(absent)}」がありません"
                raise ReadError(path.name, "見出し", problem, "版を確かめてください")
            texts = file.project(names).df()
    except duckdb.Error:
        problem = "Parquet として読めません"
        raise ReadError(path.name, "表全体", problem, "元のファイルを取り直してください") from None
    return _reading(path.name, edition, texts, zero_is_known=False)


def _check_header(file: str, header: Sequence[Sequence[str]]) -> None:
    """Every column's two header cells must spell the known name, in the known order."""
    if any(len(row) != len(COLUMNS) for row in header):
        problem = f"{' / '.join(str(len(row)) for row in header)} 列あります"
        wanted = f"{len(COLUMNS)} 列の版を使ってください"
        raise ReadError(file, "見出し", problem, wanted)
    top = ""
    for column, (upper, lower, name) in enumerate(zip(*header, COLUMNS, strict=True), start=1):
        top = upper.strip() or top
        spelt = {_fold(upper), _fold(lower), _fold(top + lower), _fold(lower + top)}
        if _fold(name) not in spelt:
            found = f"「{upper}／{lower}」とありますが「{name}」のはずです"
            raise ReadError(file, f"{column} 列目の見出し", found, "版を確かめてください")


def _fold(text: str) -> str:
    return re.sub(r"[\s()（）【】・/／]", "", unicodedata.normalize("NFKC", text))


def _reading(
    file: str,
    edition: str,
    texts: pd.DataFrame,
    aside: tuple[SetAside, ...] = (),
    blank: int = 0,
    *,
    zero_is_known: bool,
) -> Reading:
    problems = _row_problems(texts)
    unsafe = tuple(
        SetAside(file, f"手続ID {texts['procedure_id'][row]!s}", reason, str(texts.loc[row, "law"]))
        for row, reason in problems.items()
    )
    good = texts.drop(index=list(problems)).reset_index(drop=True)
    if good.empty:
        reasons = "、".join(sorted(set(problems.values()))) or "行がありません"
        problem = f"読み込める行が1つもありません（{reasons}）"
        raise ReadError(file, "表全体", problem, "元のファイルを確かめてください")
    frame = _with_periods(_with_counts(good, zero_is_known=zero_is_known))
    frame.insert(0, "edition", edition)
    frame = frame.sort_values("procedure_id", ignore_index=True)
    read = len(texts) + len(aside) + blank
    return Reading("procedures", frame, "row", read, len(good), blank, aside + unsafe)


def _row_problems(texts: pd.DataFrame) -> dict[int, str]:
    """Row label → reason, for rows that no analysis could use safely."""
    problems: dict[int, str] = {}
    for row in texts.index[texts["procedure_id"].isna()]:
        problems[int(row)] = "no_procedure_id"
    for row in texts.index[
        texts["procedure_id"].duplicated(keep=False) & texts["procedure_id"].notna()
    ]:
        problems[int(row)] = "repeated_procedure_id"
    for column in COUNTS:
        given = texts[column].dropna()
        for row in given.index[~given.str.fullmatch(WHOLE_NUMBER)]:
            problems.setdefault(int(row), f"unreadable_count:{column}")
    return problems


def _with_counts(texts: pd.DataFrame, *, zero_is_known: bool) -> pd.DataFrame:
    frame = texts.copy()
    for column in COUNTS:
        frame[column] = pd.to_numeric(texts[column].str.replace(",", "")).astype("Int64")
    if zero_is_known:
        frame["cases_missing"] = frame["cases"].isna().map({True: "unknown", False: None})
        return frame
    proven = (frame["cases"] > 0) & (
        frame["cases_online"] + frame["cases_offline"] == frame["cases"]
    )
    for column in COUNTS:
        frame[column] = frame[column].mask((frame[column] == 0) & ~proven)
    frame["cases_missing"] = frame["cases"].isna().map({True: "zero_or_missing", False: None})
    return frame


def _with_periods(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds, for each channel, the period in days (and its range) or the reason it has none."""
    for channel in CHANNELS:
        periods = read_periods(frame[f"period_{channel}_text"])
        for part in ("days", "low_days", "high_days", "reason"):
            frame[f"period_{channel}_{part}"] = periods[part].to_numpy()
    return frame
