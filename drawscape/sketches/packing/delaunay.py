"""Delaunay triangles: a sheet of facets, each wound inwards."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Flags, Floats, Lines, Noise, Points, depth_in, poisson_disc
from drawscape.geometry.voronoi import edges, triangles
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder

LEAST_STEP_MM = 1.6
"""How far each turn moves along the sides at least: less is a blot where the turns meet."""

Triangles = Floats
"""(T, 3, 2) corners in mm."""


@sketch
def delaunay(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    smallest: Annotated[
        float, Interval(ge=0.02, le=0.2), doc("Least, as part of the page")
    ] = 0.075,
    largest: Annotated[float, Interval(ge=1, le=5), doc("Largest over smallest")] = 2.8,
    waves: Annotated[float, Interval(ge=0.3, le=4), doc("Changes of size across the page")] = 0.9,
    twist: Annotated[float, Interval(ge=0.02, le=0.3), doc("How far each turn moves on")] = 0.1,
    core: Annotated[float, Interval(ge=0.8, le=5), doc("Smallest inner radius, in mm")] = 1.8,
    accent: Annotated[Share, doc("Part of the triangles drawn in the second pen")] = 0.14,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A Delaunay triangulation whose triangles are wound inwards like pursuing mice.

    After B. Delaunay (1934); the whirls are pursuit polygons (H. Brocard, 1877).
    """
    ink = inks(svg, palette, "black", "#b3402a")
    frame = svg.frame
    # On long strips the shorter side says little: at most some four thousand points.
    least = max(smallest * frame.short, float(np.sqrt(frame.width * frame.height / 4000)))
    points = _points(rng, frame, least, largest, waves)
    core = min(core, 0.035 * frame.short)
    corners = _oriented(points[triangles(points)])
    second = _chosen(rng, frame, corners, accent)
    whirls = [Lines.of(_filled(corners[chosen], twist, core)) for chosen in (~second, second)]
    net = Lines.of(points[edges(points)])
    in_pens(svg, ink, [Lines.join([net, whirls[0]]), whirls[1]])


def _points(
    rng: np.random.Generator, frame: Frame, radius: float, largest: float, waves: float
) -> Points:
    """Return points over the frame and along its edges, `radius` to `largest` times that apart."""
    noise = Noise(rng)

    def distance(x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) / frame.short * waves, (y - frame.cy) / frame.short * waves
        t = np.clip(0.5 + 0.9 * noise.fractal(u + 9, v + 9, octaves=2), 0, 1)
        return np.asarray(radius * largest**t)

    inner = poisson_disc(rng, frame, distance)
    edge = _edge(frame, radius * largest**0.5)
    # Points too near the edge make slivers with it.
    off = depth_in(frame, inner)
    return np.concatenate((inner[off > 0.45 * distance(*inner.T)], edge))


def _edge(frame: Frame, step: float) -> Points:
    across = np.linspace(frame.x0, frame.x1, max(2, round(frame.width / step) + 1))
    down = np.linspace(frame.y0, frame.y1, max(2, round(frame.height / step) + 1))[1:-1]
    sides = [
        np.column_stack((across, np.full_like(across, frame.y0))),
        np.column_stack((across, np.full_like(across, frame.y1))),
        np.column_stack((np.full_like(down, frame.x0), down)),
        np.column_stack((np.full_like(down, frame.x1), down)),
    ]
    return np.concatenate(sides)


def _oriented(corners: Triangles) -> Triangles:
    """Return the triangles turned alternately, so that neighbours' whirls flow into each other."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    clockwise = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0
    return np.where(clockwise[:, None, None], corners, corners[:, ::-1])


def _chosen(rng: np.random.Generator, frame: Frame, corners: Triangles, part: float) -> Flags:
    """Return which triangles the second pen draws: those in one drift over the page."""
    middle = (corners.mean(axis=1) - (frame.cx, frame.cy)) / frame.short
    drift = Noise(rng).perlin(middle[:, 0] * 1.6 + 4.2, middle[:, 1] * 1.6 + 4.2)
    if part <= 0:
        return np.zeros(len(corners), dtype=bool)
    return np.asarray(drift >= np.quantile(drift, 1 - part))


def _filled(corners: Triangles, twist: float, core: float) -> Triangles:
    """Return the lines within all triangles, turn after turn inwards, (L, 4, 2)."""
    closed = [0, 1, 2, 0]
    found = [np.empty((0, 4, 2))]
    inner = corners
    for _ in range(60):
        inner = inner[_inradius(inner) > core]
        if not len(inner):
            break
        sides = np.roll(inner, -1, axis=1) - inner
        shortest = np.hypot(sides[..., 0], sides[..., 1]).min(axis=1)
        share = np.minimum(np.maximum(twist, LEAST_STEP_MM / shortest), 0.5)
        inner = inner + share[:, None, None] * sides
        found.append(inner[:, closed])
    return np.concatenate(found)


def _inradius(corners: Triangles) -> Floats:
    """Return the radii (T,) of the circles within."""
    around = np.hypot(*(np.roll(corners, -1, axis=1) - corners).transpose(2, 0, 1)).sum(axis=1)
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    return np.asarray(2 * area / np.maximum(around, 1e-12))
