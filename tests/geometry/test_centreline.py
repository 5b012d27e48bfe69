"""The line in the middle of a filled shape."""

import numpy as np
import pytest
import shapely

from drawscape.errors import GeometryError
from drawscape.geometry import Lines, centreline, circle, inked

WAVE = np.column_stack((np.linspace(10, 90, 200), 50 + 15 * np.sin(np.linspace(0, 9, 200))))
CROSS = [[(10, 50), (90, 50)], [(50, 10), (50, 90)]]


@pytest.mark.parametrize("width", [1.5, 6.0])
@pytest.mark.parametrize(
    ("strokes", "ends"),
    [([WAVE], 2), (CROSS, 4), ([circle(50, 50, 30)], 0)],
    ids=["wave", "cross", "ring"],
)
def test_a_broad_stroke_gives_its_own_line_back(strokes, ends, width):
    drawn = shapely.multilinestrings([shapely.linestrings(np.array(line)) for line in strokes])
    found = centreline(drawn.buffer(width / 2), step_mm=0.3)
    middle = shapely.multilinestrings([shapely.linestrings(line) for line in found])
    assert middle.hausdorff_distance(drawn) < 0.3 * width + 0.3
    degrees = np.unique(
        np.concatenate((found.starts, found.ends)).round(6), axis=0, return_counts=True
    )[1]
    assert (degrees == 1).sum() == ends


def test_a_disc_gives_a_dot_and_nothing_gives_nothing():
    assert centreline(circle(20, 30, 5)).points == pytest.approx(np.full((2, 2), (20, 30)), abs=0.1)
    assert len(centreline(Lines.empty())) == 0


def test_a_picture_gives_the_line_that_was_drawn_in_it():
    y, x = np.mgrid[0:81, 0:81]
    tone = np.abs(np.hypot(x - 40, y - 40) - 25) < 4  # a ring, hard as a scan
    tone[:, :3] = True  # and a bar along the edge
    lines = centreline(inked(tone, (0, 0, 80, 80)), step_mm=0.5)
    away = np.hypot(*(lines.points - 40).T)
    on_ring = np.abs(away - 25) < 0.8
    assert on_ring.any()
    assert (on_ring | (np.abs(lines.points[:, 0] - 1.0) < 0.8)).all()


@pytest.mark.parametrize(
    "call", [lambda: centreline([(0, 0), (9, 0), (9, 9)], step_mm=0), lambda: inked([1, 2], (0, 0, 9, 9))]
)  # fmt: skip
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(GeometryError):
        call()  # type: ignore[operator]
