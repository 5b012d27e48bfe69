"""A photograph in four pens, or in as many as you own."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from scipy.ndimage import gaussian_filter, zoom

from drawscape.geometry import Floats, Lines, Points, clip_to_rectangle, keep_positive
from drawscape.parameters import InputFile
from drawscape.sketches import AS_DESIGNED, SKETCHES, Palette, Share, inks, sketch
from drawscape.sketches.tone import Fit, given_tone, laid, pixels_of, ranked_lines, separate, shown
from drawscape.svg_builder import Frame, SVGBuilder

ANGLES = (15.0, 75.0, 0.0, 45.0, 105.0)
"""Degrees of the screens, as printers turn them: cyan, magenta, yellow, black, and one more."""

CYCLE = 16
"""Steps from no line to all lines of a screen."""

MARK_MM = 3.0

Screen = Literal["lines", "squiggles", "spiral_halftone", "tone_hatching", "hilbert", "stippling"]
"""Lines of even distance, or another sketch of pictures."""

FAINT = 0.05
"""Part of the paper that a screen leaves white: a line that runs on would make everything grey."""

QUICKER = {"stippling": {"dots": 3000, "rounds": 3}}
"""What a sketch that takes long is told, for each pen draws one."""


@sketch
def four_pens(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    picture: Annotated[InputFile | None, doc("Picture file; none draws fruit")] = None,
    fit: Annotated[Fit, doc("Fill the page or show the whole picture")] = "cover",
    pens: Annotated[int, Interval(ge=2, le=5), doc("How many of the inks, in their order")] = 4,
    pen_mm: Annotated[float, Interval(ge=0.2, le=1), doc("Width of the pens, in mm")] = 0.5,
    ink_limit: Annotated[float, Interval(ge=0.8, le=2.6), doc("Most ink, in coats")] = 1.8,
    black: Annotated[Share, doc("How much of the dark the darkest pen takes")] = 0.7,
    screen: Annotated[Screen, doc("How each pen draws its part")] = "lines",
    detail: Annotated[float, Interval(ge=0.3, le=4), doc("Smallest detail, in mm")] = 1.2,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A photograph in cyan, magenta, yellow and black, or in your own pens, that the eye mixes again.

    Each pen has lines of its own angle (William Talbot's screens, 1852; Frederic Ives's, 1881). All
    of them are drawn where its ink is full, every second, fourth, ... where it fades. Crosses in
    two corners show whether the sheet has moved between the pens. The seed moves the screens.
    """
    ink = inks(svg, palette, "#0090cf", "#d3147a", "#f2d500", "#1b1b1b", "#e0602a")[:pens]
    frame = svg.frame
    edge = 2.5 * MARK_MM
    inner = Frame(frame.x0, frame.y0 + edge, frame.x1, frame.y1 - edge)
    pixels = pixels_of(picture, "fruit")
    # Some 0.6 mm a pixel: no finer than a line is apart from the next.
    scale = min(1.0, 420 / max(pixels.shape))
    pixels = np.clip(zoom(pixels, (scale, scale, 1), order=1), 0, 1)
    size_mm = max(frame.width / pixels.shape[1], frame.height / pixels.shape[0])
    blur = detail / 2 / size_mm
    parts = separate(gaussian_filter(pixels, (blur, blur, 0)), ink, black=black, limit=ink_limit)
    for number, (color, part) in enumerate(zip(ink, parts, strict=True)):
        name = f"pen {number + 1}"
        with svg.layer(name, color=color, width=pen_mm if screen == "lines" else 0.3):
            svg.polylines(_marks(frame))
            args = (rng, inner, part, fit, ANGLES[number])
            svg.polylines(_screen(*args, pen_mm) if screen == "lines" else _drawn_by(screen, *args))


def _screen(
    rng: np.random.Generator, frame: Frame, part: Floats, fit: Fit, angle: float, pen_mm: float
) -> Lines:
    """Return lines of a pen that cover as much of the paper as `part` says."""
    tone = laid(frame, part, fit)
    # Lines of two pen widths less a sixth: where all are drawn, five sixths are covered.
    pitch = max(pen_mm * 1.2, frame.long / 700)
    lines, rank = ranked_lines(shown(tone, frame), pitch, angle, shift=rng.random(), cycle=CYCLE)
    needed = (rank + 0.5 / CYCLE) * pen_mm / pitch
    strokes = keep_positive(lines, tone.at(lines.points) - np.repeat(needed, lines.counts))
    return strokes.take(strokes.lengths_mm > 2.0)


def _drawn_by(
    name: str, rng: np.random.Generator, frame: Frame, part: Floats, fit: Fit, angle: float
) -> Lines:
    """Return what another sketch of pictures makes of `part` on a sheet turned by so many degrees."""
    tone = laid(frame, part, fit)
    box = shown(tone, frame)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    size = np.abs([[cos, sin], [sin, cos]]) @ (box[2] - box[0], box[3] - box[1])

    def back(points: Points) -> Points:
        middle = np.array([frame.cx, frame.cy])
        return np.asarray((points - size / 2) @ np.array([[cos, sin], [-sin, cos]]) + middle)

    x, y = (np.arange(0.3, side, 0.6) for side in size)
    sheet = SVGBuilder(*size.tolist())
    with given_tone(tone.at(back(np.stack(np.meshgrid(x, y), axis=-1)))):
        for _ in SKETCHES[name].function(sheet, rng, **QUICKER.get(name, {})) or ():
            pass
    lines = sheet.lines()
    lines = clip_to_rectangle(lines.with_points(back(lines.points)), *box)
    # Where its ink is not wanted, a pen that never lifts does.
    return keep_positive(lines, tone.at(lines.points) - FAINT)


def _marks(frame: Frame) -> Floats:
    """Return (4, 2, 2): a cross in the upper left corner of the frame and one in the lower right."""
    arms = np.array([[(-1, 0), (1, 0)], [(0, -1), (0, 1)]]) * MARK_MM
    corners = np.array([(frame.x0, frame.y0), (frame.x1, frame.y1)])
    inward = np.array([(1, 1), (-1, -1)]) * MARK_MM
    return np.concatenate([arms + corner for corner in corners + inward])
