"""Delaunay triangles: a sheet of facets, each wound inwards."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, Noise, Points, depth_in, poisson_disc
from drawscape.geometry.voronoi import edges, triangles
from drawscape.sketches import (
    INK,
    Fraction,
    Frame,
    Palette,
    Rng,
    Slider,
    SVGBuilder,
    in_pens,
    sketch,
)
from drawscape.sketches.composition import choose, choose_inks

LEAST_STEP_MM = 1.6
"""How far each turn moves along the sides at least: less is a blot where the turns meet."""

Triangles = Floats
"""(T, 3, 2) corners in mm."""


@sketch
def delaunay(
    svg: SVGBuilder,
    rng: Rng,
    *,
    smallest: Annotated[float, Slider(0.02, 0.2, "Least, part of the page")] = 0.075,
    largest: Annotated[float, Slider(1, 5, "Largest over smallest")] = 2.8,
    waves: Annotated[float, Slider(0.3, 4, "Changes of size across the page")] = 0.9,
    twist: Annotated[float, Slider(0.02, 0.3, "How far each turn moves on")] = 0.1,
    core: Annotated[float, Slider(0.8, 5, "Smallest inner radius, in mm")] = 1.8,
    accent: Annotated[Fraction, "Part of the triangles drawn in the second pen"] = 0.14,
    palette: Palette = "as designed",
) -> None:
    """A Delaunay triangulation whose triangles are wound inwards like pursuing mice.

    After B. Delaunay (1934); the whirls are pursuit polygons (H. Brocard, 1877).
    """
    frame = svg.frame
    waves *= choose(svg, "facets", {"one drift": 0.6, "waves": 1.2, "patches": 2.4})
    accent = min(1.0, accent * choose(svg, "colour", {"a little": 1.0, "much": 2.5}))
    palette = choose_inks(svg, palette, "ink", "tide")
    # On long strips the shorter side says little: at most some four thousand points.
    least = max(smallest * frame.short, np.sqrt(frame.size.prod() / 4000))
    points = _points(rng, frame, least, largest, waves)
    core = min(core, 0.035 * frame.short)
    corners = points[triangles(points)]
    # Turned alternately, so that neighbours' whirls flow into each other.
    corners = np.where(_twice_areas(corners)[:, None, None] > 0, corners, corners[:, ::-1])
    # The second pen draws the triangles in one drift over the page.
    x, y = ((corners.mean(axis=1) - frame.middle) / frame.short * 1.6 + 4.2).T
    drift = Noise(rng).perlin(x, y)
    second = (drift >= np.quantile(drift, 1 - accent)) & (accent > 0)
    whirls = [Lines.of(_filled(corners[chosen], twist, core)) for chosen in (~second, second)]
    whirls[0] = Lines.join([Lines.of(points[edges(points)]), whirls[0]])
    in_pens(svg, palette, INK, whirls)


def _points(rng: Rng, frame: Frame, radius: float, largest: float, waves: float) -> Points:
    """Return points over the frame and along its edges, `radius` to `largest` times that apart."""
    noise = Noise(rng)

    def distance(x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) / frame.short * waves, (y - frame.cy) / frame.short * waves
        t = np.clip(0.5 + 0.9 * noise.fractal(u + 9, v + 9, octaves=2), 0, 1)
        return radius * largest**t

    inner = poisson_disc(rng, frame, distance)
    # Points too near the edge make slivers with it.
    inner = inner[depth_in(frame, inner) > 0.45 * distance(*inner.T)]
    counts = np.maximum(2, np.rint(frame.size / (radius * largest**0.5)).astype(int) + 1)
    across, down = map(np.linspace, frame[:2], frame[2:], counts)
    level = [(x, y) for y in (frame.y0, frame.y1) for x in across]
    upright = [(x, y) for x in (frame.x0, frame.x1) for y in down[1:-1]]
    return np.array([*inner, *level, *upright])


def _twice_areas(corners: Triangles) -> Floats:
    """Return twice the area of each triangle, (T,), below 0 where its corners run the other way."""
    (ax, ay), (bx, by) = (corners[:, 1:] - corners[:, :1]).transpose(1, 2, 0)
    return ax * by - ay * bx


def _filled(corners: Triangles, twist: float, core: float) -> Triangles:
    """Return the lines within all triangles, turn after turn inwards, (L, 4, 2)."""
    found, inner = [np.empty((0, 4, 2))], corners
    for _ in range(60):
        sides = np.roll(inner, -1, axis=1) - inner
        lengths = np.linalg.norm(sides, axis=2)
        # Twice the area over what is around it is the radius of the circle within.
        room = np.abs(_twice_areas(inner)) / np.maximum(lengths.sum(axis=1), 1e-12) > core
        if not room.any():
            break
        share = np.minimum(np.maximum(twist, LEAST_STEP_MM / lengths[room].min(axis=1)), 0.5)
        inner = inner[room] + share[:, None, None] * sides[room]
        found.append(inner[:, [0, 1, 2, 0]])
    return np.concatenate(found)
