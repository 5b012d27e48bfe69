"""A page of writing with a sun in it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, MaxLen, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Lines
from drawscape.lettering import Align, Style, set_text
from drawscape.sketches.catalogue import sketch
from drawscape.svg_builder import Frame, SVGBuilder

Face = Literal["futural", "rowmans", "scripts", "cursive", "timesr", "timesi", "gothiceng"]

WHITMAN = (
    "I celebrate myself, and sing myself, And what I assume you shall assume, "
    "For every atom belonging to me as good belongs to you. "
    "I loafe and invite my soul, I lean and loafe at my ease observing a spear of summer grass. "
    "A child said What is the grass? fetching it to me with full hands; "
    "How could I answer the child? I do not know what it is any more than he. "
    "I guess it must be the flag of my disposition, out of hopeful green stuff woven. "
    "Or I guess it is the handkerchief of the Lord, "
    "A scented gift and remembrancer designedly dropt, "
    "Bearing the owner's name someway in the corners, that we may see and remark, and say Whose? "
    "Or I guess the grass is itself a child, the produced babe of the vegetation. "
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
    rng: np.random.Generator,
    *,
    text: Annotated[str, MaxLen(4000), doc("What is written, again and again")] = WHITMAN,
    face: Annotated[Face, doc("Hershey's fonts in single or double strokes")] = "scripts",
    size: Annotated[float, Interval(ge=1.5, le=12), doc("Height of capitals, in mm")] = 4.4,
    leading: Annotated[float, Interval(ge=1.5, le=4), doc("Line to line, in capitals")] = 2.1,
    align: Annotated[Align, doc("How rows end")] = "justify",
    sun: Annotated[float, Interval(ge=0, le=0.5), doc("Radius of the red disc of words")] = 0.3,
) -> None:
    """A text that fills the page, row by row, and turns red where the seed lets the sun stand.

    Set in the letters that Allen V. Hershey drew for plotters (Calligraphy for Computers, 1967);
    the text by default is from Walt Whitman, Leaves of Grass, 1855.
    """
    frame = svg.frame
    size = float(np.clip(size, frame.short / 100, frame.short / 14))
    # Letters such as a script's j reach beyond their row on both sides.
    room = 0.6 * size
    written = _column(
        text, Style(face, size, missing="?"), align, leading, frame.width - 2 * room, frame.height
    )
    if not len(written):
        return
    written = _within(
        frame, written.with_points(written.points + np.array([frame.x0 + room, frame.y0]))
    )
    away = rng.uniform(-0.12, 0.12, 2) * frame.short
    at = (frame.cx + float(away[0]), frame.y0 + 0.4 * frame.height + float(away[1]))
    in_sun = _in_sun(written, at, sun * frame.short)
    for name, color, chosen in (("words", "#1b1b1b", ~in_sun), ("sun", "#b3402a", in_sun)):
        with svg.layer(name, color=color, width=0.3):
            svg.polylines(written.take(chosen))


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


def _within(frame: Frame, written: Lines) -> Lines:
    """Return the text moved, and made smaller where that does not do, so that no letter is cut."""
    low, high = written.points.min(axis=0), written.points.max(axis=0)
    room = np.array([frame.width, frame.height])
    scale = float(min(1.0, *(room / np.maximum(high - low, 1e-9))))
    corner = np.array([frame.x0, frame.y0])
    start = np.clip(low, corner, corner + room - (high - low) * scale)
    return written.with_points((written.points - low) * scale + start)


def _in_sun(lines: Lines, centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    """Return which strokes have their middle within the disc."""
    sums = np.add.reduceat(lines.points, lines.offsets[:-1], axis=0)
    return np.asarray(np.hypot(*(sums / lines.counts[:, None] - centre).T) < radius)
