"""Rings on water, met by the rings of other drops."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc


def ripples(
    svg,
    rng,
    *,
    rings: Annotated[int, Interval(ge=3, le=120), doc("How many rings")] = 48,
    drops: Annotated[int, Interval(ge=1, le=12), doc("Other drops that fell")] = 6,
    push: Annotated[float, Interval(ge=0, le=1), doc("How far they push the rings")] = 0.5,
):
    """Rings on water, met by the rings of other drops."""
    frame = svg.frame
    middle = np.array([frame.cx, frame.cy])
    angle = np.linspace(0, 2 * np.pi, 181)
    spokes = np.column_stack([np.cos(angle), np.sin(angle)])
    fallen = middle + rng.uniform(-0.6, 0.6, (drops, 2)) * [frame.width, frame.height]
    gap = frame.short / 2 / (rings + 1)
    for number in range(1, rings + 1):
        circle = middle + number * gap * spokes
        away = np.linalg.norm(circle[:, None] - fallen, axis=2)
        wave = (np.cos(away / gap / 2) * np.exp(-5 * away / frame.short)).sum(axis=1)
        svg.polyline(circle + (4 * push * gap * wave)[:, None] * spokes)
        yield number / rings
