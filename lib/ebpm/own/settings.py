"""What the municipality settled for its own data: below how many cases a value is hidden."""

import json

from ebpm.own import places

FILE = "settings.json"
USUAL_SMALLEST_CELL = 10
LEAST_SMALLEST_CELL = 3


class SettingError(ValueError):
    """A setting that is not allowed; one line."""


def smallest_cell() -> int:
    """The smallest number of persons or cases behind a value that may be shown."""
    path = places.folder() / FILE
    if not path.exists():
        return USUAL_SMALLEST_CELL
    return int(json.loads(path.read_text(encoding="utf-8"))["smallest_cell"])


def set_smallest_cell(number: int) -> None:
    """Settles it for all pages to come; raises SettingError below three, the official custom."""
    if number < LEAST_SMALLEST_CELL:
        raise SettingError(
            f"秘匿の基準は {LEAST_SMALLEST_CELL} 以上にしてください（{number} では 1 人や 2 人の値が分かります）。"
        )
    places.put_private(places.folder() / FILE, json.dumps({"smallest_cell": number}) + "\n")
