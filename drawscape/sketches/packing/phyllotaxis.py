"""Phyllotaxis: florets placed by the golden angle."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Floats, Lines, as_on_a4, polar, rectangle, thinned
from drawscape.geometry.clip import pieces_in, visible
from drawscape.geometry.thinning import van_der_corput
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

Floret = Literal["petal", "circle", "diamond", "leaf"]

SMALLEST_MM = 0.9
"""Florets narrower than this would close up under a 0.3 mm pen."""

MOST = 4000
"""More take longer than five seconds to hide each other."""

RING_MM = 0.75
"""Nearest that two nested outlines come to each other."""


@sketch
def phyllotaxis(
    svg: SVGBuilder,
    rng: Rng,
    *,
    florets: Annotated[int, Slider(20, 3000, "Number of florets on A4")] = 620,
    angle: Annotated[float, Slider(134, 141, "Degrees between florets")] = 137.508,
    growth: Annotated[float, Slider(0.5, 0.9, "Outward; 0.5: none")] = 0.74,
    shape: Annotated[Floret, "Outline of a floret"] = "petal",
    size: Annotated[float, Slider(0.4, 2.2, "Size of a floret in its room")] = 1.5,
    rings: Annotated[int, Slider(1, 12, "Most outlines nested in a floret")] = 9,
    overlap: Annotated[bool, "Let inner florets cover outer ones, as on a dahlia"] = True,
    fill: Annotated[bool, "Fill the whole sheet instead of a disc"] = True,
    palette: Palette = "as designed",
) -> None:
    """A sunflower head: florets at the golden angle, growing outward.

    After H. Vogel, "A better way to construct the sunflower head", Mathematical Biosciences 44
    (1979).
    """
    frame = svg.frame
    # A head that fills the sheet is off its middle, where the seed puts it.
    heart = choose(svg, "heart", {"in the middle": 0.05, "aside": 0.3, "beyond the edge": 0.6})
    off = polar(heart, rng.uniform(0, 2 * np.pi)) * frame.size * fill
    florets = round(florets * choose(svg, "florets", {"many": 1.0, "few": 0.4}))
    palette = choose_inks(svg, palette, "as designed", "plum")
    reach = np.hypot(*(np.abs(off) + frame.size / 2)) if fill else frame.short / 2
    # Florets that would close up under the pen are not drawn at all: there are fewer, not smaller.
    fitting = 2 * np.pi * growth * (reach * size / (1.4 * SMALLEST_MM)) ** 2
    florets = max(20, min(as_on_a4(florets, frame), int(fitting), MOST))
    # The outermost florets lie inside the disc whole: the last centre is a floret further in.
    outer = np.sqrt(2 * np.pi * growth / florets) * size
    radius = reach if fill else reach / (1 + 0.8 * outer)
    k = np.arange(1, florets + 1)
    share = k / florets
    room = radius * outer * share ** (growth - 0.5)
    heading = np.exp(1j * (np.radians(angle) * k + rng.uniform(0, 2 * np.pi)))
    where = complex(*(frame.middle + off)) + radius * share**growth * heading
    # Inks pass into each other floret by floret, by an even lot (van der Corput, 1935).
    pens = np.clip(np.floor(4.4 * share**growth - 0.6 + van_der_corput(k)), 0, 2)
    unit, apart = _unit(shape), max(RING_MM, frame.short / 214)
    nested = np.clip((room * np.max(unit.imag) / apart).astype(int), 1, rings)
    nested[room < SMALLEST_MM] = 0
    owner = np.repeat(np.arange(florets), nested)
    inner = np.arange(len(owner)) - np.repeat(np.cumsum(nested) - nested, nested)
    outlines = (room * heading)[owner] * (1 - inner / nested[owner])
    outlines = where[owner, None] + outlines[:, None] * unit
    lines = Lines.of(outlines)
    if overlap and len(lines):
        # The first outline of a floret is its rim, behind which those farther out vanish.
        rims = np.flatnonzero(inner == 0)
        lines, source = visible(lines, -owner, [lines[rim] for rim in rims.tolist()], -owner[rims])
        owner = owner[source]
    # A sheet that is filled cuts the outermost.
    lines, source = pieces_in(lines, rectangle(frame))
    pen = pens[owner[source]]
    parts = [thinned(lines.take(pen == number), most=0.5) for number in range(3)]
    in_pens(svg, palette, ["#c9922e", "#c2453a", "#7d1f2b"], parts)


def _unit(shape: Floret) -> Floats:
    """Return a closed outline of about one unit across as complex numbers, its tip along +x."""
    t = np.linspace(0.0, 2 * np.pi, 5 if shape == "diamond" else 33)
    x, y = np.cos(t), np.sin(t)
    if shape == "petal":  # round outside, pointed towards the centre
        y = 0.58 / 0.66 * y * np.sqrt((1 + x) / 2 + 0.03)
    elif shape == "leaf":
        y = 0.42 / 0.66 * y * np.abs(y) ** 0.6
    elif shape == "diamond":
        y = 0.8 * y
    outline = (0.47 if shape == "circle" else 0.66) * (x + 1j * y)
    outline[-1] = outline[0]
    return np.asarray(outline)
