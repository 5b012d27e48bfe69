"""What the tests of the sketches share."""

from typing import Annotated

import pytest
from annotated_types import Interval, doc


@pytest.fixture
def rings():
    """A sketch as a user writes it, not in the library."""

    def rings(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50), doc("Rings")] = 5):
        """Rings about the middle, each off by chance."""
        for ring in range(count):
            x, y = rng.normal(0, 1, 2)
            svg.circle(svg.frame.cx + x, svg.frame.cy + y, svg.frame.short / 2 / (ring + 2))

    return rings
