"""Vessels on a table, turned on a lathe and drawn with hidden lines."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import cartesian, fit_count, fitted, grow_count, thinned, visible_paths
from drawscape.geometry.lines import Floats, Lines, resample
from drawscape.geometry.mesh import Camera, Mesh
from drawscape.geometry.solids import revolved
from drawscape.sketches import Fraction, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch

CLEARANCE = 4e-3
"""Of the scene's depth: lines on a vessel lie a hair off the flat faces that stand for it."""

LIGHT = np.array([0.5, 0.12, -1.0])
"""How it falls: to the right and away for each unit down."""

PENS = {"glaze 1": "#14213d", "glaze 2": "#b3402a", "glaze 3": "#8a6a4a", "table": "#5f6f86"}


@sketch
def still_life(
    svg: SVGBuilder,
    rng: Rng,
    *,
    vessels: Annotated[int, Slider(1, 12, "Vessels on the table")] = 5,
    rings: Annotated[int, Slider(8, 120, "Rings on the tallest vessel")] = 84,
    elevation: Annotated[float, Slider(8, 60, "Degrees of the eye")] = 18.0,
    slimness: Annotated[Fraction, "Bowls at 0, bottles at 1"] = 0.7,
    palette: Palette = "as designed",
) -> Steps:
    """A group of vessels, as Giorgio Morandi set his bottles, each by the rings of the potter's wheel.

    Hidden lines are removed exactly, as in Michael Fogleman's ln (2016), by the idea of Lawrence
    Roberts, Machine perception of three-dimensional solids, 1963. The seed shapes the vessels.
    """
    camera = Camera.parallel(0.0, elevation)
    # A tall page takes tall bottles, a wide one bowls.
    tall = np.clip(1.6 * svg.frame.height / svg.frame.width, 1.0, 2.8)
    profiles = [_profile(rng, slimness) * (1, tall) for _ in range(vessels)]
    places = _places(rng, profiles)
    pairs = list(zip(profiles, places, strict=True))
    scene = Mesh.join(revolved(p, columns=60).moved(x, y, 0.0) for p, (x, y) in pairs)
    low, high = scene.vertices.min(axis=0), scene.vertices.max(axis=0)
    # Room for the shadows at the right, and for as much table at the left.
    reach = 0.3 * LIGHT[0] * high[2]
    x = np.linspace(low[0] - 0.5 * reach, high[0] + reach, 120)[:, None] * (1.0, 0.0, 0.0)
    edge = x + np.array([0.0, high[1] + 0.6, 0.0])
    front = low * (1.0, 1.0, 0.0)  # of the table below the vessels' bellies, where shadows lie
    outline = camera.project(np.concatenate([scene.vertices, edge, front[None]]))[:, :2]
    place = partial(fitted, svg.frame, like=outline)
    mm = np.ptp(place(np.array([(0.0, 0.0), (0.0, 1.0)]))[:, 1])
    tallest = max(float(profile[-1, 1]) for profile in profiles)
    upright = tallest * mm * np.cos(np.radians(elevation))
    rings = fit_count(grow_count(rings, svg.frame), upright, 0.85, least=6)
    # The corners of the faces lie on the rings, the middles a little within.
    angle = np.linspace(0, 2 * np.pi, 61)
    inked = [list[Lines]() for _ in range(3)]
    draw = partial(in_pens, palette=palette, pens=PENS)
    for number, (profile, (x0, y0)) in enumerate(pairs):
        radius, height = resample(profile, tallest / rings).T[..., None]
        turned = cartesian(x0 + radius * np.cos(angle), y0 + radius * np.sin(angle), height)
        inked[2 * number % 3].append(place(visible_paths(turned, scene, camera, bias=CLEARANCE)))
        yield 0.9 * (number + 1) / vessels, partial(draw, parts=list(map(Lines.join, inked)))
    # Where rings crowd, every second one of a vessel goes on.
    parts = []
    for rings_of_vessels in inked:
        ranks = [rank for lines in rings_of_vessels for rank in range(1, len(lines) + 1)]
        rings_of_pen = thinned(Lines.join(rings_of_vessels), np.array(ranks))
        parts.append(rings_of_pen.longer_than(0.6))
    step = 1.1 / mm / np.sin(np.radians(elevation))
    y = np.arange(low[1], high[1] + LIGHT[1] * high[2], step)
    rows = x + y[:, None, None] * (0.0, 1.0, 0.0)
    shadow = place(visible_paths(rows, scene, camera, shaded_from=LIGHT))
    table = place(visible_paths([edge], scene, camera))
    draw(svg, parts=[*parts, Lines.join([shadow.longer_than(1.0), table])])


def _profile(rng: Rng, slimness: float) -> Floats:
    """Return the outline of a vessel, (K, 2): radius and height, from the foot to the lip."""
    t = np.linspace(0, 1, 40)
    height = rng.uniform(0.9, 1.9) + 1.7 * slimness * rng.random()
    belly, neck = rng.uniform(0.45, 0.75), rng.uniform(0.13, 0.5) * (1.4 - slimness)
    at = rng.uniform(0.2, 0.5)
    # A belly that swells from the foot and runs into a neck with a lip.
    swell = np.exp(-(((t - at) / rng.uniform(0.2, 0.34)) ** 4))
    radius = neck + (belly - neck) * swell + 0.07 * np.exp(-(((t - 1) / 0.04) ** 2))
    foot = 0.62 * belly * np.exp(-((t / 0.12) ** 2))
    return cartesian(np.maximum(radius, foot), t * height)


def _places(rng: Rng, profiles: list[Floats]) -> Floats:
    """Return where the vessels stand, (V, 2): a group, tall ones behind, none within another."""
    radii = np.array([np.max(profile[:, 0]) for profile in profiles])
    order = np.argsort([-profile[-1, 1] for profile in profiles], kind="stable")
    places = np.zeros((len(profiles), 2))
    behind = -(-len(profiles) * 3 // 5)
    for row, chosen in enumerate((order[:behind], order[behind:])):
        turned = rng.permutation(chosen)
        x = np.cumsum(2 * radii[turned] + 0.2) - radii[turned]
        x = x - (x[0] + x[-1]) / 2 if len(x) else x
        off = rng.uniform((-0.4, -0.1), (0.4, 0.1), (len(turned), 2))
        places[turned] = cartesian(x + row * off[:, 0], 1.1 * (1 - row) + off[:, 1])
    return places
