"""Flow field: evenly spaced lines along a wind that noise blows."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Lines, Noise, Points, circle, growing_streamlines, rectangle
from drawscape.sketches import AS_DESIGNED, Palette, Steps, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder


@sketch
def flow_field(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    spacing: Annotated[float, Interval(ge=0.8, le=4.5), doc("In mm, from line to line")] = 1.6,
    gusts: Annotated[float, Interval(ge=0.2, le=4), doc("Gusts along the shorter side")] = 1.1,
    turn: Annotated[float, Interval(ge=0, le=4), doc("How far the wind turns, in turns")] = 1.2,
    roughness: Annotated[float, Interval(ge=0, le=0.8), doc("How much finer gusts")] = 0.22,
    facets: Annotated[int, Interval(ge=0, le=24), doc("Directions of the wind; 0: all")] = 0,
    longest: Annotated[float, Interval(ge=0.05, le=4), doc("Longest line, in shorter sides")] = 1.6,
    moon: Annotated[float, Interval(ge=0, le=0.45), doc("Moon, as part of the page")] = 0.27,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """Evenly spaced lines in a noise wind, and a moon in which the wind blows across.

    Lines after B. Jobard and W. Lefer, "Creating evenly-spaced streamlines of arbitrary density"
    (1997), in a field of K. Perlin's noise (1985), as Tyler Hobbs' "Fidenza" (2021) made popular.
    """
    ink = inks(svg, palette, "black", "#b3402a")
    frame = svg.frame
    noise, heading = Noise(rng), rng.uniform(0, 2 * np.pi)

    def along(x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) * gusts / frame.short, (y - frame.cy) * gusts / frame.short
        octaves = 4 if roughness > 0 else 1
        angle = heading + 2 * np.pi * turn * noise.fractal(
            u, v, octaves=octaves, gain=max(roughness, 0.01)
        )
        part = 2 * np.pi / max(facets, 1)
        return np.asarray(np.round(angle / part) * part if facets else angle)

    # No page takes more than about 300 lines side by side.
    pitch = max(spacing, frame.long / 300)
    disc = _moon(rng, frame, moon)
    shortest, most = 2.0 * pitch, longest * frame.short
    sky = Lines.of([rectangle(frame), disc]) if len(disc) else None
    lines = Lines.empty
    for done, lines in growing_streamlines(
        along,
        frame,
        pitch,
        step_mm=0.4 * pitch,
        mask=sky,
        min_length_mm=shortest,
        max_length_mm=most,
    ):
        yield 0.8 * done, partial(_draw, lines=lines, color=ink[0])
    _draw(svg, lines, ink[0])
    if len(disc):
        x0, y0 = disc.min(axis=0)
        x1, y1 = disc.max(axis=0)
        for done, lines in growing_streamlines(
            lambda x, y: along(x, y) + np.pi / 2,
            (float(x0), float(y0), float(x1), float(y1)),
            pitch * 0.85,
            step_mm=0.35 * pitch,
            mask=disc,
            min_length_mm=shortest / 2,
            max_length_mm=most,
        ):
            yield 0.8 + 0.2 * done, partial(_draw, lines=lines, color=ink[1], name="moon")
        _draw(svg, lines, ink[1], "moon")


def _draw(svg: SVGBuilder, lines: Callable[[], Lines], color: str, name: str = "wind") -> None:
    with svg.layer(name, color=color, width=0.3):
        svg.polylines(lines())


def _moon(rng: np.random.Generator, frame: Frame, radius: float) -> Points:
    """Return the moon's outline, off the middle by the rule of thirds; nothing for a new moon."""
    if radius * frame.short < 2.0:
        return np.empty((0, 2))
    r = radius * frame.short
    side, height = rng.choice([-1.0, 1.0], 2)
    room = np.array([frame.width, frame.height]) / 2 - r
    off = np.array([side, height]) * np.minimum(room, np.array([frame.width, frame.height]) / 6)
    return circle(frame.cx + float(off[0]), frame.cy + float(off[1]), r)
