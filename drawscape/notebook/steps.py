"""How far one notch of a slider goes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

FEWEST_STOPS = 80
"""Fewer, and a value between two notches is missed; a slider is some 300 pixels long."""

FINEST_DIGITS = 4
"""How far below the range's own size a notch may go to land on an odd default."""


def slider_step(low: float, high: float, *landmarks: float) -> float:
    """Return the coarsest of 1, 2, 5 x 10^k with at least 80 stops from `low` to `high`.

    It lands on `high` and on every landmark (a default, say); where none does, the finest tried is
    returned. `low` < `high`.
    """
    start = Decimal(str(low))
    goals = [Decimal(str(value)) - start for value in (high, *landmarks)]
    step = Decimal(1)
    for step in _nice_steps(goals[0] / FEWEST_STOPS):
        if all(goal % step == 0 for goal in goals):
            break
    return float(step)


def decimals(step: float) -> int:
    """Return how many digits after the point a multiple of `step` needs."""
    exponent = Decimal(str(step)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _nice_steps(widest: Decimal) -> Iterator[Decimal]:
    """Yield 1, 2, 5 x 10^k from `widest` downwards."""
    largest = widest.adjusted()
    for exponent in range(largest, largest - FINEST_DIGITS - 1, -1):
        for digit in (5, 2, 1):
            step = Decimal(digit).scaleb(exponent)
            if step <= widest:
                yield step
