"""Changes of municipalities since 1970: mergers, splits, renames, new codes, wards.

Read once from `data/figures/municipality_changes.csv`, made from 廃置分合等情報 (総務省統計局,
e-Stat): https://www.e-stat.go.jp/municipalities/cities/absorption-separation-of-municipalities
"""

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from ebpm.paths import FIGURES


class ChangeKind(StrEnum):
    """What happened; the value is the word used in figures and SQL."""

    MERGED_NEW = "merged_new"
    ABSORBED = "absorbed"
    SPLIT = "split"
    BECAME_CITY = "became_city"
    BECAME_TOWN = "became_town"
    BECAME_DESIGNATED_CITY = "became_designated_city"
    BECAME_CORE_CITY = "became_core_city"
    BECAME_SPECIAL_CITY = "became_special_city"
    RENAMED = "renamed"
    NAME_FORM_CHANGED = "name_form_changed"
    COUNTY_CHANGED = "county_changed"
    WARD_ESTABLISHED = "ward_established"
    WARD_SEPARATED = "ward_separated"
    WARD_SPLIT = "ward_split"
    WARD_MERGED = "ward_merged"
    WARD_REORGANISED = "ward_reorganised"


CHANGE_LABELS_JA = {
    ChangeKind.MERGED_NEW: "新設合併",
    ChangeKind.ABSORBED: "編入",
    ChangeKind.SPLIT: "分割",
    ChangeKind.BECAME_CITY: "市制施行",
    ChangeKind.BECAME_TOWN: "町制施行",
    ChangeKind.BECAME_DESIGNATED_CITY: "政令指定都市への移行",
    ChangeKind.BECAME_CORE_CITY: "中核市への移行",
    ChangeKind.BECAME_SPECIAL_CITY: "特例市への移行",
    ChangeKind.RENAMED: "名称変更",
    ChangeKind.NAME_FORM_CHANGED: "読み・字体の変更",
    ChangeKind.COUNTY_CHANGED: "郡・支庁の区域変更",
    ChangeKind.WARD_ESTABLISHED: "区の新設",
    ChangeKind.WARD_SEPARATED: "区の分離",
    ChangeKind.WARD_SPLIT: "区の分割",
    ChangeKind.WARD_MERGED: "区の統合",
    ChangeKind.WARD_REORGANISED: "区の再編",
}

WARD_CHANGES = frozenset(kind for kind in ChangeKind if kind.value.startswith("ward_"))
ABSORBING = frozenset({ChangeKind.ABSORBED, ChangeKind.SPLIT})
"""Changes whose receiving body was there before and goes on."""
SAME_BODY = frozenset(
    {
        ChangeKind.BECAME_CITY,
        ChangeKind.BECAME_TOWN,
        ChangeKind.BECAME_DESIGNATED_CITY,
        ChangeKind.RENAMED,
        ChangeKind.NAME_FORM_CHANGED,
        ChangeKind.COUNTY_CHANGED,
    }
)
"""Changes of code or name alone: the body and its territory stay."""
CLASS_CHANGES = frozenset({ChangeKind.BECAME_CORE_CITY, ChangeKind.BECAME_SPECIAL_CITY})
"""Changes of neither code nor name nor territory."""


@dataclass(frozen=True, order=True)
class Change:
    """One body (or ward) and what became of it: from this day on the new state holds."""

    day: date
    kind: ChangeKind
    lgcode_from: str
    lgcode_to: str
    name_from: str
    name_to: str

    @property
    def label_ja(self) -> str:
        """The kind in Japanese (新設合併, 編入, …)."""
        return CHANGE_LABELS_JA[self.kind]


@cache
def changes() -> tuple[Change, ...]:
    """All changes of the latest edition in the order of their dates."""
    with (FIGURES / "municipality_changes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    latest = max(row["edition"] for row in rows)
    return tuple(sorted(_change(row) for row in rows if row["edition"] == latest))


def _change(row: dict[str, str]) -> Change:
    return Change(
        date.fromisoformat(row["effective_date"]),
        ChangeKind(row["change_kind"]),
        row["lgcode_from"],
        row["lgcode_to"],
        row["name_from"],
        row["name_to"],
    )
