"""Random numbers, noise and interpolation of a canvas."""

from collections.abc import Sequence
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from drawscape.drawing.values import finite
from drawscape.errors import CanvasError
from drawscape.geometry.noise import Noise

T = TypeVar("T")

# Separates a canvas's random numbers from a sketch's `rng`, which uses only the seed.
_CANVAS = int.from_bytes(b"canvas")

# Noise is 0 at whole numbers, so a missing coordinate is between them.
_BETWEEN = 0.37


class RandomNumbers:
    """Random numbers and noise that a seed restarts; the same seed gives the same numbers."""

    def __init__(self) -> None:
        self.random_seed(0)

    def random_seed(self, seed: int) -> Self:
        """Restart the canvas's random numbers and its noise; without it the seed is 0.

        Raises CanvasError for a seed that is not a whole number from 0 up.

        >>> svg.random_seed(7).random() == svg.random_seed(7).random()
        True
        """
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise CanvasError(f"random_seed({seed!r}): give a whole number, 0 or more")
        own = np.random.SeedSequence((seed, _CANVAS)).generate_state(1, np.uint64)
        self._noise_seed = int(own[0])
        self.rng = np.random.default_rng(self._noise_seed)
        self._undealt, self._dealt = int(seed), (0, 0)
        self._noise: Noise | None = None
        return self

    def random(self, low: float = 1.0, high: float | None = None) -> float:
        """Return a random number from 0 to `low`, or from `low` to `high`.

        Raises CanvasError for a bound that is not a finite number.

        >>> 0 <= svg.random(10) < 10 <= svg.random(10, 20) < 20
        True
        """
        begin, end = 0.0, finite("low", low)
        if high is not None:
            begin, end = end, finite("high", high)
        return float(self.lerp(begin, end, self.rng.random()))

    def random_gauss(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """Return a random number of a normal distribution.

        >>> [round(svg.random_gauss(50, 10)) for _ in range(3)]
        [47, 41, 47]
        """
        return float(self.rng.normal(mean, deviation))

    def random_choice(self, values: Sequence[T]) -> T:
        """Return one of `values`; raise CanvasError when they are empty.

        >>> svg.random_choice(["A4", "A5"]) in ("A4", "A5")
        True
        """
        if not len(values):
            raise CanvasError("random_choice() of nothing; give one value at least")
        return values[int(self.rng.integers(len(values)))]

    def deal(self, values: Sequence[T]) -> T:
        """Return one of `values`, dealt by the seed: 0 gets the first, and seeds in a row take turns.

        After deals of 2, 3 and 4 values, 24 seeds in a row have each combination once. Raises
        CanvasError when the values are empty.

        >>> [svg.random_seed(seed).deal("ABC") for seed in range(5)]
        ['A', 'B', 'C', 'A', 'B']
        """
        if not len(values):
            raise CanvasError("deal() of nothing; give one value at least")
        self._undealt, digit = divmod(self._undealt, len(values))
        # With only digits of the seed, neighbours would get the same second value. So the last two deals are
        # added: with only the last, two successive deals of as many values would always be alike.
        before, last = self._dealt
        self._dealt = last, (before + last + digit) % len(values)
        return values[self._dealt[1]]

    def noise(self, x: ArrayLike, y: ArrayLike | None = None, z: ArrayLike | None = None) -> Any:
        """Return smooth noise, -1 to 1, along a line, over a plane or in space; arrays give arrays.

        It is Perlin's (2002); features are about one unit wide, so scale its arguments.

        >>> heights = 50 + 20 * svg.noise(np.linspace(0, 4, 100))
        >>> svg.polyline(np.linspace(0, 100, 100), heights)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        self._noise = self._noise or Noise(self._noise_seed)
        place: list[Any] = [x, _BETWEEN if y is None else y]
        place += [] if z is None else [z]
        if all(isinstance(coordinate, (int, float)) for coordinate in place):
            return self._noise.perlin_at(*place)
        value = self._noise.perlin(*place)
        return float(value) if np.ndim(value) == 0 else value

    def lerp(self, begin: Any, end: Any, amount: Any) -> Any:
        """Return the value at `amount`, 0 to 1, of the way from `begin` to `end`; numbers or arrays.

        >>> svg.lerp(10, 20, 0.25)
        12.5
        """
        return begin + (end - begin) * amount

    def map(
        self,
        value: Any,
        from_low: float,
        from_high: float,
        to_low: float,
        to_high: float,
        *,
        clamp: bool = False,
    ) -> Any:
        """Return `value` of one range mapped to another, and limited to it if `clamp`.

        Raises CanvasError for a range without extent.

        >>> svg.map(0.5, -1, 1, 0, 100)
        75.0
        """
        if from_low == from_high:
            raise CanvasError(f"map: the range from {from_low!r} to {from_high!r} has no extent")
        share = (value - from_low) / (from_high - from_low)
        if clamp:
            share = np.clip(share, 0.0, 1.0)
        mapped = to_low + (to_high - to_low) * share
        return float(mapped) if np.ndim(mapped) == 0 else mapped
