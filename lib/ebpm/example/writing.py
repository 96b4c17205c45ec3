"""The invented town as files: what an office would export, with its truth beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ebpm.example.names import TOWN
from ebpm.example.town import Town
from ebpm.own.forms import form

CP932 = ("handling_log",)
TRUTH = "truth.json"
README = """\
# {town}（架空データ）

このフォルダーのデータは、すべて架空のものです。実在の団体・人・手続とは関係ありません。
乱数（種 {seed}）で作りました。同じ種からは同じデータができます。

- `*.csv`：庁内データの様式どおりの記録（{forms}）。
- `truth.json`：このデータに仕込んだ「本当の効果」。推定の結果と見比べるためのものです。

取り込むには、架空データの印が付くように、次のとおりにします。

    ebpm example フォルダー --seed {seed}{null} --import

`ebpm check handling_log.csv --form handling_log` で、様式に合うかを調べられます。

本当の効果：

| 名前 | 値 | 単位 | 何の値か |
|---|---:|---|---|
{rows}

人口およそ2万人の町の24か月分です（2023年4月から2025年3月まで）。

オンラインに向かうのは易しい申請で、先にオンライン化されたのは時間のかからない手続です。
オンラインと窓口の処理時間を単純に比べると、効果を実際より大きく見積もります。
同じ手続どうしで比べても、この偏りは残ります。
"""


def write(town: Town, folder: Path) -> list[Path]:
    """Writes the tables as CSV (one in CP932, the others UTF-8 with BOM), `truth.json`, README."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_table(name, frame, folder) for name, frame in town.frames.items()]
    truth = folder / TRUTH
    content = json.dumps(town.truth, ensure_ascii=False, indent=1) + "\n"
    truth.write_text(content, encoding="utf-8", newline="\n")
    readme = folder / "README.md"
    readme.write_text(_readme(town), encoding="utf-8", newline="\n")
    return [*paths, truth, readme]


def _table(name: str, frame: pd.DataFrame, folder: Path) -> Path:
    labels = {item.key: item.label.ja for item in form(name).fields}
    path = folder / f"{name}.csv"
    encoding = "cp932" if name in CP932 else "utf-8-sig"
    frame.rename(columns=labels).to_csv(
        path, index=False, encoding=encoding, date_format="%Y-%m-%d %H:%M", lineterminator="\r\n"
    )
    return path


def _readme(town: Town) -> str:
    rows = [
        f"| {row['name']} | {row['value']:.2f} | {row['unit']} | {row['estimand']} |"
        for row in town.truth["effects"]
    ]
    titles = "、".join(form(name).title.ja for name in town.frames)
    null = " --null" if town.truth["null"] else ""
    return README.format(town=TOWN, seed=town.seed, null=null, forms=titles, rows="\n".join(rows))
