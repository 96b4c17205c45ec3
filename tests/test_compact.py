"""Drawings in fewer bytes: the same picture, told by its elements and by the browser's pixels."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from ebpm.report import svg
from ebpm.report.compact import compact
from support.chromium import browser as start_browser
from test_charts import KINDS, specs

SVG = "http://www.w3.org/2000/svg"
# Text that is placed by x instead of by a shift may fall on another fraction of a pixel.
BACK = '<rect width="9"/>'
MOST_DIFFERENCE, MOST_PIXELS = 90, 0.02


def drawing(inner: str) -> Any:
    return etree.fromstring(f'<svg xmlns="{SVG}" viewBox="0 0 200 120">{BACK}{inner}</svg>')


def compacted(inner: str) -> str:
    root = drawing(inner)
    compact(root)
    return etree.tostring(root, encoding="unicode").split(BACK, 1)[1].rsplit("</svg>", 1)[0]


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ('<text transform="translate(3,4)">a</text>', '<text x="3" y="4">a</text>'),
        ('<path transform="translate(5,5)" d="M1,2L9,2L9,8L1,8Z"/>', '<path d="M6,7H14V13H6Z"/>'),
        ('<path d="M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0" transform="translate(9,8)"/>',
         '<circle cx="9" cy="8" r="4"/>'),
        ('<g><line transform="translate(10,0)" y2="-30" stroke="#111"/>'
         '<line transform="translate(20,0)" y2="-30" stroke="#111"/></g>',
         '<g stroke="#111"><path d="M10,0V-30M20,0V-30"/></g>'),
        ('<g><text fill="#111">a</text><text fill="#111">b</text></g>',
         '<g fill="#111"><text>a</text><text>b</text></g>'),
        ('<g><g><path d="M0,0C1,1,2,2,3,3"/></g></g>', '<path d="M0,0C1,1,2,2,3,3"/>'),
    ],
)  # fmt: skip
def test_what_is_shared_is_written_once(long: str, short: str) -> None:
    assert compacted(long) == short


@pytest.mark.parametrize(
    "kept",
    [
        '<text transform="translate(3,4) rotate(-90)">a</text>',
        '<path opacity="0.5" d="M0,0C1,1,2,2,3,3"/><path opacity="0.5" d="M5,5C1,1,2,2,3,3"/>',
        '<path fill="#111" stroke="#222" d="M0,0C1,1,2,2,3,3"/>'
        '<path fill="#111" stroke="#222" d="M2,0C1,1,2,2,3,3"/>',
    ],
)
def test_what_would_change_the_picture_stays(kept: str) -> None:
    """A turn is no shift; shapes seen through, or with an edge, do not become one."""
    root = drawing(kept)
    compact(root)
    assert len(root) - 1 == kept.count("<") - kept.count("</")
    assert "rotate" not in kept or root[1].get("transform") == "translate(3,4) rotate(-90)"


COMPARE = """async addresses => {
  const drawn = [];
  for (const address of addresses) {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: 800, height: 480});
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0, 800, 480);
    drawn.push(context.getImageData(0, 0, 800, 480).data);
  }
  let most = 0, pixels = 0;
  for (let i = 0; i < drawn[0].length; i++) {
    const difference = Math.abs(drawn[0][i] - drawn[1][i]);
    most = Math.max(most, difference);
    pixels += difference > 8;
  }
  return [most, pixels / drawn[0].length, new Set(drawn[0]).size];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with start_browser() as browser:
        yield browser.new_page()


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_stays_the_same(kind: str, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = specs(kind)["ja"]
    short = drawn(spec)
    monkeypatch.setattr(svg, "compact", lambda root: None)
    long = drawn(spec)
    assert len(short) < 0.75 * len(long)
    most, pixels, shades = page.evaluate(COMPARE, [address(long), address(short)])
    assert most <= MOST_DIFFERENCE and pixels <= MOST_PIXELS
    assert shades > 2  # something is drawn


def test_the_comparison_sees_another_picture(page: Any) -> None:
    one, other = (drawn(specs(kind)["ja"]) for kind in ("interval", "share"))
    most, pixels, _ = page.evaluate(COMPARE, [address(one), address(other)])
    assert most > MOST_DIFFERENCE and pixels > MOST_PIXELS


def drawn(spec: dict[str, Any]) -> str:
    return str(svg.render_svg(spec, ident="figure-1", labelled_by="a", described_by="b"))


def address(drawing: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode("ascii")
