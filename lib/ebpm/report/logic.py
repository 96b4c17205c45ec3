"""The logic model as a picture: a column a stage, numbered arrows, and each arrow in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ebpm.evidence.logic import STAGES
from ebpm.japanese import ems
from ebpm.report.finding import verdict_key
from ebpm.report.markup import Html, el, join
from ebpm.report.model import Lang, Payload
from ebpm.report.payload import PayloadError
from ebpm.report.state import Page
from ebpm.report.svg import INK, MUTED

WIDTH, GAP, MARGIN = 640.0, 50.0, 2.0
FONT_SIZE, LINE, PADDING = 13, 18.0, 9.0
HEADING, BETWEEN = 26.0, 40.0
HEAD_LENGTH, HEAD_WIDTH, BADGE = 9.0, 4.5, 9.0
ACCENT, SURFACE = "#12436D", "#F4F6F8"
# Where on an arrow its number may stand; the first place that is free.
PLACES = (0.5, 0.34, 0.66, 0.22, 0.78, 0.1, 0.9)
# Kanji or katakana with the kana and marks that follow them, brackets with what they enclose. After
# katakana a particle ends the phrase: オンラインで・できる.
PHRASE = re.compile(
    r"[「『（]*(?:[ァ-ヶー]+(?:[がをにはでの](?=[ぁ-ん])|[ぁ-ん]*)|[一-龠々〇]+[ぁ-ん]*|[!-~]+[ぁ-ん]*|[ぁ-ん]+)"
    r"[・、。」』）]*|."
)
NO_LINE_START = "、。，．・：；？！）」』】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％"


@dataclass(frozen=True)
class Box:
    """A step: its lines of text and its place."""

    stage: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


def render_logic(page: Page, payload: Payload) -> Html:
    """Picture, then every arrow in words with its evidence and grade."""
    number = page.next("figure")
    ident = f"figure-{number}"
    label = f"{page.word('figure')}{number}"
    boxes, height = _boxes(page, payload["steps"])
    tested = [_is_tested(page, arrow) for arrow in payload["arrows"]]
    picture = el(
        "svg",
        [_heading(page, stage, boxes) for stage in STAGES],
        [_drawn_box(box) for box in boxes.values()],
        _arrows(boxes, payload["arrows"], tested),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        width=f"{WIDTH:g}",
        height=f"{height:g}",
        role="img",
        aria_labelledby=f"{ident}-title",
        aria_describedby=f"{ident}-text",
    )
    caption = join(el("span", label, class_="label"), " ", page.rich(payload["title"]))
    return el(
        "figure",
        el("figcaption", caption, id=f"{ident}-title"),
        el("div", picture, class_="chart", role="group", tabindex=0, aria_labelledby=f"{ident}-title"),
        el("p", page.word("logic_legend"), class_="description"),
        el("ol", [_in_words(page, payload, arrow) for arrow in payload["arrows"]], id=f"{ident}-text", class_="logic"),
        id=ident,
    )  # fmt: skip


def _finding(page: Page, arrow: Payload) -> Payload | None:
    """The finding that an arrow rests on; PayloadError where the report holds none of that name."""
    name = arrow["finding"]
    if name is None:
        return None
    if name not in page.evidence:
        raise PayloadError(f"logic model: arrow names {name!r}, which is no finding of this report")
    return page.evidence[name]


def _is_tested(page: Page, arrow: Payload) -> bool:
    """Whether a comparison stands behind the arrow; a description of one end is no test of it."""
    found = _finding(page, arrow)
    return found is not None and found["verdict"] != "descriptive"


def _in_words(page: Page, payload: Payload, arrow: Payload) -> Html:
    labels = {step["key"]: step["label"] for step in payload["steps"]}
    way = page.fill(
        "logic_arrow", start=page.text(labels[arrow["start"]]), end=page.text(labels[arrow["end"]])
    )
    return el("li", way, page.word("colon"), _evidence(page, arrow))


def _evidence(page: Page, arrow: Payload) -> Html:
    found = _finding(page, arrow)
    if found is None:
        return el("strong", page.word("logic_untested"))
    key = "logic_tested" if _is_tested(page, arrow) else "logic_described"
    return page.fill(
        key,
        finding=page.finding_link(found["id"]),
        verdict=join(page.word(verdict_key(found))),
        grade=join(f"SMS {found['sms']}/5"),
    )


def _boxes(page: Page, steps: Sequence[Payload]) -> tuple[dict[str, Box], float]:
    """The boxes by key, a column a stage, columns centred on one another; and the height of all."""
    columns = [[step for step in steps if step["stage"] == stage] for stage in STAGES]
    used = [column for column in columns if column]
    width = (WIDTH - 2 * MARGIN - GAP * (len(used) - 1)) / max(len(used), 1)
    lines = {
        step["key"]: _wrapped(page.pick(step["label"]), width - 2 * PADDING, page.lang)
        for step in steps
    }
    heights = {key: LINE * len(text) + 2 * PADDING for key, text in lines.items()}
    tall = [
        sum(heights[step["key"]] for step in column) + BETWEEN * (len(column) - 1)
        for column in used
    ]
    boxes = {}
    for number, column in enumerate(used):
        x = MARGIN + number * (width + GAP)
        y = HEADING + (max(tall) - tall[number]) / 2
        for step in column:
            key = step["key"]
            boxes[key] = Box(step["stage"], lines[key], x, y, width, heights[key])
            y += heights[key] + BETWEEN
    return boxes, HEADING + max(tall, default=0.0) + MARGIN


def _wrapped(text: str, width: float, lang: Lang) -> tuple[str, ...]:
    """As few lines as fit, of about the same length: no single character is left over.

    In Japanese they end at the ends of phrases where that takes no more than one line more, else
    anywhere that a line may begin.
    """
    anywhere = [f"{word} " for word in text.split()] if lang == "en" else list(text)
    needed = len(_filled(anywhere, width))
    shares = [_length(text) / needed + FONT_SIZE * extra for extra in range(int(width))]
    if lang == "ja":
        phrases = [_filled(PHRASE.findall(text), min(share, width)) for share in shares]
        fitting = [lines for lines in phrases if all(_length(line) <= width for line in lines)]
        if fitting and (fewest := min(fitting, key=len)) and len(fewest) <= needed + 1:
            return fewest
    balanced = (_filled(anywhere, min(share, width)) for share in shares)
    return next(lines for lines in balanced if len(lines) <= needed)


def _filled(pieces: Sequence[str], width: float) -> tuple[str, ...]:
    """Lines of these pieces; one that may not begin a line stays with the piece before it."""
    lines = [""]
    for piece in pieces:
        fits = _length(lines[-1] + piece.rstrip()) <= width or piece in NO_LINE_START
        if fits or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(piece)
    return tuple(line.strip() for line in lines)


def _length(text: str) -> float:
    return FONT_SIZE * ems(text)


def _heading(page: Page, stage: str, boxes: Mapping[str, Box]) -> Html | None:
    first = next((box for box in boxes.values() if box.stage == stage), None)
    if first is None:
        return None
    return _text(page.word(f"stage_{stage}"), first.x + first.width / 2, LINE - 4, MUTED)


def _text(words: str, x: float, y: float, ink: str = INK, size: int = FONT_SIZE) -> Html:
    place = {"x": f"{x:g}", "y": f"{y:.1f}", "text_anchor": "middle"}
    return el("text", words, **place, fill=ink, font_size=size)


def _drawn_box(box: Box) -> Html:
    place = {"x": f"{box.x:g}", "y": f"{box.y:g}"}
    size = {"width": f"{box.width:g}", "height": f"{box.height:g}"}
    middle, top = box.x + box.width / 2, box.y + PADDING + LINE - 5
    return join(
        el("rect", **place, **size, rx=4, fill=SURFACE, stroke=ACCENT),
        [_text(line, middle, top + LINE * number) for number, line in enumerate(box.lines)],
    )


Point = tuple[float, float]


def _arrows(boxes: Mapping[str, Box], arrows: Sequence[Payload], tested: Sequence[bool]) -> Html:
    """Lines first, then the numbers over them, so that no line runs through a number."""
    ways = [_way(boxes[arrow["start"]], boxes[arrow["end"]]) for arrow in arrows]
    lines = [_line(start, end, solid) for (start, end), solid in zip(ways, tested, strict=True)]
    badges = [_badge(number, at) for number, at in enumerate(_badge_places(ways), start=1)]
    return join(lines, badges)


def _way(start: Box, end: Box) -> tuple[Point, Point]:
    """From the right edge to the left edge, or down where both stand in one column."""
    if start.stage == end.stage:
        middle = start.x + start.width / 2
        return (middle, start.y + start.height), (middle, end.y)
    return (start.x + start.width, start.y + start.height / 2), (end.x, end.y + end.height / 2)


def _line(start: Point, end: Point, solid: bool) -> Html:
    length = max(_distance(start, end), 1.0)
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    base = (end[0] - along[0] * HEAD_LENGTH, end[1] - along[1] * HEAD_LENGTH)
    side = (-along[1] * HEAD_WIDTH, along[0] * HEAD_WIDTH)
    corners = [end, (base[0] + side[0], base[1] + side[1]), (base[0] - side[0], base[1] - side[1])]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    ends = {"x1": start[0], "y1": start[1], "x2": base[0], "y2": base[1]}
    return join(
        el(
            "line",
            **{name: f"{value:.1f}" for name, value in ends.items()},
            stroke=ACCENT if solid else MUTED,
            stroke_width="2.5" if solid else "1.5",
            stroke_dasharray=None if solid else "5 4",
        ),
        el("polygon", points=points, fill=ACCENT if solid else MUTED),
    )


def _badge_places(ways: Sequence[tuple[Point, Point]]) -> Iterator[Point]:
    """Each number at the first free place of its arrow, or at the one farthest from the others."""
    taken: list[Point] = []
    for start, end in ways:
        places = [_between(start, end, share) for share in PLACES]
        room = {
            place: min((_distance(place, other) for other in taken), default=WIDTH)
            for place in places
        }
        free = (place for place in places if room[place] > 2 * BADGE)
        taken.append(next(free, max(room, key=room.__getitem__)))
        yield taken[-1]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _distance(one: Point, other: Point) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])


def _badge(number: int, at: Point) -> Html:
    circle = el(
        "circle", cx=f"{at[0]:.1f}", cy=f"{at[1]:.1f}", r=f"{BADGE:g}", fill="#FFFFFF", stroke=MUTED
    )
    return join(circle, _text(str(number), at[0], at[1] + 4.5, size=13))
