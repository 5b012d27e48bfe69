"""Every sketch against a golden SVG in `tests/golden`, at its defaults and, at night, with another seed.

What is compared stands in `tests/golden_support.py`. After a change that is meant:

pytest tests/sketches/test_golden.py --regenerate-golden -m "slow or not slow"

and look at what changed: each file opens in a browser after `gunzip`.
"""

import numpy as np
import pytest
from golden_support import FOLDER, HEAVY, compared, differences, layers_of
from support import sampled

from drawscape.sketches import SKETCHES, draw
from drawscape.svg_builder import SVGBuilder

SIZE_MM = 60.0


CHAOTIC = {
    "flow_field", "mesh_hatching", "portrait",
    "stippling", "swathes",
}  # fmt: skip
"""A last digit grows to another drawing here; only what the whole looks like is compared."""


CASES = [
    pytest.param(name, seed, marks=[pytest.mark.slow] if name in HEAVY else [])
    for seed, names in ((0, SKETCHES), (1, sampled(SKETCHES, 4)))
    for name in names
]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_a_sketch_draws_what_its_golden_file_shows(name, seed, request):
    regenerate = request.config.getoption("--regenerate-golden")
    for one in (0, 1) if regenerate else (seed,):
        svg = draw(name, SIZE_MM, SIZE_MM, seed=one)
        file = FOLDER / f"{name}-{one}.svg.gz"
        assert not compared(file, svg, regenerate=regenerate, loosely=name in CHAOTIC)


def test_there_is_no_golden_file_of_a_sketch_that_is_gone():
    names = {file.name.rpartition("-")[0] for file in FOLDER.glob("*.svg.gz")}
    assert names == set(SKETCHES)


def test_the_comparison_sees_a_moved_point_a_lost_line_and_another_pen():
    def layers(name, **values):
        return layers_of(draw(name, SIZE_MM, SIZE_MM, **values))

    assert differences(layers("truchet"), layers("schotter"), loosely=True)
    assert differences(layers("truchet"), layers("truchet", tiles=12), loosely=True)
    svg = draw("schotter", SIZE_MM, SIZE_MM, accent=0)
    (pen, lines), golden = svg.layers()[0], layers_of(svg)

    def seen(drawn=lines, color=pen.color, width=pen.width):
        other = SVGBuilder(SIZE_MM, SIZE_MM)
        with other.layer(pen.name, color=color, width=width):
            other.polylines(drawn)
        return len(differences(golden, layers_of(other)))

    moved = lines.points.copy()
    moved[0] += (0, 0.03)
    assert seen(lines.with_points(moved)) == seen(lines.take(np.arange(len(lines) - 1))) == 1
    assert seen(color="red") == seen(width=0.5) == 1
    assert seen(lines.with_points(lines.points + 1e-9)) == 0
