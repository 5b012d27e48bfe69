"""A page of writing with a sun in it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, MaxLen, doc
from numpy.typing import NDArray

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines
from drawscape.lettering import Align, Style, set_text
from drawscape.sketches.catalogue import sketch
from drawscape.svg_builder import SVGBuilder

Face = Literal["futural", "rowmans", "scripts", "cursive", "timesr", "timesi", "gothiceng"]

WHITMAN = (
    "I believe a leaf of grass is no less than the journey-work of the stars, "
    "And the pismire is equally perfect, and a grain of sand, and the egg of the wren, "
    "And the tree-toad is a chef-d'œuvre for the highest, "
    "And the running blackberry would adorn the parlors of heaven, "
    "And the narrowest hinge in my hand puts to scorn all machinery, "
    "And the cow crunching with depress'd head surpasses any statue, "
    "And a mouse is miracle enough to stagger sextillions of infidels. "
)


@sketch
def paragraph(
    svg: SVGBuilder,
    *,
    text: Annotated[str, MaxLen(2000), doc("What is written, again and again")] = WHITMAN,
    face: Annotated[Face, doc("Hershey's fonts in single or double strokes")] = "scripts",
    size: Annotated[float, Interval(ge=1.5, le=12), doc("Height of capitals, in mm")] = 3.2,
    leading: Annotated[float, Interval(ge=1.5, le=4), doc("Line to line, in capitals")] = 2.1,
    align: Annotated[Align, doc("How rows end")] = "justify",
    sun: Annotated[float, Interval(ge=0, le=0.5), doc("Radius of the red disc of words")] = 0.3,
) -> None:
    """A text that fills the page, row by row, and turns red where the sun stands.

    Set in the letters that Allen V. Hershey drew for plotters (Calligraphy for Computers, 1967);
    the text by default is from Walt Whitman, Leaves of Grass, 1855.
    """
    frame = svg.frame
    size = float(np.clip(size, frame.short / 100, frame.short / 14))
    written = _column(
        text, Style(face, size, missing="?"), align, leading, frame.width, frame.height
    )
    if not len(written):
        return
    written = written.with_points(np.array((frame.x0, frame.y0)) + written.points)
    in_sun = _in_sun(written, (frame.cx, frame.y0 + 0.4 * frame.height), sun * frame.short)
    for name, color, chosen in (("words", "#1b1b1b", ~in_sun), ("sun", "#b3402a", in_sun)):
        with svg.layer(name, color=color, width=0.3):
            lines = written.take(chosen)
            svg.polylines(clip_to_rectangle(lines, frame.x0, frame.y0, frame.x1, frame.y1))


def _column(
    text: str, style: Style, align: Align, leading: float, width: float, height: float
) -> Lines:
    """Return the text from (0, 0) on, repeated until it fills a column of this width and height."""
    text = " ".join(text.split())
    if not text:
        return Lines.empty()
    rows = int((height - 1.6 * style.size) / (leading * style.size)) + 1
    once = style.width(text + " ")
    copies = int(np.ceil((rows + 1) * width / max(once, style.size))) + 1
    long = " ".join([text] * copies)
    block = set_text(long, style, align=align, valign="top", width=width, line_height=leading)
    # A stroke belongs to a row that fits when it begins above the last one's base line.
    base = style.size * (1 + leading * (rows - 1))
    return block.lines.take(
        np.minimum.reduceat(block.lines.points[:, 1], block.lines.offsets[:-1]) < base
    )


def _in_sun(lines: Lines, centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    """Return which strokes have their middle within the disc."""
    sums = np.add.reduceat(lines.points, lines.offsets[:-1], axis=0)
    return np.asarray(np.hypot(*(sums / lines.counts[:, None] - centre).T) < radius)
