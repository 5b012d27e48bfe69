"""A portrait in lines that follow its form."""

from functools import partial
from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter

from drawscape.geometry import Floats, Lines, hatch_along
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import Contrast, Fit, PictureFile, tone_over

LEVELS = (
    ((0.03, 0.14), 3.6, 0.0),
    ((0.14, 0.26), 2.2, 0.0),
    ((0.26, 0.42), 1.5, 0.0),
    ((0.42, 0.62), 1.1, 0.0),
    ((0.62, 1.01), 0.85, 0.0),
    ((0.78, 2.0), 1.3, -1.1),
)
"""From how dark to how dark lines are how many times the spacing apart, and turned; in the second pen."""


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
    palette: Palette = "as designed",
) -> Steps:
    """A photograph in engraved lines along its form, crossed by a second pen in the darks.

    Lines follow the structure tensor (Jan J. Koenderink, 1984; Aaron Hertzmann and Denis Zorin,
    Illustrating smooth surfaces, 2000): along a cheek, not across it. The seed turns the lines that
    nothing in the picture decides.
    """
    frame = svg.frame
    draw = partial(in_pens, palette=palette, pens={"form": "#1b1b1b", "darks": "#7a3b22"})
    tone = tone_over(frame, picture, fit, contrast, "head")
    box = tone.area
    # A face is as smooth on every page: 2.6 mm on A4.
    sigma = 2 * smoothness * frame.short / 180 / tone.pitch
    along = _directions(tone.dark, sigma, rng.uniform(0, np.pi))
    shade = gaussian_filter(tone.dark, 0.8 / tone.pitch)
    hatch = partial(hatch_along, along, shade, tone.nodes, box)
    inked: list[list[Lines]] = [[], []]
    for number, (between, apart, turned) in enumerate(LEVELS, 1):
        # Else an eye on a small page would fall between the lines of a light part.
        pitch = max(spacing * min(apart, frame.short / 60), frame.long / 400)
        lines = hatch(pitch, between=between, turned=turned, min_length_mm=min(4 * pitch, 4.0))
        inked[bool(turned)].append(lines)
        parts = list(map(Lines.join, inked))
        yield number / len(LEVELS), partial(draw, parts=parts)
    draw(svg, parts=parts)


def _directions(dark: Floats, sigma: float, heading: float) -> Floats:
    """Return (2, R, C): unit vectors along the form, its dark side always on the same hand."""
    down, right = np.gradient(gaussian_filter(dark, sigma / 3))
    xx, xy, yy = (gaussian_filter(a, sigma) for a in (right * right, right * down, down * down))
    # Where nothing has a direction, a faint wash of one for all.
    wash = 0.05 * np.mean(xx + yy)
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
