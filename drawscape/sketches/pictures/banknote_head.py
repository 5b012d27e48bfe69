"""A head as on a banknote: lines that follow its form, swell, cross and end in dots."""

from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter

from drawscape.geometry import (
    Floats,
    Lines,
    clip_to_polygon,
    fit_count,
    keep_positive,
    polar,
    thinned,
    values_at,
)
from drawscape.sketches import MOSS, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.palette import is_light
from drawscape.sketches.tone import PictureFile, Tone, tone_over


@sketch
def banknote_head(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    spacing: Annotated[float, Slider(0.7, 2.5, "In mm, between lines")] = 0.75,
    depth: Annotated[float, Slider(0, 1, "How far the form bends the lines")] = 0.6,
    lobes: Annotated[int, Slider(6, 40, "Lobes of the border")] = 18,
    palette: Palette = "as designed",
) -> None:
    """A portrait in an oval, engraved as on banknotes, with a guilloche border.

    Lines bend with the form and swell by a second stroke, as Asher B. Durand engraved (about 1830). The
    lights are dots, the darks are crossed. The seed turns the lines and winds the border.
    """
    frame = svg.frame
    # No sheet takes over an hour.
    spacing = max(spacing, frame.short / 165, frame.area / 48_500)
    slant = choose(svg, "lines", {"level": 0, "falling": 30, "rising": -30})
    border = choose(svg, "border", {"narrow": 0.09, "middling": 0.12, "broad": 0.15}) * frame.short
    palette = choose_inks(svg, palette, "as designed", "plum", "tide", "kiln")
    heading = np.radians(slant + rng.uniform(-12, 12))
    half = frame.size / 2 - border
    inner, light = frame.inset(border), is_light(svg, palette)
    tone = tone_over(inner, picture, "cover", 0.5, "head", 0.7, light_ink=light)
    # Double strokes swell the lines, and a second direction crosses them in the darks.
    strokes = ((heading, 0.0, 0.26), (heading, 0.35, 0.5), (heading + 1.1, 0.0, 0.64))
    parts = []
    for angle, shift, least in strokes:
        lines = _courses(tone, frame, half, angle, spacing, shift, depth)
        parts.append(keep_positive(lines, tone.at(lines.points) - least).longer_than(1))
    lines = _courses(tone, frame, half, heading, spacing, 0.0, depth)
    dark = tone.at(lines.points)
    beat = np.arange(len(dark)) % 3 - 1.0
    parts.append(keep_positive(lines, np.where((dark > 0.1) & (dark < 0.26), beat, -1)))
    engraved = thinned(Lines.join(parts), most=0.8, pen_mm=0.25)
    lobes = fit_count(lobes, 2.2 * frame.short, 17.0, least=5)
    rim = frame.middle + _border(rng, lobes, half, border)
    in_pens(svg, palette, [MOSS[0], MOSS[4]], [engraved, rim], width=0.25)


def _courses(
    tone: Tone, frame: Frame, half: Floats, angle: float, spacing: float, shift: float, depth: float
) -> Lines:
    """Return lines across the oval, bent aside where the form is light as if it stood out."""
    light = gaussian_filter(1 - tone.dark, 0.04 * frame.short / tone.pitch)
    along, aside = polar(1, [angle, angle + np.pi / 2])
    reach = np.hypot(*half)
    off = np.arange(-reach, reach, spacing)[:, None, None] + shift * spacing
    places = frame.middle + np.arange(-reach, reach, 0.5)[:, None] * along + off * aside
    height = values_at(light, tone.nodes, places)[..., None] - 0.5
    oval = frame.middle + polar(1, np.linspace(0, 2 * np.pi, 241)) * half
    return clip_to_polygon(places - 0.2 * depth * frame.short * height * aside, oval)


def _border(rng: Rng, lobes: int, half: Floats, border: float) -> Floats:
    """Return the waves of the border about 0, (9, steps, 2)."""
    t, phase = np.linspace(0, 2 * np.pi, 2401), np.arange(9)[:, None] * 2 * np.pi / 9
    waves = lobes * rng.integers(2, 4) + rng.choice([-1, 1])
    reach = 0.3 + 0.16 * np.cos(lobes * t + rng.uniform(0, 6))
    swing = 0.52 + reach * np.cos(waves * t + phase)
    return polar(1, t) * (half + border * swing[..., None])
