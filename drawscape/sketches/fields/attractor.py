"""Strange attractors: rings, folded by the same map again and again."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Floats, Lines, cartesian, coats, filled, fit_count, polar
from drawscape.geometry.lines import simplify
from drawscape.sketches import PLUM, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, choose_unless

MOST_COATS = 2.0
"""Of ink in a fold, where the threads crowd: there are fewer threads before there is more."""

TRIES = 6
"""Maps that the seed proposes: one that covers its box and crowds nowhere has the most threads.

The best of many more maps look alike, whatever the seed."""


@sketch
def attractor(
    svg: SVGBuilder,
    rng: Rng,
    *,
    family: Annotated[Literal["de Jong", "Clifford"] | None, "Which map; none: either"] = None,
    threads: Annotated[int, Slider(10, 240, "Most lines one way")] = 110,
    folds: Annotated[int, Slider(1, 3, "How often the map is applied")] = 1,
    wildness: Annotated[float, Slider(0.6, 2.4, "How tightly the map folds")] = 1.7,
    palette: Palette = "as designed",
) -> None:
    """Rings of thread carried through a strange attractor's map, like folded gauze.

    After Peter de Jong's map in A. K. Dewdney, Scientific American 256 (1987), and Clifford
    Pickover, "Chaos in Wonderland" (1994). The seed chooses the map.
    """
    frame = svg.frame
    wildness *= choose(svg, "folds", {"wide": 1.0, "tight": 1.3})
    map_name = choose_unless(svg, family, "map", ["de Jong", "Clifford"])
    palette = choose_inks(svg, palette, "plum", "tide", "kiln")
    maps = rng.uniform(0.35, 1, (TRIES, 4)) * rng.choice([-1, 1], (TRIES, 4)) * wildness
    samples = (240, 700, 1600)[folds - 1]

    # The same map on a sheet of any size: its merit is that on A4.
    a4 = Frame(0, 0, 180 * frame.width / frame.short, 180 * frame.height / frame.short)

    def merit(constants: Floats) -> float:
        sheet = _folded(40, samples // 2, map_name, constants, folds)
        crowd = np.quantile(coats(Lines.of(_laid(a4, sheet))), 0.998)
        # In how many of 24 x 24 fields of its box there are points: a folded map covers it all over.
        places = sheet.reshape(-1, 2) - sheet.min(axis=(0, 1))
        fields = (places / np.maximum(places.max(axis=0), 1e-9) * 23.999).astype(int)
        return len(np.unique(fields, axis=0)) / float(crowd)

    constants = max(maps, key=merit)
    threads = fit_count(threads, frame.short, 1.0, least=10)
    while True:
        sheet = _folded(threads, samples, map_name, constants, folds)
        lines = simplify(Lines.of(_laid(frame, sheet)), 0.02)
        if threads <= 10 or np.quantile(coats(lines), 0.998) <= MOST_COATS:
            break
        threads = max(10, int(0.85 * threads))
    half = np.arange(threads) < threads / 2
    parts = [lines.take(half), lines.take(~half)]
    in_pens(svg, palette, PLUM, parts, width=0.25)


def _laid(frame: Frame, sheet: Floats) -> Floats:
    """Return the sheet on the page, its long side along the page's."""
    if (np.ptp(sheet[..., 1]) > np.ptp(sheet[..., 0])) != (frame.height > frame.width):
        sheet = sheet[..., ::-1]
    return filled(frame, sheet, most=1.6)


def _folded(threads: int, samples: int, family: str, constants: Floats, folds: int) -> Floats:
    """Return (threads, samples, 2): rings in the disc of radius 2, mapped `folds` times."""
    a, b, c, d = constants
    radius = np.linspace(0.04, 2, threads)[:, None]
    x, y = np.moveaxis(polar(radius, np.linspace(0, 2 * np.pi, samples)), -1, 0)
    for _ in range(folds):
        if family == "de Jong":
            x, y = np.sin(a * y) - np.cos(b * x), np.sin(c * x) - np.cos(d * y)
        else:
            x, y = np.sin(a * y) + c * np.cos(a * x), np.sin(b * x) + d * np.cos(b * y)
    return cartesian(x, y)
