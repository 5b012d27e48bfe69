"""A slider that counts notches, beside a field that holds the number itself.

A browser's slider snaps each number that it is given to its step and sends the snapped one back. This one
carries the number of a notch, which cannot be snapped; what counts is the text in the field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.style import shared_style

FEWEST_STOPS = 80
"""Fewer, and a value between two notches is missed; a slider is some 300 pixels long."""

FINEST_DIGITS = 4
"""How far below the range's own size a notch may go to land on an odd default."""


@dataclass(frozen=True)
class Notches:
    """The numbers on which a slider stops: `low`, `low + step`, ... `high`."""

    low: float
    high: float
    step: float

    @property
    def count(self) -> int:
        """The number of the last notch, the first being 0."""
        return max(1, round((self.high - self.low) / self.step))

    def number(self, notch: int) -> float:
        """Return the number at a notch, with no more digits than the step has."""
        digits = max(decimals(self.step), decimals(self.low))
        return min(round(self.low + notch * self.step, digits), self.high)

    def nearest(self, number: float) -> int:
        """Return the notch nearest to `number`."""
        return min(max(round((number - self.low) / self.step), 0), self.count)


class Slider:
    """A slider with a field; `field.value` is the text of the number."""

    def __init__(self, notches: Notches, start: float, *, whole: bool, **options: Any) -> None:
        self._notches, self._whole = notches, whole
        self.slider = widgets.IntSlider(
            value=notches.nearest(start), min=0, max=notches.count, readout=False, **options
        )
        label = {**options, "description": "", "placeholder": options["description"]}
        label["style"] = shared_style(widgets.Text)
        self.field = widgets.Text(value=number_text(start), continuous_update=False, **label)
        self.field.add_class("drawscape-number")
        self._by_hand = True
        self.slider.observe(self._slid, names="value")
        self.field.observe(self._typed, names="value")

    @property
    def notches(self) -> Notches:
        """Where the slider stops."""
        return self._notches

    def write(self, number: float) -> None:
        """Show `number`, to the last bit."""
        self.field.value = number_text(number)

    def move(self, notch: int) -> None:
        """Show the number at `notch`, as a hand on the slider does."""
        number = self._notches.number(notch)
        self.write(round(number) if self._whole else number)

    def _slid(self, change: Any) -> None:
        if self._by_hand:
            self.move(change["new"])

    def _typed(self, _change: Any) -> None:
        try:
            notch = self._notches.nearest(float(self.field.value))
        except (ValueError, OverflowError):
            return  # the field says what is wrong
        self._by_hand = False
        try:
            self.slider.value = notch
        finally:
            self._by_hand = True


def number_text(number: float) -> str:
    """Return the shortest text that reads as exactly that number: '1.25', '45'."""
    return repr(number).removesuffix(".0")


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
