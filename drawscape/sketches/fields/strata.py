"""Strata: a land of short strokes, layer upon layer."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Noise, as_on_a4, cartesian, clip_to_rectangle, polar
from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

MOST_INK = 8700.0
"""So many runs of strokes of 1 mm: they cover half of the paper."""


@sketch
def strata(
    svg: SVGBuilder,
    rng: Rng,
    *,
    layers: Annotated[int, Slider(4, 40, "Layers from the sky to the ground")] = 17,
    strokes: Annotated[int, Slider(300, 3200, "Runs of strokes on A4")] = 2300,
    length: Annotated[float, Slider(0.4, 8, "Of a stroke, in mm")] = 2.2,
    palette: Palette = "as designed",
) -> None:
    """A land of tens of thousands of short strokes: each layer with its inks, its slant and its density.

    In homage to Matt DesLauriers' Meridian (2021), where layers of brushed lines make the land. Here a
    run is many strokes in one, to and fro, so that the pen is lifted once for a dozen of them.
    """
    frame = svg.frame
    noise = Noise(rng)
    # Far layers are thin and crowd under the sky, near ones are broad.
    edge = np.cumsum(rng.uniform(0.4, 1.6, layers) * np.linspace(0.5, 1.5, layers))
    edge = np.append(0, edge) / edge[-1]
    areas = np.diff(edge)
    # As dense on any page as on A4, where the strokes are counted; finer on a small page.
    # Longer strokes are fewer, or they would run together.
    fine = np.clip(frame.short / 180, 0.6, 1)
    length *= fine
    strokes = as_on_a4(min(int(strokes / fine), int(MOST_INK / length**1.7)), frame)
    # An ink or two lead in each layer. Calm layers lie between busy ones, and the ground is heavier;
    # a layer of one ink with more strokes than 1.05 times its part would blot.
    heavy = rng.dirichlet(np.full(5, 0.25), layers) + 0.02
    density = rng.uniform(0.25, 1.1, layers) ** 2 * np.linspace(0.7, 1.3, layers)
    density = np.minimum(density * 0.82 / (areas @ density), 1.05)
    inked = [list[Lines]() for _ in range(5)]
    for layer in range(layers):
        count = max(6, int(strokes * areas[layer] * density[layer]))
        tilt = np.radians(rng.normal(62, 14)) * (1 if rng.random() < 0.8 else -1)
        low, high = edge[layer], edge[layer + 1]
        # Chance alone would heap runs into blots: Martin Roberts' sequence R2 (2018) spreads them.
        u, depth = (np.outer((0.7549, 0.5698), np.arange(count)) + rng.random((2, 1))) % 1
        # Strokes crowd at a layer's lower edge, its shade.
        v = low + (high - low) * depth**0.6
        runs = _runs(rng, noise, frame, u, v, length * rng.uniform(0.6, 1.4), tilt)
        pens = rng.choice(5, count, p=heavy[layer] / heavy[layer].sum())
        for pen in range(5):
            inked[pen].append(runs.take(pens == pen))
    parts = [clip_to_rectangle(Lines.join(runs), *frame).longer_than(0.8) for runs in inked]
    colors = ["#2b3a55", "#b3502f", "#d09a45", "#5c7f7a", "#8a4a55"]
    in_pens(svg, palette, colors, parts)


def _runs(
    rng: Rng, noise: Noise, frame: Frame, u: Floats, v: Floats, length: float, tilt: float
) -> Lines:
    """Return a zigzag along the land for each place: `u` from left to right, `v` from sky to ground."""
    zigs = rng.integers(5, 15, len(u))
    step = np.arange(30)
    # Long strokes lie farther apart, or each run would be a blot.
    apart = 0.5 * max(1.0, length / 3.2) / frame.width
    x = u[:, None] + (step - zigs[:, None]) * apart * rng.uniform(0.8, 1.6, (len(u), 1))
    wide = frame.width / frame.short
    # The sea of the far layers is level, the ground in front is hilly.
    rise = noise.fractal(x * 1.3 * wide + 3, v[:, None] * 2.6 + 0 * x, octaves=3, gain=0.4)
    y = v[:, None] + 0.1 * rise * (0.25 + v[:, None])
    swing = length * rng.uniform(0.5, 1.0, (len(u), 1)) * ((step % 2) - 0.5)
    points = cartesian(x, y) * frame.size + frame[:2] + swing[..., None] * polar(1, -tilt)
    kept = step < 2 * zigs[:, None]
    return Lines.from_counts(points[kept], kept.sum(axis=1))
