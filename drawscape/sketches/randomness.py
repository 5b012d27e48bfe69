"""The random numbers that a sketch is handed: one stream, and others by name beside it."""

from __future__ import annotations

import hashlib

import numpy as np


class Randomness(np.random.Generator):
    """A numpy Generator for `seed` that has named streams.

    By itself it gives the numbers of `numpy.random.default_rng(seed)`. What a named stream gives depends on
    the seed and its name alone, so that drawing more from one changes nothing of another:

        at = rng.stream('layout').uniform(0, 100, (n, 2))
        ink = rng.stream('colour').choice(pens, n)
    """

    def __init__(self, seed: int) -> None:
        super().__init__(np.random.PCG64(seed))
        self._seed = seed

    def stream(self, name: str) -> Randomness:
        """Return the stream called `name` of this seed, from its start."""
        digest = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=16).digest()
        return Randomness(int.from_bytes(digest, "big"))
