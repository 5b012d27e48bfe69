"""Isolines: a survey map of a country that is not there."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, Noise, contours_by_level, distance_contours
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose


@sketch
def isolines(
    svg: SVGBuilder,
    rng: Rng,
    *,
    levels: Annotated[int, Slider(4, 90, "Number of heights")] = 44,
    hills: Annotated[float, Slider(0.5, 8, "Hills along the shorter side")] = 1.9,
    roughness: Annotated[float, Slider(0, 0.6, "How much finer detail")] = 0.3,
    fold: Annotated[Fraction, "How far the land is pushed sideways into folds"] = 0.4,
    sea: Annotated[float, Slider(0, 0.9, "Part of the page under water")] = 0.3,
    index: Annotated[int, Slider(0, 10, "Every which line is broad; 0: none")] = 5,
    palette: Palette = "as designed",
) -> None:
    """Contour lines of folded hills, with water lines along the shore.

    Contours as on survey maps since Charles Hutton (1774); the folding is domain warping after
    Inigo Quilez (2002).
    """
    frame = svg.frame
    hills *= choose(svg, "hills", {"broad": 0.55, "middling": 1.0, "close": 1.7})
    sea = min(0.9, sea * choose(svg, "sea", {"inlets": 0.4, "bays": 1.2, "islands": 2.2}))
    # A country on a grid of about 0.7 mm, pushed sideways.
    counts = np.maximum(40, frame.size / max(0.7, frame.long / 420)).astype(int)
    x, y = map(np.linspace, frame[:2], frame[2:], counts)
    u, v = np.meshgrid((x - frame.x0) / frame.short * hills, (y - frame.y0) / frame.short * hills)
    noise = Noise(rng)
    bent_u = u + fold * noise.perlin(u * 0.8 + 31.4, v * 0.8)
    bent_v = v + fold * noise.perlin(u * 0.8, v * 0.8 + 47.1)
    z = noise.fractal(bent_u, bent_v, octaves=5, gain=max(roughness, 0.01))
    shore = np.quantile(z, sea) - 1e-9
    top = np.max(z)
    step = np.hypot(*np.gradient(z, y, x))
    # On the steepest tenth of the land lines come no nearer than 0.7 mm, or more if many are broad.
    steep = np.quantile(step[z >= shore], 0.9)
    nearest = max(0.7, 0.55 + 0.75 / index) if index else 0.7
    count = int(np.clip((top - shore) / (nearest * steep + 1e-12), 2, levels))
    heights = shore + (top - shore) * np.arange(count) / count
    thin = contours_by_level(z, heights, frame)
    number = np.repeat(np.arange(count), [len(level) for level in thin])
    bold = number % index == 0 if index else number < 0
    parts = [Lines.join(thin).take(chosen) for chosen in (~bold, bold)]
    parts = [lines.longer_than(frame.short / 60) for lines in parts]
    # The first near the shore, then ever farther apart.
    off = max(1.1, frame.short / 165) * np.cumsum(1.22 ** np.arange(9))
    parts.append(distance_contours(z < shore, off, frame).longer_than(frame.short / 30))
    pens = {"contours": "#3d2b1f", "index contours": "#3d2b1f", "water": "#2a5b8c"}
    in_pens(svg, palette, pens, parts, width=(0.25, 0.6, 0.3))
