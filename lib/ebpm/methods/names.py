"""What each method is called in a report, in which notation, after which paper.

The names lie in `catalogue/`, one file a topic: a method's key is the `method` of its results.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Method:
    """One method: its name in both languages, its formula, the paper that it follows."""

    ja: str
    en: str
    notation: str
    paper: str

    def payload(self) -> dict[str, str]:
        """The name as it stands in an output."""
        return {"ja": self.ja, "en": self.en}


def _read() -> dict[str, Method]:
    found: dict[str, Method] = {}
    folder = files("ebpm.methods").joinpath("catalogue")
    for topic in sorted(folder.iterdir(), key=lambda each: each.name):
        for key, fields in tomllib.loads(topic.read_text(encoding="utf-8")).items():
            if key in found:
                raise ValueError(f"方法 {key} が catalogue に二つあります。")
            found[key] = Method(**fields)
    return found


METHODS = _read()
