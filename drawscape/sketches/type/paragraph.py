"""A page of writing with a figure in it."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import MaxLen

from drawscape.geometry import catmull_rom
from drawscape.lettering import Align, TextStyle, set_text
from drawscape.sketches import MOSS, Frame, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose

ParagraphFont = Literal["futural", "rowmans", "scripts", "cursive", "timesr", "timesi", "gothiceng"]

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
    "You sea! I resign myself to you also, I guess what you mean, "
    "I behold from the beach your crooked inviting fingers, "
    "I believe you refuse to go back without feeling of me. "
    "The smallest sprout shows there is really no death. "
    "All goes onward and outward, nothing collapses, "
    "And to die is different from what any one supposed, and luckier. "
    "Do I contradict myself? Very well then I contradict myself, I am large, I contain multitudes. "
    "The spotted hawk swoops by and accuses me, he complains of my gab and my loitering. "
    "I too am not a bit tamed, I too am untranslatable, "
    "I sound my barbaric yawp over the roofs of the world. "
    "I depart as air, I shake my white locks at the runaway sun, "
)


SHAPES = {
    "a leaf": [(0, -1.2), (0.5, -0.4), (0.55, 0.3), (0, 1.2), (-0.55, 0.3), (-0.5, -0.4)],
    "a hill": [(-1.5, 1.3), (-0.7, 0.1), (-0.1, -0.9), (0.5, 0.0), (1.5, 1.3), (0, 1.5)],
    "a river": [(-0.3, -3), (0.5, -1), (-0.5, 0.3), (0.4, 3), (1.0, 3), (0.3, 0.4), (1.2, -1), (0.4, -3)],
    "a bird": [(-1.5, -0.5), (-0.4, -0.4), (0, 0), (0.4, -0.4), (1.5, -0.5), (0.5, 0.1), (0, 0.9)],
    "a moon": [(-0.2, -1), (0.7, -0.6), (0.8, 0.5), (0, 1), (-0.9, 0.6), (0.1, 0.5), (0.3, -0.3)],
}  # fmt: skip
"""Points of a smooth outline about the origin, to be enlarged."""

LEAST_GOTHIC_MM = 5.5
"""Smaller black letters, of many strokes each, close up."""


@sketch
def paragraph(
    svg: SVGBuilder,
    rng: Rng,
    *,
    text: Annotated[str, MaxLen(4000), "What is written, again and again"] = WHITMAN,
    face: Annotated[ParagraphFont, "Hershey's fonts in single or double strokes"] = "scripts",
    size: Annotated[float, Slider(1.5, 12, "Height of capitals, in mm")] = 2.6,
    leading: Annotated[float, Slider(1.6, 4, "Line to line, in capitals")] = 2.0,
    align: Annotated[Align, "How rows end"] = "justify",
    figure: Annotated[float, Slider(0.1, 0.5, "Radius of the figure, part of the page")] = 0.36,
    palette: Palette = "as designed",
) -> None:
    """A text that fills the page, and a figure in it where the text runs another way.

    Set in the letters that Allen V. Hershey drew for plotters (Calligraphy for Computers, 1967);
    the text by default is from Walt Whitman, Leaves of Grass, 1855.
    """
    words = text.split()
    if not words:
        return
    frame = svg.frame
    ground, other = set_pens(svg, palette, [MOSS[0], MOSS[4]], width=(0.3, 0.4))
    shape = choose(svg, "figure", SHAPES)
    angle = choose(svg, "slant", {"rising": -35, "steep": -65, "falling": 30})
    size = np.clip(size, LEAST_GOTHIC_MM if face.startswith("gothic") else 1.2, frame.short / 12)
    begin = int(rng.integers(len(words)))
    words = words[begin:] + words[:begin]
    middle = frame.middle + rng.uniform(-0.18, 0.18, 2) * frame.size
    outline = catmull_rom(np.array([*shape, shape[0]]) * figure * frame.short * 1.3 + middle)
    write = partial(_page, svg, " ".join(words), TextStyle(face, size, missing="?"), leading, align)
    with svg.clip(frame):
        with svg.clip(outline, outside=True):
            write(frame.inset(0.5 * size), pen=ground)
        with svg.clip(outline), svg.pushed():
            svg.rotate(angle, *middle)
            write(Frame(*(middle - frame.short), *(middle + frame.short)), pen=other)


def _page(
    svg: SVGBuilder,
    text: str,
    style: TextStyle,
    leading: float,
    align: Align,
    area: Frame,
    pen: str,
) -> None:
    """Fill `area` with the text, again and again."""
    rows = int(area.height / (leading * style.size))
    copies = int((rows + 1) * area.width / max(style.width(text + " "), style.size)) + 1
    written = set_text(
        " ".join([text] * copies),
        style,
        align=align,
        valign="top",
        width=area.width,
        line_height=leading,
    ).lines
    # A stroke belongs to a row that fits when it begins above the last one's base line.
    base = style.size * (1 + leading * (rows - 1))
    tops = np.minimum.reduceat(written.points[:, 1], written.offsets[:-1])
    with svg.pushed():
        svg.translate(area.x0, area.y0).polylines(written.take(tops < base), pen=pen)
