"""Chladni figures: where the sand lies still on a plate that sings."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import as_on_a4, polar, rectangle, stippled
from drawscape.geometry.lines import Floats, Points
from drawscape.sketches import KILN, Frame, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

GRAIN_MM = 0.32
"""Radius of the circle that the pen draws for a grain; down to 0.2 where a plate is small."""

MOST = 7500
"""Grains that a sheet has at most."""

ROUNDS = 8
"""Of spreading the grains; small plates, of which there are many, need fewer."""


@sketch
def chladni(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(1, 5, "Plates side by side")] = 1,
    pitch: Annotated[int, Slider(3, 16, "How high the plates sing")] = 10,
    grains: Annotated[int, Slider(200, 9000, "Grains of sand on A4")] = 4000,
    palette: Palette = "as designed",
) -> Steps:
    """A plate that sings a chord of two notes: sand on the still lines.

    After E. F. F. Chladni, "Entdeckungen über die Theorie des Klanges" (1787). Each note is a wave
    cos(m x) cos(n y) ± cos(n x) cos(m y). Grains are spread as Adrian Secord's
    stipples (2002). One plate is as large as the page.
    """
    frame = svg.frame
    palette = choose_inks(svg, palette, "kiln", "tide")
    draw = partial(in_pens, palette=palette, pens=KILN[:2], width=(0.3, 0.6))
    columns = round(columns * choose(svg, "plates", {"one": 1, "several": 2}))
    pitch = max(3, round(pitch * choose(svg, "pitch", {"low": 0.45, "middling": 0.8, "high": 1.2})))
    gap = 0.06 * frame.short if columns > 1 else 0.0
    wide = (frame.width + gap) / columns - gap
    rows = max(1, round((frame.height + gap) / (wide + gap))) if columns > 1 else 1
    tall = (frame.height + gap) / rows - gap
    grain = np.clip(0.0019 * min(wide, tall), 0.2, GRAIN_MM)
    finer = GRAIN_MM / grain
    inset = grain + 0.5  # so that no grain touches the rim, which the rings meet
    sand, plates = [], []
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        x0, y0 = frame.x0 + column * (wide + gap), frame.y0 + row * (tall + gap)
        plate = Frame(x0, y0, x0 + wide, y0 + tall)
        plates.append(rectangle(plate))
        box = plate.inset(inset)
        density = _sand(rng, pitch, 1.4 * finer, wide, tall)
        # Where few lines are still, there is room for fewer grains.
        room = finer**2 * np.mean(density) * wide * tall / 0.9
        wanted = min(finer**1.5 * as_on_a4(grains, box), room)
        # On large pages grains are larger, not more: each is a lift of the pen.
        count = int(min(wanted, MOST / (rows * columns)))
        size = grain * np.sqrt(wanted / max(count, 1))
        points = np.empty((0, 2))
        for done, points in stippled(rng, density, box, count, max(3, ROUNDS // columns)):
            share = (number + done) / (rows * columns)
            yield share, partial(draw, parts=[_circles(points, size)])
        sand.append(_circles(points, size))
    draw(svg, parts=[np.concatenate(sand), plates])


def _sand(rng: Rng, pitch: int, sharpness: float, wide: float, tall: float) -> Floats:
    """Return how much sand lies, 0 to 1, at four samples a millimetre."""
    samples = np.linspace(0, np.pi, int(np.clip(4 * max(wide, tall), 60, 300)))
    x, y = np.meshgrid(samples, samples)
    # Half waves by the length of both sides; all odd, or all even, so that the figure is symmetric.
    stretch, odd = (wide / tall) ** 0.5, rng.integers(0, 2, 2)
    wave = np.zeros(x.shape)
    for weight, note in ((1.0, pitch), (rng.uniform(0.5, 0.9), rng.uniform(0.5, 0.8) * pitch)):
        m, n = rng.permutation([rng.uniform(0.2, 0.7) * note, note])
        for p, q, sign in ((m, n, 1), (n, m, rng.choice([-1, 1]))):
            across = 2 * round((p * stretch - odd[0]) / 2) + odd[0]
            down = 2 * round((q / stretch - odd[1]) / 2) + odd[1]
            wave += weight * sign * np.cos(across * x) * np.cos(down * y)
    slope = np.hypot(*np.gradient(wave, samples[1]))
    # Value over slope is the distance to the still line; where lines cross both vanish.
    off = wave / np.hypot(slope, 0.25 * pitch)
    steep = 1.3 * sharpness * (wide * tall) ** 0.5 / pitch
    return np.asarray(np.exp(-1.8 * np.abs(off * steep)))


def _circles(points: Points, radius: float) -> Points:
    """Return a small circle, (9, 2), at each of the points."""
    ring = polar(radius, np.linspace(0, 2 * np.pi, 9))
    ring[-1] = ring[0]
    return points[:, None] + ring
