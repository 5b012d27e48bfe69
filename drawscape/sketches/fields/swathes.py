"""Swathes: broad and narrow strips that follow a wind and never cross."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Noise, beside, clamped, depth_in, polar
from drawscape.geometry.lines import Flags, Floats, Ints, Points
from drawscape.sketches import KILN, Fraction, Palette, Rng, Slider, Steps, in_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.svg_builder import Frame, SVGBuilder

STEP_MM = 1.2
"""Along a swathe: a bend of a few millimetres is round then."""

CELL_MM = 0.5
"""Of the grid that remembers where there is ink."""

WEIGHTS = (0.38, 0.24, 0.18, 0.12, 0.08)
"""How often each ink is taken: one leads, one is an accent."""

STARTS = 220
"""Places tried for each width."""


@sketch
def swathes(
    svg: SVGBuilder,
    rng: Rng,
    *,
    broadest: Annotated[float, Slider(0.02, 0.2, "Widest, part of the page")] = 0.1,
    variety: Annotated[float, Slider(1, 30, "Broadest over narrowest")] = 20.0,
    turns: Annotated[float, Slider(0, 2, "How far the wind turns, in turns")] = 0.6,
    room: Annotated[Fraction, "Part of the page left white"] = 0.2,
    gap: Annotated[float, Slider(0.5, 4, "In mm, between swathes")] = 1.1,
    spacing: Annotated[float, Slider(0.5, 2.5, "Lines within a swathe, in mm")] = 0.75,
    palette: Palette = "as designed",
) -> Steps:
    """Strips of heavy-tailed widths along one wind, none across another, each hatched along itself.

    In homage to Tyler Hobbs' Fidenza (2021), from his essay on flow fields (2020). Few shapes are
    large and many are small, none touches another, and space is left.
    """
    frame, noise = svg.frame, Noise(rng)
    draw = partial(in_pens, palette=palette, pens=KILN)
    heading = rng.uniform(0, 2 * np.pi)
    turns *= choose(svg, "wind", {"straight": 0.15, "bent": 1.0, "whirling": 2.0})
    broadest *= choose(svg, "strips", {"thin": 0.45, "mixed": 1.0, "broad": 1.7})
    room = min(0.75, room * choose(svg, "white", {"little": 0.5, "much": 2.2}))

    def wind(at: Points) -> Floats:
        u, v = ((at - frame.middle) / frame.short).T
        return heading + 2 * np.pi * turns * noise.fractal(u, v, octaves=2, gain=0.25)

    taken = np.zeros([int(side / CELL_MM) + 2 for side in frame.size], dtype=bool)
    inked = [list[Points]() for _ in KILN]
    # Each width is rarer than the next one; the last are the narrowest.
    widths = broadest * frame.short * np.geomspace(1, 1 / variety, 22)
    for number, width in enumerate(np.maximum(widths, 1.6 * spacing).tolist()):
        starts = rng.uniform(frame[:2], frame[2:], (STARTS, 2))
        steps, halves = max(2, int(rng.uniform(0.5, 1.3) * frame.long / STEP_MM)), []
        # Lines along the wind both ways from their starts.
        for way in (-1, 1):
            at, line = starts, []
            for _ in range(steps // 2):
                at = at + way * STEP_MM * polar(1.0, wind(at))
                line.append(at)
            halves.append(line[::way])
        spines = np.stack([*halves[0], starts, *halves[1]], axis=1)
        # Every width has its share of the page, or the broad ones would leave none to the narrow.
        most = (1 - room) * (0.5 + 0.5 * (number + 1) / len(widths))
        for spine in spines:
            if taken.mean() > most:
                break
            kept = _claimed(frame, taken, spine, width, gap)
            if kept is not None:
                pen = rng.choice(len(KILN), p=WEIGHTS)
                step = spacing * (1.0 if rng.random() < 0.7 else 2.2)
                # Lines along it, every second one back, and its two ends.
                off = np.linspace(-width / 2, width / 2, max(2, round(width / step) + 1))
                # Cut where it turns, a strip ends at a slightly other angle.
                lines = clamped(frame, beside(kept, off[:, None]))
                # To and fro: every other line is drawn backward.
                inked[pen] += [line[::-1] if k % 2 else line for k, line in enumerate(lines)]
                inked[pen] += [lines[[0, -1], 0], lines[[0, -1], -1]]
        yield (number + 1) / len(widths), partial(draw, parts=inked)
    draw(svg, parts=inked)


def _claimed(frame: Frame, taken: Flags, spine: Points, width: float, gap: float) -> Points | None:
    """Return the part of `spine` about its middle that has room for a swathe, which takes it; or None."""

    def cells(places: Points) -> tuple[Ints, Ints]:
        x, y = np.moveaxis((places - frame[:2]) / CELL_MM, -1, 0).astype(np.int64)
        return np.clip(x, 0, len(taken) - 1), np.clip(y, 0, taken.shape[1] - 1)

    half = width / 2
    across = np.linspace(-half - gap, half + gap, max(3, int((width + 2 * gap) / CELL_MM * 1.5)))
    places = beside(spine, across[:, None])
    strip = places[np.abs(across) <= half]
    # A swathe may come near its own way, not where another lies; and it stays on the page.
    free = ~taken[cells(strip)].any(axis=0) & (depth_in(frame, strip) > 0).all(axis=0)
    # Where the way bends more sharply than the strip is broad, its inner edge would run backward.
    free[1:] &= (np.diff(strip[[0, -1]], axis=1) * np.diff(spine, axis=0)).sum(axis=2).min(
        axis=0
    ) > 0
    ends, middle = np.flatnonzero(np.concatenate([[True], ~free, [True]])) - 1, len(spine) // 2
    first, last = ends[ends <= middle][-1] + 1, ends[ends >= middle][0]
    if (last - first) * STEP_MM < max(2.2 * width, 12):
        return None
    here, there = places[:, first : last - 1], places[:, first + 1 : last]
    for share in (0.0, 0.33, 0.67):
        taken[cells(here * (1 - share) + there * share)] = True
    short = max(1, round(gap / STEP_MM))  # its ends keep the gap, too
    return spine[first + short : last - short]
