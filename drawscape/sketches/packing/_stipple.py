"""Points spread so that their density follows a tone."""

from collections.abc import Iterator

import numpy as np

from drawscape.geometry.lines import Floats, Points
from drawscape.geometry.regions import Area
from drawscape.geometry.voronoi import relax, scatter


def stippled(
    rng: np.random.Generator, dark: Floats, area: Area, count: int, rounds: int
) -> Iterator[tuple[float, Points]]:
    """Yield, round by round, the share done and `count` points that lie ever more evenly.

    `dark` is (R, C) from 0, laid over `area`: points are as dense as it is dark (A. Secord,
    "Weighted Voronoi stippling", 2002).
    """
    points = scatter(rng, count, area, density=dark)
    for round_ in range(rounds):
        points = relax(points, area, iterations=1, density=dark)
        yield (round_ + 1) / rounds, points
