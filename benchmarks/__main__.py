"""All benchmarks, or those that are named: `python -m benchmarks [--keep] [NAME …]`.

Prints a table of ratios and compares each with the last that were kept (`results.json`): one that
has become worse by half is an error. `--keep` writes the table into `README.md` and keeps it.
"""

import json
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import Ratio, machine

HOME = Path(__file__).parent
RESULTS, README = HOME / "results.json", HOME / "README.md"
NAMES = ("starting", "builds", "reports", "clusters", "logs", "regressions", "imports")
TOLERANCE = 1.5
BEGIN, END = "<!-- results -->\n", "<!-- /results -->\n"


def main(arguments: Sequence[str]) -> int:
    """Runs, prints, compares; 1 where a ratio has become worse."""
    names = [name for name in arguments if not name.startswith("-")] or list(NAMES)
    found: list[Ratio] = []
    for name in names:
        for ratio in import_module(f"benchmarks.{name}").ratios():
            found.append(ratio)
            print(row(ratio), flush=True)
    before = json.loads(RESULTS.read_text("utf-8"))["ratios"] if RESULTS.exists() else {}
    worse = [r for r in found if _key(r) in before and r.is_worse_than(before[_key(r)], TOLERANCE)]
    for ratio in worse:
        print(
            f"worse: {_key(ratio)}: {before[_key(ratio)]:.2f} → {ratio.value:.2f}", file=sys.stderr
        )
    if "--keep" in arguments:
        _keep(found, before)
    return 1 if worse else 0


def _key(ratio: Ratio) -> str:
    return f"{ratio.name} / {ratio.peer_name}"


def row(ratio: Ratio) -> str:
    """A line of the table: ratio, goal, medians with their spread."""
    sign = "≤" if ratio.is_share else "≥"
    met = "yes" if ratio.is_met else "**no**"
    cells = (
        *(ratio.name, ratio.peer_name, f"{ratio.value:.2f}", f"{sign} {ratio.goal:g}", met),
        *(_seconds(ratio.ours), _seconds(ratio.peer), ratio.note),
    )
    return f"| {' | '.join(cells)} |"


def _seconds(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    return f"{middle:.3g} s ({min(values):.3g}–{max(values):.3g})"


def _keep(found: Sequence[Ratio], before: dict[str, float]) -> None:
    """The table of this run; ratios that were not measured now keep their last value."""
    ratios = {**before, **{_key(ratio): round(ratio.value, 3) for ratio in found}}
    content = {"machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "ratios": ratios}
    RESULTS.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    text = README.read_text("utf-8")
    head, rest = text.split(BEGIN)
    old, tail = rest.split(END)
    lines = [line for line in old.splitlines() if line.startswith("| ")][1:]
    rows = {tuple(line.split(" | ")[:2]): line for line in lines}
    rows |= {(f"| {ratio.name}", ratio.peer_name): row(ratio) for ratio in found}
    title = (
        "| what | against | ratio | goal | met | ours | peer | |\n|---|---|---|---|---|---|---|---|"
    )
    told = ", ".join(f"{name} {value}" for name, value in machine().items())
    README.write_text(
        f"{head}{BEGIN}\n{told}; {content['date']}\n\n{title}\n"
        + "\n".join(rows.values())
        + f"\n{END}{tail}",
        "utf-8",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
