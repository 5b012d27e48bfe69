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
from drawscape.svg_builder import Pen, SVGBuilder

SIZE_MM = 60.0


CHAOTIC = {
    "attractor", "curl_noise", "differential_growth", "dla", "flow_field", "portrait",
    "rayhatching", "reaction_diffusion", "stippling", "swathes", "tsp_picture",
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
    maze = layers_of(draw("maze", SIZE_MM, SIZE_MM))
    assert differences(maze, layers_of(draw("schotter", SIZE_MM, SIZE_MM)), loosely=True)
    assert differences(maze, layers_of(draw("maze", SIZE_MM, SIZE_MM, corridors=12)), loosely=True)
    svg = draw("schotter", SIZE_MM, SIZE_MM, accent=0)
    (pen, lines), golden = svg.layers()[0], layers_of(svg)
    one = lines.points.copy()
    one[0] += (0, 0.03)
    for changed_pen, changed in (
        (pen, lines.with_points(one)),
        (pen, lines.take(np.arange(len(lines) - 1))),
        (Pen(pen.name, "red", pen.width), lines),
        (Pen(pen.name, pen.color, 0.5), lines),
    ):
        other = SVGBuilder(SIZE_MM, SIZE_MM)
        with other.layer(changed_pen.name, color=changed_pen.color, width=changed_pen.width):
            other.polylines(changed)
        assert len(differences(golden, layers_of(other))) == 1
    almost = SVGBuilder(SIZE_MM, SIZE_MM)
    with almost.layer(pen.name, color=pen.color, width=pen.width):
        almost.polylines(lines.with_points(lines.points + 1e-9))
    assert not differences(golden, layers_of(almost))
