"""The logic model of a report: from means to ends, and where there is evidence.

Stages follow the 内閣府 and 総務省 guides' common form: inputs, activities, outputs, outcomes. The
notebook names the finding that an arrow rests on; its grade and verdict are read from that finding
when the page is made, so that no arrow claims more than the report found.
"""

from collections.abc import Mapping, Sequence

from ebpm.evidence.mime import SCHEMA
from ebpm.evidence.outputs import emit
from ebpm.evidence.said import OutputError
from ebpm.evidence.text import Both

STAGES = ("input", "activity", "output", "outcome")
TITLE = Both(
    "ロジックモデル：手段から成果への道筋と根拠の有無",
    "Logic model: from means to ends, and where there is evidence",
)

Step = tuple[str, Both]
Arrow = tuple[str, str] | tuple[str, str, str]


def logic_model(
    name: str, steps: Mapping[str, Step], arrows: Sequence[Arrow], *, title: Both = TITLE
) -> None:
    """Emits the logic model: a picture and the same in words.

    `steps` gives each step its stage (`input`, `activity`, `output`, `outcome`) and label, in the
    order in which a stage lists them; an arrow is (from, to) or (from, to, id of a finding of this
    report). An arrow without a finding is printed as 未検証. Raises OutputError for a stage or a
    step that does not exist, a step without an arrow, or an arrow that leads backwards.
    """
    for key, (stage, _) in steps.items():
        if stage not in STAGES:
            raise OutputError(
                f"ロジックモデル {name} の {key}：段階 {stage} はありません。使えるもの：{'、'.join(STAGES)}。"
            )
    for arrow in arrows:
        _check_arrow(name, steps, arrow)
    drawn = {end for arrow in arrows for end in arrow[:2]}
    if lost := [key for key in steps if key not in drawn]:
        raise OutputError(f"ロジックモデル {name} の {'、'.join(lost)} に矢印がありません。")
    payload = {
        "schema": SCHEMA,
        "id": name,
        "title": title.payload(),
        "steps": [
            {"key": key, "stage": stage, "label": label.payload()}
            for key, (stage, label) in steps.items()
        ],
        "arrows": [
            {"start": arrow[0], "end": arrow[1], "finding": arrow[2] if len(arrow) > 2 else None}
            for arrow in arrows
        ],
    }
    emit("logic", payload, _plain(title, steps, arrows))


def _check_arrow(name: str, steps: Mapping[str, Step], arrow: Arrow) -> None:
    for end in arrow[:2]:
        if end not in steps:
            raise OutputError(f"ロジックモデル {name} に {end} という段はありません。")
    order = list(steps)
    first, last = ((STAGES.index(steps[key][0]), order.index(key)) for key in arrow[:2])
    if last <= first:
        raise OutputError(
            f"ロジックモデル {name} の矢印 {arrow[0]} → {arrow[1]} が、段階の順にさかのぼっています。"
        )


def _plain(title: Both, steps: Mapping[str, Step], arrows: Sequence[Arrow]) -> str:
    """The arrows as JupyterLab can show them, in Japanese."""
    lines = [
        f"- {steps[arrow[0]][1].ja} → {steps[arrow[1]][1].ja}："
        + (arrow[2] if len(arrow) > 2 else "未検証")
        for arrow in arrows
    ]
    return "\n".join([f"**{title.ja}**", "", *lines])
