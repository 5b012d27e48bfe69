"""A page of writing with a sun in it."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import MaxLen

from drawscape.geometry import keep_positive
from drawscape.geometry.lines import resample
from drawscape.lettering import Align, TextStyle, set_text
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch

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
    leading: Annotated[float, Slider(1.5, 4, "Line to line, in capitals")] = 2.0,
    align: Annotated[Align, "How rows end"] = "justify",
    sun: Annotated[float, Slider(0, 0.5, "Radius of the red disc of words")] = 0.34,
    palette: Palette = "as designed",
) -> None:
    """A text that fills the page, row by row, and turns red where the seed lets the sun stand.

    Set in the letters that Allen V. Hershey drew for plotters (Calligraphy for Computers, 1967);
    the text by default is from Walt Whitman, Leaves of Grass, 1855.
    """
    frame = svg.frame
    least = LEAST_GOTHIC_MM if face.startswith("gothic") else frame.short / 100
    size = np.clip(size, least, max(frame.short / 14, least))
    # Letters such as a script's j reach beyond their row on both sides.
    room = 0.6 * size
    words = text.split()
    # The seed lets the text begin elsewhere, too.
    words = np.roll(words, int(rng.permutation(len(words))[0])).tolist() if words else []
    text, width = " ".join(filter(None, words)), frame.width - 2 * room
    if not text:
        return
    # Repeated until it fills the page.
    style = TextStyle(face, size, missing="?")
    rows = int((frame.height - 1.6 * size) / (leading * size)) + 1
    copies = int(np.ceil((rows + 1) * width / max(style.width(text + " "), size))) + 1
    long = " ".join([text] * copies)
    written = set_text(
        long, style, align=align, valign="top", width=width, line_height=leading
    ).lines
    # A stroke belongs to a row that fits when it begins above the last one's base line.
    base, tops = size * (1 + leading * (rows - 1)), written.points[:, 1]
    written = written.take(np.minimum.reduceat(tops, written.offsets[:-1]) < base)
    # Moved, and made smaller where that does not do, so that no letter is cut.
    points = written.points + np.array([frame.x0 + room, frame.y0])
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = min(1.0, *(frame.size / np.maximum(extent, 1e-9)))
    start = np.clip(low, frame[:2], frame[:2] + frame.size - extent * scale)
    # The sun's edge cuts letters, as a cloth that is dyed.
    even = resample(written.with_points((points - low) * scale + start), 0.3)
    at = frame.middle + rng.uniform(-0.5, 0.5, 2) * (0.45 * frame.width, 0.6 * frame.height)
    depth = sun * frame.short - np.hypot(*(even.points - at).T)
    # A broader pen, or the sun would be lost among fine words.
    parts = [keep_positive(even, part) for part in (-depth, depth)]
    in_pens(svg, palette, {"words": "#1b1b1b", "sun": "#c8402a"}, parts, width=(0.3, 0.5))
