"""Circle packing: as many circles as find room, each filled in its own way."""

from typing import Annotated

import numpy as np

from drawscape.geometry import as_on_a4, circle, depth_in, grow_count
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, focus


@sketch
def circle_packing(
    svg: SVGBuilder,
    rng: Rng,
    *,
    count: Annotated[int, Slider(5, 1500, "Most circles, on A4")] = 420,
    largest: Annotated[float, Slider(0.05, 0.4, "Largest, part of the page")] = 0.25,
    smallest: Annotated[float, Slider(0.8, 5, "Smallest radius in mm")] = 1.4,
    gap: Annotated[float, Slider(0.3, 4, "Room in mm between circles")] = 0.9,
    spacing: Annotated[float, Slider(0.6, 4, "In mm, between closest lines")] = 0.7,
    contrast: Annotated[Fraction, "How much lighter some circles are than others"] = 0.8,
    palette: Palette = "as designed",
) -> None:
    """Circles as large as the room that others leave them, filled from dark to light with three pens.

    A random Apollonian gasket, after J. Shier, "Filling space with random fractal
    non-overlapping simple shapes" (2011). The seed says where large ones lie.
    """
    frame = svg.frame
    pens = set_pens(svg, palette, [TIDE[0], TIDE[1], TIDE[3]])
    large = focus(svg, "large circles")
    least = choose(svg, "others", {"small": 0.12, "middling": 0.3, "nearly as large": 0.6})
    fill = choose(svg, "filling", {"rings": 0.8, "hatched": 0.2, "mixed": 0.5})
    places = rng.uniform(frame[:2], frame[2:], (as_on_a4(40_000, frame), 2))  # some 1 mm apart
    share = least + (1 - least) * large(*((places - frame[:2]) / frame.size).T)
    most = np.maximum(largest * frame.short * share, smallest)
    room = depth_in(frame, places)
    for _ in range(grow_count(count, frame)):
        # Where the largest has room, the first place is as good as any; then the widest gap is next.
        at = np.argmax(np.minimum(room, most))
        radius = min(room[at], most[at] * rng.uniform(0.8, 1))
        if radius < smallest:
            break
        x, y = places[at]
        room = np.minimum(room, np.hypot(*(places - places[at]).T) - radius - gap)
        pen = pens[0] if rng.random() < 0.65 else pens[rng.integers(1, 3)]
        # Each circle has another tone; large ones are never quite dark.
        step = spacing * (1 + 3.5 * (rng.beta(0.7, 0.9) * contrast) ** 1.5 + 0.02 * radius)
        svg.circle(x, y, radius, pen=pen)
        if rng.random() < fill:
            for ring in np.arange(radius - step, 0.4 * step, -step):
                svg.circle(x, y, ring, pen=pen)
        elif radius > step:
            svg.hatch(circle(x, y, radius - 0.3), step, angle=45 * rng.integers(4), pen=pen)
