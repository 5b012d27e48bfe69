"""A colored picture as so much ink of each pen."""

from collections.abc import Sequence

import numpy as np

from drawscape.drawing.color import rgb
from drawscape.drawing.paper import WARM_WHITE
from drawscape.geometry.lines import Floats

ROUNDS = 40
"""Of finding each ink's part with the others as they are: later ones change less than a hundredth."""


def separate(
    picture: Floats,
    pens: Sequence[str],
    *,
    paper: str = WARM_WHITE,
    black: float = 0.6,
    limit: float = 2.0,
) -> Floats:
    """Return which part of the paper each pen covers, (pens, R, C) from 0 to 1, to mix `picture`.

    `picture` is (R, C, 3), sRGB from 0 to 1; `pens` are the colors of inks that are glazes over `paper`.
    Screens that cross at random overlap as chance has it (E. Demichel, 1924): each ink multiplies the
    light by 1 - part * (1 - its color). The parts are found one after the other, by least squares.
    `black` is how much of the dark the darkest pen takes first; `limit` is the most that all may add
    up to. Raises PlotError for a color that is not known.

    >>> grey = np.full((1, 1, 3), 0.5)
    >>> separate(grey, ["black"], paper="white", black=1.0).round(2).tolist()  # half the light is 0.21
    [[[0.79]]]
    """
    light = np.array([linear(np.array(rgb(color)) / 255) for color in pens])
    blank = linear(np.array(rgb(paper)) / 255)
    wanted = np.clip(linear(picture) / blank, 0, 1)
    absorbed = 1 - np.clip(light / blank, 0, 1)
    parts = np.zeros((len(pens), *picture.shape[:2]))
    darkest = int(np.argmin(light.sum(axis=1)))
    # The darkest pen keeps to what it takes first: what colors have in common.
    fixed = 1 - wanted.max(axis=-1)
    parts[darkest] = black * np.clip(fixed / absorbed[darkest].mean(), 0, 1)
    for round_ in range(ROUNDS):
        for pen in range(len(pens)):
            others = np.ones_like(wanted)
            for other in range(len(pens)):
                if other != pen:
                    others *= 1 - parts[other, ..., None] * absorbed[other]
            slope = others * absorbed[pen]
            best = (slope * (others - wanted)).sum(axis=-1) / np.maximum(
                (slope**2).sum(axis=-1), 1e-9
            )
            if pen != darkest or round_ >= ROUNDS // 2:
                parts[pen] = np.clip(best, 0, 1)
    total = parts.sum(axis=0)
    return np.asarray(parts * np.minimum(1, limit / np.maximum(total, 1e-9)))


def linear(color: Floats) -> Floats:
    """Return how much light an sRGB color, 0 to 1, sends (IEC 61966-2-1)."""
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
