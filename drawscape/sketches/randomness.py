"""The random numbers that a sketch is handed: one stream, and others by name beside it."""

import hashlib
from collections.abc import Mapping

import numpy as np


class Randomness(np.random.Generator):
    """A numpy Generator for `seed` that has named streams.

    By itself it gives the numbers of `numpy.random.default_rng(seed)`. What a named stream gives depends on
    the seed and its name alone, so that drawing more from one changes nothing of another:

        at = rng.stream('layout').uniform(0, 100, (n, 2))
        ink = rng.stream('colour').choice(pens, n)

    `streams` holds seeds of their own for some of them, by name: another colour, the same layout.
    """

    def __init__(self, seed: int, streams: Mapping[str, int] | None = None) -> None:
        super().__init__(np.random.PCG64(seed))
        self._seed, self._streams = seed, dict(streams or {})

    def stream(self, name: str) -> "Randomness":
        """Return the stream called `name` of this seed, from its start."""
        seed = self._streams.get(name, self._seed)
        digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        return Randomness(int.from_bytes(digest, "big"))
