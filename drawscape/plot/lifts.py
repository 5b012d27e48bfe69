"""The pen lifts of AxiDraws and NextDraws, and their times."""

from dataclasses import dataclass
from typing import NamedTuple

UP_PERCENT, DOWN_PERCENT = 60.0, 30.0
"""Heights of the pen, of the servo's range."""
LOW = 0.6
"""Part of the way up that is enough for a short hop; the pen meets the paper in the lower half."""
_TOUCH = 0.5
_UP_RATE, _DOWN_RATE = 75.0, 50.0  # percent, as the board is set


class LiftTimes(NamedTuple):
    """Seconds that a pen takes to leave the paper, and to come down again.

    It stays above the paper for the first `early_s` of its way down, if it was fully up before. For `begin_s`
    of these it does not move.
    """

    raise_s: float
    lower_s: float
    early_s: float = 0.0
    begin_s: float = 0.0


@dataclass(frozen=True)
class Lift:
    """A servo's pin, its output at 0 and 100 %, and its time: ms at once, and ms a percent.

    Source: evil-mad's public configuration of AxiDraw and NextDraw.
    """

    pin: int
    lowest: int
    highest: int
    begin_ms: float
    percent_ms: float

    def output(self, percent: float) -> int:
        """Return the servo's output for a height in percent."""
        return round(self.lowest + (self.highest - self.lowest) * percent / 100)

    def times(self, way: float, part: float = 1.0) -> LiftTimes:
        """Return the times of a pen with a `way` in percent between its heights, lifted `part` of it."""
        early_ms = self.begin_ms + self.percent_ms * way * (part - _TOUCH)
        return LiftTimes(
            self._seconds(way * _TOUCH, _UP_RATE),
            self._seconds(way * part, _DOWN_RATE),
            early_ms / 1000,
            self.begin_ms / 1000,
        )

    def _seconds(self, way: float, rate: float) -> float:
        """Return how long the pen takes for a way in percent, at a rate in percent; AxiDraw's own formula."""
        servo_ms = self.begin_ms + self.percent_ms * way
        ramp_ms = 200 * way / rate
        return float((servo_ms**4 + ramp_ms**4) ** 0.25 / 1000)


LIFTS = {
    "standard": Lift(1, 9855, 27831, 45.0, 2.69),
    "brushless": Lift(2, 5400, 12600, 20.0, 1.28),
}
