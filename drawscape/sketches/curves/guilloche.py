"""The engraving of banknotes."""

from typing import Annotated

import numpy as np

from drawscape.geometry import circle, clip_to_rectangle, fit_count, grow_count, polar
from drawscape.sketches import MOSS, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose

PLACES = {
    "one medallion": [(0.5, 0.5, 0.5, 0.5)],
    "two medallions": [(0.5, 0.26, 0.44, 0.26), (0.5, 0.77, 0.38, 0.23)],
    "one above two": [(0.5, 0.34, 0.5, 0.34), (0.24, 0.84, 0.23, 0.16), (0.76, 0.84, 0.23, 0.16)],
    "two from the sides": [(0.0, 0.3, 0.78, 0.52), (1.0, 0.78, 0.7, 0.48)],
}  # fmt: skip
"""Of each medallion its middle, then half its width and half its height, in parts of the page."""


@sketch
def guilloche(
    svg: SVGBuilder,
    rng: Rng,
    *,
    bands: Annotated[int, Slider(2, 7, "Woven bands of a medallion")] = 5,
    strands: Annotated[int, Slider(9, 20, "Waves of the outermost band")] = 14,
    lobes: Annotated[int, Slider(10, 20, "Lobes of the bands' edges, at most")] = 16,
    palette: Palette = "as designed",
) -> None:
    """Medallions of woven bands, as engraved on banknotes and watches.

    Each band is one wave between two lobed circles, repeated out of phase. Rose engine lathes turn
    such bands (Perkins and Spencer, banknotes, about 1820). The seed lays out the medallions.
    """
    pens = set_pens(svg, palette, [MOSS[0], MOSS[4], MOSS[3]], width=0.25)
    places = choose(svg, "layout", PLACES)
    count = choose(svg, "lobes", {"some": 0.75, "few": 0.5, "many": 1.0})
    count = max(3, round(count * lobes))
    taken = [circle(0, 0, 0.01)]  # a block clips to one region at least
    for place in np.reshape(places, (-1, 2, 2)):
        middle, half = svg.frame[:2] + place[0] * svg.frame.size, place[1] * svg.frame.size
        radius = np.min(half)
        widths = rng.uniform(0.6, 1.4, bands) * np.linspace(0.8, 1.2, bands)
        edges = radius * (0.04 + 0.96 * np.append(0, np.cumsum(widths) / widths.sum()))
        # Neighbouring bands differ in their inks.
        for band, pen in enumerate(np.cumsum(rng.integers(1, 3, bands)) % 3):
            inner, outer = edges[band : band + 2]
            waves = fit_count(grow_count(strands, svg.frame), (inner + outer) / 2, 2.8, least=3)
            turned = _band(rng, inner, outer, waves, fit_count(count, outer, 3.0, least=3))
            oval = middle + turned * half / radius
            with svg.clip(taken, outside=True):
                svg.polylines(clip_to_rectangle(oval, *svg.frame), pen=pens[pen])
        taken.append(middle + 1.02 * half * polar(1, np.linspace(0, 2 * np.pi, 200)))


def _band(rng: Rng, inner: float, outer: float, strands: int, lobes: int) -> np.ndarray:
    """Return (strands, steps, 2): waves between the lobed circles of radius `inner` and `outer`."""
    half, middle = (outer - inner) / 2, (inner + outer) / 2
    angle = np.linspace(0, 2 * np.pi, 1441)
    waves = lobes * rng.integers(1, 3) + rng.choice([-1, 1])
    phase = 2 * np.pi * np.arange(strands)[:, None] / strands
    reach = 0.6 + 0.4 * np.cos(lobes * angle / 2) ** 2
    return polar(middle + half * reach * np.cos(waves * angle + phase), angle)
