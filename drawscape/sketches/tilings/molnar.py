"""One rule, and a disturbance that rises."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Noise, cartesian, clamped, fit_count, grow_count, polar, squares_in
from drawscape.geometry.lines import Points
from drawscape.sketches import Fraction, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

Rule = Literal["squares", "interruptions", "trapezia"]


@sketch
def molnar(
    svg: SVGBuilder,
    rng: Rng,
    *,
    rule: Annotated[Rule, "What is disturbed"] = "squares",
    columns: Annotated[int, Slider(3, 40, "Figures across the shorter side")] = 9,
    disturbance: Annotated[Fraction, "How far the figures leave the rule"] = 0.35,
    nested: Annotated[int, Slider(1, 9, "Most squares in one another")] = 7,
    palette: Palette = "as designed",
) -> None:
    """A sheet of a series: one rule for all, and one per cent of disorder, or twenty.

    In homage to Vera Molnár: (Dés)Ordres (1974), Interruptions (1968), Trapèzes (1974). Draw the
    series with `variations("molnar", disturbance=[0, 0.1, 0.2, 0.4])`. The seed disturbs.
    """
    frame = svg.frame
    columns = fit_count(columns, frame.short, 4.0)
    side, across, down, corner = squares_in(frame, columns)
    x, y = np.arange(across) + 0.5, np.arange(down)[:, None] + 0.5
    middles = cartesian(x, y).reshape(-1, 2) * side + corner
    make = {"squares": _squares, "interruptions": _interruptions, "trapezia": _trapezia}[rule]
    pens, lines = make(rng, frame, middles, side, disturbance, nested)
    lines = clamped(frame, lines)
    parts = [lines[pens == pen] for pen in range(3)]
    in_pens(svg, palette, ["#1b1b1b", "#b3402a", "#27406e"], parts, width=0.4)


def _squares(
    rng: Rng, frame: Frame, middles: Points, side: float, off: float, nested: int
) -> tuple[Points, Points]:
    """Return pens (N,) and squares (N, 5, 2): some of those nested in each place, corners moved."""
    nested = fit_count(grow_count(nested, frame), side / 2, 0.9)
    sizes = 0.94 * side / 2 * (1 - np.arange(nested) / (nested + 0.4))
    place, ring = np.indices((len(middles), nested)).reshape(2, -1)
    # The more disorder, the more squares are missing.
    kept = rng.random(len(place)) > 0.12 + 0.45 * off
    place, ring = place[kept], ring[kept]
    corners = polar(np.sqrt(2), np.pi / 4 + np.pi / 2 * np.arange(4))
    moved = corners + rng.uniform(-1, 1, (len(place), 4, 2)) * 0.9 * off
    squares = middles[place, None] + moved * sizes[ring, None, None]
    pens = np.where(rng.random(len(place)) < 0.1 + 0.2 * off, rng.integers(1, 3, len(place)), 0)
    return pens, np.concatenate([squares, squares[:, :1]], axis=1)


def _interruptions(
    rng: Rng, frame: Frame, middles: Points, side: float, off: float, nested: int
) -> tuple[Points, Points]:
    """Return pens and strokes (N, 2, 2), six to a side, turned by chance, with holes where some are gone."""
    fine = side / 6
    steps = cartesian(np.arange(6), np.arange(6)[:, None]).reshape(-1, 2) - 2.5
    places = (middles[:, None] + steps * fine).reshape(-1, 2)
    noise = Noise(rng).perlin(*(places / frame.short * 4).T)
    places = places[noise < np.quantile(noise, 1 - 0.25 * off) + 1e-9]
    angle = np.pi / 2 + rng.normal(0, 0.9 * off, len(places))
    half = polar(0.62 * fine, angle)
    pens = np.zeros(len(places), dtype=int)
    return pens, np.stack([places - half, places + half], axis=1)


def _trapezia(
    rng: Rng, frame: Frame, middles: Points, side: float, off: float, nested: int
) -> tuple[Points, Points]:
    """Return pens and closed trapezia (N, 5, 2), in each place some turned by a quarter."""
    nested = min(nested, 5)
    place = np.repeat(np.arange(len(middles)), nested)
    width = rng.uniform(0.5 - 0.45 * off, 0.5, (len(place), 2)) * side * 0.92
    tall = rng.uniform(0.5 - 0.3 * off, 0.5, len(place)) * side * 0.92
    x = width[:, [0, 0, 1, 1]] * (-1, 1, 1, -1)
    y = tall[:, None] * (-1, -1, 1, 1)
    turned = (rng.random(len(place)) < off)[:, None]
    shapes = cartesian(np.where(turned, y, x), np.where(turned, x, y))
    shapes = shapes + middles[place, None] + rng.normal(0, 0.05 * off * side, (len(place), 1, 2))
    pens = np.where(rng.random(len(place)) < 0.2, 1 + place % 2, 0)
    return pens, np.concatenate([shapes, shapes[:, :1]], axis=1)
