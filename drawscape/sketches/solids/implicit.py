"""Implicit solids: a body that an equation bounds, shown by its slices."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from scipy.ndimage import map_coordinates

from drawscape.geometry import Camera, fit_count, implicit_mesh, visible_paths
from drawscape.geometry.contours import contours
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.geometry.mesh import Points3
from drawscape.geometry.simplify import simplify
from drawscape.geometry.thinning import keep_positive, thinned
from drawscape.sketches import AS_DESIGNED, Palette, Steps, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

Body = Literal["knot", "gyroid"]
Inside = Callable[[Floats, Floats, Floats], Floats]
"""Positive within the body, zero on its surface; the body lies within 1 of the origin."""

CELLS = 56
"""Cubes along each side of the mesh that hides what lies behind; slices are finer than it."""

CLEARANCE = 0.006
"""Of the scene's depth: how far behind the mesh a slice may lie and still show, since the mesh is coarser."""

SAMPLES = 200
"""Points along each side of the grid of a slice: with fewer, polygons show on a large page."""

FLOOR, SUN = -1.15, 0.5
"""Height of the ground that the shadow falls on, and how far it runs for each unit of height."""

RANKS = (8, 4, 2, 1)
"""Slices come from coarse to fine: each eighth, those between, ... and last every second one."""


