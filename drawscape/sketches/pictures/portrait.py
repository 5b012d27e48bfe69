"""A portrait in lines that follow its form."""

from functools import partial
from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter

from drawscape.geometry import Floats, Lines, hatch_along
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose_inks
from drawscape.sketches.tone import (
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    Tone,
    finer_in_focus,
    tone_for,
)

LEVELS = (
    ((0.08, 0.17), 2.3, 0.0),
    ((0.17, 0.28), 1.4, 0.0),
    ((0.28, 0.42), 0.9, 0.0),
    ((0.42, 1.01), 0.7, 0.0),
    ((0.54, 0.74), 1.1, -1.1),
    ((0.74, 1.01), 0.9, -1.1),
)
"""From how dark to how dark lines are how many spacings apart, and turned: 0.3 mm of ink give that tone."""

EDGE = 0.05
"""How much darker than around it is an edge: less is the grain of skin."""


@sketch
def portrait(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    spacing: Annotated[float, Slider(0.7, 2.5, "In mm, between lines")] = 0.9,
    smoothness: Annotated[float, Slider(0.3, 4, "How even directions are")] = 1.3,
    contrast: Contrast = 0.6,
    clarity: Clarity = 0.6,
    focus: Focus = NO_FOCUS,
    palette: Palette = "as designed",
) -> Steps:
    """A photograph in engraved lines along its form, with its edges and crosses in the darks in black.

    Lines follow the structure tensor (Jan J. Koenderink, 1984; Aaron Hertzmann and Denis Zorin,
    Illustrating smooth surfaces, 2000): along a cheek, not across it. Edges are differences of
    Gaussians (H. Winnemöller and others, "XDoG", 2012). The seed turns the lines that nothing in the
    picture decides.
    """
    palette = choose_inks(
        svg, palette, "as designed", "steelblue, midnightblue", "seagreen, darkslategrey"
    )
    draw = partial(in_pens, palette=palette, pens={"form": "#6b4233", "darks": "#1b1b1b"})
    tone = tone_for(svg, palette, picture, fit, contrast, clarity, focus, "head")
    spacing = max(spacing, svg.frame.short / 140)
    # A face is as smooth on every page: 2.6 mm on A4.
    mm = svg.frame.short / 180 / tone.pitch
    along = _directions(tone.dark, 2 * smoothness * mm, rng.uniform(0, np.pi))
    shade = gaussian_filter(tone.dark, 0.5 * mm)
    edges = gaussian_filter(tone.dark, 0.5 * mm) - gaussian_filter(tone.dark, 2.5 * mm)
    levels = [(shade, *level) for level in LEVELS]
    levels.append((edges, (EDGE, 1.0), 0.65, 0.0))
    inked: list[list[Lines]] = [[], []]
    for number, (values, between, apart, turned) in enumerate(levels, 1):
        # Else an eye on a small page would fall between the lines of a light part.
        pitch = spacing * min(apart, svg.frame.short / 60)
        screen = partial(_hatched, tone, along, values, between, turned)
        inked[number > 4].append(finer_in_focus(tone, screen, pitch))
        parts = list(map(Lines.join, inked))
        yield number / len(levels), partial(draw, parts=parts)
    draw(svg, parts=parts)


def _hatched(
    tone: Tone,
    along: Floats,
    values: Floats,
    between: tuple[float, float],
    turned: float,
    pitch: float,
) -> Lines:
    """Return lines along the form where `values`, (R, C), lie between two limits."""
    least = min(4 * pitch, 4.0)
    nodes, area = tone.nodes, tone.area
    return hatch_along(
        along, values, nodes, area, pitch, between=between, turned=turned, min_length_mm=least
    )


def _directions(dark: Floats, sigma: float, heading: float) -> Floats:
    """Return (2, R, C): unit vectors along the form, its dark side always on the same hand."""
    down, right = np.gradient(gaussian_filter(dark, sigma / 5))
    squares = right * right, right * down, down * down
    # Of the scale of the form, and where there is more of it, of an eye.
    xx, xy, yy = (gaussian_filter(a, sigma) + 2 * gaussian_filter(a, sigma / 3) for a in squares)
    # Where nothing has a direction, a faint wash of one for all.
    wash = 0.2 * np.mean(xx + yy)
    xx, xy = xx + wash * np.cos(heading) ** 2, xy + wash * np.cos(heading) * np.sin(heading)
    yy = yy + wash * np.sin(heading) ** 2
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    vector = np.stack([np.cos(angle), np.sin(angle)])
    slope_y, slope_x = np.gradient(gaussian_filter(dark, 2 * sigma))
    # And where there is hardly a slope all point one way: lines break where neighbours are opposed.
    slope_x = slope_x + 0.3 * np.sqrt(wash) * np.sin(heading)
    slope_y = slope_y - 0.3 * np.sqrt(wash) * np.cos(heading)
    sign = np.where(vector[0] * -slope_y + vector[1] * slope_x < 0, -1.0, 1.0)
    return vector * sign
