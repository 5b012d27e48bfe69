"""Drawings as a worker's child makes them."""

import pytest

from drawscape.catalogue import find
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg

SMALL = {"width": 60, "height": 80}


@pytest.fixture
def drawn(home):
    """Draw as the task does, and return the drawing from the catalogue."""

    def drawn(sketch="spiral", **options):
        if isinstance(sketch, str):
            return find(generate_complex_svg(**{**SMALL, "pattern_type": sketch, **options}))
        return find(draw_function_svg(sketch, **{**SMALL, **options}))

    return drawn