@sketch
def implicit(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    body: Annotated[Body, doc("Which solid")] = "knot",
    slices: Annotated[int, Interval(ge=24, le=140), doc("Slices through the solid")] = 110,
    tilt: Annotated[float, Interval(ge=10, le=80), doc("Degrees of the eye")] = 46.0,
    period: Annotated[float, Interval(ge=1, le=3), doc("How finely it is wound")] = 1.4,
    wall: Annotated[float, Interval(ge=0.1, le=0.9), doc("How thick the walls are")] = 0.62,
    shadow: Annotated[bool, doc("Let the sun throw its shadow, hatched")] = True,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """An implicit solid in contour slices, those behind hidden by those in front.

    The gyroid is A. H. Schoen's, "Infinite periodic minimal surfaces without self-intersections"
    (1970); the knot a torus knot. What is hidden is found exactly, behind a mesh of the surface. The
    seed moulds and turns the solid.
    """
    ink = inks(svg, palette, "#1b1b1b", "#5f7f9e")
    solid = (_knot if body == "knot" else _gyroid)(rng, period, wall)
    camera = Camera.parallel(float(rng.uniform(0, 360)), tilt)
    mesh = implicit_mesh(lambda x, y, z: -solid(x, y, z), (-1, -1, -1), (1, 1, 1), resolution=CELLS)
    floor = _shadow(solid, camera) if shadow else []
    outline = camera.project(np.concatenate((mesh.vertices, *floor)))[:, :2]
    place = partial(_placed, svg, outline.min(axis=0), outline.max(axis=0))
    # Their distance on paper, where the surface is upright, is a pen's width and a gap at least.
    half = np.cos(np.radians(tilt))
    upright = float(place(Lines.of([((0, -half), (0, half))])).lengths_mm[0])
    slices = fit_count(slices, upright, 0.8, least=10)
    heights, number = np.linspace(-0.985, 0.985, slices), 1 + np.arange(slices)
    surface: list[Lines] = []
    for step, rank in enumerate(RANKS):
        some = heights[np.minimum(number & -number, RANKS[0]) == rank]
        surface.append(place(visible_paths(_slices(solid, some), mesh, camera, bias=CLEARANCE)))
        yield 0.9 * (step + 1) / len(RANKS), partial(_draw, surface=surface, color=ink[0])
    _draw(svg, surface, ink[0])
    if floor:
        seen = place(visible_paths(floor, mesh, camera))
        in_pens(svg, ink[1:], [seen.take(seen.lengths_mm > 1.0)], names=["shadow"])


def _draw(svg: SVGBuilder, surface: list[Lines], color: str) -> None:
    """Draw the slices, of which only the coarse ones go on where they crowd at the body's rim."""
    long = [lines.take(lines.lengths_mm > 1.0) for lines in surface]
    numbers = [
        rank * (1 + 2 * np.arange(len(lines))) for rank, lines in zip(RANKS, long, strict=False)
    ]
    with svg.layer("slices", color=color, width=0.3):
        svg.polylines(thinned(Lines.join(long), np.concatenate(numbers)))


def _placed(svg: SVGBuilder, low: Points, high: Points, lines: Lines) -> Lines:
    """Return lines of the camera's picture on the page, where the box from `low` to `high` fills it."""
    scale = float(min(np.array([svg.frame.width, svg.frame.height]) / (high - low)))
    # The slices are finer than the mesh and may reach beyond it by a hair.
    points = np.clip(lines.points, low, high) - (low + high) / 2
    return lines.with_points(points * scale + (svg.frame.cx, svg.frame.cy))


def _slices(solid: Inside, heights: Floats) -> list[Points3]:
    """Return the slices at `heights` as lines in space."""
    side = np.linspace(-1, 1, SAMPLES)
    found: list[Points3] = []
    for height in heights.tolist():
        value = solid(side[None, :], side[:, None], np.full((1, 1), height))
        lines = simplify(contours(value, 0.0, (-1.0, -1.0, 1.0, 1.0)), 0.0008)
        found += [np.column_stack((line, np.full(len(line), height))) for line in lines]
    return found


def _shadow(solid: Inside, camera: Camera) -> list[Points3]:
    """Return a hatch of the shadow on the floor, as lines in space, level for the eye."""
    side = np.linspace(-2.2, 2.2, 241)
    x, y = side[None, :], side[:, None]
    # Which way is right and away on the floor, as the eye sees it.
    right, away = (camera.project(np.eye(3)[:2]) - camera.project(np.zeros((1, 3))))[:, :2].T
    # As far apart for the eye, however low it is.
    apart = 0.0173 / float(np.hypot(*away))
    right, away = right / np.hypot(*right), -away / np.hypot(*away)
    sun = 0.9 * right + 0.35 * away
    dark = np.full((side.size, side.size), -1.0)
    for height in np.linspace(-0.95, 0.95, 41).tolist():
        off = SUN * (height - FLOOR) * sun
        u, v = x - off[0], y - off[1]
        near = solid(u, v, np.full((1, 1), height))
        dark = np.maximum(dark, np.where(np.hypot(u, v) < 1.1, near, -1.0))
    rows = np.arange(-2.1, 2.1, apart / abs(float(np.linalg.det([right, away]))))
    lines = side[:, None] * right + rows[:, None, None] * away
    at = (lines.reshape(-1, 2)[:, ::-1] + 2.2) / (side[1] - side[0])
    value = map_coordinates(dark, at.T, order=1, cval=-1.0)
    return [
        np.column_stack((line, np.full(len(line), FLOOR)))
        for line in keep_positive(Lines.of(lines), value)
    ]


def _gyroid(rng: np.random.Generator, period: float, wall: float) -> Inside:
    """Return a ball cut from the labyrinth of a gyroid."""
    shift = rng.uniform(-np.pi, np.pi, 3)
    k = np.pi * period

    def gyroid(x: Floats, y: Floats, z: Floats) -> Floats:
        a, b, c = k * x + shift[0], k * y + shift[1], k * z + shift[2]
        wave = np.sin(a) * np.cos(b) + np.sin(b) * np.cos(c) + np.sin(c) * np.cos(a)
        ball = 0.985 - np.sqrt(x * x + y * y + z * z)
        return np.asarray(np.minimum((wall - np.abs(wave)) / k, ball))

    return gyroid


def _knot(rng: np.random.Generator, period: float, wall: float) -> Inside:
    """Return a torus knot of two rounds: a trefoil for three windings."""
    windings, thick = 2 * round(period) + 1, 0.07 + 0.13 * wall
    t = np.linspace(0, 4 * np.pi, 160 * windings, endpoint=False)
    swing, rise, phase = rng.uniform(0.2, 0.28), rng.uniform(0.24, 0.4), rng.uniform(0, 2 * np.pi)
    middle = 0.96 - swing - thick
    ring = middle + swing * np.cos(windings * t / 2)
    height = rise * np.sin(windings * t / 2)
    strand = np.column_stack((ring * np.cos(t + phase), ring * np.sin(t + phase), height))

    def knot(x: Floats, y: Floats, z: Floats) -> Floats:
        from scipy.spatial import cKDTree

        x, y, z = np.broadcast_arrays(x, y, z)
        close = np.abs(z) < rise + 2 * thick
        close &= np.abs(np.hypot(x, y) - middle) < swing + 2 * thick
        places = np.column_stack((x[close], y[close], z[close]))
        value = np.full(x.shape, -thick)
        gap = cKDTree(strand).query(places, distance_upper_bound=2 * thick)[0]
        value[close] = thick - np.minimum(gap, 2 * thick)
        return value

    return knot
