"""Implicit solids: a body that an equation bounds, shown by its slices."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import cartesian, clamped, fit_count, fitted, grow_count, polar, thinned
from drawscape.geometry.hidden import visible_paths
from drawscape.geometry.implicit import implicit_mesh, implicit_slices
from drawscape.geometry.lines import Floats, Lines
from drawscape.geometry.mesh import Camera, Mesh
from drawscape.sketches import INK, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_unless

Solid = Callable[[Floats, Floats, Floats], Floats]
"""Negative within the body, zero on its surface; it lies within 1 of the origin."""

CELLS, MOST = {"knot": 56, "gyroid": 40}, {"knot": 160, "gyroid": 100}
"""Cells along a side of the mesh that hides lines, and slices: a gyroid has far more surface."""

CLEARANCE = 0.006
"""Of the scene's depth: how far behind the mesh a slice, which is finer, may lie and still show."""

FALLS = np.array([(-1.1, 0.3, 0.12, -1.0), (-1.2, 0.12, -0.18, -1.0)])
"""Height of the ground, and where shadows fall: beside the solid, and on a tall page below it."""


@sketch
def implicit(
    svg: SVGBuilder,
    rng: Rng,
    *,
    body: Annotated[Literal["knot", "gyroid"] | None, "Which solid; none: either"] = None,
    slices: Annotated[int, Slider(24, 140, "Slices through the solid")] = 110,
    tilt: Annotated[float, Slider(10, 80, "Degrees of the eye")] = 46.0,
    period: Annotated[float, Slider(1, 3, "How finely it is wound")] = 1.4,
    wall: Annotated[float, Slider(0.1, 0.9, "How thick the walls are")] = 0.62,
    shadow: Annotated[bool, "Add its hatched shadow"] = True,
    palette: Palette = "as designed",
) -> Steps:
    """An implicit solid in contour slices, those behind hidden by those in front.

    The gyroid is A. H. Schoen's, "Infinite periodic minimal surfaces without self-intersections"
    (1970); the knot a torus knot. The seed moulds and turns the solid.
    """
    chosen = choose_unless(svg, body, "body", CELLS)
    period *= choose(svg, "winding", {"coarse": 0.72, "fine": 1.0, "finer": 1.5})
    solid = (_knot if chosen == "knot" else _gyroid)(rng, period, wall)
    mesh = implicit_mesh(solid, (-1, -1, -1), (1, 1, 1), resolution=CELLS[chosen])
    camera = Camera.parallel(0, tilt)
    # Of a closed body the faces towards the eye hide all that is hidden.
    front = Mesh(mesh.vertices, mesh.faces[mesh.normals @ camera.axes[2] < 0])
    tall = np.clip(2 * (svg.frame.height / svg.frame.width - 1), 0, 1)
    floor, *light = (1 - tall, tall) @ FALLS
    on_floor = mesh.vertices + (mesh.vertices[:, 2:] - floor) * light
    outline = camera.project(np.concatenate([mesh.vertices, on_floor][: 1 + shadow]))[:, :2]
    place = partial(fitted, svg.frame, like=outline)
    mm = np.ptp(place(np.array([(0.0, 0.0), (0.0, 1.0)]))[:, 1])
    # Their distance on paper, where the surface is upright, is a pen's width and a gap at least.
    upright = 2 * mm * np.cos(np.radians(tilt))
    count = fit_count(min(MOST[chosen], grow_count(slices, svg.frame)), upright, 0.8, least=10)
    heights, number = np.linspace(-0.985, 0.985, count), 1 + np.arange(count)
    surface, pens = list[Lines](), [INK[0], INK[2]]
    draw = partial(in_pens, palette=palette, pens=pens)
    for rank in (4, 2, 1):  # each fourth slice first, and last every second one
        chosen = np.minimum(number & -number, 4) == rank
        rings = implicit_slices(solid, heights[chosen], (-1, -1, 1, 1), resolution=170)
        # Slices are finer than the mesh and may reach beyond it by a hair.
        lines = clamped(svg.frame, place(visible_paths(rings, front, camera, bias=CLEARANCE)))
        surface.append(lines.longer_than(1.0))
        yield 0.9 / rank, partial(draw, parts=[Lines.join(surface)])
    # Where they crowd, at the body's rim, only the coarse ones go on.
    ranks = [4 // 2**k * (1 + 2 * np.arange(len(part))) for k, part in enumerate(surface)]
    parts = [thinned(Lines.join(surface), np.concatenate(ranks))]
    if shadow:
        step = 2.0 / mm / np.sin(np.radians(tilt))
        y = np.arange(on_floor[:, 1].min(), on_floor[:, 1].max(), step)
        x = np.linspace(-2.2, 2.2, 60)[:, None] * (1.0, 0.0, 0.0)
        rows = x + cartesian(0, y, floor)[:, None]
        dark = place(visible_paths(rows, mesh, camera, shaded_from=light))
        parts.append(dark.longer_than(1.0))
    draw(svg, parts=parts)


def _gyroid(rng: Rng, period: float, wall: float) -> Solid:
    """Return a ball cut from the labyrinth of a gyroid."""
    shift, turn, k = rng.uniform(-np.pi, np.pi, 3), rng.uniform(0, 2 * np.pi), np.pi * period
    cos, sin = np.cos(turn), np.sin(turn)

    def gyroid(x: Floats, y: Floats, z: Floats) -> Floats:
        a, b, c = k * (cos * x - sin * y), k * (sin * x + cos * y), k * z
        a, b, c = a + shift[0], b + shift[1], c + shift[2]
        wave = np.sin(a) * np.cos(b) + np.sin(b) * np.cos(c) + np.sin(c) * np.cos(a)
        ball = np.sqrt(x * x + y * y + z * z) - 0.985
        return np.asarray(np.maximum((np.abs(wave) - wall) / k, ball))

    return gyroid


def _knot(rng: Rng, period: float, wall: float) -> Solid:
    """Return a torus knot of two rounds: a trefoil for three windings."""
    windings, thick = 2 * round(period) + 1, 0.07 + 0.13 * wall
    t = np.linspace(0, 4 * np.pi, 160 * windings, endpoint=False)
    swing, rise, phase = rng.uniform(0.2, 0.28), rng.uniform(0.24, 0.4), rng.uniform(0, 2 * np.pi)
    ring = 0.96 - swing - thick + swing * np.cos(windings * t / 2)
    height = rise * np.sin(windings * t / 2)
    strand = cKDTree(cartesian(*polar(ring, t + phase).T, height))

    def knot(x: Floats, y: Floats, z: Floats) -> Floats:
        places = cartesian(x, y, z)
        # Farther from the surface than a cell of the mesh is wide nobody asks how far.
        far = thick + 0.08
        gap = strand.query(places, distance_upper_bound=far)[0]
        return np.asarray(np.minimum(gap, far) - thick)

    return knot
