"""A photograph in four pens, or in as many as you own."""

from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from drawscape.drawing.document import WARM_WHITE
from drawscape.geometry import keep_positive
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.palette import inks
from drawscape.sketches.tone import (
    Fit,
    PictureFile,
    laid,
    pixels_of,
    ranked_lines,
    separate,
)

ANGLES = (15.0, 75.0, 0.0, 45.0, 105.0)
"""Degrees of the screens, as printers turn them: cyan, magenta, yellow, black, and one more."""

CYCLE = 16
"""Steps from no line to all lines of a screen."""

LEAST = 0.12
"""Of a screen's ink that is drawn."""

MARK_MM = 3.0


@sketch
def four_pens(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    pens: Annotated[int, Slider(2, 5, "How many of the inks, in their order")] = 4,
    pen_mm: Annotated[
        float | None, Slider(0.2, 1, "Width of the pens; none: 0.5, or more on a large sheet")
    ] = None,
    ink_limit: Annotated[float, Slider(1.5, 2.6, "Most ink, in coats")] = 2.2,
    black: Annotated[Fraction, "How much of the dark the darkest pen takes"] = 0.9,
    palette: Palette = "as designed",
) -> None:
    """A photograph in cyan, magenta, yellow and black, or in your own pens, that the eye mixes again.

    Each pen's lines have another angle (William Talbot's screens, 1852; Frederic Ives's, 1881). All
    of them are drawn where its ink is full, every second, fourth, ... where it fades. Crosses in
    two corners show whether the sheet has moved between the pens. Light inks on dark paper mix the
    lights. The seed moves and turns the screens.
    """
    colors = ["#0090cf", "#d3147a", "#f2d500", "#1b1b1b", "#e0602a"][:pens]
    palette = choose_inks(svg, palette, "as designed", "riso")
    ink = inks(svg, palette, colors)
    frame = svg.frame
    edge = 2.5 * MARK_MM
    # Broader pens draw a larger sheet in the same hour.
    pen_mm = pen_mm or max(0.5, frame.long / 400)
    inner = frame._replace(y0=frame.y0 + edge, y1=frame.y1 - edge)
    pixels = pixels_of(picture)
    if picture is None:
        pixels = pixels_of(None, choose(svg, "subject", {"a lake": "lake", "fruit": "fruit"}))
        pixels = pixels[:, :: choose(svg, "light", {"from the left": 1, "from the right": -1})]
        room = choose(svg, "part", {"all": 0.0, "a part": 0.35}) * np.array(pixels.shape[:2])
        y, x = (rng.random(2) * room).astype(int)
        size = (pixels.shape[:2] - room).astype(int)
        pixels = pixels[y : y + size[0], x : x + size[1]]
    # Some 0.4 mm a pixel: no finer than a line is apart from the next.
    scale = min(1.0, 640 / max(pixels.shape))
    pixels = np.clip(zoom(pixels, (scale, scale, 1), order=1), 0, 1)
    size_mm = max(frame.width / pixels.shape[1], frame.height / pixels.shape[0])
    blur = 0.4 / size_mm
    pixels, paper = gaussian_filter(pixels, (blur, blur, 0)), svg.paper_color or WARM_WHITE
    parts = separate(pixels, ink, paper=paper, black=black, limit=ink_limit)
    arms = np.array([[(-1, 0), (1, 0)], [(0, -1), (0, 1)]]) * MARK_MM
    # A cross in the upper left corner of the frame and one in the lower right.
    corners = np.reshape(frame.inset(MARK_MM), (2, 2))
    marks = np.concatenate([arms + corner for corner in corners])
    angles, drawn = np.array(ANGLES) + rng.uniform(-7.5, 7.5), []
    for part, angle in zip(parts, angles):
        # Of less ink there would be lone lines, which read as scratches.
        tone = laid(inner, np.where(part < LEAST, 0, part), fit)
        # Lines of two pen widths less a sixth: where all are drawn, five sixths are covered.
        pitch = max(pen_mm * 1.2, tone.area.long / 700)
        shift = rng.uniform(-CYCLE, CYCLE) / 2
        rows, rank = ranked_lines(tone.area, pitch, angle, shift=shift, cycle=CYCLE)
        needed = np.repeat((rank + 0.5 / CYCLE) * pen_mm / pitch, rows.counts)
        lines = keep_positive(rows, tone.at(rows.points) - needed).longer_than(2.0)
        drawn.append([*marks, *lines])
    in_pens(svg, palette, colors, drawn, width=pen_mm)
