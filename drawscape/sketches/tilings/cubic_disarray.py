"""A wall of cubes that gives way."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count, polar
from drawscape.sketches import KILN, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, focus

CORNERS = polar(1.0, np.radians([30, 90, 150, 210, 270, 330]))


@sketch
def cubic_disarray(
    svg: SVGBuilder,
    rng: Rng,
    *,
    cubes: Annotated[int, Slider(3, 24, "Cubes across the page")] = 8,
    disorder: Annotated[Fraction, "How far loose cubes turn and fall"] = 0.7,
    missing: Annotated[Fraction, "Part of the loose cubes that are gone"] = 0.5,
    spacing: Annotated[float, Slider(0.7, 4, "In mm, between lines of the dark sides")] = 1.1,
    palette: Palette = "as designed",
) -> None:
    """Stacked cubes, hatched on two sides, which fall out of the wall where the seed breaks it.

    The disorder is that of Georg Nees' Kubische Unordnung (Stuttgart, about 1968), laid on the
    tumbling blocks of Roman floors.
    """
    loose = focus(svg, "gap")
    lit = choose(svg, "light", {"left": 0, "right": 1})
    dark, light = set_pens(svg, choose_inks(svg, palette, "kiln", "tide", "plum"), KILN[:2])
    frame = svg.frame
    cubes = fit_count(cubes, frame.width, 8.0, least=2)
    # On a page across, a cube is no higher than the page.
    cubes = max(cubes, int(np.ceil(2 / np.sqrt(3) * frame.width / frame.height)))
    side = frame.width / (cubes + 0.5) / np.sqrt(3)
    rows = max(1, int((frame.height / side - 0.5) / 1.5))
    top = frame.cy - 0.75 * side * (rows - 1)
    for row in range(rows):
        for column in range(cubes):
            x = frame.x0 + side * np.sqrt(3) * (column + 0.5 + row % 2 / 2)
            y = top + 1.5 * side * row
            off = float(loose((x - frame.x0) / frame.width, (y - frame.y0) / frame.height))
            if rng.random() < missing * off:
                continue
            x, y = (x, y) + rng.uniform(-0.6, 0.6, 2) * off * disorder * side
            turn = rng.uniform(-60, 60) * off * disorder
            # A cube that stands on its corner is narrower than one that has turned.
            wide = side * np.cos(np.radians(max(0.0, 30 - abs(turn))))
            with svg.pushed():
                svg.translate(
                    np.clip(x, frame.x0 + wide, frame.x1 - wide),
                    np.clip(y, frame.y0 + side, frame.y1 - side),
                )
                svg.rotate(turn).scale(0.96 * side)
                _cube(svg, spacing, (dark, light)[:: 1 - 2 * lit])
    svg.occlude()


def _cube(svg: SVGBuilder, spacing: float, pens: tuple[str, ...]) -> None:
    """Draw a cube of side 1 about the origin: an open top and two hatched sides."""
    low, left, top_left, top, top_right, right = CORNERS[[1, 2, 3, 4, 5, 0]]
    svg.polygon([top_left, top, top_right, (0, 0)], pen=pens[0])
    for pen, apart, angle, corner, end in (
        (pens[0], spacing, 30, left, top_left),
        (pens[1], 2 * spacing, 90, right, top_right),
    ):
        svg.hatch([(0, 0), low, corner, end], apart, angle=angle, outline=True, pen=pen)
