"""Solids on a table, turned on a lathe and drawn with hidden lines."""

from functools import partial
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.camera import Camera, Points3
from drawscape.geometry.hidden import visible_paths
from drawscape.geometry.lines import Lines
from drawscape.geometry.mesh import Mesh
from drawscape.geometry.placing import fit_count, fitted
from drawscape.geometry.solids import revolved
from drawscape.geometry.thinning import thinned
from drawscape.sketches import Steps, sketch
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.floating[Any]]

COLUMNS = 44
"""Faces around each vessel: its edge on paper is then smooth."""

COLORS = ("#14213d", "#b3402a", "#3f7d4e")

CLEARANCE = 4e-3
"""Of the scene's depth: lines on a vessel lie a hair off the flat faces that stand for it."""


@sketch
def still_life(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    vessels: Annotated[int, Interval(ge=1, le=18), doc("Vessels on the table")] = 12,
    rings: Annotated[int, Interval(ge=8, le=60), doc("Rings on the tallest vessel")] = 40,
    elevation: Annotated[
        float, Interval(ge=5, le=70), doc("Degrees that the eye looks down on them")
    ] = 22.0,
    slimness: Annotated[float, Interval(ge=0, le=1), doc("Bowls at 0, bottles at 1")] = 0.6,
    pens: Annotated[int, Interval(ge=1, le=3), doc("Colours of the glazes")] = 2,
) -> Steps:
    """Vessels in a row, as Giorgio Morandi set his bottles, each by the rings of the potter's wheel.

    What stands behind is hidden exactly, as in Michael Fogleman's ln (2016), by the idea of Lawrence
    Roberts, Machine perception of three-dimensional solids, 1963. The seed throws the vessels.
    """
    camera = Camera.parallel(0.0, elevation)
    profiles = [_profile(rng, slimness) for _ in range(vessels)]
    places = _places(rng, svg, profiles, elevation)
    scene = Mesh.join(
        revolved(profile, columns=COLUMNS).moved(x, y, 0.0)
        for profile, (x, y) in zip(profiles, places, strict=True)
    )
    tallest = max(float(profile[-1, 1]) for profile in profiles)
    # How tall it stands on paper, where the scene fills the page.
    wide, high = np.ptp(camera.project(scene.vertices)[:, :2], axis=0)
    scale = min(svg.frame.width / wide, svg.frame.height / high)
    upright = tallest * scale * float(np.cos(np.radians(elevation)))
    rings = fit_count(rings, upright, 1.0, least=6)
    drawn: list[Lines] = []
    for number, (profile, place) in enumerate(zip(profiles, places, strict=True)):
        paths = _rings(profile, place, tallest / rings)
        drawn.append(visible_paths(paths, scene, camera, bias=CLEARANCE))
        yield (number + 1) / vessels, partial(_draw, drawn=drawn, pens=pens)
    _draw(svg, drawn, pens)


def _draw(svg: SVGBuilder, drawn: list[Lines], pens: int) -> None:
    """Draw the vessels, one after the other by turns with each pen, as large as the page allows."""
    joined = Lines.join(drawn)
    if not len(joined):
        return
    placed = joined.with_points(fitted(svg.frame, joined.points))
    glaze = np.repeat(np.arange(len(drawn)) % pens, [len(lines) for lines in drawn])
    ring = np.concatenate([1 + np.arange(len(lines)) for lines in drawn])
    for pen in range(pens):
        lines = placed.take(glaze == pen)
        if len(lines):
            with svg.layer(f"glaze {pen + 1}", color=COLORS[pen], width=0.35):
                light = thinned(lines, ring[glaze == pen], pen_mm=0.35)
                svg.polylines(light.take(light.lengths_mm > 0.6))


def _profile(rng: np.random.Generator, slimness: float) -> Floats:
    """Return the outline of a vessel, (K, 2): radius and height, from the foot to the lip."""
    t = np.linspace(0, 1, 26)
    height = rng.uniform(1.1, 2.0) + 1.6 * slimness * rng.random()
    belly, neck = rng.uniform(0.5, 0.8), rng.uniform(0.16, 0.5) * (1.4 - slimness)
    at = rng.uniform(0.22, 0.5)
    # A belly that swells from the foot and runs into a neck with a lip.
    swell = np.exp(-(((t - at) / rng.uniform(0.2, 0.32)) ** 2))
    radius = neck + (belly - neck) * swell + 0.1 * np.exp(-(((t - 1) / 0.05) ** 2))
    foot = 0.62 * belly * np.exp(-((t / 0.12) ** 2))
    return np.column_stack([np.maximum(radius, foot), t * height])


def _places(
    rng: np.random.Generator, svg: SVGBuilder, profiles: list[Floats], elevation: float
) -> Floats:
    """Return where the vessels stand, (V, 2): in rows one behind the other, none within another."""
    count = len(profiles)
    columns = max(1, round(np.sqrt(count * svg.frame.width / svg.frame.height * 1.2)))
    widest = max(float(np.max(profile[:, 0])) for profile in profiles)
    # Two rows stand far enough apart that more than half of a vessel shows above the one before it.
    behind = max(1.5 / np.sin(np.radians(elevation)), 2.1 * widest)
    number = np.arange(count)
    row, column = number // columns, number % columns
    x = 1.75 * widest * (column + 0.5 * (row % 2)) + rng.uniform(-0.1, 0.1, count)
    return np.column_stack([x, row * behind + rng.uniform(0, 0.3, count)])


def _rings(profile: Floats, place: Floats, step: float) -> list[Points3]:
    """Return the rings of a vessel about `step` apart along its side, and its two rims, in space."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(profile, axis=0).T))])
    even = np.linspace(0, along[-1], max(3, round(float(along[-1]) / step) + 1))
    radius, height = (np.interp(even, along, column) for column in profile.T)
    # The corners of the faces lie on the rings, the middles a little within.
    angle = np.linspace(0, 2 * np.pi, COLUMNS + 1)
    return [
        np.column_stack(
            [place[0] + r * np.cos(angle), place[1] + r * np.sin(angle), np.full(len(angle), h)]
        )
        for r, h in zip(radius.tolist(), height.tolist(), strict=True)
    ]
